// What the technician did: kept on the phone first, sent once, in order, and never forgotten without being asked.
//
// An action is "waiting" until the ERP answers to its key. A lost answer changes nothing: the same key is sent again and
// the ERP repeats what it said. "done", "conflict" and "refused" are answers; "dropped" is the technician's own decision.
import * as store from "./store.js";
import { now, __ } from "./i18n.js";
import { Failed, LoggedOut, Offline, STRANGER, session, stranger, submit } from "./server.js";

export const changes = new EventTarget();
const others = "BroadcastChannel" in self ? new BroadcastChannel("mps-phone") : null;
others?.addEventListener("message", () => changes.dispatchEvent(new Event("change")));

const SERVER_ERRORS_BORNE = 5;
const KEPT_DAYS = 14;
let running = null;
let again = false;
let pause = 0;
let timer;

export function newKey() {
    if (crypto.randomUUID) return crypto.randomUUID();
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// {action, payload, label, effect}: effect tells by item what it will do to the trunk, {"FUSER-1": -1}.
function record(deed, key) {
    const about = { effect: {}, ...deed, key, user: session.user, made_at: now(), made: Date.now() };
    return { ...about, state: "waiting", tries: 0, faults: 0, error: "", answer: null };
}

// Keep an action. The same key a second time (a double tap) is not kept twice.
export async function act(deed, key = newKey()) {
    if (stranger()) throw new Error(STRANGER());
    try {
        await store.add("outbox", record(deed, key));
    } catch (error) {
        if (error?.name !== "ConstraintError") throw error;
    }
    tell();
    send();
    return key;
}

// Everything of this user, the newest first.
export async function list() {
    const found = await store.all("outbox");
    return found.filter((each) => each.user === session.user).reverse();
}

export async function counts() {
    const found = await list();
    const of = (...states) => found.filter((each) => states.includes(each.state)).length;
    return { waiting: of("waiting"), conflicts: of("conflict", "refused") };
}

// Send what waits. Tabs take turns, so that the order holds; one call while another runs makes it look once more.
export function send() {
    clearTimeout(timer);
    again = true;
    running ??= loop().finally(() => (running = null));
    return running;
}

async function loop() {
    while (again) {
        again = false;
        const user = session.user;
        if (!navigator.locks) await drain(user);
        else await navigator.locks.request(`mps-outbox:${user}`, () => drain(user));
    }
}

async function drain(user) {
    for (;;) {
        const next = await store.firstWaiting(user);
        if (!next || user !== session.user) return;
        if (!(await attempt(next))) return;
    }
}

// Send one action. True: it is answered, the next may go.
async function attempt(next) {
    const taken = await store.alter("outbox", next.seq, (kept) => kept.state === "waiting" && Boolean((kept.tries += 1)));
    if (!taken) return true;
    try {
        const answer = await submit(next);
        pause = 0;
        await settle(next.seq, answer.status === "Done" ? "done" : answer.status.toLowerCase(), answer);
        return true;
    } catch (error) {
        return failed(next, error);
    }
}

async function failed(next, error) {
    const broken = error instanceof Failed;
    // 409, 429, 502 and above: busy, or not there. 500: a fault of the server, borne for a while. The rest: a plain no.
    const passing = broken && (error.status >= 500 || [409, 429].includes(error.status));
    const faults = next.faults + (broken && [500, 501].includes(error.status) ? 1 : 0);
    if (broken && (!passing || faults >= SERVER_ERRORS_BORNE)) {
        await settle(next.seq, "refused", { status: "Refused", result: {}, ...why(error) });
        return true;
    }
    await store.alter("outbox", next.seq, (kept) => void Object.assign(kept, { error: told(error), faults }));
    tell();
    if (!(error instanceof LoggedOut)) later();
    if (!broken && !(error instanceof Offline) && !(error instanceof LoggedOut)) throw error;
    return false;
}

// A web server that takes no large bodies never showed it to the ERP: what makes it large can stay behind.
function why(error) {
    if (error.status === 413) return { code: "photo", message: __("It is too large for the server with its photo.") };
    return { code: "server", message: error.message };
}

function told(error) {
    if (error instanceof Offline) return __("no signal");
    return error instanceof LoggedOut ? __("logged out") : error.message;
}

async function settle(seq, state, answer) {
    await store.alter("outbox", seq, (kept) => {
        if (kept.state !== "waiting") return false;
        Object.assign(kept, { state, answer, error: "", answered: Date.now() });
        if (state === "done") kept.payload = { ...kept.payload, ...(kept.payload.photo && { photo: "" }), ...(kept.payload.signature && { signature: "" }) };
        return true;
    });
    if (state === "done") await moot(seq);
    tell();
    changes.dispatchEvent(new Event("answered"));
}

// A booked visit says when the technician came: steps of it that the ERP did not take need no settling any more.
async function moot(seq) {
    const { action, payload } = await store.get("outbox", seq);
    if (action !== "visit") return;
    for (const each of await list()) {
        if (each.action !== "visit_step" || each.payload.issue !== payload.issue || each.seq > seq) continue;
        await store.alter("outbox", each.seq, (kept) => open(kept) && Boolean((kept.state = "redone")));
    }
}

function later() {
    pause = Math.min(Math.max(pause * 2, 2000), 60000);
    clearTimeout(timer);
    timer = setTimeout(send, pause * (0.75 + Math.random() / 2));
}

// Settle a conflict by doing it again, as it was or changed. A new key: the ERP keeps its word about the old one.
// Where the server never answered at all, the old key is sent again, so that nothing can be booked twice.
// False: it was settled already, by another hand or in another tab.
export async function redo(seq, payload, changed = {}) {
    const kept = await store.get("outbox", seq);
    if (!open(kept)) return false;
    if (kept.answer.code === "server" && JSON.stringify(payload) === JSON.stringify(kept.payload)) {
        await store.alter("outbox", seq, (each) => void Object.assign(each, { state: "waiting", faults: 0, answer: null }));
    } else {
        const { action, label } = kept;
        const successor = record({ action, label, effect: scaled(kept, payload), ...changed, payload }, newKey());
        // A counter stood where it stood when it was read, however late the technician settles it.
        if (["meter_read", "visit"].includes(action)) successor.made_at = kept.made_at;
        await store.replace(seq, (each) => open(each) && Boolean(Object.assign(each, { state: "redone" })), successor);
    }
    tell();
    send();
    return true;
}

// The same action with other quantities moves the same items the same way.
function scaled(kept, payload) {
    const effect = {};
    for (const { item, qty } of payload.items || []) {
        if (kept.effect[item]) effect[item] = (effect[item] || 0) + Math.sign(kept.effect[item]) * qty;
    }
    return effect;
}

// The technician lets an action go. False: it may be on its way already, so it cannot be dropped any more.
export async function drop(seq) {
    const free = (kept) => open(kept) || (kept.state === "waiting" && !kept.tries);
    const done = await store.alter("outbox", seq, (kept) => free(kept) && Boolean((kept.state = "dropped")));
    tell();
    return Boolean(done);
}

const open = (kept) => Boolean(kept) && ["conflict", "refused"].includes(kept.state);

// What the actions that still wait will do to the trunk, by item.
export async function pending() {
    const sums = {};
    for (const each of await list()) {
        if (each.state !== "waiting") continue;
        for (const [item, change] of Object.entries(each.effect)) sums[item] = (sums[item] || 0) + change;
    }
    return sums;
}

// Forget what was settled long ago; what waits or is in conflict stays however old it is.
export async function tidy() {
    const limit = Date.now() - KEPT_DAYS * 86400000;
    for (const each of await store.all("outbox")) {
        if (["done", "dropped", "redone"].includes(each.state) && each.made < limit) await store.remove("outbox", each.seq);
    }
}

function tell() {
    changes.dispatchEvent(new Event("change"));
    others?.postMessage("change");
}

export function stateName(state) {
    return {
        waiting: __("Waiting"), done: __("Sent"), conflict: __("Conflict"), refused: __("Refused"),
        redone: __("Done again"), dropped: __("Discarded"),
    }[state];
}
