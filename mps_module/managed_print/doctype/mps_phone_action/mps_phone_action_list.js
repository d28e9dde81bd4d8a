frappe.listview_settings["MPS Phone Action"] = {
    get_indicator(doc) {
        const colours = { Done: "green", Conflict: "orange", Refused: "red" };
        return [__(doc.status), colours[doc.status] || "gray", `status,=,${doc.status}`];
    },
};
