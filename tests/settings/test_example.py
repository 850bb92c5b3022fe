"""The config.toml at the top: it runs as it stands, and everything that its comments show is right."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from mailgate import settings
from mailgate.config import schema
from tests.desk.test_logo import png
from tests.settings.desk import secret

EXAMPLE = Path(settings.__file__).parents[1] / "config.toml"
_COMMENTED = re.compile(r"# (?=\[|[a-z_0-9]+ = )(.*)")


def uncommented(folder):
    """The example with every comment that is TOML taken at its word, and the files that it names."""
    names = {name: secret(folder, name.replace("/", "-")) for name in sorted(set(re.findall(r'"(/etc/[^"]+|…)"', EXAMPLE.read_text())))}
    lines = []
    for line in EXAMPLE.read_text().splitlines():
        found = _COMMENTED.match(line)
        text = found[1] if found else line
        for name, path in names.items():
            text = text.replace(f'"{name}"', f'"{path}"')
        lines.append(text)
    return lines


def tried(folder, lines):
    (folder / "texts").mkdir(exist_ok=True)
    (folder / "logo.png").write_bytes(png(160, 40))
    path = folder / "config.toml"
    path.write_text("\n".join(lines) + "\n")
    return settings.load(path, {})


def test_the_example_runs_as_it_stands():
    """The first five minutes: SQLite, SMTP on loopback, sent mail in a Maildir, and no promises."""
    made = settings.load(EXAMPLE, {})
    assert made.policy.desk.address == "support@desk.example"
    assert made.store.url == f"sqlite:///{EXAMPLE.parent}/var/desk.db"
    assert str(made.smtp.listen if made.smtp else None) == "127.0.0.1:2525"
    assert (made.relay.kind, made.relay.path) == ("maildir", EXAMPLE.parent / "var/sent")
    assert not made.policy.clock.runs
    assert made.cautions == ()
    assert (made.imap, made.submission, made.lmtp, made.board) == ((), None, None, None)


def test_every_commented_line_is_right(tmp_path):
    """People take the # away and expect it to work."""
    lines = uncommented(tmp_path)
    alternatives = [n for n, line in enumerate(lines) if line.startswith(('url = "postgresql', "oauth2 = "))]
    assert len(alternatives) == 2
    made = tried(tmp_path, [line for n, line in enumerate(lines) if n not in alternatives])
    policy = made.policy
    assert (len(policy.rules), len(policy.timers), len(policy.reports), len(policy.device_models), len(made.imap)) == (2, 1, 1, 1, 1)
    assert policy.categories["hardware/printer"].group == "hardware"
    assert policy.clock.runs
    assert made.board is not None


def test_the_alternatives_are_right_too(tmp_path):
    """PostgreSQL instead of SQLite, a token instead of a password."""
    lines = uncommented(tmp_path)
    gone = [n for n, line in enumerate(lines) if line.startswith('url = "sqlite') or ("imap-password" in line)]
    assert len(gone) == 2
    made = tried(tmp_path, [line for n, line in enumerate(lines) if n not in gone])
    assert made.store.url == "postgresql+psycopg://mailgate@localhost/mailgate"
    assert made.imap[0].oauth2 is not None
    assert made.imap[0].password is None


def test_every_section_there_is_stands_in_the_example():
    """What the example doesn't show, nobody finds."""
    text = EXAMPLE.read_text()
    for name in (*schema.SINGLE, *schema.LISTED):
        assert re.search(rf"^(# )?\[\[?{name}\]\]?", text, re.MULTILINE), name


def test_defaults_in_comments_are_the_defaults(tmp_path):
    """`# per_ip = 10` must not be a lie."""
    plain = settings.effective(settings.load(EXAMPLE, {}))
    lines = uncommented(tmp_path)
    start, end = (
        lines.index(next(each for each in lines if each.startswith("[limits]"))),
        lines.index(next(e for e in lines if e.startswith("[unknown]"))),
    )
    assert tomllib.loads("\n".join(lines[start:end]))["limits"] == plain["limits"]
    for section in ("options", "privacy", "archive", "spam"):
        here = next(n for n, each in enumerate(lines) if each.startswith(f"[{section}]"))
        table = tomllib.loads("\n".join([lines[here], *_until_next(lines[here + 1 :])]))[section]
        assert table == {key: plain[section][key] for key in table}


def _until_next(lines):
    for line in lines:
        if line.startswith("["):
            return
        yield line
