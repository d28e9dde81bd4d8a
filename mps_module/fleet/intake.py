"""The one way into the read ledger: desk, sheet, import, collector, portal and technician all come through here.

Every row gets one verdict of the engine and is then a Meter Read, a row of the quarantine, or a duplicate of what is
there already: accepted + flagged + quarantined + duplicate = rows received.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

import frappe
from frappe import _
from frappe.query_builder import DocType

from mps_module.engine.intake import judge
from mps_module.engine.reads import Judgement, Read, ReadSource, Verdict
from mps_module.fleet import clock, store
from mps_module.fleet.corrections import Corrections, corrections_in
from mps_module.fleet.fleet import Fleet
from mps_module.fleet.ledger import WITHDRAWN, reads_of
from mps_module.fleet.rows import TODO, Incoming, incoming_rows

DUPLICATE = Verdict.DUPLICATE
QUARANTINED = Verdict.QUARANTINED


@dataclass(slots=True)
class Outcome:
    """What became of one row. `read`: the Meter Read that it is or repeats; `quarantine`: where it waits."""

    verdict: Verdict
    code: str = ""
    message: str = ""
    read: str = ""
    quarantine: str = ""


@dataclass(slots=True)
class Entry:
    """What became of all rows, in their order. The counts add up to the rows received, always."""

    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """{"received", "accepted", "flagged", "quarantined", "duplicate"} -> rows."""
        seen = Counter([outcome.verdict for outcome in self.outcomes])
        return {"received": len(self.outcomes), **{verdict.value: seen[verdict] for verdict in Verdict}}


def enter_reads(
    rows: Iterable[Mapping[str, Any]],
    source: ReadSource | str,
    *,
    batch: str = "",
    customers: Collection[str] | None = None,
    now: datetime | None = None,
    keep_refused: bool = True,
    fresh: bool = False,
) -> Entry:
    """Enter readings. Rows that came in together are judged together; entering them again changes nothing.

    Args:
        rows: see `rows.incoming_rows`.
        source: who took them.
        batch: document or visit that brought them.
        customers: only devices of these customers exist for the sender; None: all.
        now: moment of entry, aware; None: the present.
        keep_refused: put refused rows into quarantine. False: only say why (for a form that its user still has open).
        fresh: this request has written nothing yet: look at the ledger as it is once its devices are locked, not as it
            was when the request began.

    Raises:
        frappe.UniqueValidationError: somebody else entered reads of the same devices at this very moment.
    """
    incoming, fleet = incoming_rows(rows, ReadSource(source), customers)
    return enter(incoming, fleet, batch=batch, now=now, keep_refused=keep_refused, fresh=fresh)


def enter(
    incoming: Sequence[Incoming],
    fleet: Fleet,
    *,
    batch: str = "",
    now: datetime | None = None,
    keep_refused: bool = True,
    fresh: bool = False,
) -> Entry:
    """`enter_reads` for rows that are typed already. A constant number of queries, however many rows there are."""
    zone = clock.site_zone()
    job = _Job(incoming, fleet, zone, now or clock.now(zone), fresh)
    outcomes = job.run()
    job.corrections.without_target(job.accepted, outcomes)
    store.insert_reads(job.accepted, batch)
    store.mark_superseded(job.accepted)
    if keep_refused:
        refused = [
            (row, out) for row, out in zip(incoming, outcomes, strict=True) if out.verdict is QUARANTINED
        ]
        store.quarantine(refused, batch, fleet)
        if job.accepted or any(out.verdict is DUPLICATE for out in outcomes):
            store.settle_open(incoming, outcomes)
    job.corrections.settle(incoming, outcomes)
    return Entry(outcomes)


def buffer() -> Decimal:
    """Share by which a read may exceed the expected volume before it is flagged (0.60: 60 %)."""
    percent = frappe.get_cached_doc("MPS Settings").buffer_percent
    return Decimal(str(60 if percent is None else percent)) / 100


def tolerated(source: ReadSource) -> timedelta:
    """How far ahead the clock of a collector may run."""
    if source is not ReadSource.COLLECTOR:
        return timedelta()
    return timedelta(hours=frappe.get_cached_doc("MPS Settings").collector_tolerance_hours or 0)


@dataclass(slots=True)
class _Job:
    """One lot of rows. `accepted`: (row, verdict, name, key, customer) of those that go into the ledger."""

    incoming: Sequence[Incoming]
    fleet: Fleet
    zone: tzinfo
    now: datetime
    fresh: bool = False
    accepted: list[store.Accepted] = field(default_factory=list)
    corrections: Corrections = field(default_factory=Corrections)

    def run(self) -> list[Outcome]:
        self.corrections = corrections_in(self.incoming)
        by_device: defaultdict[str, list[int]] = defaultdict(list)
        outcomes: list[Outcome | None] = [None] * len(self.incoming)
        for n, row in enumerate(self.incoming):
            if row.problem is None:
                by_device[row.device].append(n)
            else:
                outcomes[n] = Outcome(QUARANTINED, row.problem[0], row.problem[1])
        if by_device:
            self._judge_all(by_device, outcomes)
        return [outcome for outcome in outcomes if outcome is not None]

    def _judge_all(self, by_device: dict[str, list[int]], outcomes: list[Outcome | None]) -> None:
        names = sorted(by_device)
        if self.fresh and not frappe.flags.in_test:
            frappe.db.rollback()  # ends the look that this transaction took; the next one comes behind the lock
        store.lock_devices(names)
        ledger: defaultdict[str, list[Read]] = defaultdict(list)
        for read in reads_of(names):
            ledger[read.device].append(read)
        withdrawn = store.withdrawn_keys(names)
        places = store.Places.of(names, {name: self.fleet.devices[name].customer for name in names})
        new_name = store.read_names()
        share = buffer()
        ahead = {source: self.now + tolerated(source) for source in ReadSource}
        for device in names:
            numbers = by_device[device]
            ids = [new_name() for _ in numbers]
            reads = self._reads(numbers, ids, ledger[device])
            latest = ahead[self.incoming[numbers[0]].source]
            verdicts = judge(self.fleet.devices[device], reads, ledger[device], latest, self.zone, share)
            for n, name, verdict in zip(numbers, ids, verdicts, strict=True):
                outcomes[n] = self._settle(self.incoming[n], name, verdict, withdrawn, places, ledger[device])

    def _reads(self, numbers: list[int], ids: list[str], ledger: list[Read]) -> list[Read]:
        """The engine's reads of some rows. What a correction names becomes the name that it has here."""
        zone, incoming = self.zone, self.incoming
        names = dict(zip(numbers, ids, strict=True))
        found = []
        for n, name in names.items():
            row = incoming[n]
            wrong = self.corrections.rows.get(n)
            if wrong is not None:
                # Sent again, the row that it corrects stands in the ledger already.
                row.supersedes = _standing(incoming[wrong], ledger, zone) or names.get(wrong, "")
            elif n in self.corrections.waiting:
                row.supersedes = ""
            at = row.taken_at.replace(tzinfo=zone)
            found.append(
                Read(
                    row.device,
                    row.meter,
                    at,
                    row.value,
                    row.source,
                    row.kind,
                    name,
                    row.supersedes,
                    row.reason,
                )
            )
        return found

    def _settle(
        self,
        row: Incoming,
        name: str,
        judged: Judgement,
        withdrawn: Mapping[str, str],
        places: store.Places,
        ledger: list[Read],
    ) -> Outcome:
        verdict = judged.verdict
        if verdict is QUARANTINED:
            return Outcome(verdict, judged.code, judged.message)
        if verdict is DUPLICATE:
            return Outcome(verdict, judged.code, judged.message, _standing(row, ledger, self.zone))
        key = store.read_key(row)
        if withdrawn and key in withdrawn:
            return Outcome(DUPLICATE, "withdrawn", _("This very reading was withdrawn."), withdrawn[key])
        if row.remark is not None and verdict is Verdict.ACCEPTED:
            judged = Judgement(judged.read, Verdict.FLAGGED, *row.remark)
            verdict = judged.verdict
        customer = row.customer or places.customer(row.device, row.taken_at.date())
        self.accepted.append(store.Accepted(row, judged, name, key, customer))
        return Outcome(verdict, judged.code, judged.message, name)


