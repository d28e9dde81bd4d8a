"""What a customer sees: the view-model, and HTML and PDF made from it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timezone
from decimal import Decimal
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from mps_module.cli import chart as charts
from mps_module.cli import formats
from mps_module.cli.billing import make_bill
from mps_module.cli.chart import Chart, Series
from mps_module.cli.doc_html import logo_uri, render_html
from mps_module.cli.doc_pdf import FONTS, render_pdf
from mps_module.cli.view import BillView, Party, Sender, bill_view
from mps_module.cli.volume import months_until, volume_chart
from mps_module.engine.contract import SplitBy
from mps_module.engine.periods import Period
from mps_module.engine.schedule import due_periods
from tests.cli.values import NO_NORMS, READS, case

MADE = datetime(2026, 11, 1, tzinfo=timezone.utc)


def view(month: int = 11, split: SplitBy = SplitBy.NONE, reads=None, **options) -> BillView:
    given = case(split, reads)
    period = due_periods(given.contract, date(2026, month - 1, 1), date(2026, month, 1))[0]
    bill = make_bill(given, period, NO_NORMS)
    chart = volume_chart(given.contract, given.ledger, given.units, period.closes)
    company = Party("Müller GmbH", ("Hafenstraße 12", "20457 Hamburg"))
    return bill_view(bill, given.contract, given.ledger, company, Party("Kunde <1>"), chart, **options)


def pdf_text(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)


class _Cells(HTMLParser):
    """The texts of an HTML document, one an element."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(" ".join(data.split()))


def html_texts(text: str) -> list[str]:
    parser = _Cells()
    parser.feed(text)
    return parser.texts


def test_the_view_has_charges_meters_and_total() -> None:
    v = view()
    assert v.number == "C-1-20261101" and v.total == "€217.25" and v.paper == "A4"
    assert [(c.description, c.quantity, c.rate, c.amount) for c in v.charges] == [
        ("Base", "1", "100.00", "100.00"),
        ("Seats", "2", "45.00", "90.00"),
        ("Black prints", "2,500", "0.0085", "21.25"),
        ("Colour prints", "100", "0.06", "6.00"),
    ]
    assert [(a.used, a.included, a.carried, a.charged) for a in v.allowances] == [
        ("3,000", "500", "0", "2,500")
    ]
    first = v.devices[0]
    assert (first.device, first.about) == ("D-1", "TASKalfa, serial SN-1, Head office")
    assert [(r.meter, r.opening, r.opening_day, r.closing, r.closing_day, r.usage) for r in first.rows] == [
        ("Black", "20,000", "1 Oct 2026", "21,000", "1 Nov 2026", "1,000"),
        ("Colour", "1,000", "1 Oct 2026", "1,100", "1 Nov 2026", "100"),
    ]


def test_a_swapped_counter_shows_its_runs() -> None:
    (row,) = view(month=9).devices[1].rows
    assert (row.opening, row.closing, row.usage) == ("16,000", "1,000", "2,000")
    assert row.note == "the counter began anew in this period: 16,000 to 17,000, then 0 to 1,000"


def test_an_estimate_is_marked_with_its_interval_and_explained() -> None:
    v = view(reads=[r for r in READS if r.taken_at.date() < date(2026, 11, 1)])
    assert [c.mark for c in v.charges] == ["", "", "E", "E"]
    row = v.devices[0].rows[0]
    assert row.closing_mark == "E" and re.fullmatch(r"31 Oct 2026 \([\d,]+ – [\d,]+\)", row.closing_day)
    assert any(note.startswith("E: estimated") for note in v.notes)
    assert not any(note.startswith("E:") for note in view().notes)


def test_parts_are_shown_by_what_the_bill_is_split_by() -> None:
    v = view(split=SplitBy.SITE)
    assert v.parts_title == "By site" and [name for name, _ in v.parts] == ["Head office", "Lager Süd"]


