"""Click Contract documents -> the engine's contracts and covered units, in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import frappe
from frappe.utils import getdate
from frappe.utils.data import get_system_timezone

from mps_module.billing.terms import exact, parse_names, parse_terms
from mps_module.engine import contract as engine

Row = Mapping[str, Any]
NO_LIMIT = 100_000  # more rows than any one question may give; Frappe's own default is 20

CONTRACT_FIELDS = (
    "name",
    "title",
    "customer",
    "company",
    "currency",
    "time_zone",
    "start_date",
    "end_date",
    "po_no",
    "usual_bill",
)
CYCLES = ("base_months", "overage_months")


def load_contract(name: str) -> engine.Contract:
    """One contract with its submitted versions.

    Raises:
        frappe.DoesNotExistError: no such contract.
        frappe.ValidationError: it has no submitted version yet.
    """
    found = load_contracts([name])
    if name not in found:
        if not frappe.db.exists("Click Contract", name):
            raise frappe.DoesNotExistError(frappe._("Click Contract {0} does not exist").format(name))
        frappe.throw(
            frappe._("Click Contract {0} has no submitted version yet: submit one first").format(name)
        )
    return found[name]


def load_contracts(names: Sequence[str]) -> dict[str, engine.Contract]:
    """Contracts by name; those without a submitted version are left out. Four queries, however many contracts."""
    if not names:
        return {}
    heads = rows_of("Click Contract", {"name": ["in", list(names)]}, CONTRACT_FIELDS)
    versions = defaultdict(list)
    for row in rows_of(
        "Click Contract Version",
        {"contract": ["in", list(names)], "docstatus": 1},
        ["*"],
        "effective_date asc",
    ):
        versions[row["contract"]].append(row)
    version_names = [v["name"] for of_contract in versions.values() for v in of_contract]
    lines = children("Click Contract Line", version_names)
    tiers = children("Click Contract Tier", version_names)
    zone = get_system_timezone()
    return {
        head["name"]: contract_of(
            head, [version_of(v, lines[v["name"]], tiers[v["name"]]) for v in versions[head["name"]]], zone
        )
        for head in heads
        if versions[head["name"]]
    }


def contract_of(
    head: Row, versions: Iterable[engine.ContractVersion], zone: str | None = None
) -> engine.Contract:
    """The engine's contract of a Click Contract row or document."""
    return engine.Contract(
        contract=head.get("name") or "",
        customer=head.get("customer") or "",
        start=getdate(head.get("start_date")),
        versions=tuple(versions),
        end=day_or_none(head.get("end_date")),
        currency=head.get("currency") or "",
        timezone=head.get("time_zone") or zone or get_system_timezone(),
        title=head.get("title") or "",
        po=head.get("po_no") or "",
        usual_bill=exact(head["usual_bill"]) if head.get("usual_bill") else None,
    )


def version_of(row: Row, lines: Iterable[Row], tiers: Iterable[Row]) -> engine.ContractVersion:
    """The engine's version of a Click Contract Version row or document with its child rows.

    Raises:
        ValueError: a short text (meters, groups) that cannot be read; the message names the line.
    """
    of_line = defaultdict(list)
    for tier in tiers:
        of_line[tier.get("line_id")].append(tier)
    percent = exact(row.get("escalator_percent"))
    escalator = None
    if percent:
        first = day_or_none(row.get("escalator_first"))
        escalator = engine.Escalator(percent, int(row.get("escalator_every_months") or 12), first)
    return engine.ContractVersion(
        version=int(row.get("version") or 0),
        effective=getdate(row.get("effective_date")),
        lines=tuple(line_of(line, of_line[line.get("line_id")]) for line in lines),
        rules=rules_of(row),
        escalator=escalator,
        coverage={
            part: row.get(f"coverage_{part}") or "" for part in ("labour", "travel", "parts", "supplies")
        },
    )


def rules_of(row: Row) -> engine.BillingRules:
    anchor_month = row.get("anchor_month")
    currency = row.get("currency")
    return engine.BillingRules(
        base_months=int(row.get("base_months") or 1),
        overage_months=int(row.get("overage_months") or 1),
        anchor_day=int(row.get("anchor_day") or 1),
        anchor_month=int(anchor_month) if anchor_month else None,
        base_in_advance=bool(row.get("base_in_advance")),
        tolerance=engine.Tolerance(
            int(row.get("tolerance_before") or 0), int(row.get("tolerance_after") or 0)
        ),
        estimates=engine.EstimateRules(
            bool(row.get("estimates_allowed")), int(row.get("max_estimates_in_row") or 0)
        ),
        proration=engine.Proration(row.get("proration") or "days"),
        split_by=engine.SplitBy(row.get("split_by") or "none"),
        minimum=exact(row["minimum"]) if row.get("minimum") else None,
        maximum=exact(row["maximum"]) if row.get("maximum") else None,
        decimals=currency_decimals(currency),
    )


