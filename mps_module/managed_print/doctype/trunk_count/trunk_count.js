// Trunk Count: a manager approves the variance or rejects it with a reason.
frappe.ui.form.on("Trunk Count", {
    refresh(frm) {
        if (frm.doc.status !== "Waiting") return;
        const managers = ["System Manager", "MPS Manager", "Stock Manager"];
        if (!managers.some((role) => frappe.user.has_role(role))) return;
        const decide = (approve) => {
            frappe.prompt(
                [{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: approve ? 0 : 1 }],
                async ({ reason }) => {
                    await frappe.xcall("mps_module.api.trunk.decide_count", { name: frm.doc.name, approve, reason: reason || "" });
                    frm.reload_doc();
                },
                approve ? __("Book the variance") : __("Reject the count"),
                approve ? __("Approve") : __("Reject"),
            );
        };
        frm.add_custom_button(__("Approve"), () => decide(true)).addClass("btn-primary");
        frm.add_custom_button(__("Reject"), () => decide(false));
    },
});
