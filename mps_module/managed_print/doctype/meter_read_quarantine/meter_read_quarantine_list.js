frappe.listview_settings["Meter Read Quarantine"] = {
	hide_name_column: true,
	add_fields: ["status", "code", "serial", "device_text", "raw_value"],
	filters: [["status", "=", "Open"]],
	get_indicator(doc) {
		const colour = { Open: "red", Repaired: "green", Dismissed: "gray" }[doc.status];
		return [__(doc.status), colour, `status,=,${doc.status}`];
	},
	onload(list) {
		const names = () => list.get_checked_items(true);
		list.page.add_actions_menu_item(__("Try Again"), async () => {
			const { message } = await frappe.call({
				method: "mps_module.api.reads.retry",
				type: "POST",
				args: { names: names() },
				freeze: true,
			});
			frappe.show_alert({ message: __("{0} taken, {1} left", [message.repaired, message.left]), indicator: "green" });
			list.refresh();
		});
		list.page.add_actions_menu_item(__("Dismiss"), () => {
			const chosen = names();
			frappe.prompt(
				{ fieldname: "reason", fieldtype: "Small Text", label: __("Why Are They Left Out?"), reqd: 1 },
				async ({ reason }) => {
					await frappe.call({ method: "mps_module.api.reads.dismiss", type: "POST", args: { names: chosen, reason }, freeze: true });
					list.refresh();
				},
				__("Dismiss"),
				__("Dismiss")
			);
		});
	},
};
