"""The same reads, written in other ways and spread over other files, give the same ledger and the same counts."""

import io
from collections import defaultdict
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mps_module.cli import store
from tests.cli.readers.folders import FLEET, HEAD, NOW, SETTINGS, write

DEVICES = {"D-2": "SN200", "D-3": "SN300"}
METERS = ("total", "mono", "colour")
row = st.tuples(
    st.sampled_from(sorted(DEVICES)), st.integers(0, 300), st.integers(0, 23), st.lists(st.integers(0, 400), min_size=3, max_size=3)
)  # fmt: skip


@st.composite
def reads(draw):
    """Rows (device, time, {meter: value}) with rising counters, one a moment."""
    found = {}
    for device, day, hour, steps in draw(st.lists(row, min_size=1, max_size=8)):
        found[device, day, hour] = steps
    values: dict[str, list[int]] = defaultdict(lambda: [1000, 700, 300])
    rows = []
    for (device, day, hour), steps in sorted(found.items()):
        values[device] = [value + step for value, step in zip(values[device], steps, strict=True)]
        when = date(2026, 1, 1) + timedelta(days=day)
        rows.append(
            (device, f"{when.isoformat()} {hour:02d}:30:00", dict(zip(METERS, values[device], strict=True)))
        )
    return [row for row in rows if row[1] < "2026-10-30"]


def long_rows(rows) -> list[str]:
    return [
        f"{device},{meter},{when},{value}\n"
        for device, when, values in rows
        for meter, value in values.items()
    ]


def long_form(rows) -> bytes:
    return (HEAD + "".join(long_rows(rows))).encode()


def semicolons(rows) -> bytes:
    return long_form(rows).replace(b",", b";")


def quoted(rows) -> bytes:
    lines = long_form(rows).decode().splitlines()
    return "".join(",".join(f'"{cell}"' for cell in line.split(",")) + "\r\n" for line in lines).encode()


def utf16(rows) -> bytes:
    return long_form(rows).decode().encode("utf-16")


def by_serial(rows) -> bytes:
    text = long_form(rows).decode().replace("device,", "Serial Number,")
    for device, serial in DEVICES.items():
        text = text.replace(f"{device},", f"{serial.lower()},")
    return text.encode()


def other_dates(rows) -> bytes:
    lines = [HEAD]
    for device, when, values in rows:
        year, month, day = when[:10].split("-")
        lines += [
            f"{device},{meter},{day}/{month}/{year} {when[11:16]},{value}\n"
            for meter, value in values.items()
        ]
    return "".join(lines).encode()


def grouped(rows) -> bytes:
    lines = [HEAD.replace(",", ";")]
    for device, when, values in rows:
        lines += [f"{device};{meter};{when};{value:,}\n".replace(",", ".") for meter, value in values.items()]
    return "".join(lines).encode()


def wide(rows) -> bytes:
    lines = [
        "serialNumber,latest_meter_timestamp,pageCounts_default_total,pageCounts_default_totalBlack,pageCounts_default_totalColor\n"
    ]
    lines += [
        f"{DEVICES[device]},{when},{','.join(map(str, values.values()))}\n" for device, when, values in rows
    ]
    return "".join(lines).encode()


def workbook(rows) -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(HEAD.strip().split(","))
    for device, when, values in rows:
        for meter, value in values.items():
            book.active.append([device, meter, when, float(value)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


OWN = (
    SETTINGS
    + 'files:\n  reads/dates.csv: {date_formats: ["%d/%m/%Y"]}\n  reads/grouped.csv: {numbers: "1.234,56"}\n'
)


def ledger(folder, files):
    """What every meter's log holds, and the counts of reads."""
    fleet = FLEET.replace(
        "LP,CU-1", "LQ,CU-1"
    )  # a model without meters: plain counters, nothing expected of them
    base = {"mps.yaml": OWN, "fleet.csv": fleet, **files}
    with store.load(write(folder, base), now=NOW) as data:
        logs = data.load("C-1").ledger.logs
        tally = data.tally()
        assert tally.adds_up
        counts = tally.reads
        assert [(i.place, i.code) for i in data.issues() if i.verdict.value == "quarantined"] == []
        return {key: list(zip(log.times, log.odometers, strict=True)) for key, log in logs.items()}, (
            counts.received, counts.accepted + counts.flagged, counts.duplicate,
        )  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(reads())
def test_every_form_gives_the_same_ledger(tmp_path_factory, rows):
    if not rows:
        return
    forms = {
        "a.csv": long_form, "b.csv": semicolons, "c.csv": quoted, "d.csv": utf16, "e.csv": by_serial,
        "dates.csv": other_dates, "grouped.csv": grouped, "f.csv": wide, "g.xlsx": workbook,
    }  # fmt: skip
    results = [
        ledger(tmp_path_factory.mktemp("form"), {f"reads/{name}": form(rows)}) for name, form in forms.items()
    ]
    assert all(result == results[0] for result in results[1:])
    assert results[0][1] == (3 * len(rows), 3 * len(rows), 0)


@settings(max_examples=25, deadline=None)
@given(reads(), st.randoms(use_true_random=False), st.integers(1, 4))
def test_any_order_in_any_files(tmp_path_factory, rows, rng, parts):
    whole = ledger(tmp_path_factory.mktemp("whole"), {"reads/a.csv": long_form(rows)})
    lines = long_rows(rows)
    rng.shuffle(lines)
    files = {f"reads/{rng.random()}-{part}.csv": HEAD + "".join(lines[part::parts]) for part in range(parts)}
    assert ledger(tmp_path_factory.mktemp("parts"), files) == whole


@settings(max_examples=15, deadline=None)
@given(reads(), st.integers(2, 3))
def test_the_same_file_again_changes_nothing_but_the_count_of_duplicates(tmp_path_factory, rows, times):
    once, (received, taken, _) = ledger(tmp_path_factory.mktemp("once"), {"reads/a.csv": wide(rows)})
    files = {f"reads/{n}.csv": wide(rows) for n in range(times)}
    again, counts = ledger(tmp_path_factory.mktemp("again"), files)
    assert again == once
    assert counts == (received * times, taken, received * (times - 1))
