// An agreement that exists becomes a class that contracts choose.
frappe.ui.form.on("Service Level Agreement", {
    refresh(frm) {
        if (frm.is_new() || frm.doc.document_type !== "Issue" || frm.doc.default_service_level_agreement) return;
        if (frm.doc.condition === `doc.mps_sla == '${frm.doc.name}'`) {
            frm.dashboard.add_comment(__("Contracts choose this class."), "blue", true);
            return;
        }
        frm.add_custom_button(__("Use as Contract Class"), async () => {
            const { rivals } = await frappe.xcall("mps_module.api.service.use_as_class", { agreement: frm.doc.name });
            await frm.reload_doc();
            if (rivals.length) {
                frappe.msgprint(__("These hold for every call and may win over it: {0}. Give them a condition, or make one the default.", [rivals.map(frappe.utils.escape_html).join(", ")]));
            }
        });
    },
});
