"""What the phone page loads and how soon it shows something, in a headless Chromium on a test site.

    cd ~/frappe-bench/sites
    ../env/bin/python .../benchmarks/phone_page.py --site SITE [--rounds 5] [--slow 4]

First visit (nothing kept), second visit (service worker) and a visit without a network, each as the median of the rounds:
first contentful paint and the moment at which the first screen stands with its figures. `--slow` divides the speed of the
browser's processor, as in a cheap phone, and the network becomes one of 150 ms and 1.6 Mbit/s. Sizes are uncompressed;
gzip tells what a web server that compresses sends.
"""

from __future__ import annotations

import argparse
import gzip
import statistics
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
PAINT = """() => [performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
    performance.getEntriesByName("mps-shown")[0].startTime]"""


def visit(context: Any, slow: float, offline: bool = False) -> tuple[float, float]:
    page = context.new_page()
    client = context.new_cdp_session(page)
    if slow > 1:
        client.send("Emulation.setCPUThrottlingRate", {"rate": slow})
        client.send("Network.enable")
        client.send("Network.emulateNetworkConditions", {**NETWORK, "offline": offline})
    page.goto("/mps")
    page.wait_for_selector("html[data-ready]", state="attached")
    page.wait_for_timeout(300)
    found = page.evaluate(PAINT)
    page.close()
    return tuple(found)


def measure(
    browser: Any, served: Any, user: str, rounds: int, slow: float
) -> dict[str, list[tuple[float, float]]]:
    from tests.site.phone.browser import PHONE
    from tests.site.phone.dealer import PASSWORD

    found: dict[str, list[tuple[float, float]]] = {"first visit": [], "second visit": [], "no network": []}
    for _round in range(rounds):
        context = browser.new_context(base_url=served.url, **PHONE)
        context.request.post("/api/method/login", form={"usr": user, "pwd": PASSWORD})
        found["first visit"].append(visit(context, slow))
        page = context.new_page()
        page.goto("/mps")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.wait_for_timeout(800)
        page.close()
        found["second visit"].append(visit(context, slow))
        context.set_offline(True)
        found["no network"].append(visit(context, slow, offline=True))
        context.close()
    return found


def sizes(browser: Any, served: Any, user: str) -> dict[str, tuple[int, int]]:
    from tests.site.phone.browser import Phone

    phone = Phone(browser, served, user)
    names = phone.page.evaluate(
        """() => [location.pathname, ...performance.getEntriesByType("resource").map((each) => each.name)]
            .filter((url) => !url.includes("/api/"))"""
    )
    got = {}
    for name in names:
        body = phone.context.request.get(name).body()
        got[name.split("/phone/")[-1].split("?")[0]] = (len(body), len(gzip.compress(body, 6)))
    phone.close()
    return got


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--site", required=True)
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--slow", type=float, default=4)
    given = args.parse_args()
    from tests.site.phone import browser as browsers

    if why := browsers.why_not():
        raise SystemExit(why)
    import frappe

    from tests.site.phone.dealer import close_dealer, open_dealer

    frappe.init(given.site, sites_path=".")
    if not frappe.conf.get("mps_test_site"):
        raise SystemExit(f"{given.site} is not a site made for tests")
    frappe.connect()
    dealer = open_dealer()
    served = browsers.Served(given.site, Path.cwd())
    try:
        with browsers.chromium() as running:
            loaded = sizes(running, served, dealer.user("Phia"))
            plain, zipped = (sum(each[at] for each in loaded.values()) for at in (0, 1))
            print(f"{len(loaded)} files, {plain:,} bytes, gzip {zipped:,}")
            for slow in (1.0, given.slow):
                for name, found in measure(running, served, dealer.user("Phia"), given.rounds, slow).items():
                    paint, shown = (statistics.median(each[at] for each in found) for at in (0, 1))
                    print(
                        f"processor 1/{slow:g}, {name}: first paint {paint:.0f} ms, screen stands {shown:.0f} ms"
                    )
    finally:
        served.stop()
        close_dealer(dealer)
        frappe.destroy()


if __name__ == "__main__":
    main()
