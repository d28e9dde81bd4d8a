"""Two at the same moment, each in a process with a database connection of its own: nothing is there twice."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import frappe
import pytest
from frappe.utils import add_days, getdate

from tests.site import make
from tests.site.supplies import build

SCRIPT = Path(__file__).with_name("race.py")
SECONDS = 6  # both processes have connected by then
DEVICE, MODEL, CUSTOMER = "RACE-TONER", "RACE-MODEL", "Race Corp"

pytestmark = pytest.mark.commits


@pytest.fixture
def device(site: str) -> Iterator[str]:
    """A device with supplies and maintenance overdue, committed; afterwards it and all that came of it is gone."""
    build.model(MODEL, maintenance_days=30)
    if not frappe.db.exists("MPS Device", DEVICE):
        make.device(
            DEVICE,
            of=make.customer(CUSTOMER).name,
            device_model=MODEL,
            installed_on=add_days(getdate(), -40),
        )
    frappe.db.commit()
    yield DEVICE
    frappe.db.rollback()
    for doctype, field in (("MPS Supply Request", "device"), ("Issue", "mps_device")):
        for name in frappe.get_all(doctype, {field: DEVICE}, pluck="name", order_by="name", limit=0):
            frappe.delete_doc(doctype, name, force=True)
    frappe.db.delete("MPS Toner Level", {"device": DEVICE})
    for doctype, name in (("MPS Device", DEVICE), ("MPS Device Model", MODEL), ("Customer", CUSTOMER)):
        frappe.delete_doc(doctype, name, force=True)
    frappe.db.commit()


def race(site: str, what: str, device: str, many: int = 2) -> list:
    """The answers of so many processes that do the same at the same moment."""
    start_at = str(time.time() + SECONDS)
    running = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), site, what, device, start_at],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path.cwd(),
        )
        for _number in range(many)
    ]
    answers = []
    for process in running:
        out, err = process.communicate(timeout=120)
        told = [line for line in out.splitlines() if line.startswith("ANSWER ")]
        assert told, err[-2000:]
        answers.append(json.loads(told[0].removeprefix("ANSWER ")))
    frappe.db.rollback()  # see what they committed
    return answers


def test_two_who_request_the_same_toner_get_the_same_request(site: str, device: str):
    first, second = race(site, "request", device)
    assert first == second
    assert frappe.db.count("MPS Supply Request", {"device": device}) == 1


def test_the_same_levels_sent_twice_at_once_are_there_once(site: str, device: str):
    answers = race(site, "levels", device)
    assert all(answer["received"] == 28 and not answer["refused"] for answer in answers)
    assert frappe.db.count("MPS Toner Level", {"device": device}) == 28


def test_two_jobs_at_once_open_one_call(site: str, device: str):
    answers = race(site, "maintenance", device)
    assert sum(len(answer) for answer in answers) == 1
    assert frappe.db.count("Issue", {"mps_device": device}) == 1
