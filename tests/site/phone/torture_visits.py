"""Visits in the torture: reports typed into the real screen, by three phones, while the office changes its mind.

What must hold is checked document by document: a visit that the ERP took is one Maintenance Visit with its reads, its
Stock Entry, its pictures and its missing parts; one that it did not take left nothing; and a call is over when, and
only when, one visit of its technician or the office ended it.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from typing import Any

import frappe

from tests.site.phone import visit_form as form
from tests.site.phone.browser import Phone
from tests.site.phone.dealer import PARTS, Dealer

OVER = ("Resolved", "Closed")
OUTCOMES = {
    "Complete": "Complete",
    "Held for a part": "Held for Part",
    "Needs help": "Needs Help",
    "Follow-up visit": "Follow-up",
}
CALLS_EACH = 2
JS_BRING = """async (calls) => {
    const data = await import("/assets/mps_module/phone/data.js");
    await data.fresh("my_calls");
    for (const issue of calls) if (!(await data.known("call", { issue }))) await data.fresh("call", { issue });
}"""


class Visits:
    """The calls, what was typed about each on each phone, and what the ERP has to hold in the end."""

    def __init__(self, dealer: Dealer, dice: random.Random, tally: Counter) -> None:
        self.dealer, self.dice, self.tally = dealer, dice, tally
        self.people = {name: form.put_on_the_board(name) for name in dealer.trunks}
        self.calls: dict[str, str] = {}  # Issue -> whose it was when it was opened
        self.closed: set[str] = set()  # by the office
        self.booked: defaultdict[str, dict[str, dict]] = defaultdict(dict)  # Issue -> visit -> payload
        self.typed: dict[tuple[int, str], dict[str, Any]] = {}
        self.counter = 1000

    def close(self) -> None:
        form.take_away(list(self.calls), list(self.people.values()), PARTS)

    # Before a sequence

    def open_calls(self, phones: list[tuple[str, Phone]]) -> None:
        """Every technician has some calls that are not over, and every phone of theirs knows them."""
        frappe.db.rollback()
        for name, technician in self.people.items():
            for _each in range(CALLS_EACH - len(self.of(name))):
                issue = form.open_call(technician, self.dealer.device, f"Streaks on copies ({name})")
                self.calls[issue] = name
        for name, phone in phones:
            phone.page.evaluate(JS_BRING, self.of(name))

    def of(self, name: str) -> list[str]:
        """Calls that are a technician's own now, as the office sees it."""
        rows = frappe.get_all(
            "MPS Assignment",
            {"technician": self.people[name], "active_key": ("in", list(self.calls) or [""])},
            pluck="issue",
            order_by="name",
            limit=0,
        )
        return rows

    # What a technician does

    def act(self, name: str, phone: Phone) -> None:
        """Something on the screen of a visit; now and then of a call that was the technician's once."""
        frappe.db.rollback()
        mine = self.of(name)
        once = [issue for issue, whose in self.calls.items() if whose == name and issue not in mine][-4:]
        issue = self.dice.choice(once if once and (not mine or self.dice.random() < 0.25) else mine)
        page = phone.go(f"#/visit?issue={issue}")
        if not page.get_by_role("button", name="Finish the visit").count():
            return  # it is not on the list of this phone any more
        typed = self.typed.setdefault((id(phone), issue), {})
        self.same(page, typed)
        what = self.dice.choices(("step", "type", "finish"), (3, 4, 4))[0]
        self.tally[f"visit: {what}"] += 1
        if what == "step":
            self.step(page)
        elif what == "type":
            self.type_something(page, typed)
        else:
            self.finish(page, typed)
            if page.url.endswith("#/calls"):
                del self.typed[id(phone), issue]
            return
        form.draft(page, issue)

    def step(self, page: Any) -> None:
        """The next step or a pause; sometimes twice, as a thumb does."""
        key = page.locator("section", has_text="Times").locator("button").first
        told = key.inner_text()
        (key.dblclick if self.dice.random() < 0.3 else key.click)()
        page.locator("section", has_text="Times").get_by_role("button", name=told, exact=True).wait_for(
            state="detached"
        )

    def type_something(self, page: Any, typed: dict[str, Any]) -> None:
        what = self.dice.choice(("meter", "part", "note", "photo", "signature", "outcome"))
        if what == "meter":
            self.counter += self.dice.randint(1, 9)
            page.get_by_label("Black & White").fill(str(self.counter))
            typed["meter"] = self.counter
        elif what == "part":
            self.take_part(page, typed)
        elif what == "note":
            typed["note"] = f"Cleaned, {self.dice.randrange(10**6)}"
            page.get_by_label("Work done").fill(typed["note"])
        elif what == "photo":
            form.photo(page)
            page.locator("img.photo:not([hidden])").wait_for()
            typed["photo"] = True
        elif what == "signature":
            form.sign(page)
            typed["signature"] = True
        else:
            self.end(page, typed, self.dice.choice(list(OUTCOMES)))

    def take_part(self, page: Any, typed: dict[str, Any], missing: bool = False) -> None:
        """One of a part, if the list has it; once a report, so that what was typed is known."""
        item = self.dice.choice(PARTS)
        parts = typed.setdefault("missing" if missing else "parts", {})
        place = (
            page.get_by_role("group", name="Outcome")
            if missing
            else page.locator("section", has_text="Parts used")
        )
        place.get_by_role("button", name="Add a part").click()
        row = page.get_by_role("dialog").get_by_role("button", name=item)
        if item in parts or not row.count():
            page.keyboard.press("Escape")
        else:
            row.click()
            parts[item] = 1
        page.get_by_role("dialog").wait_for(state="detached")

    def end(self, page: Any, typed: dict[str, Any], how: str) -> None:
        typed["outcome"] = OUTCOMES[how]
        form.outcome(page, how)
        if how == "Held for a part" and not typed.get("missing"):
            self.take_part(page, typed, missing=True)
        if how in ("Needs help", "Follow-up visit") and not typed.get("note"):
            typed["note"] = f"Look again, {self.dice.randrange(10**6)}"
            page.get_by_label("Work done").fill(typed["note"])

    def finish(self, page: Any, typed: dict[str, Any]) -> None:
        form.arrive(page)
        if "outcome" not in typed:
            self.end(page, typed, self.dice.choice(list(OUTCOMES)))
        if typed["outcome"] == "Held for Part" and not typed.get("missing"):
            self.take_part(page, typed, missing=True)
        key = page.get_by_role("button", name="Finish the visit")
        (key.dblclick if self.dice.random() < 0.3 else key.click)()
        if page.locator("#toast.on", has_text="lower than the last read").count():
            key.click()  # another phone's read is known by now; this one is sent all the same
        page.wait_for_url("**/mps#/calls")

    def same(self, page: Any, typed: dict[str, Any]) -> None:
        """Whatever became of the tab meanwhile: the report holds what was typed into it."""
        shown = {
            "meter": lambda: int(page.get_by_label("Black & White").input_value() or 0),
            "note": lambda: page.get_by_label("Work done").input_value(),
            "photo": lambda: page.locator("img.photo:not([hidden])").count() == 1,
        }
        for what, told in typed.items():
            if what in shown:
                assert shown[what]() == told, (what, told, page.inner_text("main"))

    # What the office does meanwhile

    def office(self) -> None:
        """A call is taken away, given to the other technician, or closed."""
        from mps_module.service import assign

        frappe.db.rollback()
        issue = self.dice.choice(list(self.calls)[-6:])
        what = self.dice.choice(("take away", "give to another", "close"))
        try:
            if what == "take away":
                assign.set_status(issue, "Cancelled")
            elif what == "give to another":
                seen = assign.token(assign.active(issue))
                assign.assign(
                    issue, self.people["Quin" if self.calls[issue] == "Phia" else "Phia"], seen=seen
                )
            else:
                doc = frappe.get_doc("Issue", issue)
                doc.status = "Closed"
                doc.save()
            frappe.db.commit()
        except (frappe.ValidationError, frappe.QueryDeadlockError, frappe.QueryTimeoutError):
            frappe.db.rollback()  # on site already, or a phone was at it at this very moment
            what = f"{what}: no"
        if what == "close":
            self.closed.add(issue)
        self.tally[f"office: {what}"] += 1

    # After the weather: conflicts are settled on the screen, some of them

    def settle(self, phone: Phone) -> None:
        if self.dice.random() < 0.4 or not any(
            each["action"] == "visit" and each["state"] in ("conflict", "refused") for each in phone.outbox()
        ):
            return
        page = phone.go("#/outbox")
        entry = page.locator(".entry.bad").filter(has_text="Visit ").first
        keys = entry.get_by_role("button").all_inner_texts()
        way = self.dice.choice([key for key in keys if key not in ("Correct", "Was reset", "Rolled over")])
        self.tally[f"settled: {way.split(' ')[0]}"] += 1
        key = entry.get_attribute("data-key")
        issue = next(each["payload"]["issue"] for each in phone.outbox() if each["key"] == key)
        begun = form.draft(page, issue)
        entry.get_by_role("button", name=way, exact=True).click()
        if way == "Discard":
            page.get_by_role("dialog").get_by_role("button", name="Discard").click()
        if way == "Open the report":
            self.typed.pop((id(phone), issue), None)
            if begun:  # another report, since this one was sent
                page.get_by_role("dialog").get_by_role("button", name="Open the report").click()
            page.wait_for_url("**/mps#/visit*")
            page.get_by_role("button", name="Finish the visit").wait_for()
            while page.get_by_role("button", name="Remove PH-").count():
                page.get_by_role("button", name="Remove PH-").first.click()
            form.outcome(page, "Complete")
            self.finish(page, {"outcome": "Complete"})
            phone.go("#/outbox")
        page.locator(f'.entry.bad[data-key="{key}"]').wait_for(state="detached")

    # What must hold

    def moved(self, kept: dict[str, Any]) -> dict[str, float]:
        """What a booked visit took from its trunk; nothing where it was booked before under another key."""
        payload, visit = kept["payload"], kept["answer"]["result"]["visit"]
        if visit in self.booked[payload["issue"]]:
            return {}
        self.booked[payload["issue"]][visit] = payload
        self.tally[f"booked: {payload['outcome']}{', all the same' if payload.get('anyway') else ''}"] += 1
        return {line["item"]: line["qty"] for line in payload["items"]}

    def check(self, entries: list[dict[str, Any]]) -> None:
        """`entries`: the visits in the outboxes of all phones after this sequence."""
        frappe.db.rollback()
        for kept in entries:
            if kept["state"] in ("conflict", "refused"):
                self.tally[f"told: {kept['answer']['code']}"] += 1
            if kept["state"] == "done":
                self.whole(kept["answer"]["result"]["visit"], kept["payload"])
            elif not any(
                one["payload"]["visit"] == kept["payload"]["visit"] and one["state"] == "done"
                for one in entries
            ):
                assert not frappe.db.exists(form.VISIT, {"mps_key": kept["payload"]["visit"]}), kept
        for issue in {kept["payload"]["issue"] for kept in entries}:
            self.call_is_right(issue)

    def whole(self, name: str, payload: dict[str, Any]) -> None:
        """One Maintenance Visit, and all that belongs to it, once."""
        (visit,) = frappe.get_all(
            form.VISIT,
            {"mps_key": payload["visit"]},
            ["name", "docstatus", "mps_outcome", "mps_photo", "mps_signature", "mps_issue"],
            order_by="name",
        )
        assert (visit.name, visit.docstatus, visit.mps_outcome) == (name, 1, payload["outcome"])
        assert visit.mps_issue == payload["issue"]
        reads = frappe.get_all("Meter Read", {"batch": name}, pluck="value", order_by="name")
        assert len(reads) <= len(payload["reads"]) and set(reads) <= {
            row["value"] for row in payload["reads"]
        }
        entries = frappe.get_all(
            "Stock Entry", {"mps_visit": name, "docstatus": 1}, pluck="name", order_by="name"
        )
        # Parts that a refused report left to be booked alone belong to the call's next visit.
        alone = [entry for entry in entries if self.booked_alone(entry, payload["issue"])]
        assert len(entries) - len(alone) == bool(payload["items"]), (name, entries, alone, payload["items"])
        missing = frappe.get_all(
            "MPS Missing Part", {"maintenance_visit": name}, pluck="item", order_by="item"
        )
        if payload["outcome"] != "Held for Part":
            assert missing == []
        files = frappe.get_all("File", {"attached_to_name": name}, pluck="file_url", order_by="name")
        assert sorted(files) == sorted(url for url in (visit.mps_photo, visit.mps_signature) if url)

    def booked_alone(self, entry: str, issue: str) -> bool:
        told = {"action": "use_on_call", "reference_name": entry, "status": "Done"}
        return bool(
            frappe.db.exists("MPS Phone Action", told)
            and frappe.db.exists("Stock Entry", {"name": entry, "mps_issue": issue})
        )

    def call_is_right(self, issue: str) -> None:
        booked = self.booked[issue]
        there = frappe.get_all(
            form.VISIT, {"mps_issue": issue, "docstatus": 1}, pluck="name", order_by="name", limit=0
        )
        assert sorted(there) == sorted(booked), (issue, there, list(booked))
        row = frappe.db.get_value("Issue", issue, ["status", "mps_visits"], as_dict=True)
        assert row.mps_visits == len(booked)
        endings = [
            name
            for name, payload in booked.items()
            if payload["outcome"] == "Complete" and not payload.get("anyway")
        ]
        assert len(endings) <= 1, (issue, endings)
        assert (row.status in OVER) == bool(endings or issue in self.closed), (issue, row, booked)
        if row.status in OVER:
            assert not frappe.db.exists("MPS Assignment", {"active_key": issue})
        told = frappe.db.count("Comment", {"reference_name": issue, "content": ("like", "%all the same%")})
        assert told == sum(bool(payload.get("anyway")) for payload in booked.values())
