"""The short texts of contract rows, exact numbers from fields, and how changes are said."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from mps_module.billing.contracts import (
    compare_versions,
    currency_decimals,
    line_of,
    rules_of,
    shown,
)
from mps_module.billing.terms import exact, parse_names, parse_terms
from mps_module.billing.units import unit_of
from mps_module.engine import contract as engine

D = Decimal


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("mono", {"mono": D(1)}),
        (" mono ", {"mono": D(1)}),
        ("a4=1, a3=2", {"a4": D(1), "a3": D(2)}),
        ("a4 = 1; a3 = 2.5", {"a4": D(1), "a3": D("2.5")}),
        ("a4\na3=2\n", {"a4": D(1), "a3": D(2)}),
        ("", {}),
        (None, {}),
    ],
)
def test_meters_and_their_weights(text, terms):
    assert parse_terms(text, default="1") == terms


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mono", "mono"),
        ("=5", "=5"),
        ("mono=", "mono="),
        ("mono=5,mono=6", "twice"),
        ("mono=1,5", "5"),
        ("mono=five", "five"),
    ],
)
def test_own_allowances_need_a_name_and_a_number(text, words):
    with pytest.raises(ValueError, match=words):
        parse_terms(text)


def test_names_of_groups():
    assert parse_names(" floor, desk ,,") == ("floor", "desk")
    assert parse_names(None) == ()


@pytest.mark.parametrize(
    ("stored", "value"),
    [
        (0.0085, "0.0085"),
        (0.1, "0.1"),
        (1234567.891234, "1234567.891234"),
        (0.000001, "0.000001"),
        (20000.0, "20000"),
        (0, "0"),
        (None, "0"),
        ("0.0600", "0.06"),
        (-2.5, "-2.5"),
    ],
)
def test_a_field_gives_back_the_digits_that_were_typed(stored, value):
    assert exact(stored) == D(value)


@pytest.mark.parametrize(("currency", "decimals"), [("USD", 2), ("EUR", 2), ("JPY", 2), (None, 2)])
def test_decimals_of_a_currency_are_never_fewer_than_its_cents(currency, decimals):
    assert currency_decimals(currency) <= 3
    if currency != "JPY":
        assert currency_decimals(currency) == decimals


class TestLine:
    def line(self, *tiers, **row):
        return line_of({"line_id": "mono", "kind": "click", "meters": "mono", "escalates": 1, **row}, tiers)

    def test_a_rate_of_its_own_is_one_open_tier(self):
        assert self.line(rate=0.0085).price.tiers == (engine.Tier(None, D("0.0085")),)

    def test_tiers_take_the_place_of_the_rate(self):
        found = self.line({"up_to": 1000, "rate": 0.01}, {"up_to": 0, "rate": 0.008}, rate=0.5)
        assert found.price.tiers == (engine.Tier(D(1000), D("0.01")), engine.Tier(None, D("0.008")))

    def test_no_allowance_is_none_and_an_own_one_per_unit_is_not(self):
        assert self.line().allowance is None
        assert self.line(allowance_scope="per_unit").allowance == engine.Allowance(
            D(0), engine.AllowanceScope.PER_UNIT
        )

    def test_zero_means_no_limit(self):
        found = self.line(minimum=0, maximum=0)
        assert (found.minimum, found.maximum) == (None, None)
        assert self.line(minimum=25.5).minimum == D("25.5")

    def test_meters_that_cannot_be_read_name_the_line(self):
        with pytest.raises(ValueError, match="Line mono, Meters"):
            self.line(meters="mono=x")

    def test_everything_else(self):
        found = self.line(
            description="Black clicks",
            item="MPS-BW",
            groups="floor",
            discount_percent=2.5,
            unit="sheet",
            cost_center="Main - PDI",
            proration="months",
            escalates=0,
            block_size=20000,
        )
        assert (found.description, found.item, found.groups, found.discount) == (
            "Black clicks",
            "MPS-BW",
            ("floor",),
            D("2.5"),
        )
        assert (found.unit, found.cost_center, found.proration, found.escalates, found.block) == (
            "sheet",
            "Main - PDI",
            engine.Proration.MONTHS,
            False,
            D(20000),
        )


def test_empty_rules_are_the_usual_ones():
    found = rules_of({"base_in_advance": 1, "estimates_allowed": 1, "max_estimates_in_row": 2})
    assert (found.base_months, found.overage_months, found.anchor_day, found.anchor_month) == (1, 1, 1, None)
    assert (found.proration, found.split_by) == (engine.Proration.DAYS, engine.SplitBy.NONE)
    assert (found.minimum, found.maximum) == (None, None)


def test_a_cover_row_falls_back_to_the_devices_place():
    place = {"site": "North", "department": "Legal", "cost_center": "7", "po_no": "4711"}
    found = unit_of({"device": "D-1", "start_date": "2026-01-01", "quantity": 1, "site": "Annex"}, place)
    assert (found.site, found.department, found.cost_center, found.po) == ("Annex", "Legal", "7", "4711")
    assert (found.start, found.end, found.kind) == (date(2026, 1, 1), None, engine.UnitKind.DEVICE)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (D("0.00850"), "0.0085"),
        (None, ""),
        (("a", "b"), "a, b"),
        ({"a4": D(1), "a3": D(2)}, "a4=1, a3=2"),
        (engine.Allowance(D(20000)), "20000 pooled"),
        (engine.Escalator(D("3.5")), "3.5 % every 12 months"),
        (engine.Price((engine.Tier(None, D("0.01")),)), "0.01"),
        (
            engine.Price((engine.Tier(D(1000), D("0.01")), engine.Tier(None, D("0.008")))),
            "0.01 to 1000, 0.008 (graduated)",
        ),
        (engine.SplitBy.SITE, "site"),
        (engine.Tolerance(10, 6), "before 10, after 6"),
        (True, "True"),
    ],
)
def test_values_are_said_in_a_word_or_two(value, text):
    assert shown(value) == text


class TestCompare:
    day = date(2026, 1, 1)

    def version(self, *lines, number=1, **more):
        return engine.ContractVersion(number, more.pop("effective", self.day), lines, **more)

    def mono(self, rate="0.01", **more):
        price = engine.Price((engine.Tier(None, D(rate)),))
        return engine.Line("mono", engine.LineKind.CLICK, price, meters={"mono": D(1)}, **more)

    def changes(self, old, new):
        return {what: (was, now) for what, was, now in compare_versions(old, new)}

    def test_only_the_date_when_nothing_else_changed(self):
        later = date(2026, 7, 1)
        found = self.changes(self.version(self.mono()), self.version(self.mono(), effective=later))
        assert found == {"Effective date": ("2026-01-01", "2026-07-01")}

    def test_a_dropped_line_and_a_new_one(self):
        base = engine.Line("base", engine.LineKind.FLAT, engine.Price((engine.Tier(None, D(90)),)))
        found = self.changes(self.version(self.mono()), self.version(base))
        assert found["Line mono"] == ("0.01", "")
        assert found["Line base"] == ("", "90")

    def test_each_field_of_a_line(self):
        new = self.mono("0.012", discount=D(5), groups=("floor",), minimum=D(20))
        found = self.changes(self.version(self.mono()), self.version(new))
        assert found["Line mono: price"] == ("0.01", "0.012")
        assert found["Line mono: discount"] == ("0", "5")
        assert found["Line mono: groups"] == ("", "floor")
        assert found["Line mono: minimum"] == ("", "20")

    def test_escalator_coverage_and_rules(self):
        old = self.version(self.mono(), coverage={"parts": "included"})
        new = self.version(
            self.mono(),
            coverage={"parts": "excluded"},
            escalator=engine.Escalator(D(4)),
            rules=engine.BillingRules(overage_months=3, tolerance=engine.Tolerance(5, 5)),
        )
        found = self.changes(old, new)
        assert found["Coverage: parts"] == ("included", "excluded")
        assert found["Escalator"] == ("", "4 % every 12 months")
        assert found["overage months"] == ("1", "3")
        assert found["tolerance"] == ("before 10, after 6", "before 5, after 5")
