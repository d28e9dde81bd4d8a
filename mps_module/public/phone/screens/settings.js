// The rest: outbox, count, returns; how the app looks; who is logged in.
import * as data from "../data.js";
import { counts } from "../outbox.js";
import { __, age } from "../i18n.js";
import { renew, session } from "../server.js";
import { bar, button, confirm, field, h, link, quiet, row, say, section } from "../ui.js";

const LOOKS = { auto: () => __("As the phone"), light: () => __("Light (sunlight)"), dark: () => __("Dark") };

// Put on the look that was chosen on this phone.
export function dress() {
    const look = localStorage.getItem("mps-look") || "auto";
    document.documentElement.dataset.look = look;
    document.documentElement.dataset.size = localStorage.getItem("mps-size") || "normal";
}

export async function more() {
    const { waiting, conflicts } = await counts();
    const trunk = await data.known("my_trunk");
    return [
        h("div", { class: "list" },
            row("#/outbox", __("Outbox"), conflicts ? __("{0} to settle", [conflicts]) : __("What waits and what was sent"), waiting || "✓"),
            row("#/count", __("Count"), __("Tell what lies in the trunk"), ""),
            row("#/away", __("Return or scrap"), __("Parts that leave the trunk"), ""),
            row("#/ask", __("Who has a part?"), __("Colleagues near me, and the stores"), "")),
        section(__("On this phone"), chosen("mps-look", __("Look"), LOOKS),
            chosen("mps-size", __("Size"), { normal: () => __("Normal"), large: () => __("Large") }),
            quiet(trunk ? __("Data of {0}", [age(trunk.at)]) : __("No data on the phone yet")),
            button(__("Fetch everything now"), fetchAll, "wide")),
        section(__("Logged in"), h("p", {}, `${session.full_name} (${session.user})`), quiet(__("Version {0}", [session.build])),
            button(__("Log out"), logout, "wide")),
        bar(link(__("Open the ERP"), "/app")),
    ];
}

function chosen(name, label, options) {
    const select = h("select", { id: name }, Object.entries(options).map(([value, text]) => h("option", { value }, text())));
    select.value = localStorage.getItem(name) || Object.keys(options)[0];
    select.addEventListener("change", () => {
        localStorage.setItem(name, select.value);
        dress();
    });
    return field(label, select);
}

async function fetchAll() {
    const before = (await data.known("my_trunk"))?.at;
    await data.everything();
    say((await data.known("my_trunk"))?.at > (before || 0) ? __("Everything is up to date.") : __("No answer from the ERP yet."));
}

// What waits stays on the phone and is sent when the same user logs in again; the data read before is removed.
async function logout() {
    const { waiting } = await counts();
    const told = waiting ? __("{0} actions wait; they stay on this phone until you log in again.", [waiting]) : __("Nothing waits to be sent.");
    if (!(await confirm(__("Log out?"), told, __("Log out")))) return;
    try {
        await renew();
        const headers = { "X-Frappe-CSRF-Token": session.csrf_token };
        const answer = await fetch("/api/method/logout", { method: "POST", headers, credentials: "same-origin" });
        if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    } catch {
        return say(__("Logging out needs a signal."));
    }
    await data.forget();
    location.href = "/login?redirect-to=/mps";
}
