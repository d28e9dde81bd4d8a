"""Make the example dealer: ``python3 -m examples.generate [--out FOLDER]``.

Seeded and deterministic: the same bytes on every machine. What a dealer writes by hand (mps.yaml, contracts, customers,
models) stands in examples/dealer as it is; the rest is made from examples/plan.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

if not __package__:  # started as a file: python3 examples/generate.py
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from examples.plan import HERE, Client, Machine, clients, machines
from examples.readings import Book, ordinary, take
from examples.service import Call, calls, visit_time
from examples.traps import spring
from examples.writers import expand_assets, write_calls, write_covers, write_fleet, write_reads

BY_HAND = ("mps.yaml", "customers.csv", "models.csv", "contracts")


@dataclass(frozen=True, slots=True)
class Dealer:
    """The whole example: devices with their true clicks, readings with the truth at the boundaries, calls."""

    people: dict[str, Client]
    machines: list[Machine]
    book: Book
    calls: list[Call]
    assets: list[dict[str, str]]


def make() -> Dealer:
    """Simulate two years; takes about two seconds."""
    people = clients()
    every = machines(people)
    book = Book()
    for machine in every:
        ordinary(book, machine, people[machine.stays[0].customer])
    spring(book, every, people)
    served = calls(every)
    by_device = {m.device: m for m in every}
    for call in served:
        machine, when = by_device[call.device], visit_time(call)
        # Reads of a visit near a period's end would compete with the ordinary ones; on the others they only add proof.
        if 8 <= call.day.day <= 18:
            client = people[machine.stays[0].customer]
            reading = take(
                machine, client, when, f"technician-{when.year}", source="technician", reason=call.call
            )
            book.readings.append(reading)
    return Dealer(people, every, book, served, expand_assets())


def write(dealer: Dealer, folder: Path) -> None:
    """Write the dealer's folder; what is kept by hand is copied along where `folder` is another one."""
    folder.mkdir(parents=True, exist_ok=True)
    home = HERE / "dealer"
    if folder.resolve() != home.resolve():
        for name in BY_HAND:
            copy = shutil.copytree if (home / name).is_dir() else shutil.copy
            copy(home / name, folder / name)
    shutil.rmtree(folder / "reads", ignore_errors=True)
    write_fleet(folder, dealer.machines, dealer.assets)
    write_covers(folder, dealer.machines, dealer.assets)
    write_calls(folder, dealer.calls)
    write_reads(folder, dealer.book.readings)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the example dealer (Harbor Office Technology).")
    parser.add_argument("--out", type=Path, default=HERE / "dealer", help="folder to write into")
    folder = parser.parse_args().out
    dealer = make()
    write(dealer, folder)
    print(
        f"{len(dealer.machines)} devices, {len(dealer.book.readings)} readings, {len(dealer.calls)} calls: {folder}"
    )


if __name__ == "__main__":
    main()
