// Guided actions of a device. Each asks for the place and for a read of every counter, and is done as a whole.

frappe.ui.form.on("MPS Device", {
	setup(frm) {
		frm.set_query("customer_address", () => address_query(frm.doc.customer));
		frm.set_query("contact", () => contact_query(frm.doc.customer));
		frm.set_query("serial_no", () => (frm.doc.item ? { filters: { item_code: frm.doc.item } } : {}));
	},

	refresh(frm) {
		if (frm.is_new()) return;
		show_counters(frm);
		if (!frm.perm[0]?.write) return;
		const add = (label, act) => frm.add_custom_button(label, act, __("Actions"));
		if (["In Stock", "Removed"].includes(frm.doc.status)) {
			add(__("Install"), () => place_dialog(frm, "install"));
		}
		if (frm.doc.status === "Installed") {
			add(__("Move"), () => place_dialog(frm, "move"));
			add(__("Swap"), () => swap_dialog(frm));
			add(__("Remove"), () => remove_dialog(frm));
			add(__("Enter Reads"), () => reads_dialog(frm));
		}
	},
});

const API = "mps_module.api.devices.";

function address_query(customer) {
	return {
		query: "frappe.contacts.doctype.address.address.address_query",
		filters: { link_doctype: "Customer", link_name: customer || "" },
	};
}

function contact_query(customer) {
	return {
		query: "frappe.contacts.doctype.contact.contact.contact_query",
		filters: { link_doctype: "Customer", link_name: customer || "" },
	};
}

async function counters_of(device) {
	const { message } = await frappe.call({ method: API + "counters", args: { device } });
	return message || [];
}

async function show_counters(frm) {
	const counters = await counters_of(frm.doc.name);
	const esc = frappe.utils.escape_html;
	const number = (value) => (value === null || value === undefined ? "" : format_number(value, null, 0));
	const rows = counters
		.map(
			(c) => `<tr><td>${esc(c.label)}</td>
			<td class="text-right">${c.last_read ? `<a href="/app/meter-read/${encodeURIComponent(c.last_read)}">${number(c.last_value)}</a>` : `<span class="text-muted">${__("never read")}</span>`}</td>
			<td>${c.last_taken_at ? frappe.datetime.str_to_user(c.last_taken_at) : ""}</td>
			<td class="text-right">${c.high === null ? "" : `${number(c.low)} – ${number(c.high)}`}</td></tr>`
		)
		.join("");
	const { message: sums } = await frappe.call({ method: API + "sums", args: { device: frm.doc.name } });
	const sum = sums?.message
		? `<p class="${sums.difference ? "text-warning" : "text-muted"}">${frappe.datetime.str_to_user(sums.taken_at)}: ${esc(sums.message)}</p>`
		: "";
	frm.get_field("reads_html").$wrapper.html(
		`<table class="table table-bordered"><thead><tr><th>${__("Counter")}</th><th class="text-right">${__("Last Value")}</th>
		<th>${__("Read At")}</th><th class="text-right">${__("Expected Now")}</th></tr></thead><tbody>${rows}</tbody></table>${sum}`
	);
}

// A field for each counter, with the last value and what is expected as its description.
function counter_fields(counters, prefix, label) {
	const number = (value) => format_number(value, null, 0);
	const fields = counters.map((c) => ({
		fieldname: prefix + c.meter,
		fieldtype: "Data",
		label: c.label,
		description: c.last_read
			? __("last {0} on {1}", [number(c.last_value), frappe.datetime.str_to_user(c.last_taken_at)]) +
			  (c.high === null ? "" : ", " + __("expected {0} – {1}", [number(c.low), number(c.high)]))
			: __("never read"),
	}));
	fields.splice(Math.ceil(fields.length / 2), 0, { fieldtype: "Column Break" });
	return [{ fieldtype: "Section Break", label }, ...fields];
}

const act_fields = () => [
	{ fieldtype: "Section Break", label: __("When and Why") },
	{
		fieldname: "at",
		fieldtype: "Datetime",
		label: __("At"),
		reqd: 1,
		default: frappe.datetime.now_datetime(),
	},
	{
		fieldname: "source",
		fieldtype: "Select",
		label: __("Read By"),
		options: ["technician", "staff"],
		default: "technician",
	},
	{ fieldtype: "Column Break" },
	{ fieldname: "reason", fieldtype: "Data", label: __("Reason") },
	{
		fieldname: "unread",
		fieldtype: "Data",
		label: __("Why Not Read"),
		description: __("Only where a counter cannot be read."),
	},
];

const place_fields = (doc, customer_reqd) => [
	{ fieldtype: "Section Break", label: __("Place") },
	{
		fieldname: "customer",
		fieldtype: "Link",
		options: "Customer",
		label: __("Customer"),
		reqd: customer_reqd,
		default: doc.customer,
	},
	{
		fieldname: "customer_address",
		fieldtype: "Link",
		options: "Address",
		label: __("Address"),
		get_query: () => address_query(cur_dialog?.get_value("customer")),
	},
	{
		fieldname: "contact",
		fieldtype: "Link",
		options: "Contact",
		label: __("Contact"),
		get_query: () => contact_query(cur_dialog?.get_value("customer")),
	},
	{ fieldtype: "Column Break" },
	{ fieldname: "site", fieldtype: "Data", label: __("Site") },
	{ fieldname: "department", fieldtype: "Data", label: __("Department") },
	{ fieldname: "cost_center", fieldtype: "Data", label: __("Customer's Cost Center") },
	{ fieldname: "po_no", fieldtype: "Data", label: __("Customer's PO") },
];
const PLACE = ["customer", "customer_address", "contact", "site", "department", "cost_center", "po_no"];

