"""Stock Entries of trunks: the one place that books a move, always as an ordinary document of the ERP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import strip_html

from mps_module.stock.answers import Conflict
from mps_module.stock.levels import ItemFacts
from mps_module.stock.lines import Line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from frappe.model.document import Document

ISSUE, TRANSFER = "Material Issue", "Material Transfer"


@dataclass(frozen=True, slots=True)
class Booking:
    """What every entry says besides its rows. `links`: values of the mps_ fields and others of the entry."""

    move: str
    trunk: str
    company: str
    made_at: datetime | None = None
    remarks: str = ""
    links: tuple[tuple[str, Any], ...] = ()


def book(
    booking: Booking,
    purpose: str,
    lines: Sequence[Line],
    facts: Mapping[str, ItemFacts],
    *,
    source: str,
    target: str = "",
    transit: bool = False,
    row_values: Sequence[dict[str, Any]] = (),
) -> str:
    """Submit a Stock Entry and return its name.

    The technician has no right on Stock Entries; the caller has made sure that the trunk is theirs.

    Args:
        row_values: further values for each row, in the order of the lines.

    Raises Conflict("ledger") with the ERP's own words where it refuses, such as for a closed period.
    """
    doc = frappe.new_doc("Stock Entry")
    doc.update(
        {
            "stock_entry_type": purpose,
            "purpose": purpose,
            "company": booking.company,
            "add_to_transit": int(transit),
            "remarks": booking.remarks or None,
            "mps_move": booking.move,
            "mps_trunk": booking.trunk,
            "mps_made_at": booking.made_at,
            **dict(booking.links),
        }
    )
    for number, line in enumerate(lines):
        uom = facts[line.item].uom
        doc.append(
            "items",
            {
                "item_code": line.item,
                "qty": line.qty,
                "transfer_qty": line.qty,
                "uom": uom,
                "stock_uom": uom,
                "conversion_factor": 1,
                "s_warehouse": source,
                "t_warehouse": target or None,
                "use_serial_batch_fields": 1,
                "serial_no": "\n".join(line.serials) or None,
                "batch_no": line.batch or None,
                **(row_values[number] if row_values else {}),
            },
        )
    return submit(doc)


def submit(doc: Document) -> str:
    """Submit a document as the system, in one pass. Raises Conflict("ledger") where the ERP refuses it."""
    doc.flags.ignore_permissions = True
    try:
        with _as_system() if _has_marks(doc) else nullcontext():
            doc.submit()
    except frappe.ValidationError as error:
        raise Conflict("ledger", plain(error)) from error
    return doc.name


def _has_marks(doc: Document) -> bool:
    return any(row.get("serial_no") or row.get("batch_no") for row in doc.items)


@contextmanager
def _as_system() -> Iterator[None]:
    """For the bundles of serial numbers and batches, which the ERP makes with the rights of whoever is signed in.

    Whose document it is (its owner) was settled when it was made.
    """
    user, known = frappe.session.user, frappe.local.user_perms
    frappe.session.user, frappe.local.user_perms = "Administrator", None
    try:
        yield
    finally:
        frappe.session.user, frappe.local.user_perms = user, known


def plain(error: Exception) -> str:
    """The ERP's message without its mark-up."""
    messages = frappe.local.message_log or []
    told = str(error)
    if not told and messages:
        last = messages[-1]
        told = str(last.get("message") if isinstance(last, dict) else last)
    frappe.clear_messages()
    return strip_html(told).strip() or _("The ERP refused the booking.")
