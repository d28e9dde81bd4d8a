"""A kind of counter, such as mono, colour or scan."""

from __future__ import annotations

import re

import frappe
from frappe import _
from frappe.model.document import Document

KEY = re.compile(r"^[a-z][a-z0-9_]{0,59}$")


class MPSMeterType(Document):
    def validate(self) -> None:
        if not KEY.match(self.name or ""):
            frappe.throw(
                _(
                    "The key of a meter is written in small letters, digits and _, such as colour_a3: {0} is not."
                ).format(frappe.bold(self.name))
            )
