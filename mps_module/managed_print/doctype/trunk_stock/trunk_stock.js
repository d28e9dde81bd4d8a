// Trunk Stock: what is aboard now, and the actions of the one who looks after the trunk.
frappe.ui.form.on("Trunk Stock", {
    setup(frm) {
        const leaf = (kind) => () => ({
            filters: { company: frm.doc.company, is_group: 0, ...(kind ? { warehouse_type: kind } : {}) },
        });
        for (const field of ["warehouse", "source_warehouse", "return_warehouse", "defective_warehouse"]) {
            frm.set_query(field, leaf());
        }
        frm.set_query("transit_warehouse", leaf("Transit"));
        frm.set_query("item", "items", () => ({ filters: { is_stock_item: 1, disabled: 0 } }));
    },
    refresh(frm) {
        if (frm.is_new()) return;
        show_stock(frm);
        if (frm.doc.disabled) return;
        frm.add_custom_button(__("Refill"), () => mps_refill([frm.doc.name], () => frm.reload_doc()));
        frm.add_custom_button(__("Best Kit"), () => frappe.set_route("trunk-kit", frm.doc.name));
    },
});

async function show_stock(frm) {
    const place = frm.get_field("stock_html").$wrapper.empty();
    const answer = await frappe.call({ method: "mps_module.api.trunk.stock", args: { trunk: frm.doc.name }, type: "GET" });
    const rows = answer.message || [];
    if (!rows.length) {
        $('<p class="text-muted"></p>').text(__("Nothing is aboard, on its way or asked for.")).appendTo(place);
        return;
    }
    const heads = [__("Part"), __("On Hand"), __("In Transit"), __("Requested"), __("Promised"), __("Minimum"), __("Par"), __("Serial Numbers and Batches")];
    const table = $('<table class="table table-sm"><thead><tr></tr></thead><tbody></tbody></table>').appendTo(place);
    for (const head of heads) $('<th scope="col"></th>').text(head).appendTo(table.find("tr"));
    for (const row of rows) {
        const marks = [...row.serials, ...row.batches.map((each) => `${each.batch} (${each.qty})`)].join(", ");
        const low = row.par && row.on_hand + row.in_transit + row.requested <= row.min;
        const line = $("<tr></tr>").toggleClass("text-danger", Boolean(low)).appendTo(table.find("tbody"));
        $("<td></td>").html(frappe.utils.get_form_link("Item", row.item, true)).appendTo(line);
        $("<td></td>").text(row.on_hand).appendTo(line);
        for (const value of [row.in_transit, row.requested, row.promised, row.min, row.par]) {
            $("<td></td>").text(value || "").appendTo(line);
        }
        $('<td class="small"></td>').text(marks).appendTo(line);
    }
}

// What would be requested, then the requests. Used by the list as well.
window.mps_refill = async function (names, done) {
    const plan = await frappe.xcall("mps_module.api.trunk.refill_preview", { names });
    if (!plan.length) {
        frappe.show_alert({ message: __("Nothing is at or under its minimum."), indicator: "green" });
        return;
    }
    const escape = frappe.utils.escape_html;
    const lines = plan.flatMap((each) =>
        each.needs.map(
            (need) =>
                `<tr class="${need.short ? "text-danger" : ""}"><td>${escape(each.trunk)}</td><td>${escape(need.item)}</td>
                <td>${need.on_hand}</td><td>${need.in_transit}</td><td>${need.requested}</td>
                <td><b>${need.qty}</b></td><td>${need.short || ""}</td></tr>`,
        ),
    );
    const heads = [__("Trunk"), __("Part"), __("On Hand"), __("In Transit"), __("Requested"), __("To Request"), __("Short at the Source")];
    const dialog = new frappe.ui.Dialog({
        title: __("{0} trunks to refill", [plan.length]),
        size: "extra-large",
        fields: [{ fieldname: "plan", fieldtype: "HTML" }],
        primary_action_label: __("Request"),
        async primary_action() {
            dialog.disable_primary_action();
            const told = await frappe.xcall("mps_module.api.trunk.refill", { names: plan.map((each) => each.trunk) });
            dialog.hide();
            mps_refilled(told);
            if (done) done();
        },
    });
    dialog.fields_dict.plan.$wrapper.html(
        `<div style="max-height: 60vh; overflow: auto"><table class="table table-sm"><thead><tr>${heads
            .map((head) => `<th scope="col">${head}</th>`)
            .join("")}</tr></thead><tbody>${lines.join("")}</tbody></table></div>`,
    );
    dialog.show();
};

function mps_refilled(told) {
    if ("queued" in told) {
        const message = told.queued ? __("The trunks are refilled in the background.") : __("A refill is running already.");
        frappe.show_alert({ message, indicator: "blue" });
        return;
    }
    const made = Object.values(told.requests).map((name) => frappe.utils.get_form_link("Material Request", name, true));
    const failed = Object.entries(told.failed).map(
        ([trunk, why]) => `${frappe.utils.escape_html(trunk)}: ${frappe.utils.escape_html(why)}`,
    );
    frappe.msgprint({
        title: __("Refilled"),
        indicator: failed.length ? "orange" : "green",
        message: [...made, ...failed].join("<br>") || __("Nothing was left to request."),
    });
}