def _standing(row: Incoming, ledger: list[Read], zone: tzinfo) -> str:
    """The read of the ledger that a duplicate repeats."""
    at = row.taken_at.replace(tzinfo=zone)
    same = [
        read.read_id
        for read in ledger
        if read.meter == row.meter and read.taken_at == at and read.value == row.value
    ]
    return same[-1] if same else ""


def supersede(
    read: str, value: int | str, reason: str, taken_at: datetime | str | None = None, kind: str = ""
) -> Outcome:
    """Replace a wrong read by a right one. The wrong one stays in the ledger, marked, with the reason.

    Raises:
        frappe.ValidationError: there is no reason, or the new value does not fit the reads around it.
    """
    old = frappe.get_doc("Meter Read", read)
    row = {
        "device": old.device,
        "meter": old.meter,
        "taken_at": taken_at or old.taken_at,
        "value": value,
        "kind": kind or old.kind,
        "supersedes": old.name,
        "reason": reason,
        "not_for_billing": old.not_for_billing,
    }
    outcome = enter_reads([row], ReadSource.STAFF, batch=old.batch or "", keep_refused=False).outcomes[0]
    if outcome.verdict is QUARANTINED:
        frappe.throw(_(outcome.message), title=_("Not superseded"))
    return outcome


def withdraw(read: str, reason: str) -> None:
    """Take a read that should never have been out of the count. It stays in the ledger, marked, with the reason.

    Raises:
        frappe.ValidationError: a bill rests on it, it was superseded, or there is no reason.
    """
    old = frappe.get_doc("Meter Read", read)
    if not (reason or "").strip():
        frappe.throw(_("A read can only be withdrawn with a reason."))
    if old.billed_in:
        frappe.throw(
            _("{0} rests on this read. It cannot be removed, only superseded, with a reason.").format(
                old.billed_in
            ),
            title=_("Billed"),
        )
    if old.superseded_by:
        frappe.throw(_("This read is superseded by {0} and does not count anyway.").format(old.superseded_by))
    store.lock_devices([old.device])
    problem = _broken_without(old)
    if problem:
        frappe.throw(problem, title=_("Not withdrawn"))
    table = DocType("Meter Read")
    frappe.qb.update(table).set(table.status, WITHDRAWN).set(table.reason, reason.strip()).where(
        table.name == read
    ).run()
    # A correction that is withdrawn corrects nothing: the read that it replaced counts again.
    frappe.qb.update(table).set(table.superseded_by, None).where(table.superseded_by == read).run()
    store.stamp_devices([old.device])
    frappe.clear_document_cache("Meter Read", read)


