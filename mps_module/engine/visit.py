"""A technician's visit as times: what of it was work, and how its travel counts (domain: section 4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

TRIP, HOUR, DISTANCE = "Trip", "Hour", "Distance"
"""How a firm counts travel."""
HUNDREDTH = Decimal("0.01")
SECONDS_AN_HOUR = 3600

Pause = tuple[datetime, datetime]


def worked(arrived: datetime, left: datetime, pauses: Iterable[Pause] = ()) -> timedelta:
    """Time on the spot without pauses. Pauses may overlap, or reach beyond the visit: no second is taken off twice.

    Raises:
        ValueError: the visit, or a pause, ends before it begins.
    """
    if left < arrived:
        raise ValueError("The visit ends before it begins.")
    off = timedelta()
    counted = arrived
    for begin, end in sorted(pauses):
        if end < begin:
            raise ValueError("A pause ends before it begins.")
        begin, end = max(begin, counted), min(end, left)
        if end > begin:
            off += end - begin
            counted = end
    return left - arrived - off


def hours(span: timedelta) -> Decimal:
    """A span in hours, to the hundredth (36 seconds), half up."""
    return (Decimal(int(span.total_seconds())) / SECONDS_AN_HOUR).quantize(HUNDREDTH, ROUND_HALF_UP)


def travel(
    basis: str,
    set_out: datetime | None,
    arrived: datetime,
    distance: Decimal = Decimal(0),
    *,
    remote: bool = False,
) -> Decimal:
    """Trips, hours or distance that a visit's way there counts as. Who works remotely, travels not.

    Args:
        basis: TRIP, HOUR or DISTANCE. distance: in the firm's own unit.
    """
    if remote:
        return Decimal(0)
    if basis == DISTANCE:
        return distance
    if basis == HOUR:
        return hours(arrived - set_out) if set_out is not None and set_out < arrived else Decimal(0)
    return Decimal(1)
