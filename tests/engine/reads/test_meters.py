"""Formulas of virtual meters, and totals against their parts."""

from __future__ import annotations

import csv
import os
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.meters import parse_formula, sum_check, sum_checks
from tests.engine.reads.build import UTC, read

REAL = Path(os.environ.get("MPS_REAL_DATA", "real-data")) / "printtracker_device_history.csv"


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("total - colour", {"total": 1, "colour": -1}),
        ("total − colour", {"total": 1, "colour": -1}),
        ("mono = total - colour", {"total": 1, "colour": -1}),
        ("a4 + 2 * a3", {"a4": 1, "a3": 2}),
        ("A4 + 2×A3", {"A4": 1, "A3": 2}),
        ("a3*2+a4", {"a3": 2, "a4": 1}),
        ("a4 + a4", {"a4": 2}),
        ("-scan + 0.5*duplex", {"scan": -1, "duplex": Decimal("0.5")}),
        ("total", {"total": 1}),
    ],
)
def test_formula(text, terms):
    assert parse_formula(text) == terms


@pytest.mark.parametrize(
    "text", ["", " ", "2", "a b", "a +", "(a + b)", "2 a3", "a ** 2", "a -", "a - 3", "a/2", "= "]
)
def test_what_is_no_formula_is_refused_with_its_text(text):
    with pytest.raises(ValueError, match="expected a meter") as refusal:
        parse_formula(text)
    assert repr(text) in str(refusal.value)


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True), st.integers(1, 99), min_size=1))
def test_a_written_formula_reads_back(terms):
    assert parse_formula(" + ".join(f"{factor} * {key}" for key, factor in terms.items())) == terms


def test_a_total_that_misses_by_seven_says_so():
    check = sum_check({"total": 10_007, "mono": 6_000, "colour": 4_000})
    assert check.difference == 7
    assert not check.agrees
    assert check.message == "mono 6,000 + colour 4,000 = 10,000, total 10,007: misses by 7"


def test_a_third_counter_can_make_up_the_total():
    values = {"total": 10_010, "mono": 6_000, "colour": 4_000, "other": 10, "scan": 99}
    assert sum_check(values).agrees
    assert sum_check(values).message.endswith("total 10,010: agrees")
    assert sum_check({**values, "total": 10_000}).difference == -10


@pytest.mark.parametrize("values", [{"total": 5, "mono": 5}, {"mono": 5, "colour": 3}, {}])
def test_nothing_to_compare_is_no_agreement(values):
    assert sum_check(values) is None


def test_own_names_of_total_and_parts():
    assert sum_check({"sheets": 9, "a4": 5, "a3": 3}, total="sheets", parts=("a4", "a3")).difference == 1


def test_a_check_for_every_moment_of_a_device():
    reads = [
        read("2024-01-31", 100, meter="total"),
        read("2024-01-31", 60, meter="mono"),
        read("2024-01-31", 40, meter="colour"),
        read("2024-02-29", 200, meter="total"),
        read("2024-02-29", 120, meter="mono"),
        read("2024-02-29", 70, meter="colour"),
        read("2024-02-29", 5, meter="colour", device="other device"),
        read("2024-03-31", 300, meter="total"),
    ]
    checks = list(sum_checks(reads))
    assert [(check.taken_at.month, check.difference) for check in checks] == [(1, 0), (2, 10)]
    assert {check.device for check in checks} == {"d"}


@pytest.mark.skipif(not REAL.is_file(), reason="needs the real device history (folder in MPS_REAL_DATA)")
def test_a_real_device_never_agrees_and_is_shown_every_time():
    names = {"total": "total", "totalBlack": "mono", "totalColor": "colour"}
    reads = []
    with REAL.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            moment = datetime.fromisoformat(row["latest_meter_timestamp"]).replace(tzinfo=UTC)
            for column, meter in names.items():
                reads.append(read(moment, int(row[f"pageCounts_default_{column}"]), meter=meter))
    checks = list(sum_checks(reads))
    assert len(checks) == 5
    assert [check.difference for check in checks] == [-884, -886, -886, -886, -905]
