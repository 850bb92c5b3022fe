"""Secrets stay secret: in what is shown, in what is raised, and in files that others could read."""

from __future__ import annotations

import json
import os
import re
import traceback

import pytest

from mailgate import settings
from mailgate.config import schema
from mailgate.config.secrets import Secret, exposed
from tests.settings.desk import DESK, load, secret

WORD = "correct-horse-battery"


def test_what_is_in_force_is_shown_without_secrets(tmp_path):
    """`config show` ends up in bug reports."""
    secret(tmp_path, "password", WORD)
    made = load(
        tmp_path,
        f'[store]\nurl = "postgresql+psycopg://mailgate:{WORD}@localhost/mailgate"\n[[imap]]\nhost = "a.example"\nuser = "u"\npassword = "{WORD}"\n'
        f'[[imap]]\nhost = "b.example"\nuser = "u"\noauth2 = {{token_url = "https://login.example/t", client_id = "c", client_secret = "{WORD}"}}\n'
        '[relay]\nurl = "smtps://smtp.example"\nuser = "u"\npassword_file = "password"\n',
    )
    shown = settings.effective(made)
    assert WORD not in json.dumps(shown)
    assert shown["store"]["url"] == "postgresql+psycopg://mailgate:***@localhost/mailgate"
    assert shown["imap"][0]["password"] == "***"
    assert shown["imap"][1]["oauth2"]["client_secret"] == "***"
    assert shown["relay"]["password_file"] == "password"
    assert shown["relay"]["password"] is None


def test_values_print_without_secrets(tmp_path):
    """A value that is logged, or stands in a traceback, gives nothing away."""
    made = load(tmp_path, f'[[imap]]\nhost = "a.example"\nuser = "u"\npassword = "{WORD}"\n[store]\nurl = "postgresql://m:{WORD}@h/d"\n')
    assert WORD not in repr(made)
    assert WORD not in str(made)
    assert made.imap[0].password is not None
    assert made.imap[0].password.reveal() == WORD
    assert made.store.url == "postgresql+psycopg://m@h/d"
    assert made.store.password is not None
    assert made.store.password.reveal() == WORD
    assert made.store.reveal() == f"postgresql+psycopg://m:{WORD}@h/d"


@pytest.mark.parametrize(
    "text",
    [
        f'[[imap]]\nhost = "a.example"\nuser = 5\npassword = "{WORD}"\n',
        f'[[imap]]\nhost = "a.example"\nuser = "u"\npassword = ["{WORD}"]\n',
        f'[store]\nurl = "postgresql://m:{WORD}@h"\n',
        f'[relay]\nurl = "smtp://m:{WORD}@h"\n',
        f'[[imap]]\nhost = "a.example"\nuser = "u"\npassword = "{WORD}"\nunknown = 1\n',
    ],
)
def test_mistakes_give_no_secrets_away(tmp_path, text):
    """The list of mistakes goes to the log and to whoever helps."""
    with pytest.raises(settings.BadConfig) as bad:
        load(tmp_path, text)
    assert WORD not in "".join(traceback.format_exception(bad.value))


def test_a_password_with_any_signs_reaches_the_database(tmp_path):
    """A slash in it must not end the host's name."""
    secret(tmp_path, "password", "a/b@c:d%e")
    made = load(tmp_path, '[store]\nurl = "postgresql://m@h/d"\npassword_file = "password"\n')
    assert made.store.reveal() == "postgresql+psycopg://m:a%2Fb%40c%3Ad%25e@h/d"
    assert load(tmp_path).store.reveal() == f"sqlite:///{tmp_path}/var/desk.db"


def test_a_changed_password_file_counts_at_the_next_login(tmp_path):
    """Rotating a password must not need a restart."""
    path = secret(tmp_path, "password", "one\n")
    kept = Secret(file=path)
    assert kept.reveal() == "one"
    path.write_text("two\r\n")
    assert kept.reveal() == "two"


