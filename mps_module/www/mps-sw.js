// Keeps the phone app's files, so that it opens without a signal. Data and actions are the page's own business.
const BUILD = "{{ build }}";
const SHELL = {{ shell | tojson }};
const PAGE = "/mps";
const PATIENCE = 1000; // ms for a page that a weak signal may never bring
const NAME = "mps-phone-" + BUILD;

self.addEventListener("install", (event) => {
    event.waitUntil(fill().then(() => self.skipWaiting()));
});

async function fill() {
    const cache = await caches.open(NAME);
    await cache.addAll(SHELL);
    const page = await fetch(PAGE, { credentials: "same-origin", cache: "no-store" });
    // Redirected means: to the login. Then the worker before this one goes on with what it has.
    if (!isPage(page)) throw new Error("no page to keep: " + page.status);
    await cache.put(PAGE, page);
}

self.addEventListener("activate", (event) => {
    event.waitUntil(
        caches.keys()
            .then((names) => Promise.all(
                names.filter((name) => name.startsWith("mps-phone-") && name !== NAME).map((name) => caches.delete(name)),
            ))
            .then(() => self.clients.claim()),
    );
});

self.addEventListener("fetch", (event) => {
    const request = event.request;
    const url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== self.location.origin) return;
    if (request.mode === "navigate" && url.pathname.replace(/\/$/, "") === PAGE) event.respondWith(page(event));
    else if (url.pathname.startsWith("/assets/mps_module/phone/")) event.respondWith(asset(request));
});

// The network first, since the page brings the session's token; what was kept, when nothing comes in time.
async function page(event) {
    const cache = await caches.open(NAME);
    const kept = await cache.match(PAGE);
    const loading = fetch(event.request).then(async (answer) => {
        if (isPage(answer)) await cache.put(PAGE, answer.clone());
        return answer;
    });
    if (!kept) return loading;
    event.waitUntil(loading.catch(() => undefined));
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, kept));
    const answer = await Promise.race([loading.catch(() => kept), late]);
    return answer.status >= 500 ? kept : answer;
}

async function asset(request) {
    const kept = await caches.match(request);
    return kept || fetch(request);
}

function isPage(answer) {
    return answer.ok && answer.type === "basic" && !answer.redirected;
}
