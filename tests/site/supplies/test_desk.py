"""What dispatchers and customers see: reports, the portal, files, and who may what."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import add_days, getdate

from mps_module.api import portal_supplies as portal
from mps_module.api import supplies as api
from mps_module.managed_print.report.maintenance_due import maintenance_due
from mps_module.managed_print.report.toner_outlook import toner_outlook
from mps_module.service import supply_requests
from tests.site import make
from tests.site.supplies import build

OURS, THEIRS = "Test Law LLP", "Tide & Marlow"


@pytest.fixture
def device() -> str:
    build.settings()
    return build.device()


@pytest.fixture
def customer(device: str) -> str:
    """A portal user of the customer at which D-1 stands; O-1 stands at another's."""
    theirs = make.customer(THEIRS).name
    make.device("O-1", of=theirs, device_model=build.MODEL)
    user = make.doc(
        "User",
        email="portal@example.com",
        first_name="Pat",
        send_welcome_email=0,
        user_type="Website User",
        roles=[{"role": "Customer"}],
    ).name
    doc = frappe.get_doc("Customer", OURS)
    doc.append("portal_users", {"user": user})
    doc.save()
    return user


class TestTonerOutlook:
    def rows(self, **filters) -> dict[tuple[str, str], dict]:
        return {(row["device"], row["supply"]): row for row in toner_outlook.execute(filters)[1]}

    def test_what_to_do_and_the_days_left(self, device: str):
        """Black: 100 to 12 in 44 days up to yesterday, 5 days left. Cyan lasts 100 to 60 in 20 days: 30 days."""
        build.levels(a45=100, a1=12)
        build.levels(supply="cyan", a20=100, a0=60)
        (key,) = self.rows()
        assert key == ("D-1", "black")
        rows = self.rows(everything=1)
        black, cyan = rows["D-1", "black"], rows["D-1", "cyan"]
        assert (black["action"], black["left"], black["days_left"]) == ("Send", 12, 5.0)
        assert black["empty_on"] == getdate(add_days(getdate(), 4))  # a breath under five whole days
        assert (cyan["action"], cyan["days_left"]) == ("Later", 30.0)
        assert self.rows(days=40)["D-1", "cyan"]["action"] == "Send"

    def test_a_question_stands_beside_it(self, device: str):
        build.levels(a60=100, a30=45, a29=100, a1=10)
        row = self.rows()["D-1", "black"]
        assert (row["action"], row["asks"]) == ("Ask First", "The last one was changed with 45 % left in it.")

    def test_requested_and_sent_are_shown_as_such(self, device: str):
        build.levels(a45=100, a1=12)
        doc = supply_requests.request("D-1", "black")
        row = self.rows()["D-1", "black"]
        assert (row["action"], row["request"]) == ("Approved", doc.name)
        supply_requests.move(doc, "Sent", sent_at=build.ago(0))
        row = self.rows()["D-1", "black"]
        assert (row["action"], row["spares"], row["request"]) == ("Spare on the Shelf", 1, None)

    def test_a_device_that_says_low_is_to_be_sent_for(self, device: str):
        build.levels(a0="low")
        row = self.rows()["D-1", "black"]
        assert (row["action"], row["left"], row["told"]) == ("Send", None, "Low")

    def test_chart_and_summary(self, device: str):
        build.levels(a45=100, a1=12)
        build.levels(supply="cyan", a20=100, a0=60)
        _columns, _rows, _message, chart, summary = toner_outlook.execute({"everything": 1})
        assert chart["data"]["datasets"][0]["values"] == [1, 0, 1, 0, 0]
        assert [card["value"] for card in summary] == [1, 0, 0, 0]

    def test_user_permissions_narrow_it(self, device: str, user_with):
        theirs = make.customer(THEIRS).name
        make.device("O-1", of=theirs, device_model=build.MODEL)
        build.levels("O-1", a45=100, a1=12)
        build.levels(a45=100, a1=12)
        user = user_with("MPS Service")
        make.doc("User Permission", user=user, allow="Customer", for_value=theirs)
        frappe.set_user(user)
        assert list(self.rows()) == [("O-1", "black")]


