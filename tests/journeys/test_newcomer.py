"""The newcomer's way: a desk on one's own mailbox, by a conversation or by flags, to the first answered request; and each wrong turn."""

from __future__ import annotations

import contextlib
import email
import email.policy
import os
import pty
import re
import signal
import socket
import ssl
import subprocess
import time
import tomllib
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
import trustme

from mailgate.config import doors
from mailgate.config.secrets import Secret
from mailgate.desk import wrong_turns
from tests.journeys.desk import MAILGATE, until
from tests.servers.dovecot import Dovecot
from tests.servers.ports import free_ports
from tests.servers.talker import HANG_UP, talking

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


IMAP = {
    "CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK done",
    "AUTHENTICATE": "{tag} OK done",
    "EXAMINE": "{tag} NO [NONEXISTENT] there is none",
    "LIST": '* LIST () "/" INBOX\r\n* LIST () "/" Support\r\n{tag} OK done',
    "LOGOUT": "* BYE bye\r\n{tag} OK done",
}
STRANGE_BOXES = {
    "no mailbox server": ("SSH-2.0-OpenSSH_9.2p1", {}, "none", "no IMAP server: SSH-2.0"),
    "full": ("* BYE too many connections", {}, "none", "wait a little"),
    "no STARTTLS": ("* OK ready", {}, "starttls", 'security = "tls"'),
    "no password in clear": (
        "* OK ready",
        {"CAPABILITY": "* CAPABILITY IMAP4rev1 LOGINDISABLED STARTTLS\r\n{tag} OK done"},
        "none",
        'security = "starttls"',
    ),
    "breaks off": ("* OK ready", {"AUTHENTICATE": HANG_UP}, "none", "connection"),
    "folder": ("* OK ready", {"LIST": '* LIST () "/" Inboxes\r\n{tag} OK done'}, "none", "it is: Inboxes"),
}


@pytest.mark.parametrize("turn", STRANGE_BOXES)
def test_what_a_mailbox_refuses_is_said_in_words_of_people(tmp_path: Path, turn: str) -> None:
    """Numbers of libraries and marks of bytes help nobody; the mend is that of this fault and no other's."""
    greeting, answers, security, said = STRANGE_BOXES[turn]
    (tmp_path / "password").write_text("secret")
    (tmp_path / "password").chmod(0o600)
    with talking(greeting, IMAP | answers) as server:
        box = ("--imap", f"127.0.0.1:{server.port}", "--imap-user", "kim", "--imap-password-file", "password", "--imap-security", security)
        done = run(tmp_path, "init", "desk", "--address", "support@desk.example", *box, "--check")
        assert done.returncode == 1 and said.casefold() in done.stderr.casefold(), done.stderr
        assert not re.search(r"Errno|_ssl|b'|=>|Traceback|check host, port, security", done.stderr), done.stderr
        assert run(tmp_path, "init", "desk", "--address", "support@desk.example", *box).returncode == 0
        found = run(tmp_path, "--config", "desk/config.toml", "doctor")
        assert found.returncode == 2 and said.casefold().split(":")[0] in " ".join(found.stdout.casefold().split()), found.stdout


CERTIFICATES = {"expired": "has to renew it", "another name": "stands in the certificate", "nobody's": "set ca_file"}


@pytest.mark.parametrize("fault", CERTIFICATES)
def test_each_fault_of_a_certificate_has_its_own_mend(tmp_path: Path, fault: str) -> None:
    """To trust the file of an expired certificate helps nothing, nor does it where the name is wrong."""
    authority = trustme.CA()
    names = ("mail.firm.example",) if fault == "another name" else ("localhost",)
    made = authority.issue_cert(*names, not_after=datetime(2020, 1, 1) if fault == "expired" else None)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.configure_cert(tls)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    (tmp_path / "password").write_text("secret")
    (tmp_path / "password").chmod(0o600)
    trusts = () if fault == "nobody's" else ("--imap-ca-file", "ca.pem")
    with talking("* OK ready", IMAP, tls) as server:
        box = ("--imap", f"localhost:{server.port}", "--imap-user", "kim", "--imap-password-file", "password", *trusts)
        done = run(tmp_path, "init", "--address", "support@desk.example", *box, "--check")
    assert done.returncode == 1 and CERTIFICATES[fault] in done.stderr and "_ssl" not in done.stderr, done.stderr
    assert [mend for mend in CERTIFICATES.values() if mend in done.stderr] == [CERTIFICATES[fault]]


