frappe.listview_settings["MPS Device"] = {
	add_fields: ["status"],
	get_indicator(doc) {
		const colour = { "In Stock": "blue", Installed: "green", Removed: "orange", Retired: "gray" }[doc.status];
		return [__(doc.status), colour, `status,=,${doc.status}`];
	},
};
