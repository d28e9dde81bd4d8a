frappe.listview_settings["Trunk Stock"] = {
    add_fields: ["disabled", "user"],
    get_indicator(doc) {
        if (doc.disabled) return [__("Disabled"), "gray", "disabled,=,1"];
        if (!doc.user) return [__("No User"), "orange", "user,is,not set"];
        return [__("In Use"), "green", "disabled,=,0"];
    },
    onload(list) {
        list.page.add_inner_button(__("New Technician"), () => new_technician(list));
        list.page.add_inner_button(__("Refill All"), async () => {
            await new Promise((loaded) => frappe.model.with_doctype("Trunk Stock", loaded)); // brings mps_refill
            const chosen = list.get_checked_items(true);
            window.mps_refill(chosen.length ? chosen : null, () => list.refresh());
        });
    },
};

function new_technician(list) {
    const dialog = new frappe.ui.Dialog({
        title: __("New Technician"),
        fields: [
            { fieldname: "employee", fieldtype: "Link", options: "Employee", label: __("Employee"), reqd: 1, description: __("With the user who signs in on the phone.") },
            { fieldname: "source_warehouse", fieldtype: "Link", options: "Warehouse", label: __("Refilled From"), reqd: 1, get_query: () => ({ filters: { is_group: 0 } }) },
            { fieldname: "territory", fieldtype: "Link", options: "Territory", label: __("Territory") },
            { fieldname: "trunk_name", fieldtype: "Data", label: __("Trunk"), description: __("Empty: the technician's name.") },
            { fieldname: "copy_levels_from", fieldtype: "Link", options: "Trunk Stock", label: __("Levels as in") },
        ],
        primary_action_label: __("Set Up"),
        async primary_action(values) {
            const name = await frappe.xcall("mps_module.api.trunk.set_up_technician", values);
            dialog.hide();
            list.refresh();
            frappe.set_route("Form", "Trunk Stock", name);
        },
    });
    dialog.show();
}
