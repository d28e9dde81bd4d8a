// A click bill: what was charged, unfolded down to the single read, and what can still be done about it.

frappe.ui.form.on("Click Bill", {
	refresh(frm) {
		frm.disable_save();
		frm.events.buttons(frm);
		frm.events.headline(frm);
		frappe
			.call({ method: "mps_module.api.billing.proof", type: "GET", args: { bill: frm.doc.name } })
			.then(({ message }) => $(frm.fields_dict.proof_html.wrapper).html(PROOF_STYLE + message));
	},

	headline(frm) {
		const { status, reason, error } = frm.doc;
		const text = error || (["Flagged", "Blocked"].includes(status) ? reason : "");
		if (text) frm.dashboard.set_headline_alert(frappe.utils.escape_html(text), status === "Flagged" ? "orange" : "red");
	},

	buttons(frm) {
		const { name, status, run } = frm.doc;
		const call = (method, args) =>
			frappe.call({ method: `mps_module.api.billing.${method}`, args, freeze: true }).then((r) => (frm.reload_doc(), r.message));
		if (["Flagged", "Blocked"].includes(status)) {
			frm.page.set_primary_action(__("Accept …"), () =>
				frappe.prompt(
					[{ fieldname: "reason", fieldtype: "Small Text", label: __("Why is this bill right?"), reqd: 1 }],
					({ reason }) => call("accept", { bills: name, reason }), __("Accept Bill"), __("Accept"),
				),
			);
		}
		if (status === "Accepted") frm.add_custom_button(__("Take Acceptance Back"), () => call("take_back", { bills: name }));
		if (["Ready", "Accepted", "Failed", "Part Cancelled"].includes(status) && run) {
			frm.add_custom_button(status === "Part Cancelled" ? __("Make Missing Invoices") : __("Invoice Now"), () => call("retry", { run_name: run, bills: name }));
		}
		if (["Invoiced", "Part Cancelled"].includes(status)) {
			frm.add_custom_button(__("Compare with Today"), () => compare(frm, call));
		}
	},
});

function compare(frm, call) {
	frappe.call({ method: "mps_module.api.billing.compare", type: "GET", args: { bill: frm.doc.name }, freeze: true }).then(({ message: m }) => {
		const money = (v) => format_currency(v, m.currency);
		const tone = (v) => (v < 0 ? "text-danger" : v > 0 ? "text-success" : "text-muted");
		const dialog = new frappe.ui.Dialog({ title: __("As Posted, and as It Would Be Today"), size: "large" });
		dialog.$body.html(`<table class="table table-sm"><thead><tr><th>${__("Line")}</th><th class="text-right">${__("Posted")}</th>
			<th class="text-right">${__("Today")}</th><th class="text-right">${__("Difference")}</th></tr></thead><tbody>
			${m.rows.map((r) => `<tr><td>${frappe.utils.escape_html(r.line)}<div class="small text-muted">${r.period}</div></td>
				<td class="text-right">${money(r.old)}<div class="small text-muted">${r.old_quantity.toLocaleString()}</div></td>
				<td class="text-right">${money(r.new)}<div class="small text-muted">${r.new_quantity.toLocaleString()}</div></td>
				<td class="text-right ${tone(r.difference)}">${money(r.difference)}</td></tr>`).join("")}
			</tbody><tfoot><tr><th>${__("Net Total")}</th><th class="text-right">${money(m.old)}</th><th class="text-right">${money(m.new)}</th>
				<th class="text-right ${tone(m.difference)}">${money(m.difference)}</th></tr></tfoot></table>
			<p class="text-muted">${__("Left alone, the difference comes as an adjustment on the contract's next bill.")}</p>`);
		if (m.difference) {
			dialog.set_primary_action(__("Credit and Rebill …"), () => {
				dialog.hide();
				frappe.prompt(
					[{ fieldname: "reason", fieldtype: "Small Text", label: __("Why?"), reqd: 1 }, { fieldname: "submit", fieldtype: "Check", label: __("Submit the credit note and the new invoice"), default: 1 }],
					({ reason, submit }) => call("credit_and_rebill", { bill: frm.doc.name, reason, submit: !!submit }).then((done) => frappe.set_route("Form", "Click Bill", done.bill)),
					__("Credit and Rebill"), __("Credit and Rebill"),
				);
			});
		}
		dialog.show();
	});
}

const PROOF_STYLE = `<style>
.mps-proof-line{border:1px solid var(--border-color);border-radius:var(--border-radius-md);margin-bottom:8px;background:var(--card-bg)}
.mps-proof-line summary{display:flex;gap:12px;align-items:baseline;padding:9px 12px;cursor:pointer}
.mps-proof-line[open] summary{border-bottom:1px solid var(--border-color)}
.mps-proof-what{flex:1}.mps-proof-sum{white-space:nowrap}
.mps-proof-amount{min-width:110px;text-align:right;font-weight:600;white-space:nowrap}
.mps-proof-body{padding:10px 12px;overflow-x:auto}.mps-proof-body table{font-size:var(--text-sm);margin-bottom:6px}
.mps-proof-body th{color:var(--text-muted);font-weight:500;border-top:0}
.mps-proof .mps-tiers{width:auto}.mps-proof .mps-tiers td{border:0;padding:1px 14px 1px 0;text-align:right}
.mps-proof .mps-term td{border-top:0;padding-top:0}.mps-proof .mps-term td:nth-child(2){padding-left:22px}
.mps-proof-total{display:flex;justify-content:space-between;padding:9px 12px;font-size:var(--text-lg)}
</style>`;
