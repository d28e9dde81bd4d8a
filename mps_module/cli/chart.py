"""The chart of volume by month, worked out once as shapes; HTML draws them as SVG, the PDF with its own strokes."""

from __future__ import annotations

from dataclasses import dataclass

from mps_module.cli.formats import number

PALETTE = ("#33475b", "#1f9e89", "#e0a030", "#c8553d", "#7b6fb0", "#7a8b99")
GRID = "#d9dfe5"
INK = "#52606d"


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Stacked bars: one bar a label, one colour a series. Negative values count as 0 in the picture."""

    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]

    @property
    def empty(self) -> bool:
        return not any(v > 0 for s in self.series for v in s.values)


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    fill: str
    title: str


@dataclass(frozen=True, slots=True)
class Rule:
    x1: float
    x2: float
    y: float


@dataclass(frozen=True, slots=True)
class Label:
    """`anchor`: start, middle or end; `y` is the base line."""

    x: float
    y: float
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Drawing:
    width: float
    height: float
    bars: tuple[Bar, ...]
    rules: tuple[Rule, ...]
    labels: tuple[Label, ...]


def nice_top(value: int) -> tuple[int, int]:
    """(top of the axis, step between rules): 1, 2 or 5 times a power of ten, three to six rules."""
    if value <= 0:
        return 1, 1
    step = 1
    while True:
        for factor in (1, 2, 5):
            if value <= step * factor * 5:
                size = step * factor
                return -(-value // size) * size, size
        step *= 10


def legend(chart: Chart) -> tuple[tuple[str, str], ...]:
    """(name, colour) of each series, in the order they are stacked."""
    return tuple((s.name, PALETTE[i % len(PALETTE)]) for i, s in enumerate(chart.series))


def draw(chart: Chart, width: float, height: float, text: float) -> Drawing:
    """The chart as shapes in a box of `width` x `height`; `text` is the size of its letters in the same unit."""
    left, bottom, top = text * 5.2, height - text * 1.9, text * 0.8
    heights = [sum(max(s.values[i], 0) for s in chart.series) for i in range(len(chart.labels))]
    peak, step = nice_top(max(heights, default=0))
    scale = (bottom - top) / peak
    rules = [Rule(left, width, bottom - value * scale) for value in range(0, peak + 1, step)]
    labels = [
        Label(left - text * 0.6, rule.y + text * 0.35, number(i * step), "end")
        for i, rule in enumerate(rules)
    ]
    slot = (width - left) / max(len(chart.labels), 1)
    bars: list[Bar] = []
    colours = legend(chart)
    for i, label in enumerate(chart.labels):
        y = bottom
        for s, (name, colour) in zip(chart.series, colours, strict=True):
            tall = max(s.values[i], 0) * scale
            if tall:
                y -= tall
                title = f"{label}: {name} {number(s.values[i])}"
                bars.append(Bar(left + slot * (i + 0.18), y, slot * 0.64, tall, colour, title))
        labels.append(Label(left + slot * (i + 0.5), bottom + text * 1.5, label, "middle"))
    return Drawing(width, height, tuple(bars), tuple(rules), tuple(labels))
