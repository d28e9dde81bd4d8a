"""A bill unfolded into a tree: from its total down to the single read, all from the bill's own proof."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from rich.markup import escape
from rich.tree import Tree

from mps_module.cli import formats
from mps_module.cli.runs import Run, runs_of
from mps_module.cli.view import bill_number
from mps_module.engine.ledger import Ledger
from mps_module.engine.money import decimals_of
from mps_module.engine.reads import Read, ReadKind
from mps_module.engine.result import (
    Basis,
    Bill,
    BillLine,
    Boundary,
    Finding,
    MeterUsage,
    Proof,
    Severity,
    UnitCount,
)

STYLE = {Severity.BLOCK: "bold red", Severity.WARN: "yellow", Severity.INFO: "dim"}


def bill_tree(bill: Bill, devices: int | None = None, ledger: Ledger | None = None) -> Tree:
    """The bill as a Rich tree.

    Args:
        devices: show no more than so many units a line; None: all.
        ledger: to show each run of a counter that was replaced, reset or rolled over in the period.
    """
    head = f"[bold]Bill {escape(bill_number(bill))}[/] of {escape(bill.customer)}"
    tree = Tree(f"{head}: [bold green]{formats.money(bill.total, bill.currency)}[/]", guide_style="dim")
    for name, period in (("base", bill.period.base), ("usage", bill.period.overage)):
        if period:
            tree.add(f"[dim]{name} period[/] {formats.period(period)}")
    for line in bill.lines:
        _line(tree, bill, line, devices, ledger)
    if bill.parts:
        parts, decimals = tree.add("split"), decimals_of(bill.currency)
        for name, value in bill.parts:
            parts.add(f"{escape(name) or 'not assigned'}: {formats.amount(value, decimals)}")
    if bill.findings:
        found = tree.add("findings")
        for finding in bill.findings:
            found.add(finding_text(finding))
    return tree


def finding_text(finding: Finding) -> str:
    """One line of markup: severity, message, money at stake, what to do."""
    stake = f" [{formats.amount(round(finding.at_stake, 2))} at stake]" if finding.at_stake else ""
    todo = f". {finding.todo}" if finding.todo else ""
    style = STYLE[finding.severity]
    return f"[{style}]{finding.severity.value}[/] {escape(finding.message + stake + todo)}"


def _line(tree: Tree, bill: Bill, line: BillLine, devices: int | None, ledger: Ledger | None) -> None:
    mark = " [yellow]estimated[/]" if line.estimated else ""
    arithmetic = f"{formats.number(line.quantity, 6)} × {formats.rate(line.rate)} = "
    branch = tree.add(
        f"[bold]{escape(line.description)}[/] [dim]({escape(line.line_id) or 'contract'}, {line.kind.value})[/] "
        f"{formats.period(line.period)}: {arithmetic}[green]{formats.money(line.amount, bill.currency)}[/]{mark}"
    )
    if line.proof is not None:
        _proof(branch, line.proof, devices, ledger)


def _proof(branch: Tree, proof: Proof, devices: int | None, ledger: Ledger | None) -> None:
    rise = f", rates × {formats.plain(proof.escalation)} by the escalator" if proof.escalation != 1 else ""
    branch.add(f"[dim]contract version {proof.version}{rise}[/]")
    _usages(branch, proof, devices, ledger)
    _counts(branch, proof.counts, devices)
    for event in proof.events:
        branch.add(escape(event))
    if proof.allowance:
        extra = f", of it {formats.number(proof.carried)} carried over" if proof.carried else ""
        branch.add(
            f"{formats.number(proof.gross)} used - {formats.number(proof.allowance)} free{extra} "
            f"= {formats.number(proof.net)} charged"
        )
    if len(proof.tiers) > 1 or proof.allowance or proof.usages:
        for tier in proof.tiers:
            branch.add(
                f"{formats.number(tier.quantity, 6)} × {formats.rate(tier.rate)} = {formats.amount(tier.amount)}"
            )
    if proof.discount:
        branch.add(f"discount {formats.amount(proof.discount)}")
    if proof.note:
        branch.add(f"[dim]{escape(proof.note)}[/]")


def _usages(branch: Tree, proof: Proof, limit: int | None, ledger: Ledger | None) -> None:
    units: dict[str, list[MeterUsage]] = {}
    for usage in proof.usages:
        units.setdefault(usage.unit, []).append(usage)
    for i, (unit, usages) in enumerate(units.items()):
        if limit is not None and i == limit:
            branch.add(f"[dim]… and {len(units) - limit} more units[/]")
            break
        clicks = sum((u.usage * u.weight for u in usages), Decimal(0))
        node = branch.add(f"[cyan]{escape(unit)}[/]: {formats.number(clicks)} clicks")
        for usage in usages:
            _usage(node, usage, ledger)


def _usage(node: Tree, usage: MeterUsage, ledger: Ledger | None) -> None:
    weight = f" × {formats.plain(usage.weight)}" if usage.weight != 1 else ""
    child = node.add(
        f"{escape(usage.meter)}: {formats.number(usage.usage)}{weight} [dim]{formats.period(usage.period)}[/]"
    )
    for term in usage.terms:
        _usage(child, term, ledger)
    if usage.opening and usage.closing:
        child.add(boundary_text("opens", usage.opening))
        child.add(boundary_text("closes", usage.closing))
        if usage.opening.epoch != usage.closing.epoch:
            branch = child.add(_epochs(usage.opening, usage.closing))
            for run in runs_of(usage, ledger) if ledger else ():
                branch.add(_run_text(run))


def _epochs(opening: Boundary, closing: Boundary) -> str:
    return (
        f"[yellow]epoch {opening.epoch} to {closing.epoch}[/]: the counter began anew in between; "
        f"{formats.number(closing.odometer - opening.odometer)} in all its runs"
    )


def _run_text(run: Run) -> str:
    began = "" if run.began is ReadKind.ACTUAL else f" after {run.began.value}"
    return (
        f"epoch {run.epoch}{began}: {formats.number(run.start)} to {formats.number(run.end)} = "
        f"{formats.number(run.clicks)} [dim]{_time(run.first)} – {_time(run.last)}[/]"
    )


def _time(read: Read) -> str:
    return read.taken_at.isoformat(" ", "minutes")


def boundary_text(word: str, boundary: Boundary) -> str:
    """One end of a period: value, and the read with time, source and place, or how it was estimated."""
    if boundary.basis is Basis.MISSING:
        return f"{word} [bold red]without a read[/]"
    head = f"{word} at [bold]{formats.number(boundary.value)}[/]"
    if boundary.basis is Basis.ESTIMATE:
        span = ""
        if boundary.low is not None and boundary.high is not None:
            span = f", {formats.number(boundary.low)} to {formats.number(boundary.high)}"
        since = f" from {_read_text(boundary.read)}" if boundary.read else ""
        return f"{head} [yellow]estimated{span}[/] for {formats.day(boundary.day)}{since}"
    ok = "[green]in tolerance[/]" if boundary.in_tolerance else "[yellow]outside the tolerance[/]"
    return f"{head}, {_origin(boundary.read)}, {ok}" if boundary.read else f"{head}, {ok}"


def _read_text(read: Read) -> str:
    return f"[dim]{formats.number(read.value)}[/], {_origin(read)}"


def _origin(read: Read) -> str:
    """When, by whom and in which row a value was read."""
    place = f", {escape(read.read_id)}" if read.read_id else ""
    kind = "read" if read.kind.value == "actual" else f"{read.kind.value} read"
    return f"[dim]{kind} {_time(read)} by {read.source.value}{place}[/]"


def _counts(branch: Tree, counts: Iterable[UnitCount], limit: int | None) -> None:
    for i, count in enumerate(counts):
        if limit is not None and i == limit:
            branch.add("[dim]…[/]")
            break
        part = "" if count.fraction == 1 else f" × {formats.number(count.fraction, 6)} of the period"
        branch.add(
            f"[cyan]{escape(count.unit)}[/]: {formats.number(count.quantity)}{part} "
            f"[dim]{formats.period(count.covered)}[/]"
        )
