"""Who pays: the order of line, contract, device and none, and exactly one payer for every hour and part."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.coverage import (
    Kind,
    Payer,
    Source,
    UnderContract,
    Used,
    Warranty,
    Work,
    billed_hours,
    decide,
    settle,
)

D = Decimal
DAY = date(2026, 1, 12)
ALL = {"labour": "included", "travel": "included", "parts": "included", "supplies": "included"}
INCLUDED, INCIDENT, BILLABLE = Payer.INCLUDED, Payer.INCIDENT, Payer.BILLABLE


def payers(coverage) -> tuple[str, str, str, str]:
    """(labour, travel, parts, supplies) as they are shown."""
    return tuple(coverage.payer(kind).value for kind in Kind)


class TestOrder:
    def test_nothing_covers_it(self):
        assert payers(decide(DAY)) == ("Billable",) * 4

    def test_the_contract(self):
        under = UnderContract("CC-1", agreed={**ALL, "supplies": "excluded"})
        assert payers(decide(DAY, under)) == ("Included", "Included", "Included", "Billable")

    def test_the_line_of_the_device_goes_before_its_contract(self):
        under = UnderContract("CC-1", agreed=ALL, line={"parts": "excluded", "labour": ""})
        found = decide(DAY, under)
        assert payers(found) == ("Included", "Included", "Billable", "Included")
        assert found.shares[Kind.PARTS].source is Source.LINE
        assert found.shares[Kind.LABOUR].source is Source.CONTRACT

    def test_a_line_may_cover_what_the_contract_does_not(self):
        under = UnderContract("CC-1", agreed=dict.fromkeys(ALL, "excluded"), line={"labour": "included"})
        assert payers(decide(DAY, under)) == ("Included", "Billable", "Billable", "Billable")

    def test_the_contract_goes_before_the_warranty(self):
        under = UnderContract("CC-1", agreed={**ALL, "labour": "incident"}, bills=frozenset({"incident"}))
        found = decide(DAY, under, Warranty(DAY, frozenset(Kind)))
        assert found.shares[Kind.LABOUR].payer is INCIDENT

    def test_the_warranty_pays_what_the_contract_leaves_out(self):
        under = UnderContract("CC-1", agreed={**ALL, "parts": "excluded"})
        found = decide(DAY, under, Warranty(DAY, frozenset({Kind.PARTS})))
        assert (found.shares[Kind.PARTS].payer, found.shares[Kind.PARTS].source) == (
            INCLUDED,
            Source.WARRANTY,
        )

    @pytest.mark.parametrize(("day", "labour"), [(12, "Included"), (13, "Billable")])
    def test_the_warranty_ends_with_its_last_day(self, day, labour):
        warranty = Warranty(date(2026, 1, 12), frozenset({Kind.LABOUR}))
        found = decide(date(2026, 1, day), None, warranty)
        assert payers(found) == (labour, "Billable", "Billable", "Billable")

    def test_an_incident_that_no_line_bills_is_no_gift(self):
        under = UnderContract("CC-1", agreed={**ALL, "labour": "incident"})
        found = decide(DAY, under)
        assert found.shares[Kind.LABOUR].payer is BILLABLE
        assert found.shares[Kind.LABOUR].source is Source.NO_INCIDENT_LINE

    def test_a_contract_that_says_nothing_covers_nothing(self):
        assert payers(decide(DAY, UnderContract("CC-1", agreed={"labour": ""}))) == ("Billable",) * 4


#: (own line, contract, warranty, an incident line is there) -> who pays for labour, and what decided.
TABLE = [
    ("", "", False, False, "Billable", "none"),
    ("", "", True, False, "Included", "warranty"),
    ("", "included", False, False, "Included", "contract"),
    ("", "included", True, False, "Included", "contract"),
    ("", "excluded", False, False, "Billable", "contract"),
    ("", "excluded", True, False, "Included", "warranty"),
    ("", "incident", False, True, "Incident", "contract"),
    ("", "incident", True, True, "Incident", "contract"),
    ("", "incident", False, False, "Billable", "no incident line"),
    ("", "incident", True, False, "Included", "warranty"),
    ("included", "", False, False, "Included", "line"),
    ("included", "included", False, False, "Included", "line"),
    ("included", "excluded", False, False, "Included", "line"),
    ("included", "excluded", True, False, "Included", "line"),
    ("included", "incident", False, True, "Included", "line"),
    ("excluded", "", False, False, "Billable", "line"),
    ("excluded", "included", False, False, "Billable", "line"),
    ("excluded", "included", True, False, "Included", "warranty"),
    ("excluded", "incident", False, True, "Billable", "line"),
    ("excluded", "excluded", True, False, "Included", "warranty"),
    ("incident", "", False, True, "Incident", "line"),
    ("incident", "included", False, True, "Incident", "line"),
    ("incident", "excluded", True, True, "Incident", "line"),
    ("incident", "included", False, False, "Billable", "no incident line"),
    ("incident", "included", True, False, "Included", "warranty"),
    ("covered", "included", False, False, "Included", "contract"),  # a word that is none is no word
    ("", "all", False, False, "Billable", "none"),
]


@pytest.mark.parametrize(("line", "agreed", "warranted", "priced", "payer", "source"), TABLE)
def test_every_combination_of_line_contract_and_warranty(line, agreed, warranted, priced, payer, source):
    bills = frozenset({"incident"}) if priced else frozenset({"click"})
    under = UnderContract("CC-1", 1, {"labour": agreed}, {"labour": line}, bills)
    warranty = Warranty(DAY, frozenset({Kind.LABOUR})) if warranted else None
    share = decide(DAY, under, warranty).shares[Kind.LABOUR]
    assert (share.payer.value, share.source.value) == (payer, source)


def test_kinds_do_not_speak_for_each_other():
    agreed = {"labour": "incident", "travel": "excluded", "parts": "included", "supplies": "excluded"}
    under = UnderContract("CC-1", 1, agreed, {"supplies": "included"}, frozenset({"incident"}))
    found = decide(DAY, under, Warranty(DAY, frozenset({Kind.TRAVEL})))
    assert payers(found) == ("Incident", "Included", "Included", "Included")
    assert [found.shares[kind].source.value for kind in Kind] == ["contract", "warranty", "contract", "line"]


def of(labour, travel=None, parts=None, supplies=None):
    """Payers of the four kinds; the first one for those that are not named."""
    return dict(zip(Kind, (labour, travel or labour, parts or labour, supplies or labour), strict=True))


WORK = Work(D("1.5"), D(1), (Used("FUSER", D(1)), Used("TONER", D(2), supply=True)))


class TestSettling:
    def test_all_included_leaves_nothing_to_bill(self):
        made = settle(of(INCLUDED), WORK, {"incident", "labour"})
        assert (made.free, made.counts) == (WORK, False)
        assert not (made.incident or made.charge or made.invoice)

    def test_an_incident_holds_labour_and_travel_and_counts_once(self):
        agreed = of(INCIDENT, INCIDENT, INCLUDED, BILLABLE)
        first = settle(agreed, WORK, {"incident", "material"})
        assert first.counts
        assert first.incident == Work(D("1.5"), D(1))
        assert first.free == Work(parts=(Used("FUSER", D(1)),))
        assert first.charge == Work(parts=(Used("TONER", D(2), supply=True),))
        again = settle(agreed, WORK, {"incident", "material"}, counted=True)
        assert not again.counts
        assert again.incident == first.incident

    def test_a_visit_that_is_the_firms_own_makes_no_incident(self):
        made = settle(of(INCIDENT, INCIDENT, INCLUDED, INCLUDED), WORK, counts=False)
        assert (made.free, made.counts) == (WORK, False)

    def test_a_remote_fix_under_an_incident_contract_counts(self):
        assert settle(of(INCIDENT, INCIDENT, INCLUDED), Work(), {"incident"}).counts

    def test_an_incident_for_the_trip_alone_wants_a_trip(self):
        agreed = of(INCLUDED, INCIDENT)
        assert not settle(agreed, Work(hours=D(1)), {"incident"}).counts
        assert settle(agreed, Work(travel=D(1)), {"incident"}).counts

    def test_what_the_contract_excludes_goes_by_its_own_lines_and_else_by_invoice(self):
        made = settle(of(BILLABLE), WORK, {"labour"})
        assert made.charge == Work(hours=D("1.5"))
        assert made.invoice == Work(travel=D(1), parts=WORK.parts)

    @pytest.mark.parametrize(
        ("labour", "travel", "parts", "supplies", "lines", "charged", "invoiced"),
        [
            # (hours, trips, items) on the contract's bill and on an invoice.
            (BILLABLE, BILLABLE, BILLABLE, BILLABLE, "", (0, 0, ""), (1.5, 1, "FUSER TONER")),
            (BILLABLE, BILLABLE, BILLABLE, BILLABLE, "material", (0, 0, "FUSER TONER"), (1.5, 1, "")),
            (
                BILLABLE,
                BILLABLE,
                BILLABLE,
                BILLABLE,
                "labour travel material",
                (1.5, 1, "FUSER TONER"),
                (0, 0, ""),
            ),
            (INCLUDED, BILLABLE, INCLUDED, BILLABLE, "travel", (0, 1, ""), (0, 0, "TONER")),
            (INCLUDED, INCLUDED, BILLABLE, INCLUDED, "material", (0, 0, "FUSER"), (0, 0, "")),
            (INCIDENT, INCIDENT, BILLABLE, BILLABLE, "incident material", (0, 0, "FUSER TONER"), (0, 0, "")),
            (INCIDENT, BILLABLE, INCLUDED, INCLUDED, "incident", (0, 0, ""), (0, 1, "")),
        ],
    )
    def test_where_it_is_billed(self, labour, travel, parts, supplies, lines, charged, invoiced):
        made = settle(of(labour, travel, parts, supplies), WORK, lines.split())
        for work, (hours, trips, items) in ((made.charge, charged), (made.invoice, invoiced)):
            assert (float(work.hours), float(work.travel)) == (hours, trips)
            assert [part.item for part in work.parts] == items.split()

    def test_without_contract_all_is_time_and_material(self):
        assert settle(of(BILLABLE), WORK).invoice == WORK


amounts = st.decimals(0, 40, places=2)
used = st.builds(Used, st.sampled_from("ABC"), st.decimals("0.5", 9, places=1), st.booleans())
works = st.builds(Work, amounts, amounts, st.lists(used, max_size=6).map(tuple))
terms = st.sampled_from(["", "included", "excluded", "incident"])
lines = st.frozensets(st.sampled_from(["incident", "labour", "travel", "material"]))
unders = st.none() | st.builds(
    UnderContract,
    st.just("CC-1"),
    st.just(1),
    st.fixed_dictionaries({kind.value: terms for kind in Kind}),
    st.fixed_dictionaries({kind.value: terms for kind in Kind}),
    lines,
)
warranties = st.none() | st.builds(
    Warranty, st.dates(date(2026, 1, 10), date(2026, 1, 14)), st.frozensets(st.sampled_from(Kind))
)


@given(unders, warranties, works, st.booleans(), st.booleans())
def test_exactly_one_payer_for_every_hour_and_part(under, warranty, work, counted, counts):
    coverage = decide(DAY, under, warranty)
    bills = under.bills if under else frozenset()
    agreed = {kind: coverage.payer(kind) for kind in Kind}
    made = settle(agreed, work, bills, counted, counts)
    places = (made.free, made.incident, made.charge, made.invoice)
    assert sum((each.hours for each in places), D(0)) == work.hours
    assert sum((each.travel for each in places), D(0)) == work.travel
    assert Counter(part for each in places for part in each.parts) == Counter(work.parts)
    assert sum(1 for each in places if each.hours) <= 1
    assert sum(1 for each in places if each.travel) <= 1
    # Nothing reaches a bill of a contract whose lines would not bill it, and none that is paid for is billed again.
    assert not made.charge.hours or "labour" in bills
    assert not made.charge.travel or "travel" in bills
    assert not made.charge.parts or "material" in bills
    assert not (made.counts and counted)
    assert not made.counts or "incident" in bills
    if agreed[Kind.LABOUR] is INCLUDED:
        assert made.free.hours == work.hours


@given(works, unders, st.lists(st.booleans(), min_size=1, max_size=5))
def test_one_incident_a_call_however_many_visits(work, under, visits):
    agreed = {kind: decide(DAY, under).payer(kind) for kind in Kind}
    counted = 0
    for _visit in visits:
        counted += settle(agreed, work, under.bills if under else (), counted=bool(counted)).counts
    assert counted <= 1
    assert (counted == 1) >= (agreed[Kind.LABOUR] is INCIDENT)


@pytest.mark.parametrize(
    ("hours", "step", "least", "billed"),
    [
        ("1.0", 15, "0", "1.00"),
        ("1.01", 15, "0", "1.25"),
        ("0.1", 6, "0", "0.1"),
        ("0.1", 15, "1", "1"),
        ("1.3333333", 20, "0", "1.333333333333333333333333333"),
        ("0.77", 0, "0", "0.77"),
        ("0", 15, "1", "0"),
    ],
)
def test_begun_steps_and_the_least(hours, step, least, billed):
    assert billed_hours(D(hours), step, D(least)) == D(billed)


@given(st.decimals(0, 24, places=2), st.integers(1, 60))
def test_steps_never_take_hours_away_nor_add_a_whole_step(hours, step):
    billed = billed_hours(hours, step)
    assert 0 <= billed - hours < D(step) / 60 + D("0.000001")
