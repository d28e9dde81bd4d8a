frappe.ui.form.on("Click Contract", {
    setup(frm) {
        frm.set_query("device", "covers", () => ({
            filters: { customer: frm.doc.customer || "", status: ["in", ["Installed", "Removed"]] },
        }));
        frm.set_query("asset", "covers", () => ({ filters: { company: frm.doc.company, docstatus: 1 } }));
        for (const field of ["cost_center", "project", "taxes_and_charges"]) {
            frm.set_query(field, () => ({ filters: { company: frm.doc.company } }));
        }
        frm.set_query("sla", () => ({ filters: { document_type: "Issue", enabled: 1 } }));
        frm.set_indicator_formatter("device", (row) => (mps_contract.is_over(row) ? "gray" : "green"));
    },

    refresh(frm) {
        mps_contract.intro(frm);
        if (frm.is_new()) return;
        mps_contract.buttons(frm);
        mps_contract.headline(frm);
    },
});

frappe.ui.form.on("Click Contract Cover", {
    covers_add(frm, cdt, cdn) {
        frappe.model.set_value(cdt, cdn, { start_date: frm.doc.start_date, quantity: 1 });
    },
    unit_kind(frm, cdt, cdn) {
        const row = frappe.get_doc(cdt, cdn);
        if (row.unit_kind === "Device") frappe.model.set_value(cdt, cdn, { quantity: 1, unit_label: "", asset: "" });
        else frappe.model.set_value(cdt, cdn, "device", "");
    },
});

