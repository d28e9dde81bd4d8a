frappe.query_reports["Lemon Devices"] = {
    filters: [
        {
            fieldname: "company",
            label: __("Company"),
            fieldtype: "Link",
            options: "Company",
            default: frappe.defaults.get_user_default("Company"),
        },
        {
            fieldname: "from_date",
            label: __("From"),
            fieldtype: "Date",
            default: frappe.datetime.add_months(frappe.datetime.get_today(), -12),
            reqd: 1,
        },
        { fieldname: "to_date", label: __("to"), fieldtype: "Date", default: frappe.datetime.get_today(), reqd: 1 },
        { fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer" },
        { fieldname: "device_model", label: __("Model"), fieldtype: "Link", options: "MPS Device Model" },
        { fieldname: "only_lemons", label: __("Lemons Only"), fieldtype: "Check" },
    ],
    formatter(value, row, column, data, formatter) {
        if (data && (value === null || value === undefined) && column.fieldtype === "Float") {
            return '<span class="text-muted">–</span>';
        }
        const shown = formatter(value, row, column, data);
        return data && data.lemon && ["device", "times", "excess"].includes(column.fieldname)
            ? `<span class="text-danger">${shown}</span>`
            : shown;
    },
};
