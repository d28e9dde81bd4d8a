// What falls due when. The button opens the calls of all that is due, or of the rows that are ticked.
frappe.query_reports["Maintenance Due"] = {
    filters: [
        {
            fieldname: "company",
            label: __("Company"),
            fieldtype: "Link",
            options: "Company",
            default: frappe.defaults.get_user_default("Company"),
        },
        { fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer" },
        { fieldname: "device_model", label: __("Model"), fieldtype: "Link", options: "MPS Device Model" },
        { fieldname: "days", label: __("Due Within (Days)"), fieldtype: "Int", default: 60 },
        { fieldname: "state", label: __("State"), fieldtype: "Select", options: "\nOverdue\nDue\nLater\nNot in Sight" },
        { fieldname: "everything", label: __("Show All Devices"), fieldtype: "Check" },
    ],
    get_datatable_options(options) {
        return Object.assign(options, { checkboxColumn: true });
    },
    formatter(value, row, column, data, formatter) {
        const shown = formatter(value, row, column, data);
        if (!data || column.fieldname !== "state") return shown;
        const colour = { Overdue: "red", Due: "orange", Later: "green" }[data.state] || "gray";
        return `<span class="indicator-pill ${colour} no-indicator-dot">${__(data.state)}</span>`;
    },
    onload(report) {
        if (!["System Manager", "MPS Manager", "MPS Service"].some((role) => frappe.user.has_role(role))) return;
        report.page.add_inner_button(__("Open Calls"), async () => {
            const ticked = (report.datatable ? report.get_checked_items() : []).map((row) => row.device);
            const { message } = await frappe.call({
                method: "mps_module.api.maintenance.open_calls",
                args: ticked.length ? { devices: ticked } : {},
                freeze: true,
            });
            frappe.show_alert({
                message: __("{0} calls opened or joined", [Object.keys(message).length]),
                indicator: "green",
            });
            report.refresh();
        });
    },
};
