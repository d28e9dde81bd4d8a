"""What holds for any reads: order of entry does not matter, no click is lost, nothing that came in is dropped."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.contract import Tolerance
from mps_module.engine.intake import judge, tally
from mps_module.engine.meterlog import step
from mps_module.engine.periods import Period
from mps_module.engine.reads import Read, ReadKind, Verdict
from mps_module.engine.result import Basis
from tests.engine.reads.build import at, device, ledger, log, read

FIRST = at("2024-01-01")
NOW = at("2026-01-01")
KINDS = ["actual"] * 8 + ["estimate", "removal", "install", "reset", "rollover"]
INTO_LEDGER = (Verdict.ACCEPTED, Verdict.FLAGGED)


@st.composite
def any_reads(draw, most: int = 14) -> list[Read]:
    """Reads of any kind and value, on some of 40 half-days, so that moments and values meet."""
    rows = draw(
        st.lists(st.tuples(st.integers(0, 40), st.integers(0, 60), st.sampled_from(KINDS)), max_size=most)
    )
    return [
        read(FIRST + timedelta(hours=12 * half), 10 * value, kind, read_id=f"r{n}")
        for n, (half, value, kind) in enumerate(rows)
    ]


@st.composite
def true_reads(draw) -> list[Read]:
    """What a collector brings: rising values, now and then a board swap or an install."""
    reads, moment, value = [], FIRST, 100
    for n in range(draw(st.integers(1, 25))):
        moment += timedelta(hours=draw(st.integers(1, 30 * 24)))
        kind = draw(st.sampled_from(["actual"] * 9 + ["reset", "install"])) if n else "actual"
        value = value + draw(st.integers(0, 900)) if kind == "actual" else draw(st.integers(0, value))
        reads.append(read(moment, value, kind, read_id=f"r{n}"))
    return reads


@st.composite
def cuts(draw) -> list[Period]:
    """Some months, cut into periods without a gap."""
    start = date(2024, 1, 15) + timedelta(days=draw(st.integers(0, 60)))
    periods = []
    for length in draw(st.lists(st.integers(1, 45), min_size=1, max_size=10)):
        periods.append(Period(start, start + timedelta(days=length - 1)))
        start += timedelta(days=length)
    return periods


tolerances = st.builds(Tolerance, st.integers(0, 20), st.integers(0, 20))


def outcome(rows, accepted=(), **more):
    found = judge(device(monthly=300), rows, accepted, NOW, **more)
    return Counter((j.verdict, j.code, j.read.taken_at, j.read.value, j.read.kind) for j in found)


@given(any_reads(), any_reads(), st.randoms(use_true_random=False))
def test_the_order_of_entry_does_not_matter(rows, before, dice):
    known = [j.read for j in judge(device(), before, [], NOW) if j.verdict in INTO_LEDGER]
    expected = outcome(rows, known)
    dice.shuffle(rows)
    dice.shuffle(known)
    assert outcome(rows, known) == expected


@given(any_reads(), any_reads())
def test_the_counts_add_up_and_every_row_has_its_verdict(rows, before):
    known = [j.read for j in judge(device(), before, [], NOW) if j.verdict in INTO_LEDGER]
    found = judge(device(monthly=300), rows, known, NOW)
    assert [judgement.read for judgement in found] == rows
    counts = tally(found)
    assert counts.accepted + counts.flagged + counts.quarantined + counts.duplicate == len(rows)
    assert all(j.code and j.message for j in found if j.verdict is not Verdict.ACCEPTED)


@given(any_reads(most=30))
def test_what_was_taken_never_counts_backwards(rows):
    taken = [j.read for j in judge(device(), rows, [], NOW) if j.verdict in INTO_LEDGER]
    odometers = log(*taken).odometers
    assert list(odometers) == sorted(odometers)


@given(any_reads(most=25))
def test_the_same_file_again_changes_nothing(rows):
    taken = [j.read for j in judge(device(), rows, [], NOW) if j.verdict in INTO_LEDGER]
    again = judge(device(), taken, taken, NOW)
    assert {j.verdict for j in again} <= {Verdict.DUPLICATE}


@given(true_reads(), st.data())
def test_true_reads_are_all_taken_in_whatever_parts_they_come(reads, data):
    """Installs and resets come first, as staff enters them with the swap; the rest in any order, in any parts."""
    swaps = [each for each in reads if each.kind is not ReadKind.ACTUAL]
    rest = data.draw(st.permutations([each for each in reads if each.kind is ReadKind.ACTUAL]))
    cut = data.draw(st.integers(0, len(rest)))
    taken: list[Read] = []
    for part in (swaps, rest[:cut], rest[cut:]):
        found = judge(device(), part, taken, NOW)
        taken += [j.read for j in found if j.verdict in INTO_LEDGER]
    assert log(*taken) == log(*reads)


@given(true_reads(), cuts(), tolerances)
def test_periods_add_up_to_the_whole(reads, periods, tolerance):
    """Usage of the parts = closing odometer - opening odometer, over estimates, resets and all."""
    book = ledger(*reads, of=device(monthly=500))
    parts = [book.usage("d", "mono", each, tolerance, first=n == 0) for n, each in enumerate(periods)]
    for this, following in pairwise(parts):
        assert following.opening == this.closing
    whole = parts[-1].closing.odometer - parts[0].opening.odometer
    assert sum(part.usage for part in parts) == whole


@given(true_reads())
def test_usage_is_the_sum_over_epochs_of_close_less_open(reads):
    """Against a plain count: all periods together, from the first read to the last."""
    whole = Period(FIRST.date(), reads[-1].taken_at.date())
    edge = Tolerance(0, 800)
    opening = ledger(*reads).boundary("d", "mono", whole.start, edge, opening=True)
    closing = ledger(*reads).boundary("d", "mono", whole.end, Tolerance(1, 0))
    epochs: list[list[Read]] = [[]]
    for each in reads:
        if each.kind is not ReadKind.ACTUAL:
            epochs.append([])
        epochs[-1].append(each)
    first = opening.read
    counted = [run[-1].value - run[0].value for run in epochs if run]
    if first in epochs[0]:
        counted[0] = epochs[0][-1].value - first.value
    else:  # the window took an install: only what came from then on
        n = next(n for n, run in enumerate(epochs) if first in run)
        counted = counted[n:]
    assert closing.odometer - opening.odometer == sum(counted) - late(reads, closing.read)


def late(reads: list[Read], closed: Read) -> int:
    """Clicks after the read that the last day closed at (several reads can lie on that day)."""
    at_close = reads.index(closed)
    pairs = pairwise(reads[at_close:])
    return sum(step(new.kind, old.value, new.value, None) for old, new in pairs)


@given(true_reads(), cuts(), tolerances, st.randoms(use_true_random=False))
def test_computed_again_it_is_the_same(reads, periods, tolerance, dice):
    def usages(rows):
        book = ledger(*rows, of=device(monthly=500))
        return [book.usage("d", "mono", each, tolerance) for each in periods]

    expected = usages(reads)
    shuffled = list(reads)
    dice.shuffle(shuffled)
    assert usages(shuffled) == expected


@given(true_reads(), cuts(), tolerances)
def test_what_was_billed_stays_billed_when_later_reads_come(reads, periods, tolerance):
    """The closing boundaries of a posted bill hold against every read that is taken after the last of its windows."""
    last = periods[-1].end + timedelta(days=tolerance.after)
    known = [each for each in reads if each.taken_at.date() <= last]
    if not known:
        return
    now, later = (ledger(*rows, of=device(monthly=500)) for rows in (known, reads))
    for each in periods:
        found = now.usage("d", "mono", each, tolerance).closing
        if found.basis is not Basis.MISSING and found.in_tolerance:
            assert later.usage("d", "mono", each, tolerance).closing == found
