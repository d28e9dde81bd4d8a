"""Telling a technician what a colleague wants or has answered: the ERP's own Notification Log.

The note is written in the transaction of the action, so there is one exactly where the action was booked. It leads to
the phone page; whoever acts on the transfer has read the notes about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import frappe
from frappe import _
from frappe.desk.doctype.notification_log.notification_log import make_notification_logs

from mps_module.stock.act import Act

if TYPE_CHECKING:
    from frappe.model.document import Document


def tell(act: Act, doc: Document, what: str) -> None:
    """Tell the other side of a transfer what this side has done. `what`: see `_text`.

    A colleague who wants no notifications (Notification Settings) gets none.
    """
    mark_read(act, doc)
    other = act.trunks.get(doc.to_trunk if act.trunk.name == doc.from_trunk else doc.from_trunk)
    if other is None or not other.user:  # out of use meanwhile
        return
    email, language = frappe.db.get_value("User", other.user, ["email", "language"]) or (None, None)
    if not email:
        return
    parts = ", ".join(f"{row.qty:g} × {row.item}" for row in doc.items)
    make_notification_logs(
        frappe._dict(
            type="Alert",
            document_type=doc.doctype,
            document_name=doc.name,
            subject=_text(what, language).format(act.trunk.technician or act.trunk.title, parts),
            link=f"/mps#/transfer?name={quote(doc.name)}",
            from_user=act.user,
        ),
        [email],
    )


def _text(what: str, language: str | None) -> str:
    """What was done, in a language: {0} who did it, {1} the parts."""
    return {
        "Receiver": _("{0} asks you for {1}.", language),
        "Giver": _("{0} offers you {1}.", language),
        "Accepted": _("{0} accepts: {1}.", language),
        "Declined": _("{0} declines: {1}.", language),
        "Cancelled": _("{0} calls off: {1}.", language),
        "Given": _("{0} has handed over {1}: confirm that you have got it.", language),
        "Got": _("{0} says to have got {1}: confirm that you handed it over.", language),
    }[what]


def mark_read(act: Act, doc: Document) -> None:
    """The user has seen what there was to say about this transfer."""
    mine = {"document_type": doc.doctype, "document_name": doc.name, "for_user": act.user, "read": 0}
    frappe.db.set_value("Notification Log", mine, "read", 1, update_modified=False)
