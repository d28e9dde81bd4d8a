frappe.listview_settings["Click Bill"] = {
	add_fields: ["status", "at_stake", "currency"],
	get_indicator(doc) {
		const colours = {
			Ready: "blue", Accepted: "purple", Flagged: "orange", Blocked: "red", Failed: "red", Invoiced: "green",
			"Part Cancelled": "yellow", Released: "gray", Credited: "gray",
		};
		return [__(doc.status), colours[doc.status] || "gray", `status,=,${doc.status}`];
	},
};
