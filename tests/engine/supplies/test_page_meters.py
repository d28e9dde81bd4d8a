"""Which counters count a device's pages once, and which of them use up a colour."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mps_module.engine.page_meters import colour_meters, meters_of_supply, page_meters


@pytest.mark.parametrize(
    ("real", "pages", "colour"),
    [
        (["mono", "colour"], ("mono", "colour"), ("colour",)),
        (["total", "mono", "colour"], ("mono", "colour"), ("colour",)),
        (["total"], ("total",), ()),
        (["total", "colour"], ("total",), ("colour",)),
        (["mono", "colour", "a3", "scan", "fax", "duplex"], ("mono", "colour"), ("colour",)),
        (["mono_a4", "mono_a3", "colour_a4", "colour_a3"], ("mono_a4", "mono_a3", "colour_a4", "colour_a3"), ("colour_a4", "colour_a3")),
        (["mono", "mono_a3", "colour", "colour_a3"], ("mono", "colour"), ("colour",)),
        (["mono"], ("mono",), ()),
        (["labels"], ("labels",), ()),
        (["scan"], (), ()),
        ([], (), ()),
    ],
)  # fmt: skip
def test_each_page_once(real, pages, colour):
    assert page_meters(real) == pages
    assert colour_meters(real) == colour


@pytest.mark.parametrize(
    ("supply", "meters"),
    [
        ("black", ("mono", "colour")),
        ("cyan", ("colour",)),
        ("yellow", ("colour",)),
        ("drum magenta", ("colour",)),
        ("waste", ("mono", "colour")),
        ("", ("mono", "colour")),
    ],
)
def test_black_goes_with_every_page_and_the_others_with_colour(supply, meters):
    assert meters_of_supply(supply, ["mono", "colour"]) == meters


def test_colour_on_a_device_without_a_colour_counter_goes_with_all():
    assert meters_of_supply("cyan", ["total"]) == ("total",)


@given(st.lists(st.sampled_from(["mono", "colour", "total", "a3", "scan", "colour_a3", "mono_a4", "copy"])))
def test_only_what_is_there_and_each_once(real):
    found = page_meters(real)
    assert set(found) <= set(real) and len(found) == len(set(found))
    assert not {"total"} & set(found) or found == ("total",), "a total never beside its parts"
