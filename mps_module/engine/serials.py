"""From serial numbers to devices. A serial is no safe key: dealers have blank and double ones (domain: section 1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mps_module.engine.meters import Device
from mps_module.engine.reads import Judgement, Read, Verdict


@dataclass(frozen=True, slots=True)
class Resolution:
    """The device that a serial number stands for; without one, why not and which ones it could be."""

    serial: str
    device: Device | None = None
    code: str = ""
    message: str = ""
    candidates: tuple[str, ...] = ()

    def refusal(self, read: Read) -> Judgement:
        """The verdict on a read that came in under a serial number that is no single device's."""
        return Judgement(read, Verdict.QUARANTINED, self.code, self.message)


class SerialIndex:
    """Devices by serial number, letter case and blanks aside."""

    def __init__(self, devices: Iterable[Device] | Mapping[str, Device]):
        self._devices: defaultdict[str, list[Device]] = defaultdict(list)
        for device in devices.values() if isinstance(devices, Mapping) else devices:
            key = _serial_key(device.serial)
            if key:
                self._devices[key].append(device)

    def resolve(self, serial: str) -> Resolution:
        """The one device of this serial number, or why there is none."""
        key = _serial_key(serial)
        if not key:
            return Resolution(serial, None, "serial-blank", "The row names neither device nor serial number.")
        found = self._devices.get(key, [])
        if len(found) == 1:
            return Resolution(serial, found[0])
        if not found:
            return Resolution(serial, None, "serial-unknown", f"No device has the serial number {serial!r}.")
        ids = tuple(sorted(device.device for device in found))
        message = f"{len(ids)} devices have the serial number {serial!r}: {', '.join(ids)}. Name the device instead."
        return Resolution(serial, None, "serial-ambiguous", message, ids)


def resolve(serial: str, devices: Iterable[Device] | Mapping[str, Device]) -> Resolution:
    """`SerialIndex.resolve` for a single look-up; build the index once for a file."""
    return SerialIndex(devices).resolve(serial)


def _serial_key(serial: str) -> str:
    return "".join(serial.split()).casefold()
