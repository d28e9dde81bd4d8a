"""How the supplies of devices stand: level, days left, cover of the page, spares on the shelf, open requests.

For a fleet in a constant number of queries a lot of devices. `levels_of` is the short form for one device.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import frappe
from frappe.query_builder import DocType

from mps_module.engine import toner
from mps_module.engine.supply_levels import Run, runs, supply_key
from mps_module.engine.toner import Basis, Outlook
from mps_module.engine.toner_guard import Facts, Rules
from mps_module.fleet import clock
from mps_module.fleet.ledger import NO_LIMIT, chunks
from mps_module.service.clicks import Clicks
from mps_module.service.toner_levels import Key, load_levels

LOT = 200
"""Devices whose levels are held in memory at once."""
SLACK = timedelta(days=1)
"""Levels and counters are seldom told at the very same moment."""
OPEN = ("Held Back", "Approved", "Ordered")
ON_THE_WAY = ("Sent", "Fitted")


@dataclass(frozen=True, slots=True)
class Supply:
    """A supply of a model. `toners`: how many of it are in one device."""

    key: str
    item: str
    item_name: str
    colour: str
    yield_pages: int
    toners: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A request of a device: its state, when it was sent and fitted (as the site keeps times)."""

    name: str
    status: str
    qty: int
    sent_at: datetime | None
    fitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """One supply of one device. `supply`: None where the model does not list it. `request`: the open one."""

    device: str
    key: str
    supply: Supply | None
    outlook: Outlook | None
    runs: tuple[Run, ...] = ()
    fill: Decimal | None = None
    spares: int = 0
    request: str = ""
    status: str = ""

    @property
    def facts(self) -> Facts:
        """What the guard looks at."""
        return Facts(self.outlook, self.spares, self.fill)


def settings() -> Any:
    return frappe.get_cached_doc("MPS Service Settings")


def rules() -> Rules:
    """The guard's limits, of MPS Service Settings."""
    own = settings()
    return Rules(
        own.toner_days_ahead or 0, Decimal(str(own.toner_fill_percent or 0)), own.early_swap_percent or 0
    )


def levels_of(device: str) -> list[dict[str, Any]]:
    """The supplies of one device: [{supply, colour, item, item_name, level, state, taken_at, days_left, empty_on, request}].

    `level` is None where the device knows no percentage, `days_left` where no pace is known. `taken_at` as the site keeps it.
    """
    zone = clock.site_zone()
    today = clock.now(zone).date()
    return [
        {
            "supply": one.key,
            "colour": one.supply.colour if one.supply else one.key,
            "item": one.supply.item if one.supply else None,
            "item_name": one.supply.item_name if one.supply else "",
            "level": one.outlook.level,
            "state": one.outlook.state.value,
            "taken_at": clock.stored(one.outlook.taken_at, zone),
            "days_left": one.outlook.days_left,
            "empty_on": one.outlook.empty_on(today),
            "request": one.request,
        }
        for one in standings([device])
        if one.outlook is not None
    ]


def standings(devices: Iterable[str], now: datetime | None = None) -> Iterator[Standing]:
    """Every supply that is in the models or was ever told, device by device. Queries: constant for LOT devices."""
    moment = now or clock.now()
    for names in chunks(sorted(set(devices)), LOT):
        yield from _lot(names, moment)


def _lot(names: list[str], now: datetime) -> Iterator[Standing]:
    levels = load_levels(names, clock.stored(now, clock.site_zone()) - timedelta(days=400))
    found = {key: runs(rows) for key, rows in levels.items()}
    models = supplies_by_device(names)
    requests = requests_of(names)
    keys: dict[str, list[str]] = {name: list(models.get(name, ())) for name in names}
    for device, supply in levels:
        if supply not in keys[device]:
            keys[device].append(supply)
    clicks = Clicks.of(names, now)
    for device in names:
        for key in keys[device]:
            yield _standing(
                device,
                key,
                models.get(device, {}).get(key),
                found.get((device, key), []),
                requests,
                clicks,
                now,
            )


