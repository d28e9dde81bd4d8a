// A meter read by hand: which device, its counters, the figures, a picture of the display.
import * as data from "../data.js";
import { act, newKey } from "../outbox.js";
import { __, moment, number } from "../i18n.js";
import { scan, pictureOf } from "../scan.js";
import { bar, button, field, h, link, matches, quiet, saved, say } from "../ui.js";

export async function meter({ device, issue = "" }) {
    return device ? figures(device, issue) : choose();
}

async function choose() {
    const input = h("input", { type: "search", enterkeyhint: "search", autocomplete: "off" });
    const found = h("div", { class: "list", "aria-live": "polite" });
    const near = ((await data.either("my_calls"))?.value?.calls || []).filter((each) => each.device);
    const show = (devices, told = "") => {
        found.replaceChildren(...devices.map((each) => h("a", { class: "row", href: href(each) },
            h("span", { class: "grow" }, h("b", {}, each.device), h("small", {},
                [each.model || each.device_model, each.customer_name, each.site, each.serial].filter(Boolean).join(" · "))))));
        if (!devices.length) found.append(quiet(told || __("Scan or type a device number, a serial or an asset tag.")));
    };
    const find = async () => {
        const txt = input.value.trim();
        const here = near.filter((each) => matches(txt, each.device, each.serial, each.customer_name, each.device_model));
        show(here);
        if (txt.length < 2) return;
        const entry = (await data.fresh("device", { txt })) || (await data.known("device", { txt }));
        if (txt !== input.value.trim()) return;
        if (entry?.value) show(entry.value.devices, __("No such device."));
        else if (!here.length) show([], entry?.error || __("Without a signal only the devices of your calls are known."));
    };
    let timer;
    input.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(find, 350);
    });
    show(near);
    const byScan = async () => {
        const code = await scan();
        if (!code) return;
        input.value = code;
        await find();
    };
    return [field(__("Device"), input), found, bar(button(__("Scan"), byScan, "primary"))];
}

const href = (each) => `#/meter?device=${encodeURIComponent(each.device)}${each.issue ? `&issue=${encodeURIComponent(each.issue)}` : ""}`;

async function knownDevice(device, issue) {
    const entry = await data.fresh("device", { txt: device }) || (await data.known("device", { txt: device }));
    const hit = entry?.value?.devices.find((each) => each.device === device);
    if (hit) return hit;
    const one = issue && (await data.known("call", { issue }))?.value;
    return one?.device === device ? { ...one, model: one.device_model } : null;
}

async function figures(device, issue) {
    const one = await knownDevice(device, issue);
    if (!one?.meters?.length) return [quiet(__("The counters of {0} are not on the phone. Open it once with a signal.", [device])), link(__("Back"), "#/meter", "wide")];
    const key = newKey();
    let photo = "";
    const inputs = one.meters.map((each) => {
        const input = h("input", { type: "number", inputmode: "numeric", min: 0, step: 1, autocomplete: "off" });
        const last = each.last_value === null ? __("no read yet") : __("last {0}, {1}", [number(each.last_value), moment(each.last_taken_at)]);
        return { each, input, node: field(each.label, input, last) };
    });
    const supplies = one.meters.some((each) => /colou?r/i.test(each.meter)) ? ["black", "cyan", "magenta", "yellow"] : ["black"];
    const levels = supplies.map((supply) => {
        const input = h("input", { type: "number", inputmode: "numeric", min: 0, max: 100, step: 1, autocomplete: "off" });
        return { supply, input, node: field(__(supply[0].toUpperCase() + supply.slice(1)), input) };
    });
    const image = h("img", { class: "photo", alt: __("Photo of the display"), hidden: true });
    const file = h("input", { type: "file", accept: "image/*", capture: "environment" });
    const taken = pictureOf(file, (made) => {
        photo = image.src = made;
        image.hidden = false;
    });
    const done = async () => {
        if (![...inputs, ...levels].every(({ input }) => input.reportValidity())) return;
        const reads = inputs.filter(({ input }) => input.value !== "").map(({ each, input }) => ({ meter: each.meter, value: Number(input.value), kind: "actual" }));
        const left = Object.fromEntries(levels.filter(({ input }) => input.value !== "").map(({ supply, input }) => [supply, Number(input.value)]));
        const known = Object.keys(left);
        if (!reads.length && !known.length) return say(__("Enter a figure first."));
        const lower = inputs.find(({ each, input }) => input.value !== "" && each.last_value !== null && Number(input.value) < each.last_value);
        if (lower && !lower.warned) {
            inputs.forEach((every) => (every.warned = true));
            lower.input.focus();
            return say(__("{0} is lower than the last read. Press again if it is right.", [lower.each.label]));
        }
        const text = [...reads.map((read) => `${read.meter} ${number(read.value)}`), ...known.map((supply) => `${supply} ${left[supply]} %`)].join(", ");
        await taken();
        const payload = { device, issue, reads, photo, ...(known.length ? { levels: left } : {}) };
        await act({ action: "meter_read", payload, label: __("Meter of {0}: {1}", [device, text]) }, key);
        saved(issue ? `#/call?issue=${encodeURIComponent(issue)}` : "#/meter");
    };
    return [
        h("p", { class: "big" }, h("b", {}, device), h("span", {}, [one.model, one.customer_name, one.site].filter(Boolean).join(" · "))),
        inputs.map(({ node }) => node),
        h("details", {}, h("summary", {}, __("Toner left, in percent")), levels.map(({ node }) => node)),
        field(__("Photo of the display"), file), image,
        bar(button(__("Save the read"), done, "primary")),
    ];
}
