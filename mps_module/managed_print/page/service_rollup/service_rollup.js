// MPS and MSP together: seats, devices, clicks, calls, revenue and margin of a customer or the whole firm.
frappe.pages["service-rollup"].on_page_load = function (wrapper) {
    const page = frappe.ui.make_app_page({ parent: wrapper, title: __("Services Roll-Up"), single_column: true });
    wrapper.rollup = new ServiceRollup(page);
};

frappe.pages["service-rollup"].on_page_show = function (wrapper) {
    const customer = frappe.get_route()[1] || (frappe.route_options && frappe.route_options.customer);
    frappe.route_options = null;
    if (wrapper.rollup) wrapper.rollup.open(customer);
};

class ServiceRollup {
    constructor(page) {
        this.page = page;
        this.fields = {};
        this.add_fields();
        this.body = $('<div class="service-rollup"></div>').appendTo(page.body);
        page.set_primary_action(__("Show"), () => this.ask());
        page.add_inner_button(__("Print"), () => window.print());
        // What is on paper: the figures, not the desk around them.
        $(`<style>
            .service-rollup .rollup-card { padding: 0.75rem 1rem; border: 1px solid var(--border-color); border-radius: 8px; height: 100%; }
            .service-rollup td.number, .service-rollup th.number { text-align: right; white-space: nowrap; }
            @media print {
                .navbar, .page-head, .page-form, .desk-sidebar, .body-sidebar-container, .body-sidebar, .sticky-top { display: none !important; }
                .service-rollup { break-inside: auto; }
                .service-rollup .rollup-charts > div { flex: 0 0 50%; max-width: 50%; }
                .service-rollup table { font-size: 8pt; }
                .service-rollup tr, .service-rollup .rollup-card { break-inside: avoid; }
                .service-rollup a { color: inherit; text-decoration: none; }
            }
        </style>`).appendTo(page.body);
    }

    add_fields() {
        const change = () => !this.quiet && this.ask();
        const add = (df) => (this.fields[df.fieldname] = this.page.add_field({ ...df, change }));
        this.quiet = true;
        add({
            fieldname: "company",
            fieldtype: "Link",
            options: "Company",
            label: __("Company"),
            default: frappe.defaults.get_user_default("Company"),
        });
        add({ fieldname: "customer", fieldtype: "Link", options: "Customer", label: __("Customer") });
        add({
            fieldname: "from_date",
            fieldtype: "Date",
            label: __("From"),
            default: frappe.datetime.add_months(frappe.datetime.month_start(), -11),
        });
        add({ fieldname: "to_date", fieldtype: "Date", label: __("to"), default: frappe.datetime.get_today() });
        this.quiet = false;
    }

    async open(customer) {
        if (customer && this.fields.customer.get_value() !== customer) {
            this.quiet = true;
            await this.fields.customer.set_value(customer);
            this.quiet = false;
        }
        this.ask();
    }

    hint(text) {
        this.body.empty().append($('<div class="text-muted text-center" style="padding: 4rem 1rem"></div>').text(text));
    }

    async ask() {
        const values = {};
        for (const [name, field] of Object.entries(this.fields)) values[name] = field.get_value() || "";
        if (!values.from_date || !values.to_date) return this.hint(__("Choose a period."));
        if (!values.company) return this.hint(__("Choose a company."));
        const turn = (this.turn = (this.turn || 0) + 1);
        this.hint(__("Adding up …"));
        try {
            const told = await frappe.xcall("mps_module.api.margin.rollup", values);
            if (turn === this.turn) this.show(told);
        } catch {
            if (turn === this.turn) this.hint(__("This cannot be shown."));
        }
    }

    money(value) {
        return format_currency(value, this.told.currency, 2);
    }

    number(value) {
        return format_number(value, null, 0);
    }

    percent(value, none) {
        return value === null || value === undefined ? none || "–" : `${value.toFixed(1)} %`;
    }

    day(value) {
        return frappe.datetime.str_to_user(value);
    }

    show(told) {
        this.told = told;
        this.body.empty();
        const whole = told.whole;
        $("<h4 style='margin: 1rem 0 0.25rem'></h4>").text(told.customer || told.company).appendTo(this.body);
        $('<div class="text-muted"></div>')
            .text(__("{0} to {1}", [this.day(told.from_date), this.day(told.to_date)]))
            .appendTo(this.body);
        if (!told.rows.length) {
            $('<div class="text-muted text-center" style="padding: 3rem 1rem"></div>')
                .text(__("No contracts, calls or invoices in this period."))
                .appendTo(this.body);
            return;
        }
        this.cards(told, whole);
        this.charts(told.months);
        this.table(told);
        this.notes(whole);
    }

    cards(told, whole) {
        const service = told.service;
        const cards = [
            [__("Seats"), this.number(whole.seats), __("{0} IT assets", [this.number(whole.assets)])],
            [__("Devices"), this.number(whole.devices), __("{0} active contracts", [told.contracts])],
            [__("Clicks"), this.number(whole.clicks), service.mcbc ? __("{0} between calls", [this.number(service.mcbc)]) : ""],
            [__("Incidents"), this.number(whole.incidents), __("first-call {0}", [this.percent(service.first_call, __("no calls"))])],
            [__("Revenue"), this.money(whole.revenue), __("MPS {0}, MSP {1}", [this.money(whole.mps), this.money(whole.msp)])],
            [__("Calls and Other"), this.money(whole.calls + whole.other), __("calls {0}, other {1}", [this.money(whole.calls), this.money(whole.other)])],
            [__("Known Cost"), this.money(whole.cost), __("supplies, parts, labour, travel, trunks")],
            [__("Margin"), this.money(whole.margin), __("{0} of contracts and calls", [this.percent(whole.percent)])],
        ];
        const row = $('<div class="row" style="margin-top: 1rem"></div>').appendTo(this.body);
        for (const texts of cards) {
            $(`<div class="col-md-3 col-sm-6 col-6" style="margin-bottom: 1rem"><div class="rollup-card">
                <div class="text-muted small"></div><div class="h4" style="margin: 0.25rem 0"></div><div class="small text-muted"></div>
            </div></div>`)
                .appendTo(row)
                .find(".rollup-card > div")
                .each((at, node) => $(node).text(texts[at]));
        }
    }

