// Maintenance Visit of a call: how it ended, what was used and read, and the report for the customer.
const COLOURS = { Complete: "green", "Held for Part": "orange", "Needs Help": "red", "Follow-up": "blue" };
const esc = frappe.utils.escape_html;

frappe.ui.form.on("Maintenance Visit", {
    async refresh(frm) {
        if (!frm.doc.mps_outcome || frm.is_new()) return;
        frm.page.set_indicator(__(frm.doc.mps_outcome), COLOURS[frm.doc.mps_outcome]);
        frm.add_custom_button(__("Service Report"), () => {
            const query = new URLSearchParams({ doctype: frm.doctype, name: frm.docname, format: "Service Report", trigger_print: 0 });
            window.open(`/printview?${query}`, "_blank", "noopener");
        });
        if (frm.doc.docstatus === 1 && frm.doc.mps_billing_state === "To Bill") {
            frm.add_custom_button(__("Bill Now"), async () => {
                const told = await frappe.xcall("mps_module.api.service.settle_visit", { visit: frm.docname });
                await frm.reload_doc();
                frappe.show_alert({ message: esc(__(told.state)), indicator: told.state === "To Bill" ? "orange" : "green" }, 8);
            });
        }
        const shown = frm.docname;
        // frappe.xcall takes no method in v15.
        const { message: facts } = await frappe.call({ method: "mps_module.api.visits.facts", args: { visit: shown }, type: "GET" });
        if (frm.docname !== shown) return;
        frm.dashboard.clear_headline();
        const html = [times(frm.doc), parts(facts.parts), reads(facts.reads), missing(facts.missing)].filter(Boolean).join("");
        if (html) frm.dashboard.add_section(html, __("The Visit"));
    },
});

const link = (doctype, name, text) => `<a href="${frappe.utils.get_form_link(doctype, name)}">${esc(text || name)}</a>`;
const line = (title, text) => `<p style="margin: 4px 0"><b>${title}</b> ${text}</p>`;

function times({ mps_travel_at, mps_arrived_at, mps_left_at, mps_labour_hours, mps_remote }) {
    const steps = [[__("Set out"), mps_travel_at], [__("Arrived"), mps_arrived_at], [__("Finished"), mps_left_at]].filter(([, at]) => at);
    if (!steps.length) return "";
    const text = steps.map(([label, at]) => `${label} ${frappe.datetime.str_to_user(at)}`).join(" → ");
    const work = `${format_number(mps_labour_hours, null, 2)} h`;
    return line(mps_remote ? __("Solved remotely") : __("Times"), `${text} · ${__("work")} ${work}`);
}

function parts(rows) {
    return rows.length ? line(__("Parts"), rows.map((row) => `${row.qty} × ${link("Item", row.item)} (${link("Stock Entry", row.stock_entry)})`).join(", ")) : "";
}

function reads(rows) {
    const told = (row) => `${esc(__(row.label || row.meter))} ${link("Meter Read", row.name, format_number(row.value, null, 0))}${row.not_for_billing ? ` <span class="text-muted">${__("not for billing")}</span>` : ""}`;
    return rows.length ? line(__("Meter"), rows.map(told).join(", ")) : "";
}

function missing(rows) {
    const told = (row) => `${row.qty} × ${link("Item", row.item)} ${row.aboard_at ? __("aboard since {0}", [frappe.datetime.str_to_user(row.aboard_at)])
        : row.material_request ? link("Material Request", row.material_request) : __("on its way")}`;
    return rows.length ? line(__("Held for"), rows.map(told).join(", ")) : "";
}
