from __future__ import annotations

from collections.abc import Callable, Iterator

import frappe
import pytest


@pytest.fixture
def count_queries(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[], object]], int]]:
    """Counts the statements that a call sends to the database."""
    sent: list[str] = []
    original = frappe.db.sql

    def sql(query: object, *args: object, **kwargs: object) -> object:
        sent.append(str(query))
        return original(query, *args, **kwargs)

    def count(call: Callable[[], object]) -> int:
        sent.clear()
        monkeypatch.setattr(frappe.db, "sql", sql)
        try:
            call()
        finally:
            monkeypatch.setattr(frappe.db, "sql", original)
        count.sent = list(sent)  # type: ignore[attr-defined]
        return len(sent)

    yield count
