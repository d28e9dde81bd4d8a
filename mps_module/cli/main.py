"""The `mps` command. Each command's work is in a module of its own; here are its options and its exit codes.

Exit codes: 0 all well; 1 something to look at (a bill held back, findings, differences); 2 wrong use, or input that
cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.markup import escape

import mps_module
from mps_module.cli import console
from mps_module.cli.posted import PostedError

app = typer.Typer(
    name="mps",
    help="Bill managed print from a folder of plain files. Every command reads the folder anew and keeps no state but "
    "the posted bills in it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)

Folder = Annotated[
    Path, typer.Argument(help="The dealer's folder (mps.yaml, fleet, contracts, reads …).", metavar="FOLDER")
]
Contract = Annotated[str, typer.Argument(help="Id of the contract.", metavar="CONTRACT")]
Period = Annotated[
    str | None, typer.Option("--period", help="Month to bill, as 2026-10. Without it: the last whole month.")
]
Through = Annotated[
    str | None,
    typer.Option("--through", help="Catch up: every bill from the last posted one through this month."),
]
Chosen = Annotated[
    list[str] | None, typer.Option("--contract", help="Only this contract (may be given again).")
]
Due = Annotated[
    str | None, typer.Option("--due", help="Date of the bill, as 2026-11-01. Without it: the last one.")
]
Out = Annotated[Path | None, typer.Option("--out", help="Where posted bills lie. Without it: FOLDER/bills.")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
All = Annotated[bool, typer.Option("--all", help="Everything, nothing cut short.")]


F = TypeVar("F", bound=Callable[..., None])


def friendly(command: F) -> F:
    """Problems of use and unreadable input become one line on standard error and exit code 2."""

    @wraps(command)
    def wrapped(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except (console.UsageProblem, PostedError) as problem:
            said = str(problem)
        except BrokenPipeError:
            raise  # the reader of a pipe went away; Typer ends the command quietly
        except OSError as problem:
            said = f"{problem.filename}: {problem.strerror}" if problem.filename else str(problem)
        else:
            return
        console.err().print(f"[bold red]mps:[/] {escape(said)}", soft_wrap=True)
        raise typer.Exit(console.UNUSABLE)

    return wrapped  # type: ignore[return-value]


def _today() -> date:
    return date.today()


def _version(value: bool) -> None:
    if value:
        typer.echo(f"mps {mps_module.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Bill managed print from a folder of plain files."""


