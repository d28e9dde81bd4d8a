// What runs out when. Rows that are ticked are requested with the button.
frappe.query_reports["Toner Outlook"] = {
    filters: [
        {
            fieldname: "company",
            label: __("Company"),
            fieldtype: "Link",
            options: "Company",
            default: frappe.defaults.get_user_default("Company"),
        },
        { fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer" },
        { fieldname: "device_model", label: __("Model"), fieldtype: "Link", options: "MPS Device Model" },
        { fieldname: "days", label: __("Runs Out Within (Days)"), fieldtype: "Int" },
        {
            fieldname: "state",
            label: __("To Do"),
            fieldtype: "Select",
            options: "\nSend\nAsk First\nHeld Back\nApproved\nOrdered\nSpare on the Shelf\nLater\nUnknown",
        },
        { fieldname: "everything", label: __("Show All Supplies"), fieldtype: "Check" },
    ],
    get_datatable_options(options) {
        return Object.assign(options, { checkboxColumn: true });
    },
    formatter(value, row, column, data, formatter) {
        if (data && column.fieldname === "left" && data.left === null) return "";
        const shown = formatter(value, row, column, data);
        if (!data || column.fieldname !== "action") return shown;
        const colours = {
            Send: "red",
            "Ask First": "orange",
            "Held Back": "orange",
            Approved: "blue",
            Ordered: "blue",
            "Spare on the Shelf": "green",
        };
        return `<span class="indicator-pill ${colours[data.action] || "gray"} no-indicator-dot">${__(data.action)}</span>`;
    },
    onload(report) {
        if (!frappe.model.can_create("MPS Supply Request")) return;
        report.page.add_inner_button(__("Request"), async () => {
            const rows = (report.datatable ? report.get_checked_items() : []).filter((row) => row.item && !row.request);
            if (!rows.length) {
                frappe.msgprint(__("Tick supplies that are listed in their models and not requested yet."));
                return;
            }
            const { message } = await frappe.call({
                method: "mps_module.api.supplies.request_many",
                args: { rows: rows.map(({ device, supply }) => ({ device, supply })) },
                freeze: true,
            });
            const held = message.filter((one) => one.status !== "Approved");
            const escape = frappe.utils.escape_html;
            if (held.length) {
                const list = held.map((one) => `<li><b>${escape(one.device)} ${escape(one.supply)}</b>: ${escape(one.reasons)}</li>`);
                frappe.msgprint({ title: __("Held back"), message: `<ul>${list.join("")}</ul>`, indicator: "orange" });
            }
            frappe.show_alert({ message: __("{0} approved", [message.length - held.length]), indicator: "green" });
            report.refresh();
        });
    },
};
