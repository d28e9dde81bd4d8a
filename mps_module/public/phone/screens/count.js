// A count: what lies in the trunk, not what should. A manager approves the variance.
import { act, newKey, pending } from "../outbox.js";
import { __ } from "../i18n.js";
import { Lines, trunkItems } from "../parts.js";
import { bar, button, field, h, id, quiet, saved, say } from "../ui.js";
import { elsewhere } from "./calls.js";

export async function count({ item }) {
    const items = await trunkItems();
    const sheetLines = new CountLines({ items, max: false, exact: false, elsewhere, figure: (each) => each.uom || "",
        lines: items.filter((each) => each.item === item) });
    const note = h("input", { type: "text", autocomplete: "off" });
    const key = newKey();
    const all = button(__("List the whole trunk"), () => items.forEach((each) => sheetLines.has(each) || sheetLines.add(each)), "wide");
    const done = async () => {
        const made = sheetLines.counted();
        if (!made.length) return say(__("Count a part first."));
        const payload = { items: made, note: note.value.trim() };
        await act({ action: "count", payload, label: __("Count of {0} parts", [made.length]) }, key);
        saved("#/more");
    };
    const waiting = Object.keys(await pending()).length;
    return [quiet(__("Tell what lies there. What differs from the books goes to a manager.")),
        waiting ? quiet(__("Actions that wait are sent before this count.")) : null,
        sheetLines.element, all, field(__("Note"), note), bar(button(__("Send the count"), done, "primary"))];
}

// Quantities start empty: a figure that was not counted is not sent.
class CountLines extends Lines {
    has(item) {
        return this.lines.some((line) => line.item === item.item);
    }

    add(item, code = "") {
        if (!this.has(item)) {
            const boxes = item.has_batch ? (item.batches || []).map((each) => ({ batch: each.batch, qty: null })) : [];
            this.lines.push({ item: item.item, item_name: item.item_name, known: item, qty: null, serials: [], boxes, seen: false });
        }
        const line = this.lines.find((each) => each.item === item.item);
        if (code && item.has_serial && (item.serials || []).includes(code) && !line.serials.includes(code)) line.serials.push(code);
        this.show();
    }

    row(line) {
        const node = super.row({ ...line, qty: line.qty ?? "" });
        node.querySelector(".stepper").remove();
        if (line.known.has_serial) node.append(this.found(line));
        else if (line.boxes.length) node.append(...line.boxes.map((box) => this.number(`${line.item} ${box.batch}`, box)));
        else node.append(this.number(line.item, line));
        const old = node.querySelector(".icon");
        const away = old.cloneNode(true);
        away.addEventListener("click", () => {
            this.lines = this.lines.filter((each) => each !== line);
            this.show();
        });
        old.replaceWith(away);
        return node;
    }

    number(name, at) {
        const input = h("input", { type: "number", inputmode: "decimal", min: 0, step: "any", value: at.qty ?? "" });
        input.addEventListener("input", () => (at.qty = input.value === "" ? null : Number(input.value)));
        return field(__("Counted: {0}", [name]), input);
    }

    found(line) {
        const extra = h("input", { type: "text", autocomplete: "off", value: line.extra || "" });
        extra.addEventListener("input", () => (line.extra = extra.value));
        const name = id();
        const boxes = (line.known.serials || []).map((each, at) => {
            const box = h("input", { type: "checkbox", id: `${name}-${at}` });
            box.checked = line.serials.includes(each);
            box.addEventListener("change", () => {
                line.serials = box.checked ? [...line.serials, each] : line.serials.filter((other) => other !== each);
            });
            return h("label", { for: box.id }, box, each);
        });
        const seen = h("input", { type: "checkbox", id: `${name}-all` });
        seen.checked = line.seen;
        seen.addEventListener("change", () => (line.seen = seen.checked));
        return h("div", {}, h("fieldset", { class: "checks" }, h("legend", {}, __("Serial numbers that lie there")), boxes),
            field(__("Others found, with commas"), extra),
            h("label", { class: "check", for: seen.id }, seen, __("All of this part were looked for")));
    }

    counted() {
        return this.lines.map(told).filter(Boolean);
    }
}

function told(line) {
    if (line.known.has_serial) {
        const others = (line.extra || "").split(",").map((each) => each.trim()).filter(Boolean);
        const serials = [...new Set([...line.serials, ...others])];
        return line.seen || serials.length ? { item: line.item, qty: serials.length, serials } : null;
    }
    if (line.boxes.length) {
        const batches = line.boxes.filter((box) => box.qty !== null);
        const qty = batches.reduce((sum, box) => sum + box.qty, 0);
        return batches.length === line.boxes.length ? { item: line.item, qty, batches } : null;
    }
    return line.qty === null ? null : { item: line.item, qty: line.qty };
}
