// One click settles a row: what was wrong decides which repairs are offered first.

frappe.ui.form.on("Meter Read Quarantine", {
	refresh(frm) {
		frm.disable_save();
		if (frm.doc.status !== "Open") return;
		frm.set_intro(frappe.utils.escape_html([frm.doc.message, frm.doc.todo].filter(Boolean).join(" ")), "orange");
		if (!frm.perm[0]?.write) return;
		for (const [label, act] of repairs(frm)) frm.add_custom_button(label, act, __("Repair"));
		frm.add_custom_button(__("Dismiss"), () => dismiss([frm.doc.name], () => frm.reload_doc()));
		frm.page.set_inner_btn_group_as_primary(__("Repair"));
	},
});

const ASK = {
	device: { fieldname: "device", fieldtype: "Link", options: "MPS Device", label: __("Device"), reqd: 1 },
	meter: { fieldname: "meter", fieldtype: "Link", options: "MPS Meter Type", label: __("Meter"), reqd: 1 },
	value: { fieldname: "value", fieldtype: "Data", label: __("Right Value"), reqd: 1 },
	taken_at: { fieldname: "taken_at", fieldtype: "Datetime", label: __("Read At"), reqd: 1 },
	reason: { fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 },
};

function repairs(frm) {
	const doc = frm.doc;
	const ask = (title, name) => [title, () => frappe.prompt(ASK[name], (values) => repair(frm, values), title, __("Repair"))];
	const say = (title, values) => [title, () => repair(frm, values)];
	const found = [];
	if (!doc.device || /^(serial|device)-/.test(doc.code)) found.push(ask(__("Choose the Device"), "device"));
	if (!doc.meter) found.push(ask(__("Choose the Meter"), "meter"));
	if (doc.code === "lower-than-before") {
		found.push(say(__("New Board (Reset)"), { kind: "reset" }), say(__("Ran Over (Rollover)"), { kind: "rollover" }));
	}
	if (doc.code === "rollover-not-lower") found.push(say(__("Plain Read"), { kind: "actual" }));
	if (doc.code === "future-time") found.push(say(__("Take It as an Estimate"), { kind: "estimate" }));
	if (doc.code === "conflict") {
		found.push(say(__("Take This Value"), {}));
		found.push([
			__("It Replaces the Other Value"),
			() => frappe.prompt(ASK.reason, ({ reason }) => repair(frm, { replaces: 1, reason }), __("Replace"), __("Replace")),
		]);
	}
	found.push(ask(__("Correct the Value"), "value"), ask(__("Correct the Time"), "taken_at"));
	found.push(say(__("Try Again"), {}));
	return found;
}

async function repair(frm, values) {
	const { message } = await frappe.call({
		method: "mps_module.api.reads.repair",
		type: "POST",
		args: { name: frm.doc.name, ...values },
		freeze: true,
	});
	frappe.show_alert({ message: __("Taken: {0}", [message.verdict]), indicator: "green" });
	frm.reload_doc();
}

function dismiss(names, done) {
	frappe.prompt(
		{ fieldname: "reason", fieldtype: "Small Text", label: __("Why Is It Left Out?"), reqd: 1 },
		async ({ reason }) => {
			await frappe.call({ method: "mps_module.api.reads.dismiss", type: "POST", args: { names, reason }, freeze: true });
			done();
		},
		__("Dismiss"),
		__("Dismiss")
	);
}
