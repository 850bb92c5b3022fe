"""Real mail programs, driven by script: s-nail by its batch mode, neomutt by keys that are pushed before it starts.

Both read the mailbox by IMAP and send by SMTP, as a person's client does.
"""

from __future__ import annotations

import os
import pty
import select
import shlex
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where one person's client reads and sends."""

    name: str
    address: str
    password: str
    imap_port: int
    smtp_port: int
    home: Path
    """Folder for what the client writes down."""
    smtp_url: str = ""
    """Instead of plain SMTP at the port."""


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"{name} isn't installed: run `make test`, or packaging/test-servers.sh")
    return found


# --- s-nail -----------------------------------------------------------------------------------------------------------------------


def _snail(account: Account) -> list[str]:
    options = {
        "v15-compat": "yes",
        "mta": account.smtp_url or f"smtp://127.0.0.1:{account.smtp_port}",
        "smtp-auth": "none",
        "hostname": account.address.partition("@")[2],
        "from": f"{account.name} <{account.address}>",
        "imap-auth": "login",
        "sendwait": "yes",
        "ttycharset": "utf-8",
        "sendcharsets": "utf-8",
        "quote": "yes",
        "fullnames": "yes",
        "reply-to-honour": "yes",
    }
    return [_program("s-nail"), "-:/", "-#", "-r", account.address, *(f"-S{name}={value}" for name, value in options.items())]


def snail_writes(account: Account, to: str, subject: str, text: str) -> None:
    """Write a new mail."""
    _run(account, [*_snail(account), "-s", subject, to], text)


def snail_replies(account: Account, place: int, text: str) -> None:
    """Reply to the mail at that place of the inbox (1 is the first), above the quote."""
    folder = f"imap://{quote(account.address, safe='')}:{quote(account.password)}@127.0.0.1:{account.imap_port}/INBOX"
    _run(account, [*_snail(account), "-R", "-f", folder], f"reply {place}\n{text}\n~.\nexit\n")


def _run(account: Account, command: list[str], stdin: str) -> None:
    done = subprocess.run(command, input=stdin.encode(), capture_output=True, timeout=30, check=False, env=_environment(account))
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout.decode()}\n{done.stderr.decode()}"


def _environment(account: Account) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(account.home), "LANG": "C.UTF-8", "TERM": "xterm", "TMPDIR": str(account.home)}


# --- neomutt ----------------------------------------------------------------------------------------------------------------------

_MUTTRC = """
set my_pass = "{password}"
set imap_user = "{address}" imap_pass = $my_pass
set folder = "imap://127.0.0.1:{imap}/" spool_file = "+INBOX"
set ssl_starttls = no ssl_force_tls = no
set real_name = "{name}" from = "{address}" use_from = yes use_envelope_from = yes hostname = "{domain}"
set smtp_url = "{smtp}"
set editor = "{editor}" autoedit = yes fast_reply = yes reply_to = yes edit_headers = no abort_unmodified = no include = yes
set wait_key = no confirm_append = no copy = no move = no quit = yes beep = no sleep_time = 0 mark_old = no
set charset = utf-8 send_charset = utf-8 text_flowed = no crypt_use_gpgme = no
set mail_check = 1
"""


def neomutt_replies(account: Account, message_id: str, text: str) -> None:
    """Reply to the mail with that Message-ID, the text above the quote, in a terminal of its own."""
    folder = account.home
    editor = folder / "editor"
    (folder / "typed").write_text(text + "\n\n")
    editor.write_text(f'#!/bin/sh\ncat {folder}/typed "$1" > {folder}/draft && cp {folder}/draft "$1"\n')
    editor.chmod(0o700)
    rc = folder / "muttrc"
    rc.write_text(
        _MUTTRC.format(
            password=account.password,
            address=account.address,
            imap=account.imap_port,
            name=account.name,
            domain=account.address.partition("@")[2],
            smtp=account.smtp_url or f"smtp://127.0.0.1:{account.smtp_port}",
            editor=editor,
        )
    )
    rc.chmod(0o600)
    wanted = message_id.strip("<>").replace("+", "\\\\+").replace(".", "\\\\.")
    keys = f"push '<limit>~i {wanted}<enter><reply><send-message><exit>'"
    _in_terminal(account, [_program("neomutt"), "-n", "-F", str(rc), "-e", keys])


def _in_terminal(account: Account, command: list[str], seconds: float = 60.0) -> None:
    """Run a full-screen program until it ends by itself; fails with its last screen if it doesn't."""
    pid, terminal = pty.fork()
    if not pid:
        os.execve(command[0], command, _environment(account) | {"LINES": "40", "COLUMNS": "140"})
    seen = b""
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.2)[0]:
                try:
                    seen += os.read(terminal, 65536)
                except OSError:  # the other end is gone
                    break
            found, _ = os.waitpid(pid, os.WNOHANG)
            if found:
                pid = 0
                break
        else:
            raise AssertionError(f"{command[0]} waits for somebody:\n{seen[-3000:].decode(errors='replace')}")
    finally:
        os.close(terminal)
        if pid:
            _end(pid)


def _end(pid: int) -> None:
    for number in (15, 9):
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            if os.waitpid(pid, os.WNOHANG)[0]:
                return
            time.sleep(0.02)
        os.kill(pid, number)
    os.waitpid(pid, 0)
