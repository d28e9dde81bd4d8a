"""Column names of collectors and dealer systems, and the documentation that lists them."""

from pathlib import Path

import pytest

from mps_module.readers import columns
from mps_module.readers.columns import METERS, READ_FIELDS, MeterNames, lookup, plain_name
from tests.cli.readers.folders import SETTINGS, issues, load, only, reads_of, rows_of, values

DOCS = Path(__file__).parents[3] / "docs" / "files.md"


def test_names_are_compared_without_case_accents_and_punctuation():
    assert plain_name("N° de Série") == plain_name("n_de_serie") == "ndeserie"
    assert plain_name("B/W") == plain_name("B&W") == plain_name("bw")
    assert plain_name("Schwarzweiß") == "schwarzweiss"


@pytest.mark.parametrize("table", [name for name in vars(columns) if name.endswith("_FIELDS")] + ["METERS"])
def test_no_name_means_two_things(table):
    fields = getattr(columns, table)
    seen: dict[str, str] = {}
    for field, aliases in fields.items():
        for alias in aliases:
            assert seen.setdefault(plain_name(alias), field) == field, alias
        assert field in {target for target, _ in lookup(fields).values()}


def test_no_meter_is_named_like_a_field_of_reads():
    assert not set(lookup(METERS)) & set(lookup(READ_FIELDS))


def test_the_documentation_lists_every_name():
    text = DOCS.read_text(encoding="utf-8")
    for fields in (READ_FIELDS, METERS):
        for field, aliases in fields.items():
            for alias in (field, *aliases):
                assert f"`{alias}`" in text, f"{alias} ({field}) is missing in docs/files.md"


def test_a_dealer_keeps_his_own_words_for_meters():
    names = MeterNames(["bw", "color", "total"])
    assert names.key("pageCounts_default_totalBlack") == "bw"
    assert names.key("Colour Pages") == "color"
    assert names.key("LIFECOUNT") == "total"
    assert names.key("Black Level") is None


def test_two_own_meters_of_one_sense_are_not_chosen_between():
    names = MeterNames(["black", "bw"])
    assert names.key("Mono Pages") == "mono"
    assert names.key("black") == "black"


def test_without_any_model_a_cell_names_its_own_meter():
    assert MeterNames().cell_key("Large Format") == "large format"
    assert MeterNames(["total"]).cell_key("Large Format") is None


FLEET = "device,serial,model\nD-2,SN200,LP\nD-3,SN300,LP\n"


def collected(tmp_path, content, name="reads/export.csv", settings=SETTINGS):
    return load(
        tmp_path,
        {"fleet.csv": FLEET, "covers.csv": "contract,unit\nC-1,D-2\n", "mps.yaml": settings, name: content},
    )


@pytest.mark.parametrize(
    ("product", "content"),
    [
        ("Print Tracker", "serialNumber,latest_meter_timestamp,pageCounts_default_total,pageCounts_default_totalBlack,"
         "pageCounts_default_totalColor\nSN200,2026-01-31 14:28:30,13037,8002,5019\n"),
        ("FMAudit", "Asset Number,Serial Number,Date,Total,Mono,Color\nD-2,SN200,2026-01-31 14:28:30,13037,8002,5019\n"),
        ("PrintFleet", "Serial Number;Reading Date;LIFECOUNT;LIFECOUNTMONO;LIFECOUNTCOLOR\n"
         "SN200;2026-01-31 14:28:30;13037;8002;5019\n"),
        ("KPAX", "CUSTOMER;SERIAL_NUMBER;READING_DATE;LAST_SCAN_DATE;MONO_LIFE_COUNT;COLOR_LIFE_COUNT;LIFE_COUNT\n"
         "X;SN200;2026-01-31 14:28:30;2026-01-31 11:00:00;8002;5019;13037\n"),
        ("Remote Communication Gate", "Serial Number,Date/Time,Total Counter,B&W Total,Color Total\n"
         "SN200,2026-01-31 14:28:30,13037,8002,5019\n"),
        ("Print Audit", "Serial Number,Read Date,Total Count,Total Count Mono,Total Count Colour\n"
         "SN200,2026-01-31 14:28:30,13037,8002,5019\n"),
        ("French", "N° de série;Date de relevé;Compteur total;Compteur noir;Compteur couleur\n"
         "SN200;2026-01-31 14:28:30;13037;8002;5019\n"),
        ("German", "Seriennummer;Ablesedatum;Gesamtzähler;Zähler SW;Zähler Farbe\n"
         "SN200;2026-01-31 14:28:30;13037;8002;5019\n"),
    ],
)  # fmt: skip
def test_wide_exports_are_recognised(tmp_path, product, content):
    data = collected(tmp_path, content)
    found = {(j.read.meter, j.read.value, j.read.source.value) for j in data.judgements("D-2")}
    assert found == {
        ("total", 13037, "collector"),
        ("mono", 8002, "collector"),
        ("colour", 5019, "collector"),
    }
    assert {j.read.taken_at.isoformat() for j in data.judgements("D-2")} == {"2026-01-31T14:28:30-05:00"}
    assert rows_of(data, "reads/export.csv") == (1, 1, 0, 0, 0)
    assert reads_of(data, "reads/export.csv") == (3, 3, 0, 0, 0)


