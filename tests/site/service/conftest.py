"""What the tests of service share."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def no_mail_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ERP tells a technician of an assignment by its bell, and by mail, for which a test site has no account."""
    monkeypatch.setattr(
        "frappe.desk.doctype.notification_log.notification_log.send_notification_email", lambda _log: None
    )
