"""`mps template`: an empty folder to start from. Its files lie in ``templates/folder`` and are copied as they are."""

from __future__ import annotations

from pathlib import Path

from mps_module.cli.console import UsageProblem

SOURCE = Path(__file__).parent / "templates" / "folder"


def write_template(target: Path) -> list[Path]:
    """Copy the commented files. Raises UsageProblem: the folder holds files already (nothing is overwritten)."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageProblem(f"{target} is not an empty folder: nothing was written.")
    written = []
    (target / "contracts").mkdir(parents=True)
    for path in sorted(SOURCE.rglob("*")):
        if path.is_file():
            copy = target / path.relative_to(SOURCE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
            written.append(copy)
    return written