def test_long_exports_of_dealer_systems_are_recognised(tmp_path):
    content = "Equipment Number,Meter Type,Reading Date,Meter Reading,Reading Type\nD-2,B\\W,2026-01-31,8002,Actual\n"
    data = collected(tmp_path, content)
    assert [(j.read.meter, j.read.value) for j in data.judgements("D-2")] == [("mono", 8002)]


PRINT_TRACKER = (
    "latest_meter_timestamp,pageCounts_default_total,pageCounts_default_totalBlack,pageCounts_default_totalColor\n"
    "2026-01-05 14:28:30,13037,8002,5919\n2026-01-06 14:15:43,13053,8018,5921\n2026-01-09 15:25:20,13074,8039,5921\n"
)


def test_a_history_of_one_device_is_known_by_its_file_name(tmp_path):
    for name in ("reads/D-2.csv", "reads/SN200.csv"):
        data = collected(tmp_path / name[6:9], PRINT_TRACKER, name)
        assert values(data, "D-2", "total") == [13037, 13053, 13074]
        assert reads_of(data, name) == (9, 9, 0, 0, 0)


def test_or_by_the_settings(tmp_path):
    settings = SETTINGS + "files:\n  reads/history.csv: {device: D-3}\n"
    data = collected(tmp_path, PRINT_TRACKER, "reads/history.csv", settings)
    assert values(data, "D-3", "colour") == [5919, 5921, 5921]


def test_or_not_at_all_and_then_no_row_is_lost(tmp_path):
    data = collected(tmp_path, PRINT_TRACKER, "reads/history.csv")
    assert {issue.code for issue in data.issues(file="reads/history.csv")} == {"device-missing"}
    assert rows_of(data, "reads/history.csv") == (3, 0, 0, 3, 0)
    assert reads_of(data, "reads/history.csv") == (9, 0, 0, 9, 0)


def test_a_mapping_of_the_dealer_comes_first(tmp_path):
    settings = (
        SETTINGS + 'columns:\n  reads/odd*.csv: {Zahl: total, Wann: taken_at, Kasten: device, Total: "-"}\n'
    )
    content = "Kasten,Wann,Zahl,Total\nD-2,2026-01-31,500,999\n"
    data = collected(tmp_path, content, "reads/odd1.csv", settings)
    assert values(data, "D-2") == [500]


def test_a_mapping_for_all_files(tmp_path):
    settings = SETTINGS + "columns: {Zahl: total, Wann: taken_at}\n"
    data = collected(tmp_path, "Device ID,Wann,Zahl\nD-2,2026-01-31,500\n", settings=settings)
    assert values(data, "D-2") == [500]


def test_columns_that_are_not_read_are_named(tmp_path):
    data = collected(tmp_path, "device,date,Total,IP Address,Black Level\nD-2,2026-01-31,500,10.0.0.7,40\n")
    note = only(data, "columns-unused")
    assert note.value == "IP Address, Black Level"
    assert note.verdict.value == "accepted"


def test_two_columns_for_one_meter_must_agree(tmp_path):
    content = "device,date,Total,Life Count\nD-2,2026-01-31,500,500\nD-2,2026-02-28,600,650\n"
    data = collected(tmp_path, content)
    issue = only(data, "duplicate-header")
    assert (issue.row, issue.meter) == (3, "total")
    assert values(data, "D-2") == [500]
    assert not issues(data, "columns-unused")
