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
        const by_technician = frappe.query_report.get_filter_value("group_by") === "Technician";
        if (data && column.fieldname === "group" && (data.bold || !data.group)) {
            return by_technician ? "" : `<b>${frappe.utils.escape_html(data.label)}</b>`;
        }
        if (data && data.group && by_technician && column.fieldname === "label") {
            const filters = { technician: data.group };
            for (const name of ["from_date", "to_date"]) filters[name] = frappe.query_report.get_filter_value(name);
            const route = `/app/query-report/Technician%20Scorecard?${new URLSearchParams(filters)}`;
            return `<a href="${route}">${frappe.utils.escape_html(data.label)}</a>`;
        }
        const percent = column.fieldtype === "Percent" && Number.isFinite(value);
        const shown = percent ? `<div style="text-align: right">${value.toFixed(1)} %</div>` : formatter(value, row, column, data);
        return data && data.bold ? `<b>${shown}</b>` : shown;
    },
};
