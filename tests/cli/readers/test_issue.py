"""Counts that always add up, and values that fit into a report."""

from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.reads import Verdict
from mps_module.engine.result import Severity
from mps_module.readers.issue import MESSAGE_LENGTH, Counts, FileTally, Issue, Tally, shown

verdicts = st.lists(st.sampled_from([Verdict.FLAGGED, Verdict.QUARANTINED, Verdict.DUPLICATE]))


@given(verdicts, st.integers(0, 50), st.integers(0, 50))
def test_counts_add_up(worst, plain, together):
    counts = Counts.of(len(worst) + plain + together, worst, together)
    assert counts.adds_up
    assert counts.accepted == plain
    assert counts.quarantined == worst.count(Verdict.QUARANTINED) + together


@given(verdicts.filter(bool))
def test_more_verdicts_than_rows_do_not_add_up(worst):
    assert not Counts.of(len(worst) - 1, worst).adds_up


@given(st.lists(st.tuples(verdicts, st.integers(0, 9)), max_size=5))
def test_a_folder_adds_up_when_its_files_do(files):
    tally = Tally(
        tuple(
            FileTally(str(n), "reads", Counts.of(len(worst) + more, worst), Counts.of(len(worst), worst))
            for n, (worst, more) in enumerate(files)
        )
    )
    assert tally.adds_up
    assert tally.rows.received == sum(len(worst) + more for worst, more in files)
    assert tally.reads.received == sum(len(worst) for worst, _ in files)
    assert tally.rows.adds_up


def test_one_file_that_does_not_add_up_is_seen():
    good = FileTally("a", "reads", Counts(2, 1, 1), Counts(2, 2))
    assert Tally((good,)).adds_up
    assert not Tally((good, FileTally("b", "reads", Counts(2, 1), None))).adds_up
    assert not Tally((good, FileTally("b", "reads", Counts(2, 2), Counts(1, 2, -1)))).adds_up


@given(st.text(max_size=400), st.integers(5, 200))
def test_shown_values_fit_and_can_be_stored(text, length):
    found = shown(text, length)
    found.encode("utf-8")
    assert found.isprintable()
    if text.isprintable():
        assert len(found) <= length


def test_half_surrogates_are_shown_as_what_they_are():
    assert shown("a\ud800b") == "a\\ud800b"
    assert shown("a\nb") == "a\\nb"
    assert shown("x" * 1000, MESSAGE_LENGTH).endswith("…")


def test_severity_follows_from_what_became_of_the_row():
    def issue(verdict):
        return Issue("a.csv", 3, "", "", "c", "m", verdict=verdict)

    assert issue(Verdict.QUARANTINED).severity is Severity.BLOCK
    assert issue(Verdict.FLAGGED).severity is Severity.WARN
    assert issue(Verdict.ACCEPTED).severity is issue(Verdict.DUPLICATE).severity is Severity.INFO
    assert issue(Verdict.FLAGGED).place == "a.csv:3"
