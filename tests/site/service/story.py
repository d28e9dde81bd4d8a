"""A month of calls that the tests of measures, margin and roll-up share: written straight into the ERP's documents."""

from __future__ import annotations

from typing import Any

import frappe

from tests.site import make
from tests.site.service import build


def call(day: str, device: str | None = "D-1", clock: str = "09:00:00", **values: Any) -> Any:
    """An open corrective Issue of that moment."""
    values.setdefault("issue_type", "Break/Fix")
    values.setdefault("subject", "Please come")  # names no problem that the call could fill in by itself
    values.setdefault("customer", make.customer().name)
    doc = build.call(device, when=f"{day} {clock}", **values)
    frappe.db.set_value("Issue", doc.name, {"opening_date": day, "opening_time": clock})
    return doc


def close(issue: Any, at: str, **values: Any) -> None:
    """Closed at a moment of the site, whatever the app's own handlers made of it."""
    values = {"status": "Closed", "mps_restored_at": at, "sla_resolution_date": at, **values}
    frappe.db.set_value("Issue", issue.name, values)


def visit(
    issue: Any, who: Any, day: str, clock: str = "12:00:00", outcome: str = "Complete", **values: Any
) -> Any:
    """A submitted visit that ended then; `who` has `technician` and `trunk`."""
    done = build.visit(
        issue, who, outcome=outcome, day=day, mntc_time=clock, mps_left_at=f"{day} {clock}", **values
    )
    return done


def served(day: str, who: Any, device: str | None = "D-1", **values: Any) -> Any:
    """A call that was opened in the morning and completed at noon of the same day."""
    issue = call(day, device, **values)
    visit(issue, who, day)
    close(issue, f"{day} 12:00:00")
    return issue
