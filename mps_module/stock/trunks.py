"""Trunks: finding, locking and checking them, and setting up a new technician in one step."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.query_builder import DocType

from mps_module.stock.access import TECHNICIAN
from mps_module.stock.answers import Refused

if TYPE_CHECKING:
    from frappe.model.document import Document

GROUP = "Technician Trunks"
TRANSIT_TYPE = "Transit"


@dataclass(frozen=True, slots=True)
class Trunk:
    """A trunk as the moves need it. `returns`, `defective`: where parts go back to."""

    name: str
    title: str
    user: str
    technician: str
    company: str
    territory: str
    warehouse: str
    transit: str
    source: str
    returns: str
    defective: str


def _fields(table: Any) -> list[Any]:
    return [
        table.name,
        table.trunk_name,
        table.user,
        table.technician_name,
        table.company,
        table.territory,
        table.warehouse,
        table.transit_warehouse,
        table.source_warehouse,
        table.return_warehouse,
        table.defective_warehouse,
    ]


def _trunk(row: tuple[Any, ...]) -> Trunk:
    values = [value or "" for value in row]
    returns = values[9] or values[8]
    return Trunk(*values[:9], returns, values[10] or returns)


def load(names: Collection[str] | None = None, *, lock: bool = False) -> dict[str, Trunk]:
    """Trunks that are in use, by name; all of them without `names`. One query.

    `lock`: hold their rows until the end of the transaction, in order of their names, so that two moves of a trunk
    come one after the other and never wait for each other in a circle.
    """
    table = DocType("Trunk Stock")
    query = frappe.qb.from_(table).select(*_fields(table)).where(table.disabled == 0).orderby(table.name)
    if names is not None:
        if not names:
            return {}
        query = query.where(table.name.isin(sorted(names)))
    if lock:
        query = query.for_update()
    return {row[0]: _trunk(row) for row in query.run()}


def own(user: str | None = None) -> Trunk:
    """The user's own trunk. Raises Refused where there is none (in use)."""
    table = DocType("Trunk Stock")
    rows = (
        frappe.qb.from_(table)
        .select(*_fields(table))
        .where((table.user == (user or frappe.session.user)) & (table.disabled == 0))
        .orderby(table.name)
        .limit(1)
        .run()
    )
    if not rows:
        raise Refused("no_trunk", _("No trunk is set up for you. Ask the office."))
    return _trunk(rows[0])


def check(doc: Document) -> None:
    """What makes a trunk whole. Raises frappe.ValidationError with what is wrong."""
    warehouses = {
        doc.meta.get_label(field): doc.get(field)
        for field in ("warehouse", "transit_warehouse", "source_warehouse")
    }
    if len(set(warehouses.values())) < len(warehouses):
        frappe.throw(
            _("{0} must be different warehouses.").format(", ".join(_(label) for label in warehouses))
        )
    places = [*warehouses.values(), doc.return_warehouse, doc.defective_warehouse]
    for name in sorted({place for place in places if place}):
        company, is_group = frappe.get_cached_value("Warehouse", name, ["company", "is_group"])
        if company != doc.company:
            frappe.throw(
                _("Warehouse {0} belongs to {1}, the trunk to {2}.").format(name, company, doc.company)
            )
        if is_group:
            frappe.throw(_("Warehouse {0} is a group and holds no stock.").format(name))
    _no_double_role(doc)
    seen: set[str] = set()
    for row in doc.items:
        if row.item in seen:
            frappe.throw(_("Row {0}: {1} is listed twice.").format(row.idx, row.item))
        seen.add(row.item)
        if (row.min_qty or 0) > (row.par_qty or 0):
            frappe.throw(_("Row {0}: the minimum of {1} is above its par.").format(row.idx, row.item))
        if not frappe.get_cached_value("Item", row.item, "is_stock_item"):
            frappe.throw(_("Row {0}: {1} is not kept in stock.").format(row.idx, row.item))


def _no_double_role(doc: Document) -> None:
    """One warehouse counted as on hand here and in transit there would count stock twice."""
    table = DocType("Trunk Stock")
    taken = (
        frappe.qb.from_(table)
        .select(table.name)
        .where(table.name != (doc.name or ""))
        .where((table.warehouse == doc.transit_warehouse) | (table.transit_warehouse == doc.warehouse))
        .orderby(table.name)
        .limit(1)
        .run(pluck=True)
    )
    if taken:
        frappe.throw(_("A warehouse of {0} is used here in another role.").format(taken[0]))


@dataclass(frozen=True, slots=True)
class NewTechnician:
    """What the set-up of a technician is told. All but the employee and the source may stay empty."""

    employee: str
    source_warehouse: str
    territory: str = ""
    trunk_name: str = ""
    copy_levels_from: str = ""


