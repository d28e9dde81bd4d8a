// My trunk: what lies in it, as the ERP knows it, and what the actions that wait will change.
import * as data from "../data.js";
import * as outbox from "../outbox.js";
import { __, number } from "../i18n.js";
import { byCode } from "../parts.js";
import { scan } from "../scan.js";
import { asOf, badge, bar, button, field, h, link, matches, quiet, row, say, section } from "../ui.js";

let wanted = "";

export async function trunk() {
    const entry = await data.either("my_trunk");
    if (!entry?.value) return [quiet(entry?.error || __("Nothing is known yet. Open this screen once with a signal."))];
    const waiting = await outbox.pending();
    const list = h("div", { class: "list" });
    const low = entry.value.items.filter((each) => each.min && each.on_hand <= each.min).length;
    const input = h("input", { id: "find", type: "search", value: wanted, enterkeyhint: "search", autocomplete: "off" });
    const fill = () => {
        wanted = input.value;
        const hits = entry.value.items.filter((each) => matches(wanted, each.item, each.item_name, ...each.barcodes, ...each.serials));
        list.replaceChildren(...hits.map((each) => line(each, waiting[each.item])));
        if (!hits.length) list.append(quiet(__("No part like that on your trunk.")), near(wanted));
    };
    input.addEventListener("input", fill);
    fill();
    return [
        h("p", { class: "head" }, h("b", { class: "grow" }, entry.value.title || entry.value.trunk), low ? badge(__("{0} low", [low]), "warn") : null),
        asOf(entry), field(__("Search"), input), list,
        bar(button(__("Scan"), () => find(entry.value.items)), link(__("Who has it?"), "#/ask", "primary")),
    ];
}

const near = (text) => link(__("Who near me carries it?"), `#/ask?txt=${encodeURIComponent(text)}`, "wide");

function line(each, change) {
    const facts = [each.item_name];
    if (each.in_transit) facts.push(__("{0} on the way", [number(each.in_transit)]));
    if (each.requested) facts.push(__("{0} requested", [number(each.requested)]));
    const node = row(`#/item?item=${encodeURIComponent(each.item)}`, each.item, facts.join(" · "), number(each.on_hand), noted(change));
    if (each.min && each.on_hand <= each.min) node.querySelector(".grow").append(badge(__("low"), "warn"));
    return node;
}

const noted = (change) => (change ? __("{0} to be sent", [(change > 0 ? "+" : "−") + number(Math.abs(change))]) : "");

async function find(items) {
    const code = await scan();
    if (!code) return;
    const hit = byCode(items, code);
    location.hash = hit ? `#/item?item=${encodeURIComponent(hit.item)}` : `#/ask?txt=${encodeURIComponent(code)}`;
    if (!hit) say(__("Not on your trunk."));
}

export async function item({ item: code }) {
    const entry = await data.either("my_trunk");
    const each = entry?.value?.items.find((one) => one.item === code);
    if (!each) return [quiet(__("No part like that on your trunk.")), near(code)];
    const change = (await outbox.pending())[code];
    const fact = (name, value) => [h("dt", {}, name), h("dd", {}, value)];
    const query = `item=${encodeURIComponent(code)}`;
    return [
        h("p", { class: "big" }, h("b", {}, each.item), h("span", {}, each.item_name)),
        asOf(entry),
        h("dl", {},
            fact(__("On hand"), `${number(each.on_hand)} ${each.uom}`), change ? fact(__("Waiting to be sent"), noted(change)) : null,
            fact(__("On the way"), number(each.in_transit)), fact(__("Requested"), number(each.requested)),
            each.promised ? fact(__("Promised to colleagues"), number(each.promised)) : null,
            fact(__("Minimum"), number(each.min)), fact(__("Par"), number(each.par))),
        each.serials.length ? section(__("Serial numbers"), h("p", {}, each.serials.join(", "))) : null,
        each.batches.length ? section(__("Batches"), h("p", {}, each.batches.map((one) => `${one.batch}: ${number(one.qty)}`).join(", "))) : null,
        h("div", { class: "keys" },
            link(__("Count"), `#/count?${query}`), link(__("Return or scrap"), `#/away?${query}`),
            link(__("Ask for more"), `#/ask?txt=${encodeURIComponent(code)}`), link(__("Send to a colleague"), `#/give?${query}`)),
        bar(link(__("Use on a call"), `#/use?${query}`, "primary")),
    ];
}
