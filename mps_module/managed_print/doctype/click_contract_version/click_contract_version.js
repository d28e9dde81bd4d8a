const MPS_CLICKS = ["click", "block"];

frappe.ui.form.on("Click Contract Version", {
    setup(frm) {
        frm.set_query("contract", () => ({ filters: { status: ["!=", "Ended"] } }));
        frm.set_query("cost_center", "lines", () => ({ filters: { company: frm.mps_company } }));
        frm.set_query("item", "lines", () => ({ filters: { is_sales_item: 1, disabled: 0 } }));
    },

    refresh(frm) {
        mps_version.intro(frm);
        if (frm.is_new()) return;
        if (frm.doc.docstatus === 1) mps_version.amend_button(frm);
        frm.add_custom_button(__("Contract"), () => frappe.set_route("Form", "Click Contract", frm.doc.contract));
        mps_version.show_changes(frm);
    },

    contract(frm) {
        if (!frm.doc.contract) return;
        frappe.db.get_value("Click Contract", frm.doc.contract, ["company", "start_date"]).then(({ message }) => {
            frm.mps_company = message.company;
            if (!frm.doc.effective_date) frm.set_value("effective_date", message.start_date);
        });
    },
});

frappe.ui.form.on("Click Contract Line", {
    kind(frm, cdt, cdn) {
        const row = frappe.get_doc(cdt, cdn);
        if (!MPS_CLICKS.includes(row.kind)) frappe.model.set_value(cdt, cdn, "meters", "");
        if (!row.line_id) frappe.model.set_value(cdt, cdn, "line_id", row.kind === "flat" ? "base" : row.kind);
    },
    line_id(frm, cdt, cdn) {
        const row = frappe.get_doc(cdt, cdn);
        if (MPS_CLICKS.includes(row.kind) && row.line_id && !row.meters) {
            frappe.db.exists("MPS Meter Type", row.line_id).then((known) => {
                if (known) frappe.model.set_value(cdt, cdn, "meters", row.line_id);
            });
        }
    },
});

const mps_version = {
    intro(frm) {
        frm.set_intro("");
        if (frm.is_new() && !(frm.doc.lines || []).length) {
            frm.set_intro(
                __(
                    "One row a price: flat for a base, click for a meter, seat or device for a price each. Tiers of a line stand below, by its line ID."
                ),
                "blue"
            );
        } else if (frm.doc.docstatus === 0) {
            const day = frappe.datetime.str_to_user(frm.doc.effective_date) || "";
            frm.set_intro(__("A draft is not billed. Submitted, it holds from {0} on.", [day]), "orange");
        } else if (frm.doc.docstatus === 1 && frm.doc.effective_date > frappe.datetime.get_today()) {
            frm.set_intro(__("Holds from {0} on.", [frappe.datetime.str_to_user(frm.doc.effective_date)]), "blue");
        }
    },

    amend_button(frm) {
        if (!frappe.model.can_create("Click Contract Version")) return;
        frm.add_custom_button(__("Amend Prices or Rules"), () =>
            frappe.prompt(
                [
                    { fieldname: "effective_date", fieldtype: "Date", label: __("Takes Effect on"), reqd: 1 },
                    { fieldname: "reason", fieldtype: "Small Text", label: __("Reason") },
                ],
                (values) =>
                    frappe
                        .call({
                            method: "mps_module.api.contracts.amend",
                            args: { contract: frm.doc.contract, ...values },
                            freeze: true,
                        })
                        .then(({ message }) => frappe.set_route("Form", "Click Contract Version", message)),
                __("Amend {0}", [frm.doc.contract]),
                __("Make a Draft")
            )
        );
    },

    // Old and new beside each other, above the form.
    show_changes(frm) {
        frappe
            .call({ method: "mps_module.api.contracts.changes", type: "GET", args: { version: frm.doc.name } })
            .then(({ message }) => {
                if (!message || !message.length) return;
                const cell = frappe.utils.escape_html;
                const rows = message
                    .map((row) => {
                        const old = cell(row.old) || `<span class="text-muted">${__("none")}</span>`;
                        const now = cell(row.new) || `<span class="text-muted">${__("removed")}</span>`;
                        return `<tr><td>${cell(__(row.what))}</td><td class="text-muted">${old}</td><td><b>${now}</b></td></tr>`;
                    })
                    .join("");
                const table = `<table class="table table-bordered table-sm small" style="margin: 0; max-width: 900px">
                    <thead><tr><th style="width: 34%">${__("What changes")}</th><th style="width: 33%">${__("Before")}</th>
                    <th>${__("From {0}", [frappe.datetime.str_to_user(frm.doc.effective_date)])}</th></tr></thead>
                    <tbody>${rows}</tbody></table>`;
                frm.dashboard.add_section(table, __("Changes against the Version Before"));
                frm.dashboard.show();
            });
    },
};
