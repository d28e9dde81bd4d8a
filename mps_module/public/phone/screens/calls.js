// My calls of the day, one call in full, parts used on it, parts that it lacks.
import * as data from "../data.js";
import * as drafts from "../drafts.js";
import { act, list, newKey } from "../outbox.js";
import { __, moment, number } from "../i18n.js";
import { Lines, effect, trunkItems } from "../parts.js";
import { nextStep, step } from "./visit.js";
import { asOf, badge, bar, button, field, h, link, listed, quiet, row, saved, section } from "../ui.js";

export async function calls() {
    const entry = await data.either("my_calls");
    if (!entry?.value) return [quiet(entry?.error || __("Nothing is known yet. Open this screen once with a signal."))];
    const told = await reported();
    return [
        asOf(entry),
        h("div", { class: "list" }, entry.value.calls.map((each) => line(each, told))),
        entry.value.calls.length ? null : quiet(__("No open call is assigned to you.")),
        bar(link(__("New call"), "#/newcall"), link(__("Use on a call"), "#/use", "primary")),
    ];
}

// Calls whose visit is on the phone and not booked yet: issue -> state.
async function reported() {
    return Object.fromEntries((await list()).filter((each) => each.action === "visit" && ["waiting", "conflict", "refused"].includes(each.state))
        .map((each) => [each.payload.issue, each.state]));
}

function line(each, told) {
    const due = each.resolve_by || each.respond_by;
    const node = row(`#/call?issue=${encodeURIComponent(each.issue)}`, each.subject || each.issue,
        [each.customer_name, each.site, each.device_model].filter(Boolean).join(" · "), due ? moment(due) : "", __(each.board || each.status));
    if (told[each.issue]) node.querySelector(".grow").append(badge(told[each.issue] === "waiting" ? __("report waits") : __("report to settle"), "warn"));
    if (each.maintenance) node.querySelector(".grow").append(badge(__("maintenance due"), "warn"));
    if (each.late) node.querySelector(".grow").append(badge(__("late"), "bad"));
    return node;
}

export async function call({ issue }) {
    const entry = await data.either("call", { issue });
    if (entry && Date.now() - entry.at > 60000) data.fresh("call", { issue });
    const one = await known(issue);
    if (!one) return [quiet(entry?.error || __("This call is not on the phone. Open it once with a signal."))];
    const draft = await drafts.known(issue);
    const next = nextStep(draft, one);
    const report = (await reported())[issue];
    const query = `issue=${encodeURIComponent(issue)}`;
    const device = one.device ? `&device=${encodeURIComponent(one.device)}` : "";
    return [
        h("p", { class: "big" }, h("b", {}, one.subject), h("span", {}, issue), one.late ? badge(__("late"), "bad") : badge(__(one.board || one.status))),
        asOf(entry || (await data.known("my_calls"))),
        report ? h("p", {}, badge(report === "waiting" ? __("report waits") : __("report to settle"), "warn")) : null,
        payers(one), clock(one), place(one), machine(one),
        one.maintenance ? section(__("Maintenance due too"), h("p", {}, one.maintenance.why)) : null,
        one.description ? section(__("What was told"), h("p", { class: "told" }, text(one.description))) : null,
        await needed(one), parts(__("Parts used"), one.parts_used), parts(__("Missing parts"), one.missing),
        one.history?.length ? section(__("Calls before"), h("ul", {}, one.history.map((each) =>
            h("li", {}, `${moment(each.opened_at)}: ${each.subject} (${each.status})`)))) : null,
        one.booked_visits?.length ? section(__("Visits"), h("ul", {}, one.booked_visits.map((each) =>
            h("li", {}, `${moment(each.at)}: ${__(each.outcome)} (${each.visit})`)))) : null,
        h("div", { class: "keys" }, next ? link(__("Report the visit"), `#/visit?${query}`) : null, link(__("Use a part"), `#/use?${query}`),
            link(__("Part is missing"), `#/missing?${query}`), link(__("Meter read"), `#/meter?${query}${device}`)),
        bar(one.phone ? link(__("Ring"), `tel:${one.phone.replace(/[^+\d]/g, "")}`) : null,
            next ? button(next[1](), () => step(issue, next[0]), "primary") : link(__("Report the visit"), `#/visit?${query}`, "primary")),
    ];
}

