"""The benchmarks measure what they say: their folder bills the clicks written in it, their expectations add up."""

from __future__ import annotations

import csv
import queue
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks import bill_fleet, billing_run, billing_site, kit
from mps_module.cli import store
from mps_module.engine.bill import bill
from mps_module.engine.kit import HistoryModel, IndependentModel, Job, Part, estimate, solve
from mps_module.engine.money import round_money
from mps_module.engine.result import Bill
from mps_module.engine.schedule import due_periods

from .folders import files_of, mps_json

DEVICES = 120  # two contracts of 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("benchmark") / "dealer"
    bill_fleet.write_folder(made, DEVICES)
    return made


def values(path: Path) -> dict[tuple[str, str], int]:
    with path.open(newline="") as stream:
        return {(row["device"], row["meter"]): int(row["value"]) for row in csv.DictReader(stream)}


def clicks_written(folder: Path) -> Counter:
    """Clicks of October by contract and meter, from the files alone."""
    opening, closing = (values(folder / "reads" / f"{name}.csv") for name in ("september", "october"))
    with (folder / "covers.csv").open(newline="") as stream:
        contract_of = {row["unit"]: row["contract"] for row in csv.DictReader(stream)}
    found: Counter = Counter()
    for (device, meter), value in closing.items():
        found[f"{contract_of[device]} {meter}"] += value - opening[device, meter]
    return found


def october_bills(folder: Path) -> dict[str, Bill]:
    made = {}
    with store.load(folder) as data:
        for name in data.contract_ids():
            contract, ledger, units = data.load(name)
            (period,) = due_periods(contract, date(2026, 10, 1), bill_fleet.DUE)
            made[name] = bill(contract, ledger, units, period)
    return made


# bill_fleet -------------------------------------------------------------------------------------------------------


def test_the_folder_loads_with_nothing_wrong_or_odd(folder: Path) -> None:
    with store.load(folder) as data:
        assert list(data.issues()) == []
        assert data.contract_ids() == ["C0", "C1"]
        assert data.blocked_ids() == [] and data.uncovered_devices() == []
        assert len(list(data.devices())) == DEVICES
        assert [customer.name for customer in data.customers()] == ["Customer 0", "Customer 1"]


def test_the_command_that_checks_folders_takes_every_read(folder: Path) -> None:
    found = mps_json("check", folder, code=1)
    assert found["issues"] == [] and found["tally"]["adds_up"]
    assert found["tally"]["reads"] == {
        "received": 720, "accepted": 720, "flagged": 0, "quarantined": 0, "duplicate": 0
    }  # fmt: skip
    # what is left is true: these are the first bills with clicks
    assert {(one["code"], one["severity"]) for one in found["findings"]} == {("bill-far-off", "warn")}


def test_every_device_has_three_meters_opened_and_closed(folder: Path) -> None:
    opening, closing = (values(folder / "reads" / f"{name}.csv") for name in ("september", "october"))
    assert opening.keys() == closing.keys()
    assert len(opening) == DEVICES * 3
    assert all(0 <= closing[key] - opening[key] < 9_000 for key in opening)
    # the closing reads come in mixed order, as from a collector
    assert list(closing) != list(opening)


def test_the_same_size_is_the_same_folder(folder: Path, tmp_path: Path) -> None:
    bill_fleet.write_folder(tmp_path / "again", DEVICES)
    assert files_of(tmp_path / "again") == files_of(folder)


@pytest.mark.parametrize(("devices", "contracts"), [(1, 1), (49, 1), (50, 1), (100, 2), (170, 3)])
def test_fifty_devices_or_a_few_more_share_a_contract(tmp_path: Path, devices: int, contracts: int) -> None:
    bill_fleet.write_folder(tmp_path / "dealer", devices)
    with (tmp_path / "dealer" / "covers.csv").open(newline="") as stream:
        covered = Counter(row["contract"] for row in csv.DictReader(stream))
    assert sorted(covered) == [f"C{n}" for n in range(contracts)]
    assert sum(covered.values()) == devices
    assert max(covered.values()) - min(covered.values()) <= 1


