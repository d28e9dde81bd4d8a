// Visits that are being made: kept on the phone at every change, by user and call, until they are in the outbox.
import * as store from "./store.js";
import { newKey } from "./outbox.js";
import { session } from "./server.js";

const PREFIX = "draft|";
const keyOf = (issue) => `${PREFIX}${session.user}|${issue}`;
export const isDraft = (key) => key.startsWith(PREFIX);

export async function known(issue) {
    return (await store.get("cache", keyOf(issue)))?.value || null;
}

// The report of a call as far as it is; `key` is the visit's own and stays with it whatever happens.
export async function open(issue) {
    return (await known(issue)) || { key: newKey(), issue, steps: {}, pauses: [], reads: {}, lines: [], missing: [], codes: {} };
}

export const keep = (draft) => store.put("cache", { key: keyOf(draft.issue), value: draft, at: Date.now() });
export const drop = (issue) => store.remove("cache", keyOf(issue));