// A call as it is known: in full, or as the list of calls tells it.
export async function known(issue) {
    const full = (await data.known("call", { issue }))?.value;
    return full || (await data.known("my_calls"))?.value.calls.find((each) => each.issue === issue) || null;
}

const PAYS = { Included: [() => __("covered by the contract"), "good"], Incident: [() => __("an incident of the contract"), "warn"],
    Billable: [() => __("the customer pays"), "bad"] };
const COVERED = { labour: () => __("Labour"), travel: () => __("Travel"), parts: () => __("Parts"), supplies: () => __("Supplies") };

// Who pays what, before any work is done.
export function payers(one) {
    if (!one.coverage) return null;
    return section(__("Who pays"), h("dl", {}, Object.entries(COVERED).filter(([name]) => one.coverage[name]).map(([name, label]) => {
        const [text, kind] = PAYS[one.coverage[name]] || [() => one.coverage[name], ""];
        return [h("dt", {}, label()), h("dd", {}, badge(text(), kind))];
    })), one.coverage.note ? quiet(one.coverage.note) : null);
}

// Response is a technician on site, restore is the device at work again.
function clock(one) {
    const { respond_by, response, restore_by, restore, responded_at } = one.clock || {};
    const row = (label, by, state, at) => (by || at || state ? [h("dt", {}, label, state ? [" ", badge(__(state), { Late: "bad", Missed: "bad", "At Risk": "warn", Kept: "good" }[state])] : null),
        h("dd", {}, at ? moment(at) : __("by {0}", [moment(by)]))] : null);
    const rows = [row(__("On site"), respond_by, response, responded_at), row(__("Solved"), restore_by, restore)].filter(Boolean);
    return rows.length ? section(__("Promised"), h("dl", {}, rows)) : null;
}

function place(one) {
    const map = one.address && `https://www.openstreetmap.org/search?query=${encodeURIComponent(text(one.address))}`;
    return section(one.customer_name || one.customer || __("Customer"),
        h("p", {}, [one.site, one.contact, one.phone].filter(Boolean).join(" · ")),
        one.address && h("p", {}, h("a", { href: map, target: "_blank", rel: "noopener noreferrer" }, text(one.address))),);
}

function machine(one) {
    if (!one.device) return null;
    return section(__("Device"),
        h("p", {}, [one.device, one.device_model, one.serial && __("serial {0}", [one.serial])].filter(Boolean).join(" · ")),
        one.meters?.length ? h("ul", {}, one.meters.map((each) =>
            h("li", {}, `${each.label}: ${each.last_value === null ? "–" : number(each.last_value)} (${moment(each.last_taken_at) || "–"})`))) : null);
}

// What calls like this one needed before, and how many of it are aboard.
async function needed(one) {
    if (!one.likely?.length) return null;
    const aboard = Object.fromEntries((await trunkItems()).map((each) => [each.item, each.on_hand]));
    return section(__("Such calls needed"), h("div", { class: "list" }, one.likely.map((each) =>
        row(`#/${aboard[each.item] ? "item?item" : "ask?txt"}=${encodeURIComponent(each.item)}`, each.item,
            `${each.item_name} · ${__("{0} of {1} calls", [each.seen, each.calls])}`, number(aboard[each.item] || 0), __("aboard")))));
}

function parts(title, lines) {
    return lines?.length ? section(title, h("p", {}, listed(lines))) : null;
}

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
    return [quiet(__("These parts are ordered for your trunk, once.")), field(__("Call"), select), lines.element,
        field(__("Note"), note), bar(button(__("Order the parts"), done, "primary"))];
}

export async function elsewhere(txt) {
    return (await data.either("search_part", { txt }))?.value?.items || [];
}
