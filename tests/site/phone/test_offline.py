"""Acting without a signal: kept on the phone, booked once, in order, and never lost."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.commits, pytest.mark.slow]


def use(dealer, name: str, item: str, qty: float) -> dict:
    return {"issue": dealer.calls[name], "items": [{"item": item, "qty": qty}]}


def test_a_part_used_in_a_cellar_is_booked_once_after_the_tab_was_killed(phone, dealer):
    phia = phone("Phia")
    before, entries = dealer.ledger("Phia", "PH-FUSER"), dealer.entries("Phia")
    phia.offline()
    page = phia.go(f"#/use?issue={dealer.calls['Phia']}&item=PH-FUSER")
    page.get_by_role("button", name="More: PH-FUSER").click()
    page.get_by_role("button", name="Use on the call").click()
    page.get_by_text("Saved on the phone").wait_for()
    assert dealer.ledger("Phia", "PH-FUSER") == before  # nothing can have reached the ERP
    phia.kill()

    phia.open("#/trunk")  # still without a signal: the app opens from what the phone keeps
    expect(phia.page.locator('a.row[href="#/item?item=PH-FUSER"]')).to_contain_text("−2 to be sent")
    phia.kill()

    phia.offline(False)
    phia.open()
    assert phia.settled() == ["done"]
    assert dealer.ledger("Phia", "PH-FUSER") == before - 2
    assert dealer.entries("Phia") == entries + 1
    assert phia.shown_on_hand("PH-FUSER") == before - 2


def test_a_lost_answer_is_asked_for_again_with_the_same_key_and_booked_once(phone, dealer, served):
    phia = phone("Phia")
    before, entries = dealer.ledger("Phia", "PH-DRUM"), dealer.entries("Phia")
    served.weather(lose=3)
    key = phia.act("use_on_call", use(dealer, "Phia", "PH-DRUM", 1))
    assert phia.settled() == ["done"]
    assert served.weather()["heard"][key] >= 2
    assert phia.outbox()[0]["answer"]["repeated"] is True
    assert dealer.ledger("Phia", "PH-DRUM") == before - 1
    assert dealer.entries("Phia") == entries + 1


def test_a_tab_killed_while_its_answer_is_on_the_way_sends_nothing_twice(phone, dealer, served):
    phia = phone("Phia")
    before, entries = dealer.ledger("Phia", "PH-BELT"), dealer.entries("Phia")
    served.weather(lose=1)
    phia.act("use_on_call", use(dealer, "Phia", "PH-BELT", 1))
    phia.kill()
    phia.open()
    assert phia.settled() == ["done"]
    assert (dealer.ledger("Phia", "PH-BELT"), dealer.entries("Phia")) == (before - 1, entries + 1)


def test_what_was_done_in_order_is_booked_in_order(phone, dealer):
    phia = phone("Phia")
    known = len(dealer.actions("Phia"))
    phia.offline()
    wanted = [phia.act("use_on_call", use(dealer, "Phia", "PH-FUSER", 1), str(n)) for n in range(4)]
    phia.offline(False)
    assert phia.settled() == ["done"] * 4
    assert [each.key for each in dealer.actions("Phia")[known:]] == wanted


def test_two_tabs_of_one_phone_do_not_send_double(phone, dealer, served):
    phia = phone("Phia")
    first = phia.page
    second = phia.open("#/outbox")
    before, entries = dealer.ledger("Phia", "PH-DRUM"), dealer.entries("Phia")
    phia.offline()
    keys = [phia.act("use_on_call", use(dealer, "Phia", "PH-DRUM", 1)) for _ in range(2)]
    phia.offline(False)
    for page in (first, second):
        page.evaluate(
            """() => void import("/assets/mps_module/phone/outbox.js").then((outbox) => outbox.send())"""
        )
    assert phia.settled() == ["done", "done"]
    heard = served.weather()["heard"]
    assert [heard[key] for key in keys] == [1, 1]
    assert (dealer.ledger("Phia", "PH-DRUM"), dealer.entries("Phia")) == (before - 2, entries + 2)


def test_a_double_tap_is_one_action(phone, dealer):
    phia = phone("Phia")
    phia.offline()
    page = phia.go(f"#/use?issue={dealer.calls['Phia']}&item=PH-FUSER")
    page.get_by_role("button", name="Use on the call").evaluate("(key) => { key.click(); key.click(); }")
    page.get_by_text("Saved on the phone").wait_for()
    assert phia.states() == ["waiting"]
    phia.offline(False)
    phia.settled()


def test_a_server_that_is_busy_is_asked_again(phone, dealer, served):
    phia = phone("Phia")
    served.weather(fail=2)
    key = phia.act("use_on_call", use(dealer, "Phia", "PH-FUSER", 1))
    assert phia.settled() == ["done"]
    assert served.weather()["heard"][key] == 3


def test_a_session_that_ended_keeps_the_actions_until_the_next_login(phone, dealer):
    phia = phone("Phia")
    user, before = dealer.user("Phia"), dealer.ledger("Phia", "PH-BELT")
    phia.context.clear_cookies()
    phia.act("use_on_call", use(dealer, "Phia", "PH-BELT", 1))
    phia.page.get_by_role("link", name="Log in").wait_for()
    assert phia.states() == ["waiting"]
    from tests.site.phone.dealer import PASSWORD

    # Another technician takes the phone: the first one's action is not sent in the other's name.
    phia.context.request.post("/api/method/login", form={"usr": dealer.user("Quin"), "pwd": PASSWORD})
    phia.open()
    assert phia.outbox() == []
    other = dealer.actions("Quin")
    phia.send()
    assert dealer.actions("Quin") == other
    phia.context.request.post("/api/method/login", form={"usr": user, "pwd": PASSWORD})
    phia.open()
    assert phia.settled() == ["done"]
    assert dealer.ledger("Phia", "PH-BELT") == before - 1


def test_the_last_known_data_is_shown_with_its_age(phone, dealer):
    phia = phone("Phia")
    phia.bring()
    phia.offline()
    phia.kill()
    phia.open("#/trunk")
    phia.page.evaluate(
        """async (hours) => {
            const store = await import("/assets/mps_module/phone/store.js");
            for (const each of await store.all("cache")) await store.put("cache", { ...each, at: each.at - hours * 3600000 });
        }""",
        3,
    )
    main = phia.go("#/trunk").locator("main")
    for told in ("Updated 3 h ago", "PH-FUSER"):
        expect(main).to_contain_text(told)
    expect(phia.page.locator("#state")).to_contain_text("No signal")
    expect(phia.go("#/calls").locator("main")).to_contain_text("Paper jam")
    expect(phia.go(f"#/call?issue={dealer.calls['Phia']}").locator("main")).to_contain_text(
        dealer.calls["Phia"]
    )


def test_the_payload_of_every_action_is_what_was_typed(phone, dealer):
    """A return from the form: item, quantity, reason and whether it is defective arrive as they were entered."""
    phia = phone("Phia")
    page = phia.go("#/away?item=PH-FUSER")
    page.get_by_label("Reason").fill("Wrong voltage")
    page.get_by_label("Defective").check()
    page.get_by_role("button", name="Return").click()
    page.wait_for_url("**/mps#/trunk")
    phia.settled()
    kept = dealer.actions("Phia")[-1]
    assert (kept.action, kept.status) == ("return_part", "Done")
    assert json.loads(kept.payload) == {
        "items": [{"item": "PH-FUSER", "qty": 1}],
        "reason": "Wrong voltage",
        "defective": True,
    }
