frappe.query_reports["Dead Stock in Trunks"] = {
    filters: [
        { fieldname: "trunk", label: __("Trunk"), fieldtype: "Link", options: "Trunk Stock" },
        { fieldname: "territory", label: __("Territory"), fieldtype: "Link", options: "Territory" },
        { fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
        { fieldname: "days", label: __("Days without Use"), fieldtype: "Int" },
    ],
};
