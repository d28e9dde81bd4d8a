frappe.listview_settings["Meter Read"] = {
	hide_name_column: true,
	add_fields: ["status", "superseded_by", "kind"],
	get_indicator(doc) {
		if (doc.superseded_by) return [__("Superseded"), "gray", "superseded_by,is,set"];
		if (doc.status === "Withdrawn") return [__("Withdrawn"), "gray", "status,=,Withdrawn"];
		if (doc.status === "Flagged") return [__("Flagged"), "orange", "status,=,Flagged"];
		if (doc.kind === "estimate") return [__("Estimate"), "yellow", "kind,=,estimate"];
		return [__("Accepted"), "green", "status,=,Accepted"];
	},
	formatters: {
		value: (value) => format_number(value, null, 0),
	},
};
