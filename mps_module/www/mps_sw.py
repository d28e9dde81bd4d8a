"""The phone app's service worker. It is served from the root: one under /assets would control no page."""

from __future__ import annotations

from mps_module.stock import phone_page

no_cache = 1
sitemap = 0
base_template_path = "www/mps-sw.js"


def get_context(context) -> None:
    """The build and the files that the worker keeps for use without a signal."""
    context.update(build=phone_page.build(), shell=phone_page.shell())
