"""What the phone shows of calls, devices and counters, and meter reads that a technician takes."""

from __future__ import annotations

import base64
from datetime import timedelta
from io import BytesIO

import frappe
import pytest
from PIL import Image

from tests.site import make
from tests.site.stock import build

PIXEL = "data:image/png;base64," + base64.b64encode(
    base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
).decode()  # fmt: skip


@pytest.fixture
def ana():
    return build.technician("Ana")


@pytest.fixture
def device():
    return make.device("D-9", serial_no_text="A5C1011", asset_tag="TAG-7", site="2nd floor")


def test_my_calls_are_the_open_ones_assigned_to_me(ana):
    ben = build.technician("Ben")
    mine, other, closed = build.call("Jam", to=ana), build.call("Streaks", to=ben), build.call("Old", to=ana)
    frappe.db.set_value("Issue", closed, "status", "Closed")
    calls = build.ask(ana, "my_calls")["calls"]
    assert [(each["issue"], each["subject"], each["late"]) for each in calls] == [(mine, "Jam", False)]
    assert calls[0]["customer"] == make.customer().name
    with pytest.raises(frappe.PermissionError):
        build.ask(ana, "call", other)
    with pytest.raises(frappe.DoesNotExistError):
        build.ask(ana, "call", "ISS-none")


def test_a_call_shows_what_was_used_on_it(ana):
    build.put(build.part("FUSER-1"), ana.warehouse, 2)
    issue = build.call(to=ana)
    used = build.act(ana, "use_on_call", {"issue": issue, "items": [{"item": "FUSER-1", "qty": 1}]})
    told = build.ask(ana, "call", issue)
    assert told["parts_used"] == [{"item": "FUSER-1", "qty": 1, "stock_entry": used["result"]["stock_entry"]}]
    assert told["subject"] == "Paper jam"


@pytest.mark.parametrize(
    "text", ["D-9", "A5C1011", "TAG-7", "https://dealer.example/d?id=D-9&x=1", "SN:A5C1011;MODEL:MX"]
)
def test_a_device_is_found_by_any_of_its_marks(ana, device, text):
    found = build.ask(ana, "device", text)["devices"]
    assert [(each["device"], each["site"]) for each in found] == [("D-9", "2nd floor")]
    assert [meter["meter"] for meter in found[0]["meters"]] == ["mono", "colour"]


def test_a_device_that_nobody_knows_is_not_guessed(ana, device):
    assert build.ask(ana, "device", "D-")["devices"] == []
    assert build.ask(ana, "device", "")["devices"] == []


def test_a_read_goes_through_the_one_way_into_the_ledger(ana, device):
    answer = build.act(
        ana,
        "meter_read",
        {"device": "D-9", "reads": [{"meter": "mono", "value": 1200}, {"meter": "colour", "value": 300}], "photo": PIXEL},
        made_at="2026-03-02T10:00:00-05:00",
    )  # fmt: skip
    assert (answer["status"], answer["result"]["counts"]["accepted"]) == ("Done", 2), answer
    read = frappe.get_doc("Meter Read", answer["result"]["rows"][0]["read"])
    assert (read.source, read.value, str(read.taken_at)) == ("technician", 1200, "2026-03-02 10:00:00")
    assert read.photo.startswith("/private/files/")
    kept = frappe.db.get_value("MPS Phone Action", {"key": answer["key"]}, "payload")
    assert "base64" in kept and len(kept) < 400  # the picture is kept once, as a file
    meters = {each["meter"]: each for each in build.ask(ana, "device", "D-9")["devices"][0]["meters"]}
    assert (meters["mono"]["last_value"], meters["mono"]["last_taken_at"]) == (
        1200,
        "2026-03-02T10:00:00-05:00",
    )


