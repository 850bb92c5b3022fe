"""The line itself: options anywhere, one document, exit codes, no traceback."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Desk


@pytest.mark.parametrize(
    "words",
    [
        ("--json", "agent", "list"),
        ("agent", "--json", "list"),
        ("agent", "list", "--json"),
    ],
)
def test_global_options_stand_anywhere(desk: Desk, words: tuple[str, ...]) -> None:
    """Half of all scripts put --json last, and half first."""
    result = desk.run(*words)
    assert result.code == 0
    assert [agent["name"] for agent in result.json] == ["anna", "ben"]


def test_the_config_is_named_by_option_or_environment(desk: Desk, tmp_path) -> None:
    """A cron job that names its config by --config must not read another one."""
    other = tmp_path / "other.toml"
    other.write_text(desk.config.read_text().replace('name = "Help"', 'name = "Other"'))
    assert desk.ok("config", "show")["desk"]["name"] == "Help"
    assert desk.ok("config", "show", "--config", str(other))["desk"]["name"] == "Other"
    assert desk.ok(f"--config={other}", "config", "show")["desk"]["name"] == "Other"


def test_without_any_config_the_reason_names_the_mend(tmp_path) -> None:
    """A first-time user would read about TOML instead of mailgate init."""
    result = Desk(tmp_path).run("ticket", "list")
    assert result.code == 2
    assert "mailgate init" in result.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("ticket", "show", "T99"), 3),
        (("agent", "show", "nobody-like-this"), 3),
        (("mail", "show", "99"), 3),
        (("outbox", "show", "99"), 3),
        (("ticket", "list", "--sort", "colour"), 2),
        (("ticket", "list", "--nonsense"), 2),
        (("ticket", "lst"), 2),
        (("tickets",), 2),
        (("--now",), 2),
        (("--now", "yesterday", "mail", "fates"), 2),
        (("agent", "add", "carl"), 2),
        (("ticket", "new", "--for", "a@b.example"), 2),
    ],
)
def test_each_way_to_end_has_its_code_and_its_reason(desk: Desk, words: tuple[str, ...], code: int) -> None:
    """A script can't tell a typing mistake from a ticket that isn't there."""
    result = desk.run(*words)
    assert result.code == code
    assert result.err.strip()
    assert "Traceback" not in result.err


def test_a_failure_with_json_is_one_document_too(desk: Desk) -> None:
    """Whoever parses stdout would fall over an empty one."""
    result = desk.run("--json", "agent", "show", "ana")
    assert result.code == 3
    assert result.json["near"] == ["anna"]
    assert "anna" in result.err


def test_near_matches_are_offered(desk: Desk) -> None:
    """`agent show ana` is a slip, not a question about somebody unknown."""
    assert "did you mean: anna" in desk.run("agent", "show", "ana").err


def test_now_is_the_time_of_everything_a_command_does(desk: Desk) -> None:
    """Tests and reports of a past day would mix it with today."""
    ticket = desk.opened("--now", "2026-11-30T09:00+02:00")
    assert ticket["opened_at"] == "2026-11-30T09:00:00+02:00"
    assert ticket["history"][0]["at"] == "2026-11-30T09:00:00+02:00"


def test_now_without_offset_is_the_desks_local_time(desk: Desk) -> None:
    """Nobody at the desk thinks in UTC."""
    assert desk.opened("--now", "2026-11-30T09:00")["opened_at"] == "2026-11-30T09:00:00+02:00"


LISTS = [
    ("agent", "list"), ("group", "list"), ("party", "list"), ("person", "list"), ("ticket", "list"), ("mail", "list"), ("outbox", "list"),
    ("rules", "list"), ("rules", "lint"), ("text", "list"),
]  # fmt: skip
THINGS = [
    ("config", "check"), ("config", "show"), ("config", "schema"), ("db", "status"), ("db", "check"), ("mail", "fates"), ("metrics",),
    ("ticket", "show", "T1"), ("agent", "show", "anna"), ("group", "show", "hw"),
]  # fmt: skip


@pytest.mark.parametrize("words", [*LISTS, *THINGS], ids=" ".join)
def test_json_prints_exactly_one_document(desk: Desk, words: tuple[str, ...]) -> None:
    """A second document, or a word beside it, breaks every script."""
    desk.opened()
    result = desk.run("--json", *words)
    assert result.code == 0, result.err
    document, end = json.JSONDecoder().raw_decode(result.out)
    assert result.out[end:].strip() == ""
    assert isinstance(document, list) is (words in LISTS)


@pytest.mark.parametrize("words", [*LISTS, *THINGS], ids=" ".join)
def test_people_see_something_too(desk: Desk, words: tuple[str, ...]) -> None:
    """Human output that raises would go unseen by tests of JSON alone."""
    desk.opened()
    result = desk.run(*words)
    assert result.code == 0, result.err
    assert result.out.strip() or result.err.strip()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("adopt",), "[[imap]]"), (("archive", "run"), "[archive]"), (("link", "mailto"), "[[device_model]]"), (("agent", "add"), "[[role]]"),
        (("agent", "add"), "[hours.NAME]"), (("device", "add"), "[[device_model]]"), (("contract", "add"), "[hours."),
    ],
    ids=str,
)  # fmt: skip
def test_help_names_the_sections_of_the_config(desk: Desk, words: tuple[str, ...], said: str) -> None:
    """A library that takes brackets for colours left `Which [], if there are several`."""
    assert said in desk.run(*words, "--help").out


def test_two_documents_at_once_are_refused(desk: Desk) -> None:
    """Lines for a spreadsheet on the stdout of a script that reads JSON."""
    result = desk.run("--json", "report", "--csv")
    assert result.code == 2
    assert "--csv" in result.json["error"]


def test_help_loads_no_database(desk: Desk) -> None:
    """A second of waiting for a list of words."""
    script = (
        "import sys\nfrom cli import main\ncode = main(['--help'])\n"
        "assert code == 0, code\nheavy = {'sqlalchemy', 'sqlmodel', 'pydantic', 'aiosmtpd', 'store'} & set(sys.modules)\nassert not heavy, heavy\n"
    )
    import os
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=dict(os.environ), timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    for word in ("ticket", "mail", "agent", "doctor", "serve"):
        assert word in done.stdout


def test_the_process_itself_answers(desk: Desk) -> None:
    """What works when called from Python may still fail as a command."""
    desk.opened()
    result = desk.process("ticket", "list", "--json")
    assert result.code == 0, result.err
    assert [t["ref"] for t in result.json] == ["T1"]
    assert desk.process("ticket", "show", "T9").code == 3
    assert desk.process("ticket", "show").code == 2


def test_a_reader_that_goes_away_is_no_failure(desk: Desk) -> None:
    """`mailgate ticket list | head -1` would end in a traceback."""
    import os
    import subprocess
    import sys

    command = [sys.executable, "-c", "from cli import run; run()", "config", "schema"]
    env = dict(os.environ) | {"MAILGATE_CONFIG": str(desk.config)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        said = running.stderr.read().decode()
        running.wait(60)
    assert "Traceback" not in said
    assert "Exception" not in said
