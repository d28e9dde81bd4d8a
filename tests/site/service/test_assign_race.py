"""Two dispatchers at the same moment, each in a process with a database connection of its own."""

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

from mps_module.service import assign
from tests.site import make
from tests.site.service import build

SCRIPT = Path(__file__).with_name("race_assign.py")
CHECKOUT = str(Path(__file__).parents[3])
SECONDS = 8  # both processes have connected by then

pytestmark = pytest.mark.commits


def at_work(*people: Any, disabled: int = 0) -> None:
    """On the board and among the trunks; or off both, so that no other test meets them."""
    for person in people:
        frappe.db.set_value("MPS Technician", person.name, "disabled", disabled)
        frappe.db.set_value("Trunk Stock", {"technician": person.name}, "disabled", disabled)


@pytest.fixture
def stage(site: str) -> Iterator[tuple[str, str, str, list[str]]]:
    """A call, two technicians and two dispatchers, committed; taken away afterwards."""
    ana, ben = (build.technician(f"Rush-{name}")[0] for name in ("Ana", "Ben"))
    at_work(ana, ben)
    users = []
    for name in ("dora", "dan"):
        email = f"{name}@rush.example.com"
        if not frappe.db.exists("User", email):
            make.doc(
                "User",
                email=email,
                first_name=name.title(),
                send_welcome_email=0,
                roles=[{"role": "MPS Service"}],
            )
        users.append(email)
    call = make.doc("Issue", subject="Rush", customer=make.customer("Rush Corp").name).name
    frappe.db.commit()
    yield call, ana.name, ben.name, users
    frappe.db.rollback()
    frappe.set_user("Administrator")
    for name in frappe.get_all("MPS Assignment", {"issue": call}, pluck="name", order_by="name", limit=0):
        frappe.delete_doc("MPS Assignment", name, force=True)
    frappe.delete_doc("Issue", call, force=True)
    at_work(ana, ben, disabled=1)
    frappe.db.commit()


def race(site: str, *dispatchers: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """(user, step) of each -> the answers, in their order."""
    start_at = str(time.time() + SECONDS)
    running = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), site, user, start_at, json.dumps([step])],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path.cwd(),
            env={**os.environ, "PYTHONPATH": CHECKOUT},
        )
        for user, step in dispatchers
    ]
    answers = []
    for process in running:
        out, err = process.communicate(timeout=180)
        told = [line for line in out.splitlines() if line.startswith("ANSWER ")]
        assert told, err[-2000:]
        answers.append(json.loads(told[0].removeprefix("ANSWER ")))
    frappe.db.rollback()  # see what they committed
    return answers


def step(call: str, technician: str, seen: str = "") -> dict[str, Any]:
    return {
        "issue": call,
        "technician": technician,
        "start": "2026-01-12 10:00:00",
        "minutes": 60,
        "seen": seen,
    }


def one_won(answers: list[dict[str, Any]], call: str) -> Any:
    """Exactly one was done; the other was told who has the call. The assignment that counts."""
    assert sorted(next(iter(each)) for each in answers) == ["done", "taken"], answers
    now = assign.active(call)
    lost = next(each["taken"] for each in answers if "taken" in each)
    assert now.technician_name in lost and "since" in lost and "Nothing was changed" in lost
    assert frappe.db.count("MPS Assignment", {"issue": call, "active_key": call}) == 1
    holders = frappe.get_all(
        "ToDo",
        {"reference_type": "Issue", "reference_name": call, "status": "Open"},
        pluck="allocated_to",
        order_by="name",
        limit=5,
    )
    assert holders == [frappe.db.get_value("MPS Technician", now.technician, "user")]
    return now


def test_two_dispatchers_assign_a_waiting_call(site, stage):
    call, ana, ben, (dora, dan) = stage
    answers = race(site, (dora, step(call, ana)), (dan, step(call, ben)))
    now = one_won(answers, call)
    winner = dora if "done" in answers[0] else dan
    assert now.assigned_by == winner
    lost = next(each["taken"] for each in answers if "taken" in each)
    assert frappe.utils.get_fullname(winner) in lost


def test_two_dispatchers_hand_over_the_same_assignment(site, stage):
    """One moves it to another hour, one gives it to Ben; both saw the same."""
    call, ana, ben, (dora, dan) = stage
    seen = assign.assign(call, ana, "2026-01-12 08:00:00", 60).token
    frappe.db.commit()
    one_won(race(site, (dora, step(call, ana, seen)), (dan, step(call, ben, seen))), call)


def test_one_takes_a_call_away_while_the_other_moves_it(site, stage):
    call, ana, _ben, (dora, dan) = stage
    seen = assign.assign(call, ana, "2026-01-12 08:00:00", 60).token
    frappe.db.commit()
    answers = race(site, (dora, {"issue": call, "seen": seen}), (dan, step(call, ana, seen)))
    assert sorted(next(iter(each)) for each in answers) == ["done", "taken"], answers
    now = assign.active(call)
    assert (now is None) == ("done" in answers[0])
