"""Finding what a call is for: exact codes, beginnings, customers; and never another customer's device by chance."""

from __future__ import annotations

import frappe
import pytest

from mps_module.service import find
from tests.site import make
from tests.site.service import build


@pytest.fixture
def fleet():
    """Three devices of two customers; D-3 is retired."""
    law, school = make.customer("Test Law LLP").name, make.customer("Ellery Schools").name
    make.device(
        "COP-001", of=law, serial_no_text="JPB 0011", asset_tag="T-4711", site="Annex", department="Tax"
    )
    make.device("COP-002", of=school, serial_no_text="XK99881", asset_tag="T-4712", site="Gym")
    make.device("COP-003", of=school, serial_no_text="OLD-0001", asset_tag="T-4713")
    frappe.db.set_value("MPS Device", "COP-003", "status", "Retired")
    return law, school


def names(rows) -> list[str]:
    return [row["name"] for row in rows]


class TestExact:
    @pytest.mark.parametrize(
        ("code", "device"),
        [
            ("COP-001", "COP-001"),
            ("T-4711", "COP-001"),
            ("JPB 0011", "COP-001"),
            ("jpb0011", "COP-001"),
            (" JPB0011 ", "COP-001"),
            ("XK99881", "COP-002"),
        ],
    )
    def test_by_id_tag_and_serial_number(self, fleet, code, device):
        assert [row.name for row in find.devices_called([code])] == [device]

    def test_retired_devices_and_empty_codes_find_nothing(self, fleet):
        assert find.devices_called(["OLD-0001", "COP-003"]) == []
        assert find.devices_called(["", "  "]) == []

    def test_a_blank_serial_number_is_nobodys(self, fleet):
        make.device("COP-004", of=fleet[0])
        assert find.devices_called([" "]) == []

    def test_limited_to_customers(self, fleet):
        school = fleet[1]
        assert [row.name for row in find.devices_called(["T-4711", "T-4712"], [school])] == ["COP-002"]
        assert find.devices_called(["T-4711"], [school]) == []
        assert find.devices_called(["T-4711"], []) == []


class TestText:
    def test_one_device(self, fleet):
        assert find.one_in("Our T-4711 jams since 2026-01-05") == ("COP-001", "", [])

    def test_two_devices_are_named_and_none_is_taken(self, fleet):
        assert find.one_in("T-4711 and T-4712 are down") == ("", "", ["COP-001", "COP-002"])

    def test_of_two_the_customers_own(self, fleet):
        assert find.one_in("T-4711 and T-4712 are down", fleet[1]) == ("COP-002", "", [])

    def test_somebody_elses_is_said_and_not_taken(self, fleet):
        assert find.one_in("T-4711 is down", fleet[1]) == ("", "", ["COP-001"])

    def test_two_codes_of_one_device_are_one(self, fleet):
        assert find.one_in("T-4711, serial JPB0011") == ("COP-001", "", [])

    def test_a_text_without_codes_asks_nothing(self, fleet, count_queries):
        with count_queries() as sent:
            assert find.one_in("The copier in the hall is broken") == ("", "", [])
        assert len(sent) == 0

    def test_a_text_full_of_numbers_takes_two_questions(self, fleet, count_queries):
        text = " ".join(f"N{number}" for number in range(1000, 1300))
        with count_queries() as sent:
            assert find.one_in(text) == ("", "", [])
        assert len(sent) == 2


class TestCandidates:
    def test_rows_say_where_a_device_stands(self, fleet):
        (row,) = find.candidates("T-4711")
        assert (row["kind"], row["name"], row["customer_name"]) == ("Device", "COP-001", "Test Law LLP")
        assert "JPB 0011" in row["label"]
        assert row["hint"] == "Annex · Tax · T-4711 · Installed"

    @pytest.mark.parametrize(
        ("typed", "found"),
        [
            ("COP", ["COP-001", "COP-002"]),
            ("jpb", ["COP-001"]),
            ("T-47", ["COP-001", "COP-002"]),
            ("Ellery", ["COP-002"]),
            ("Gym", ["COP-002"]),
            ("nowhere", []),
        ],
    )
    def test_what_is_typed(self, fleet, typed, found):
        assert sorted(names(find.candidates(typed))) == found

    def test_the_calls_customer_first(self, fleet):
        assert names(find.candidates("", customer=fleet[1])) == ["COP-002"]

    def test_signs_of_the_database_are_letters(self, fleet):
        assert find.candidates("' or 1=1 --") == []

    def test_seats_of_the_customer_are_listed_too(self, fleet):
        row = {"unit_kind": "Seat", "unit_label": "Office seats", "quantity": 25, "start_date": "2026-01-01"}
        lines = ({"line_id": "s", "kind": "seat", "rate": 30},)
        build.contract("COP-001", covers=[row], lines=lines, of=fleet[0])
        rows = find.candidates("", customer=fleet[0])
        assert [(row["kind"], row["name"]) for row in rows] == [
            ("Device", "COP-001"),
            ("Seat", "Office seats"),
        ]
        assert names(find.candidates("seats", customer=fleet[0])) == ["Office seats"]
        assert find.seats_of([fleet[1]]) == []
        assert find.seats_of([]) == []


class TestAssets:
    @pytest.fixture
    def server(self, fleet) -> str:
        agreed = build.contract("COP-001", of=fleet[0])
        for number in (42, 43):
            asset = frappe.get_doc(
                {"doctype": "Asset", "asset_name": f"SRV-00{number}", "item_code": "SERVER"}
            )
            asset.name = f"ACC-ASS-2026-000{number}"
            asset.db_insert()
        frappe.db.set_value("Click Contract Cover", agreed.covers[0].name, "asset", "ACC-ASS-2026-00042")
        return "ACC-ASS-2026-00042"

    def test_by_id_and_name_where_a_contract_covers_it(self, server, fleet):
        assert find.one_in("SRV-0042 is down") == ("", server, [])
        assert find.one_in(f"{server} is down", fleet[0]) == ("", server, [])
        assert find.one_in("SRV-0043 is down") == ("", "", [])

    def test_not_for_another_customer(self, server, fleet):
        assert find.one_in("SRV-0042 is down", fleet[1]) == ("", "", [])
        assert find.assets_called(["SRV-0042"], [fleet[1]]) == []
        (row,) = find.candidates("SRV-0042")
        assert (row["kind"], row["name"], row["label"], row["customer"]) == (
            "Asset",
            server,
            "SRV-0042",
            fleet[0],
        )

    @pytest.mark.parametrize("typed", ["SRV", "server", "00042", ""])
    def test_part_of_its_name_or_its_customer_finds_it_beside_the_devices(self, server, fleet, typed):
        rows = find.candidates(typed, customer=fleet[0])
        assert [row["name"] for row in rows if row["kind"] == "Asset"] == [server]
        assert not [row for row in find.candidates(typed, customer=fleet[1]) if row["kind"] == "Asset"]

    def test_what_the_contract_covers_no_more_is_not_offered(self, server, fleet):
        frappe.db.set_value("Click Contract Cover", {"asset": server}, "end_date", "2026-02-01")
        assert find.candidates("SRV") == [] and find.assets_of([fleet[0]]) == []
        assert find.assets_of([]) == []
