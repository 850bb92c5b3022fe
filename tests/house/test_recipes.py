"""Carries out docs/recipes.md: each recipe is typed, word for word, into a copy of the tree, and tried there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RECIPES = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", (ROOT / "docs" / "recipes.md").read_text(), re.MULTILINE | re.DOTALL))
STEP = re.compile(
    r"(?P<what>Write|[Aa]t the end of|[Ii]n) `(?P<path>[\w./-]+)`(?:, (?P<side>above|below) `(?P<anchor>.+?)`)?:\n\n```\w+\n(?P<text>.*?)```",
    re.DOTALL,
)
TRIED = re.compile(
    r"Try it:\n\n```sh\n(?P<script>.*?)```(?:\n\nIt prints, among other things:\n\n```text\n(?P<printed>.*?)```)?", re.DOTALL
)
CONFIG = """
[desk]
name = "Desk"
address = "support@desk.example"
secret_file = "secret"
[store]
url = "sqlite:///desk.db"
[relay]
url = "maildir:sent"
hold = "0s"
[trust]
verify_dkim = false
"""


def test_the_page_has_the_recipes_that_architecture_promises() -> None:
    """A newcomer would be sent to a page that lacks what he came for."""
    assert list(RECIPES) == ["Add a verb", "Add a condition", "Add a mail text", "Add a source of mail"]


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_works(name: str, tmp_path: Path) -> None:
    """Whoever follows it would end with an error message, in a file that was moved a year ago."""
    tree = tmp_path / "tree"
    for room in ("mailgate", "store", "rules", "templates"):
        shutil.copytree(ROOT / room, tree / room)  # with what is compiled already, which stays true of every file that no recipe touches
    shutil.copy2(ROOT / "cli.py", tree)
    steps = list(STEP.finditer(RECIPES[name]))
    assert len(steps) == RECIPES[name].count("```python") + RECIPES[name].count("```jinja"), "every block is a step"
    for step in steps:
        _typed(tree, step)

    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "config.toml").write_text(CONFIG)
    command = tmp_path / "bin" / "mailgate"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -c "import cli; cli.run()" "$@"\n')
    command.chmod(0o755)
    tried = TRIED.search(RECIPES[name])
    assert tried is not None
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", tried["script"]],
        cwd=desk,
        env={"PATH": f"{command.parent}:{os.environ['PATH']}", "PYTHONPATH": str(tree), "LANG": "C.UTF-8", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert tried["printed"].strip() in done.stdout


def _typed(tree: Path, step: re.Match[str]) -> None:
    path, text = tree / step["path"], step["text"]
    if step["what"] == "Write":
        assert not path.exists(), f"{step['path']} exists already"
        path.write_text(text)
        return
    old = path.read_text()
    if step["anchor"] is None:
        path.write_text(old + text)
        return
    lines = old.splitlines(keepends=True)
    found = [n for n, line in enumerate(lines) if line.strip() == step["anchor"]]
    assert len(found) == 1, f"{step['path']} has {len(found)} lines {step['anchor']!r}"
    place = found[0] + (step["side"] == "below")
    lines[place:place] = [text]
    path.write_text("".join(lines))
