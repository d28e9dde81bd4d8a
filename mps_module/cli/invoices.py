"""An invoice file of another system: CSV or XLSX with contract, amount and, where it has them, line columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from mps_module.cli.console import UsageProblem
from mps_module.engine.reads import Verdict
from mps_module.readers.issue import BadValue, Issue
from mps_module.readers.numbers import currencies_of
from mps_module.readers.records import Kind, money_cell, read_records
from mps_module.readers.settings import Settings
from mps_module.readers.sheet import FileLog, Sheet, text_of
from mps_module.readers.table import Cell, open_tables

FIELDS: Mapping[str, tuple[str, ...]] = {
    "contract": (
        "contract", "contract_id", "Contract Number", "Contract No", "Contract #", "agreement", "Agreement Number",
        "Agreement No", "Vertrag", "Vertragsnummer", "Vertragsnr", "Vertrag Nr", "Contrat", "N° de contrat", "Contrato",
    ),
    "line": ("line", "line_id", "item", "Item Code", "Charge", "Charge Code", "Billing Code", "Position", "Artikel"),
    "description": ("description", "Item Description", "text", "Bezeichnung", "Beschreibung", "Désignation"),
    "quantity": ("quantity", "qty", "Volume", "Menge", "Quantité"),
    "rate": ("rate", "price", "Unit Price", "Einzelpreis", "Prix unitaire"),
    "amount": (
        "amount", "net", "Net Amount", "Line Total", "Extended", "Extended Price", "Extended Amount", "Invoice Amount",
        "Amount Excl. Tax", "Subtotal", "total", "Nettobetrag", "Betrag netto", "Netto", "Betrag", "Montant HT", "Montant",
        "Importe",
    ),
    "currency": ("currency", "Currency Code", "Währung", "Devise", "Moneda"),
    "due": ("due", "date", "Invoice Date", "Posting Date", "Datum"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One row of the other system's invoice. `line` and `description` may be empty: then only totals compare.

    Attributes:
        currencies: what the amount can be in (``$`` is the sign of several); empty: the row does not say.
    """

    contract: str
    amount: Decimal
    line: str = ""
    description: str = ""
    quantity: Decimal | None = None
    rate: Decimal | None = None
    due: date | None = None
    currencies: tuple[str, ...] = ()


def _day(sheet: Sheet, cell: Cell) -> date | None:
    """The date of a row, where it can be read beyond doubt: a comparison needs none."""
    try:
        return sheet.day(cell)
    except BadValue:
        return None


@dataclass(frozen=True, slots=True)
class _Amount:
    value: Decimal
    currencies: tuple[str, ...]


def _amount(sheet: Sheet, cell: Cell) -> _Amount:
    return _Amount(money_cell(sheet, cell), currencies_of(cell) if isinstance(cell, str) else ())


def _currencies(_: Sheet, cell: Cell) -> tuple[str, ...]:
    """A column of currencies names codes or signs; another word decides nothing."""
    return currencies_of(text_of(cell).upper()) or currencies_of(text_of(cell))


def _row(amount: _Amount, currency: tuple[str, ...] = (), **values: Any) -> InvoiceRow:
    """The sign beside the amount is nearer to it than the column."""
    return InvoiceRow(amount=amount.value, currencies=amount.currencies or currency, **values)


INVOICES = Kind(
    "invoice",
    FIELDS,
    ("contract", "amount"),
    _row,
    {"amount": _amount, "quantity": money_cell, "rate": money_cell, "due": _day, "currency": _currencies},
    numeric=("amount",),
)


def _why_nothing(issues: Iterable[Issue]) -> str:
    first = next((i for i in issues if i.verdict is Verdict.QUARANTINED), None)
    if first is None:
        return "it is empty"
    if first.code == "columns-unknown":
        return (
            f"{first.message}. A column for the contract and one for the amount are needed; the file begins with "
            f"{first.value}. Rename its columns, or map them under “columns” in mps.yaml."
        )
    return f"{first.message}. {first.todo}"


def read_invoices(path: Path, settings: Settings) -> tuple[dict[str, list[InvoiceRow]], list[Issue]]:
    """Rows by contract, and what was odd or could not be read. Raises UsageProblem: no such file, no table in it."""
    if not path.is_file():
        raise UsageProblem(f"{path}: no such file.")
    rule = settings.rule_for(path.name)
    tables = open_tables(path, path.name, rule.encoding, rule.delimiter)
    if isinstance(tables, Issue):
        raise UsageProblem(f"{path}: {tables.message}. {tables.todo}")
    issues: list[Issue] = []
    found: dict[str, list[InvoiceRow]] = {}
    for table in tables:
        log = FileLog(table.name, "invoice", issues.append)
        for _, row in read_records(INVOICES, table, settings, log):
            found.setdefault(row.contract, []).append(row)
    if not found:
        raise UsageProblem(f"{path}: nothing to compare with: {_why_nothing(issues)}")
    return found, issues
