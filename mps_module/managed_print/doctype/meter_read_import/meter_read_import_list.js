frappe.listview_settings["Meter Read Import"] = {
	add_fields: ["status", "quarantined"],
	get_indicator(doc) {
		if (doc.status === "Completed" && doc.quarantined) {
			return [__("Completed, some in quarantine"), "orange", "status,=,Completed|quarantined,>,0"];
		}
		const colour = { Draft: "gray", Queued: "blue", Running: "yellow", Completed: "green", Failed: "red" }[doc.status];
		return [__(doc.status), colour, `status,=,${doc.status}`];
	},
};
