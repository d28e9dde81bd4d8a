// A call that a technician opens: for a device that was seen or told of, to do at once or for the office to plan.
import * as data from "../data.js";
import { act, newKey } from "../outbox.js";
import { __ } from "../i18n.js";
import { scan } from "../scan.js";
import { bar, button, field, h, id, saved } from "../ui.js";

export async function newcall({ device = "" }) {
    const listing = (await data.either("my_calls"))?.value?.calls.filter((each) => each.device) || [];
    const { codes = [] } = (await data.either("service_codes"))?.value || {};
    const near = h("datalist", { id: id() }, [...new Map(listing.map((each) => [each.device, each])).values()].map((each) =>
        h("option", { value: each.device }, [each.device_model, each.customer_name, each.site].filter(Boolean).join(" · "))));
    const which = h("input", { type: "text", required: true, value: device, list: near.id, autocomplete: "off", autocapitalize: "characters" });
    const subject = h("input", { type: "text", required: true, maxlength: 140, autocomplete: "off" });
    const problem = h("select", {}, h("option", { value: "" }, "–"),
        codes.filter((each) => each.kind === "Problem").map((each) => h("option", { value: each.code }, `${each.code} · ${each.text}`)));
    const text = h("textarea", { rows: 3, maxlength: 5000 });
    const mine = h("input", { type: "checkbox" });
    mine.checked = true;
    const key = newKey();
    const byScan = async () => {
        const code = await scan();
        if (code) which.value = code;
    };
    const done = async () => {
        if (![which, subject].every((input) => input.reportValidity())) return;
        const payload = { device: which.value.trim(), subject: subject.value.trim(), problem: problem.value, description: text.value.trim(), mine: mine.checked };
        await act({ action: "new_call", payload, label: __("New call for {0}: {1}", [payload.device, payload.subject]) }, key);
        saved("#/calls");
    };
    return [near, field(__("Device"), which, __("Number, serial, asset tag or the code of its sticker.")), button(__("Scan"), byScan, "wide"),
        field(__("What is wrong?"), subject), field(__("Problem"), problem), field(__("What was told"), text),
        h("label", { class: "check" }, mine, __("I take this call")), bar(button(__("Open the call"), done, "primary"))];
}
