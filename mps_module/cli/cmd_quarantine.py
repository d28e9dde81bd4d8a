"""`mps quarantine`: every row that was set aside or flagged, and the tally of all files."""

from __future__ import annotations

from pathlib import Path

from mps_module.cli import console
from mps_module.cli.folder import Folder
from mps_module.cli.show_check import issue_json, show_issues, show_tally, tally_json, write_issues
from mps_module.engine.reads import Verdict


def run_quarantine(path: Path, flagged: bool, csv: Path | None, as_json: bool) -> int:
    """Show the rows; exit code 1 where any is set aside. `flagged`: also those that are used but odd.

    Raises: UsageProblem.
    """
    folder = Folder(path)
    wanted = {Verdict.QUARANTINED, Verdict.FLAGGED} if flagged else {Verdict.QUARANTINED}
    aside = [i for i in folder.issues() if i.verdict in wanted]
    tally = folder.tally()
    if csv is not None:
        write_issues(aside, csv)
    if as_json:
        console.print_json({"issues": [issue_json(i) for i in aside], "tally": tally_json(tally)})
    else:
        out = console.out()
        if aside:
            show_issues(aside, out)
            out.print()
        show_tally(tally, out)
    return console.FOUND if any(i.verdict is Verdict.QUARANTINED for i in aside) else console.OK
