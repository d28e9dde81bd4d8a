"""What a meter closes and opens at: windows, installs, epochs, estimates, pins, and that no click is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from mps_module.engine.contract import Tolerance
from mps_module.engine.periods import Period
from mps_module.engine.reads import ReadSource
from mps_module.engine.result import Basis
from tests.engine.reads.build import EXACT, TOLERANCE, at, device, ledger, month, read

CYCLE = Period(date(2024, 8, 15), date(2024, 9, 14))


def opens(book, day, tolerance=TOLERANCE, **more):
    return book.boundary("d", "mono", day, tolerance, opening=True, **more)


def closes(book, day, tolerance=TOLERANCE, **more):
    return book.boundary("d", "mono", day, tolerance, **more)


class TestWindow:
    """Cycle 8/15-9/14, 10 days before to 6 after: opening read 8/5-8/21, closing read 9/4-9/20."""

    @pytest.mark.parametrize(
        ("when", "serves"),
        [
            ("2024-08-04 23:59", False),
            ("2024-08-05 00:00", True),
            ("2024-08-21 23:59", True),
            ("2024-08-22 00:00", False),
        ],
    )
    def test_opening(self, when, serves):
        found = opens(ledger(read(when, 500)), CYCLE.start)
        assert (found.basis is Basis.ACTUAL and found.in_tolerance) is serves

    @pytest.mark.parametrize(
        ("when", "serves"),
        [
            ("2024-09-03 23:59", False),
            ("2024-09-04 00:00", True),
            ("2024-09-20 23:59", True),
            ("2024-09-21 00:00", False),
        ],
    )
    def test_closing(self, when, serves):
        found = closes(ledger(read("2024-01-01", 1), read(when, 500)), CYCLE.end)
        assert (found.value == 500 and found.basis is Basis.ACTUAL) is serves

    def test_the_nearest_read_serves_and_of_two_the_earlier(self):
        book = ledger(read("2024-09-10", 1), read("2024-09-14 20:00", 2), read("2024-09-15 03:00", 3))
        assert closes(book, CYCLE.end).value == 3
        book = ledger(read("2024-09-14 20:00", 2), read("2024-09-15 04:00", 3))
        assert closes(book, CYCLE.end).value == 2

    def test_days_begin_where_the_contract_is(self):
        """15 September 03:30 in London's summer is still the 14th in New York: exact closing day."""
        late = read("2024-09-15 03:30", 77)
        assert closes(ledger(late, timezone="America/New_York"), CYCLE.end, EXACT).basis is Basis.ACTUAL
        first, next_day = read("2024-09-01", 1), read("2024-09-15 04:30", 77)
        book = ledger(first, next_day, timezone="America/New_York")
        assert closes(book, CYCLE.end, EXACT).basis is Basis.ESTIMATE

    def test_the_next_period_opens_at_what_this_one_closed_at(self):
        book = ledger(read("2024-08-15", 100), read("2024-09-16", 400), read("2024-10-14", 900))
        this = book.usage("d", "mono", CYCLE, TOLERANCE, first=True)
        following = book.usage("d", "mono", Period(date(2024, 9, 15), date(2024, 10, 14)), TOLERANCE)
        assert (this.usage, following.usage) == (300, 500)
        assert following.opening == this.closing


