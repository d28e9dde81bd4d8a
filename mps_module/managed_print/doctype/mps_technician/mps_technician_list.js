// One step: an employee goes on the board with user, trunk, territory and hours.
frappe.listview_settings["MPS Technician"] = {
    add_fields: ["disabled", "user", "trunk"],
    get_indicator(doc) {
        if (doc.disabled) return [__("Disabled"), "gray", "disabled,=,1"];
        if (!doc.trunk) return [__("No Trunk"), "orange", "trunk,is,not set"];
        return [__("On the Board"), "green", "disabled,=,0"];
    },
    onload(list) {
        list.page.add_inner_button(__("Set Up from Employee"), () => {
            frappe.prompt(
                [{ fieldname: "employee", fieldtype: "Link", options: "Employee", label: __("Employee"), reqd: 1, get_query: () => ({ filters: { status: "Active" } }), description: __("User, trunk and territory are taken over. A trunk is made with New Technician in the list of trunks.") }],
                async (values) => {
                    const name = await frappe.xcall("mps_module.api.dispatch.set_up_technician", values);
                    frappe.set_route("Form", "MPS Technician", name);
                },
                __("Technician for the Board"),
                __("Set Up"),
            );
        });
    },
};
