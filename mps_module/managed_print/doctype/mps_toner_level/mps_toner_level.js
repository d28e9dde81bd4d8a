frappe.ui.form.on("MPS Toner Level", {
    refresh(frm) {
        frm.disable_save();
        const office = ["System Manager", "MPS Manager", "MPS Service"].some((role) => frappe.user.has_role(role));
        if (frm.doc.withdrawn || !office) return;
        frm.add_custom_button(__("Withdraw"), () =>
            frappe.prompt({ fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 }, async ({ reason }) => {
                await frappe.call({ method: "mps_module.api.supplies.withdraw_level", args: { name: frm.doc.name, reason } });
                frm.reload_doc();
            }, __("It Should Never Have Counted"))
        );
    },
});
