// Technicians, each with a lane for the day. With a call chosen they stand in the order of its ranking.
class DispatchLanes {
    constructor(board) {
        this.board = board;
        this.shift = {}; // minutes by which a proposed time was moved by key, by technician
        this.open = ""; // the technician whose reasons are shown
        this.axis = mpsd_el("div", { class: "mpsd-axis", "aria-hidden": "true" });
        this.list = mpsd_el("div", { class: "mpsd-lanes", role: "listbox", "aria-label": __("Technicians") });
        mpsd_arrows(this.list, ".mpsd-lane");
        board.panel.right.append(this.axis, this.list);
    }

    render() {
        const { data, ranking, chosen } = this.board;
        if (this.for !== chosen) [this.for, this.shift, this.open] = [chosen, {}, ""];
        const scroll = this.list.scrollTop;
        const ranks = new Map(((chosen && ranking && ranking.technicians) || []).map((one, at) => [one.technician, { ...one, at }]));
        const people = data.technicians
            .map((person, at) => ({ person, rank: ranks.get(person.name), at }))
            .sort((a, b) => (a.rank ? a.rank.at : 1000 + a.at) - (b.rank ? b.rank.at : 1000 + b.at));
        this.draw_axis();
        this.list.replaceChildren(...people.map(({ person, rank }, at) => this.lane(person, rank, at)));
        if (!people.length) this.list.append(this.nobody());
        this.list.scrollTop = scroll;
    }

    nobody() {
        if (this.board.territory.get_value()) return mpsd_empty(__("No technician works in this territory."));
        return mpsd_empty(__("No technicians are set up yet."), __("Set up technicians"), () => frappe.set_route("List", "MPS Technician"));
    }

    draw_axis() {
        const [from, to] = this.board.data.hours;
        const wide = this.axis.clientWidth - parseFloat(getComputedStyle(this.axis).paddingLeft);
        const step = [1, 2, 4].find((each) => (wide / (to - from)) * each >= 42) || 6;
        const marks = [];
        for (let hour = from; hour <= to; hour += step) marks.push(mpsd_el("span", { style: `left: ${this.percent(hour * 60)}%` }, `${hour}:00`));
        this.axis.replaceChildren(mpsd_el("div", { class: "mpsd-axis-marks" }, ...marks));
    }

    percent(minutes) {
        const [from, to] = this.board.data.hours;
        return Math.max(0, Math.min(100, ((minutes - from * 60) / ((to - from) * 60)) * 100));
    }

    proposed(person, rank) {
        if (!rank || !rank.arrive) return null;
        const minutes = mpsd_minutes(rank.arrive) + (this.shift[person.name] || 0);
        return mpsd_moment(rank.arrive.slice(0, 10), Math.max(0, Math.min(24 * 60 - 1, minutes)));
    }

    lane(person, rank, at) {
        const start = this.proposed(person, rank);
        const open = this.open === person.name;
        const busy = person.plans.filter((plan) => plan.active).length;
        const spoken = [
            person.title,
            rank && __("{0} in one visit", [mpsd_percent(rank.chance)]),
            start && __("there at {0}", [mpsd_when(start, this.board.data.day)]),
            rank && !rank.in_time && __("too late"),
            ...((rank && rank.why) || []),
            person.off && __("day off"),
            __("{0} calls that day", [busy]),
            ...person.plans.map((plan) => `${mpsd_when(plan.start, this.board.data.day)} ${plan.customer || plan.issue}, ${__(plan.status)}`),
        ];
        return mpsd_el(
            "div",
            {
                class: `mpsd-lane ${rank && !rank.in_time ? "mpsd-too-late" : ""} ${person.off ? "mpsd-off" : ""}`,
                role: "option",
                "aria-label": spoken.filter(Boolean).join(", "),
                "aria-selected": "false",
                tabindex: at === 0 ? "0" : "-1",
                "data-technician": person.name,
                "data-focus": `lane ${person.name}`,
                onkeydown: (event) => this.key(event, person, rank, start),
            },
            mpsd_el("div", { class: "mpsd-row" }, this.title(person, rank, start), this.track(person, rank, start)),
            rank && open ? mpsd_el("ul", { class: "mpsd-why" }, ...rank.why.map((line) => mpsd_el("li", {}, line))) : null,
        );
    }

    title(person, rank, start) {
        const facts = [person.territory, person.trunk ? __("parts aboard: {0}", [person.parts]) : __("no trunk"), person.skills].filter(Boolean).join(" · ");
        const place = person.off ? __("Day off") : person.where ? person.where : person.later ? __("{0} later", [person.later]) : "";
        const chance =
            rank &&
            mpsd_el(
                "button",
                { class: "mpsd-chance", tabindex: "-1", title: rank.why.join("\n"), "aria-label": __("Why {0}", [person.title]), onclick: () => this.toggle(person) },
                mpsd_el("span", { class: "mpsd-bar", style: `width: ${Math.round(rank.chance * 100)}%` }),
                mpsd_el("span", {}, mpsd_percent(rank.chance)),
            );
        const when = start && (rank.in_time ? mpsd_when(start, this.board.data.day) : __("{0}, late", [mpsd_when(start, this.board.data.day)]));
        const assign =
            rank && start && mpsd_el("button", { class: "btn btn-xs btn-default mpsd-assign", tabindex: "-1", onclick: () => this.assign(person, start) }, __("Assign {0}", [when]));
        return mpsd_el(
            "div",
            { class: "mpsd-title" },
            mpsd_el("div", { class: "mpsd-line" }, mpsd_el("b", {}, person.title), mpsd_el("span", { class: "small text-muted" }, place)),
            mpsd_el("div", { class: "small text-muted mpsd-facts", title: facts }, facts),
            rank ? mpsd_el("div", { class: "mpsd-line" }, chance, assign || mpsd_el("span", { class: "small" }, __("no time"))) : null,
        );
    }

