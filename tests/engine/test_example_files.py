"""The example's files as a program would read them: columns, dates, places, calls and parts, and the retained bills."""

from __future__ import annotations

import csv
import re
import zipfile
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from examples import service, writers
from examples.plan import HERE, NEVER, OPENING, Client, Machine, Stay, clients, machines, table
from examples.readings import Reading, boundaries, columns_of, file_of, installed, moment
from examples.simulate import FIRST_DAY, LAST_DAY, STREAMS, Odometer, Season, at

D = Decimal
DEALER, EXPECTED = HERE / "dealer", HERE / "expected"
MONTHS = sorted(path.stem for path in EXPECTED.glob("*.csv"))
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module")
def fleet() -> list[Machine]:
    return machines(clients())


def header(path: Path) -> str:
    return path.read_text(encoding="utf-8").split("\n", 1)[0]


def stay(**values) -> Stay:
    plain = dict.fromkeys(("contract", "customer", "site", "department", "cost_center", "po", "group"), "")
    return Stay(**{**plain, "start": OPENING, "end": NEVER, **values})


def machine(device: str = "H-1", model: str = "MS826de", counters=("mono", "total"), stays=None) -> Machine:
    length = (LAST_DAY - FIRST_DAY).days + 1
    sums = {stream: [100 if stream == "mono_a4" else 0] * length for stream in STREAMS}
    return Machine(device, "", model, "Lexmark", f"S{device}", counters, stays or [stay()], Odometer(sums))