@pytest.mark.parametrize(
    ("mode", "why"), [(0o600, ""), (0o400, ""), (0o644, "everybody"), (0o604, "everybody"), (0o640, "group"), (0o660, "group")]
)
def test_only_the_owner_may_read_a_secret(tmp_path, mode, why):
    """Another account on the machine must not read the relay's password."""
    found = exposed(secret(tmp_path, "key", mode=mode), {})
    assert (why in found) if why else found == ""


def test_the_service_manager_s_own_files_are_as_it_made_them(tmp_path):
    """systemd shows credentials as readable by a group that is only their access list."""
    path = secret(tmp_path, "imap", mode=0o440)
    assert exposed(path, {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == ""
    made = load(
        tmp_path,
        '[[imap]]\nhost = "a.example"\nuser = "u"\npassword_file = "$CREDENTIALS_DIRECTORY/imap"\n',
        env={"CREDENTIALS_DIRECTORY": str(tmp_path)},
    )
    assert made.imap[0].password is not None
    assert made.imap[0].password.reveal() == "correct horse"


def test_a_folder_is_no_secret(tmp_path):
    """`password_file = "/etc/mailgate"` is a slip, not a traceback."""
    assert "is not a file" in exposed(tmp_path, {})


def test_a_config_without_secrets_may_be_read_by_all(tmp_path):
    """Packages install it 0644; only what holds a password must be closed."""
    path = tmp_path / "config.toml"
    path.write_text(DESK)
    path.chmod(0o644)
    assert settings.load(path, {}).policy.desk.address == "support@desk.example"


def test_effective_values_are_a_config_again(tmp_path):
    """What `config show` prints, read again, must mean the same: it is what people copy from."""
    text = (
        '[hours.office]\nweek = {mon-fri = "08:00-16:00"}\n[clock]\ntake = "4h"\nhours = "office"\n[[category]]\nkey = "hw"\nclock = {take = "1h"}\n'
        '[[type]]\nkey = "fault"\nfields = ["serial", {name = "floor"}]\nworkflow = {new = ["closed", {to = "read", roles = ["manager"]}]}\n'
        '[[rule]]\nname = "x"\nwhen = {from = "@a.example", header = {X = "y"}}\nthen = ["prio high"]\n[notify]\noverdue = ["@leads"]\ntaken = false\n'
    )
    made = load(tmp_path, text)
    shown = settings.effective(made)
    again = tmp_path / "again.toml"
    again.write_text("".join(_toml(name, value) for name, value in shown.items()))
    read = settings.load(again, dict(os.environ))
    assert settings.effective(read) == shown
    assert (read.policy.categories, read.policy.clock, read.policy.notify) == (
        made.policy.categories,
        made.policy.clock,
        made.policy.notify,
    )
    assert [(rule.name, rule.then, [c.wanted for c in rule.when]) for rule in read.policy.rules] == [
        ("x", ("prio high",), ["@a.example", "X: y"])
    ]


def _toml(name, value):
    if isinstance(value, list):
        return "".join(f"[[{name}]]\n{_pairs(each)}" for each in value)
    if name == "hours":
        return "".join(f"[hours.{key}]\n{_pairs(each)}" for key, each in value.items())
    return f"[{name}]\n{_pairs(value)}"


def _pairs(table):
    return "".join(f"{_key(key)} = {_inline(value)}\n" for key, value in table.items() if value is not None)


def _key(key):
    return key if re.fullmatch(r"[\w-]+", key) else json.dumps(key)


def _inline(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_inline(v)}" for k, v in value.items() if v is not None) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value)


def test_the_schema_describes_every_key():
    """Editors show the description while one types; a key without one is a riddle."""
    made = settings.json_schema()
    json.dumps(made)
    assert set(made["properties"]) == {*schema.SINGLE, *schema.LISTED, *schema.NAMED}
    for name, definition in made["$defs"].items():
        assert definition.get("additionalProperties") is False, name
        for key, value in definition["properties"].items():
            assert value.get("description", "").endswith("."), (name, key)
