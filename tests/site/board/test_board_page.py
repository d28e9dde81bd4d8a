"""The board in a browser: drag, keys, undo, what a colleague did, room for a call; wide and on a tablet."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.commits, pytest.mark.slow]

JAM, LINES, LATE = "Paper jams every tenth page", "Lines on every print", "Too light since Monday"


def until(check, patience: float = 90.0):
    """Wait for what another connection does; the first answer that is true."""
    end = time.monotonic() + patience
    while not (found := check()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.3)
    return found


def test_calls_by_urgency_and_technicians_by_the_chance_of_one_visit(desk, dealer):
    board = desk()
    board.card(dealer.calls[JAM]).wait_for()
    shown = board.page.locator(".mpsd-call").evaluate_all("cards => cards.map(card => card.dataset.issue)")
    assert [name for name in shown if name in dealer.calls.values()] == [
        dealer.calls[subject]
        for subject in (LATE, JAM, LINES, "Fuser error on the panel", "Scans arrive twice")
    ]
    expect(board.card(dealer.calls[LATE])).to_have_class(re.compile("mpsd-late"))
    board.choose(dealer.calls[LINES])
    lanes = board.page.locator(".mpsd-lane").evaluate_all(
        "lanes => lanes.map(lane => lane.dataset.technician)"
    )
    ours = [name for name in lanes if name in dealer.people.values()]
    assert ours == [dealer.people[name] for name in ("Ana", "Ben", "Cem")]
    until(lambda: "in one visit" in board.said())
    board.lane(dealer.people["Cem"]).locator(".mpsd-chance").click()
    why = board.lane(dealer.people["Cem"]).locator(".mpsd-why")
    for told in ("Solves 80 % of all calls", "Missing: BD-ROLLER (6 of 10 calls)"):
        expect(why).to_contain_text(told)


def test_a_call_is_dragged_onto_a_day_and_undone(desk, dealer):
    board, call, ben = desk(), dealer.calls[JAM], dealer.people["Ben"]
    track = board.lane(ben).locator(".mpsd-track")
    width = track.bounding_box()["width"]
    board.card(call).drag_to(track, target_position={"x": width * 0.99, "y": 12})
    board.block(ben, call).wait_for()
    plan = until(lambda: dealer.plan(JAM))
    assert plan.technician == ben
    assert plan.planned_start.strftime("%H:%M") >= "23:00"  # where it was dropped, at the end of the day
    expect(board.card(call).locator(".mpsd-who")).to_have_text(re.compile("Planned$"))
    board.page.locator(".mpsd-undo").click()
    board.block(ben, call).wait_for(state="detached")
    assert until(lambda: dealer.plan(JAM) is None)
    until(lambda: board.said().startswith("Undone"))


def test_a_block_is_dragged_to_a_colleague_and_back_to_the_calls(desk, dealer):
    from mps_module.service import assign

    call, ana, cem = dealer.calls[JAM], dealer.people["Ana"], dealer.people["Cem"]
    assign.assign(call, ana, None, 60)
    import frappe

    frappe.db.commit()
    board = desk()
    board.block(ana, call).drag_to(board.lane(cem).locator(".mpsd-track"))
    board.block(cem, call).wait_for()
    until(lambda: dealer.plan(JAM).technician == cem)
    board.block(cem, call).drag_to(
        board.page.locator(".mpsd-calls-list"), target_position={"x": 40, "y": 150}
    )
    board.block(cem, call).wait_for(state="detached")
    assert until(lambda: dealer.plan(JAM) is None)
    board.page.keyboard.press("Tab")
    board.page.locator(".mpsd-undo").click()
    board.block(cem, call).wait_for()
    board.page.locator(".mpsd-undo").click()
    board.block(ana, call).wait_for()


def test_everything_goes_by_key(desk, dealer):
    board, call, keys = desk(), dealer.calls[LINES], None
    keys = board.page.keyboard
    board.card(dealer.calls[LATE]).focus()
    while board.focused() != f"call {call}":
        keys.press("ArrowDown")
    keys.press("Enter")
    until(lambda: board.focused().startswith("lane "))
    until(lambda: board.focused() == f"lane {dealer.people['Ana']}")
    keys.press("ArrowDown")
    until(lambda: board.focused() == f"lane {dealer.people['Ben']}")
    ghost = board.lane(dealer.people["Ben"]).locator(".mpsd-ghost")
    before = ghost.inner_text() if ghost.count() else ""
    keys.press(" ")
    until(lambda: "Solves 70 %" in board.said())
    keys.press("ArrowRight")
    moved = until(lambda: re.fullmatch(r"\d\d:\d\d", board.said()) and board.said())
    assert moved != before
    keys.press("Enter")
    plan = until(lambda: dealer.plan(LINES))
    assert plan.technician == dealer.people["Ben"]
    assert plan.planned_start.strftime("%H:%M") == moved
    until(lambda: board.focused() == f"call {call}")
    keys.press("u")
    assert until(lambda: dealer.plan(LINES) is None)
    keys.press("?")
    board.page.locator(".mpsd-keys").wait_for()


def test_what_a_colleague_does_shows_by_itself(desk, dealer):
    mine, theirs, call = desk(), desk(1), dealer.calls[JAM]
    theirs.choose(call)
    theirs.lane(dealer.people["Cem"]).locator(".mpsd-assign").click()
    theirs.block(dealer.people["Cem"], call).wait_for()
    mine.block(dealer.people["Cem"], call).wait_for(timeout=40_000)
    expect(mine.card(call).locator(".mpsd-who")).to_contain_text("Cem")


def test_who_comes_second_is_told_who_has_the_call(desk, dealer):
    mine, theirs, call = desk(), desk(1), dealer.calls[JAM]
    mine.deaf()
    mine.choose(call)
    theirs.choose(call)
    theirs.lane(dealer.people["Cem"]).locator(".mpsd-assign").click()
    theirs.block(dealer.people["Cem"], call).wait_for()
    mine.lane(dealer.people["Ana"]).locator(".mpsd-assign").click()
    told = mine.page.locator(".modal.show .msgprint")
    expect(told).to_have_text(re.compile(r"is with .*Cem.*assigned by Dan since .*Nothing was changed"))
    mine.block(dealer.people["Cem"], call).wait_for()  # and the board shows how it is
    assert dealer.plan(JAM).technician == dealer.people["Cem"]


def test_room_is_made_with_one_click_and_undone(desk, dealer):
    """Ana is busy for the next two hours with a call that can wait; she alone has all parts aboard."""
    import frappe
    from frappe.utils import now_datetime

    from mps_module.service import assign

    waits, call = dealer.calls["Scans arrive twice"], dealer.calls[JAM]
    assign.assign(waits, dealer.people["Ana"], now_datetime().replace(microsecond=0), 150)
    frappe.db.commit()
    before = dealer.plan("Scans arrive twice").planned_start
    board = desk()
    board.choose(call)
    board.page.keyboard.press("m")
    offer = board.page.locator(".mpsd-proposals li").filter(has_text="Ana").first
    expect(offer).to_contain_text("to move")
    offer.locator(".mpsd-apply").click()
    board.block(dealer.people["Ana"], call).wait_for()
    until(lambda: (plan := dealer.plan(JAM)) and plan.technician == dealer.people["Ana"])
    moved = dealer.plan("Scans arrive twice")
    assert moved.planned_start > before or moved.technician != dealer.people["Ana"]
    board.page.locator(".mpsd-undo").click()
    board.block(dealer.people["Ana"], call).wait_for(state="detached")
    until(lambda: dealer.plan(JAM) is None)
    until(lambda: dealer.plan("Scans arrive twice").planned_start == before)


@pytest.mark.parametrize("size", [(1400, 900), (1024, 768), (820, 1180)])
def test_nothing_is_cut_off_and_everything_has_a_name(desk, dealer, size):
    board = desk(size=size)
    board.choose(dealer.calls[LINES])
    wide = board.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
    assign = board.lane(dealer.people["Ana"]).locator(".mpsd-assign")
    box, lane = assign.bounding_box(), board.lane(dealer.people["Ana"]).bounding_box()
    assert lane["x"] <= box["x"] and box["x"] + box["width"] <= lane["x"] + lane["width"]
    unnamed = board.page.evaluate(
        """() => [...document.querySelectorAll('.mps-dispatch button, .mps-dispatch input, .mps-dispatch [role=option]')]
            .filter(each => !(each.getAttribute('aria-label') || each.innerText || '').trim()).length"""
    )
    assert unnamed == 0
    card = board.card(dealer.calls[LINES])
    expect(card).to_have_attribute("aria-selected", "true")
    expect(card).to_have_attribute("aria-label", re.compile("Oak Street School"))
    assign.click()
    board.block(dealer.people["Ana"], dealer.calls[LINES]).wait_for()


def test_search_and_states_narrow_the_calls_and_lead_back(desk, dealer):
    board = desk()
    board.page.keyboard.press("/") if board.focused() else board.page.locator(".mpsd-search").focus()
    board.page.locator(".mpsd-search").fill("no such thing at all")
    board.page.get_by_text("No call matches.").wait_for()
    board.page.get_by_role("button", name="Show all calls").click()
    board.card(dealer.calls[JAM]).wait_for()
    board.page.locator('.mpsd-chip[data-state="Late"]').click()
    board.card(dealer.calls[JAM]).wait_for(state="detached")
    expect(board.card(dealer.calls[LATE])).to_have_count(1)


def test_a_board_that_is_open_over_midnight_turns_to_the_new_day(desk, dealer):
    """As if it had been loaded a day ago, and nothing had changed since: its next look brings the present day and time."""
    board = desk()
    its = "frappe.pages['dispatch-board'].board"
    board.page.evaluate(f"() => {{ {its}.loaded_at -= 24 * 3600 * 1000; {its}.looked_at = 0; }}")
    board.page.wait_for_function(f"() => {its}.now() < 24 * 60")
