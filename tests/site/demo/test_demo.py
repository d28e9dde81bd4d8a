"""The example dealer on a site: everything loads through documents, and the run bills what the `mps` command bills."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

import frappe
import pytest

from mps_module.cli import store
from mps_module.demo import load
from mps_module.demo.load import EXAMPLE
from mps_module.engine.adjust import pins_of
from mps_module.engine.bill import bill
from mps_module.engine.schedule import due_periods
from tests.site.billing import dealer

THROUGH = date(2026, 11, 1)


@pytest.fixture(scope="module")
def by_command():
    """contract -> due date -> total, as the engine bills the plain files."""
    totals: dict[str, dict[date, Decimal]] = defaultdict(dict)
    with store.load(EXAMPLE) as data:
        for name in data.contract_ids():
            contract, ledger, units = data.load(name)
            posted = []
            for period in due_periods(contract, None, THROUGH):
                posted.append(bill(contract, ledger, units, period, posted[-6:] if pins_of(posted) else ()))
                totals[name][period.due] = posted[-1].total
    return totals


def test_the_run_bills_what_the_command_bills_contract_by_contract(by_command):
    """Two years of fifteen contracts: 300 and more bills from one run, each to the cent."""
    made = load()
    assert made["refused"] == []
    dealer.run(str(THROUGH))
    rows = frappe.get_all(
        "Click Bill", fields=["contract", "due_date", "total"], order_by="contract, due_date", limit=5_000
    )
    by_site: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for row in rows:
        by_site[row.contract][row.due_date] = Decimal(str(row.total)).quantize(Decimal("0.01"))
    assert set(by_site) == set(by_command)
    for name, expected in by_command.items():
        assert by_site[name] == expected, name
    assert sum(len(v) for v in by_site.values()) > 300


def test_loading_twice_adds_nothing():
    load()
    again = load()
    assert {k: v for k, v in again.items() if not k.startswith("Reads") and v} == {}
    assert again["Reads accepted"] == again["Reads flagged"] == 0
    assert again["Reads received"] == again["Reads duplicate"] + again["Reads quarantined"]


def test_a_folder_that_is_none_is_said_to_be_none():
    with pytest.raises(frappe.ValidationError, match="is no folder"):
        load("/nowhere")
