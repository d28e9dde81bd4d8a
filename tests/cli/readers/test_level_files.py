"""Files of levels and supplies as collectors and dealers write them."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from mps_module.engine.reads import Verdict
from mps_module.readers.issue import BadValue, Issue
from mps_module.readers.levels import DEVICES, LEVELS, SUPPLIES, LevelRow, SupplyRow, by_model, read_rows
from mps_module.readers.settings import Settings


def rows_of(kind, path: Path, text: str, **settings) -> tuple[list, list[Issue]]:
    """(records, what was set aside) of a file with this text."""
    path.write_text(text, encoding="utf-8")
    issues: list[Issue] = []
    found = [row for _number, row in read_rows(kind, path, Settings(**settings), issues)]
    return found, [issue for issue in issues if issue.verdict is Verdict.QUARANTINED]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "levels.csv"


class TestLevels:
    def test_a_level_a_row(self, path: Path):
        rows, aside = rows_of(
            LEVELS, path, "device,supply,taken_at,level\nD-1,Black Toner,2026-10-01T08:00:00Z,42\n"
        )
        assert rows == [
            LevelRow("D-1", "", datetime(2026, 10, 1, 8, tzinfo=timezone.utc), (("Black Toner", "42"),)),
        ]
        assert aside == []

    def test_a_device_a_row_with_a_column_a_colour(self, path: Path):
        rows, _aside = rows_of(
            LEVELS,
            path,
            "Device ID,Date,Black Toner Level,Cyan Toner Level,Magenta Toner Level,Yellow Toner Level,Waste Toner\n"
            "D-1,2026-10-01,42,33,low,,OK\n",
        )
        assert rows[0].levels == (("black", "42"), ("cyan", "33"), ("magenta", "low"), ("waste", "OK"))

    @pytest.mark.parametrize(
        ("header", "key"),
        [
            ("Toner Black", "black"),
            ("black_level", "black"),
            ("BLACK %", "black"),
            ("Schwarz", "black"),
            ("Noir Toner", "black"),
            ("K", "black"),
            ("Cyan", "cyan"),
            ("toner_magenta", "magenta"),
            ("Yellow Level", "yellow"),
            ("Jaune", "yellow"),
            ("Gelb Toner", "yellow"),
        ],
    )
    def test_words_of_collectors_for_colours(self, path: Path, header: str, key: str):
        rows, _aside = rows_of(LEVELS, path, f"Device ID,Date,{header}\nD-1,2026-10-01,7\n")
        assert rows[0].levels == ((key, "7"),)

    @pytest.mark.parametrize(
        ("device", "at", "level"),
        [
            ("Device ID", "Date", "Level"),
            ("device", "taken_at", "percent"),
            ("Serial Number", "taken_at", "% Remaining"),
            ("Asset Tag", "Timestamp", "Supply Level"),
        ],
    )
    def test_words_for_device_time_and_level(self, path: Path, device: str, at: str, level: str):
        rows, aside = rows_of(LEVELS, path, f"{device},{at},supply,{level}\nX-1,2026-10-01 08:00,black,9\n")
        assert not aside
        assert (rows[0].device or rows[0].serial, rows[0].levels) == ("X-1", (("black", "9"),))

    def test_a_level_without_a_supply_is_the_black_one(self, path: Path):
        rows, _aside = rows_of(LEVELS, path, "device,taken_at,level\nD-1,2026-10-01,9\n")
        assert rows[0].levels == (("black", "9"),)

    def test_page_count_and_capacity_come_along(self, path: Path):
        rows, _aside = rows_of(
            LEVELS,
            path,
            'device,taken_at,supply,level,max,Page Count\nD-1,2026-10-01,Drum,17208,25000,"12,345"\n',
        )
        assert (rows[0].max, rows[0].pages) == ("25000", 12_345)

    def test_semicolons_german_dates_and_umlauts(self, path: Path):
        rows, aside = rows_of(
            LEVELS,
            path,
            "Gerät;Datum;Farbe;Füllstand\nD-1;2026-10-31 08:00;Schwarz;42\n".replace("Gerät", "device"),
            timezone="Europe/Berlin",
        )
        assert not aside
        assert rows[0].levels == (("Schwarz", "42"),)
        assert rows[0].taken_at.astimezone(timezone.utc) == datetime(2026, 10, 31, 7, tzinfo=timezone.utc)

    @pytest.mark.parametrize(
        ("row", "code"),
        [
            ("D-1,black,,42", "value-missing"),
            (",black,2026-10-01,42", "device-missing"),
            ("D-1,,2026-10-01,", "level-missing"),
        ],
    )
    def test_rows_without_what_they_need_are_set_aside(self, path: Path, row: str, code: str):
        rows, aside = rows_of(LEVELS, path, f"device,supply,taken_at,level\n{row}\nD-2,black,2026-10-01,5\n")
        assert [one.device for one in rows] == ["D-2"], "the next row is read all the same"
        assert [(issue.row, issue.code) for issue in aside] == [(2, code)]

    def test_a_time_that_is_none_is_set_aside_with_its_cell(self, path: Path):
        rows, (issue,) = rows_of(LEVELS, path, "device,supply,taken_at,level\nD-1,black,yesterday,42\n")
        assert rows == []
        assert (issue.row, issue.field, issue.value) == (2, "taken_at", "yesterday")

    def test_a_workbook(self, tmp_path: Path):
        book = openpyxl.Workbook()
        book.active.append(["Device ID", "Date", "Black Toner Level", "Cyan Toner Level"])
        book.active.append(["D-1", datetime(2026, 10, 1, 8), 42, "low"])
        target = tmp_path / "levels.xlsx"
        book.save(target)
        issues: list[Issue] = []
        (row,) = [row for _n, row in read_rows(LEVELS, target, Settings(), issues)]
        assert row.levels == (("black", "42"), ("cyan", "low"))
        assert (row.taken_at.month, row.taken_at.hour) == (10, 8)

    def test_a_file_that_is_empty_holds_no_table(self, path: Path):
        path.write_text("")
        with pytest.raises(BadValue, match="empty"):
            list(read_rows(LEVELS, path, Settings(), []))

    def test_a_file_of_something_else_gives_no_rows_and_says_so(self, path: Path):
        rows, aside = rows_of(LEVELS, path, "name,price\nD-1,5\n")
        assert rows == [] and aside

    def test_columns_that_are_not_read_are_named(self, path: Path):
        path.write_text("device,supply,taken_at,level,IP Address\nD-1,black,2026-10-01,42,10.0.0.7\n")
        issues: list[Issue] = []
        assert len(list(read_rows(LEVELS, path, Settings(), issues))) == 1
        assert [(issue.code, issue.value) for issue in issues] == [("columns-unused", "IP Address")]


class TestSupplies:
    def test_what_a_model_takes(self, path: Path):
        rows, aside = rows_of(
            SUPPLIES,
            path,
            "model,supply,yield,item,quantity\nM-1,Black Toner,12000,TN-1,2\n,cyan,8000,,\n",
        )
        assert not aside
        assert rows == [
            SupplyRow("black", "M-1", "TN-1", 12_000, 2),
            SupplyRow("cyan", "", "", 8_000, 1),
        ]

    @pytest.mark.parametrize("given", ["many", "-5", "1.5", ""])
    def test_a_yield_is_a_whole_number_of_pages(self, path: Path, given: str):
        rows, aside = rows_of(SUPPLIES, path, f"supply,yield\nblack,{given}\n")
        assert rows == [] and len(aside) == 1

    def test_the_first_of_two_counts(self):
        first, second = SupplyRow("black", "M-1", "A", 5_000), SupplyRow("black", "M-1", "B", 9_000)
        assert by_model([first, second, SupplyRow("black")])["M-1", "black"] is first


class TestDevices:
    def test_place_and_volume(self, path: Path):
        rows, aside = rows_of(
            DEVICES, path, "device,model,customer,site,monthly_volume\nD-1,M-1,K-1,Nord,3025\nD-2,,,,\n"
        )
        assert not aside
        assert (rows[0].model, rows[0].customer, rows[0].site, rows[0].monthly_volume) == (
            "M-1", "K-1", "Nord", Decimal(3025),
        )  # fmt: skip
        assert rows[1].monthly_volume == 0

    def test_a_volume_below_nothing(self, path: Path):
        rows, (issue,) = rows_of(DEVICES, path, "device,monthly_volume\nD-1,-5\n")
        assert rows == [] and issue.code == "number-negative"
