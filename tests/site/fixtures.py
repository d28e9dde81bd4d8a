"""Fixtures that every area of the site tests shares (loaded by conftest)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest


@pytest.fixture
def count_queries() -> Callable:
    """`with count_queries() as queries:` collects the SQL that the block sends; len(queries) is its number."""
    import frappe

    @contextmanager
    def counting() -> Iterator[list[str]]:
        queries: list[str] = []
        real = frappe.db.sql

        def counted(query, *args, **kwargs):
            queries.append(str(query))
            return real(query, *args, **kwargs)

        frappe.db.sql = counted
        try:
            yield queries
        finally:
            frappe.db.sql = real

    return counting


@pytest.fixture
def user_with() -> Callable[..., str]:
    """`user_with("MPS Billing")` makes a user that has these roles and no others, and returns its name."""
    import frappe

    def make(*roles: str, **values) -> str:
        email = f"{'-'.join(roles).lower().replace(' ', '-')}@example.com"
        user = frappe.get_doc(
            {
                "doctype": "User",
                "email": email,
                "first_name": " ".join(roles),
                "send_welcome_email": 0,
                "roles": [{"role": role} for role in roles],
                **values,
            }
        )
        user.flags.no_welcome_mail = True
        return user.insert(ignore_permissions=True).name

    return make


@pytest.fixture
def web_page() -> Iterator[Callable[[str], str]]:
    """`web_page("meters")`: the HTML of a portal page, as the present user gets it."""
    import frappe
    from frappe.website.serve import get_response
    from werkzeug.test import EnvironBuilder
    from werkzeug.wrappers import Request

    def get(path: str) -> str:
        frappe.local.request = Request(EnvironBuilder(path=f"/{path}").get_environ())
        answer = get_response(path)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    yield get
    if hasattr(frappe.local, "request"):
        del frappe.local.request
