"""Bill a fleet from files on one core, beside DuckDB's sums of the same usage and beside parsing the files alone.

    python benchmarks/bill_fleet.py [--devices 1000 10000 100000]

Each size runs in a process of its own, so that its peak memory is its own. Ratios are within one run:
rating (engine, proof included) / parsing (files -> typed and judged reads), and billed clicks == DuckDB's sums.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path

DEVICES_PER_CONTRACT = 50
METERS = ("mono", "colour", "a3")
DUE = date(2026, 11, 1)
CONTRACT = """contract: {name}
customer: CU{number}
start: 2026-01-01
billing: {{base_months: 1, overage_months: 1, tolerance: {{before: 5, after: 5}}}}
lines:
  - {{id: base, kind: flat, rate: "250.00"}}
  - {{id: mono, kind: click, meter: mono, allowance: {{quantity: 50000}}, tiers: [{{up_to: 100000, rate: "0.0085"}}, {{rate: "0.0072"}}]}}
  - {{id: colour, kind: click, meter: colour, rate: "0.062"}}
  - {{id: a3, kind: click, meter: a3, rate: "0.011", discount: 5}}
"""


def write_folder(folder: Path, devices: int) -> None:
    """A dealer's folder: an opening and a closing read of three meters a device, in mixed order."""
    rng = random.Random(devices)
    (folder / "contracts").mkdir(parents=True)
    (folder / "reads").mkdir()
    (folder / "mps.yaml").write_text("company: {name: Benchmark}\ncurrency: USD\ntimezone: UTC\n")
    (folder / "models.csv").write_text(
        "model,brand,meter,label,unit,digits\n" + "".join(f"MX,Sharp,{m},{m},impression,9\n" for m in METERS)
    )
    contracts = max(1, devices // DEVICES_PER_CONTRACT)
    customers = ["customer,name"] + [f"CU{n},Customer {n}" for n in range(contracts)]
    (folder / "customers.csv").write_text("\n".join(customers) + "\n")
    fleet = ["device,serial,model,customer,installed"]
    covers = ["contract,unit,kind,start"]
    opening, closing = [], []
    for n in range(devices):
        number = n * contracts // devices
        fleet.append(f"D{n},S{n},MX,CU{number},2026-01-01")
        covers.append(f"C{number},D{n},device,2026-01-01")
        for meter in METERS:
            first = rng.randrange(1_000_000)
            opening.append(f"D{n},{meter},2026-09-30T23:{n % 60:02}:00+00:00,{first}")
            closing.append(f"D{n},{meter},2026-10-31T22:{n % 60:02}:00+00:00,{first + rng.randrange(9_000)}")
    rng.shuffle(closing)
    head = "device,meter,taken_at,value\n"
    (folder / "fleet.csv").write_text("\n".join(fleet) + "\n")
    (folder / "covers.csv").write_text("\n".join(covers) + "\n")
    (folder / "reads" / "october.csv").write_text(head + "\n".join(closing) + "\n")
    (folder / "reads" / "september.csv").write_text(head + "\n".join(opening) + "\n")
    agreed = (CONTRACT.format(name=f"C{n}", number=n) for n in range(contracts))
    (folder / "contracts" / "all.yaml").write_text("---\n".join(agreed))


def peak_memory() -> float:
    """MiB. From the kernel's high-water mark where there is one: ru_maxrss is carried over from the parent process."""
    status = Path("/proc/self/status")
    if status.exists():
        found = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(found.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(folder: Path, results: multiprocessing.Queue) -> None:
    """Bill the folder; put seconds of parsing and of rating, clicks by contract and meter, and peak memory."""
    from mps_module.cli import store
    from mps_module.engine.bill import bill
    from mps_module.engine.schedule import due_periods

    start_memory = peak_memory()
    began = time.perf_counter()
    clicks: Counter = Counter()
    rating, bills, total = 0.0, 0, 0
    with store.load(folder) as data:
        for name in data.contract_ids():
            contract, ledger, units = data.load(name)
            since = time.perf_counter()
            for period in due_periods(contract, date(2026, 10, 1), DUE):
                made = bill(contract, ledger, units, period)
                bills += 1
                total += made.total
            rating += time.perf_counter() - since
            for line in made.lines:
                for usage in line.proof.usages if line.proof else ():
                    clicks[f"{name} {usage.meter}"] += int(usage.usage)
    results.put(
        {
            "seconds": time.perf_counter() - began,
            "rating": rating,
            "bills": bills,
            "total": str(total),
            "clicks": clicks,
            "memory": peak_memory() - start_memory,
        }
    )


def duckdb_sums(folder: Path) -> tuple[float, dict[str, int]]:
    """Usage by contract and meter, from the same files."""
    import duckdb

    began = time.perf_counter()
    with duckdb.connect(config={"threads": 1}) as db:
        rows = db.execute(
            f"""select c.contract || ' ' || meter, sum(used)::bigint from (
                select device, meter, max(value) - min(value) used from read_csv('{folder}/reads/*.csv')
                group by device, meter) join read_csv('{folder}/covers.csv') c on c.unit = device group by 1"""
        ).fetchall()
    return time.perf_counter() - began, dict(rows)


def measure(devices: int) -> dict:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "dealer"
        write_folder(folder, devices)
        results: multiprocessing.Queue = multiprocessing.get_context("spawn").Queue()
        process = multiprocessing.get_context("spawn").Process(target=run, args=(folder, results))
        process.start()
        found = results.get()
        process.join()
        found["duckdb"], sums = duckdb_sums(folder)
        if {k: v for k, v in found.pop("clicks").items() if v} != {k: v for k, v in sums.items() if v}:
            sys.exit(f"{devices} devices: billed clicks are not DuckDB's sums")
    found["devices"], found["parsing"] = devices, found["seconds"] - found["rating"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [measure(devices) for devices in options.devices]
    if options.json:
        print(json.dumps(rows, indent=1))
        return
    print(
        "| devices | meter lines | bills | parse + check s | rate + proof s | rating / parsing | us a meter line | DuckDB s | peak MiB over start |"
    )
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for r in rows:
        lines = r["devices"] * len(METERS)
        print(
            f"| {r['devices']:,} | {lines:,} | {r['bills']:,} | {r['parsing']:.2f} | {r['rating']:.2f} "
            f"| {r['rating'] / r['parsing']:.2f} | {r['seconds'] / lines * 1e6:.0f} | {r['duckdb']:.2f} | {r['memory']:.0f} |"
        )
    print("Billed clicks equal DuckDB's sums at every size.")


if __name__ == "__main__":
    main()
