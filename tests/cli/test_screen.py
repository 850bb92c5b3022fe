"""What foreign text can do to a terminal: nothing."""

from __future__ import annotations

import pytest

from mailgate.desk import screen
from tests.cli.conftest import Desk

HOSTILE = "\x1b[31mred\x1b]0;title\x07 [red]markup[/red] :smile: \u202egnp.exe \x9b2J \x00 \r overwritten"


def _is_harmless(text: str) -> bool:
    return not any(
        (ord(c) < 32 and c not in "\n\t")
        or 127 <= ord(c) < 160
        or c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
        for c in text
    )


def test_foreign_text_is_shown_and_never_obeyed() -> None:
    """A subject could rewrite the lines above it, or hide half of a file's name."""
    shown = screen.plain(HOSTILE)
    assert _is_harmless(shown)
    assert "\\x1b[31mred" in shown
    assert "\\u202egnp.exe" in shown
    assert "[red]markup[/red] :smile:" in shown
    assert screen.plain("Grüße, žluťoučký, 日本, 👩‍👧") == "Grüße, žluťoučký, 日本, 👩‍👧"


@pytest.mark.parametrize(
    "words",
    [
        ("ticket", "list"),
        ("ticket", "show", "T1"),
        ("ticket", "history", "T1"),
        ("mail", "list"),
        ("mail", "show", "1"),
        ("why", "1"),
        ("outbox", "list"),
        ("outbox", "show", "1"),
    ],
    ids=" ".join,
)
def test_a_hostile_mail_is_harmless_in_every_view(desk: Desk, words: tuple[str, ...]) -> None:
    """One view that forgets is enough."""
    hostile = HOSTILE.replace("\x00", "").replace("\r", "")
    raw = (
        f"From: \x1b[32mMallory [bold]x[/bold] <mallory@x.example>\nTo: support@desk.example\nSubject: {hostile}\n"
        f"Message-ID: <\x1b[31m@x>\nContent-Type: text/plain; charset=utf-8\n\n{hostile}\nsecond line\n"
    )
    desk.opened()
    desk.run("mail", "in", "-", stdin=raw)
    desk.ok("ticket", "edit", "T1", "--subject", hostile)
    result = desk.run(*words)
    assert result.code == 0, result.err
    assert _is_harmless(result.out), result.out
    assert _is_harmless(result.err), result.err


def test_markup_in_a_subject_stays_in_the_list(desk: Desk) -> None:
    """`[urgent]` was eaten by a library that takes brackets for colours."""
    desk.opened(subject="Down [urgent] [/red] [link=x]y[/link]")
    assert "Down [urgent] [/red] [link=x]y[/link]" in desk.run("ticket", "list").out


def test_an_argument_that_comes_back_in_a_reason_is_harmless(desk: Desk) -> None:
    """A reference pasted from a mail may hold anything."""
    result = desk.run("ticket", "show", "T\x1b[31m9")
    assert result.code == 3
    assert _is_harmless(result.err)


def test_a_table_fits_the_width_and_keeps_what_must_be_copied(desk: Desk, monkeypatch) -> None:
    """A reference cut to T4… is of no use."""
    monkeypatch.setenv("COLUMNS", "80")
    desk.opened(subject="A very long subject " * 20)
    lines = desk.run("ticket", "list").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "T1" in lines[2]
    assert "…" in lines[2]
    assert lines[2] == lines[2].rstrip()


def test_a_narrow_table_keeps_states_and_times_whole(desk: Desk, monkeypatch) -> None:
    """`open…` at `2026-11-2…` says nothing; the subject can give way."""
    monkeypatch.setenv("COLUMNS", "80")
    desk.run(
        "mail", "in", "-", stdin=f"From: Kim <kim@acme.example>\nTo: support@desk.example\nSubject: {'A very long one ' * 9}\n\nHello.\n"
    )
    row = desk.run("mail", "list").out.splitlines()[2]
    assert "opened" in row and "new request" in row and " 1   20" in row
    desk.ok("ticket", "do", "T1", "task order a part by:2030-12-24", "--as", "anna")
    done = desk.run("ticket", "history", "T1", "--json").json[-1]["changed"]
    assert any("text" in (after or {}) for _, after in done.values())
    monkeypatch.setenv("COLUMNS", "200")
    told = desk.run("ticket", "history", "T1").out.splitlines()[-1]
    assert "order a part" in told and "by 2030-12-24" in told and told.endswith("cli")
    assert "created_at" not in told and "+00:00" not in told


def test_a_huge_number_and_an_empty_path_are_told_in_words(desk: Desk) -> None:
    """`mail in "$UNSET"` would take in whatever lies in the folder one stands in."""
    huge = desk.run("outbox", "show", "9" * 24)
    assert (huge.code, "there is no mail 999" in huge.err) == (3, True)
    empty = desk.run("mail", "read", "")
    assert empty.code != 0 and "no path is given" in empty.err


def test_a_telephone_gets_rows_under_each_other(desk: Desk, monkeypatch) -> None:
    """Seven columns on forty leave nothing of any."""
    monkeypatch.setenv("COLUMNS", "40")
    desk.opened(subject="Printer on the second floor is out")
    shown = desk.run("ticket", "list").out
    assert max(map(len, shown.splitlines())) <= 40
    assert "ref       T1" in shown and "Printer on the second floor" in shown


def test_no_colour_where_nobody_watches(desk: Desk) -> None:
    """A file full of escape codes."""
    desk.opened()
    assert "\x1b" not in desk.run("ticket", "list").out
    assert b"\x1b" not in desk.process("ticket", "list").raw


def test_colour_on_a_terminal_unless_somebody_says_no(desk: Desk) -> None:
    """NO_COLOR is how people say it."""
    import os
    import pty
    import subprocess
    import sys

    desk.opened()

    def on_terminal(**environment: str) -> bytes:
        mine, theirs = pty.openpty()
        env = (
            {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
            | {"MAILGATE_CONFIG": str(desk.config), "TERM": "xterm-256color"}
            | environment
        )
        running = subprocess.Popen(
            [sys.executable, "-c", "from cli import run; run()", "ticket", "list"],
            stdout=theirs,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            env=env,
        )
        os.close(theirs)
        said = b""
        while True:
            try:
                block = os.read(mine, 65536)
            except OSError:
                break
            if not block:
                break
            said += block
        running.wait(60)
        os.close(mine)
        return said

    assert b"\x1b[3" in on_terminal()
    assert b"\x1b[3" not in on_terminal(NO_COLOR="1")
