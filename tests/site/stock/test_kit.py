"""The kit of a trunk from its own jobs: history, plan, comparison with the trunk of today, and applied levels."""

from __future__ import annotations

from decimal import Decimal

import frappe
import pytest

from mps_module.api import kit as desk
from mps_module.stock import history, kits
from tests.site.stock import build

CSV = """Job;Date;Technician;Region;Model;Part;Qty
J1;2026-01-10;Ana Tech;;;BELT;1
J2;2026-01-11;Ana Tech;;;BELT;1
J3;2026-01-12;Ana Tech;;;BELT;1
J4;2026-01-13;Ana Tech;;;FUSER;1
J4;2026-01-13;Ana Tech;;;LAMP;1
J5;2026-01-14;nobody;Mars;unheard;LAMP;2
"""


@pytest.fixture
def ana():
    """One unit of BELT is worth 100, FUSER 300, LAMP 200; holding costs 25 % a year and a restock comes each 73 days:
    5 %, so 5, 15 and 10 for one restock period."""
    for code, value in (("BELT", 100), ("FUSER", 300), ("LAMP", 200)):
        build.part(code)
        frappe.db.set_value("Item", code, "valuation_rate", value)
    settings = frappe.get_doc("Trunk Stock Settings")
    settings.update({"holding_percent": 25, "restock_days": 73, "history_days": 3650})
    settings.save()
    return build.technician("Ana")


def test_parts_used_and_missed_on_a_call_are_one_job(ana):
    build.put("BELT", ana.warehouse, 3)
    issue, other = build.call(), build.call("Streaks")
    build.act(
        ana, "need_part", {"issue": issue, "items": [{"item": "BELT", "qty": 1}, {"item": "LAMP", "qty": 1}]}
    )
    build.act(ana, "use_on_call", {"issue": issue, "items": [{"item": "BELT", "qty": 2}]})
    build.act(ana, "use_on_call", {"issue": other, "items": [{"item": "BELT", "qty": 1}]})
    found = {job.key: dict(job.needs) for job in history.jobs()}
    assert found == {issue: {"BELT": 2, "LAMP": 1}, other: {"BELT": 1}}
    assert {job.technician for job in history.jobs()} == {ana.name}
    # What is scrapped, or used on no call, is no job.
    build.put("LAMP", ana.warehouse, 1)
    build.act(ana, "scrap", {"items": [{"item": "LAMP", "qty": 1}], "reason": "broken"})
    assert len(history.jobs()) == 2


def test_jobs_come_in_from_a_file_and_again_without_doubling(ana):
    first = history.import_csv(CSV)
    assert (first.rows, first.jobs, first.refused) == (6, 5, ())
    assert history.import_csv(CSV).jobs == 5
    found = {job.key: (dict(job.needs), job.technician) for job in history.jobs()}
    assert found["past:J4"] == ({"FUSER": 1, "LAMP": 1}, ana.name)
    assert found["past:J5"] == ({"LAMP": 2}, "")
    assert len(found) == 5
    assert frappe.db.get_value("MPS Past Job", {"job_key": "J5"}, "technician_text") == "nobody"


def test_a_job_with_a_row_that_cannot_be_taken_stays_out_whole_and_is_told(ana):
    done = history.import_csv(
        CSV + "J6;2026-13-01;;;;BELT;1\nJ7;2026-01-15;;;;NO-SUCH;1\nJ7;2026-01-15;;;;BELT;1\n"
    )
    assert (done.rows, done.jobs) == (9, 5)
    assert [number for number, _why in done.refused] == [8, 9]
    assert not frappe.db.exists("MPS Past Job", {"job_key": "J7"})
    with pytest.raises(frappe.ValidationError, match="lacks the columns job, date, part"):
        history.import_csv("a;b\n1;2\n")


def test_a_unit_is_held_at_its_value_for_one_restock_period(ana):
    trunk = kits.trunks.load([ana.name])[ana.name]
    assert kits.holding_costs(trunk, ["BELT", "FUSER", "LAMP"]) == {
        "BELT": Decimal("5.0000"),
        "FUSER": Decimal("15.0000"),
        "LAMP": Decimal("10.0000"),
    }
    # What the source has it in the books for comes before the item's own rate.
    build.put("BELT", build.STORE, 1, basic_rate=400)
    assert kits.holding_costs(trunk, ["BELT"]) == {"BELT": Decimal("20.0000")}


