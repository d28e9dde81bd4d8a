"""`mps diff`: this bill against the last, or against an invoice file of another system."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from mps_module.cli import console, formats
from mps_module.cli.billing import Case, Span
from mps_module.cli.cmd_explain import find_bill
from mps_module.cli.folder import Folder
from mps_module.cli.invoices import InvoiceRow, read_invoices
from mps_module.cli.posted import Posted
from mps_module.engine.money import decimals_of
from mps_module.engine.reads import Verdict
from mps_module.engine.result import Bill, BillLine, ChargeKind
from mps_module.readers.columns import plain_name
from mps_module.readers.issue import Issue
from mps_module.readers.xlsx_table import HIDDEN

ZERO = Decimal(0)
ADJUSTMENTS = "adjustments"
OVER_LINE = frozenset(
    {ChargeKind.DISCOUNT, ChargeKind.MINIMUM, ChargeKind.MAXIMUM}
)  # rows that only correct a line's own


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the two says of a line: summed rows."""

    quantity: Decimal | None
    rate: Decimal | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class LineDiff:
    line: str
    description: str
    was: Side | None
    now: Side | None
    why: str

    @property
    def difference(self) -> Decimal:
        return (self.now.amount if self.now else ZERO) - (self.was.amount if self.was else ZERO)


@dataclass(frozen=True, slots=True)
class ContractDiff:
    contract: str
    currency: str
    due: date | None
    against: str
    was: Decimal
    now: Decimal
    lines: tuple[LineDiff, ...]
    other_currency: str = (
        ""  # what the other side is in, where that is not the bill's: then no sum can be equal
    )

    @property
    def difference(self) -> Decimal:
        return self.now - self.was

    @property
    def equal(self) -> bool:
        return not self.difference and not self.other_currency


@dataclass(slots=True)
class Comparison:
    contracts: list[ContractDiff] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        return (
            console.FOUND
            if self.notes or self.issues or not all(c.equal for c in self.contracts)
            else console.OK
        )


def side(lines: Sequence[BillLine]) -> Side:
    """Rows of one line added up, quantity and rate as they were worked out (a row may stand as 1 x amount where its
    product would not round to the cent); a rate only where the rows share one."""
    proofs = [line.proof for line in lines if line.proof and line.proof.tiers]
    if proofs:
        quantity = sum((proof.net for proof in proofs), ZERO)
        rates = {tier.rate for proof in proofs for tier in proof.tiers}
    else:
        quantity = sum((line.quantity for line in lines), ZERO)
        rates = {line.rate for line in lines}
    amount = sum((line.amount for line in lines), ZERO)
    return Side(quantity, rates.pop() if len(rates) == 1 else None, amount)


def text_of(key: str, lines: Sequence[BillLine]) -> str:
    """What the rows are called where they share one description, else the line's id."""
    names = {line.description for line in lines if line.kind not in OVER_LINE}
    return names.pop() if len(names) == 1 else key


def _key(line: BillLine) -> str:
    if line.kind in (ChargeKind.ADJUSTMENT,):
        return ADJUSTMENTS
    return line.line_id or "contract"


def grouped(bill: Bill) -> dict[str, list[BillLine]]:
    found: dict[str, list[BillLine]] = {}
    for line in bill.lines:
        found.setdefault(_key(line), []).append(line)
    return found


def why(was: Side | None, now: Side | None) -> str:
    """What moved the amount, in words: the quantity, the rate, or both, each with its part of the money."""
    if was is None:
        return "new"
    if now is None:
        return "gone"
    if was.amount == now.amount:
        return ""
    if was.quantity is None or now.quantity is None:
        return ""
    quantity = now.quantity - was.quantity
    said = [f"quantity {formats.signed_number(quantity)}"] if quantity else []
    if was.rate is not None and now.rate is not None and was.rate != now.rate:
        said.append(f"rate {formats.rate(was.rate)} to {formats.rate(now.rate)}")
    return ", ".join(said)


def diff_bills(was: Bill, now: Bill, against: str) -> ContractDiff:
    """Two bills of one contract, line by line."""
    before, after = grouped(was), grouped(now)
    lines = []
    for key in dict.fromkeys((*after, *before)):
        a, b = before.get(key), after.get(key)
        left, right = (side(a) if a else None), (side(b) if b else None)
        lines.append(LineDiff(key, text_of(key, b or a or ()), left, right, why(left, right)))
    return ContractDiff(
        now.contract, now.currency, now.period.due, against, was.total, now.total, tuple(lines)
    )