@app.command()
@friendly
def bill(
    folder: Folder,
    period: Period = None,
    through: Through = None,
    contract: Chosen = None,
    accept: Annotated[
        list[str] | None, typer.Option("--accept", help="Post this contract though it is blocked.")
    ] = None,
    out: Out = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Post nothing. With --out: drafts of documents go there.")
    ] = False,
    html: Annotated[bool, typer.Option("--html", help="Also an HTML document for each bill.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also a PDF for each bill.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bill all contracts of a month, or catch up through one. Running it twice changes nothing."""
    from mps_module.cli import cmd_bill

    options = cmd_bill.Options(
        folder=folder,
        span=cmd_bill.span_of(period, through, _today()),
        contracts=tuple(contract or ()),
        accept=tuple(accept or ()),
        out=out,
        dry_run=dry_run,
        digests=as_json,
        documents=(*((".html",) if html else ()), *((".pdf",) if pdf else ())),
    )
    report = cmd_bill.run_bills(options)
    if as_json:
        console.print_json(cmd_bill.as_json(report, options))
    else:
        cmd_bill.show(report, options)
    raise typer.Exit(report.exit_code)


@app.command()
@friendly
def explain(
    folder: Folder,
    contract: Contract,
    due: Due = None,
    out: Out = None,
    all_devices: All = False,
    as_json: AsJson = False,
) -> None:
    """Unfold one bill to its reads and arithmetic: as it was posted, else as it would be."""
    from mps_module.cli import cmd_explain

    day = console.parse_day(due) if due else None
    limit = None if all_devices else 12
    raise typer.Exit(cmd_explain.run_explain(folder, contract, day, _today(), as_json, limit, out))


@app.command()
@friendly
def check(
    folder: Folder,
    period: Period = None,
    through: Through = None,
    contract: Chosen = None,
    out: Out = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """What is missing or suspicious before month-end, worst money first. Writes nothing."""
    from mps_module.cli import cmd_bill, cmd_check, show_check

    span = cmd_bill.span_of(period, through, _today())
    found = cmd_check.run_check(folder, span, tuple(contract or ()), out)
    if as_json:
        console.print_json(show_check.check_json(found))
    else:
        show_check.show_check(found, None if everything else 40)
    raise typer.Exit(found.exit_code)


@app.command()
@friendly
def diff(
    folder: Folder,
    contract: Chosen = None,
    all_contracts: Annotated[bool, typer.Option("--all", help="All contracts.")] = False,
    due: Due = None,
    period: Period = None,
    against: Annotated[
        Path | None,
        typer.Option("--against", help="Invoice file of another system (CSV, XLSX): contract, line, amount."),
    ] = None,
    out: Out = None,
    every_line: Annotated[bool, typer.Option("--every-line", help="Also lines that did not change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare bills with the ones before, or with another system's invoices."""
    from mps_module.cli import cmd_bill, cmd_diff
    from mps_module.cli.billing import Span

    if bool(contract) == all_contracts:
        raise console.UsageProblem("Say which contracts: --contract ID, or --all.")
    day = console.parse_day(due) if due else None
    if period and day:
        raise console.UsageProblem("Give --due or --period, not both.")
    span = cmd_bill.span_of(period, None, _today()) if period else Span(_today())
    result = cmd_diff.run_diff(folder, tuple(contract or ()), day, span, against, out)
    if as_json:
        console.print_json(cmd_diff.diff_json(result))
    else:
        cmd_diff.show_diff(result, every_line)
    raise typer.Exit(result.exit_code)


@app.command()
@friendly
def simulate(
    folder: Folder,
    contract: Contract,
    plan: Annotated[
        Path, typer.Option("--plan", help="YAML file with the other plan, written like a contract.")
    ],
    months: Annotated[int, typer.Option("--months", help="How many months to replay.")] = 12,
    until: Annotated[
        str | None, typer.Option("--until", help="Last month, as 2026-10. Without it: the last whole one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replay the last months under another plan, side by side with the present one."""
    from mps_module.cli import cmd_simulate
    from mps_module.cli.folder import Folder as DealerFolder

    last = console.parse_month(until or console.last_month(_today()))[1] + timedelta(days=1)
    found = cmd_simulate.run_simulation(DealerFolder(folder), contract, plan, months, last)
    if as_json:
        console.print_json(cmd_simulate.simulation_json(found))
    else:
        cmd_simulate.show_simulation(found)


@app.command()
@friendly
def quarantine(
    folder: Folder,
    csv: Annotated[Path | None, typer.Option("--csv", help="Also write the rows to this CSV file.")] = None,
    flagged: Annotated[
        bool, typer.Option("--all", help="Also rows that are used, but flagged as odd.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Every row that was set aside, with file, row, field, value and what to do; and the tally."""
    from mps_module.cli import cmd_quarantine

    raise typer.Exit(cmd_quarantine.run_quarantine(folder, flagged, csv, as_json))


@app.command()
@friendly
def kit(
    path: Annotated[
        Path,
        typer.Argument(
            help="File of past jobs; or a folder with jobs, items and trunk files.", metavar="JOBS"
        ),
    ],
    items: Annotated[
        Path | None, typer.Option("--items", help="Parts: value, slots, group, models they fit.")
    ] = None,
    trunk: Annotated[Path | None, typer.Option("--trunk", help="What is aboard now: part, units.")] = None,
    target: Annotated[
        str | None, typer.Option("--target", help="Cheapest kit for this percent of jobs. [default: 80]")
    ] = None,
    budget: Annotated[
        str | None, typer.Option("--budget", help="Best kit for this money (or slots) a restock.")
    ] = None,
    penalty: Annotated[
        str | None, typer.Option("--penalty", help="Best kit where each second trip costs this.")
    ] = None,
    slots: Annotated[bool, typer.Option("--by-slots", help="Pay in room, not in money.")] = False,
    cap: Annotated[
        str | None, typer.Option("--cap", help="At most so many slots (with --by-slots: money).")
    ] = None,
    model: Annotated[
        str, typer.Option("--model", help="history: the jobs as they were; independent: each part's chance.")
    ] = "history",
    tour: Annotated[
        str, typer.Option("--tour", help="Jobs between two restocks: a number, day, week, or tour (column).")
    ] = "1",
    whole_jobs: Annotated[
        bool, typer.Option("--all-or-nothing", help="A job that lacks a part takes none of its parts.")
    ] = False,
    technician: Annotated[str, typer.Option("--technician", help="Only this technician's jobs.")] = "",
    territory: Annotated[str, typer.Option("--territory", help="Only jobs of this territory.")] = "",
    holding: Annotated[
        str, typer.Option("--holding", help="Cost of carrying, percent of a part's value a year.")
    ] = "25",
    restock_days: Annotated[
        int, typer.Option("--restock-days", min=1, max=366, help="Days between two restocks.")
    ] = 7,
    csv: Annotated[Path | None, typer.Option("--csv", help="Also write the kit to this CSV file.")] = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Which parts a technician should carry, so that most calls are closed in one visit. Writes nothing else."""
    from mps_module.cli import cmd_kit

    options = cmd_kit.Options(
        path, items, trunk, target, budget, penalty, slots, cap, model, tour, whole_jobs, technician, territory,
        holding, restock_days,
    )  # fmt: skip
    found = cmd_kit.run_kit(options)
    if csv is not None:
        cmd_kit.write_kit(found, csv)
    if as_json:
        console.print_json(cmd_kit.kit_json(found))
    else:
        cmd_kit.show_kit(found, everything)
    raise typer.Exit(found.exit_code)


@app.command()
@friendly
def template(
    directory: Annotated[Path, typer.Argument(help="A new or empty folder.", metavar="DIR")],
) -> None:
    """Make an empty folder to start from, with comments in each file."""
    from mps_module.cli import cmd_template

    for path in cmd_template.write_template(directory):
        typer.echo(path)
    console.out().print(f"\nFill it in, then: [bold]mps check {escape(str(directory))}[/]")


@app.command()
@friendly
def toner(
    levels: Annotated[
        Path,
        typer.Argument(
            help="File of levels; or a folder with levels, supplies and fleet files.", metavar="LEVELS"
        ),
    ],
    supplies: Annotated[
        Path | None, typer.Option("--supplies", help="Supplies by model: supply, yield, item, toners.")
    ] = None,
    devices: Annotated[
        Path | None, typer.Option("--devices", help="Devices: model, customer, monthly volume.")
    ] = None,
    on: Annotated[
        str | None, typer.Option("--on", help="As of this day. Without it: of the newest level.")
    ] = None,
    days: Annotated[float, typer.Option("--days", min=0, help="What runs out within so many days.")] = 10,
    fill: Annotated[
        float, typer.Option("--fill", min=0, help="Ask above this cover of the page, percent.")
    ] = 8,
    early: Annotated[
        float, typer.Option("--early", min=0, help="Ask where a toner was changed with more left, percent.")
    ] = 20,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Which toner runs out when, from the levels that devices report; what to ask before sending one."""
    from decimal import Decimal

    from mps_module.cli import cmd_toner
    from mps_module.engine.toner_guard import Rules

    rules = Rules(days, Decimal(str(fill)), early)
    found = cmd_toner.run_toner(cmd_toner.Options(levels, supplies, devices, cmd_toner.day_of(on), rules))
    if as_json:
        console.print_json(cmd_toner.toner_json(found))
    else:
        cmd_toner.show_toner(found, everything)
    raise typer.Exit(console.FOUND if found.due or found.aside else console.OK)


@app.command()
@friendly
def measures(
    visits: Annotated[
        Path, typer.Argument(help="File of visits, a row each: call, date, outcome …", metavar="VISITS")
    ],
    by: Annotated[
        str,
        typer.Option("--by", help="technician, model, contract, customer, territory, problem or month."),
    ] = "technician",
    start: Annotated[str | None, typer.Option("--from", help="First day of completion.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day of completion.")] = None,
    days: Annotated[int, typer.Option("--days", min=0, help="A callback comes within so many days.")] = 30,
    clicks: Annotated[
        int, typer.Option("--clicks", min=0, help="And under so many clicks; 0: the days alone decide.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """First-call completion, holds for parts and callbacks from a file of visits."""
    from mps_module.cli import cmd_measures
    from mps_module.engine.callbacks import Norm

    span = [console.parse_day(day) if day else None for day in (start, end)]
    found = cmd_measures.run_measures(cmd_measures.Options(visits, by.lower(), *span, Norm(days, clicks)))
    if as_json:
        console.print_json(cmd_measures.measures_json(found))
    else:
        cmd_measures.show_measures(found)
    raise typer.Exit(console.FOUND if found.aside else console.OK)


def run() -> None:
    """Entry point of the `mps` script."""
    app()


if __name__ == "__main__":
    run()