class TestWithoutReadInTheWindow:
    def test_the_vector_of_the_estimate(self):
        book = ledger(read("2024-03-31", 575_232), of=device(monthly=1671))
        found = closes(book, date(2024, 6, 30))
        assert (found.basis, found.value, found.odometer) == (Basis.ESTIMATE, 580_259, 5_027)
        assert found.low < 580_259 < found.high
        assert found.read.value == 575_232

    def test_a_read_at_midnight_leaves_the_whole_day_to_estimate(self):
        """1,671 a month / 30.25 x 28 days from 1 to 28 February = 1,546.7; a read later that day leaves 27 days."""
        midnight = ledger(read("2025-02-01 00:00", 10_000), of=device(monthly=1671))
        later = ledger(read("2025-02-01 09:00", 10_000), of=device(monthly=1671))
        assert closes(midnight, date(2025, 2, 28)).value == 11_547
        assert closes(later, date(2025, 2, 28)).value == 11_491

    def test_an_estimate_is_trued_up_by_the_next_actual_read(self):
        book = ledger(read("2024-03-31", 575_232), read("2024-09-30", 579_000), of=device(monthly=1671))
        second = book.usage("d", "mono", Period(date(2024, 4, 1), date(2024, 6, 30)), TOLERANCE)
        third = book.usage("d", "mono", Period(date(2024, 7, 1), date(2024, 9, 30)), TOLERANCE)
        assert (second.usage, third.usage) == (5_027, -1_259)
        assert second.usage + third.usage == 579_000 - 575_232

    def test_later_reads_do_not_change_an_estimate(self):
        known = [read("2024-01-31", 0), read("2024-02-29", 1_000), read("2024-03-31", 2_000)]
        before = closes(ledger(*known), date(2024, 6, 30))
        after = closes(ledger(*known, read("2024-08-01", 90_000)), date(2024, 6, 30))
        assert before == after

    def test_a_recorded_estimate_comes_before_a_computed_one(self):
        told = read("2024-06-28", 2_345, "estimate", source=ReadSource.PORTAL)
        book = ledger(read("2024-03-31", 1_000), told, of=device(monthly=500))
        found = closes(book, date(2024, 6, 30))
        assert (found.basis, found.value, found.odometer) == (Basis.ESTIMATE, 2_345, 1_345)
        assert found.estimate == told

    def test_an_actual_read_comes_before_a_recorded_estimate(self):
        book = ledger(read("2024-06-30 23:00", 2_345, "estimate"), read("2024-06-22", 2_000))
        assert closes(book, date(2024, 6, 30)).value == 2_000

    def test_recorded_estimates_alone_count_their_difference(self):
        guesses = [read("2024-01-31", 500, "estimate"), read("2024-02-29", 800, "estimate")]
        assert ledger(*guesses).usage("d", "mono", month(2024, 2), TOLERANCE).usage == 300
        book = ledger(*guesses, read("2024-03-31", 1_000))
        assert book.usage("d", "mono", month(2024, 2), TOLERANCE).usage == 300
        assert book.usage("d", "mono", month(2024, 3), TOLERANCE).usage == 200

    def test_nothing_before_takes_the_first_read_after_and_says_so(self):
        found = closes(ledger(read("2024-09-30", 700)), date(2024, 6, 30))
        assert (found.basis, found.value, found.in_tolerance) == (Basis.ACTUAL, 700, False)

    def test_no_read_at_all_is_missing_and_counts_nothing(self):
        usage = ledger().usage("d", "mono", CYCLE, TOLERANCE)
        assert usage.usage == 0
        assert usage.closing.basis is Basis.MISSING

    def test_where_estimates_are_not_allowed_the_boundary_is_missing(self):
        book = ledger(read("2024-03-31", 575_232), of=device(monthly=1671))
        usage = book.usage("d", "mono", month(2024, 6), TOLERANCE, estimates_allowed=False)
        assert usage.closing.basis is Basis.MISSING
        assert usage.closing.read.value == 575_232
        assert usage.usage == 0

    def test_a_row_of_estimates_ends_with_any_actual_read(self):
        ends = [date(2024, 6, 30), date(2024, 5, 31), date(2024, 4, 30), date(2024, 3, 31)]
        first = read("2024-03-31", 100)
        assert ledger(first, of=device(300)).estimates_in_row("d", "mono", ends, TOLERANCE) == 3
        between = ledger(first, read("2024-05-15", 500), of=device(300))
        assert between.estimates_in_row("d", "mono", ends, TOLERANCE) == 2  # April's is from before
        assert ledger(read("2024-06-30", 9)).estimates_in_row("d", "mono", ends, TOLERANCE) == 0

    def test_a_row_of_a_virtual_meter_is_the_longest_of_its_terms(self):
        ends = [date(2024, 6, 30), date(2024, 5, 31)]
        reads = [read("2024-04-30", 10, meter="total"), read("2024-05-31", 5, meter="colour")]
        book = ledger(*reads, of=device(black="total - colour"))
        assert book.estimates_in_row("d", "black", ends, TOLERANCE) == 2