def test_html_and_pdf_hold_every_text_of_the_view() -> None:
    v = view(split=SplitBy.SITE, sender=Sender(terms="Zahlbar in 14 Tagen", bank="DE00 1234"))
    pdf, html = pdf_text(render_pdf(v, MADE)), html_texts(render_html(v))
    flat = " ".join(html)
    wanted = [
        v.number,
        v.title,
        v.total,
        v.customer.name,
        *v.company.lines,
        "Zahlbar in 14 Tagen",
        "DE00 1234",
    ]
    wanted += [t for c in v.charges for t in (c.description, c.period, c.quantity, c.rate, c.amount)]
    wanted += [t for b in v.devices for r in b.rows for t in (r.opening, r.closing, r.usage, r.closing_day)]
    wanted += [t for name, amount in v.parts for t in (name, amount)]
    wanted += [value for _, value in v.facts] + [name for name, _ in charts.legend(v.chart)]
    for text in wanted:
        assert text in flat, text
        assert text in pdf, text


def test_the_same_view_gives_the_same_bytes() -> None:
    v = view()
    assert render_pdf(v, MADE) == render_pdf(v, MADE)
    assert render_html(v) == render_html(v)


def test_html_needs_nothing_from_elsewhere_and_escapes_names() -> None:
    html = render_html(view())
    assert "Kunde &lt;1&gt;" in html and "Kunde <1>" not in html and "Print &lt;all&gt; sites" in html
    assert not re.search(r"<(script|link|iframe)|https?://|@import|url\(", html)


def test_a_draft_says_so_and_a_bill_does_not() -> None:
    draft, final = view(draft=True), view()
    assert "Draft" in render_html(draft) and "Draft" in pdf_text(render_pdf(draft, MADE))
    assert "Draft" not in render_html(final) and "Draft" not in pdf_text(render_pdf(final, MADE))


def test_a_long_statement_breaks_over_pages_with_its_head_on_each() -> None:
    v = view()
    block = v.devices[0]
    many = replace(v, devices=tuple(replace(block, device=f"D-{i:03}") for i in range(120)))
    pages = [page.extract_text() for page in PdfReader(BytesIO(render_pdf(many, MADE))).pages]
    assert len(pages) >= 4
    assert all("Opening" in page and "Usage" in page for page in pages[1:-1])
    text = "\n".join(pages)
    assert all(f"D-{i:03}" in text for i in range(120))
    assert f"Page {len(pages)} of {len(pages)}" in pages[-1]


def test_letters_that_the_font_lacks_do_not_stop_a_pdf() -> None:
    v = replace(view(), customer=Party("日本語 株式会社"))
    assert "C-1-20261101" in pdf_text(render_pdf(v, MADE))
    assert "日本語" in render_html(v)


def test_a_very_long_description_wraps_and_long_names_are_cut() -> None:
    v = view()
    long = replace(v.charges[0], description="word " * 60)
    v = replace(v, charges=(long,), company=Party("Very " * 40), title="Title " * 40)
    assert pdf_text(render_pdf(v, MADE)).count("word") == 60


def test_an_empty_bill_says_so() -> None:
    v = replace(view(), charges=(), devices=(), chart=None, allowances=(), parts=())
    assert "Nothing is due" in render_html(v) and "Nothing is due" in pdf_text(render_pdf(v, MADE))


def test_a_logo_is_embedded(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (40, 20), "red").save(tmp_path / "logo.png")
    v = view(sender=Sender(logo=str(tmp_path / "logo.png")))
    assert 'src="data:image/png;base64,' in render_html(v)
    assert len(PdfReader(BytesIO(render_pdf(v, MADE))).pages[0].images) == 1
    assert logo_uri(str(tmp_path / "none.png")) == "" and logo_uri("notes.txt") == ""


