"""The first command: writes a config that is ready to serve."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailgate.config.mistakes import BadConfig, Mistake
from mailgate.desk import call, conversation, screen
from mailgate.desk.ends import Failed, Misused

if TYPE_CHECKING:
    from mailgate.settings import Settings

Folder = Annotated[
    Path | None, typer.Argument(metavar="[DIR]", help="Where config.toml goes; here if nothing is said.", show_default=False)
]


_THERE = "{path} is there already, and is not overwritten; name a folder for another desk: mailgate init FOLDER"


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
    relay_user: Annotated[str, typer.Option("--relay-user", help="Login at the relay.", show_default=False)] = "",
    relay_password_file: Annotated[str, typer.Option("--relay-password-file", help="File with its password.", show_default=False)] = "",
    imap: Annotated[
        str, typer.Option("--imap", metavar="HOST[:PORT]", help="Read a mailbox there, instead of the SMTP door.", show_default=False)
    ] = "",
    imap_user: Annotated[
        str, typer.Option("--imap-user", help="Its login; the desk's address if nothing is said.", show_default=False)
    ] = "",
    imap_password_file: Annotated[str, typer.Option("--imap-password-file", help="File with its password.", show_default=False)] = "",
    imap_security: Annotated[str, typer.Option("--imap-security", help="tls, starttls or none.", show_default=False)] = "",
    imap_ca_file: Annotated[
        str, typer.Option("--imap-ca-file", help="Certificates to trust instead of the system's, PEM.", show_default=False)
    ] = "",
    check: Annotated[bool, typer.Option("--check", help="Log in at mailbox and relay first; nothing is written where that fails.")] = False,
) -> None:
    """Write a commented config.toml, ready to serve. Never overwrites.

    On a terminal it asks, and tries each answer; elsewhere it takes the flags.
    """
    desk = call.of(context)
    path = folder / "config.toml" if folder is not None else desk.config
    if path.exists():
        raise Failed(_THERE.format(path=path))
    if not imap and (imap_user or imap_password_file or imap_security or imap_ca_file):
        raise Misused("--imap HOST is missing: the other --imap flags say how to log in there")
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
        "relay.user": relay_user,
        "relay.password_file": str(Path(relay_password_file).absolute()) if relay_password_file else "",
    }
    box = _box(imap, imap_user or address, imap_password_file, imap_security, imap_ca_file) if imap else {}
    if sys.stdin.isatty() and sys.stderr.isatty() and not any(given.values()) and not box:
        given, box = conversation.held(path.parent, given, _zone())
    if given["desk.address"] and not given["desk.admin"]:
        given["desk.admin"] = [f"admin@{str(given['desk.address']).rpartition('@')[2]}"]
    for key, value in given.items():
        if value:
            text = with_value(text, key, value)
    if box:
        text = with_mailbox(text, box)
    try:
        _write(path, text, desk.environment, check=check)
    except BadConfig as bad:
        raise BadConfig(_of_flag(each) for each in bad.mistakes) from None
    mailgate = screen.program(path)
    screen.result(desk, {"path": str(path)}, f"{path} is written. Next:")
    for each in () if desk.as_json else ("agent add NAME --address ADDRESS", "doctor", "serve"):
        print(screen.plain(f"  {mailgate} {each}"))


_FLAGS = {
    "desk.languages": "language", "store.url": "store", "smtp.listen": "smtp", "submission.listen": "submission", "lmtp.listen": "lmtp",
    "relay.url": "relay", "relay.user": "relay-user", "relay.password_file": "relay-password-file", "relay": "relay",
    "imap.0.host": "imap", "imap.0.port": "imap", "imap.0.user": "imap-user", "imap.0.password_file": "imap-password-file",
    "imap.0.ca_file": "imap-ca-file", "imap.0.security": "imap-security", "imap.0": "imap",
}  # fmt: skip


def _of_flag(mistake: Mistake) -> Mistake:
    """A mistake at the flag that made it: the file in which it would stand isn't there."""
    key = re.sub(r"(desk\.\w+)\.\d+$", r"\1", mistake.key)
    flag = _FLAGS.get(key) or key.removeprefix("desk.")
    if "password_file" in mistake.what and key in {"imap.0", "relay"}:
        return Mistake(path=Path("init"), line=0, key=f"--{flag}", what=f"needs --{flag}-password-file FILE beside it")
    return Mistake(path=Path("init"), line=0, key=f"--{flag}", what=mistake.what, near=mistake.near)


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


def with_mailbox(text: str, box: Mapping[str, object]) -> str:
    """The config with a mailbox to read, and without the SMTP door of the example, which would only stand open."""
    lines = text.split("\n")
    start = next(n for n, line in enumerate(lines) if re.match(r"\[smtp\]", line))
    for n in (start, *_section(lines, start)):
        if lines[n] and not lines[n].startswith("#"):
            lines[n] = f"# {lines[n]}"
    said = "\n".join(f"{key} = {value if isinstance(value, int) else _toml(value)}" for key, value in box.items() if value)
    return "\n".join(lines).rstrip("\n") + f"\n\n[[imap]]\n{said}\n"


def _box(place: str, user: str, password_file: str, security: str, ca_file: str) -> dict[str, object]:
    """A `[[imap]]` block from the flags."""
    host, _, port = place.rpartition(":") if re.search(r":\d+$", place) else (place, "", "")
    return {
        "host": host,
        "port": int(port) if port else 0,
        "user": user,
        "password_file": str(Path(password_file).absolute()) if password_file else "",
        "security": security,
        "ca_file": str(Path(ca_file).absolute()) if ca_file else "",
    }


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


def _zone() -> str:
    """The machine's own zone, as far as it says."""
    try:
        target = str(Path("/etc/localtime").resolve())
    except OSError:
        return "UTC"
    return target.partition("/zoneinfo/")[2] or "UTC"


def _write(path: Path, text: str, environment: Mapping[str, str], *, check: bool) -> None:
    """Write it for this user's eyes alone, and take it back if it has mistakes or, with `check`, a server that refuses us."""
    from mailgate.settings import load

    made = not path.parent.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise Failed(_THERE.format(path=path)) from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        settings = load(path, environment)
        if check:
            _tried(settings)
    except BaseException:  # Ctrl-C while a server is waited for, too: what is left behind would keep the next try from writing
        path.unlink()
        if made:
            path.parent.rmdir()
        raise


def _tried(settings: Settings) -> None:
    """Log in at every mailbox and at the relay; raises Failed with what is wrong and its mend."""
    from mailgate.desk import wrong_turns

    for each in settings.imap:
        wrong, mend = wrong_turns.mailbox(each)
        if wrong:
            raise Failed(f"the mailbox {each.user} at {each.host}:{each.port}: {_sentences(wrong, mend)}")
    policy = settings.policy
    wrong, mend = wrong_turns.relay(settings.relay, policy.desk.address, next(iter(policy.desk.admin), policy.desk.address))
    if wrong:
        raise Failed(f"the relay: {_sentences(wrong, mend)}")


def _sentences(wrong: str, mend: str) -> str:
    return f"{wrong.rstrip('. ')}. {mend[:1].upper()}{mend[1:]}"
