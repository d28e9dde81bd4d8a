"""What is read from a customer's words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.call_text import codes_in, fresh_text, plain_text, problem_of

CODES = {
    "JAM": "Paper jams", "FEED": "Paper not picked up or fed twice", "LINES": "Lines or spots on the page",
    "LIGHT": "Print too light or faded", "NOISE": "Noise", "ERROR": "Error code on the panel",
    "NETWORK": "Not reachable or does not print", "SCAN": "Does not scan", "SUPPLY": "Supply empty",
    "SOFTWARE": "Computer or program does not work", "OTHER": "Something else",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Serial A5C0011203456 jams", ["A5C0011203456"]),
        ("S/N: JPBCB12345.", ["JPBCB12345"]),
        ("asset tag #T-4711, 2nd floor", ["T-4711"]),
        ("https://mps.example.com/d/DEV-00012?s=1", ["DEV-00012"]),
        ("http://x.example/q?serial=AB12345&tag=T-99", ["AB12345", "T-99"]),
        ("write to bob2026@example.com", []),
        ("It jams again, tray 2", []),
        ("(A5C0011)", ["A5C0011"]),
        ("model C360i, serial A789-01/B", ["A789-01/B", "A789-01", "C360i"]),
        ("www.example.com/sticker?id=T-4711&lang=en", ["T-4711"]),
        ("room 12b", []),
        ("A5C0011, A5C0011; a5c0012", ["A5C0011", "a5c0012"]),
        ("", []),
        ("DEV-00001 and DEV-000022", ["DEV-000022", "DEV-00001"]),
    ],
)
def test_codes(text, codes):
    assert codes_in(text) == codes


def test_the_mail_below_is_not_read():
    mail = "It is the A5C001 again.\n\nOn Mon, 5 Jan 2026 Help Desk wrote:\n> your call for B7D002 is closed"
    assert codes_in(fresh_text(mail)) == ["A5C001"]
    assert codes_in(fresh_text("A5C001\n> B7D002")) == ["A5C001"]


@pytest.mark.parametrize(
    ("mail", "codes"),
    [
        ("<p>our A5C001 prints<br>stripes</p>", ["A5C001"]),
        ("<div>A5C001</div><div>B7D002</div>", ["A5C001", "B7D002"]),
        ("It is broken<br>&gt; your call for B7D002 is closed", []),
        ("It is broken<br>> your call for B7D002 is closed", []),
        ("A5C001 again<blockquote>your call for B7D002</blockquote>", ["A5C001"]),
        ('A5C001<div class="gmail_quote">On Monday: B7D002</div>', ["A5C001"]),
        ("R&amp;D wants A5C001", ["A5C001"]),
        ('<a href="https://x.example/B7D002">here</a>', []),
    ],
)
def test_a_mail_in_html(mail, codes):
    assert codes_in(plain_text(mail)) == codes


@given(st.text(max_size=400))
def test_any_text_is_read_without_trouble(text):
    found = codes_in(fresh_text(text))
    assert len(found) == len(set(found)) <= 60
    assert all(len(code) >= 4 for code in found)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Paper jam in tray 2", "JAM"),
        ("JAMMED again!", "JAM"),
        ("there are black streaks and spots on every page", "LINES"),
        ("Copies are too faded", "LIGHT"),
        ("makes a grinding noise", "NOISE"),
        ("printer is offline, cannot print", "NETWORK"),
        ("Scan to folder fails", "SCAN"),
        ("cyan toner empty", "SUPPLY"),
        ("Outlook asks for my password", "SOFTWARE"),
        ("The copier keeps jamming at the finisher", "JAM"),
        ("paper stuck in the bypass", "JAM"),
        ("it does not pick up paper from tray 3", "FEED"),
        ("feeds multiple sheets", "FEED"),
        ("one thick black stripe down the middle", "LINES"),
        ("pages come out smeared", "LINES"),
        ("print is very faint", "LIGHT"),
        ("it squeaks when it starts", "NOISE"),
        ("shows error C-2557 on the panel", "ERROR"),
        ("says call service", "ERROR"),
        ("nobody can't print since this morning", "NETWORK"),
        ("not reachable over wifi", "NETWORK"),
        ("scanning to mail is broken", "SCAN"),
        ("we need a new toner cartridge", "SUPPLY"),
        ("waste box full", "SUPPLY"),
        ("my laptop shows a blue screen", "SOFTWARE"),
        ("the server does not start", "SOFTWARE"),
        ("online again, all fine", ""),  # no line in it
        ("thinking of you", ""),  # no ink in it
        ("please call me", ""),
        ("", ""),
        ("jam and noise", ""),
    ],
)
def test_problem(text, code):
    assert problem_of(text, CODES) == code


def test_a_sites_own_code_is_found_by_its_description():
    assert problem_of("The finisher staples crooked", {"FIN": "Finisher or stapler"}) == "FIN"
    assert problem_of("jam", {"FIN": "Finisher or stapler"}) == ""
