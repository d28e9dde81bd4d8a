"""Lines of parts as a phone sends them -> checked lines that can be booked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from frappe import _
from frappe.utils import flt

from mps_module.stock import levels
from mps_module.stock.answers import Conflict, Refused
from mps_module.stock.levels import EPSILON, ItemFacts

MOST_LINES = 500


@dataclass(frozen=True, slots=True)
class Line:
    """A part that moves. `row`: the row of a delivery that it comes from."""

    item: str
    qty: float
    serials: tuple[str, ...] = ()
    batch: str = ""
    row: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {"item": self.item, "qty": self.qty, "serials": list(self.serials), "batch": self.batch}


def number(value: Any, what: str) -> float:
    """A quantity of 0 or more. Raises Refused for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("payload", _("{0}: {1} is not a quantity.").format(what, repr(value)))
    if not 0 <= value < 1e9:
        raise Refused("payload", _("{0}: {1} is not a quantity that can be booked.").format(what, value))
    return flt(value, 9)


def texts(value: Any, what: str) -> tuple[str, ...]:
    """A list of texts, each once. Raises Refused for anything else."""
    if value in (None, ""):
        return ()
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Refused("payload", _("{0}: a list of serial numbers is expected.").format(what))
    found = tuple(each.strip() for each in value if each.strip())
    if len(set(found)) != len(found):
        raise Refused("payload", _("{0}: a serial number is named twice.").format(what))
    return found


def rows_of(payload: Mapping[str, Any], field: str = "items") -> list[dict[str, Any]]:
    """The list of objects that a payload must have. Raises Refused."""
    rows = payload.get(field)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise Refused("payload", _("No parts are named."))
    if len(rows) > MOST_LINES:
        raise Refused("payload", _("More than {0} lines at once.").format(MOST_LINES))
    return rows


def text(payload: Mapping[str, Any], field: str, *, required: bool = False, most: int = 500) -> str:
    """A text of the payload, cut to `most` characters. Raises Refused where it is not one, or is wanted and missing."""
    value = payload.get(field)
    if value is not None and not isinstance(value, str):
        raise Refused("payload", _("{0}: text is expected.").format(field))
    value = (value or "").strip()[:most]
    if required and not value:
        raise Refused("payload", _("{0} is missing.").format(field))
    return value


def read_lines(payload: Mapping[str, Any]) -> tuple[list[Line], dict[str, ItemFacts]]:
    """Lines with a quantity each, of items that are kept in stock. Raises Refused."""
    found = []
    for row in rows_of(payload):
        item = text(row, "item", required=True)
        serials = texts(row.get("serials"), item)
        qty = number(row.get("qty", len(serials) or None), item)
        if qty <= EPSILON:
            raise Refused("payload", _("{0}: the quantity must be above 0.").format(item))
        if serials and abs(qty - len(serials)) > EPSILON:
            raise Refused(
                "payload",
                _("{0}: {1} serial numbers for a quantity of {2:g}.").format(item, len(serials), qty),
            )
        found.append(Line(item, qty, serials, text(row, "batch"), text(row, "row")))
    facts = levels.item_facts(line.item for line in found)
    for line in found:
        check_item(line.item, line.qty, facts)
    named = Counter((line.item, serial) for line in found for serial in line.serials)
    if any(count > 1 for count in named.values()):
        raise Refused("payload", _("A serial number is named twice."))
    return found, facts


def check_item(item: str, qty: float, facts: Mapping[str, ItemFacts]) -> None:
    """Raises Refused for what cannot be booked at all."""
    fact = facts.get(item)
    if fact is None:
        raise Refused("item", _("There is no item {0}.").format(item))
    if not fact.is_stock:
        raise Refused("item", _("{0} is not kept in stock.").format(item))
    if fact.disabled:
        raise Refused("item", _("{0} is disabled.").format(item))
    if fact.whole and abs(qty - round(qty)) > EPSILON:
        raise Refused("item", _("{0} comes in whole {1}.").format(item, fact.uom))


