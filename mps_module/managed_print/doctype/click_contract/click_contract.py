"""A click contract: customer, covered units, and how it is invoiced. Prices and rules stand in its versions."""

from __future__ import annotations

from frappe.model.document import Document

from mps_module.billing.contract_rules import check_contract, fill_defaults, refuse_deletion


class ClickContract(Document):
    def before_validate(self) -> None:
        fill_defaults(self)

    def validate(self) -> None:
        check_contract(self)

    def on_trash(self) -> None:
        refuse_deletion(self)
