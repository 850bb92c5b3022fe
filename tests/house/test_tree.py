"""What is committed belongs to the project: no traces of the machine that somebody worked on."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import LONG

ROOT = Path(__file__).resolve().parents[2]
# In pieces, so that this file doesn't hold what it looks for.
FOREIGN = re.compile(
    "|".join(
        [
            r"(?<![\w.])/ro" + r"ot/",
            r"(?<![\w.])/ho" + r"me/[a-z]",
            r"(?<![\w.])/Us" + r"ers/",
            "/wo" + "rk/",
            "pythonhos" + "ted",
            "registry" + r"\.npmjs",
        ]
    )
)


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and name != "uv.lock"]


def test_no_file_speaks_of_somebodys_machine() -> None:
    """A reader elsewhere would meet paths and hosts that mean nothing to him."""
    found = []
    for path in _tracked():
        if not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, hit.start()) + 1} {hit[0]}" for hit in FOREIGN.finditer(text)]
    assert found == []


@pytest.mark.parametrize("text", ["see /ro" + "ot/x", "in /ho" + "me/anna/mail", "files.pythonhos" + "ted.org"])
def test_the_search_finds_what_it_looks_for(text: str) -> None:
    """The test above would be green because its pattern fits nothing."""
    assert FOREIGN.search(text)


def test_secrets_and_data_are_not_committed() -> None:
    """A desk's database or key would be published with the source."""
    suffixes = {".db", ".sqlite", ".key", ".pem", ".p12", ".pyc"}
    assert [
        str(path.relative_to(ROOT)) for path in _tracked() if path.suffix in suffixes and "tests" not in path.relative_to(ROOT).parts
    ] == []


def test_files_that_begin_first_are_there() -> None:
    """One that was renamed would begin last, and all would wait for it."""
    assert [name for name in LONG if not (ROOT / "tests" / f"{name}.py").exists()] == []
