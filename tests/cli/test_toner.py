"""`mps toner` on plain files: what runs out, what to ask, and what could not be read."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.folders import mps, mps_json

LEVELS = """\
Device ID,Date,Black Toner Level,Cyan Toner Level,Page Count
D-1,2026-10-01 08:00,100,80,10000
D-1,2026-10-11 08:00,80,81,12000
D-1,2026-10-21 08:00,60,70,14000
D-2,2026-10-01 08:00,low,,500
D-2,2026-10-21 08:00,OK,,900
D-3,2026-10-01 08:00,30,,500
D-3,2026-10-15 08:00,11,,900
D-3,2026-10-21 08:00,5,,1100
"""
SUPPLIES = "supply,yield,item\nblack,5000,TN-1\ncyan,4000,TN-C\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "levels.csv").write_text(LEVELS)
    (tmp_path / "supplies.csv").write_text(SUPPLIES)
    return tmp_path


def by_key(data: dict) -> dict[tuple[str, str], dict]:
    return {(row["device"], row["supply"]): row for row in data["supplies"]}


def test_days_left_date_and_cover(folder: Path) -> None:
    """D-1 black: 100 to 60 in 20 days, 30 days left; 40 % of 5,000 pages at 5 % on 4,000 pages is 2.5 %.
    D-3: 30 to 5 in 20 days, 4 days left; 25 % on 600 pages is 10.42 %. Cyan: 80, 81 (noise), 70: 140 days."""
    data = mps_json("toner", folder, code=1)
    rows = by_key(data)
    first, third = rows["D-1", "black"], rows["D-3", "black"]
    assert (first["days_left"], first["empty_on"], first["fill_percent"]) == (30.0, "2026-11-20", "2.50")
    assert (third["days_left"], third["empty_on"], third["fill_percent"]) == (4.0, "2026-10-25", "10.42")
    assert rows["D-1", "cyan"]["days_left"] == 140.0
    assert (data["due"], data["levels"], data["day"]) == (1, 11, "2026-10-21")
    assert [ask["code"] for ask in third["ask"]] == ["high-fill"]
    assert (rows["D-2", "black"]["state"], rows["D-2", "black"]["days_left"]) == ("OK", None)


def test_the_table_shows_what_runs_out_and_all_on_demand(folder: Path) -> None:
    short, whole = mps("toner", folder), mps("toner", folder, "--all")
    assert short.exit_code == whole.exit_code == 1
    assert "D-3" in short.output and "D-1" not in short.output
    assert "D-1" in whole.output and "2026-11-20" in whole.output
    assert "1 of 4 supplies run out within the days asked for" in short.output


def test_all_well_is_exit_code_0(folder: Path) -> None:
    assert mps("toner", folder, "--days", "3").exit_code == 0


def test_more_days_ahead_find_more(folder: Path) -> None:
    assert mps_json("toner", folder, "--days", "30", code=1)["due"] == 2


def test_as_of_another_day(folder: Path) -> None:
    """On the evening of the 30th D-3 is empty; D-1 has lost nine and a half of its thirty days."""
    rows = by_key(mps_json("toner", folder, "--on", "2026-10-30", code=1))
    assert rows["D-3", "black"]["days_left"] == 0.0
    assert rows["D-1", "black"]["days_left"] == pytest.approx(20.3, abs=0.1)
    early = by_key(mps_json("toner", folder, "--on", "2026-10-11", code=1))
    assert early["D-1", "black"]["days_left"] is None  # ten days tell no pace
    assert early["D-2", "black"]["due"]  # it said low by then


def test_limits_of_the_guard(folder: Path) -> None:
    rows = by_key(mps_json("toner", folder, "--fill", "11", code=1))
    assert rows["D-3", "black"]["ask"] == []


def test_an_early_swap_is_told(tmp_path: Path) -> None:
    path = tmp_path / "levels.csv"
    path.write_text(
        "device,supply,taken_at,level\nD-1,black,2026-09-01,100\nD-1,black,2026-09-20,45\n"
        "D-1,black,2026-09-21,100\nD-1,black,2026-10-20,10\n"
    )
    (row,) = mps_json("toner", path, code=1)["supplies"]
    assert [ask["message"] for ask in row["ask"]] == ["The last one was changed with 45 % left in it."]
    assert by_key(mps_json("toner", path, "--early", "50", code=1))["D-1", "black"]["ask"] == []


def test_clicks_a_month_and_yield_serve_a_young_device(tmp_path: Path) -> None:
    """3,025 clicks a month are 100 a day, 2 % a day of 5,000 pages: 50 % last 25 days. Another model has 10,000."""
    (tmp_path / "levels.csv").write_text(
        "device,supply,taken_at,level\nD-1,black,2026-10-20,50\nD-2,black,2026-10-20,50\nD-9,black,2026-10-20,50\n"
    )
    (tmp_path / "fleet.csv").write_text(
        "device,model,customer,monthly_volume\nD-1,M-1,K-1,3025\nD-2,M-2,K-1,3025\nD-9,M-9,K-1,3025\n"
    )
    (tmp_path / "supplies.csv").write_text("model,supply,yield\nM-1,black,5000\nM-2,Black Toner,10000\n")
    rows = by_key(mps_json("toner", tmp_path))
    assert [
        (rows[name, "black"]["days_left"], rows[name, "black"]["basis"]) for name in ("D-1", "D-2", "D-9")
    ] == [
        (25.0, "clicks"),
        (50.0, "clicks"),
        (None, ""),
    ]
    assert rows["D-1", "black"]["customer"] == "K-1"


def test_a_refill_after_which_nothing_is_known_yet_goes_by_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "levels.csv"
    path.write_text(
        "device,supply,taken_at,level\nD-1,K,2026-08-01,100\nD-1,K,2026-09-15,10\nD-1,K,2026-09-16,100\nD-1,K,2026-09-18,96\n"
    )
    (row,) = mps_json("toner", path)["supplies"]
    assert (row["supply"], row["days_left"], row["basis"]) == ("black", 48.0, "earlier refills")


def test_printer_mib_figures(tmp_path: Path) -> None:
    path = tmp_path / "levels.csv"
    path.write_text(
        "device,supply,taken_at,level,max\nD-1,Black Toner Cartridge,2026-10-20,0,-2\n"
        "D-1,Black Toner Cartridge,2026-10-20,-3,-2\nD-1,Drum Unit,2026-10-20,17208,25000\nD-1,Cyan,2026-10-20,-2,-2\n"
    )
    rows = by_key(mps_json("toner", path))
    assert rows["D-1", "black"]["state"] == "OK"
    assert rows["D-1", "drum"]["level"] == pytest.approx(68.832)
    assert ("D-1", "cyan") not in rows


def test_rows_that_cannot_be_read_are_told_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "levels.csv"
    path.write_text(
        "device,supply,taken_at,level\nD-1,black,2026-10-20,50\nD-1,black,2026-10-21,half\n,black,2026-10-21,5\n"
        "D-1,black,someday,5\nD-1,black,2026-10-22,\n"
    )
    data = mps_json("toner", path, code=1)
    assert [(issue["row"], issue["code"]) for issue in data["issues"]] == [
        (4, "device-missing"), (5, data["issues"][1]["code"]), (6, "level-missing"), (3, "level-unreadable"),
    ]  # fmt: skip
    assert "no level" in mps("toner", path).output


def test_a_workbook_reads_the_same(folder: Path, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for line in LEVELS.splitlines():
        book.active.append([int(cell) if cell.isdigit() else cell or None for cell in line.split(",")])
    path = tmp_path / "book.xlsx"
    book.save(path)
    supplies = ("--supplies", str(folder / "supplies.csv"))
    assert mps_json("toner", path, *supplies, code=1) == mps_json(
        "toner", folder / "levels.csv", *supplies, code=1
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such file"),
        ("device,price\nD-1,5\n", "holds no level"),
        ("device,taken_at,level\n", "holds no level"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "levels.csv"
    if content is not None:
        path.write_text(content)
    result = mps("toner", path)
    assert result.exit_code == 2
    assert said in (result.output + getattr(result, "stderr", ""))


def test_a_folder_without_levels(tmp_path: Path) -> None:
    assert mps("toner", tmp_path).exit_code == 2


def test_json_is_stable(folder: Path) -> None:
    assert json.dumps(mps_json("toner", folder, code=1)) == json.dumps(mps_json("toner", folder, code=1))


def test_dates_as_mps_yaml_says_they_are_written(tmp_path: Path) -> None:
    text = "Device ID,Date,Black Toner Level\nD-1,01.10.2026 08:00,100\nD-1,21.10.2026 08:00,60\n"
    (tmp_path / "levels.csv").write_text(text)
    assert mps_json("toner", tmp_path, code=1)["levels"] == 1  # 1 October or 10 January: set aside
    (tmp_path / "mps.yaml").write_text('date_formats: ["%d.%m.%Y"]\ntimezone: Europe/Berlin\n')
    data = mps_json("toner", tmp_path)
    assert (data["levels"], data["day"]) == (2, "2026-10-21")
    assert by_key(data)["D-1", "black"]["days_left"] == 30.0


CELLS = st.sampled_from(
    ["", "0", "5", "50", "100", "101", "-1", "-2", "-3", "low", "OK", "empty", "half", "9" * 20]
)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["D-1", "D-2", ""]), st.integers(1, 28), CELLS), min_size=1, max_size=12
    )
)
def test_no_file_crashes_and_no_supply_runs_out_in_the_past(tmp_path_factory, rows: list[tuple]) -> None:
    path = tmp_path_factory.mktemp("levels") / "levels.csv"
    path.write_text(
        "device,supply,taken_at,level\n"
        + "".join(f"{d},black,2026-10-{day:02d},{level}\n" for d, day, level in rows)
    )
    result = mps("toner", path, "--json")
    if result.exit_code == 2:
        assert "holds no level" in result.stderr
        return
    data = json.loads(result.stdout)
    assert result.exit_code == (1 if data["due"] or data["issues"] else 0)
    for row in data["supplies"]:
        assert row["days_left"] is None or row["days_left"] >= 0
        assert row["empty_on"] is None or row["empty_on"] >= data["day"]
        assert row["level"] is None or 0 <= row["level"] <= 100
    told = {issue["row"] for issue in data["issues"]}
    assert told >= {number for number, row in enumerate(rows, 2) if not row[0] or row[2] in ("half", "")}


def test_two_devices_in_one_list_soonest_first(tmp_path: Path) -> None:
    """Both lose 2 % a day and hold 30 and 10 %: 15 and 5 days."""
    path = tmp_path / "levels.csv"
    path.write_text(
        "device,supply,taken_at,level\n"
        "D-1,black,2026-10-01,70\nD-1,black,2026-10-11,50\nD-1,black,2026-10-21,30\n"
        "D-2,black,2026-10-01,50\nD-2,black,2026-10-11,30\nD-2,black,2026-10-21,10\n"
    )
    data = mps_json("toner", path, code=1)
    assert [(row["device"], row["days_left"], row["due"]) for row in data["supplies"]] == [
        ("D-2", 5.0, True),
        ("D-1", 15.0, False),
    ]
