"""Every alias of docs/files.md end to end: a file whose column is called so gives the right read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.readers.folders import load, values

DOCS = (Path(__file__).parents[3] / "docs" / "files.md").read_text(encoding="utf-8")
FLEET = "device,serial,model\nD-2,SN200,\n"


def names_of(field: str) -> list[str]:
    """The names in the documentation's row of a field, the field itself first."""
    row = re.search(rf"^\| `{field}` \|[^|]*\|(.*)\|$", DOCS, re.MULTILINE)
    assert row is not None, field
    return [field, *re.findall(r"`([^`]+)`", row[1])]


def loaded(tmp_path, content: str):
    files = {"models.csv": None, "fleet.csv": FLEET, "covers.csv": None, "contracts/c1.yaml": None}
    return load(tmp_path, {**files, "reads/x.csv": content})


METERS = ("total", "mono", "colour", "a3", "mono_a4", "mono_a3", "colour_a4", "colour_a3", "scan", "fax", "duplex", "copy",
          "print")  # fmt: skip


@pytest.mark.parametrize("meter", METERS)
def test_every_name_of_a_meter_gives_its_read(tmp_path, meter):
    for number, name in enumerate(names_of(meter)):
        data = loaded(tmp_path / str(number), f"device\tdate\t{name}\nD-2\t2026-01-31\t{4000 + number}\n")
        assert values(data, "D-2", meter) == [4000 + number], name
        data.close()


@pytest.mark.parametrize("field", ["device", "serial"])
def test_every_name_of_the_device_finds_it(tmp_path, field):
    for number, name in enumerate(names_of(field)):
        key = "D-2" if field == "device" else "sn200"
        data = loaded(tmp_path / str(number), f"{name}\tdate\ttotal\n{key}\t2026-01-31\t{number}\n")
        assert values(data, "D-2", "total") == [number], name
        data.close()


def test_every_name_of_the_time_is_the_time(tmp_path):
    for number, name in enumerate([*names_of("taken_at"), *names_of("time")]):
        data = loaded(tmp_path / str(number), f"device\t{name}\ttotal\nD-2\t2026-01-31T08:00Z\t7\n")
        assert [j.read.taken_at.isoformat() for j in data.judgements("D-2")] == [
            "2026-01-31T03:00:00-05:00"
        ], name
        data.close()


@pytest.mark.parametrize("field", ["meter", "value"])
def test_every_name_of_a_long_rows_columns(tmp_path, field):
    for number, name in enumerate(names_of(field)):
        head = {"meter": "meter", "value": "value", field: name}
        content = f"device\tdate\t{head['meter']}\t{head['value']}\nD-2\t2026-01-31\tB&W\t{900 + number}\n"
        data = loaded(tmp_path / str(number), content)
        assert values(data, "D-2", "mono") == [900 + number], name
        data.close()
