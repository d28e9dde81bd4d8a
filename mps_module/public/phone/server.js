// Talks to the ERP with the browser's own session. Knows whether the answer is an answer.
import { __ } from "./i18n.js";

const BASE = "/api/method/mps_module.api.phone.";

export const session = { user: "", full_name: "", csrf_token: "", build: "", lang: "en", messages: {}, expired: false };
export const signal = new EventTarget();

export class Offline extends Error {}
export class LoggedOut extends Error {}
// The server answered, and it was no: `status` is HTTP's.
export class Failed extends Error {
    constructor(message, status) {
        super(message);
        this.status = status;
    }
}

export function start() {
    Object.assign(session, JSON.parse(document.getElementById("boot").textContent));
}

export const read = (name, args = {}) => call(`${name}?${new URLSearchParams(args)}`, { method: "GET" }, 15000);

export function submit(record) {
    const { key, action, payload, made_at } = record;
    const body = JSON.stringify({ key, action, payload, made_at });
    return call("submit_action", { method: "POST", body }, 20000 + body.length / 10);
}

async function call(path, options, patience) {
    try {
        return await once(path, options, patience);
    } catch (error) {
        if (!(error instanceof Failed) || ![400, 401, 403].includes(error.status)) throw error;
        // A new session has a new token; an expired one has none.
        const before = session.csrf_token;
        await renew();
        if (before === session.csrf_token) throw error;
        return once(path, options, patience);
    }
}

async function once(path, options, patience) {
    if (!sameUser()) await renew();
    const headers = { Accept: "application/json", "X-Frappe-CSRF-Token": session.csrf_token };
    if (options.body) headers["Content-Type"] = "application/json";
    const [answer, text] = await load(BASE + path, { ...options, headers }, patience);
    const found = parse(text);
    if (found) seen(true);
    if (answer.ok && found && "message" in found) return found.message;
    // A success without the ERP's envelope is some hotspot's page in between.
    if (answer.ok) throw new Offline("no answer of the ERP");
    throw new Failed(reason(found) || `HTTP ${answer.status}`, answer.status);
}

async function load(url, options, patience) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), patience);
    try {
        const answer = await fetch(url, { ...options, signal: stop.signal, credentials: "same-origin", cache: "no-store" });
        return [answer, await answer.text()];
    } catch (error) {
        seen(false);
        throw new Offline(String(error));
    } finally {
        clearTimeout(timer);
    }
}

// Ask the page again who is logged in and by which token.
export async function renew() {
    const [answer, text] = await load("/mps", { headers: { Accept: "text/html" } }, 15000);
    if (answer.status >= 500) throw new Offline(`HTTP ${answer.status}`);
    const page = new DOMParser().parseFromString(text, "text/html").getElementById("boot");
    if (!page) {
        expire(true);
        throw new LoggedOut("logged out");
    }
    const found = JSON.parse(page.textContent);
    const other = found.user !== session.user;
    Object.assign(session, { csrf_token: found.csrf_token, full_name: found.full_name });
    if (other) {
        // Someone else logged in on this phone: their page starts afresh, the other's actions wait for the other.
        location.reload();
        throw new LoggedOut("another user");
    }
    expire(false);
}

// The ERP's cookie tells who the session belongs to; nothing may be sent, or done, in another's name.
function owner() {
    const cookie = document.cookie.split("; ").find((each) => each.startsWith("user_id="));
    return cookie ? decodeURIComponent(cookie.slice(8)) : session.user;
}

const sameUser = () => owner() === session.user;

// This page was kept from the one who was logged in before (without a signal it is shown again), or stayed open.
export const stranger = () => !sameUser() && owner() !== "Guest";
export const STRANGER = () => __("{0} is logged in on this phone now. Open this page once with a signal.", [owner()]);

function expire(expired) {
    if (session.expired === expired) return;
    session.expired = expired;
    signal.dispatchEvent(new Event("session"));
}

export let reachable = navigator.onLine;
function seen(now) {
    if (reachable === now) return;
    reachable = now;
    signal.dispatchEvent(new Event("reach"));
}
addEventListener("offline", () => seen(false));

function parse(text) {
    try {
        return JSON.parse(text);
    } catch {
        return null;
    }
}

function reason(found) {
    const listed = parse(found?._server_messages || "")?.map((each) => parse(each)?.message || each);
    const text = listed?.length ? listed.join(" ") : found?.exception?.split(": ").slice(1).join(": ");
    return new DOMParser().parseFromString(text || "", "text/html").body.textContent;
}
