// A request is answered, ordered and closed by its buttons.

const SUPPLIES = "mps_module.api.supplies.";

frappe.ui.form.on("MPS Supply Request", {
    setup(frm) {
        frm.set_query("device", () => ({ filters: { status: "Installed" } }));
    },

    async device(frm) {
        if (!frm.doc.device) return;
        const { message } = await frappe.call({ method: SUPPLIES + "of_device", type: "GET", args: { device: frm.doc.device } });
        const lines = (message || []).map((row) => {
            const left = row.level === null ? __(row.state) : `${Math.round(row.level)} %`;
            const days = row.days_left === null ? "" : `, ${__("{0} days", [Math.floor(row.days_left)])}`;
            return `${frappe.utils.escape_html(row.supply)}: ${left}${days}`;
        });
        frm.set_df_property("supply", "description", lines.join("<br>") || __("No level of this device is known."));
    },

    refresh(frm) {
        if (frm.is_new() || !frm.perm[0]?.write) return;
        const names = [frm.doc.name];
        const act = (method, args) =>
            frappe.call({ method: SUPPLIES + method, args, freeze: true }).then(() => frm.reload_doc());
        const decide = (method, title) =>
            frappe.prompt({ fieldname: "decision", fieldtype: "Small Text", label: __("Reason"), reqd: 1 }, ({ decision }) =>
                act(method, { names, decision }), title);
        const status = frm.doc.status;
        if (status === "Held Back") {
            frm.add_custom_button(__("Approve"), () => decide("approve", __("Send It All the Same")));
        }
        if (status === "Approved") {
            frm.add_custom_button(__("Order"), () => act("order", { names })).addClass("btn-primary");
        }
        if (["Held Back", "Approved"].includes(status)) {
            frm.add_custom_button(__("Refuse"), () => decide("refuse", __("Do Not Send It")));
        }
        if (status === "Sent") {
            frm.add_custom_button(__("Fitted"), () => act("fitted", { name: frm.doc.name }));
        }
        if (status === "Held Back" && frm.doc.reasons) {
            frm.dashboard.set_headline(frappe.utils.escape_html(frm.doc.reasons).replaceAll("\n", "<br>"), "orange");
        }
    },
});
