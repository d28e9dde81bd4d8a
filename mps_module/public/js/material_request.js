// Material Request of a trunk: pick and send through transit.
frappe.ui.form.on("Material Request", {
    refresh(frm) {
        if (!frm.doc.mps_trunk || frm.doc.docstatus !== 1 || frm.doc.per_ordered >= 100 || frm.doc.status === "Stopped") return;
        frm.add_custom_button(__("Send to Trunk"), async () => {
            const name = await frappe.xcall("mps_module.api.trunk.send", { material_request: frm.doc.name });
            frappe.set_route("Form", "Stock Entry", name);
        }).addClass("btn-primary");
    },
});
