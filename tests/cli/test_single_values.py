"""Single values as people write them into cells and settings: words, small numbers, codes, monthly volumes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mps_module.engine.contract import LineKind, Proration, UnitKind
from mps_module.readers.contract_lines import identifier, option
from mps_module.readers.issue import BadValue
from mps_module.readers.records import unit_kind, volumes
from mps_module.readers.settings import currency_code, zone_key
from mps_module.readers.yaml_keys import choice, text, truth, whole


def refused(parse: Any, value: str) -> BadValue:
    """Why a parser refuses a value; the test fails where it takes it."""
    with pytest.raises(BadValue) as caught:
        parse(value)
    return caught.value


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("yes", True), ("Yes", True), (" YES ", True), ("y", True), ("on", True), ("true", True), ("True", True),
        ("1", True), ("ja", True), ("oui", True), ("sí", True), ("si", True), ("x", True), ("X", True),
        ("no", False), ("No", False), ("n", False), ("off", False), ("false", False), ("FALSE", False),
        ("0", False), ("nein", False), ("non", False), ("", False), ("  ", False),
    ],
)  # fmt: skip
def test_yes_and_no_in_the_usual_spellings(word: str, value: bool) -> None:
    assert truth(word) is value


@pytest.mark.parametrize("word", ["maybe", "2", "yess", "-", "y/n", "wahr"])
def test_what_is_neither_yes_nor_no_is_not_guessed(word: str) -> None:
    problem = refused(truth, word)
    assert problem.code == "not-yes-no"
    assert f"“{word}”" in problem.message
    assert problem.todo == "Write yes or no."


@pytest.mark.parametrize(
    ("value", "low", "high", "number"),
    [
        ("0", 0, 10, 0), ("10", 0, 10, 10), (" 7 ", 0, 10, 7), ("007", 0, 10, 7), ("-3", -5, 5, -3),
        ("10000", 0, 10_000, 10_000), ("12", 1, 12, 12), ("1", 1, 12, 1),
    ],
)  # fmt: skip
def test_small_whole_numbers_up_to_their_bounds(value: str, low: int, high: int, number: int) -> None:
    assert whole(value, low, high) == number


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("11", 0, 10), ("-1", 0, 10), ("0", 1, 12), ("13", 1, 12), ("1.0", 0, 10), ("1,0", 0, 10), ("", 0, 10),
        ("one", 0, 10), ("1e1", 0, 10), ("+5", 0, 10), ("٣", 0, 10), ("1234567890", 0, 10**12), ("- 3", -5, 5),
    ],
)  # fmt: skip
def test_what_is_no_small_whole_number_names_its_bounds(value: str, low: int, high: int) -> None:
    problem = refused(lambda cell: whole(cell, low, high), value)
    assert problem.code == "not-a-number"
    assert problem.message.endswith(f"is no whole number from {low} to {high}")


def test_a_text_keeps_everything_but_the_blanks_around_it() -> None:
    assert text("  A  b ") == "A  b"
    assert text("\tno\n") == "no"  # stays a text, and is not turned into a truth


class TestOptions:
    @pytest.mark.parametrize("word", ["cost_center", "Cost Center", "COST-CENTER", " cost center "])
    def test_case_blanks_and_hyphens_do_not_matter(self, word: str) -> None:
        assert choice(("site", "cost_center"))(word) == "cost_center"

    def test_the_nearest_option_is_named(self) -> None:
        problem = refused(choice(("graduated", "volume")), "gradual")
        assert problem.code == "not-an-option"
        assert problem.todo == "Is “graduated” meant?"

    def test_where_none_is_near_all_are_named(self) -> None:
        assert refused(choice(("graduated", "volume")), "xyz").todo == "Use one of: graduated, volume."

    @pytest.mark.parametrize("kind", list(LineKind))
    def test_every_kind_of_line_is_found_by_its_own_word(self, kind: LineKind) -> None:
        assert option(LineKind)(kind.value.upper()) is kind  # type: ignore[operator]

    def test_an_option_becomes_a_member(self) -> None:
        assert option(Proration)("Months") is Proration.MONTHS  # type: ignore[operator]
        assert refused(option(Proration), "weeks").todo == "Use one of: days, months, none."


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("device", UnitKind.DEVICE), ("Devices", UnitKind.DEVICE), ("printer", UnitKind.DEVICE),
        ("machine", UnitKind.DEVICE), ("seat", UnitKind.SEAT), ("seats", UnitKind.SEAT), ("User", UnitKind.SEAT),
        ("users", UnitKind.SEAT), ("asset", UnitKind.ASSET), ("assets", UnitKind.ASSET), (" PC ", UnitKind.ASSET),
    ],
)  # fmt: skip
def test_words_for_what_a_contract_covers(word: str, kind: UnitKind) -> None:
    assert unit_kind(word) is kind


def test_a_word_for_no_unit_names_the_nearest_kind() -> None:
    assert refused(unit_kind, "devise").todo == "Is “device” meant?"
    assert refused(unit_kind, "qqq").todo == "Use one of: device, seat, asset."


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("1500", {"": "1500"}),
        ("mono=1200 colour=300", {"mono": "1200", "colour": "300"}),
        ("mono=1200;colour=300", {"mono": "1200", "colour": "300"}),
        ("mono=1200;  colour=0.5", {"mono": "1200", "colour": "0.5"}),
        ("1500 colour=300", {"": "1500", "colour": "300"}),
        ("a=b=3", {"a=b": "3"}),
        ("mono=1,234,567", {"mono": "1234567"}),
        ("", {}),
    ],
)
def test_monthly_volumes_by_meter(cell: str, found: dict[str, str]) -> None:
    assert volumes(cell) == {meter: Decimal(amount) for meter, amount in found.items()}


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("=300", "volume"),
        ("mono=1 mono=2", "volume"),
        ("100 200", "volume"),
        ("mono=", "not-a-number"),
        ("mono=many", "not-a-number"),
        ("mono=-5", "number-negative"),
        ("mono=1,234", "number-ambiguous"),
        ("mono=1E+05", "number-scientific"),
    ],
)
def test_what_is_no_monthly_volume(cell: str, code: str) -> None:
    assert refused(volumes, cell).code == code


@pytest.mark.parametrize(
    ("value", "code"), [("EUR", "EUR"), ("usd", "USD"), (" chf ", "CHF"), ("Gbp", "GBP")]
)
def test_currencies_by_their_code(value: str, code: str) -> None:
    assert currency_code(value) == code


@pytest.mark.parametrize("value", ["", "€", "EURO", "US", "U$D", "E R", "éur", "123"])
def test_what_is_no_currency_code(value: str) -> None:
    problem = refused(currency_code, value)
    assert (problem.code, problem.todo) == ("currency", "Write an ISO code such as USD or EUR.")


def test_time_zones_by_their_name() -> None:
    assert zone_key(" Europe/Berlin ") == "Europe/Berlin"
    assert refused(zone_key, "Berlin").code == "time-zone"
    assert refused(zone_key, "../etc/passwd").code == "time-zone"


class TestIds:
    @pytest.mark.parametrize("value", ["C-1", "Müller & Söhne/7", "客户 1", "x" * 140])
    def test_any_printable_text_of_fair_length_is_one(self, value: str) -> None:
        assert identifier(f" {value} ") == value

    @pytest.mark.parametrize("value", ["", "   ", "x" * 141, "a\tb", "a\nb", "a\x00b", "a\u200bb"])
    def test_no_empty_endless_or_invisible_ones(self, value: str) -> None:
        problem = refused(identifier, value)
        assert problem.code == "id"
        assert problem.message.isprintable()  # what is invisible must be seen in the report
