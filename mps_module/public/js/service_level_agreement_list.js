// A new class of service, in hours.
(() => {
    const settings = (frappe.listview_settings["Service Level Agreement"] = frappe.listview_settings["Service Level Agreement"] || {});
    const onload = settings.onload;
    settings.onload = function (list) {
        onload?.(list);
        if (!frappe.user.has_role(["MPS Manager", "System Manager"])) return;
        list.page.add_inner_button(__("New Contract Class"), () => {
            const fields = [
                { fieldname: "title", fieldtype: "Data", label: __("Class"), reqd: 1, description: __("As contracts name it, such as Gold.") },
                { fieldname: "response_hours", fieldtype: "Float", label: __("Response, Hours"), reqd: 1, default: 4, description: __("Until somebody is on site or has fixed it remotely; an answer by mail does not count.") },
                { fieldname: "restore_hours", fieldtype: "Float", label: __("Restore, Hours"), reqd: 1, default: 8 },
                { fieldname: "holiday_list", fieldtype: "Link", options: "Holiday List", label: __("Holiday List") },
                { fieldname: "all_days", fieldtype: "Check", label: __("Around the clock, all days"), description: __("Otherwise 8 to 17, Monday to Friday; the agreement can be edited.") },
            ];
            frappe.prompt(fields, async (values) => {
                const made = await frappe.xcall("mps_module.api.service.make_class", values);
                if (made.rivals.length) {
                    frappe.msgprint(__("These hold for every call and may win over it: {0}. Give them a condition, or make one the default.", [made.rivals.map(frappe.utils.escape_html).join(", ")]));
                }
                frappe.set_route("Form", "Service Level Agreement", made.name);
            }, __("New Contract Class"), __("Make"));
        });
    };
})();
