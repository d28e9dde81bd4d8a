frappe.listview_settings["MPS Supply Request"] = {
    add_fields: ["status", "asked_by", "customer_name"],
    get_indicator(doc) {
        const colour = { "Held Back": "orange", Approved: "blue", Ordered: "purple", Sent: "green", Fitted: "gray", Refused: "red" };
        return [__(doc.status), colour[doc.status], `status,=,${doc.status}`];
    },
    onload(list) {
        if (!frappe.model.can_write("MPS Supply Request")) return;
        const api = "mps_module.api.supplies.";
        const act = async (method, more = {}) => {
            const names = list.get_checked_items(true);
            await frappe.call({ method: api + method, args: { names, ...more }, freeze: true });
            list.clear_checked_items();
            list.refresh();
        };
        const ask = (method, title) =>
            frappe.prompt({ fieldname: "decision", fieldtype: "Small Text", label: __("Reason"), reqd: 1 }, (values) => act(method, values), title);
        list.page.add_actions_menu_item(__("Order"), () => act("order"));
        list.page.add_actions_menu_item(__("Approve"), () => ask("approve", __("Send Them All the Same")));
        list.page.add_actions_menu_item(__("Refuse"), () => ask("refuse", __("Do Not Send Them")));
    },
};
