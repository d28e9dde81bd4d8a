"""Somebody who asks for toner in a process of its own, for the test of races: waits for the signal, asks, prints the answer.

Usage: python race.py SITE WHAT DEVICE START_AT     WHAT: request | levels | maintenance
"""

from __future__ import annotations

import json
import sys
import time


def main() -> None:
    site, what, device, start_at = sys.argv[1:]
    import frappe

    frappe.init(site, sites_path=".")
    frappe.connect()
    frappe.set_user("Administrator")
    # A look at the database before the race: what it shows then must not be what is decided on later.
    frappe.get_all("MPS Supply Request", order_by="name", limit=5)
    frappe.get_all("MPS Toner Level", order_by="name", limit=5)
    frappe.get_all("Issue", order_by="name", limit=5)
    time.sleep(max(0.0, float(start_at) - time.time()))
    print("ANSWER " + json.dumps(act(what, device)))
    frappe.db.commit()
    frappe.destroy()


def act(what: str, device: str) -> object:
    from mps_module.service import preventive, supply_requests, toner_levels

    if what == "request":
        return supply_requests.request(device, "black").name
    if what == "maintenance":
        return preventive.open_calls([device])
    rows = [
        {"device": device, "supply": "black", "level": level, "taken_at": f"2026-10-{level:02}T08:00:00"}
        for level in range(1, 29)
    ]
    return toner_levels.enter_levels(rows, "collector").counts


if __name__ == "__main__":
    main()
