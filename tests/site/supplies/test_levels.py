"""Levels come in once, from everybody who may send them, and tell how long a supply lasts."""

from __future__ import annotations

import frappe
import pytest

from mps_module.api import collector, supplies
from mps_module.fleet import clock
from mps_module.service import toner, toner_levels
from tests.site import make
from tests.site.fleet.build import user
from tests.site.supplies import build

OURS, THEIRS = "Test Law LLP", "Tide & Marlow"


@pytest.fixture
def device() -> str:
    return build.device()


@pytest.fixture
def key(device) -> str:
    theirs = make.customer(THEIRS).name
    make.device("O-1", of=theirs, device_model=build.MODEL)
    name = user("dca@example.com", "MPS Collector", customers=(OURS,), user_type="Website User")
    frappe.set_user(name)
    return name


def stored(device: str = "D-1") -> list[tuple]:
    return [
        (row.supply, row.level, row.state)
        for row in frappe.get_all(
            "MPS Toner Level",
            {"device": device},
            ["supply", "level", "state"],
            order_by="taken_at, supply",
            limit=0,
        )
    ]


class TestCollector:
    def test_bulk_and_once(self, key: str):
        sent = [
            {
                "device": "D-1",
                "taken_at": "2026-10-01T08:00:00-04:00",
                "levels": {"Black Toner": 42, "Cyan Toner": "low"},
            },
            {"device": "D-1", "taken_at": "2026-10-02T08:00:00-04:00", "supply": "black", "level": 41},
        ]
        answer = collector.push_levels(sent)
        assert answer["counts"] == {"received": 3, "accepted": 3, "duplicate": 0, "refused": 0}
        assert [row["row"] for row in answer["rows"]] == [1, 1, 2]
        again = collector.push_levels(sent)
        assert again["counts"] == {"received": 3, "accepted": 0, "duplicate": 3, "refused": 0}
        frappe.set_user("Administrator")
        assert stored() == [("black", 42, "Measured"), ("cyan", 0, "Low"), ("black", 41, "Measured")]
        doc = frappe.get_doc("MPS Toner Level", answer["rows"][0]["name"])
        assert (doc.source, doc.batch, doc.owner, doc.customer) == ("collector", key, key, OURS)

    def test_as_the_printer_mib_tells_it(self, key: str):
        at = "2026-10-01T08:00:00-04:00"
        answer = collector.push_levels(
            [
                {"device": "D-1", "taken_at": at, "supply": "Drum Unit", "level": 17208, "max": 25000},
                {"device": "D-1", "taken_at": at, "supply": "Black Toner", "level": -3, "max": -2},
                {"device": "D-1", "taken_at": at, "supply": "Cyan Toner", "level": -2, "max": -2},
                {"device": "D-1", "taken_at": at, "supply": "Waste", "level": 30, "max": 100, "filled": True},
            ]
        )
        assert [(row["verdict"], row["code"]) for row in answer["rows"]] == [
            ("accepted", ""),
            ("accepted", ""),
            ("refused", "level-unknown"),
            ("accepted", ""),
        ]
        frappe.set_user("Administrator")
        assert stored() == [
            ("black", 0, "OK"),
            ("drum", pytest.approx(68.832), "Measured"),
            ("waste", 70, "Measured"),
        ]

    def test_two_cartridges_of_one_name_are_one_level(self, key: str):
        """A Brother shows the cartridge that is not mounted as empty beside the one that is."""
        at = "2026-10-01T08:00:00-04:00"
        answer = collector.push_levels(
            [
                {"device": "D-1", "taken_at": at, "supply": "Black Toner Cartridge", "level": 0, "max": -2},
                {"device": "D-1", "taken_at": at, "supply": "Black Toner Cartridge", "level": -3, "max": -2},
            ]
        )
        assert [row["verdict"] for row in answer["rows"]] == ["duplicate", "accepted"]
        frappe.set_user("Administrator")
        assert stored() == [("black", 0, "OK")]

    def test_other_customers_devices_do_not_exist_for_it(self, key: str):
        answer = collector.push_levels([{"device": "O-1", "supply": "black", "level": 5}])
        assert answer["rows"][0]["code"] == "device-unknown"
        frappe.set_user("Administrator")
        assert stored("O-1") == []

    @pytest.mark.parametrize("sent", ["{}", "nonsense", "[1]", [{"levels": 5}]])
    def test_nonsense_is_refused(self, key: str, sent):
        with pytest.raises(frappe.ValidationError):
            collector.push_levels(sent)

    def test_only_for_collectors(self, device: str, user_with):
        for role in ("MPS Service", "Customer"):
            frappe.set_user(user_with(role))
            with pytest.raises(frappe.PermissionError):
                collector.push_levels([])
            frappe.set_user("Administrator")


