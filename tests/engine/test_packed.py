"""A bill that is frozen short comes back as exactly as one that is frozen long."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mps_module.engine import codec, packed
from mps_module.engine.adjust import pins_at, pins_of
from mps_module.engine.periods import Period
from mps_module.engine.reads import Read, ReadKind, ReadSource
from mps_module.engine.result import Basis, Bill, Boundary, MeterUsage
from mps_module.engine.usage import real_usages
from tests.engine.test_codec import OCTOBER, bills, exact, moments, sample, usages

names = st.sampled_from(["", "MR-1", "MR-2", "reads.csv:7"])


@st.composite
def plain_usages(draw: st.DrawFn) -> MeterUsage:
    """What nearly every meter of a month-end is: two plain reads of its own."""

    def edge(day: date, opening: bool) -> Boundary:
        at, value = draw(moments), draw(st.integers(0, 10**7))
        read = Read(
            "D-1", "mono", at, value, draw(st.sampled_from(ReadSource)), draw(st.sampled_from(ReadKind)), draw(names)
        )  # fmt: skip
        odometer = draw(st.integers(0, 10**7))
        return Boundary(
            day, Basis.ACTUAL, value, odometer, draw(st.integers(0, 3)), at, read=read, opening=opening
        )

    first, last = edge(date(2026, 9, 30), draw(st.booleans())), edge(date(2026, 10, 31), False)
    usage = Decimal(last.odometer - first.odometer)
    return MeterUsage("D-1", "mono", OCTOBER, usage, Decimal("1.5"), first, last)


def pins(bill: Bill) -> dict:
    """What the bill's real counters opened and closed at, the first of each."""
    found: dict = {}
    for line in bill.lines:
        for usage in real_usages(line.proof.usages if line.proof else ()):
            for edge in (usage.opening, usage.closing):
                if edge is not None and edge.basis is not Basis.MISSING:
                    found.setdefault((usage.unit, usage.meter, edge.day, edge.opening), edge)
    return found


def with_usages(*rows: MeterUsage) -> Bill:
    line = sample().lines[0]
    bare = replace(sample(), boundaries=())
    return replace(bare, lines=(replace(line, proof=replace(line.proof, usages=tuple(rows))),))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(bills)
def test_any_bill_survives_the_round_trip_exactly(bill: Bill) -> None:
    text = packed.dumps(bill)
    back = packed.loads(text)
    assert exact(back) == exact(bill)
    assert packed.dumps(back) == text
    assert codec.digest(back) == codec.digest(bill)
    assert exact(packed.loads(packed.squeezed(text))) == exact(bill)
    assert pins_at(packed.packed_boundaries(packed.pack(bill))) == pins(bill)
    long = codec.encode_bill(bill)
    assert pins_at(packed.packed_boundaries(long)) == (pins_of([bill]) if bill.boundaries else pins(bill))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.one_of(plain_usages(), usages), max_size=4))
def test_plain_and_odd_usages_survive_beside_each_other(rows: list[MeterUsage]) -> None:
    bill = with_usages(*rows)
    back = packed.loads(packed.dumps(bill))
    assert exact(back) == exact(bill)
    wanted = set(packed.read_names(rows))
    assert packed.packed_read_names(packed.pack(bill)) == wanted
    assert packed.packed_read_names(codec.encode_bill(bill)) == wanted, "frozen long, the same reads"


def plain() -> tuple[Boundary, Read]:
    at = datetime(2026, 10, 30, 8, tzinfo=timezone(timedelta(hours=-4)))
    read = Read("D-1", "mono", at, 12_345, ReadSource.COLLECTOR, ReadKind.ACTUAL, "MR-7")
    return Boundary(date(2026, 10, 31), Basis.ACTUAL, 12_345, 22_345, 1, at, read=read), read


def test_a_plain_boundary_is_nine_values() -> None:
    edge, _read = plain()
    usage = MeterUsage("D-1", "mono", OCTOBER, Decimal(12_345), opening=None, closing=edge)
    data = packed.pack(with_usages(usage))
    assert data["format"] == 2
    assert data["days"] == [["2026-10-01", "2026-10-31"]]
    assert data["usages"] == [
        [["D-1", "mono", 0, "12345", "1", None,
          ["2026-10-31", 12_345, 22_345, 1, "2026-10-30T08:00:00-04:00", "collector", "actual", "MR-7", 0]]]
    ]  # fmt: skip
    assert "usages" not in data["lines"][0]["proof"]


