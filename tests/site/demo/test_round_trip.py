"""What a folder says comes back from the documents as the same values: contracts, units, calls, reads, devices."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import frappe
import pytest

from mps_module.billing.contracts import load_contracts
from mps_module.billing.service_charges import load_calls
from mps_module.billing.units import load_units
from mps_module.cli import store
from mps_module.demo import agreements, fleet, load
from mps_module.demo.load import EXAMPLE, name_of
from mps_module.engine import contract as engine
from mps_module.engine.meters import MeterType
from mps_module.fleet.ledger import ledger_for
from mps_module.readers.records import Customer, Model

D = Decimal


@pytest.fixture(scope="module")
def files():
    with store.load(EXAMPLE) as data:
        yield {name: data.load(name) for name in data.contract_ids()}


def plain(contract: engine.Contract) -> engine.Contract:
    """Without what the desk keeps elsewhere: the SLA class, coverage, default items; parts have no rate of their own."""
    none = engine.Price(())
    versions = tuple(
        replace(
            version,
            sla_class="",
            coverage={},
            lines=tuple(
                replace(
                    one,
                    item="",
                    cost_center="",
                    price=none if one.kind is engine.LineKind.MATERIAL else one.price,
                )
                for one in version.lines
            ),
        )
        for version in contract.versions
    )
    return replace(contract, versions=versions)


def test_everything_comes_back(files):
    """One load, which takes half a minute, for all of it."""
    loaded = load()
    agreements_come_back(files)
    customers_have_their_address()
    devices_stand_where_the_fleet_says()
    every_contract_is_active_and_its_versions_submitted(loaded)
    rows_received_add_up(loaded)


def agreements_come_back(files):
    """Contracts, units, calls and the ledgers of every device under contract."""
    names = sorted(files)
    contracts, units, calls = load_contracts(names), load_units(names), load_calls(names)
    assert sorted(contracts) == names
    for name in names:
        agreed, ledger, covered = files[name]
        assert plain(contracts[name]) == plain(agreed), name
        assert [replace(u, allowances=dict(u.allowances)) for u in units[name]] == [
            replace(u, allowances=dict(u.allowances)) for u in covered
        ], name
        billable = [c for c in ledger.calls if c.incident or c.labour_hours or c.travel or c.parts]
        assert sorted(calls[name], key=lambda c: c.call) == sorted(billable, key=lambda c: c.call), name
        devices = [u.unit for u in covered if u.kind is engine.UnitKind.DEVICE]
        there = ledger_for(devices)
        for key, log in ledger.logs.items():
            assert [(old.value, new.value) for old, new in there.logs[key].superseded] == [
                (old.value, new.value) for old, new in log.superseded
            ], key
            assert [(r.taken_at, r.value, r.kind) for r in there.logs[key].reads] == [
                (r.taken_at, r.value, r.kind) for r in log.reads
            ], key
            assert there.logs[key].odometers == log.odometers, key


def customers_have_their_address():
    address = frappe.get_doc("Address", "CUST-01-Billing")
    assert (address.address_line1, address.city, address.pincode) == (
        "14 Beacon Hill Road",
        "Port Ellery",
        "04199",
    )
    assert address.links[0].link_name == "CUST-01"
    assert frappe.db.get_value("Customer", "CUST-01", "customer_name") == "Ellery Unified School District"


def devices_stand_where_the_fleet_says():
    device = frappe.get_doc("MPS Device", "H-1001")
    assert (device.device_model, device.site, device.department, device.status) == (
        "IM C6010",
        "Ellery High School",
        "Main office",
        "Installed",
    )
    assert frappe.db.count("MPS Device", {"status": "Removed"}) > 0
    assert not frappe.db.exists("MPS Device", "PC-01")


def every_contract_is_active_and_its_versions_submitted(loaded):
    assert frappe.db.count("Click Contract", {"status": "Active"}) == loaded["Click Contract"]
    assert frappe.db.count("Click Contract Version", {"docstatus": 1}) == loaded["Click Contract Version"]


def rows_received_add_up(loaded):
    counted = [loaded[f"Reads {v}"] for v in ("accepted", "flagged", "quarantined", "duplicate")]
    assert sum(counted) == loaded["Reads received"]
    assert frappe.db.count("Meter Read") == counted[0] + counted[1]
    assert frappe.db.count("Meter Read Quarantine") == counted[2]


class TestRows:
    """The words of single rows, without a site's data."""

    unit = engine.CoveredUnit("D-1", start=None, group="floor", allowances={"mono": D("8000.0")})

    def test_a_device_is_linked_and_seats_are_named(self):
        assert agreements.cover(self.unit)["device"] == "D-1"
        assert agreements.cover(self.unit)["unit_label"] is None
        seats = agreements.cover(replace(self.unit, kind=engine.UnitKind.SEAT))
        assert (seats["unit_kind"], seats["device"], seats["unit_label"]) == ("Seat", None, "D-1")

    def test_own_allowances_in_a_word(self):
        assert agreements.cover(self.unit)["allowances"] == "mono=8000"
        assert agreements.terms({"a4": D(1), "a3": D("2.50")}) == "a4=1, a3=2.5"

    def test_one_open_rate_needs_no_tiers(self):
        line = engine.Line("mono", engine.LineKind.CLICK, engine.Price((engine.Tier(None, D("0.01")),)))
        assert agreements.tier_rows(line) == []

    def test_tiers_name_their_line(self):
        price = engine.Price((engine.Tier(D(1000), D("0.01")), engine.Tier(None, D("0.008"))))
        line = engine.Line("mono", engine.LineKind.CLICK, price)
        assert agreements.tier_rows(line) == [
            {"line_id": "mono", "up_to": D(1000), "rate": D("0.01")},
            {"line_id": "mono", "up_to": 0, "rate": D("0.008")},
        ]

    def test_a_last_tier_that_is_closed_stays_closed(self):
        line = engine.Line("mono", engine.LineKind.CLICK, engine.Price((engine.Tier(D(500), D("0.01")),)))
        assert agreements.tier_rows(line) == [{"line_id": "mono", "up_to": D(500), "rate": D("0.01")}]

    def test_what_was_refused_is_named(self):
        assert name_of(Customer("CUST-7", "Seven")) == "CUST-7"
        assert name_of(Model("MX-1")) == "MX-1"
        assert name_of("C-1001") == "C-1001"


def test_a_formula_is_written_as_people_write_it(company):
    from mps_module.demo.load import Loader

    maker = Loader(company)
    meters = {
        "total": MeterType("total", "Total", digits=7),
        "colour": MeterType("colour", "Colour"),
        "mono": MeterType("mono", "Mono", formula={"total": D(1), "colour": D(-1)}),
    }
    fleet.model(maker, Model("Round Trip 1", "Sharp", meters, {"mono": D(1500)}))
    made = frappe.get_doc("MPS Device Model", "Round Trip 1")
    rows = {row.meter: row for row in made.meters}
    assert rows["total"].digits == 7 and rows["mono"].monthly_volume == 1500
    assert rows["mono"].formula.replace(" ", "") in ("total-colour", "1*total-1*colour")
    assert maker.made["MPS Device Model"] == 1
    fleet.model(maker, Model("Round Trip 1", "Sharp", meters, {}))
    assert maker.made["MPS Device Model"] == 1
