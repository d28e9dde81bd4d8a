// Parts on their way: parcels of the main store to receive, and transfers between colleagues.
import * as data from "../data.js";
import { act, list as acts, newKey } from "../outbox.js";
import { __, moment, number } from "../i18n.js";
import { Lines, effect, trunkItems } from "../parts.js";
import { asOf, badge, bar, button, field, h, link, listed, quiet, row, saved, say, section, sheet } from "../ui.js";
import { elsewhere } from "./calls.js";

export async function moves() {
    const entry = await data.either("incoming");
    if (!entry?.value) return [quiet(entry?.error || __("Nothing is known yet. Open this screen once with a signal."))];
    const { deliveries, transfers, requests } = entry.value;
    const settled = await answered();
    const open = transfers.filter((each) => !["Completed", "Declined", "Cancelled"].includes(each.status));
    const closed = transfers.filter((each) => !open.includes(each));
    return [
        asOf(entry),
        section(__("To receive"), deliveries.map((each) => deliveryRow(each, settled)), deliveries.length ? null : quiet(__("Nothing is on its way to you."))),
        section(__("Between colleagues"), open.map((each) => transferRow(each, settled)), open.length ? null : quiet(__("No open transfer."))),
        requests.length ? section(__("Requested from the store"), requests.map((each) =>
            h("p", {}, `${moment(each.date) || each.date}: ${listed(each.items)}`, each.shortage && h("small", { class: "warn" }, ` ${each.shortage}`)))) : null,
        closed.length ? section(__("Settled"), closed.map((each) => transferRow(each, settled))) : null,
        bar(link(__("Ask"), "#/ask"), link(__("Send"), "#/give", "primary")),
    ];
}

// What was answered on this phone but not yet told to the ERP: {name: true}.
async function answered() {
    const names = {};
    for (const each of await acts()) {
        if (each.state === "waiting") names[each.payload.delivery || each.payload.transfer] = true;
    }
    return names;
}

function deliveryRow(each, settled) {
    const node = row(`#/parcel?delivery=${encodeURIComponent(each.delivery)}`, each.from_label || each.from,
        listed(each.items), moment(each.sent_at));
    if (settled[each.delivery]) node.querySelector(".grow").append(badge(__("waiting to be sent"), "warn"));
    return node;
}

function transferRow(each, settled) {
    const way = each.role === "giver" ? __("To {0}", [each.colleague]) : __("From {0}", [each.colleague]);
    const node = row(`#/transfer?name=${encodeURIComponent(each.transfer)}`, way, listed(each.items), standing(each));
    if (settled[each.transfer]) node.querySelector(".grow").append(badge(__("waiting to be sent"), "warn"));
    else if (each.mine_to_answer) node.querySelector(".grow").append(badge(__("your answer"), "warn"));
    return node;
}

const standing = (each) => ({ Requested: __("Asked"), Accepted: __("Promised"), Handover: __("Handing over"),
    Completed: __("Done"), Declined: __("Declined"), Cancelled: __("Cancelled") })[each.status] || each.status;

export async function parcel({ delivery }) {
    const entry = await data.either("incoming");
    const one = entry?.value?.deliveries.find((each) => each.delivery === delivery);
    if (!one) return [quiet(__("This parcel is settled already.")), link(__("Back"), "#/moves", "wide")];
    const key = newKey();
    const rows = one.items.map((each) => ({ ...each, has_serial: each.serials?.length > 0, on_hand: each.qty }));
    const lists = rows.map((each) => new Lines({ items: [each], lines: [{ ...each }] }));
    lists.forEach((each, at) => {
        const line = each.lines[0];
        line.qty = rows[at].qty;
        line.serials = [...(rows[at].serials || [])];
        each.adder.remove();
        each.show();
    });
    const note = h("input", { type: "text", autocomplete: "off" });
    const done = async () => {
        const items = lists.flatMap((each, at) => each.lines.filter((line) => line.qty > 0).map((line) => ({
            row: rows[at].row, item: line.item, qty: line.qty, ...(line.serials.length && { serials: line.serials }),
        })));
        if (!items.length) return say(__("Nothing is received."));
        const payload = { delivery, items, note: note.value.trim() };
        await act({ action: "receive", payload, label: __("Receive {0}", [listed(items)]), effect: effect(items, 1) }, key);
        saved("#/moves");
    };
    return [h("p", { class: "big" }, h("b", {}, one.from_label || one.from), h("span", {}, `${delivery} · ${moment(one.sent_at)}`)),
        quiet(__("Take away what is not in the parcel: it stays on its way.")),
        lists.map((each) => each.element), field(__("Note"), note), bar(button(__("Receive"), done, "primary"))];
}

export async function transfer({ name }) {
    const entry = await data.either("incoming");
    const one = entry?.value?.transfers.find((each) => each.transfer === name);
    if (!one) return [quiet(__("This transfer is settled already.")), link(__("Back"), "#/moves", "wide")];
    const key = newKey();
    const giver = one.role === "giver";
    const about = giver ? __("{0} to {1}", [listed(one.items), one.colleague]) : __("{0} from {1}", [listed(one.items), one.colleague]);
    const tell = async (action, label, more = {}, change = {}) => {
        await act({ action, payload: { transfer: name, ...more }, label: `${label}: ${about}`, effect: change }, key);
        saved("#/moves");
    };
    const no = async (action, label) => {
        const reason = await why(label);
        if (reason !== undefined) await tell(action, label, { reason });
    };
    const on = ["Accepted", "Handover"].includes(one.status) && !one.i_confirmed;
    const lines = on && giver ? await handed(one) : null;
    const confirm = () => {
        const items = lines ? lines.payload() : [];
        if (!items) return;
        const change = giver ? effect(items, -1) : one.they_confirmed ? effect(one.items, 1) : {};
        tell("transfer_handover", giver ? __("Handed over") : __("Got"), { items }, change);
    };
    return [
        h("p", { class: "big" }, h("b", {}, giver ? __("To {0}", [one.colleague]) : __("From {0}", [one.colleague])), badge(standing(one))),
        asOf(entry), lines ? lines.element : section(__("Parts"), h("p", {}, listed(one.items))),
        one.note ? quiet(one.note) : null, quiet(state(one)),
        bar(
            one.status === "Requested" && one.mine_to_answer ? button(__("Decline"), () => no("transfer_decline", __("Decline"))) : null,
            one.status === "Requested" && !one.mine_to_answer || one.status === "Accepted" ? button(__("Call off"), () => no("transfer_cancel", __("Call off"))) : null,
            one.mine_to_answer ? button(__("Accept"), () => tell("transfer_accept", __("Accept")), "primary") : null,
            on ? button(giver ? __("I handed it over") : __("I have got it"), confirm, "primary") : null),
    ];
}

