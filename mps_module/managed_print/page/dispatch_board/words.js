// Small helpers of the board. Times are the site's, as text; minutes count from the midnight of the day they name.
function mpsd_el(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (value === null || value === undefined || value === false) continue;
        if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
        else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
    return node;
}

function mpsd_minutes(moment) {
    return Number(moment.slice(11, 13)) * 60 + Number(moment.slice(14, 16));
}

function mpsd_moment(day, minutes) {
    const two = (number) => String(number).padStart(2, "0");
    return `${day} ${two(Math.floor(minutes / 60))}:${two(Math.floor(minutes % 60))}:00`;
}

function mpsd_when(moment, day) {
    if (!moment) return "";
    const clock = moment.slice(11, 16);
    return moment.slice(0, 10) === day ? clock : `${frappe.datetime.str_to_user(moment.slice(0, 10))} ${clock}`;
}

function mpsd_percent(share) {
    return `${Math.round(share * 100)} %`;
}

function mpsd_duration(minutes) {
    const hours = Math.floor(Math.abs(minutes) / 60);
    const rest = Math.abs(minutes) % 60;
    if (hours >= 48) return __("{0} days", [Math.floor(hours / 24)]);
    return hours ? __("{0} h {1} min", [hours, String(rest).padStart(2, "0")]) : __("{0} min", [rest]);
}

function mpsd_left(call, passed) {
    if (call.left === null) return __("no time promised");
    if (call.state === "On Hold") return __("on hold");
    const left = call.left - passed;
    const what = call.due_for === "response" ? __("to be there") : __("to be done");
    return left < 0 ? __("{0} late", [mpsd_duration(left)]) : __("{0} {1}", [mpsd_duration(left), what]);
}

function mpsd_empty(text, label, act) {
    const box = mpsd_el("div", { class: "mpsd-empty text-muted" }, mpsd_el("p", {}, text));
    if (label) box.append(mpsd_el("button", { class: "btn btn-default btn-sm", onclick: act }, label));
    return box;
}

// Arrow keys within a list; the focus moves, Enter and Space are left to the row.
function mpsd_arrows(list, selector) {
    list.addEventListener("keydown", (event) => {
        const rows = [...list.querySelectorAll(selector)];
        const at = rows.indexOf(document.activeElement);
        const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
        if (to === undefined || at < 0) return;
        event.preventDefault();
        event.stopPropagation();
        const next = rows[Math.max(0, Math.min(rows.length - 1, to))];
        next.focus();
        next.scrollIntoView({ block: "nearest" });
    });
}
