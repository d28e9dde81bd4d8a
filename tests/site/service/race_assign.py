"""One dispatcher in a process of its own: waits for the signal, changes a plan, prints what came of it.

Usage: python race_assign.py SITE USER START_AT STEPS
"""

from __future__ import annotations

import json
import sys
import time


def main() -> None:
    site, user, start_at, steps = sys.argv[1:]
    import frappe

    frappe.init(site, sites_path=".")
    frappe.connect()
    frappe.set_user(user)
    from mps_module.api import dispatch
    from mps_module.service import assign

    # A look at the call before the race: what it read now must not be what it decides on later.
    assign.active(json.loads(steps)[0]["issue"])
    time.sleep(max(0.0, float(start_at) - time.time()))
    try:
        answer = {"done": dispatch.apply(steps)["done"]}
        frappe.db.commit()
    except assign.Taken as error:
        frappe.db.rollback()
        answer = {"taken": str(error)}
    print("ANSWER " + json.dumps(answer))
    frappe.destroy()


if __name__ == "__main__":
    main()
