"""The example dealer's generator: same bytes again, counters that hang together, seasons, and every trap in its place."""

from __future__ import annotations

import csv
import zipfile
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest

from examples import generate, plan, readings
from examples.simulate import COUNTS, FIRST_DAY, Odometer, at, days

EXAMPLES = Path(generate.__file__).parent
DEALER = EXAMPLES / "dealer"


@pytest.fixture(scope="module")
def dealer():
    return generate.make()


@pytest.fixture(scope="module")
def tagged(dealer):
    return {machine.tag: machine for machine in dealer.machines if machine.tag}


@pytest.fixture(scope="module")
def volume(dealer):
    """Impressions of a customer in a month."""

    def of(customer: str, year: int, number: int) -> int:
        machines = [m for m in dealer.machines if m.stays[0].customer == customer]
        return sum(month(m, "total", year, number) for m in machines)

    return of


def rows(pattern: str) -> list[dict[str, str]]:
    found = []
    for path in sorted(DEALER.glob(pattern)):
        with path.open(encoding="utf-8", newline="") as handle:
            found += [
                {**row, "file": path.name, "line": str(n)} for n, row in enumerate(csv.DictReader(handle), 2)
            ]
    return found


def long_rows() -> list[dict[str, str]]:
    return [r for name in ("portal", "staff", "technician") for r in rows(f"reads/{name}-*.csv")]


