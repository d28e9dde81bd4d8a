"""Which row names the columns, and which column wins."""

import pytest

from mps_module.readers.columns import CUSTOMER_FIELDS, READ_FIELDS, MeterNames
from mps_module.readers.header import Recogniser, needs
from mps_module.readers.settings import FileRule
from mps_module.readers.table import Broken, Formula


def header(*names, fields=READ_FIELDS, meters=("total", "mono"), prefix="", **columns):
    rule = FileRule("x", columns)
    recogniser = Recogniser(fields, needs(), rule, MeterNames(meters) if meters else None, prefix)
    return recogniser.header(1, names)


def test_places_of_fields_and_meters():
    found = header("Serial Number", "", "Reading Date", "Total", "B&W", "IP")
    assert found.at == {"serial": [0], "taken_at": [2]}
    assert found.meters == {"total": [3], "mono": [4]}
    assert found.unused == ["IP"]
    assert found.width == 6
    assert found.single


def test_the_better_known_name_wins_whichever_stands_first():
    for names in (("date", "taken_at"), ("taken_at", "date")):
        found = header(*names)
        assert found.at["taken_at"] == [names.index("taken_at")]
        assert found.unused == ["date"]


def test_the_same_name_twice_stays_twice():
    found = header("value", "Value", "meter")
    assert found.at["value"] == [0, 1]
    assert not found.single


def test_a_mapping_wins_over_names_and_may_leave_out():
    found = header("Total", "Clicks", "date", "Wann", Total="-", Clicks="total", Wann="taken_at")
    assert found.meters == {"total": [1]}
    assert found.at["taken_at"] == [3]
    assert found.unused == ["date"]


def test_a_mapping_may_name_a_meter_that_no_model_has():
    assert header("Zahl", Zahl="large").meters == {"large": [0]}


def test_prefixed_columns_are_kept_apart():
    found = header(
        "customer",
        "allowance: mono",
        "Allowance:x y",
        fields=CUSTOMER_FIELDS,
        meters=None,
        prefix="allowance:",
    )
    assert found.extra == {"mono": 1, "x y": 2}
    assert found.names["mono"] == "allowance: mono"


def test_trailing_blank_columns_do_not_count():
    assert header("device", "meter", "", "").width == 2


def test_names_may_be_numbers_dates_or_formulas():
    found = header("device", 5, None, Formula("=A1", "date"), 3.5)
    assert found.at == {"device": [0], "taken_at": [3]}
    assert found.unused == ["5", "3.5"]


def test_a_byte_order_mark_inside_is_ignored():
    assert header("\ufeffdevice").at == {"device": [0]}


@pytest.mark.parametrize(("titles", "found"), [(0, 1), (5, 6), (14, 15), (15, None)])
def test_titles_above_the_names(titles, found):
    rows = [(n + 1, ["Report", ""]) for n in range(titles)] + [(titles + 1, ["device", "meter"])]
    recogniser = Recogniser(READ_FIELDS, needs("device", "meter"), FileRule("x"))
    header = recogniser.find(iter(rows))
    assert (header.row if header else None) == found


def test_broken_rows_are_no_header():
    rows = iter([(1, Broken("quote-open", "m", "t", "x")), (2, ["device"])])
    found = Recogniser(READ_FIELDS, needs("device"), FileRule("x")).find(rows)
    assert found is not None
    assert found.row == 2