def _broken_without(old: Any) -> str:
    """Why the reads that stay would not follow one another without the withdrawn one; empty: they would."""
    rest = [read for read in reads_of([old.device]) if read.meter == old.meter and read.read_id != old.name]
    replaced = {read.supersedes for read in rest}
    bare = [replace(read, supersedes="") for read in rest if read.read_id not in replaced]
    device = Fleet.named([old.device]).devices[old.device]
    later = clock.now() + timedelta(days=1)  # what stands may have come from a clock that runs ahead
    verdicts = judge(device, bare, [], later, clock.site_zone(), 10**6)
    refused = next((each for each in verdicts if each.verdict is QUARANTINED), None)
    if refused is None:
        return ""
    return _("Without this read, {0} would not follow the ones before it: {1}").format(
        refused.read.read_id, refused.message
    )


def judge_document(doc: Any) -> None:
    """Judge a Meter Read that is inserted as a document, and fill in what the ledger keeps of it.

    Raises:
        frappe.ValidationError: it would be refused, or it is in the ledger already.
    """
    rows, fleet = incoming_rows([doc.as_dict()], ReadSource(doc.source or "staff"))
    zone = clock.site_zone()
    job = _Job(rows, fleet, zone, clock.now(zone))
    outcome = job.run()[0]
    if not job.accepted:
        again = outcome.verdict is DUPLICATE
        frappe.throw(_(outcome.message), frappe.DuplicateEntryError if again else frappe.ValidationError)
    values = store.read_row(job.accepted[0], doc.batch or "", "", "")
    doc.update(dict(zip(store.READ_FIELDS[5:], values[5:], strict=True)))


__all__ = ["TODO", "Entry", "Outcome", "enter", "enter_reads", "judge_document", "supersede", "withdraw"]
