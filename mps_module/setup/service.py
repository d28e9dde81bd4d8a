"""What service adds to the ERP's calls and visits: the device and contract, coverage, the clock, the outcome."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.custom.doctype.custom_field.custom_field import create_custom_fields

from mps_module.setup.stock import field, link

COVERAGE = ("", "Included", "Incident", "Billable")
"""Who pays a part of a call: the contract's fee, an incident of the contract, or an invoice for time and material."""
CLOCK = ("", "Running", "At Risk", "Late", "On Hold", "Kept", "Missed")
"""How one time of the service level stands."""
BOARD = (
    "", "To Assign", "Assigned", "Travelling", "On Site", "Held for Part", "Needs Help", "Follow-up", "Done",
)  # fmt: skip
"""Where a call stands on the dispatch board."""
OUTCOMES = ("", "Complete", "Held for Part", "Needs Help", "Follow-up")
"""How a visit ended."""
BILLING = ("", "Nothing to Bill", "On the Contract's Bill", "Draft Invoice", "Both", "To Bill")
"""What became of a visit: To Bill is work that could not be billed yet, the note says why."""
KINDS = ("", "Corrective", "Preventive", "Supplies", "Installation", "Move", "Other")
"""What a call is for. The measures count corrective calls."""
ISSUE_TYPES = {
    "Break/Fix": "Corrective",
    "Preventive Maintenance": "Preventive",
    "Supplies": "Supplies",
    "Installation": "Installation",
    "Move": "Move",
    "Question": "Other",
}
SERVICE_CODES = {
    "Problem": {
        "JAM": "Paper jams", "FEED": "Paper not picked up or fed twice", "LINES": "Lines or spots on the page",
        "LIGHT": "Print too light or faded", "NOISE": "Noise", "ERROR": "Error code on the panel",
        "NETWORK": "Not reachable or does not print", "SCAN": "Does not scan", "SUPPLY": "Supply empty",
        "SOFTWARE": "Computer or program does not work", "OTHER": "Something else",
    },
    "Cause": {
        "WORN": "Worn part", "BROKEN": "Broken part", "DIRT": "Dirt", "PAPER": "Paper of the customer",
        "SETTING": "Setting", "FIRMWARE": "Firmware or driver", "HANDLING": "Handling", "NONE": "No fault found",
    },
    "Repair": {
        "REPLACED": "Part replaced", "CLEANED": "Cleaned", "ADJUSTED": "Adjusted", "UPDATED": "Firmware or driver updated",
        "CONFIGURED": "Set up anew", "TRAINED": "User shown", "NOTHING": "Nothing done",
    },
}  # fmt: skip


def _choice(
    fieldname: str, label: str, after: str, options: tuple[str, ...], **values: Any
) -> dict[str, Any]:
    return field(fieldname, "Select", label, after, options="\n".join(options), **values)


