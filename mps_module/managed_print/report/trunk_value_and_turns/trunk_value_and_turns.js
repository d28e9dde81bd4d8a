frappe.query_reports["Trunk Value and Turns"] = {
    filters: [
        { fieldname: "trunk", label: __("Trunk"), fieldtype: "Link", options: "Trunk Stock" },
        { fieldname: "territory", label: __("Territory"), fieldtype: "Link", options: "Territory" },
        { fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
        { fieldname: "from_date", label: __("From"), fieldtype: "Date", default: frappe.datetime.add_days(frappe.datetime.get_today(), -364) },
    ],
};
