"""Phones for the tests: skipped in one line where there is no Chromium or no playwright."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.site.phone import browser as browsers

WHY_NOT = browsers.why_not()
if WHY_NOT:
    collect_ignore_glob = ["test_*"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if WHY_NOT:
        terminalreporter.write_line(f"tests/site/phone skipped: {WHY_NOT}")


@pytest.fixture(scope="module")
def served(site: str) -> Iterator[browsers.Served]:
    running = browsers.Served(site, Path.cwd())
    yield running
    running.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    with browsers.chromium() as running:
        yield running


@pytest.fixture(scope="module")
def dealer(site: str) -> Iterator[object]:
    import frappe

    from tests.site.phone.dealer import close_dealer, open_dealer

    frappe.set_user("Administrator")
    made = open_dealer()
    yield made
    frappe.set_user("Administrator")
    close_dealer(made)


@pytest.fixture
def phone(chromium, served, dealer) -> Iterator[Callable[[str], browsers.Phone]]:
    """`phone("Phia")`: that technician's phone. Fine weather again, and no page error, at the end."""
    made: list[browsers.Phone] = []

    def take(name: str) -> browsers.Phone:
        made.append(browsers.Phone(chromium, served, dealer.user(name)))
        return made[-1]

    yield take
    served.weather(cut=False, lose=0, fail=0, large=0, build="")
    for each in made:
        each.close()
    assert [error for each in made for error in each.errors] == []
