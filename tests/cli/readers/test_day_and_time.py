"""Date and time of day in two columns, and reads of meters that the model does not list."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from tests.cli.readers.folders import load, only, rows_of, values

openpyxl = pytest.importorskip("openpyxl")
FILE = "reads/export.csv"


def times(data, device: str = "D-2") -> list[str]:
    return [j.read.taken_at.isoformat() for j in data.judgements(device)]


def wide(tmp_path, head: str, *cells: str, settings: str = ""):
    files = {
        FILE: f"Serial Number;{head};Total Count\n"
        + "".join(f"SN200;{c};{500 + n}\n" for n, c in enumerate(cells))
    }
    if settings:
        files["mps.yaml"] = f"currency: USD\ntimezone: America/New_York\n{settings}"
    return load(tmp_path, files)


@pytest.mark.parametrize(
    ("clock", "taken"),
    [
        ("14:05", "14:05:00-05:00"), ("14:05:30", "14:05:30-05:00"), ("2:05 PM", "14:05:00-05:00"), ("12:01 am", "00:01:00-05:00"),
        ("12:30 p.m.", "12:30:00-05:00"), ("00:00", "00:00:00-05:00"), ("14h05", "14:05:00-05:00"), ("14:05Z", "09:05:00-05:00"),
        ("14:05 +02:00", "07:05:00-05:00"), ("", "12:00:00-05:00"), ("14:05:30.250", "14:05:30-05:00"),
    ],
)  # fmt: skip
def test_a_time_beside_its_date(tmp_path, clock, taken):
    data = wide(tmp_path, "Reading Date;Reading Time", f"2026-01-31;{clock}")
    assert times(data) == [f"2026-01-31T{taken}"]
    assert rows_of(data, FILE) == (1, 1, 0, 0, 0)


@pytest.mark.parametrize(
    ("head", "day"),
    [
        ("date;time", "20260131"), ("Ablesedatum;Uhrzeit", "2026-01-31"), ("Date de relevé;Heure de relevé", "31-Jan-2026"),
        ("Fecha;Hora", "31/01/2026"), ("Meter Date;Meter Time", "2026-01-31 00:00:00"), ("Scan Date;Scan Time", "Jan 31, 2026"),
    ],
)  # fmt: skip
def test_words_and_dates_of_several_languages(tmp_path, head, day):
    assert times(wide(tmp_path, head, f"{day};09:15")) == ["2026-01-31T09:15:00-05:00"]


def test_two_reads_of_a_day_stay_two(tmp_path):
    data = wide(tmp_path, "Read Date;Read Time", "2026-01-31;08:00", "2026-01-31;17:00")
    assert values(data, "D-2") == [500, 501]
    assert times(data) == ["2026-01-31T08:00:00-05:00", "2026-01-31T17:00:00-05:00"]


def test_long_rows_too_and_declared_dates(tmp_path):
    settings = 'currency: USD\ntimezone: UTC\ndate_formats: ["%d/%m/%Y"]\n'
    content = "device,meter,Reading Date,Reading Time,value\nD-2,total,03/04/2026,07:45,900\n"
    data = load(tmp_path, {"mps.yaml": settings, FILE: content})
    assert times(data) == ["2026-04-03T07:45:00+00:00"]


def test_a_time_alone_is_the_whole_moment(tmp_path):
    assert times(wide(tmp_path, "Reading Time", "2026-01-31 14:05")) == ["2026-01-31T14:05:00-05:00"]


@pytest.mark.parametrize("clock", ["25:00", "noon", "14:61", "14:05 PM", "5"])
def test_what_is_no_time_sets_the_row_aside(tmp_path, clock):
    data = wide(tmp_path, "Reading Date;Reading Time", f"2026-01-31;{clock}")
    issue = only(data, "not-a-time")
    assert (issue.row, issue.field, clock in issue.message) == (2, "taken_at", True)
    assert values(data, "D-2") == []


def test_a_date_with_a_time_of_its_own_keeps_it_and_a_contradiction_is_flagged(tmp_path):
    data = wide(tmp_path, "Reading Date;Reading Time", "2026-01-30 14:05;14:05", "2026-01-31 14:05;09:00")
    assert times(data) == ["2026-01-30T14:05:00-05:00", "2026-01-31T14:05:00-05:00"]
    assert only(data, "time-differs").row == 3
    assert rows_of(data, FILE) == (2, 1, 1, 0, 0)


@pytest.mark.parametrize("clock", [time(14, 5), 0.5868055555555556, datetime(1900, 1, 1, 14, 5), "14:05"])
@pytest.mark.parametrize("day", [date(2026, 1, 31), datetime(2026, 1, 31)])
def test_a_workbooks_dates_and_times(tmp_path, day, clock):
    book = openpyxl.Workbook()
    book.active.append(["Serial Number", "Reading Date", "Reading Time", "Total Count"])
    book.active.append(["SN200", day, clock, 500])
    (tmp_path / "reads").mkdir()
    book.save(tmp_path / "reads/x.xlsx")
    assert times(load(tmp_path, {})) == ["2026-01-31T14:05:00-05:00"]


def test_the_hour_that_the_clock_change_repeats_is_flagged(tmp_path):
    data = wide(tmp_path, "Reading Date;Reading Time", "2025-11-02;01:30")
    assert only(data, "time-twice").verdict.value == "flagged"


class TestMeterOfAnotherModel:
    """LP lists total, mono and colour; somewhere else in models.csv there is a scan meter."""

    MODELS = "model,meter\nLP,total\nLP,mono\nMX,total\nMX,scan\n"
    FLEET = "device,serial,model\nD-1,SN100,MX\nD-2,SN200,LP\nD-3,SN300,\n"

    def loaded(self, tmp_path, rows):
        files = {
            "models.csv": self.MODELS,
            "fleet.csv": self.FLEET,
            "covers.csv": None,
            "contracts/c1.yaml": None,
        }
        data = load(tmp_path, {**files, FILE: "device,meter,taken_at,value\n" + rows})
        data.judge_all()
        return data

    def test_it_is_used_and_flagged_once(self, tmp_path):
        data = self.loaded(tmp_path, "D-2,scan,2026-01-31,5\nD-2,scan,2026-02-28,6\nD-2,total,2026-02-28,6\n")
        issue = only(data, "meter-not-of-model")
        assert (issue.row, issue.field, issue.unit, issue.verdict.value) == (2, "scan", "D-2", "flagged")
        assert issue.message == "the model LP has no meter scan"
        assert values(data, "D-2", "scan") == [5, 6]
        assert rows_of(data, FILE) == (3, 2, 1, 0, 0)

    def test_the_models_own_meters_and_devices_without_a_model_are_not(self, tmp_path):
        data = self.loaded(tmp_path, "D-1,scan,2026-01-31,5\nD-2,mono,2026-01-31,5\nD-3,scan,2026-01-31,5\n")
        assert rows_of(data, FILE) == (3, 3, 0, 0, 0)
