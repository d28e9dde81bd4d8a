"""A request for toner: once, guarded, answered, sent by the ERP, closed by the refill."""

from __future__ import annotations

import frappe
import pytest

from mps_module.api import supplies as api
from mps_module.service import supply_fitted, supply_requests, supply_shipping
from tests.site.supplies import build


@pytest.fixture
def device() -> str:
    build.settings()
    return build.device()


@pytest.fixture
def low(device: str) -> str:
    """100 to 12 % in 44 days, up to yesterday: 2 % a day, and so 5 days left today."""
    build.levels(a45=100, a1=12)
    return device


def get(name: str):
    return frappe.get_doc("MPS Supply Request", name)


class TestRequest:
    def test_a_toner_that_runs_out_is_approved_at_once(self, low: str):
        doc = supply_requests.request("D-1", "black")
        assert (doc.status, doc.reasons, doc.item, doc.qty) == ("Approved", None, build.BLACK, 1)
        assert (doc.level, doc.days_left, doc.spares) == (12, pytest.approx(5, abs=0.01), 0)
        assert (doc.customer, doc.coverage) == ("Test Law LLP", "Billable")  # no contract covers it

    def test_it_is_one_document_however_often_it_is_asked_for(self, low: str):
        first = supply_requests.request("D-1", "black")
        assert supply_requests.request("D-1", "black").name == first.name
        assert supply_requests.request("D-1", item=build.BLACK).name == first.name
        assert supply_requests.request("D-1", "cyan").name != first.name

    def test_the_database_refuses_a_second_open_one(self, low: str):
        first = supply_requests.request("D-1", "black")
        second = supply_requests.request("D-1", "cyan")
        with pytest.raises(frappe.UniqueValidationError):
            supply_requests.move(second, "Approved")  # same state again is fine
            second.db_set("supply", "black")
            second.reload()
            supply_requests.move(second, "Approved")
        assert get(first.name).active_key == "D-1|black"

    def test_two_at_the_same_moment_end_with_one(self, low: str, monkeypatch):
        """The second one did not see the first when it looked, and finds it by the key."""
        first = supply_requests.request("D-1", "black")
        monkeypatch.setattr(supply_requests, "open_request", lambda *_: None)
        assert supply_requests.request("D-1", "black").name == first.name

    def test_more_than_eight_percent_on_the_page_is_held_back(self, low: str):
        build.clicks(a45=(0, 0), a1=(2000, 200))  # 5 x 5000 x .88 / 2200
        doc = supply_requests.request("D-1", "black")
        assert (doc.status, doc.fill) == ("Held Back", pytest.approx(10))
        assert doc.reasons == "Pages are covered to 10 %, more than 8 %: was it all used in this device?"

    def test_the_settings_say_how_much_is_too_much(self, low: str):
        build.settings(toner_fill_percent=12)
        build.clicks(a45=(0, 0), a1=(2000, 200))
        assert supply_requests.request("D-1", "black").status == "Approved"

    def test_an_early_swap_is_held_back(self, device: str):
        build.levels(a60=100, a30=45, a29=100, a1=20)
        doc = supply_requests.request("D-1", "black")
        assert (doc.status, doc.reasons) == ("Held Back", "The last one was changed with 45 % left in it.")

    def test_without_levels_nothing_is_asked(self, device: str):
        doc = supply_requests.request("D-1", "black")
        assert (doc.status, doc.level_state) == ("Approved", None)

    def test_what_the_model_does_not_have_cannot_be_requested(self, device: str):
        with pytest.raises(frappe.ValidationError, match="no such supply"):
            supply_requests.request("D-1", "magenta")

    def test_a_device_that_is_not_at_a_customer(self, device: str):
        frappe.db.set_value("MPS Device", "D-1", "status", "Removed")
        with pytest.raises(frappe.ValidationError, match="not installed"):
            supply_requests.request("D-1", "black")

    def test_included_by_the_contract(self, low: str):
        agreed = build.covered()
        doc = supply_requests.request("D-1", "black")
        assert (doc.coverage, doc.contract) == ("Included", agreed)

    def test_excluded_by_the_contract(self, low: str):
        build.covered(coverage_supplies="excluded")
        assert supply_requests.request("D-1", "black").coverage == "Billable"


