frappe.ui.form.on("Meter Read", {
	refresh(frm) {
		frm.disable_save();
		if (frm.doc.superseded_by) {
			frm.set_intro(__("Superseded by {0}: it no longer counts.", [frm.doc.superseded_by]), "orange");
			return;
		}
		if (frm.doc.status === "Withdrawn") {
			frm.set_intro(__("Withdrawn: it does not count. {0}", [frappe.utils.escape_html(frm.doc.reason || "")]), "orange");
			return;
		}
		if (!["MPS Manager", "MPS Billing", "MPS Service", "System Manager"].some((role) => frappe.user.has_role(role))) return;
		frm.add_custom_button(__("Supersede"), () => supersede(frm));
		if (!frm.doc.billed_in) frm.add_custom_button(__("Withdraw"), () => withdraw(frm));
		if (frm.doc.not_for_billing) {
			frm.set_intro(__("Taken on a visit for the service: no bill opens or closes with it."), "blue");
			frm.add_custom_button(__("Let Bills Use It"), async () => {
				await frappe.xcall("mps_module.api.visits.use_for_billing", { read: frm.doc.name });
				frm.reload_doc();
			});
		}
	},
});

function supersede(frm) {
	frappe.prompt(
		[
			{ fieldname: "value", fieldtype: "Data", label: __("Right Value"), reqd: 1, description: __("It says {0} now.", [format_number(frm.doc.value, null, 0)]) },
			{ fieldname: "taken_at", fieldtype: "Datetime", label: __("Read At"), default: frm.doc.taken_at },
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 },
		],
		async (values) => {
			const { message } = await frappe.call({
				method: "mps_module.api.reads.supersede",
				type: "POST",
				args: { read: frm.doc.name, ...values },
				freeze: true,
			});
			frappe.set_route("Form", "Meter Read", message);
		},
		__("Supersede"),
		__("Supersede")
	);
}

function withdraw(frm) {
	frappe.prompt(
		{ fieldname: "reason", fieldtype: "Small Text", label: __("Why Should It Not Count?"), reqd: 1 },
		async ({ reason }) => {
			await frappe.call({ method: "mps_module.api.reads.withdraw", type: "POST", args: { read: frm.doc.name, reason }, freeze: true });
			frm.reload_doc();
		},
		__("Withdraw"),
		__("Withdraw")
	);
}
