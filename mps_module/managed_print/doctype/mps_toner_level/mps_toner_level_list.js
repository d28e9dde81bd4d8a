// Levels come in by collector, file, portal or here by hand.
frappe.listview_settings["MPS Toner Level"] = {
    add_fields: ["state", "level", "withdrawn"],
    get_indicator(doc) {
        if (doc.withdrawn) return [__("Withdrawn"), "gray", "withdrawn,=,1"];
        if (doc.state !== "Measured") {
            return [__(doc.state), { OK: "green", Low: "orange", Empty: "red" }[doc.state], `state,=,${doc.state}`];
        }
        const left = Math.round(doc.level);
        return [`${left} %`, left <= 5 ? "red" : left <= 20 ? "orange" : "green", "state,=,Measured"];
    },
    onload(list) {
        const api = "mps_module.api.supplies.";
        list.page.add_inner_button(__("Enter Level"), () => {
            const dialog = new frappe.ui.Dialog({
                title: __("Enter Level"),
                fields: [
                    { fieldname: "device", fieldtype: "Link", options: "MPS Device", label: __("Device"), reqd: 1 },
                    { fieldname: "supply", fieldtype: "Data", label: __("Supply"), reqd: 1, default: "black" },
                    { fieldname: "level", fieldtype: "Data", label: __("Level"), reqd: 1, description: __("A percentage, or low, ok, empty.") },
                    { fieldname: "taken_at", fieldtype: "Datetime", label: __("Taken At"), default: frappe.datetime.now_datetime() },
                ],
                primary_action_label: __("Enter"),
                async primary_action(values) {
                    const { message } = await frappe.call({ method: api + "enter_level", args: values, freeze: true });
                    const row = message.rows[0];
                    if (row.verdict === "refused") {
                        frappe.msgprint({ message: frappe.utils.escape_html(row.message), indicator: "orange" });
                        return;
                    }
                    dialog.hide();
                    list.refresh();
                },
            });
            dialog.show();
        });
        if (!["System Manager", "MPS Manager", "MPS Service"].some((role) => frappe.user.has_role(role))) return;
        list.page.add_inner_button(__("Import File"), () => {
            new frappe.ui.FileUploader({
                restrictions: { allowed_file_types: [".csv", ".xlsx", ".tsv", ".txt"] },
                async on_success(file) {
                    const { message } = await frappe.call({ method: api + "import_levels", args: { file_url: file.file_url }, freeze: true });
                    const { received, accepted, duplicate, refused } = message.counts;
                    const text = __("{0} levels: {1} taken, {2} known already, {3} refused.", [received, accepted, duplicate, refused]);
                    const rows = message.problems.map((problem) => `<li>${frappe.utils.escape_html(problem)}</li>`).join("");
                    frappe.msgprint({ title: __("Levels"), message: `${text}<ul>${rows}</ul>`, indicator: refused ? "orange" : "green" });
                    list.refresh();
                },
            });
        });
    },
};
