"""Meter reads that a technician takes: through the one way into the read ledger."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import frappe
from frappe import _
from PIL import Image

from mps_module.engine.reads import ReadSource
from mps_module.fleet import intake
from mps_module.stock.act import Act, Done
from mps_module.stock.answers import Conflict, Refused
from mps_module.stock.lines import text

MOST_PHOTO = 6_000_000  # bytes
KINDS = ("actual", "reset", "rollover")
PICTURES = {"data:image/jpeg;base64": "jpg", "data:image/png;base64": "png", "data:image/webp;base64": "webp"}


def meter_read(act: Act, payload: Mapping[str, Any]) -> Done:
    """Enter reads of one device. A read that is refused makes a conflict, unless it is to go to the office's quarantine."""
    device = text(payload, "device", required=True)
    if not frappe.db.exists("MPS Device", device):
        raise Refused("device", _("There is no device {0}.").format(device))
    given = payload.get("reads")
    if not isinstance(given, list) or not given or not all(isinstance(row, dict) for row in given):
        raise Refused("payload", _("No reads are named."))
    photo = _photo(device, payload.get("photo"))
    rows = [_row(act, device, row, photo) for row in given]
    keep = payload.get("keep") is True
    issue = text(payload, "issue")
    entry = intake.enter_reads(rows, ReadSource.TECHNICIAN, batch=issue, keep_refused=keep)
    told = [
        {
            "meter": row["meter"],
            "verdict": out.verdict.value,
            "code": out.code,
            "message": _(out.message) if out.message else "",
            "read": out.read,
        }
        for row, out in zip(rows, entry.outcomes, strict=True)
    ]
    refused = [row for row in told if row["verdict"] == intake.QUARANTINED.value]
    if refused and not keep:
        message = " ".join(f"{row['meter']}: {row['message']}" for row in refused)
        raise Conflict("read", message, {"rows": told, "verdict": refused[0]["code"]})
    return Done({"counts": entry.counts, "rows": told, "photo": photo}, "MPS Device", device)


def _row(act: Act, device: str, row: Mapping[str, Any], photo: str) -> dict[str, Any]:
    kind = text(row, "kind") or "actual"
    if kind not in KINDS:
        raise Refused("payload", _("{0} is no kind of read that a technician takes.").format(kind))
    value = row.get("value")
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Refused("payload", _("{0} is not a counter.").format(repr(value)))
    return {
        "device": device,
        "meter": text(row, "meter", required=True),
        "taken_at": text(row, "taken_at") or act.made_at,
        "value": value,
        "kind": kind,
        "reason": text(row, "reason"),
        "photo": photo,
    }


def _photo(device: str, given: Any) -> str:
    """URL of the picture: one that is there already, or one that came as a data URL and is stored privately."""
    if not given:
        return ""
    if not isinstance(given, str):
        raise Refused("photo", _("The photo cannot be read."))
    head, comma, body = given.partition(",")
    if not comma:
        if not given.startswith(("/private/files/", "/files/")) or not frappe.db.exists(
            "File", {"file_url": given}
        ):
            raise Refused("photo", _("There is no photo {0}.").format(given[:100]))
        return given
    if head not in PICTURES:
        raise Refused("photo", _("A photo is JPEG, PNG or WebP."))
    try:
        content = base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise Refused("photo", _("The photo cannot be read.")) from error
    if len(content) > MOST_PHOTO:
        raise Refused("photo", _("The photo is larger than {0} MB.").format(MOST_PHOTO // 1_000_000))
    if not _whole(content, PICTURES[head]):
        raise Refused(
            "photo", _("The photo is damaged or incomplete: take it again, or send the read without it.")
        )
    file = frappe.get_doc(
        {
            "doctype": "File",
            "file_name": f"meter-{frappe.generate_hash(length=10)}.{PICTURES[head]}",
            "attached_to_doctype": "MPS Device",
            "attached_to_name": device,
            "is_private": 1,
            "content": content,
        }
    )
    return file.insert(ignore_permissions=True).file_url


def _whole(content: bytes, kind: str) -> bool:
    """Whether a picture is of its kind and complete, so that the ERP can store it.

    Frappe tells Pillow to fill cut-off pictures with grey for the whole process, so a JPEG's end is looked for here:
    within its data an end mark cannot occur, and the one of an embedded thumbnail comes before the data begins.
    """
    if kind == "jpg" and content.rfind(b"\xff\xd9") < content.rfind(b"\xff\xda"):
        return False
    try:
        with Image.open(BytesIO(content), formats=["JPEG" if kind == "jpg" else kind.upper()]) as picture:
            picture.verify()
        with Image.open(BytesIO(content)) as picture:  # verify leaves nothing that could be decoded
            picture.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False
    return True
