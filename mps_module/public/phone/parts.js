// Choosing parts: which, how many, which serials, which batch. Shared by every screen that moves parts.
import * as data from "./data.js";
import { __, number } from "./i18n.js";
import { scan } from "./scan.js";
import { bar, button, field, h, id, matches, quiet, say, sheet, stepper } from "./ui.js";

export async function trunkItems() {
    return (await data.either("my_trunk"))?.value?.items || [];
}

// The item that a scanned or typed code means: its own code, a barcode, a serial or a batch of it.
export function byCode(items, code) {
    const wanted = code.trim().toLowerCase();
    const same = (text) => String(text).toLowerCase() === wanted;
    return items.find((each) => same(each.item) || (each.barcodes || []).some(same)
        || (each.serials || []).some(same) || (each.batches || []).some((batch) => same(batch.batch)));
}

// A list to search and tap: returns the element. `elsewhere(text)` may bring items that are not on the list.
export function chooser(items, { chosen, figure, elsewhere }) {
    const list = h("div", { class: "list", role: "group", "aria-label": __("Parts") });
    let found = items;
    const show = () => {
        const hits = found.filter((each) => matches(input.value, each.item, each.item_name, ...(each.barcodes || []))).slice(0, 60);
        list.replaceChildren(...hits.map((each) =>
            h("button", { type: "button", class: "row", onclick: () => chosen(each) },
                h("span", { class: "grow" }, h("b", {}, each.item), h("small", {}, each.item_name)),
                h("span", { class: "figure" }, figure(each)))));
        if (!hits.length) list.append(quiet(__("No part like that here.")));
    };
    const more = async () => {
        if (!elsewhere || input.value.trim().length < 2) return;
        const asked = input.value;
        const others = await elsewhere(asked.trim());
        if (asked !== input.value) return;
        const here = new Set(items.map((each) => each.item));
        found = [...items, ...others.filter((each) => !here.has(each.item))];
        show();
    };
    let timer;
    const input = h("input", { type: "search", enterkeyhint: "search", autocomplete: "off", autofocus: true, oninput: () => {
        show();
        clearTimeout(timer);
        timer = setTimeout(more, 300);
    } });
    const byScan = button(__("Scan"), async () => {
        const code = await scan();
        if (!code) return;
        const hit = byCode(items, code);
        if (hit) return chosen(hit, code);
        input.value = code;
        show();
        await more();
    });
    show();
    return [field(__("Search a part"), input), list, bar(byScan)];
}

// The lines of a move. `lines` is changed in place; every line is {item, item_name, qty, serials, batch}.
export class Lines {
    constructor({ items, lines = [], max = true, exact = true, figure, elsewhere, changed = () => {} }) {
        Object.assign(this, { items, lines: [], max, exact, elsewhere, changed });
        this.figure = figure || ((each) => number(each.on_hand));
        this.list = h("div", { class: "lines" });
        this.adder = button(__("Add a part"), () => this.pick(), "wide");
        this.element = h("div", {}, this.list, this.adder);
        lines.forEach((each) => this.add(each, each.serial, each.qty));
        this.show();
    }

    async pick() {
        await sheet(__("Add a part"), (close) =>
            chooser(this.items, {
                figure: this.figure,
                elsewhere: this.elsewhere,
                chosen: (item, code) => {
                    this.add(item, code);
                    close();
                },
            }));
        this.show();
    }

    add(item, code = "", qty = 1) {
        const there = this.lines.find((line) => line.item === item.item);
        const line = there || { item: item.item, item_name: item.item_name, known: item, qty: 0, serials: [], batch: "" };
        if (!there) this.lines.push(line);
        if (this.exact && item.has_serial) {
            const serial = (item.serials || []).find((each) => each.toLowerCase() === code.toLowerCase());
            if (serial && !line.serials.includes(serial)) line.serials.push(serial);
            line.qty = line.serials.length;
        } else {
            line.qty = Math.min(line.qty + qty, this.limit(line));
            const batch = (item.batches || []).find((each) => each.batch.toLowerCase() === code.toLowerCase());
            line.batch = batch?.batch || line.batch || (item.batches?.length === 1 ? item.batches[0].batch : "");
        }
        this.show();
    }

    limit(line) {
        return this.max ? Math.max(Number(line.known.on_hand) || 0, 1) : Infinity;
    }

    show() {
        this.list.replaceChildren(...this.lines.map((line) => this.row(line)));
        this.changed();
    }

    row(line) {
        const serial = this.exact && line.known.has_serial;
        const quantity = serial
            ? this.serials(line)
            : stepper(line.qty, line.item, (qty) => { line.qty = qty; this.changed(); }, { max: this.limit(line) });
        const away = button("✕", () => {
            this.lines = this.lines.filter((each) => each !== line);
            this.show();
            this.adder.focus();
        }, "icon");
        away.setAttribute("aria-label", __("Remove {0}", [line.item]));
        return h("div", { class: "line" },
            h("div", { class: "head" }, h("span", { class: "grow" }, h("b", {}, line.item), h("small", {}, line.item_name)), away),
            quantity, this.exact && line.known.has_batch && this.batches(line));
    }

    serials(line) {
        const name = id();
        return h("fieldset", { class: "checks" }, h("legend", {}, __("Serial numbers")),
            (line.known.serials || []).map((each, at) => {
                const box = h("input", { type: "checkbox", id: `${name}-${at}` });
                box.checked = line.serials.includes(each);
                box.addEventListener("change", () => {
                    line.serials = box.checked ? [...line.serials, each] : line.serials.filter((other) => other !== each);
                    line.qty = line.serials.length;
                    this.changed();
                });
                return h("label", { for: box.id }, box, each);
            }),
            !line.known.serials?.length && quiet(__("None on your trunk.")));
    }

    batches(line) {
        const select = h("select", { onchange: () => { line.batch = select.value; this.changed(); } },
            h("option", { value: "" }, __("Choose …")),
            (line.known.batches || []).map((each) => h("option", { value: each.batch }, `${each.batch} (${number(each.qty)})`)));
        select.value = line.batch;
        return field(__("Batch"), select);
    }

    // What the server is told, or a word to the technician about what is missing (null).
    payload() {
        const made = this.lines.filter((line) => line.qty > 0 || (this.exact && line.known.has_serial));
        for (const line of made) {
            if (this.exact && line.known.has_serial && !line.serials.length) return wanting(__("Choose the serial numbers of {0}.", [line.item]));
            if (this.exact && (line.known.batches || []).length > 1 && !line.batch) return wanting(__("Choose the batch of {0}.", [line.item]));
        }
        if (!made.length) return wanting(__("Add a part first."));
        return made.map(({ item, qty, serials, batch }) => ({
            item, qty, ...(serials.length && { serials: [...serials] }), ...(batch && { batch }),
        }));
    }
}

function wanting(text) {
    say(text);
    return null;
}

// {"FUSER-1": -2} of lines that leave (sign −1) or come (1).
export function effect(lines, sign) {
    const sums = {};
    for (const { item, qty } of lines) sums[item] = (sums[item] || 0) + sign * qty;
    return sums;
}
