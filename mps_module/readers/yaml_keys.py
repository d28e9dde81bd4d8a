"""Keys of a YAML mapping, taken one by one and parsed; what nobody took is reported with the nearest known key."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from mps_module.engine.reads import Verdict
from mps_module.readers.issue import BadValue, Issue, Remark, shown
from mps_module.readers.yaml_doc import Node

T = TypeVar("T")


@dataclass(slots=True)
class Findings:
    """Collects the issues of one record of a YAML file."""

    file: str
    record: int = 0
    unit: str = ""
    issues: list[Issue] = field(default_factory=list)

    @property
    def blocked(self) -> bool:
        return any(issue.verdict is Verdict.QUARANTINED for issue in self.issues)

    def add(
        self, line: int, where: str, value: object, code: str, message: str, todo: str, verdict: Verdict
    ) -> None:
        issue = Issue(
            self.file,
            line,
            where,
            shown(value),
            code,
            message,
            todo,
            verdict,
            unit=self.unit,
            record=self.record,
        )
        self.issues.append(issue)

    def bad(self, line: int, where: str, value: object, problem: BadValue) -> None:
        self.add(line, where, value, problem.code, problem.message, problem.todo, Verdict.QUARANTINED)

    def remark(self, line: int, where: str, value: object, remark: Remark) -> None:
        self.add(line, where, value, remark.code, remark.message, remark.todo, remark.verdict)


class Keys:
    """The keys of one mapping, taken one by one; `close` reports those that nobody took."""

    def __init__(self, node: Node, where: str, found: Findings) -> None:
        self.node = node
        self.where = where
        self.found = found
        self._known: list[str] = []
        if node.pairs is None:
            found.add(
                node.line, where, node, "yaml-shape", "keys with values are expected here", "Write “key: value” lines.",
                Verdict.QUARANTINED,
            )  # fmt: skip
        for key, line in node.twice:
            found.add(
                line, self._at(key), key, "key-twice", f"“{key}” is given twice", "Keep one of them.", Verdict.QUARANTINED
            )  # fmt: skip

    def _at(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def has(self, key: str) -> bool:
        return key in (self.node.pairs or {})

    def child(self, key: str) -> Node | None:
        """The value of `key` as it stands; None: absent or null."""
        self._known.append(key)
        node = (self.node.pairs or {}).get(key)
        return None if node is None or node.is_null else node

    def take(self, key: str, parse: Callable[[str], T | tuple[T, Remark | None]], default: T) -> T:
        """A scalar, parsed. A value that cannot be parsed is reported and counts as `default`."""
        node = self.child(key)
        if node is None:
            return default
        if node.text is None:
            self.found.add(
                node.line, self._at(key), node, "yaml-shape", f"“{key}” is one value, not a list or mapping",
                "Write one value.", Verdict.QUARANTINED,
            )  # fmt: skip
            return default
        try:
            value = parse(node.text)
        except BadValue as problem:
            self.found.bad(node.line, self._at(key), node.text, problem)
            return default
        if (
            isinstance(value, tuple)
            and len(value) == 2
            and (value[1] is None or isinstance(value[1], Remark))
        ):
            value, remark = value
            if remark:
                self.found.remark(node.line, self._at(key), node.text, remark)
        return value  # type: ignore[return-value]

    def need(self, key: str, parse: Callable[[str], T], default: T) -> T:
        """As `take`, but a missing key is an issue."""
        node = (self.node.pairs or {}).get(key)
        if self.node.pairs is not None and (node is None or node.is_null):
            self._known.append(key)
            self.found.add(
                self.node.line, self._at(key), "", "key-missing", f"“{key}” is missing", f"Add “{key}”.", Verdict.QUARANTINED
            )  # fmt: skip
            return default
        return self.take(key, parse, default)

    def mapping(self, key: str) -> Keys | None:
        node = self.child(key)
        return None if node is None else Keys(node, self._at(key), self.found)

    def sequence(self, key: str) -> Sequence[Node]:
        """Items of a list; a single value counts as a list of one."""
        node = self.child(key)
        if node is None:
            return ()
        return node.items if node.items is not None else (node,)

    def close(self, *, also: Sequence[str] = ()) -> None:
        """Report unknown keys, with the nearest known one."""
        known = [*self._known, *also]
        for key, node in (self.node.pairs or {}).items():
            if key in known:
                continue
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"Is “{near[0]}” meant?" if near else "Known keys: " + ", ".join(sorted(set(known))) + "."
            self.found.add(
                node.line, self._at(shown(key)), node, "key-unknown", f"“{shown(key)}” is not known here", hint,
                Verdict.QUARANTINED,
            )  # fmt: skip


def text(value: str) -> str:
    """A text as it stands, without surrounding blanks."""
    return value.strip()


def truth(value: str) -> bool:
    """yes/no in the usual spellings.

    Raises:
        BadValue: anything else.
    """
    word = value.strip().lower()
    if word in ("true", "yes", "y", "on", "1", "ja", "oui", "sí", "si", "x"):
        return True
    if word in ("false", "no", "n", "off", "0", "nein", "non", ""):
        return False
    raise BadValue("not-yes-no", f"“{shown(value)}” is neither yes nor no", "Write yes or no.")


def whole(value: str, low: int = 0, high: int = 10_000) -> int:
    """A small whole number.

    Raises:
        BadValue: not one, or out of bounds.
    """
    if not re.fullmatch(r"-?\d{1,9}", value.strip(), re.ASCII) or not low <= int(value) <= high:
        raise BadValue(
            "not-a-number", f"“{shown(value)}” is no whole number from {low} to {high}", "Correct it."
        )
    return int(value)


def choice(options: Sequence[str]) -> Callable[[str], str]:
    """A parser for one of `options`, in any case."""

    def parse(value: str) -> str:
        word = value.strip().lower().replace("-", "_").replace(" ", "_")
        if word in options:
            return word
        near = difflib.get_close_matches(word, options, n=1, cutoff=0.5)
        todo = f"Is “{near[0]}” meant?" if near else "Use one of: " + ", ".join(options) + "."
        raise BadValue("not-an-option", f"“{shown(value)}” is not one of the options", todo)

    return parse
