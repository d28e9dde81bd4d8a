"""Where Frappe and ERPNext plug in. Values only: the code is in the modules that they name."""

app_name = "mps_module"
app_title = "Managed Print"
app_publisher = "mps_module contributors"
app_description = "Managed print: fleet, meter reads, click contracts, service and trunk stock"
app_email = "maintainers@mps-module.invalid"
app_license = "mit"
app_logo_url = "/assets/mps_module/images/logo.svg"
required_apps = ["erpnext"]

add_to_apps_screen = [
    {
        "name": app_name,
        "logo": app_logo_url,
        "title": app_title,
        "route": "/app/managed-print",
        "has_permission": "mps_module.permissions.has_app_permission",
    }
]

after_install = "mps_module.install.after_install"

fixtures = [
    {"dt": "Role", "filters": [["name", "like", "MPS %"]]},
    {"dt": "MPS Meter Type", "filters": [["is_standard", "=", 1]]},
]

# ERPNext's own doctypes: one file a doctype in overrides/.
doc_events = {
    "Communication": {"after_insert": "mps_module.overrides.issue.mail_came"},
    "Material Request": {"on_cancel": "mps_module.overrides.material_request.on_cancel"},
    "Sales Order": {
        "on_cancel": "mps_module.overrides.sales_order.on_cancel",
        "on_trash": "mps_module.overrides.sales_order.on_trash",
    },
    "Delivery Note": {
        "on_submit": "mps_module.overrides.delivery_note.on_submit",
        "on_cancel": "mps_module.overrides.delivery_note.on_cancel",
        "on_trash": "mps_module.overrides.delivery_note.on_trash",
    },
    "Issue": {
        "before_validate": "mps_module.overrides.issue.before_validate",
        "before_save": "mps_module.overrides.issue.before_save",
        "on_update": "mps_module.overrides.issue.on_update",
    },
    "Maintenance Visit": {
        "validate": "mps_module.overrides.maintenance_visit.validate",
        "on_submit": "mps_module.overrides.maintenance_visit.on_submit",
        "on_cancel": "mps_module.overrides.maintenance_visit.on_cancel",
    },
    "Stock Entry": {
        "on_submit": "mps_module.overrides.stock_entry.on_submit",
        "on_cancel": "mps_module.overrides.stock_entry.on_cancel",
        "on_trash": "mps_module.overrides.stock_entry.on_trash",
    },
    "Sales Invoice": {
        "before_validate": "mps_module.overrides.sales_invoice.before_validate",
        "validate": "mps_module.overrides.sales_invoice.validate",
        "after_insert": "mps_module.overrides.sales_invoice.after_insert",
        "before_submit": "mps_module.overrides.sales_invoice.before_submit",
        "on_cancel": "mps_module.overrides.sales_invoice.on_cancel",
        "on_trash": "mps_module.overrides.sales_invoice.on_trash",
    },
}

# Accounting dimensions of a contract are carried to its invoices.
accounting_dimension_doctypes = ["Click Contract"]

doctype_js = {
    "Issue": "public/js/issue.js",
    "Service Level Agreement": "public/js/service_level_agreement.js",
    "Maintenance Visit": "public/js/maintenance_visit.js",
    "Material Request": "public/js/material_request.js",
}

doctype_list_js = {
    "Issue": "public/js/issue_list.js",
    "Service Level Agreement": "public/js/service_level_agreement_list.js",
}

override_doctype_dashboards = {
    "Asset": "mps_module.overrides.dashboards.asset",
    "Customer": "mps_module.overrides.dashboards.customer",
    "Issue": "mps_module.overrides.dashboards.issue",
    "Item": "mps_module.overrides.dashboards.item",
    "Maintenance Visit": "mps_module.overrides.dashboards.maintenance_visit",
    "Sales Invoice": "mps_module.overrides.dashboards.sales_invoice",
    "Serial No": "mps_module.overrides.dashboards.serial_no",
}

