frappe.query_reports["Volume by Month and Season"] = {
    filters: [
        {
            fieldname: "from_date",
            label: __("From"),
            fieldtype: "Date",
            default: frappe.datetime.add_months(frappe.datetime.month_start(), -13),
        },
        { fieldname: "to_date", label: __("To"), fieldtype: "Date", default: frappe.datetime.get_today() },
        { fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
        { fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer" },
        { fieldname: "device_model", label: __("Model"), fieldtype: "Link", options: "MPS Device Model" },
        { fieldname: "device", label: __("Device"), fieldtype: "Link", options: "MPS Device" },
        { fieldname: "meter", label: __("Meter"), fieldtype: "Link", options: "MPS Meter Type" },
        {
            fieldname: "group_by",
            label: __("Group by"),
            fieldtype: "Select",
            options: "\nCustomer\nSite\nModel\nDevice",
        },
    ],
};
