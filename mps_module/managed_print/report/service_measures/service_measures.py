"""Service Measures: first-call completion, holds, callbacks, clicks between calls, response and restore, SLA kept."""

from __future__ import annotations

from typing import Any

from frappe import _

from mps_module.engine.measures import FIELD, By, Figures
from mps_module.managed_print.report.columns import Column, Filters, column
from mps_module.service.measures import table, technician_names

LINKS = {
    By.TECHNICIAN: "MPS Technician",
    By.MODEL: "MPS Device Model",
    By.CONTRACT: "Click Contract",
    By.CUSTOMER: "Customer",
    By.TERRITORY: "Territory",
    By.PROBLEM: "MPS Service Code",
    By.MONTH: "",
}
MOST_BARS = 15


def execute(filters: Filters | None = None) -> tuple:
    """Columns, rows, message, chart and summary."""
    filters = filters or {}
    by = By(str(filters.get("group_by") or By.TECHNICIAN.value).lower())
    groups, whole = table(filters, by)
    names = technician_names() if by is By.TECHNICIAN else {}
    rows = [row_of(name, one, names) for name, one in groups.items()]
    rows.sort(key=lambda row: row["group"] if by is By.MONTH else (-row["calls"], row["group"]))
    if rows:
        rows.append({**row_of("", whole, {}), "group": "", "label": _("All Together"), "bold": 1})
    return columns(by), rows, message(whole), chart(rows, by), summary(whole)


def row_of(name: str, one: Figures, names: dict[str, str]) -> dict[str, Any]:
    return {
        "group": name,
        "label": names.get(name) or (name if name else _("None")),
        "calls": one.calls,
        "first_call": one.first_call_percent,
        "hold": one.hold_percent,
        "closed": one.closed,
        "callbacks": one.callbacks,
        "callback": one.callback_percent,
        "mcbc": rounded(one.mcbc, 0),
        "lasted": rounded(one.lasted, 0),
        "response": rounded(one.response, 2),
        "restore": rounded(one.restore, 2),
        "kept": one.kept_percent,
        "agreed": one.agreed,
        "remote": one.remote,
        "trips": one.trips,
        "clicks": one.clicks,
        "open": one.open,
        "withdrawn": one.withdrawn,
    }


def rounded(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(value, decimals)


def message(whole: Figures) -> str | None:
    if not whole.calls:
        return _("No corrective calls were completed in this period, so there is nothing to measure.")
    told = []
    if whole.watched:
        told.append(
            _("{0} of the completed calls may still be called back: their days are not over.").format(
                whole.watched
            )
        )
    if whole.withdrawn:
        told.append(_("{0} calls were closed without any work and are not counted.").format(whole.withdrawn))
    return "<br>".join(told) or None


def chart(rows: list[dict[str, Any]], by: By) -> dict[str, Any] | None:
    shown = [row for row in rows if not row.get("bold") and row["calls"]][:MOST_BARS]
    if not shown:
        return None
    return {
        "data": {
            "labels": [row["label"] for row in shown],
            "datasets": [
                {"name": title, "values": [round(row[key] or 0, 1) for row in shown]}
                for key, title in (
                    ("first_call", _("First-Call %")), ("hold", _("Hold %")), ("callback", _("Callback %")),
                )
            ],
        },
        "type": "line" if by is By.MONTH and len(shown) > 2 else "bar",
        "colors": ["#1f9e89", "#e8a838", "#d1495b"],
    }  # fmt: skip


def summary(whole: Figures) -> list[dict[str, Any]]:
    if not whole.calls:
        return []
    made = [
        {"label": _("Corrective Calls"), "value": whole.calls, "datatype": "Int"},
        share(_("First-Call Completion"), whole.first_call_percent, FIELD.first_call, up=True),
        share(_("Held for Parts"), whole.hold_percent, FIELD.hold, up=False),
        share(_("Called Back"), whole.callback_percent, FIELD.callbacks, up=False),
    ]
    if whole.mcbc is not None:
        made.append({"label": _("Clicks between Calls"), "value": round(whole.mcbc), "datatype": "Int"})
    if whole.kept_percent is not None:
        made.append({"label": _("SLA Kept"), "value": f"{whole.kept_percent:.1f} %", "datatype": "Data"})
    return made


def share(label: str, value: float | None, field: tuple[int, int], up: bool) -> dict[str, Any]:
    """A card, green where it is as good as the field's best and red where it is worse than the usual."""
    usual, best = field
    good = value is not None and (value >= best if up else value <= best)
    bad = value is not None and (value < usual if up else value > usual)
    colour = "Green" if good else "Red" if bad else "Orange"
    told = _("no calls") if value is None else f"{value:.1f} %"
    return {"label": label, "value": told, "datatype": "Data", "indicator": colour}


def columns(by: By) -> list[Column]:
    group = column("group", _(by.value.title()), "Link" if LINKS[by] else "Data", LINKS[by], 120)
    made = [
        group,
        column("label", _("Name"), width=150),
        column("calls", _("Calls"), "Int", width=70),
        column("first_call", _("First-Call %"), "Percent", width=110),
        column("hold", _("Hold %"), "Percent", width=90),
        column("callback", _("Callback %"), "Percent", width=110),
        column("mcbc", _("Clicks between Calls"), "Int", width=140),
        column("lasted", _("Clicks a Repair Lasts"), "Int", width=150),
        column("response", _("Response (h)"), "Float", width=105),
        column("restore", _("Restore (h)"), "Float", width=100),
        column("kept", _("SLA Kept %"), "Percent", width=110),
        column("agreed", _("With SLA"), "Int", width=80),
        column("closed", _("Completed by"), "Int", width=105),
        column("callbacks", _("Called Back"), "Int", width=100),
        column("remote", _("Remote"), "Int", width=80),
        column("trips", _("Trips"), "Int", width=70),
        column("clicks", _("Clicks"), "Int", width=100),
        column("open", _("Open"), "Int", width=70),
        column("withdrawn", _("Without Work"), "Int", width=110),
    ]
    return (
        made if by is By.TECHNICIAN else [one for one in made if one["fieldname"] not in ("label", "closed")]
    )
