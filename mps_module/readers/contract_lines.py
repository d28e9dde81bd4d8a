"""Lines of a contract: prices, tiers, meters, allowances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import Enum
from typing import TypeVar

from mps_module.engine.contract import (
    Allowance,
    AllowanceScope,
    Line,
    LineKind,
    Price,
    Proration,
    Tier,
    TierMode,
)
from mps_module.engine.reads import Verdict
from mps_module.readers.issue import BadValue, Remark, shown
from mps_module.readers.yaml_doc import Node
from mps_module.readers.yaml_keys import Findings, Keys, choice, text, truth, whole

E = TypeVar("E", bound=Enum)


def option(kind: type[E]) -> object:
    pick = choice(tuple(member.value for member in kind))
    return lambda value: kind(pick(value))


class LineReader:
    """Reads the list under ``lines``. `decimal`: parser of the file's numbers."""

    def __init__(self, decimal: Callable[[str], tuple[Decimal, Remark | None]]) -> None:
        self.decimal = decimal

    def read(self, keys: Keys) -> tuple[Line, ...]:
        found = [
            self._line(node, number, keys.found)
            for number, node in enumerate(keys.sequence("lines"), start=1)
        ]
        seen: set[str] = set()
        for line, node in zip(found, keys.sequence("lines"), strict=True):
            if line.line_id in seen:
                keys.found.add(
                    node.line, "id", line.line_id, "line-twice", f"two lines have the id “{shown(line.line_id)}”",
                    "Give each line its own id.", Verdict.QUARANTINED,
                )  # fmt: skip
            seen.add(line.line_id)
        return tuple(found)

    def _line(self, node: Node, number: int, found: Findings) -> Line:
        keys = Keys(node, f"lines.{number}", found)
        line_id = keys.need("id", identifier, str(number))
        keys.where = f"lines.{line_id}"
        kind = keys.need("kind", option(LineKind), LineKind.FLAT)
        line = Line(
            line_id=line_id,
            kind=kind,
            price=self._price(keys, kind),
            description=keys.take("description", text, ""),
            meters=self._meters(keys),
            groups=tuple(item.text for item in keys.sequence("groups") if item.text is not None),
            allowance=self._allowance(keys),
            discount=keys.take("discount", self.decimal, Decimal(0)),
            minimum=keys.take("minimum", self.decimal, None),
            maximum=keys.take("maximum", self.decimal, None),
            block=keys.take("block", self.decimal, Decimal(0)),
            unit=keys.take("unit", _click_unit, "impression"),
            item=keys.take("item", text, ""),
            cost_center=keys.take("cost_center", text, ""),
            proration=keys.take("proration", option(Proration), None),
            escalates=keys.take("escalates", truth, True),
        )
        keys.close()
        return line

    def _price(self, keys: Keys, kind: LineKind) -> Price:
        mode = keys.take("mode", option(TierMode), TierMode.GRADUATED)
        tiers = keys.sequence("tiers")
        rate = keys.take("rate", self.decimal, None)
        if keys.has("rate") and keys.has("tiers"):
            keys.found.add(
                keys.node.line, keys.where, "", "rate-and-tiers", "both a rate and tiers are given", "Keep one of them.",
                Verdict.QUARANTINED,
            )  # fmt: skip
        if tiers:
            return Price(self._tiers(tiers, keys), mode)
        if rate is None:
            if kind is not LineKind.MATERIAL and not keys.has("rate"):  # parts bring their own price
                keys.need("rate", self.decimal, None)
            return Price((), mode)
        return Price((Tier(None, rate),), mode)

    def _tiers(self, nodes: Sequence[Node], keys: Keys) -> tuple[Tier, ...]:
        """Tiers by `up_to`. A `from` is optional; where it is given it must join the tier before."""
        tiers: list[Tier] = []
        floor: Decimal | None = Decimal(0)
        for number, node in enumerate(nodes, start=1):
            inner = Keys(node, f"{keys.where}.tiers.{number}", keys.found)
            rate = inner.need("rate", self.decimal, Decimal(0))
            up_to = inner.take("up_to", self.decimal, None)
            start = inner.take("from", self.decimal, None)
            inner.close()
            if start is not None and floor is not None and start not in (floor, floor + 1):
                word, code = (
                    ("leaves a gap after", "tier-gap") if start > floor else ("overlaps", "tier-overlap")
                )
                keys.found.add(
                    node.line, f"{keys.where}.tiers.{number}", start, code,
                    f"the tier from {start} {word} the one before, which ends at {floor}",
                    f"Write from: {floor + 1}, or leave “from” out.", Verdict.QUARANTINED,
                )  # fmt: skip
            tiers.append(Tier(up_to, rate))
            floor = up_to
        return tuple(tiers)

    def _meters(self, keys: Keys) -> dict[str, Decimal]:
        """``meter: mono``, ``meters: [mono, a3]`` or ``meters: {a4: 1, a3: 2}``."""
        meters: dict[str, Decimal] = {}
        one = keys.take("meter", identifier, "")
        if one:
            meters[one] = Decimal(1)
        node = keys.child("meters")
        if node is not None and node.pairs is not None:
            inner = Keys(node, f"{keys.where}.meters", keys.found)
            for name in node.pairs:
                meters[name] = inner.take(name, self.decimal, Decimal(1))
            inner.close()
        else:
            for item in keys.sequence("meters"):
                meters[(item.text or "").strip()] = Decimal(1)
        return meters

    def _allowance(self, keys: Keys) -> Allowance | None:
        node = keys.child("allowance")
        if node is None:
            return None
        if node.text is not None:  # allowance: 20000
            quantity = keys.take("allowance", self.decimal, None)
            return None if quantity is None else Allowance(quantity)
        inner = Keys(node, f"{keys.where}.allowance", keys.found)
        allowance = Allowance(
            inner.need("quantity", self.decimal, Decimal(0)),
            inner.take("scope", option(AllowanceScope), AllowanceScope.POOLED),
            inner.take("per_device", truth, False),
            inner.take("carry_periods", whole, 0),
        )
        inner.close()
        return allowance


def identifier(value: str) -> str:
    word = value.strip()
    if not word or len(word) > 140 or not word.isprintable():
        raise BadValue("id", f"“{shown(value)}” is no id", "Write up to 140 printable characters.")
    return word


def _click_unit(value: str) -> str:
    return choice(("impression", "sheet"))(value.strip().lower().removesuffix("s"))