def month(machine, counter: str, year: int, number: int) -> int:
    """True clicks of a calendar month."""
    after = date(year + number // 12, number % 12 + 1, 1)
    odometer = machine.odometer
    return odometer.clicks(counter, at(after, 7)) - odometer.clicks(counter, at(date(year, number, 1), 7))


class TestSameAgain:
    def test_the_committed_files_are_what_the_generator_writes(self, dealer, tmp_path):
        generate.write(dealer, tmp_path)
        ours = {p.relative_to(DEALER): p.read_bytes() for p in DEALER.rglob("*") if p.is_file()}
        again = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
        ours = {path: data for path, data in ours.items() if path.parts[0] not in ("bills", "out")}
        assert sorted(again) == sorted(ours)
        different = [str(path) for path in ours if ours[path] != again[path]]
        assert different == [], "run python3 -m examples.generate and commit what it writes"

    def test_a_second_dealer_of_the_same_seed_is_the_same(self, dealer):
        other = generate.make()
        assert other.book.truth == dealer.book.truth
        assert other.calls == dealer.calls

    def test_the_folder_stays_small_enough_to_clone(self):
        size = sum(path.stat().st_size for path in DEALER.rglob("*") if path.is_file())
        assert size < 5_000_000


class TestSize:
    def test_customers_devices_months_and_makers(self, dealer):
        assert len(dealer.people) >= 8
        assert 160 <= len(dealer.machines) <= 200
        brands = {machine.brand for machine in dealer.machines}
        makers = "Ricoh, Canon, Sharp, Konica Minolta, HP, Kyocera, Brother, Xerox, Lexmark"
        assert brands == set(makers.split(", "))
        ends = {day for _, _, day in dealer.book.truth if day != date.min}
        assert {(d.year, d.month) for d in ends} >= {(2024 + n // 12, n % 12 + 1) for n in range(9, 34)}

    def test_every_device_is_covered_by_the_contract_it_stands_under(self, dealer):
        covered = {(row["contract"], row["unit"]) for row in rows("covers.csv")}
        inline = {"C-1011", "C-1012"}
        for machine in dealer.machines:
            for stay in machine.stays:
                assert stay.contract in inline or (stay.contract, machine.device) in covered

    def test_fleet_names_only_models_that_have_meters(self):
        known = {row["model"] for row in rows("models.csv")}
        printers = [row for row in rows("fleet.csv") if row["device"].startswith("H-")]
        assert {row["model"] for row in printers} <= known
        assert len({row["device"] for row in printers}) == len(printers)


class TestCounters:
    def test_total_is_black_plus_colour_at_every_read_but_the_one_that_misses_by_7(self, tagged):
        misses = Counter()
        odd = tagged["miss-by-7"].serial
        for row in rows("reads/printtracker-*.csv"):
            black, colour = row["pageCounts_default_totalBlack"], row["pageCounts_default_totalColor"]
            if black and colour:
                gap = int(row["pageCounts_default_total"]) - int(black) - int(colour)
                misses[row["serialNumber"] == odd, gap] += 1
        assert set(misses) == {(False, 0), (True, 7)}
        assert misses[True, 7] >= 25

    def test_ricoh_sends_no_black_counter(self):
        sent = [row["Mono"] for row in rows("reads/fmaudit-*.csv") if row["Model"].startswith("Ricoh IM C")]
        assert sent and set(sent) == {""}

    def test_a_counter_stands_still_before_it_prints_and_after_it_leaves(self, tagged):
        gone = tagged["leave-mid"].odometer
        assert gone.clicks("total", at(date(2026, 10, 9), 17)) == gone.clicks(
            "total", at(date(2026, 11, 20), 17)
        )
        new = tagged["join-mid"].odometer
        assert new.clicks("total", at(date(2026, 10, 14), 7)) == new.clicks("total", at(FIRST_DAY, 23))

    def test_an_odometer_by_hand(self):
        by_day = {stream: [0] * 3 for stream in COUNTS["total"] + ("scan",)}
        by_day["mono_a4"] = [100, 180, 180]
        odometer = Odometer(by_day, digits={"mono": 3}, gap=7)
        second = date(2024, 10, 26)
        assert odometer.clicks("mono", at(second, 8)) == 100
        assert odometer.clicks("mono", at(second, 12)) == 140  # half of the 80 by noon
        assert odometer.clicks("mono", at(second, 16)) == 180
        assert odometer.shows("total", at(second, 16)) == 187
        odometer.resets.append(at(second, 12))
        assert (
            odometer.shows("total", at(second, 16)) == 40
        )  # a new board, and the gap has gone with the old one
        by_day["mono_a4"][1] = 1_030
        odometer.resets.clear()
        assert odometer.shows("mono", at(second, 16)) == 30

    def test_days_include_both_ends(self):
        assert list(days(date(2025, 2, 27), date(2025, 3, 1))) == [
            date(2025, 2, 27), date(2025, 2, 28), date(2025, 3, 1),
        ]  # fmt: skip


class TestSeasons:
    def test_the_school_is_empty_in_july(self, volume):
        assert volume("CUST-01", 2026, 7) < volume("CUST-01", 2026, 9) / 5

    def test_the_tax_accountant_prints_before_the_fifteenth_of_april(self, volume):
        assert volume("CUST-02", 2026, 3) > 2.5 * volume("CUST-02", 2026, 8)

    def test_the_stores_print_most_in_december(self, volume):
        year = {number: volume("CUST-05", 2025, number) for number in range(1, 13)}
        assert max(year, key=year.get) == 12

    def test_the_hospital_hardly_has_one(self, volume):
        year = [volume("CUST-04", 2025, number) for number in range(1, 13)]
        assert max(year) < 1.35 * min(year)

    def test_the_town_held_an_election_in_october(self, tagged):
        machine = tagged["election"]
        assert month(machine, "total", 2026, 10) > 2.5 * month(machine, "total", 2026, 9)


class TestReads:
    def test_every_boundary_has_a_read_unless_it_is_meant_to_be_missing(self, dealer):
        for machine in dealer.machines:
            meant = readings.SILENT.get(machine.tag, frozenset()) - {date(2026, 10, 31)}
            for day in readings.boundaries(machine):
                stay = machine.stay_on(day)
                if day >= date(2026, 10, 31) or stay is None or day in meant:
                    continue
                if machine.tag == "back-dated" or stay.end == day:
                    continue
                assert (machine.device, machine.counters[0], day) in dealer.book.truth, (machine.device, day)

    def test_the_truth_only_grows(self, dealer):
        by_meter: dict[tuple[str, str], list[tuple[date, int]]] = {}
        for (device, counter, day), clicks in dealer.book.truth.items():
            if day != date.min:
                by_meter.setdefault((device, counter), []).append((day, clicks))
        for meter, known in by_meter.items():
            values = [clicks for _, clicks in sorted(known)]
            assert values == sorted(values), meter

    def test_the_read_of_a_boundary_lies_in_the_tightest_window(self, dealer):
        for machine in dealer.machines:
            client = dealer.people[machine.stays[0].customer]
            for day in readings.boundaries(machine):
                when = readings.moment(machine, client.method, day)
                assert -1 <= (when.date() - day).days <= 2

    def test_winnipeg_writes_its_offset(self):
        winnipeg = {m["device"] for m in rows("fleet.csv") if m["customer"] == "CUST-08"}
        stamps = {r["taken_at"][-6:] for r in long_rows() if r["device"] in winnipeg}
        assert stamps == {"-06:00", "-05:00"}


class TestTraps:
    def test_board_swap_has_a_last_and_a_first_value(self, tagged):
        device = tagged["board-swap"].device
        visit = [
            r
            for r in long_rows()
            if r["device"] == device and r["meter"] == "total" and "2026-10-13" in r["taken_at"]
        ]
        assert [(r["kind"], r["taken_at"][-5:]) for r in visit] == [("actual", "10:05"), ("reset", "11:40")]
        assert int(visit[1]["value"]) == 0 < int(visit[0]["value"])

    def test_what_a_board_lost_is_known_and_left_out_of_the_truth(self, dealer, tagged):
        machine, book = tagged["dead-board"], dealer.book
        lost = book.lost[machine.device, "total"]
        assert lost > 500  # seventeen days of June
        first = book.truth[machine.device, "total", date.min]
        end = date(2026, 9, 30)
        when = readings.moment(machine, "fmaudit", end)
        printed = machine.odometer.clicks("total", when) - first
        assert book.truth[machine.device, "total", end] == printed - lost

    def test_rollover_passes_six_nines(self, dealer, tagged):
        device, shown = tagged["rollover"].device, dealer.book.shown
        before, after = (shown[device, "mono", date(2026, n, d)] for n, d in ((9, 30), (10, 31)))
        assert before > 990_000 and after < 10_000
        truth = [dealer.book.truth[device, "mono", date(2026, n, d)] for n, d in ((9, 30), (10, 31))]
        assert 1_000_000 - before + after == truth[1] - truth[0]
        said = [r for r in long_rows() if r["device"] == device and r["kind"] == "rollover"]
        assert {r["meter"] for r in said} == {"mono", "total"}

    def test_swap_takes_a_read_each(self, tagged):
        old, new = tagged["swap-out"].device, tagged["swap-in"].device
        said = {(r["device"], r["kind"], r["taken_at"][:10]) for r in rows("reads/technician-2026.csv")}
        assert (old, "removal", "2026-10-19") in said
        assert (new, "install", "2026-10-20") in said

    def test_back_dated_read_stands_after_later_ones(self, tagged):
        staff = rows("reads/staff-2026.csv")
        late = [n for n, r in enumerate(staff) if r["device"] == tagged["back-dated"].device]
        assert late and all(staff[n]["taken_at"].startswith("2026-09-30") for n in late)
        assert any(r["taken_at"] >= "2026-10-31" for r in staff[: late[0]])

    def test_duplicate_and_blank_serials(self, tagged):
        serials = Counter(r["serial"] for r in rows("fleet.csv") if r["device"].startswith("H-"))
        assert serials[""] == 2
        assert [s for s, n in serials.items() if n > 1 and s] == [tagged["dup-a"].serial]
        nobody = [r for r in rows("reads/fmaudit-*.csv") if not r["Asset Number"]]
        assert [r["Serial Number"] for r in nobody] == ["", tagged["dup-a"].serial]

    def test_correction_names_the_row_it_corrects(self, tagged):
        right = next(r for r in rows("reads/staff-2026.csv") if r["supersedes"])
        file, line = right["supersedes"].split(":")
        assert file == "reads/portal-2026.csv"
        wrong = next(r for r in rows(file) if r["line"] == line)
        assert (wrong["device"], wrong["meter"], wrong["taken_at"]) == (
            right["device"],
            right["meter"],
            right["taken_at"],
        )
        assert int(wrong["value"]) - int(right["value"]) == 30_000
        assert right["reason"]

    def test_conflict_lower_future_unknown_and_unreadable(self, tagged):
        portal = rows("reads/portal-2026.csv")
        pair = [
            r
            for r in portal
            if r["device"] == tagged["conflict"].device and r["taken_at"] == "2026-10-31 17:00"
        ]
        assert len(pair) == 2 and int(pair[1]["value"]) - int(pair[0]["value"]) == 900
        assert [r["meter"] for r in portal if r["taken_at"].startswith("2062")] == ["mono"]
        assert [r["device"] for r in portal if r["value"] == "see photo"] == [tagged["election"].device]
        known = {r["serial"] for r in rows("fleet.csv")}
        strangers = [r for r in rows("reads/printtracker-*.csv") if r["serialNumber"] not in known]
        assert [r["serialNumber"] for r in strangers] == ["JPBVR04417"]

    def test_one_export_repeats_the_end_of_the_one_before(self):
        def keys(file):
            return {(r["serialNumber"], r["latest_meter_timestamp"]) for r in rows(f"reads/{file}.csv")}

        twice = keys("printtracker-2026q3") & keys("printtracker-2026q4")
        assert len(twice) > 20
        assert {stamp[:10] for _, stamp in twice} == {"2026-09-24"}

    def test_three_months_without_a_read(self, tagged, dealer):
        device = tagged["three-missing"].device
        last = max(r["taken_at"] for r in long_rows() if r["device"] == device)
        assert last < "2026-08-05"
        assert (device, "mono", date(2026, 7, 31)) in dealer.book.truth

    def test_moves_carry_their_reads(self, tagged):
        moved = tagged["move-customer"]
        said = [
            (r["kind"], r["taken_at"][:10])
            for r in long_rows()
            if r["device"] == moved.device and r["meter"] == "total"
        ]
        assert said == [("removal", "2026-04-30"), ("install", "2026-05-04")]
        assert [s.contract for s in moved.stays] == ["C-1005", "C-1006"]
        assert [s.site for s in tagged["move-site"].stays] == ["Birch Elementary", "Alder Elementary"]


class TestWorkbook:
    def test_dates_are_numbers_with_a_date_format_and_nothing_is_compressed(self):
        path = next(DEALER.glob("reads/*.xlsx"))
        with zipfile.ZipFile(path) as book:
            assert all(info.compress_type == zipfile.ZIP_STORED for info in book.infolist())
            assert {info.date_time for info in book.infolist()} == {(2026, 11, 5, 9, 0, 0)}
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert sheet.count("<row ") == 1 + sum(1 for _ in hotel_reads())
        assert 's="1"' in sheet


def hotel_reads():
    dealer = generate.make()
    return [r for r in dealer.book.readings if r.file == "salt-marsh-hotels-2026"]


class TestService:
    def test_calls_are_on_working_days_and_on_devices_of_their_contract(self, dealer):
        contract_of = {m.device: m.stays[0].contract for m in dealer.machines}
        for call in dealer.calls:
            assert call.day.weekday() < 5
            assert contract_of[call.device] == call.contract
            assert not (call.incident and (call.parts or call.hours != "0"))

    def test_both_ways_to_pay_occur(self, dealer):
        ways = Counter((call.contract, call.incident) for call in dealer.calls)
        assert ways["C-1008", True] > ways["C-1008", False] > 3
        assert ways["C-1013", True] == 0 < ways["C-1013", False]


def test_command_writes_a_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["generate", "--out", str(tmp_path / "dealer")])
    generate.main()
    assert "171 devices" in capsys.readouterr().out
    assert (tmp_path / "dealer" / "contracts" / "C-1001-ellery-schools.yaml").is_file()
    assert (tmp_path / "dealer" / "fleet.csv").read_bytes() == (DEALER / "fleet.csv").read_bytes()


def test_plan_gives_every_tag_once(dealer):
    tags = [machine.tag for machine in dealer.machines if machine.tag]
    assert len(tags) == len(set(tags)) == 24
    assert date(2024, 11, 1) == plan.OPENING
    assert datetime(2026, 11, 20, 18) == readings.LAST_READ


def test_the_readme_names_the_device_of_every_trap(tagged):
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert [device for device in (m.device for m in tagged.values()) if device not in text] == []
    contracts = {stay.contract for machine in generate.make().machines for stay in machine.stays}
    assert [name for name in sorted(contracts) if f"| {name} |" not in text] == []
