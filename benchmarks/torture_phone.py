"""Torture of the phone app in a real headless Chromium on a test site: random sequences, then ledger and app compared.

    cd ~/frappe-bench/sites
    ../env/bin/python .../benchmarks/torture_phone.py --site SITE [--sequences 500] [--seed 1] [--steps 6] [--minutes 0]

Needs Chromium and `playwright`. The site must be one for tests; what was made is taken away again. Ends with an error
at the first sequence after which an action is lost or booked twice, or the stock ledger does not agree.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def run(torture: Any, given: argparse.Namespace, begun: float) -> None:
    """Sequences until they are done or the time is up; a line now and then."""
    for number in range(1, given.sequences + 1):
        try:
            torture.sequence(given.steps)
        except Exception:
            print(f"sequence {number} of seed {given.seed}")
            raise
        spent = time.perf_counter() - begun
        if number % 25 == 0:
            print(f"{number} sequences, {spent:.0f} s", flush=True)
        if given.minutes and spent > given.minutes * 60:
            break
    print(torture.report())
    print(f"{time.perf_counter() - begun:.1f} s")


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--site", required=True)
    args.add_argument("--sequences", type=int, default=500)
    args.add_argument(
        "--minutes", type=float, default=0, help="stop after the sequence that passes them (0: never)"
    )
    args.add_argument("--steps", type=int, default=6)
    args.add_argument("--seed", type=int, default=1)
    given = args.parse_args()
    from tests.site.phone import browser

    if why := browser.why_not():
        raise SystemExit(why)
    import frappe

    from tests.site.phone.dealer import close_dealer, open_dealer
    from tests.site.phone.torture import Torture

    frappe.init(given.site, sites_path=".")
    if not frappe.conf.get("mps_test_site"):
        raise SystemExit(f"{given.site} is not a site made for tests")
    frappe.connect()
    dealer = open_dealer(stock=6)
    served = browser.Served(given.site, Path.cwd())
    begun = time.perf_counter()
    try:
        with browser.chromium() as running:
            torture = Torture(running, served, dealer, given.seed)
            try:
                run(torture, given, begun)
            finally:
                torture.close()
    finally:
        served.stop()
        close_dealer(dealer)
        frappe.destroy()


if __name__ == "__main__":
    main()
