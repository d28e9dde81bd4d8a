"""What the example's devices print: seasons and weekends by customer, counters, digits, boards; figures by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from examples import plan, simulate
from examples.plan import Machine, clients, machines, models
from examples.simulate import (
    COUNTS,
    FIRST_DAY,
    LAST_DAY,
    STREAMS,
    Odometer,
    Season,
    Volumes,
    at,
    chance,
    days,
)

YEAR = (date(2025, 1, 1), date(2025, 12, 31))
PRINTED = ("mono_a4", "mono_a3", "colour_a4", "colour_a3")
FLAT = Season((100,) * 12, 100)


@pytest.fixture(scope="module")
def people() -> dict[str, plan.Client]:
    return clients()


@pytest.fixture(scope="module")
def fleet(people: dict[str, plan.Client]) -> list[Machine]:
    return machines(people)


def printed_on(machine: Machine, day: date) -> int:
    at_end = (day - FIRST_DAY).days
    return sum(machine.odometer.sums[s][at_end] - machine.odometer.sums[s][at_end - 1] for s in PRINTED)


@pytest.fixture(scope="module")
def by_day(fleet: list[Machine]) -> dict[str, dict[date, int]]:
    """Customer -> day of 2025 -> impressions of the devices that stood there all year."""
    found: dict[str, dict[date, int]] = {}
    for machine in fleet:
        stay = machine.stays[0]
        if stay.start < YEAR[0] and stay.end > YEAR[1]:
            total = found.setdefault(stay.customer, {})
            for day in days(*YEAR):
                total[day] = total.get(day, 0) + printed_on(machine, day)
    return found


STAYED = [f"CUST-{n:02}" for n in range(1, 11)]  # CUST-11 opened in March 2026


class TestSeasons:
    @pytest.mark.parametrize("customer", STAYED)
    def test_each_month_prints_what_the_plan_says(self, people, by_day, customer):
        """Impressions a working day (a weekend day counts for its share) over the month's factor: the same all year, but for
        luck (8 %) and the slow decline (3 % from January to December)."""
        season = people[customer].season
        level = []
        for month in range(1, 13):
            mine = {day: n for day, n in by_day[customer].items() if day.month == month}
            working = sum(1 if day.weekday() < 5 else season.weekend / 100 for day in mine)
            level.append(sum(mine.values()) / working / season.months[month - 1])
        mean = sum(level) / 12
        assert all(0.88 < one / mean < 1.12 for one in level), [round(one / mean, 3) for one in level]
        assert sum(level[:4]) > sum(level[8:]) * 0.97, "print declines, it does not grow"

    @pytest.mark.parametrize("customer", STAYED)
    def test_weekends_have_their_share_of_a_working_day(self, people, by_day, customer):
        """Month by month, so that the season is out of it; mean of the twelve."""
        shares = []
        for month in range(1, 13):
            mine = [(day, n) for day, n in by_day[customer].items() if day.month == month]
            at_end = [n for day, n in mine if day.weekday() >= 5]
            within = [n for day, n in mine if day.weekday() < 5]
            shares.append(sum(at_end) / len(at_end) / (sum(within) / len(within)))
        wanted = people[customer].season.weekend / 100
        assert sum(shares) / 12 == pytest.approx(wanted, rel=0.15, abs=0.01)

    def test_the_marina_is_shut_from_september(self, people, fleet):
        (dock,) = [m for m in fleet if m.stays[0].customer == "CUST-11"]
        july = sum(printed_on(dock, day) for day in days(date(2026, 7, 1), date(2026, 7, 31)))
        later = sum(printed_on(dock, day) for day in days(date(2026, 9, 1), date(2026, 10, 31)))
        assert later < july / 100
        assert people["CUST-11"].season.months[8:] == (14, 4, 4, 4)

    def test_every_customer_has_twelve_months_and_a_way_to_send_reads(self, people):
        assert sorted(people) == [f"CUST-{n:02}" for n in range(1, 12)]
        for client in people.values():
            assert len(client.season.months) == 12 and min(client.season.months) > 0
            assert client.method in ("printtracker", "fmaudit", "portal", "staff")
        assert {c.customer for c in people.values() if c.zone != "America/New_York"} == {"CUST-08"}

    def test_a_flat_season_prints_the_monthly_volume(self):
        """3,000 a month, weekends like other days: 30.4 days of 1 / (21.3 + 9.1), so 3,000 within luck."""
        odometer = simulate.simulate(
            "TEST", Volumes(3000, 0, 0, 0), FLAT, [(FIRST_DAY, LAST_DAY)], dict.fromkeys(STREAMS, 0), {}
        )
        year = odometer.clicks("mono", at(date(2026, 1, 1), 7)) - odometer.clicks(
            "mono", at(date(2025, 1, 1), 7)
        )
        assert year / 12 == pytest.approx(3000, rel=0.06)
        assert odometer.clicks("colour", at(LAST_DAY, 20)) == 0

    def test_an_event_multiplies_its_month_only(self):
        def run(extra):
            return simulate.simulate(
                "TEST",
                Volumes(2000, 500, 10, 0),
                FLAT,
                [(FIRST_DAY, LAST_DAY)],
                dict.fromkeys(STREAMS, 0),
                extra,
            )

        plain, event = run({}), run({(2026, 2): 3.0})

        def month(odometer, first, after):
            return odometer.clicks("total", at(after, 7)) - odometer.clicks("total", at(first, 7))

        february = (date(2026, 2, 1), date(2026, 3, 1))
        assert month(event, *february) == pytest.approx(3 * month(plain, *february), rel=0.02)
        for span in ((date(2026, 1, 1), date(2026, 2, 1)), (date(2026, 3, 1), date(2026, 4, 1))):
            assert month(event, *span) == month(plain, *span)

    def test_wide_paper_is_its_percentage_of_both_colours(self, fleet):
        """The signage printer: 22 % on A3."""
        (signage,) = [m for m in fleet if m.stays[0].department == "Signage"]
        first, last = at(YEAR[0], 7), at(YEAR[1], 20)
        got = {s: signage.odometer.clicks(s, last) - signage.odometer.clicks(s, first) for s in PRINTED}
        for colour in ("mono", "colour"):
            wide, narrow = got[f"{colour}_a3"], got[f"{colour}_a4"]
            assert wide / (wide + narrow) == pytest.approx(0.22, abs=0.01)


class TestDays:
    def test_sums_cover_every_day_and_never_fall(self, fleet):
        length = (LAST_DAY - FIRST_DAY).days + 1
        for machine in fleet:
            for stream in STREAMS:
                sums = machine.odometer.sums[stream]
                assert len(sums) == length
                assert all(low <= high for low, high in zip(sums, sums[1:], strict=False)), (
                    machine.device,
                    stream,
                )

    def test_nothing_is_printed_where_a_device_does_not_stand(self, fleet):
        """Between two customers, before the first day and after the last."""
        idle_days = 0
        for machine in fleet:
            if not machine.tag:
                continue
            for day in days(FIRST_DAY + timedelta(days=1)):
                if machine.stay_on(day) is None:
                    assert printed_on(machine, day) == 0, (machine.device, day)
                    idle_days += 1
        assert idle_days > 300

    def test_a_black_device_never_prints_colour(self, fleet):
        for machine in fleet:
            if "colour" not in machine.counters and "colour_a4" not in machine.counters:
                assert machine.odometer.clicks("colour", at(LAST_DAY, 20)) == 0, machine.device

    def test_days_backwards_are_none(self):
        assert list(days(date(2026, 1, 2), date(2026, 1, 1))) == []
        assert list(days(date(2026, 1, 2), date(2026, 1, 2))) == [date(2026, 1, 2)]

    def test_chance_is_its_own_for_each_thing_and_the_same_again(self):
        assert chance("a", 1).random() == chance("a", 1).random()
        assert len({chance(*key).random() for key in (("a", 1), ("a", 2), ("b", 1), ("a",))}) == 4


def odometer(daily: dict[str, list[int]], **values) -> Odometer:
    """By stream the clicks of each day from FIRST_DAY on."""
    sums = {stream: [0, 0, 0, 0] for stream in STREAMS}
    for stream, clicks in daily.items():
        sums[stream] = [sum(clicks[: n + 1]) for n in range(len(clicks))]
    return Odometer(sums, **values)


class TestCounters:
    DAILY = {
        "mono_a4": [500, 80, 160, 0],
        "mono_a3": [0, 8, 0, 0],
        "colour_a4": [40, 16, 0, 0],
        "scan": [9, 0, 24, 0],
    }
    SECOND, THIRD = date(2024, 10, 26), date(2024, 10, 27)

    @pytest.mark.parametrize(
        ("hour", "minute", "mono", "total"),
        [(0, 0, 500, 540), (8, 0, 500, 540), (9, 0, 511, 553), (12, 0, 544, 592), (15, 59, 586, 641), (16, 0, 588, 644),
         (23, 59, 588, 644)],
    )  # fmt: skip
    def test_the_hours_of_a_day(self, hour, minute, mono, total):
        """Prints from 8 to 16, evenly; each stream in whole clicks. At 9: 80/8 + 8/8 = 11 black, 16/8 = 2 colour; at 15:59
        479 of 480 minutes: 79 + 7 black, 15 colour."""
        device = odometer(self.DAILY)
        assert device.clicks("mono", at(self.SECOND, hour, minute)) == mono
        assert device.clicks("total", at(self.SECOND, hour, minute)) == total

    def test_what_each_counter_counts(self):
        evening = at(self.THIRD, 18)
        shown = {name: odometer(self.DAILY).shows(name, evening) for name in COUNTS}
        assert shown == {
            "mono": 748, "colour": 56, "total": 804, "a3": 8, "mono_a4": 740, "mono_a3": 8, "colour_a4": 56,
            "colour_a3": 0, "scan": 33,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("digits", "mono", "total"), [(2, 48, 4), (3, 748, 804), (1, 8, 4), (6, 748, 804)]
    )
    def test_digits_roll_over(self, digits, mono, total):
        device = odometer(self.DAILY, digits={"mono": digits, "total": digits})
        assert device.shows("mono", at(self.THIRD, 18)) == mono
        assert device.shows("total", at(self.THIRD, 18)) == total
        assert device.clicks("total", at(self.THIRD, 18)) == 804, "the truth does not roll over"

    def test_a_new_board_begins_at_nothing_and_a_second_one_again(self):
        noon2, noon3 = at(self.SECOND, 12), at(self.THIRD, 12)
        device = odometer(self.DAILY, resets=[noon2, noon3])
        assert (
            device.shows("mono", noon2 - timedelta(minutes=30)) == 500 + 35 + 3
        )  # 3.5 hours: 80 and 8 a day
        assert device.shows("mono", noon2) == 0
        assert device.shows("mono", at(self.SECOND, 16)) == 44
        assert device.shows("mono", at(self.THIRD, 10)) == 44 + 40
        assert device.shows("mono", noon3) == 0
        assert device.shows("mono", at(self.THIRD, 16)) == 80
        assert device.clicks("mono", at(self.THIRD, 16)) == 748

    def test_the_gap_is_in_the_total_only_and_goes_with_the_board(self):
        device = odometer(self.DAILY, gap=7, resets=[at(self.THIRD, 7)])
        evening = at(self.SECOND, 18)
        assert (
            device.shows("total", evening) - device.shows("mono", evening) - device.shows("colour", evening)
            == 7
        )
        assert device.shows("total", at(self.THIRD, 18)) == 160

    def test_every_device_has_the_digits_of_its_model(self, fleet):
        known = models()
        for machine in fleet:
            brand, counters, digits = known[machine.model]
            assert (machine.brand, machine.counters) == (brand, counters)
            assert dict(machine.odometer.digits) == digits
            assert set(counters) <= set(COUNTS)
        assert {
            m.tag for m in fleet if m.odometer.digits["total" if "total" in m.counters else "mono_a4"] < 7
        } == {"rollover"}

    def test_only_the_old_canon_rolls_over(self, fleet):
        for machine in fleet:
            for counter in machine.counters:
                end = machine.odometer.clicks(counter, at(LAST_DAY, 20))
                rolled = end >= 10 ** machine.odometer.digits[counter]
                assert rolled == (machine.tag == "rollover" and counter in ("mono", "total")), machine.device

    def test_it_passes_six_nines_on_the_thirteenth_of_october(self, fleet):
        (canon,) = [m for m in fleet if m.tag == "rollover"]
        assert canon.odometer.shows("mono", at(date(2026, 10, 12), 20)) > 999_000
        assert canon.odometer.clicks("mono", at(date(2026, 10, 13), 20)) == 1_000_000
        assert canon.odometer.shows("mono", at(date(2026, 10, 13), 20)) == 0
        assert 0 < canon.odometer.shows("mono", at(date(2026, 10, 14), 20)) < 1_000

    def test_boards_were_replaced_twice(self, fleet):
        resets = {m.tag: m.odometer.resets for m in fleet if m.odometer.resets}
        assert resets == {
            "dead-board": [at(date(2025, 6, 17), 14, 20)],
            "board-swap": [at(date(2026, 10, 13), 11, 40)],
        }
        assert {m.tag for m in fleet if m.odometer.gap} == {"miss-by-7"}
