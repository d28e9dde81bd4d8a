"""What goes wrong around a phone: sessions that end, other people, a browser that keeps nothing, a release in between."""

from __future__ import annotations

import frappe
import pytest
from playwright.sync_api import expect

from tests.site.phone import visit_form as form
from tests.site.phone.dealer import PASSWORD
from tests.site.phone.test_offline import use

pytestmark = [pytest.mark.commits, pytest.mark.slow]


NEXT_WORKER = """async () => {
    const worker = navigator.serviceWorker;
    const taken = () => new Promise((done) => worker.addEventListener("controllerchange", done, { once: true }));
    if (!worker.controller) await taken();
    const next = taken();
    await (await worker.ready).update();
    await next;
}"""


def log_in(phone, user: str) -> None:
    answer = phone.context.request.post("/api/method/login", form={"usr": user, "pwd": PASSWORD})
    assert answer.ok, answer.text()


def end_sessions(user: str) -> None:
    """On the server alone: the phone still has its cookie, and hears of it with the first answer."""
    from frappe.sessions import clear_sessions

    clear_sessions(user=user, force=True)
    frappe.db.commit()


def test_a_session_that_the_server_ended_in_the_night_keeps_the_days_work(phone, dealer):
    phia = phone("Phia")
    before = dealer.ledger("Phia", "PH-FUSER")
    phia.offline()
    keys = [phia.act("use_on_call", use(dealer, "Phia", "PH-FUSER", 1)) for _each in range(2)]
    end_sessions(dealer.user("Phia"))
    phia.offline(False)
    phia.send()
    phia.page.get_by_role("link", name="Log in").wait_for()
    assert phia.states() == ["waiting", "waiting"]
    assert dealer.ledger("Phia", "PH-FUSER") == before
    log_in(phia, dealer.user("Phia"))
    phia.open()
    assert phia.settled() == ["done", "done"]
    assert [each.key for each in dealer.actions("Phia")[-2:]] == keys
    assert dealer.ledger("Phia", "PH-FUSER") == before - 2


def test_nothing_is_done_in_the_name_of_the_one_who_had_the_phone_before(phone, dealer):
    """Quin logs in, the signal ends at once, and the browser shows the page that was kept of Phia."""
    phia = phone("Phia")
    log_in(phia, dealer.user("Quin"))
    phia.offline()
    with pytest.raises(Exception, match="is logged in on this phone now"):
        phia.act("use_on_call", use(dealer, "Phia", "PH-FUSER", 1))  # on Phia's page, that is still open
    assert phia.outbox() == []
    phia.open("#/trunk")
    expect(phia.page.locator("main")).to_contain_text("quin@trunks.example.com is logged in on this phone")
    expect(phia.page.locator("main a.row")).to_have_count(0)  # nothing of Phia's trunk
    phia.offline(False)
    phia.page.wait_for_function(
        "document.getElementById('boot').textContent.includes('quin@trunks.example.com')"
    )
    expect(phia.page.locator("main")).to_contain_text("PH-FUSER")
    phia.errors.clear()  # the action that was refused


def test_a_browser_that_keeps_nothing_says_so_instead_of_pretending(phone, dealer):
    phia = phone("Phia")
    phia.context.add_init_script(
        """indexedDB.open = () => {
            const request = {};
            setTimeout(() => { request.error = new DOMException("denied", "SecurityError"); request.onerror(); });
            return request;
        };"""
    )
    phia.open(f"#/use?issue={dealer.calls['Phia']}&item=PH-FUSER")
    expect(phia.page.locator("main")).to_contain_text("This browser keeps nothing")
    expect(phia.page.get_by_role("button")).to_have_count(0)


def test_a_full_phone_says_that_nothing_was_kept(phone, dealer):
    phia = phone("Phia")
    page = phia.go(f"#/use?issue={dealer.calls['Phia']}&item=PH-FUSER")
    page.evaluate(
        """() => { IDBObjectStore.prototype.add = () => { throw new DOMException("The phone is full", "QuotaExceededError"); }; }"""
    )
    form.press(page, "Use on the call")
    expect(page.locator("#toast.on")).to_contain_text("This did not work: The phone is full")
    assert "#/use" in page.url and phia.outbox() == []  # the form is still there to try again
    phia.errors.clear()


