"""The visit on the phone, from Accept to the signature, without a signal; what the ERP refuses is settled without losing it."""

from __future__ import annotations

import frappe
import pytest
from playwright.sync_api import expect

from tests.site.phone import visit_form as form
from tests.site.phone.test_page import CHECK
from tests.site.phone.visit_form import VISIT, arrive, outcome, press, sign
from tests.site.stock import build

pytestmark = [pytest.mark.commits, pytest.mark.slow]


@pytest.fixture(scope="module")
def board(dealer):
    """Phia is on the board; the calls made here are taken away again."""
    technician = form.put_on_the_board("Phia")
    calls: list[str] = []
    yield technician, calls
    form.take_away(calls, [technician], ["PH-BELT"])


@pytest.fixture
def call(board, dealer):
    """`call("Streaks")`: a new call on Phia's list, known to her phones."""
    technician, calls = board

    def made(subject: str = "Streaks on copies", **values) -> str:
        calls.append(form.open_call(technician, dealer.device, subject, **values))
        return calls[-1]

    return made


def visits(issue: str) -> list:
    frappe.db.rollback()
    fields = [
        "name",
        "docstatus",
        "mps_outcome",
        "mps_signed_by",
        "mps_signature",
        "mps_repair_code",
        "mps_labour_hours",
    ]
    return frappe.get_all(VISIT, {"mps_issue": issue}, fields, order_by="name")


def finish(phone, issue: str, how: str = "Complete", note: str = "") -> None:
    page = phone.go(f"#/visit?issue={issue}")
    arrive(page)
    if note:
        page.get_by_label("Work done").fill(note)
    outcome(page, how)
    end(page)


def end(page) -> None:
    """The report is in the outbox when the calls are shown again."""
    press(page, "Finish the visit")
    page.wait_for_url("**/mps#/calls")


def test_a_whole_visit_without_a_signal_is_booked_once_when_it_comes_back(phone, dealer, call):
    issue = call()
    before = dealer.ledger("Phia", "PH-FUSER")
    phia = phone("Phia")
    phia.bring()
    phia.offline()
    page = phia.go(f"#/call?issue={issue}")
    for told in ("covered by the contract", "the customer pays"):  # before any work
        expect(page.locator("main")).to_contain_text(told)
    arrive(page)
    page.get_by_role("link", name="Report the visit").click()

    page.get_by_label("Black & White").fill("7100")
    press(page, "Add a part")
    page.get_by_role("dialog").get_by_role("button", name="PH-FUSER").click()
    assert page.get_by_label("Problem").input_value() == "LINES"  # as the call says
    page.get_by_label("Cause").select_option("WORN")
    page.get_by_label("Repair").select_option("REPLACED")
    page.get_by_label("Work done").fill("Fuser changed")
    outcome(page, "Complete")
    page.get_by_label("Name").fill("J. Doe")
    sign(page)
    form.draft(page, issue)
    phia.kill()  # the phone needs the memory: nothing of it is lost

    page = phia.open(f"#/visit?issue={issue}")
    expect(page.get_by_label("Black & White")).to_have_value("7100")
    expect(page.get_by_label("Work done")).to_have_value("Fuser changed")
    expect(page.get_by_role("radio", name="Complete")).to_be_checked()
    page.get_by_role("button", name="Finish the visit").dblclick()
    page.wait_for_url("**/mps#/calls")
    page.get_by_text("report waits").wait_for()
    assert phia.states() == ["waiting"] * 4 and visits(issue) == []

    phia.offline(False)
    assert phia.settled() == ["done"] * 4
    (made,) = visits(issue)
    assert (made.docstatus, made.mps_outcome, made.mps_signed_by, made.mps_repair_code) == (
        1,
        "Complete",
        "J. Doe",
        "REPLACED",
    )
    assert made.mps_signature.startswith("/private/files/signature-")
    assert dealer.ledger("Phia", "PH-FUSER") == before - 1
    (read,) = frappe.get_all(
        "Meter Read", {"batch": made.name}, ["value", "not_for_billing"], order_by="name"
    )
    assert (read.value, read.not_for_billing) == (7100, 1)
    assert frappe.db.get_value("Issue", issue, ["status", "mps_board"]) == ("Resolved", "Done")
    page.wait_for_function("issue => !document.querySelector(`a[href='#/call?issue=${issue}']`)", arg=issue)


