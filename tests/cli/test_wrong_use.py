"""What people ask that cannot be done: one sentence, exit code 2, and nothing written."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.cli.folders import SETTINGS, files_of, make_folder, mps

PLAN = "lines:\n  - {id: mono, kind: click, meter: mono, rate: 0.02}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "dealer")


def refused(*args: object) -> str:
    """The sentence of a command that must end with exit code 2."""
    result = mps(*args)
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("mps: "), result.stderr
    assert result.stdout == "", "nothing on standard output, which a program may be reading"
    assert len(result.stderr.strip().splitlines()) == 1
    return result.stderr


@pytest.mark.parametrize(
    "month", ["9999-12", "0001-01", "26-10", "2026-13", "2026-00", "2026", "Oct 2026", ""]
)
@pytest.mark.parametrize("option", ["--period", "--through"])
def test_a_month_that_is_none(folder: Path, month: str, option: str) -> None:
    if month == "":
        month = " "
    assert "is not a month. Write it as 2026-10." in refused("bill", folder, option, month)
    assert not (folder / "bills").exists()


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1.11.2026", "2026-02-30", "yesterday"])
def test_a_day_that_is_none(folder: Path, day: str) -> None:
    assert "is not a day. Write it as 2026-11-01." in refused("explain", folder, "C-1", "--due", day)
    assert "is not a day" in refused("diff", folder, "--all", "--due", day)


def test_a_day_on_which_nothing_falls_due_names_the_days_around_it(folder: Path) -> None:
    said = refused("explain", folder, "C-1", "--due", "2026-03-15")
    assert "No bill of C-1 falls due on 2026-03-15" in said
    assert "2026-03-01" in said and "2026-04-01" in said


def test_bills_cannot_lie_in_a_file(folder: Path) -> None:
    before = files_of(folder)
    for command in (("bill", folder, "--period", "2026-03"), ("explain", folder, "C-1"), ("check", folder)):
        assert "mps.yaml is a file. Posted bills need a folder." in refused(
            *command, "--out", folder / "mps.yaml"
        )
    assert files_of(folder) == before


def test_a_list_that_cannot_be_written_leaves_no_rest_behind(folder: Path) -> None:
    before = files_of(folder)
    assert "is a folder, a file is wanted" in refused("quarantine", folder, "--csv", folder / "reads")
    assert "mps.yaml" in refused("quarantine", folder, "--csv", folder / "mps.yaml" / "rows.csv")
    assert files_of(folder) == before


@pytest.mark.parametrize("months", [0, -3, 241, 100_000])
def test_simulate_replays_a_number_of_months_that_exist(folder: Path, months: int) -> None:
    plan = folder / "plan.yaml"
    plan.write_text(PLAN)
    assert "--months must be 1 to 240." in refused(
        "simulate", folder, "C-1", "--plan", plan, "--months", months
    )


def test_the_same_file_may_not_be_asked_in_two_ways(folder: Path) -> None:
    assert "not both" in refused("bill", folder, "--period", "2026-03", "--through", "2026-03")
    assert "not both" in refused("diff", folder, "--all", "--period", "2026-03", "--due", "2026-04-01")


def test_a_contract_that_cannot_be_accepted_because_it_is_not_asked_for(folder: Path) -> None:
    said = refused("bill", folder, "--period", "2026-03", "--contract", "C-1", "--accept", "C-2")
    assert "--accept C-2: no such contract in this run." in said
    assert not (folder / "bills").exists()


def test_a_folder_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    said = refused("check", tmp_path / "dealr")
    assert "dealr is no folder" in said and "mps template" in said
    assert not (tmp_path / "dealr").exists()


@pytest.mark.parametrize(
    "command", ["bill", "check", "explain", "diff", "simulate", "quarantine", "template"]
)
def test_a_command_without_what_it_needs_shows_its_usage(command: str) -> None:
    result = mps(command)
    assert result.exit_code == 2
    assert "Usage:" in result.stderr and "Missing" in result.stderr


def test_an_unknown_command_or_option_ends_with_2() -> None:
    for args in (("bil", "x"), ("bill", ".", "--perod", "2026-03")):
        result = mps(*args)
        assert result.exit_code == 2
        assert "No such" in result.stderr


class TestLogo:
    """A logo that cannot be shown never stops the bills."""

    def with_logo(self, tmp_path: Path, name: str) -> Path:
        return make_folder(tmp_path / "dealer", settings=SETTINGS.replace("{name:", f"{{logo: {name}, name:"))

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("logo.png", None, "the logo logo.png of mps.yaml is not there"),
            ("logo.png", b"GIF89a...", "the logo logo.png of mps.yaml is no PNG or JPEG"),
            ("logo.svg", b"<svg/>", "the logo logo.svg of mps.yaml is no PNG or JPEG"),
            ("logo.jpg", b"", "the logo logo.jpg of mps.yaml is no PNG or JPEG"),
        ],
    )
    def test_it_is_said_once_and_left_out(
        self, tmp_path: Path, name: str, content: bytes | None, said: str
    ) -> None:
        folder = self.with_logo(tmp_path, name)
        if content is not None:
            (folder / name).write_bytes(content)
        result = mps("bill", folder, "--period", "2026-03", "--html", "--pdf")
        assert result.exit_code == 0, result.output
        assert result.stderr.count(said) == 1
        assert "2 posted now" in result.stdout and "4 documents" in result.stdout
        assert "<img" not in (folder / "bills/2026-04-01/C-1.html").read_text(encoding="utf-8")

    def test_nothing_is_said_where_no_document_is_made(self, tmp_path: Path) -> None:
        folder = self.with_logo(tmp_path, "gone.png")
        assert mps("bill", folder, "--period", "2026-03").stderr == ""

    def test_a_picture_that_breaks_off_costs_only_itself(self, tmp_path: Path) -> None:
        folder = self.with_logo(tmp_path, "logo.png")
        (folder / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
        assert mps("bill", folder, "--period", "2026-03", "--pdf").exit_code == 0
        assert (folder / "bills/2026-04-01/C-1.pdf").read_bytes().startswith(b"%PDF-")


def test_no_cell_of_the_list_of_rows_is_run_by_a_spreadsheet(tmp_path: Path) -> None:
    fleet = "device,model,customer,installed,removed\n=1+1,M-2,K-1,2026-05-01,2026-01-01\n@x,M-2,K-1,soon,\n"
    folder = make_folder(tmp_path / "dealer", fleet=fleet)
    mps("quarantine", folder, "--all", "--csv", tmp_path / "rows.csv")
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert "'=1+1" in {row["unit"] for row in rows}, "a device's id is told as it stands, as text"
    assert all(cell[:1] not in ("=", "+", "-", "@") for row in rows for cell in row.values())
