// What was last known, kept on the phone by user, and brought up to date when there is a signal.
import * as store from "./store.js";
import { isDraft } from "./drafts.js";
import { Offline, LoggedOut, read, session } from "./server.js";

export const changes = new EventTarget();
const loading = new Map();

const keyOf = (name, args) => `${session.user}|${name}|${JSON.stringify(args)}`;

// {value, at} as last known, or null.
export async function known(name, args = {}) {
    return (await store.get("cache", keyOf(name, args))) || null;
}

// Ask the ERP; the answer is kept and told to whoever listens. Without a signal: null.
export function fresh(name, args = {}) {
    const key = keyOf(name, args);
    if (!loading.has(key)) loading.set(key, ask(name, args, key).finally(() => loading.delete(key)));
    return loading.get(key);
}

async function ask(name, args, key) {
    try {
        const value = await read(name, args);
        const entry = { key, value, at: Date.now(), error: "" };
        await store.put("cache", entry);
        changes.dispatchEvent(new CustomEvent("fresh", { detail: name }));
        return entry;
    } catch (error) {
        if (error instanceof Offline || error instanceof LoggedOut) return null;
        const kept = await store.get("cache", key);
        return { key, value: kept?.value ?? null, at: kept?.at ?? 0, error: error.message };
    }
}

// The last known, or where nothing is known the ERP's answer.
export async function either(name, args = {}) {
    return (await known(name, args)) || (await fresh(name, args));
}

const BASICS = ["my_trunk", "incoming", "my_calls", "colleagues", "service_codes"];

// Bring along what a technician needs where there is no signal: trunk, parcels, calls with their details, colleagues.
export async function everything() {
    const [, , calls] = await Promise.all(BASICS.map((name) => fresh(name)));
    for (const each of (calls?.value?.calls || []).slice(0, 20)) await fresh("call", { issue: each.issue });
}

const WEEK = 7 * 86400000;

// Searches and calls of long ago are not kept for ever.
export async function tidy() {
    for (const each of await store.all("cache")) {
        if (each.at < Date.now() - WEEK && !isDraft(each.key) && !BASICS.some((name) => each.key.includes(`|${name}|`))) {
            await store.remove("cache", each.key);
        }
    }
}

// What was read goes; a report that was begun stays for the one who began it.
export async function forget() {
    for (const each of await store.all("cache")) if (!isDraft(each.key)) await store.remove("cache", each.key);
}
