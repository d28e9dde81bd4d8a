frappe.ui.form.on("Meter Read Import", {
	setup(frm) {
		frm.fields_dict.time_zone?.set_data?.(frappe.all_timezones || []);
		frappe.realtime.on("mps_import_done", ({ name }) => name === frm.doc.name && frm.reload_doc());
	},

	refresh(frm) {
		if (frm.is_new()) return;
		const { status } = frm.doc;
		if (["Draft", "Failed", "Running", "Queued"].includes(status) && frm.perm[0]?.write) {
			const label = status === "Draft" ? __("Start") : __("Resume");
			frm.add_custom_button(label, () => start(frm)).addClass(status === "Draft" || status === "Failed" ? "btn-primary" : "");
		}
		if (["Running", "Completed", "Failed"].includes(status) && frm.doc.rows_received) counts(frm);
		if (status === "Running" || status === "Queued") setTimeout(() => watch(frm), 5000);
	},
});

async function start(frm) {
	if (frm.is_dirty()) await frm.save();
	const { message } = await frappe.call({
		method: "mps_module.api.reads.start_import",
		type: "POST",
		args: { name: frm.doc.name },
		freeze: true,
	});
	if (!message) frappe.show_alert(__("It is queued or running already."));
	frm.reload_doc();
}

function watch(frm) {
	if (cur_frm === frm && ["Running", "Queued"].includes(frm.doc.status)) frm.reload_doc();
}

function counts(frm) {
	const doc = frm.doc;
	const part = (label, value, colour) =>
		`<span class="indicator-pill ${colour} mr-2">${label}: ${format_number(value, null, 0)}</span>`;
	frm.dashboard.set_headline(
		part(__("Received"), doc.rows_received, "gray") +
			part(__("Accepted"), doc.accepted, "green") +
			part(__("Flagged"), doc.flagged, "orange") +
			part(__("Quarantined"), doc.quarantined, "red") +
			part(__("Duplicates"), doc.duplicates, "blue")
	);
	if (doc.status === "Running") frm.dashboard.add_progress(__("Progress"), doc.progress);
}
