"""The store: contract by contract, whatever the order of files and rows; pins, moves, counts and its own end."""

import random
import subprocess
import sys
import textwrap
from datetime import date, datetime, timezone
from pathlib import Path

import pytest

from mps_module.cli import store
from mps_module.engine.contract import Tolerance
from mps_module.engine.periods import Period
from mps_module.engine.result import Basis, Boundary
from tests.cli.readers.folders import CONTRACT, HEAD, NOW, issues, load, only, rows_of, values, write

READS = HEAD + (
    "D-2,total,2026-01-01 00:05:00,1000\nD-2,total,2026-01-31 23:50:00,1400\n"
    "D-2,total,2026-02-28 23:55:00,1900\nD-3,total,2026-01-31 23:50:00,77\n"
)


def usage(data: store.Store, contract: str, device: str, start: date, end: date, **how) -> int:
    found = data.load(contract).ledger.usage(device, "total", Period(start, end), Tolerance(), **how)
    return int(found.usage)


def test_a_month_is_counted_from_read_to_read(tmp_path):
    data = load(tmp_path, {"reads/q1.csv": READS})
    assert usage(data, "C-1", "D-2", date(2026, 2, 1), date(2026, 2, 28)) == 500


def test_the_order_of_rows_and_files_does_not_matter(tmp_path):
    lines = READS.splitlines()[1:]
    tables = []
    for seed in range(4):
        random.Random(seed).shuffle(lines)
        half = seed + 1
        data = load(
            tmp_path / str(seed),
            {"reads/b.csv": HEAD + "\n".join(lines[:half]), "reads/a.csv": HEAD + "\n".join(lines[half:])},
        )
        logs = data.load("C-1").ledger.logs
        tables.append({key: (log.times, log.odometers) for key, log in logs.items()})
    assert all(table == tables[0] for table in tables)


def test_a_device_that_moves_takes_its_reads_along(tmp_path):
    covers = "contract,unit,start,end\nC-1,D-2,2026-01-01,2026-01-31\nC-2,D-2,2026-02-01,\n"
    other = CONTRACT.replace("C-1\n", "C-2\n")
    data = load(tmp_path, {"contracts/c2.yaml": other, "covers.csv": covers, "reads/q1.csv": READS})
    january = usage(data, "C-1", "D-2", date(2026, 1, 1), date(2026, 1, 31), first=True, last=True)
    february = usage(data, "C-2", "D-2", date(2026, 2, 1), date(2026, 2, 28), first=True)
    assert (january, february) == (400, 500)
    assert data.tally().reads.received == 4, "judged for two contracts, counted once"
    assert data.tally().adds_up


def test_pins_of_posted_bills_reach_the_ledger(tmp_path):
    data = load(tmp_path, {"reads/q1.csv": READS})
    pinned = Boundary(date(2026, 1, 31), Basis.ESTIMATE, 1500, 500)
    key = ("D-2", "total", date(2026, 1, 31), False)
    assert data.load("C-1", {key: pinned}).ledger.pins == {key: pinned}


def test_reads_of_devices_without_a_contract_are_judged_too(tmp_path):
    data = load(
        tmp_path,
        {
            "covers.csv": "contract,unit\nC-1,D-2\n",
            "reads/a.csv": READS + "D-3,total,2026-02-28 10:00:00,5\n",
        },
    )
    assert only(data, "lower-than-before").unit == "D-3"
    assert data.uncovered_devices() == ["D-1", "D-3"]


def test_loading_again_counts_nothing_twice(tmp_path):
    data = load(tmp_path, {"reads/a.csv": READS + "D-2,total,2026-02-28 23:55:00,1900\n"})
    first = data.tally()
    for _ in range(3):
        data.load("C-1")
    assert data.tally() == first
    assert len(issues(data, "duplicate")) == 1


def test_times_are_shown_in_the_contracts_zone(tmp_path):
    text = CONTRACT.replace("start:", "timezone: Europe/Berlin\nstart:")
    data = load(
        tmp_path, {"contracts/c1.yaml": text, "reads/a.csv": HEAD + "D-2,total,2026-01-31 20:00:00,5\n"}
    )
    read = data.load("C-1").ledger.logs["D-2", "total"].reads[0]
    assert read.taken_at.isoformat() == "2026-02-01T02:00:00+01:00"
    assert read.read_id == "reads/a.csv:2"


def test_now_decides_what_is_future(tmp_path):
    folder = write(tmp_path, {"reads/a.csv": READS})
    with store.load(folder, now=datetime(2026, 2, 1, 12, tzinfo=timezone.utc)) as data:
        assert only(data, "future-time").row == 4


