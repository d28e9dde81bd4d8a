// Between calls and technicians: the chosen call, on what its ranking rests, and room for it.
class DispatchPanel {
    constructor(board) {
        this.board = board;
        this.proposals = null;
        this.right = mpsd_el("section", { class: "mpsd-days", "aria-label": __("Technicians") });
        this.box = mpsd_el("div", { class: "mpsd-panel" });
        this.right.append(this.box);
        board.calls.main.append(this.right);
    }

    render() {
        const { board } = this;
        const call = board.call(board.chosen);
        if (!call) {
            this.box.replaceChildren(mpsd_el("span", { class: "text-muted" }, __("Choose a call to rank the technicians for it, or drag it onto a day. ? shows the keys.")));
            return;
        }
        const button = (label, act, focus, kind = "btn-default") => mpsd_el("button", { class: `btn btn-xs ${kind}`, onclick: act, "data-focus": focus }, label);
        this.box.replaceChildren(
            mpsd_el(
                "div",
                { class: "mpsd-line" },
                mpsd_el("div", {}, mpsd_el("b", {}, `${call.customer || call.name}: ${call.subject}`), " ", mpsd_el("span", { class: "text-muted small mpsd-basis" }, board.ranking ? board.ranking.basis : __("Ranking …"))),
                mpsd_el(
                    "div",
                    { class: "mpsd-buttons" },
                    button(__("Make Room"), () => this.ask_room(), "room", "btn-primary mpsd-room"),
                    call.plan ? button(__("Take Away"), () => board.take_away(call.name), "away") : null,
                    button(__("Open Call"), () => frappe.set_route("Form", "Issue", call.name), "open"),
                    button(__("Close"), () => board.choose(""), "close"),
                ),
            ),
            this.proposals ? this.told() : "",
        );
    }

    async ask_room() {
        const name = this.board.chosen;
        if (!name) return this.board.say(__("Choose a call first."));
        let answer = null;
        try {
            answer = await frappe.call({ method: "mps_module.api.dispatch.room", type: "GET", args: { issue: name } });
        } catch {
            return;
        }
        if (name !== this.board.chosen) return;
        this.proposals = answer.message.proposals;
        this.render();
        const first = this.box.querySelector(".mpsd-apply");
        if (first) first.focus();
        this.board.say(this.proposals.length ? __("{0} days can take it.", [this.proposals.length]) : __("No day can take it."));
    }

    told() {
        if (!this.proposals.length) {
            return mpsd_el("p", { class: "mpsd-none" }, __("No day can take this call in time without making another call late."));
        }
        return mpsd_el("ul", { class: "mpsd-proposals", "aria-label": __("Days that can move") }, ...this.proposals.map((each, at) => this.proposal(each, at)));
    }

    proposal(each, at) {
        const day = this.board.data.day;
        const head = __("{0} at {1}, {2} in one visit", [each.name, mpsd_when(each.start, day), mpsd_percent(each.chance)]);
        const moved = each.moves.length ? __("{0} to move", [each.moves.length]) : __("nothing has to move");
        const change = Math.round(each.change * 100);
        const effect = change ? __("the moved call itself: {0} %", [`${change > 0 ? "+" : "−"}${Math.abs(change)}`]) : "";
        return mpsd_el(
            "li",
            {},
            mpsd_el("div", {}, mpsd_el("b", {}, head), " · ", moved, effect && mpsd_el("span", { class: "small text-muted" }, ` (${effect})`), ...each.moves.map((move) => mpsd_el("div", { class: "small mpsd-move" }, move.text))),
            mpsd_el("button", { class: "btn btn-xs btn-primary mpsd-apply", "data-focus": `apply ${at}`, "aria-label": `${__("Apply")}: ${head}. ${moved} ${each.moves.map((move) => move.text).join(". ")}`, onclick: () => this.apply(each) }, __("Apply")),
        );
    }

    async apply(each) {
        const name = this.board.chosen;
        const told = each.moves.length ? __("{0}: {1} at {2}, {3} moved", [name, each.name, mpsd_when(each.start, this.board.data.day), each.moves.length]) : __("{0}: {1} at {2}", [name, each.name, mpsd_when(each.start, this.board.data.day)]);
        await this.board.apply(each.steps, told);
        this.board.calls.focus_back();
    }
}