class TestDecision:
    @pytest.fixture
    def held(self, device: str) -> str:
        build.levels(a20=100, a0=80)
        doc = supply_requests.request("D-1", "black")
        assert (doc.status, doc.reasons) == ("Held Back", "80 % are left, enough for 79 days.")
        return doc.name

    def test_approved_with_a_reason_and_by_whom(self, held: str, user_with):
        user = user_with("MPS Service")
        frappe.set_user(user)
        with pytest.raises(frappe.ValidationError, match="Say why"):
            api.approve([held], " ")
        api.approve([held], "They move to another site")
        doc = get(held)
        assert (doc.status, doc.decision, doc.decided_by) == ("Approved", "They move to another site", user)

    def test_refused_and_asked_for_again_later(self, held: str):
        api.refuse([held], "Enough left")
        assert (get(held).status, get(held).active_key) == ("Refused", None)
        assert supply_requests.request("D-1", "black").name != held

    def test_a_decision_is_made_once(self, held: str):
        api.approve([held], "Go")
        with pytest.raises(frappe.ValidationError, match="already"):
            api.approve([held], "Go")

    def test_a_form_changes_quantity_and_answer_only(self, held: str):
        doc = get(held)
        doc.update({"qty": 2, "answer": "Big print run next week"}).save()
        for name, value in (("status", "Approved"), ("item", build.CYAN), ("coverage", "Included")):
            doc = get(held)
            doc.set(name, value)
            with pytest.raises(frappe.ValidationError):
                doc.save()
        with pytest.raises(frappe.ValidationError):
            get(held).update({"qty": 0}).save()

    def test_only_the_office_decides(self, held: str, user_with):
        for role in ("MPS Billing", "MPS Technician", "Customer"):
            frappe.set_user(user_with(role))
            for act in (api.approve, api.refuse):
                with pytest.raises(frappe.PermissionError):
                    act([held], "why not")
            frappe.set_user("Administrator")


class TestShipping:
    @pytest.fixture
    def included(self, low: str) -> str:
        build.toner(stock=10)
        agreed = build.covered()
        frappe.db.set_value("Click Contract", agreed, "cost_center", "Main - PDI")
        return supply_requests.request("D-1", "black").name

    def test_included_goes_out_as_a_stock_issue_without_a_price(self, included: str):
        (parcel,) = api.order([included])
        assert get(included).status == "Ordered"
        asked = frappe.get_doc("Material Request", parcel["material_request"])
        assert (asked.docstatus, asked.material_request_type) == (1, "Material Issue")
        assert [(row.item_code, row.qty, row.mps_supply_request) for row in asked.items] == [
            (build.BLACK, 1, included)
        ]
        entry = frappe.get_doc("Stock Entry", parcel["stock_entry"])
        assert (entry.docstatus, entry.purpose, entry.mps_move, entry.mps_device) == (
            0, "Material Issue", "Supply", "D-1",
        )  # fmt: skip
        assert entry.mps_contract == get(included).contract
        assert (entry.items[0].mps_supply_request, entry.items[0].cost_center) == (included, "Main - PDI")
        assert "Test Law LLP" in entry.remarks and f"D-1: 1 × {build.BLACK}" in entry.remarks
        entry.submit()
        doc = get(included)
        assert (doc.status, doc.stock_entry, doc.active_key) == ("Sent", entry.name, None)
        bin_qty = frappe.db.get_value(
            "Bin", {"item_code": build.BLACK, "warehouse": build.store()}, "actual_qty"
        )
        assert bin_qty == 9
        asked.reload()
        assert asked.status == "Issued"

    def test_cancelling_the_stock_entry_takes_it_back(self, included: str):
        (parcel,) = api.order([included])
        entry = frappe.get_doc("Stock Entry", parcel["stock_entry"])
        entry.submit()
        entry.cancel()
        doc = get(included)
        assert (doc.status, doc.stock_entry, doc.sent_at) == ("Ordered", None, None)
        frappe.get_doc("Material Request", parcel["material_request"]).cancel()
        doc = get(included)
        assert (doc.status, doc.material_request) == ("Approved", None)
        assert api.order([included])[0]["stock_entry"]

    def test_one_parcel_for_one_address_and_contract(self, included: str):
        build.toner(build.CYAN, stock=5)
        cyan = supply_requests.request("D-1", "cyan").name
        (parcel,) = api.order([included, cyan])
        assert parcel["requests"] == [included, cyan]
        entry = frappe.get_doc("Stock Entry", parcel["stock_entry"])
        assert sorted(row.item_code for row in entry.items) == [build.BLACK, build.CYAN]
        entry.submit()
        assert {get(name).status for name in (included, cyan)} == {"Sent"}

    def test_a_dispatcher_without_rights_on_stock_orders_and_owns_what_is_made(
        self, included: str, user_with
    ):
        user = user_with("MPS Service")
        frappe.set_user(user)
        (parcel,) = api.order([included])
        assert frappe.session.user == user
        for doctype in ("Material Request", "Stock Entry"):
            name = parcel[frappe.scrub(doctype)]
            assert frappe.db.get_value(doctype, name, "owner") == user
            assert not frappe.has_permission(doctype, "submit", name)

    def test_what_is_held_back_is_not_ordered(self, device: str):
        build.levels(a20=100, a0=80)
        name = supply_requests.request("D-1", "black").name
        with pytest.raises(frappe.ValidationError, match="not approved"):
            api.order([name])

    def test_a_device_that_was_taken_away_since_gets_nothing(self, included: str):
        frappe.db.set_value("MPS Device", "D-1", "status", "Removed")
        with pytest.raises(frappe.ValidationError, match="D-1 is not installed at Test Law LLP any more"):
            api.order([included])
        api.refuse([included], "Taken away")
        assert get(included).status == "Refused"

    def test_without_a_warehouse_it_says_so(self, included: str):
        build.settings(toner_warehouse=None)
        with pytest.raises(frappe.ValidationError, match="MPS Service Settings"):
            api.order([included])

    def test_on_its_way_it_stays(self, included: str):
        api.order([included])
        with pytest.raises(frappe.ValidationError):
            get(included).delete()


