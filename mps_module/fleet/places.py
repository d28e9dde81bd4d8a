"""Where a device is, whose it is there, and where it was: the history on MPS Device."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import getdate, today

if TYPE_CHECKING:
    from frappe.model.document import Document

PLACE = ("customer", "customer_address", "site", "department", "warehouse")
GUIDED = ("customer", "status", "installed_on", "removed_on")
STATUSES_IN_FIELD = ("Installed",)


def check(device: Document) -> None:
    """What a device must fulfil on every save.

    Raises:
        frappe.ValidationError: it is installed nowhere; its dates run backwards; its customer or status was changed by
            hand, without the reads that the guided actions take.
    """
    if device.status == "Installed" and not device.customer:
        frappe.throw(_("An installed device stands at a customer's: choose the customer."))
    if (
        device.installed_on
        and device.removed_on
        and getdate(device.removed_on) < getdate(device.installed_on)
    ):
        frappe.throw(_("The device was removed before it was installed."))
    before = device.get_doc_before_save()
    if before is None or device.flags.guided:
        return
    changed = [name for name in GUIDED if _plain(before.get(name)) != _plain(device.get(name))]
    if changed:
        labels = ", ".join(_(device.meta.get_label(name)) for name in changed)
        frappe.throw(
            _(
                "{0} cannot be changed by hand. Use Install, Move, Swap or Remove: they take the reads."
            ).format(labels),
            title=_("Guided"),
        )


def note_change(device: Document) -> None:
    """Write the history when the place has changed, whatever changed it."""
    before = device.get_doc_before_save()
    if device.flags.noted:
        return
    if before is None:
        if not device.locations and (device.customer or device.site):
            arrive(device, device.installed_on, _("Registered"))
        return
    if any((before.get(name) or "") != (device.get(name) or "") for name in PLACE):
        put_up_to_date(device, getdate(today()), _("Edited"))


def put_up_to_date(
    device: Document, day: date, reason: str, reference: tuple[str, str] | None = None
) -> None:
    """Close the present line of the history the day before `day` and open one for the place as it stands now."""
    leave(device, day - timedelta(days=1))
    arrive(device, day, reason, reference)


def leave(device: Document, last_day: date) -> None:
    """End the present line of the history; a stay of less than a day ends on the day it began."""
    current = device.locations[-1] if device.locations else None
    if current is not None and not current.to_date:
        began = getdate(current.from_date) if current.from_date else last_day
        current.to_date = max(began, last_day)


def arrive(
    device: Document, day: date | str | None, reason: str, reference: tuple[str, str] | None = None
) -> None:
    """A new line of the history: the place as it stands on the device."""
    line: dict[str, Any] = {name: device.get(name) for name in PLACE}
    line.update(from_date=day, reason=reason)
    if reference:
        line.update(reference_doctype=reference[0], reference_name=reference[1])
    device.append("locations", line)
    device.flags.noted = True


def set_place(device: Document, place: Mapping[str, Any]) -> None:
    """Take over the fields of a place that are given; what is not given belonged to the old place and goes."""
    for name in (*PLACE, "contact", "cost_center", "po_no"):
        device.set(name, place.get(name) or None)


def _plain(value: Any) -> str:
    return "" if value is None else str(value)
