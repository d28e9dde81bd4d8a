"""What to ask before a toner is sent: a spare on the shelf, an early swap, too much on the page (domain: section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from mps_module.engine.supply_levels import State
from mps_module.engine.toner import Outlook


@dataclass(frozen=True, slots=True)
class Rules:
    """Days before empty at which toner is sent; highest cover of a page and most left at a change, in percent."""

    days_ahead: float = 10
    highest_fill: Decimal = Decimal(8)
    early_swap: float = 20


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when somebody requests a supply. `spares`: sent and not yet fitted. `fill`: percent of the page."""

    outlook: Outlook | None = None
    spares: int = 0
    fill: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Why a request is held back. `code` for programs, `figures` for the translated text, `message` in English."""

    code: str
    message: str
    figures: tuple[str, ...] = ()


TEXTS = {
    "spare-on-shelf": "{0} sent and not fitted yet: is it on the shelf?",
    "early-swap": "The last one was changed with {0} % left in it.",
    "high-fill": "Pages are covered to {0} %, more than {1} %: was it all used in this device?",
    "enough-left": "{0} % are left, enough for {1} days.",
    "not-moving": "{0} % are left, and nothing is used.",
    "sudden-drop": "The level fell to {0} % within two days: wait for the next one.",
}


def _ask(code: str, *figures: object) -> Ask:
    words = tuple(str(figure) for figure in figures)
    return Ask(code, TEXTS[code].format(*words), words)


def asks(facts: Facts, rules: Rules) -> tuple[Ask, ...]:
    """Everything worth asking; empty: send it.

    Enough is left where it lasts more than twice the days at which toner is sent anyway; a supply that is low never
    has enough. Both need a level.
    """
    found = []
    if facts.spares > 0:
        found.append(_ask("spare-on-shelf", facts.spares))
    look = facts.outlook
    if look is not None and look.left_before is not None and look.left_before > rules.early_swap:
        found.append(_ask("early-swap", _short(look.left_before)))
    if facts.fill is not None and facts.fill > rules.highest_fill:
        found.append(_ask("high-fill", _short(facts.fill), _short(rules.highest_fill)))
    if look is not None and look.level is not None and look.state is State.MEASURED:
        if look.doubtful:
            found.append(_ask("sudden-drop", _short(look.level)))
        elif look.days_left is not None and look.days_left > 2 * rules.days_ahead:
            found.append(_ask("enough-left", _short(look.level), int(look.days_left)))
        elif look.days_left is None and look.level > rules.early_swap:
            found.append(_ask("not-moving", _short(look.level)))
    return tuple(found)


def _short(number: float | Decimal) -> str:
    """12.0 -> 12, 9.96 -> 10, 8.04 -> 8.0: one decimal where it matters."""
    text = f"{number:.1f}"
    return text[:-2] if float(number) == int(number) else text
