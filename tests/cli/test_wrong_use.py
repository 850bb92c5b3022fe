"""Commands that are used wrongly, or whose streams are gone: a sentence that a person understands, and the exit code that scripts know."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import cli
from tests.cli.conftest import Desk

MAILGATE = str(Path(sys.executable).with_name("mailgate"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("agent add eve", "--address"),
        ("agent add", "NAME is missing, as in: mailgate agent add anna"),
        ("agent add eve --address nonsense", "'nonsense' is not a mail address"),
        ("agent add eve --adress e@staff.example", "there is no option --adress: see mailgate agent add --help\ndid you mean: --address"),
        ("agent add 9#5 --address e@staff.example", "can't be the key of an agent"),
        ("agent away anna sometime", "'sometime' is no time that lies ahead: fri,"),
        ("ticket lst", "there is no command 'lst': see mailgate ticket --help\ndid you mean: list"),
        ("tikcet list", "did you mean: ticket"),
        ("ticket list --limit many", "--limit: that is no whole number"),
        ("ticket list --limit 0", "--limit: 1 is the least"),
        ("ticket list --limit 99999999999999999999999", "a number is larger than any that is kept here"),
        ("ticket list --light blue", "--light: 'blue' is none of 'green', 'yellow', 'red'"),
        ("ticket list extra words", "too much on the line: extra words"),
        ("ticket list --status dnoe", "there is no status 'dnoe'"),
        ("doctor --wait 0", "--wait: 1 is the least"),
        ("erase", "ADDRESS is missing, as in: mailgate erase kim@client.example"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_the_mend(desk: Desk, words: str, said: str) -> None:
    """Scripts tell a slip from a refusal by the code; people learn what to type from the sentence."""
    result = desk.run(*words.split())
    assert result.code == 2
    assert said in result.err
    assert "Input should" not in result.err and "Value error" not in result.err and "unexpectedly" not in result.err


def test_nobody_is_no_person_to_be_erased(desk: Desk) -> None:
    """Callers without an address all have the empty one: all of their requests would have been emptied."""
    desk.run("ticket", "new", "--for", "Kim", "--phone", "0401234567", "--subject", "Lift", "--text", "It is stuck.", "--as", "anna")
    for address in ("", "  "):
        result = desk.run("erase", address, "--yes")
        assert (result.code, result.out) == (2, "")
    assert "It is stuck." in desk.run("ticket", "show", "T1").out


def test_a_status_is_listed_by_any_word_that_sets_it(desk: Desk) -> None:
    """`ticket edit --status done` closes; `ticket list --status done` offered `new`."""
    desk.run("ticket", "new", "--for", "kim@client.example", "--subject", "Lift", "--text", "It is stuck.", "--as", "anna")
    assert desk.run("ticket", "edit", "T1", "--status", "done").code == 0
    assert desk.run("ticket", "list", "--status", "done", "--json").json[0]["ref"] == "T1"


def test_an_order_without_anybody_to_go_asks_who(desk: Desk) -> None:
    """It said: there is no agent."""
    desk.run("ticket", "new", "--for", "kim@client.example", "--subject", "Lift", "--text", "It is stuck.")
    result = desk.run("order", "add", "T1", "--when", "fri 9")
    assert result.code == 2 and "say who goes: --tech AGENT; nobody has T1 yet" in result.err


def test_the_doctor_finds_a_database_that_is_none(desk: Desk) -> None:
    """It stopped at the first sight of it, and told nothing else."""
    url = desk.run("db", "status", "--json").json["url"]
    Path(url.removeprefix("sqlite:///")).write_text("a letter, not a database " * 40)
    result = desk.run("doctor", "--offline")
    assert result.code == 2 and "✗ database" in result.out and "db restore" in result.out


def _run(desk: Desk, *words: str, **streams: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([MAILGATE, "--config", str(desk.config), *words], check=False, timeout=60, **streams)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("words", [("ticket", "list"), ("--help",), ("agent", "list"), ("ticket", "list", "--json")])
def test_a_reader_who_has_seen_enough_is_no_failure(desk: Desk, words: tuple[str, ...]) -> None:
    """`mailgate ticket list | head -1` under `set -o pipefail` would end a script that had all it wanted."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = _run(desk, *words, stdout=writer, stderr=subprocess.PIPE)
    finally:
        os.close(writer)
    assert (ended.returncode, b"Traceback" in ended.stderr, b"Exception" in ended.stderr) == (0, False, False)


def test_closed_streams_lead_nowhere(desk: Desk) -> None:
    """Cron and containers start programs without them; a file that is opened then takes the number that messages are written to."""
    for closing in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        line = f'"{MAILGATE}" --config "{desk.config}" ticket new --for kim@client.example --subject Lift --text Stuck {closing}'
        ended = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, timeout=60)
        assert (ended.returncode, "unexpectedly" in ended.stderr) == (0, False), ended.stderr
    assert len(desk.run("ticket", "list", "--json").json) == 4
    line = f'"{MAILGATE}" --config "{desk.config}" mail in - <&-'
    assert subprocess.run(["bash", "-c", line], capture_output=True, check=False, timeout=60).returncode == cli.EX_DATAERR


@pytest.mark.parametrize("spelling", ["ascii", "iso8859-1", "cp1252"])
def test_a_locale_without_our_signs_is_no_failure(desk: Desk, spelling: str) -> None:
    """An old terminal lost the whole list to one arrow in a subject."""
    desk.run("ticket", "new", "--for", "kim@client.example", "--subject", "Lift → Stück ✓ 🎉", "--text", "Č", "--as", "anna")
    for words in (("ticket", "list"), ("ticket", "show", "T1"), ("--help",), ("text", "preview", "closed", "--language", "de")):
        ended = _run(desk, *words, capture_output=True, env={**os.environ, "PYTHONIOENCODING": spelling})
        assert (ended.returncode, ended.stderr.replace(b"1 ticket\n", b"")) == (0, b""), words
    assert (
        "Stück".encode(spelling, "replace").replace(b"?", b"u")
        in _run(desk, "ticket", "list", capture_output=True, env={**os.environ, "PYTHONIOENCODING": spelling}).stdout
    )
