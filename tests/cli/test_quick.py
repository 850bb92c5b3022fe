"""Commands that look are quick: they load neither SQLAlchemy nor pydantic, and what they take for granted is what was found sound."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cli
from mailgate.config import glance
from tests.cli.conftest import ROOT, Desk

HEAVY = ("sqlalchemy", "pydantic", "jinja2", "asyncio", "email.message", "mailgate.config.schema")
LOADED = (
    f"import sys, cli; code = cli.main(sys.argv[1:]); sys.stderr.write(' '.join(n for n in {HEAVY!r} if n in sys.modules)); sys.exit(code)"
)
LOOKS = (
    "ticket list --json",
    "ticket list --mine anna --status open --sort due --json",
    "ticket show T1 --json",
    "mail list --json",
    "mail fates --json",
    "agent list --json",
    "outbox list --json",
    "group list --json",
    "party list --json",
    "ticket list --search printer --json",
    "ticket list --as anna --json",
    "ticket history T1 --clock --json",
    "mail list --search printer --json",
    "mail raw 1 --json",
    "why 1 --json",
    "outbox show 1 --json",
    "group show hw --json",
    "access list --json",
    "faq list --json",
    "rules list --json",
)


def test_a_command_that_looks_loads_nothing_heavy(desk: Desk) -> None:
    """Each would take three times as long, and people who type it wait."""
    desk.opened()
    desk.ok("mail", "in", str(desk.mail()))
    desk.ok("ticket", "list")  # the key file is new: whoever comes next reads the config once more
    env = {**os.environ, "PYTHONPATH": str(ROOT), "MAILGATE_CONFIG": str(desk.config)}
    running = {
        words: subprocess.Popen([sys.executable, "-c", LOADED, *words.split()], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for words in LOOKS
    }
    for words, process in running.items():
        out, loaded = process.communicate(timeout=60)
        assert (words, process.returncode, loaded.decode()) == (words, 0, "")
        json.loads(out)


def test_a_config_that_changed_is_read_again(desk: Desk) -> None:
    """A mistake would be told when the daemon starts the next time, in the night."""
    desk.opened()
    assert note(desk).exists()
    desk.config.write_text(desk.config.read_text().replace("Europe/Helsinki", "Europe/Lissabon"))
    result = desk.run("ticket", "list")
    assert result.code == cli.WRONG
    assert "Europe/Lisbon" in result.err
    desk.config.write_text(desk.config.read_text().replace("Europe/Lissabon", "Europe/Lisbon"))
    assert desk.ok("ticket", "list")[0]["opened_at"].endswith("+00:00")


def test_a_secret_that_others_may_read_is_refused_by_quick_commands_too(desk: Desk) -> None:
    """Tokens could be forged by whoever looked, and nobody would be told."""
    desk.opened()
    (desk.folder / "var/secret").chmod(0o644)
    assert desk.run("ticket", "list").code == cli.WRONG


def test_a_name_that_left_the_environment_is_missed(desk: Desk) -> None:
    """The config asks for it; a daemon with the same environment would not start."""
    desk.config.write_text(desk.config.read_text() + '\n[relay]\nurl = "smtp://127.0.0.1:9"\nuser = "desk"\npassword_env = "RELAY"\n')
    assert desk.run("ticket", "list", environment={"RELAY": "hunter2"}).code == 0
    assert desk.run("ticket", "list").code == cli.WRONG
    assert "hunter2" not in note(desk).read_text()


def test_a_note_that_somebody_else_could_have_written_is_not_believed(desk: Desk, tmp_path: Path) -> None:
    """It says which database is the desk's."""
    desk.opened()
    there = note(desk)
    said = json.loads(there.read_text())
    there.write_text(json.dumps(said | {"url": f"sqlite:///{tmp_path}/other.db"}))
    there.chmod(0o622)
    assert glance.noted(desk.config, {}) is None
    assert len(desk.ok("ticket", "list")) == 1
    there.write_text("{")
    assert len(desk.ok("ticket", "list")) == 1


def test_a_database_of_another_shape_is_told_in_words(desk: Desk) -> None:
    """The quick way reads with statements of this version."""
    from store import engine, migrate

    desk.opened()
    store = engine.open(f"sqlite:///{desk.folder}/var/desk.db")
    with engine.transaction(store) as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    result = desk.run("ticket", "list")
    assert result.code != 0
    assert f"this version knows steps up to {migrate.HEAD} only" in result.err


def test_help_shows_all_commands_of_a_noun_and_near_matches_name_them(desk: Desk) -> None:
    """Only the command that was named is loaded; the others must not be forgotten."""
    assert all(word in desk.run("ticket", "--help").out for word in ("list", "print", "delete"))
    assert "list" in desk.run("ticket", "lst").err
    assert desk.run("ticket", "list", "--limit", "no").code == cli.WRONG
    assert desk.run("ticket", "list", "--light", "blue").code == cli.WRONG


def note(desk: Desk) -> Path:
    """Where the note of a desk lies."""
    return desk.folder / "var" / ".config.toml.read"
