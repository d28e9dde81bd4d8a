// The dispatch board: calls by urgency on the left, technicians with their day on the right. Choosing a call ranks the
// technicians for it. Everything is done by drag, by key or by button, and can be undone.
{% include "mps_module/managed_print/page/dispatch_board/words.js" %}
{% include "mps_module/managed_print/page/dispatch_board/calls.js" %}
{% include "mps_module/managed_print/page/dispatch_board/lanes.js" %}
{% include "mps_module/managed_print/page/dispatch_board/panel.js" %}

frappe.pages["dispatch-board"].on_page_load = function (wrapper) {
    const page = frappe.ui.make_app_page({ parent: wrapper, title: __("Dispatch Board"), single_column: true });
    wrapper.board = new DispatchBoard(page);
};

frappe.pages["dispatch-board"].on_page_show = function (wrapper) {
    const issue = frappe.get_route()[1] || (frappe.route_options && frappe.route_options.issue);
    frappe.route_options = null;
    if (wrapper.board) wrapper.board.shown(issue);
};

class DispatchBoard {
    constructor(page) {
        this.page = page;
        this.data = null;
        this.state = "";
        this.search = "";
        this.chosen = ""; // the call that technicians are ranked for
        this.ranking = null;
        this.undo_stack = [];
        this.add_frame();
        this.calls = new DispatchCalls(this);
        this.panel = new DispatchPanel(this);
        this.lanes = new DispatchLanes(this);
        this.add_fields();
        this.add_keys();
        this.live();
    }

    add_frame() {
        this.page.main.closest(".page-body, .container").addClass("mpsd-wide");
        this.root = mpsd_el("div", { class: "mps-dispatch" });
        this.said = mpsd_el("div", { class: "sr-only", role: "status", "aria-live": "polite" });
        this.root.append(this.said);
        $(this.root).appendTo(this.page.body);
    }

    add_fields() {
        const again = () => this.load();
        this.territory = this.page.add_field({ fieldname: "territory", fieldtype: "Link", options: "Territory", label: __("Territory"), change: again });
        this.day = this.page.add_field({ fieldname: "day", fieldtype: "Date", label: __("Day"), change: again });
        this.page.set_secondary_action(__("Undo"), () => this.undo());
        this.page.btn_secondary.addClass("mpsd-undo").attr("title", __("Ctrl+Z or U")).prop("disabled", true);
        this.page.add_menu_item(__("Keys"), () => this.show_keys());
        this.page.add_menu_item(__("Technicians"), () => frappe.set_route("List", "MPS Technician"));
        this.page.add_menu_item(__("Calendar"), () => frappe.set_route("List", "MPS Assignment", "Calendar"));
    }

    async shown(issue) {
        this.visible = true;
        await this.load();
        if (issue) this.choose(issue);
    }

    // One load at a time; one that was asked for meanwhile follows.
    async load() {
        if (this.loading) return (this.again = true), this.loading;
        this.loading = this.load_once();
        try {
            await this.loading;
        } finally {
            this.loading = null;
        }
        if (this.again) {
            this.again = false;
            await this.load();
        }
    }

    async load_once() {
        const args = { territory: this.territory.get_value() || "", state: this.state, day: this.day.get_value() || null };
        try {
            const answer = await frappe.call({ method: "mps_module.api.dispatch.load", type: "GET", args });
            this.data = answer.message;
        } catch {
            if (!this.data) this.calls.failed();
            return;
        }
        this.loaded_at = Date.now();
        if (this.chosen && !this.call(this.chosen)) this.chosen = "";
        if (this.chosen) await this.rank();
        this.render();
        this.root.dataset.ready = this.data.stamp;
    }

    render() {
        if (!this.data) return;
        const focus = this.focused();
        this.calls.render();
        this.panel.render();
        this.lanes.render();
        this.refocus(focus);
    }

    focused() {
        const active = document.activeElement;
        return active && this.root.contains(active) ? active.dataset.focus || "" : null;
    }

    refocus(key) {
        if (key === null) return;
        const found = key && this.root.querySelector(`[data-focus="${CSS.escape(key)}"]`);
        if (found) found.focus({ preventScroll: true });
    }

    call(name) {
        return this.data && this.data.calls.find((each) => each.name === name);
    }

    now() {
        return mpsd_minutes(this.data.now) + Math.floor((Date.now() - this.loaded_at) / 60000);
    }

    is_today() {
        return this.data.day === this.data.now.slice(0, 10);
    }

    // A board that stays open over midnight: what it calls today is yesterday.
    turned() {
        return this.is_today() && this.now() >= 24 * 60;
    }

    async choose(name, then) {
        this.chosen = name;
        this.ranking = null;
        this.panel.proposals = null;
        this.render();
        if (!name) return;
        await this.rank();
        this.render();
        const best = this.ranking && this.ranking.technicians[0];
        if (best) this.say(__("{0} is best: {1} in one visit.", [best.name, mpsd_percent(best.chance)]));
        if (then === "lanes") this.lanes.focus_first();
    }

