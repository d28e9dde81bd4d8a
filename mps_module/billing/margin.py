"""What contracts earned and what they cost, from what the ERP knows and no more.

Revenue: net totals of the submitted invoices of Click Bills, less their returns, in the company's currency; invoices for
time and material on calls stand beside it (`service.costs`, which adds labour, travel and trunk as well).
Supplies: clicks that were billed x cost per click of the model's supplies (valuation / yield x cartridges of that kind
that a page uses: black on every click, the others on colour clicks). Parts: stock issued on calls of the contract, and for its project,
at its valuation on that day; items that are supplies of a model are left out, since they are counted at their yield.
Service: clicks x a rate that the reader of the report gives. What has no known cost is counted and told, never guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import frappe
from frappe.query_builder.functions import Sum

from mps_module.billing.posted import MOST, meter_usages, results
from mps_module.billing.terms import exact
from mps_module.engine.margin import Costs, margin_percent

ZERO = Decimal(0)
BLACK = frozenset({"", "black", "k", "mono"})


@dataclass(slots=True)
class Margin:
    """Figures of one contract, in the company's currency.

    Attributes:
        calls: net total of invoices for time and material on calls; part of the whole revenue, not of `revenue`.
        service: clicks x the rate that the reader of the report gives.
        trunk: the share of what holding the technicians' parts costs.
        drafts: net total of invoices that are not submitted yet; not part of `revenue`.
        unknown: devices whose supplies have no known cost; their clicks count 0 in `supplies`.
    """

    revenue: Decimal = ZERO
    drafts: Decimal = ZERO
    clicks: Decimal = ZERO
    supplies: Decimal = ZERO
    parts: Decimal = ZERO
    service: Decimal = ZERO
    labour: Decimal = ZERO
    travel: Decimal = ZERO
    trunk: Decimal = ZERO
    calls: Decimal = ZERO
    visits: int = 0
    devices: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    @property
    def cost(self) -> Decimal:
        return self.costs.total

    @property
    def costs(self) -> Costs:
        return Costs(self.supplies, self.parts, self.labour, self.travel, self.trunk, self.service)

    @property
    def whole_revenue(self) -> Decimal:
        """Of bills and of calls."""
        return self.revenue + self.calls

    @property
    def margin(self) -> Decimal:
        return self.whole_revenue - self.cost

    @property
    def percent(self) -> float | None:
        found = margin_percent(self.whole_revenue, self.cost)
        return None if found is None else float(found)


@dataclass(frozen=True, slots=True)
class ClickCost:
    """Cost of supplies per click, for mono and for colour clicks; None: not known."""

    mono: Decimal | None
    colour: Decimal | None


def margins(
    bills: Sequence[Mapping], service_rate: Decimal, span: tuple[str, str], contracts: Iterable[str] = ()
) -> dict[str, Margin]:
    """Margin by contract of these Click Bills.

    Args:
        service_rate: money per click for what is not recorded, in the company's currency.
        span: first and last day in which stock issues count.
        contracts: others whose parts count, though nothing was billed.
    """
    names = {row["contract"] for row in bills} | set(contracts)
    if not names:
        return {}
    found: dict[str, Margin] = defaultdict(Margin)
    contract_of = {row["name"]: row["contract"] for row in bills}
    for name, (net, drafts) in revenues(list(contract_of)).items():
        found[contract_of[name]].revenue += net
        found[contract_of[name]].drafts += drafts
    clicks: dict[str, dict[tuple[str, str], Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for name, made in results(list(contract_of)):
        for usage in meter_usages(made):
            clicks[contract_of[name]][usage.unit, usage.meter] += usage.usage
    add_supplies(found, clicks)
    for contract, cost in parts_of(names, span).items():
        found[contract].parts += cost
    for one in found.values():
        one.service = one.clicks * service_rate
    return dict(found)


def add_supplies(found: dict[str, Margin], clicks: Mapping[str, Mapping[tuple[str, str], Decimal]]) -> None:
    """Clicks of billed meters, and their supplies at yield."""
    devices = {device for own in clicks.values() for device, _ in own}
    costs = click_costs(devices)
    colour = set(
        frappe.get_all("MPS Meter Type", {"is_colour": 1}, pluck="name", order_by="name", limit=MOST)
    )
    for contract, own in clicks.items():
        one = found[contract]
        for (device, meter), number in own.items():
            if meter == "total" and any(d == device and m != "total" for d, m in own):
                continue  # the sum of meters that are counted by themselves
            one.devices.add(device)
            one.clicks += number
            cost = costs.get(device)
            rate = (cost.colour if meter in colour else cost.mono) if cost else None
            if rate is None:
                one.unknown.add(device)
            else:
                one.supplies += number * rate


def revenues(bills: Sequence[str]) -> dict[str, tuple[Decimal, Decimal]]:
    """Bill -> (net of its submitted invoices less returns, net of drafts), company currency."""
    if not bills:
        return {}
    row, invoice = frappe.qb.DocType("Click Bill Invoice"), frappe.qb.DocType("Sales Invoice")
    bill_of: dict[str, str] = {}
    found: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    own = (
        frappe.qb.from_(row)
        .join(invoice)
        .on(invoice.name == row.sales_invoice)
        .select(row.parent, invoice.name, invoice.base_net_total, invoice.docstatus)
        .where(row.parent.isin(list(bills)))
        .where(invoice.docstatus < 2)
        .orderby(row.parent, row.idx)
        .limit(MOST)
    ).run()
    for parent, name, net, docstatus in own:
        bill_of[name] = parent
        found[parent][0 if docstatus else 1] += exact(net)
    if bill_of:
        returns = (
            frappe.qb.from_(invoice)
            .select(invoice.return_against, Sum(invoice.base_net_total))
            .where(invoice.return_against.isin(list(bill_of)))
            .where(invoice.docstatus == 1)
            .groupby(invoice.return_against)
            .orderby(invoice.return_against)
            .limit(MOST)
        ).run()
        for name, net in returns:
            found[bill_of[name]][0] += exact(net)
    return {name: (net, drafts) for name, (net, drafts) in found.items()}


def click_costs(devices: Iterable[str]) -> dict[str, ClickCost]:
    """Supplies per click by device, from its model's yields and what the items cost."""
    models = dict(
        frappe.get_all(
            "MPS Device",
            filters={"name": ["in", sorted(devices)], "device_model": ["is", "set"]},
            fields=["name", "device_model"],
            order_by="name",
            limit=MOST,
            as_list=True,
        )
    )
    rows = frappe.get_all(
        "MPS Model Supply",
        filters={"parent": ["in", sorted(set(models.values()))], "parenttype": "MPS Device Model"},
        fields=["parent", "item", "colour", "yield_pages", "quantity"],
        order_by="parent, idx",
        limit=MOST,
    )
    price = item_costs({row.item for row in rows if row.item})
    of_model = defaultdict(list)
    for row in rows:
        of_model[row.parent].append(row)
    made = {model: cost_of(own, price) for model, own in of_model.items()}
    return {device: made[model] for device, model in models.items() if model in made}