def diff_invoice(bill: Bill, rows: Sequence[InvoiceRow], against: str) -> ContractDiff:
    """Our bill against the other system's rows. A row belongs to the line whose id, item or description it names;
    what names none of ours stands by itself, so that nothing of theirs is left out."""
    ours = grouped(bill)
    theirs: dict[str, list[InvoiceRow]] = {}
    names = _names(ours)
    named = any(row.line or row.description for row in rows)
    for row in rows:
        key = names.get(plain_name(row.line)) if row.line else None
        key = key or (names.get(plain_name(row.description)) if row.description else None)
        theirs.setdefault(key or row.line or row.description or "total", []).append(row)
    lines = []
    for key in dict.fromkeys((*ours, *theirs)) if named else ():
        a, b = theirs.get(key), ours.get(key)
        left, right = (_their_side(a) if a else None), (side(b) if b else None)
        reason = (
            "not on our bill"
            if right is None
            else "not on their invoice"
            if left is None
            else why(left, right)
        )
        text = text_of(key, b) if b else (a[0].description or a[0].line or "rows without a name")
        lines.append(LineDiff(key, text, left, right, reason))
    was = sum((row.amount for row in rows), ZERO)
    return ContractDiff(
        bill.contract,
        bill.currency,
        bill.period.due,
        against,
        was,
        bill.total,
        tuple(lines),
        other_currency(bill, rows),
    )


def other_currency(bill: Bill, rows: Sequence[InvoiceRow]) -> str:
    """What rows that cannot be in the bill's currency are in: ``USD``, ``GBP or USD``; empty: none of them is."""
    other = {code for row in rows if bill.currency not in row.currencies for code in row.currencies[:1]}
    return " or ".join(sorted(other))


def of_bill(rows: Sequence[InvoiceRow], due: date) -> tuple[Sequence[InvoiceRow], set[date]]:
    """(the rows that are of a bill, the dates that they were added up from though none is the bill's own).

    An export of several months has rows of many dates: those of the bill's due date are the bill's, where it has any.
    """
    if any(row.due == due for row in rows):
        return [row for row in rows if row.due in (due, None)], set()
    return rows, {row.due for row in rows if row.due}


def _names(ours: dict[str, list[BillLine]]) -> dict[str, str]:
    """Every name of our lines that is one line's only: id first, then item, then description."""
    found: dict[str, str] = {}
    for pick in (lambda line: _key(line), lambda line: line.item, lambda line: line.description):
        seen: dict[str, set[str]] = {}
        for key, lines in ours.items():
            for line in lines:
                seen.setdefault(plain_name(pick(line)), set()).add(key)
        for name, keys in seen.items():
            if name and len(keys) == 1:
                found.setdefault(name, next(iter(keys)))
    return found


def _their_side(rows: Sequence[InvoiceRow]) -> Side:
    quantities = [row.quantity for row in rows]
    rates = {row.rate for row in rows}
    return Side(
        None if None in quantities else sum(quantities, ZERO),
        rates.pop() if len(rates) == 1 else None,
        sum((row.amount for row in rows), ZERO),
    )


def last_before(case: Case, bill: Bill) -> tuple[Bill, str] | None:
    """The bill before this one, with base and usage where this one has them: as posted, else as it would be."""
    posted = case.last_like(bill.period)
    if posted is not None:
        return posted, f"posted bill due {posted.period.due}"
    last = case.compared_with(bill.period)
    return None if last is None else (last, f"bill due {last.period.due}, not posted")


def run_diff(
    path: Path,
    contracts: tuple[str, ...],
    due: date | None,
    span: Span,
    against: Path | None,
    out: Path | None,
) -> Comparison:
    """Compare each contract. Raises: UsageProblem, PostedError."""
    folder = Folder(path)
    posted = Posted(out or path / "bills")
    result = Comparison()
    invoices: dict[str, list[InvoiceRow]] = {}
    if against is not None:
        invoices, issues = read_invoices(against, folder.settings)
        result.issues = [i for i in issues if i.verdict is Verdict.QUARANTINED]
        result.notes += [f"{i.file}: {i.message}. {i.todo}" for i in issues if i.code == HIDDEN.code]
    chosen = folder.choose(contracts)
    loose: dict[str, list[InvoiceRow]] = {}  # another system may write c-1001
    for name in invoices.keys() - set(chosen):
        loose.setdefault(name.casefold(), []).extend(invoices[name])
    taken = {contract.casefold() for contract in chosen}
    for contract in console.progress(chosen, len(chosen), "Comparing"):
        rows = invoices.get(contract, []) + loose.get(contract.casefold(), [])
        result.contracts += _one(
            folder, posted, contract, due, span, against, rows, result.notes, bool(contracts)
        )
    strange = sorted(name for name in invoices if name.casefold() not in taken)
    for contract in strange if not contracts else ():
        total = formats.amount(sum((row.amount for row in invoices[contract]), ZERO))
        result.notes.append(f"{contract}: {total} in {against.name}, but there is no such contract here")
    return result