async function handed(one) {
    const mine = await trunkItems();
    const items = one.items.map((each) => mine.find((other) => other.item === each.item) || { ...each, on_hand: each.qty });
    const lines = new Lines({ items });
    one.items.forEach((each, at) => lines.add(items[at], "", each.qty));
    lines.adder.remove();
    return lines;
}

function state(one) {
    if (one.i_confirmed && !one.they_confirmed) return __("You confirmed; {0} has not yet.", [one.colleague]);
    if (one.they_confirmed && !one.i_confirmed) return __("{0} confirmed; you have not yet.", [one.colleague]);
    if (one.status === "Requested") return one.mine_to_answer ? __("Waits for your answer.") : __("Waits for the answer of {0}.", [one.colleague]);
    if (one.status === "Accepted") return __("Both confirm when the parts change hands.");
    return "";
}

function why(title) {
    return sheet(title, (close) => {
        const reason = h("input", { type: "text", autofocus: true, autocomplete: "off" });
        return [field(__("Reason"), reason), bar(button(__("Back"), () => close()), button(title, () => close(reason.value.trim()), "danger"))];
    });
}

export async function give({ item }) {
    const items = (await trunkItems()).filter((each) => each.on_hand > 0);
    const trunks = (await data.either("colleagues"))?.value?.trunks || [];
    const select = h("select", { required: true }, h("option", { value: "" }, __("Choose …")),
        trunks.map((each) => h("option", { value: each.trunk }, [each.technician, each.near ? __("near") : each.territory].filter(Boolean).join(" · "))));
    const lines = new Lines({ items, exact: false, lines: items.filter((each) => each.item === item) });
    const note = h("input", { type: "text", autocomplete: "off" });
    const key = newKey();
    const done = async () => {
        if (!select.reportValidity()) return;
        const made = lines.payload();
        if (!made) return;
        const name = select.selectedOptions[0].textContent;
        await act({ action: "transfer_offer", payload: { to_trunk: select.value, items: made, note: note.value.trim() },
            label: __("Offer {0} to {1}", [listed(made), name]) }, key);
        saved("#/moves");
    };
    return [field(__("Colleague"), select), lines.element, field(__("Note"), note), bar(button(__("Offer"), done, "primary"))];
}

// Who near me carries it, and ask for it.
export async function ask({ txt = "" }) {
    const input = h("input", { type: "search", value: txt, enterkeyhint: "search", autocomplete: "off" });
    const found = h("div", { class: "list", "aria-live": "polite" });
    const find = async () => {
        const asked = input.value.trim();
        if (asked.length < 2) return found.replaceChildren(quiet(__("Type a code, a name or a barcode.")));
        const entry = (await data.fresh("search_part", { txt: asked })) || (await data.known("search_part", { txt: asked }));
        if (asked !== input.value.trim()) return;
        if (!entry?.value) return found.replaceChildren(quiet(entry?.error || __("This needs a signal.")));
        const hits = entry.value.items;
        found.replaceChildren(asOf(entry), ...hits.map(carriers));
        if (!hits.length) found.append(quiet(__("No such part.")));
    };
    let timer;
    input.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(find, 350);
    });
    find();
    return [field(__("Part"), input), found, bar(button(__("Search"), find, "primary"))];
}

function carriers(each) {
    const stores = each.stores.map((one) => `${one.warehouse}: ${number(one.available)}`).join(", ");
    return section(`${each.item} ${each.item_name}`,
        h("p", {}, __("Mine: {0}", [number(each.mine)]), stores && h("small", {}, ` · ${stores}`)),
        each.places.map((one) => h("button", { type: "button", class: "row", onclick: () => request(each, one) },
            h("span", { class: "grow" }, h("b", {}, one.technician), h("small", {}, [one.near ? __("near") : one.territory, one.phone].filter(Boolean).join(" · "))),
            h("span", { class: "figure" }, number(one.available)))),
        each.places.length ? null : quiet(__("No colleague carries it.")));
}

async function request(each, place) {
    const lines = new Lines({ items: [{ ...each, on_hand: place.available }], exact: false, lines: [{ ...each, on_hand: place.available }] });
    lines.adder.remove();
    const note = h("input", { type: "text", autocomplete: "off" });
    const key = newKey();
    const yes = await sheet(__("Ask {0}", [place.technician]), (close) => [lines.element, field(__("Note"), note),
        bar(button(__("Back"), () => close()), button(__("Ask"), () => close(true), "primary"))]);
    const items = yes && lines.payload();
    if (!items) return;
    await act({ action: "transfer_request", payload: { from_trunk: place.trunk, items, note: note.value.trim() },
        label: __("Ask {0} for {1}", [place.technician, listed(items)]) }, key);
    saved("#/moves");
}
