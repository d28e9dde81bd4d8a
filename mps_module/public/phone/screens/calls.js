// My calls of the day, one call in full, parts used on it, parts that it lacks.
import * as data from "../data.js";
import { act, newKey } from "../outbox.js";
import { __, moment, number } from "../i18n.js";
import { Lines, effect, trunkItems } from "../parts.js";
import { asOf, badge, bar, button, field, h, link, listed, quiet, row, saved, section } from "../ui.js";

export async function calls() {
    const entry = await data.either("my_calls");
    if (!entry?.value) return [quiet(entry?.error || __("Nothing is known yet. Open this screen once with a signal."))];
    return [
        asOf(entry),
        h("div", { class: "list" }, entry.value.calls.map(line)),
        entry.value.calls.length ? null : quiet(__("No open call is assigned to you.")),
        bar(link(__("Use on a call"), "#/use", "primary")),
    ];
}

function line(each) {
    const due = each.resolve_by || each.respond_by;
    const node = row(`#/call?issue=${encodeURIComponent(each.issue)}`, each.subject || each.issue,
        [each.customer_name, each.site, each.device_model].filter(Boolean).join(" · "), due ? moment(due) : "", each.status);
    if (each.late) node.querySelector(".grow").append(badge(__("late"), "bad"));
    return node;
}

export async function call({ issue }) {
    const entry = await data.either("call", { issue });
    if (entry && Date.now() - entry.at > 60000) data.fresh("call", { issue });
    const listing = (await data.known("my_calls"))?.value.calls.find((each) => each.issue === issue);
    const one = entry?.value || listing;
    if (!one) return [quiet(entry?.error || __("This call is not on the phone. Open it once with a signal."))];
    const query = `issue=${encodeURIComponent(issue)}`;
    const device = one.device ? `&device=${encodeURIComponent(one.device)}` : "";
    return [
        h("p", { class: "big" }, h("b", {}, one.subject), h("span", {}, issue), one.late ? badge(__("late"), "bad") : badge(one.status)),
        asOf(entry || (await data.known("my_calls"))),
        place(one), machine(one),
        one.description ? section(__("What was told"), h("p", { class: "told" }, text(one.description))) : null,
        one.coverage ? section(__("Coverage"), covered(one.coverage)) : null,
        parts(__("Parts used"), one.parts_used), parts(__("Missing parts"), one.missing),
        one.history?.length ? section(__("Calls before"), h("ul", {}, one.history.map((each) =>
            h("li", {}, `${moment(each.opened_at)}: ${each.subject} (${each.status})`)))) : null,
        h("div", { class: "keys" }, link(__("Part is missing"), `#/missing?${query}`), link(__("Meter read"), `#/meter?${query}${device}`)),
        bar(one.phone ? link(__("Ring"), `tel:${one.phone.replace(/[^+\d]/g, "")}`) : null, link(__("Use a part"), `#/use?${query}`, "primary")),
    ];
}

function place(one) {
    const map = one.address && `https://www.openstreetmap.org/search?query=${encodeURIComponent(text(one.address))}`;
    return section(one.customer_name || one.customer || __("Customer"),
        h("p", {}, [one.site, one.contact, one.phone].filter(Boolean).join(" · ")),
        one.address && h("p", {}, h("a", { href: map, target: "_blank", rel: "noopener noreferrer" }, text(one.address))),
        one.resolve_by && h("p", {}, __("To be solved by {0}", [moment(one.resolve_by)])));
}

function machine(one) {
    if (!one.device) return null;
    return section(__("Device"),
        h("p", {}, [one.device, one.device_model, one.serial && __("serial {0}", [one.serial])].filter(Boolean).join(" · ")),
        one.meters?.length ? h("ul", {}, one.meters.map((each) =>
            h("li", {}, `${each.label}: ${each.last_value === null ? "–" : number(each.last_value)} (${moment(each.last_taken_at) || "–"})`))) : null);
}

function parts(title, lines) {
    return lines?.length ? section(title, h("p", {}, listed(lines))) : null;
}

const covered = (coverage) => h("ul", {}, Object.entries(coverage).filter(([, value]) => value && typeof value !== "object")
    .map(([name, value]) => h("li", {}, `${name}: ${value}`)));

// The ERP's text may hold markup: shown as plain words, never run.
const text = (html) => new DOMParser().parseFromString(String(html).replace(/<br\s*\/?>|<\/p>/gi, "\n"), "text/html").body.textContent.trim();

async function callField(chosen) {
    const listing = (await data.either("my_calls"))?.value?.calls || [];
    const select = h("select", { required: true }, h("option", { value: "" }, __("Choose …")),
        listing.map((each) => h("option", { value: each.issue }, `${each.subject} (${each.customer_name || each.issue})`)));
    if (chosen && !listing.some((each) => each.issue === chosen)) select.append(h("option", { value: chosen }, chosen));
    select.value = chosen || (listing.length === 1 ? listing[0].issue : "");
    return select;
}

export async function use({ issue, item }) {
    const items = (await trunkItems()).filter((each) => each.on_hand > 0);
    const select = await callField(issue);
    const lines = new Lines({ items, lines: items.filter((each) => each.item === item) });
    const note = h("input", { type: "text", autocomplete: "off" });
    const key = newKey();
    const done = async () => {
        if (!select.reportValidity()) return;
        const made = lines.payload();
        if (!made) return;
        const payload = { issue: select.value, items: made, note: note.value.trim() };
        await act({ action: "use_on_call", payload, label: __("Use on {0}: {1}", [select.value, listed(made)]), effect: effect(made, -1) }, key);
        saved(`#/call?issue=${encodeURIComponent(select.value)}`);
    };
    return [field(__("Call"), select), lines.element, field(__("Note"), note), bar(button(__("Use on the call"), done, "primary"))];
}

export async function missing({ issue }) {
    const select = await callField(issue);
    const lines = new Lines({ items: await trunkItems(), max: false, exact: false, elsewhere });
    const note = h("input", { type: "text", autocomplete: "off" });
    const key = newKey();
    const done = async () => {
        if (!select.reportValidity()) return;
        const made = lines.payload();
        if (!made) return;
        const payload = { issue: select.value, items: made, note: note.value.trim() };
        await act({ action: "need_part", payload, label: __("Missing on {0}: {1}", [select.value, listed(made)]) }, key);
        saved(`#/call?issue=${encodeURIComponent(select.value)}`);
    };
    return [quiet(__("The call is held until these parts are there.")), field(__("Call"), select), lines.element,
        field(__("Note"), note), bar(button(__("Hold for parts"), done, "primary"))];
}

export async function elsewhere(txt) {
    return (await data.either("search_part", { txt }))?.value?.items || [];
}