def set_up(new: NewTechnician) -> str:
    """Everything a technician needs, in one step: warehouses, sales person, role, permission, trunk, dispatch board.

    What exists already is used and left as it is; running it again changes nothing. Returns the Trunk Stock.

    Raises:
        frappe.ValidationError: the employee has no user, or a trunk of another make-up exists.
    """
    employee = frappe.get_doc("Employee", new.employee)
    if not employee.user_id:
        frappe.throw(
            _("Employee {0} has no user; the phone needs one to sign in with.").format(employee.name)
        )
    name = frappe.db.get_value("Trunk Stock", {"user": employee.user_id}, "name", order_by="creation")
    if not name:
        title = new.trunk_name or employee.employee_name
        trunk = frappe.new_doc("Trunk Stock")
        trunk.update(
            {
                "trunk_name": title,
                "technician": employee.name,
                "user": employee.user_id,
                "sales_person": _sales_person(employee),
                "company": employee.company,
                "territory": new.territory or None,
                "warehouse": _warehouse(title, employee.company, ""),
                "transit_warehouse": _warehouse(
                    _("{0} in transit").format(title), employee.company, TRANSIT_TYPE
                ),
                "source_warehouse": new.source_warehouse,
            }
        )
        if new.copy_levels_from:
            for row in frappe.get_doc("Trunk Stock", new.copy_levels_from).items:
                trunk.append("items", {"item": row.item, "min_qty": row.min_qty, "par_qty": row.par_qty})
        name = trunk.insert().name
    _allow(employee.user_id, name)
    _on_the_board(employee.name)
    return name


def _on_the_board(employee: str) -> None:
    """Whoever has a trunk is sent to calls."""
    from mps_module.service import technicians  # which reads trunks

    technicians.set_up(employee, trusted=True)


def _sales_person(employee: Document) -> str:
    """The technician as service person of visits; made where there is none."""
    found = frappe.db.get_value("Sales Person", {"employee": employee.name}, "name", order_by="creation")
    if found:
        return found
    title = employee.employee_name
    if frappe.db.exists("Sales Person", title):
        title = f"{title} ({employee.name})"
    person = frappe.get_doc(
        {
            "doctype": "Sales Person",
            "sales_person_name": title,
            "employee": employee.name,
            "parent_sales_person": _root("Sales Person", "parent_sales_person"),
            "is_group": 0,
            "enabled": 1,
        }
    )
    return person.insert(ignore_permissions=True).name


def _root(doctype: str, parent_field: str) -> str | None:
    return frappe.db.get_value(
        doctype, {"is_group": 1, parent_field: ("is", "not set")}, "name", order_by="lft"
    )


def _warehouse(title: str, company: str, kind: str) -> str:
    """A warehouse of that title under the company's group of trunks."""
    filters = {"warehouse_name": title, "company": company, "is_group": 0}
    found = frappe.db.get_value("Warehouse", filters, "name", order_by="creation")
    if found:
        return found
    doc = frappe.get_doc(
        {
            "doctype": "Warehouse",
            "warehouse_name": title,
            "company": company,
            "parent_warehouse": trunk_group(company),
            "warehouse_type": kind or None,
        }
    )
    return doc.insert(ignore_permissions=True).name


def trunk_group(company: str) -> str:
    """The group under which all trunks of a company hang."""
    filters = {"warehouse_name": GROUP, "company": company, "is_group": 1}
    found = frappe.db.get_value("Warehouse", filters, "name", order_by="creation")
    if found:
        return found
    if not frappe.db.exists("Warehouse Type", TRANSIT_TYPE):
        frappe.get_doc({"doctype": "Warehouse Type", "name": TRANSIT_TYPE}).insert(ignore_permissions=True)
    root = frappe.db.get_value(
        "Warehouse",
        {"company": company, "is_group": 1, "parent_warehouse": ("is", "not set")},
        "name",
        order_by="lft",
    )
    doc = frappe.get_doc(
        {
            "doctype": "Warehouse",
            "warehouse_name": GROUP,
            "company": company,
            "is_group": 1,
            "parent_warehouse": root,
        }
    )
    return doc.insert(ignore_permissions=True).name


def _allow(user: str, trunk: str) -> None:
    """The technician's role, and a User Permission that keeps other trunks out of lists and links."""
    account = frappe.get_doc("User", user)
    if TECHNICIAN not in {row.role for row in account.roles}:
        account.append("roles", {"role": TECHNICIAN})
        account.save(ignore_permissions=True)
    wanted = {"user": user, "allow": "Trunk Stock", "for_value": trunk}
    if not frappe.db.exists("User Permission", wanted):
        permission = frappe.get_doc({"doctype": "User Permission", **wanted, "apply_to_all_doctypes": 1})
        permission.insert(ignore_permissions=True)
