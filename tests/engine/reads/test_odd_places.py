"""Boundaries in odd places: estimates beside installs, swaps and removals, rollovers in a window, wide windows, DST."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.contract import Tolerance
from mps_module.engine.periods import Period
from mps_module.engine.reads import ReadSource
from mps_module.engine.result import Basis
from tests.engine.reads.build import EXACT, TOLERANCE, device, ledger, month, read

JAN_31, FEB_29, MAR_31 = date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31)


def closes(book, day, tolerance=TOLERANCE, **more):
    return book.boundary("d", "mono", day, tolerance, **more)


def opens(book, day, tolerance=TOLERANCE, **more):
    return book.boundary("d", "mono", day, tolerance, opening=True, **more)


def usage(book, period, tolerance=TOLERANCE, **more):
    return book.usage("d", "mono", period, tolerance, **more).usage


class TestEstimatesAndInstalls:
    def test_a_device_installed_and_not_read_since_is_estimated_from_its_monthly_volume(self):
        book = ledger(read("2024-01-10", 500, "install"), of=device(monthly=3_025))
        found = closes(book, JAN_31)
        assert (found.basis, found.value) == (Basis.ESTIMATE, 500 + 21 * 100)

    def test_what_the_customer_before_printed_tells_nothing(self):
        busy = [read(f"2023-{m:02}-01", 50_000 * m) for m in range(1, 13)]
        book = ledger(*busy, read("2024-01-10", 600_000, "install"), of=device(monthly=605))
        assert closes(book, JAN_31).value == 600_000 + 21 * 20

    def test_without_any_expectation_the_install_counts_nothing_and_says_how_unsure_it_is(self):
        found = closes(ledger(read("2024-01-10", 500, "install")), JAN_31)
        assert (found.value, found.low) == (500, 500)
        assert found.high == 500 + 3_472  # 5,000 a month over 21 days, rounded up

    def test_installed_within_the_window_of_the_closing(self):
        """The last day of the month: the install opens and closes it, nothing is billed twice."""
        book = ledger(read("2024-01-31 10:00", 40, "install"), read("2024-02-29", 540))
        first = usage(book, Period(JAN_31, JAN_31), first=True)
        assert (first, usage(book, month(2024, 2))) == (0, 500)

    def test_an_install_after_the_window_serves_rather_than_an_estimate_of_the_old_place(self):
        reads = [read("2023-11-01", 1_000), read("2023-12-01", 4_000), read("2024-01-20", 5_500, "install")]
        found = opens(ledger(*reads), date(2024, 1, 1), Tolerance(3, 3))
        assert (found.basis, found.value, found.in_tolerance) == (Basis.ACTUAL, 5_500, False)

    def test_a_read_between_keeps_the_estimate(self):
        """Read at this place on the 10th already: the install of the 20th is another story."""
        reads = [
            read("2023-11-01", 1_000), read("2023-12-01", 4_000), read("2024-01-10", 5_000),
            read("2024-01-20", 5_500, "install"),
        ]  # fmt: skip
        assert opens(ledger(*reads), date(2024, 1, 1), Tolerance(3, 3)).basis is Basis.ESTIMATE

    def test_an_estimate_told_for_the_opening_comes_before_a_late_install(self):
        reads = [read("2023-12-01", 4_000), read("2024-01-20", 5_500, "install")]
        told = read("2024-01-01", 4_800, "estimate", source=ReadSource.STAFF)
        found = opens(ledger(*reads, told), date(2024, 1, 1), Tolerance(3, 3))
        assert (found.basis, found.value) == (Basis.ESTIMATE, 4_800)

    def test_where_estimates_are_not_allowed_a_late_install_is_still_missing(self):
        reads = [read("2023-12-01", 4_000), read("2024-01-20", 5_500, "install")]
        found = opens(ledger(*reads), date(2024, 1, 1), Tolerance(3, 3), estimates_allowed=False)
        assert found.basis is Basis.MISSING

    def test_a_device_taken_away_and_brought_back_counts_its_own_clicks_only(self):
        book = ledger(
            read("2024-01-01", 0), read("2024-01-20", 700, "removal"), read("2024-01-25", 760, "install"),
            read("2024-01-31", 900), read("2024-02-29", 1_900),
        )  # fmt: skip
        assert usage(book, month(2024, 1), first=True) == 840
        assert usage(book, month(2024, 2)) == 1_000


class TestEstimatesAndSwaps:
    def test_before_a_swap_the_old_board_is_estimated(self):
        reads = [read("2023-12-01", 0), read("2023-12-31", 3_000)]
        swap = [read("2024-02-10", 4_200), read("2024-02-10", 0, "reset"), read("2024-02-29", 800)]
        book = ledger(*reads, *swap)
        assert closes(book, JAN_31).value == 6_100  # 100 a day, 31 days
        january, february = usage(book, month(2024, 1)), usage(book, month(2024, 2))
        assert (january, february) == (3_100, 4_200 - 6_100 + 800)
        assert january + february == 1_200 + 800

    def test_after_a_swap_the_new_board_goes_on_at_the_usual_pace(self):
        reads = [read("2023-12-01", 10_000), read("2024-01-01", 13_100)]
        swap = [read("2024-01-05", 13_500), read("2024-01-05", 0, "reset")]
        found = closes(ledger(*reads, *swap), FEB_29)
        assert (found.epoch, found.value) == (1, 5_500)  # 3,500 in 35 days; 55 days on

    def test_the_days_without_a_counter_do_not_lower_the_pace(self):
        reads = [read("2023-11-01", 0), read("2023-12-01", 3_000)]
        swap = [read("2023-12-31", 0, "reset"), read("2024-01-10", 1_000)]
        assert closes(ledger(*reads, *swap), JAN_31, EXACT).value == 1_000 + 21 * 100

    def test_two_swaps_and_a_rollover_in_one_month(self):
        book = ledger(
            read("2024-01-31", 9_000), read("2024-02-05", 9_400), read("2024-02-05", 0, "reset"),
            read("2024-02-12", 300), read("2024-02-12", 99_900, "reset"), read("2024-02-20", 50, "rollover"),
            read("2024-02-29", 250), of=device(digits=5),
        )  # fmt: skip
        found = book.usage("d", "mono", month(2024, 2), TOLERANCE)
        # 400 on the first board, 300 on the second, 150 up to the end of the third counter and 200 beyond
        assert found.usage == 400 + 300 + 150 + 200
        assert (found.opening.epoch, found.closing.epoch) == (0, 3)

    def test_a_swap_that_nobody_read_before_loses_what_was_in_between(self):
        book = ledger(read("2024-01-31", 9_000), read("2024-02-15", 0, "reset"), read("2024-02-29", 450))
        assert usage(book, month(2024, 2)) == 450

    def test_a_swap_on_the_closing_night_is_of_the_month_before_or_after_and_never_of_both(self):
        swap = [read("2024-01-31 23:30", 5_000), read("2024-01-31 23:30", 0, "reset")]
        book = ledger(read("2024-01-01", 4_000), *swap, read("2024-02-29", 600))
        assert usage(book, month(2024, 1)) == 1_000
        assert usage(book, month(2024, 2)) == 600

    def test_a_back_dated_reset_moves_nothing_that_was_read(self):
        plain = ledger(read("2024-01-31", 9_000), read("2024-02-15", 0, "reset"), read("2024-02-29", 450))
        told = ledger(
            read("2024-01-31", 9_000), read("2024-02-14", 9_300), read("2024-02-15", 0, "reset"),
            read("2024-02-29", 450),
        )  # fmt: skip
        assert usage(told, month(2024, 2)) - usage(plain, month(2024, 2)) == 300


class TestRolloverAtTheBoundary:
    @pytest.mark.parametrize(
        ("night", "january", "february"),
        [
            ("2024-01-30", 600, 1_100),  # rolled before the end: it closes the month
            ("2024-02-02", 600, 1_100),  # nearest, though two days after
        ],
    )
    def test_it_closes_the_month_like_any_read(self, night, january, february):
        book = ledger(
            read("2024-01-01", 999_500), read(night, 100, "rollover"), read("2024-02-29", 1_200),
            of=device(digits=6),
        )  # fmt: skip
        assert usage(book, month(2024, 1), first=True) == january
        assert usage(book, month(2024, 2)) == february

    def test_an_estimate_beyond_the_last_digit_is_trued_up_by_the_rolled_counter(self):
        reads = [read("2023-12-01", 990_000), read("2024-01-01", 999_300)]
        book = ledger(*reads, read("2024-02-29", 8_000, "rollover"), of=device(digits=6))
        january = book.usage("d", "mono", month(2024, 1), Tolerance(2, 2))
        assert january.closing.basis is Basis.ESTIMATE and january.closing.value == 999_300 + 9_000
        february = book.usage("d", "mono", month(2024, 2), Tolerance(2, 2))
        assert january.usage + february.usage == 700 + 8_000


class TestRecordedEstimates:
    def test_alone_they_count_as_a_row_until_the_meter_is_read(self):
        told = [read(f"2024-{m:02}-{d}", 1_000 * m, "estimate") for m, d in ((1, 31), (2, 29), (3, 31))]
        days = [MAR_31, FEB_29, JAN_31]
        assert ledger(*told).estimates_in_row("d", "mono", days, TOLERANCE) == 3
        read_once = ledger(*told, read("2024-02-10", 1_500))
        assert read_once.estimates_in_row("d", "mono", days, TOLERANCE) == 2

    def test_one_that_a_later_entry_proves_too_low_is_not_used(self):
        """5,000 was told for the end of January; the read of the 15th that came later says 5,400."""
        told = read("2024-01-31", 5_000, "estimate")
        book = ledger(read("2024-01-01", 4_000), read("2024-01-15", 5_400), told)
        found = closes(book, JAN_31)
        assert found.basis is Basis.ESTIMATE and found.estimate is None
        assert found.value == 5_400 + 1_600  # 100 a day

    def test_one_that_was_billed_stands_all_the_same(self):
        told = read("2024-01-31", 5_000, "estimate", read_id="e")
        first = read("2024-01-01", 4_000)
        posted = closes(ledger(first, told), JAN_31)
        pins = {("d", "mono", JAN_31, False): posted}
        book = ledger(first, told, read("2024-01-15", 5_400), pins=pins)
        assert closes(book, JAN_31).value == 5_000
        assert usage(book, month(2024, 1), first=True) == 1_000

    def test_the_nearest_of_several_serves(self):
        told = [read("2024-01-26", 4_700, "estimate"), read("2024-02-01", 5_000, "estimate")]
        assert closes(ledger(read("2024-01-01", 4_000), *told), JAN_31).value == 5_000


class TestWideWindows:
    def test_one_read_may_close_two_months_and_bills_its_clicks_once(self):
        wide = Tolerance(45, 45)
        book = ledger(read("2023-12-31", 0), read("2024-02-10", 1_500), read("2024-03-31", 3_000))
        got = [usage(book, month(2024, m), wide, first=m == 1) for m in (1, 2, 3)]
        assert got == [1_500, 0, 1_500]

    def test_a_later_month_never_closes_before_an_earlier_one(self):
        wide = Tolerance(40, 40)
        reads = [
            read(day, 100 * n)
            for n, day in enumerate(("2024-01-02", "2024-01-29", "2024-02-20", "2024-02-26"))
        ]
        closings = [closes(ledger(*reads), day, wide).taken_at for day in (JAN_31, FEB_29, MAR_31)]
        assert closings == sorted(closings)

    def test_exact_days_take_a_read_of_that_day_only(self):
        book = ledger(read("2024-01-31 00:00", 10), read("2024-02-01 00:00", 20), read("2024-01-30", 5))
        assert closes(book, JAN_31, EXACT).value == 10
        assert (
            closes(ledger(read("2024-01-30", 5), read("2024-02-01 00:00", 20)), JAN_31, EXACT).basis
            is Basis.ESTIMATE
        )


class TestClocks:
    """New York changes its clocks on 10 March and 3 November 2024, Santiago at midnight, Kolkata never."""

    @pytest.mark.parametrize(
        ("zone", "day", "hours"),
        [
            ("America/New_York", date(2024, 3, 10), 23),
            ("America/New_York", date(2024, 11, 3), 25),
            ("Asia/Kolkata", date(2024, 3, 10), 24),
            ("Europe/Berlin", date(2024, 3, 31), 23),
            ("America/Santiago", date(2024, 9, 8), 23),
        ],
    )
    def test_a_day_is_as_long_as_the_clock_says(self, zone, day, hours):
        """With no tolerance, exactly the reads of that local day serve."""
        local = ZoneInfo(zone)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=local)
        start = noon.timestamp() - 13 * 3600
        served = 0
        for half_hours in range(60):
            at = datetime.fromtimestamp(start + half_hours * 1800, ZoneInfo("UTC"))
            found = closes(ledger(read(at, 7), timezone=zone), day, EXACT)
            inside = found.basis is Basis.ACTUAL and found.in_tolerance
            assert inside is (at.astimezone(local).date() == day)
            served += inside
        assert served == 2 * hours

    def test_the_nearest_read_is_nearest_by_the_clock_on_the_wall(self):
        """Midnight at the end of 31 March in Berlin is 22:00 UTC, no longer 23:00."""
        book = ledger(read("2024-03-31 21:10", 1), read("2024-03-31 22:40", 2), timezone="Europe/Berlin")
        assert closes(book, MAR_31).value == 2
        winter = ledger(read("2024-03-31 21:10", 1), read("2024-03-31 22:40", 2), timezone="Etc/GMT-1")
        assert closes(winter, MAR_31).value == 2
        assert (
            closes(
                ledger(read("2024-03-31 21:40", 1), read("2024-03-31 22:40", 2), timezone="Europe/Berlin"),
                MAR_31,
            ).value
            == 1
        )

    def test_an_estimate_counts_local_days(self):
        """Read at 02:00 UTC on 1 February: still January in New York, so one day more is estimated there."""
        late = read("2024-02-01 02:00", 1_000)
        there = closes(ledger(late, of=device(monthly=3_025), timezone="America/New_York"), FEB_29)
        here = closes(ledger(late, of=device(monthly=3_025)), FEB_29)
        assert (there.value, here.value) == (1_000 + 29 * 100, 1_000 + 28 * 100)

    @given(
        st.sampled_from(["Pacific/Kiritimati", "Pacific/Pago_Pago", "Australia/Lord_Howe"]),
        st.integers(0, 700),
    )
    def test_months_join_without_a_gap_in_any_zone(self, zone, minutes):
        reads = [
            read(
                datetime(2024, 1, 1, tzinfo=ZoneInfo("UTC")) + timedelta(days=9 * n, minutes=minutes * n),
                100 * n,
            )
            for n in range(30)
        ]
        book = ledger(*reads, timezone=zone)
        found = [book.usage("d", "mono", month(2024, m), TOLERANCE, first=m == 1) for m in range(1, 9)]
        for one, following in pairwise(found):
            assert one.closing == following.opening
        assert sum(u.usage for u in found) == found[-1].closing.value - found[0].opening.value


class TestSeveralPins:
    def test_each_month_keeps_what_it_was_billed_to(self):
        known = [read("2023-12-31", 0), read("2024-01-27", 800), read("2024-02-25", 1_700)]
        posted = {("d", "mono", day, False): closes(ledger(*known), day) for day in (JAN_31, FEB_29)}
        nearer = [read("2024-01-31 22:00", 950), read("2024-02-29 22:00", 1_850), read("2024-03-31", 3_000)]
        book = ledger(*known, *nearer, pins=posted)
        got = [usage(book, month(2024, m), first=m == 1) for m in (1, 2, 3)]
        assert got == [800, 900, 1_300]
        assert sum(got) == 3_000

    def test_another_meter_or_device_has_its_own(self):
        first = read("2024-01-27", 400)
        posted = closes(ledger(first), JAN_31)
        near = read("2024-01-31", 480)
        for key in (("d", "colour"), ("other", "mono")):
            book = ledger(first, near, pins={(*key, JAN_31, False): posted})
            assert closes(book, JAN_31).value == 480

    def test_an_opening_pin_is_not_a_closing_one(self):
        first = read("2024-01-27", 400)
        posted = opens(ledger(first), JAN_31)
        book = ledger(first, read("2024-01-31 23:00", 480), pins={("d", "mono", JAN_31, True): posted})
        assert (opens(book, JAN_31).value, closes(book, JAN_31).value) == (400, 480)
