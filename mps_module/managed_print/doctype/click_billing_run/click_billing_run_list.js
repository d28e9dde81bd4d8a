frappe.listview_settings["Click Billing Run"] = {
	add_fields: ["status", "flagged", "blocked", "failed"],
	get_indicator(doc) {
		const colours = { Draft: "gray", Preparing: "blue", Review: "orange", Invoicing: "blue", Completed: "green", Cancelled: "gray" };
		return [__(doc.status), colours[doc.status] || "gray", `status,=,${doc.status}`];
	},
};
