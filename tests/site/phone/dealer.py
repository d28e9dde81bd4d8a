"""The technicians, parts and calls that the phone tests work with: committed, and taken away again afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import frappe
from frappe.utils.password import update_password

from tests.site import make
from tests.site.stock import build

PASSWORD = "cellar-Without-Signal-7"
PARTS = ("PH-FUSER", "PH-DRUM", "PH-BELT")
SERIAL, BATCH = "PH-BOARD", "PH-GREASE"
NAMES = {
    "PH-FUSER": "Fuser unit 220 V",
    "PH-DRUM": "Drum unit black",
    "PH-BELT": "Transfer belt",
    "PH-BOARD": "Main board",
    "PH-GREASE": "Fuser grease",
}


@dataclass(slots=True)
class Dealer:
    """Two technicians with stocked trunks, their calls, and a device."""

    trunks: dict[str, Any] = field(default_factory=dict)
    calls: dict[str, str] = field(default_factory=dict)
    device: str = ""

    def user(self, name: str) -> str:
        return self.trunks[name].user

    def ledger(self, name: str, item: str) -> float:
        """What the ERP's stock ledger says lies in a trunk now, as other connections left it."""
        frappe.db.rollback()
        return build.on_hand(item, self.trunks[name].warehouse)

    def actions(self, name: str) -> list[Any]:
        """The actions of a technician that the ERP knows, in the order in which they were booked."""
        frappe.db.rollback()
        return frappe.get_all(
            "MPS Phone Action",
            filters={"user": self.user(name)},
            fields=["key", "action", "status", "code", "reference_name", "payload"],
            order_by="creation asc, name asc",
            limit=0,
        )

    def entries(self, name: str) -> int:
        """How many Stock Entries took something out of a trunk."""
        frappe.db.rollback()
        rows = frappe.get_all(
            "Stock Entry Detail",
            filters={"s_warehouse": self.trunks[name].warehouse, "docstatus": 1},
            pluck="parent",
            order_by="parent",
            limit=0,
        )
        return len(set(rows))

    def put(self, name: str, item: str, qty: float) -> None:
        build.put(item, self.trunks[name].warehouse, qty)
        frappe.db.commit()


def open_dealer(names: tuple[str, ...] = ("Phia", "Quin"), stock: float = 40) -> Dealer:
    """Make everything and commit it."""
    made = Dealer()
    for code in PARTS:
        build.part(code, item_name=NAMES[code], barcodes=[{"barcode": f"40{PARTS.index(code)}1234"}])
    build.part(SERIAL, item_name=NAMES[SERIAL], has_serial_no=1, serial_no_series="PHB-.#####")
    build.part(BATCH, item_name=NAMES[BATCH], has_batch_no=1)
    build.territory("Phone North")
    levels = {"PH-FUSER": (1, 3), "PH-DRUM": (2, 4), "PH-BELT": (1, 2)}
    for name in names:
        trunk = build.technician(name, territory="Phone North", levels=levels)
        update_password(trunk.user, PASSWORD)
        made.trunks[name] = trunk
    frappe.flags.warehouse_account_map = {}  # kept by ERPNext for a whole process, without the new trunks
    for name, trunk in made.trunks.items():
        for item in PARTS:
            build.put(item, trunk.warehouse, stock)
        made.calls[name] = build.call(f"Paper jam in tray 2 ({name})", to=trunk)
    made.device = make.device("PH-D1", serial_no_text="SN-PH-1").name
    if frappe.get_meta("Issue").has_field("mps_device"):
        for name in names:
            frappe.db.set_value("Issue", made.calls[name], "mps_device", made.device)
    frappe.db.commit()
    return made


def close_dealer(made: Dealer) -> None:
    """Take away what the tests made, so that other tests find the site as it was."""
    frappe.db.rollback()
    warehouses = [
        each for trunk in made.trunks.values() for each in (trunk.warehouse, trunk.transit_warehouse)
    ]
    users = [trunk.user for trunk in made.trunks.values()]
    trunks = [trunk.name for trunk in made.trunks.values()]
    items = [*PARTS, SERIAL, BATCH]
    vouchers = frappe.get_all(
        "Stock Ledger Entry",
        filters={"item_code": ["in", items]},
        pluck="voucher_no",
        order_by="name",
        limit=0,
    )
    bundles = frappe.get_all(
        "Serial and Batch Bundle",
        filters={"item_code": ["in", items]},
        pluck="name",
        order_by="name",
        limit=0,
    )
    delete("GL Entry", voucher_no=vouchers)
    for table in ("Stock Entry", "Stock Reconciliation"):
        delete(f"{table} {'Detail' if table == 'Stock Entry' else 'Item'}", parent=vouchers)
        delete(table, name=vouchers)
    delete("Serial and Batch Entry", parent=bundles)
    delete("Serial and Batch Bundle", name=bundles)
    for table in ("Stock Ledger Entry", "Bin", "Item Barcode", "Item Default"):
        delete(table, **{"parent" if table.startswith("Item") else "item_code": items})
    delete("Repost Item Valuation", item_code=items)
    delete("Serial No", item_code=items)
    delete("Batch", item=items)
    delete("Trunk Transfer Item", item=items)
    delete("Trunk Transfer", from_trunk=trunks)
    delete("Trunk Count Item", item=items)
    delete("Trunk Count", trunk=trunks)
    delete("MPS Phone Action", user=users)
    delete("ToDo", allocated_to=users)
    delete("Meter Read", device=[made.device])
    delete("Meter Read Quarantine", device=[made.device])
    delete("Issue", name=list(made.calls.values()))
    delete("MPS Device", name=[made.device])
    delete("Trunk Stock Item", parent=trunks)
    delete("Trunk Stock", name=trunks)
    delete("Item", name=items)
    delete("User Permission", user=users)
    people = frappe.get_all(
        "MPS Technician", filters={"user": ["in", users]}, pluck="name", order_by="name", limit=0
    )
    delete("MPS Assignment", technician=people)
    delete("MPS Technician Skill", parent=people)
    delete("MPS Technician", name=people)
    delete("Employee", user_id=users)
    for warehouse in warehouses:
        frappe.delete_doc("Warehouse", warehouse, force=True, ignore_permissions=True)
    for trunk in made.trunks.values():
        frappe.delete_doc("Sales Person", trunk.sales_person, force=True, ignore_permissions=True)
        frappe.delete_doc("User", trunk.user, force=True, ignore_permissions=True)
    frappe.db.commit()


def delete(doctype: str, **having: list[str]) -> None:
    if not frappe.db.table_exists(doctype):
        return
    for name, values in having.items():
        if values:
            frappe.db.delete(doctype, {name: ["in", values]})