    toggle(person) {
        this.open = this.open === person.name ? "" : person.name;
        this.board.render();
    }

    track(person, rank, start) {
        const { data } = this.board;
        const track = mpsd_el("div", {
            class: "mpsd-track",
            ondragover: (event) => this.over(event, track),
            ondragleave: () => track.classList.remove("mpsd-over"),
            ondrop: (event) => this.drop(event, track, person),
        });
        const [from, to] = person.works.map((hour) => mpsd_minutes(`0000-00-00 ${hour.padStart(8, "0")}`));
        if (!person.off) track.append(mpsd_el("div", { class: "mpsd-hours", style: `left: ${this.percent(from)}%; width: ${this.percent(to) - this.percent(from)}%` }));
        if (this.board.is_today()) track.append(mpsd_el("div", { class: "mpsd-now", style: `left: ${this.percent(this.board.now())}%` }));
        const rows = this.stacked(person.plans);
        const deep = Math.max(1, ...rows.values());
        if (deep > 1) track.style.minHeight = `${deep * 30}px`;
        for (const plan of person.plans) track.append(this.block(plan, rows.get(plan), deep));
        if (start && start.slice(0, 10) === data.day) {
            const begin = mpsd_minutes(start);
            track.append(mpsd_el("div", { class: "mpsd-ghost", style: this.span(begin, this.board.ranking.minutes) }, start.slice(11, 16)));
        }
        return track;
    }

    // What overlaps stands one below the other, so that each can be seen and grabbed: plan -> its row, from 1.
    stacked(plans) {
        const ends = [];
        const rows = new Map();
        for (const plan of plans) {
            const begin = mpsd_minutes(plan.start);
            let row = ends.findIndex((end) => end <= begin);
            if (row < 0) row = ends.length;
            ends[row] = begin + plan.minutes;
            rows.set(plan, row + 1);
        }
        return rows;
    }

    span(begin, minutes) {
        const left = this.percent(begin);
        return `left: ${left}%; width: ${Math.max(1, this.percent(begin + minutes) - left)}%`;
    }

    block(plan, row, deep) {
        const chosen = plan.issue === this.board.chosen;
        const tone = !plan.active ? "mpsd-over-with" : plan.late ? "mpsd-late" : plan.fixed ? "mpsd-going" : "";
        const told = `${plan.start.slice(11, 16)} ${plan.customer || plan.issue}: ${plan.subject} (${__(plan.status)}${plan.late ? `, ${__("late")}` : ""})`;
        return mpsd_el(
            "div",
            {
                class: `mpsd-block ${tone} ${chosen ? "mpsd-chosen" : ""}`,
                style: `${this.span(mpsd_minutes(plan.start), plan.minutes)}; top: calc(${((row - 1) / deep) * 100}% + 3px); height: calc(${100 / deep}% - 6px)`,
                title: told,
                draggable: plan.active && !plan.fixed ? "true" : null,
                "data-issue": plan.issue,
                "data-start": plan.start,
                onclick: () => plan.active && this.board.choose(plan.issue),
                ondragstart: (event) => this.drag(event, plan.issue, event.offsetX, true),
                ondragend: () => this.drag_over(),
            },
            mpsd_el("span", {}, plan.late ? "! " : "", plan.customer || plan.issue),
        );
    }

    key(event, person, rank, start) {
        const step = { ArrowLeft: -15, ArrowRight: 15 }[event.key];
        if (step && start) this.shift[person.name] = (this.shift[person.name] || 0) + step;
        else if (event.key === " " && rank) this.open = this.open === person.name ? "" : person.name;
        else if (event.key === "Enter" && start) this.assign(person, start);
        else return;
        event.preventDefault();
        event.stopPropagation();
        if (event.key === "Enter") return;
        this.board.render();
        if (step) this.board.say(this.proposed(person, rank).slice(11, 16));
        else if (this.open) this.board.say(rank.why.join(" "));
    }

    async assign(person, start) {
        const name = this.board.chosen;
        if (await this.board.assign(name, person.name, start)) await this.board.choose("");
        const again = this.board.calls.list.querySelector(`[data-issue="${CSS.escape(name)}"]`);
        if (again) again.focus();
    }

    focus_first() {
        const first = this.list.querySelector(".mpsd-lane");
        if (first) first.focus();
    }

    drag(event, issue, offset, block = false) {
        this.board.dragging = { issue, offset, block };
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", issue);
    }

    drag_over() {
        this.board.dragging = null;
        for (const each of this.board.root.querySelectorAll(".mpsd-over")) each.classList.remove("mpsd-over");
    }

    over(event, track) {
        if (!this.board.dragging) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "move";
        track.classList.add("mpsd-over");
    }

    // The quarter of an hour under the pointer; not before now.
    drop(event, track, person) {
        const dragging = this.board.dragging;
        if (!dragging) return;
        event.preventDefault();
        this.drag_over();
        const box = track.getBoundingClientRect();
        const [from, to] = this.board.data.hours;
        const share = (event.clientX - box.left - dragging.offset) / box.width;
        let minutes = from * 60 + Math.round((share * (to - from) * 60) / 15) * 15;
        if (this.board.is_today()) minutes = Math.max(minutes, Math.ceil(this.board.now() / 5) * 5);
        minutes = Math.max(0, Math.min(24 * 60 - 15, minutes));
        this.board.assign(dragging.issue, person.name, mpsd_moment(this.board.data.day, minutes));
    }
}
