"""The dealer's folder as files: CSV as different programs export it, and one workbook, byte by byte the same."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from examples.plan import HERE as HERE
from examples.plan import NEVER, OPENING, Machine, table
from examples.readings import Reading
from examples.service import Call

Row = Sequence[object]
LONG = ("device", "meter", "taken_at", "value", "kind", "source", "reason", "supersedes")
PRINT_TRACKER = (
    "serialNumber",
    "latest_meter_timestamp",
    "pageCounts_default_total",
    "pageCounts_default_totalBlack",
    "pageCounts_default_totalColor",
)
FMAUDIT = (
    "Asset Number",
    "Serial Number",
    "Model",
    "Location",
    "Date",
    "Total",
    "Mono",
    "Color",
    "A3",
    "Scan",
)
SALT_MARSH = ("Asset", "House", "Read on", "Black", "Colour", "Total")
PER_UNIT = {
    "bizhub C450i": 5000,
    "bizhub C300i": 3000,
    "TASKalfa 3554ci": 2200,
}  # black clicks a month in C-1002
EXCEL_EPOCH = datetime(1899, 12, 30)


def write_csv(path: Path, header: Row, rows: Iterable[Row]) -> None:
    """Comma, UTF-8, line feed: the same on every system."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.getvalue().encode("utf-8"))


def _day(value) -> str:
    return "" if value == NEVER else value.isoformat()


def write_fleet(folder: Path, machines: list[Machine], assets: list[dict[str, str]]) -> None:
    """fleet.csv: where each device is today, and the computers of the per-seat plan."""
    header = "device,serial,model,customer,site,department,cost_center,po,installed,removed,owner,status"
    rows: list[Row] = []
    for m in machines:
        s = m.stays[-1]
        status = "Active" if s.end == NEVER else "Removed"
        place = (s.customer, s.site, s.department, s.cost_center, s.po)
        rows.append((m.device, m.serial, m.model, *place, _day(m.first_day), _day(s.end), "Dealer", status))
    for a in assets:
        status = "Removed" if a["end"] else "Active"
        place = ("CUST-09", a["site"], a["department"], "", "")
        rows.append(
            (a["unit"], "", a["model"], *place, a["start"] or _day(OPENING), a["end"], "Customer", status)
        )
    write_csv(folder / "fleet.csv", header.split(","), rows)


def expand_assets() -> list[dict[str, str]]:
    """Rows of plan/assets.csv, numbered where there are several."""
    found, numbers = [], defaultdict(int)
    for row in table(HERE / "plan" / "assets.csv"):
        for _ in range(int(row["count"])):
            unit = row["unit"]
            if unit.endswith("-"):
                numbers[unit] += 1
                unit = f"{unit}{numbers[unit]:02d}"
            found.append({**row, "unit": unit})
    return found


def write_covers(folder: Path, machines: list[Machine], assets: list[dict[str, str]]) -> None:
    """covers.csv: which unit is under which contract, from when to when. Two small contracts list theirs inline."""
    header = "contract,unit,kind,start,end,quantity,group,site,department,cost_center,po,allowance:mono"
    rows = []
    for m in machines:
        for s in m.stays:
            if s.contract in ("C-1011", "C-1012"):
                continue
            own = PER_UNIT.get(m.model, 1500) if s.contract == "C-1002" else ""
            place = (s.site, s.department, s.cost_center, s.po)
            rows.append((s.contract, m.device, "device", _day(s.start), _day(s.end), 1, s.group, *place, own))
    for a in assets:
        place = (a["site"], a["department"], "", "", "")
        start = a["start"] or _day(OPENING)
        rows.append(("C-1009", a["unit"], a["kind"], start, a["end"], a["quantity"], a["group"], *place))
    write_csv(folder / "covers.csv", header.split(","), sorted(rows, key=lambda r: (r[0], r[3])))


def write_calls(folder: Path, calls: list[Call]) -> None:
    header = "call,device,date,contract,incident,labour_hours,travel,description"
    rows = [
        (
            c.call,
            c.device,
            _day(c.day),
            c.contract,
            "yes" if c.incident else "no",
            c.hours,
            c.travel,
            c.description,
        )
        for c in calls
    ]
    write_csv(folder / "calls.csv", header.split(","), rows)
    parts = [(c.call, item, quantity, rate, text) for c in calls for item, quantity, rate, text in c.parts]
    write_csv(folder / "parts.csv", ("call", "item", "quantity", "rate", "description"), parts)