class TestInstallAndRemoval:
    def test_an_opening_prefers_the_install_to_a_nearer_read(self):
        book = ledger(read("2024-08-17", 1_200, "install"), read("2024-08-15 00:30", 1_100))
        assert opens(book, CYCLE.start).value == 1_200

    def test_an_opening_never_takes_a_read_from_before_the_last_install(self):
        book = ledger(
            read("2024-08-08", 90_000),
            read("2024-08-10", 90_000, "removal"),
            read("2024-08-12", 91_000, "install"),
        )
        assert opens(book, CYCLE.start).value == 91_000
        early = ledger(read("2024-08-14", 5), read("2024-07-30", 90_000), read("2024-08-01", 4, "install"))
        assert opens(early, CYCLE.start).value == 5
        only = ledger(read("2024-07-30", 90_000), read("2024-08-01", 4, "install"))
        assert opens(only, CYCLE.start).read.value == 4

    def test_the_last_day_prefers_the_removal_to_a_nearer_read(self):
        book = ledger(
            read("2024-09-12", 800, "removal"), read("2024-09-14 23:00", 850), read("2024-01-01", 1)
        )
        assert closes(book, CYCLE.end, last_day=True).value == 800
        assert closes(book, CYCLE.end).value == 850

    def test_what_is_read_at_the_next_customer_is_not_this_ones(self):
        book = ledger(
            read("2024-09-10", 800), read("2024-09-16", 805, "install"), read("2024-09-15 01:00", 801),
            read("2024-09-18", 2_000),
        )  # fmt: skip
        assert closes(book, CYCLE.end, last_day=True).value == 801
        late = ledger(
            read("2024-09-04", 800), read("2024-09-15 02:00", 805, "install"), read("2024-09-16", 2_000)
        )
        assert closes(late, CYCLE.end, last_day=True).odometer == 0

    def test_a_device_in_the_warehouse_prints_nothing(self):
        book = ledger(
            read("2024-07-01", 1_000), read("2024-07-20", 1_500, "removal"), of=device(monthly=9_999)
        )
        found = closes(book, CYCLE.end, last_day=True)
        assert (found.basis, found.value, found.in_tolerance) == (Basis.ACTUAL, 1_500, False)

    def test_prints_between_removal_and_install_are_nobodys(self):
        book = ledger(
            read("2024-06-30", 1_000), read("2024-07-10", 1_400, "removal"),
            read("2024-08-15", 1_450, "install"), read("2024-08-31", 1_750),
        )  # fmt: skip
        before = book.usage("d", "mono", Period(date(2024, 7, 1), date(2024, 7, 10)), TOLERANCE, last=True)
        after = book.usage("d", "mono", Period(date(2024, 8, 15), date(2024, 8, 31)), TOLERANCE, first=True)
        assert (before.usage, after.usage) == (400, 300)

    def test_a_new_contract_opens_at_what_the_old_one_was_billed_to(self):
        """Renewal without a new read: the old contract was closed with an estimate, and posted."""
        first = read("2024-08-20", 1_000)
        old = ledger(first, of=device(monthly=3_025))
        posted = closes(old, CYCLE.end, Tolerance(2, 2), last_day=True)
        pins = {("d", "mono", CYCLE.end, False): posted}
        new = ledger(first, read("2024-09-16", 9_999), of=device(monthly=3_025), pins=pins)
        found = opens(new, date(2024, 9, 15), Tolerance(0, 0))
        assert (found.value, found.day, found.opening) == (posted.value, date(2024, 9, 15), True)
        moved = ledger(first, read("2024-09-15", 0, "install"), pins=pins)
        assert opens(moved, date(2024, 9, 15), TOLERANCE).value == 0


