"""Two phones at the same moment, each in a process with a database connection of its own: no part is booked twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frappe
import pytest

from tests.site.stock import build

SCRIPT = Path(__file__).with_name("race.py")
CHECKOUT = str(Path(__file__).parents[3])
SECONDS = 6  # both processes have connected by then

pytestmark = pytest.mark.commits


@pytest.fixture
def people(site: str) -> Iterator[tuple[Any, Any, Any]]:
    """Three technicians and one part, committed. Afterwards their trunks are empty and out of use, so that they are in
    nobody's way; what the ledger knows of them stays, as in every ledger."""
    build.part("RACE-1")
    names = [build.technician(name).name for name in ("Race-Ana", "Race-Ben", "Race-Cem")]
    for name in names:
        frappe.db.set_value("Trunk Stock", name, "disabled", 0)
    frappe.db.commit()
    three = tuple(frappe.get_doc("Trunk Stock", name) for name in names)
    yield three
    frappe.db.rollback()
    frappe.set_user("Administrator")
    for trunk in three:
        left = build.on_hand("RACE-1", trunk.warehouse)
        if left:
            lines = {"items": [{"item": "RACE-1", "qty": left}], "reason": "end of test"}
            answer = build.act(trunk, "scrap", lines, key=f"end-{frappe.generate_hash(length=12)}")
            assert answer["status"] == "Done", answer
        frappe.db.set_value("Trunk Stock", trunk.name, "disabled", 1)
        for action in frappe.get_all(
            "MPS Phone Action", {"trunk": trunk.name}, pluck="name", order_by="name", limit=0
        ):
            frappe.delete_doc("MPS Phone Action", action, force=True)
        for transfer in frappe.get_all(
            "Trunk Transfer", {"from_trunk": trunk.name}, pluck="name", order_by="name", limit=0
        ):
            frappe.delete_doc("Trunk Transfer", transfer, force=True)
    frappe.db.commit()


def race(site: str, *phones: tuple[Any, str, str, dict[str, Any]]) -> list[dict[str, Any]]:
    """(trunk, key, action, payload) of each phone -> the answers, in their order."""
    start_at = str(time.time() + SECONDS)
    running = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), site, trunk.user, key, action, json.dumps(payload), start_at],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path.cwd(),
            env={**os.environ, "PYTHONPATH": CHECKOUT},  # it starts in another folder
        )
        for trunk, key, action, payload in phones
    ]
    answers = []
    for process in running:
        out, err = process.communicate(timeout=120)
        told = [line for line in out.splitlines() if line.startswith("ANSWER ")]
        assert told, err[-2000:]
        answers.append(json.loads(told[0].removeprefix("ANSWER ")))
    frappe.db.rollback()  # see what they committed
    return answers


def test_two_technicians_accept_the_same_part(site, people):
    """Ben has one part and offered it to both; each says yes at the same moment."""
    ana, ben, cem = people
    build.put("RACE-1", ben.warehouse, 1)
    offers = [
        build.act(ben, "transfer_offer", {"to_trunk": to.name, "items": [{"item": "RACE-1", "qty": 1}]}, key=f"o-{to.name}")
        for to in (ana, cem)
    ]  # fmt: skip
    frappe.db.commit()
    answers = race(
        site,
        *(
            (to, f"yes-{to.name}", "transfer_accept", {"transfer": offer["result"]["transfer"]})
            for to, offer in zip((ana, cem), offers, strict=True)
        ),
    )
    assert sorted(each["status"] for each in answers) == ["Conflict", "Done"], answers
    lost = next(each for each in answers if each["status"] == "Conflict")
    assert lost["code"] == "short" and lost["result"]["items"][0]["promised"] == 1
    statuses = [
        frappe.db.get_value("Trunk Transfer", each["result"]["transfer"], "status") for each in offers
    ]
    assert sorted(statuses) == ["Accepted", "Requested"]


def test_the_last_part_leaves_the_trunk_once_from_two_phones_of_the_same_technician(site, people):
    ana = people[0]
    build.put("RACE-1", ana.warehouse, 1)
    frappe.db.commit()
    gone = {"items": [{"item": "RACE-1", "qty": 1}], "reason": "broken"}
    answers = race(site, (ana, "phone-1", "scrap", gone), (ana, "phone-2", "scrap", gone))
    assert sorted(each["status"] for each in answers) == ["Conflict", "Done"], answers
    assert next(each for each in answers if each["status"] == "Conflict")["code"] == "short"
    assert build.on_hand("RACE-1", ana.warehouse) == 0


def test_the_same_action_sent_twice_at_once_is_booked_once(site, people):
    ana = people[0]
    build.put("RACE-1", ana.warehouse, 5)
    frappe.db.commit()
    scrap = {"items": [{"item": "RACE-1", "qty": 1}], "reason": "broken"}
    answers = race(site, (ana, "same-key", "scrap", scrap), (ana, "same-key", "scrap", scrap))
    assert [each["status"] for each in answers] == ["Done", "Done"]
    assert sorted(each["repeated"] for each in answers) == [False, True]
    assert answers[0]["result"] == answers[1]["result"]
    assert build.on_hand("RACE-1", ana.warehouse) == 4
