"""The newcomer's way: a desk on one's own mailbox, by a conversation or by flags, to the first answered request; and each wrong turn."""

from __future__ import annotations

import email
import email.policy
import os
import pty
import signal
import subprocess
import time
import tomllib
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.journeys.desk import MAILGATE, free_ports, until
from tests.servers.dovecot import Dovecot

pytestmark = pytest.mark.journey
KIM, ANNA = "kim@client.example", "anna@staff.example"


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """One command of the newcomer."""
    return subprocess.run([MAILGATE, *words], cwd=folder, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL)


def sent(folder: Path) -> list[EmailMessage]:
    """What has left."""
    return [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in sorted((folder / "var/sent/new").glob("*"))
    ]  # type: ignore[misc]


def letter(sender: str, to: str, subject: str, text: str) -> bytes:
    """A mail as it lies in the mailbox."""
    number = time.monotonic_ns()
    head = {"From": sender, "To": to, "Subject": subject, "Message-ID": f"<{number}@client.example>"}
    return "".join(f"{name}: {value}\r\n" for name, value in head.items()).encode() + f"\r\n{text}\r\n".encode()


def test_from_a_clone_to_an_answered_request_in_five_commands(dovecot: Dovecot, tmp_path: Path) -> None:
    """git clone and make setup lie behind; three commands are left."""
    user = dovecot.fresh_user("own")
    (tmp_path / "password").write_text(dovecot.password)
    (tmp_path / "password").chmod(0o600)
    mailbox = (
        "--imap",
        f"127.0.0.1:{dovecot.imap_port}",
        "--imap-user",
        user,
        "--imap-password-file",
        "password",
        "--imap-security",
        "none",
    )
    done = run(tmp_path, "init", "--address", "support@desk.example", *mailbox, "--check")
    assert done.returncode == 0, done.stderr
    done = run(tmp_path, "agent", "add", "anna", "--address", ANNA)
    assert done.returncode == 0, done.stderr
    config = tmp_path / "config.toml"
    assert config.read_text().count('hold = "30s"') == 1
    config.write_text(config.read_text().replace('hold = "30s"', 'hold = "1s"'))  # the one thing that a newcomer has to wait for
    serving = subprocess.Popen([MAILGATE, "serve"], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        until(dovecot.sessions, "the desk looks into its mailbox", 30)
        dovecot.deliver(user, letter(f"Kim <{KIM}>", "support@desk.example", "Lift", "It is stuck."))
        told = until(lambda: [m for m in sent(tmp_path) if ANNA in str(m["To"])], "Anna is told", 30)[0]
        reply = str(told["Reply-To"].addresses[0].addr_spec)
        dovecot.deliver(user, letter(f"Anna <{ANNA}>", reply, f"Re: {told['Subject']}", "We come at nine."), sender=ANNA)
        until(
            lambda: [m for m in sent(tmp_path) if KIM in str(m["To"]) and "We come at nine." in str(m.get_body(("plain",)))],
            "Kim reads the answer",
            60,
        )
    finally:
        serving.send_signal(signal.SIGTERM)
        serving.communicate(timeout=30)


WRONG = {
    "password": ({"password": "wrong"}, "check user and password"),
    "port": ({"port": "closed"}, "check the port"),
    "tls": ({"security": "tls"}, "does not speak TLS"),
    "certificate": ({"security": "tls", "port": "imaps"}, "set ca_file"),
    "name": ({"host": "no-such-host.invalid"}, "check the spelling"),
}


@pytest.mark.parametrize("turn", WRONG)
def test_each_wrong_turn_gets_a_sentence_that_says_the_mend(dovecot: Dovecot, tmp_path: Path, turn: str) -> None:
    """A newcomer who reads a traceback goes elsewhere."""
    how, said = WRONG[turn]
    port = {"closed": free_ports(1)[0], "imaps": dovecot.imaps_port, "": dovecot.imap_port}[how.get("port", "")]
    (tmp_path / "password").write_text(how.get("password", dovecot.password))
    (tmp_path / "password").chmod(0o600)
    box = ("--imap", f"{how.get('host', '127.0.0.1')}:{port}", "--imap-user", dovecot.fresh_user("own"), "--imap-password-file", "password")
    done = run(tmp_path, "init", "--address", "support@desk.example", *box, "--imap-security", how.get("security", "none"), "--check")
    assert done.returncode == 1 and said.casefold() in done.stderr.casefold() and "Traceback" not in done.stderr, done.stderr
    assert not (tmp_path / "config.toml").exists()


def test_a_relay_that_is_not_there_is_told_likewise(tmp_path: Path) -> None:
    """The way out is the other half."""
    done = run(tmp_path, "init", "--address", "support@desk.example", "--relay", f"smtp://127.0.0.1:{free_ports(1)[0]}", "--check")
    assert done.returncode == 1 and "check the port in [relay]" in done.stderr
    assert not (tmp_path / "config.toml").exists()


def test_the_conversation_tries_each_answer_and_ends_in_a_desk(dovecot: Dovecot, tmp_path: Path) -> None:
    """A wrong password is asked for again, with the reason, before anything is written."""
    user = dovecot.fresh_user("own")
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.environ["TERM"] = "dumb"
        os.execv(MAILGATE, [MAILGATE, "init"])
    seen = b""

    def answers(question: str, answer: str) -> None:
        nonlocal seen
        deadline = time.monotonic() + 40
        while question.encode() not in seen:
            assert time.monotonic() < deadline, seen.decode(errors="replace")
            seen += os.read(terminal, 4096)
        seen = seen.partition(question.encode())[2]
        time.sleep(0.1)
        os.write(terminal, f"{answer}\n".encode())

    answers("Address of the desk", "support")
    answers("'support' is no mail address", "")
    answers("Name of the desk", "Harbour Desk")
    answers("Address of the administrator", "")
    answers("Time zone", "Europe/Helsinky")
    answers("did you mean Europe/Helsinki", "Europe/Helsinki")
    answers("Server of the desk's mailbox", f"127.0.0.1:{dovecot.imaps_port}")
    answers("Login name", user)
    answers("Password", "wrong")
    answers("File with the certificate", str(dovecot.ca_file))
    answers("Keep it all the same", "n")
    answers("Server of the desk's mailbox", f"localhost:{dovecot.imap_port}")
    answers("Login name", user)
    answers("Password", dovecot.password)
    answers("File with the certificate", str(dovecot.ca_file))
    answers("The mailbox answers", "smtp://127.0.0.1:port")
    answers("is no relay", "")
    while True:
        try:
            if not (more := os.read(terminal, 4096)):
                break
        except OSError:
            break
        seen += more
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, seen.decode(errors="replace")
    made = tomllib.loads((tmp_path / "config.toml").read_text())
    assert made["desk"]["address"] == "support@desk.example" and made["imap"][0]["ca_file"] == str(dovecot.ca_file)
    assert made["desk"]["name"] == "Harbour Desk" and made["imap"][0]["user"] == user and "smtp" not in made
    assert Path(made["imap"][0]["password_file"]).read_text().strip() == dovecot.password
    assert (tmp_path / "mailbox-password").stat().st_mode & 0o077 == 0
    assert dovecot.password not in (tmp_path / "config.toml").read_text()


def test_a_config_that_is_there_is_kept_and_another_place_is_named(tmp_path: Path) -> None:
    """The example lies at the top of the checkout: whoever begins there would end there."""
    (tmp_path / "config.toml").write_text("# mine\n")
    done = run(tmp_path, "init", "--address", "support@desk.example")
    assert done.returncode == 1 and "mailgate init FOLDER" in done.stderr, done.stderr
    assert (tmp_path / "config.toml").read_text() == "# mine\n"
    done = run(tmp_path, "init", "mine", "--address", "support@desk.example")
    assert done.returncode == 0 and (tmp_path / "mine/config.toml").exists(), done.stderr


def test_a_config_that_is_not_there_is_named_in_full(tmp_path: Path) -> None:
    """`config.toml` alone says nothing to somebody who named one elsewhere."""
    done = run(tmp_path, "--config", "elsewhere/config.toml", "ticket", "list")
    assert done.returncode == 2 and "elsewhere/config.toml" in done.stderr and "mailgate init" in done.stderr, done.stderr
