"""A guided tour: a desk of its own in a temporary folder, on this machine alone, with a customer and an agent played by the tour.

Everything goes the real way: `mailgate serve` runs as a process, mail comes in by SMTP and goes out into a Maildir. It ends by itself.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import TypeVar

DESK, CUSTOMER, AGENT = "support@desk.example", "maria@customer.example", "anna@staff.example"
WAIT = 20.0
"""Seconds that any one thing may take before the tour gives up."""

CONFIG = """\
[desk]
name = "Desk of the tour"
address = "{desk}"
admin = ["admin@desk.example"]

[smtp]
listen = "127.0.0.1:{port}"

[relay]
url = "maildir:var/sent"
hold = "0s"

[trust]
verify_dkim = false
"""

Tell = Callable[[str, str], None]
T = TypeVar("T")


class Stuck(Exception):
    """Something that the tour waits for didn't come."""


class Ended(Exception):
    """A signal ended the tour before its end; its number is the argument."""


def run(tell: Tell, *, clock: Callable[[], datetime], keep: bool = False) -> Path | None:
    """Go the tour; each step is told as it happens. Gives the folder if it is kept. Raises Stuck and Ended."""
    folder = Path(tempfile.mkdtemp(prefix="mailgate-demo-"))
    try:
        with _ended_by_signals():
            _Tour(folder, tell, clock).go()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if keep:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    return None


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """A terminal that is closed, or a kill, ends the tour as Ctrl-C does: its desk stops, and its folder goes."""

    def end(number: int, _frame: object) -> None:
        raise Ended(number)

    before = {each: signal.signal(each, end) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


class _Tour:
    def __init__(self, folder: Path, tell: Tell, clock: Callable[[], datetime]) -> None:
        self.folder = folder
        self.tell = tell
        self.clock = clock
        self.port = _free_port()
        self.seen: set[str] = set()

    def go(self) -> None:
        (self.folder / "config.toml").write_text(CONFIG.format(desk=DESK, port=self.port), encoding="utf-8")
        self.mailgate("agent", "add", "anna", "--address", AGENT, "--full-name", "Anna Berg", "--signature", "Anna Berg, IT service")
        log = (self.folder / "serve.log").open("wb")
        desk = subprocess.Popen(self._command("serve"), stdout=log, stderr=log)
        try:
            self._open(desk)
            self.tell("A desk opens", f"mailgate serve takes mail for {DESK} at 127.0.0.1:{self.port}; one agent works there: Anna.")
            self._customer_writes()
            card = self._desk_answers()
            self._agent_answers(card)
            self._end()
        finally:
            desk.terminate()
            try:
                desk.wait(10)
            except subprocess.TimeoutExpired:
                desk.kill()
                desk.wait()
            log.close()

    def _customer_writes(self) -> None:
        text = "Hello,\n\nthe printer on floor 2 jams on every job since this morning.\n\nMaria Keller\n"
        self._send(CUSTOMER, DESK, "Printer on floor 2 jams", text, name="Maria Keller")
        self.tell("A customer writes", f"From: Maria Keller <{CUSTOMER}>\nTo: {DESK}\nSubject: Printer on floor 2 jams\n\n{text.strip()}")

    def _desk_answers(self) -> EmailMessage:
        answer = self._next(to=CUSTOMER)
        self.tell("The desk acknowledges, with a number and nothing to log in to", _shown(answer))
        card = self._next(to=AGENT)
        self.tell("Anna is told; her reply will go to Maria", _shown(card))
        return card

    def _agent_answers(self, card: EmailMessage) -> None:
        text = "Hi Maria,\n\na scrap of paper was in the sensor. It prints again.\n\n#close\n"
        self._send(AGENT, _address(card["Reply-To"]), f"Re: {card['Subject']}", text, name="Anna", answers=str(card["Message-ID"]))
        said = f"She just replies in her own mail program, to {_address(card['Reply-To'])[:34]}…\n\n{text.strip()}"
        self.tell("Anna answers, and closes with one line", said)
        answer = self._next(to=CUSTOMER)
        self.tell("What Maria gets: no command, no private address, and a way to say how it was", _shown(answer))
        if "#close" in answer.as_string() or AGENT in answer.as_string():
            raise Stuck("the answer shows what it must not")

    def _end(self) -> None:
        shown = self.mailgate("ticket", "list").strip()
        self.tell("And on the command line", "$ mailgate ticket list\n" + shown)

    # --- the outside --------------------------------------------------------------------------------------------------------------

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-c", "from cli import run; run()", "--config", str(self.folder / "config.toml"), *words]

    def mailgate(self, *words: str) -> str:
        """One command on the desk of the tour; raises Stuck with its reason."""
        done = subprocess.run(self._command(*words), capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise Stuck(f"mailgate {' '.join(words[:2])}: {done.stderr.strip()}")
        return done.stdout

    def _open(self, desk: subprocess.Popen[bytes]) -> None:
        def answers() -> bool | None:
            if desk.poll() is not None:
                raise Stuck(f"the desk ended: {(self.folder / 'serve.log').read_text(errors='replace').strip()[-300:]}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1.0) as door:
                    return door.recv(3) == b"220" or None
            except OSError:
                return None

        _wait(answers, "the desk to open its door")

    def _send(self, sender: str, to: str, subject: str, text: str, *, name: str, answers: str = "") -> None:
        mail = EmailMessage()
        mail["From"] = f"{name} <{sender}>"
        mail["To"] = to
        mail["Subject"] = subject
        mail["Date"] = format_datetime(self.clock())
        domain = sender.rpartition("@")[2]
        mail["Message-ID"] = f"<demo.{self.clock():%Y%m%d%H%M%S.%f}@{domain}>"
        if answers:
            mail["In-Reply-To"] = mail["References"] = answers
        mail.set_content(text)
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname="localhost", timeout=WAIT) as door:
            door.sendmail(sender, [to], mail.as_bytes(policy=email.policy.SMTP))

    def _next(self, *, to: str) -> EmailMessage:
        """The next mail that the desk sends to somebody, each once."""

        def look() -> EmailMessage | None:
            for path in sorted((self.folder / "var/sent/new").glob("*"), key=lambda p: p.stat().st_mtime_ns):
                if path.name in self.seen:
                    continue
                mail = email.message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=email.policy.default)
                if to in str(mail["To"]):
                    self.seen.add(path.name)
                    return mail
            return None

        return _wait(look, f"a mail to {to}")


def _wait(ask: Callable[[], T | None], what: str) -> T:
    """What `ask` gives as soon as it gives something; raises Stuck."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        found = ask()
        if found is not None:
            return found
        time.sleep(0.05)
    raise Stuck(f"waited {WAIT:.0f} s for {what}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def _address(field: object) -> str:
    found = re.search(r"<([^<>]+)>", str(field))
    return found[1] if found else str(field)


def _shown(mail: EmailMessage) -> str:
    """A mail as a plain mail program shows it, without the lines for buttons."""
    part = mail.get_body(("plain",))
    text = str(part.get_content()) if part is not None else ""
    head = "\n".join(f"{name}: {mail[name]}" for name in ("From", "To", "Subject"))
    lines = [line for line in text.strip().splitlines() if "mailto:" not in line]
    return head + "\n\n" + "\n".join(lines)
