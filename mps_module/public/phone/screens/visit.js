// A visit: its steps as they happen, then one report. Whatever is entered is on the phone at once and waits there for a signal.
import * as data from "../data.js";
import * as drafts from "../drafts.js";
import { act, redo } from "../outbox.js";
import { __, moment, now, number } from "../i18n.js";
import { Lines, effect, trunkItems } from "../parts.js";
import { pictureOf } from "../scan.js";
import { pad } from "../sign.js";
import { bar, button, field, h, quiet, saved, say, section } from "../ui.js";
import { elsewhere, known, payers } from "./calls.js";

export const STEPS = [["accept", () => __("Accept"), () => __("Accepted")], ["travel", () => __("On my way"), () => __("Set out")],
    ["arrive", () => __("I have arrived"), () => __("Arrived")]];
const ORDER = STEPS.map(([name]) => name);
export const OUTCOMES = { Complete: () => __("Complete"), "Held for Part": () => __("Held for a part"),
    "Needs Help": () => __("Needs help"), "Follow-up": () => __("Follow-up visit") };

// Accept, set out, arrive: told to the office at once where there is a signal, and kept for the report.
export async function step(issue, name, begun = null) {
    const draft = begun || (await drafts.open(issue));
    if (draft.steps[name]) return;
    draft.steps[name] = now();
    await drafts.keep(draft);
    await act({ action: "visit_step", payload: { issue, step: name }, label: `${STEPS[ORDER.indexOf(name)][2]()}: ${issue}` });
}

// The step that comes next on a call, or null once the technician is there.
export function nextStep(draft, one) {
    const done = { ...one.steps, ...draft?.steps };
    const reached = Math.max(...ORDER.map((name, at) => (done[name] ? at : -1)));
    return STEPS[reached + 1] || null;
}

export async function visit({ issue }) {
    const one = await known(issue);
    if (!one) return [quiet(__("This call is not on the phone. Open it once with a signal."))];
    const draft = await drafts.open(issue);
    draft.steps = { ...one.steps, ...draft.steps };
    const keep = () => drafts.keep(draft);
    const { codes = [], travel = "Trip" } = (await data.either("service_codes"))?.value || {};
    const items = await trunkItems();
    const times = timing(draft, travel, keep);
    const meters = reading(draft, one, keep);
    const used = linesOf(draft, "lines", items.filter((each) => each.on_hand > 0), keep, {});
    const picture = pictured(draft, keep);
    const upkeep = maintained(draft, one, keep);
    const end = ending(draft, items, keep);
    const sign = signing(draft, one, keep);
    const done = async () => {
        if (!times.valid() || !meters.valid() || !upkeep.valid() || !end.valid()) return;
        const lines = used.lines.length ? used.payload() : [];
        const missing = draft.outcome === "Held for Part" ? end.lines.payload() : [];
        if (!lines || !missing) return;
        await picture.taken();
        await finish(draft, one, lines, missing, meters.reads());
    };
    return [
        h("p", { class: "big" }, h("b", {}, one.subject), h("span", {}, [issue, one.customer_name, one.device].filter(Boolean).join(" · "))),
        payers(one), times.node, meters.node,
        section(__("Parts used"), used.element),
        section(__("What was found and done"), ["Problem", "Cause", "Repair"].map((kind) => coded(draft, one, codes, kind, keep)), noted(draft, keep), picture.node),
        upkeep.node, end.node, sign, bar(button(__("Finish the visit"), done, "primary")),
    ];
}

async function finish(draft, one, items, missing, reads) {
    const { key, issue, steps, codes, outcome } = draft;
    const left = draft.left_at || now();
    const payload = {
        visit: key, issue, device: one.device || "", outcome, travel_at: steps.travel || "", arrived_at: steps.arrive, left_at: left,
        pauses: draft.pauses.map(([from, to]) => [from, to || left]), distance: Number(draft.distance) || 0, remote: Boolean(draft.remote),
        problem: codes.Problem || "", cause: codes.Cause || "", repair: codes.Repair || "", note: (draft.note || "").trim(),
        reads, for_billing: Boolean(draft.for_billing), items, missing, photo: draft.photo || "",
        signature: draft.signature || "", signed_by: (draft.signed_by || "").trim(), maintenance: draft.maintenance || "",
    };
    const deed = { action: "visit", payload, label: __("Visit {0}: {1}", [issue, OUTCOMES[outcome]()]), effect: effect(items, -1) };
    // What it was opened from may be settled or discarded by now: the report goes all the same, and the visit's own key keeps it one.
    if (!draft.replaces) await act(deed, key);
    else if (!(await redo(draft.replaces, payload, deed))) await act(deed);
    await drafts.drop(issue);
    saved("#/calls");
}