def test_issues_can_be_narrowed_down(tmp_path):
    data = load(tmp_path, {"reads/a.csv": HEAD + "D-9,total,2026-01-31,5\nD-2,total,2026-01-31,-5\n"})
    assert [issue.code for issue in data.issues(unit="D-2")] == ["counter-negative"]
    assert [issue.row for issue in data.issues(file="reads/a.csv")] == [2, 3]
    assert only(data, "device-unknown").place == "reads/a.csv:2"
    assert only(data, "device-unknown").severity.value == "block"


def test_blocked_contracts_can_be_looked_at(tmp_path):
    text = CONTRACT.replace("anchor", "").replace("start:", "billing: {anchor_day: 45}\nstart:")
    data = load(tmp_path, {"contracts/c1.yaml": text})
    assert data.contract_ids() == data.blocked_ids() == ["C-1"]
    assert [finding.code for finding in data.findings("C-1")] == ["anchor-day"]
    assert {issue.verdict.value for issue in issues(data, "contract-aside")} == {"flagged"}
    assert len(data.load("C-1").units) == 3


def test_an_unknown_contract_is_a_key_error(tmp_path):
    with pytest.raises(KeyError):
        load(tmp_path, {}).load("C-99")


def test_progress_reaches_the_end(tmp_path):
    seen = []
    store.load(write(tmp_path, {"reads/a.csv": READS}), progress=lambda *step: seen.append(step), now=NOW)
    done = [step[1] for step in seen]
    assert done == sorted(done)
    assert seen[-1][1] == seen[-1][2] > 0
    assert {"reads/a.csv", "fleet.csv", "contracts/c1.yaml"} <= {step[0] for step in seen}


def test_the_database_goes_with_the_store(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    with store.load(write(tmp_path / "f", {"reads/a.csv": READS}), now=NOW) as data:
        assert values(data, "D-2") == [1000, 1400, 1900]
        assert len(list((tmp_path / "tmp").iterdir())) == 1
    assert list((tmp_path / "tmp").iterdir()) == []
    data.close()


def test_a_path_that_is_no_folder(tmp_path):
    with pytest.raises(NotADirectoryError):
        store.load(tmp_path / "nowhere")


def test_an_empty_folder_is_no_crash(tmp_path):
    with store.load(tmp_path, now=NOW) as data:
        assert data.contract_ids() == []
        assert data.tally().adds_up
        assert [issue.code for issue in data.issues()] == ["settings-missing"]


def test_files_in_sub_folders_and_hidden_ones(tmp_path):
    data = load(tmp_path, {"reads/2026/q1.csv": READS, "reads/.~lock.q1.csv#": "x", "reads/~$q1.xlsx": "x"})
    assert rows_of(data, "reads/2026/q1.csv") == (4, 4, 0, 0, 0)
    assert [tally.file for tally in data.tally().files if tally.kind == "reads"] == ["reads/2026/q1.csv"]


def fleet(folder: Path, count: int) -> Path:
    """A folder of `count` devices, 20 a contract, with two reads of two meters each."""
    devices = range(count)
    contracts = "".join(
        f"- {{contract: C-{n}, customer: CU-1, start: 2026-01-01, lines: [{{id: m, kind: click, meter: total, rate: 0.01}}]}}\n"
        for n in range(count // 20)
    )
    reads = [
        f"D-{n},{meter},2026-0{month}-01 0{n % 10}:00:00,{1000 * month + n % 500}\n"
        for month in (1, 2) for n in devices for meter in ("total", "mono")
    ]  # fmt: skip
    return write(
        folder,
        {
            "fleet.csv": "device,serial,model\n" + "".join(f"D-{n},S{n},LP\n" for n in devices),
            "contracts/c1.yaml": contracts,
            "covers.csv": "contract,unit\n" + "".join(f"C-{n // 20},D-{n}\n" for n in devices),
            "reads/a.csv": HEAD + "".join(reads),
        },
    )


PEAK = """
    import sys
    from pathlib import Path
    from datetime import datetime, timezone
    from mps_module.cli import store
    with store.load(sys.argv[1], now=datetime(2026, 11, 22, tzinfo=timezone.utc)) as data:
        for contract in data.contract_ids():
            data.load(contract)
    print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from Linux's /proc")
def test_memory_does_not_grow_with_the_fleet(tmp_path):
    """Six times the devices, from a size at which the bounded caches are nearly full. Peak memory of the process."""
    peaks = []
    for count in (4_000, 24_000):
        folder = fleet(tmp_path / str(count), count)
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(PEAK), str(folder)],
            capture_output=True,
            text=True,
            check=True,
        )
        peaks.append(int(done.stdout) / 1024)
    assert peaks[1] - peaks[0] < 14, f"{peaks} MB"


def test_the_engine_and_the_readers_need_no_framework(tmp_path):
    """Imported in a bare interpreter in which frappe and typer cannot be found."""
    code = """
        import sys
        sys.modules["frappe"] = sys.modules["typer"] = None
        import mps_module.readers.reads, mps_module.readers.contracts, mps_module.readers.records
        print("fine")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.stdout == "fine\n", done.stderr
