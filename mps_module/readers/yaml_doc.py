"""YAML as texts with line numbers: nothing is turned into a float, a date or a truth before a field asks for it.

So ``rate: 0.0085`` stays exactly that, ``no`` stays a text where a text is meant, and a mistake names its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mps_module.engine.reads import Verdict
from mps_module.readers.csv_table import survey
from mps_module.readers.issue import NO_RECORD, Issue, shown

MAX_DEPTH = 60
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


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
        begun = getattr(error, "context_mark", None)
        if (
            begun is not None and begun.line + 1 < line
        ):  # a quotation mark that is never closed shows at the very end
            problem = f"{problem}, of what begins in line {begun.line + 1}"
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