// <input type="datetime-local"> speaks the phone's own time.
const local = (iso) => (iso ? new Date(new Date(iso).getTime() - new Date(iso).getTimezoneOffset() * 60000).toISOString().slice(0, 16) : "");

function timing(draft, travel, keep) {
    const node = h("section", {}, h("h2", {}, __("Times")));
    const rows = h("div");
    const clock = (label, name, required) => {
        const input = h("input", { type: "datetime-local", value: local(draft.steps[name]), required, max: local(now()) });
        input.addEventListener("change", () => {
            draft.steps[name] = input.value ? now(new Date(input.value)) : "";
            keep();
        });
        return field(label, input);
    };
    const press = async (name) => {
        await step(draft.issue, name, draft);
        show();
    };
    const pause = async () => {
        const open = draft.pauses.at(-1);
        if (open && !open[1]) open[1] = now();
        else draft.pauses.push([now(), ""]);
        await keep();
        show();
        rows.querySelector("button").focus();
    };
    const show = () => {
        const coming = nextStep(draft, {});
        const resting = draft.pauses.length && !draft.pauses.at(-1)[1];
        rows.replaceChildren(...[
            coming ? button(coming[1](), () => press(coming[0]), "wide") : button(resting ? __("Go on working") : __("Pause"), pause, "wide"),
            resting ? quiet(__("Pause since {0}", [moment(draft.pauses.at(-1)[0])])) : null,
            travel === "Hour" ? clock(__("Set out"), "travel", false) : null, clock(__("Arrived"), "arrive", true),
            draft.left_at ? quiet(__("Finished {0}", [moment(draft.left_at)])) : null,
        ].filter(Boolean));
    };
    const far = h("input", { type: "number", inputmode: "decimal", min: 0, step: "any", value: draft.distance || "" });
    far.addEventListener("input", () => { draft.distance = far.value; keep(); });
    node.append(rows, ...(travel === "Distance" ? [field(__("Distance driven"), far)] : []), check(draft, "remote", __("Solved remotely, nobody travelled"), keep));
    show();
    return { node, valid: () => [...node.querySelectorAll("input")].every((input) => input.reportValidity()) };
}

function check(draft, name, label, keep) {
    const box = h("input", { type: "checkbox" });
    box.checked = Boolean(draft[name]);
    box.addEventListener("change", () => { draft[name] = box.checked; keep(); });
    return h("label", { class: "check" }, box, label);
}

function reading(draft, one, keep) {
    const inputs = (one.meters || []).map((each) => {
        const input = h("input", { type: "number", inputmode: "numeric", min: 0, step: 1, autocomplete: "off", value: draft.reads[each.meter]?.value ?? "" });
        input.addEventListener("input", () => {
            if (input.value === "") delete draft.reads[each.meter];
            else draft.reads[each.meter] = { meter: each.meter, value: Number(input.value), taken_at: now() };
            keep();
        });
        const last = each.last_value === null ? __("no read yet") : __("last {0}, {1}", [number(each.last_value), moment(each.last_taken_at)]);
        return { each, input, node: field(each.label, input, last) };
    });
    const warned = new Set();
    const valid = () => {
        if (!inputs.every(({ input }) => input.reportValidity())) return false;
        const lower = inputs.find(({ each, input }) => input.value !== "" && each.last_value !== null && Number(input.value) < each.last_value
            && !warned.has(`${each.meter} ${input.value}`));
        if (!lower) return true;
        warned.add(`${lower.each.meter} ${lower.input.value}`);
        lower.input.focus();
        say(__("{0} is lower than the last read. Press again if it is right.", [lower.each.label]));
        return false;
    };
    const node = inputs.length ? section(__("Meter"), inputs.map((each) => each.node), check(draft, "for_billing", __("The bill may use this read"), keep)) : null;
    return { node, valid, reads: () => Object.values(draft.reads) };
}

