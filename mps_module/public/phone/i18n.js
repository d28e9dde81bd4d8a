// Texts: English in the code, the user's language from the dictionary that the page brought along.
let messages = {};
let language = "en";

export function speak(lang, dictionary) {
    language = lang || "en";
    messages = dictionary || {};
}

// __("Only {0} left", [2]): the translation with its places filled in.
export function __(text, args = []) {
    return (messages[text] || text).replace(/\{(\d+)\}/g, (whole, at) => (args[at] === undefined ? whole : args[at]));
}

export function number(value) {
    return new Intl.NumberFormat(language, { maximumFractionDigits: 3 }).format(value ?? 0);
}

export function moment(iso) {
    const time = new Date(iso);
    if (!iso || Number.isNaN(time.getTime())) return "";
    const now = new Date();
    const clock = { hour: "numeric", minute: "2-digit" };
    const day = now.toDateString() === time.toDateString() ? {} : { month: "short", day: "numeric" };
    const year = now.getFullYear() === time.getFullYear() ? {} : { year: "numeric" };
    return new Intl.DateTimeFormat(language, { ...year, ...day, ...clock }).format(time);
}

// How long ago: "3 min", "2 h", "5 days".
export function age(ms) {
    const minutes = Math.round((Date.now() - ms) / 60000);
    if (minutes < 1) return __("just now");
    if (minutes < 60) return __("{0} min ago", [minutes]);
    if (minutes < 48 * 60) return __("{0} h ago", [Math.round(minutes / 60)]);
    return __("{0} days ago", [Math.round(minutes / 1440)]);
}

// This moment (or another) as the phone's own clock tells it, with its offset: what the server wants as made_at.
export function now(time = new Date()) {
    const offset = -time.getTimezoneOffset();
    const local = new Date(time.getTime() + offset * 60000).toISOString().slice(0, 19);
    const size = Math.abs(offset);
    const two = (n) => String(Math.floor(n)).padStart(2, "0");
    return `${local}${offset < 0 ? "-" : "+"}${two(size / 60)}:${two(size % 60)}`;
}
