"""The exact concave hull of kits for jobs that need parts together, by parametric minimum cuts.

Which kit maximises (weight of jobs filled) - lambda x (cost)? Jobs pull in the parts they need: a maximum-weight
closure, solved by one minimum cut (Picard 1976, Rhys 1970). Over all lambda the answers are nested (Gallo, Grigoriadis
and Tarjan 1989), and each is the best kit for what it costs. They come from splitting: take a set of parts with its
jobs, ask for a subset that fills more weight per cost than the whole; if there is one, split there and go on in both
halves (jobs that lie across go to the outer one, where the inner parts are aboard already); if there is none, the
set is one step of the hull.

All numbers are whole, so that every comparison is exact.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

Group = tuple[int, tuple[int, ...]]  # (weight, items still needed)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Items that come aboard together, the weight of jobs they fill (given all chunks before), and their cost."""

    items: tuple[int, ...]
    value: int
    cost: int
    # exact order by value / cost without fractions; free chunks first
    rank: tuple[bool, int, tuple[int, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ratio = -(self.value << 64) // self.cost if self.cost else 0
        object.__setattr__(self, "rank", (self.cost > 0, ratio, self.items))


@dataclass(slots=True)
class _Part:
    items: list[int]
    own: dict[int, int]  # weight of jobs that need this one item only
    groups: list[Group]


class _Flow:
    """Dinic's maximum flow on arrays."""

    def __init__(self, nodes: int) -> None:
        self.head: list[list[int]] = [[] for _ in range(nodes)]
        self.to: list[int] = []
        self.cap: list[int] = []

    def arc(self, a: int, b: int, cap: int) -> None:
        self.head[a].append(len(self.to))
        self.to.append(b)
        self.cap.append(cap)
        self.head[b].append(len(self.to))
        self.to.append(a)
        self.cap.append(0)

    def levels(self, source: int, sink: int) -> list[int]:
        """Distance from the source in arcs that have room; -1 = out of reach (all of it, if the sink is)."""
        level = [-1] * len(self.head)
        level[source] = 0
        queue = [source]
        to, cap, head = self.to, self.cap, self.head
        for node in queue:
            if level[sink] >= 0 and level[node] >= level[sink]:
                break
            deeper = level[node] + 1
            for arc in head[node]:
                other = to[arc]
                if cap[arc] and level[other] < 0:
                    level[other] = deeper
                    queue.append(other)
        return level

    def run(self, source: int, sink: int) -> list[int]:
        """Saturates; returns the last levels: >= 0 marks the source's side of a minimum cut."""
        while True:
            level = self.levels(source, sink)
            if level[sink] < 0:
                return level
            self._block(source, sink, level)

    def _block(self, source: int, sink: int, level: list[int]) -> None:
        to, cap, head = self.to, self.cap, self.head
        at = [0] * len(head)
        path: list[int] = []
        node = source
        while True:
            if node == sink:
                room = min(cap[arc] for arc in path)
                cut = 0
                for depth in range(len(path) - 1, -1, -1):
                    arc = path[depth]
                    cap[arc] -= room
                    cap[arc ^ 1] += room
                    if not cap[arc]:
                        cut = depth
                node = to[path[cut] ^ 1]
                del path[cut:]
                continue
            arcs, deeper = head[node], level[node] + 1
            i = at[node]
            while i < len(arcs):
                arc = arcs[i]
                if cap[arc] and level[to[arc]] == deeper:
                    break
                i += 1
            at[node] = i
            if i < len(arcs):
                path.append(arcs[i])
                node = to[arcs[i]]
            elif path:
                node = to[path.pop() ^ 1]
                at[node] += 1
            else:
                return


def _components(part: _Part, before: Sequence[int]) -> list[_Part]:
    """Items that share no job (nor a lower unit of the same part) are solved apart."""
    root = {item: item for item in part.items}

    def find(item: int) -> int:
        while root[item] != item:
            root[item] = root[root[item]]
            item = root[item]
        return item

    for _, needed in part.groups:
        first = find(needed[0])
        for item in needed[1:]:
            root[find(item)] = first
    for item in part.items:
        if before[item] in root:
            root[find(before[item])] = find(item)
    found: dict[int, _Part] = {}
    for item in part.items:
        piece = found.setdefault(find(item), _Part([], {}, []))
        piece.items.append(item)
        if item in part.own:
            piece.own[item] = part.own[item]
    for group in part.groups:
        found[find(group[1][0])].groups.append(group)
    return list(found.values())


def _denser(part: _Part, costs: Sequence[int], before: Sequence[int], value: int, cost: int) -> set[int]:
    """A subset of the items that fills more weight per cost than all of them together; empty = there is none."""
    if len(part.items) == 2:  # most of them: one of the two alone, if it may be and its own jobs are worth it
        return {
            item
            for item in part.items
            if before[item] not in part.items and part.own.get(item, 0) * cost > value * costs[item]
        }
    index = {item: 2 + i for i, item in enumerate(part.items)}
    flow = _Flow(2 + len(part.items) + len(part.groups))
    endless = value * cost + 1
    for item, node in index.items():
        profit = part.own.get(item, 0) * cost - value * costs[item]
        if profit > 0:
            flow.arc(0, node, profit)
        elif profit < 0:
            flow.arc(node, 1, -profit)
        if before[item] in index:
            flow.arc(node, index[before[item]], endless)
    node = 2 + len(part.items)
    for weight, needed in part.groups:
        flow.arc(0, node, weight * cost)
        for item in needed:
            flow.arc(node, index[item], endless)
        node += 1
    level = flow.run(0, 1)
    return {item for item, n in index.items() if level[n] >= 0}


def _split(part: _Part, inner: set[int]) -> tuple[_Part, _Part]:
    first = _Part([i for i in part.items if i in inner], {}, [])
    rest = _Part([i for i in part.items if i not in inner], {}, [])
    for item, weight in part.own.items():
        (first if item in inner else rest).own[item] = weight
    merged: dict[tuple[int, ...], int] = {}
    for weight, needed in part.groups:
        missing = tuple(item for item in needed if item not in inner)
        if not missing:
            first.groups.append((weight, needed))
        elif len(missing) == 1:
            rest.own[missing[0]] = rest.own.get(missing[0], 0) + weight
        else:
            merged[missing] = merged.get(missing, 0) + weight
    rest.groups = [(weight, needed) for needed, weight in merged.items()]
    return first, rest


def chunks(
    costs: Sequence[int],
    before: Sequence[int],
    own: dict[int, int],
    groups: list[Group],
    tied: Collection[int] | None = None,
) -> list[Chunk]:
    """Steps of the hull in order of weight per cost.

    Args:
        costs: by item (one more unit of a part), 0 or more.
        before: by item the item that must be aboard first (the unit below), -1 for none.
        own: weight of jobs that need one item only. groups: the others, at least two items each.
        tied: leave out the items that no chain of jobs ties to one of these.
    """
    found: list[Chunk] = []
    wanted = set(own).union(*(needed for _, needed in groups))  # all others fill nothing
    for item in tuple(wanted):
        while (item := before[item]) >= 0 and item not in wanted:
            wanted.add(item)
    queue = _components(_Part(sorted(wanted), dict(own), list(groups)), before)
    if tied is not None:
        queue = [part for part in queue if any(item in tied for item in part.items)]
    while queue:
        part = queue.pop()
        value = sum(part.own.values()) + sum(weight for weight, _ in part.groups)
        if not value:
            continue
        cost = sum(costs[item] for item in part.items)
        inner = _denser(part, costs, before, value, cost) if cost and len(part.items) > 1 else set()
        if inner:
            for half in _split(part, inner):
                queue.extend(_components(half, before))
        else:
            found.append(Chunk(tuple(part.items), value, cost))
    found.sort(key=attrgetter("rank"))
    return found