# In pairs: what a list shows, and what a single document allows.
permission_query_conditions = {
    "MPS Device": "mps_module.fleet.access.device_conditions",
    "Meter Read": "mps_module.fleet.access.read_conditions",
    "Meter Read Import": "mps_module.fleet.access.staff_conditions",
    "Meter Read Quarantine": "mps_module.fleet.access.staff_conditions",
    "Meter Read Sheet": "mps_module.fleet.access.staff_conditions",
    "MPS Supply Request": "mps_module.fleet.access.supply_conditions",
    "MPS Toner Level": "mps_module.fleet.access.level_conditions",
    "Trunk Stock": "mps_module.stock.access.trunk_conditions",
    "Trunk Transfer": "mps_module.stock.access.transfer_conditions",
    "Trunk Count": "mps_module.stock.access.count_conditions",
    "MPS Missing Part": "mps_module.stock.access.missing_conditions",
    "MPS Phone Action": "mps_module.stock.access.action_conditions",
    "MPS Assignment": "mps_module.service.technicians.assignment_conditions",
    "MPS Technician": "mps_module.service.technicians.technician_conditions",
    "Issue": "mps_module.service.access.issue_conditions",
    "Maintenance Visit": "mps_module.service.access.visit_conditions",
}
has_permission = {
    "MPS Device": "mps_module.fleet.access.has_permission",
    "Meter Read": "mps_module.fleet.access.has_permission",
    "Meter Read Import": "mps_module.fleet.access.has_permission",
    "Meter Read Quarantine": "mps_module.fleet.access.has_permission",
    "Meter Read Sheet": "mps_module.fleet.access.has_permission",
    "MPS Supply Request": "mps_module.fleet.access.has_permission",
    "MPS Toner Level": "mps_module.fleet.access.has_permission",
    "Trunk Stock": "mps_module.stock.access.has_permission",
    "Trunk Transfer": "mps_module.stock.access.has_permission",
    "Trunk Count": "mps_module.stock.access.has_permission",
    "MPS Missing Part": "mps_module.stock.access.has_permission",
    "MPS Phone Action": "mps_module.stock.access.has_permission",
    "MPS Assignment": "mps_module.service.technicians.has_permission",
    "MPS Technician": "mps_module.service.technicians.has_permission",
    "Issue": "mps_module.service.access.has_permission",
    "Maintenance Visit": "mps_module.service.access.has_permission",
}

scheduler_events = {
    "hourly": [
        "mps_module.fleet.importer.resume_stopped",
        "mps_module.billing.auto.resume_stalled",
    ],
    # A call with four hours to respond is at risk for one: an hourly look would show it when it is late.
    "cron": {"*/10 * * * *": ["mps_module.service.clock.reconcile"]},
    "daily_long": [
        "mps_module.billing.contract_actions.end_finished_contracts",
        "mps_module.billing.auto.daily",
        "mps_module.billing.watch.daily",
        "mps_module.stock.replenish.daily",
        "mps_module.service.preventive.daily",
        "mps_module.service.supply_requests.daily",
    ],
}

# Functions of the print formats; each is given a document that its caller may print.
jinja = {
    "methods": [
        "mps_module.billing.statement.mps_company",
        "mps_module.billing.statement.mps_customer_address",
        "mps_module.billing.statement.mps_rate",
        "mps_module.billing.statement.mps_statement",
        "mps_module.billing.statement.mps_statements",
        "mps_module.service.visit_facts.mps_service_report",
    ]
}

standard_portal_menu_items = [
    {"title": "Meters", "route": "/meters", "reference_doctype": "MPS Device", "role": "Customer"},
    {"title": "Service", "route": "/service", "reference_doctype": "Issue", "role": "Customer"},
    {
        "title": "Supplies",
        "route": "/supplies",
        "reference_doctype": "MPS Supply Request",
        "role": "Customer",
    },
]
