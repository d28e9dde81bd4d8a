frappe.listview_settings["Trunk Count"] = {
    get_indicator(doc) {
        const colours = { Waiting: "orange", "No Variance": "gray", Approved: "green", Rejected: "red" };
        return [__(doc.status), colours[doc.status], `status,=,${doc.status}`];
    },
};