def test_a_server_that_sends_a_letter_now_and_then_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each letter begins the wait for an answer anew: only a bound for the whole ends it."""
    monkeypatch.setattr(wrong_turns, "WAIT_IN_ALL", 2.0)
    with talking("drip") as server:
        box = doors.Imap(name="kim", host="127.0.0.1", port=server.port, security="none", user="kim", password=Secret(text="secret"))
        began = time.monotonic()
        wrong, mend = wrong_turns.mailbox(box)
    assert "within 2 s" in wrong and "check host and port" in mend and time.monotonic() - began < 30


SMTP = {"EHLO": "250 relay", "MAIL": "250 ok", "RCPT": "250 ok", "RSET": "250 ok", "QUIT": "221 bye"}
STRANGE_RELAYS = {
    "keeps us out": ("554 5.7.1 no", {}, (), "take mail from this machine"),
    "busy": ("421 4.3.2 later", {}, (), "tried again"),
    "no relay": ("SSH-2.0-OpenSSH_9.2p1", {}, (), "no SMTP server: SSH-2.0"),
    "hangs up": ("220 relay", {"EHLO": HANG_UP}, (), "check port and security"),
    "wants a login": ("220 relay", {"MAIL": "530 5.7.0 Authentication required"}, (), "set user and password_file"),
    "has no login": ("220 relay", {}, ("--relay-user", "kim", "--relay-password-file", "password"), "take user and password out"),
    "login": ("220 relay", {"EHLO": "250-relay\r\n250 AUTH PLAIN", "AUTH": "535 5.7.8 no"}, ("--relay-user", "kim", "--relay-password-file", "password"), "check user and password"),
    "sender": ("220 relay", {"MAIL": "550 5.7.1 not owned by user"}, (), "set [desk] address"),
    "recipient": ("220 relay", {"RCPT": "554 5.7.1 relay access denied"}, (), "takes no mail to admin@desk.example"),
}  # fmt: skip


@pytest.mark.parametrize("turn", STRANGE_RELAYS)
def test_what_a_relay_refuses_is_said_before_the_first_mail(tmp_path: Path, turn: str) -> None:
    """A relay that lets everybody in and refuses each mail would be found by customers only."""
    greeting, answers, login, said = STRANGE_RELAYS[turn]
    (tmp_path / "password").write_text("secret")
    (tmp_path / "password").chmod(0o600)
    with talking(greeting, SMTP | answers) as server:
        relay = ("--relay", f"smtp://127.0.0.1:{server.port}", *login)
        done = run(tmp_path, "init", "desk", "--address", "support@desk.example", *relay, "--check")
        assert done.returncode == 1 and said.casefold() in done.stderr.casefold(), done.stderr
        assert not re.search(r"Errno|-1 |Traceback|check host, port, security", done.stderr), done.stderr
        assert run(tmp_path, "init", "desk", "--address", "support@desk.example", *relay).returncode == 0
        found = run(tmp_path, "--config", "desk/config.toml", "doctor")
        assert found.returncode == 2 and said.casefold() in " ".join(found.stdout.casefold().split()), found.stdout


def test_a_relay_that_takes_our_mail_is_found_well_and_gets_none(tmp_path: Path) -> None:
    """To be asked is no mail; and one that puts everybody off for now is no fault of ours."""
    for answers in ({}, {"RCPT": "450 4.7.1 greylisted"}):
        with talking("220 relay", SMTP | answers) as server:
            done = run(tmp_path, "init", f"desk{len(answers)}", "--address", "support@desk.example", "--relay", f"smtp://127.0.0.1:{server.port}", "--check")  # fmt: skip
        assert done.returncode == 0, done.stderr


def test_a_mailbox_in_trouble_is_logged_with_its_mend(tmp_path: Path) -> None:
    """Whoever reads the log at night has no doctor at hand."""
    (tmp_path / "password").write_text("secret")
    (tmp_path / "password").chmod(0o600)
    with talking("* OK ready", IMAP | {"LIST": '* LIST () "/" Inboxes\r\n{tag} OK done'}) as server:
        box = ("--imap", f"127.0.0.1:{server.port}", "--imap-user", "kim", "--imap-password-file", "password", "--imap-security", "none")
        assert run(tmp_path, "init", "--address", "support@desk.example", *box).returncode == 0
        with subprocess.Popen([MAILGATE, "serve"], cwd=tmp_path, stderr=subprocess.PIPE, text=True) as serving:
            assert serving.stderr is not None
            said = next(line for line in serving.stderr if "imap trouble" in line)
            serving.send_signal(signal.SIGTERM)
    assert "there is no folder 'INBOX'" in said and "Inboxes" in said, said


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


@pytest.mark.parametrize("after", ["Password", "Keep it all the same"])
def test_a_conversation_that_is_broken_off_leaves_nothing_behind(tmp_path: Path, after: str) -> None:
    """A file with a password that belongs to no desk would lie there for ever; a config would keep the next try from writing one."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.environ["TERM"] = "dumb"
        os.execv(MAILGATE, [MAILGATE, "init"])
    seen = b""
    said = [
        ("Address of the desk", b"\n"),
        ("Name of the desk", b"B\xfcro\n"),  # Latin-1
        ("set this terminal to UTF-8", b"Buero\n"),
        ("Address of the administrator", b"\n"),
        ("Time zone", b"\n"),
        ("Server of the desk's mailbox", b"localhost:99999\n"),
        ("99999 is no port", f"127.0.0.1:{free_ports(1)[0]}\n".encode()),
        ("Login name", b"kim\n"),
        ("Password", b"secret\n"),
        ("Keep it all the same", b""),
    ]
    for question, answer in said:
        deadline = time.monotonic() + 40
        while question.encode() not in seen:
            assert time.monotonic() < deadline, seen.decode(errors="replace")
            seen += os.read(terminal, 4096)
        seen = seen.partition(question.encode())[2]
        time.sleep(0.1)
        os.write(terminal, b"\x03" if question == after else answer)
        if question == after:
            break
    with contextlib.suppress(OSError):
        while os.read(terminal, 4096):
            pass
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) in {1, 130}
    assert list(tmp_path.iterdir()) == []


def test_a_check_that_is_broken_off_leaves_no_config(tmp_path: Path) -> None:
    """Ctrl-C while a silent server is waited for: the same command has to work again."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        command = [MAILGATE, "init", "--address", "help@desk.example", "--relay", f"smtp://127.0.0.1:{silent.getsockname()[1]}", "--check"]
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) as waiting:
            line, _ = silent.accept()
            with line:
                waiting.send_signal(signal.SIGINT)
                assert waiting.wait(20) == 130
    assert list(tmp_path.iterdir()) == []


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
