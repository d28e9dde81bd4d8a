frappe.query_reports["Estimate Share"] = {
    filters: [
        { fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
        {
            fieldname: "from_date",
            label: __("Bills from"),
            fieldtype: "Date",
            default: frappe.datetime.add_months(frappe.datetime.get_today(), -3),
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
            fieldname: "group_by",
            label: __("By"),
            fieldtype: "Select",
            options: "Contract\nCustomer\nBill Date",
            default: "Contract",
        },
    ],
};
