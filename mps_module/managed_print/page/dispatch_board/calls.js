// The calls, by urgency, with their filters.
const MPSD_STATES = ["", "To Assign", "Assigned", "Late", "At Risk", "On Hold", "Held for Part", "Needs Help", "Follow-up"];

class DispatchCalls {
    constructor(board) {
        this.board = board;
        this.chips = mpsd_el("div", { class: "mpsd-chips", role: "toolbar", "aria-label": __("Show") });
        this.search = mpsd_el("input", { type: "search", class: "form-control input-sm mpsd-search", placeholder: __("Search calls"), "aria-label": __("Search calls") });
        this.search.addEventListener("input", () => this.render());
        this.search.addEventListener("keydown", (event) => {
            if (event.key === "ArrowDown" || event.key === "Enter" || event.key === "Escape") this.focus_back();
        });
        this.list = mpsd_el("div", { class: "mpsd-calls-list", role: "listbox", "aria-label": __("Calls by urgency") });
        mpsd_arrows(this.list, ".mpsd-call");
        const section = mpsd_el("section", { class: "mpsd-calls", "aria-label": __("Calls") }, this.search, this.list);
        this.section = section;
        this.main = mpsd_el("div", { class: "mpsd-main" }, section);
        board.root.append(this.chips, this.main);
        this.drop_here();
    }

    failed() {
        this.list.replaceChildren(mpsd_empty(__("The board could not be loaded."), __("Try again"), () => this.board.load()));
    }

    shown() {
        const text = this.search.value.trim().toLowerCase();
        const told = (call) => [call.name, call.subject, call.customer, call.device, call.model, call.problem, call.place, call.plan && call.plan.technician_name].join(" ").toLowerCase();
        return this.board.data.calls.filter((call) => !text || told(call).includes(text));
    }

    render() {
        if (!this.board.data) return;
        this.render_chips();
        const scroll = this.list.scrollTop;
        const calls = this.shown();
        const current = this.board.chosen || (calls[0] && calls[0].name);
        this.list.replaceChildren(...calls.map((call) => this.card(call, call.name === current)));
        if (!calls.length) this.list.append(this.nothing());
        if (this.board.data.full) this.list.append(mpsd_el("p", { class: "text-muted small" }, __("Only the first 1,000 calls are shown.")));
        this.list.scrollTop = scroll;
    }

    nothing() {
        const clear = () => {
            this.search.value = "";
            this.board.state = "";
            this.board.territory.set_value("");
            this.board.load();
        };
        if (this.search.value || this.board.state || this.board.territory.get_value()) {
            return mpsd_empty(__("No call matches."), __("Show all calls"), clear);
        }
        return mpsd_empty(__("No open calls. New ones show up here by themselves."));
    }

    render_chips() {
        const { data, state } = this.board;
        const chip = (each) => {
            const label = each ? __(each) : __("All");
            const count = data.counts[each] || 0;
            return mpsd_el(
                "button",
                { class: `mpsd-chip ${mpsd_tone(each)}`, "aria-pressed": String(each === state), "data-state": each || "All", "data-focus": `chip ${each}`, onclick: () => ((this.board.state = each), this.board.load()) },
                label,
                mpsd_el("span", { class: "mpsd-count" }, String(count)),
            );
        };
        this.chips.replaceChildren(...MPSD_STATES.filter((each) => !each || each === state || data.counts[each]).map(chip));
    }

    card(call, current) {
        const chosen = call.name === this.board.chosen;
        const passed = Math.floor((Date.now() - this.board.loaded_at) / 60000);
        const left = mpsd_left(call, passed);
        const what = [call.model || call.device, call.problem].filter(Boolean).join(" · ");
        const marks = [call.callback && __("Callback"), call.held && __("Part came"), call.coverage !== "Included" && call.coverage].filter(Boolean);
        const who = call.plan ? `${call.plan.technician_name}, ${mpsd_when(call.plan.start, this.board.data.day)}, ${__(call.plan.status)}` : __(call.board);
        const best = call.plan ? "" : (call.best || []).map((one) => `${one.name} ${mpsd_percent(one.chance)}${one.in_time ? "" : ` (${__("late")})`}`).join(", ");
        const spoken = [call.name, call.subject, call.customer, what, call.place, call.state && __(call.state), left, who, best && __("best: {0}", [best])].filter(Boolean).join(", ");
        return mpsd_el(
            "div",
            {
                class: `mpsd-call ${mpsd_tone(call.state)} ${chosen ? "mpsd-chosen" : ""}`,
                role: "option",
                "aria-selected": String(chosen),
                "aria-label": spoken,
                tabindex: current ? "0" : "-1",
                draggable: "true",
                "data-issue": call.name,
                "data-focus": `call ${call.name}`,
                onclick: () => this.board.choose(chosen ? "" : call.name),
                onkeydown: (event) => {
                    if (event.key !== "Enter" && event.key !== " ") return;
                    event.preventDefault();
                    this.board.choose(call.name, event.key === "Enter" ? "lanes" : "");
                },
                ondragstart: (event) => this.board.lanes.drag(event, call.name, 0),
                ondragend: () => this.board.lanes.drag_over(),
            },
            mpsd_el("div", { class: "mpsd-line" }, mpsd_el("b", {}, call.customer || call.name), mpsd_el("span", { class: "mpsd-left" }, left)),
            mpsd_el("div", { class: "mpsd-subject" }, call.subject),
            mpsd_el("div", { class: "mpsd-line small text-muted" }, mpsd_el("span", {}, [what, call.place].filter(Boolean).join(" · ")), mpsd_el("span", {}, call.name)),
            mpsd_el("div", { class: "mpsd-line small" }, mpsd_el("span", { class: call.plan ? "mpsd-who" : "mpsd-waits" }, who), mpsd_el("span", { class: "mpsd-marks" }, ...marks.map((mark) => mpsd_el("span", { class: "mpsd-mark" }, __(mark))))),
            best ? mpsd_el("div", { class: "mpsd-best small text-muted", title: best }, best) : null,
        );
    }

    focus_back() {
        const wanted = this.board.chosen && this.list.querySelector(`[data-issue="${CSS.escape(this.board.chosen)}"]`);
        const target = wanted || this.list.querySelector(".mpsd-call");
        if (target) target.focus();
    }

    // A block that is dropped on the list is taken from its technician.
    drop_here() {
        this.section.addEventListener("dragover", (event) => {
            const call = this.board.dragging && this.board.call(this.board.dragging.issue);
            if (!call || !call.plan) return;
            event.preventDefault();
            this.section.classList.add("mpsd-over");
        });
        this.section.addEventListener("dragleave", () => this.section.classList.remove("mpsd-over"));
        this.section.addEventListener("drop", (event) => {
            const dragging = this.board.dragging;
            this.section.classList.remove("mpsd-over");
            if (!dragging || !dragging.block) return;
            event.preventDefault();
            this.board.lanes.drag_over();
            this.board.take_away(dragging.issue);
        });
    }
}

function mpsd_tone(state) {
    return { Late: "mpsd-late", "At Risk": "mpsd-risk", "On Hold": "mpsd-hold", "Needs Help": "mpsd-risk" }[state] || "";
}
