"""Devices that fell silent: after how many days they are named, with which money at stake, and who is left out.

D-1 and D-2 are read last on 1 November 2026 at noon UTC. Since 1 June (the last half-year of reads, 153 days) D-1 made
5,000 black and 500 colour prints, D-2 10,000 black ones over the swap of its board.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from mps_module.cli.billing import Case
from mps_module.cli.suspects import overdue_reads
from mps_module.engine.contract import BillingRules, ContractVersion, CoveredUnit, Line, LineKind
from mps_module.engine.result import Finding, Severity
from tests.cli.values import UNITS, contract, ledger, rate, read

LATE = date(2026, 12, 8)  # 36 and a half days after the last reads


def found(units: Sequence[CoveredUnit] = UNITS, until: date = LATE, **changed: object) -> list[Finding]:
    """Findings on the usual contract; a keyword changes one of its terms."""
    return list(overdue_reads(Case(replace(contract(), **changed), ledger(), tuple(units)), until))


def with_line(line: Line) -> tuple[ContractVersion, ...]:
    return (ContractVersion(1, date(2026, 1, 1), (line,), BillingRules()),)


@pytest.mark.parametrize(
    ("until", "named"),
    [
        (date(2026, 11, 2), []),
        (date(2026, 12, 6), []),  # 34 and a half days
        (date(2026, 12, 7), []),  # 35 and a half: 35 full days are not more than 35
        (date(2026, 12, 8), ["D-1", "D-2"]),
        (date(2027, 3, 1), ["D-1", "D-2"]),
    ],
)
def test_after_more_than_35_full_days(until: date, named: list[str]) -> None:
    assert [finding.unit for finding in found(until=until)] == named


def test_the_days_are_counted_to_the_bills_end() -> None:
    first = found()[0]
    assert first.message == "D-1: not read for 36 days"
    assert (first.code, first.severity, first.contract) == ("read-overdue", Severity.WARN, "C-1")
    assert first.todo
    assert found(until=date(2027, 1, 1))[0].message == "D-1: not read for 60 days"


def test_at_stake_is_what_they_print_meanwhile_at_each_lines_rate() -> None:
    one, two = found()
    # 5,000 x 36.5 / 153 = 1,192 black at .0085 is 10.132; 500 x 36.5 / 153 = 119 colour at .06 is 7.14.
    assert one.at_stake == Decimal("17.27")
    # 10,000 x 36.5 / 153 = 2,385 black at .0085 is 20.2725; it has no colour.
    assert two.at_stake == Decimal("20.27")


def test_a_block_puts_its_share_of_the_blocks_price_at_stake() -> None:
    block = Line("block", LineKind.BLOCK, rate("50"), meters={"mono": Decimal(1)}, block=Decimal(10_000))
    # 50.00 for 10,000 is .005 a print: 1,192 x .005 = 5.96 and 2,385 x .005 = 11.925, which rounds to the even cent.
    assert [finding.at_stake for finding in found(versions=with_line(block))] == [
        Decimal("5.96"),
        Decimal("11.92"),
    ]


def test_a_weight_counts_each_step_so_often() -> None:
    double = Line("a3", LineKind.CLICK, rate("0.01"), meters={"colour": Decimal(2)})
    (one,) = found(versions=with_line(double))  # D-2 has no colour, so nothing of it is awaited
    assert (one.unit, one.at_stake) == ("D-1", Decimal("2.38"))  # 119 x 2 x .01


def test_without_clicks_in_the_contract_no_read_is_awaited() -> None:
    assert found(versions=with_line(Line("base", LineKind.FLAT, rate("100")))) == []


@pytest.mark.parametrize(
    ("group", "named"), [("", []), ("floor", ["D-1"]), ("other", [])]
)  # the line is for the group "floor" alone
def test_a_line_of_a_group_waits_for_its_own_devices_only(group: str, named: list[str]) -> None:
    line = Line("mono", LineKind.CLICK, rate("0.01"), meters={"mono": Decimal(1)}, groups=("floor",))
    units = (replace(UNITS[0], group=group), *UNITS[1:])
    assert [finding.unit for finding in found(units, versions=with_line(line))] == named


@pytest.mark.parametrize(
    ("start", "end", "named"),
    [
        (date(2026, 1, 1), None, True),
        (date(2026, 1, 1), date(2026, 12, 7), True),  # the last day that counts
        (date(2026, 1, 1), date(2026, 12, 6), False),  # gone by then
        (date(2026, 12, 7), None, True),
        (date(2026, 12, 8), None, False),  # not there yet
    ],
)
def test_only_devices_that_are_covered_on_the_last_day(start: date, end: date | None, named: bool) -> None:
    unit = replace(UNITS[0], start=start, end=end)
    assert [finding.unit for finding in found((unit,))] == (["D-1"] if named else [])


def test_seats_are_never_read() -> None:
    assert found(UNITS[2:], until=date(2027, 6, 1)) == []


@pytest.mark.parametrize(
    ("end", "named"), [(date(2026, 12, 7), True), (date(2026, 12, 6), False), (date(2026, 6, 30), False)]
)
def test_an_ended_contract_awaits_nothing(end: date, named: bool) -> None:
    assert bool(found(end=end)) is named


def test_a_device_read_only_once_is_named_without_money() -> None:
    given = Case(contract(), ledger([read("D-1", "mono", "2026-02-01", 500)]), (UNITS[0],))
    (one,) = overdue_reads(given, date(2026, 4, 1))  # 58 and a half days
    assert (one.message, one.at_stake) == ("D-1: not read for 58 days", Decimal(0))


def test_a_device_that_was_never_read_is_not_said_to_be_late() -> None:
    assert list(overdue_reads(Case(contract(), ledger([]), (UNITS[0],)), LATE)) == []


def test_one_silent_meter_of_a_device_is_enough() -> None:
    reads = [
        read("D-1", "mono", "2026-01-01", 0),
        read("D-1", "mono", "2026-11-01", 3040),  # 10 a day over 304 days
        read("D-1", "colour", "2026-01-01", 0),
        read("D-1", "colour", "2026-04-11", 100),  # 1 a day over 100 days, then silence
    ]
    (one,) = overdue_reads(Case(contract(), ledger(reads), (UNITS[0],)), date(2026, 11, 2))
    # Silent since 11 April, noon: 204 and a half days, 204 colour prints at .06 are 12.24; black: half a day. Its reads
    # of the last half-year are the single one of 1 November, which tells no volume.
    assert (one.message, one.at_stake) == ("D-1: not read for 204 days", Decimal("12.24"))
