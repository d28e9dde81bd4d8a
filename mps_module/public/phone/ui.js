// Small pieces of the page: elements, rows, fields, a sheet from below, a word at the bottom.
import { __, age, number } from "./i18n.js";

// h("button", {class: "row", onclick}, "text", child, …); null and false are left out.
export function h(tag, props = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(props || {})) {
        if (value === null || value === undefined || value === false) continue;
        if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
        else if (name === "value") node.value = value;
        else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat(4).filter((each) => each !== null && each !== undefined && each !== false));
    return node;
}

let count = 0;
export const id = () => `u${(count += 1)}`;

const toast = document.getElementById("toast");
let timer;
export function say(text) {
    clearTimeout(timer);
    toast.textContent = text;
    toast.classList.add("on");
    timer = setTimeout(() => toast.classList.remove("on"), 4000);
}

// A control with its label above and its hint below, tied together for screen readers.
export function field(label, control, hint = "") {
    control.id ||= id();
    const told = hint && h("small", { id: `${control.id}h` }, hint);
    if (told) control.setAttribute("aria-describedby", told.id);
    return h("div", { class: "field" }, h("label", { for: control.id }, label), control, told);
}

// The second tap of a double tap, and one while the first still works, mean nothing: what is under the thumb may be another key by then.
export function button(label, onclick, kind = "") {
    let busy = false;
    const press = async (event) => {
        if (busy || event.detail > 1) return;
        busy = true;
        try {
            await onclick(event);
        } finally {
            busy = false;
        }
    };
    return h("button", { type: "button", class: `button ${kind}`, onclick: press }, label);
}
export const link = (label, href, kind = "") => h("a", { class: `button ${kind}`, href }, label);
export const quiet = (...text) => h("p", { class: "quiet" }, ...text);
export const section = (title, ...children) => h("section", {}, h("h2", {}, title), ...children);
export const bar = (...children) => h("div", { class: "bar" }, ...children);
export const badge = (text, kind = "") => h("span", { class: `badge ${kind}` }, text);

// A line of a list that leads somewhere: two texts to the left, a figure to the right.
export function row(href, title, under, figure, note) {
    return h("a", { class: "row", href },
        h("span", { class: "grow" }, h("b", {}, title), h("small", {}, under)),
        h("span", { class: "figure" }, figure, note && h("small", {}, note)));
}

// − [ 2 ] + with thumb-sized keys.
export function stepper(value, label, changed, { min = 0, max = Infinity } = {}) {
    const input = h("input", { type: "number", inputmode: "decimal", step: "any", min, value, "aria-label": label });
    const set = (wanted, write = true) => {
        const next = Math.min(Math.max(Number(wanted) || 0, min), max);
        if (write) input.value = next;
        changed(next);
    };
    input.addEventListener("input", () => set(input.value, false));
    input.addEventListener("change", () => set(input.value));
    const step = (sign, name) =>
        h("button", { type: "button", class: "step", "aria-label": `${name}: ${label}`, onclick: () => set(Number(input.value) + sign) },
            sign > 0 ? "+" : "−");
    return h("div", { class: "stepper", role: "group", "aria-label": label }, step(-1, __("Less")), input, step(1, __("More")));
}

// A sheet from below. Resolves with what `close` was called with; Escape and a tap beside it mean undefined.
export function sheet(title, build) {
    return new Promise((resolve) => {
        let result;
        const close = (value) => {
            result = value;
            dialog.close();
        };
        const heading = h("h2", { id: id(), tabindex: "-1" }, title);
        const dialog = h("dialog", { class: "sheet", "aria-labelledby": heading.id }, heading);
        dialog.append(...[build(close)].flat(4).filter(Boolean));
        dialog.addEventListener("click", (event) => event.target === dialog && close());
        dialog.addEventListener("close", () => {
            dialog.remove();
            resolve(result);
        });
        document.body.append(dialog);
        dialog.showModal();
        dialog.querySelector("[autofocus]")?.focus();
    });
}

export function confirm(title, text, yes, kind = "danger") {
    return sheet(title, (close) => [
        h("p", {}, text),
        bar(button(__("Back"), () => close(false)), button(yes, () => close(true), kind)),
    ]);
}

// "2 × FUSER-1, 1 × DRUM-2"
export const listed = (lines) => lines.map((each) => `${number(each.qty)} × ${each.item}`).join(", ");

// Case and accents do not matter when searching.
export const plain = (text) => String(text || "").normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
export const matches = (text, ...of) => plain(text).split(/\s+/).every((word) => plain(of.join(" ")).includes(word));

// How old what is shown is.
export const asOf = (entry) => h("p", { class: `quiet${Date.now() - entry.at > 3600000 ? " old" : ""}` }, __("Updated {0}", [age(entry.at)]),
    entry.error ? ` · ${entry.error}` : "");

// After an action is kept: say so, and go on without a way back into the form.
export function saved(href) {
    say(navigator.onLine ? __("Saved. It is being sent.") : __("Saved on the phone. It is sent when there is a signal."));
    location.replace(href);
}
