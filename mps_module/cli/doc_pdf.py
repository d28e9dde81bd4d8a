"""A bill as a PDF, drawn with fpdf2 and a font of our own: no system package, letters of most European languages."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.errors import FPDFException

from mps_module.cli import chart as charts
from mps_module.cli.view import BillView

FONTS = Path(__file__).parent / "fonts"
INK, DIM, DARK, ACCENT, LINE = (31, 41, 51), (122, 135, 148), (51, 71, 91), (31, 158, 137), (217, 223, 229)
WARN_INK, WARN_FILL = (138, 90, 0), (253, 240, 213)
MARGIN = 15.0

_PLAIN = str.maketrans({"→": "–", "−": "-", "≥": ">", "≤": "<", "≈": "~", "\t": " "})

# A letter that the font lacks is a box on the paper; the log of a batch is no place to repeat it for every bill.
logging.getLogger("fpdf.output").setLevel(logging.ERROR)
logging.getLogger("fpdf.fonts").setLevel(logging.ERROR)
logging.getLogger("fontTools").setLevel(logging.ERROR)


def _rgb(text: str) -> tuple[int, int, int]:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


class _Page(FPDF):
    """The page with its foot; `number` and `company` stand on every one."""

    def __init__(self, view: BillView):
        super().__init__(format=view.paper)
        self.view = view
        self.add_font("Noto", "", FONTS / "NotoSans-Regular.ttf")
        self.add_font("Noto", "B", FONTS / "NotoSans-Bold.ttf")
        self.set_margins(MARGIN, MARGIN)
        self.c_margin = 0  # texts stand flush with the rules under them
        self.set_auto_page_break(True, 20)
        self.set_title(f"{view.number} · {view.customer.name}")
        self.set_author(view.company.name)
        self.set_lang("en")
        self.add_page()

    def normalize_text(self, text: str) -> str:
        """Signs that the font lacks, as letters that it has."""
        return super().normalize_text(text.translate(_PLAIN))

    def footer(self) -> None:
        self.set_y(-14)
        self.write_font(7.5, DIM)
        self.cell(
            self.epw / 2, 5, self.fitted(f"{self.view.company.name} · {self.view.number}", self.epw / 2)
        )
        self.cell(self.epw / 2, 5, f"Page {self.page_no()} of {{nb}}", align="R")

    def write_font(self, size: float, colour: tuple[int, int, int] = INK, bold: bool = False) -> None:
        self.set_font("Noto", "B" if bold else "", size)
        self.set_text_color(*colour)

    def line_of(self, text: str, height: float) -> None:
        """One line of text over the whole width, then the next line."""
        self.cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def fitted(self, text: str, width: float) -> str:
        """`text`, cut with … where it is wider than `width` in the font that is set."""
        if self.get_string_width(text) <= width:
            return text
        while text and self.get_string_width(text + "…") > width:
            text = text[:-1]
        return text + "…"

    def room(self, height: float) -> bool:
        """Is there room for `height` on this page?"""
        return self.get_y() + height <= self.page_break_trigger

    def heading(self, text: str, keep: float = 16) -> None:
        """A section's heading; on the next page where less than `keep` mm would stay under it."""
        self.ln(6)
        if not self.room(keep):
            self.add_page()
        self.write_font(10.5, DARK, bold=True)
        self.line_of(text, 6)


