"""Make the pictures of the docs anew from the example dealer: ``python3 scripts/pictures.py`` (needs pdftoppm)."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from datetime import date
from io import StringIO
from pathlib import Path

from rich.console import Console

from mps_module.cli import cmd_bill, console
from mps_module.cli.billing import Span
from mps_module.cli.cmd_explain import find_bill
from mps_module.cli.folder import Folder
from mps_module.cli.posted import Posted
from mps_module.cli.unfold import bill_tree

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
DEALER = ROOT / "examples" / "dealer"
NOVEMBER = date(2026, 11, 1)


def save(screen: Console, name: str, title: str) -> None:
    """The recorded screen as SVG, without the font that Rich would have fetched from elsewhere."""
    svg = screen.export_svg(title=title)
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!-- .*? -->\s*", "", svg)
    svg = svg.replace("Fira Code,", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono,")
    (IMAGES / name).write_text(svg, encoding="utf-8")


def main() -> int:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as where:
        out = Path(where)
        screen = Console(record=True, width=132, file=StringIO(), highlight=False)
        console.out = lambda: screen
        options = cmd_bill.Options(
            DEALER.relative_to(ROOT), Span(NOVEMBER, date(2026, 10, 1)), documents=(".html", ".pdf"), out=out
        )
        report = cmd_bill.run_bills(options)
        shown = cmd_bill.Options(options.folder, options.span, out=Path("out/demo"))
        cmd_bill.show(report, shown)
        save(screen, "mps-bill.svg", "mps bill examples/dealer --period 2026-10 --out out/demo --html --pdf")
        screen = Console(record=True, width=132, file=StringIO(), highlight=False)
        found = find_bill(Folder(DEALER), Posted(out), "C-1004", NOVEMBER, Span(NOVEMBER))
        screen.print(bill_tree(found.bill, 2, found.case.ledger))
        save(screen, "mps-explain.svg", "mps explain examples/dealer C-1004")
        pdf = out / NOVEMBER.isoformat() / "C-1010.pdf"
        picture = [
            "pdftoppm",
            "-r",
            "100",
            "-f",
            "1",
            "-l",
            "1",
            "-singlefile",
            "-png",
            str(pdf),
            str(IMAGES / "bill"),
        ]
        subprocess.run(picture, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
