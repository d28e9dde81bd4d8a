"""The kit page of the desk: ask, compare, apply; and job history from files."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any

import frappe
from frappe import _

from mps_module.engine.kit import Goal
from mps_module.stock import history, kits
from mps_module.stock.access import only_managers, only_staff


@frappe.whitelist(methods=["GET", "POST"])
def answer(
    trunk: str,
    scope: str = "territory",
    goal: str = "target",
    asked: str | float | int = "0.8",
    model: str = "history",
    jobs_per_tour: int = 1,
    compare: str = "on_hand",
    max_slots: int | None = None,
    extra: str | list[str] | None = None,
) -> dict[str, Any]:
    """Frontier, kit, reasons, the trunk of today and the changes, for one question about a trunk.

    Args:
        goal, asked: "target" (rate, 0..1), "budget" (money for one restock period) or "penalty" (money a broken job).
        See `stock.kits.Question` for the others.
    """
    only_staff()
    frappe.get_doc("Trunk Stock", trunk).check_permission("read")
    if scope not in kits.SCOPES or model not in kits.MODELS or compare not in kits.COMPARED:
        frappe.throw(_("There is no such choice."))
    if goal not in {each.value for each in Goal}:
        frappe.throw(_("A kit is asked for by target, budget or penalty."))
    try:
        wanted = Decimal(str(asked))
    except InvalidOperation:
        wanted = Decimal("NaN")
    if not wanted.is_finite():
        frappe.throw(_("{0} is not a number.").format(asked))
    given = json.loads(extra) if isinstance(extra, str) and extra else extra or []
    return kits.answer(
        kits.Question(
            trunk,
            scope,
            Goal(goal),
            wanted,
            model,
            max(1, jobs_per_tour),
            compare,
            max_slots,
            tuple(str(item) for item in given),
        )
    )


@frappe.whitelist(methods=["POST"])
def apply(trunk: str, kit: str | dict[str, int]) -> dict[str, int]:
    """Write a kit, {item: units}, as the par levels of a trunk."""
    only_managers()
    frappe.get_doc("Trunk Stock", trunk).check_permission("write")
    given = json.loads(kit) if isinstance(kit, str) else kit
    return kits.apply(trunk, given)


@frappe.whitelist(methods=["POST"])
def import_jobs(file_url: str) -> dict[str, Any]:
    """Bring past jobs in from an attached CSV file (docs/trunk-stock.md names the columns)."""
    only_managers()
    name = frappe.db.get_value("File", {"file_url": file_url}, "name", order_by="creation desc")
    if not name:
        frappe.throw(_("The file {0} is not here.").format(file_url))
    file = frappe.get_doc("File", name)
    file.check_permission("read")
    content = file.get_content()
    text = content.decode("utf-8-sig", errors="replace") if isinstance(content, bytes) else content
    done = history.import_csv(text)
    return {"rows": done.rows, "jobs": done.jobs, "refused": [list(each) for each in done.refused[:200]]}
