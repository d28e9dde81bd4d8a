"""One technician's phone in a process of its own, for the tests of races: waits for the signal, acts, prints the answer.

Usage: python race.py SITE USER KEY ACTION PAYLOAD START_AT
"""

from __future__ import annotations

import json
import sys
import time


def main() -> None:
    site, user, key, action, payload, start_at = sys.argv[1:]
    import frappe

    frappe.init(site, sites_path=".")
    frappe.connect()
    frappe.set_user(user)
    from mps_module.api import phone

    # A look at the database before the race: what it read now must not be what it decides on later.
    frappe.get_all("Bin", fields=["name", "actual_qty"], order_by="name", limit=5)
    time.sleep(max(0.0, float(start_at) - time.time()))
    answer = phone.submit_action(key, action, json.loads(payload), "2026-01-05T09:00:00-05:00")
    frappe.db.commit()
    print("ANSWER " + json.dumps(answer))
    frappe.destroy()


if __name__ == "__main__":
    main()
