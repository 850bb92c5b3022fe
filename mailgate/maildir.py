"""Sent mail as files in a Maildir: to try the desk without a relay, and for tests.

A mail is in `new/` completely or not at all, also after a power loss; the same mail delivered again is found there. Reading
Maildirs is `mailgate.mailboxes`.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import re
import threading
from pathlib import Path

from mailgate.courier import Answer, Later, Never, Ready, Sent, envelope_fault

SEEN = (":2,", ":2,S", ":2,RS", ":2,FS")
"""How mail programs rename what was looked at; a mail that was moved to `cur/` with such a name is not written again."""


class MaildirCourier:
    """Writes each mail into a Maildir, with its envelope in `Return-Path` and `Delivered-To` on top (RFC 5321 section 4.4).

    The name of a file follows from the Message-ID and the contents, so that a retry after a crash can't make a second copy.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    async def deliver(self, mail: Ready) -> Answer:
        """Write a mail and wait until it is on the disk."""
        if why := envelope_fault(mail):
            return Never(why=why)
        try:
            return Sent(reply=await asyncio.to_thread(self._write, mail))
        except OSError as fault:
            return Later(why=f"{self.path}: {fault.strerror or fault}", relay_down=True)

    def room(self) -> int:
        """A folder takes any number."""
        return 1000

    async def close(self) -> None:
        """Nothing is held open."""

    def _write(self, mail: Ready) -> str:
        octets = f"Return-Path: <{mail.envelope_from}>\r\nDelivered-To: {mail.recipient}\r\n".encode() + mail.raw
        name = file_name(mail.message_id, octets)
        self._furnish()
        new, moved = self.path / "new" / name, (self.path / "cur" / f"{name}{flags}" for flags in SEEN)
        if new.exists() or any(each.exists() for each in moved):
            _sync(self.path / "new")  # a crash may have come between the link and this
            return f"already in {self.path} as {name}"
        # Of its own name: what a crash left here may be half a mail, and somebody else may be at the same one.
        draft = self.path / "tmp" / f"{name}.{os.getpid()}.{threading.get_ident()}"
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(octets)
                file.flush()
                os.fsync(file.fileno())
            _publish(draft, new)
        finally:
            with contextlib.suppress(FileNotFoundError):
                draft.unlink()
        _sync(self.path / "new")
        return f"{new}"

    def _furnish(self) -> None:
        folders = [self.path / name for name in ("tmp", "cur", "new")]
        if all(folder.is_dir() for folder in folders):
            return
        for folder in folders:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync(self.path)
        _sync(self.path.parent)


def file_name(message_id: str, octets: bytes) -> str:
    """The name of a mail's file: words of the Message-ID for people, a digest of everything for certainty."""
    words = re.sub(r"[^A-Za-z0-9-]+", "", message_id.partition("@")[0])[:60]
    return f"{words or 'mail'}.{hashlib.sha256(message_id.encode('utf-8', 'surrogatepass') + octets).hexdigest()[:24]}"


def _publish(draft: Path, new: Path) -> None:
    try:
        new.hardlink_to(draft)
    except FileExistsError:
        pass  # somebody was faster with the same mail
    except OSError as why:
        if why.errno not in {errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS}:
            raise
        draft.replace(new)  # a file system without links; the name stands for the contents, so nothing else can be there


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