CUSTOM_FIELDS = {
    "Issue Type": [
        _choice("mps_kind", "Counts As", "description", KINDS, in_list_view=1,
                description="What calls of this type are for; the service measures count corrective calls."),
    ],
    "Issue": [
        field("mps_service_section", "Section Break", "Device and Contract", "issue_split_from"),
        link("mps_device", "Device", "MPS Device", "mps_service_section", in_standard_filter=1, no_copy=0,
             description="Found by serial number, asset tag or id. Customer, contract and coverage follow from it."),
        link("mps_asset", "IT Asset", "Asset", "mps_device", no_copy=0,
             description="A computer, server or switch that a contract covers."),
        field("mps_unit_label", "Data", "Seat Block", "mps_asset", no_copy=0,
              description="The seats of a contract that the call is for, where it is for no single device."),
        link("mps_problem_code", "Problem", "MPS Service Code", "mps_unit_label", no_copy=0,
             link_filters='[["MPS Service Code","kind","=","Problem"],["MPS Service Code","disabled","=",0]]',
             description="What the customer sees. Parts and technicians are proposed by it."),
        field("mps_service_column", "Column Break", "", "mps_problem_code"),
        link("mps_contract", "Click Contract", "Click Contract", "mps_service_column", in_standard_filter=1, no_copy=0,
             description="The contract that covers the device today."),
        link("mps_sla", "SLA Class", "Service Level Agreement", "mps_contract", no_copy=0,
             description="The contract's class; it sets the hours for response and restore."),
        link("mps_callback_of", "Callback Of", "Issue", "mps_sla",
             description="The completed call for the same device that this one repeats."),
        _choice("mps_board", "On the Board", "mps_callback_of", BOARD, read_only=1, in_standard_filter=1, search_index=1),
        field("mps_coverage_section", "Section Break", "Who Pays", "mps_board", collapsible=1,
              description="Decided by the contract before anyone is sent."),
        _choice("mps_coverage_labour", "Labour", "mps_coverage_section", COVERAGE, read_only=1),
        _choice("mps_coverage_travel", "Travel", "mps_coverage_labour", COVERAGE, read_only=1),
        field("mps_coverage_column", "Column Break", "", "mps_coverage_travel"),
        _choice("mps_coverage_parts", "Parts", "mps_coverage_column", COVERAGE, read_only=1),
        _choice("mps_coverage_supplies", "Supplies", "mps_coverage_parts", COVERAGE, read_only=1),
        field("mps_coverage_note", "Small Text", "Why", "mps_coverage_supplies", read_only=1),
        field("mps_clock_section", "Section Break", "Response and Restore", "mps_coverage_note", collapsible=1,
              description="Response is a technician on site or a remote fix, not an answer by mail."),
        field("mps_response_by", "Datetime", "Respond By", "mps_clock_section", read_only=1,
              description="The agreement's time, and what the call was on hold before."),
        field("mps_responded_at", "Datetime", "Responded At", "mps_response_by", read_only=1),
        _choice("mps_response_kind", "Responded By", "mps_responded_at", ("", "On Site", "Remote Fix"), read_only=1),
        _choice("mps_response_state", "Response", "mps_response_kind", CLOCK, read_only=1, in_standard_filter=1),
        field("mps_clock_column", "Column Break", "", "mps_response_state"),
        field("mps_restored_at", "Datetime", "Restored At", "mps_clock_column", read_only=1),
        _choice("mps_restore_state", "Restore", "mps_restored_at", CLOCK, read_only=1, in_standard_filter=1),
        field("mps_held_for_part", "Check", "Was Held for a Part", "mps_restore_state", read_only=1),
        field("mps_visits", "Int", "Visits", "mps_held_for_part", read_only=1),
        field("mps_alert_key", "Data", "Alert", "mps_visits", unique=1, hidden=1, read_only=1,
              description="The collector's own key of the alert; the same alert makes one call."),
    ],
    "Maintenance Visit": [
        field("mps_visit_section", "Section Break", "Call", "purposes", collapsible=0),
        link("mps_issue", "Call", "Issue", "mps_visit_section", in_standard_filter=1),
        link("mps_device", "Device", "MPS Device", "mps_issue", in_standard_filter=1),
        link("mps_asset", "IT Asset", "Asset", "mps_device"),
        link("mps_contract", "Click Contract", "Click Contract", "mps_asset"),
        link("mps_technician", "Technician", "MPS Technician", "mps_contract", in_standard_filter=1),
        _choice("mps_outcome", "Outcome", "mps_technician", OUTCOMES, in_standard_filter=1,
                description="Complete closes the call; the others bring it back to the board."),
        field("mps_remote", "Check", "Done Remotely", "mps_outcome"),
        field("mps_visit_column", "Column Break", "", "mps_remote"),
        field("mps_travel_at", "Datetime", "Left For It At", "mps_visit_column"),
        field("mps_arrived_at", "Datetime", "Arrived At", "mps_travel_at"),
        field("mps_left_at", "Datetime", "Finished At", "mps_arrived_at"),
        field("mps_labour_hours", "Float", "Labour Hours", "mps_left_at", precision="2", non_negative=1,
              description="From arrival to the end, without pauses."),
        field("mps_travel", "Float", "Travel", "mps_labour_hours", precision="2", non_negative=1, default="1",
              description="Trips, hours or distance, as the service settings count travel."),
        field("mps_codes_section", "Section Break", "What Was Found and Done", "mps_travel"),
        link("mps_problem_code", "Problem", "MPS Service Code", "mps_codes_section",
             link_filters='[["MPS Service Code","kind","=","Problem"]]'),
        link("mps_cause_code", "Cause", "MPS Service Code", "mps_problem_code",
             link_filters='[["MPS Service Code","kind","=","Cause"]]'),
        link("mps_repair_code", "Repair", "MPS Service Code", "mps_cause_code",
             link_filters='[["MPS Service Code","kind","=","Repair"]]'),
        field("mps_clicks", "Int", "Clicks on the Meter", "mps_repair_code", read_only=1,
              description="Sum of the device's counting meters at the visit; callbacks and MCBC count with it."),
        field("mps_codes_column", "Column Break", "", "mps_clicks"),
        field("mps_signed_by", "Data", "Signed By", "mps_codes_column"),
        field("mps_signature", "Attach Image", "Signature", "mps_signed_by"),
        field("mps_photo", "Attach Image", "Photo", "mps_signature"),
        field("mps_key", "Data", "Key", "mps_photo", unique=1, hidden=1, read_only=1,
              description="The phone's own key; the same visit is booked once."),
        field("mps_billing_section", "Section Break", "Billing", "mps_key", collapsible=1),
        _choice("mps_billing_state", "Billing", "mps_billing_section", BILLING, read_only=1, in_standard_filter=1,
                no_copy=1),
        link("mps_service_charge", "Service Charge", "MPS Service Charge", "mps_billing_state", read_only=1,
             description="What the contract's next bill takes up."),
        link("mps_sales_invoice", "Sales Invoice", "Sales Invoice", "mps_service_charge", read_only=1,
             description="Draft for time and material."),
        field("mps_billing_column", "Column Break", "", "mps_sales_invoice"),
        field("mps_billing_note", "Small Text", "What Is Billed", "mps_billing_column", read_only=1),
    ],
    "Warranty Claim": [
        link("mps_issue", "Call", "Issue", "serial_no", in_standard_filter=1,
             description="The call whose visits the claim tells of; its state follows them."),
        link("mps_device", "Device", "MPS Device", "mps_issue", in_standard_filter=1),
    ],
    "Address": [
        field("mps_place_section", "Section Break", "On the Map", "disabled", collapsible=1,
              description="Travel times of the dispatch board are estimated from it; without it they go by territory."),
        field("mps_latitude", "Float", "Latitude", "mps_place_section", precision="6"),
        field("mps_place_column", "Column Break", "", "mps_latitude"),
        field("mps_longitude", "Float", "Longitude", "mps_place_column", precision="6"),
    ],
    "Stock Entry": [
        link("mps_visit", "Visit", "Maintenance Visit", "mps_contract", read_only=1,
             description="The visit on which the parts were used."),
    ],
}  # fmt: skip


def apply() -> None:
    """Custom fields of calls and visits, and the types and codes to start with. Safe to repeat."""
    create_custom_fields(CUSTOM_FIELDS, update=True)
    for doctype in CUSTOM_FIELDS:
        frappe.clear_cache(doctype=doctype)
    _issue_types()
    _codes()


def _issue_types() -> None:
    """Users edit them: inserted once, and an own choice of what one counts as stays."""
    for name, kind in ISSUE_TYPES.items():
        if not frappe.db.exists("Issue Type", name):
            frappe.get_doc({"doctype": "Issue Type", "name": name, "mps_kind": kind}).insert(
                ignore_permissions=True
            )


def _codes() -> None:
    """Only on a site that has none: a code that a user removed does not come back."""
    if frappe.db.count("MPS Service Code"):
        return
    for kind, codes in SERVICE_CODES.items():
        for code, description in codes.items():
            doc = frappe.get_doc(
                {"doctype": "MPS Service Code", "code": code, "kind": kind, "description": description}
            )
            doc.insert(ignore_permissions=True)
