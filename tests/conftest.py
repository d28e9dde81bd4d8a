"""What every test folder shares."""

from __future__ import annotations

import os

from hypothesis import settings

# No deadline: shared machines stall, and a slow example is no wrong one. HYPOTHESIS_PROFILE=thorough looks harder.
settings.register_profile("default", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