def test_the_bills_hold_the_clicks_that_were_written(folder: Path) -> None:
    billed: Counter = Counter()
    for name, made in october_bills(folder).items():
        for line in made.lines:
            for usage in line.proof.usages if line.proof else ():
                billed[f"{name} {usage.meter}"] += int(usage.usage)
    written = clicks_written(folder)
    assert billed == written
    assert len(written) == 6 and min(written.values()) > 0


def test_the_bills_come_to_what_the_contract_in_the_folder_says(folder: Path) -> None:
    written = clicks_written(folder)
    for name, made in october_bills(folder).items():
        mono, colour, a3 = (written[f"{name} {meter}"] for meter in bill_fleet.METERS)
        over = mono - 50_000
        assert over > 100_000  # so that both tiers are charged
        discounted = round_money(a3 * Decimal("0.011"))
        expected = (
            Decimal("250.00")
            + round_money(100_000 * Decimal("0.0085"))
            + round_money((over - 100_000) * Decimal("0.0072"))
            + round_money(colour * Decimal("0.062"))
            + discounted
            - round_money(discounted * Decimal("0.05"))
        )
        assert made.total == expected


def test_a_run_reports_its_own_bills(folder: Path) -> None:
    results: queue.Queue = queue.Queue()
    bill_fleet.run(folder, results)
    found = results.get_nowait()
    assert found["bills"] == 2
    assert Decimal(found["total"]) == sum(made.total for made in october_bills(folder).values())
    assert found["clicks"] == clicks_written(folder)
    assert 0 < found["rating"] < found["seconds"]
    assert found["memory"] >= 0


def test_duckdb_sums_the_same_clicks(folder: Path) -> None:
    pytest.importorskip("duckdb")
    seconds, sums = bill_fleet.duckdb_sums(folder)
    assert sums == dict(clicks_written(folder))
    assert seconds > 0


def test_peak_memory_is_in_mebibytes() -> None:
    # Python with this module loaded: more than five and less than a machine's worth
    assert 5 < bill_fleet.peak_memory() < 64 * 1024


# billing on a site: what its scripts expect ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("devices", "total"),
    [
        (1, 368.30),  # 1,500 black clicks are within 20,000; 300 in colour at .061
        (13, 587.90),  # 19,500: still within; 3,900 in colour are 237.90
        (14, 614.70),  # 1,000 above it: 8.50, and 4,200 in colour: 256.20
        (50, 1732.50),  # 55,000: 467.50, and 15,000: 915.00
        (100, 3285.00),  # 130,000: 1,105.00, and 30,000: 1,830.00
    ],
)
def test_the_expected_total_of_a_contract_and_its_bare_rows(devices: int, total: float) -> None:
    assert billing_site.expected_total(devices) == total
    rows = billing_run.rows_of_bill(devices)
    assert round(sum(row["qty"] * row["rate"] for row in rows), 2) == total
    assert all(row["qty"] > 0 for row in rows)


def test_bare_rows_per_device_hold_every_click() -> None:
    rows = billing_run.rows_per_device(3)
    assert [row["description"] for row in rows] == [f"device {n}" for n in (0, 0, 1, 1, 2, 2)]
    assert sum(row["qty"] for row in rows if row["item_code"] == "MPS-MONO") == 4_500
    assert sum(row["qty"] for row in rows if row["item_code"] == "MPS-COLOUR") == 900


def test_reads_are_taken_on_the_evenings_of_the_last_days() -> None:
    assert list(billing_site.month_ends(3)) == [
        datetime(2025, 12, 31, 20),
        datetime(2026, 1, 31, 20),
        datetime(2026, 2, 28, 20),
        datetime(2026, 3, 31, 20),
    ]
    year = list(billing_site.month_ends(12))
    assert (len(year), year[-1]) == (13, datetime(2026, 12, 31, 20))


