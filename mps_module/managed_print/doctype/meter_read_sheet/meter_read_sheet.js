// A grid of all counters of a site: type, submit, see each row's verdict.

frappe.ui.form.on("Meter Read Sheet", {
	refresh(frm) {
		if (frm.doc.docstatus === 0) {
			frm.add_custom_button(__("Get Devices"), () => fill(frm)).addClass("btn-primary");
		} else if (frm.doc.quarantined) {
			frm.set_intro(__("{0} rows wait in quarantine.", [frm.doc.quarantined]), "orange");
			frm.add_custom_button(__("Quarantine"), () =>
				frappe.set_route("List", "Meter Read Quarantine", { batch: frm.doc.name })
			);
		}
		mark_rows(frm);
	},
});

frappe.ui.form.on("Meter Read Sheet Row", {
	value(frm, cdt, cdn) {
		const row = locals[cdt][cdn];
		const value = Number(String(row.value || "").replace(/[\s,.']/g, ""));
		if (!row.value || Number.isNaN(value)) return;
		if (row.last_value && value < row.last_value) {
			frappe.show_alert({ message: __("{0} is lower than the last value.", [row.value]), indicator: "red" });
		} else if (row.expected_high && value > row.expected_high) {
			frappe.show_alert({ message: __("{0} is above what is expected.", [row.value]), indicator: "orange" });
		}
	},
});

async function fill(frm) {
	if (frm.is_dirty() || frm.is_new()) await frm.save();
	await frappe.call({
		method: "mps_module.api.reads.fill_sheet",
		type: "POST",
		args: { name: frm.doc.name },
		freeze: true,
	});
	frm.reload_doc();
}

function mark_rows(frm) {
	const colours = { accepted: "var(--green-100)", flagged: "var(--yellow-100)", quarantined: "var(--red-100)", duplicate: "var(--gray-200)" };
	for (const row of frm.fields_dict.rows.grid.grid_rows || []) {
		const colour = colours[row.doc.verdict];
		if (colour) row.columns.verdict?.css("background-color", colour);
	}
}
