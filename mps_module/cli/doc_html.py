"""A bill as one HTML file that needs no other: it prints well and opens anywhere."""

from __future__ import annotations

import base64
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from mps_module.cli import chart as charts
from mps_module.cli.view import BillView

WIDTH, HEIGHT, TEXT = 760.0, 200.0, 11.0
_KINDS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


@lru_cache(maxsize=1)
def _template() -> Template:
    loader = PackageLoader("mps_module.cli", "templates")
    env = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    env.filters["r1"] = lambda value: f"{value:.1f}"
    return env.get_template("bill.html.j2")


def logo_uri(path: str) -> str:
    """The logo as a data URI; empty where there is none, or it is no PNG or JPEG."""
    kind = _KINDS.get(Path(path).suffix.lower()) if path else None
    if kind is None or not Path(path).is_file():
        return ""
    return f"data:{kind};base64,{base64.b64encode(Path(path).read_bytes()).decode('ascii')}"


def render_html(view: BillView) -> str:
    """The document as HTML text. The same view gives the same text."""
    drawing = charts.draw(view.chart, WIDTH, HEIGHT, TEXT) if view.chart else None
    return _template().render(
        v=view,
        d=drawing,
        legend=charts.legend(view.chart) if view.chart else (),
        grid=charts.GRID,
        logo=logo_uri(view.logo),
    )