class TestFitted:
    @pytest.fixture
    def sent(self, low: str) -> str:
        build.clicks(a45=(0, 0), a23=(2000, 200), a1=(4000, 400))
        build.toner(stock=5)
        build.covered()
        name = supply_requests.request("D-1", "black").name
        (parcel,) = api.order([name])
        entry = frappe.get_doc("Stock Entry", parcel["stock_entry"])
        entry.submit()
        frappe.db.set_value("MPS Supply Request", name, "sent_at", build.ago(3))
        return name

    def test_a_spare_on_the_shelf_is_asked_about(self, sent: str):
        doc = supply_requests.request("D-1", "black")
        assert (doc.name != sent, doc.status, doc.spares) == (True, "Held Back", 1)
        assert doc.reasons == "1 sent and not fitted yet: is it on the shelf?"

    def test_a_refill_closes_it_with_what_the_one_before_gave(self, sent: str):
        """88 % of 5,000 pages at 5 % on 4,400 pages: 5 x 5000 x .88 / 4400 is 5 % of the page."""
        build.levels(a0=100)
        doc = get(sent)
        assert doc.status == "Fitted" and doc.fitted_at is not None
        assert (doc.used_clicks, doc.used_fill) == (pytest.approx(4400, abs=5), pytest.approx(5, abs=0.05))
        assert supply_requests.standing_of("D-1", "black").spares == 0

    def test_a_refill_before_it_was_sent_is_another_ones(self, sent: str):
        build.levels(a20=10, a5=100)
        assert get(sent).status == "Sent"

    def test_a_falling_level_closes_nothing(self, sent: str):
        build.levels(a0_5=11)
        assert get(sent).status == "Sent"

    def test_one_refill_closes_one_request(self, sent: str):
        frappe.db.set_value("MPS Supply Request", sent, "sent_at", build.ago(6))
        again = supply_requests.request("D-1", "black")
        frappe.db.set_value(
            "MPS Supply Request", again.name, {"status": "Sent", "sent_at": build.ago(2), "active_key": None}
        )
        build.levels(a0_9=100)
        assert [get(name).status for name in (sent, again.name)] == ["Fitted", "Sent"]
        build.levels(a0_4=99)
        assert get(again.name).status == "Sent"

    def test_somebody_says_that_it_is_in(self, sent: str, user_with):
        frappe.set_user(user_with("MPS Technician"))
        api.fitted(sent)
        assert get(sent).status == "Fitted"
        with pytest.raises(frappe.ValidationError):
            supply_fitted.close(sent)


