"""Dispatchers at the board: skipped in one line where there is no Chromium or no playwright."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.site.phone import browser as browsers

WHY_NOT = browsers.why_not()
if (
    not WHY_NOT and not Path("assets", "assets.json").exists()
):  # tests/site/conftest.py went to the sites folder
    WHY_NOT = "the desk's assets are not there (bench build makes them)"
if WHY_NOT:
    collect_ignore_glob = ["test_*"]
EVENING = 18


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if WHY_NOT:
        terminalreporter.write_line(f"tests/site/board skipped: {WHY_NOT}")


@pytest.fixture(autouse=True)
def no_mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests themselves assign is told by bell alone: a test site has no account for mail."""
    monkeypatch.setattr(
        "frappe.desk.doctype.notification_log.notification_log.send_notification_email", lambda _log: None
    )


class Desk:
    """A dispatcher's browser on the board. `said`: what the board told screen readers last."""

    def __init__(self, browser: Any, url: str, user: str, size: tuple[int, int]) -> None:
        from tests.site.board.dealer import PASSWORD

        viewport = {"width": size[0], "height": size[1]}
        self.context = browser.new_context(base_url=url, locale="en-US", viewport=viewport)
        self.context.set_default_timeout(browsers.WAIT)
        self.errors: list[str] = []
        login = self.context.request.post("/api/method/login", form={"usr": user, "pwd": PASSWORD})
        assert login.ok, login.text()
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto("/app/dispatch-board")
        self.page.wait_for_selector(".mps-dispatch[data-ready]")

    def card(self, issue: str) -> Any:
        return self.page.locator(f'.mpsd-call[data-issue="{issue}"]')

    def lane(self, technician: str) -> Any:
        return self.page.locator(f'.mpsd-lane[data-technician="{technician}"]')

    def block(self, technician: str, issue: str) -> Any:
        return self.lane(technician).locator(f'.mpsd-block[data-issue="{issue}"]')

    def choose(self, issue: str) -> None:
        """Click a call and wait until the technicians are ranked for it."""
        self.card(issue).click()
        self.page.wait_for_selector(".mpsd-chance")

    def focused(self) -> str:
        return self.page.evaluate("document.activeElement.dataset.focus || ''")

    def said(self) -> str:
        return self.page.locator(".mps-dispatch [role=status]").inner_text()

    def deaf(self) -> None:
        """Nothing of what others do is heard any more."""
        self.page.route("**/mps_module.api.dispatch.changes*", lambda route: route.abort())

    def close(self) -> None:
        self.context.close()


@pytest.fixture(scope="module")
def daylight(site: str) -> Iterator[None]:
    """Late in the evening a call of an hour fits into no day that the board shows, and at midnight the board turns its
    page: from six on the site lies at the date line, where it is noon or afternoon."""
    import frappe

    before = frappe.db.get_single_value("System Settings", "time_zone")
    late = frappe.utils.now_datetime().hour >= EVENING
    if late:
        _set_zone("Etc/GMT+12")
    yield
    if late:
        frappe.db.rollback()
        _set_zone(before)


def _set_zone(zone: str) -> None:
    import frappe

    frappe.db.set_single_value("System Settings", "time_zone", zone)
    frappe.db.set_default("time_zone", zone)
    frappe.db.commit()
    frappe.clear_cache()
    frappe.local.system_settings = None


@pytest.fixture(scope="module")
def served(site: str, daylight: None) -> Iterator[browsers.Served]:
    running = browsers.Served(site, Path.cwd())
    yield running
    running.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    with browsers.chromium() as running:
        yield running


@pytest.fixture(scope="module")
def stage(site: str, daylight: None) -> Iterator[Any]:
    import frappe

    from tests.site.board.dealer import close_dealer, open_dealer

    frappe.set_user("Administrator")
    made = open_dealer()
    yield made
    frappe.set_user("Administrator")
    close_dealer(made)


@pytest.fixture
def dealer(stage: Any) -> Iterator[Any]:
    stage.clear()
    yield stage
    stage.clear()


@pytest.fixture
def desk(chromium, served, dealer) -> Iterator[Callable[..., Desk]]:
    """`desk()`: a dispatcher at the board; `desk(1)`: the other one. No page error at the end."""
    from tests.site.board.dealer import DISPATCHERS

    made: list[Desk] = []

    def sit(who: int = 0, size: tuple[int, int] = (1400, 900)) -> Desk:
        made.append(Desk(chromium, served.url, DISPATCHERS[who], size))
        return made[-1]

    yield sit
    for each in made:
        each.close()
    assert [error for each in made for error in each.errors] == []