def test_a_phone_whose_clock_is_a_little_ahead_takes_reads_that_count(ana, device):
    from mps_module.fleet import clock

    payload = {"device": "D-9", "reads": [{"meter": "mono", "value": 1200}]}
    answer = build.act(ana, "meter_read", payload, made_at=(clock.now() + timedelta(minutes=3)).isoformat())
    assert (answer["status"], answer["result"]["counts"]["accepted"]) == ("Done", 1), answer
    taken_at = frappe.db.get_value("Meter Read", {"device": "D-9", "meter": "mono"}, "taken_at")
    assert taken_at <= frappe.utils.now_datetime()


def test_a_read_that_runs_backwards_is_a_conflict_and_can_be_told_as_a_reset_or_kept_for_the_office(
    ana, device
):
    first = {"device": "D-9", "reads": [{"meter": "mono", "value": 1200}]}
    build.act(ana, "meter_read", first, made_at="2026-03-02T10:00:00-05:00")
    wrong = {"device": "D-9", "reads": [{"meter": "colour", "value": 10}, {"meter": "mono", "value": 40}]}
    answer = build.act(ana, "meter_read", wrong, made_at="2026-03-03T10:00:00-05:00")
    assert (answer["status"], answer["code"]) == ("Conflict", "read"), answer
    assert not frappe.db.exists("Meter Read", {"device": "D-9", "meter": "colour"})
    assert not frappe.db.exists("Meter Read Quarantine", {"device": "D-9"})
    reset = {
        "device": "D-9",
        "reads": [{"meter": "mono", "value": 40, "kind": "reset", "reason": "board swapped"}],
    }
    assert build.act(ana, "meter_read", reset, made_at="2026-03-03T10:00:00-05:00")["status"] == "Done"
    keep = {"device": "D-9", "reads": [{"meter": "mono", "value": 1}], "keep": True}
    kept = build.act(ana, "meter_read", keep, made_at="2026-03-04T10:00:00-05:00")
    assert (kept["status"], kept["result"]["counts"]["quarantined"]) == ("Done", 1)
    assert frappe.db.exists("Meter Read Quarantine", {"device": "D-9", "value": 1})


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"reads": []}, "payload"),
        ({"reads": [{"meter": "mono", "value": 1.5}]}, "payload"),
        ({"reads": [{"meter": "mono", "value": 1, "kind": "install"}]}, "payload"),
        ({"reads": [{"meter": "mono", "value": 1}], "photo": "data:text/html;base64,PGI+"}, "photo"),
        ({"reads": [{"meter": "mono", "value": 1}], "photo": "data:image/png;base64,###"}, "photo"),
        ({"reads": [{"meter": "mono", "value": 1}], "photo": "/etc/passwd"}, "photo"),
        (
            {"reads": [{"meter": "mono", "value": 1}], "photo": "data:image/jpeg;base64,/9j/4AAQSkZJRg=="},
            "photo",
        ),
        ({"reads": [{"meter": "mono", "value": 1}], "photo": "data:image/png;base64,aGVsbG8="}, "photo"),
    ],
)
def test_reads_and_photos_that_are_none_are_refused(ana, device, payload, code):
    answer = build.act(ana, "meter_read", {"device": "D-9", **payload})
    assert (answer["status"], answer["code"]) == ("Refused", code)


def picture(kind: str, cut: float = 1.0) -> str:
    """A data URL of a noisy picture, or of its first part only."""
    made = BytesIO()
    Image.effect_noise((320, 240), 90).convert("RGB").save(made, kind)
    content = made.getvalue()
    return f"data:image/{kind};base64," + base64.b64encode(content[: int(len(content) * cut)]).decode()


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
@pytest.mark.parametrize("cut", [0.0005, 0.05, 0.5, 0.99])
def test_a_photo_that_was_cut_off_is_refused_and_the_read_can_go_without_it(ana, device, kind, cut):
    payload = {"device": "D-9", "reads": [{"meter": "mono", "value": 77}]}
    answer = build.act(ana, "meter_read", {**payload, "photo": picture(kind, cut)})
    assert (answer["status"], answer["code"]) == ("Refused", "photo"), answer
    assert "take it again, or send the read without it" in answer["message"]
    assert not frappe.db.exists("Meter Read", {"device": "D-9"})
    assert not frappe.db.exists("File", {"attached_to_name": "D-9"})
    assert build.act(ana, "meter_read", {**payload, "photo": ""})["status"] == "Done"


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_a_whole_photo_is_kept(ana, device, kind):
    payload = {"device": "D-9", "reads": [{"meter": "mono", "value": 77}], "photo": picture(kind)}
    answer = build.act(ana, "meter_read", payload)
    assert answer["status"] == "Done", answer
    url = frappe.db.get_value("Meter Read", {"device": "D-9"}, "photo")
    kept = frappe.get_doc("File", {"file_url": url}).get_content()
    assert Image.open(BytesIO(kept)).size == (320, 240)


