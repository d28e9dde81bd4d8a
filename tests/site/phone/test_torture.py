"""Random sequences of benchmarks/torture_phone.py: 50 in CI, 10 elsewhere, or as many as MPS_TORTURE says."""

from __future__ import annotations

import os

import pytest

from tests.site.phone.torture import Torture

pytestmark = [pytest.mark.commits, pytest.mark.slow]


def test_ledger_and_app_agree_after_random_sequences_in_bad_weather(chromium, served, dealer):
    torture = Torture(chromium, served, dealer, seed=7)
    try:
        wanted = int(os.environ.get("MPS_TORTURE") or (50 if os.environ.get("CI") else 10))
        for _number in range(wanted):
            torture.sequence()
        print(torture.report())
        assert torture.tally.sequences == wanted
        assert torture.tally.states["done"] > 0
        assert torture.visits.booked
        assert [error for _name, phone in torture.phones for error in phone.errors] == []
    finally:
        torture.close()
