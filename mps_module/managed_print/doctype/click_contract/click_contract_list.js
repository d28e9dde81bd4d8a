frappe.listview_settings["Click Contract"] = {
    add_fields: ["status", "end_date", "notice_days", "auto_renew"],
    get_indicator(doc) {
        if (doc.status === "Active" && doc.end_date && !doc.auto_renew) {
            const left = frappe.datetime.get_day_diff(doc.end_date, frappe.datetime.get_today());
            if (left < 0) return [__("Over"), "red", `status,=,Active|end_date,<,Today`];
            if (left <= (doc.notice_days || 0)) return [__("Ends Soon"), "orange", "status,=,Active"];
        }
        const colour = { Draft: "red", Active: "green", Suspended: "orange", Ended: "gray" }[doc.status];
        return [__(doc.status), colour, `status,=,${doc.status}`];
    },
    onload(list) {
        list.page.add_inner_button(__("Missing Reads"), () => frappe.set_route("query-report", "Missing Reads"));
        list.page.add_inner_button(__("Renewals"), () => frappe.set_route("query-report", "Renewals"));
    },
};
