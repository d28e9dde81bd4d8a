// Technicians find their own days here, the office everybody's.
frappe.views.calendar["MPS Assignment"] = {
    field_map: { start: "planned_start", end: "planned_end", id: "name", title: "title", allDay: "all_day" },
    get_events_method: "mps_module.api.dispatch.events",
    get_css_class: (data) => ({ Done: "success", "On Site": "warning", Travelling: "warning", Held: "danger" })[data.status] || "standard",
    filters: [{ fieldtype: "Link", fieldname: "technician", options: "MPS Technician", label: __("Technician") }],
};
