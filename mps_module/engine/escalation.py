"""Escalators: base, overage and credit rates rise alike at the anniversary (domain: section 3).

The rates of a contract version are those of its first day: only anniversaries after that day raise them, so a newly
agreed rate is not raised again for years that lie behind it. The rise compounds on the unrounded factor; the escalated
rate itself is rounded half-up to six decimals, because that is what the invoice carries and multiplies by. Minimum and
maximum are limits of money that were agreed as such, not rates: they stay, and so do lines with ``escalates=False``.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from mps_module.engine.contract import Contract, ContractVersion, Price, Tier
from mps_module.engine.money import HUNDRED, ONE, round_rate
from mps_module.engine.months import add_months, month_index


def rises(contract: Contract, version: ContractVersion, day: date) -> int:
    """How many anniversaries have raised the version's rates for a period that starts on `day`."""
    escalator = version.escalator
    if escalator is None or escalator.every_months < 1:
        return 0
    since = contract.start if version is contract.versions[0] else version.effective
    if escalator.first is None:
        # Counted from the start itself, so that one on 29 February comes back to it in leap years.
        first, since = contract.start, max(since, contract.start)
    else:
        first = escalator.first
    return max(_count(first, escalator.every_months, day) - _count(first, escalator.every_months, since), 0)


def escalation_factor(contract: Contract, version: ContractVersion, day: date) -> Decimal:
    """What the version's rates are multiplied by in a period that starts on `day`: (1 + percent / 100) ** rises."""
    times = rises(contract, version, day)
    if times == 0 or version.escalator is None:
        return ONE
    return (ONE + version.escalator.percent / HUNDRED) ** times


def escalate_rate(rate: Decimal, by: Decimal) -> Decimal:
    """The escalated rate, to six decimals; a factor of 1 leaves the rate as it is."""
    return rate if by == 1 else round_rate(rate * by)


def escalate(price: Price, by: Decimal) -> Price:
    """The price with every tier's rate escalated; the tiers' limits are quantities and stay."""
    if by == 1:
        return price
    return Price(tuple(Tier(tier.up_to, escalate_rate(tier.rate, by)) for tier in price.tiers), price.mode)


def _count(first: date, every: int, day: date) -> int:
    """Dates first, first + every months, … on or before `day`."""
    if day < first:
        return 0
    passed = (month_index(day) - month_index(first)) // every
    # In the month of an anniversary its day decides; a 29 February falls on the 28th in other years.
    return passed + 1 if add_months(first, passed * every) <= day else passed
