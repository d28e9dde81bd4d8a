frappe.listview_settings["Meter Read Sheet"] = {
	add_fields: ["docstatus", "quarantined", "flagged"],
	has_indicator_for_draft: true,
	get_indicator(doc) {
		if (doc.docstatus === 0) return [__("Draft"), "red", "docstatus,=,0"];
		if (doc.quarantined) return [__("Some in quarantine"), "orange", "docstatus,=,1|quarantined,>,0"];
		if (doc.flagged) return [__("Some flagged"), "yellow", "docstatus,=,1|flagged,>,0"];
		return [__("Entered"), "green", "docstatus,=,1"];
	},
};
