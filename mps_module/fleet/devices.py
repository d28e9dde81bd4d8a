"""The guided actions on a device: install, move, swap, remove. Each takes its reads and writes the history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import get_datetime, getdate

from mps_module.engine.reads import ReadKind, ReadSource, Verdict
from mps_module.fleet import covers, places
from mps_module.fleet.intake import enter_reads

if TYPE_CHECKING:
    from frappe.model.document import Document

Values = Mapping[str, int | str | None]


@dataclass(frozen=True, slots=True)
class Act:
    """When something was done to a device, who read its meters, and why.

    Attributes:
        at: moment, in the site's time zone.
        source: technician or staff.
        reason: free text for the history.
        unread: why there is no reading of some meters (a dead device); empty: all meters were read.
        reference: document that it belongs to (a Maintenance Visit, a Delivery Note).
    """

    at: datetime
    source: ReadSource = ReadSource.STAFF
    reason: str = ""
    unread: str = ""
    reference: tuple[str, str] | None = None


def install(name: str, place: Mapping[str, Any], reads: Values, act: Act) -> Document:
    """Put a device that is in stock (or was removed) at a customer's place. Its reads begin a new run of each counter.

    Args:
        place: customer, and if need be customer_address, contact, site, department, cost_center, po_no.
        reads: meter -> counter value at that moment; of every real meter of the model.

    Raises:
        frappe.ValidationError: wrong state, no customer, a meter without value, or a value that does not fit.
    """
    device = _locked(name)
    if device.status == "Installed":
        frappe.throw(
            _("{0} is installed at {1} already. Move it, or remove it first.").format(name, device.customer)
        )
    if device.status == "Retired":
        frappe.throw(_("{0} is retired.").format(name))
    if not place.get("customer"):
        frappe.throw(_("Where is it installed? Choose the customer."))
    warehouse = device.warehouse if place.get("warehouse") is None else place["warehouse"]
    places.set_place(device, {**place, "warehouse": warehouse})
    device.status = "Installed"
    device.installed_on, device.removed_on = getdate(act.at), None
    places.put_up_to_date(device, getdate(act.at), act.reason or _("Installed"), act.reference)
    _take(device, reads, ReadKind.INSTALL, act, device.customer)
    return _saved(device)


def move(name: str, place: Mapping[str, Any], reads: Values, act: Act) -> Document:
    """Bring an installed device to another place.

    At the same customer the reads are plain ones; for another customer they close the old customer's account of the
    device (removal) and open the new one's (install) at the same values.
    """
    device = _locked(name)
    _must_be_installed(device)
    before = device.customer
    place = {**place, "customer": place.get("customer") or before}
    if place["customer"] == before:
        place = {**{key: device.get(key) for key in ("contact", "cost_center", "po_no")}, **_given(place)}
        _take(device, reads, ReadKind.ACTUAL, act, before)
    else:
        _take(device, reads, ReadKind.REMOVAL, act, before)
        _take(device, reads, ReadKind.INSTALL, act, place["customer"])
        device.installed_on = getdate(act.at)
    places.set_place(device, {"warehouse": device.warehouse, **place})
    places.put_up_to_date(device, getdate(act.at), act.reason or _("Moved"), act.reference)
    return _saved(device)


def remove(name: str, reads: Values, act: Act, *, retire: bool = False, end_covers: bool = True) -> Document:
    """Take a device away, with its last reads. Where it stood stays in the history; its contract lines end that day."""
    device = _locked(name)
    _must_be_installed(device)
    _take(device, reads, ReadKind.REMOVAL, act, device.customer)
    if end_covers:
        covers.end(device.name, getdate(act.at))
    places.leave(device, getdate(act.at))
    places.set_place(device, {"warehouse": device.warehouse})
    device.status = "Retired" if retire else "Removed"
    device.removed_on = getdate(act.at)
    device.flags.noted = True
    device.add_comment("Info", act.reason or _("Removed"))
    return _saved(device)


def swap(
    name: str, other: str, reads: Values, other_reads: Values, act: Act, *, retire: bool = False
) -> Document:
    """Replace an installed device by another one, in the same place and under the same contracts.

    Args:
        reads: last values of the device that goes. `other_reads`: first values of the one that comes.

    Returns:
        The device that stands there now.
    """
    if name == other:
        frappe.throw(_("A device cannot replace itself."))
    old = frappe.get_doc("MPS Device", name)
    _must_be_installed(old)
    place = {
        key: old.get(key) for key in (*places.PLACE, "contact", "cost_center", "po_no") if key != "warehouse"
    }
    day = getdate(act.at)
    covers.hand_over(name, other, day)
    why = act.reason or _("Swapped")
    remove(
        name,
        reads,
        _because(act, _("{0}: replaced by {1}").format(why, other)),
        retire=retire,
        end_covers=False,
    )
    return install(other, place, other_reads, _because(act, _("{0}: replaces {1}").format(why, name)))


def real_meters(device: Document) -> list[str]:
    """Meters of the device that have a counter of their own, in the order of the model."""
    if not device.device_model:
        return []
    model = frappe.get_cached_doc("MPS Device Model", device.device_model)
    return [row.meter for row in model.meters if not (row.formula or "").strip()]


def _take(device: Document, reads: Values, kind: ReadKind, act: Act, customer: str) -> None:
    """Enter the reads of an action; it fails as a whole when one of them does not fit."""
    given = {meter: value for meter, value in reads.items() if value not in (None, "")}
    missing = [meter for meter in real_meters(device) if meter not in given]
    if missing and not act.unread.strip():
        frappe.throw(
            _("{0}: no value for {1}. Read it, or say why it cannot be read.").format(
                device.name, ", ".join(missing)
            )
        )
    rows = [
        {
            "device": device.name,
            "meter": meter,
            "taken_at": act.at,
            "value": value,
            "kind": kind.value,
            "customer": customer,
            "reason": act.reason,
        }
        for meter, value in given.items()
    ]
    batch = act.reference[1] if act.reference else ""
    entry = enter_reads(rows, act.source, batch=batch, keep_refused=False)
    refused = [
        f"{row['meter']}: {_(out.message)}"
        for row, out in zip(rows, entry.outcomes, strict=True)
        if out.verdict is Verdict.QUARANTINED
    ]
    if refused:
        frappe.throw(refused, title=_("These reads of {0} do not fit").format(device.name), as_list=True)
    if missing:
        device.add_comment("Info", _("Not read: {0}. {1}").format(", ".join(missing), act.unread))


def _locked(name: str) -> Document:
    return frappe.get_doc("MPS Device", name, for_update=True)


def _saved(device: Document) -> Document:
    device.flags.guided = True
    device.save()
    return device


def _must_be_installed(device: Document) -> None:
    if device.status != "Installed":
        frappe.throw(_("{0} is not installed: it is {1}.").format(device.name, _(device.status)))


def _given(place: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in place.items() if value not in (None, "")}


def _because(act: Act, reason: str) -> Act:
    return Act(act.at, act.source, reason, act.unread, act.reference)


def act_of(
    at: str | datetime,
    source: str = "staff",
    reason: str = "",
    unread: str = "",
    reference: tuple[str, str] | None = None,
) -> Act:
    """An `Act` of plain values."""
    return Act(get_datetime(at), ReadSource(source), reason.strip(), unread.strip(), reference)
