"""Importing reads on a bench, beside a bare bulk insert of the same rows and beside documents one by one, in one run.

    cd ~/frappe-bench/sites
    ../env/bin/python .../benchmarks/import_reads.py --site SITE [--reads 100000] [--devices 5000] [--rounds 2]

(a) import: Meter Read Import's job from the file on disk to the last commit: parsing, resolving, all checks, ledger,
    counts. (b) bare: `frappe.db.bulk_insert` of the very rows that (a) wrote, new names, same lots and commits, nothing
    checked. (c) one by one: `frappe.get_doc(...).insert()` with the same checks, on a sample, extrapolated. (d) the same
    without any check. The site must be one for tests; what was made is taken away again.
"""

from __future__ import annotations

import argparse
import csv
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import frappe

MARK = "BENCH-"
MODEL = "Benchmark 3000"
METERS = ("mono", "colour")
LOT = 5_000


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--site", required=True)
    args.add_argument("--sites-path", default=".")
    args.add_argument("--reads", type=int, default=100_000)
    args.add_argument("--devices", type=int, default=5_000)
    args.add_argument("--rounds", type=int, default=2)
    args.add_argument("--sample", type=int, default=300)
    given = args.parse_args()
    frappe.init(given.site, sites_path=given.sites_path)
    if not frappe.conf.get("mps_test_site"):
        raise SystemExit(f"{given.site} is not a site made for tests (mps_test_site in site_config.json)")
    frappe.connect()
    frappe.set_user("Administrator")
    try:
        clean()
        build(given.devices)
        report(measure(given.devices, given.reads, given.rounds, given.sample), given.reads)
    finally:
        frappe.db.rollback()
        clean()
        frappe.destroy()


def build(devices: int) -> None:
    """Devices with three months of reads, so that every check has something to compare with."""
    frappe.get_doc(
        {
            "doctype": "MPS Device Model",
            "model_name": MODEL,
            "meters": [{"meter": meter, "digits": 8, "monthly_volume": 1000} for meter in METERS],
        }
    ).insert()
    company = frappe.get_all("Company", pluck="name", order_by="name", limit=1)[0]
    now = frappe.utils.now()
    frappe.db.bulk_insert(
        "MPS Device",
        [
            "name",
            "device_id",
            "creation",
            "modified",
            "device_model",
            "company",
            "status",
            "serial_no_text",
            "serial_key",
        ],
        [
            (
                f"{MARK}{n:06d}",
                f"{MARK}{n:06d}",
                now,
                now,
                MODEL,
                company,
                "In Stock",
                f"SN{n:06d}",
                f"sn{n:06d}",
            )
            for n in range(devices)
        ],
    )
    frappe.db.commit()
    run_import(write_file(devices, devices * len(METERS) * 3, datetime(2025, 1, 1)))


