// The kit page: one question about a trunk, the frontier as a chart, the kit beside the trunk of today, and Apply.
frappe.pages["trunk-kit"].on_page_load = function (wrapper) {
    const page = frappe.ui.make_app_page({ parent: wrapper, title: __("Trunk Kit"), single_column: true });
    wrapper.kit_page = new TrunkKit(page);
};

frappe.pages["trunk-kit"].on_page_show = function (wrapper) {
    const trunk = frappe.get_route()[1] || (frappe.route_options && frappe.route_options.trunk);
    frappe.route_options = null;
    if (trunk && wrapper.kit_page) wrapper.kit_page.open(trunk);
};

class TrunkKit {
    constructor(page) {
        this.page = page;
        this.fields = {};
        this.add_fields();
        this.body = $('<div class="trunk-kit"></div>').appendTo(page.body);
        this.hint(__("Choose a trunk to see which kit completes most of its jobs."));
        page.set_primary_action(__("Calculate"), () => this.ask());
        page.add_inner_button(__("Bring Jobs In"), () => this.bring_jobs());
    }

    add_fields() {
        const add = (df) => (this.fields[df.fieldname] = this.page.add_field(df));
        const changed = () => this.fields.trunk.get_value() && this.ask();
        add({ fieldname: "trunk", fieldtype: "Link", options: "Trunk Stock", label: __("Trunk"), change: changed });
        add({
            fieldname: "scope",
            fieldtype: "Select",
            label: __("Jobs of"),
            default: "territory",
            options: [
                { value: "territory", label: __("Territory") },
                { value: "technician", label: __("This Technician") },
                { value: "all", label: __("Everybody") },
            ],
            change: changed,
        });
        add({
            fieldname: "goal",
            fieldtype: "Select",
            label: __("Looking for"),
            default: "target",
            options: [
                { value: "target", label: __("Cheapest for a Target (%)") },
                { value: "budget", label: __("Best for a Budget") },
                { value: "penalty", label: __("Least Cost with Broken Jobs at") },
            ],
            change: () => this.goal_changed(),
        });
        add({ fieldname: "asked", fieldtype: "Float", label: __("Value"), default: 80, change: changed });
        add({
            fieldname: "model",
            fieldtype: "Select",
            label: __("Weighed on"),
            default: "history",
            options: [
                { value: "history", label: __("The Jobs Themselves") },
                { value: "independent", label: __("Each Part by Itself") },
            ],
            change: changed,
        });
        add({ fieldname: "jobs_per_tour", fieldtype: "Int", label: __("Jobs per Restock"), default: 1, change: changed });
        add({
            fieldname: "compare",
            fieldtype: "Select",
            label: __("Compared with"),
            default: "on_hand",
            options: [
                { value: "on_hand", label: __("What Is Aboard") },
                { value: "par", label: __("Present Levels") },
            ],
            change: changed,
        });
    }

    async goal_changed() {
        const goal = this.fields.goal.get_value();
        let value = goal === "target" ? 80 : 10;
        if (goal === "penalty") {
            value = (await frappe.db.get_single_value("Trunk Stock Settings", "penalty")) || 120;
        }
        await this.fields.asked.set_value(value);
    }

    open(trunk) {
        if (this.fields.trunk.get_value() !== trunk) this.fields.trunk.set_value(trunk);
    }

    hint(text) {
        this.body.empty().append($('<div class="text-muted text-center" style="padding: 4rem 1rem"></div>').text(text));
    }

    async ask() {
        const values = {};
        for (const [name, field] of Object.entries(this.fields)) values[name] = field.get_value();
        if (!values.trunk) return this.hint(__("Choose a trunk."));
        if (values.goal === "target") values.asked = (values.asked || 0) / 100;
        const turn = (this.turn = (this.turn || 0) + 1);
        this.hint(__("Calculating …"));
        try {
            const told = await frappe.xcall("mps_module.api.kit.answer", values);
            if (turn === this.turn) this.show(told);
        } catch {
            if (turn === this.turn) this.hint(__("No kit for this question."));
        }
    }

    percent(rate) {
        return `${(rate * 100).toFixed(1)} %`;
    }

    money(value) {
        return format_currency(value, frappe.boot.sysdefaults.currency, 2);
    }

    show(told) {
        this.told = told;
        this.body.empty();
        this.cards(told);
        this.chart(told);
        const row = $('<div class="row" style="margin: 0"></div>').appendTo(this.body); // the page of v16 has no padding
        this.table(
            $('<div class="col-md-6"></div>').appendTo(row),
            __("What to change"),
            [__("Part"), "", __("Now"), __("Kit"), __("Cost")],
            told.changes.map((each) => [
                this.item(each),
                this.act(each.act),
                each.have,
                each.want,
                each.money === null ? "" : this.money(each.money),
            ]),
            __("The trunk carries this kit already."),
        );
        this.table(
            $('<div class="col-md-6"></div>').appendTo(row),
            __("Why"),
            [__("Part"), __("Units"), __("Reason")],
            told.reasons.map((each) => [this.item(each), each.units, frappe.utils.escape_html(__(each.message))]),
        );
        this.page.set_secondary_action(__("Apply as Levels"), () => this.apply());
    }

