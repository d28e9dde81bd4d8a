"""Tests on a bench. `scripts/site-test` makes the site and runs them with the bench's own Python.

A site of the bench itself serves too, where its site_config.json says `"mps_test_site": 1`: set FRAPPE_SITE.
Every test starts as Administrator on the site that `scripts/test_site.py` set up and is rolled back at its end.
While it runs, `frappe.db.commit` fires its callbacks but keeps nothing. A test that needs real commits (workers,
kills, two connections) is marked `@pytest.mark.commits` and removes what it can of what it made; ledgers keep their
rows. So those run last, and `scripts/site-test` lays the site anew before the next run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site.fixtures import count_queries, user_with, web_page  # noqa: F401

BENCH = Path(os.environ.get("FRAPPE_BENCH") or "~/frappe-bench").expanduser()
SITE = os.environ.get("FRAPPE_SITE") or "mps-test.localhost"
SITES = next(
    (each for each in (BENCH / "mps-test" / "sites", BENCH / "sites") if (each / SITE).is_dir()),
    BENCH / "sites",
)


def _why_not() -> str | None:
    """Why the tests here cannot run, or None where they can."""
    if not (BENCH / "env" / "bin" / "python").exists():
        return f"no bench at {BENCH} (set FRAPPE_BENCH to use one elsewhere)"
    try:
        import frappe  # noqa: F401
    except ImportError:
        return "this Python has no frappe; run scripts/site-test"
    if not (SITES / SITE / "site_config.json").exists():
        return f"no test site {SITE}; run scripts/site-test"
    return None


REASON = _why_not()
if REASON:
    collect_ignore_glob = ["*"]
else:
    os.chdir(
        SITES
    )  # Frappe finds logs, assets and sites relative to it, already while its modules are imported


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is rolled back runs on the site as it was made, before anything that commits."""
    items.sort(key=lambda item: item.get_closest_marker("commits") is not None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if REASON:
        terminalreporter.write_line(f"tests/site skipped: {REASON}")


@pytest.fixture(scope="session", autouse=True)
def site() -> Iterator[str]:
    """The test site, connected, with the name of the site as value."""
    import frappe

    os.chdir(SITES)
    frappe.init(SITE, sites_path=".")
    if not frappe.conf.get("mps_test_site"):
        pytest.exit(f"{SITE} is not a site made for tests (mps_test_site is not set)", returncode=3)
    frappe.connect()
    _keep_metas()
    yield SITE
    frappe.destroy()


def _keep_metas() -> None:
    """What Frappe knows of its doctypes outlives `frappe.clear_cache()`.

    Each test ends with one, and ERPNext calls it whenever an Employee is saved; to read the doctypes anew took more
    than half of a test's time. Whoever changes a doctype, custom field or property setter clears just that one
    (`clear_doctype_cache`), which still happens, and again at the rollback.
    """
    import frappe

    clear, hooks = frappe.clear_cache, frappe.get_hooks

    def get_hooks(hook=None, *args, **kwargs):
        found = hooks(hook, *args, **kwargs)
        return [*found, "doctype_meta*"] if hook == "persistent_cache_keys" else found

    def clear_cache(user: str | None = None, doctype: str | None = None) -> None:
        before, metas = frappe.local.cache, frappe.cache.make_key("doctype_meta")
        clear(user=user, doctype=doctype)
        if frappe.local.cache is not before and metas in before:  # everything went
            frappe.local.cache[metas] = before[metas]

    frappe.get_hooks, frappe.clear_cache = get_hooks, clear_cache


@pytest.fixture(autouse=True)
def rolled_back(site: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A clean session before each test, and nothing left of it afterwards."""
    import frappe

    frappe.set_user("Administrator")
    frappe.flags.in_test = frappe.in_test = True  # v16 asks the latter
    frappe.local.message_log = []
    if "commits" in request.keywords:
        Path(site, ".mps_used").touch()  # scripts/test_site.py lays the site anew
    else:
        monkeypatch.setattr(frappe.db, "commit", _commit_nothing)
    yield
    monkeypatch.undo()
    frappe.db.rollback()
    frappe.set_user("Administrator")
    # Documents cached during the test may hold what was rolled back.
    frappe.clear_cache()
    frappe.local.document_cache = {}


def _commit_nothing(**_: object) -> None:
    """What a commit sets off, without the commit."""
    import frappe

    frappe.db.before_commit.run()
    frappe.db.after_commit.run()


@pytest.fixture
def company() -> str:
    """The company of the test site: United States, USD, standard chart of accounts."""
    return "Print Dealer Inc"
