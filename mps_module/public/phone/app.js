// The phone app: starts, leads from screen to screen, and keeps the head of the page true.
import * as data from "./data.js";
import * as outbox from "./outbox.js";
import * as store from "./store.js";
import { __, speak } from "./i18n.js";
import { count } from "./screens/count.js";
import { call, calls, missing, use } from "./screens/calls.js";
import { meter } from "./screens/meter.js";
import { newcall } from "./screens/newcall.js";
import { ask, give, moves, parcel, transfer } from "./screens/moves.js";
import { outboxScreen } from "./screens/outbox.js";
import { away } from "./screens/away.js";
import { more, dress } from "./screens/settings.js";
import { item, trunk } from "./screens/trunk.js";
import { visit } from "./screens/visit.js";
import { STRANGER, reachable, renew, session, signal, start, stranger } from "./server.js";
import { h, link, quiet, say } from "./ui.js";

start();
speak(session.lang, session.messages);
dress();

// live: shown again when data or outbox change. A screen with fields is not, or it would lose what was typed.
const SCREENS = {
    calls: { show: calls, title: () => __("My calls"), live: true },
    call: { show: call, title: () => __("Call"), live: true },
    newcall: { show: newcall, title: () => __("New call") },
    visit: { show: visit, title: () => __("Visit") },
    use: { show: use, title: () => __("Use on a call") },
    missing: { show: missing, title: () => __("Part is missing") },
    trunk: { show: trunk, title: () => __("My trunk"), live: true },
    item: { show: item, title: () => __("Part"), live: true },
    moves: { show: moves, title: () => __("Moves"), live: true },
    parcel: { show: parcel, title: () => __("Receive") },
    transfer: { show: transfer, title: () => __("Transfer") },
    give: { show: give, title: () => __("Send to a colleague") },
    ask: { show: ask, title: () => __("Ask a colleague") },
    away: { show: away, title: () => __("Return or scrap") },
    count: { show: count, title: () => __("Count") },
    meter: { show: meter, title: () => __("Meter read") },
    outbox: { show: outboxScreen, title: () => __("Outbox"), live: true },
    more: { show: more, title: () => __("More"), live: true },
};
const TABS = [["calls", "☎", () => __("Calls")], ["trunk", "▤", () => __("Trunk")], ["moves", "⇄", () => __("Moves")],
    ["meter", "◷", () => __("Meter")], ["more", "≡", () => __("More")]];
const HOME = { call: "calls", visit: "calls", newcall: "calls", use: "calls", missing: "calls", item: "trunk", parcel: "moves", transfer: "moves",
    give: "moves", ask: "moves", away: "more", count: "more", outbox: "more" };

const $ = (name) => document.getElementById(name);
let turn = 0;
let entering = false;
let released = Promise.resolve();

function where() {
    const [path, query] = (location.hash.slice(2) || "calls").split("?");
    const name = SCREENS[path] ? path : "calls";
    return { name, query: Object.fromEntries(new URLSearchParams(query || "")) };
}

async function show(arriving) {
    const { name, query } = where();
    const screen = SCREENS[name];
    const mine = (turn += 1);
    // Fresh data may overtake the first showing of a screen: it is entered all the same.
    entering ||= arriving;
    let made;
    try {
        made = await screen.show(query);
    } catch (error) {
        made = [quiet(__("This screen could not be shown.")), quiet(String(error?.message || error))];
        console.error(error);
    }
    // A key that is drawn anew under the thumb, between press and release, would not feel the tap.
    if (!entering) await released;
    if (mine !== turn) return;
    const main = $("main");
    const seat = focusedKey(main);
    main.replaceChildren(...[made].flat(3).filter(Boolean));
    main.dataset.shown = location.hash;
    $("title").textContent = screen.title();
    document.title = screen.title();
    tabs(HOME[name] || name);
    if (entering) {
        entering = false;
        scrollTo(0, 0);
        $("title").focus({ preventScroll: true });
    } else if (seat) {
        main.querySelector(seat)?.focus({ preventScroll: true });
    }
}

// The link that had the focus before a live screen was drawn anew.
function focusedKey(main) {
    const node = document.activeElement;
    if (!main.contains(node)) return "";
    if (node.id) return `#${CSS.escape(node.id)}`;
    return node.getAttribute("href") ? `[href="${CSS.escape(node.getAttribute("href"))}"]` : "";
}

function tabs(current) {
    $("nav").replaceChildren(...TABS.map(([name, icon, label]) =>
        h("a", { href: `#/${name}`, "aria-current": name === current ? "page" : null },
            h("span", { "aria-hidden": "true" }, icon), label())));
    todo();
}

