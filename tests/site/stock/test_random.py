"""Random sequences of what technicians do: after each, stock ledger, bins and what the phones show agree, nothing is
negative, and no unit has come from nowhere or vanished."""

from __future__ import annotations

import os
import random
from typing import Any

import frappe
import pytest

from tests.site.stock import build

SEQUENCES = int(os.environ.get("MPS_RANDOM_SEQUENCES") or (50 if os.environ.get("CI") else 5))
"""50 in CI, 500 before a release (docs/trunk-stock.md)."""
BLOCK = 25
STEPS = 8
ITEM = "RANDOM-1"
STOCK = 40


def step(
    dice: random.Random, trunks: list[Any], open_things: dict[str, Any], issue: str
) -> tuple[str, dict[str, Any]]:
    """One action with its payload, sensible or not."""
    me, other = dice.sample(trunks, 2)
    lines = [{"item": ITEM, "qty": dice.randint(1, 4)}]
    moves: dict[str, dict[str, Any]] = {
        "use_on_call": {"issue": issue, "items": lines},
        "return_part": {"items": lines},
        "scrap": {"items": lines, "reason": "random"},
        "transfer_request": {"from_trunk": other.name, "items": lines},
        "transfer_offer": {"to_trunk": other.name, "items": lines},
        "count": {"items": [{"item": ITEM, "qty": dice.randint(0, 6)}]},
    }
    if open_things["transfers"]:
        named = {"transfer": dice.choice(open_things["transfers"])}
        for action in ("transfer_accept", "transfer_handover", "transfer_handover", "transfer_cancel"):
            moves[action] = named
    if open_things["deliveries"]:
        moves["receive"] = {"delivery": dice.choice(open_things["deliveries"])}
    action = dice.choice(sorted(moves))
    open_things["who"] = me
    return action, moves[action]


def gone(answers: list[tuple[str, dict[str, Any], dict[str, Any]]]) -> float:
    """Units that left the books: used and scrapped."""
    return sum(
        payload["items"][0]["qty"]
        for action, payload, answer in answers
        if action in ("use_on_call", "scrap") and answer["status"] == "Done"
    )


@pytest.mark.parametrize("first", range(0, SEQUENCES, BLOCK))
def test_after_any_sequence_ledger_and_phones_agree(first):
    """The technicians are set up once for a block of sequences; each sequence is undone after it was checked."""
    build.part(ITEM)
    trunks = [build.technician(name) for name in ("Ana", "Ben", "Cem")]
    issue = build.call()
    for seed in range(first, min(first + BLOCK, SEQUENCES)):
        frappe.db.savepoint("before_sequence")
        sequence(seed, trunks, issue)
        frappe.db.rollback(save_point="before_sequence")
        frappe.local.document_cache = {}


def sequence(seed: int, trunks: list[Any], issue: str) -> None:
    """Some steps of random technicians, and what must hold after them."""
    dice = random.Random(seed)
    build.put(ITEM, build.STORE, STOCK)
    start = {trunk.name: build.on_hand(ITEM, trunk.warehouse) for trunk in trunks}
    assert set(start.values()) == {0}, seed
    things: dict[str, Any] = {"transfers": [], "deliveries": [], "who": None}
    things["deliveries"] = [build.ship(trunk, ITEM, dice.randint(1, 5)) for trunk in trunks]
    answers = []
    for number in range(STEPS):
        action, payload = step(dice, trunks, things, issue)
        key = f"seed-{seed}-{number}"
        answer = build.act(things["who"], action, payload, key=key)
        if dice.random() < 0.4:  # the reply was lost: the phone sends it again
            again = build.act(things["who"], action, payload, key=key)
            assert again == {**answer, "repeated": True}, seed
        answers.append((action, payload, answer))
        if answer["status"] == "Done" and action in ("transfer_request", "transfer_offer"):
            things["transfers"].append(answer["result"]["transfer"])
    total = build.on_hand(ITEM, build.STORE)
    for trunk in trunks:
        total += checked(seed, trunk)
    assert total == STOCK - gone(answers), seed


def checked(seed: int, trunk: Any) -> float:
    """Units in and on the way to a trunk, after page and ledger were compared."""
    shown = build.aboard(trunk, ITEM)
    assert shown["on_hand"] == build.on_hand(ITEM, trunk.warehouse) >= 0, seed
    assert shown["in_transit"] == build.on_hand(ITEM, trunk.transit_warehouse) >= 0, seed
    coming = build.ask(trunk, "incoming")
    plain = sum(line["qty"] for each in coming["deliveries"] for line in each["items"])
    between = sum(
        line["qty"]
        for each in coming["transfers"]
        for line in each["items"]
        if each["role"] == "receiver" and each["they_confirmed"] and each["status"] == "Handover"
    )
    assert plain + between == shown["in_transit"], seed
    return shown["on_hand"] + shown["in_transit"]
