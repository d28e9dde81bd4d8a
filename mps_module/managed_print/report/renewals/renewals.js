frappe.query_reports["Renewals"] = {
    filters: [
        { fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
        { fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer" },
        {
            fieldname: "until",
            label: __("Ending by"),
            fieldtype: "Date",
            default: frappe.datetime.add_months(frappe.datetime.get_today(), 12),
            reqd: 1,
        },
        { fieldname: "only_notice", label: __("Only Where Notice Is Due"), fieldtype: "Check" },
    ],
    formatter(value, row, column, data, formatter) {
        const shown = formatter(value, row, column, data);
        if (!data || column.fieldname !== "state") return shown;
        const colour = { Over: "red", Notice: "orange", Renews: "blue", Later: "gray" }[data.state];
        return `<span class="indicator-pill ${colour} no-indicator-dot">${__(data.state)}</span>`;
    },
};
