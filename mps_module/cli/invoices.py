"""An invoice file of another system: CSV or XLSX with contract, amount and, where it has them, line columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from mps_module.cli.console import UsageProblem
from mps_module.engine.reads import Verdict
from mps_module.readers.issue import BadValue, Issue
from mps_module.readers.records import Kind, money_cell, read_records
from mps_module.readers.settings import Settings
from mps_module.readers.sheet import FileLog, Sheet
from mps_module.readers.table import Cell, open_tables

FIELDS: Mapping[str, tuple[str, ...]] = {
    "contract": (
        "contract", "contract_id", "Contract Number", "Contract No", "agreement", "Agreement Number", "Vertrag",
        "Vertragsnummer", "Contrat",
    ),
    "line": ("line", "line_id", "item", "Item Code", "Charge", "Charge Code", "Billing Code", "Position", "Artikel"),
    "description": ("description", "Item Description", "text", "Bezeichnung", "Beschreibung", "Désignation"),
    "quantity": ("quantity", "qty", "Volume", "Menge", "Quantité"),
    "rate": ("rate", "price", "Unit Price", "Einzelpreis", "Prix unitaire"),
    "amount": (
        "amount", "net", "Net Amount", "Line Total", "Extended", "Extended Price", "total", "Betrag", "Nettobetrag",
        "Montant", "Montant HT",
    ),
    "due": ("due", "date", "Invoice Date", "Posting Date", "Datum"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One row of the other system's invoice. `line` and `description` may be empty: then only totals compare."""

    contract: str
    amount: Decimal
    line: str = ""
    description: str = ""
    quantity: Decimal | None = None
    rate: Decimal | None = None
    due: date | None = None


def _day(sheet: Sheet, cell: Cell) -> date | None:
    """The date of a row, where it can be read beyond doubt: a comparison needs none."""
    try:
        return sheet.day(cell)
    except BadValue:
        return None


INVOICES = Kind(
    "invoice",
    FIELDS,
    ("contract", "amount"),
    InvoiceRow,
    {"amount": money_cell, "quantity": money_cell, "rate": money_cell, "due": _day},
)


def read_invoices(path: Path, settings: Settings) -> tuple[dict[str, list[InvoiceRow]], list[Issue]]:
    """Rows by contract, and what could not be read. Raises UsageProblem: no such file, no table in it."""
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
        said = next(
            (f"{i.message}. {i.todo}" for i in issues if i.verdict is Verdict.QUARANTINED), "it is empty"
        )
        raise UsageProblem(f"{path}: nothing to compare with: {said}")
    return found, [i for i in issues if i.verdict is Verdict.QUARANTINED]
