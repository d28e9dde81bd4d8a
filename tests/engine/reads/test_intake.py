"""What becomes of reads on entry: one verdict a row, none dropped."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from mps_module.engine.intake import SerialIndex, judge, removal_refusal, resolve, tally
from mps_module.engine.ledger import Ledger
from mps_module.engine.meters import Device
from mps_module.engine.reads import Verdict
from tests.engine.reads.build import TOLERANCE, at, daily, device, ledger, log, month, read

NOW = at("2024-12-31")
ACCEPTED, FLAGGED = Verdict.ACCEPTED, Verdict.FLAGGED
QUARANTINED, DUPLICATE = Verdict.QUARANTINED, Verdict.DUPLICATE


def verdicts(incoming, accepted=(), of=None, now=NOW, **more):
    """[(verdict, code)] of the rows; whatever their order, the same."""
    rows = list(incoming)
    found = judge(of or device(), rows, list(accepted), now, **more)
    assert [judgement.read for judgement in found] == rows
    assert tally(found).received == len(rows)
    shuffled = list(range(len(rows)))
    random.Random(3).shuffle(shuffled)
    again = judge(of or device(), [rows[n] for n in shuffled], list(accepted), now, **more)
    assert sorted((j.verdict, j.code, j.read.value) for j in found) == sorted(
        (j.verdict, j.code, j.read.value) for j in again
    )
    return [(judgement.verdict, judgement.code) for judgement in found]


def verdict(row, *accepted, of=None, **more):
    return verdicts([row], accepted, of, **more)[0]


JANUARY = read("2024-01-31", 1_000, read_id="jan")
MARCH = read("2024-03-31", 3_000, read_id="mar")


class TestWithoutLookingAtOthers:
    @pytest.mark.parametrize(
        ("row", "code"),
        [
            (read("2024-02-29", -1), "negative"),
            (read("2024-02-29", 10**12), "absurd"),
            (read("1970-01-01 00:00", 500), "absurd-time"),
            (read("2025-01-01", 500), "future-time"),
            (read("2025-01-01", 500, "removal"), "future-time"),
            (read("2024-02-29", 500, device="x"), "other-device"),
            (read(datetime(2024, 2, 29), 500), "no-timezone"),
            (read("2024-02-29", 500, meter="black"), "virtual-meter"),
        ],
    )
    def test_quarantined(self, row, code):
        assert verdict(row, of=device(black="total - colour")) == (QUARANTINED, code)

    def test_a_future_time_is_taken_as_an_estimate(self):
        assert verdict(read("2025-01-31", 500, "estimate")) == (ACCEPTED, "")

    def test_a_counter_shows_no_more_than_its_digits(self):
        assert verdict(read("2024-02-29", 100_000), of=device(digits=5)) == (QUARANTINED, "too-many-digits")
        assert verdict(read("2024-02-29", 99_999), of=device(digits=5)) == (ACCEPTED, "")

    def test_the_first_read_of_a_meter_is_taken(self):
        assert verdict(read("2024-02-29", 500)) == (ACCEPTED, "")

    def test_now_needs_a_zone(self):
        with pytest.raises(ValueError, match="time zone"):
            judge(device(), [], [], datetime(2024, 1, 1))

    def test_no_rows_no_verdicts(self):
        assert judge(device(), [], [], NOW) == []


class TestSameMoment:
    def test_the_same_read_again_is_a_no_op(self):
        assert verdict(replace(JANUARY, read_id="file.csv:9"), JANUARY) == (DUPLICATE, "duplicate")

    def test_twice_in_one_file_counts_once(self):
        assert sorted(verdicts([JANUARY, JANUARY])) == [(ACCEPTED, ""), (DUPLICATE, "duplicate")]

    def test_another_value_is_a_conflict_and_the_ledgers_stands(self):
        other = read("2024-01-31", 1_001)
        assert verdicts([other, JANUARY], [JANUARY]) == [
            (QUARANTINED, "conflict"),
            (DUPLICATE, "duplicate"),
        ]

    def test_two_new_values_are_both_put_aside(self):
        rows = [JANUARY, read("2024-01-31", 1_001), MARCH]
        assert verdicts(rows) == [(QUARANTINED, "conflict")] * 2 + [(ACCEPTED, "")]

    def test_the_same_moment_written_in_another_zone(self):
        new_york = replace(JANUARY, taken_at=JANUARY.taken_at.astimezone())
        assert verdict(new_york, JANUARY)[0] is DUPLICATE

    def test_old_and_new_counter_may_be_read_at_one_moment(self):
        swap = [read("2024-01-31", 0, "reset"), read("2024-02-10", 40)]
        assert verdicts(swap, [JANUARY]) == [(ACCEPTED, ""), (ACCEPTED, "")]

    def test_a_removal_says_more_than_a_plain_read_of_the_same_value(self):
        removal = read("2024-01-31", 1_000, "removal")
        assert verdict(removal, JANUARY) == (ACCEPTED, "")
        assert verdict(JANUARY, removal) == (DUPLICATE, "duplicate")
        assert verdicts([JANUARY, removal]) == [(DUPLICATE, "duplicate"), (ACCEPTED, "")]

    def test_an_actual_read_overrules_an_estimate_not_the_other_way_round(self):
        estimate = read("2024-01-31", 990, "estimate")
        assert verdict(JANUARY, estimate) == (ACCEPTED, "")
        assert verdict(estimate, JANUARY) == (QUARANTINED, "conflict")
        assert verdict(replace(estimate, value=1_000), JANUARY) == (DUPLICATE, "duplicate")
        assert verdict(replace(estimate, value=991), estimate) == (QUARANTINED, "conflict")

    def test_a_superseded_read_that_is_sent_again_stays_out(self):
        right = read("2024-01-31", 900, read_id="r2", supersedes="jan", reason="misread")
        assert verdict(JANUARY, JANUARY, right) == (DUPLICATE, "duplicate")
        assert verdict(right, JANUARY, right) == (DUPLICATE, "duplicate")


class TestOrderOfTheCounter:
    def test_lower_than_before_needs_a_kind(self):
        low = read("2024-02-29", 900)
        assert verdict(low, JANUARY) == (QUARANTINED, "lower-than-before")
        assert verdict(read("2024-02-29", 900, "removal"), JANUARY)[0] is QUARANTINED
        assert verdict(read("2024-02-29", 900, "reset"), JANUARY) == (ACCEPTED, "")
        assert verdict(read("2024-02-29", 900, "install"), JANUARY) == (ACCEPTED, "")
        assert verdict(read("2024-02-29", 900, "rollover"), JANUARY, of=device(digits=4)) == (ACCEPTED, "")

    def test_the_same_value_later_is_a_device_that_stood_still(self):
        assert verdict(read("2024-02-29", 1_000), JANUARY) == (ACCEPTED, "")

    def test_the_message_names_the_read_before_and_the_likely_cause(self):
        [found] = judge(device(digits=4), [read("2024-02-29", 20)], [read("2024-01-31", 9_990)], NOW)
        assert "9,990 on 2024-01-31 12:00" in found.message
        assert "4 digits may have run over" in found.message
        [found] = judge(device(), [read("2024-02-29", 20)], [read("2024-01-31", 9_990)], NOW)
        assert "swap of the board" in found.message

    def test_times_in_messages_are_local(self):
        rows = [read("2024-02-29", 20)], [read("2024-01-31 02:00", 90)]
        [found] = judge(device(), *rows, NOW, "America/New_York")
        assert "2024-01-30 21:00" in found.message

    def test_the_read_before_counts_however_old_it_is(self):
        old = read("2015-01-31", 5_000)
        assert verdict(read("2024-01-31", 4_000), old) == (QUARANTINED, "lower-than-before")
        assert verdict(read("2024-01-31", 4_000), read("2014-01-31", 9), old)[0] is QUARANTINED

    def test_a_read_at_the_moment_of_an_install_comes_before_it(self):
        new_here = read("2024-01-31", 7, "install")
        assert verdict(read("2024-01-31", 900), new_here) == (ACCEPTED, "")
        assert verdict(read("2024-01-31", 3), new_here) == (ACCEPTED, "")

    def test_a_back_dated_read_fits_between_its_neighbours(self):
        ledger_reads = (JANUARY, MARCH)
        assert verdict(read("2024-02-29", 2_000), *ledger_reads) == (ACCEPTED, "")
        assert verdict(read("2024-02-29", 3_001), *ledger_reads) == (QUARANTINED, "above-next")
        assert verdict(read("2024-02-29", 999), *ledger_reads) == (QUARANTINED, "lower-than-before")
        assert verdict(read("2023-12-31", 1_001), *ledger_reads) == (QUARANTINED, "above-next")
        assert verdict(read("2023-12-31", 1_000), *ledger_reads) == (ACCEPTED, "")

    def test_a_read_before_a_reset_may_be_above_it(self):
        swapped = (JANUARY, read("2024-03-31", 5, "reset"))
        assert verdict(read("2024-02-29", 1_400), *swapped) == (ACCEPTED, "")

    def test_rows_are_judged_by_time_of_reading_not_of_entry(self):
        rows = [read("2024-03-31", 1_200), read("2024-01-31", 1_000), read("2024-02-29", 1_100)]
        assert verdicts(rows) == [(ACCEPTED, "")] * 3
        rows = [read("2024-03-31", 900), read("2024-01-31", 1_000), read("2024-02-29", 1_100)]
        assert verdicts(rows) == [(QUARANTINED, "lower-than-before"), (ACCEPTED, ""), (ACCEPTED, "")]

    def test_after_a_board_swap_that_nobody_told_all_wait(self):
        rows = daily("2024-02-01", [1_100, 1_200, 3, 40, 90])
        assert [code for _, code in verdicts(rows, [JANUARY])] == ["", "", *["lower-than-before"] * 3]
        told = [*rows[:2], read("2024-02-03 12:00", 3, "reset"), *rows[3:]]
        assert [v for v, _ in verdicts(told, [JANUARY])] == [ACCEPTED] * 5

    def test_a_rollover_is_lower_and_a_reset_should_be(self):
        assert verdict(read("2024-02-29", 1_000, "rollover"), JANUARY) == (QUARANTINED, "rollover-not-lower")
        assert verdict(read("2024-02-29", 1_000, "reset"), JANUARY) == (FLAGGED, "reset-not-lower")

    def test_one_spike_among_new_rows_is_the_odd_one_out(self):
        rows = daily("2024-02-01", [1_050, 99_999, 1_100, 1_150])
        assert verdicts(rows, [JANUARY]) == [
            (ACCEPTED, ""),
            (QUARANTINED, "above-next"),
            (ACCEPTED, ""),
            (ACCEPTED, ""),
        ]

    def test_a_high_row_before_a_known_swap_is_no_spike(self):
        swap = read("2024-02-02 18:00", 3, "reset")
        rows = daily("2024-02-02", [9_000, 10, 20])
        assert verdicts(rows, [JANUARY, swap]) == [(ACCEPTED, "")] * 3

    def test_one_low_row_among_good_ones_is_put_aside_alone(self):
        rows = daily("2024-02-01", [1_050, 7, 1_100, 1_150])
        assert [code for _, code in verdicts(rows, [JANUARY])] == ["", "lower-than-before", "", ""]

    def test_meters_are_judged_apart(self):
        rows = [read("2024-02-29", 10, meter="colour"), read("2024-02-29", 1_100)]
        assert verdicts(rows, [JANUARY]) == [(ACCEPTED, "")] * 2


class TestExpectedVolume:
    """3,025 a month is 100 a day; with the buffer of 60 % thirty days may bring 4,800."""

    OF = device(monthly=3_025)
    BASE = read("2024-02-01", 1_000)

    def test_up_to_the_buffer_and_not_above(self):
        assert verdict(read("2024-03-02", 5_800), self.BASE, of=self.OF) == (ACCEPTED, "")
        assert verdict(read("2024-03-02", 5_801), self.BASE, of=self.OF) == (FLAGGED, "above-expected")

    def test_the_buffer_can_be_set(self):
        row = read("2024-03-02", 5_500)
        assert verdict(row, self.BASE, of=self.OF, buffer=Decimal("0.5")) == (ACCEPTED, "")
        assert verdict(row, self.BASE, of=self.OF, buffer=Decimal("0.4999"))[0] is FLAGGED

    def test_the_message_has_the_figures(self):
        [found] = judge(self.OF, [read("2024-03-02", 9_000)], [self.BASE], NOW)
        assert found.message.startswith("8,000 clicks in 30 days, 3,000 expected")

    def test_the_meters_own_reads_come_before_the_devices_figure(self):
        own = daily("2024-01-01", [0, 600, 1_200], step=30)  # 20 a day
        assert verdict(read("2024-03-31", 2_160), *own, of=self.OF) == (ACCEPTED, "")
        assert verdict(read("2024-03-31", 2_161), *own, of=self.OF) == (FLAGGED, "above-expected")

    def test_where_nothing_is_expected_nothing_is_flagged(self):
        assert verdict(read("2024-03-02", 999_999), self.BASE) == (ACCEPTED, "")

    def test_a_busy_day_is_no_news_a_busy_week_is(self):
        quiet = daily("2024-01-01", [20 * n for n in range(60)])  # 20 a day
        last = quiet[-1]
        busy_day = read(last.taken_at + timedelta(days=1), last.value + 100)  # five times as much
        assert verdict(busy_day, *quiet) == (ACCEPTED, "")
        busy_week = daily("2024-03-01", [last.value + 100 * n for n in range(1, 8)])
        assert FLAGGED in [v for v, _ in verdicts(busy_week, quiet)]

    @pytest.mark.parametrize("together", [True, False])
    def test_a_jump_flags_the_read_that_brought_it_and_not_the_days_after(self, together):
        quiet = daily("2024-01-01", [20 * n for n in range(60)])
        jump = daily("2024-03-01", [quiet[-1].value + 5_000 + 20 * n for n in range(10)])
        if together:
            found = [v for v, _ in verdicts(jump, quiet)]
        else:
            taken, found = list(quiet), []
            for row in jump:
                found.append(verdict(row, *taken)[0])
                taken.append(row)
        assert found == [FLAGGED] + [ACCEPTED] * 9

    def test_random_daily_reads_are_not_noise(self):
        dice = random.Random(5)
        value, values = 0, []
        for n in range(400):
            value += (
                0 if n % 7 in (5, 6) else dice.randrange(0, 400)
            )  # weekends off, 0 to 400 on a working day
            values.append(value)
        found = judge(device(), daily("2023-01-01", values), [], NOW)
        assert tally(found).flagged <= 4  # 1 %

    def test_a_seasons_rise_is_expected_when_last_year_had_it(self):
        """A school prints 40 a day in August and 400 in September."""
        counts, value = [], 0
        for n in range(730):
            day = at("2022-10-01") + timedelta(days=n)
            value += 40 if day.month in (7, 8) else 400
            counts.append(value)
        rows = daily("2022-10-01", counts)
        flagged = [j.read.taken_at for j in judge(device(), rows, [], NOW) if j.verdict is FLAGGED]
        assert {moment.year for moment in flagged} <= {2023}
        assert len(flagged) <= 30

    def test_a_rollover_is_measured_too(self):
        base = read("2024-02-01", 99_000)
        of = device(monthly=3_025, digits=5)
        assert verdict(read("2024-03-02", 2_000, "rollover"), base, of=of) == (ACCEPTED, "")
        assert verdict(read("2024-03-02", 8_000, "rollover"), base, of=of) == (FLAGGED, "above-expected")

    def test_a_back_dated_reset_that_makes_the_next_read_a_jump(self):
        known = (self.BASE, read("2024-03-02", 3_000))
        assert verdict(read("2024-02-15", 2_900, "reset"), *known, of=self.OF) == (FLAGGED, "reset-not-lower")
        known = (read("2024-02-01", 90_000), read("2024-03-02", 93_000))
        assert verdict(read("2024-02-15", 5, "reset"), *known, of=self.OF) == (FLAGGED, "above-expected")
        assert verdict(read("2024-02-15", 0, "install"), self.BASE, of=self.OF) == (ACCEPTED, "")


class TestSuperseding:
    RIGHT = read("2024-03-31", 2_000, read_id="new", supersedes="mar", reason="misread")

    def test_a_corrected_read_may_be_lower_than_the_one_it_replaces(self):
        assert verdict(self.RIGHT, JANUARY, MARCH) == (ACCEPTED, "")

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"reason": " "}, "no-reason"),
            ({"supersedes": "nobody"}, "supersedes-unknown"),
            ({"supersedes": "new"}, "supersedes-itself"),
            ({"value": 999}, "lower-than-before"),
            ({"value": -1}, "negative"),
        ],
    )
    def test_it_has_to_be_right_itself(self, change, code):
        assert verdict(replace(self.RIGHT, **change), JANUARY, MARCH) == (QUARANTINED, code)

    def test_a_read_is_superseded_once(self):
        again = replace(self.RIGHT, read_id="newer", value=2_100)
        assert verdict(again, JANUARY, MARCH, self.RIGHT) == (QUARANTINED, "supersedes-again")
        chained = replace(again, supersedes="new")
        assert verdict(chained, JANUARY, MARCH, self.RIGHT) == (ACCEPTED, "")

    def test_two_corrections_that_disagree_are_both_put_aside(self):
        rows = [self.RIGHT, replace(self.RIGHT, read_id="newer", value=2_100)]
        assert verdicts(rows, [JANUARY, MARCH]) == [(QUARANTINED, "conflict")] * 2

    def test_wrong_read_and_correction_in_one_file(self):
        rows = [MARCH, self.RIGHT, read("2024-04-30", 2_500)]
        assert verdicts(rows, [JANUARY]) == [(ACCEPTED, "superseded"), (ACCEPTED, ""), (ACCEPTED, "")]
        assert ledger(JANUARY, *rows).usage("d", "mono", month(2024, 4), TOLERANCE).usage == 500

    def test_a_correction_of_a_row_that_cannot_be_taken_stands_for_itself(self):
        wrong = read("2024-03-31", -2_000, read_id="mar")
        rows = [wrong, self.RIGHT, read("2024-04-30", 2_500)]
        assert verdicts(rows, [JANUARY]) == [(QUARANTINED, "negative"), (ACCEPTED, ""), (ACCEPTED, "")]
        kept = ledger(JANUARY, *rows[1:])
        assert kept.usage("d", "mono", month(2024, 4), TOLERANCE).usage == 500
        assert verdicts([wrong, replace(self.RIGHT, reason="")], [JANUARY])[1] == (QUARANTINED, "no-reason")

    def test_a_correction_that_fails_leaves_the_old_read_standing(self):
        rows = [replace(self.RIGHT, value=1), read("2024-04-30", 2_500)]
        assert verdicts(rows, [JANUARY, MARCH]) == [(QUARANTINED, "lower-than-before")] * 2

    def test_reads_that_supersede_each_other_are_refused(self):
        rows = [
            read("2024-02-01", 1_100, read_id="a", supersedes="b", reason="x"),
            read("2024-02-02", 1_200, read_id="b", supersedes="a", reason="y"),
        ]
        assert verdicts(rows, [JANUARY]) == [(QUARANTINED, "supersedes-itself")] * 2

    def test_an_estimate_can_withdraw_a_read_that_was_of_another_device(self):
        withdraw = replace(self.RIGHT, value=1_900, kind=read("2024-01-01", 0, "estimate").kind)
        assert verdict(withdraw, JANUARY, MARCH) == (ACCEPTED, "")
        assert [r.value for r in log(JANUARY, MARCH, withdraw).reads] == [1_000]

    def test_a_billed_read_cannot_be_removed_an_unbilled_one_can(self):
        book = ledger(JANUARY, MARCH)
        billed = [book.boundary("d", "mono", MARCH.taken_at.date(), TOLERANCE)]
        assert "cannot be removed" in removal_refusal(MARCH, billed)
        assert removal_refusal(JANUARY, billed) == ""
        assert verdict(self.RIGHT, JANUARY, MARCH) == (ACCEPTED, "")  # but superseded it can be


class TestSerials:
    FLEET = (
        Device("D1", serial="ABC 123"),
        Device("D2", serial="XY"),
        Device("D3", serial="xy "),
        Device("D4", serial=""),
        Device("D5", serial=" "),
    )

    def test_one_device(self):
        assert resolve(" abc123", self.FLEET).device.device == "D1"
        assert resolve("ABC123", {each.device: each for each in self.FLEET}).device.device == "D1"

    @pytest.mark.parametrize(
        ("serial", "code"), [("nobody", "serial-unknown"), ("XY", "serial-ambiguous"), ("", "serial-blank")]
    )
    def test_quarantined(self, serial, code):
        found = SerialIndex(self.FLEET).resolve(serial)
        assert found.device is None
        judgement = found.refusal(read("2024-01-31", 5, device=""))
        assert (judgement.verdict, judgement.code) == (QUARANTINED, code)
        assert judgement.message

    def test_the_candidates_are_named(self):
        found = resolve("XY", self.FLEET)
        assert found.candidates == ("D2", "D3")
        assert "D2, D3" in found.message


def test_logs_serve_as_well_as_reads():
    """A store that keeps built logs need not give every old read again."""
    known = daily("2024-01-01", [20 * n for n in range(60)])
    rows = [read("2024-03-05", 1_300), read("2024-03-06", 5), read("2024-01-10", 500), known[7]]
    from_reads = judge(device(), rows, known, NOW)
    assert from_reads == judge(device(), rows, {"mono": log(*known)}, NOW)
    assert [j.verdict for j in from_reads] == [ACCEPTED, QUARANTINED, QUARANTINED, DUPLICATE]


def test_what_was_accepted_bills():
    rows = [
        read("2024-01-31", 1_000),
        read("2024-02-29", 1_400),
        read("2024-02-15", 1),
        read("2024-01-31", 1_000),
    ]
    found = judge(device(), rows, [], NOW)
    assert tally(found) == type(tally(found))(accepted=2, flagged=0, quarantined=1, duplicate=1)
    book = Ledger.build([j.read for j in found if j.verdict in (ACCEPTED, FLAGGED)], [device()])
    assert book.usage("d", "mono", month(2024, 2), TOLERANCE).usage == 400
