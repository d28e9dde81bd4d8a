"""What the tests of service share."""

from __future__ import annotations

import pytest

from tests.site.service import build
from tests.site.stock import build as stock


@pytest.fixture(autouse=True)
def no_mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ERP tells a technician of an assignment by its bell, and by mail, for which a test site has no account."""
    monkeypatch.setattr(
        "frappe.desk.doctype.notification_log.notification_log.send_notification_email", lambda _log: None
    )


@pytest.fixture
def who() -> build.Dealer:
    """A dealer whose technician Ana is on the board, with three fusers on her trunk."""
    found = build.dealer(technician_name="Ana")
    stock.put(stock.part("FUSER-1"), found.trunk.warehouse, 3)
    stock.part("DRUM-1")
    return found
