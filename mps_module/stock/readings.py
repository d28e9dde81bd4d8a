"""Meter reads, and levels of supplies, that a technician takes: through the one way into each ledger."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import frappe
from frappe import _
from PIL import Image

from mps_module.engine.reads import ReadSource
from mps_module.fleet import intake
from mps_module.service.toner_levels import REFUSED, enter_levels
from mps_module.stock.act import Act, Done
from mps_module.stock.answers import Conflict, Refused
from mps_module.stock.lines import text

MOST_PHOTO = 6_000_000  # bytes
KINDS = ("actual", "reset", "rollover")
PICTURES = {"data:image/jpeg;base64": "jpg", "data:image/png;base64": "png", "data:image/webp;base64": "webp"}


def meter_read(act: Act, payload: Mapping[str, Any]) -> Done:
    """Enter reads of one device. A read that is refused makes a conflict, unless it is to go to the office's quarantine."""
    device = text(payload, "device", required=True)
    _check_device(device)
    levels = named_levels(payload)
    given = [] if levels and not payload.get("reads") else named_reads(payload)
    photo, batch = _photo(device, payload.get("photo")), text(payload, "issue")
    taken: dict[str, Any] = {"counts": {}, "rows": []}
    if given:
        taken = take(act, device, given, batch=batch, photo=photo, keep=payload.get("keep") is True)
    if levels:
        taken["levels"] = take_levels(act, device, levels, batch)
    return Done({**taken, "photo": photo}, "MPS Device", device)


def named_levels(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Levels of supplies that came along (supply -> percent, or low, ok, empty). Raises Refused for anything else."""
    given = payload.get("levels") or {}
    if not isinstance(given, dict) or not all(
        isinstance(level, int | float | str) for level in given.values()
    ):
        raise Refused("payload", _("levels must be an object of names and values."))
    return given


def take_levels(act: Act, device: str, levels: Mapping[str, Any], batch: str) -> dict[str, int]:
    """Enter levels of supplies; their counts. Raises Conflict("level") with what is wrong with one."""
    row = {"device": device, "taken_at": act.made_at, "levels": levels}
    entry = enter_levels([row], ReadSource.TECHNICIAN, batch=batch)
    wrong = [f"{found.supply}: {found.message}" for found in entry.rows if found.verdict == REFUSED]
    if wrong:
        raise Conflict("level", " ".join(wrong))
    return entry.counts


def named_reads(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The reads of a payload. Raises Refused where there are none."""
    given = payload.get("reads")
    if not isinstance(given, list) or not given or not all(isinstance(row, dict) for row in given):
        raise Refused("payload", _("No reads are named."))
    return given


def take(
    act: Act,
    device: str,
    given: Sequence[Mapping[str, Any]],
    *,
    batch: str,
    photo: str = "",
    keep: bool = False,
    service: bool = False,
) -> dict[str, Any]:
    """Enter what a technician read off a device: {"counts", "rows"}.

    Args:
        keep: what is refused goes to the office's quarantine. service: not for billing.

    Raises Conflict("read") where a read is refused and not to be kept; then none is entered.
    """
    _check_device(device)
    rows = [{**_row(act, device, row, photo), "not_for_billing": service} for row in given]
    entry = intake.enter_reads(rows, ReadSource.TECHNICIAN, batch=batch, keep_refused=keep)
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
    return {"counts": entry.counts, "rows": told}


def _check_device(device: str) -> None:
    if not frappe.db.exists("MPS Device", device):
        raise Refused("device", _("There is no device {0}.").format(device))


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
    """URL of the picture of a device's display; empty where there is none."""
    picture = picture_of(given)
    return picture.attach("MPS Device", device, "meter") if picture else ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as the phone sent it, whole and of its kind; or one that is stored already (`url`)."""

    content: bytes = b""
    kind: str = ""
    url: str = ""

    def attach(self, doctype: str, name: str, what: str) -> str:
        """Keep it privately with a document; its URL."""
        if self.url:
            return self.url
        file = frappe.get_doc(
            {
                "doctype": "File",
                "file_name": f"{what}-{frappe.generate_hash(length=10)}.{self.kind}",
                "attached_to_doctype": doctype,
                "attached_to_name": name,
                "is_private": 1,
                "content": self.content,
            }
        )
        return file.insert(ignore_permissions=True).file_url


def picture_of(given: Any) -> Picture | None:
    """A picture that came as a data URL, or the URL of one that is there. Raises Refused("photo")."""
    if not given:
        return None
    if not isinstance(given, str):
        raise Refused("photo", _("The photo cannot be read."))
    head, comma, body = given.partition(",")
    if not comma:
        if not given.startswith(("/private/files/", "/files/")) or not frappe.db.exists(
            "File", {"file_url": given}
        ):
            raise Refused("photo", _("There is no photo {0}.").format(given[:100]))
        return Picture(url=given)
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
    return Picture(content, PICTURES[head])


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
