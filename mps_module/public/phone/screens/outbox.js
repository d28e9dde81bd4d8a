// The outbox: what waits, what the ERP refused and how to settle it, what was sent.
import { drop, list, redo, send, stateName } from "../outbox.js";
import { __, moment } from "../i18n.js";
import * as drafts from "../drafts.js";
import { badge, bar, button, confirm, field, h, listed, quiet, say, section, sheet, stepper } from "../ui.js";

export async function outboxScreen() {
    const found = await list();
    const of = (...states) => found.filter((each) => states.includes(each.state));
    const open = of("conflict", "refused");
    const waiting = of("waiting").reverse();
    const settled = of("done", "dropped", "redone").slice(0, 100);
    return [
        open.length ? section(__("To settle"), open.map(conflict)) : null,
        section(__("Waiting"), waiting.map(waits), waiting.length ? null : quiet(__("Everything is sent."))),
        settled.length ? section(__("Settled"), settled.map((each) => h("div", { class: "entry" }, head(each)))) : null,
        bar(button(__("Send now"), async () => {
            await send();
            say((await list()).some((each) => each.state === "waiting") ? __("No answer from the ERP yet.") : __("Everything is sent."));
        }, "primary")),
    ];
}

const KIND = { done: "good", waiting: "warn", conflict: "bad", refused: "bad" };
const head = (each) => h("div", { class: "head" }, h("span", { class: "grow" }, h("b", {}, each.label), h("small", {}, moment(each.made_at))),
    badge(stateName(each.state), KIND[each.state] || ""));

function waits(each) {
    const trouble = each.tries ? __("tried {0} times", [each.tries]) : "";
    return h("div", { class: "entry" }, head(each), trouble && h("small", {}, [trouble, each.error].filter(Boolean).join(": ")),
        each.tries ? null : button(__("Undo"), () => discard(each)));
}

function conflict(each) {
    const { code, message, result } = each.answer;
    return h("div", { class: "entry bad", "data-key": each.key, role: "group", "aria-label": each.label },
        head(each), h("p", { class: "reason" }, message || __("The ERP did not take this.")),
        h("div", { class: "keys" }, remedies(each, code, result || {}), button(__("Discard"), () => discard(each), "danger")));
}

function remedies(each, code, result) {
    const keys = [];
    const less = reduced(each, result);
    if (less?.length) keys.push(button(__("Take {0}", [listed(less)]), () => again(each, { ...each.payload, items: less }), "primary"));
    if (code === "photo") keys.push(button(__("Send without the photo"), () => again(each, { ...each.payload, photo: "" }), "primary"));
    for (const device of result.candidates || []) keys.push(button(device, () => again(each, { ...each.payload, device }), "primary"));
    if (each.action === "visit") return [...keys, ...visits(each, code, result)];
    if (code === "serial" || each.answer.status === "Refused" && code !== "server") return keys;
    if (each.action === "meter_read") return [...keys, ...reads(each, result)];
    if (each.payload.items?.length) keys.push(button(__("Change"), () => change(each)));
    if (code !== "closed") keys.push(button(__("Try again"), () => again(each, each.payload)));
    return keys;
}

// A visit that was made is never lost: it can be booked though the call is over, changed, or reduced to its parts.
function visits(each, code, result) {
    const { payload } = each;
    const keys = [];
    if (code === "booked") return keys; // an earlier report of it stands: this one can only be let go
    if (code === "signature") keys.push(button(__("Send without the signature"), () => again(each, { ...payload, signature: "" }), "primary"));
    if (["closed", "assigned", "gone"].includes(code)) keys.push(button(__("Book it all the same"), () => again(each, { ...payload, anyway: true }), "primary"));
    if (["closed", "assigned"].includes(code) && payload.items?.length) keys.push(button(__("Only the parts"), () => onlyParts(each)));
    if (code === "read") keys.push(...reads(each, result));
    keys.push(button(__("Open the report"), () => reopen(each)));
    if (each.answer.status !== "Refused" || code === "server") keys.push(button(__("Try again"), () => again(each, payload)));
    return keys;
}

async function onlyParts(each) {
    const { issue, device, items, note } = each.payload;
    await redo(each.seq, { issue, device, items, note }, { action: "use_on_call", label: __("Use on {0}: {1}", [issue, listed(items)]) });
    say(__("It is sent again."));
}