class TestMaintenanceDue:
    @pytest.fixture
    def fleet(self) -> None:
        build.settings(maintenance_days_ahead=14)
        build.model(maintenance_days=180)
        for name, days in (("D-1", 200), ("D-2", 170), ("D-3", 20)):
            make.device(name, device_model=build.MODEL, installed_on=add_days(getdate(), -days))

    def test_overdue_soon_and_later(self, fleet):
        _columns, rows, _message, chart, summary = maintenance_due.execute({"everything": 1})
        assert [(row["device"], row["state"], row["days"], row["by"]) for row in rows] == [
            ("D-1", "Overdue", -20, "days"), ("D-2", "Due", 10, "days"), ("D-3", "Later", 160, "days"),
        ]  # fmt: skip
        assert [card["value"] for card in summary] == [1, 1, 0, 1]
        assert chart["data"]["datasets"][0]["values"][0] >= 1
        assert [row["device"] for row in maintenance_due.execute({})[1]] == ["D-1", "D-2"]
        assert [row["device"] for row in maintenance_due.execute({"state": "Later"})[1]] == ["D-3"]

    def test_the_call_stands_beside_it(self, fleet):
        repair = make.doc("Issue", subject="Jam", mps_device="D-2", issue_type="Break/Fix", customer=OURS)
        from mps_module.service import preventive

        made = preventive.open_calls()
        rows = {row["device"]: row for row in maintenance_due.execute({})[1]}
        assert (rows["D-1"]["call"], rows["D-1"]["call_kind"]) == (made["D-1"], "Preventive")
        assert (rows["D-2"]["call"], rows["D-2"]["call_kind"]) == (repair.name, "Repair, Taken Along")
        frappe.db.set_value("Issue", made["D-1"], "status", "Closed")
        rows = {row["device"]: row for row in maintenance_due.execute({})[1]}
        assert rows["D-1"]["call_kind"] == "Closed Without It"


class TestPortal:
    def test_a_customer_sees_their_own_supplies_only(self, customer: str):
        build.levels(a45=100, a1=12)
        build.levels("O-1", a45=100, a1=12)
        frappe.set_user(customer)
        (found,) = portal.devices()
        assert found["name"] == "D-1"
        black, cyan = found["supplies"]
        assert (black["label"], black["level"], black["days_left"], black["low"]) == ("Black", 12, 4, True)
        assert (cyan["label"], cyan["level"], cyan["state"]) == ("Cyan", None, "")
        assert {row.device for row in frappe.get_list("MPS Toner Level", fields=["device"], limit=0)} == {
            "D-1"
        }

    def test_a_request_without_a_question_is_taken(self, customer: str):
        build.levels(a45=100, a1=12)
        frappe.set_user(customer)
        assert portal.request("D-1", "black")["state"] == "requested"
        assert portal.request("D-1", "black")["state"] == "known"
        (row,) = frappe.get_list(
            "MPS Supply Request", fields=["device", "status", "asked_by", "owner"], limit=9
        )
        assert (row.device, row.status, row.asked_by, row.owner) == ("D-1", "Approved", "Portal", customer)
        assert portal.devices()[0]["supplies"][0]["request"] == "Requested"

    def test_the_question_is_asked_first_and_its_answer_goes_along(self, customer: str):
        build.levels(a20=100, a0=80)
        frappe.set_user(customer)
        asked = portal.request("D-1", "black")
        assert (asked["state"], asked["questions"]) == ("asked", ["80 % are left, enough for 79 days."])
        frappe.set_user("Administrator")
        assert not frappe.db.count("MPS Supply Request"), "a question makes no request"
        frappe.set_user(customer)
        assert portal.request("D-1", "black", answer=" We print a book ", sure=True)["state"] == "passed"
        doc = frappe.get_doc("MPS Supply Request", {"device": "D-1"})
        assert (doc.status, doc.answer) == ("Held Back", "We print a book")

    def test_others_devices_are_not_theirs(self, customer: str):
        build.levels("O-1", a45=100, a1=12)
        other = supply_requests.request("O-1", "black")
        frappe.set_user(customer)
        with pytest.raises(frappe.PermissionError):
            portal.request("O-1", "black")
        assert portal.enter_level("O-1", "black", "50")["state"] == "refused"
        with pytest.raises(frappe.PermissionError):
            frappe.get_doc("MPS Supply Request", other.name).check_permission("read")

    def test_a_customer_cannot_write_past_the_page(self, customer: str):
        build.levels(a20=100, a0=80)
        frappe.set_user(customer)
        portal.request("D-1", "black", sure=True)
        doc = frappe.get_doc("MPS Supply Request", {"device": "D-1"})
        for act in (doc.save, doc.delete):
            with pytest.raises(frappe.PermissionError):
                act()
        with pytest.raises(frappe.PermissionError):
            api.approve([doc.name], "I want it")

    def test_a_level_is_handed_in(self, customer: str):
        frappe.set_user(customer)
        assert portal.enter_level("D-1", "black", "17 %")["state"] == "taken"
        assert portal.enter_level("D-1", "black", "much")["state"] == "refused"
        assert portal.devices()[0]["supplies"][0]["level"] == 17
        frappe.set_user("Administrator")
        assert frappe.db.get_value("MPS Toner Level", {"device": "D-1"}, "source") == "portal"

    def test_who_belongs_to_no_customer_gets_no_further(self, device: str, user_with):
        for user in ("Guest", user_with("MPS Manager")):
            frappe.set_user(user)
            with pytest.raises(frappe.PermissionError):
                portal.devices()

    def test_the_page(self, customer: str, web_page):
        build.levels(a45=100, a1=12)
        frappe.set_user(customer)
        page = web_page("supplies")
        assert "D-1" in page and "O-1" not in page
        assert "about 4 days" in page and 'style="width: 12%"' in page

    def test_the_page_takes_devices_with_and_without_a_site(self, customer: str, web_page):
        for name, site in (("D-2", None), ("D-3", None), ("D-4", "North")):
            make.device(name, of=frappe.db.get_value("MPS Device", "D-1", "customer"), site=site)
        frappe.set_user(customer)
        page = web_page("supplies")
        assert all(f'data-device="D-{n}"' in page for n in (1, 2, 3, 4)) and "<h2>North</h2>" in page


