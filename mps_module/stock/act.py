"""What an action knows while it runs: who acts, when it was done, and the trunks whose rows it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from frappe import _

from mps_module.stock.answers import Refused
from mps_module.stock.entries import Booking
from mps_module.stock.trunks import Trunk


@dataclass(frozen=True, slots=True)
class Act:
    """One action of a technician.

    Attributes:
        trunk: the technician's own, locked. trunks: it and the others that take part, by name, all locked.
        made_at: when it was done, in the site's time zone.
    """

    user: str
    trunk: Trunk
    trunks: Mapping[str, Trunk]
    made_at: datetime

    def other(self, name: str) -> Trunk:
        """Another trunk that takes part. Raises Refused where there is none of that name in use."""
        found = self.trunks.get(name)
        if found is None:
            raise Refused("trunk", _("There is no trunk {0}.").format(name or "?"))
        return found

    def booking(self, move: str, remarks: str = "", trunk: Trunk | None = None, **links: Any) -> Booking:
        """What the entry of this action says."""
        owner = trunk or self.trunk
        return Booking(move, owner.name, owner.company, self.made_at, remarks, tuple(links.items()))


@dataclass(frozen=True, slots=True)
class Done:
    """A booked action. `doctype`, `name`: the document that came of it."""

    result: dict[str, Any]
    doctype: str = ""
    name: str = ""
