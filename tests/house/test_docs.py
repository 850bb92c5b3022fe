"""The papers speak of what is there: links lead somewhere, named modules exist, and README's commands are the Makefile's."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import cli
from tests.house import rooms, verbs

ROOT = Path(__file__).resolve().parents[2]
PAPERS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
ROOMS = ("mailgate", "store", "rules", "templates", "tests", "packaging", "bench")


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: str(paper.relative_to(ROOT)))
def test_links_lead_somewhere(paper: Path) -> None:
    """A newcomer would end at a missing page in his first hour."""
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", paper.read_text())
    assert [link for link in links if "://" not in link and not (paper.parent / link).exists()] == []


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: str(paper.relative_to(ROOT)))
def test_named_modules_exist(paper: Path) -> None:
    """The map would show rooms that were moved long ago."""
    text = paper.read_text()
    written = set(re.findall(r"^Write `([^`]+)`:$", text, re.MULTILINE))  # by a recipe, which is tried elsewhere
    names = set(re.findall(r"`((?:[\w-]+/)*[\w-]+\.(?:py|sh|toml))\b[^`]*`", text)) - written
    names -= set(re.findall(r"^Write `([\w./-]+)`:", paper.read_text(), re.MULTILINE))  # what a recipe has its reader make
    files = {str(path.relative_to(ROOT)) for room in ROOMS for path in (ROOT / room).rglob("*.*")} | {path.name for path in ROOT.iterdir()}
    assert sorted(name for name in names if not any(file == name or file.endswith(f"/{name}") for file in files)) == []


def test_readme_opens_with_commands_that_the_makefile_has() -> None:
    """The first thing a newcomer types would fail."""
    opening = (ROOT / "README.md").read_text()[:1200]
    assert "make run" in opening
    assert "make test" in opening
    for target in set(re.findall(r"\bmake ([a-z]+)\b", (ROOT / "README.md").read_text())):
        done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"make {target}: {done.stderr}"


def test_the_build_server_runs_what_readme_says() -> None:
    """Green there would mean something else than green here."""
    assert "make test" in (ROOT / ".ci" / "run").read_text().splitlines()
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_tests_that_papers_name_exist() -> None:
    """What we promise would rest on a test that was renamed or never written."""
    there = {
        name
        for path in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r"^\s*(?:async )?def (test_\w+)\(", path.read_text(), re.MULTILINE)
    }
    named = {(str(paper.relative_to(ROOT)), name) for paper in PAPERS for name in re.findall(r"`(test_\w+)`", paper.read_text())}
    assert len(named) > 100
    assert sorted(pair for pair in named if pair[1] not in there) == []


@pytest.mark.parametrize("guide", sorted(verbs.GUIDE.glob("*.md")), ids=lambda path: path.name)
def test_guides_show_every_verb_as_it_is(guide: Path) -> None:
    """A verb that nobody reads of is used by nobody. `python -m tests.house.verbs` writes the tables anew."""
    assert guide.read_text() == verbs.written(guide.read_text())


def test_the_guides_hold_both_tables() -> None:
    """The test above would be green because it compares nothing."""
    held = "".join(path.read_text() for path in verbs.GUIDE.glob("*.md"))
    assert "| `#assign` |" in held
    assert "| `#mute` |" in held


def test_every_wish_has_its_row_and_its_state() -> None:
    """Somebody would rely on what the desk doesn't do, or miss what it does."""
    rows = re.findall(r"^\| (\d-\d\d) \|.*\| ([^|]+) \|$", (ROOT / "docs" / "features.md").read_text(), re.MULTILINE)
    counts = {"0": 24, "1": 33, "2": 31, "3": 29, "4": 19}
    assert [wish for wish, _ in rows] == [f"{system}-{n:02}" for system, count in counts.items() for n in range(1, count + 1)]
    stateless = [wish for wish, state in rows if not re.search(r"\*\*(works|partly|not yet)\*\*", state)]
    unproven = [
        wish for wish, state in rows if state.startswith("**works** `") is False and state.startswith("**works**") and "`test_" not in state
    ]
    assert stateless == []
    assert unproven == ["0-24"], "0-24 is that nothing exists: no charge, no limit"


def test_every_module_of_the_shell_stands_on_the_map() -> None:
    """The map would lead past the newest rooms, or into some that are gone. `python -m tests.house.rooms` writes the table anew."""
    assert sorted(rooms.listed() ^ set(rooms.modules())) == []
    assert [name for name, said in rooms.modules().items() if not said] == [], "a module says on its first line what lives there"


TOLD = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *verbs.GUIDE.glob("*.md"),
    ROOT / "docs" / "reliability.md",
    ROOT / "docs" / "security.md",
]


@pytest.mark.parametrize("paper", TOLD, ids=lambda paper: paper.name)
def test_commands_that_papers_show_exist(paper: Path) -> None:
    """Whoever types what we wrote would read that there is no such command."""
    begun = r"(?:^|bin/|\| )mailgate (?:--\w+ \S+ )*([a-z]+)(?: ([a-z]+))?"
    told = set(re.findall(begun, "\n".join(_typed(paper.read_text())), re.MULTILINE))
    nouns = {noun.name: noun for noun in cli.NOUNS}
    missing = [noun for noun, _ in told if noun not in nouns]
    for noun, verb in told:
        if noun in nouns and nouns[noun].is_group and verb and verb not in cli.application(noun).commands[noun].commands:
            missing.append(f"{noun} {verb}")
    assert missing == []


def _typed(text: str) -> list[str]:
    """What stands between backticks, and the lines of blocks for the shell."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [*blocks, *re.findall(r"`(mailgate [^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))]
