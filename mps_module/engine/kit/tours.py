"""Fill rates of independent parts, one job or several jobs between two restocks: exact, as sums of products.

A job needs part i in d units with probability pmf_i[d], each part independent of the others and each job of the
others. A tour has J jobs; the job fill rate is the expected share of them that is filled.

One job: it is filled when no need exceeds the stock, so the rate is the product over i of P(D_i <= s_i).

Partial: a job takes what is there even when it cannot be finished, so the stock of a part depends on the demand for
that part alone. Job k lacks nothing of part i when it needs none, or when the demand of jobs 1..k together does not
exceed the stock. The rate is the mean over k of a product over i.

All-or-nothing: a broken job takes nothing, which ties the parts together. Write A for "the job is filled and takes
its parts", D for the diagonal of "the job could be filled from this stock". Both are tensor products over the parts,
and the stock after one job is (A + I - D) of the stock before. Expanding (A - D + I)^t gives words in A and -D, and
the value of a word is again a product over the parts. Sum over t < J of [word, then D] and collect equal words:
a word of length k occurs comb(J, k + 1) times. So J jobs cost 2^J - 1 products, whatever the number of parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

from mps_module.engine.kit.values import KitError, Take

Pmf = tuple[float, ...]
Table = list[tuple[float, ...]]  # by units aboard: one factor per term of the sum
MAX_WORD_JOBS = 12


def check_pmf(code: str, pmf: Sequence[float]) -> Pmf:
    """P(needs 0), P(needs 1) … of one job. Raises KitError unless they are probabilities that add up to 1."""
    values = tuple(float(p) for p in pmf)
    if not values or any(not 0 <= p <= 1 for p in values) or abs(sum(values) - 1) > 1e-9:
        raise KitError(f"{code}: the chances of needing 0, 1, 2 … units must add up to 1")
    while len(values) > 1 and values[-1] == 0:
        values = values[:-1]
    return values


def term_weights(jobs: int, take: Take) -> list[float]:
    """Weight of each product in the sum that makes the rate; the order is that of `table`'s factors."""
    if jobs < 1:
        raise KitError("a tour has one job at least")
    if jobs == 1:
        return [1.0]
    if take is Take.PARTIAL:
        return [1 / jobs] * jobs
    if jobs > MAX_WORD_JOBS:
        raise KitError(
            f"all-or-nothing is exact up to {MAX_WORD_JOBS} jobs between restocks; use partial "
            "(a proven lower bound for it) or the job history for longer tours"
        )
    return _word_weights(jobs, 0, 1)


def _word_weights(jobs: int, length: int, sign: int) -> list[float]:
    own = [sign * comb(jobs, length + 1) / jobs]
    if length == jobs - 1:
        return own
    return own + _word_weights(jobs, length + 1, sign) + _word_weights(jobs, length + 1, -sign)


def table(pmf: Pmf, limit: int, jobs: int, take: Take) -> Table:
    """Factors of one part for 0..limit units aboard, one factor per term (see `term_weights`)."""
    if jobs == 1:
        return [(min(1.0, sum(pmf[: units + 1])),) for units in range(limit + 1)]
    if take is Take.PARTIAL:
        return _partial(pmf, limit, jobs)
    return [_words(pmf, units, jobs) for units in range(limit + 1)]


def _partial(pmf: Pmf, limit: int, jobs: int) -> Table:
    before = [1.0] + [0.0] * limit  # chance that earlier jobs asked for so many units, up to the limit
    rows: list[list[float]] = [[] for _ in range(limit + 1)]
    for _ in range(jobs):
        after = [0.0] * (limit + 1)
        for asked, chance in enumerate(before):
            for need, p in enumerate(pmf[: limit + 1 - asked]):
                after[asked + need] += chance * p
        # lacking nothing: needs none (whatever came before), or all demand so far fits
        idle, fits = 0.0, 0.0
        for units in range(limit + 1):
            idle += before[units] * pmf[0]
            fits += after[units]
            rows[units].append(min(1.0, pmf[0] + fits - idle))
        before = after
    return [tuple(row) for row in rows]


def _words(pmf: Pmf, units: int, jobs: int) -> tuple[float, ...]:
    fits = [min(1.0, sum(pmf[: left + 1])) for left in range(units + 1)]
    factors: list[float] = []

    def walk(chance: list[float], length: int) -> None:
        factors.append(sum(map(float.__mul__, chance, fits)))
        if length == jobs - 1:
            return
        taken = [0.0] * (units + 1)
        for left, x in enumerate(chance):
            if x:
                for need, p in enumerate(pmf[: left + 1]):
                    taken[left - need] += x * p
        walk(taken, length + 1)
        walk([x * y for x, y in zip(chance, fits, strict=True)], length + 1)

    walk([0.0] * units + [1.0], 0)
    return tuple(factors)


def useful_units(pmf: Pmf, jobs: int) -> int:
    """Units beyond which a tour can never need one more."""
    return (len(pmf) - 1) * jobs