def line_of(row: Row, tiers: Sequence[Row]) -> engine.Line:
    """The engine's line; tiers of the version that name it price it, else its own rate does."""
    line_id, kind = row.get("line_id"), engine.LineKind(row.get("kind"))
    steps = [engine.Tier(exact(t["up_to"]) if t.get("up_to") else None, exact(t.get("rate"))) for t in tiers]
    price = engine.Price(
        tuple(steps) or (engine.Tier(None, exact(row.get("rate"))),),
        engine.TierMode(row.get("tier_mode") or "graduated"),
    )
    try:
        meters = parse_terms(row.get("meters"), default="1")
    except ValueError as error:
        raise ValueError(f"Line {line_id}, Meters: {error}") from error
    return engine.Line(
        line_id=line_id,
        kind=kind,
        price=price,
        description=row.get("description") or "",
        meters=meters,
        groups=parse_names(row.get("groups")),
        allowance=allowance_of(row),
        discount=exact(row.get("discount_percent")),
        minimum=exact(row["minimum"]) if row.get("minimum") else None,
        maximum=exact(row["maximum"]) if row.get("maximum") else None,
        block=exact(row.get("block_size")),
        unit=row.get("unit") or "impression",
        item=row.get("item") or "",
        cost_center=row.get("cost_center") or "",
        proration=engine.Proration(row["proration"]) if row.get("proration") else None,
        escalates=bool(row.get("escalates")),
    )


def allowance_of(row: Row) -> engine.Allowance | None:
    quantity = exact(row.get("allowance_qty"))
    scope = engine.AllowanceScope(row.get("allowance_scope") or "pooled")
    if not quantity and scope is engine.AllowanceScope.POOLED:
        return None
    return engine.Allowance(
        quantity, scope, bool(row.get("allowance_per_device")), int(row.get("carry_periods") or 0)
    )


def compare_versions(old: engine.ContractVersion, new: engine.ContractVersion) -> list[tuple[str, str, str]]:
    """(what, old, new) for everything that an amendment changes, for a side-by-side; "" where there is none."""
    changes = [("Effective date", str(old.effective), str(new.effective))]
    changes += fields_apart("", old.rules, new.rules)
    if old.escalator != new.escalator:
        changes.append(("Escalator", shown(old.escalator), shown(new.escalator)))
    for part in sorted(old.coverage.keys() | new.coverage.keys()):
        if old.coverage.get(part) != new.coverage.get(part):
            changes.append((f"Coverage: {part}", old.coverage.get(part, ""), new.coverage.get(part, "")))
    was, now = {x.line_id: x for x in old.lines}, {x.line_id: x for x in new.lines}
    for line_id in [*was, *(x for x in now if x not in was)]:
        if line_id not in now:
            changes.append((f"Line {line_id}", shown(was[line_id].price), ""))
        elif line_id not in was:
            changes.append((f"Line {line_id}", "", shown(now[line_id].price)))
        else:
            changes += fields_apart(f"Line {line_id}: ", was[line_id], now[line_id])
    return changes


def fields_apart(prefix: str, old: Any, new: Any) -> list[tuple[str, str, str]]:
    """The fields of two values of one class that differ."""
    apart = []
    for name in old.__dataclass_fields__:
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            apart.append((f"{prefix}{name.replace('_', ' ')}", shown(was), shown(now)))
    return apart


def shown(value: Any) -> str:
    """A contract value in a word or two."""
    if value is None or value == "":
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, engine.Price):
        steps = [
            f"{shown(t.rate)}{f' to {shown(t.up_to)}' if t.up_to is not None else ''}" for t in value.tiers
        ]
        return ", ".join(steps) + (f" ({value.mode.value})" if len(steps) > 1 else "")
    if isinstance(value, engine.Allowance):
        return f"{shown(value.quantity)} {value.scope.value}"
    if isinstance(value, engine.Escalator):
        return f"{shown(value.percent)} % every {value.every_months} months"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={shown(number)}" for key, number in value.items())
    if hasattr(value, "__dataclass_fields__"):
        return ", ".join(f"{n} {shown(getattr(value, n))}" for n in value.__dataclass_fields__)
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(getattr(value, "value", value))


def rows_of(doctype: str, filters: dict, fields: Sequence[str], order_by: str = "name asc") -> list[Row]:
    return frappe.get_all(doctype, filters=filters, fields=list(fields), order_by=order_by, limit=NO_LIMIT)


def children(
    doctype: str, parents: Sequence[str], fields: Sequence[str] = ("*",)
) -> defaultdict[str, list[Row]]:
    """Child rows by parent, in their order."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    if parents:
        rows = rows_of(doctype, {"parent": ["in", list(parents)]}, fields, "parent asc, idx asc")
        for row in rows:
            found[row["parent"]].append(row)
    return found


def day_or_none(value: Any) -> date | None:
    return getdate(value) if value else None


def currency_decimals(currency: str | None) -> int:
    """Decimals of a currency, from its smallest fraction (JPY 0, USD 2, KWD 3); 2 where the ERP does not say."""
    if not currency:
        return 2
    smallest = frappe.get_cached_value("Currency", currency, "smallest_currency_fraction_value")
    units = frappe.get_cached_value("Currency", currency, "fraction_units")
    if units and units > 1:
        return len(str(int(units))) - 1
    return 0 if units == 1 or smallest == 1 else 2