    async rank() {
        const name = this.chosen;
        try {
            const answer = await frappe.call({ method: "mps_module.api.dispatch.candidates", type: "GET", args: { issue: name } });
            if (name === this.chosen) this.ranking = answer.message;
        } catch {
            this.ranking = null;
        }
    }

    // steps: see service/assign.py. Returns whether it was done.
    async apply(steps, told, undone) {
        try {
            const done = await frappe.xcall("mps_module.api.dispatch.apply", { steps });
            if (undone) this.as_before(undone, done.done);
            else this.undo_stack.push({ steps: done.undo, told, before: Object.fromEntries(steps.map((step) => [step.issue, step.seen])) });
            this.say(told);
            frappe.show_alert({ message: frappe.utils.escape_html(told), indicator: "green" });
            return true;
        } catch {
            this.say(__("Nothing was changed."));
            return false;
        } finally {
            this.page.btn_secondary.prop("disabled", !this.undo_stack.length);
            this.panel.proposals = null;
            await this.load();
        }
    }

    assign(name, technician, start, minutes) {
        const call = this.call(name);
        const person = this.data.technicians.find((each) => each.name === technician);
        const plan = call && call.plan;
        const step = { issue: name, technician, start, minutes: minutes || (plan && plan.minutes) || (call && call.minutes) || 0, seen: plan ? plan.seen : "" };
        return this.apply([step], __("{0}: {1}, {2}", [name, person ? person.title : technician, mpsd_when(start, this.data.day)]));
    }

    take_away(name) {
        const call = this.call(name);
        if (!call || !call.plan) return this.say(__("Nobody has this call."));
        return this.apply([{ issue: name, seen: call.plan.seen }], __("{0} waits on the board again.", [name]));
    }

    async undo() {
        const last = this.undo_stack.pop();
        if (!last) return this.say(__("Nothing to undo."));
        await this.apply(last.steps, __("Undone: {0}", [last.told]), last);
    }

    // What was undone stands as before, under a new stamp: older steps that saw it so have to know.
    as_before(undone, done) {
        for (const { issue, seen } of done) {
            for (const step of this.undo_stack.flatMap((each) => each.steps)) {
                if (step.issue === issue && step.seen === undone.before[issue]) step.seen = seen;
            }
        }
    }

    say(text) {
        this.said.textContent = "";
        this.said.textContent = text;
    }

    add_keys() {
        this.root.addEventListener("keydown", (event) => {
            if (event.target.matches("input, textarea, select")) return;
            const undo = (event.ctrlKey || event.metaKey) && event.key === "z";
            if ((event.ctrlKey || event.metaKey || event.altKey) && !undo) return;
            const act = undo ? () => this.undo() : this.keys()[event.key];
            if (!act) return;
            event.preventDefault();
            event.stopPropagation();
            act();
        });
    }

    keys() {
        return {
            u: () => this.undo(),
            m: () => this.panel.ask_room(),
            r: () => this.load(),
            "/": () => this.calls.search.focus(),
            "?": () => this.show_keys(),
            Delete: () => this.take_away(this.chosen),
            Escape: () => this.calls.focus_back(),
        };
    }

    show_keys() {
        const rows = [
            ["↑ ↓ Home End", __("Through calls, and through technicians")],
            ["Enter", __("On a call: to the technicians ranked for it. On a technician: assign")],
            ["← →", __("On a technician: a quarter of an hour earlier or later")],
            ["Space", __("Why this technician")],
            ["M", __("Whose day can move for this call")],
            ["Delete", __("Take the call away from its technician")],
            ["U, Ctrl+Z", __("Undo")],
            ["Esc", __("Back to the calls")],
            ["/", __("Search")],
            ["R", __("Refresh")],
        ];
        const lines = rows.map(([keys, what]) => `<tr><td><kbd>${keys}</kbd></td><td>${what}</td></tr>`).join("");
        frappe.msgprint({ title: __("Keys"), message: `<table class="table table-sm mpsd-keys">${lines}</table>` });
    }

    // Told by the server where there is a socket; asking now and then where there is none.
    live() {
        const changed = frappe.utils.debounce(() => this.showing() && this.load(), 400);
        frappe.realtime.on("mps_board", changed);
        frappe.realtime.on("list_update", (told) => told && told.doctype === "Issue" && changed());
        for (const doctype of ["MPS Assignment", "Issue"]) {
            if (frappe.realtime.doctype_subscribe) frappe.realtime.doctype_subscribe(doctype);
        }
        document.addEventListener("visibilitychange", () => !document.hidden && this.look());
        setInterval(() => this.look(), 5000);
        setInterval(() => this.showing() && this.data && !this.dragging && this.render(), 60000);
    }

    showing() {
        return this.data && $(this.root).is(":visible") && !this.dragging;
    }

    async look() {
        const socket = frappe.realtime.socket && frappe.realtime.socket.connected;
        const due = Date.now() - (this.looked_at || 0) >= (socket ? 60000 : 10000);
        if (!due || !this.showing() || document.hidden || this.loading) return;
        this.looked_at = Date.now();
        try {
            const answer = await frappe.call({ method: "mps_module.api.dispatch.changes", type: "GET" });
            if (answer.message !== this.data.stamp || this.turned()) await this.load();
        } catch {
            // the next look tries again
        }
    }
}
