"""Pictures of every screen of the phone app, 390 x 844, from a test site: docs/images/phone/*.png.

Run with a bench's Python in its sites folder: `python …/scripts/phone_pictures.py SITE [OUTPUT FOLDER [WIDTHxHEIGHT [dark]]]`;
size and look serve to see every screen on a small phone and at night.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

SIZE = sys.argv[3] if len(sys.argv) > 3 else ""
LOOK = "dark" if "dark" in sys.argv[4:] else "light"
CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))


def stock_up(dealer: Any) -> None:
    """Something on every screen: a parcel on its way, a colleague who asks, serials and a batch."""
    import frappe

    from tests.site.phone import dealer as parts
    from tests.site.stock import build

    phia, quin = dealer.trunks["Phia"], dealer.trunks["Quin"]
    build.put(parts.SERIAL, phia.warehouse, 2)
    batch = build.batch(parts.BATCH, "PH-G-2026-03")
    build.put(parts.BATCH, phia.warehouse, 3, batch_no=batch)
    build.put("PH-BELT", build.STORE, 5)
    build.ship(phia, "PH-BELT", 2)
    build.act(
        quin,
        "transfer_request",
        {"from_trunk": phia.name, "items": [{"item": "PH-DRUM", "qty": 1}], "note": "Law firm, 3rd floor"},
    )
    build.act(phia, "use_on_call", {"issue": dealer.calls["Phia"], "items": [{"item": "PH-DRUM", "qty": 4}]})
    for subject in ("Lines on every copy", "Fax cannot dial out"):
        dealer.calls[subject] = build.call(subject, to=phia)
    from mps_module.fleet.intake import enter_reads

    enter_reads(
        [
            {"device": dealer.device, "meter": meter, "taken_at": "2026-01-05 09:00:00", "value": value}
            for meter, value in (("mono", 48210), ("colour", 12904))
        ],
        "staff",
    )
    frappe.db.commit()


def put_on_the_board(dealer: Any) -> None:
    """Phia is a technician of the board; her call shows who pays, its clock, and what was told."""
    import frappe

    from mps_module.service import assign
    from tests.site.service import build as service

    person, _trunk = service.technician("Phia")
    frappe.db.set_value(
        "Notification Settings", person.user, "enable_email_notifications", 0
    )  # no mail account here
    issue = dealer.calls["Phia"]
    covered = {f"mps_coverage_{part}": "Included" for part in ("labour", "travel", "supplies")}
    soon = frappe.utils.add_to_date(None, hours=3)
    frappe.db.set_value(
        "Issue",
        issue,
        {
            **covered,
            "mps_coverage_parts": "Billable",
            "mps_problem_code": "JAM",
            "mps_maintenance_due": 1,
            "mps_due_on": frappe.utils.add_days(None, 6),
            "mps_response_by": soon,
            "mps_response_state": "Running",
            "sla_resolution_by": frappe.utils.add_to_date(soon, hours=4),
            "mps_restore_state": "Running",
        },
    )
    assign.assign(issue, person.name, frappe.utils.now_datetime())
    frappe.db.commit()


def visit(phone: Any, out: Path, call: str) -> None:
    """The visit from its first step to the signature, and a conflict of it."""
    page = phone.go(f"#/visit?issue={call}")

    def shot(name: str, at: str = "") -> None:
        if at:
            page.get_by_text(at, exact=True).first.evaluate(
                "node => scrollTo(0, node.getBoundingClientRect().top + scrollY - 70)"
            )
        page.wait_for_timeout(700)
        page.screenshot(path=out / f"{name}.png")

    for name in ("Accept", "On my way", "I have arrived"):
        page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_timeout(5000)  # the word at the bottom goes
    shot("visit")
    page.get_by_label("Black & White").fill("51377")
    page.get_by_role("button", name="Add a part").click()
    page.get_by_role("dialog").get_by_role("button", name="PH-FUSER").click()
    shot("visit-parts", "Meter")
    for label, value in (("Cause", "WORN"), ("Repair", "REPLACED")):
        page.get_by_label(label).select_option(value)
    page.get_by_label("Work done").fill("Fuser changed, rollers cleaned")
    shot("visit-codes", "What was found and done")
    page.get_by_role("radio", name="Done on this visit").check()
    shot("visit-maintenance", "Maintenance due too")
    page.get_by_role("radio", name="Held for a part").check()
    page.get_by_role("group", name="Outcome").get_by_role("button", name="Add a part").click()
    page.get_by_role("dialog").get_by_role("button", name="PH-BELT").click()
    shot("visit-outcome", "Outcome")
    page.get_by_label("Name").fill("J. Doe")
    page.get_by_text("Customer", exact=True).evaluate(
        "node => scrollTo(0, node.getBoundingClientRect().top + scrollY - 70)"
    )
    box = page.get_by_role("img", name="Signature").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 90)
    page.mouse.down()
    for step in range(40):
        page.mouse.move(box["x"] + 30 + step * 7, box["y"] + 60 + 30 * (-1) ** (step // 3) * (1 - step / 50))
    page.mouse.up()
    shot("visit-signature", "Customer")
    phone.offline()
    page.get_by_role("button", name="Finish the visit").click()
    page.wait_for_timeout(5000)
    shot("visit-waits")


def after_the_visit(phone: Any, out: Path, call: str) -> None:
    """The office closed the call before the report came in."""
    import frappe

    frappe.db.rollback()
    frappe.db.set_value("Issue", call, "status", "Closed")
    frappe.db.commit()
    phone.offline(False)
    phone.settled()
    page = phone.go("#/outbox")
    page.wait_for_timeout(700)
    page.screenshot(path=out / "visit-conflict.png")


def take(phone: Any, out: Path, dealer: Any) -> None:
    def shot(name: str, route: str = "") -> None:
        if route:
            phone.go(route)
        phone.page.wait_for_timeout(700)
        phone.page.screenshot(path=out / f"{name}.png")

    screens(phone, shot, dealer)
    waiting(phone, shot, dealer.calls["Phia"])


def screens(phone: Any, shot: Callable[..., None], dealer: Any) -> None:
    """Every screen, with a signal."""
    page, call = phone.page, dealer.calls["Phia"]
    phone.page.evaluate("""async () => (await import("/assets/mps_module/phone/data.js")).everything()""")
    shot("calls", "#/calls")
    shot("call", f"#/call?issue={call}")
    shot("newcall", "#/newcall")
    shot("trunk", "#/trunk")
    shot("part", "#/item?item=PH-DRUM")
    shot("use", f"#/use?issue={call}&item=PH-FUSER")
    page.get_by_role("button", name="Add a part").click()
    shot("choose")
    page.keyboard.press("Escape")
    shot("missing", f"#/missing?issue={call}")
    shot("moves", "#/moves")
    page.locator('a[href^="#/parcel"]').first.click()
    shot("receive")
    phone.go("#/moves")
    page.locator('a[href^="#/transfer"]').first.click()
    shot("transfer")
    shot("ask", "#/ask?txt=drum")
    shot("send", "#/give?item=PH-FUSER")
    shot("count", "#/count")
    page.get_by_role("button", name="List the whole trunk").click()
    shot("count")
    shot("away", "#/away?item=PH-FUSER")
    shot("meter", f"#/meter?device={dealer.device}")
    shot("device", "#/meter")
    page.get_by_role("button", name="Scan").click()
    shot("scan")
    page.keyboard.press("Escape")


def waiting(phone: Any, shot: Callable[..., None], call: str) -> None:
    """A conflict, and what waits without a signal; then the dark look."""
    page = phone.page
    phone.act(
        "use_on_call",
        {"issue": call, "items": [{"item": "PH-DRUM", "qty": 9}]},
        f"Use on {call}: 9 × PH-DRUM",
        {"PH-DRUM": -9},
    )
    phone.settled()
    phone.offline()
    phone.act(
        "use_on_call",
        {"issue": call, "items": [{"item": "PH-BELT", "qty": 1}]},
        f"Use on {call}: 1 × PH-BELT",
        {"PH-BELT": -1},
    )
    page.wait_for_timeout(4500)
    shot("outbox", "#/outbox")
    shot("trunk-offline", "#/trunk")
    page.emulate_media(color_scheme="dark")
    shot("trunk-dark", "#/trunk")
    page.emulate_media(color_scheme=LOOK)
    shot("more", "#/more")
    phone.offline(False)
    phone.settled()


def main() -> None:
    import frappe

    from tests.site.phone import browser
    from tests.site.phone.dealer import close_dealer, open_dealer

    out = Path(sys.argv[2]) if len(sys.argv) > 2 else CHECKOUT / "docs" / "images" / "phone"
    out.mkdir(parents=True, exist_ok=True)
    frappe.init(sys.argv[1], sites_path=".")
    frappe.connect()
    dealer = open_dealer(stock=6)
    served = browser.Served(sys.argv[1], Path.cwd())
    try:
        stock_up(dealer)
        put_on_the_board(dealer)
        with browser.chromium() as running:
            phone = browser.Phone(running, served, dealer.user("Phia"))
            phone.page.emulate_media(color_scheme=LOOK)
            if SIZE:
                phone.page.set_viewport_size(
                    dict(zip(("width", "height"), map(int, SIZE.split("x")), strict=True))
                )
            take(phone, out, dealer)
            visit(phone, out, dealer.calls["Phia"])
            after_the_visit(phone, out, dealer.calls["Phia"])
            print("page errors:", phone.errors)
    finally:
        served.stop()
        frappe.db.rollback()
        frappe.db.delete("MPS Assignment", {"issue": ("in", list(dealer.calls.values()))})
        frappe.db.delete("MPS Technician", {"user": ("in", [dealer.user(name) for name in dealer.trunks])})
        close_dealer(dealer)
        frappe.destroy()


if __name__ == "__main__":
    main()