def totals(lines: Iterable[Line]) -> dict[str, float]:
    found: defaultdict[str, float] = defaultdict(float)
    for line in lines:
        found[line.item] += line.qty
    return dict(found)


def take_from(
    warehouse: str, where: str, lines: Sequence[Line], facts: Mapping[str, ItemFacts]
) -> list[Line]:
    """Lines that can leave the warehouse as they are, with serials and batches settled.

    The caller holds the trunk's lock, so that nothing leaves between this look and the booking.

    Args:
        where: the place in the technician's words, such as "your trunk".

    Raises Conflict (short, serial, batch).
    """
    wanted = totals(lines)
    found = levels.bins([warehouse], list(wanted))
    short = [
        {"item": item, "wanted": qty, "available": max(0.0, have)}
        for item, qty in sorted(wanted.items())
        if qty > (have := found.get((item, warehouse), levels.NOTHING).on_hand) + EPSILON
    ]
    if short:
        raise Conflict("short", short_message(short, where), {"items": short})
    serial_items = [line.item for line in lines if facts[line.item].has_serial]
    batch_items = [line.item for line in lines if facts[line.item].has_batch]
    aboard = levels.serials([warehouse], serial_items) if serial_items else {}
    in_batch = levels.batches([warehouse], batch_items) if batch_items else {}
    settled: list[Line] = []
    for line in lines:
        fact = facts[line.item]
        if fact.has_serial:
            line = _with_serials(line, aboard.get((line.item, warehouse), []), where)
        if fact.has_batch:
            settled += _with_batch(
                line, in_batch.setdefault((line.item, warehouse), {}), where, fact.has_serial
            )
        else:
            settled.append(replace(line, batch=""))
    return settled


def short_message(short: Sequence[Mapping[str, Any]], where: str) -> str:
    """What is missing, in a sentence for each item."""
    found = []
    for row in short:
        if row["available"] <= EPSILON:
            found.append(_("{0}: none left on {1}.").format(row["item"], where))
        else:
            found.append(_("{0}: only {1:g} left on {2}.").format(row["item"], row["available"], where))
    return " ".join(found)


def _with_serials(line: Line, aboard: list[str], where: str) -> Line:
    if not line.serials:
        if len(aboard) == round(line.qty):  # all of them: nothing to choose
            return replace(line, serials=tuple(aboard))
        raise Conflict(
            "serial",
            _("{0}: choose the serial numbers.").format(line.item),
            {"items": [{"item": line.item, "serials": aboard}]},
        )
    gone = [serial for serial in line.serials if serial not in aboard]
    if gone:
        raise Conflict(
            "serial",
            _("{0}: {1} is not on {2}.").format(line.item, ", ".join(gone), where),
            {"items": [{"item": line.item, "serial": serial, "serials": aboard} for serial in gone]},
        )
    return line


def _with_batch(line: Line, left: dict[str, float], where: str, serialised: bool) -> list[Line]:
    """The line with its batch. What is taken is taken off `left`, so that two lines cannot take the same."""
    if serialised:
        return [line]  # the serial number knows its batch
    batch = line.batch
    if not batch:
        if len(left) != 1:
            raise Conflict(
                "batch",
                _("{0}: choose the batch.").format(line.item),
                {"items": [{"item": line.item, "batches": _told(left)}]},
            )
        batch = next(iter(left))
    have = left.get(batch, 0.0)
    if line.qty > have + EPSILON:
        raise Conflict(
            "batch",
            _("{0}: only {1:g} of batch {2} left on {3}.").format(line.item, have, batch, where),
            {"items": [{"item": line.item, "wanted": line.qty, "available": have, "batch": batch,
                        "batches": _told(left)}]},
        )  # fmt: skip
    left[batch] = have - line.qty
    return [replace(line, batch=batch)]


def _told(left: Mapping[str, float]) -> list[dict[str, Any]]:
    return [{"batch": batch, "qty": qty} for batch, qty in sorted(left.items())]