def test_the_font_has_every_letter_that_we_write_ourselves() -> None:
    texts = "".join(p.read_text("utf-8") for p in (FONTS.parent / "view.py", FONTS.parent / "formats.py"))
    for name in ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"):
        known = TTFont(FONTS / name).getBestCmap()
        wanted = set(texts + "äöüßéèçñøåŁódźčšžřĐğıΑΩЖя€£$¥") - set("\n")
        assert not {c for c in wanted if ord(c) not in known}


# numbers and days


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("12345", "12,345"),
        ("-0.5", "-0.5"),
        ("1E+3", "1,000"),
        ("0.74193548", "0.7419"),
        ("-1234", "-1,234"),
        ("-0", "0"),
    ],
)
def test_quantities(value: str, shown: str) -> None:
    assert formats.number(Decimal(value)) == shown


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        ("1234.5", "USD", "$1,234.50"),
        ("-3", "EUR", "-€3.00"),
        ("12", "CHF", "CHF 12.00"),
        ("0", "GBP", "£0.00"),
    ],
)
def test_money(value: str, currency: str, shown: str) -> None:
    assert formats.money(Decimal(value), currency) == shown


def test_rates_keep_their_decimals() -> None:
    assert [formats.rate(Decimal(r)) for r in ("45", "0.0085", "0.00850", "0.123456")] == [
        "45.00", "0.0085", "0.0085", "0.123456",
    ]  # fmt: skip


@given(st.decimals(-(10**12), 10**12, places=6))
def test_a_number_as_text_is_still_that_number(value: Decimal) -> None:
    assert Decimal(formats.number(value, 6).replace(",", "")) == value
    assert Decimal(formats.plain(value)) == value
    assert Decimal(formats.amount(value).replace(",", "")) == value


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (date(2026, 10, 1), date(2026, 10, 31), "1 – 31 Oct 2026"),
        (date(2026, 8, 1), date(2026, 10, 31), "1 Aug – 31 Oct 2026"),
        (date(2026, 12, 15), date(2027, 1, 14), "15 Dec 2026 – 14 Jan 2027"),
        (date(2026, 2, 1), date(2026, 2, 1), "1 Feb 2026"),
    ],
)
def test_periods(start: date, end: date, shown: str) -> None:
    assert formats.period(Period(start, end)) == shown


# chart


@given(st.integers(1, 10**10))
def test_the_axis_holds_the_highest_bar_with_few_rules(value: int) -> None:
    top, step = charts.nice_top(value)
    assert top >= value and top % step == 0 and 1 <= top // step <= 5


def test_bars_stack_without_overlap_and_stay_inside() -> None:
    chart = Chart("t", ("Jan", "Feb"), (Series("a", (10, 0)), Series("b", (30, -5))))
    drawing = charts.draw(chart, 300, 100, 8)
    assert len(drawing.bars) == 2  # nothing is drawn for 0 and for a credit
    low, high = drawing.bars
    assert high.y + high.height == pytest.approx(low.y) and high.height == pytest.approx(3 * low.height)
    assert all(b.x >= 0 and b.x + b.width <= 300 and b.y >= 0 for b in drawing.bars)
    assert chart.empty is False and Chart("t", ("Jan",), (Series("a", (0,)),)).empty


def test_volume_by_month_is_what_was_printed() -> None:
    given = case()
    chart = volume_chart(given.contract, given.ledger, given.units, date(2026, 10, 31))
    assert chart.labels[0] == "Jan 26" and chart.labels[-1] == "Oct 26"
    by_name = {s.name: s.values for s in chart.series}
    assert by_name["Black"] == (3000,) * 10  # 1,000 of D-1 and 2,000 of D-2, its swap included
    assert by_name["Colour"] == (100,) * 10


def test_months_until() -> None:
    assert [str(p.start) for p in months_until(date(2026, 1, 31), 3)] == [
        "2025-11-01",
        "2025-12-01",
        "2026-01-01",
    ]
    assert months_until(date(2028, 3, 30), 1)[0].end == date(2028, 2, 29)  # March is not over