// Lines that the draft remembers, with their serials and batches.
function linesOf(draft, name, items, keep, options) {
    const lines = new Lines({ items, ...options });
    for (const { item, item_name, qty, serials, batch } of draft[name]) {
        const each = items.find((one) => one.item === item) || { item, item_name, on_hand: qty, serials, batches: [] };
        if (serials?.length && lines.exact) serials.forEach((serial) => lines.add(each, serial));
        else lines.add(each, batch, qty);
    }
    lines.changed = () => {
        draft[name] = lines.lines.map(({ item, item_name, qty, serials, batch }) => ({ item, item_name, qty, serials, batch }));
        keep();
    };
    return lines;
}

function coded(draft, one, codes, kind, keep) {
    const listed = codes.filter((each) => each.kind === kind);
    const select = h("select", {}, h("option", { value: "" }, "–"), listed.map((each) => h("option", { value: each.code }, `${each.code} · ${each.text}`)));
    draft.codes[kind] ??= kind === "Problem" ? one.problem || "" : "";
    if (draft.codes[kind] && !listed.some((each) => each.code === draft.codes[kind])) select.append(h("option", { value: draft.codes[kind] }, draft.codes[kind]));
    select.value = draft.codes[kind];
    select.addEventListener("change", () => { draft.codes[kind] = select.value; keep(); });
    return field({ Problem: __("Problem"), Cause: __("Cause"), Repair: __("Repair") }[kind], select);
}

function noted(draft, keep) {
    const text = h("textarea", { rows: 3, maxlength: 2000 });
    text.value = draft.note || "";
    text.addEventListener("input", () => { draft.note = text.value; keep(); });
    return field(__("Work done"), text);
}

function pictured(draft, keep) {
    const image = h("img", { class: "photo", alt: __("Photo of the visit"), hidden: !draft.photo, src: draft.photo || null });
    const file = h("input", { type: "file", accept: "image/*", capture: "environment" });
    const away = button(__("Remove the photo"), () => take(""), "wide");
    const take = (photo) => {
        draft.photo = image.src = photo;
        image.hidden = away.hidden = !photo;
        keep();
    };
    away.hidden = !draft.photo;
    const taken = pictureOf(file, take);
    return { node: [field(__("Photo"), file), image, away], taken };
}

// Radios of which one has to be chosen: {value: label}.
function choices(name, options, chosen, changed) {
    return Object.entries(options).map(([value, label]) => {
        const input = h("input", { type: "radio", name, required: true });
        input.checked = chosen === value;
        input.addEventListener("change", () => changed(value));
        return h("label", { class: "check" }, input, label());
    });
}

// Preventive maintenance that was to be done on the same visit: whether it was.
function maintained(draft, one, keep) {
    if (!one.maintenance) return { node: null, valid: () => true };
    const options = { done: () => __("Done on this visit"), left: () => __("Not done: left for another visit") };
    const radios = choices("maintenance", options, draft.maintenance, (value) => { draft.maintenance = value; keep(); });
    const node = h("fieldset", { class: "checks" }, h("legend", {}, __("Maintenance due too")), quiet(one.maintenance.why), radios);
    return { node, valid: () => node.querySelector("input").reportValidity() };
}

function ending(draft, items, keep) {
    const lines = linesOf(draft, "missing", items, keep, { max: false, exact: false, elsewhere });
    const more = h("div", { "aria-live": "polite" });
    const show = () => more.replaceChildren(...{
        "Held for Part": [quiet(__("These parts are ordered for your trunk. The call comes back when they are there.")), lines.element],
        "Needs Help": [quiet(__("The office sends somebody. Say under “Work done” what is needed."))],
        "Follow-up": [quiet(__("The office plans another visit. Say under “Work done” what is left."))],
    }[draft.outcome] || []);
    const radios = choices("outcome", OUTCOMES, draft.outcome, (value) => {
        draft.outcome = value;
        keep();
        show();
    });
    show();
    const node = h("fieldset", { class: "checks" }, h("legend", {}, __("Outcome")), radios, more);
    const valid = () => {
        if (!node.querySelector("input[type=radio]").reportValidity()) return false;
        const wordless = ["Needs Help", "Follow-up"].includes(draft.outcome) && !(draft.note || "").trim();
        if (wordless) say(__("Say under “Work done” what is left to do."));
        return !wordless;
    };
    return { node, lines, valid };
}

function signing(draft, one, keep) {
    const name = h("input", { type: "text", autocomplete: "off", value: draft.signed_by ?? (one.contact || "") });
    draft.signed_by ??= name.value;
    name.addEventListener("input", () => { draft.signed_by = name.value; keep(); });
    return section(__("Customer"), field(__("Name"), name), pad(draft.signature, (url) => { draft.signature = url; keep(); }));
}
