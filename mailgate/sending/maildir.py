"""Sent mail as files in a Maildir: to try the desk without a relay, and for tests.

A mail is in `new/` completely or not at all, also after a power loss; the same mail delivered again is found there. Reading
Maildirs is `mailgate.boxes.mailboxes`.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import re
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from mailgate.sending.courier import Answer, Later, Never, Ready, Sent, envelope_fault

SEEN = (":2,", ":2,S", ":2,RS", ":2,FS")
"""How mail programs rename what was looked at; a mail that was moved to `cur/` with such a name is not written again."""

_MESSAGE_ID = re.compile(rb"^Message-ID:[ \t\r\n]*(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)


class MaildirCourier:
    """Writes each mail into a Maildir, with its envelope in `Return-Path` and `Delivered-To` on top (RFC 5321 section 4.4).

    The name of a file follows from the Message-ID and the contents, so that a retry after a crash can't make a second copy.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._waiting: list[tuple[Ready, asyncio.Future[Answer]]] = []
        self._writing: set[asyncio.Task[None]] = set()

    async def deliver(self, mail: Ready) -> Answer:
        """Write a mail and wait until it is on the disk. All that are handed over in one turn of the loop are written together."""
        if why := envelope_fault(mail):
            return Never(why=why)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((mail, answer))
        if len(self._waiting) == 1:
            loop.call_soon(self._begin)
        return await answer

    def room(self) -> int:
        """A folder takes any number."""
        return 1000

    async def close(self) -> None:
        """Nothing is held open."""

    def _begin(self) -> None:
        batch, self._waiting = self._waiting, []
        task = asyncio.get_running_loop().create_task(self._deliver_all(batch))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _deliver_all(self, batch: Sequence[tuple[Ready, asyncio.Future[Answer]]]) -> None:
        answers = await asyncio.to_thread(self._answers, [mail for mail, _ in batch])
        for (_, waiting), answer in zip(batch, answers, strict=True):
            if not waiting.done():
                waiting.set_result(answer)

    def _answers(self, mails: Sequence[Ready]) -> Sequence[Answer]:
        try:
            return [Sent(reply=reply) for reply in self._write(mails)]
        except OSError as fault:
            # Some may be there already: the next attempt finds them by their names.
            return [Later(why=f"{self.path}: {fault.strerror or fault}", relay_down=True)] * len(mails)

    def _write(self, mails: Sequence[Ready]) -> list[str]:
        """Where each mail is now. First all are written, then all brought to the disk, then all appear: one wait for the disk serves many."""
        self._furnish()
        drafts: dict[str, str] = {}
        opened: list[int] = []
        replies: list[str] = []
        try:
            for mail in mails:
                octets = f"Return-Path: <{mail.envelope_from}>\r\nDelivered-To: {mail.recipient}\r\n".encode() + mail.raw
                name = file_name(mail.message_id, octets)
                if name in drafts or self._has(name):
                    replies.append(f"already in {self.path} as {name}")
                    continue
                # Of its own name: what a crash left here may be half a mail, and somebody else may be at the same one.
                draft = f"{self.path}/tmp/{name}.{os.getpid()}.{threading.get_ident()}"
                drafts[name] = draft
                opened.append(_new(draft))
                _write_out(opened[-1], octets)
                replies.append(f"{self.path}/new/{name}")
            for descriptor in opened:
                _begin_writing(descriptor)
            for descriptor in opened:
                os.fsync(descriptor)
            for name, draft in drafts.items():
                _publish(draft, f"{self.path}/new/{name}")
        finally:
            for descriptor in opened:
                os.close(descriptor)
            for draft in drafts.values():
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(draft)
        _sync(self.path / "new")  # also for those that were there: a crash may have come between the link and this
        return replies

    def _has(self, name: str) -> bool:
        # Asked so, a file that isn't there, which is the rule, is no exception that is raised and caught.
        return os.access(f"{self.path}/new/{name}", os.F_OK) or any(os.access(f"{self.path}/cur/{name}{flags}", os.F_OK) for flags in SEEN)

    def _furnish(self) -> None:
        folders = [self.path / name for name in ("tmp", "cur", "new")]
        if all(folder.is_dir() for folder in folders):
            return
        for folder in folders:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync(self.path)
        _sync(self.path.parent)


def delivered(path: Path) -> Iterator[tuple[str, bytes]]:
    """Message-ID and bytes of every mail in the Maildir; those without one, which aren't ours, are left out."""
    for folder in ("new", "cur"):
        for file in sorted((path / folder).glob("*")):
            try:
                octets = file.read_bytes()
            except OSError:
                continue  # moved meanwhile
            found = _MESSAGE_ID.search(octets, 0, 64 * 1024)
            if found:
                yield found.group(1).decode("ascii", "replace"), octets


def file_name(message_id: str, octets: bytes) -> str:
    """The name of a mail's file: words of the Message-ID for people, a digest of everything for certainty."""
    words = re.sub(r"[^A-Za-z0-9-]+", "", message_id.partition("@")[0])[:60]
    return f"{words or 'mail'}.{hashlib.sha256(message_id.encode('utf-8', 'surrogatepass') + octets).hexdigest()[:24]}"


def _new(path: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o600)
    except FileExistsError:
        os.unlink(path)
        return os.open(path, flags, 0o600)


def _write_out(descriptor: int, octets: bytes) -> None:
    rest = memoryview(octets)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _begin_writing(descriptor: int) -> None:
    """Have the kernel begin with a file that will be waited for: else each wait begins, and ends, a journal entry of its own."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def _publish(draft: str, new: str) -> None:
    try:
        os.link(draft, new)
    except FileExistsError:
        pass  # somebody was faster with the same mail
    except OSError as why:
        if why.errno not in {errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS}:
            raise
        os.replace(draft, new)  # a file system without links; the name stands for the contents, so nothing else can be there


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
