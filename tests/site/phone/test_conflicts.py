"""What the ERP refuses is shown with its reason and settled by the technician; nothing goes below zero by a race."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.site.phone.test_offline import use

pytestmark = [pytest.mark.commits, pytest.mark.slow]


def test_two_phones_take_the_last_parts_and_one_is_told(phone, dealer):
    """The same technician on two phones, both without a signal, each uses all but one of what is there."""
    one, two = phone("Phia"), phone("Phia")
    there = dealer.ledger("Phia", "PH-BELT")
    for each in (one, two):
        each.offline()
        each.act("use_on_call", use(dealer, "Phia", "PH-BELT", there - 1), "all but one")
    for each in (one, two):
        each.offline(False)
    ends = one.settled() + two.settled()
    assert sorted(ends) == ["conflict", "done"]
    assert dealer.ledger("Phia", "PH-BELT") == 1

    late = one if one.states() == ["conflict"] else two
    page = late.go("#/outbox")
    expect(page.locator(".entry.bad .reason")).to_contain_text("only 1 left")
    page.get_by_role("button", name="Take 1 × PH-BELT").click()
    page.wait_for_function(
        "document.documentElement.dataset.waiting === '0' && !document.querySelector('.entry.bad')"
    )
    assert late.settled() == ["redone", "done"]
    assert dealer.ledger("Phia", "PH-BELT") == 0
    dealer.put("Phia", "PH-BELT", there)


def test_a_conflict_is_changed_and_discarded_only_after_asking(phone, dealer):
    phia = phone("Phia")
    there = dealer.ledger("Phia", "PH-DRUM")
    phia.act("use_on_call", use(dealer, "Phia", "PH-DRUM", there + 5), "too many")
    assert phia.settled() == ["conflict"]
    page = phia.go("#/outbox")
    expect(page.locator("#state")).to_contain_text("1 to settle")
    page.get_by_role("button", name="Discard").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Nothing of it is booked.")
    dialog.get_by_role("button", name="Back").click()
    dialog.wait_for(state="detached")
    assert phia.states() == ["conflict"]

    page.get_by_role("button", name="Change").click()
    dialog.get_by_label("PH-DRUM", exact=True).last.fill("2")
    dialog.get_by_role("button", name="Send again").click()
    page.wait_for_function("!document.querySelector('.entry.bad')")
    assert phia.settled() == ["redone", "done"]
    assert dealer.ledger("Phia", "PH-DRUM") == there - 2

    phia.act("use_on_call", use(dealer, "Phia", "PH-DRUM", there + 5), "too many again")
    phia.settled()
    page = phia.go("#/outbox")
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    page.wait_for_function("!document.querySelector('.entry.bad')")
    assert phia.states() == ["redone", "done", "dropped"]
    assert dealer.ledger("Phia", "PH-DRUM") == there - 2


def test_a_tap_counts_though_the_screen_is_drawn_anew_under_the_thumb(phone, dealer):
    phia = phone("Phia")
    phia.act("use_on_call", use(dealer, "Phia", "PH-DRUM", dealer.ledger("Phia", "PH-DRUM") + 5), "too many")
    assert phia.settled() == ["conflict"]
    page = phia.go("#/outbox")
    page.get_by_role("button", name="Discard").hover()
    page.mouse.down()
    redraw = """async () => {
        const main = document.getElementById("main");
        const drawn = new Promise((done) => new MutationObserver(() => done("drawn")).observe(main, { childList: true }));
        const { changes } = await import("/assets/mps_module/phone/outbox.js");
        changes.dispatchEvent(new Event("change"));
        return Promise.race([drawn, new Promise((done) => setTimeout(done, 1500, "held"))]);
    }"""
    assert page.evaluate(redraw) == "held"
    page.mouse.up()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Nothing of it is booked.")
    dialog.get_by_role("button", name="Back").click()
    assert page.evaluate(redraw) == "drawn"


def test_a_refused_action_stays_until_it_is_let_go(phone, dealer):
    phia = phone("Phia")
    phia.act(
        "use_on_call", {"issue": "NO-SUCH-CALL", "items": [{"item": "PH-DRUM", "qty": 1}]}, "no such call"
    )
    assert phia.settled() == ["refused"]
    phia.kill()
    phia.open("#/outbox")
    for told in ("no such call", "Refused"):
        expect(phia.page.locator(".entry.bad")).to_contain_text(told)
    assert phia.page.get_by_role("button", name="Try again").count() == 0


def test_parts_go_from_trunk_to_trunk_by_both_confirmations_on_two_phones(phone, dealer):
    phia, quin = phone("Phia"), phone("Quin")
    mine, theirs = dealer.ledger("Phia", "PH-FUSER"), dealer.ledger("Quin", "PH-FUSER")
    page = phia.go("#/ask?txt=PH-FUSER")
    page.get_by_role("button", name="Quin Tech").click()
    page.get_by_role("dialog").get_by_role("button", name="Ask").click()
    page.wait_for_url("**/mps#/moves")  # it is in the outbox
    phia.settled()

    quin.page.evaluate("""async () => (await import("/assets/mps_module/phone/data.js")).fresh("incoming")""")
    quin.page.get_by_text("Phia Tech waits for your answer.").wait_for()
    quin.page.get_by_role("link", name="Moves 1 to answer or receive").click()
    page = quin.page
    page.locator("#main").get_by_text("your answer").click()
    page.get_by_role("button", name="Accept").click()
    page.wait_for_url("**/mps#/moves")
    quin.settled()
    assert dealer.ledger("Quin", "PH-FUSER") == theirs  # promised, not gone
    name = dealer.actions("Quin")[-1].reference_name
    for each, label in ((quin, "I handed it over"), (phia, "I have got it")):
        each.open(f"#/transfer?name={name}")
        each.page.evaluate(
            """async () => (await import("/assets/mps_module/phone/data.js")).fresh("incoming")"""
        )
        each.go(f"#/transfer?name={name}").get_by_role("button", name=label).click()
        each.page.wait_for_url("**/mps#/moves")
        assert set(each.settled()) == {"done"}
    assert dealer.ledger("Phia", "PH-FUSER") == mine + 1
    assert dealer.ledger("Quin", "PH-FUSER") == theirs - 1


def test_a_parcel_is_received_from_the_screen(phone, dealer):
    from tests.site.stock import build

    build.put("PH-DRUM", build.STORE, 3)
    delivery = build.ship(dealer.trunks["Phia"], "PH-DRUM", 3)
    import frappe

    frappe.db.commit()
    before = dealer.ledger("Phia", "PH-DRUM")
    phia = phone("Phia")
    phia.page.evaluate("""async () => (await import("/assets/mps_module/phone/data.js")).fresh("incoming")""")
    page = phia.go(f"#/parcel?delivery={delivery}")
    page.get_by_role("button", name="Less: PH-DRUM").click()
    page.get_by_role("button", name="Receive").click()
    page.wait_for_url("**/mps#/moves")
    assert phia.settled() == ["done"]
    assert dealer.ledger("Phia", "PH-DRUM") == before + 2
    assert phia.outbox()[0]["answer"]["result"]["open"] == 1


def test_a_meter_read_lower_than_the_last_is_sent_to_the_office_by_the_technician(phone, dealer):
    phia = phone("Phia")
    reads = [{"meter": "mono", "value": 5000, "kind": "actual"}]
    phia.act("meter_read", {"device": dealer.device, "issue": "", "reads": reads, "photo": ""}, "first")
    assert phia.settled() == ["done"]
    page = phia.go(f"#/meter?device={dealer.device}")
    field = page.locator("main input[type=number]").first
    field.fill("10")
    page.get_by_role("button", name="Save the read").click()
    page.get_by_text("lower than the last read").wait_for()
    page.get_by_role("button", name="Save the read").click()
    page.wait_for_url("**/mps#/meter")
    assert phia.settled() == ["done", "conflict"]
    page = phia.go("#/outbox")
    page.get_by_role("button", name="Let the office decide").click()
    page.wait_for_function("!document.querySelector('.entry.bad')")
    assert phia.settled() == ["done", "redone", "done"]
    import frappe

    frappe.db.rollback()
    assert frappe.db.count("Meter Read Quarantine", {"device": dealer.device, "value": 10}) == 1


def test_a_count_finds_a_variance_for_the_manager(phone, dealer):
    phia = phone("Phia")
    there = dealer.ledger("Phia", "PH-BELT")
    page = phia.go("#/count?item=PH-BELT")
    page.get_by_label("Counted: PH-BELT").fill(str(int(there) - 1))
    page.get_by_role("button", name="Send the count").click()
    page.wait_for_url("**/mps#/more")
    assert phia.settled() == ["done"]
    result = phia.outbox()[0]["answer"]["result"]
    assert result["status"] == "Waiting"
    assert [(row["item"], row["variance"]) for row in result["variances"]] == [("PH-BELT", -1)]
    assert dealer.ledger("Phia", "PH-BELT") == there  # a manager decides


def test_a_meter_photo_taken_without_a_signal_arrives_with_the_read(phone, dealer, tmp_path):
    import frappe
    from PIL import Image

    picture = tmp_path / "display.png"
    Image.effect_noise((2000, 1500), 90).save(picture)
    phia = phone("Phia")
    page = phia.go(f"#/meter?device={dealer.device}")
    phia.offline()
    page.get_by_label("Colour").fill("321")
    page.get_by_label("Photo of the display").set_input_files(picture)
    page.locator("img.photo:not([hidden])").wait_for()
    page.get_by_role("button", name="Save the read").click()
    page.get_by_text("Saved on the phone").wait_for()
    kept = phia.outbox()[0]["payload"]["photo"]
    assert kept.startswith("data:image/jpeg;base64,")
    phia.offline(False)
    assert phia.settled() == ["done"]
    assert phia.outbox()[0]["payload"]["photo"] == ""  # not kept on the phone for ever
    frappe.db.rollback()
    read = frappe.get_last_doc("Meter Read", {"device": dealer.device, "meter": "colour"})
    assert (read.value, read.source) == (321, "technician")
    file = frappe.get_last_doc("File", {"file_url": read.photo})
    from io import BytesIO

    assert max(Image.open(BytesIO(file.get_content())).size) == 1280
    frappe.delete_doc("File", file.name, force=True)
    frappe.db.commit()
