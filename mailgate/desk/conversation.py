"""The conversation of `init`: a few questions, each answer tried at once, each wrong turn told with its mend. Writing is `starting.py`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import typer

from mailgate import unreached
from mailgate.config import doors
from mailgate.config.secrets import Secret
from mailgate.desk import screen, wrong_turns

MOST_PORTS = 65_535
QUESTIONS = {
    "address": "Address of the desk (mail to it becomes tickets)",
    "name": "Name of the desk, as customers see it",
    "admin": "Address of the administrator",
    "timezone": "Time zone",
    "imap": "Server of the desk's mailbox, as host or host:port (empty: take mail by a door of its own)",
    "smtp": "Take mail by SMTP at (host:port, empty for none)",
    "user": "Login name",
    "password": "Password (goes into a file that only you can read)",
    "ca": "File with the certificate to trust (empty for none)",
    "relay": "Send mail by (maildir:var/sent keeps it here; smtp://host:25, smtps://host)",
    "relay_user": "Login name there (empty for none)",
}


def held(folder: Path, given: Mapping[str, object], zone: str) -> tuple[dict[str, object], dict[str, object]]:
    """Values for the config by section and key, and the mailbox to read. What is left empty stays as in the example.

    Passwords are written when all is answered: who breaks off leaves nothing behind.
    """
    passwords: dict[Path, str] = {}
    screen.say("A few questions; Enter takes what stands in brackets. Everything can be changed in the file.")
    address = _ask("address", "support@desk.example")
    domain = address.rpartition("@")[2]
    found = dict(given) | {
        "desk.address": address,
        "desk.name": _ask("name", "Support"),
        "desk.admin": [_ask("admin", f"admin@{domain}")],
        "desk.timezone": _ask("timezone", zone),
    }
    box: dict[str, object] = {}
    if place := _ask("imap"):
        box = _until_it_works(lambda again: _mailbox(folder, place if not again else _ask("imap", place), address, passwords))
    else:
        found["smtp.listen"] = _ask("smtp", "127.0.0.1:2525")
    admin = str(found["desk.admin"][0])  # type: ignore[index]  # asked for above
    found |= _until_it_works(lambda again: _relay(folder, address, admin, passwords))
    for path, password in passwords.items():
        _keep(path, password)
    return found, box


def _ask(name: str, default: str = "") -> str:
    """An answer that can be, asked for until it is one."""
    while True:
        hidden = name == "password"
        said = str(typer.prompt(QUESTIONS[name], default=default, show_default=bool(default), hide_input=hidden, err=True)).strip()
        try:
            _read(name, said)
        except ValueError as why:
            near = f" (did you mean {why.near}?)" if getattr(why, "near", "") else ""  # type: ignore[attr-defined]
            screen.say(f"That can't be: {why}{near}.")
        else:
            return said


def _read(name: str, said: str) -> None:
    """Raises ValueError with a sentence for what the config would not take."""
    from mailgate.config import addresses
    from mailgate.config.schema.doors import host_name, relay_url

    if any("\ud800" <= sign <= "\udfff" for sign in said):  # bytes that are no UTF-8 come from Python so
        raise ValueError("it holds signs that can't be read; set this terminal to UTF-8")
    match name:
        case "address" | "admin":
            addresses.mailbox(said)
        case "timezone":
            addresses.zone(said)
        case "smtp" if said:
            addresses.listen(said)
        case "imap" if said:
            host, _, port = said.rpartition(":") if said.rpartition(":")[2].isdigit() else (said, "", "")
            host_name(host)
            if port and not 1 <= int(port) <= MOST_PORTS:
                raise ValueError(f"{port} is no port: those go from 1 to {MOST_PORTS}")
        case "relay":
            relay_url(said)
        case "ca" if said and not Path(said).is_file():
            raise ValueError(f"there is no file {said}")
        case _:
            return


def _until_it_works(asked: Callable[[bool], tuple[dict[str, object], tuple[str, str]]]) -> dict[str, object]:
    """Ask until what was answered works, or shall be kept as it is."""
    again = False
    while True:
        answers, (wrong, mend) = asked(again)
        if not wrong:
            return answers
        screen.say(f"That does not work: {wrong}.")
        screen.say(f"The mend: {mend}.")
        if typer.confirm("Keep it all the same, and mend it later in the file?", default=False, err=True):
            return answers
        again = True


def _mailbox(folder: Path, place: str, address: str, passwords: dict[Path, str]) -> tuple[dict[str, object], tuple[str, str]]:
    host, _, port = place.rpartition(":") if place.rpartition(":")[2].isdigit() else (place, "", "993")
    user, password = _ask("user", address), _ask("password")
    said = doors.Imap(name=user, host=host, port=int(port), security="tls", user=user, password=Secret(text=password))
    said, result = _reached(said)
    ca_file = ""
    if unreached.WANTS_CA in result[1]:
        screen.say(f"That does not work: {result[0]}.")
        if ca_file := _ask("ca"):
            said, result = _reached(replace(said, ca_file=Path(ca_file).absolute()))
    if not result[0]:
        screen.say("The mailbox answers.")
    kept = (folder / "mailbox-password").absolute()
    passwords[kept] = password
    box = {"host": host, "port": int(port), "security": said.security, "user": user, "password_file": str(kept)}
    return box | ({"ca_file": str(said.ca_file)} if ca_file else {}), result


def _reached(said: doors.Imap) -> tuple[doors.Imap, tuple[str, str]]:
    """A mailbox in the way in which its port speaks, and what is wrong with it; 143 begins in clear, of others only trying can tell."""
    if said.port == 143:
        said = replace(said, security="starttls")
    result = wrong_turns.mailbox(said)
    if said.port not in {143, 993} and unreached.SPEAKS_PLAINLY in result[1]:
        said = replace(said, security="starttls")
        result = wrong_turns.mailbox(said)
    return said, result


def _relay(folder: Path, address: str, admin: str, passwords: dict[Path, str]) -> tuple[dict[str, object], tuple[str, str]]:
    url = _ask("relay", "maildir:var/sent")
    if "://" not in url:
        return {"relay.url": url}, ("", "")
    scheme, _, place = url.partition("://")
    host, _, port = place.rstrip("/").partition(":")
    user = _ask("relay_user")
    password = _ask("password") if user else ""
    security = "tls" if scheme == "smtps" else "auto"
    number = int(port) if port.isdigit() else 465 if security == "tls" else 25
    said = doors.Relay(kind="smtp", host=host, port=number, security=security, user=user, password=Secret(text=password) if user else None)
    result = wrong_turns.relay(said, address, admin)
    if not result[0]:
        screen.say("The relay answers.")
    kept = (folder / "relay-password").absolute()
    if user:
        passwords[kept] = password
    login: dict[str, object] = {"relay.user": user, "relay.password_file": str(kept)} if user else {}
    return {"relay.url": url} | login, result


def _keep(path: Path, password: str) -> None:
    """Write a file with a password, for its owner's eyes alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(password + "\n")
