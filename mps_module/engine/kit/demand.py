"""From past jobs to what the models ask for: selection, tours, and chances of need with a prior."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from mps_module.engine.kit.values import History, Job, KitError, Part

PRIOR_JOBS = 50.0  # what a family's rate counts for, in jobs, where its spread cannot be measured
PRIOR_RANGE = (10.0, 1000.0)


def day_of(job: Job) -> date | None:
    return job.on.date() if isinstance(job.on, datetime) else job.on


def select(
    jobs: Iterable[Job],
    *,
    technician: str = "",
    territory: str = "",
    models: Iterable[str] = (),
    since: date | None = None,
    until: date | None = None,
) -> tuple[Job, ...]:
    """Jobs of one technician or territory, of some models, from `since` to `until` (both included)."""
    wanted = frozenset(models)
    kept = []
    for job in jobs:
        day = day_of(job)
        if (technician and job.technician != technician) or (territory and job.territory != territory):
            continue
        if wanted and job.model not in wanted:
            continue
        if (since and (day is None or day < since)) or (until and (day is None or day > until)):
            continue
        kept.append(job)
    return tuple(kept)


def tours_of(jobs: Iterable[Job], by: str | int = "tour") -> History:
    """Jobs by restock, in order of time (then key).

    Args:
        by: "tour" (the jobs' own `tour`; a job without one is alone), "day" or "week" (of one technician), or a
            number: so many jobs of one technician in a row.

    Raises KitError for an unknown grouping, or for a job without a date where the grouping needs one.
    """
    listed = list(jobs)
    if by == "tour":
        groups: dict[object, list[Job]] = defaultdict(list)
        for number, job in enumerate(listed):
            groups[(job.technician, job.tour) if job.tour else number].append(job)
        return History(tuple(tuple(_in_order(group)) for group in groups.values()))
    if any(job.on is None for job in listed):
        raise KitError("tours by time need the date of every job")
    groups = defaultdict(list)
    if isinstance(by, int):
        if by < 1:
            raise KitError("a tour has one job at least")
        for job in listed:
            groups[job.technician].append(job)
        rows = (_in_order(group) for group in groups.values())
        return History(tuple(tuple(row[at : at + by]) for row in rows for at in range(0, len(row), by)))
    if by not in ("day", "week"):
        raise KitError(f"tours by {by}? They go by tour, day, week or a number of jobs")
    for job in listed:
        day = day_of(job)
        groups[(job.technician, day if by == "day" or day is None else day.isocalendar()[:2])].append(job)
    return History(tuple(tuple(_in_order(group)) for group in groups.values()))


def _in_order(jobs: Iterable[Job]) -> list[Job]:
    """By time, then key. A day without an hour comes before its hours; mixed zones compare by moment."""

    def when(job: Job) -> tuple[str, float, str]:
        if isinstance(job.on, datetime):
            return (job.on.date().isoformat(), job.on.timestamp(), job.key)
        return (job.on.isoformat() if job.on else "", float("-inf"), job.key)

    return sorted(jobs, key=when)


@dataclass(frozen=True, slots=True)
class Need:
    """How often a job needs a part.

    Attributes:
        seen: jobs that needed it. exposed: jobs that could have (its models, since it exists).
        prior, strength: the family's rate per exposed job, and what it counts for in jobs.
        rate: (seen + strength x prior) / (exposed + strength), the mean of the Beta posterior.
        share: part of the jobs that are exposed; for a part without any, those of its models.
        pmf: P(a job needs 0, 1, 2 … units), over all jobs.
        source: "history", or whose rate stood in: "model", "group" or "fleet".
    """

    part: str
    seen: int
    exposed: int
    prior: float
    strength: float
    rate: float
    share: float
    pmf: tuple[float, ...]
    source: str

    @property
    def chance(self) -> float:
        """P(a job needs it)."""
        return 1 - self.pmf[0]


def estimate(parts: Sequence[Part], jobs: Iterable[Job], strength: float | None = None) -> tuple[Need, ...]:
    """Chances of need by part, each drawn towards the rate of its family (Beta-binomial, empirical Bayes).

    A part leans on the parts that share a model and its group, else on its group, else on all; a part that no job
    could have needed yet takes that rate as it is. `strength`: what the family counts for in jobs; None = measured
    from the spread within the family by the method of moments, 50 where that cannot be done.

    Raises KitError without jobs.
    """
    past = list(jobs)
    if not past:
        raise KitError("without jobs there is no rate to estimate")
    units: dict[str, Counter[int]] = defaultdict(Counter)
    exposed, seen, share = {}, {}, {}
    by_day = [(job, day_of(job)) for job in past]
    for part in parts:
        fits = [day for job, day in by_day if not part.models or not job.model or job.model in part.models]
        share[part.code] = len(fits) / len(past)
        exposed[part.code] = sum(1 for day in fits if part.since is None or day is None or day >= part.since)
    for job in past:
        for code, qty in job.needs:
            units[code][qty] += 1
    for part in parts:
        seen[part.code] = sum(units[part.code].values())
        # a use on a model that the part is not known to fit shows that it does fit
        exposed[part.code] = max(exposed[part.code], seen[part.code])
        share[part.code] = max(share[part.code], seen[part.code] / len(past))
    families = _Families(parts, seen, exposed, strength)
    return tuple(_need(part, seen, exposed, share[part.code], units[part.code], families) for part in parts)


def _need(
    part: Part,
    seen: dict[str, int],
    exposed: dict[str, int],
    share: float,
    units: Counter[int],
    families: _Families,
) -> Need:
    prior, strength, source = families.prior(part)
    tried = exposed[part.code]
    rate = (seen[part.code] + strength * prior) / (tried + strength) if tried else prior
    chance = min(1.0, rate * share)
    total = sum(units.values())
    split = {qty: count / total for qty, count in units.items()} if total else {1: 1.0}
    pmf = (1 - chance, *(chance * split.get(qty, 0.0) for qty in range(1, max(split) + 1)))
    own = "history" if tried else source
    return Need(part.code, seen[part.code], tried, prior, strength, rate, share, pmf, own)


class _Families:
    """Rates of the parts alike, for each part without itself."""

    def __init__(
        self, parts: Sequence[Part], seen: dict[str, int], exposed: dict[str, int], strength: float | None
    ) -> None:
        self.seen, self.exposed, self.strength = seen, exposed, strength
        self.tried = [part for part in parts if exposed[part.code]]
        self.groups: dict[str, list[Part]] = defaultdict(list)
        for part in self.tried:
            self.groups[part.group].append(part)
        self.sums: dict[tuple[str, ...], tuple[float, float]] = {}

    def prior(self, part: Part) -> tuple[float, float, str]:
        """(rate, strength in jobs, whose)."""
        alike = [p for p in self.groups.get(part.group, ()) if p.code != part.code] if part.group else []
        kin = [p for p in alike if p.models & part.models]
        for peers, source in ((kin, "model"), (alike, "group")):
            if peers:
                return (*self._moments(peers), source)
        if len(self.tried) > 1 or (self.tried and self.tried[0].code != part.code):
            return (*self._moments(self.tried), "fleet")
        return 0.0, 0.0 if self.exposed[part.code] else PRIOR_JOBS, "fleet"

    def _moments(self, peers: list[Part]) -> tuple[float, float]:
        key = tuple(part.code for part in peers)
        if key not in self.sums:
            self.sums[key] = self._measure(peers)
        return self.sums[key]

    def _measure(self, peers: list[Part]) -> tuple[float, float]:
        tried = sum(self.exposed[p.code] for p in peers)
        mean = sum(self.seen[p.code] for p in peers) / tried
        if self.strength is not None or len(peers) < 3 or not 0 < mean < 1:
            return mean, PRIOR_JOBS if self.strength is None else self.strength
        rates = [(self.seen[p.code] / self.exposed[p.code], self.exposed[p.code]) for p in peers]
        spread = sum(n * (rate - mean) ** 2 for rate, n in rates) / tried
        noise = mean * (1 - mean) * len(peers) / tried  # what chance alone would spread them
        if spread <= noise:
            return mean, PRIOR_RANGE[1]
        return mean, min(PRIOR_RANGE[1], max(PRIOR_RANGE[0], mean * (1 - mean) / (spread - noise)))


def with_prior(history: History, needs: Iterable[Need]) -> History:
    """The history with, for each part that no job could have needed yet, one assumed job of the weight that its
    prior expects in as many jobs; so that a new part is weighed against the old ones."""
    weights = sum((job.weight for job in history.jobs), Decimal(0))
    assumed = []
    for need in needs:
        weight = (Decimal(repr(need.chance)) * weights).quantize(Decimal("0.01"))
        if not need.exposed and weight > 0:
            assumed.append(Job.of(f"prior:{need.part}", {need.part: 1}, weight=weight))
    return replace(history, assumed=tuple(assumed))