def test_a_lost_answer_books_the_visit_once(phone, dealer, call):
    issue = call("Noise")
    phia = phone("Phia")
    phia.bring()
    phia.served.weather(lose=4)
    finish(phia, issue)
    assert set(phia.settled(60)) == {"done"}
    assert len(visits(issue)) == 1


def test_a_pause_is_no_work(phone, dealer, call):
    issue = call("Slow")
    phia = phone("Phia")
    phia.bring()
    page = phia.go(f"#/visit?issue={issue}")
    arrive(page)
    press(page, "Pause")
    expect(page.locator("main")).to_contain_text("Pause since")
    press(page, "Go on working")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    outcome(page, "Complete")
    end(page)
    phia.settled()
    sent = next(each for each in phia.outbox() if each["action"] == "visit")["payload"]["pauses"]
    assert len(sent) == 1 and all(sent[0])
    assert visits(issue)[0].mps_labour_hours <= 0.05


def test_maintenance_that_is_due_too_is_answered_without_a_signal(phone, dealer, call):
    issue = call("Noise, and due", mps_maintenance_due=1, mps_due_on="2026-12-03")
    phia = phone("Phia")
    phia.bring()
    phia.offline()
    expect(phia.go("#/calls").locator(f'a[href="#/call?issue={issue}"]')).to_contain_text("maintenance due")
    expect(phia.go(f"#/call?issue={issue}").locator("main")).to_contain_text("Maintenance due too")
    page = phia.go(f"#/visit?issue={issue}")
    arrive(page)
    outcome(page, "Complete")
    press(page, "Finish the visit")
    expect(page.get_by_role("radio", name="Done on this visit")).to_be_focused()  # the question comes first
    assert phia.states() == ["waiting"] * 3
    page.get_by_role("radio", name="Not done: left for another visit").check()
    form.draft(page, issue)
    phia.kill()
    page = phia.open(f"#/visit?issue={issue}")
    expect(page.get_by_role("radio", name="Not done: left for another visit")).to_be_checked()
    assert page.evaluate(CHECK) == []
    end(page)
    phia.offline(False)
    assert set(phia.settled()) == {"done"}
    assert frappe.db.get_value(VISIT, visits(issue)[0].name, "mps_maintenance_open") == 1


def report_of_a_closed_call(phia, issue: str) -> list[str]:
    """A visit finished without a signal while the desk closed its call: what became of all that was sent."""
    phia.bring()
    phia.offline()
    finish(phia, issue, note="Cleaned")
    frappe.db.set_value("Issue", issue, "status", "Closed")
    frappe.db.commit()
    phia.offline(False)
    return phia.settled()


def test_a_reopened_report_goes_though_its_entry_was_discarded(phone, dealer, call):
    issue = call("Thrown away too early")
    phia = phone("Phia")
    report_of_a_closed_call(phia, issue)
    report = phia.go("#/outbox").locator(".entry.bad").filter(has_text="Visit ")
    report.get_by_role("button", name="Open the report").click()
    page = phia.page
    page.get_by_label("Work done").fill("Cleaned twice")
    form.draft(page, issue)
    report = phia.go("#/outbox").locator(".entry.bad").filter(has_text="Visit ")
    report.get_by_role("button", name="Open the report").click()  # what was typed since is still in it
    expect(page.get_by_label("Work done")).to_have_value("Cleaned twice")
    phia.go("#/outbox")
    report.get_by_role("button", name="Discard").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    report.wait_for(state="detached")
    frappe.db.set_value("Issue", issue, "status", "Open")
    frappe.db.commit()
    phia.go(f"#/visit?issue={issue}")
    end(page)
    assert phia.settled()[-1] == "done"
    assert len(visits(issue)) == 1