class _Table:
    """Columns with rows that break over pages under a repeated head. Widths are shares of the page's width."""

    def __init__(self, page: _Page, heads: Sequence[str], widths: Sequence[float], aligns: str, size: float):
        self.page, self.heads, self.aligns, self.size = page, heads, aligns, size
        self.widths = [w / sum(widths) * page.epw for w in widths]
        self.step = size * 0.5
        self.head()

    def head(self) -> None:
        page = self.page
        page.write_font(self.size - 0.5, (82, 96, 109), bold=True)
        for text, width, align in zip(self.heads, self.widths, self.aligns, strict=True):
            page.cell(width, self.step + 1.5, text, align=align)
        page.ln(self.step + 1.5)
        page.set_draw_color(*DARK)
        page.line(page.l_margin, page.get_y(), page.l_margin + page.epw, page.get_y())
        page.ln(0.6)

    def ensure(self, height: float) -> None:
        if not self.page.room(height):
            self.page.add_page()
            self.head()

    def row(
        self, cells: Sequence[str], marks: Sequence[str] = (), note: str = "", dim: Sequence[int] = ()
    ) -> None:
        """One row. The first cell wraps; a mark is a small sign after its cell's text; a note runs under it."""
        page = self.page
        page.write_font(self.size)
        room = self.widths[0] if any(c.strip() for c in cells[1:-1]) else sum(self.widths[:-1])
        wrapped = page.multi_cell(room - 6, self.step, cells[0], dry_run=True, output="LINES") or [""]
        height = self.step * len(wrapped) + 1.6 + (self.step * 0.9 if note else 0)
        self.ensure(height)
        x, y = page.l_margin, page.get_y() + 0.7
        for i, (text, width, align) in enumerate(zip(cells, self.widths, self.aligns, strict=True)):
            mark = marks[i] if i < len(marks) else ""
            page.write_font(self.size, DIM if i in dim else INK)
            for j, part in enumerate(wrapped if i == 0 else [text]):
                page.set_xy(x, y + j * self.step)
                page.cell(width, self.step, part, align=align)
            if mark:
                page.write_font(self.size, INK)
                self.sign(
                    x + page.get_string_width(wrapped[-1] if i == 0 else text) + 1.6,
                    y + (len(wrapped) - 1 if i == 0 else 0) * self.step,
                    mark,
                )
            x += width
        if note:
            page.write_font(self.size - 1, DIM)
            page.set_xy(page.l_margin, y + self.step * len(wrapped))
            page.cell(page.epw, self.step * 0.9, page.fitted(note, page.epw))
        page.set_xy(page.l_margin, y - 0.7 + height)
        page.set_draw_color(*LINE)
        page.line(page.l_margin, page.get_y(), page.l_margin + page.epw, page.get_y())

    def sign(self, x: float, y: float, mark: str) -> None:
        page = self.page
        page.set_fill_color(*WARN_FILL)
        page.rect(x, y + 0.5, 3.6, self.step - 1, style="F", round_corners=True, corner_radius=0.6)
        page.write_font(self.size - 1.5, WARN_INK, bold=True)
        page.set_xy(x, y)
        page.cell(3.6, self.step, mark, align="C")


def render_pdf(view: BillView, made: datetime) -> bytes:
    """The document as PDF bytes. The same view and time `made` (the bill's own date) give the same bytes."""
    page = _Page(view)
    page.set_creation_date(made.astimezone(timezone.utc))
    _head(page, view)
    _charges(page, view)
    _parts(page, view)
    if view.chart:
        _chart(page, view.chart)
    _small_tables(page, view)
    _statement(page, view)
    _notes(page, view)
    return bytes(page.output())


