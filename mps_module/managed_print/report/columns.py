"""What the reports of this module share: columns and the contracts and devices that their user may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import frappe

MOST = 100_000  # rows of one question
MOST_BARS = 15
GREY, AMBER, GREEN = "#9fb3c8", "#e8a838", "#1f9e89"

Column = dict[str, Any]
Filters = Mapping[str, Any]


def column(
    fieldname: str, label: str, fieldtype: str = "Data", options: str = "", width: int = 120
) -> Column:
    """A report column."""
    made = {"fieldname": fieldname, "label": label, "fieldtype": fieldtype, "width": width}
    if options:
        made["options"] = options
    return made


def money(fieldname: str, label: str, width: int = 120) -> Column:
    """A column of amounts in the currency that the row names in `currency`."""
    return column(fieldname, label, "Currency", "currency", width)


def bars(
    rows: Sequence[Mapping[str, Any]], *series: tuple[str, str, Sequence[float]]
) -> dict[str, Any] | None:
    """Bars of money for the contracts of a report's first rows; None: there are none.

    Args:
        series: (name, colour, a value for each row).
    """
    if not rows:
        return None
    return {
        "data": {
            "labels": [row["contract"] for row in rows[:MOST_BARS]],
            "datasets": [
                {"name": name, "values": list(values)[:MOST_BARS]} for name, _colour, values in series
            ],
        },
        "type": "bar",
        "colors": [colour for _name, colour, _values in series],
        "fieldtype": "Currency",
    }


def chosen(filters: Filters, *names: str) -> dict[str, Any]:
    """The named filters that the user has set."""
    return {name: filters[name] for name in names if filters.get(name)}


def contracts_of(filters: Filters, statuses: Iterable[str] = ("Active",)) -> list[frappe._dict]:
    """Contracts that the user may see, narrowed by the report's company, customer and contract."""
    wanted: dict[str, Any] = chosen(filters, "company", "customer")
    wanted["status"] = ["in", list(statuses)]
    if filters.get("contract"):
        wanted["name"] = filters["contract"]
    return frappe.get_list(
        "Click Contract",
        filters=wanted,
        fields=[
            "name", "title", "customer", "customer_name", "company", "currency", "status", "start_date", "end_date",
            "billed_through", "auto_renew", "renewal_months", "notice_days", "project",
        ],
        order_by="name",
        limit=MOST,
    )  # fmt: skip


def devices_of(names: Iterable[str]) -> dict[str, frappe._dict]:
    """Model, serial and place of devices by name. One query."""
    rows = frappe.get_all(
        "MPS Device",
        filters={"name": ["in", sorted(set(names))]},
        fields=["name", "device_model", "serial_no_text", "site", "department", "customer"],
        order_by="name",
        limit=MOST,
    )
    return {row.name: row for row in rows}
