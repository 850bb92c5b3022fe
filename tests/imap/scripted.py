"""A small IMAP server that misbehaves on demand: cuts, hangs, refuses, renumbers, forgets. Serves one folder, `INBOX`, to anybody."""

from __future__ import annotations

import base64
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self


class _Cut(Exception):
    """The connection is to be closed now."""


@dataclass
class Stored:
    """A mail on the server."""

    raw: bytes
    internal_at: str = "22-Nov-2026 08:00:00 +0000"
    flags: set[str] = field(default_factory=set)


@dataclass
class Scripted:
    """What the server holds and how it behaves; may be changed between and during connections."""

    mails: dict[int, Stored] = field(default_factory=dict)
    uidvalidity: int = 1
    capabilities: str = "IMAP4rev1 IDLE UIDPLUS MOVE"
    greeting: str = "* OK ready"
    refuse: dict[str, str] = field(default_factory=dict)
    """Command -> the tagged answer it gets instead of being done."""
    hang: set[str] = field(default_factory=set)
    """Commands that are never answered."""
    goodbye: set[str] = field(default_factory=set)
    """Commands at which the server says BYE and leaves."""
    withheld: set[int] = field(default_factory=set)
    """UIDs whose bodies are answered with NO."""
    vanished: set[int] = field(default_factory=set)
    """UIDs that SEARCH still finds and FETCH doesn't."""
    hollow: set[int] = field(default_factory=set)
    """UIDs whose bodies come as NIL."""
    wrong_sizes: bool = False
    """RFC822.SIZE is an estimate."""
    cut_bodies_after: int | None = None
    """Bytes of the next FETCH of bodies that still leave, then the line is cut; once."""
    on_search: Callable[[], None] | None = None
    """Happens once, after a SEARCH has looked and before it ends; EXISTS is told in its answer and never again."""
    on_idle: Callable[[], None] | None = None
    """Happens once, when IDLE begins; EXISTS is told before or together with the continuation and never again."""
    tells_before_continuation: bool = False
    copies: list[tuple[str, list[int]]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """Commands that came, without tags."""
    credentials: list[tuple[str, bytes]] = field(default_factory=list)
    """Mechanism and decoded answer of each AUTHENTICATE."""
    challenge: bytes = b""
    """Why a token is refused; empty if it is taken."""
    connections: int = 0
    port: int = 0
    released: threading.Event = field(default_factory=threading.Event)
    """Set at the end: hanging threads go home."""

    def hold(self, raw: bytes, uid: int | None = None, **more: str) -> int:
        """Put a mail into the folder."""
        uid = max(self.mails, default=0) + 1 if uid is None else uid
        self.mails[uid] = Stored(raw=raw, **more)
        return uid

    def renumber(self, start: int = 1) -> None:
        """Another UIDVALIDITY and other UIDs, in the same order."""
        self.uidvalidity += 1
        self.mails = dict(enumerate(self.mails.values(), start))

    def count(self, command: str) -> int:
        """How often a command came."""
        return sum(line.upper().startswith(command) for line in self.said)


@contextmanager
def serving(server: Scripted) -> Iterator[Scripted]:
    """Serve on a free port of loopback until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        lines: list[socket.socket] = []
        threads: list[threading.Thread] = []

        def accept() -> None:
            while True:
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                server.connections += 1
                lines.append(line)
                thread = threading.Thread(target=_Talk(server, line).run, daemon=True)
                threads.append(thread)
                thread.start()

        acceptor = threading.Thread(target=accept, daemon=True)
        acceptor.start()
        try:
            yield server
        finally:
            server.released.set()
            listener.shutdown(socket.SHUT_RDWR)
            for line in lines:
                try:
                    line.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            for thread in (acceptor, *threads):
                thread.join(5)
                assert not thread.is_alive()


class _Talk:
    """One connection."""

    def __init__(self, server: Scripted, line: socket.socket) -> None:
        self.server = server
        self.line = line
        self.reader = line.makefile("rb")

    def run(self) -> Self:
        with self.line, self.reader:
            try:
                self.send(self.server.greeting)
                while command := self.reader.readline():
                    self.answer(command.decode().rstrip("\r\n"))
            except (_Cut, OSError):
                pass
        return self

    def send(self, text: str | bytes) -> None:
        self.line.sendall((text.encode() if isinstance(text, str) else text) + b"\r\n")

    def answer(self, command: str) -> None:
        server = self.server
        tag, _, rest = command.partition(" ")
        server.said.append(rest)
        words = rest.upper().split(" ")
        name = words[1] if words[0] == "UID" else words[0]
        if name in server.hang:
            server.released.wait()
            raise _Cut
        if name in server.goodbye:
            self.send("* BYE going down")
            raise _Cut
        if name in server.refuse:
            self.send(f"{tag} {server.refuse[name]}")
            return
        getattr(self, f"do_{name.lower()}")(tag, rest)

    def do_capability(self, tag: str, _rest: str) -> None:
        self.send(f"* CAPABILITY {self.server.capabilities}")
        self.send(f"{tag} OK done")

    def do_login(self, tag: str, _rest: str) -> None:
        self.send(f"{tag} OK [CAPABILITY {self.server.capabilities}] in")

    def do_authenticate(self, tag: str, rest: str) -> None:
        server = self.server
        self.send("+ ")
        server.credentials.append((rest.split(" ")[1], base64.b64decode(self.reader.readline())))
        if server.challenge:
            # XOAUTH2 tells of a refusal in a challenge, which wants an answer before the NO comes.
            self.send(b"+ " + base64.b64encode(server.challenge))
            self.reader.readline()
            self.send(f"{tag} NO [AUTHENTICATIONFAILED] expired")
        else:
            self.send(f"{tag} OK in")

    def do_noop(self, tag: str, _rest: str) -> None:
        self.send(f"{tag} OK done")

    do_create = do_subscribe = do_noop

    def do_logout(self, tag: str, _rest: str) -> None:
        self.send("* BYE bye")
        self.send(f"{tag} OK bye")
        raise _Cut

    def do_list(self, tag: str, _rest: str) -> None:
        self.send('* LIST () "/" INBOX')
        self.send(f"{tag} OK done")

    def do_select(self, tag: str, rest: str) -> None:
        server = self.server
        for text in (
            "* FLAGS (\\Seen \\Deleted)",
            f"* {len(server.mails)} EXISTS",
            "* 0 RECENT",
            f"* OK [UIDVALIDITY {server.uidvalidity}] valid",
            f"* OK [UIDNEXT {max(server.mails, default=0) + 1}] next",
        ):
            self.send(text)
        self.send(f"{tag} OK [{'READ-ONLY' if rest.upper().startswith('EXAMINE') else 'READ-WRITE'}] open")

    do_examine = do_select

    def do_search(self, tag: str, rest: str) -> None:
        found = sorted(self.server.mails)
        if match := re.search(r"UID (\d+):(\d+|\*)", rest.removeprefix("UID ")):
            low = int(match.group(1))
            top = max(found, default=0) if match.group(2) == "*" else int(match.group(2))
            found = [uid for uid in found if min(low, top) <= uid <= max(low, top)]
        self.send("* SEARCH" + "".join(f" {uid}" for uid in found))
        if self.server.on_search is not None:
            happening, self.server.on_search = self.server.on_search, None
            happening()
            self.send(f"* {len(self.server.mails)} EXISTS")
        self.send(f"{tag} OK done")

    def do_fetch(self, tag: str, rest: str) -> None:
        server = self.server
        match = re.match(r"UID FETCH ([\d,:]+) \((.*)\)$", rest, re.IGNORECASE)
        assert match, rest
        uids = [uid for uid in self.uids(match.group(1)) if uid in server.mails and uid not in server.vanished]
        items = match.group(2).upper()
        out = b""
        wants_body = items == "BODY.PEEK[]"
        if wants_body and server.withheld & set(uids):
            self.send(f"{tag} NO that one can't be read")
            return
        for uid in uids:
            mail = server.mails[uid]
            number = sorted(server.mails).index(uid) + 1
            if wants_body and uid in server.hollow:
                parts = b"BODY[] NIL"
            elif wants_body:
                parts = b"BODY[] {%d}\r\n%s" % (len(mail.raw), mail.raw)
            elif items.startswith("BODY.PEEK[HEADER"):
                head = mail.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
                parts = b"%s {%d}\r\n%s" % (match.group(2).replace(".PEEK", "").encode(), len(head), head)
            elif items == "FLAGS":
                parts = b"FLAGS (%s)" % " ".join(sorted(mail.flags)).encode()
            else:
                size = len(mail.raw) + (7 if server.wrong_sizes else 0)
                parts = b'RFC822.SIZE %d INTERNALDATE "%s"' % (size, mail.internal_at.encode())
            out += b"* %d FETCH (UID %d %s)\r\n" % (number, uid, parts)
        out += f"{tag} OK done\r\n".encode()
        if wants_body and server.cut_bodies_after is not None:
            allowed, server.cut_bodies_after = server.cut_bodies_after, None
            self.line.sendall(out[:allowed])
            raise _Cut
        self.line.sendall(out)

    def do_store(self, tag: str, rest: str) -> None:
        match = re.match(r"UID STORE ([\d,:]+) \+FLAGS(?:\.SILENT)? \((.*)\)$", rest, re.IGNORECASE)
        assert match, rest
        for uid in self.uids(match.group(1)):
            if uid in self.server.mails:
                self.server.mails[uid].flags.update(match.group(2).split())
        self.send(f"{tag} OK done")

    def do_copy(self, tag: str, rest: str) -> None:
        match = re.match(r'UID (?:COPY|MOVE) ([\d,:]+) "?([^"]*)"?$', rest, re.IGNORECASE)
        assert match, rest
        self.server.copies.append((match.group(2), self.uids(match.group(1))))
        self.send(f"{tag} OK done")

    def do_move(self, tag: str, rest: str) -> None:
        self.do_copy(tag, rest)
        for uid in self.server.copies[-1][1]:
            self.server.mails.pop(uid, None)

    def do_expunge(self, tag: str, rest: str) -> None:
        assert rest.upper().startswith("UID "), "a plain EXPUNGE removes other people's mail"
        for uid in self.uids(rest.split(" ")[2]):
            if "\\Deleted" in self.server.mails.get(uid, Stored(raw=b"")).flags:
                del self.server.mails[uid]
        self.send(f"{tag} OK done")

    def do_idle(self, tag: str, _rest: str) -> None:
        server = self.server
        pieces = [b"+ idling\r\n"]
        if server.on_idle is not None:
            happening, server.on_idle = server.on_idle, None
            happening()
            pieces.insert(0 if server.tells_before_continuation else 1, b"* %d EXISTS\r\n" % len(server.mails))
        self.line.sendall(b"".join(pieces))
        if self.reader.readline().strip().upper() != b"DONE":
            raise _Cut
        self.send(f"{tag} OK idled")

    def uids(self, spelled: str) -> list[int]:
        found: list[int] = []
        for piece in spelled.split(","):
            low, _, top = piece.partition(":")
            found += range(int(low), int(top or low) + 1)
        return found
