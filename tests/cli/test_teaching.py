"""Help that teaches by example, completion of words and references, and lists that are watched."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import cli
from mailgate.desk import examples
from tests.cli.conftest import ROOT, Desk

MAILGATE = str(Path(sys.executable).with_name("mailgate"))


def commands() -> Iterator[str]:
    """Every command, as it is called."""
    for noun in cli.NOUNS:
        made = cli.application(noun.name).commands[noun.name]
        inner = getattr(made, "commands", {})
        if not inner or getattr(made, "callback", None):
            yield noun.name
        yield from (f"{noun.name} {name}" for name in inner)


@pytest.mark.parametrize("command", sorted(examples.EXAMPLES))
def test_every_command_has_an_example_that_the_shell_could_run(command: str) -> None:
    """People copy the example; one with an option that is no more teaches a mistake."""
    noun, _, name = command.partition(" ")
    app = cli.application(noun)
    found = app.commands[noun]
    target = found.commands[name] if name else found
    assert target.epilog and command in target.epilog
    for line in examples.EXAMPLES[command]:
        words = shlex.split(line.split(" | ")[0].split(" > ")[0].split(" < ")[0])
        assert words[0] == "mailgate"
        from datetime import UTC, datetime

        words = cli.global_options(words[1:], cli.Call(config=Path("x"), clock=lambda: datetime.now(UTC)))
        assert " ".join(words).startswith(command), line
        target.make_context(command, words[len(command.split()) :])


def test_every_command_has_examples_and_none_is_left_of_a_command_that_is_gone() -> None:
    """The table would rot, in `mailgate/desk/examples.py`."""
    there = set(commands())
    assert set(examples.EXAMPLES) - there == set()
    assert {each for each in there if " " in each} - set(examples.EXAMPLES) == set()


def test_references_and_names_are_completed(desk: Desk) -> None:
    """Numbers are typed all day."""
    desk.run("ticket", "new", "--for", "kim@client.example", "--subject", "Lift", "--text", "It is stuck.", "--as", "anna")

    def tab(line: str, config: Path = desk.config) -> list[str]:
        asked = {
            **os.environ,
            "_MAILGATE_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(re.split("[ \n]", line)) - 1),
            "MAILGATE_CONFIG": str(config),
        }
        return subprocess.run([MAILGATE], env=asked, capture_output=True, text=True, check=False, timeout=30).stdout.split()

    assert tab("mailgate ti") == ["tick", "ticket"]
    assert tab("mailgate ticket show T") == ["T1"]
    assert tab("mailgate ticket note T1 --as an") == ["anna"]
    assert tab("mailgate agent show an") == ["anna"]
    assert tab("mailgate ticket list --mine an") == ["anna"]
    assert tab("mailgate ticket list --category hardware/p") == ["hardware/printer"]
    assert tab("mailgate group show h") == ["hw"]
    elsewhere = desk.config.with_name("elsewhere.toml")
    assert tab("mailgate ticket show T", elsewhere) == []
    assert tab(f"mailgate --config {desk.config} ticket show T", elsewhere) == ["T1"]
    assert tab(f"mailgate ticket --config={desk.config} show T", elsewhere) == ["T1"]
    lines = f"mailgate\n--config\n'{desk.config}'\nticket\nshow\nT"  # as bash hands it over
    assert tab(lines, elsewhere) == ["T1"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(desk: Desk, shell: str) -> None:
    """Packagers put it where the shell looks."""
    assert "_MAILGATE_COMPLETE" in desk.run("completion", shell).out


def test_a_watched_list_shows_what_came_meanwhile(desk: Desk) -> None:
    """Whoever keeps an eye on a busy morning would press the arrow key all day."""
    running = subprocess.Popen(
        [MAILGATE, "--config", str(desk.config), "ticket", "list", "--watch=0.2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert running.stdout is not None
        for line in running.stdout:
            if "Ctrl-C ends it" in line:
                break
        desk.opened(subject="Lift")
        assert any("Lift" in line for line in running.stdout)
        running.send_signal(signal.SIGINT)
        running.stdout.read()
        assert running.wait(20) == 130
    finally:
        if running.poll() is None:
            running.kill()
        running.communicate()


AS_IT_BEGINS_TO_WAIT = """
import os, select, signal, sys, threading
def interrupt(frame, event, called):
    if (event == "call" and frame.f_code is threading.Condition.wait.__code__) or called is select.select:
        sys.setprofile(None)
        os.kill(os.getpid(), signal.SIGINT)
sys.setprofile(interrupt)
import cli
sys.exit(cli.main(["ticket", "list", "--watch=60"]))
"""


def test_ctrl_c_ends_a_watched_list_as_it_begins_to_wait(desk: Desk) -> None:
    """It hung for ever where the key came while the list was about to wait."""
    desk.opened()
    environment = dict(os.environ) | {"MAILGATE_CONFIG": str(desk.config), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", AS_IT_BEGINS_TO_WAIT], env=environment, capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stderr, done.stdout.count("Ctrl-C ends it")) == (130, "1 ticket\n", 1)


@pytest.mark.parametrize(
    "words", [["ticket", "do", "T1", "close", "--watch"], ["ticket", "list", "--json", "--watch"], ["ticket", "list", "--watch=x"]]
)
def test_only_a_look_can_be_watched(desk: Desk, words: list[str]) -> None:
    """A command that acts would act every two seconds."""
    assert desk.run(*words).code == 2


@pytest.mark.parametrize("noun", [each for each in cli.NOUNS if each.is_group], ids=lambda each: each.name)
def test_the_list_of_nouns_names_every_command(noun: cli.Noun) -> None:
    """What isn't in it isn't looked for: `party history` and `outbox raw` were missing."""
    made = cli.application(noun.name).commands[noun.name]
    if noun.name != "report":
        assert noun.help == ", ".join(made.commands)


@pytest.mark.parametrize("columns", [100, 80, 60, 40])
def test_help_fits_the_screen_and_speaks_no_python(desk: Desk, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Boxes broke on a telephone, and `<list[str]>` says nothing to those who run a desk. Examples stay whole, to be copied."""
    monkeypatch.setenv("COLUMNS", str(columns))
    for command in ["", *sorted(commands()), *(noun.name for noun in cli.NOUNS)]:
        said = desk.run(*command.split(), "--help").out
        body, _, examples = said.partition("\nExample")
        assert [line for line in body.splitlines() if len(line) > columns and " " in line.strip()[: columns - 26]] == [], command
        assert not any(word in said for word in ("<str>", "<bool>", "list[", "int range", "╭", "{")), command
        for line in examples.splitlines()[1:]:
            assert not line.strip() or line.startswith("  mailgate "), line


def test_help_may_be_asked_for_by_its_word(desk: Desk) -> None:
    """People try it first."""
    assert desk.run("help").out == desk.run("--help").out
    assert desk.run("help", "ticket", "new").out == desk.run("ticket", "new", "--help").out
    assert desk.run("--version").out.startswith("mailgate ")
