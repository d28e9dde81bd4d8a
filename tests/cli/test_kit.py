"""`mps kit`: which parts to carry, from files of past jobs."""

import csv
import json
from decimal import Decimal as D
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from mps_module.cli.main import app
from mps_module.readers.jobs import KitFiles

# Ten jobs: 4 need nothing, 3 the roller, 1 the fuser, 1 both, 1 two rollers.
TEN = """Call Number,Close Date,Tech,Item Code,Qty
J1,2026-01-05,Ana,,
J2,2026-01-06,Ana,,
J3,2026-01-07,Bo,,
J4,2026-01-08,Bo,,
J5,2026-01-09,Ana,ROLLER,1
J6,2026-01-12,Ana,ROLLER,1
J7,2026-01-13,Bo,ROLLER,1
J8,2026-01-14,Bo,FUSER,1
J9,2026-01-15,Ana,ROLLER,1
J9,2026-01-15,Ana,FUSER,1
J10,2026-01-16,Ana,ROLLER,2
"""
ITEMS = "Item Code,Holding Cost,Slots,Group\nROLLER,1.00,1,feed\nFUSER,4.00,3,fuser\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "jobs.csv").write_text(TEN, encoding="utf-8")
    (tmp_path / "items.csv").write_text(ITEMS, encoding="utf-8")
    return tmp_path


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["kit", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.output


def answer(*arguments: object, code: int = 0) -> dict:
    return json.loads(run(*arguments, "--json", code=code))


@pytest.mark.parametrize(
    ("question", "units", "rate", "money"),
    [
        (("--target", "40"), {}, 0.4, "0"),
        (("--target", "70"), {"ROLLER": 1}, 0.7, "1.00"),
        (("--target", "80%"), {"ROLLER": 2}, 0.8, "2.00"),
        (("--target", "90"), {"FUSER": 1, "ROLLER": 1}, 0.9, "5.00"),
        (("--target", "100"), {"FUSER": 1, "ROLLER": 2}, 1.0, "6.00"),
        (("--budget", "4.99"), {"ROLLER": 2}, 0.8, "2.00"),
        (("--budget", "5"), {"FUSER": 1, "ROLLER": 1}, 0.9, "5.00"),
        # a broken job at 15: two rollers 2 + 3.00; both kinds 5 + 1.50; everything 6 + 0
        (("--penalty", "15"), {"ROLLER": 2}, 0.8, "2.00"),
        (("--penalty", "21"), {"FUSER": 1, "ROLLER": 2}, 1.0, "6.00"),
        (("--budget", "4", "--by-slots"), {"FUSER": 1, "ROLLER": 1}, 0.9, "5.00"),
        (("--target", "80", "--cap", "2"), {"ROLLER": 2}, 0.8, "2.00"),
    ],
)
def test_ten_jobs_counted_by_hand(folder, question, units, rate, money):
    found = answer(folder, *question)
    kit = found["kit"]
    assert (kit["units"], round(kit["rate"], 9), D(kit["money"]), kit["proven"]) == (
        units,
        rate,
        D(money),
        True,
    )
    assert found["tally"]["rows"]["received"] == 13


def test_the_trunk_of_today_and_what_to_change(folder):
    (folder / "trunk.csv").write_text("part,on_hand\nFUSER,1\nFUSER,1\nOLD,3\n", encoding="utf-8")
    found = answer(folder, "--target", "80")
    now = found["present"]
    # two fusers: the four jobs without a part and the one with the fuser alone
    assert (now["rate"], D(now["money"]), now["unknown"]) == (0.5, 8, ["OLD"])
    assert (now["same_money_rate"], D(now["same_rate_money"])) == (1.0, 1)
    assert [(c["part"], c["act"], c["have"], c["want"]) for c in found["changes"]] == [
        ("ROLLER", "add", 0, 2),
        ("FUSER", "return", 2, 0),
        ("OLD", "return", 3, 0),
    ]
    text = run(folder, "--target", "80")
    assert "80.00% of the jobs need no second trip with 1 part, 2 units: 2.00 a restock" in text
    assert "The trunk now: 50.00%" in text and "OLD" in text


def test_one_technician_and_without_a_list_of_parts(folder):
    found = answer(folder / "jobs.csv", "--technician", "Ana", "--target", "60")
    # Ana: J1, J2 nothing; J5, J6 roller; J9 both; J10 two rollers
    assert (found["jobs"], found["kit"]["units"], found["kit"]["money"]) == (6, {"ROLLER": 1}, "1")
    assert round(found["kit"]["rate"], 6) == 0.666667
    assert "every unit costs 1" in run(folder / "jobs.csv")


def test_the_value_of_a_part_becomes_its_cost_of_carrying(folder):
    """100.00 at 36.5 % a year for 10 days = 1.00; 400.00 = 4.00."""
    (folder / "items.csv").write_text("part,value\nROLLER,100\nFUSER,400.00\n", encoding="utf-8")
    found = answer(folder, "--target", "100", "--holding", "36.5", "--restock-days", "10")
    assert float(found["kit"]["money"]) == 6.0


def test_a_tour_of_a_week_needs_more_aboard(folder):
    """Ana's week of 5 January needs one roller, that of the 12th four and a fuser."""
    assert answer(folder, "--target", "100", "--tour", "week")["kit"]["units"] == {"FUSER": 1, "ROLLER": 4}
    assert answer(folder, "--target", "100", "--tour", "1")["kit"]["units"] == {"FUSER": 1, "ROLLER": 2}


def test_independent_parts(folder):
    found = answer(folder, "--model", "independent", "--target", "100")
    assert found["kit"]["units"] == {"FUSER": 1, "ROLLER": 2}
    assert "number of jobs" in run(folder, "--model", "independent", "--tour", "week", code=2)


def test_the_kit_as_a_file(folder, tmp_path):
    run(folder, "--target", "90", "--csv", tmp_path / "kit.csv")
    with (tmp_path / "kit.csv").open(encoding="utf-8", newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["part", "units", "holding_cost", "aboard"],
            ["FUSER", "1", "4", "0"],
            ["ROLLER", "1", "1", "0"],
        ]


def test_a_workbook_with_other_names(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Ticket", "Part Number", "Quantity"])
    for row in (["T1", "A", 1], ["T2", "A", 2.0], ["T3", None, None]):
        book.active.append(row)
    book.save(tmp_path / "history.xlsx")
    found = answer(tmp_path, "--target", "100")
    assert found["kit"]["units"] == {"A": 2}


def test_a_bad_row_sets_its_whole_job_aside_and_is_told(folder):
    text = (
        TEN
        + "J11,2026-01-19,Ana,ROLLER,1\nJ11,2026-01-19,Ana,FUSER,half\nJ12,2026-13-40,Bo,FUSER,1\n,2026-01-20,Bo,FUSER,1\n"
    )
    (folder / "jobs.csv").write_text(text, encoding="utf-8")
    found = answer(folder, "--target", "80", code=1)
    assert found["jobs"] == 10
    told = sorted((i["row"], i["field"], i["value"]) for i in found["issues"])
    assert told == [(13, "job", "J11"), (14, "quantity", "half"), (15, "date", "2026-13-40"), (16, "job", "")]
    rows = found["tally"]["rows"]
    # 12 rows of the ten jobs and 2 of the list of parts are used
    assert (rows["received"], rows["quarantined"], rows["accepted"]) == (17, 4, 13)
    assert "jobs.csv:14" in run(folder, "--target", "80", code=1)


def test_a_job_with_two_days_is_set_aside(folder):
    (folder / "jobs.csv").write_text(TEN + "J5,2026-02-01,Ana,FUSER,1\n", encoding="utf-8")
    found = answer(folder, "--target", "80", code=1)
    assert found["jobs"] == 9
    assert {i["row"] for i in found["issues"]} == {6, 13}
    assert "2026-01-09 and 2026-02-01" in found["issues"][0]["message"]


def test_a_part_that_no_list_holds_is_named(folder):
    (folder / "items.csv").write_text("part,holding_cost\nROLLER,1\n", encoding="utf-8")
    found = answer(folder, "--target", "80")
    assert found["unlisted"] == ["FUSER"]
    assert "cannot be carried" in run(folder, "--target", "80")
    assert "all parts together fill 0.800000" in run(folder, "--target", "81", code=2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--target", "120"), "at most 100 %"),
        (("--target", "many"), "--target: “many” is no number"),
        (("--target", "80", "--budget", "3"), "Give one of"),
        (("--budget", "-1"), "no number of 0 or more"),
        (("--technician", "Zed"), "No job of technician “Zed”. There are: Ana, Bo."),
        (("--territory", "North"), "none named"),
        (("--model", "magic"), "--model is history or independent"),
        (("--tour", "moon"), "tours by moon"),
        (("--items", "absent.csv"), "no such file"),
    ],
)
def test_wrong_use_says_what_to_do(folder, arguments, said):
    assert said in " ".join(run(folder, *arguments, code=2).split())


def test_a_folder_without_jobs_and_a_file_without_any(tmp_path):
    assert "one row for each part of a past job" in " ".join(run(tmp_path, code=2).split())
    (tmp_path / "jobs.csv").write_text("job,part\n", encoding="utf-8")
    assert "no past job" in run(tmp_path, code=2)
    (tmp_path / "jobs.csv").write_bytes(b"")
    run(tmp_path, code=2)


CELLS = st.sampled_from(
    ["", "A", "B", "1", "2", "-1", "x", "J1", "J2", "J3", "2026-01-05", "9" * 30, "ü;", '"']
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=12))
def test_no_file_crashes_and_every_row_is_counted(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("jobs") / "jobs.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("job", "part", "qty"))
        writer.writerows(rows)
    files = KitFiles()
    jobs = files.jobs(path)
    tally = files.tally()
    assert tally.adds_up
    assert len({job.key for job in jobs}) == len(jobs)
    assert tally.rows.received == sum(1 for row in rows if any(cell.strip() for cell in row))


GERMAN = (
    "Job No;Datum;Techniker;Artikel;Menge\n1;05.01.2026;Ana;F;1\n2;06.01.2026;Ana;R;1\n3;07.01.2026;Ana;;\n"
)


def test_dates_and_numbers_as_mps_yaml_says_they_are_written(tmp_path):
    """What the messages tell to do must help: without mps.yaml 05.01.2026 is two dates, with it one."""
    (tmp_path / "jobs.csv").write_text(GERMAN, encoding="utf-8")
    (tmp_path / "items.csv").write_text("Artikel;Preis;Raum\nF;1.250,50;3\nR;40,00;1\n", encoding="utf-8")
    said = " ".join(run(tmp_path, code=2).split())
    assert "jobs.csv:2: “05.01.2026” can be read as two dates" in said and "mps.yaml" in said
    (tmp_path / "mps.yaml").write_text(
        'numbers: "1.234,56"\ndate_formats: ["%d.%m.%Y"]\ncolumns: {Raum: slots}\n', encoding="utf-8"
    )
    for path in (tmp_path, tmp_path / "jobs.csv"):
        found = answer(path, "--items", tmp_path / "items.csv", "--target", "100", "--holding", "36.5")
        # 1,290.50 x 36.5 % x 7 / 365 = 9.0335
        assert (found["kit"]["units"], float(found["kit"]["money"]), found["kit"]["slots"]) == (
            {"F": 1, "R": 1},
            9.0335,
            4,
        )
    assert "2026-01-05 to 2026-01-07" in run(tmp_path, "--target", "60")


def test_a_mistake_in_mps_yaml_is_told_and_seen_by_scripts(folder):
    (folder / "mps.yaml").write_text('number: "1.234,56"\n', encoding="utf-8")
    found = answer(folder, "--target", "80", code=1)
    assert [(i["file"], i["row"]) for i in found["issues"]] == [("mps.yaml", 1)]
    assert found["kit"]["units"] == {"ROLLER": 2}


def test_a_part_without_a_price_is_flagged_since_it_is_carried_for_nothing(folder):
    (folder / "items.csv").write_text("part,value\nROLLER,100\nFUSER,\nBELT,0\n", encoding="utf-8")
    found = answer(folder, "--target", "40")
    assert [(i["row"], i["field"], i["verdict"]) for i in found["issues"]] == [(3, "value", "flagged")]
    assert found["kit"]["units"] == {"FUSER": 1}
    rows = found["tally"]["rows"]
    assert (rows["received"], rows["accepted"], rows["flagged"]) == (14, 13, 1)
    text = run(folder, "--target", "40")
    assert "costs nothing to carry" in " ".join(text.split())
    assert "14 rows received" in text and "reads received" not in text


def test_no_units_of_a_part_names_the_cell(folder):
    (folder / "jobs.csv").write_text(TEN + "J11,2026-01-19,Ana,ROLLER,0\n", encoding="utf-8")
    (issue,) = answer(folder, "--target", "80", code=1)["issues"]
    assert (issue["row"], issue["field"], issue["value"]) == (13, "quantity", "0")


@pytest.mark.parametrize("tour", ["²", "-1", "0", "1.5", ""])
def test_a_tour_that_is_none(folder, tour):
    assert "They go by tour, day, week or a number" in " ".join(run(folder, "--tour", tour, code=2).split())
