"""Which of a device's meters count its pages, and which of them its colour pages: each page once."""

from __future__ import annotations

from collections.abc import Iterable

from mps_module.engine.meter_names import is_colour, is_mono, is_total

ASIDE = ("scan", "fax", "copy", "print", "duplex", "sheet")
"""Meters of these names count work, sides or sheets that the page meters count as well."""
LARGE = ("a3", "a4", "large", "small")


def page_meters(real: Iterable[str]) -> tuple[str, ...]:
    """Meters whose sum is the device's pages.

    Args:
        real: keys of the counters that are read, not computed, in the order of the model.

    Returns:
        the mono and colour counters, whole ones before their parts by size; else the total; else what is left.
    """
    keys = [key for key in dict.fromkeys(real) if not any(word in key.lower() for word in ASIDE)]
    kinds = [key for key in keys if is_mono(key) or is_colour(key)]
    whole = [key for key in kinds if not any(word in key.lower() for word in LARGE)]
    totals = [key for key in keys if is_total(key)]
    if any(map(is_mono, whole)):
        return tuple(whole)
    if totals:
        return tuple(totals[:1])
    if kinds:
        return tuple(whole or kinds)
    return tuple(key for key in keys if not any(word in key.lower() for word in LARGE)) or tuple(keys)


def colour_meters(real: Iterable[str]) -> tuple[str, ...]:
    """The counters of colour pages: those of the page meters, else any (beside a total)."""
    keys = list(dict.fromkeys(real))
    found = tuple(key for key in page_meters(keys) if is_colour(key))
    if found:
        return found
    others = [key for key in keys if is_colour(key) and not any(word in key.lower() for word in ASIDE)]
    whole = [key for key in others if not any(word in key.lower() for word in LARGE)]
    return tuple(whole or others)


def meters_of_supply(supply: str, real: Iterable[str]) -> tuple[str, ...]:
    """The meters that use up a supply: cyan, magenta and yellow go with colour pages, all else with every page."""
    keys = list(real)
    if supply.split(" ")[-1] in ("cyan", "magenta", "yellow"):
        return colour_meters(keys) or page_meters(keys)
    return page_meters(keys)