class TestRefilledMeanwhile:
    """The technician had one aboard, or the customer an old one on the shelf."""

    def test_an_approved_request_is_asked_about_once(self, low: str):
        name = supply_requests.request("D-1", "black").name
        frappe.db.set_value("MPS Supply Request", name, "requested_at", build.ago(0.5))
        build.levels(a0_2=100)
        doc = get(name)
        assert doc.status == "Held Back" and "after this was requested: is it still needed?" in doc.reasons
        assert supply_requests.request("D-1", "black").name == name  # it is still the one that is open
        api.approve([name], "One for the shelf")
        build.levels(a0_1=99)
        assert get(name).status == "Approved"

    def test_the_packer_of_an_ordered_one_is_told(self, low: str):
        build.toner(stock=5)
        build.covered()
        name = supply_requests.request("D-1", "black").name
        frappe.db.set_value("MPS Supply Request", name, "requested_at", build.ago(0.5))
        (parcel,) = api.order([name])
        build.levels(a0_2=100)
        build.levels(a0_1=99)
        told = {"reference_doctype": "Stock Entry", "reference_name": parcel["stock_entry"]}
        assert get(name).status == "Ordered"
        assert [
            text.startswith("D-1: Refilled on") for text in frappe.get_all("Comment", told, pluck="content")
        ] == [True]

    def test_the_one_that_was_sent_explains_the_refill(self, low: str):
        build.covered()
        sent = supply_requests.request("D-1", "black")
        supply_requests.move(sent, "Sent", sent_at=build.ago(0.8))
        spare = supply_requests.request("D-1", "black", answer="One more for the shelf")
        frappe.db.set_value(
            "MPS Supply Request", spare.name, {"requested_at": build.ago(0.5), "status": "Approved"}
        )
        build.levels(a0_2=100)
        assert [get(each.name).status for each in (sent, spare)] == ["Fitted", "Approved"]


class TestDaily:
    def test_off_it_requests_nothing(self, low: str):
        build.settings(auto_supply_calls=0)
        supply_requests.daily()
        assert not frappe.db.count("MPS Supply Request")

    def test_on_it_requests_what_runs_out_once(self, low: str):
        build.levels(supply="cyan", a20=100, a0=60)
        build.settings(auto_supply_calls=1)
        supply_requests.daily()
        supply_requests.daily()
        rows = frappe.get_all(
            "MPS Supply Request", fields=["supply", "asked_by", "status"], order_by="name", limit=9
        )
        assert [(row.supply, row.asked_by, row.status) for row in rows] == [
            ("black", "Daily Job", "Approved")
        ]

    def test_low_by_word_is_requested_too(self, device: str):
        build.levels(a0="low")
        build.levels(supply="cyan", a0="ok")
        assert [
            frappe.db.get_value("MPS Supply Request", name, "supply")
            for name in supply_requests.request_due()
        ] == ["black"]

    def test_a_spare_or_a_doubtful_level_is_left_alone(self, device: str):
        build.levels(a1=90, a0=5)
        assert supply_requests.request_due() == []
        build.levels(supply="cyan", a20=100, a0=5)
        doc = supply_requests.request("D-1", "cyan")
        frappe.db.set_value(
            "MPS Supply Request", doc.name, {"status": "Sent", "sent_at": build.ago(1), "active_key": None}
        )
        assert supply_requests.request_due() == []

    def test_one_that_fails_does_not_stop_the_others(self, low: str):
        build.levels(supply="cyan", a20=100, a0=5)
        frappe.db.set_value("Item", build.BLACK, "disabled", 0)
        real = supply_requests.decision
        calls: list[int] = []

        def once(*args):
            calls.append(1)
            if len(calls) == 1:
                raise RuntimeError("contract cannot be read")
            return real(*args)

        supply_requests.decision = once
        try:
            made = supply_requests.request_due()
        finally:
            supply_requests.decision = real
        assert [get(name).supply for name in made] == ["cyan"]


def test_the_desk_requests_many_and_hears_of_each(device: str, user_with):
    frappe.set_user(user_with("MPS Service"))
    answers = api.request_many(
        [
            {"device": "D-1", "supply": "black"},
            {"device": "D-1", "supply": "fuser"},
            {"device": "D-1", "supply": "black"},
        ]
    )
    assert [row["status"] for row in answers] == ["Approved", "", "Approved"]
    assert "no such supply" in answers[1]["reasons"]
    assert answers[0]["name"] == answers[2]["name"]


def test_documents_of_others_are_left_alone(device: str):
    """A Stock Entry that sends nobody's request."""
    build.toner(stock=2)
    entry = frappe.get_last_doc("Stock Entry")
    assert supply_shipping.requests_in(entry) == {}
    entry.cancel()