class TestEntry:
    def test_rows_that_cannot_be_taken_say_why(self, device: str):
        rows = [
            {"device": "D-1", "supply": "black", "level": "101"},
            {"device": "D-1", "supply": "black", "level": True},
            {"device": "D-1", "supply": "", "level": 5},
            {"device": "Nobody", "supply": "black", "level": 5},
            {"device": "D-1", "supply": "black", "level": 5, "taken_at": build.ago(-3)},
            {"device": "D-1", "supply": "black", "level": 5, "taken_at": "31/31/2026"},
        ]
        entry = toner_levels.enter_levels(rows, "staff")
        assert [row.code for row in entry.rows] == [
            "level-unreadable", "level-unreadable", "supply-missing", "device-unknown", "in-future", "not-a-date",
        ]  # fmt: skip
        assert entry.counts == {"received": 6, "accepted": 0, "duplicate": 0, "refused": 6}
        assert stored() == []

    def test_another_level_of_the_same_moment_is_a_conflict(self, device: str):
        at = build.ago(1)
        row = {"device": "D-1", "supply": "black", "taken_at": at}
        toner_levels.enter_levels([{**row, "level": 40}], "staff")
        (found,) = toner_levels.enter_levels([{**row, "level": 30}], "staff").rows
        assert (found.verdict, found.code) == ("refused", "conflict")
        assert stored() == [("black", 40, "Measured")]

    def test_by_serial_and_without_a_time(self, device: str):
        frappe.get_doc("MPS Device", device).update({"serial_no_text": "SN 77"}).save()
        entry = toner_levels.enter_levels([{"serial": "sn77", "supply": "black", "level": "12 %"}], "staff")
        assert entry.counts["accepted"] == 1 and stored() == [("black", 12, "Measured")]

    def test_the_desk_enters_what_was_told_on_the_phone(self, device: str, user_with):
        frappe.set_user(user_with("MPS Service"))
        answer = supplies.enter_level("D-1", "Black Toner", "low")
        assert answer["counts"]["accepted"] == 1
        frappe.set_user(user_with("MPS Billing"))
        with pytest.raises(frappe.PermissionError):
            supplies.enter_level("D-1", "black", "5")

    def test_queries_do_not_grow_with_the_rows(self, count_queries):
        for n in range(12):
            build.device(f"Q-{n}") if n == 0 else make.device(f"Q-{n}", device_model=build.MODEL)

        def push(many: int, days: float) -> int:
            rows = [
                {"device": f"Q-{n}", "taken_at": build.ago(days), "levels": {"black": 50, "cyan": 60}}
                for n in range(many)
            ]
            with count_queries() as queries:
                assert toner_levels.enter_levels(rows, "collector").counts["accepted"] == 2 * many
            return len(queries)

        push(1, 9)
        assert push(2, 5) == push(12, 3)


class TestLedger:
    def test_a_level_is_never_changed_or_deleted(self, device: str):
        name = build.levels(a1=50).rows[0].name
        doc = frappe.get_doc("MPS Toner Level", name)
        with pytest.raises(frappe.ValidationError):
            doc.update({"level": 10}).save()
        with pytest.raises(frappe.ValidationError):
            doc.delete()
        with pytest.raises(frappe.ValidationError):
            make.doc("MPS Toner Level", device="D-1", supply="black", level=5, taken_at=build.ago(0))

    def test_a_withdrawn_one_does_not_count(self, device: str, user_with):
        entry = build.levels(a20=100, a0=60)
        build.levels(a0_5=5)
        wrong = frappe.get_all("MPS Toner Level", {"level": 5}, pluck="name", order_by="name", limit=1)[0]
        frappe.set_user(user_with("MPS Service"))
        with pytest.raises(frappe.ValidationError):
            supplies.withdraw_level(wrong, " ")
        supplies.withdraw_level(wrong, "typed for another device")
        frappe.set_user("Administrator")
        assert toner.levels_of("D-1")[0]["level"] == 60
        assert len(entry.rows) == 2 and len(stored()) == 3


