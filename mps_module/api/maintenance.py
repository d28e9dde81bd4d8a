"""Preventive maintenance on the desk: calls for what is due."""

import json

import frappe

from mps_module.fleet.access import only_for
from mps_module.service import preventive


@frappe.whitelist(methods=["POST"])
def open_calls(devices: str | list[str] | None = None) -> dict[str, str]:
    """See that a call stands for everything that is due within the days of the settings; {device: call} made or joined now.

    Args:
        devices: only these, of those that the user may see; none: all.
    """
    only_for("System Manager", "MPS Manager", "MPS Service")
    wanted = json.loads(devices) if isinstance(devices, str) else devices
    for name in wanted or ():
        frappe.get_doc("MPS Device", name).check_permission("read")
    return preventive.open_calls(wanted or None)
