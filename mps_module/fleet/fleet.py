"""Which device a row means: by our own id, by its asset tag, by its serial number (domain: section 1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import frappe
from frappe import _
from frappe.query_builder import DocType
from pypika.terms import Criterion

from mps_module.engine.meters import Device
from mps_module.engine.serials import SerialIndex
from mps_module.fleet.ledger import NO_LIMIT, devices_of
from mps_module.readers.columns import MeterNames


def serial_key(serial: str | None) -> str:
    """A serial number as it is searched: without blanks and letter case."""
    return "".join((serial or "").split()).casefold()


class Fleet:
    """Some or all devices of the site, found by whatever a row calls them.

    Attributes:
        devices: name -> the engine's device.
        meters: words for meters -> keys of MPS Meter Type.
    """

    def __init__(
        self, devices: Mapping[str, Device], tags: Mapping[str, str], retired: Collection[str]
    ) -> None:
        self.devices = devices
        self._ids = {name.casefold(): name for name in devices}
        self._tags: defaultdict[str, list[str]] = defaultdict(list)
        for name, tag in tags.items():
            self._tags[tag.strip().casefold()].append(name)
        gone = frozenset(retired)
        self._serials = SerialIndex(device for name, device in devices.items() if name not in gone)
        self.meter_keys = frozenset(
            frappe.get_all("MPS Meter Type", pluck="name", order_by="name", limit=NO_LIMIT)
        )
        self.meters = MeterNames(self.meter_keys)

    @classmethod
    def whole(cls) -> Fleet:
        """All devices of the site, for an import."""
        rows = frappe.get_all(
            "MPS Device", fields=["name", "asset_tag", "status"], order_by="name", limit=NO_LIMIT
        )
        return cls._of(rows, None)

    @classmethod
    def named(
        cls, devices: Iterable[str], serials: Iterable[str] = (), customers: Collection[str] | None = None
    ) -> Fleet:
        """The devices that have one of these ids, tags or serial numbers.

        Args:
            customers: leave the devices of all other customers out, as if they did not exist; None: all customers.
        """
        ids = sorted({text.strip() for text in devices if text and text.strip()})
        keys = sorted({key for key in map(serial_key, serials) if key})
        table = DocType("MPS Device")
        wanted: list[Criterion] = []
        if ids:
            wanted += [table.name.isin(ids), table.asset_tag.isin(ids)]
        if keys:
            wanted.append(table.serial_key.isin(keys))
        if not wanted or (customers is not None and not customers):
            return cls({}, {}, ())
        query = (
            frappe.qb.from_(table)
            .select(table.name, table.asset_tag, table.status)
            .where(Criterion.any(wanted))
            .orderby(table.name)
            .limit(NO_LIMIT)
        )
        if customers is not None:
            query = query.where(table.customer.isin(sorted(customers)))
        rows = query.run(as_dict=True)
        return cls._of(rows, [row.name for row in rows])

    @classmethod
    def _of(cls, rows: list[frappe._dict], names: list[str] | None) -> Fleet:
        return cls(
            devices_of(names),
            {row.name: row.asset_tag for row in rows if (row.asset_tag or "").strip()},
            {row.name for row in rows if row.status == "Retired"},
        )

    def find(self, device: str, serial: str) -> tuple[str, str, str]:
        """(name of the device, "", "") or ("", code, message) where a row names none, none that is known, or several."""
        device = device.strip()
        if device:
            name = self._ids.get(device.casefold())
            if name is None:
                tagged = self._tags.get(device.casefold(), ())
                name = tagged[0] if len(tagged) == 1 else None
            if name is not None:
                return self._checked(name, serial)
            if not serial.strip():
                return "", "device-unknown", _("There is no device {0}.").format(repr(device))
        found = self._serials.resolve(serial)
        if found.device is None:
            return "", found.code, found.message
        return found.device.device, "", ""

    def _checked(self, name: str, serial: str) -> tuple[str, str, str]:
        """A row that names device and serial must mean one device; a blank, unknown or repeated serial says nothing."""
        if serial.strip():
            other = self._serials.resolve(serial).device
            if other is not None and other.device != name:
                return (
                    "",
                    "device-serial-differ",
                    _("Device {0} does not have the serial number {1}: {2} has.").format(
                        name, serial, other.device
                    ),
                )
        return name, "", ""

    def meter(self, text: str) -> str:
        """The key of the meter that `text` names; empty: none that the site has."""
        text = text.strip()
        if text in self.meter_keys:
            return text
        key = self.meters.key(text)
        return key if key in self.meter_keys else ""
