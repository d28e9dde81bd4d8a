"""YAML as texts with line numbers: nothing is turned into a float, a date or a truth before a field asks for it.

So ``rate: 0.0085`` stays exactly that, ``no`` stays a text where a text is meant, and a mistake names its line.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from mps_module.engine.reads import Verdict
from mps_module.readers.csv_table import survey
from mps_module.readers.issue import NO_RECORD, BadValue, Issue, Remark, shown

MAX_DEPTH = 60
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Node:
    """A scalar (`text`; None: null), a list (`items`) or a mapping (`pairs`). `line` counts from 1."""

    line: int
    text: str | None = None
    items: tuple[Node, ...] | None = None
    pairs: dict[str, Node] | None = None
    twice: tuple[tuple[str, int], ...] = ()  # keys that stand in the mapping twice, with their lines

    @property
    def is_null(self) -> bool:
        return self.text is None and self.items is None and self.pairs is None

    def __str__(self) -> str:
        if self.items is not None:
            return "[…]" if self.items else "[]"
        if self.pairs is not None:
            return "{" + ", ".join(self.pairs) + "}"
        return self.text or ""


def read_documents(path: Path, name: str) -> Iterator[Node | Issue]:
    """Documents of a YAML file in order; of a document that is a list, its items, one at a time, so that a file of
    many contracts is never in memory as a whole. An Issue ends the file: what follows a mistake cannot be read."""
    try:
        import yaml
    except ImportError:
        yield _broken(name, 0, "reading YAML needs PyYAML", "pip install PyYAML")
        return
    try:
        known = survey(path)
        content = path.read_bytes().decode(known.encoding, errors="replace")
    except OSError as error:
        yield _broken(name, 0, f"cannot be opened: {error.strerror}", "Check the file's rights.")
        return
    if known.remark:
        remark = known.remark
        yield Issue(name, 0, "", "", remark.code, remark.message, remark.todo, Verdict.ACCEPTED)
    loader: Any = None
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(content)
        yield from _Builder(yaml, loader).documents()
    except _Unfit as error:
        yield _broken(name, error.line, str(error), "Write it more simply.")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = getattr(error, "problem", None) or (str(error).splitlines() or ["?"])[0]
        line = mark.line + 1 if mark else 0
        yield _broken(name, line, f"is no valid YAML: {problem}", "Correct the line (or the one above it).")
    except (ValueError, RecursionError) as error:
        yield _broken(name, 0, f"is no valid YAML: {error}", "Correct the file.")
    finally:
        if loader is not None:
            loader.dispose()


def _broken(name: str, line: int, message: str, todo: str) -> Issue:
    return Issue(name, line, "", "", "yaml-broken", shown(message), todo, record=NO_RECORD)


class _Unfit(Exception):
    """Valid YAML that no contract or setting is written in."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class _Builder:
    """Turns PyYAML's events into our nodes. What an alias repeats is one Node, so that a YAML bomb stays small."""

    def __init__(self, yaml: Any, loader: Any) -> None:
        self.yaml = yaml
        self.next = loader.get_event
        self.anchors: dict[str, Node] = {}

    def documents(self) -> Iterator[Node]:
        yaml = self.yaml
        while True:
            event = self.next()
            if isinstance(event, yaml.StreamEndEvent):
                return
            if isinstance(event, (yaml.StreamStartEvent, yaml.DocumentEndEvent)):
                continue
            if isinstance(event, yaml.DocumentStartEvent):
                self.anchors = {}
                event = self.next()
            if isinstance(event, yaml.SequenceStartEvent):
                yield from self._items(0)
                continue
            node = self.node(event, 0)
            if not node.is_null:
                yield node

    def _items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := self.next(), self.yaml.SequenceEndEvent):
            yield self.node(event, depth + 1)

    def node(self, event: Any, depth: int) -> Node:
        yaml = self.yaml
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            found = self.anchors.get(event.anchor)
            if found is None:  # also the alias of something inside itself, which is not built yet
                raise _Unfit(f"“*{event.anchor}” repeats what does not stand above it", line)
            return found
        if isinstance(event, yaml.ScalarEvent):
            is_null = not event.style and event.value in _NULLS
            node = Node(line, None if is_null else _clean(event.value))
        elif depth > MAX_DEPTH:
            raise _Unfit("nested too deeply", line)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = Node(line, items=tuple(self._items(depth)))
        else:
            node = self._mapping(line, depth)
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def _mapping(self, line: int, depth: int) -> Node:
        pairs: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        twice: list[tuple[str, int]] = []
        while not isinstance(event := self.next(), self.yaml.MappingEndEvent):
            key_node = self.node(event, depth + 1)
            value = self.node(self.next(), depth + 1)
            key = str(key_node)
            if key == "<<":
                for source in value.items or (value,):
                    merged = {**(source.pairs or {}), **merged}
            elif key in pairs:
                twice.append((key, key_node.line))
            else:
                pairs[key] = value
        return Node(line, pairs={**merged, **pairs}, twice=tuple(twice))


def _clean(text: str) -> str:
    """`text` without half surrogate pairs, which no file or database can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


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
