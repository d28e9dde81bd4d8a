"""Issue: the ERP's call. Filled in by itself, and with a clock of its own beside the ERP's service level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mps_module.service import assign, clock, intake

if TYPE_CHECKING:
    from frappe.model.document import Document


def before_validate(doc: Document, method: str | None = None) -> None:
    """Before the ERP chooses its Service Level Agreement in `validate`: the class that it asks for is known by then."""
    intake.fill(doc)


def before_save(doc: Document, method: str | None = None) -> None:
    """After the ERP has set its own times."""
    if clock.is_ours(doc):
        clock.apply(doc)


def on_update(doc: Document, method: str | None = None) -> None:
    """The open boards hear of it; a call that is over takes its assignment along."""
    assign.end_with_call(doc.name, doc.status)
    assign.publish(doc.name)


def mail_came(doc: Document, method: str | None = None) -> None:
    """Communication: only what came in for an Issue is looked at."""
    if doc.reference_doctype == "Issue" and doc.reference_name and doc.sent_or_received == "Received":
        intake.mail_came(doc)
