"""A posted bill must come back exactly as it was posted."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mps_module.engine import codec
from mps_module.engine.periods import BillPeriod, Period
from mps_module.engine.reads import Read, ReadKind
from mps_module.engine.result import (
    Basis,
    Bill,
    BillLine,
    Boundary,
    ChargeKind,
    Finding,
    MeterUsage,
    Proof,
    Severity,
    TierCharge,
)

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))

# Offsets, not zone names: two times in different zones are never equal in a fold (PEP 495), see the fold test below.
zones = st.integers(-12, 14).map(lambda h: timezone(timedelta(hours=h)))
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=zones).map(
    lambda t: t.replace(fold=0)
)
numbers = st.decimals(allow_nan=False, allow_infinity=False, places=None, min_value=-(10**9), max_value=10**9)
st.register_type_strategy(datetime, moments)
st.register_type_strategy(Decimal, numbers)


def shallow(cls: type, **given: st.SearchStrategy) -> st.SearchStrategy:
    """`cls` with every field filled from its own type, so that a field added later is tried too."""
    return st.builds(cls, **{f.name: given.get(f.name, ...) for f in fields(cls)})


reads = shallow(Read)
boundaries = shallow(Boundary, read=st.none() | reads)
usages = st.recursive(
    shallow(MeterUsage, opening=st.none() | boundaries, closing=st.none() | boundaries, terms=st.just(())),
    lambda inner: st.builds(replace, inner, terms=st.lists(inner, max_size=2).map(tuple)),
    max_leaves=3,
)
proofs = shallow(Proof, usages=st.lists(usages, max_size=2).map(tuple))
lines = shallow(BillLine, proof=st.none() | proofs)
bills = shallow(
    Bill,
    lines=st.lists(lines, max_size=3).map(tuple),
    boundaries=st.lists(st.tuples(st.text(), st.text(), boundaries), max_size=2).map(tuple),
)


def exact(value: object) -> str:
    """repr tells 1 from 1.00, which == does not."""
    return repr(value)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(bills)
def test_any_bill_survives_the_round_trip_exactly(bill: Bill) -> None:
    text = codec.dumps(bill)
    back = codec.loads(text)
    assert back == bill
    assert exact(back) == exact(bill)
    assert codec.dumps(back) == text
    assert codec.digest(back) == codec.digest(bill)


def sample() -> Bill:
    read = Read("D-1", "mono", datetime(2026, 10, 30, 8, tzinfo=ZoneInfo("America/New_York")), 12_345)
    closing = Boundary(date(2026, 10, 31), Basis.ACTUAL, 12_345, 12_345, taken_at=read.taken_at, read=read)
    opening = Boundary(date(2026, 9, 30), Basis.ESTIMATE, 0, 0, low=0, high=9)
    usage = MeterUsage("D-1", "mono", OCTOBER, Decimal(12_345), opening=opening, closing=closing)
    tier = TierCharge(Decimal(12_345), Decimal("0.008500"), Decimal("104.932500"))
    proof = Proof(1, OCTOBER, usages=(usage,), gross=Decimal(12_345), net=Decimal(12_345), tiers=(tier,))
    line = BillLine(
        "mono", ChargeKind.OVERAGE, "Größe €", Decimal(12_345), Decimal("0.008500"), Decimal("104.93"),
        OCTOBER, proof=proof,
    )  # fmt: skip
    return Bill(
        "C-1", "CUST-1", "EUR", BillPeriod(date(2026, 11, 1), overage=OCTOBER), (line,), Decimal("104.93"),
        boundaries=(("D-1", "mono", closing),),
    )  # fmt: skip


def test_money_keeps_its_digits_and_defaults_are_left_out() -> None:
    data = codec.encode_bill(sample())
    line = data["lines"][0]
    assert data["format"] == 1
    assert data["period"] == {"due": "2026-11-01", "overage": {"start": "2026-10-01", "end": "2026-10-31"}}
    assert line["rate"] == "0.008500" and line["amount"] == "104.93" and line["kind"] == "overage"
    assert line["proof"]["usages"][0]["closing"]["taken_at"] == "2026-10-30T08:00:00-04:00"
    assert "estimated" not in line and "findings" not in data
    assert list(data)[:5] == ["format", "contract", "customer", "currency", "period"]


def test_text_is_plain_json_and_keeps_letters() -> None:
    text = codec.dumps(sample())
    assert "Größe €" in text
    assert json.loads(text)["total"] == "104.93"
    assert json.loads(codec.dumps(sample(), indent=1)) == json.loads(text)


def test_a_decimal_equal_to_its_default_keeps_its_own_digits() -> None:
    line = replace(sample().lines[0], proof=Proof(1, OCTOBER, escalation=Decimal("1.0500") / Decimal("1.05")))
    bill = replace(sample(), lines=(line,))
    back = codec.loads(codec.dumps(bill))
    assert exact(back.lines[0].proof) == exact(line.proof)


def test_the_hour_that_comes_twice_keeps_its_offset() -> None:
    new_york = ZoneInfo("America/New_York")
    for fold, offset in ((0, "-04:00"), (1, "-05:00")):
        taken = datetime(2026, 11, 1, 1, 30, tzinfo=new_york, fold=fold)
        boundary = Boundary(date(2026, 11, 1), Basis.ACTUAL, 5, 5, taken_at=taken)
        back = codec.loads(codec.dumps(replace(sample(), boundaries=(("D", "mono", boundary),))))
        assert back.boundaries[0][2].taken_at.isoformat() == f"2026-11-01T01:30:00{offset}"


def test_digest_is_of_the_money_and_its_proof_not_of_the_warnings() -> None:
    bill = sample()
    warned = replace(bill, findings=(Finding("rate-off-norm", Severity.WARN, "far off"),))
    cent = replace(bill, total=Decimal("104.94"))
    other_read = replace(bill.lines[0].proof.usages[0].closing.read, read_id="reads.csv:9")
    usage = bill.lines[0].proof.usages[0]
    usage = replace(usage, closing=replace(usage.closing, read=other_read))
    line = replace(bill.lines[0], proof=replace(bill.lines[0].proof, usages=(usage,)))
    assert len(codec.digest(bill)) == 64
    assert codec.digest(warned) == codec.digest(bill)
    assert codec.digest(cent) != codec.digest(bill)
    assert codec.digest(replace(bill, lines=(line,))) != codec.digest(bill)


def test_a_finding_alone_can_be_encoded() -> None:
    finding = Finding("no-rate", Severity.BLOCK, "m", at_stake=Decimal("12.50"), unit="D-1")
    assert codec.encode_value(finding) == {
        "code": "no-rate", "severity": "block", "message": "m", "at_stake": "12.50", "unit": "D-1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.pop("total"), "field total is missing"),
        (lambda d: d.update(total="1,5"), "Bill.total: '1,5' cannot be read"),
        (lambda d: d.update(surprise=1), "unknown field surprise"),
        (lambda d: d.update(format=2), "format 2 is not known"),
        (lambda d: d.pop("format"), "format None is not known"),
        (lambda d: d["lines"][0].update(kind="gift"), "BillLine.kind: 'gift'"),
        (lambda d: d.update(lines={"a": 1}), "an object expected, str found"),
        (lambda d: d["boundaries"][0].pop(), "3 values expected, 2 found"),
        (lambda d: d["period"].update(due="31/10/2026"), "BillPeriod.due"),
    ],
)
def test_a_damaged_bill_is_refused_and_the_place_named(change, said: str) -> None:
    data = json.loads(codec.dumps(sample()))
    change(data)
    with pytest.raises(codec.CodecError, match=re.escape(said)):
        codec.loads(json.dumps(data))


def test_no_json_is_refused() -> None:
    with pytest.raises(codec.CodecError, match="not JSON"):
        codec.loads("PK\x03\x04")
    with pytest.raises(codec.CodecError, match="an object expected"):
        codec.loads("[]")


def test_times_are_zone_aware_after_decoding() -> None:
    back = codec.loads(codec.dumps(sample()))
    read = back.boundaries[0][2].read
    assert read is not None and read.taken_at.tzinfo is not None
    assert read.kind is ReadKind.ACTUAL