// What waits for this technician's hand: parcels to receive, colleagues to answer, parts to confirm.
let known = null;
async function todo() {
    const { deliveries = [], transfers = [] } = (await data.known("incoming"))?.value || {};
    const asked = transfers.filter((each) => each.mine_to_answer
        || ["Accepted", "Handover"].includes(each.status) && each.they_confirmed && !each.i_confirmed);
    const count = deliveries.length + asked.length;
    const tab = $("nav").querySelector('[href="#/moves"]');
    tab.querySelector("b")?.remove();
    if (count) tab.append(h("b", { class: "badge warn" }, String(count), h("span", { class: "hidden" }, ` ${__("to answer or receive")}`)));
    const fresh = known && asked.find((each) => !known.has(each.transfer + each.status));
    if (fresh) say(fresh.mine_to_answer ? __("{0} waits for your answer.", [fresh.colleague]) : __("{0} waits for your confirmation.", [fresh.colleague]));
    known = new Set(asked.map((each) => each.transfer + each.status));
    return count;
}

async function head() {
    const { waiting, conflicts } = await outbox.counts();
    const texts = [];
    if (!reachable) texts.push(__("No signal"));
    if (waiting) texts.push(__("{0} waiting", [waiting]));
    if (conflicts) texts.push(__("{0} to settle", [conflicts]));
    const state = $("state");
    state.hidden = !texts.length;
    state.textContent = texts.join(" · ");
    state.className = conflicts ? "bad" : "warn";
    document.documentElement.dataset.waiting = waiting;
    const asked = await todo();
    if (navigator.setAppBadge) navigator.setAppBadge(waiting + conflicts + asked).catch(() => {});
}

function banner() {
    const login = `/login?redirect-to=${encodeURIComponent("/mps")}`;
    $("banner").replaceChildren(...(session.expired
        ? [h("span", {}, __("You are logged out. What you do is kept and sent after you log in.")), link(__("Log in"), login)]
        : []));
}

let soon;
function refresh() {
    head();
    clearTimeout(soon);
    soon = setTimeout(() => {
        const typing = $("main").contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
        if (SCREENS[where().name].live && !typing && !document.querySelector("dialog[open]")) show(false);
    }, 60);
}

async function catchUp() {
    await outbox.send();
    await data.everything();
}

// What stands in the way of the whole app, in words. A stranger's own page comes by itself where there is a signal.
async function hindrance() {
    if (stranger()) {
        addEventListener("online", () => location.reload());
        await renew().catch((error) => console.warn(error));
        return STRANGER();
    }
    return (await store.usable()) ? "" : __("This browser keeps nothing: a private window, or its storage is blocked or full. Open the page in an ordinary window.");
}

// Whatever could not be done is said: a full phone keeps no action, and must not look as if it had.
addEventListener("unhandledrejection", ({ reason }) => say(__("This did not work: {0}", [reason?.message || reason])));

function pressed() {
    released = new Promise((done) => {
        const ends = ["pointerup", "pointercancel"];
        const lifted = () => {
            ends.forEach((end) => removeEventListener(end, lifted, true));
            setTimeout(done, 50);
        };
        ends.forEach((end) => addEventListener(end, lifted, true));
    });
}

let after;
function listen() {
    addEventListener("pointerdown", pressed, true);
    addEventListener("hashchange", () => show(true));
    addEventListener("online", catchUp);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && catchUp());
    outbox.changes.addEventListener("change", refresh);
    data.changes.addEventListener("fresh", refresh);
    signal.addEventListener("reach", refresh);
    signal.addEventListener("session", banner);
    outbox.changes.addEventListener("answered", () => {
        clearTimeout(after);
        after = setTimeout(() => Promise.all(["my_trunk", "incoming", "my_calls"].map((name) => data.fresh(name))), 300);
    });
}

async function begin() {
    listen();
    tabs("calls");
    head();
    await show(true);
    performance.mark("mps-shown");
    outbox.tidy().then(data.tidy);
    catchUp();
    setInterval(() => document.visibilityState === "visible" && catchUp(), 5 * 60000);
    navigator.storage?.persist?.();
}

const stop = await hindrance();
if (stop) $("main").replaceChildren(quiet(stop));
else await begin();
document.documentElement.dataset.ready = "1";
navigator.serviceWorker?.register("/mps-sw.js", { scope: "/mps", updateViaCache: "none" })
    .catch((error) => console.warn(error));
