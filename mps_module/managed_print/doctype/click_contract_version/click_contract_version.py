"""A version of a click contract: what holds from its effective date on. Amended by a further version, never edited."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from mps_module.billing.contract_rules import check_version, next_version_number, refuse_if_billed


class ClickContractVersion(Document):
    def before_insert(self) -> None:
        self.version = next_version_number(self.contract)

    def autoname(self) -> None:
        self.name = f"{self.contract}-V{self.version:03}"

    def validate(self) -> None:
        check_version(self)

    def before_submit(self) -> None:
        if not self.lines:
            frappe.throw(_("A version needs at least one line before it can be submitted."))

    def on_cancel(self) -> None:
        refuse_if_billed(self)
