"""Sent mail in a Maildir: whole or not at all, once, and found there by ordinary readers."""

from __future__ import annotations

import asyncio
import errno
import mailbox
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mailgate.sending.courier import Answer, Later, Never, Ready, Sent
from mailgate.sending.maildir import MaildirCourier

RAW = b"From: support@desk.example\r\nTo: kim@client.test\r\nSubject: Re: printer [T42]\r\n\r\nHello\r\n"


def mail(
    raw: bytes = RAW, message_id: str = "<t42-m-3k9-k5x2m7qa4tzbwy3p@desk.example>", recipient: str = "kim@client.test", sender: str = ""
) -> Ready:
    return Ready(envelope_from=sender, recipient=recipient, raw=raw, message_id=message_id)


def put(path: Path, *mails: Ready) -> list[Answer]:
    async def go() -> list[Answer]:
        courier = MaildirCourier(path)
        return list(await asyncio.gather(*(courier.deliver(each) for each in mails)))

    return asyncio.run(go())


def files(path: Path) -> list[Path]:
    return sorted(each for folder in ("tmp", "new", "cur") for each in (path / folder).iterdir())


def test_a_mail_is_found_by_an_ordinary_reader_with_its_envelope(tmp_path: Path) -> None:
    """Somebody who tries the desk looks with mutt; a test looks at the envelope."""
    path = tmp_path / "var" / "sent"
    assert all(
        isinstance(answer, Sent)
        for answer in put(path, mail(), mail(recipient="ada@corp.test", sender="support@desk.example", message_id="<2@x>"))
    )
    read = {each["Delivered-To"]: each for each in mailbox.Maildir(path, create=False)}
    assert read["kim@client.test"]["Return-Path"] == "<>"
    assert read["ada@corp.test"]["Return-Path"] == "<support@desk.example>"
    assert read["kim@client.test"]["Subject"] == "Re: printer [T42]"
    octets = [each.read_bytes() for each in files(path)]
    assert all(each.endswith(RAW) for each in octets)
    assert [each.parent.name for each in files(path)] == ["new", "new"]
    assert all(each.stat().st_mode & 0o077 == 0 for each in [*files(path), path / "new"])


def test_the_same_mail_again_is_no_second_copy(tmp_path: Path) -> None:
    """A crash between writing and recording makes the desk deliver again; nobody should see it."""
    for _ in range(3):
        (answer,) = put(tmp_path, mail())
        assert isinstance(answer, Sent)
    assert len(files(tmp_path)) == 1
    put(tmp_path, *[mail()] * 20)
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize("flags", ["", ":2,", ":2,S"])
def test_a_mail_that_was_looked_at_meanwhile_is_no_second_copy_either(tmp_path: Path, flags: str) -> None:
    """Readers move what they have seen to `cur/`."""
    put(tmp_path, mail())
    (file,) = files(tmp_path)
    if flags:
        file.rename(tmp_path / "cur" / f"{file.name}{flags}")
    (answer,) = put(tmp_path, mail())
    assert isinstance(answer, Sent)
    assert "already" in answer.reply
    assert len(files(tmp_path)) == 1


def test_other_contents_or_recipients_are_other_files(tmp_path: Path) -> None:
    """After a restore a Message-ID could come again with other words; neither mail may vanish."""
    put(tmp_path, mail(), mail(RAW + b"more\r\n"), mail(recipient="ada@corp.test"), mail(message_id="<other@x>"))
    assert len(files(tmp_path)) == 4


CRASH = """
import asyncio, os, sys
from pathlib import Path
from mailgate.sending import maildir
from mailgate.sending.courier import Ready
real, steps = {name: getattr(os, name) for name in ("fsync", "link", "unlink")}, int(sys.argv[2])
def dying(name):
    def call(*args, **named):
        global steps
        steps -= 1
        if steps < 0:
            os._exit(9)
        return real[name](*args, **named)
    return call
for name in real:
    setattr(os, name, dying(name))
ready = Ready(envelope_from="", recipient="kim@client.test", raw=Path(sys.argv[3]).read_bytes(), message_id="<1@desk.example>")
asyncio.run(maildir.MaildirCourier(Path(sys.argv[1])).deliver(ready))
os._exit(0)
"""


def test_killed_anywhere_the_retry_leaves_exactly_one_whole_mail(tmp_path: Path) -> None:
    """kill -9 before each step that touches the disk, then the delivery that the restarted desk makes."""
    raw = tmp_path / "raw"
    raw.write_bytes(RAW)
    ends = []
    for step in range(20):
        path = tmp_path / f"sent{step}"
        died = subprocess.run([sys.executable, "-c", CRASH, path, str(step), raw], check=False, cwd=Path(__file__).parents[2]).returncode
        new = path / "new"
        for file in new.iterdir() if new.is_dir() else ():
            assert file.read_bytes().endswith(RAW), "what is in new/ is whole"
        (answer,) = put(path, mail(message_id="<1@desk.example>"))
        assert isinstance(answer, Sent)
        assert [each.read_bytes().endswith(RAW) for each in (path / "new").iterdir()] == [True]
        ends.append(died)
        if died == 0:
            break
    assert ends[-1] == 0
    assert len(ends) > 5


def test_a_full_disk_is_later_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mail waits until somebody makes room."""
    put(tmp_path, mail())

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    (answer,) = put(tmp_path, mail(message_id="<2@x>"))
    assert isinstance(answer, Later)
    assert answer.relay_down
    assert "No space left" in answer.why
    assert len(files(tmp_path)) == 1


def test_a_place_that_is_no_folder_is_later(tmp_path: Path) -> None:
    """A typing mistake in the config must not throw mail away."""
    (tmp_path / "file").write_text("")
    (answer,) = put(tmp_path / "file", mail())
    assert isinstance(answer, Later)
    assert str(tmp_path / "file") in answer.why


def test_a_file_system_without_links_works_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network and container file systems have none."""

    def none(*_: object) -> None:
        raise OSError(errno.EPERM, "no links")

    monkeypatch.setattr(os, "link", none)
    assert [isinstance(answer, Sent) for answer in put(tmp_path, mail(), mail())] == [True, True]
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize("address", ["a@b\r\nBcc: c@d", "", "../../etc/x"])
def test_an_address_can_add_no_header(tmp_path: Path, address: str) -> None:
    """The envelope is written on top of the file."""
    (answer,) = put(tmp_path, mail(recipient=address))
    assert isinstance(answer, Never)


@pytest.mark.parametrize("message_id", ["", "<../../../tmp/x@y>", "<a/b\x00c@d>", "<" + "x" * 5000 + "@y>", "<\ud800@y>"])
def test_a_message_id_names_no_other_folder(tmp_path: Path, message_id: str) -> None:
    """It is ours, but a restored database may hold anything."""
    (answer,) = put(tmp_path / "sent", mail(message_id=message_id))
    assert isinstance(answer, Sent)
    assert len(files(tmp_path / "sent")) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["sent"]