def test_a_run_is_reported_by_contract_beside_twice_as_many_bare_invoices(capsys) -> None:
    def clock(wall: float, python: float, database: float, count: int) -> billing_run.Clock:
        made = billing_run.Clock()
        made.wall, made.python, made.database, made.count = wall, python, database, count
        return made

    prepare, invoice, bare = clock(1, 0.5, 0.1, 10), clock(5, 2, 0.4, 10), clock(8, 3, 1, 20)
    billing_run.report("the run", prepare + invoice, bare)
    line = capsys.readouterr().out
    assert "600.0 ms (a:   400.0)  1.50 x" in line  # 6 s for 10 contracts, 8 s for 20 bare invoices
    assert "300.0 ms (a:   200.0)  1.50 x" in line  # the database's time counts as the process's own


# kit --------------------------------------------------------------------------------------------------------------


def test_the_drawn_dealer_is_the_one_described() -> None:
    parts, jobs = kit.dealer(40, 2_000, 7)
    assert (parts, jobs) == kit.dealer(40, 2_000, 7)
    assert [part.code for part in parts] == [f"P{i:03}" for i in range(40)]
    assert all(part.holding_cost > 0 and 1 <= part.slots <= 3 for part in parts)
    assert 0.31 < sum(not job.needs for job in jobs) / len(jobs) < 0.39  # 0.35 need nothing
    assert max(len(job.needs) for job in jobs) <= 4


def test_figures_are_written_as_shares_and_tables(capsys: pytest.CaptureFixture[str]) -> None:
    assert (kit.share(0.00123), kit.share(0), kit.share(1)) == ("0.123 %", "0.000 %", "100.000 %")
    kit.table("Small", ["model", "kits"], [["history", 32_768]])
    assert capsys.readouterr().out == "\n### Small\n\n| model | kits |\n| --- | --- |\n| history | 32768 |\n"


def test_a_time_is_that_of_the_work_and_the_result_its_own() -> None:
    calls: list[int] = []
    result, seconds = kit.timed(lambda: calls.append(1) or len(calls), 3)
    assert (result, len(calls)) == (3, 3)
    assert 0 <= seconds < 1


def test_highs_and_the_engine_agree_on_a_kit_that_is_worked_out_by_hand() -> None:
    pytest.importorskip("scipy")
    parts = [Part("A", Decimal(3)), Part("B", Decimal(4)), Part("C", Decimal(5))]
    jobs = [Job.of(f"J{n}", needs) for n, needs in enumerate([[], ["A"], ["A", "B"], ["C"], ["C"]])]
    model = HistoryModel.of(parts, jobs)
    problem = kit.as_milp(model)
    scale = model.shelf.scale
    # of five jobs: nothing aboard 1; A 2; C 3; A and B 3; A and C 4; all 5
    for budget, jobs_done in ((0, 1), (3, 2), (5, 3), (7, 3), (8, 4), (11, 4), (12, 5)):
        assert problem.best(model.shelf.money, budget * scale) == pytest.approx(jobs_done / 5)
        best = max(point.rate for point in solve(model).points if point.money <= budget)
        assert best == pytest.approx(jobs_done / 5)


def test_the_logarithms_of_independent_parts_come_back_as_a_fill_rate() -> None:
    parts, jobs = kit.dealer(8, 500, 3)
    needs = {need.part: need.pmf for need in estimate(parts, jobs)}
    problem = kit.as_milp(IndependentModel.of(parts, needs))
    assert problem.rows == [] and problem.integer == [1] * 8
    # with every part aboard no job waits for one of them: the sum of all gains makes up for the base
    assert problem.base + sum(problem.weights) == pytest.approx(0)
    assert min(problem.weights) >= 0


def test_gaps_of_an_exact_frontier_are_nothing() -> None:
    parts, jobs = kit.dealer(6, 300, 5)
    frontier = solve(HistoryModel.of(parts, jobs)).frontier
    assert kit.gaps(frontier)[1:] == ("0.000 %", "0.0 %")
