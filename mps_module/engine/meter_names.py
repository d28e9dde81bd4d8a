"""What a meter counts, by its key: colour, black, or both together."""

from __future__ import annotations

COLOUR_WORDS = ("colour", "color", "cmy")
MONO_WORDS = ("mono", "black", "b&w")
MONO_KEYS = frozenset({"bw", "b/w", "k"})
TOTAL_WORDS = ("total", "life")


def is_colour(meter: str) -> bool:
    """True for the key of a meter that counts colour only."""
    return any(word in meter.lower() for word in COLOUR_WORDS) and not is_mono(meter)


def is_mono(meter: str) -> bool:
    """True for the key of a meter that counts black only."""
    key = meter.lower()
    return key in MONO_KEYS or key.startswith("bw_") or any(word in key for word in MONO_WORDS)


def is_total(meter: str) -> bool:
    """True for the key of a meter that counts black and colour together."""
    return any(word in meter.lower() for word in TOTAL_WORDS) and not is_colour(meter) and not is_mono(meter)
