"""HTML and PDF of a bill beside its JSON. Documents of a posted bill are made once and stay as they are."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from mps_module.cli.billing import Made
from mps_module.cli.doc_html import render_html
from mps_module.cli.doc_pdf import render_pdf
from mps_module.cli.posted import Posted, write_if_changed, write_once
from mps_module.cli.view import BillView, Party, Sender, bill_view
from mps_module.cli.volume import volume_chart
from mps_module.readers.records import Customer
from mps_module.readers.settings import Company


def _lines(*texts: str) -> tuple[str, ...]:
    """Address lines: empty ones left out, a text of several lines taken apart."""
    return tuple(line.strip() for text in texts for line in text.splitlines() if line.strip())


def sender_party(company: Company) -> Party:
    tax = f"Tax ID {company.tax_id}" if company.tax_id else ""
    return Party(company.name, _lines(company.address, company.phone, company.email, company.website, tax))


def receiver_party(customer: Customer | None, fallback: str) -> Party:
    """The customer as an address; one that customers.csv does not know has only its id."""
    if customer is None:
        return Party(fallback)
    tax = f"Tax ID {customer.tax_id}" if customer.tax_id else ""
    place = f"{customer.zip} {customer.city}".strip()
    return Party(
        customer.name or fallback, _lines(customer.contact, customer.address, place, customer.country, tax)
    )


def logo_problem(company: Company, folder: Path) -> str:
    """Why the logo of mps.yaml cannot be shown; empty where it can, or where there is none."""
    if not company.logo:
        return ""
    path = folder / company.logo
    if not path.is_file():
        return f"the logo {company.logo} of mps.yaml is not there: documents are made without it"
    with path.open("rb") as stream:
        head = stream.read(8)
    if not head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        return f"the logo {company.logo} of mps.yaml is no PNG or JPEG: documents are made without it"
    return ""


def view_of(made: Made, company: Company, customer: Customer | None, folder: Path, draft: bool) -> BillView:
    """The view-model of a bill of the run. `made` must have its bill and its case."""
    case = made.case
    chart = volume_chart(case.contract, case.pinned(), case.units, made.bill.period.closes)
    shown = bool(company.logo) and not logo_problem(company, folder)
    sender = Sender(
        logo=str(folder / company.logo) if shown else "",
        terms=company.terms,
        bank=company.bank,
        footer=company.footer,
    )
    return bill_view(
        made.bill,
        case.contract,
        case.ledger,
        sender_party(company),
        receiver_party(customer, made.bill.customer),
        chart,
        draft=draft,
        sender=sender,
    )


def write_documents(
    made: Made,
    posted: Posted,
    company: Company,
    customer: Customer | None,
    folder: Path,
    kinds: tuple[str, ...],
    draft: bool,
) -> int:
    """Write the documents of `kinds` (``.html``, ``.pdf``) that are not there yet; drafts are written anew.

    Returns: how many files were written.
    """
    paths = [posted.path(made.bill.contract, made.bill.period.due, kind) for kind in kinds]
    todo = [path for path in paths if draft or not path.exists()]
    if not todo:
        return 0
    view = view_of(made, company, customer, folder, draft)
    due = made.bill.period.due
    written = 0
    for path in todo:
        if path.suffix == ".pdf":
            data = render_pdf(view, datetime(due.year, due.month, due.day, tzinfo=timezone.utc))
        else:
            data = render_html(view).encode("utf-8")
        written += write_if_changed(path, data) if draft else write_once(path, data)
    return written