const mps_contract = {
    is_over(row) {
        return row.end_date && row.end_date < frappe.datetime.get_today();
    },

    // What to do next, as long as something is missing before the contract can be billed.
    intro(frm) {
        frm.set_intro("");
        if (frm.is_new()) {
            frm.set_intro(
                __("Choose the customer and the start, save, then add the devices and a first version with the prices."),
                "blue"
            );
            return;
        }
        if (frm.doc.status !== "Draft") return;
        frappe.db
            .get_list("Click Contract Version", {
                filters: { contract: frm.doc.name },
                fields: ["name", "docstatus"],
                order_by: "effective_date desc",
                limit: 1,
            })
            .then((found) => {
                if (!found.length) {
                    frm.set_intro(__("No prices yet: make the first version."), "orange");
                    frm.add_custom_button(__("First Version"), () =>
                        frappe.new_doc("Click Contract Version", {
                            contract: frm.doc.name,
                            effective_date: frm.doc.start_date,
                        })
                    ).addClass("btn-primary");
                } else if (found[0].docstatus === 0) {
                    const link = frappe.utils.get_form_link("Click Contract Version", found[0].name, true);
                    frm.set_intro(__("Submit version {0}, then activate the contract.", [link]), "orange");
                } else if (!(frm.doc.covers || []).length) {
                    frm.set_intro(__("Nothing is covered yet: use Devices, Add All Installed."), "orange");
                } else {
                    frm.set_intro(__("All is there: activate the contract to have it billed."), "blue");
                }
            });
    },

    headline(frm) {
        const rows = frm.doc.covers || [];
        const now = rows.filter((row) => !mps_contract.is_over(row));
        const devices = now.filter((row) => row.unit_kind === "Device").length;
        const seats = now.filter((row) => row.unit_kind === "Seat");
        const count = seats.reduce((sum, row) => sum + (row.quantity || 0), 0);
        if (devices) frm.dashboard.add_indicator(__("Devices covered: {0}", [devices]), "blue");
        if (count) frm.dashboard.add_indicator(__("Seats covered: {0}", [count]), "blue");
        if (frm.doc.billed_through) {
            const day = frappe.datetime.str_to_user(frm.doc.billed_through);
            frm.dashboard.add_indicator(__("Last bill: {0}", [day]), "green");
        }
        if (frm.doc.end_date && frm.doc.status === "Active") {
            const left = frappe.datetime.get_day_diff(frm.doc.end_date, frappe.datetime.get_today());
            const near = left <= (frm.doc.notice_days || 0);
            frm.dashboard.add_indicator(__("Days left: {0}", [left]), near ? "orange" : "gray");
        }
    },

    buttons(frm) {
        const doc = frm.doc;
        const may_write = frm.perm[0] && frm.perm[0].write;
        if (!may_write) return;
        const actions = __("Actions");
        if (["Draft", "Suspended"].includes(doc.status)) {
            frm.add_custom_button(__("Activate"), () => mps_contract.call(frm, "activate"), actions);
        }
        if (doc.status === "Active") {
            frm.add_custom_button(__("Suspend"), () => mps_contract.suspend(frm), actions);
        }
        if (["Active", "Suspended"].includes(doc.status)) {
            frm.add_custom_button(__("Amend Prices or Rules"), () => mps_contract.amend(frm), actions);
            frm.add_custom_button(__("End"), () => mps_contract.end(frm), actions);
        }
        if (doc.end_date) frm.add_custom_button(__("Renew"), () => mps_contract.renew(frm), actions);
        if (doc.status !== "Draft") {
            frm.add_custom_button(__("Renewal Price"), () => mps_contract.renewal_price(frm), actions);
        }
        if (doc.status !== "Ended") {
            frm.add_custom_button(__("Add All Installed"), () => mps_contract.add_devices(frm), __("Devices"));
            frm.add_custom_button(__("Choose Devices"), () => mps_contract.choose_devices(frm), __("Devices"));
        }
    },

    async call(frm, method, args = {}) {
        if (frm.is_dirty()) await frm.save();
        const answer = await frappe.call({
            method: `mps_module.api.contracts.${method}`,
            args: { contract: frm.doc.name, ...args },
            freeze: true,
        });
        await frm.reload_doc();
        return answer.message;
    },

    suspend(frm) {
        frappe.confirm(
            __("Stop billing {0}? What falls due meanwhile is caught up when it is activated again.", [frm.doc.name]),
            () => mps_contract.call(frm, "suspend")
        );
    },

    end(frm) {
        frappe.prompt(
            {
                fieldname: "end_date",
                fieldtype: "Date",
                label: __("Last Covered Day"),
                reqd: 1,
                default: frm.doc.end_date,
                description: __("Usage up to the end of this day is still billed."),
            },
            (values) => mps_contract.call(frm, "end", values),
            __("End {0}", [frm.doc.name]),
            __("End")
        );
    },

    renew(frm) {
        frappe.prompt(
            {
                fieldname: "months",
                fieldtype: "Int",
                label: __("Months"),
                reqd: 1,
                default: frm.doc.renewal_months || 12,
                description: __("Now ends on {0}.", [frappe.datetime.str_to_user(frm.doc.end_date)]),
            },
            (values) => mps_contract.call(frm, "renew", values),
            __("Renew {0}", [frm.doc.name]),
            __("Renew")
        );
    },

    // Which rates restore the target margin, from what a period cost and billed; drafts a version with them.
    renewal_price(frm) {
        const today = frappe.datetime.get_today();
        const dialog = new frappe.ui.Dialog({
            title: __("Renewal Price of {0}", [frm.doc.name]),
            fields: [
                { fieldname: "from_date", fieldtype: "Date", label: __("Cost and Bills from"), default: frappe.datetime.add_months(today, -12), reqd: 1 },
                {
                    fieldname: "change", fieldtype: "Select", label: __("Change"), default: "both", reqd: 1,
                    options: [
                        { value: "both", label: __("Clicks and Base Alike") },
                        { value: "clicks", label: __("Click Rates") },
                        { value: "base", label: __("Base") },
                    ],
                },
                { fieldtype: "Column Break" },
                { fieldname: "to_date", fieldtype: "Date", label: __("to"), default: today, reqd: 1 },
                { fieldname: "target", fieldtype: "Float", label: __("Target Margin (%)"), description: __("Empty: the settings'.") },
                { fieldtype: "Section Break" },
                { fieldname: "answer", fieldtype: "HTML" },
                { fieldname: "effective_date", fieldtype: "Date", label: __("Takes Effect on"), hidden: 1 },
            ],
            primary_action_label: __("Calculate"),
            primary_action: () => ask(),
        });
        const given = () => {
            const { from_date, to_date, change, target } = dialog.get_values() || {};
            return { contract: frm.doc.name, from_date, to_date, change, ...(target ? { target } : {}) };
        };
        const ask = async () => {
            const told = await frappe.xcall("mps_module.api.margin.renewal_price", given());
            dialog.fields_dict.answer.$wrapper.html(mps_contract.price_table(told));
            dialog.set_df_property("effective_date", "hidden", !told.reached);
            if (!told.reached) return;
            dialog.set_value("effective_date", told.effective);
            dialog.set_secondary_action_label(__("Make a Draft Version"));
            dialog.set_secondary_action(async () => {
                const effective_date = dialog.get_value("effective_date");
                const name = await frappe.xcall("mps_module.api.margin.apply_renewal", { ...given(), effective_date });
                dialog.hide();
                frappe.set_route("Form", "Click Contract Version", name);
            });
        };
        dialog.show();
    },

    price_table(told) {
        const money = (value) => format_currency(value, told.currency, 2);
        const escape = frappe.utils.escape_html;
        const rows = told.rates.map(
            (rate) => `<tr><td>${escape(rate.description)}${rate.up_to ? ` (${__("to {0}", [rate.up_to])})` : ""}</td>
                <td class="text-right">${rate.old}</td><td class="text-right"><b>${rate.new}</b></td></tr>`
        );
        const facts = [
            [__("Cost of the period"), money(told.cost)],
            [__("Billed at today's rates ({0} bills)", [told.periods]), money(told.present)],
            [__("Needed for a margin of {0} %", [told.target]), money(told.needed)],
            [__("Billed at the new rates"), told.reached ? money(told.renewed) : __("not reached")],
        ];
        const head = facts.map(([what, value]) => `<tr><td>${what}</td><td class="text-right">${value}</td></tr>`).join("");
        const none = `<p class="text-danger">${__("These rates alone cannot restore it: a maximum cuts them, or there are none.")}</p>`;
        const table = `<table class="table table-sm"><thead><tr><th>${__("Line")}</th><th class="text-right">${__("Today")}</th>
            <th class="text-right">${__("Renewal")}</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
        return `<table class="table table-sm">${head}</table>${told.reached ? table : none}`;
    },

    amend(frm) {
        frappe.prompt(
            [
                {
                    fieldname: "effective_date",
                    fieldtype: "Date",
                    label: __("Takes Effect on"),
                    reqd: 1,
                    default: frappe.datetime.add_days(frappe.datetime.month_end(), 1),
                    description: __("Holds for every period that begins on this day or later."),
                },
                { fieldname: "reason", fieldtype: "Small Text", label: __("Reason") },
            ],
            (values) =>
                mps_contract
                    .call(frm, "amend", values)
                    .then((name) => name && frappe.set_route("Form", "Click Contract Version", name)),
            __("Amend {0}", [frm.doc.name]),
            __("Make a Draft")
        );
    },

    add_devices(frm) {
        frappe.prompt(
            [
                {
                    fieldname: "start_date",
                    fieldtype: "Date",
                    label: __("Covered from"),
                    reqd: 1,
                    default: frm.doc.status === "Draft" ? frm.doc.start_date : frappe.datetime.get_today(),
                },
                {
                    fieldname: "group_label",
                    fieldtype: "Data",
                    label: __("Group"),
                    description: __("Lines of the contract may be for certain groups only."),
                },
            ],
            (values) =>
                mps_contract
                    .call(frm, "add_devices", values)
                    .then((count) => count && frappe.show_alert({ message: __("{0} devices added", [count]), indicator: "green" })),
            __("Cover Every Installed Device of {0}", [frm.doc.customer_name || frm.doc.customer]),
            __("Add")
        );
    },

    choose_devices(frm) {
        const covered = (frm.doc.covers || []).filter((row) => !row.end_date).map((row) => row.device);
        const chooser = new frappe.ui.form.MultiSelectDialog({
            doctype: "MPS Device",
            target: frm,
            setters: { device_model: "", site: "" },
            get_query: () => ({
                filters: { customer: frm.doc.customer, status: "Installed", name: ["not in", [...covered, ""]] },
            }),
            action(names) {
                for (const device of names) {
                    frm.add_child("covers", {
                        unit_kind: "Device",
                        device,
                        quantity: 1,
                        start_date: frm.doc.status === "Draft" ? frm.doc.start_date : frappe.datetime.get_today(),
                    });
                }
                frm.refresh_field("covers");
                frm.dirty();
                chooser.dialog.hide();
            },
        });
    },
};
