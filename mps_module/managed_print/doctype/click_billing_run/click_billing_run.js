// The preview of a billing run: every due contract, worst money first, with what a person has to decide.

const STATE_COLOURS = {
	Ready: "blue", Accepted: "purple", Flagged: "orange", Blocked: "red", Failed: "red",
	Invoiced: "green", "Part Cancelled": "yellow",
};

frappe.ui.form.on("Click Billing Run", {
	refresh(frm) {
		frm.mps_view = frm.mps_view || { state: "", search: "", order: "worst", start: 0 };
		frm.events.buttons(frm);
		if (!frm.is_new()) frm.events.load(frm);
		frm.events.watch(frm);
	},

	buttons(frm) {
		if (frm.is_new()) return;
		const { status } = frm.doc;
		const call = (method, args, freeze_message) =>
			frappe
				.call({ method: `mps_module.api.billing.${method}`, args: { run_name: frm.doc.name, ...args }, freeze: true, freeze_message })
				.then(() => frm.reload_doc());
		if (status === "Draft") {
			frm.page.set_primary_action(__("Prepare"), () => call("prepare", {}, __("Queued …")));
		}
		if (["Review", "Completed"].includes(status)) {
			frm.add_custom_button(__("Prepare Again"), () => call("prepare"));
		}
		if (status === "Review" && frm.doc.ready) {
			frm.page.set_primary_action(__("Approve {0} Bills", [frm.doc.ready]), () => frm.events.approve(frm, call));
		}
		if (["Review", "Completed"].includes(status) && frm.doc.failed) {
			frm.add_custom_button(__("Retry Failed"), () => frm.events.retry_all(frm, call));
		}
		if (["Preparing", "Invoicing"].includes(status)) {
			frm.add_custom_button(__("Resume"), () => call("resume"), __("Actions"));
		}
		if (["Draft", "Review"].includes(status)) {
			frm.add_custom_button(__("Give Up Previews"), () => frappe.confirm(__("Remove the previews of this run? Invoices that it made stay."), () => call("cancel")), __("Actions"));
		}
	},

	approve(frm, call) {
		const mode = frm.doc.invoice_mode === "Submitted" ? __("submitted invoices") : __("draft invoices");
		frappe.confirm(
			__("Make {0} for {1} bills that are ready or accepted? {2} flagged and {3} blocked ones wait.", [
				mode, frm.doc.ready, frm.doc.flagged, frm.doc.blocked,
			]),
			() => call("approve", {}, __("Queued …")),
		);
	},

	retry_all(frm, call) {
		frappe.db
			.get_list("Click Bill", { filters: { run: frm.doc.name, status: "Failed" }, pluck: "name", limit: 500 })
			.then((bills) => call("retry", { bills }));
	},

	watch(frm) {
		// Progress comes over the socket; where there is none, the form asks.
		frappe.realtime.off("mps_run");
		frappe.realtime.on("mps_run", (data) => data.run === frm.doc.name && frm.reload_doc());
		clearTimeout(frm.mps_timer);
		if (!["Preparing", "Invoicing"].includes(frm.doc.status)) return;
		frm.mps_timer = setTimeout(() => {
			if (cur_frm === frm && !frm.is_dirty()) frm.reload_doc();
		}, 4000);
	},

	load(frm) {
		const view = frm.mps_view;
		return frappe
			.call({
				method: "mps_module.api.billing.preview",
				type: "GET",
				args: { run_name: frm.doc.name, state: view.state, search: view.search, order: view.order, start: view.start, limit: 50 },
			})
			.then(({ message }) => frm.events.draw(frm, message));
	},

	draw(frm, page) {
		const wrapper = $(frm.fields_dict.preview.wrapper).empty().addClass("mps-run");
		wrapper.append(STYLE);
		if (["Preparing", "Invoicing"].includes(frm.doc.status)) {
			const label = frm.doc.status === "Preparing" ? __("Computing bills") : __("Making invoices");
			wrapper.append(`<div class="mps-progress"><div class="text-muted">${label} … ${frm.doc.jobs_done || 0} / ${frm.doc.jobs || "?"}</div>
				<div class="progress"><div class="progress-bar" style="width:${frm.doc.progress || 2}%"></div></div></div>`);
		}
		wrapper.append(toolbar(frm, page.states));
		if (!page.rows.length) {
			const none = frm.doc.status === "Draft" ? __("Prepare the run to see what is due.") : __("No bills here.");
			wrapper.append(`<div class="mps-none text-muted">${none}</div>`);
			return;
		}
		const table = $(`<div class="mps-scroll"><table class="table mps-bills"><thead><tr>
			<th style="width:24px"><input type="checkbox" class="mps-all"></th>
			<th>${__("Contract")}</th><th>${__("Bill Date")}</th><th>${__("State")}</th>
			<th class="text-right">${__("Amount")}</th><th class="text-right">${__("To Last Bill")}</th>
			<th class="text-right">${__("At Stake")}</th><th>${__("Why")}</th></tr></thead>
			<tbody>${page.rows.map(row_html).join("")}</tbody></table></div>`).appendTo(wrapper);
		const more = page.rows.length === 50;
		if (more || frm.mps_view.start) {
			wrapper.append(`<div class="mps-pages">
				<button class="btn btn-xs btn-default" data-step="-50" ${frm.mps_view.start ? "" : "disabled"}>${__("Previous")}</button>
				<button class="btn btn-xs btn-default" data-step="50" ${more ? "" : "disabled"}>${__("Next")}</button></div>`);
		}
		bind(frm, wrapper, table);
	},
});

