"""Meter Read Import: a file into the ledger, in the background, in lots, once, and again from where it stopped.

A lot holds whole devices, since the rows of a device are judged together. The lot, the counts and the name of the last
device that is done are committed as one; a worker that is killed loses the lot that it was at, and the next one
starts behind the last that was kept. Two workers at one import: the second finds the first one's lock, then its work.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import frappe
from frappe import _
from frappe.utils import add_to_date, now_datetime
from frappe.utils.background_jobs import is_job_enqueued

from mps_module.fleet.clock import site_zone
from mps_module.fleet.fleet import Fleet
from mps_module.fleet.intake import enter
from mps_module.fleet.ledger import NO_LIMIT
from mps_module.fleet.read_file import FileRows, read_file, settings_of
from mps_module.fleet.rows import Incoming

DOCTYPE = "Meter Read Import"
LOT = 5_000  # readings in one transaction
BEGUN = "\t"  # position before the first device: refused rows are in quarantine
DONE = "\uffff"
STALE_MINUTES = 15
COUNTS = ("accepted", "flagged", "quarantined", "duplicate")


def job_id(name: str) -> str:
    return f"mps-meter-read-import-{name}"


def start(name: str) -> bool:
    """Queue an import (again). Returns False where it is queued or running already."""
    frappe.db.set_value(DOCTYPE, name, "status", "Queued")
    job = frappe.enqueue(
        "mps_module.fleet.importer.run",
        queue="long",
        timeout=4 * 3600,
        job_id=job_id(name),
        deduplicate=True,
        enqueue_after_commit=True,
        name=name,
    )
    return job is not None or not is_job_enqueued(job_id(name))


def resume_stopped() -> None:
    """Hourly: take up imports whose worker is gone."""
    limit = add_to_date(now_datetime(), minutes=-STALE_MINUTES)
    for name in frappe.get_all(
        DOCTYPE,
        {"status": ["in", ["Queued", "Running"]], "modified": ["<", limit]},
        pluck="name",
        order_by="creation",
        limit=100,
    ):
        if not is_job_enqueued(job_id(name)):
            start(name)


def run(name: str) -> None:
    """The job: import what is left of a file. A failure is noted on the import and logged; it can be started again."""
    try:
        _Import(name).run()
    except Exception:
        frappe.db.rollback()
        frappe.db.set_value(
            DOCTYPE,
            name,
            {"status": "Failed", "log": _("Stopped: {0}").format(frappe.get_traceback().splitlines()[-1])},
        )
        frappe.log_error(title=f"Meter Read Import {name}", reference_doctype=DOCTYPE, reference_name=name)
        frappe.db.commit()
        raise


@dataclass(slots=True)
class _Lot:
    rows: list[Incoming]
    position: str  # after it


class _Import:
    def __init__(self, name: str) -> None:
        self.name = name
        self.doc: Any = frappe.get_doc(DOCTYPE, name)
        self.began = time.monotonic()
        self.spent = float(self.doc.seconds or 0)

    def run(self) -> None:
        if frappe.db.get_value(DOCTYPE, self.name, "status", for_update=True) == "Completed":
            frappe.db.rollback()
            return
        path = file_path(self.doc.file)
        digest = sha256(path.read_bytes()).hexdigest()
        if self.doc.position and self.doc.file_digest != digest:
            frappe.throw(_("The file is not the one that this import was started with. Make a new import."))
        self._note(status="Running", file_digest=digest)
        frappe.db.commit()
        settings = settings_of(self.doc)
        fleet = Fleet.whole()
        found = read_file(path, path.name, settings, fleet)
        self._note(rows_received=found.received, log="\n".join(found.notes))
        if not self.doc.position:
            frappe.db.set_value(DOCTYPE, self.name, "quarantined", found.unread, update_modified=False)
        frappe.db.commit()
        position = self.doc.position or ""
        done, total = 0, max(found.received, 1)
        for lot in self._lots(found, fleet, position):
            if not self._take(lot, fleet, position):
                return
            position = lot.position
            done += len(lot.rows)
            self._progress(done, total)
        self._finish(found)

    def _lots(self, found: FileRows, fleet: Fleet, position: str) -> Iterator[_Lot]:
        """What is left behind `position`, the refused rows first, then whole devices in order of their names."""
        if not position:
            rows = [*found.refused]
            for start_at in range(0, len(rows), LOT):
                last = start_at + LOT >= len(rows)
                yield _Lot(rows[start_at : start_at + LOT], BEGUN if last else f"\b{start_at + LOT:09d}")
        elif position < BEGUN:
            skip = int(position[1:])
            rows = found.refused[skip:]
            for start_at in range(0, len(rows), LOT):
                last = start_at + LOT >= len(rows)
                yield _Lot(
                    rows[start_at : start_at + LOT], BEGUN if last else f"\b{skip + start_at + LOT:09d}"
                )
        aside = self._put_aside() if position else frozenset()
        zone = site_zone()
        lot: list[Incoming] = []
        last_device = ""
        for device, raw in found.in_order():
            if device <= position:
                continue
            lot += (row for row in found.incoming(device, raw, zone) if (row.file, row.row_no) not in aside)
            last_device = device
            if len(lot) >= LOT:
                yield _Lot(_checked(lot, fleet), device)
                lot = []
        if lot:
            yield _Lot(_checked(lot, fleet), last_device)

    def _put_aside(self) -> frozenset[tuple[str, int]]:
        """Rows that this import put into quarantine before it stopped, though their device is known by now."""
        rows = frappe.get_all(
            "Meter Read Quarantine",
            {"batch": self.name, "device": ["is", "not set"]},
            ["file", "row_no"],
            order_by="name",
            limit=NO_LIMIT,
        )
        return frozenset((row.file, row.row_no) for row in rows)

    def _take(self, lot: _Lot, fleet: Fleet, position: str) -> bool:
        """Enter one lot and commit it. False: another worker has gone on with this import."""
        for attempt in (1, 2):
            kept = frappe.db.get_value(
                DOCTYPE,
                self.name,
                ["position", "seconds", *COUNTS[:3], "duplicates"],
                as_dict=True,
                for_update=True,
            )
            if (kept.position or "") != position:
                frappe.db.rollback()
                return False
            try:
                counts = enter(lot.rows, fleet, batch=self.name).counts
            except frappe.UniqueValidationError:
                frappe.db.rollback()  # somebody sent the same readings: look again, they are duplicates now
                if attempt == 2:
                    raise
                continue
            break
        self._note(
            position=lot.position,
            accepted=kept.accepted + counts["accepted"],
            flagged=kept.flagged + counts["flagged"],
            quarantined=kept.quarantined + counts["quarantined"],
            duplicates=kept.duplicates + counts["duplicate"],
            seconds=self._seconds(),
        )
        frappe.db.commit()
        return True

    def _seconds(self) -> float:
        return round(self.spent + time.monotonic() - self.began, 2)

    def _progress(self, done: int, total: int) -> None:
        percent = min(100.0, 100.0 * done / total)
        frappe.db.set_value(DOCTYPE, self.name, "progress", percent, update_modified=False)
        frappe.publish_progress(
            percent,
            title=_("Importing reads"),
            doctype=DOCTYPE,
            docname=self.name,
            description=_("{0} of {1}").format(f"{done:,}", f"{total:,}"),
        )

    def _finish(self, found: FileRows) -> None:
        kept = frappe.get_doc(DOCTYPE, self.name)
        counted = kept.accepted + kept.flagged + kept.quarantined + kept.duplicates
        problem = ""
        if found.unread == found.received and not found.reads:
            problem = _("No row of the file was taken.")
        elif counted != found.received:
            problem = _(
                "{0} readings came in, {1} are accounted for: the fleet was changed meanwhile. Import again."
            ).format(found.received, counted)
        self._note(
            status="Failed" if problem else "Completed",
            progress=100,
            position=None if problem and not found.reads else DONE,
            seconds=self._seconds(),
            log="\n".join([*([problem] if problem else []), *found.notes]),
        )
        frappe.db.commit()
        frappe.publish_realtime("mps_import_done", {"name": self.name}, doctype=DOCTYPE, docname=self.name)

    def _note(self, **values: Any) -> None:
        frappe.db.set_value(DOCTYPE, self.name, values)


def _checked(rows: list[Incoming], fleet: Fleet) -> list[Incoming]:
    """Rows of a meter that the site does not have are put aside."""
    for row in rows:
        if row.meter not in fleet.meter_keys:
            row.problem = (
                "meter-unknown",
                _("There is no meter {0}.").format(repr(row.meter)),
                _("Choose the meter."),
            )
            row.meter_text, row.meter = row.meter, ""
    return rows


def file_path(url: str) -> Path:
    """Where an attached file lies.

    Raises:
        frappe.DoesNotExistError: no such File.
    """
    name = frappe.db.get_value("File", {"file_url": url}, "name", order_by="creation desc")
    if not name:
        raise frappe.DoesNotExistError(_("The file {0} is not here").format(url))
    return Path(frappe.get_doc("File", name).get_full_path())