def test_a_call_held_for_a_part_orders_it(phone, dealer, call):
    issue = call("Belt torn")
    phia = phone("Phia")
    phia.bring()
    page = phia.go(f"#/visit?issue={issue}")
    arrive(page)
    outcome(page, "Held for a part")
    press(page, "Finish the visit")
    page.get_by_text("Add a part first.").wait_for()  # which part?
    page.get_by_role("group", name="Outcome").get_by_role("button", name="Add a part").click()
    page.get_by_role("dialog").get_by_role("button", name="PH-BELT").click()
    end(page)
    assert set(phia.settled()) == {"done"}
    assert visits(issue)[0].mps_outcome == "Held for Part"
    missing = frappe.get_doc("MPS Missing Part", {"issue": issue})
    assert (missing.item, missing.qty) == ("PH-BELT", 1) and missing.material_request
    assert frappe.db.get_value("Issue", issue, "mps_board") == "Held for Part"


def test_a_call_closed_meanwhile_is_booked_all_the_same(phone, dealer, call):
    issue = call("Gone quiet")
    phia = phone("Phia")
    assert report_of_a_closed_call(phia, issue) == ["conflict"] * 4
    page = phia.go("#/outbox")
    report = page.locator(".entry.bad").filter(has_text="Visit ")
    expect(report).to_contain_text("closed meanwhile")
    press(page, "Book it all the same")
    report.wait_for(state="detached")  # the new key is in the outbox
    assert phia.settled() == ["redone"] * 4 + ["done"]  # the steps need no settling any more
    page.wait_for_function("!document.querySelector('.entry.bad')")
    assert len(visits(issue)) == 1


def test_the_parts_of_a_visit_that_is_somebody_elses_can_be_booked_alone(phone, dealer, call):
    from mps_module.service import assign

    issue = call("Taken away")
    before = dealer.ledger("Phia", "PH-DRUM")
    phia = phone("Phia")
    phia.bring()
    page = phia.go(f"#/visit?issue={issue}")
    arrive(page)
    phia.settled()
    frappe.db.rollback()
    assign.set_status(issue, "Cancelled")
    frappe.db.commit()
    press(page, "Add a part")
    page.get_by_role("dialog").get_by_role("button", name="PH-DRUM").click()
    outcome(page, "Complete")
    end(page)
    assert phia.settled()[-1] == "conflict"
    page = phia.go("#/outbox")
    expect(page.locator(".entry.bad")).to_contain_text("not yours any more")
    press(page, "Only the parts")
    page.wait_for_function("!document.querySelector('.entry.bad')")
    assert phia.settled()[-1] == "done"
    assert visits(issue) == []
    assert dealer.ledger("Phia", "PH-DRUM") == before - 1


def test_a_report_is_opened_again_with_all_it_held(phone, dealer, call):
    issue = call("Too many parts")
    there = dealer.ledger("Phia", "PH-FUSER")
    phia = phone("Phia")
    phia.bring()
    page = phia.go(f"#/visit?issue={issue}")
    arrive(page)
    page.get_by_label("Black & White").fill("9100")
    page.get_by_label("Work done").fill("Two fusers")
    press(page, "Add a part")
    page.get_by_role("dialog").get_by_role("button", name="PH-FUSER").click()
    outcome(page, "Complete")
    sign(page)
    phia.offline()
    end(page)
    build.act(
        dealer.trunks["Phia"], "scrap", {"items": [{"item": "PH-FUSER", "qty": there}], "reason": "wet"}
    )
    frappe.db.commit()
    phia.offline(False)
    assert phia.settled()[-1] == "conflict"
    page = phia.go("#/outbox")
    expect(page.locator(".entry.bad")).to_contain_text("none left")
    press(page, "Open the report")
    page.wait_for_url(f"**/mps#/visit?issue={issue}")
    expect(page.get_by_label("Black & White")).to_have_value("9100")
    expect(page.get_by_label("Work done")).to_have_value("Two fusers")
    page.get_by_role("button", name="Remove PH-FUSER").click()
    end(page)
    assert phia.settled()[-1] == "done"
    (made,) = visits(issue)
    assert made.mps_signature and not frappe.db.exists("Stock Entry", {"mps_visit": made.name})
    dealer.put("Phia", "PH-FUSER", there)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_report_is_for_thumbs_eyes_and_screen_readers(phone, call, theme):
    issue = call("For everyone")
    phia = phone("Phia")
    phia.bring()
    phia.page.emulate_media(color_scheme=theme)
    page = phia.go(f"#/visit?issue={issue}")
    for how in ("Held for a part", "Needs help"):
        outcome(page, how)
        assert page.evaluate(CHECK) == []
    assert page.evaluate("[...document.querySelectorAll('main h2, main legend')].map((each) => each.textContent)") == [
        "Who pays", "Times", "Meter", "Parts used", "What was found and done", "Outcome", "Customer",
    ]  # fmt: skip
    page = phia.go(f"#/call?issue={issue}")
    assert page.evaluate(CHECK) == []


