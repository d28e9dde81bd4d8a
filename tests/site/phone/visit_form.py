"""The hands of a technician on the screen of a visit, and the calls that these tests open and take away again."""

from __future__ import annotations

from collections.abc import Collection
from io import BytesIO
from typing import Any

import frappe

from tests.site.service import build as service
from tests.site.stock import build

VISIT = "Maintenance Visit"
STEPS = ("Accept", "On my way", "I have arrived")


def put_on_the_board(name: str) -> str:
    """The technician is one of the dispatch board; name of the MPS Technician."""
    person, _trunk = service.technician(name)
    # The test site has no mail account with which the ERP could write that a call was assigned.
    frappe.db.set_value("Notification Settings", person.user, "enable_email_notifications", 0)
    frappe.db.commit()
    return person.name


def open_call(technician: str, device: str, subject: str = "Streaks on copies", **values: Any) -> str:
    """A new call of a technician, committed; name of the Issue."""
    from mps_module.service import assign

    frappe.set_user("Administrator")
    name = build.call(subject, mps_device=device, mps_problem_code="LINES")
    covered = {f"mps_coverage_{part}": "Included" for part in ("labour", "travel", "supplies")}
    frappe.db.set_value("Issue", name, {**covered, "mps_coverage_parts": "Billable", **values})
    assign.assign(name, technician, frappe.utils.now_datetime())
    frappe.db.commit()
    return name


def take_away(calls: Collection[str], technicians: Collection[str], parts: Collection[str]) -> None:
    """The calls with all that their visits became, and the technicians' places on the board."""
    frappe.db.rollback()
    visits = frappe.get_all(
        VISIT, {"mps_issue": ("in", calls or [""])}, pluck="name", order_by="name", limit=0
    )
    requests = frappe.get_all(
        "Material Request Item", {"item_code": ("in", parts)}, pluck="parent", order_by="name", limit=0
    )
    for doctype, field, names in (
        ("MPS Assignment", "issue", calls), ("MPS Missing Part", "issue", calls), ("Issue", "name", calls),
        ("Comment", "reference_name", calls), ("ToDo", "reference_name", calls), ("DocShare", "share_name", calls),
        ("Maintenance Visit Purpose", "parent", visits), (VISIT, "name", visits), ("File", "attached_to_name", visits),
        ("Material Request Item", "parent", requests), ("Material Request", "name", requests),
        ("MPS Technician Skill", "parent", technicians), ("MPS Technician", "name", technicians),
    ):  # fmt: skip
        if names:
            frappe.db.delete(doctype, {field: ("in", names)})
    frappe.db.commit()


def draft(page: Any, issue: str) -> dict[str, Any] | None:
    """The begun report as it lies on the phone's disk: answered after everything that was typed before."""
    return page.evaluate(
        """async (issue) => (await import("/assets/mps_module/phone/drafts.js")).known(issue)""", issue
    )


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def arrive(page: Any) -> None:
    """The steps that are left, each when the one before is on the phone."""
    for name in STEPS:
        key = page.get_by_role("button", name=name, exact=True)
        if key.count():
            key.click()
            key.wait_for(state="detached")


def sign(page: Any) -> None:
    pad = page.get_by_role("img", name="Signature")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 60)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(box["x"] + 40 + step * 18, box["y"] + 60 + (step % 3) * 14)
    page.mouse.up()


def outcome(page: Any, name: str) -> None:
    page.get_by_role("radio", name=name).check()


def add_part(page: Any, item: str, missing: bool = False) -> None:
    """A part that was used, or one that the call is held for."""
    place = (
        page.get_by_role("group", name="Outcome")
        if missing
        else page.locator("section", has_text="Parts used")
    )
    place.get_by_role("button", name="Add a part").click()
    page.get_by_role("dialog").get_by_role("button", name=item).click()
    page.get_by_role("dialog").wait_for(state="detached")


def photo(page: Any, width: int = 64, height: int = 48, quality: int = 75) -> int:
    """Take a picture with the visit's camera; its size in bytes."""
    from PIL import Image

    content = BytesIO()
    Image.effect_noise((width, height), 90).convert("RGB").save(content, "JPEG", quality=quality)
    picture = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}
    page.get_by_label("Photo", exact=True).set_input_files(picture)
    return len(picture["buffer"])