def _local(reading: Reading) -> str:
    """Local time; with its offset where the customer is not in the dealer's zone."""
    if reading.zone in ("", "America/New_York"):
        return reading.at.strftime("%Y-%m-%d %H:%M")
    return reading.at.replace(tzinfo=ZoneInfo(reading.zone)).isoformat(timespec="minutes")


def _long(readings: list[Reading], name: str, places: dict[tuple[Reading, str], str]) -> list[Row]:
    rows: list[Row] = []
    for r in readings:
        for counter, value in r.values.items():
            places[r, counter] = f"{name}:{len(rows) + 2}"
            kind = r.kinds.get(counter, r.kind)
            replaces = places[r.supersedes, counter] if r.supersedes else ""
            rows.append((r.device, counter, _local(r), value, kind, r.source, r.reason, replaces))
    return rows


def _wide(readings: list[Reading], file: str) -> tuple[Row, list[Row]]:
    get = [(r, r.values.get) for r in readings]
    if file.startswith("printtracker"):
        rows = [
            (r.serial, r.at.strftime("%Y-%m-%d %H:%M:%S"), *(v(c, "") for c in ("total", "mono", "colour")))
            for r, v in get
        ]
        return PRINT_TRACKER, rows
    counters = ("total", "mono", "colour", "a3", "scan")
    rows = [
        (r.device, r.serial, r.model, r.site, r.at.strftime("%m/%d/%Y %H:%M"), *(v(c, "") for c in counters))
        for r, v in get
    ]
    return FMAUDIT, rows


def write_reads(folder: Path, readings: list[Reading]) -> None:
    """One file an export, its rows in the order in which they were entered."""
    files: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        files[reading.file].append(reading)
    places: dict[tuple[Reading, str], str] = {}
    # A correction names the row it corrects, so the files of the customers are numbered before those of the staff.
    for file in sorted(files, key=lambda f: (f.startswith("staff"), f)):
        rows_of = sorted(files[file], key=lambda r: (r.entered, r.device, r.serial))
        if file.startswith("salt-marsh"):
            write_workbook(folder / "reads" / f"{file}.xlsx", SALT_MARSH, rows_of)
        elif file.startswith(("printtracker", "fmaudit")):
            header, rows = _wide(rows_of, file)
            write_csv(folder / "reads" / f"{file}.csv", header, rows)
        else:
            rows = _long(rows_of, f"reads/{file}.csv", places)
            write_csv(folder / "reads" / f"{file}.csv", LONG, rows)


def _cell(column: int, row: int, value: object, style: int = 0) -> str:
    where = f"{chr(65 + column)}{row}"
    if isinstance(value, str):
        return f'<c r="{where}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{where}" s="{style}"><v>{value}</v></c>'


def write_workbook(path: Path, header: Row, readings: list[Reading]) -> None:
    """A workbook with one sheet. Stored without compression and with a fixed time, so that it is always the same."""
    lines = ["".join(_cell(i, 1, text) for i, text in enumerate(header))]
    for number, r in enumerate(readings, 2):
        serial = (r.at - EXCEL_EPOCH).total_seconds() / 86400
        cells = [_cell(0, number, r.device), _cell(1, number, r.site), _cell(2, number, round(serial, 9), 1)]
        values = [(i, r.values[c]) for i, c in enumerate(("mono", "colour", "total"), 3) if c in r.values]
        lines.append("".join(cells + [_cell(i, number, int(v)) for i, v in values]))
    rows = "".join(f'<row r="{i}">{cells}</row>' for i, cells in enumerate(lines, 1))
    parts = {
        **WORKBOOK,
        "xl/worksheets/sheet1.xml": f'{XML}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>',
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as book:
        for name, text in parts.items():
            info = zipfile.ZipInfo(name, (2026, 11, 5, 9, 0, 0))
            info.create_system = 3
            book.writestr(info, text.encode("utf-8"))


XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
FORMATS = "http://schemas.openxmlformats.org"
MAIN = f"{FORMATS}/spreadsheetml/2006/main"
LINKS = f"{FORMATS}/officeDocument/2006/relationships"
PACKAGE = f"{FORMATS}/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
WORKBOOK = {
    "[Content_Types].xml": f'{XML}<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/></Types>',
    "_rels/.rels": f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{LINKS}">'
    '<sheets><sheet name="Meter reads" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{LINKS}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'{XML}<styleSheet xmlns="{MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/>'
    '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
}
