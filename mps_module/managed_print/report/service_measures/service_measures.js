frappe.query_reports["Service Measures"] = {
    filters: [
        {
            fieldname: "from_date",
            label: __("Completed from"),
            fieldtype: "Date",
            default: frappe.datetime.add_months(frappe.datetime.month_start(), -2),
            reqd: 1,
        },
        { fieldname: "to_date", label: __("to"), fieldtype: "Date", default: frappe.datetime.get_today(), reqd: 1 },
        {
            fieldname: "group_by",
            label: __("By"),
            fieldtype: "Select",
            options: ["Technician", "Model", "Contract", "Customer", "Territory", "Problem", "Month"],
            default: "Technician",
        },
        { fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
        { fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer" },
        { fieldname: "contract", label: __("Contract"), fieldtype: "Link", options: "Click Contract" },
        { fieldname: "device_model", label: __("Model"), fieldtype: "Link", options: "MPS Device Model" },
        { fieldname: "territory", label: __("Territory"), fieldtype: "Link", options: "Territory" },
        {
            fieldname: "problem_code",
            label: __("Problem"),
            fieldtype: "Link",
            options: "MPS Service Code",
            get_query: () => ({ filters: { kind: "Problem" } }),
        },
    ],
    formatter(value, row, column, data, formatter) {
        const empty = value === null || value === undefined;
        if (data && empty && ["Percent", "Float", "Int"].includes(column.fieldtype)) {
            const share = ["first_call", "hold", "callback"].includes(column.fieldname);
            return `<span class="text-muted">${share ? __("no calls") : "–"}</span>`;
        }
        if (data && data.bold && column.fieldname === "group") return `<b>${frappe.utils.escape_html(data.label)}</b>`;
        const shown = formatter(value, row, column, data);
        return data && data.bold ? `<b>${shown}</b>` : shown;
    },
};
