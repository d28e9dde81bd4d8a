"""Delivery Note: devices go with their serials; supplies are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mps_module.fleet import serials
from mps_module.service import supply_shipping

if TYPE_CHECKING:
    from frappe.model.document import Document


def on_submit(doc: Document, method: str | None = None) -> None:
    serials.delivered(doc)
    supply_shipping.sent(doc)


def on_cancel(doc: Document, method: str | None = None) -> None:
    serials.undone(doc)
    supply_shipping.unsent(doc)


def on_trash(doc: Document, method: str | None = None) -> None:
    supply_shipping.deleted(doc)