const pick = (values, names) => Object.fromEntries(names.map((name) => [name, values[name]]));
const taken = (values, counters, prefix) =>
	Object.fromEntries(counters.map((c) => [c.meter, (values[prefix + c.meter] ?? "").trim()]));
const act_of = (values) => pick(values, ["at", "source", "reason", "unread"]);

function dialog_of(frm, title, label, fields, call) {
	const dialog = new frappe.ui.Dialog({
		title,
		fields,
		size: "large",
		primary_action_label: label,
		async primary_action(values) {
			const { method, args } = call(values);
			await frappe.call({ method: API + method, type: "POST", args, freeze: true });
			dialog.hide();
			frm.reload_doc();
		},
	});
	dialog.show();
	return dialog;
}

async function place_dialog(frm, action) {
	const counters = await counters_of(frm.doc.name);
	const install = action === "install";
	const title = install ? __("Install {0}", [frm.doc.name]) : __("Move {0}", [frm.doc.name]);
	const fields = [
		...place_fields(frm.doc, 1),
		...counter_fields(counters, "read_", __("Counters at That Moment")),
		...act_fields(),
	];
	dialog_of(frm, title, install ? __("Install") : __("Move"), fields, (values) => ({
		method: action,
		args: {
			device: frm.doc.name,
			place: pick(values, PLACE),
			reads: taken(values, counters, "read_"),
			...act_of(values),
		},
	}));
}

async function remove_dialog(frm) {
	const counters = await counters_of(frm.doc.name);
	const fields = [
		...counter_fields(counters, "read_", __("Last Values")),
		...act_fields(),
		{ fieldname: "retire", fieldtype: "Check", label: __("Retire it: it will not be installed again") },
		{
			fieldtype: "HTML",
			options: `<p class="text-muted">${__("Contract lines that cover it end on that day.")}</p>`,
		},
	];
	dialog_of(frm, __("Remove {0}", [frm.doc.name]), __("Remove"), fields, (values) => ({
		method: "remove",
		args: {
			device: frm.doc.name,
			reads: taken(values, counters, "read_"),
			retire: values.retire ? 1 : 0,
			...act_of(values),
		},
	}));
}

function swap_dialog(frm) {
	frappe.prompt(
		{
			fieldname: "other",
			fieldtype: "Link",
			options: "MPS Device",
			label: __("Replaced By"),
			reqd: 1,
			get_query: () => ({ filters: { status: ["in", ["In Stock", "Removed"]] } }),
		},
		async ({ other }) => {
			const [old, fresh] = await Promise.all([counters_of(frm.doc.name), counters_of(other)]);
			const fields = [
				...counter_fields(old, "old_", __("Last Values of {0}", [frm.doc.name])),
				...counter_fields(fresh, "new_", __("First Values of {0}", [other])),
				...act_fields(),
				{ fieldname: "retire", fieldtype: "Check", label: __("Retire {0}", [frm.doc.name]) },
				{
					fieldtype: "HTML",
					options: `<p class="text-muted">${__("The place and the contract lines pass to {0}.", [frappe.utils.escape_html(other)])}</p>`,
				},
			];
			dialog_of(frm, __("Swap {0} for {1}", [frm.doc.name, other]), __("Swap"), fields, (values) => ({
				method: "swap",
				args: {
					device: frm.doc.name,
					other,
					reads: taken(values, old, "old_"),
					other_reads: taken(values, fresh, "new_"),
					retire: values.retire ? 1 : 0,
					...act_of(values),
				},
			}));
		},
		__("Swap"),
		__("Next")
	);
}

async function reads_dialog(frm) {
	const counters = await counters_of(frm.doc.name);
	const dialog = new frappe.ui.Dialog({
		title: __("Reads of {0}", [frm.doc.name]),
		fields: [
			{ fieldname: "at", fieldtype: "Datetime", label: __("Read At"), reqd: 1, default: frappe.datetime.now_datetime() },
			{ fieldname: "source", fieldtype: "Select", label: __("Read By"), options: ["staff", "technician", "portal"], default: "staff" },
			...counter_fields(counters, "read_", __("Counters")),
			{ fieldtype: "Section Break" },
			{ fieldname: "kind", fieldtype: "Select", label: __("Kind"), options: ["actual", "estimate", "reset", "rollover"], default: "actual" },
			{ fieldname: "reason", fieldtype: "Data", label: __("Note") },
		],
		primary_action_label: __("Enter"),
		async primary_action(values) {
			const rows = Object.entries(taken(values, counters, "read_"))
				.filter(([, value]) => value !== "")
				.map(([meter, value]) => ({
					device: frm.doc.name,
					meter,
					value,
					taken_at: values.at,
					kind: values.kind,
					reason: values.reason,
				}));
			const { message } = await frappe.call({
				method: "mps_module.api.reads.enter",
				type: "POST",
				args: { rows, source: values.source },
				freeze: true,
			});
			dialog.hide();
			const odd = message.rows.filter((row) => row.message).map((row) => frappe.utils.escape_html(row.message));
			if (odd.length) frappe.msgprint({ title: __("Reads"), message: odd.join("<br>"), indicator: "orange" });
			else frappe.show_alert({ message: __("{0} reads taken", [message.counts.accepted]), indicator: "green" });
			frm.reload_doc();
		},
	});
	dialog.show();
}