def cost_of(supplies: Iterable[Mapping], price: Mapping[str, Decimal]) -> ClickCost:
    """Black and uncoloured supplies wear on every click, coloured ones on colour clicks only.

    How many of an item stand in a device does not matter: each is used up by its own yield, one after the other.
    """
    mono: Decimal | None = None
    colour: Decimal | None = None
    known = True
    for row in supplies:
        if not row["yield_pages"] or row["item"] not in price:
            known = False
            continue
        per_click = price[row["item"]] / Decimal(row["yield_pages"])
        if (row["colour"] or "").strip().lower() in BLACK:
            mono = (mono or ZERO) + per_click
        else:
            colour = (colour or ZERO) + per_click
    if not known:
        return ClickCost(None, None)
    return ClickCost(mono, None if colour is None else (mono or ZERO) + colour)


def item_costs(items: Iterable[str]) -> dict[str, Decimal]:
    """What an item costs: average of its stock, else its valuation rate, else its last purchase rate."""
    names = sorted(set(items))
    if not names:
        return {}
    bin_ = frappe.qb.DocType("Bin")
    stock = (
        frappe.qb.from_(bin_)
        .select(bin_.item_code, Sum(bin_.stock_value), Sum(bin_.actual_qty))
        .where(bin_.item_code.isin(names))
        .where(bin_.actual_qty > 0)
        .groupby(bin_.item_code)
        .orderby(bin_.item_code)
        .limit(MOST)
    ).run()
    found = {item: exact(value) / exact(qty) for item, value, qty in stock if value and qty}
    for row in frappe.get_all(
        "Item",
        filters={"name": ["in", names]},
        fields=["name", "valuation_rate", "last_purchase_rate"],
        order_by="name",
        limit=MOST,
    ):
        rate = row.valuation_rate or row.last_purchase_rate
        if row.name not in found and rate:
            found[row.name] = exact(rate)
    return found


def parts_of(contracts: Iterable[str], span: tuple[str, str]) -> dict[str, Decimal]:
    """Value of the stock that was issued for contracts: by the Stock Entry, else its call, else its project.

    A project of two contracts counts for neither. Supplies of models are left out: they are counted at their yield.
    """
    owner = project_owners(contracts)
    ledger, entry, issue = (frappe.qb.DocType(n) for n in ("Stock Ledger Entry", "Stock Entry", "Issue"))
    supply = frappe.qb.DocType("MPS Model Supply")
    supplies = frappe.qb.from_(supply).select(supply.item).where(supply.item.isnotnull())
    names = sorted(contracts)
    rows = (
        frappe.qb.from_(ledger)
        .join(entry)
        .on(entry.name == ledger.voucher_no)
        .left_join(issue)
        .on(issue.name == entry.mps_issue)
        .select(entry.mps_contract, issue.mps_contract, ledger.project, Sum(ledger.stock_value_difference))
        .where(ledger.voucher_type == "Stock Entry")
        .where(entry.purpose == "Material Issue")
        .where(
            entry.mps_contract.isin(names)
            | issue.mps_contract.isin(names)
            | ledger.project.isin([*owner, ""])
        )
        .where(ledger.is_cancelled == 0)
        .where(ledger.posting_date.between(*span))
        .where(ledger.item_code.notin(supplies))
        .groupby(entry.mps_contract, issue.mps_contract, ledger.project)
        .orderby(entry.mps_contract, issue.mps_contract, ledger.project)
        .limit(MOST)
    ).run()
    wanted, found = set(names), defaultdict(lambda: ZERO)
    for contract, of_call, project, value in rows:
        name = contract or of_call or owner.get(project)
        if name in wanted:
            found[name] -= exact(value)
    return dict(found)


def project_owners(contracts: Iterable[str]) -> dict[str, str]:
    """Project -> the one contract that it belongs to."""
    projects = frappe.get_all(
        "Click Contract",
        filters={"name": ["in", sorted(contracts)], "project": ["is", "set"]},
        pluck="project",
        order_by="name",
        limit=MOST,
    )
    owners: dict[str, list[str]] = defaultdict(list)
    if projects:
        for row in frappe.get_all(
            "Click Contract",
            filters={"project": ["in", projects]},
            fields=["name", "project"],
            order_by="name",
            limit=MOST,
        ):
            owners[row.project].append(row.name)
    return {project: names[0] for project, names in owners.items() if len(names) == 1}
