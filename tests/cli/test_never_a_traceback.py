"""Whatever lies in the folder: every command ends with 0, 1 or 2 and a sentence, never with a traceback."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.folders import CONTRACTS, COVERS, CUSTOMERS, FLEET, MODELS, READS, SETTINGS, make_folder, mps

TEXTS = {
    "settings": SETTINGS, "customers": CUSTOMERS, "models": MODELS, "fleet": FLEET, "covers": COVERS,
    "contracts": CONTRACTS, "reads": READS,
}  # fmt: skip
JUNK = [
    "",
    ",",
    "\n",
    "'",
    '"',
    "-1",
    "1e9",
    "2026-13-45",
    "=1+1",
    "null",
    "[",
    "{",
    ": ",
    "\u0000",
    "ÿ",
    "99999999999",
]


def damaged(text: str, seed: int) -> str:
    """A few characters or cells of `text` replaced, removed or doubled."""
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(text) + 1)
        end = min(len(text), at + chance.choice([0, 1, 3, 12, 40]))
        text = text[:at] + chance.choice([*JUNK, text[at:end] * 2]) + text[end:]
    return text


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(TEXTS)), st.integers(0, 10**6))
def test_a_damaged_file(name: str, seed: int) -> None:
    with tempfile.TemporaryDirectory() as where:
        folder = make_folder(Path(where), **{name: damaged(TEXTS[name], seed)})
        for args in (
            ("bill", folder, "--period", "2026-03", "--html"),
            ("check", folder, "--period", "2026-04"),
            ("explain", folder, "C-1", "--due", "2026-03-01"),
            ("diff", folder, "--all", "--period", "2026-03"),
            ("quarantine", folder, "--all"),
        ):
            result = mps(*args)
            assert result.exit_code in (0, 1, 2), result.output
            assert result.exception is None or isinstance(result.exception, SystemExit), (
                args,
                result.exception,
            )
            assert result.output.strip()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"PK\x03\x04", b"\x00" * 100, b"a,b\n" * 3])
@pytest.mark.parametrize("name", ["reads/x.csv", "reads/x.xlsx", "fleet.csv", "contracts/x.yaml", "mps.yaml"])
def test_a_file_that_is_something_else(tmp_path: Path, name: str, content: bytes) -> None:
    folder = make_folder(tmp_path)
    (folder / name).write_bytes(content)
    for command in ("bill", "check"):
        result = mps(command, folder, "--period", "2026-03")
        assert result.exit_code in (0, 1, 2) and not isinstance(
            result.exception, (ValueError, TypeError, KeyError)
        )