ODD_EDGES = {
    "an estimate": {"basis": Basis.ESTIMATE, "low": 1, "high": 9},
    "out of tolerance": {"in_tolerance": False},
    "another value than its read's": {"value": 12_346},
    "a recorded estimate": {"estimate": plain()[1]},
    "another time than its read's": {"taken_at": datetime(2026, 10, 30, 12, tzinfo=timezone.utc)},
    "no read": {"read": None},
}
ODD_READS = {
    "a read of another device": {"device": "D-2"},
    "a read of another meter": {"meter": "a3"},
    "a correction": {"supersedes": "MR-1", "reason": "typed wrong"},
}


@pytest.mark.parametrize("name", [*ODD_EDGES, *ODD_READS])
def test_whatever_is_odd_is_kept_field_by_field(name: str) -> None:
    edge, read = plain()
    if name in ODD_READS:
        edge = replace(edge, read=replace(read, **ODD_READS[name]))
    else:
        edge = replace(edge, **ODD_EDGES[name])
    usage = MeterUsage("D-1", "mono", OCTOBER, Decimal(1), closing=edge)
    data = packed.pack(with_usages(usage))
    assert isinstance(data["usages"][0][0][6], dict), name
    assert exact(packed.unpack(data)) == exact(with_usages(usage))


def test_a_field_that_the_rows_do_not_know_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    assert packed.COMPLETE, "a value of a usage has a new field: teach packed to carry it"
    monkeypatch.setattr(packed, "COMPLETE", False)
    assert packed.dumps(sample()) == codec.dumps(sample())


def test_bills_frozen_the_long_way_are_read_too() -> None:
    assert packed.loads(codec.dumps(sample())) == sample()


def test_a_months_meters_take_less_than_half_the_room() -> None:
    edge, read = plain()
    opening = replace(edge, day=date(2026, 9, 30), value=1, read=replace(read, value=1))
    bill = with_usages(
        *(MeterUsage("D-1", "mono", OCTOBER, Decimal(12_344), Decimal(1), opening, edge) for _ in range(200))
    )
    assert len(packed.dumps(bill)) < len(codec.dumps(bill)) / 2


def test_rows_alone_carry_the_money_and_no_usages() -> None:
    edge, _read = plain()
    bill = with_usages(MeterUsage("D-1", "mono", OCTOBER, Decimal(12_345), closing=edge))
    rows = packed.rows_of(packed.pack(bill))
    assert [(line.quantity, line.rate, line.amount) for line in rows.lines] == [
        (Decimal(12_345), Decimal("0.008500"), Decimal("104.93"))
    ]
    assert rows.lines[0].proof.usages == ()
    assert rows.total == Decimal("104.93")


@pytest.mark.parametrize(
    "broken",
    [
        {"format": 3},
        {"days": [["2026-10-01"]]},
        {"days": []},
        {"usages": [[["D-1", "mono"]]]},
        {"usages": []},
    ],
)
def test_what_is_no_bill_is_refused_as_such(broken: dict) -> None:
    edge, _read = plain()
    data = packed.pack(with_usages(MeterUsage("D-1", "mono", OCTOBER, Decimal(1), closing=edge)))
    with pytest.raises(codec.CodecError):
        packed.loads(json.dumps({**data, **broken}))


@pytest.mark.parametrize("text", ["{", "", "e30", "eyJ9", "AAAA", "no base 64"])
def test_text_that_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(codec.CodecError, match="not JSON"):
        packed.loads(text)


def test_a_squeezed_text_that_was_cut_or_changed_is_refused() -> None:
    whole = packed.squeezed(packed.dumps(sample()))
    for text in (whole[:-8], whole[: len(whole) // 2], whole[:40] + "AAAA" + whole[44:]):
        with pytest.raises(codec.CodecError, match="not JSON"):
            packed.loads(text)


def test_a_fleet_squeezed_is_a_fraction_of_its_text() -> None:
    edge, _read = plain()
    text = packed.dumps(
        with_usages(*(MeterUsage(f"D-{n}", "mono", OCTOBER, Decimal(n), closing=edge) for n in range(200)))
    )
    assert len(packed.squeezed(text)) < len(text) / 5


def test_usages_without_a_proof_are_refused() -> None:
    data = packed.pack(with_usages(MeterUsage("D-1", "mono", OCTOBER, Decimal(1), closing=plain()[0])))
    data["lines"][0].pop("proof")
    with pytest.raises(codec.CodecError, match="without a proof"):
        packed.unpack(data)


def test_periods_of_lines_that_differ_are_told_apart() -> None:
    november = Period(date(2026, 11, 1), date(2026, 11, 30))
    edge, _read = plain()
    rows = [
        MeterUsage("D-1", "mono", days, Decimal(1), closing=edge) for days in (OCTOBER, november, OCTOBER)
    ]
    data = packed.pack(with_usages(*rows))
    assert [row[2] for row in data["usages"][0]] == [0, 1, 0]
    assert exact(packed.unpack(data)) == exact(with_usages(*rows))
