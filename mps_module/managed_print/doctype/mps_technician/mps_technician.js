// MPS Technician: the way to the board and to the days.
frappe.ui.form.on("MPS Technician", {
    setup(frm) {
        frm.set_query("trunk", () => ({ filters: { disabled: 0, ...(frm.doc.company ? { company: frm.doc.company } : {}) } }));
        frm.set_query("employee", () => ({ filters: { status: "Active" } }));
    },
    refresh(frm) {
        if (frm.is_new()) return;
        frm.add_custom_button(__("Days"), () => {
            frappe.route_options = { technician: frm.doc.name };
            frappe.set_route("List", "MPS Assignment", "Calendar");
        });
        if (frappe.user.has_role(["MPS Service", "MPS Manager", "System Manager"])) {
            frm.add_custom_button(__("Dispatch Board"), () => frappe.set_route("dispatch-board"));
        }
    },
});
