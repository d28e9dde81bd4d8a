"""Pictures of every screen of the phone app, 390 x 844, from a test site: docs/images/phone/*.png.

Run with a bench's Python in its sites folder: `python …/scripts/phone_pictures.py SITE [OUTPUT FOLDER]`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

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


def take(phone: Any, out: Path, dealer: Any) -> None:
    page = phone.page
    call = dealer.calls["Phia"]

    def shot(name: str, route: str = "", look: str = "light") -> None:
        if route:
            phone.go(route)
        page.wait_for_timeout(700)
        page.screenshot(path=out / f"{name}.png")

    phone.page.evaluate("""async () => (await import("/assets/mps_module/phone/data.js")).everything()""")
    shot("calls", "#/calls")
    shot("call", f"#/call?issue={call}")
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
    page.emulate_media(color_scheme="light")
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
        with browser.chromium() as running:
            phone = browser.Phone(running, served, dealer.user("Phia"))
            take(phone, out, dealer)
            print("page errors:", phone.errors)
    finally:
        served.stop()
        close_dealer(dealer)
        frappe.destroy()


if __name__ == "__main__":
    main()
