"""The small parts of the commands: months, JSON, invoices' amounts, what moved a bill, suspicious reads, lists."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.cli import console, show_check
from mps_module.cli.cmd_bill import span_of
from mps_module.cli.cmd_check import Check, merged
from mps_module.cli.cmd_diff import ADJUSTMENTS, Side, diff_bills, diff_invoice, why
from mps_module.cli.cmd_simulate import as_plan, months_back
from mps_module.cli.invoices import InvoiceRow, read_invoices
from mps_module.cli.suspects import flagged_reads, overdue_reads
from mps_module.engine.contract import Escalator, TierMode
from mps_module.engine.periods import BillPeriod, Period
from mps_module.engine.reads import Verdict
from mps_module.engine.result import Bill, BillLine, ChargeKind, Finding, Proof, Severity, TierCharge
from mps_module.readers.issue import Counts, FileTally, Issue, Tally
from mps_module.readers.settings import Settings
from tests.cli.values import NO_NORMS, READS, case, contract

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
TODAY = date(2026, 11, 22)
D = Decimal


# months


def test_a_month_is_the_due_dates_after_its_first_to_the_next_first() -> None:
    span = span_of("2026-10", None, TODAY)
    assert (span.start, span.until) == (date(2026, 10, 1), date(2026, 11, 1))
    assert span_of(None, None, TODAY) == span
    assert span_of(None, "2026-12", TODAY).until == date(2027, 1, 1)
    assert span_of(None, "2026-12", TODAY).start is None


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)))
def test_every_day_lies_in_its_month(day: date) -> None:
    first, last = console.parse_month(day.strftime("%Y-%m"))
    assert first <= day <= last and first.day == 1 and (last - first).days in (27, 28, 29, 30)
    assert console.last_month(day) < day.strftime("%Y-%m")


@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)), st.integers(1, 60))
def test_months_back_from_a_first_is_a_first(day: date, months: int) -> None:
    first = day.replace(day=1)
    back = months_back(first, months)
    assert back.day == 1 and (first.year - back.year) * 12 + first.month - back.month == months


@pytest.mark.parametrize("text", ["2026-00", "26-1-1", "", "2026", "2026-1x", "zehn"])
def test_what_is_no_month_or_day_is_refused(text: str) -> None:
    with pytest.raises(console.UsageProblem):
        console.parse_month(text)
    with pytest.raises(console.UsageProblem):
        console.parse_day(text)


def test_json_writes_money_as_text_and_refuses_what_has_no_form(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_json({"a": D("1.50"), "b": date(2026, 1, 2), "c": Severity.WARN, "d": "é"})
    said = capsys.readouterr().out
    assert json.loads(said) == {"a": "1.50", "b": "2026-01-02", "c": "warn", "d": "é"} and "é" in said
    with pytest.raises(TypeError):
        console.print_json({"a": object()})


def test_progress_gives_everything_on_and_writes_nothing_to_a_pipe(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert list(console.progress([1, 2, 3], 3, "x")) == [1, 2, 3]
    said = capsys.readouterr()
    assert said.out == said.err == ""


# invoices of other systems


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12.50", "12.50"),
        ("-12.50", "-12.50"),
        ("(12.50)", "-12.50"),
        ("12.50-", "-12.50"),
        ("−3.25", "-3.25"),
        ("$1,234.56", "1234.56"),
        ("€ 9.00", "9.00"),
    ],
)
def test_amounts_as_invoices_write_them(tmp_path: Path, text: str, amount: str) -> None:
    path = tmp_path / "invoice.csv"
    path.write_text(f"Agreement Number;Net Amount\nC-1;{text}\n", encoding="utf-8")
    found, issues = read_invoices(path, Settings())
    assert [(row.contract, row.amount) for row in found["C-1"]] == [("C-1", D(amount))] and issues == []


def test_a_bad_row_of_an_invoice_is_told_and_the_others_count(tmp_path: Path) -> None:
    path = tmp_path / "invoice.csv"
    path.write_text("contract,amount,line\nC-1,1.00,a\nC-1,?,b\n,3.00,c\n", encoding="utf-8")
    found, issues = read_invoices(path, Settings())
    assert [row.line for row in found["C-1"]] == ["a"]
    assert [(i.row, i.field) for i in issues] == [(3, "amount"), (4, "contract")]


# what moved


def line(line_id: str, amount: str, quantity: str = "1", rate: str = "", item: str = "", **more) -> BillLine:
    return BillLine(
        line_id, more.pop("kind", ChargeKind.OVERAGE), more.pop("description", line_id.title()), D(quantity),
        D(rate or amount), D(amount), OCTOBER, item=item, **more,
    )  # fmt: skip


def bill(*lines: BillLine) -> Bill:
    return Bill("C-1", "K", "EUR", BillPeriod(date(2026, 11, 1)), lines, sum((x.amount for x in lines), D(0)))


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        (None, Side(D(1), D(1), D(1)), "new"),
        (Side(D(1), D(1), D(1)), None, "gone"),
        (Side(D(5), D(2), D(10)), Side(D(5), D(2), D(10)), ""),
        (Side(D(5), D(2), D(10)), Side(D(7), D(2), D(14)), "quantity +2"),
        (Side(D(5), D(2), D(10)), Side(D(5), D(3), D(15)), "rate 2.00 to 3.00"),
        (Side(D(5), D(2), D(10)), Side(D("4.5"), D(3), D("13.5")), "quantity -0.5, rate 2.00 to 3.00"),
        (Side(None, None, D(10)), Side(D(5), D(3), D(15)), ""),
    ],
)
def test_why(was: Side | None, now: Side | None, said: str) -> None:
    assert why(was, now) == said


def test_a_row_that_stands_as_one_times_its_amount_is_compared_by_what_it_counts() -> None:
    proof = Proof(1, OCTOBER, net=D("13.9"), tiers=(TierCharge(D("13.9"), D(34), D("472.6")),))
    was = bill(line("seats", "408.00", "12", "34"))
    now = bill(line("seats", "472.60", "1", "472.60", proof=proof))
    assert diff_bills(was, now, "x").lines[0].why == "quantity +1.9"


def test_adjustments_stand_by_themselves() -> None:
    now = bill(line("mono", "10.00"), line("mono", "-2.00", kind=ChargeKind.ADJUSTMENT))
    found = diff_bills(bill(line("mono", "10.00")), now, "x")
    assert [(x.line, x.difference) for x in found.lines] == [("mono", D(0)), (ADJUSTMENTS, D("-2.00"))]
    assert found.difference == D("-2.00")


def test_their_rows_find_ours_by_id_item_or_description() -> None:
    ours = bill(line("base", "50.00", item="B-1"), line("mono", "10.00", description="Black prints"))
    rows = [
        InvoiceRow("C-1", D(50), line="b 1"),
        InvoiceRow("C-1", D(9), line="?", description="BLACK-PRINTS"),
    ]
    found = diff_invoice(ours, rows, "x")
    assert [(x.line, x.difference) for x in found.lines] == [("base", D(0)), ("mono", D(1))]


def test_an_item_that_two_lines_share_names_neither() -> None:
    ours = bill(line("mono", "10.00", item="CLICKS"), line("colour", "20.00", item="CLICKS"))
    found = diff_invoice(ours, [InvoiceRow("C-1", D(30), line="clicks")], "x")
    assert found.difference == 0
    assert {x.line: x.why for x in found.lines} == {
        "mono": "not on their invoice", "colour": "not on their invoice", "clicks": "not on our bill",
    }  # fmt: skip


def test_bare_totals_compare_totals() -> None:
    found = diff_invoice(bill(line("mono", "10.00")), [InvoiceRow("C-1", D(4)), InvoiceRow("C-1", D(5))], "x")
    assert found.lines == () and (found.was, found.now, found.difference) == (D(9), D(10), D(1))


# plans


def test_a_plan_takes_the_contracts_place_and_leaves_its_escalator() -> None:
    present = contract()
    version = replace(present.versions[0], escalator=Escalator(D(5)), effective=date(2026, 6, 1), version=3)
    plan = replace(
        present, contract="plan", customer="x", start=date(2000, 1, 1), title="New", versions=(version,)
    )
    taken = as_plan(present, plan)
    assert (taken.contract, taken.customer, taken.start, taken.title) == (
        "C-1",
        "CUST-1",
        present.start,
        "New",
    )
    assert taken.versions[0].escalator is None and taken.versions[0].effective == present.start
    assert taken.versions[0].lines[0].price.mode is TierMode.GRADUATED


# suspicious reads


def made_bill() -> tuple[Bill, object]:
    from mps_module.cli.billing import make_bill
    from mps_module.engine.schedule import due_periods

    given_case = case()
    period = due_periods(given_case.contract, date(2026, 10, 1), date(2026, 11, 1))[0]
    return make_bill(given_case, period, NO_NORMS), given_case


def test_a_flagged_read_carries_the_money_of_its_usage() -> None:
    flag = Issue(
        "reads.csv", 9, "mono", "21000", "above-expected", "too much", "Look", Verdict.FLAGGED, "D-1", "mono"
    )
    (found,) = flagged_reads(made_bill()[0], {("D-1", "mono", "21000"): flag})
    # 1,000 clicks at .0085.
    assert (found.at_stake, found.unit, found.contract) == (D("8.50"), "D-1", "C-1")
    assert "reads.csv:9" in found.message and found.todo == "Look"
    assert list(flagged_reads(made_bill()[0], {})) == []


def test_a_device_that_fell_silent_is_named_with_what_it_prints_meanwhile() -> None:
    silent = [r for r in READS if r.device == "D-1" or r.taken_at.date() < date(2026, 8, 2)]
    (found,) = overdue_reads(case(reads=silent), date(2026, 11, 1))
    assert found.unit == "D-2" and "not read for 91 days" in found.message
    # Read last on 1 August, noon: 2,000 a month since February, 91 and a half days at .0085.
    assert D("45") < found.at_stake < D("55")
    assert list(overdue_reads(case(), date(2026, 11, 1))) == []
    assert list(overdue_reads(case(), date(2025, 11, 1))) == []  # before the contract


# lists


def finding(code: str, stake: str, **more) -> Finding:
    return Finding(
        code, more.pop("severity", Severity.WARN), more.pop("message", code), at_stake=D(stake), **more
    )


def test_the_same_thing_said_of_two_lines_is_said_once_with_both_amounts() -> None:
    found = merged([
        finding("estimated", "5", unit="D", line_id="a"), finding("estimated", "7", unit="D", line_id="b"),
        finding("estimated", "5", unit="D", line_id="a"), finding("estimated", "1", unit="E"),
    ])  # fmt: skip
    assert [(f.unit, f.at_stake) for f in found] == [("D", D(12)), ("E", D(1))]


def test_notes_alone_are_no_reason_to_stop() -> None:
    assert Check(findings=[finding("x", "1", severity=Severity.INFO)]).exit_code == console.OK
    assert Check(findings=[finding("x", "1")]).exit_code == console.FOUND
    odd = Issue("f", 1, "", "", "c", "m", verdict=Verdict.FLAGGED)
    assert Check(issues=[odd]).exit_code == console.OK
    assert Check(issues=[replace(odd, verdict=Verdict.QUARANTINED)]).exit_code == console.FOUND


def test_a_long_list_is_cut_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    check = Check(findings=[finding(f"c{i}", "1", message=f"message {i:02}") for i in range(50)])
    show_check.show_check(check, 40)
    said = capsys.readouterr().out
    assert "message 39" in said and "message 40" not in said and "and 10 more findings" in said
    show_check.show_check(check, None)
    assert "message 49" in capsys.readouterr().out


def test_the_tally_is_shown_so_that_it_can_be_added_up(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally((FileTally("a.csv", "reads", Counts(10, 6, 1, 2, 1), Counts(20, 12, 2, 4, 2)),))
    show_check.show_tally(tally, console.out())
    said = capsys.readouterr().out
    assert "10 rows received = 6 accepted + 1 flagged + 2 quarantined + 1 duplicate" in said
    assert show_check.tally_json(tally)["files"][0]["reads"]["received"] == 20


@pytest.mark.parametrize("value", ["=1+1", "+49", "-4", "@SUM(A1)"])
def test_the_list_of_rows_is_harmless_in_a_spreadsheet(tmp_path: Path, value: str) -> None:
    issue = Issue("f.csv", 3, "x", value, "c", "m", "t")
    show_check.write_issues([issue], tmp_path / "rows.csv")
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["value"] == f"'{value}"
