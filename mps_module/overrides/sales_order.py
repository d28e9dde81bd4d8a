"""Sales Order: one that is cancelled or deleted lets go of the supply requests that it was made for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mps_module.service import supply_shipping

if TYPE_CHECKING:
    from frappe.model.document import Document


def on_cancel(doc: Document, method: str | None = None) -> None:
    supply_shipping.dropped(doc)


def on_trash(doc: Document, method: str | None = None) -> None:
    supply_shipping.deleted(doc)
