"""Loading the dispatch board on a site: 50 technicians, 300 calls, 5,000 past jobs, 50 trunks of 100 parts.

    cd ~/frappe-bench/sites && ../env/bin/python PROJECT/benchmarks/board_site.py SITE [TECHNICIANS] [CALLS] [JOBS]

The site is one made for tests (mps_test_site in its site_config.json). Everything is rolled back at the end. Told are the
queries, the CPU time of the process and the time on the clock, with the history read anew and with it at hand.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import frappe

STAMP = "2026-01-01 00:00:00"
NOW = datetime(2026, 1, 12, 8, 0)
COMPANY = "Print Dealer Inc"
MODELS, PARTS = 60, 400


def bulk(doctype: str, fields: list[str], rows: list[tuple[Any, ...]]) -> None:
    """Rows of reference data, without the documents' ceremony."""
    every = ["name", "creation", "modified", "owner", "modified_by", *fields]
    values = [(row[0], STAMP, STAMP, "Administrator", "Administrator", *row[1:]) for row in rows]
    frappe.db.bulk_insert(doctype, every, values, chunk_size=5_000)


def build(technicians: int, calls: int, jobs: int) -> None:
    """Technicians with skills and full trunks, devices of 60 models, calls and past jobs."""
    draw = random.Random(1)
    parts = [f"BB-{number:03}" for number in range(PARTS)]
    models = [f"BB-M{number:02}" for number in range(MODELS)]
    people = [f"BB-T{number:03}" for number in range(technicians)]
    bulk("MPS Device Model", ["model_name"], [(name, name) for name in models])
    bulk("MPS Device", ["device_model"], [(f"BB-D{n}", draw.choice(models)) for n in range(calls)])
    bulk(
        "Trunk Stock",
        ["trunk_name", "company", "warehouse", "transit_warehouse", "source_warehouse", "disabled"],
        [(name, name, COMPANY, f"{name} W", f"{name} T", "Stores - PDI", 0) for name in people],
    )
    bulk(
        "Bin",
        ["item_code", "warehouse", "actual_qty"],
        [
            (f"{name}-{part}", part, f"{name} W", 2)
            for name in people
            for part in draw.sample(parts, min(100, PARTS))
        ],
    )
    bulk(
        "MPS Technician",
        ["employee", "technician_name", "trunk", "company", "works_from", "works_to", "disabled"],
        [(name, name, name, name, COMPANY, "08:00:00", "17:00:00", 0) for name in people],
    )
    bulk(
        "MPS Technician Skill",
        ["parent", "parenttype", "parentfield", "idx", "level", "device_model"],
        [
            (f"{name}-{at}", name, "MPS Technician", "skills", at, draw.randrange(30, 100), model)
            for name in people
            for at, model in enumerate(draw.sample(models, 30), 1)
        ],
    )
    _calls(calls, people, draw)
    _history(jobs, parts, models, draw)


def _calls(calls: int, people: list[str], draw: random.Random) -> None:
    """Each on a device of its own; half of them are somebody's."""
    bulk(
        "Issue",
        ["subject", "status", "mps_device", "opening_date", "opening_time", "response_by"],
        [
            (f"BB-C{n}", "Jam", "Open", f"BB-D{n}", NOW.date(), "06:00:00", NOW + timedelta(minutes=n))
            for n in range(calls)
        ],
    )
    bulk(
        "MPS Assignment",
        ["issue", "technician", "status", "active_key", "planned_start", "planned_minutes"],
        [
            (
                f"BB-A{n}",
                f"BB-C{n}",
                draw.choice(people),
                "Planned",
                f"BB-C{n}",
                NOW + timedelta(minutes=n),
                45,
            )
            for n in range(calls // 2)
        ],
    )


def _history(jobs: int, parts: list[str], models: list[str], draw: random.Random) -> None:
    """Jobs of last month with up to three parts."""
    day = datetime.now().date() - timedelta(days=30)
    bulk(
        "MPS Past Job",
        ["job_key", "done_on", "device_model"],
        [(f"BB-J{n}", f"BB-J{n}", day, draw.choice(models)) for n in range(jobs)],
    )
    bulk(
        "MPS Past Job Part",
        ["parent", "parenttype", "parentfield", "idx", "item", "qty"],
        [
            (f"BB-J{n}-{part}", f"BB-J{n}", "MPS Past Job", "parts", 1, part, 1)
            for n in range(jobs)
            for part in draw.sample(parts, draw.randint(0, 3))
        ],
    )


def measured(work: Callable[[], Any]) -> tuple[int, float, float, Any]:
    """(queries, CPU seconds, seconds on the clock, answer)."""
    queries, real = 0, frappe.db.sql

    def counted(*args: Any, **values: Any) -> Any:
        nonlocal queries
        queries += 1
        return real(*args, **values)

    frappe.db.sql = counted
    cpu, clock = time.process_time(), time.monotonic()
    try:
        answer = work()
    finally:
        frappe.db.sql = real
    return queries, time.process_time() - cpu, time.monotonic() - clock, answer


def main() -> None:
    site, *numbers = sys.argv[1:]
    technicians, calls, jobs = (int(each) for each in (*numbers, 50, 300, 5_000)[:3])
    frappe.init(site, sites_path=".")
    if not frappe.conf.get("mps_test_site"):
        sys.exit(f"{site} is not a site made for tests")
    frappe.connect()
    frappe.set_user("Administrator")
    from mps_module.service import board, past_calls

    board.load(now=NOW)  # what Frappe reads once
    try:
        build(technicians, calls, jobs)
        print("| what | queries | CPU | clock |\n| --- | --- | --- | --- |")
        past_calls.forget()
        for what in ("board, history read anew", "board, history at hand"):
            queries, cpu, clock, told = measured(lambda: board.load(now=NOW))
            print(f"| {what} | {queries} | {cpu:.2f} s | {clock:.2f} s |")
        assert len(told["calls"]) >= calls and len(told["technicians"]) >= technicians
        issue = told["calls"][-1]["name"]
        for what, ask in (
            ("one call ranked, with reasons", board.candidates),
            ("room for a call", board.room),
        ):
            queries, cpu, clock, _told = measured(lambda ask=ask: ask(issue, NOW))
            print(f"| {what} | {queries} | {cpu:.2f} s | {clock:.2f} s |")
    finally:
        frappe.db.rollback()
        past_calls.forget()


if __name__ == "__main__":
    main()
