frappe.listview_settings["Trunk Transfer"] = {
    get_indicator(doc) {
        const colours = { Requested: "orange", Accepted: "blue", Handover: "purple", Completed: "green", Declined: "red", Cancelled: "gray" };
        return [__(doc.status), colours[doc.status], `status,=,${doc.status}`];
    },
};