function toolbar(frm, states) {
	const view = frm.mps_view;
	const all = states.reduce((sum, s) => sum + s.count, 0);
	const pill = (state, count, colour) =>
		`<button class="mps-pill ${view.state === state ? "active" : ""}" data-state="${state}">
			<span class="indicator ${colour}"></span>${state ? __(state) : __("All")} <b>${count}</b></button>`;
	return `<div class="mps-tools"><div class="mps-pills">${pill("", all, "gray")}${states
		.map((s) => pill(s.status, s.count, STATE_COLOURS[s.status] || "gray"))
		.join("")}</div>
		<div class="mps-right"><button class="btn btn-xs btn-primary mps-accept hidden">${__("Accept …")}</button>
		<select class="form-control input-xs mps-order">${[
			["worst", __("Worst money first")], ["difference", __("Largest rise first")], ["total", __("Largest bill first")],
		].map(([v, t]) => `<option value="${v}" ${view.order === v ? "selected" : ""}>${t}</option>`).join("")}</select>
		<input class="form-control input-xs mps-search" placeholder="${__("Customer or contract")}" value="${frappe.utils.escape_html(view.search)}"></div></div>`;
}

function row_html(row) {
	const money = (value) => format_currency(value, row.currency);
	const esc = frappe.utils.escape_html;
	const change = !row.last_total ? "" : `<span class="${row.difference < 0 ? "text-danger" : ""}">${row.difference > 0 ? "+" : ""}${money(row.difference)}</span>`;
	const can = ["Flagged", "Blocked"].includes(row.status);
	const why = row.error || row.reason || row.accept_reason || "";
	const invoices = row.invoices.map((i) => `<a href="/app/sales-invoice/${encodeURIComponent(i)}">${esc(i)}</a>`).join(" ");
	const retry = ["Failed", "Part Cancelled"].includes(row.status) ? `<button class="btn btn-xs btn-default mps-retry" data-bill="${esc(row.name)}">${__("Retry")}</button>` : "";
	const estimated = row.estimate_share ? `<span class="text-muted small">${__("{0} % estimated", [Math.round(row.estimate_share)])}</span>` : "";
	return `<tr data-bill="${esc(row.name)}">
		<td>${can ? `<input type="checkbox" class="mps-check">` : ""}</td>
		<td class="mps-contract"><a href="/app/click-bill/${encodeURIComponent(row.name)}"><b>${esc(row.title || row.contract)}</b></a>
			<div class="text-muted small">${esc(row.customer_name || row.customer)} · <span class="mps-nowrap">${esc(row.contract)}</span></div></td>
		<td class="mps-nowrap">${frappe.datetime.str_to_user(row.due_date)}</td>
		<td class="mps-nowrap"><span class="indicator-pill ${STATE_COLOURS[row.status] || "gray"}">${__(row.status)}</span></td>
		<td class="text-right mps-nowrap"><b>${money(row.total)}</b><div>${estimated}</div></td>
		<td class="text-right mps-nowrap">${change}</td>
		<td class="text-right mps-nowrap">${row.at_stake ? `<b>${money(row.at_stake)}</b>` : ""}</td>
		<td class="mps-why">${esc(why)} ${invoices} ${retry}</td></tr>`;
}

