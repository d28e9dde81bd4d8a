"""A device through two toners: levels every day, the daily job, the parcel, the refill, the next one."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import frappe
import pytest

from mps_module.service import supply_fitted, supply_requests, supply_shipping, toner, toner_levels
from tests.site.supplies import build

DAILY = 2.5
"""Percent a day: 125 pages a day on 5,000 pages at 5 %."""


def told(day: int, percent: float) -> None:
    """A level at six in the morning of a day, `day` 0 being 60 days ago."""
    row = {"device": "D-1", "supply": "black", "level": percent, "taken_at": build.ago(60 - day)}
    assert toner_levels.enter_levels([row], "collector").counts["accepted"] == 1


def requests() -> list:
    return frappe.get_all(
        "MPS Supply Request",
        fields=["name", "status", "asked_by", "used_clicks", "used_fill"],
        order_by="name",
        limit=50,
    )


def test_two_toners_of_a_device(monkeypatch):
    """100 % on day 0, 2.5 % a day. On day 28 it holds 12 days, on day 30 10: fewer than 11. It is sent on day 31 and
    fitted on day 40, when 0 % are left; the new one is watched for 20 days and needs nothing yet."""
    build.settings(auto_supply_calls=1, toner_days_ahead=11)
    build.device()
    build.covered()
    build.toner(stock=3)
    build.clicks(a60=(0, 0), a20=(5_000, 0), a0=(7_500, 0))
    now = {"day": 0}
    real = toner.clock.now
    monkeypatch.setattr(toner.clock, "now", lambda zone=None: real(zone) - timedelta(days=60 - now["day"]))
    seen = []
    for day in range(0, 31, 2):
        now["day"] = day
        told(day, 100 - DAILY * day)
        supply_requests.daily()
        seen.append(len(requests()))
    assert seen == [0] * 15 + [1], "nothing before day 30, one on it"
    (first,) = requests()
    assert (first.status, first.asked_by) == ("Approved", "Daily Job")
    now["day"] = 31
    (parcel,) = supply_shipping.order([first.name])
    frappe.get_doc("Stock Entry", parcel["stock_entry"]).submit()
    frappe.db.set_value("MPS Supply Request", first.name, "sent_at", build.ago(29))
    for day in range(32, 41, 2):
        now["day"] = day
        told(day, max(1.0, 100 - DAILY * day))
        supply_requests.daily()
    assert [row.status for row in requests()] == ["Sent"], (
        "a spare is on the shelf: nothing more is requested"
    )
    now["day"] = 41
    told(41, 100)
    (first,) = requests()
    assert first.status == "Fitted"
    # 99 % of 5,000 pages at 5 % in the 40 days from day 0 to day 40, in which 5,000 were made: 4.95 % of the page.
    assert first.used_clicks == pytest.approx(5_000, abs=130)
    assert first.used_fill == pytest.approx(4.95, abs=0.15)
    for day in range(43, 60, 4):
        now["day"] = day
        told(day, 100 - DAILY * (day - 41))
        supply_requests.daily()
    assert len(requests()) == 1
    (black,) = [one for one in toner.standings(["D-1"]) if one.key == "black"]
    assert black.outlook.pace.daily == pytest.approx(DAILY, abs=0.05)
    assert (black.spares, black.status, black.outlook.left_before) == (0, "", 1.0)
    stock = frappe.db.get_value("Bin", {"item_code": build.BLACK, "warehouse": build.store()}, "actual_qty")
    assert stock == 2


class Shelf:
    """What the requests of one device must be, kept beside them."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.entries: list[str] = []
        self.step = 0

    def names(self, *statuses: str) -> list[str]:
        return frappe.get_all(
            "MPS Supply Request", {"status": ["in", statuses]}, pluck="name", order_by="name", limit=100
        )

    def request(self) -> None:
        supply = self.rng.choice(["black", "cyan"])
        before = supply_requests.open_request("D-1", supply)
        doc = supply_requests.request("D-1", supply)
        assert before in (None, doc.name)

    def decide(self) -> None:
        for name in self.names("Held Back")[:1]:
            self.rng.choice([supply_requests.approve, supply_requests.refuse])(name, "because")

    def order(self) -> None:
        names = self.names("Approved")
        for parcel in supply_shipping.order(names) if names else ():
            self.entries.append(parcel["stock_entry"])

    def submit(self) -> None:
        for name in [
            each for each in self.entries if not frappe.db.get_value("Stock Entry", each, "docstatus")
        ][:1]:
            frappe.get_doc("Stock Entry", name).submit()

    def cancel(self) -> None:
        for name in [
            each for each in self.entries if frappe.db.get_value("Stock Entry", each, "docstatus") == 1
        ][:1]:
            doc = frappe.get_doc("Stock Entry", name)
            fitted = {row.mps_supply_request for row in doc.items} & set(self.names("Fitted"))
            doc.cancel()
            assert fitted <= set(self.names("Fitted")), "what is in the device stays there"
            self.entries.remove(name)
            frappe.get_doc("Material Request", doc.items[0].material_request).cancel()

    def fit(self) -> None:
        for name in self.names("Sent")[:1]:
            supply_fitted.close(name)

    def check(self) -> None:
        """At most one open request a supply, by its key; documents and states tell the same."""
        rows = frappe.get_all(
            "MPS Supply Request",
            fields=["name", "supply", "status", "active_key", "stock_entry"],
            order_by="name",
            limit=100,
        )
        open_ones = Counter(row.supply for row in rows if row.status in toner.OPEN)
        assert all(number == 1 for number in open_ones.values()), open_ones
        for row in rows:
            assert bool(row.active_key) is (row.status in toner.OPEN), row
            if row.status == "Sent":
                assert frappe.db.get_value("Stock Entry", row.stock_entry, "docstatus") == 1, row
        for one in toner.standings(["D-1"]):
            on_shelf = sum(1 for row in rows if row.status == "Sent" and row.supply == one.key)
            assert one.spares == on_shelf
            assert one.status == next(
                (row.status for row in rows if row.supply == one.key and row.status in toner.OPEN), ""
            )


@pytest.mark.parametrize("seed", [3, 17, 42])
def test_whatever_happens_in_whatever_order_the_requests_stay_sound(seed: int):
    build.settings()
    build.device()
    build.covered()
    for code in (build.BLACK, build.CYAN):
        build.toner(code, stock=20)
    shelf = Shelf(random.Random(seed))
    acts = [shelf.request, shelf.request, shelf.decide, shelf.order, shelf.submit, shelf.cancel, shelf.fit]
    for _step in range(22):
        shelf.rng.choice(acts)()
        shelf.check()
    moved = frappe.get_all(
        "Stock Ledger Entry",
        {"voucher_type": "Stock Entry", "voucher_no": ["in", shelf.entries or [""]], "is_cancelled": 0},
        ["item_code", "actual_qty"],
        order_by="name",
        limit=100,
    )
    gone = frappe.get_all(
        "MPS Supply Request",
        {"status": ["in", ["Sent", "Fitted"]]},
        ["name", "stock_entry"],
        order_by="name",
        limit=100,
    )
    assert -sum(row.actual_qty for row in moved) == sum(1 for row in gone if row.stock_entry in shelf.entries)
