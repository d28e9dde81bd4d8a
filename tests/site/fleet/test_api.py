"""Calls as a browser sends them: everything is text until Frappe's check of types has turned it into what was meant."""

from __future__ import annotations

import importlib
import pkgutil

import frappe
import pytest

import mps_module.api
from tests.site.fleet import build

MODULES = sorted(f"mps_module.api.{module.name}" for module in pkgutil.iter_modules(mps_module.api.__path__))


@pytest.fixture(autouse=True)
def types_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """v16 checks types in a request or where this is set; v15 goes by `flags.in_test`."""
    monkeypatch.setattr(frappe, "in_test", True, raising=False)


def called(method: str, **args: str) -> object:
    """A call by name with texts for arguments, as `/api/method/` makes it."""
    function = frappe.get_attr(f"mps_module.api.{method}")
    assert function in frappe.whitelisted
    return frappe.call(function, **args)


@pytest.mark.parametrize("module", MODULES)
def test_types_of_arguments_are_there_for_frappe_to_check(module: str):
    """Under `from __future__ import annotations` types are texts, which Frappe passes over without a word."""
    members = vars(importlib.import_module(module)).values()
    calls = [each for each in members if callable(each) and each in frappe.whitelisted]
    assert [
        (call.__name__, name)
        for call in calls
        for name, kind in call.__annotations__.items()
        if isinstance(kind, str)
    ] == []


@pytest.mark.parametrize(("sent", "status"), [("0", "Removed"), ("1", "Retired")])
def test_a_tick_that_is_not_set_comes_as_the_text_0(sent: str, status: str):
    build.device("T-1")
    called(
        "devices.remove",
        device="T-1",
        reads='{"mono": "5", "colour": "1"}',
        at="2026-03-01 10:00:00",
        retire=sent,
    )
    assert frappe.db.get_value("MPS Device", "T-1", "status") == status


def test_arguments_of_the_wrong_kind_are_refused():
    build.device("T-1")
    with pytest.raises(frappe.exceptions.FrappeTypeError):
        called("devices.counters", device={"name": ["like", "%"]})