def _one(
    folder: Folder,
    posted: Posted,
    contract: str,
    due: date | None,
    span: Span,
    against: Path | None,
    rows: list[InvoiceRow],
    notes: list[str],
    named: bool,
) -> Iterator[ContractDiff]:
    try:
        found = find_bill(folder, posted, contract, due, span)
    except console.UsageProblem as problem:
        if named:
            raise
        if rows:
            notes.append(f"{contract}: on their invoice, but here: {problem}")
        return
    if against is not None:
        if rows:
            of_due, dates = of_bill(rows, found.bill.period.due)
            if len(dates) > 1:
                notes.append(
                    f"{contract}: the rows of {len(dates)} dates in {against.name} are added up, since none of them "
                    f"is {found.bill.period.due}"
                )
            said = (
                against.name
                if len(of_due) == len(rows)
                else f"{against.name}, rows of {found.bill.period.due}"
            )
            compared = diff_invoice(found.bill, of_due, said)
            if compared.other_currency:
                notes.append(
                    f"{contract}: {against.name} is in {compared.other_currency}, the bill in {compared.currency}: "
                    "their amounts are no measure of each other"
                )
            yield compared
        else:
            amount = formats.money(found.bill.total, found.bill.currency)
            notes.append(f"{contract}: {amount} here, nothing in {against.name}")
        return
    last = last_before(found.case, found.bill)
    if last is None:
        notes.append(
            f"{contract}: the bill due {found.bill.period.due} is its first, there is none to compare with"
        )
    else:
        yield diff_bills(last[0], found.bill, last[1])


def diff_json(result: Comparison) -> dict[str, Any]:
    def one(part: Side | None) -> dict[str, Any] | None:
        return None if part is None else {"quantity": part.quantity, "rate": part.rate, "amount": part.amount}

    return {
        "contracts": [
            {
                "contract": c.contract,
                "currency": c.currency,
                "other_currency": c.other_currency,
                "due": c.due,
                "against": c.against,
                "was": c.was,
                "now": c.now,
                "difference": c.difference,
                "lines": [
                    {
                        "line": x.line,
                        "description": x.description,
                        "was": one(x.was),
                        "now": one(x.now),
                        "difference": x.difference,
                        "why": x.why,
                    }
                    for x in c.lines
                ],
            }
            for c in result.contracts
        ],
        "notes": result.notes,
        "unread_rows": [
            {"file": i.file, "row": i.row, "field": i.field, "message": i.message} for i in result.issues
        ],
    }


def show_diff(result: Comparison, every_line: bool) -> None:
    """Contracts with the largest difference first; `every_line`: also lines that did not change."""
    out = console.out()
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("contract", "line", "was", "now", "difference", "why"):
        table.add_column(
            name, justify="right" if name in ("was", "now", "difference") else "left", overflow="fold"
        )
    for c in sorted(result.contracts, key=lambda c: (-abs(c.difference), c.contract)):
        decimals = decimals_of(c.currency)
        table.add_row(
            f"[bold]{escape(c.contract)}[/]",
            f"[dim]{escape(c.against)}[/]",
            formats.amount(c.was, decimals),
            formats.amount(c.now, decimals),
            _colour(c.difference, decimals),
            f"[dim]due {c.due}, {c.currency}[/]"
            + (f" [red]against {c.other_currency}[/]" if c.other_currency else ""),
        )
        for x in c.lines:
            if every_line or x.difference:
                table.add_row(
                    "",
                    escape(x.description),
                    _side(x.was, decimals),
                    _side(x.now, decimals),
                    _colour(x.difference, decimals),
                    escape(x.why),
                )
    out.print(table)
    equal = sum(c.equal for c in result.contracts)
    out.print(f"\n{len(result.contracts)} compared, {equal} equal")
    for note in result.notes:
        out.print(f"[yellow]•[/] {escape(note)}")
    for issue in result.issues:
        out.print(f"[red]•[/] {escape(issue.place)} {escape(issue.field)}: {escape(issue.message)}")


def _side(part: Side | None, decimals: int) -> str:
    return "–" if part is None else formats.amount(part.amount, decimals)


def _colour(difference: Decimal, decimals: int) -> str:
    style = "dim" if not difference else "red" if difference > 0 else "green"
    return f"[{style}]{formats.signed(difference, decimals)}[/]"
