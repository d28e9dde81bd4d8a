frappe.listview_settings["Click Contract Version"] = {
    add_fields: ["effective_date", "docstatus"],
    get_indicator(doc) {
        if (doc.docstatus === 0) return [__("Draft"), "red", "docstatus,=,0"];
        if (doc.docstatus === 2) return [__("Cancelled"), "gray", "docstatus,=,2"];
        if (doc.effective_date > frappe.datetime.get_today()) return [__("To Come"), "blue", "docstatus,=,1"];
        return [__("Submitted"), "green", "docstatus,=,1"];
    },
};
