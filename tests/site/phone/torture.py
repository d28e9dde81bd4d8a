"""Random days of two technicians on three phones, in bad weather. What the app says and the stock ledger must agree.

One sequence: some actions and steps of visits on random phones, between them tabs killed and opened, signals lost and
found, answers lost half-way, a busy server, a second tab, an office that takes calls away. Then fine weather, in which
some conflicts are settled. After it, for every action that was ever kept on a phone: the phone has an answer (none
lost), the ERP knows its key once with the same answer, the stock ledger moved by exactly what the actions that are
done moved, and visits are what torture_visits.py says.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import frappe

from tests.site.phone.browser import Phone, Served
from tests.site.phone.dealer import PARTS, Dealer
from tests.site.phone.torture_visits import Visits

LEAST = 3  # topped up below this: scarce enough for conflicts
ANSWERS = {"done": "Done", "conflict": "Conflict", "refused": "Refused"}
JS_CLEAR = """async () => {
    const store = await import("/assets/mps_module/phone/store.js");
    for (const each of await store.all("outbox")) if (each.state !== "waiting") await store.remove("outbox", each.seq);
}"""


@dataclass(slots=True)
class Tally:
    """What happened in all sequences together."""

    sequences: int = 0
    states: Counter = field(default_factory=Counter)
    actions: Counter = field(default_factory=Counter)
    weather: Counter = field(default_factory=Counter)
    visits: Counter = field(default_factory=Counter)
    sent: int = 0
    repeated: int = 0


class Torture:
    """Three phones: two of Phia, one of Quin."""

    def __init__(self, browser: Any, served: Served, dealer: Dealer, seed: int = 1) -> None:
        self.dealer, self.served, self.dice = dealer, served, random.Random(seed)
        self.phones = [(name, Phone(browser, served, dealer.user(name))) for name in ("Phia", "Phia", "Quin")]
        self.made: list[tuple[str, str]] = []
        self.counted: set[str] = set()  # Stock Entries of transfers that were reckoned already
        self.tally = Tally()
        self.visits = Visits(dealer, self.dice, self.tally.visits)

    def close(self) -> None:
        self.served.weather(cut=False, lose=0, fail=0)
        for _name, phone in self.phones:
            phone.close()
        self.visits.close()

    # What may happen

    def step(self) -> None:
        name, phone = self.dice.choice(self.phones)
        what = self.dice.choices(
            ("act", "visit", "office", "offline", "online", "kill", "tab", "lose", "fail", "cut", "calm"),
            (25, 40, 6, 8, 8, 10, 4, 10, 4, 3, 3),
        )[0]
        self.tally.weather[what] += what not in ("act", "visit", "office")
        if what == "act":
            self.act(name, phone)
        elif what == "visit":
            self.visits.act(name, phone)
        elif what == "office":
            self.visits.office()
        elif what in ("offline", "online"):
            phone.offline(what == "offline")
        elif what == "kill":
            phone.kill()
            phone.open(self.dice.choice(("", "#/trunk", "#/outbox")))
        elif what == "tab":
            self.second_tab(phone)
        else:
            self.served.weather(
                **{"lose": {"lose": 2}, "fail": {"fail": 1}, "cut": {"cut": True}}.get(what, {"cut": False})
            )

    def second_tab(self, phone: Phone) -> None:
        """Both tabs send at the same time; then one of them is killed."""
        first = phone.page
        second = phone.open("#/outbox")
        first.evaluate(
            """() => void import("/assets/mps_module/phone/outbox.js").then((outbox) => outbox.send())"""
        )
        keep, lost = self.dice.sample((first, second), 2)
        lost.close(run_before_unload=False)
        phone.page = keep

    def act(self, name: str, phone: Phone) -> None:
        action, payload, effect = self.wanted(name)
        key = phone.act(action, payload, action, effect)
        self.made.append((name, key))

    def wanted(self, name: str) -> tuple[str, dict[str, Any], dict[str, float]]:
        item, qty = self.dice.choice(PARTS), self.dice.randint(1, 3)
        lines = [{"item": item, "qty": qty}]
        transfers = self.open_transfers(name)
        if transfers and self.dice.random() < 0.6:
            return self.answer_to(self.dice.choice(transfers), name)
        other = self.dealer.trunks["Quin" if name == "Phia" else "Phia"].name
        kind = self.dice.choice(
            ("use_on_call", "use_on_call", "return_part", "scrap", "transfer_request", "transfer_offer")
        )
        payload = {
            "use_on_call": {"issue": self.dealer.calls[name], "items": lines},
            "return_part": {"items": lines, "reason": "not needed"},
            "scrap": {"items": lines, "reason": "fell down"},
            "transfer_request": {"from_trunk": other, "items": lines},
            "transfer_offer": {"to_trunk": other, "items": lines},
        }[kind]
        return kind, payload, {} if kind.startswith("transfer") else {item: -qty}

    def open_transfers(self, name: str) -> list[Any]:
        frappe.db.rollback()
        trunk = self.dealer.trunks[name].name
        filters = {"status": ["in", ["Requested", "Accepted", "Handover"]]}
        rows = frappe.get_all(
            "Trunk Transfer",
            filters=filters,
            or_filters={"from_trunk": trunk, "to_trunk": trunk},
            fields=["name", "from_trunk", "status"],
            order_by="name",
            limit=0,
        )
        return rows

    def answer_to(self, row: Any, name: str) -> tuple[str, dict[str, Any], dict[str, float]]:
        """Often the right thing, sometimes one that comes too late or from the wrong side."""
        if self.dice.random() < 0.15:
            return "transfer_cancel", {"transfer": row.name, "reason": "changed my mind"}, {}
        if row.status == "Requested":
            return "transfer_accept", {"transfer": row.name}, {}
        lines = [
            {"item": line.item, "qty": line.qty} for line in frappe.get_doc("Trunk Transfer", row.name).items
        ]
        return "transfer_handover", {"transfer": row.name, "items": lines}, {}

    # What must hold

    def sequence(self, steps: int = 6) -> None:
        self.top_up()
        self.visits.open_calls(self.phones)
        before = self.ledger()
        entries = self.stock_entries()
        self.made.clear()
        for _step in range(steps):
            self.step()
        self.served.weather(cut=False, lose=0, fail=0)
        for _name, phone in self.phones:
            phone.offline(False)
        for _name, phone in self.phones:
            phone.settled(60)
        for _name, phone in self.phones:
            self.visits.settle(phone)
            phone.settled(60)
        self.check(before, entries)
        self.tally.sequences += 1
        for _name, phone in self.phones:
            phone.page.evaluate(JS_CLEAR)

    def check(self, before: dict, entries: set[str]) -> None:
        kept = [(name, each) for name, phone in self.phones for each in phone.outbox()]
        known = self.known([each["key"] for _name, each in kept])
        for name, key in self.made:
            assert key in known, f"{key} of {name} is lost on the phone"
        wanted = Counter(before)
        booked = set()
        for name, each in kept:
            (there,) = known[each["key"]]  # once
            assert there.status == each["answer"]["status"], (each, there)
            assert each["state"] in ("redone", "dropped") or there.status == ANSWERS[each["state"]], (
                each,
                there,
            )
            self.tally.states[each["state"]] += 1
            self.tally.actions[each["action"]] += 1
            self.tally.repeated += bool(each["answer"]["repeated"])
            if each["state"] == "done":
                booked |= self.moved(name, each, wanted)
        now = self.ledger()
        assert now == {place: wanted[place] for place in now}, (before, now, dict(wanted))
        assert min(now.values()) >= 0, now
        assert self.stock_entries() - entries == booked
        self.visits.check([each for _name, each in kept if each["action"] == "visit"])
        heard = self.served.weather()["heard"]
        self.tally.sent += sum(heard.get(each["key"], 0) for _name, each in kept)
        self.shown(now)

    def moved(self, name: str, kept: dict[str, Any], wanted: Counter) -> set[str]:
        """Add what a done action moved to the expected ledger; the Stock Entries that it booked."""
        entry = kept["answer"]["result"].get("stock_entry")
        if kept["action"] == "visit":
            taken = self.visits.moved(kept)
            for item, qty in taken.items():
                wanted[name, item] -= qty
            return {entry} if taken else set()
        if kept["action"] in ("use_on_call", "return_part", "scrap"):
            for line in kept["payload"]["items"]:
                wanted[name, line["item"]] -= line["qty"]
            return {entry}
        if kept["action"] != "transfer_handover":
            return set()
        return self.handed_over(name, kept, wanted)

    def handed_over(self, name: str, kept: dict[str, Any], wanted: Counter) -> set[str]:
        """A side that confirms a second time is told so and moves nothing again."""
        doc = frappe.get_doc("Trunk Transfer", kept["payload"]["transfer"])
        booked = set()
        if doc.from_trunk == self.dealer.trunks[name].name and doc.outgoing_entry not in self.counted:
            booked.add(doc.outgoing_entry)
            for line in doc.items:
                wanted[name, line.item] -= line.qty
        if kept["answer"]["result"]["status"] == "Completed" and doc.incoming_entry not in self.counted:
            booked.add(doc.incoming_entry)
            receiver = next(each for each, trunk in self.dealer.trunks.items() if trunk.name == doc.to_trunk)
            for line in doc.items:
                wanted[receiver, line.item] += line.qty
        self.counted |= booked
        return booked

    def shown(self, ledger: dict) -> None:
        """One phone's own figures, as the app asks for and keeps them."""
        name, phone = self.dice.choice(self.phones)
        entry = phone.page.evaluate(
            """async () => (await (await import("/assets/mps_module/phone/data.js")).fresh("my_trunk")).value.items"""
        )
        figures = {each["item"]: each["on_hand"] for each in entry}
        told = {item: figures.get(item, 0) for item in PARTS}
        assert told == {item: ledger[name, item] for item in PARTS}

    def known(self, keys: list[str]) -> dict[str, list[Any]]:
        frappe.db.rollback()
        rows = frappe.get_all(
            "MPS Phone Action",
            filters={"key": ["in", keys or [""]]},
            fields=["key", "status", "code"],
            order_by="creation",
            limit=0,
        )
        found: dict[str, list[Any]] = {key: [] for key in keys}
        for row in rows:
            found[row.key].append(row)
        return found

    def ledger(self) -> dict[tuple[str, str], float]:
        return {(name, item): self.dealer.ledger(name, item) for name in self.dealer.trunks for item in PARTS}

    def stock_entries(self) -> set[str]:
        """Every submitted Stock Entry that touched one of the parts."""
        frappe.db.rollback()
        rows = frappe.get_all(
            "Stock Entry Detail",
            filters={"item_code": ["in", PARTS], "docstatus": 1},
            pluck="parent",
            order_by="parent",
            limit=0,
        )
        return set(rows)

    def top_up(self) -> None:
        for (name, item), there in self.ledger().items():
            if there < LEAST:
                self.dealer.put(name, item, LEAST + 3)

    def report(self) -> str:
        tally = self.tally
        parts = {
            "sequences": tally.sequences,
            "actions": sum(tally.actions.values()),
            "answers": dict(tally.states),
            "sent": tally.sent,
            "answered a second time": tally.repeated,
            "by action": dict(tally.actions),
            "visits": dict(sorted(tally.visits.items())),
            "weather": {name: count for name, count in tally.weather.items() if count},
            "page errors": [error for _name, phone in self.phones for error in phone.errors],
        }
        return json.dumps(parts, indent=1)
