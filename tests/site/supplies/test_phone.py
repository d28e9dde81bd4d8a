"""A technician reads the toner along with the counters."""

from __future__ import annotations

from typing import Any

import frappe
import pytest

from mps_module.service import toner
from tests.site.stock import build as stock
from tests.site.supplies import build


@pytest.fixture
def ana() -> Any:
    build.device()
    return stock.technician("Ana")


def test_levels_come_along_with_the_reads_once(ana: Any):
    payload = {
        "device": "D-1",
        "reads": [{"meter": "mono", "value": 1200}],
        "levels": {"black": 42, "cyan": 7},
    }
    made_at = str(build.ago(1))
    first = stock.act(ana, "meter_read", payload, made_at=made_at)
    assert first["status"] == "Done", first
    assert first["result"]["levels"] == {"received": 2, "accepted": 2, "duplicate": 0, "refused": 0}
    again = stock.act(ana, "meter_read", {**payload, "reads": []}, made_at=made_at)
    assert again["result"]["levels"]["duplicate"] == 2
    frappe.set_user("Administrator")
    assert {row["supply"]: row["level"] for row in toner.levels_of("D-1")} == {"black": 42, "cyan": 7}
    row = frappe.get_last_doc("MPS Toner Level", {"supply": "black"})
    assert (row.source, str(row.taken_at)) == ("technician", made_at)


def test_levels_alone_are_enough(ana: Any):
    answer = stock.act(ana, "meter_read", {"device": "D-1", "levels": {"black": "low"}})
    assert (answer["status"], answer["result"]["rows"]) == ("Done", [])


@pytest.mark.parametrize(
    ("levels", "status", "code"),
    [
        ({"black": 140}, "Conflict", "level"),
        ([42], "Refused", "payload"),
        ({"black": [1]}, "Refused", "payload"),
    ],
)
def test_what_is_no_level_is_said_and_nothing_is_kept(ana: Any, levels, status: str, code: str):
    reads = [{"meter": "mono", "value": 1200}]
    answer = stock.act(ana, "meter_read", {"device": "D-1", "reads": reads, "levels": levels})
    assert (answer["status"], answer["code"]) == (status, code)
    frappe.set_user("Administrator")
    assert not frappe.db.count("MPS Toner Level") and not frappe.db.count("Meter Read", {"device": "D-1"})


def test_without_either_it_is_refused(ana: Any):
    assert stock.act(ana, "meter_read", {"device": "D-1", "reads": [], "levels": {}})["status"] == "Refused"