def test_an_action_that_is_refused_holds_up_none_of_those_behind_it(phone, dealer):
    phia = phone("Phia")
    before = dealer.ledger("Phia", "PH-FUSER")
    phia.offline()
    phia.act("use_on_call", use(dealer, "Phia", "PH-FUSER", 1))
    phia.act(
        "use_on_call", {"issue": "NO-SUCH-CALL", "items": [{"item": "PH-FUSER", "qty": 1}]}, "no such call"
    )
    phia.act("use_on_call", use(dealer, "Phia", "PH-FUSER", 1000), "far too many")
    phia.act("use_on_call", use(dealer, "Phia", "PH-FUSER", 2))
    phia.offline(False)
    assert phia.settled() == ["done", "refused", "conflict", "done"]
    assert dealer.ledger("Phia", "PH-FUSER") == before - 3
    expect(phia.page.locator("#state")).to_contain_text("2 to settle")


def test_a_photo_that_the_web_server_finds_too_large_can_stay_behind(phone, dealer, served):
    phia = phone("Phia")
    reads = [{"meter": "mono", "value": 800_000, "kind": "actual"}]
    served.weather(large=1)
    phia.act("meter_read", {"device": dealer.device, "issue": "", "reads": reads, "photo": "data:,"}, "Meter")
    assert phia.settled() == ["refused"]
    page = phia.go("#/outbox")
    expect(page.locator(".entry.bad")).to_contain_text("too large for the server")
    form.press(page, "Send without the photo")
    page.locator(".entry.bad").wait_for(state="detached")
    assert phia.settled() == ["redone", "done"]


def test_a_new_release_comes_while_actions_wait(phone, dealer, served):
    """The worker of the next build takes over; the page that is open goes on, and the next one is the new build's."""
    phia = phone("Phia")
    before = dealer.ledger("Phia", "PH-BELT")
    old = phia.page.evaluate("JSON.parse(document.getElementById('boot').textContent).build")
    served.weather(fail=1000)
    phia.act("use_on_call", use(dealer, "Phia", "PH-BELT", 1), effect={"PH-BELT": -1})
    served.weather(build="b2" + old[2:])
    try:
        phia.page.evaluate(NEXT_WORKER)
        expect(phia.go("#/trunk").locator("main")).to_contain_text("−1 to be sent")
        phia.kill()
        phia.offline()
        phia.open("#/outbox")
        assert phia.page.evaluate("JSON.parse(document.getElementById('boot').textContent).build") != old
        assert phia.states() == ["waiting"]
        served.weather(fail=0)
        phia.offline(False)
        assert phia.settled() == ["done"]
        assert dealer.ledger("Phia", "PH-BELT") == before - 1
    finally:
        served.weather(build="", fail=0)


def test_a_double_tap_on_a_step_is_one_step(phone, dealer):
    technician = form.put_on_the_board("Phia")
    issue = form.open_call(technician, dealer.device, "Tapped twice")
    try:
        phia = phone("Phia")
        phia.bring()
        phia.offline()
        page = phia.go(f"#/visit?issue={issue}")
        page.get_by_role("button", name="Accept").dblclick()
        page.get_by_role("button", name="On my way").wait_for()
        form.draft(page, issue)
        assert [each["payload"]["step"] for each in phia.outbox()] == ["accept"]
        phia.offline(False)
        phia.settled()
    finally:
        form.take_away([issue], [technician], ["PH-BELT"])


def test_a_big_photo_of_a_visit_is_in_the_report_however_fast_the_thumb(phone, dealer):
    technician = form.put_on_the_board("Phia")
    issue = form.open_call(technician, dealer.device, "Photographed")
    try:
        phia = phone("Phia")
        phia.bring()
        page = phia.go(f"#/visit?issue={issue}")
        form.arrive(page)
        form.outcome(page, "Complete")
        assert form.photo(page, 3600, 2700, quality=95) > 8_000_000
        form.press(page, "Finish the visit")  # while it is still made smaller
        page.wait_for_url("**/mps#/calls")
        assert set(phia.settled()) == {"done"}
        url = frappe.db.get_value(form.VISIT, {"mps_issue": issue}, "mps_photo")
        assert max(picture_size(url)) == 1280
    finally:
        form.take_away([issue], [technician], ["PH-BELT"])


def picture_size(url: str) -> tuple[int, int]:
    from io import BytesIO

    from PIL import Image

    return Image.open(BytesIO(frappe.get_last_doc("File", {"file_url": url}).get_content())).size
