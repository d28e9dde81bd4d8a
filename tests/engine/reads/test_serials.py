"""Serial numbers are no safe keys: blank, double, and written in many ways. And what a meter's name says."""

from __future__ import annotations

import pytest

from mps_module.engine.meter_names import is_colour, is_mono, is_total
from mps_module.engine.meters import Device
from mps_module.engine.reads import Verdict
from mps_module.engine.serials import SerialIndex, resolve
from tests.engine.reads.build import read

FLEET = [
    Device("D-1", serial="VNC3 R12345"),
    Device("D-3", serial="a1b2"),
    Device("D-2", serial="A1 B2"),
    Device("D-4", serial=""),
    Device("D-5", serial="   "),
    Device("D-6", serial="0012"),
]


@pytest.mark.parametrize(
    "written", ["VNC3 R12345", "vnc3r12345", " VNC3R12345 ", "V N C 3 r 1 2 3 4 5", "vnc3\tR12345"]
)
def test_letter_case_and_blanks_do_not_matter(written):
    found = SerialIndex(FLEET).resolve(written)
    assert (found.device.device, found.code, found.serial) == ("D-1", "", written)


@pytest.mark.parametrize("written", ["", " ", "\t\n"])
def test_a_blank_serial_is_nobodys_although_devices_have_none(written):
    found = SerialIndex(FLEET).resolve(written)
    assert (found.device, found.code, found.candidates) == (None, "serial-blank", ())


@pytest.mark.parametrize("written", ["12", "VNC3R1234", "VNC3-R12345"])
def test_an_unknown_serial_is_not_guessed_at(written):
    found = SerialIndex(FLEET).resolve(written)
    assert (found.device, found.code) == (None, "serial-unknown")
    assert repr(written) in found.message


def test_a_double_serial_names_all_that_it_could_be_in_order():
    found = SerialIndex(FLEET).resolve("A1B2")
    assert (found.device, found.code, found.candidates) == (None, "serial-ambiguous", ("D-2", "D-3"))
    assert found.message == "2 devices have the serial number 'A1B2': D-2, D-3. Name the device instead."


def test_a_mapping_of_devices_serves_as_well_as_a_list():
    assert resolve("0012", {each.device: each for each in FLEET}).device.device == "D-6"
    assert resolve("0012", []).code == "serial-unknown"


def test_a_row_that_cannot_be_placed_is_kept_aside_with_the_reason():
    row = read("2024-01-31", 100)
    found = SerialIndex(FLEET).resolve("a1b2").refusal(row)
    assert (found.verdict, found.code, found.read) == (Verdict.QUARANTINED, "serial-ambiguous", row)
    assert "D-2, D-3" in found.message


@pytest.mark.parametrize(
    ("meter", "sort"),
    [
        ("mono", "mono"), ("BW", "mono"), ("b/w", "mono"), ("k", "mono"), ("bw_a3", "mono"), ("B&W A4", "mono"),
        ("black_large", "mono"), ("totalBlack", "mono"), ("mono_colour_mode", "mono"),
        ("colour", "colour"), ("Color A3", "colour"), ("cmy", "colour"), ("total_colour", "colour"),
        ("total", "total"), ("LifeCount", "total"), ("total_a3", "total"),
        ("scan", ""), ("duplex", ""), ("a3", ""), ("fax_k", ""), ("", ""),
    ],
)  # fmt: skip
def test_what_a_meter_counts_by_its_name(meter, sort):
    """At most one sort each, or a click would be held for two."""
    said = [
        name for name, test in (("colour", is_colour), ("mono", is_mono), ("total", is_total)) if test(meter)
    ]
    assert said == ([sort] if sort else [])