def test_a_picture_that_says_it_is_of_another_kind_is_refused(ana, device):
    png_as_jpeg = picture("png").replace("image/png", "image/jpeg")
    payload = {"device": "D-9", "reads": [{"meter": "mono", "value": 77}], "photo": png_as_jpeg}
    assert build.act(ana, "meter_read", payload)["code"] == "photo"


# Whom to ask for


def contact_of(ana, issue: str) -> tuple[str, str]:
    told = build.ask(ana, "call", issue)
    listed = {each["issue"]: each for each in build.ask(ana, "my_calls")["calls"]}[issue]
    assert (listed["contact"], listed["phone"]) == (told["contact"], told["phone"])
    return told["contact"], told["phone"]


def person(first: str, last: str = "", number: str = "") -> str:
    numbers = [{"phone": number, "is_primary_mobile_no": 1}] if number else []
    return make.doc("Contact", first_name=first, last_name=last, phone_nos=numbers).name


def test_a_call_that_the_office_typed_in_names_nobody_of_the_office(ana, user_with):
    assert contact_of(ana, build.call(to=ana, raised_by="Administrator")) == ("", "")
    assert contact_of(ana, build.call(to=ana, raised_by=user_with("MPS Service"))) == ("", "")
    assert contact_of(ana, build.call(to=ana)) == ("", "")


def test_a_call_that_came_by_mail_names_its_sender(ana):
    assert contact_of(ana, build.call(to=ana, raised_by="front.desk@customer.test")) == (
        "front.desk@customer.test",
        "",
    )


def test_the_calls_own_contact_comes_first_then_the_devices_then_the_customers(ana, device):
    first = person("Paula", "Primary", "555-0101")
    frappe.db.set_value("Customer", make.customer().name, "customer_primary_contact", first)
    issue = build.call(to=ana, raised_by="front.desk@customer.test", mps_device="D-9")
    assert contact_of(ana, issue) == ("Paula Primary", "555-0101")
    frappe.db.set_value("MPS Device", "D-9", "contact", person("Dora", number="555-0102"))
    assert contact_of(ana, issue) == ("Dora", "555-0102")
    frappe.db.set_value("Issue", issue, "contact", person("Carl", "Caller"))
    assert contact_of(ana, issue) == ("Carl Caller", "")


# Whose trunk is whose