// The report as it was sent goes back into the form; finishing it there takes this one's place.
async function reopen(each) {
    const { visit, issue, travel_at, arrived_at, problem, cause, repair, items, reads: taken, ...rest } = each.payload;
    const begun = await drafts.known(issue);
    const there = () => (location.hash = `#/visit?issue=${encodeURIComponent(issue)}`);
    if (begun?.replaces === each.seq) return there();
    const told = __("Another report of this call was begun on this phone. This one takes its place.");
    if (begun && !(await confirm(__("Open the report?"), told, __("Open the report")))) return;
    const steps = { accept: arrived_at, travel: travel_at, arrive: arrived_at };
    await drafts.keep({ ...rest, key: visit, issue, steps, lines: items, codes: { Problem: problem, Cause: cause, Repair: repair },
        reads: Object.fromEntries(taken.map((one) => [one.meter, one])), replaces: each.seq });
    there();
}

// What is left of each part, where the ERP said so.
function reduced(each, result) {
    const short = (result.items || []).filter((one) => "available" in one);
    if (!short.length || !each.payload.items) return null;
    const fits = (line) => {
        const hit = short.find((one) => one.item === line.item && (!one.batch || one.batch === line.batch));
        const qty = hit ? Math.min(line.qty, Math.max(hit.available, 0)) : line.qty;
        return { ...line, qty, ...(line.serials && { serials: line.serials.slice(0, qty) }) };
    };
    return each.payload.items.map(fits).filter((line) => line.qty > 0);
}

function reads(each, result) {
    const as = (kind) => async () => {
        const reason = await ask(kind === "reset" ? __("The counter was reset") : __("The counter rolled over"));
        if (reason) again(each, { ...each.payload, reads: marked(each, result, { kind, reason }) });
    };
    return [
        button(__("Correct"), () => correct(each)), button(__("Was reset"), as("reset")), button(__("Rolled over"), as("rollover")),
        button(__("Let the office decide"), () => again(each, { ...each.payload, keep: true })),
    ];
}

// Only the refused counters are marked; the others go as they are.
function marked(each, result, change) {
    const refused = new Set((result.rows || []).filter((one) => one.code).map((one) => one.meter));
    return each.payload.reads.map((one) => (!refused.size || refused.has(one.meter) ? { ...one, ...change } : one));
}

async function correct(each) {
    const wanted = each.payload.reads.map((one) => ({ ...one }));
    const yes = await sheet(each.label, (close) => [
        wanted.map((one) => {
            const input = h("input", { type: "number", inputmode: "numeric", min: 0, step: 1, value: one.value });
            input.addEventListener("input", () => (one.value = Number(input.value)));
            return field(one.meter, input);
        }),
        bar(button(__("Back"), () => close()), button(__("Send again"), () => close(true), "primary"))]);
    if (yes) await again(each, { ...each.payload, reads: wanted });
}

async function change(each) {
    const wanted = each.payload.items.map((line) => ({ ...line }));
    const yes = await sheet(each.label, (close) => [
        wanted.map((line) => (line.serials
            ? quiet(`${line.item}: ${line.serials.join(", ")}`)
            : h("div", { class: "line" }, h("b", {}, line.item), stepper(line.qty, line.item, (qty) => (line.qty = qty))))),
        bar(button(__("Back"), () => close()), button(__("Send again"), () => close(true), "primary"))]);
    if (!yes) return;
    const items = wanted.filter((line) => line.qty > 0 || each.action === "count");
    if (!items.length) return say(__("Nothing is left of it: discard it instead."));
    await again(each, { ...each.payload, items });
}

async function again(each, payload) {
    await redo(each.seq, payload);
    say(__("It is sent again."));
}

async function discard(each) {
    const yes = await confirm(__("Discard?"), `${each.label}. ${__("Nothing of it is booked.")}`, __("Discard"));
    if (!yes) return;
    if (!(await drop(each.seq))) say(__("It is on its way already."));
}

function ask(title) {
    return sheet(title, (close) => {
        const reason = h("input", { type: "text", required: true, autofocus: true, autocomplete: "off" });
        const done = () => reason.reportValidity() && close(reason.value.trim());
        return [field(__("Reason"), reason), bar(button(__("Back"), () => close()), button(__("Send again"), done, "primary"))];
    });
}
