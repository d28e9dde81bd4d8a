// Parts that leave the trunk: back to the store, or to the scrap.
import { act, newKey } from "../outbox.js";
import { __ } from "../i18n.js";
import { Lines, effect, trunkItems } from "../parts.js";
import { bar, button, field, h, listed, saved } from "../ui.js";

export async function away({ item }) {
    const items = (await trunkItems()).filter((each) => each.on_hand > 0);
    const lines = new Lines({ items, lines: items.filter((each) => each.item === item) });
    const reason = h("input", { type: "text", required: true, autocomplete: "off" });
    const box = h("input", { type: "checkbox" });
    const key = newKey();
    const done = async (action, label) => {
        if (!reason.reportValidity()) return;
        const made = lines.payload();
        if (!made) return;
        const payload = { items: made, reason: reason.value.trim(), ...(action === "return_part" && { defective: box.checked }) };
        await act({ action, payload, label: `${label}: ${listed(made)}`, effect: effect(made, -1) }, key);
        saved("#/trunk");
    };
    return [lines.element, field(__("Reason"), reason), h("label", { class: "check" }, box, __("Defective")),
        bar(button(__("Scrap"), () => done("scrap", __("Scrap")), "danger"), button(__("Return"), () => done("return_part", __("Return")), "primary"))];
}
