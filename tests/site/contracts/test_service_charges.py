"""What a call leaves to bill, and contracts that end or renew by themselves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import frappe
import pytest

from mps_module.api import contracts as api
from mps_module.billing.contract_actions import end_finished_contracts
from mps_module.billing.service_charges import load_calls
from tests.site import make

D = Decimal


@pytest.fixture
def active():
    make.device()
    agreed = make.contract("D-1")
    make.version(
        agreed,
        {"line_id": "calls", "kind": "incident", "rate": 95},
        {"line_id": "labour", "kind": "labour", "rate": 110},
        {"line_id": "parts", "kind": "material", "rate": 0},
    )
    api.activate(agreed.name)
    return agreed.reload()


def charge(contract, submit=True, **values):
    values.setdefault("device", "D-1")
    made = make.doc("MPS Service Charge", contract=contract.name, call_date="2026-01-12", **values)
    if submit:
        made.submit()
    return made


def test_a_submitted_charge_reaches_the_engine_with_its_parts(active):
    make.item("FUSER")
    made = charge(
        active,
        call_ref="SC-1",
        incident=1,
        labour_hours=1.25,
        travel=2,
        description="Paper jam",
        parts=[{"item": "FUSER", "quantity": 1, "rate": 189.9, "description": "Fuser unit"}],
    )
    (call,) = load_calls([active.name])[active.name]
    assert (call.call, call.unit, call.day, call.incident) == ("SC-1", "D-1", date(2026, 1, 12), True)
    assert (call.labour_hours, call.travel, call.description) == (D("1.25"), D(2), "Paper jam")
    (part,) = call.parts
    assert (part.item, part.quantity, part.rate, part.description) == (
        "FUSER",
        D(1),
        D("189.9"),
        "Fuser unit",
    )
    assert made.customer == active.customer


def test_drafts_and_cancelled_charges_are_not_billed(active):
    charge(active, submit=False, incident=1)
    charge(active, incident=1).cancel()
    assert load_calls([active.name]) == {active.name: ()}


def test_a_charge_without_a_number_is_known_by_its_own(active):
    made = charge(active, incident=1)
    assert load_calls([active.name])[active.name][0].call == made.name


def test_another_unit_may_be_served(active):
    charge(active, device=None, unit_label="PC-07", incident=1)
    assert load_calls([active.name])[active.name][0].unit == "PC-07"


@pytest.mark.parametrize(
    ("values", "words"),
    [({"device": None, "incident": 1}, "device"), ({}, "Nothing is billable")],
)
def test_a_charge_says_for_what_and_where(active, values, words):
    with pytest.raises(frappe.ValidationError, match=words):
        charge(active, submit=False, **values)


def test_calls_come_in_order_of_their_day(active):
    for day, ref in (("2026-02-03", "late"), ("2026-01-02", "early")):
        made = make.doc(
            "MPS Service Charge",
            contract=active.name,
            call_date=day,
            device="D-1",
            call_ref=ref,
            incident=1,
        )
        made.submit()
    assert [c.call for c in load_calls([active.name])[active.name]] == ["early", "late"]


def test_as_many_queries_for_ten_contracts_as_for_one(active, count_queries):
    charge(active, incident=1)
    load_calls([active.name])  # what Frappe looks up once
    with count_queries() as one:
        load_calls([active.name])
    with count_queries() as many:
        load_calls([active.name, *(f"CC-{n}" for n in range(9))])
    assert len(one) == len(many) == 2


@pytest.mark.parametrize(
    ("role", "may"),
    [("MPS Billing", True), ("MPS Service", True), ("MPS Technician", False), ("Customer", False)],
)
def test_who_may_enter_charges(active, user_with, role, may):
    frappe.set_user(user_with(role))
    assert bool(frappe.has_permission("MPS Service Charge", "create")) is may


class TestEnding:
    def test_a_contract_ends_when_its_last_bill_is_out(self, active):
        active.db_set({"end_date": "2026-02-28", "billed_through": "2026-02-01"})
        end_finished_contracts()
        assert active.reload().status == "Active"  # February is not billed yet
        active.db_set("billed_through", "2026-03-01")
        end_finished_contracts()
        assert active.reload().status == "Ended"

    def test_a_contract_that_renews_goes_on(self, active):
        active.db_set({"end_date": "2026-03-31", "auto_renew": 1, "renewal_months": 12})
        end_finished_contracts()
        active.reload()
        assert (active.status, str(active.end_date)) == ("Active", "2027-03-31")

    def test_a_contract_that_runs_on_is_left_alone(self, active):
        before = active.modified
        end_finished_contracts()
        assert active.reload().modified == before

    def test_ending_early_ends_its_covers(self, active):
        active.covers[0].end_date = "2026-12-31"
        active.save()
        api.end(active.name, "2026-06-30")
        active.reload()
        assert str(active.end_date) == str(active.covers[0].end_date) == "2026-06-30"

    def test_it_cannot_end_before_it_starts(self, active):
        with pytest.raises(frappe.ValidationError, match="before start"):
            api.end(active.name, "2025-12-31")

    def test_only_what_ends_can_be_renewed(self, active):
        with pytest.raises(frappe.ValidationError, match="no end"):
            api.renew(active.name, 12)
        active.db_set("end_date", "2026-12-31")
        with pytest.raises(frappe.ValidationError, match="at least one month"):
            api.renew(active.name, 0)

    def test_an_ended_contract_is_active_again_when_renewed(self, active):
        active.db_set({"end_date": "2026-03-31", "status": "Ended"})
        api.renew(active.name, 6)
        active.reload()
        assert (active.status, str(active.end_date)) == ("Active", "2026-09-30")

    def test_suspended_and_active_again(self, active):
        assert api.suspend(active.name) == "Suspended"
        assert api.activate(active.name) == "Active"

    def test_nothing_to_amend_before_the_first_version(self, active):
        with pytest.raises(frappe.ValidationError, match="No version"):
            api.amend(active.name, "2025-06-01")
