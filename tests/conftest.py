"""What every test folder shares."""

from __future__ import annotations

import os

from hypothesis import settings

# No deadline: shared machines stall, and a slow example is no wrong one. HYPOTHESIS_PROFILE=thorough looks harder. Where
# CI is set the examples are the same at every run, so that a change fails by what it changed.
settings.register_profile("default", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
