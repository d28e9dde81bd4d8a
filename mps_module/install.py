"""What bench calls when the app comes to a site."""

from __future__ import annotations

from mps_module.setup import apply


def after_install() -> None:
    """Bring a new site to the state that later patches assume."""
    apply()