def write_file(devices: int, reads: int, start: datetime) -> Path:
    """A long file of reads: each meter of each device again and again, about 1,000 clicks a month."""
    rng = random.Random(f"{start}")
    steps = max(reads // (devices * len(METERS)), 1)
    path = Path(frappe.get_site_path("private", "files", f"{MARK}{start:%Y%m%d}-{rng.random():.6f}.csv"))
    base = (start - datetime(2024, 12, 1)).days * 33
    with path.open("w", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(["device", "meter", "taken_at", "value"])
        for step in range(steps):
            day = start + timedelta(days=30 * step)
            for n in range(devices):
                at = day + timedelta(seconds=n % 40_000)
                for meter in METERS:
                    out.writerow(
                        [
                            f"{MARK}{n:06d}",
                            meter,
                            f"{at:%Y-%m-%d %H:%M:%S}",
                            base + 990 * step + rng.randrange(90),
                        ]
                    )
    return path


def run_import(path: Path) -> tuple[float, str]:
    """Seconds of the job, and the name of the import."""
    from mps_module.fleet import importer

    file = {"doctype": "File", "file_name": path.name, "content": path.read_bytes(), "is_private": 1}
    path.unlink()  # the File writes its own, under a name that is free
    url = frappe.get_doc(file).insert().file_url
    doc = frappe.get_doc({"doctype": "Meter Read Import", "file": url}).insert()
    frappe.db.commit()
    began = time.perf_counter()
    importer.run(doc.name)
    seconds = time.perf_counter() - began
    doc.reload()
    if doc.status != "Completed" or doc.accepted + doc.flagged != doc.rows_received:
        raise SystemExit(f"import {doc.name}: {doc.status}, {doc.as_dict()}")
    return seconds, doc.name


def run_bare(batch: str) -> float:
    """Seconds to insert the rows of an import once more, without a look at them."""
    from mps_module.fleet.store import READ_FIELDS, ROWS_A_STATEMENT

    rows = frappe.get_all(
        "Meter Read", {"batch": batch}, list(READ_FIELDS), order_by="name", limit=10**7, as_list=True
    )
    at = {name: place for place, name in enumerate(READ_FIELDS)}
    copies = []
    for row in rows:
        copy = list(row)
        copy[at["name"]] = f"MS{row[at['name']][2:]}"
        copy[at["source_key"]] = f"x{row[at['source_key']]}"
        copy[at["batch"]] = f"{MARK}bare"
        copies.append(tuple(copy))
    began = time.perf_counter()
    for start in range(0, len(copies), LOT):
        frappe.db.bulk_insert(
            "Meter Read", list(READ_FIELDS), copies[start : start + LOT], chunk_size=ROWS_A_STATEMENT
        )
        frappe.db.commit()
    seconds = time.perf_counter() - began
    frappe.db.delete("Meter Read", {"batch": f"{MARK}bare"})
    frappe.db.commit()
    return seconds


def run_documents(sample: int, day: datetime) -> float:
    """Seconds a document."""
    began = time.perf_counter()
    for n in range(sample):
        frappe.get_doc(
            {
                "doctype": "Meter Read",
                "device": f"{MARK}{n:06d}",
                "meter": "mono",
                "taken_at": day,
                "value": 60_000 + n,
                "source": "import",
                "batch": f"{MARK}docs",
                "source_key": f"{MARK}{day}{n}",
            }
        ).insert()
        frappe.db.commit()
    seconds = (time.perf_counter() - began) / sample
    frappe.db.delete("Meter Read", {"batch": f"{MARK}docs"})
    frappe.db.commit()
    return seconds


@contextmanager
def unchecked() -> Iterator[None]:
    """Documents that are inserted here are not judged."""
    from mps_module.fleet import intake

    original: Callable = intake.judge_document
    intake.judge_document = lambda doc: None
    try:
        yield
    finally:
        intake.judge_document = original


def measure(devices: int, reads: int, rounds: int, sample: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {"import": [], "bare": [], "checked documents": [], "bare documents": []}
    for number in range(rounds):
        seconds, batch = run_import(
            write_file(devices, reads, datetime(2025, 5, 1) + timedelta(minutes=number))
        )
        times["import"].append(seconds)
        times["bare"].append(run_bare(batch))
        times["checked documents"].append(run_documents(sample, datetime(2026, 11, 1, number)) * reads)
        with unchecked():
            times["bare documents"].append(run_documents(sample, datetime(2026, 11, 2, number)) * reads)
        frappe.db.delete("Meter Read", {"batch": batch})
        frappe.db.commit()
    return times


def report(times: dict[str, list[float]], reads: int) -> None:
    middle = {name: statistics.median(values) for name, values in times.items()}
    print(f"{reads:,} reads; seconds, median of {len(times['import'])} rounds (all: {times})")
    for name, seconds in middle.items():
        note = " (from a sample)" if "documents" in name else ""
        print(f"  {name:18} {seconds:9.1f} s{note}   {seconds / middle['import']:6.2f} x the import")
    print(f"import / bare bulk insert: {middle['import'] / middle['bare']:.2f} (aim: at most 2)")
    print(
        f"checked documents / import: {middle['checked documents'] / middle['import']:.1f} (aim: at least 20)"
    )
    print(f"bare documents / import: {middle['bare documents'] / middle['import']:.1f}")


def clean() -> None:
    """Take away what the benchmark made."""
    for doctype, field in (
        ("Meter Read", "device"),
        ("Meter Read Quarantine", "device"),
        ("MPS Device", "name"),
        ("File", "file_name"),
    ):
        frappe.db.delete(doctype, {field: ["like", f"{MARK}%"]})
    frappe.db.delete("Meter Read Import", {"file": ["like", f"/private/files/{MARK}%"]})
    frappe.db.delete("MPS Model Meter", {"parent": MODEL})
    frappe.db.delete("MPS Device Model", {"name": MODEL})
    frappe.db.commit()
    for path in Path(frappe.get_site_path("private", "files")).glob(f"{MARK}*"):
        path.unlink()


if __name__ == "__main__":
    main()
