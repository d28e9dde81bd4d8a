frappe.query_reports["Missing Reads"] = {
    filters: [
        {
            fieldname: "company",
            label: __("Company"),
            fieldtype: "Link",
            options: "Company",
            default: frappe.defaults.get_user_default("Company"),
        },
        {
            fieldname: "through",
            label: __("Bills Due up to"),
            fieldtype: "Date",
            default: frappe.datetime.add_days(frappe.datetime.get_today(), 31),
            reqd: 1,
        },
        { fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer" },
        { fieldname: "contract", label: __("Contract"), fieldtype: "Link", options: "Click Contract" },
        { fieldname: "state", label: __("Window"), fieldtype: "Select", options: "\nOpen\nPast\nLater" },
    ],
    formatter(value, row, column, data, formatter) {
        const shown = formatter(value, row, column, data);
        if (!data || column.fieldname !== "state") return shown;
        const colour = { Past: "red", Open: "orange", Later: "gray" }[data.state];
        return `<span class="indicator-pill ${colour} no-indicator-dot">${__(data.state)}</span>`;
    },
};
