frappe.query_reports["Contract Margin"] = {
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
            label: __("Bills from"),
            fieldtype: "Date",
            default: frappe.datetime.add_months(frappe.datetime.get_today(), -12),
            reqd: 1,
        },
        {
            fieldname: "to_date",
            label: __("to"),
            fieldtype: "Date",
            default: frappe.datetime.get_today(),
            reqd: 1,
        },
        { fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer" },
        { fieldname: "contract", label: __("Contract"), fieldtype: "Link", options: "Click Contract" },
        {
            fieldname: "service_rate",
            label: __("Other Cost per Click"),
            fieldtype: "Float",
            precision: 6,
            description: __("For what is not recorded, such as overhead, in the company's currency."),
        },
        { fieldname: "target", label: __("Target Margin (%)"), fieldtype: "Float", description: __("Empty: the settings'.") },
        {
            fieldname: "renewal",
            label: __("Renewal Price by"),
            fieldtype: "Select",
            options: ["", "Clicks", "Base", "Both"],
            description: __("Bills the period anew to find the rates that restore the target."),
        },
    ],
    formatter(value, row, column, data, formatter) {
        const shown = formatter(value, row, column, data);
        const low = data && ["margin", "percent"].includes(column.fieldname) && data.margin < 0;
        return low ? `<span class="text-danger">${shown}</span>` : shown;
    },
};
