"""A dealer keeps contracts on the desk: clear refusals, amendments side by side, exact values for the engine."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import frappe
import pytest

from mps_module.api import contracts as api
from mps_module.billing.contracts import load_contract, load_contracts
from mps_module.billing.units import load_units
from mps_module.engine import contract as engine
from tests.site import make

D = Decimal


@pytest.fixture
def active():
    make.device()
    agreed = make.contract("D-1")
    make.version(agreed, make.click_line(), {"line_id": "base", "kind": "flat", "rate": 350})
    api.activate(agreed.name)
    return agreed.reload()


def test_engine_sees_what_was_typed_to_the_last_decimal():
    make.device()
    agreed = make.contract("D-1", end_date="2028-12-31", time_zone="America/New_York", po_no="4711")
    make.version(
        agreed,
        make.click_line(
            rate=0.0085,
            allowance_qty=20_000,
            discount_percent=2.5,
            minimum=100,
            meters="mono=1, a3=2",
            groups="floor, desk",
        ),
        {"line_id": "colour", "kind": "click", "meters": "colour", "tier_mode": "volume"},
        {"line_id": "seats", "kind": "seat", "rate": 45.5},
        tiers=[
            {"line_id": "colour", "up_to": 10_000, "rate": 0.061234},
            {"line_id": "colour", "rate": 0.05},
        ],
        overage_months="3",
        anchor_month="1",
        escalator_percent=5,
        split_by="site",
        minimum=75.25,
    )
    got = load_contract(agreed.name)
    assert (got.start, got.end, got.timezone, got.po) == (
        date(2026, 1, 1),
        date(2028, 12, 31),
        "America/New_York",
        "4711",
    )
    (version,) = got.versions
    mono, colour, seats = version.lines
    assert mono.price == engine.Price((engine.Tier(None, D("0.0085")),))
    assert mono.meters == {"mono": D(1), "a3": D(2)} and mono.groups == ("floor", "desk")
    assert (mono.allowance.quantity, mono.discount, mono.minimum, mono.maximum) == (
        D(20_000),
        D("2.5"),
        D(100),
        None,
    )
    assert [t.rate for t in colour.price.tiers] == [D("0.061234"), D("0.05")]
    assert colour.price.mode is engine.TierMode.VOLUME and colour.price.tiers[0].up_to == 10_000
    assert seats.kind is engine.LineKind.SEAT and seats.price.tiers[0].rate == D("45.5")
    rules = version.rules
    assert (rules.overage_months, rules.anchor_month, rules.split_by) == (3, 1, engine.SplitBy.SITE)
    assert (rules.minimum, version.escalator.percent, rules.decimals) == (D("75.25"), D(5), 2)


def test_covered_units_take_their_place_from_the_device_unless_the_row_says_otherwise():
    make.device("D-1", site="North", department="Legal")
    make.device("D-2", site="South")
    agreed = make.contract(
        covers=[
            {"unit_kind": "Device", "device": "D-1", "start_date": "2026-01-01", "allowances": "mono=8000"},
            {"unit_kind": "Device", "device": "D-2", "start_date": "2026-02-10", "site": "Annex"},
            {"unit_kind": "Seat", "unit_label": "Office", "quantity": 25, "start_date": "2026-01-01"},
        ]
    )
    one, two, seats = load_units([agreed.name])[agreed.name]
    assert (one.site, one.department, one.allowances) == ("North", "Legal", {"mono": D(8000)})
    assert (two.site, two.start) == ("Annex", date(2026, 2, 10))
    assert (seats.kind, seats.unit, seats.quantity) == (engine.UnitKind.SEAT, "Office", D(25))


def test_many_contracts_cost_as_many_queries_as_few(count_queries):
    names = []
    for n in range(6):
        make.device(f"D-{n}")
        agreed = make.contract(f"D-{n}")
        make.version(agreed, make.click_line())
        names.append(agreed.name)

    def cost(some):
        with count_queries() as queries:
            assert len(load_contracts(some)) == len(load_units(some)) == len(some)
        return len(queries)

    cost(names)
    assert cost(names[:1]) == cost(names) <= 7


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"end_date": "2025-12-31"}, "before start"),
        ({"covers": [{"unit_kind": "Device", "start_date": "2026-01-01"}]}, "row 1"),
        ({"covers": [{"unit_kind": "Seat", "quantity": 5, "start_date": "2026-01-01"}]}, "row 1"),
        (
            {
                "covers": [
                    {
                        "unit_kind": "Device",
                        "device": "D-1",
                        "start_date": "2026-02-01",
                        "end_date": "2026-01-01",
                    }
                ]
            },
            "lies before",
        ),
        (
            {
                "covers": [
                    {
                        "unit_kind": "Seat",
                        "unit_label": "Office",
                        "allowances": "mono=lots",
                        "start_date": "2026-01-01",
                    }
                ]
            },
            "lots",
        ),
    ],
)
def test_wrong_covers_are_refused_by_row(change, words):
    make.device()
    with pytest.raises(frappe.ValidationError, match=words):
        make.contract(**change)


def test_no_day_of_a_device_is_covered_twice():
    make.device()
    twice = [
        {"unit_kind": "Device", "device": "D-1", "start_date": "2026-01-01", "end_date": "2026-01-31"},
        {"unit_kind": "Device", "device": "D-1", "start_date": "2026-01-31"},
    ]
    with pytest.raises(frappe.ValidationError, match="row 2"):
        make.contract(covers=twice)
    twice[1]["start_date"] = "2026-02-01"
    first = make.contract(covers=twice)
    with pytest.raises(frappe.ValidationError, match=first.name):
        make.contract("D-1", start="2026-03-01")
    first.covers[1].end_date = "2026-02-28"
    first.save()
    make.contract("D-1", start="2026-03-01")


@pytest.mark.parametrize(
    ("lines", "tiers", "words"),
    [
        ([make.click_line(rate=-0.01)], [], "negative|below zero|-0.01"),
        ([make.click_line(), make.click_line()], [], "mono"),
        ([make.click_line(meters="mono=x")], [], "mono=x|'x'"),
        ([make.click_line()], [{"line_id": "colour", "rate": 0.05}], "no line"),
        (
            [make.click_line()],
            [
                {"line_id": "mono", "up_to": 500, "rate": 0.01},
                {"line_id": "mono", "up_to": 100, "rate": 0.005},
            ],
            "tier",
        ),
    ],
)
def test_prices_that_would_bill_wrong_are_refused(lines, tiers, words):
    agreed = make.contract()
    with pytest.raises(frappe.ValidationError, match=f"(?i){words}"):
        make.version(agreed, *lines, tiers=tiers)


def test_contract_needs_prices_and_units_before_it_is_billed():
    agreed = make.contract()
    with pytest.raises(frappe.ValidationError, match="Submit a version"):
        api.activate(agreed.name)
    make.version(agreed, make.click_line())
    with pytest.raises(frappe.ValidationError, match="covers no unit"):
        api.activate(agreed.name)


def test_amendment_shows_what_changes(active):
    draft = frappe.get_doc("Click Contract Version", api.amend(active.name, "2026-07-01", "price rise"))
    assert (draft.version, draft.docstatus, draft.reason) == (2, 0, "price rise")
    draft.lines[0].rate = 0.0091
    draft.append("lines", make.click_line("colour", 0.06))
    draft.overage_months = "3"
    draft.save()
    shown = {row["what"]: (row["old"], row["new"]) for row in api.changes(draft.name)}
    assert shown == {
        "Effective date": ("2026-01-01", "2026-07-01"),
        "overage months": ("1", "3"),
        "Line mono: price": ("0.0085", "0.0091"),
        "Line colour": ("", "0.06"),
    }
    draft.submit()
    assert load_contract(active.name).version_on(date(2026, 6, 30)).version == 1
    assert load_contract(active.name).version_on(date(2026, 7, 1)).lines[0].price.tiers[0].rate == D("0.0091")


def test_two_versions_cannot_start_on_one_day(active):
    with pytest.raises(frappe.ValidationError, match="takes effect on"):
        make.version(active, make.click_line(), effective="2026-01-01")


def test_a_billed_version_cannot_be_cancelled(active):
    name = frappe.get_all("Click Contract Version", {"contract": active.name}, pluck="name")[0]
    frappe.db.set_value("Click Contract", active.name, "billed_through", "2026-03-01")
    with pytest.raises(frappe.ValidationError, match="billed through"):
        frappe.get_doc("Click Contract Version", name).cancel()
    with pytest.raises(frappe.ValidationError, match="end it instead"):
        frappe.get_doc("Click Contract", active.name).delete()


def test_renewal_runs_to_the_end_of_the_month(active):
    api.end(active.name, "2027-02-28")
    assert api.renew(active.name, 12) == "2028-02-29"


def test_every_installed_device_without_a_contract_can_be_added(active):
    make.device("D-2")
    make.device("D-3")
    other = make.customer("Other Corp")
    make.device("X-1", of=other.name)
    assert api.add_devices(active.name, "2026-05-01", "floor") == 2
    rows = frappe.get_doc("Click Contract", active.name).covers
    assert [(r.device, r.group_label) for r in rows] == [("D-1", None), ("D-2", "floor"), ("D-3", "floor")]
    assert api.add_devices(active.name, "2026-05-01") == 0


@pytest.mark.parametrize(
    ("role", "may_read", "may_write", "may_delete"),
    [
        ("MPS Manager", True, True, True),
        ("MPS Billing", True, True, False),
        ("MPS Service", True, False, False),
        ("MPS Technician", False, False, False),
        ("MPS Collector", False, False, False),
        ("Customer", False, False, False),
    ],
)
def test_who_may_do_what_with_contracts(active, user_with, role, may_read, may_write, may_delete):
    frappe.set_user(user_with(role))
    for kind, allowed in (("read", may_read), ("write", may_write), ("delete", may_delete)):
        assert bool(frappe.has_permission("Click Contract", kind, doc=active.name)) is allowed, kind
    if may_write:
        assert api.suspend(active.name) == "Suspended"
    else:
        with pytest.raises(frappe.PermissionError):
            api.suspend(active.name)
