frappe.listview_settings["Click Bill"] = {
	add_fields: ["status", "at_stake", "currency"],
	get_indicator(doc) {
		const colours = {
			Ready: "blue", Accepted: "purple", Flagged: "orange", Blocked: "red", Failed: "red", Invoiced: "green",
			"Part Cancelled": "yellow", Released: "gray", Credited: "gray",
		};
		return [__(doc.status), colours[doc.status] || "gray", `status,=,${doc.status}`];
	},
	onload(listview) {
		listview.page.add_inner_button(__("Corrected Bills"), show_corrected);
	},
};

// Posted bills that late or corrected reads change, and what the next bill will adjust.
function show_corrected() {
	frappe.call({ method: "mps_module.api.billing.affected", type: "GET", freeze: true }).then(({ message: rows }) => {
		if (!rows.length) {
			frappe.msgprint(__("Every posted bill still agrees with the reads."));
			return;
		}
		const esc = frappe.utils.escape_html;
		const dialog = new frappe.ui.Dialog({ title: __("Bills That Would Come Out Differently Today"), size: "large" });
		dialog.$body.html(`<table class="table table-sm"><thead><tr><th>${__("Bill")}</th><th class="text-right">${__("Charged")}</th>
			<th class="text-right">${__("Today")}</th><th class="text-right">${__("Next Bill Adjusts")}</th></tr></thead><tbody>${rows
				.map((r) => `<tr><td><a href="/app/click-bill/${encodeURIComponent(r.bill)}">${esc(r.bill)}</a><div class="small text-muted">${esc(r.customer)}</div></td>
					<td class="text-right">${format_currency(r.was, r.currency)}</td><td class="text-right">${format_currency(r.now, r.currency)}</td>
					<td class="text-right ${r.difference < 0 ? "text-danger" : ""}">${format_currency(r.difference, r.currency)}</td></tr>`)
				.join("")}</tbody></table>`);
		dialog.show();
	});
}