    cards(told) {
        const kit = told.kit;
        const present = told.present;
        const sure = kit.proven ? __("no better kit exists") : __("at most {0} off the best", [this.percent(kit.gap)]);
        const cards = [
            [__("The kit completes"), this.percent(kit.rate), __("{0} jobs, {1} to {2}", [told.jobs, told.from, told.to])],
            [__("It costs"), this.money(kit.money), __("a restock period; {0}", [sure])],
        ];
        if (present) {
            cards.push(
                [__("The trunk of today"), this.percent(present.rate), this.money(present.money)],
                [__("For that money"), this.percent(present.same_money), __("would be possible")],
            );
        }
        const row = $('<div class="row" style="margin: 1rem 0"></div>').appendTo(this.body);
        for (const [title, value, below] of cards) {
            $(`<div class="col-sm-3 col-6"><div class="text-muted small"></div><div class="h3"></div><div class="small"></div></div>`)
                .appendTo(row)
                .children()
                .each((at, node) => $(node).text([title, value, below][at]));
        }
    }

    // The axis runs in even steps of money, so that the eye sees how each further unit of money wins less.
    chart(told) {
        const points = told.frontier;
        if (points.length < 2) return;
        const place = $('<div role="img"></div>').appendTo(this.body);
        place.attr("aria-label", __("Job fill rate by holding cost, from nothing aboard to the fullest kit"));
        const most = Math.max(points[points.length - 1].money, told.present ? told.present.money : 0);
        if (!most) return;
        const steps = 60;
        const costs = Array.from({ length: steps + 1 }, (_none, at) => (most * at) / steps);
        const best = (cost) => points.reduce((rate, each) => (each.money <= cost + 1e-9 ? each.rate : rate), 0);
        const at = (cost) => Math.round((cost / most) * steps);
        const only = (here, rate) => costs.map((_cost, step) => (step === here ? rate * 100 : null));
        const datasets = [
            { name: __("Best possible"), chartType: "line", values: costs.map((cost) => best(cost) * 100) },
            { name: __("This kit"), chartType: "bar", values: only(at(told.kit.money), told.kit.rate) },
        ];
        if (told.present) {
            const values = only(at(told.present.money), told.present.rate);
            datasets.push({ name: __("Trunk of today"), chartType: "bar", values });
        }
        new frappe.Chart(place[0], {
            title: __("Jobs completed (%) by holding cost"),
            type: "axis-mixed",
            height: 280,
            colors: ["#2490ef", "#28a745", "#ff8a00"],
            data: { labels: costs.map((cost) => this.money(cost)), datasets },
            axisOptions: { xAxisMode: "tick", xIsSeries: 1 },
            lineOptions: { hideDots: 1, regionFill: 1 },
            tooltipOptions: { formatTooltipY: (value) => (Number.isFinite(value) ? `${value.toFixed(1)} %` : "") },
        });
    }

    item(each) {
        const name = frappe.utils.escape_html(each.item_name);
        const link = frappe.utils.get_form_link("Item", each.item, true);
        return each.item_name === each.item ? link : `${link}<div class="small text-muted">${name}</div>`;
    }

    act(act) {
        const looks = {
            add: ["green", __("Add")],
            raise: ["green", __("Raise")],
            drop: ["orange", __("Drop")],
            return: ["red", __("Return")],
        };
        return `<span class="indicator-pill ${looks[act][0]} no-indicator-dot">${looks[act][1]}</span>`;
    }

    table(place, title, heads, rows, none) {
        $('<h5 style="margin-top: 1.5rem"></h5>').text(title).appendTo(place);
        if (!rows.length) {
            $('<p class="text-muted"></p>').text(none || __("Nothing")).appendTo(place);
            return;
        }
        const table = $('<table class="table table-sm"><thead><tr></tr></thead><tbody></tbody></table>').appendTo(place);
        for (const head of heads) $('<th scope="col"></th>').text(head).appendTo(table.find("tr"));
        for (const cells of rows) {
            const line = $("<tr></tr>").appendTo(table.find("tbody"));
            for (const cell of cells) $("<td></td>").html(String(cell)).appendTo(line);
            line.children().first().css("white-space", "nowrap");
        }
    }

    apply() {
        const kit = Object.fromEntries(this.told.kit.items.map((each) => [each.item, each.units]));
        const text = __("Write this kit as the levels of {0}? Parts that it leaves out get par 0 and go back.", [
            frappe.utils.escape_html(this.told.trunk).bold(),
        ]);
        frappe.confirm(text, async () => {
            const done = await frappe.xcall("mps_module.api.kit.apply", { trunk: this.told.trunk, kit });
            frappe.show_alert({
                message: __("{0} parts set, {1} taken off.", [done.set, done.dropped]),
                indicator: "green",
            });
            this.ask();
        });
    }

    bring_jobs() {
        new frappe.ui.FileUploader({
            restrictions: { allowed_file_types: [".csv", ".txt"], max_number_of_files: 1 },
            make_attachments_public: false,
            on_success: async (file) => {
                const done = await frappe.xcall("mps_module.api.kit.import_jobs", { file_url: file.file_url });
                const lines = done.refused.map(([row, why]) => __("Row {0}: {1}", [row, frappe.utils.escape_html(why)]));
                frappe.msgprint({
                    title: __("{0} jobs brought in", [done.jobs]),
                    indicator: lines.length ? "orange" : "green",
                    message: lines.join("<br>") || __("All {0} rows were taken.", [done.rows]),
                });
                if (this.fields.trunk.get_value()) this.ask();
            },
        });
    }
}
