"""The first command: writes a config that is ready to serve."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from mailgate.desk import call, screen
from mailgate.desk.ends import Failed

Folder = Annotated[
    Path | None, typer.Argument(metavar="[DIR]", help="Where config.toml goes; here if nothing is said.", show_default=False)
]

QUESTIONS = {
    "address": "Address of the desk (mail to it becomes tickets)",
    "name": "Name of the desk, as customers see it",
    "admin": "Address of the administrator",
    "timezone": "Time zone",
    "smtp": "Take mail by SMTP at (host:port, empty for none)",
    "relay": "Send mail by (maildir:var/sent keeps it here; smtp://host:25, smtps://host)",
}


def init(
    context: typer.Context,
    folder: Folder = None,
    *,
    address: Annotated[str, typer.Option("--address", help="The desk's own address.", show_default=False)] = "",
    name: Annotated[str, typer.Option("--name", help="As customers see it.", show_default=False)] = "",
    admin: Annotated[
        list[str] | None, typer.Option("--admin", help="Who is told when something needs a person.", show_default=False)
    ] = None,
    timezone: Annotated[str, typer.Option("--timezone", help="Zone of all times that people see.", show_default=False)] = "",
    language: Annotated[
        list[str] | None, typer.Option("--language", help="Language of the mails, the desk's own first.", show_default=False)
    ] = None,
    store: Annotated[
        str, typer.Option("--store", metavar="URL", help="sqlite:///var/desk.db or postgresql://host/name.", show_default=False)
    ] = "",
    smtp: Annotated[str, typer.Option("--smtp", metavar="LISTEN", help="host:port of the SMTP door.", show_default=False)] = "",
    submission: Annotated[
        str, typer.Option("--submission", metavar="LISTEN", help="host:port of the agents' own door.", show_default=False)
    ] = "",
    lmtp: Annotated[str, typer.Option("--lmtp", metavar="LISTEN", help="host:port or unix:path.", show_default=False)] = "",
    relay: Annotated[
        str, typer.Option("--relay", metavar="URL", help="smtp://host:25, smtps://host or maildir:folder.", show_default=False)
    ] = "",
) -> None:
    """Write a commented config.toml, ready to serve. Never overwrites."""
    desk = call.of(context)
    path = folder / "config.toml" if folder is not None else desk.config
    if path.exists():
        raise Failed(f"{path} is there already, and is not overwritten")
    text = example()
    given: dict[str, object] = {
        "desk.address": address,
        "desk.name": name,
        "desk.admin": admin or [],
        "desk.timezone": timezone,
        "desk.languages": language or [],
        "store.url": store,
        "smtp.listen": smtp,
        "submission.listen": submission,
        "lmtp.listen": lmtp,
        "relay.url": relay,
    }
    if sys.stdin.isatty() and sys.stderr.isatty() and not any(given.values()):
        given |= _asked(text)
    if given["desk.address"] and not given["desk.admin"]:
        given["desk.admin"] = [f"admin@{str(given['desk.address']).rpartition('@')[2]}"]
    for key, value in given.items():
        if value:
            text = with_value(text, key, value)
    _write(path, text, desk.environment)
    said = f"{path} is written. Next: mailgate agent add NAME --address ADDRESS, mailgate doctor, mailgate serve"
    screen.result(desk, {"path": str(path)}, said)


def example() -> str:
    """The annotated example: beside the package where it is installed, at the top of the repository where it isn't."""
    package = Path(__file__).resolve().parent.parent
    found = next((path for path in (package / "example.toml", package.parent / "config.toml") if path.exists()), None)
    if found is None:
        raise Failed("the example config is missing from this installation")
    return found.read_text(encoding="utf-8")


def with_value(text: str, key: str, value: object) -> str:
    """The config with one key set in its place, its section and comments kept; a section that is a comment becomes one."""
    section, _, name = key.partition(".")
    lines = text.split("\n")
    start = next((n for n, line in enumerate(lines) if re.match(rf"#?\s*\[{section}\]", line)), None)
    if start is None:
        return f"{text.rstrip()}\n\n[{section}]\n{name} = {_toml(value)}\n"
    lines[start] = re.sub(r"^#\s*", "", lines[start])
    for n in _section(lines, start):
        found = re.match(rf"#?\s*{name}\s*=\s*", lines[n])
        if found:
            lines[n] = _aligned(f"{name} = {_toml(value)}", lines[n])
            return "\n".join(lines)
    lines.insert(start + 1, f"{name} = {_toml(value)}")
    return "\n".join(lines)


def _section(lines: list[str], start: int) -> Iterator[int]:
    for n in range(start + 1, len(lines)):
        if re.match(r"#?\s*\[", lines[n]) or lines[n].startswith("# ---"):
            return
        yield n


def _aligned(said: str, before: str) -> str:
    """A line with the comment that stood behind the value before it."""
    comment = re.search(r"\s{2,}(#[^\"]*)$", before)
    return f"{said:<38} {comment[1]}" if comment else said


def _toml(value: object) -> str:
    return f"[{', '.join(map(_toml, value))}]" if isinstance(value, list) else json.dumps(str(value), ensure_ascii=False)


def _asked(text: str) -> dict[str, object]:
    """The answers of somebody at a terminal; what is left empty stays as in the example."""

    def ask(name: str, default: str = "") -> str:
        return str(typer.prompt(QUESTIONS[name], default=default, show_default=bool(default), err=True)).strip()

    screen.say("Five questions; Enter takes what stands in brackets. Everything can be changed in the file.")
    address = ask("address", "support@desk.example")
    domain = address.rpartition("@")[2]
    return {
        "desk.address": address,
        "desk.name": ask("name", "Support"),
        "desk.admin": [ask("admin", f"admin@{domain}")],
        "desk.timezone": ask("timezone", _zone()),
        "smtp.listen": ask("smtp", "127.0.0.1:2525"),
        "relay.url": ask("relay", "maildir:var/sent"),
    }


def _zone() -> str:
    """The machine's own zone, as far as it says."""
    try:
        target = str(Path("/etc/localtime").resolve())
    except OSError:
        return "UTC"
    return target.partition("/zoneinfo/")[2] or "UTC"


def _write(path: Path, text: str, environment: Mapping[str, str]) -> None:
    """Write it for this user's eyes alone, and take it back if it has mistakes."""
    from mailgate.config.mistakes import BadConfig
    from mailgate.settings import load

    made = not path.parent.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise Failed(f"{path} is there already, and is not overwritten") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    try:
        load(path, environment)
    except BadConfig:
        path.unlink()
        if made:
            path.parent.rmdir()
        raise