def test_a_visit_is_reported_with_the_keyboard_alone(phone, call):
    issue = call("By keys")
    phia = phone("Phia")
    phia.bring()
    page = phia.go(f"#/visit?issue={issue}")

    def tab_to(name: str) -> None:
        told = "(document.activeElement.labels?.[0] || document.activeElement).textContent"
        for _step in range(60):
            page.keyboard.press("Tab")
            if page.evaluate(told).startswith(name):
                return
        raise AssertionError(f"{name} cannot be reached")

    for name in ("Accept", "On my way", "I have arrived"):
        tab_to(name)
        page.keyboard.press("Enter")
        page.get_by_role("button", name=name, exact=True).wait_for(state="detached")
    tab_to("Work done")
    page.keyboard.type("By keys alone")
    tab_to("Complete")
    page.keyboard.press("Space")
    tab_to("Finish the visit")
    page.keyboard.press("Enter")
    page.wait_for_url("**/mps#/calls")
    assert set(phia.settled()) == {"done"}
    assert visits(issue)[0].mps_outcome == "Complete"


def test_a_begun_report_outlives_a_logout_and_is_nobody_elses(phone, call):
    issue = call("Begun")
    phia = phone("Phia")
    phia.bring()
    page = phia.go(f"#/visit?issue={issue}")
    page.get_by_label("Work done").fill("half way")
    form.draft(page, issue)
    kept = page.evaluate(
        """async (issue) => {
            await (await import("/assets/mps_module/phone/data.js")).forget();
            const drafts = await import("/assets/mps_module/phone/drafts.js");
            const mine = (await drafts.known(issue))?.note;
            const { session } = await import("/assets/mps_module/phone/server.js");
            session.user = "quin@trunks.example.com";
            const others = await drafts.known(issue);
            session.user = "phia@trunks.example.com";
            return [mine, others];
        }""",
        issue,
    )
    assert kept == ["half way", None]


def test_a_technician_opens_a_call_without_a_signal_and_has_it_once(phone, dealer, board):
    _technician, calls = board
    phia = phone("Phia")
    phia.bring()
    phia.offline()
    page = phia.go("#/newcall")
    page.get_by_label("Device").fill(dealer.device)
    page.get_by_label("What is wrong?").fill("Smells of smoke")
    page.get_by_label("Problem").select_option("OTHER")
    press(page, "Open the call")
    page.wait_for_url("**/mps#/calls")
    phia.served.weather(lose=1)
    phia.offline(False)
    assert phia.settled() == ["done"]
    frappe.db.rollback()
    (made,) = frappe.get_all(
        "Issue", {"subject": "Smells of smoke"}, ["name", "mps_device", "mps_problem_code"], order_by="name"
    )
    calls.append(made.name)
    assert (made.mps_device, made.mps_problem_code) == (dealer.device, "OTHER")
    page.get_by_role("link", name="Smells of smoke").wait_for()  # on the list of calls by itself