class TestWriters:
    """Made by hand, one or two rows each."""

    def test_csv_quotes_what_needs_it_and_ends_lines_alike(self, tmp_path):
        writers.write_csv(tmp_path / "deep" / "a.csv", ("a", "b"), [("x,y", 'say "hi"'), ("é", 1)])
        assert (tmp_path / "deep" / "a.csv").read_bytes() == b'a,b\n"x,y","say ""hi"""\n\xc3\xa9,1\n'

    def test_long_reads_row_by_row_with_kinds_and_corrections(self, tmp_path):
        wrong = Reading("H-1", "S", at(date(2026, 8, 31), 9), {"mono": "900", "total": "950"}, "portal-2026")
        right = Reading(
            "H-1",
            "S",
            at(date(2026, 8, 31), 9),
            {"mono": "90"},
            "staff-2026",
            source="staff",
            supersedes=wrong,
        )
        right.kinds = {"mono": "rollover"}
        writers.write_reads(tmp_path, [right, wrong])
        assert (tmp_path / "reads/portal-2026.csv").read_text().splitlines()[1:] == [
            "H-1,mono,2026-08-31 09:00,900,actual,portal,,",
            "H-1,total,2026-08-31 09:00,950,actual,portal,,",
        ]
        assert (tmp_path / "reads/staff-2026.csv").read_text().splitlines()[1:] == [
            "H-1,mono,2026-08-31 09:00,90,rollover,staff,,reads/portal-2026.csv:2",
        ]

    @pytest.mark.parametrize(
        ("zone", "when", "text"),
        [
            ("America/New_York", datetime(2026, 7, 1, 9, 5), "2026-07-01 09:05"),
            ("", datetime(2026, 7, 1, 9, 5), "2026-07-01 09:05"),
            ("America/Winnipeg", datetime(2026, 7, 1, 9, 5), "2026-07-01T09:05-05:00"),
            ("America/Winnipeg", datetime(2026, 12, 1, 9, 5), "2026-12-01T09:05-06:00"),
        ],
    )
    def test_only_strange_zones_write_their_offset(self, tmp_path, zone, when, text):
        writers.write_reads(tmp_path, [Reading("H-1", "S", when, {"mono": "1"}, "portal-2026", zone=zone)])
        (row,) = table(tmp_path / "reads/portal-2026.csv")
        assert row["taken_at"] == text

    def test_collectors_write_their_own_columns_and_leave_gaps(self, tmp_path):
        when = at(date(2026, 10, 31), 22, 7)
        values = {"total": "30", "colour": "10"}
        tracked = Reading("H-1", "S1", when, values, "printtracker-2026q4")
        audited = Reading(
            "H-2", "S2", when, {**values, "scan": "5"}, "fmaudit-2026q4", model="Ricoh X", site="Main"
        )
        writers.write_reads(tmp_path, [tracked, audited])
        assert (tmp_path / "reads/printtracker-2026q4.csv").read_text().splitlines()[1] == (
            "S1,2026-10-31 22:07:00,30,,10"
        )
        assert (tmp_path / "reads/fmaudit-2026q4.csv").read_text().splitlines()[1] == (
            "H-2,S2,Ricoh X,Main,10/31/2026 22:07,30,,10,,5"
        )

    def test_rows_stand_in_the_order_in_which_they_were_entered(self, tmp_path):
        def read(device: str, day: int, entered: int) -> Reading:
            when = at(date(2026, 9, day), 9)
            return Reading(
                device, "S", when, {"mono": "1"}, "staff-2026", entered=at(date(2026, 9, entered), 9)
            )

        writers.write_reads(tmp_path, [read("late", 1, 20), read("b", 3, 3), read("a", 3, 3)])
        assert [row["device"] for row in table(tmp_path / "reads/staff-2026.csv")] == ["a", "b", "late"]

    def test_fleet_shows_the_last_place_and_who_is_gone(self, tmp_path):
        moved = machine(
            stays=[stay(site="Old", end=date(2026, 4, 30)), stay(site="New", start=date(2026, 5, 4))]
        )
        gone = machine("H-2", stays=[stay(site="Shop", end=date(2026, 10, 9))])
        seat = {
            "unit": "PC-1",
            "model": "X",
            "site": "Lab",
            "department": "D",
            "start": "",
            "end": "2026-10-20",
        }
        writers.write_fleet(tmp_path, [moved, gone], [seat])
        rows = {row["device"]: row for row in table(tmp_path / "fleet.csv")}
        keys = ("site", "installed", "removed", "owner", "status")
        assert [tuple(rows[d][k] for k in keys) for d in ("H-1", "H-2", "PC-1")] == [
            ("New", "2024-11-01", "", "Dealer", "Active"),
            ("Shop", "2024-11-01", "2026-10-09", "Dealer", "Removed"),
            ("Lab", "2024-11-01", "2026-10-20", "Customer", "Removed"),
        ]

    def test_covers_have_a_row_a_stay_and_their_own_allowances(self, tmp_path):
        tax = machine("H-2", "bizhub C450i", stays=[stay(contract="C-1002")])
        other = machine("H-3", stays=[stay(contract="C-1002", start=date(2026, 10, 14))])
        moved = machine(
            "H-1", stays=[stay(contract="C-1005", end=date(2026, 4, 30)), stay(contract="C-1006")]
        )
        inline = machine("H-4", stays=[stay(contract="C-1012")])
        writers.write_covers(tmp_path, [tax, other, moved, inline], [])
        assert [
            (r["contract"], r["unit"], r["start"], r["end"], r["allowance:mono"]) for r in table(tmp_path / "covers.csv")
        ] == [
            ("C-1002", "H-2", "2024-11-01", "", "5000"), ("C-1002", "H-3", "2026-10-14", "", "1500"),
            ("C-1005", "H-1", "2024-11-01", "2026-04-30", ""), ("C-1006", "H-1", "2024-11-01", "", ""),
        ]  # fmt: skip

    def test_calls_and_their_parts_are_two_files(self, tmp_path):
        parts = (("40X8024", "2", "286.400000", "Fuser maintenance kit"),)
        call = service.Call("SC-1", "H-1", date(2026, 7, 2), "C-1008", False, "1.5", "4", "Jam, again", parts)
        writers.write_calls(tmp_path, [call])
        assert (tmp_path / "calls.csv").read_text().splitlines()[1] == (
            'SC-1,H-1,2026-07-02,C-1008,no,1.5,4,"Jam, again"'
        )
        assert (tmp_path / "parts.csv").read_text().splitlines()[1] == (
            "SC-1,40X8024,2,286.400000,Fuser maintenance kit"
        )

    def test_a_workbook_cell_by_cell(self, tmp_path):
        """1 January 2026 is day 46,023 of a workbook; six in the evening is three quarters of a day more."""
        reading = Reading(
            "H-1", "", at(date(2026, 1, 1), 18), {"mono": "12", "total": "15"}, "x", site="A & B"
        )
        writers.write_workbook(tmp_path / "x.xlsx", writers.SALT_MARSH, [reading])
        assert sheet_rows(tmp_path / "x.xlsx") == [
            {"A": "Asset", "B": "House", "C": "Read on", "D": "Black", "E": "Colour", "F": "Total"},
            {"A": "H-1", "B": "A & B", "C": "46023.75", "D": "12", "F": "15"},
        ]


