"""Contracts from YAML, with every key checked: an unknown one is an issue that names file, line and nearest known key.

A contract with anything that cannot be read is set aside as a whole, since a bill from the rest of it would be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from mps_module.engine.contract import (
    BillingRules,
    Contract,
    ContractVersion,
    Escalator,
    EstimateRules,
    Line,
    Proration,
    SplitBy,
    Tolerance,
)
from mps_module.engine.money import decimals_of
from mps_module.engine.reads import Verdict
from mps_module.readers.contract_lines import LineReader, identifier, option
from mps_module.readers.issue import Issue
from mps_module.readers.numbers import COMMA, DOT, to_decimal, yaml_decimal
from mps_module.readers.records import CoverRow, unit_kind
from mps_module.readers.settings import Settings, currency_code, zone_key
from mps_module.readers.sheet import FileLog
from mps_module.readers.times import Clock
from mps_module.readers.yaml_doc import Node, read_documents
from mps_module.readers.yaml_keys import Findings, Keys, choice, text, truth, whole

_HEADS = re.compile(r"^(?:-\s+)?contract\s*:", re.MULTILINE)
COVERAGE_KEYS = ("labour", "travel", "parts", "supplies")
COVERAGE_VALUES = ("included", "excluded", "incident", "billable")


@dataclass(frozen=True, slots=True)
class ContractRow:
    """A contract of a file, with the covers that stand in it and everything that is wrong with it.

    Attributes:
        record: number of the contract in its file; its covers have numbers of their own.
        contract: None where it cannot be read.
        covers: (record, line, cover).
        name: its id as far as it could be read.
    """

    file: str
    record: int
    line: int
    name: str
    contract: Contract | None
    covers: tuple[tuple[int, int, CoverRow], ...]
    issues: tuple[Issue, ...]


def read_contracts(
    path: Path, name: str, settings: Settings, log: FileLog, defaults: Mapping[str, str] | None = None
) -> Iterator[ContractRow]:
    """Contracts of a YAML file: one document each, a list of them, or under the key ``contracts``.

    Args:
        defaults: what a contract need not say, by key: in `mps simulate` a plan is a contract without a customer.
    """
    record = 0
    reader = _Contracts(settings, name, log)
    for document in read_documents(path, name):
        if isinstance(document, Issue):
            log.sink(document)
            if document.verdict is Verdict.QUARANTINED:
                lost = max(1, _heads(path) - record)  # contracts behind the mistake cannot be told apart
                log.rows += lost
                log.aside += lost
            continue
        for node in _contract_nodes(document):
            row = reader.contract(_filled(node, defaults or {}))
            record += 1
            yield row
    if not log.rows:
        log.sink(Issue(name, 0, "", "", "file-no-rows", "holds no contract", "", Verdict.ACCEPTED))


def _heads(path: Path) -> int:
    return len(_HEADS.findall(path.read_bytes().decode("utf-8", "replace")))


def _filled(node: Node, defaults: Mapping[str, str]) -> Node:
    """The mapping with `defaults` for the keys that it does not have, however it is written."""
    if node.pairs is None or not defaults:
        return node
    said = {key: value for key, value in node.pairs.items() if not (value.is_null and key in defaults)}
    return replace(node, pairs={**{key: Node(node.line, value) for key, value in defaults.items()}, **said})


def _contract_nodes(document: Node) -> Sequence[Node]:
    inner = (document.pairs or {}).get("contracts")
    if inner is not None and inner.items is not None and len(document.pairs or {}) == 1:
        return inner.items
    return (document,)


class _Contracts:
    """Builds the contracts of one file."""

    def __init__(self, settings: Settings, name: str, log: FileLog) -> None:
        self.settings = settings
        self.name = name
        self.log = log
        self.decimal = yaml_decimal(settings.numbers)
        self.lines = LineReader(self.decimal)
        self.clock = Clock(ZoneInfo(settings.timezone), settings.date_formats)

    def _record(self) -> int:
        self.log.rows += 1
        return self.log.rows

    def contract(self, node: Node) -> ContractRow:
        found = Findings(self.name, self._record())
        record = found.record
        keys = Keys(node, "", found)
        name = keys.need("contract", identifier, "")
        start = keys.need("start", self.clock.day, date.min)
        currency = keys.take("currency", currency_code, self.settings.currency)
        versions = self._versions(keys, start, decimals_of(currency))
        contract = Contract(
            contract=name,
            customer=keys.need("customer", identifier, ""),
            start=start,
            versions=versions,
            end=keys.take("end", self.clock.day, None),
            currency=currency,
            timezone=keys.take("timezone", zone_key, self.settings.timezone),
            title=keys.take("title", text, ""),
            po=keys.take("po", text, ""),
            usual_bill=keys.take("usual_bill", self.decimal, None),
        )
        covers = tuple(self._covers(keys, name))
        keys.close()
        sound = node.pairs is not None and not found.blocked
        return ContractRow(
            self.name, record, node.line, name, contract if sound else None, covers, tuple(found.issues)
        )

    def _versions(self, keys: Keys, start: date, decimals: int) -> tuple[ContractVersion, ...]:
        """Versions in the order of the file. What a version does not say holds on from the one before; what stands
        beside ``versions`` is where the first one starts from. `decimals`: of the currency, where no version says."""
        own = self._version(keys, ContractVersion(0, start, (), BillingRules(decimals=decimals)))
        later = keys.sequence("versions")
        if not later:
            if not own.lines:
                keys.found.add(
                    keys.node.line, "lines", "", "key-missing", "the contract has no lines", "Add “lines” or “versions”.",
                    Verdict.QUARANTINED,
                )  # fmt: skip
            return (replace(own, version=1),)
        versions: list[ContractVersion] = []
        before = own
        for number, node in enumerate(later, start=1):
            inner = Keys(node, f"versions.{number}", keys.found)
            version = inner.take("version", whole, number)
            effective = inner.need("effective", self.clock.day, start)
            before = replace(self._version(inner, before), version=version, effective=effective)
            inner.close()
            versions.append(before)
        return tuple(versions)

    def _version(self, keys: Keys, base: ContractVersion) -> ContractVersion:
        return replace(
            base,
            rules=self._rules(keys.mapping("billing"), base.rules),
            escalator=self._escalator(keys, base.escalator),
            coverage=self._coverage(keys.mapping("coverage"), base),
            sla_class=keys.take("sla_class", text, base.sla_class),
            lines=self.lines.read(keys) if keys.has("lines") else self._no_lines(keys, base),
        )

    @staticmethod
    def _no_lines(keys: Keys, base: ContractVersion) -> tuple[Line, ...]:
        keys.child("lines")  # a known key, though it is absent
        return base.lines

    def _rules(self, keys: Keys | None, base: BillingRules) -> BillingRules:
        if keys is None:
            return base
        tolerance, estimates = keys.mapping("tolerance"), keys.mapping("estimates")
        rules = BillingRules(
            base_months=keys.take("base_months", whole, base.base_months),
            overage_months=keys.take("overage_months", whole, base.overage_months),
            anchor_day=keys.take("anchor_day", whole, base.anchor_day),
            base_in_advance=keys.take("base_in_advance", truth, base.base_in_advance),
            tolerance=self._tolerance(tolerance, base.tolerance),
            estimates=self._estimates(estimates, base.estimates),
            proration=keys.take("proration", option(Proration), base.proration),
            split_by=keys.take("split_by", option(SplitBy), base.split_by),
            minimum=keys.take("minimum", self.decimal, None if keys.has("minimum") else base.minimum),
            maximum=keys.take("maximum", self.decimal, None if keys.has("maximum") else base.maximum),
            decimals=keys.take("decimals", whole, base.decimals),
            anchor_month=keys.take(
                "anchor_month", whole, None if keys.has("anchor_month") else base.anchor_month
            ),
        )
        keys.close()
        return rules

    @staticmethod
    def _tolerance(keys: Keys | None, base: Tolerance) -> Tolerance:
        if keys is None:
            return base
        tolerance = Tolerance(keys.take("before", whole, base.before), keys.take("after", whole, base.after))
        keys.close()
        return tolerance

    @staticmethod
    def _estimates(keys: Keys | None, base: EstimateRules) -> EstimateRules:
        if keys is None:
            return base
        rules = EstimateRules(
            keys.take("allowed", truth, base.allowed), keys.take("max_in_row", whole, base.max_in_row)
        )
        keys.close()
        return rules

    def _escalator(self, keys: Keys, base: Escalator | None) -> Escalator | None:
        node = keys.child("escalator")
        if node is None:
            return None if keys.has("escalator") else base
        if node.text is not None:  # escalator: 5
            percent = keys.take("escalator", self.decimal, None)
            return None if percent is None else Escalator(percent)
        inner = Keys(node, "escalator", keys.found)
        escalator = Escalator(
            inner.need("percent", self.decimal, Decimal(0)),
            inner.take("every_months", whole, 12),
            inner.take("first", self.clock.day, None),
        )
        inner.close()
        return escalator

    @staticmethod
    def _coverage(keys: Keys | None, base: ContractVersion) -> dict[str, str]:
        coverage = dict(base.coverage)
        if keys is not None:
            for key in COVERAGE_KEYS:
                value = keys.take(key, choice(COVERAGE_VALUES), coverage.get(key, ""))
                if value:
                    coverage[key] = value
            keys.close()
        return coverage

    def _covers(self, keys: Keys, contract: str) -> Iterator[tuple[int, int, CoverRow]]:
        """Covers written into the contract. A cover that cannot be read is set aside alone, as a row of a file is."""
        for node in keys.sequence("covers"):
            found = Findings(self.name, self._record())
            cover = self._cover(Keys(node, "covers", found), contract)
            for issue in found.issues:
                self.log.sink(issue)
            if not found.blocked:
                yield found.record, node.line, cover

    def _cover(self, keys: Keys, contract: str) -> CoverRow:
        allowances: dict[str, Decimal] = {}
        inner = keys.mapping("allowances")
        if inner is not None:
            allowances = {name: inner.take(name, self.decimal, Decimal(0)) for name in inner.node.pairs or ()}
            inner.close()
        names = ("unit", "device") if keys.has("device") and not keys.has("unit") else ("device", "unit")
        keys.child(names[0])
        cover = CoverRow(
            contract=contract,
            unit=keys.need(names[1], identifier, ""),
            kind=keys.take("kind", unit_kind, None),
            start=keys.take("start", self.clock.day, None),
            end=keys.take("end", self.clock.day, None),
            quantity=keys.take("quantity", _quantity(self.settings), Decimal(1)),
            group=keys.take("group", text, ""),
            site=keys.take("site", text, ""),
            department=keys.take("department", text, ""),
            cost_center=keys.take("cost_center", text, ""),
            po=keys.take("po", text, ""),
            allowances=allowances,
        )
        if cover.start and cover.end and cover.end < cover.start:
            keys.found.add(
                keys.node.line, "covers.end", cover.end, "dates-crossed",
                f"ends on {cover.end}, before it starts on {cover.start}", "Correct start or end.", Verdict.QUARANTINED,
            )  # fmt: skip
        keys.close()
        return cover


def _quantity(settings: Settings) -> object:
    return lambda value: to_decimal(value, settings.numbers if settings.numbers == COMMA else DOT)
