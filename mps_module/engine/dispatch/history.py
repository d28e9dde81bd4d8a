"""What calls of a kind have needed, and whether a trunk carries it: the chance that no part is missing.

Past calls are the kit engine's jobs, with problem and brand. Of the calls of the same problem on the same model, the
share is taken whose parts were all aboard: parts that fail together are counted together. Few such calls say little, so
each share is drawn towards that of a wider kind (Beta-binomial, as in the kit): problem on the model -> model -> problem
on the brand -> brand -> all. A model without history takes its brand's share, an unknown brand that of all calls.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import compress

from mps_module.engine.dispatch.values import Call
from mps_module.engine.kit import Job

STRENGTH = 10.0
"""What the wider kind counts for, in calls."""
ENOUGH = 3
"""Calls of a kind that are worth telling about; fewer, and the wider kind is told."""

Needs = tuple[tuple[str, int], ...]
Kind = tuple[str, str, str]
"""("model" | "brand" | "all", which, problem or empty)."""
ALL: Kind = ("all", "", "")


@dataclass(frozen=True, slots=True)
class PastCall:
    """A closed call: the kit engine's job, with what the kit does not ask for."""

    job: Job
    brand: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PartShare:
    """A part that calls of a kind needed: in `seen` of `calls`, mostly `units` of it; `aboard` now."""

    part: str
    seen: int
    calls: int
    units: int
    aboard: int


def kinds_of(model: str, brand: str, problem: str) -> tuple[Kind, ...]:
    """From all calls to the narrowest kind."""
    found: list[Kind] = [ALL]
    for scope, which in (("brand", brand), ("model", model)):
        if which:
            found.append((scope, which, ""))
            if problem:
                found.append((scope, which, problem))
    return tuple(found)


class Demand:
    """The history, counted once; asked for every call and trunk."""

    def __init__(
        self, needs: list[Needs], kinds: Mapping[Kind, Mapping[int, float]], strength: float
    ) -> None:
        self.needs, self.kinds, self.strength = needs, kinds, strength
        self.totals = {kind: sum(counts.values()) for kind, counts in kinds.items()}
        self.lacking: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        for number, need in enumerate(needs):
            for line in need:
                self.lacking[line].append(number)

    @classmethod
    def of(cls, past: Iterable[PastCall], strength: float = STRENGTH) -> Demand:
        numbers: dict[Needs, int] = {}
        kinds: defaultdict[Kind, Counter[int]] = defaultdict(Counter)
        for call in past:
            number = numbers.setdefault(call.job.needs, len(numbers))
            for kind in kinds_of(call.job.model, call.brand, call.problem):
                kinds[kind][number] += float(call.job.weight)
        return cls(list(numbers), dict(kinds), strength)

    def known(self, call: Call) -> tuple[Kind, ...]:
        """The kinds of a call that have history, widest first."""
        return tuple(kind for kind in kinds_of(call.model, call.brand, call.problem) if kind in self.kinds)

    def told_kind(self, call: Call) -> tuple[Kind, float]:
        """The narrowest kind that has enough history to be told, and its calls."""
        known = self.known(call)
        told = next((kind for kind in reversed(known) if self.totals[kind] >= ENOUGH), ALL)
        return told, self.totals.get(told, 0.0)

    def chance(self, call: Call, aboard: Mapping[str, int]) -> float:
        """P(a call like this needs nothing that is not aboard); 1 where there is no history at all."""
        return Trunk(self, aboard).chance(self.known(call))

    def shares(self, call: Call, aboard: Mapping[str, int], most: int = 5) -> tuple[PartShare, ...]:
        """Parts that calls like this needed, the most frequent first."""
        kind, total = self.told_kind(call)
        seen: Counter[str] = Counter()
        units: defaultdict[str, Counter[int]] = defaultdict(Counter)
        for number, weight in self.kinds.get(kind, {}).items():
            for part, qty in self.needs[number]:
                seen[part] += weight
                units[part][qty] += weight
        order = sorted(seen, key=lambda part: (-seen[part], part))[:most]
        return tuple(
            PartShare(
                part, round(seen[part]), round(total), units[part].most_common(1)[0][0], aboard.get(part, 0)
            )
            for part in order
        )


class Trunk:
    """One trunk against the whole history. Each distinct set of needs and each kind is looked at once."""

    __slots__ = ("demand", "filled", "rates")

    def __init__(self, demand: Demand, aboard: Mapping[str, int]) -> None:
        self.demand = demand
        self.filled = [True] * len(demand.needs)
        broken: set[int] = set()
        for (part, units), numbers in demand.lacking.items():
            if aboard.get(part, 0) < units:
                broken.update(numbers)
        for number in broken:
            self.filled[number] = False
        self.rates: dict[tuple[Kind, ...], float] = {}

    def chance(self, kinds: tuple[Kind, ...]) -> float:
        """`kinds`: with history, widest first (`Demand.known`). Each share leans on the one before it."""
        if not kinds:
            return 1.0
        known = self.rates.get(kinds)
        if known is None:
            kind = kinds[-1]
            counts = self.demand.kinds[kind]
            met = sum(compress(counts.values(), map(self.filled.__getitem__, counts)))
            total = self.demand.totals[kind]
            if len(kinds) == 1:
                known = met / total if total else 1.0
            else:
                strength = self.demand.strength
                known = (met + strength * self.chance(kinds[:-1])) / (total + strength)
            known = self.rates[kinds] = min(1.0, max(0.0, known))
        return known