def _standing(
    device: str,
    key: str,
    supply: Supply | None,
    found: list[Run],
    requests: Mapping[Key, list[Sent]],
    clicks: Clicks,
    now: datetime,
) -> Standing:
    own = requests.get((device, key), [])
    zone = clock.site_zone()
    click_pace = None
    if supply and found and toner.pace_of(found).basis is Basis.NONE:  # only then are clicks asked
        click_pace = toner.by_clicks(clicks.daily(device, key) or 0.0, supply.yield_pages, supply.toners)
    sent = [(clock.aware(one.sent_at, zone), one.qty) for one in own if one.sent_at]
    told = [clock.aware(one.fitted_at, zone) for one in own if one.fitted_at]
    # A refill that was seen and the request that was closed by it are the same event: the refills count, else the word.
    fitted = toner.refills(found) or told
    spares = sum(one.qty for one in own if one.status == "Sent")
    spares = min(spares, toner.spares(sent, fitted)) if toner.refills(found) else spares
    open_one = next((one for one in own if one.status in OPEN), None)
    return Standing(
        device,
        key,
        supply,
        toner.outlook((), now, click_pace, found),
        tuple(found),
        _fill(device, key, supply, found, own, spares, clicks, now) if supply else None,
        spares,
        open_one.name if open_one else "",
        open_one.status if open_one else "",
    )


def _fill(
    device: str,
    key: str,
    supply: Supply,
    found: list[Run],
    own: list[Sent],
    spares: int,
    clicks: Clicks,
    now: datetime,
) -> Decimal | None:
    """Cover of the page: since the last refill by levels, else since the last one that was sent and fitted."""
    read = clicks.span(device, key)
    if read is None:
        return None
    run = watched(found[-1], *read) if found else None
    used = toner.toners_used([run]) if run else None
    if run is not None and used is not None:
        rows = run.measured
        pages = clicks.between(device, key, rows[0].taken_at, rows[-1].taken_at)
        return toner.fill_percent(supply.yield_pages, used * supply.toners, pages or 0)
    last = max((one for one in own if one.sent_at), key=lambda one: one.sent_at, default=None)
    if last is None or spares:
        return None
    since = clock.aware(last.fitted_at or last.sent_at, clock.site_zone())
    pages = (clicks.between(device, key, since, now) or 0) + _unread(device, key, read[1], since, now, clicks)
    return toner.fill_percent(supply.yield_pages, last.qty, pages)


def watched(run: Run, first: datetime, last: datetime) -> Run:
    """The part of a run in which the counters were read too, give or take SLACK: use without its clicks would look like a
    black page."""
    kept = tuple(level for level in run.levels if first - SLACK <= level.taken_at <= last + SLACK)
    return Run(kept, run.refilled, run.left_before)


def _unread(device: str, key: str, last: datetime, since: datetime, now: datetime, clicks: Clicks) -> int:
    """Clicks that are expected where the counters have not been read yet."""
    begun = max(last, since)
    days = (now - begun).days
    return round(clicks.expected(device, begun.date(), days, key) or 0) if days > 0 else 0


def supplies_by_device(devices: Sequence[str]) -> dict[str, dict[str, Supply]]:
    """{device: {key of the supply: Supply}} by the models. One query."""
    device, row, item = DocType("MPS Device"), DocType("MPS Model Supply"), DocType("Item")
    rows = (
        frappe.qb.from_(device)
        .join(row)
        .on((row.parent == device.device_model) & (row.parenttype == "MPS Device Model"))
        .left_join(item)
        .on(item.name == row.item)
        .select(device.name, row.item, item.item_name, row.colour, row.yield_pages, row.quantity)
        .where(device.name.isin(list(devices)))
        .orderby(device.name, row.idx)
        .limit(NO_LIMIT)
        .run()
    )
    found: defaultdict[str, dict[str, Supply]] = defaultdict(dict)
    for name, code, title, colour, pages, quantity in rows:
        # A drum that is listed as black is not the black toner: its name decides first.
        named = supply_key(f"{title or code} {colour or ''}")
        key = named if " " in named or not colour else supply_key(colour)
        found[name].setdefault(key, Supply(key, code, title or code, colour or "", pages or 0, quantity or 1))
    return dict(found)


def requests_of(devices: Sequence[str]) -> dict[Key, list[Sent]]:
    """Requests by device and supply, oldest first; refused ones left out. One query."""
    rows = frappe.get_all(
        "MPS Supply Request",
        {"device": ["in", list(devices)], "status": ["in", [*OPEN, *ON_THE_WAY]]},
        ["name", "device", "supply", "status", "qty", "sent_at", "fitted_at"],
        order_by="creation, name",
        limit=NO_LIMIT,
    )
    found: defaultdict[Key, list[Sent]] = defaultdict(list)
    for row in rows:
        found[row.device, row.supply].append(
            Sent(row.name, row.status, row.qty or 1, row.sent_at, row.fitted_at)
        )
    return dict(found)