def test_a_technician_touches_and_sees_only_the_own_trunk(ana):
    ben, cem = build.technician("Ben"), build.technician("Cem")
    build.part("FUSER-1")
    for trunk in (ana, ben):
        build.put("FUSER-1", trunk.warehouse, 5)
    build.put("FUSER-1", build.STORE, 5)
    delivery = build.ship(ben, "FUSER-1", 1)
    assert build.act(ana, "receive", {"delivery": delivery})["status"] == "Refused"
    lines = {"items": [{"item": "FUSER-1", "qty": 1}]}
    transfer = build.act(cem, "transfer_request", {"from_trunk": ben.name, **lines})["result"]["transfer"]
    for action in ("transfer_accept", "transfer_decline", "transfer_cancel", "transfer_handover"):
        assert build.act(ana, action, {"transfer": transfer, **lines})["status"] == "Refused", action
    # Every way out takes from the own trunk alone, whatever the payload names.
    for action, more in (
        ("scrap", {"reason": "x"}),
        ("return_part", {}),
        ("use_on_call", {"issue": build.call()}),
    ):
        answer = build.act(
            ana,
            action,
            {**lines, **more, "trunk": ben.name, "from_trunk": ben.name, "warehouse": ben.warehouse},
        )
        assert answer["status"] == "Done", answer
    assert build.on_hand("FUSER-1", ben.warehouse) == 5
    assert build.on_hand("FUSER-1", ana.warehouse) == 2

    frappe.set_user(ana.user)
    assert [row.name for row in frappe.get_list("Trunk Stock", order_by="name", limit=50)] == [ana.name]
    assert frappe.get_list("Trunk Transfer", order_by="name", limit=50) == []
    for doctype, name in (("Trunk Stock", ben.name), ("Trunk Transfer", transfer)):
        assert frappe.has_permission(doctype, "read", frappe.get_doc(doctype, name)) is False
        with pytest.raises(frappe.PermissionError):
            frappe.get_doc(doctype, name).check_permission("read")
    own = frappe.get_doc("Trunk Stock", ana.name)
    assert frappe.has_permission("Trunk Stock", "read", own) is True
    with pytest.raises(frappe.PermissionError):
        own.save()
    assert frappe.has_permission("Stock Entry", "create") is False
    frappe.set_user(cem.user)
    assert [row.name for row in frappe.get_list("Trunk Transfer", order_by="name", limit=50)] == [transfer]


def test_actions_and_counts_of_others_are_not_listed(ana):
    ben = build.technician("Ben")
    build.part("FUSER-1")
    for trunk in (ana, ben):
        build.put("FUSER-1", trunk.warehouse, 1)
        build.act(trunk, "count", {"items": [{"item": "FUSER-1", "qty": 2}]})
        build.act(trunk, "need_part", {"issue": build.call(), "items": [{"item": "FUSER-1"}]})
    frappe.set_user(ana.user)
    for doctype, field, own in (
        ("MPS Phone Action", "user", ana.user),
        ("Trunk Count", "trunk", ana.name),
        ("MPS Missing Part", "trunk", ana.name),
    ):
        rows = frappe.get_list(doctype, fields=["name", field], order_by="name", limit=50)
        assert rows and {row[field] for row in rows} == {own}, doctype
    frappe.set_user("Administrator")
    assert frappe.db.count("Trunk Count", {"trunk": ("in", (ana.name, ben.name))}) == 2


def test_strangers_and_technicians_without_a_trunk_get_nowhere(ana, user_with):
    from mps_module.api import phone

    frappe.set_user(user_with("MPS Billing"))
    for call in (phone.my_trunk, phone.incoming, phone.my_calls, lambda: phone.search_part("x")):
        with pytest.raises(frappe.PermissionError):
            call()
    with pytest.raises(frappe.PermissionError):
        phone.submit_action("k", "scrap", {}, "2026-01-01T00:00:00Z")
    frappe.set_user("Administrator")
    frappe.set_user(user_with("MPS Technician"))
    with pytest.raises(frappe.DoesNotExistError, match="No trunk is set up for you"):
        phone.my_trunk()
    answer = phone.submit_action("k2", "scrap", {"items": []}, "2026-01-01T00:00:00Z")
    assert (answer["status"], answer["code"]) == ("Refused", "no_trunk")


def test_a_disabled_trunk_books_nothing(ana):
    build.put(build.part("FUSER-1"), ana.warehouse, 1)
    ana.disabled = 1
    ana.save()
    answer = build.act(ana, "scrap", {"items": [{"item": "FUSER-1", "qty": 1}], "reason": "x"})
    assert (answer["status"], answer["code"]) == ("Refused", "no_trunk")


@pytest.mark.parametrize("payload", ["[]", "not json", "12"])
def test_a_payload_that_is_no_object_is_an_error_and_keeps_nothing(ana, payload):
    with pytest.raises(frappe.ValidationError, match="not an object"):
        build.act(ana, "scrap", payload, key="broken")
    assert not frappe.db.exists("MPS Phone Action", {"key": "broken"})
