"""The list of what could not be taken, and the one click that settles a row."""

from __future__ import annotations

import frappe
import pytest

from mps_module.api import reads as api
from mps_module.fleet import quarantine
from mps_module.fleet.intake import enter_reads
from mps_module.fleet.ledger import ledger_for
from tests.site.fleet import build
from tests.site.fleet.build import row


@pytest.fixture
def ran() -> str:
    """A device whose counter stood at 99,000 on 1 March."""
    build.device(device_model=build.model("Five digits", {"mono": {"digits": 5}}))
    enter_reads([row("T-1", "mono", "2026-03-01", 99_000)], "import")
    return "T-1"


def refused(*rows) -> list[str]:
    return [out.quarantine for out in enter_reads(list(rows), "collector").outcomes]


def settled(name: str) -> tuple:
    return frappe.db.get_value(
        "Meter Read Quarantine", name, ["status", "read", "resolved_by", "dismiss_reason"]
    )


def used(device: str) -> int:
    """Clicks between the first and the last read, as a bill would count them."""
    log = ledger_for([device]).logs[device, "mono"]
    return log.odometers[-1] - log.odometers[0]


def test_a_counter_that_ran_over(ran: str):
    """99,000 -> 100,000 (back to 0) -> 500: 1,500 clicks."""
    (name,) = refused(row(ran, "mono", "2026-04-01", 500))
    answer = api.repair(name, kind="rollover")
    assert answer["verdict"] == "accepted"
    assert settled(name) == ("Repaired", answer["read"], "Administrator", None)
    assert used(ran) == 1500


def test_a_new_board(ran: str):
    """What the new board shows first is where it begins: nothing is billed for the gap."""
    (name,) = refused(row(ran, "mono", "2026-04-01", 500))
    api.repair(name, kind="reset")
    assert used(ran) == 0


def test_a_slip_of_the_finger(ran: str):
    (name,) = refused(row(ran, "mono", "2026-04-01", 9950))
    api.repair(name, value="99500")
    assert used(ran) == 500


def test_the_right_device_is_chosen(ran: str):
    (name,) = refused(row("", "mono", "2026-04-01", 99_100, serial="no such"))
    read = api.repair(name, device=ran)["read"]
    assert frappe.db.get_value("Meter Read", read, ["device", "value", "source"]) == (
        ran,
        99_100,
        "collector",
    )


def test_of_two_values_the_right_one_replaces_the_other(ran: str):
    (name,) = refused(row(ran, "mono", "2026-03-01", 99_010))
    with pytest.raises(frappe.ValidationError, match="reason"):
        api.repair(name, replaces=True)
    read = api.repair(name, replaces=True, reason="read off the panel again")["read"]
    assert [r.value for r in ledger_for([ran]).logs[ran, "mono"].reads] == [99_010]
    assert frappe.db.get_value("Meter Read", read, "reason") == "read off the panel again"


def test_a_time_that_could_not_be_read(ran: str):
    (name,) = refused(row(ran, "mono", "yesterday", 99_200))
    api.repair(name, taken_at="2026-04-01 09:00:00")
    assert used(ran) == 200


def test_a_repair_that_is_none_changes_nothing(ran: str):
    (name,) = refused(row(ran, "mono", "2026-04-01", 500))
    with pytest.raises(frappe.ValidationError, match="lower than the read before"):
        api.repair(name, value=600)
    assert settled(name)[0] == "Open"


def test_dismissed_with_a_reason_and_not_asked_for_again(ran: str):
    (name,) = refused(row(ran, "mono", "2026-04-01", 500))
    with pytest.raises(frappe.ValidationError, match="why"):
        api.dismiss([name], "")
    api.dismiss([name], "test page of the technician")
    assert settled(name) == ("Dismissed", None, "Administrator", "test page of the technician")
    again = enter_reads([row(ran, "mono", "2026-04-01", 500)], "collector").outcomes[0]
    assert (again.verdict.value, again.quarantine) == ("duplicate", name)
    with pytest.raises(frappe.ValidationError, match="settled already"):
        api.repair(name, kind="reset")


def test_try_again_takes_what_can_be_taken_now(ran: str):
    names = refused(
        row("", "mono", "2026-04-01", 5, serial="A1"),
        row("", "mono", "2026-04-02", 6, serial="A1"),
        row("", "mono", "2026-04-01", 5, serial="B2"),
    )
    build.device("T-2", serial_no_text="A1")
    assert api.retry(frappe.as_json(names)) == {"repaired": 2, "left": 1}
    assert [settled(name)[0] for name in names] == ["Repaired", "Repaired", "Open"]


def test_nothing_is_deleted_or_changed_by_hand(ran: str):
    (name,) = refused(row(ran, "mono", "2026-04-01", 500))
    with pytest.raises(frappe.ValidationError, match="dropped"):
        frappe.delete_doc("Meter Read Quarantine", name, force=True)
    doc = frappe.get_doc("Meter Read Quarantine", name)
    doc.status = "Dismissed"
    with pytest.raises(frappe.ValidationError, match="Repair or dismiss"):
        doc.save()


@pytest.mark.parametrize(
    ("role", "may"), [("MPS Billing", True), ("MPS Service", True), ("MPS Technician", False)]
)
def test_who_settles(ran: str, role: str, may: bool):
    (name,) = refused(row(ran, "mono", "2026-04-01", 500))
    frappe.set_user(build.user("who@example.com", role))
    if may:
        api.dismiss([name], "test")
    else:
        with pytest.raises(frappe.PermissionError):
            api.dismiss([name], "test")
    frappe.set_user("Administrator")
    assert (settled(name)[0] == "Dismissed") is may


def test_every_code_of_the_engine_says_what_to_do(ran: str):
    from mps_module.fleet.rows import TODO

    names = refused(
        row(ran, "mono", "2026-04-01", 500),
        row(ran, "mono", "2026-03-01", 99_010),
        row(ran, "mono", "2026-04-02", 100_000),
        row(ran, "mono", "2099-04-02", 99_000),
    )
    codes = [frappe.db.get_value("Meter Read Quarantine", name, ["code", "todo"]) for name in names]
    assert [code for code, _todo in codes] == [
        "lower-than-before",
        "conflict",
        "too-many-digits",
        "future-time",
    ]
    assert [todo for _code, todo in codes] == [TODO[code] for code, _todo in codes]


def test_repair_locks_the_row(ran: str, count_queries):
    """Two people at one row: the second waits, and then finds it settled."""
    (name,) = refused(row(ran, "mono", "2026-04-01", 500))
    count_queries(lambda: quarantine.attempt(name, kind="reset"))
    assert any("for update" in query.lower() and "Quarantine" in query for query in count_queries.sent)