class TestEpochs:
    def test_usage_is_the_sum_over_epochs(self):
        """4,000 -> 5,000 on the old board, 0 -> 250 on the new one, its first read at the same moment."""
        book = ledger(
            read("2024-01-31", 4_000), read("2024-02-10", 5_000), read("2024-02-10", 0, "reset"),
            read("2024-02-29", 250),
        )  # fmt: skip
        usage = book.usage("d", "mono", month(2024, 2), TOLERANCE)
        assert usage.usage == 1_250
        assert (usage.opening.epoch, usage.closing.epoch) == (0, 1)

    @pytest.mark.parametrize(("digits", "clicks"), [(5, 30), (6, 900_030), (None, 30)])
    def test_a_rollover_goes_on_counting(self, digits, clicks):
        book = ledger(
            read("2024-01-31", 99_990), read("2024-02-29", 20, "rollover"), of=device(digits=digits)
        )
        assert book.usage("d", "mono", month(2024, 2), TOLERANCE).usage == clicks

    def test_closing_on_the_moment_of_a_swap_shows_the_old_board(self):
        swap = [read("2024-01-31", 5_000), read("2024-01-31", 0, "reset")]
        assert closes(ledger(*swap), date(2024, 1, 31)).value == 5_000
        install = [read("2024-02-01", 5_000), read("2024-02-01", 7, "install")]
        assert opens(ledger(*install), date(2024, 2, 1)).value == 7

    def test_a_superseded_read_leaves_the_log_and_keeps_the_reason(self):
        wrong = read("2024-02-29", 9_000, read_id="r1")
        right = read("2024-02-29", 900, read_id="r2", supersedes="r1", reason="typed one 0 too many")
        book = ledger(read("2024-01-31", 100), wrong, right)
        assert book.usage("d", "mono", month(2024, 2), TOLERANCE).usage == 800
        assert book.logs["d", "mono"].superseded == ((wrong, right),)


class TestVirtualMeters:
    def test_mono_is_total_less_colour(self):
        reads = [
            read("2024-01-31", 1_000, meter="total"), read("2024-01-31", 100, meter="colour"),
            read("2024-02-29", 1_900, meter="total"), read("2024-02-29", 350, meter="colour"),
        ]  # fmt: skip
        book = ledger(*reads, of=device(black="total - colour", clicks="black + 2 * colour"))
        black = book.usage("d", "black", month(2024, 2), TOLERANCE, weight=3)
        assert black.usage == 650
        assert black.weight == 3
        assert [(term.meter, term.usage, term.weight) for term in black.terms] == [
            ("total", 900, 1),
            ("colour", 250, -1),
        ]
        assert book.usage("d", "clicks", month(2024, 2), TOLERANCE).usage == 650 + 2 * 250

    def test_half_a_formula_is_no_usage(self):
        reads = [read("2024-01-31", 1_000, meter="total"), read("2024-02-29", 1_900, meter="total")]
        usage = ledger(*reads, of=device(black="total - colour")).usage(
            "d", "black", month(2024, 2), TOLERANCE
        )
        assert usage.usage == 0

    def test_a_meter_made_of_itself_is_refused(self):
        book = ledger(of=device(a="b + mono", b="a"))
        with pytest.raises(ValueError, match="made of itself"):
            book.usage("d", "a", month(2024, 2), TOLERANCE)