function bind(frm, wrapper, table) {
	const view = frm.mps_view;
	const again = (change) => {
		Object.assign(view, { start: 0 }, change);
		frm.events.load(frm);
	};
	const checked = () => table.find(".mps-check:checked").map((_, e) => $(e).closest("tr").data("bill")).get();
	const show = () => wrapper.find(".mps-accept").toggleClass("hidden", !checked().length).text(__("Accept {0} …", [checked().length]));
	wrapper.find(".mps-pill").on("click", (e) => again({ state: $(e.currentTarget).data("state") }));
	wrapper.find(".mps-order").on("change", (e) => again({ order: e.target.value }));
	wrapper.find(".mps-search").on("change", (e) => again({ search: e.target.value }));
	wrapper.find("[data-step]").on("click", (e) => again({ start: Math.max(0, view.start + cint($(e.target).data("step"))) }));
	table.find(".mps-all").on("change", (e) => { table.find(".mps-check").prop("checked", e.target.checked); show(); });
	table.find(".mps-check").on("change", show);
	wrapper.find(".mps-accept").on("click", () => accept(frm, checked()));
	table.find(".mps-retry").on("click", (e) =>
		frappe.call({ method: "mps_module.api.billing.retry", args: { run_name: frm.doc.name, bills: [$(e.target).data("bill")] }, freeze: true }).then(() => frm.reload_doc()),
	);
}

function accept(frm, bills) {
	frappe.prompt(
		[{ fieldname: "reason", fieldtype: "Small Text", label: __("Why are these bills right?"), reqd: 1 }],
		({ reason }) => frappe.call({ method: "mps_module.api.billing.accept", args: { bills, reason }, freeze: true }).then(() => frm.reload_doc()),
		__("Accept {0} Bills", [bills.length]),
		__("Accept"),
	);
}

const STYLE = `<style>
.mps-run .mps-tools{display:flex;flex-wrap:wrap;gap:8px;justify-content:space-between;align-items:center;margin-bottom:10px}
.mps-run .mps-pills{display:flex;flex-wrap:wrap;gap:6px}
.mps-run .mps-pill{border:1px solid var(--border-color);background:var(--card-bg);color:var(--text-color);border-radius:14px;padding:3px 11px;font-size:var(--text-sm)}
.mps-run .mps-pill.active{background:var(--control-bg);border-color:var(--gray-500)}
.mps-run .mps-right{display:flex;flex-wrap:wrap;gap:6px;align-items:center}
.mps-run .mps-right .form-control{flex:1 1 150px;height:28px;width:auto;min-width:0}
.mps-run .mps-scroll{overflow-x:auto;border:1px solid var(--border-color);border-radius:var(--border-radius-md)}
.mps-run .mps-bills{margin:0;font-size:var(--text-sm)}
.mps-run .mps-bills th{color:var(--text-muted);font-weight:500;border-top:0;white-space:nowrap;background:var(--subtle-fg)}
.mps-run .mps-bills td{vertical-align:top}
.mps-run .mps-nowrap{white-space:nowrap}
.mps-run .mps-contract{min-width:145px}
.mps-run .mps-why{min-width:190px;max-width:460px}
.mps-run .mps-none{padding:30px;text-align:center;border:1px dashed var(--border-color);border-radius:var(--border-radius-md)}
.mps-run .mps-pages{display:flex;gap:6px;justify-content:flex-end;margin-top:8px}
.mps-run .mps-progress{margin-bottom:12px}
</style>`;