    charts(months) {
        if (months.length < 2) return;
        const row = $('<div class="row rollup-charts"></div>').appendTo(this.body);
        const labels = months.map((each) => moment(`${each.month}-01`).format("MMM YY"));
        const values = (name) => months.map((each) => each[name]);
        const add = (title, options) => {
            const place = $('<div class="col-md-6" role="img"></div>').attr("aria-label", title).appendTo(row);
            new frappe.Chart(place[0], { title, height: 240, ...options });
        };
        add(__("Revenue by month"), {
            type: "bar",
            colors: ["#2490ef", "#1f9e89", "#e8a838", "#9fb3c8"],
            barOptions: { stacked: 1 },
            axisOptions: { xAxisMode: "tick", xIsSeries: 1 },
            tooltipOptions: { formatTooltipY: (value) => this.money(value || 0) },
            data: {
                labels,
                datasets: [
                    { name: __("MPS"), values: values("mps") },
                    { name: __("MSP"), values: values("msp") },
                    { name: __("Calls"), values: values("calls") },
                    { name: __("Other"), values: values("other") },
                ],
            },
        });
        add(__("Clicks by month"), {
            type: "line",
            colors: ["#2490ef"],
            lineOptions: { regionFill: 1 },
            axisOptions: { xAxisMode: "tick", xIsSeries: 1 },
            data: { labels, datasets: [{ name: __("Clicks"), values: values("clicks") }] },
        });
    }

    link(name) {
        if (!name) return `<span class="text-muted">${__("Without a contract")}</span>`;
        if (this.told.by === "contract") return frappe.utils.get_form_link("Click Contract", name, true);
        const route = `/app/service-rollup/${encodeURIComponent(name)}`;
        return `<a href="${route}">${frappe.utils.escape_html(name)}</a>`;
    }

    // Each figure leads to the records that it was added up from.
    lists(row) {
        const told = this.told;
        const span = `["between",["${told.from_date}","${told.to_date}"]]`;
        const who = told.by === "contract" ? { mps_contract: row.name } : { customer: row.name };
        const query = (values) => new URLSearchParams(values).toString();
        const own = told.by === "contract" ? told.customer : row.name;
        return {
            devices: `/app/mps-device?${query({ customer: own, status: "Installed" })}`,
            incidents: `/app/issue?${query({ ...who, opening_date: span })}`,
            revenue: `/app/sales-invoice?${query({ ...who, posting_date: span, docstatus: 1 })}`,
            margin: `/app/query-report/Contract%20Margin?${query({
                company: told.company,
                from_date: told.from_date,
                to_date: told.to_date,
                ...(told.by === "contract" ? { contract: row.name } : { customer: row.name }),
            })}`,
        };
    }

    table(told) {
        const heads = [
            told.by === "contract" ? __("Contract") : __("Customer"), __("Seats"), __("Devices"), __("Clicks"),
            __("Incidents"), __("MPS"), __("MSP"), __("Calls"), __("Other"), __("Revenue"), __("Cost"), __("Margin"), __("%"),
        ];
        const place = $('<div class="table-responsive"></div>').appendTo(this.body);
        const table = $('<table class="table table-sm"><thead><tr></tr></thead><tbody></tbody></table>').appendTo(place);
        heads.forEach((head, at) =>
            $('<th scope="col"></th>').text(head).toggleClass("number", at > 0).appendTo(table.find("tr"))
        );
        for (const row of told.rows) this.row(table, row, this.link(row.name), row.name ? this.lists(row) : {});
        this.row(table, told.whole, `<b>${__("All Together")}</b>`, {});
    }

    row(table, row, name, lists) {
        const linked = (text, to) => (to ? `<a href="${to}">${text}</a>` : text);
        const colour = row.margin < 0 ? ' class="text-danger"' : "";
        const cells = [
            this.number(row.seats), linked(this.number(row.devices), lists.devices), this.number(row.clicks),
            linked(this.number(row.incidents), lists.incidents), this.money(row.mps), this.money(row.msp),
            this.money(row.calls), this.money(row.other), linked(this.money(row.revenue), lists.revenue),
            this.money(row.cost), linked(`<span${colour}>${this.money(row.margin)}</span>`, lists.margin),
            this.percent(row.percent),
        ];
        const line = $("<tr></tr>").appendTo(table.find("tbody"));
        $("<td></td>").html(name).appendTo(line);
        for (const cell of cells) $('<td class="number"></td>').html(cell).appendTo(line);
    }

    notes(whole) {
        const lines = [
            __("Revenue is what was invoiced in the period, less returns, net. MSP: rows of seat lines and of contracts without devices; MPS: all other rows of click bills; calls: invoices for time and material."),
            __("Other: rows of all other invoices whose item is not kept in stock. No cost is recorded for them ({0}), so they are not in the margin.", [this.money(whole.other)]),
            __("Seats and devices are those that contracts cover on the last day; incidents are corrective calls opened in the period."),
        ];
        const place = $('<div class="small text-muted" style="margin-bottom: 2rem"></div>').appendTo(this.body);
        for (const text of lines) $("<div></div>").text(text).appendTo(place);
    }
}
