"""The short texts in contract rows: ``mono``, ``a4=1, a3=2``, ``mono=8000``."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation


def parse_terms(text: str | None, default: str | None = None) -> dict[str, Decimal]:
    """``a4=1, a3=2`` -> {"a4": 1, "a3": 2}; a name alone gets `default`.

    Raises:
        ValueError: a part without a name, a number that is none, a name given twice; the message names the part.
    """
    found: dict[str, Decimal] = {}
    for part in (text or "").replace("\n", ",").replace(";", ",").split(","):
        if not part.strip():
            continue
        name, equals, number = (piece.strip() for piece in part.partition("="))
        if not name or (equals and not number) or (not equals and default is None):
            raise ValueError(f"{part.strip()!r} is not of the form name=number")
        if name in found:
            raise ValueError(f"{name!r} is given twice")
        try:
            found[name] = Decimal(number or default or "")
        except InvalidOperation as error:
            raise ValueError(
                f"{number!r} in {part.strip()!r} is not a number with a decimal point"
            ) from error
    return found


def parse_names(text: str | None) -> tuple[str, ...]:
    """``floor, desk`` -> ("floor", "desk")."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def exact(value: float | int | str | None, decimals: int = 9) -> Decimal:
    """The Decimal that a field shows: Frappe keeps decimals in the database and hands out floats.

    A float of up to 15 significant digits gives back the digits that were typed.
    """
    number = Decimal(str(value or 0))
    rounded = round(number, decimals)
    return rounded.normalize() if rounded else Decimal(0)
