"""Carries out docs/guide/tasks: what stands in a box is typed, and what is said to come back comes back."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import cli
from tests.house.test_recipes import CONFIG

PAGES = sorted(path for path in (Path(__file__).resolve().parents[2] / "docs/guide/tasks").glob("*.md") if path.stem != "README")
BOX = re.compile(r"^```(sh|text|mail)(?: (\w+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)
PEOPLE = {"kim": "kim@client.example", "anna": "anna@staff.example"}


def mail(name: str, number: int, subject: str, text: str) -> str:
    """A mail as its author's program writes it."""
    head = {"From": PEOPLE[name], "To": "support@desk.example", "Subject": subject, "Message-ID": f"<{number}@{name}.example>"}
    return "".join(f"{key}: {value}\n" for key, value in head.items()) + f"\n{text}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_does_what_it_says(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever follows it would be told that there is no such option."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(CONFIG)

    def typed(*words: str) -> str:
        code = cli.main(words)
        out, err = capsys.readouterr()
        assert code == 0, (words, out, err)
        return out + err

    for name in ("anna", "ben"):
        typed("agent", "add", name, "--address", f"{name}@staff.example")
    (tmp_path / "first.eml").write_text(mail("kim", 0, "Printer", "It prints nothing.\n"))
    typed("mail", "in", "first.eml")
    printed = ""
    boxes = BOX.findall(page.read_text())
    assert boxes, "a page without an example"
    for number, (kind, name, text) in enumerate(boxes, 1):
        match kind:
            case "sh":
                for line in text.splitlines():
                    words = shlex.split(line)
                    assert words[0] == "mailgate"
                    printed += typed(*words[1:])
            case "mail":
                (tmp_path / f"{number}.eml").write_text(mail(name, number, "Re: Printer [T1]", text))
                vouched = ("--as", name) if name == "anna" else ()
                told = typed("mail", "in", f"{number}.eml", *vouched)
                assert re.search(r"\b(appended|executed)\b", told), told
            case _:
                assert all(line in printed for line in text.splitlines()), (text, printed)
                printed = ""


def test_every_page_is_in_the_list_of_pages() -> None:
    """Nobody finds a page that no list names."""
    listed = re.findall(r"\]\(([\w-]+\.md)\)", (PAGES[0].parent / "README.md").read_text())
    assert sorted(listed) == [page.name for page in PAGES]


def test_commands_in_running_text_are_commands() -> None:
    """The last sentence of a page would be the first that is wrong."""
    for page in PAGES:
        for line in re.findall(r"`mailgate ([a-z]+(?: [a-z]+)?)", page.read_text()):
            noun, _, command = line.partition(" ")
            made = cli.application(noun, "").commands[noun]
            assert not hasattr(made, "commands") or command in made.commands, (page.name, line)
