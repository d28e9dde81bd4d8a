"""Moments of reading: aware in the engine, in the site's time zone and without an offset in the database."""

from __future__ import annotations

from datetime import datetime, timezone, tzinfo
from zoneinfo import ZoneInfo

from frappe.utils.data import get_system_timezone


def site_zone() -> ZoneInfo:
    """The zone in which Datetime fields of this site are kept."""
    return ZoneInfo(get_system_timezone())


def aware(stored: datetime, zone: tzinfo) -> datetime:
    """The moment of a stored time. Of an hour that the clock change made twice, the first one is taken."""
    return stored.replace(tzinfo=zone)


def stored(moment: datetime, zone: tzinfo) -> datetime:
    """The moment as the database keeps it; a moment without a zone is taken to be in the site's already."""
    if moment.tzinfo is None:
        return moment
    if moment.tzinfo is zone:
        return moment.replace(tzinfo=None, fold=0)
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def now(zone: tzinfo | None = None) -> datetime:
    """The present moment, aware."""
    return datetime.now(timezone.utc).astimezone(zone or site_zone())
