frappe.query_reports["Technician Scorecard"] = {
    filters: [
        { fieldname: "technician", label: __("Technician"), fieldtype: "Link", options: "MPS Technician" },
        {
            fieldname: "from_date",
            label: __("Completed from"),
            fieldtype: "Date",
            default: frappe.datetime.add_months(frappe.datetime.month_start(), -2),
            reqd: 1,
        },
        { fieldname: "to_date", label: __("to"), fieldtype: "Date", default: frappe.datetime.get_today(), reqd: 1 },
        { fieldname: "territory", label: __("Territory"), fieldtype: "Link", options: "Territory" },
        { fieldname: "device_model", label: __("Model"), fieldtype: "Link", options: "MPS Device Model" },
    ],
    // A link with a title takes its value late when it comes from the address: ask again once it is there.
    onload(report) {
        const asked = new URLSearchParams(window.location.search).has("technician") || frappe.route_options;
        if (asked) frappe.after_ajax(() => setTimeout(() => report.get_filter_value("technician") && report.refresh(), 300));
    },
    formatter(value, row, column, data, formatter) {
        if (column.fieldname === "stands" && value) {
            const looks = { Better: "green", Worse: "red" };
            return `<span class="indicator-pill ${looks[value] || "gray"} no-indicator-dot">${__(value)}</span>`;
        }
        return formatter(value, row, column, data);
    },
};