class TestFile:
    def upload(self, text: str) -> dict:
        file = make.doc("File", file_name="levels.csv", content=text.encode(), is_private=1)
        return api.import_levels(file.file_url)

    def test_levels_of_a_file_come_in_once(self, device: str):
        text = "Device ID,Date,Black Toner Level,Cyan Toner Level\nD-1,2026-10-01 08:00,42,low\nD-1,2026-10-02 08:00,41,\n"
        first, again = self.upload(text), self.upload(text)
        assert first["counts"] == {"received": 3, "accepted": 3, "duplicate": 0, "refused": 0}
        assert again["counts"] == {"received": 3, "accepted": 0, "duplicate": 3, "refused": 0}
        (row,) = frappe.get_all(
            "MPS Toner Level", {"level": 42}, ["taken_at", "source"], order_by="name", limit=2
        )
        assert (str(row.taken_at), row.source) == ("2026-10-01 08:00:00", "import")

    def test_what_cannot_be_taken_is_told_with_its_row(self, device: str):
        told = self.upload(
            "device,supply,taken_at,level\nD-1,black,2026-10-01,42\nD-1,black,2026-10-02,much\nX-9,black,2026-10-02,5\n"
            "D-1,black,2026-10-03,\n"
        )
        assert told["counts"] == {"received": 4, "accepted": 1, "duplicate": 0, "refused": 3}
        assert sorted(text.partition(":")[0] for text in told["problems"]) == ["Row 3", "Row 4", "Row 5"]

    def test_a_file_of_something_else(self, device: str):
        with pytest.raises(frappe.ValidationError):
            self.upload("name,price\nD-1,5\n")

    def test_only_the_office_imports(self, device: str, user_with):
        frappe.set_user(user_with("MPS Technician"))
        with pytest.raises(frappe.PermissionError):
            api.import_levels("/private/files/levels.csv")


MAY = {
    "MPS Toner Level": {"MPS Manager": "r", "MPS Billing": "r", "MPS Service": "r", "MPS Technician": "r", "Customer": "r"},
    "MPS Supply Request": {"MPS Manager": "crw", "MPS Billing": "r", "MPS Service": "crw", "MPS Technician": "r", "Customer": "r"},
}  # fmt: skip


@pytest.mark.parametrize("doctype", sorted(MAY))
@pytest.mark.parametrize(
    "role",
    [
        "MPS Manager",
        "MPS Billing",
        "MPS Service",
        "MPS Technician",
        "Customer",
        "MPS Collector",
        "Sales User",
    ],
)
def test_each_role_may_do_this_and_nothing_else(doctype: str, role: str, user_with):
    user = user_with(role)
    letters = {"r": "read", "w": "write", "c": "create", "d": "delete"}
    may = "".join(
        sorted(key for key, ptype in letters.items() if frappe.has_permission(doctype, ptype, user=user))
    )
    assert may == MAY[doctype].get(role, "")


@pytest.mark.parametrize(
    ("report", "readers"),
    [
        ("Toner Outlook", ("MPS Manager", "MPS Billing", "MPS Service", "MPS Technician")),
        ("Maintenance Due", ("MPS Manager", "MPS Service", "MPS Technician")),
    ],
)
def test_reports_open_for_their_readers_only(report: str, readers: tuple[str, ...], user_with):
    from frappe.desk.query_report import run

    for role in ("MPS Manager", "MPS Billing", "MPS Service", "MPS Technician", "Customer", "Sales User"):
        frappe.set_user(user_with(role))
        if role in readers:
            assert run(report, filters={})["columns"]
        else:
            with pytest.raises(frappe.PermissionError):
                run(report, filters={})
        frappe.set_user("Administrator")
