// Calls in the list: late and at risk first seen by their colour. The ERP's own settings of the list stay.
(() => {
    const settings = (frappe.listview_settings["Issue"] = frappe.listview_settings["Issue"] || {});
    const before = settings.get_indicator;
    settings.add_fields = [
        ...new Set([...(settings.add_fields || []), "status", "mps_board", "mps_response_state", "mps_restore_state"]),
    ];
    settings.get_indicator = function (doc) {
        if (["Resolved", "Closed"].includes(doc.status)) return before ? before(doc) : undefined;
        const states = [doc.mps_response_state, doc.mps_restore_state];
        for (const [state, colour] of [["Late", "red"], ["At Risk", "orange"]]) {
            if (!states.includes(state)) continue;
            const field = doc.mps_response_state === state ? "mps_response_state" : "mps_restore_state";
            const label = field === "mps_response_state" ? __("Response {0}", [__(state)]) : __("Restore {0}", [__(state)]);
            return [label, colour, `${field},=,${state}`];
        }
        if (doc.mps_board && doc.mps_board !== "Done") return [__(doc.mps_board), "blue", `mps_board,=,${doc.mps_board}`];
        return before ? before(doc) : undefined;
    };
    const onload = settings.onload;
    settings.onload = function (list) {
        onload?.(list);
        const only = (field, state) => async () => {
            await list.filter_area.clear();
            list.filter_area.add([["Issue", field, "=", state]]);
        };
        list.page.add_inner_button(__("Response Late"), only("mps_response_state", "Late"), __("Service Level"));
        list.page.add_inner_button(__("Response At Risk"), only("mps_response_state", "At Risk"), __("Service Level"));
        list.page.add_inner_button(__("Restore Late"), only("mps_restore_state", "Late"), __("Service Level"));
        list.page.add_inner_button(__("Restore At Risk"), only("mps_restore_state", "At Risk"), __("Service Level"));
    };
})();