def test_the_kit_that_completes_most_jobs_and_what_to_change(ana):
    """Five jobs: BELT completes 3 (cost 5), FUSER + LAMP a fourth (25 more), a second LAMP the fifth (10 more)."""
    history.import_csv(CSV)
    build.put("FUSER", ana.warehouse, 1, basic_rate=300)
    told = desk.answer(ana.name, scope="all", goal="target", asked="0.6")
    assert (told["jobs"], told["from"], told["to"]) == (5, "2026-01-10", "2026-01-14")
    assert (told["kit"]["items"], told["kit"]["money"]) == (
        [{"item": "BELT", "item_name": "BELT", "units": 1}],
        5,
    )
    assert told["kit"]["rate"] == pytest.approx(0.6)
    assert [(row["money"], pytest.approx(row["rate"])) for row in told["frontier"]] == [
        (0, 0),
        (5, 0.6),
        (25, 0.8),
        (40, 1.0),
    ]
    assert (told["present"]["rate"], told["present"]["money"]) == (0, 15)
    assert told["present"]["same_money"] == pytest.approx(0.6)
    assert [(row["item"], row["act"], row["have"], row["want"]) for row in told["changes"]] == [
        ("BELT", "add", 0, 1),
        ("FUSER", "return", 1, 0),
    ]
    reasons = {row["item"]: row for row in told["reasons"]}
    assert reasons["BELT"]["carries"] == pytest.approx(0.6)
    budget = desk.answer(ana.name, scope="all", goal="budget", asked=26)
    assert {row["item"]: row["units"] for row in budget["kit"]["items"]} == {"BELT": 1, "LAMP": 2}
    assert desk.answer(ana.name, scope="technician", asked="0.6")["jobs"] == 4


def test_applying_writes_par_levels_and_sets_the_rest_to_nothing(ana):
    history.import_csv(CSV)
    ana.append("items", {"item": "FUSER", "min_qty": 1, "par_qty": 4})
    ana.save()
    told = desk.answer(ana.name, scope="all", goal="budget", asked=26, compare="par")
    assert ("FUSER", "return", 4, 0) in [(r["item"], r["act"], r["have"], r["want"]) for r in told["changes"]]
    kit = {row["item"]: row["units"] for row in told["kit"]["items"]}
    assert desk.apply(ana.name, kit) == {"set": 2, "dropped": 1}
    rows = {
        row.item: (row.min_qty, row.par_qty, row.source)
        for row in frappe.get_doc("Trunk Stock", ana.name).items
    }
    assert rows == {"BELT": (0, 1, "Kit"), "FUSER": (0, 0, "Kit"), "LAMP": (1, 2, "Kit")}


def test_a_new_part_without_history_is_weighed_by_its_group_and_an_old_one_is_not_carried(ana):
    history.import_csv(CSV)
    build.part("NEW-DRUM")
    frappe.db.set_value("Item", "NEW-DRUM", {"valuation_rate": 1, "creation": "2026-02-01 00:00:00"})
    build.part("OLD-DRUM")
    frappe.db.set_value("Item", "OLD-DRUM", {"valuation_rate": 1, "creation": "2020-02-01 00:00:00"})
    told = desk.answer(
        ana.name, scope="all", goal="target", asked=1, extra=["NEW-DRUM", "OLD-DRUM"], model="history"
    )
    assert "NEW-DRUM" in {row["item"] for row in told["kit"]["items"]}
    verdicts = {row["item"]: row["verdict"] for row in told["reasons"]}
    assert verdicts["OLD-DRUM"] == "no_use"


def test_the_independent_model_answers_too(ana):
    history.import_csv(CSV)
    told = desk.answer(ana.name, scope="all", goal="target", asked="0.9", model="independent")
    assert told["kit"]["rate"] >= 0.9


@pytest.mark.parametrize(
    "asked",
    [
        {"goal": "luck"},
        {"scope": "moon"},
        {"model": "guess"},
        {"asked": "much"},
        {"asked": "nan"},
        {"asked": "1.5"},
        {"goal": "penalty", "asked": "-1"},
    ],
)
def test_questions_without_sense_are_refused_with_words(ana, asked):
    history.import_csv(CSV)
    with pytest.raises(frappe.ValidationError):
        desk.answer(ana.name, **{"scope": "all", **asked})


def test_without_history_the_page_says_so_and_a_technician_may_not_ask(ana):
    with pytest.raises(frappe.ValidationError, match="no past jobs"):
        desk.answer(ana.name)
    frappe.set_user(ana.user)
    for call in (lambda: desk.answer(ana.name), lambda: desk.apply(ana.name, {"BELT": 1})):
        with pytest.raises(frappe.PermissionError):
            call()