def _head(page: _Page, view: BillView) -> None:
    if view.draft:
        page.set_fill_color(*WARN_FILL)
        page.write_font(9, WARN_INK, bold=True)
        page.cell(
            0, 7, "   Draft: not posted, may still change.", fill=True, new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )
        page.ln(3)
    top, half = page.get_y(), page.epw * 0.62
    if view.logo and Path(view.logo).is_file():
        with suppress(OSError, ValueError, FPDFException):  # a damaged image: the bill matters more
            page.image(view.logo, h=14)
            page.ln(1)
    page.write_font(16, DARK, bold=True)
    page.cell(half, 8, page.fitted(view.company.name, half), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    page.write_font(8.5, (82, 96, 109))
    for text in view.company.lines:
        page.cell(half, 4.2, page.fitted(text, half), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    left_end = page.get_y()
    page.set_xy(page.l_margin + half, top)
    page.write_font(20, DARK)
    page.cell(page.epw - half, 9, "Bill", align="R")
    if view.title:
        page.write_font(9, DIM)
        page.set_xy(page.l_margin + half, top + 9)
        page.cell(page.epw - half, 5, page.fitted(view.title, page.epw - half), align="R")
    page.set_y(max(left_end, top + 14) + 2)
    page.set_draw_color(*ACCENT)
    page.set_line_width(0.8)
    page.line(page.l_margin, page.get_y(), page.l_margin + page.epw, page.get_y())
    page.set_line_width(0.2)
    page.ln(5)
    _address_and_facts(page, view)


def _address_and_facts(page: _Page, view: BillView) -> None:
    top, half = page.get_y(), page.epw * 0.55
    page.write_font(7.5, DIM)
    page.line_of("BILL TO", 4)
    page.write_font(11, INK, bold=True)
    page.multi_cell(half, 5.5, view.customer.name, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    page.write_font(9.5)
    for text in view.customer.lines:
        page.cell(half, 4.8, page.fitted(text, half), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    end, y = page.get_y(), top
    for name, value in view.facts:
        page.set_xy(page.l_margin + half, y)
        page.write_font(9, DIM)
        page.cell(24, 4.8, name)
        page.write_font(9)
        width = page.epw - half - 24
        page.cell(width, 4.8, page.fitted(value, width), align="R")
        y += 4.8
    page.set_xy(page.l_margin, max(end, y))


def _charges(page: _Page, view: BillView) -> None:
    page.heading("Charges")
    heads = ("Description", "Period", "Quantity", "Rate", f"Amount ({view.currency})")
    table = _Table(page, heads, (39, 24, 12, 11, 16), "LLRRR", 9)
    for r in view.charges:
        table.row((r.description, r.period, r.quantity, r.rate, r.amount), (r.mark,), dim=(1,))
    if not view.charges:
        table.row(("Nothing is due for this period.", "", "", "", ""))
    table.ensure(12)
    page.ln(2)
    page.write_font(12, DARK, bold=True)
    page.cell(page.epw * 0.6, 8, "Total before tax")
    page.cell(page.epw * 0.4, 8, view.total, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _parts(page: _Page, view: BillView) -> None:
    if view.parts:
        page.heading(view.parts_title)
        table = _Table(page, ("Part", "Amount", ""), (40, 20, 40), "LRL", 8.5)
        for name, value in view.parts:
            table.row((name, value, ""))


def _small_tables(page: _Page, view: BillView) -> None:
    if view.allowances:
        page.heading("Included and used")
        table = _Table(
            page,
            ("Line", "Used", "Free", "Free, carried over", "Charged"),
            (40, 15, 15, 15, 15),
            "LRRRR",
            8.5,
        )
        for a in view.allowances:
            table.row((a.line, a.used, a.included, a.carried, a.charged))
    if view.units:
        page.heading("Charged for a part of the period")
        table = _Table(page, ("Unit", "Number", "Covered"), (40, 15, 45), "LRR", 8.5)
        for u in view.units:
            table.row((u.unit, u.quantity, u.covered))


def _chart(page: _Page, chart: charts.Chart) -> None:
    height = 42.0
    page.heading(chart.title, keep=height + 16)
    page.write_font(7.5, (82, 96, 109))
    for name, colour in charts.legend(chart):
        page.set_fill_color(*_rgb(colour))
        page.rect(page.get_x(), page.get_y() + 1, 2.6, 2.6, style="F")
        page.set_x(page.get_x() + 4.2)
        page.cell(page.get_string_width(name) + 5, 4.6, name)
    page.ln(6)
    drawing = charts.draw(chart, page.epw, height, 2.5)
    left, top = page.l_margin, page.get_y()
    page.set_draw_color(*_rgb(charts.GRID))
    for rule in drawing.rules:
        page.line(left + rule.x1, top + rule.y, left + rule.x2, top + rule.y)
    for bar in drawing.bars:
        page.set_fill_color(*_rgb(bar.fill))
        page.rect(left + bar.x, top + bar.y, bar.width, bar.height, style="F")
    page.write_font(7, (82, 96, 109))
    for label in drawing.labels:
        width = page.get_string_width(label.text)
        shift = {"start": 0.0, "middle": width / 2, "end": width}[label.anchor]
        page.text(left + label.x - shift, top + label.y, label.text)
    page.set_y(top + height)


def _statement(page: _Page, view: BillView) -> None:
    if not view.devices:
        return
    page.heading("Meter statement", keep=30)
    heads = ("Meter", "Opening", "   read on", "Closing", "   read on", "Usage")
    table = _Table(page, heads, (23, 11, 28, 11, 28, 9), "LRLRLR", 8)
    for block in view.devices:
        table.ensure(13)
        page.ln(1.6)
        page.write_font(8.5, INK, bold=True)
        width = page.get_string_width(block.device) + 3
        page.cell(width, 4.6, block.device)
        page.write_font(8, DIM)
        page.cell(0, 4.6, page.fitted(block.about, page.epw - width), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        for r in block.rows:
            cells = (r.meter, r.opening, f"   {r.opening_day}", r.closing, f"   {r.closing_day}", r.usage)
            table.row(cells, ("", "", r.opening_mark, "", r.closing_mark), r.note)


def _notes(page: _Page, view: BillView) -> None:
    page.ln(6)
    page.write_font(8, (82, 96, 109))
    for note in view.notes:
        page.multi_cell(0, 4.2, note, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    page.write_font(8, INK)
    for text in (*(f"{name}: {value}" for name, value in view.terms), view.footer):
        if text:
            page.multi_cell(0, 4.2, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