def sheet_rows(path: Path) -> list[dict[str, str]]:
    """Column letter -> text, by row."""
    with zipfile.ZipFile(path) as book:
        root = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    return [
        {re.sub(r"\d", "", cell.attrib["r"]): "".join(cell.itertext()) for cell in row}
        for row in root.iter(f"{SHEET}row")
    ]


class TestFiles:
    @pytest.mark.parametrize(
        ("pattern", "columns"),
        [
            (
                "fleet.csv",
                "device,serial,model,customer,site,department,cost_center,po,installed,removed,owner,status",
            ),
            ("calls.csv", "call,device,date,contract,incident,labour_hours,travel,description"),
            ("reads/staff-*.csv", "device,meter,taken_at,value,kind,source,reason,supersedes"),
            ("reads/technician-*.csv", "device,meter,taken_at,value,kind,source,reason,supersedes"),
            (
                "reads/fmaudit-*.csv",
                "Asset Number,Serial Number,Model,Location,Date,Total,Mono,Color,A3,Scan",
            ),
            (
                "reads/printtracker-*.csv",
                "serialNumber,latest_meter_timestamp,pageCounts_default_total,pageCounts_default_totalBlack,"
                "pageCounts_default_totalColor",
            ),
        ],
    )
    def test_every_file_of_a_kind_has_the_same_columns(self, pattern, columns):
        assert {header(path) for path in DEALER.glob(pattern)} == {columns}

    def test_exports_hold_the_reads_of_their_quarter(self):
        """An export begins with what was read since the last one: rows of the quarter, and those repeated on purpose."""
        for path in DEALER.glob("reads/fmaudit-*.csv"):
            year, quarter = int(path.stem[-6:-2]), int(path.stem[-1])
            days = [datetime.strptime(row["Date"], "%m/%d/%Y %H:%M") for row in table(path)]
            assert {(day.year, (day.month + 2) // 3) for day in days} == {(year, quarter)}, path.name

    def test_hotel_workbook_agrees_with_total_and_begins_in_mid_july(self):
        first, *rows = sheet_rows(DEALER / "reads/salt-marsh-hotels-2026.xlsx")
        assert list(first.values()) == list(writers.SALT_MARSH)
        assert len({(row["A"], row["C"]) for row in rows}) == len(rows) > 20
        for row in rows:
            assert int(row["D"]) + int(row.get("E", 0)) == int(row["F"])
            assert datetime(1899, 12, 30) + timedelta(days=float(row["C"])) >= datetime(2026, 7, 15)

    @pytest.mark.parametrize(
        ("method", "customer", "when", "file"),
        [
            ("printtracker", "CUST-01", (2026, 3, 31), "printtracker-2026q1"),
            ("fmaudit", "CUST-03", (2026, 4, 1), "fmaudit-2026q2"),
            ("portal", "CUST-10", (2026, 7, 14), "portal-2026"),
            ("portal", "CUST-10", (2026, 7, 15), "salt-marsh-hotels-2026"),
            ("staff", "CUST-07", (2025, 12, 31), "staff-2025"),
        ],
    )
    def test_where_a_read_ends_up(self, method, customer, when, file):
        assert file_of(method, customer, at(date(*when), 0)) == file
        assert (columns_of(file) is None) == file.startswith(("portal", "staff"))

    def test_boundaries_of_a_month_that_begins_on_the_fifteenth(self):
        camden = machine(stays=[stay(contract="C-1015", start=date(2024, 11, 15))])
        found = list(boundaries(camden))
        assert found[:3] == [date(2024, 11, 14), date(2024, 12, 14), date(2025, 1, 14)]
        assert {day.day for day in found} == {14} and len(found) == 25
        plain = list(boundaries(machine()))
        assert plain[:5] == [date(2024, 10, 31), *(date(2024, 11, 30), date(2024, 12, 31)), date(2025, 1, 31),
                             date(2025, 2, 28)]  # fmt: skip
        assert plain[-1] == date(2026, 10, 31)

    @pytest.mark.parametrize("method", ["printtracker", "fmaudit"])
    def test_collectors_read_while_nobody_prints(self, method):
        for number in range(40):
            when = moment(machine(f"H-{number}"), method, date(2026, 6, 30))
            assert when.hour < 8 or when.hour >= 16
            assert when.hour != 1, "an hour that comes twice in November"

    def test_a_collector_needs_no_install_read_but_a_new_device_does(self):
        season = Season((100,) * 12, 0)
        seen, typed = (Client("C", method, "America/New_York", season) for method in ("fmaudit", "portal"))
        new = machine(stays=[stay(start=date(2026, 10, 20))])
        assert installed(machine(), seen) is None
        for box, client, day in ((machine(), typed, OPENING), (new, seen, date(2026, 10, 20))):
            reading = installed(box, client)
            assert (reading.kind, reading.source, reading.at.date()) == ("install", "technician", day)
            assert reading.at.hour == 7 and reading.values == {"mono": "100", "total": "100"}


class TestPlan:
    def test_numbers_run_on_and_counts_are_kept(self, fleet):
        assert [m.device for m in fleet] == [f"H-{n}" for n in range(1001, 1001 + len(fleet))]
        wanted = Counter()
        for row in table(HERE / "plan/placements.csv"):
            wanted[row["contract"], row["model"]] += int(row["count"])
        assert Counter((m.stays[0].contract, m.model) for m in fleet) == wanted

    def test_stays_of_a_device_follow_each_other(self, fleet):
        for box in fleet:
            for before, after in zip(box.stays, box.stays[1:], strict=False):
                assert before.start <= before.end < after.start
                assert box.stay_on(before.end) is before and box.stay_on(after.start) is after
        assert {m.tag for m in fleet if len(m.stays) > 1} == {"move-site", "move-customer"}

    def test_contracts_customers_and_models_are_all_known(self, fleet):
        text = "".join(path.read_text(encoding="utf-8") for path in (DEALER / "contracts").glob("*.yaml"))
        owner = dict(re.findall(r"contract: (C-\d+)\n.*?customer: (CUST-\d+)", text, re.S))
        assert len(owner) == 15
        for box in fleet:
            for place in box.stays:
                assert owner[place.contract] == place.customer, box.device
        assert set(owner.values()) == {row["customer"] for row in table(DEALER / "customers.csv")}

    def test_seats_add_up_to_the_readmes_figures(self):
        """34 computers, one of them replaced in October, and 15 shared seats."""
        assets = writers.expand_assets()
        kinds = Counter()
        for row in assets:
            kinds[row["kind"]] += int(row["quantity"])
        assert kinds == {"asset": 34, "seat": 15}
        assert len({row["unit"] for row in assets}) == len(assets)
        assert Counter(row["group"] for row in assets) == {"workstation": 32, "server": 2, "shared": 2}
        left = [row["unit"] for row in assets if row["end"]]
        came = [row["unit"] for row in assets if row["start"] == "2026-10-21"]
        assert (len(left), len(came)) == (1, 1)

    def test_serial_numbers_look_like_their_makers(self, fleet):
        shapes = {"Ricoh": r"3[A-Z]{2}9\d{7}", "Sharp": r"\d{10}", "Lexmark": r"\d{9}[A-Z]{2}\d\d",
                  "Kyocera": r"[A-Z]{3}\d{7}", "HP": r"[A-Z]{4}\d\d[A-Z]\d{3}"}  # fmt: skip
        for box in fleet:
            if box.serial and box.brand in shapes:
                assert re.fullmatch(shapes[box.brand], box.serial), (box.brand, box.serial)
        assert not any(set(box.serial) & set("IOQ") for box in fleet), "letters that are read as digits"


class TestService:
    def test_each_call_pays_by_one_way_only(self, fleet):
        site = {m.device: m.stays[0].site for m in fleet}
        parts = Counter(row["call"] for row in table(DEALER / "parts.csv"))
        for call in table(DEALER / "calls.csv"):
            if call["incident"] == "yes":
                assert call["contract"] == service.BY_INCIDENT
                assert (call["labour_hours"], call["travel"], parts[call["call"]]) == ("0", "0", 0)
            else:
                assert D("0.5") <= D(call["labour_hours"]) <= D("2.25")
                assert call["travel"] == service.TRAVEL_TIME[site[call["device"]]]
                assert call["description"].endswith(" (not covered)")

    def test_calls_are_numbered_in_the_order_of_their_days(self):
        calls = table(DEALER / "calls.csv")
        assert [row["call"] for row in calls] == [f"SC-{n}" for n in range(4001, 4001 + len(calls))]
        assert [row["date"] for row in calls] == sorted(row["date"] for row in calls)
        assert min(row["date"] for row in calls if row["contract"] == "C-1013") > "2026-03-01"

    def test_parts_have_one_price_and_belong_to_a_call(self):
        calls = {row["call"]: row for row in table(DEALER / "calls.csv")}
        listed = {item: (text, rate) for item, text, rate in service.PARTS}
        for row in table(DEALER / "parts.csv"):
            assert listed[row["item"]] == (row["description"], row["rate"])
            assert row["quantity"] in ("1", "2") and calls[row["call"]]["incident"] == "no"

    def test_the_visit_is_within_working_hours(self):
        for number in range(50):
            call = service.Call(f"SC-{number}", "H-1", date(2026, 5, 5), "C-1008", True, "0", "0", "")
            when = service.visit_time(call)
            assert when.date() == call.day and 9 <= when.hour < 15 and when.minute == 20


@pytest.fixture(scope="module")
def bills() -> dict[str, list[dict[str, str]]]:
    return {month: table(EXPECTED / f"{month}.csv") for month in MONTHS}


class TestRetainedColumns:
    def test_header_and_words(self, bills):
        for month, rows in bills.items():
            assert header(EXPECTED / f"{month}.csv") == (
                "contract,due,currency,held,line,kind,period_start,period_end,quantity,rate,amount,estimated,total"
            )
            assert {row["estimated"] for row in rows} <= {"yes", "no"}
            assert {row["currency"] for row in rows if row["contract"] != "C-1008"} == {"USD"}
            assert {row["currency"] for row in rows if row["contract"] == "C-1008"} == {"CAD"}

    def test_amounts_have_two_decimals_and_bills_one_total_and_one_guard(self, bills):
        for rows in bills.values():
            told = defaultdict(set)
            for row in rows:
                assert re.fullmatch(r"-?\d+\.\d\d", row["amount"]) and re.fullmatch(
                    r"-?\d+\.\d\d", row["total"]
                )
                told[row["contract"], row["due"]].add((row["total"], row["held"]))
            assert all(len(one) == 1 for one in told.values())

    @pytest.mark.parametrize("month", [m for m in MONTHS if m not in ("2025-12", "2026-04", "2026-10")])
    def test_rows_add_up(self, bills, month):
        sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for row in bills[month]:
            sums[row["contract"], row["total"]] += D(row["amount"])
        assert all(D(total) == amount for (_, total), amount in sums.items())

    def test_usage_closes_in_the_month_of_the_file_and_base_may_run_ahead(self, bills):
        for month, rows in bills.items():
            for row in rows:
                if row["kind"] in ("overage", "credit", "incident", "service"):
                    assert row["period_end"][:7] == month, row
                assert row["period_start"] <= row["period_end"]
            school = [row for row in rows if row["contract"] == "C-1001" and row["kind"] == "base"]
            assert [row["period_start"] for row in school] == [row["due"] for row in school]

    def test_schools_pay_clicks_by_the_quarter_and_hotels_their_base(self, bills):
        def months(contract: str, kind: str) -> list[str]:
            return [
                m
                for m, rows in bills.items()
                if any((r["contract"], r["kind"]) == (contract, kind) for r in rows)
            ]

        assert months("C-1001", "overage") == ["2026-01", "2026-04", "2026-07", "2026-10"]
        assert len(months("C-1010", "base")) == 4
        assert months("C-1013", "credit") == ["2026-10"]
        assert months("C-1011", "base")[0] == "2026-06", "in advance, from July on"

    def test_service_rows_are_the_calls_and_parts_of_their_month(self, bills):
        """Hours x 118 or 96, half-hours x 22 or 20, parts at their price: from calls.csv, without the engine."""
        rates = {"C-1008": (118, 22), "C-1013": (96, 20)}
        used = defaultdict(list)
        for row in table(DEALER / "parts.csv"):
            used[row["call"]].append(D(row["quantity"]) * D(row["rate"]))
        for month, rows in bills.items():
            for contract, (hour, trip) in rates.items():
                calls = [
                    c
                    for c in table(DEALER / "calls.csv")
                    if c["contract"] == contract and c["date"][:7] == month
                ]
                paid = [c for c in calls if c["incident"] == "no"]
                wanted = sum((D(c["labour_hours"]) * hour + D(c["travel"]) * trip for c in paid), D(0))
                wanted += sum((cost for c in paid for cost in used[c["call"]]), D(0))
                billed = [r for r in rows if r["contract"] == contract]
                assert sum((D(r["amount"]) for r in billed if r["kind"] == "service"), D(0)) == wanted, month
                incidents = sum(D(r["quantity"]) for r in billed if r["kind"] == "incident")
                assert incidents == sum(c["incident"] == "yes" for c in calls), month

    def test_branch_office_is_topped_up_to_180_exactly(self, bills):
        topped = [
            r for rows in bills.values() for r in rows if r["contract"] == "C-1015" and r["kind"] == "minimum"
        ]
        assert len(topped) == 7 and {r["total"] for r in topped} == {"180.00"}
        others = [r for rows in bills.values() for r in rows if r["contract"] == "C-1015"]
        assert min(D(r["total"]) for r in others) == 180

    def test_held_bills_name_their_guard(self, bills):
        held = {(r["contract"], r["held"]) for rows in bills.values() for r in rows if r["held"]}
        assert held == {
            ("C-1011", "rate-off-norm"), ("C-1012", "black-billed-from-total"), ("C-1014", "too-many-estimates"),
        }  # fmt: skip
        assert [m for m, rows in bills.items() if any("estimates" in r["held"] for r in rows)] == ["2026-10"]


def test_files_are_plain_text_without_carriage_returns_or_repeated_lines():
    """A line that stands twice in one export would be a read taken twice; only the exports that repeat may."""
    for path in sorted(DEALER.rglob("*.csv")):
        data = path.read_bytes()
        assert b"\r" not in data and data.endswith(b"\n") and not data.startswith(b"\xef\xbb\xbf"), path.name
        with path.open(encoding="utf-8", newline="") as handle:
            lines = list(csv.reader(handle))
        assert len({len(line) for line in lines}) == 1, path.name
        assert len({tuple(line) for line in lines}) == len(lines), path.name