class TestPins:
    def pinned(self, *reads, pin, of=None):
        key = ("d", "mono", pin.day, pin.opening)
        return ledger(*reads, of=of, pins={key: pin})

    def test_a_billed_read_serves_though_a_nearer_one_came_later(self):
        first = read("2024-09-10", 400)
        posted = closes(ledger(first), CYCLE.end)
        book = self.pinned(first, read("2024-09-14", 480), pin=posted)
        assert closes(book, CYCLE.end).value == 400

    def test_a_billed_read_that_was_superseded_does_not(self):
        first = read("2024-09-10", 400, read_id="r1")
        posted = closes(ledger(first), CYCLE.end)
        right = read("2024-09-10", 300, read_id="r2", supersedes="r1", reason="other device")
        assert closes(self.pinned(first, right, pin=posted), CYCLE.end).value == 300

    def test_a_billed_read_keeps_its_place_when_the_ledger_grows_in_front(self):
        first = read("2024-09-10", 400)
        posted = closes(ledger(first), CYCLE.end)
        book = self.pinned(read("2024-01-01", 50), first, pin=posted)
        assert (closes(book, CYCLE.end).value, closes(book, CYCLE.end).odometer) == (400, 350)

    def test_a_billed_estimate_yields_to_an_actual_read_in_the_window_only(self):
        first, of = read("2024-07-31", 1_000), device(monthly=3_025)
        posted = closes(ledger(first, of=of), CYCLE.end)
        assert posted.value == 5_500
        # A read that came late and lies before the window would give another estimate: the bill stands all the same.
        late = read("2024-08-31", 2_000)
        assert closes(self.pinned(first, late, pin=posted, of=of), CYCLE.end).value == 5_500
        inside = read("2024-09-16", 4_321)
        assert closes(self.pinned(first, late, inside, pin=posted, of=of), CYCLE.end).value == 4_321

    def test_an_estimate_on_a_superseded_read_is_made_again(self):
        first = read("2024-07-31", 1_000, read_id="r1")
        posted = closes(ledger(first, of=device(monthly=3_025)), CYCLE.end)
        right = read("2024-07-31", 900, read_id="r2", supersedes="r1", reason="misread")
        book = self.pinned(first, right, pin=posted, of=device(monthly=3_025))
        assert closes(book, CYCLE.end).value == 5_400

    def test_a_withdrawn_estimate_no_longer_holds_the_bill(self):
        first = read("2024-07-31", 1_000)
        told = read("2024-09-14", 7_000, "estimate", read_id="e1")
        posted = closes(ledger(first, told), CYCLE.end)
        better = read(
            "2024-09-14", 3_000, "estimate", read_id="e2", supersedes="e1", reason="customer called"
        )
        assert closes(self.pinned(first, told, pin=posted), CYCLE.end).value == 7_000
        assert closes(self.pinned(first, told, better, pin=posted), CYCLE.end).value == 3_000

    def test_a_pin_found_again_in_a_store_is_the_same_read(self):
        first = read("2024-09-10", 400, read_id="r1")
        posted = closes(ledger(first), CYCLE.end)
        stored = replace(posted, read=replace(first, reason="", source=ReadSource.IMPORT))
        assert closes(self.pinned(first, read("2024-09-14", 480), pin=stored), CYCLE.end).value == 400


def test_weights_come_as_decimals():
    usage = ledger(read("2024-01-31", 1)).usage("d", "mono", month(2024, 2), TOLERANCE, weight=2)
    assert usage.weight == Decimal(2)


def test_no_day_of_a_long_row_of_periods_is_lost():
    """Weekly reads over a year, monthly periods: the months add up to the year."""
    reads = [read(at("2023-12-31") + timedelta(days=7 * n), 1_000 + 137 * n) for n in range(54)]
    book = ledger(*reads)
    months = [book.usage("d", "mono", month(2024, n), TOLERANCE).usage for n in range(1, 13)]
    whole = book.usage("d", "mono", Period(date(2024, 1, 1), date(2024, 12, 31)), TOLERANCE).usage
    assert sum(months) == whole == 137 * 52