class TestStanding:
    def test_days_left_from_the_slope(self, device: str):
        """100 to 60 in 20 days: 30 days left."""
        build.levels(a20=100, a0=60)
        (black,) = toner.levels_of("D-1")
        assert (black["supply"], black["item"], black["level"]) == ("black", build.BLACK, 60)
        assert black["days_left"] == pytest.approx(30, abs=0.01)
        assert black["state"] == "Measured"

    def test_clicks_serve_a_device_whose_levels_are_too_young(self, device: str):
        """100 clicks a day on 5,000 pages are 2 % a day: 50 % last 25 days. Cyan goes with the 20 colour clicks: 0.5 %."""
        build.clicks(a60=(1000, 100), a30=(3400, 700), a0=(5800, 1300))
        build.levels(a0=50)
        build.levels(supply="cyan", a0=50)
        by = {row["supply"]: row["days_left"] for row in toner.levels_of("D-1")}
        assert by["black"] == pytest.approx(25, rel=0.02)
        assert by["cyan"] == pytest.approx(100, rel=0.02)

    def test_cover_of_the_page_since_the_refill(self, device: str):
        """50 % of a 5,000-page toner in 1,250 pages (1,000 mono and 250 colour): 5 x 5000 x .5 / 1250 = 10 %."""
        build.clicks(a25=(0, 0), a20=(1000, 100), a0=(2000, 350))
        build.levels(a21=3, a20=100, a0=50)
        (black,) = [one for one in toner.standings(["D-1"]) if one.key == "black"]
        assert float(black.fill) == pytest.approx(10)
        assert black.outlook.left_before == 3

    def test_use_whose_clicks_nobody_read_makes_no_black_page(self, device: str):
        """The reads end 20 days ago: 20 % of 5,000 pages on 1,000 pages are 5 %; the 60 % since then are left out."""
        build.clicks(a40=(0, 0), a20=(1000, 0))
        build.levels(a40=100, a20=80, a0=20)
        (black,) = [one for one in toner.standings(["D-1"]) if one.key == "black"]
        assert float(black.fill) == pytest.approx(5)
        assert black.outlook.level == 20

    def test_a_drum_that_is_black_is_not_the_black_toner(self, device: str):
        doc = frappe.get_doc("MPS Device Model", build.MODEL)
        build.toner("DR-1")
        frappe.db.set_value("Item", "DR-1", "item_name", "Drum Unit")
        doc.append("supplies", {"item": "DR-1", "colour": "black", "yield_pages": 60000})
        doc.save()
        build.levels(a20=100, a0=60)
        build.levels(supply="Black Drum", a0=88)
        rows = {row["supply"]: (row["item"], row["level"]) for row in toner.levels_of("D-1")}
        assert rows == {"black": (build.BLACK, 60), "drum black": ("DR-1", 88)}

    def test_queries_do_not_grow_with_the_fleet(self, count_queries):
        names = [build.device("F-0")] + [
            make.device(f"F-{n}", device_model=build.MODEL).name for n in range(1, 12)
        ]
        for name in names:
            build.levels(name, a20=100, a0=60)
            build.clicks(name, a20=(0, 0), a0=(900, 100))

        def ask(some: list[str]) -> int:
            with count_queries() as queries:
                found = [one for one in toner.standings(some) if one.outlook]
            assert len(found) == len(some) and all(round(one.outlook.days_left) == 30 for one in found)
            return len(queries)

        ask(names[:1])
        assert ask(names[:2]) == ask(names)

    def test_nothing_is_known_of_a_device_without_levels(self, device: str):
        assert toner.levels_of("D-1") == []


def test_times_are_kept_as_the_site_keeps_them(device: str):
    toner_levels.enter_levels(
        [{"device": "D-1", "supply": "black", "level": 5, "taken_at": "2026-07-01T12:00:00+00:00"}], "staff"
    )
    (row,) = frappe.get_all("MPS Toner Level", fields=["taken_at"], order_by="name", limit=5)
    assert str(row.taken_at) == "2026-07-01 08:00:00"  # New York
    (loaded,) = toner_levels.load_levels(["D-1"])["D-1", "black"]
    assert loaded.taken_at == clock.aware(row.taken_at, clock.site_zone())
