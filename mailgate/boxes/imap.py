"""One connection to an IMAP server, in words of our own; the only importer of imapclient.

Every failure is one of `Lost` (the connection is gone or was never there), `LoginRefused` and `ServerRefused` (it said NO or BAD). Nothing
here decides which mails are new (`mailgate.boxes.mailboxes`) or when to come again (`mailgate.boxes.collector`). A `Session` belongs to one thread;
only `kill` may be called by others.

Bodies are always fetched with PEEK and folders opened read-only unless something is to be changed, so that reading leaves no trace.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import imaplib
import logging
import re
import selectors
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Protocol, Self

import imapclient
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError, LoginError, ProtocolError

from mailgate import unreached
from mailgate.boxes import mailheads
from mailgate.boxes.mailboxes import ImapSettings, Listed, Security
from mailgate.boxes.mailheads import Head
from rules.frozen import dataclass

CONNECT_SECONDS = 15.0
LOGOUT_SECONDS = 5.0
IDLE_SLICE_SECONDS = 60.0
WINDOW = 50_000
"""Most messages asked for by one SEARCH: its answer is one line, and imaplib reads no line beyond a million bytes."""
HEADS_AT_ONCE = 200

log = logging.getLogger("mailgate.imap")


class ImapTrouble(Exception):
    """Something about an IMAP server; the text says what, for people, and `mend` what to change where that is known here."""

    def __init__(self, said: str, mend: str = "") -> None:
        super().__init__(said)
        self.mend = mend


class Lost(ImapTrouble):
    """The connection can't be made, broke, fell silent or speaks no IMAP; worth another try from the start."""


class LoginRefused(ImapTrouble):
    """The server does not accept our credentials; trying again soon may lock the account."""


class ServerRefused(ImapTrouble):
    """The server answered NO or BAD to one command; the connection is still good."""


class HasFileno(Protocol):
    """Something that can be waited for beside the connection."""

    def fileno(self) -> int:
        """The descriptor that becomes readable."""


class _Client(imapclient.IMAPClient):  # type: ignore[misc]  # imapclient has no types
    """imapclient with an IDLE that can be woken, sees what lies in the read buffer already, and bears answers that come early."""

    wake: HasFileno | None = None
    saw_nothing = False
    """The last `idle_check` was ended by the connection and not by the clock: the connection is closed, or had only TLS matters to say."""

    def idle(self) -> list[Any]:
        """Begin to IDLE (RFC 2177); gives what the server said before it began."""
        early = []
        tag = self._idle_tag = self._imap._command("IDLE")  # noqa: SLF001  # as imapclient's own idle does
        while (line := self._imap._get_response()) is not None:  # noqa: SLF001
            if self._imap.tagged_commands[tag]:
                typ, text = self._imap.tagged_commands.pop(tag)
                raise IMAPClientError(f"idle failed: {typ} {text[0].decode('ascii', 'replace')}")
            early.append(line)
        return early

    def _poll_socket(self, sock: Any, timeout: float | None = None) -> bool:
        # Lines that came in one packet with the answer to IDLE sit in the reader's buffer, where no poll of the socket shows them.
        self.saw_nothing = False
        if self._buffered(sock):
            return True
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_READ)
            if self.wake is not None:
                selector.register(self.wake, selectors.EVENT_READ)
            ready = {key.fileobj for key, _ in selector.select(timeout)}
        self.saw_nothing = sock in ready
        return sock in ready

    _select_poll_socket = _poll_socket

    def _buffered(self, sock: Any) -> bool:
        if isinstance(sock, ssl.SSLSocket) and sock.pending():
            return True
        pieces = getattr(self._imap, "_readbuf", None)  # Python 3.14 and later
        if pieces is not None:
            return bool(pieces)
        try:
            return bool(self._imap.file.peek(1))  # the socket is set not to block by idle_check
        except OSError:
            return False

    def renewed_capabilities(self) -> frozenset[str]:
        """What the server can do for us now that we are logged in; often more than before."""
        self._cached_capabilities = None
        return frozenset(word.decode("ascii", "replace").upper() for word in self.capabilities())

    def swallowed(self, name: str) -> int:
        """How many untagged answers of that name came unasked within other commands; forgets them."""
        return len(self._imap.untagged_responses.pop(name, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A folder as it was when it was opened."""

    uidvalidity: int
    exists: int
    uidnext: int | None = None
    """The next new mail gets this UID or a higher one; some old servers don't say."""


class Session:
    """A logged-in connection. A context manager: leaving it logs out, or just closes where the connection is broken."""

    def __init__(self, client: _Client, settings: ImapSettings) -> None:
        self._client = client
        self._settings = settings
        self.capabilities = client.renewed_capabilities()
        self._opened: Opened | None = None

    def __enter__(self) -> Self:
        """The session itself."""
        return self

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        """Log out; a connection that is lost is only closed."""
        _farewell(self._client, polite=not isinstance(error, Lost))

    def kill(self) -> None:
        """Cut the connection from another thread; the thread in it gets `Lost`."""
        with contextlib.suppress(OSError):
            self._client.socket().shutdown(socket.SHUT_RDWR)

    # --- folders ------------------------------------------------------------------------------------------------------------------

    def open(self, folder: str, *, changing: bool = False) -> Opened:
        """Open a folder, read-only (EXAMINE) unless `changing`. Raises ServerRefused if there is none, or it is not for us."""
        try:
            with _speaking(f"opening the folder {folder!r}"):
                answer = self._client.select_folder(folder, readonly=not changing)
                self._client.swallowed("EXISTS")
        except ServerRefused as refusal:
            if refusal.mend:
                raise
            if folder not in (there := self.folders()):
                raise ServerRefused(f"there is no folder {folder!r} in the mailbox", _other_folder(folder, there)) from refusal
            raise ServerRefused(str(refusal), "let that login read the folder, or name another in [[imap]] folder") from refusal
        if b"UIDVALIDITY" not in answer:
            raise ServerRefused(f"the server gives no UIDVALIDITY for {folder!r}: mails can't be recognised there")
        self._opened = Opened(uidvalidity=answer[b"UIDVALIDITY"], exists=answer.get(b"EXISTS", 0), uidnext=answer.get(b"UIDNEXT"))
        return self._opened

    def folders(self) -> dict[str, tuple[str, ...]]:
        r"""All folders with their flags (`\Sent`, `\Noselect` …), names decoded."""
        with _speaking("listing the folders"):
            return {_word(name): tuple(_word(flag) for flag in flags) for flags, _, name in self._client.list_folders()}

    def sent_folder(self) -> str | None:
        """The folder that clients put sent mail into, by its flag (RFC 6154) or else by its usual names."""
        with _speaking("looking for the sent folder"):
            found = self._client.find_special_folder(imapclient.imapclient.SENT)
        return None if found is None else _word(found)

    @property
    def news_came(self) -> bool:
        """Whether the server announced new mail while it answered something else; asking forgets it."""
        return self._client.swallowed("EXISTS") > 0

    # --- mails --------------------------------------------------------------------------------------------------------------------

    def uids(self, *criteria: str | date, at_most: int | None = None) -> list[int]:
        """UIDs of the open folder that fit, ascending. `at_most` is how many there can be, where that is known."""
        opened = self._opened_folder()
        with _speaking("searching"):
            if (opened.exists if at_most is None else at_most) <= WINDOW:
                return sorted(set(self._client.search(list(criteria) or ["ALL"])))
            found: set[int] = set()
            # From the end: numbers only ever move down (EXPUNGE), so a window that moves meanwhile is seen twice and never missed.
            for top in range(opened.exists, 0, -WINDOW):
                found.update(self._client.search([f"{max(1, top - WINDOW + 1)}:{top}", *criteria]))
            return sorted(found)

    def listed(self, uids: Sequence[int]) -> list[Listed]:
        """Size and INTERNALDATE of mails, in the order of `uids`; those that have gone are left out."""
        mails = []
        for some in _in_steps(uids, 1000):
            answer = self._fetch(some, ["RFC822.SIZE", "INTERNALDATE"])
            for uid in some:
                if b"RFC822.SIZE" in (got := answer.get(uid, {})):
                    internal_at = got.get(b"INTERNALDATE")
                    aware = internal_at if isinstance(internal_at, datetime) and internal_at.tzinfo else None
                    mails.append(Listed(uid=uid, size=got[b"RFC822.SIZE"], internal_at=aware))
        return mails

    def heads(self, uids: Sequence[int]) -> dict[int, Head]:
        """What the header blocks of mails say; those that have gone are left out."""
        found = {}
        for some in _in_steps(uids, HEADS_AT_ONCE):
            answer = self._fetch(some, [f"BODY.PEEK[HEADER.FIELDS ({' '.join(mailheads.FIELDS).upper()})]"])
            for uid, got in answer.items():
                # Servers echo the list of fields in spellings of their own.
                block = next((value for key, value in got.items() if key.startswith(b"BODY[HEADER")), None)
                if isinstance(block, bytes):
                    found[uid] = mailheads.read(block)
        return found

    def bodies(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Whole mails as the server holds them, without marking them seen; those that have gone are left out.

        Empty bytes stand for a mail that is there and can't be read.
        """
        answer = self._fetch(uids, ["BODY.PEEK[]"])
        return {uid: got[b"BODY[]"] or b"" for uid, got in answer.items() if b"BODY[]" in got}

    def mark_seen(self, uids: Sequence[int]) -> None:
        r"""Set `\Seen`. Doing it again changes nothing."""
        with _speaking("marking as seen"):
            for some in _in_steps(uids, HEADS_AT_ONCE):
                self._client.add_flags(some, [imapclient.SEEN], silent=True)

    def move(self, uids: Sequence[int], folder: str) -> None:
        """Move mails; those that have gone are not missed. A server without MOVE (RFC 6851) is asked to copy and delete."""
        with _speaking(f"moving to {folder!r}"):
            for some in _in_steps(uids, HEADS_AT_ONCE):
                self._creating(folder, functools.partial(self._move, some, folder))

    def delete(self, uids: Sequence[int]) -> None:
        r"""Remove mails for good; without UIDPLUS (RFC 4315) they only get `\Deleted`, since EXPUNGE would also remove other people's."""
        with _speaking("deleting"):
            for some in _in_steps(uids, HEADS_AT_ONCE):
                self._delete(some)

    def append(self, folder: str, raw: bytes) -> None:
        """Put a mail into a folder as one that was read, creating the folder if there is none."""
        with _speaking(f"putting a mail into {folder!r}"):
            self._creating(folder, functools.partial(self._client.append, folder, raw, flags=[imapclient.SEEN]))

    def _fetch(self, uids: Sequence[int], items: list[str]) -> dict[int, dict[bytes, Any]]:
        with _speaking("fetching"):
            answer: dict[int, dict[bytes, Any]] = self._client.fetch(list(uids), items)
            return answer

    def _move(self, uids: Sequence[int], folder: str) -> None:
        if "MOVE" in self.capabilities:
            self._client.move(uids, folder)
            return
        # A copy made twice is worse than one made late: what still is here is copied, and what can't be deleted then is left.
        here = sorted(self._client.fetch(list(uids), ["FLAGS"]).items())
        still = [uid for uid, got in here if imapclient.DELETED not in got.get(b"FLAGS", ())]
        if still:
            self._client.copy(still, folder)
            self._delete(still)

    def _delete(self, uids: Sequence[int]) -> None:
        self._client.delete_messages(uids, silent=True)
        if "UIDPLUS" in self.capabilities:
            self._client.uid_expunge(uids)

    def _creating(self, folder: str, act: Callable[[], Any]) -> None:
        try:
            act()
        except IMAPClientError as refusal:
            # RFC 9051 section 7.1: TRYCREATE says that this would help.
            if "TRYCREATE" not in str(refusal).upper() and self._client.folder_exists(folder):
                raise
            self._client.create_folder(folder)
            with contextlib.suppress(IMAPClientError):
                self._client.subscribe_folder(folder)
            act()

    def _opened_folder(self) -> Opened:
        if self._opened is None:
            raise RuntimeError("no folder is open")
        return self._opened

    # --- waiting ------------------------------------------------------------------------------------------------------------------

    @property
    def can_idle(self) -> bool:
        """Whether the server tells of new mail by itself (RFC 2177)."""
        return "IDLE" in self.capabilities

    def idle(self, seconds: float, wake: HasFileno | None = None) -> bool:
        """Wait until the server tells of new mail (True), or `wake` becomes readable or the time is over (False).

        Raises Lost if the connection breaks meanwhile or the server does not end the IDLE within its time-out.
        """
        client = self._client
        with _speaking("waiting for new mail"):
            client.wake = wake
            end = time.monotonic() + seconds
            news = any(b"EXISTS" in line for line in client.idle())
            while not news and (left := end - time.monotonic()) > 0:
                lines = client.idle_check(timeout=min(left, IDLE_SLICE_SECONDS))
                if any(line[:1] == (b"BYE",) for line in lines):
                    raise Lost("the server said goodbye")
                news = any(_is_news(line) for line in lines)
                # On a dead connection idle_check gives [] at once and for ever: idle_done tells (mjs/imapclient, issue 565).
                if not lines and (client.saw_nothing or (wake is not None and _readable(wake))):
                    break
            _, more = client.idle_done()
            client.swallowed("EXISTS")
            return news or any(_is_news(line) for line in more)


def connect(settings: ImapSettings) -> Session:
    """Connect and log in. Raises Lost, LoginRefused, or ServerRefused where the server lacks STARTTLS; never falls back to less."""
    where = f"{settings.host}:{settings.port}"
    with _speaking(f"getting the secret for {where}"):
        credential = (settings.oauth2 or settings.password or str)().rstrip("\r\n")  # the end of line of a secret's file
        if any(letter in credential for letter in "\r\n\0"):
            raise ServerRefused("the password or token holds a line break")
    with _speaking(f"loading certificates for {where}"):
        context = None if settings.security is Security.none else ssl.create_default_context(cafile=settings.ca_file)
    timeout = imapclient.SocketTimeout(min(CONNECT_SECONDS, settings.timeout_seconds), settings.timeout_seconds)
    with _speaking(f"connecting to {where}"):
        client = _Client(settings.host, settings.port, ssl=settings.security is Security.tls, ssl_context=context, timeout=timeout)
    try:
        client.normalise_times = False
        _tune(client.socket())
        if settings.security is Security.starttls:
            with _speaking(f"securing the connection to {where}"):
                client.starttls(context)
        with _speaking(f"logging in to {where}"):
            _log_in(client, settings, credential)
        with _speaking(f"asking {where} what it can do"):
            return Session(client, settings)
    except BaseException:
        _farewell(client, polite=False)
        raise


def _log_in(client: _Client, settings: ImapSettings, credential: str) -> None:
    offered = {word.decode("ascii", "replace").upper() for word in client.capabilities()}
    try:
        if settings.oauth2 is not None:
            if "AUTH=OAUTHBEARER" in offered and "AUTH=XOAUTH2" not in offered:
                client.oauthbearer_login(settings.user, credential)
            else:
                client.oauth2_login(settings.user, credential)
        elif "AUTH=PLAIN" in offered:
            # Preferred, since LOGIN has no charset and imaplib sends its user name unquoted (RFC 4616).
            client.plain_login(settings.user, credential)
        elif "LOGINDISABLED" in offered:
            better = "starttls" if "STARTTLS" in offered else "tls"
            raise ServerRefused(
                "the server takes no password without TLS",
                f'say security = "{better}" in [[imap]]{"" if better == "starttls" else ", and the port for it, usually 993"}',
            )
        elif not (settings.user + credential).isascii():
            raise ServerRefused("user or password hold letters beyond ASCII, and the server offers no login that can carry them")
        else:
            client.login(_quoted(settings.user), credential)
    except LoginError as refusal:
        if isinstance(refusal.__context__, IMAPClientAbortError):
            raise Lost(f"the connection broke while logging in: {_said(refusal.__context__)}") from refusal
        said = _said(refusal)
        # RFC 5530: these say that the server, not the password, is to blame.
        if any(code in said.upper() for code in ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")):
            raise Lost(f"{unreached.NOT_NOW}: {said}") from refusal
        raise LoginRefused(f"{settings.host} refuses the login of {settings.user}: {said}") from refusal


def _quoted(user: str) -> str:
    if all(letter.isalnum() or letter in "@.-_+=" for letter in user):
        return user
    escaped = user.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@contextlib.contextmanager
def _speaking(doing: str) -> Iterator[None]:
    """Turn whatever imapclient, imaplib and the socket raise into our three kinds of trouble."""
    try:
        yield
    except ImapTrouble:
        raise
    except imaplib.IMAP4.readonly as refusal:
        raise ServerRefused(
            f"{doing}: the folder is read-only for us",
            'let that login change the folder, or say done = "leave" in [[imap]]',
        ) from refusal
    except CapabilityError as lack:
        mend = 'say security = "tls" in [[imap]], and the port for it, usually 993' if "STARTTLS" in str(lack) else ""
        raise ServerRefused(f"{doing}: {_said(lack)}", mend) from lack
    except (IMAPClientAbortError, ProtocolError, OSError) as loss:
        raise Lost(f"{doing}: {_said(loss)}") from loss
    except IMAPClientError as refusal:
        # imaplib reports lines that are too long in the words of a refusal, in the middle of an answer.
        kind = Lost if "got more than" in str(refusal) else ServerRefused
        raise kind(f"{doing}: {_said(refusal)}") from refusal
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError) as nonsense:
        raise Lost(f"{doing}: the server's answer makes no sense ({type(nonsense).__name__}: {nonsense})") from nonsense


def _said(error: BaseException) -> str:
    """What an exception of imaplib says, without the marks of bytes in it."""
    if known := unreached.words(error):
        return known
    first = error.args[0] if error.args else ""
    text = first.decode("utf-8", "replace") if isinstance(first, bytes) else str(error)
    if text[:2] in {"b'", 'b"'}:
        text = text[2:-1]
    text = re.sub(r"^command: \w+ => ", "", text)
    if text.startswith("* BYE"):
        return f"{unreached.NOT_NOW}: {text.removeprefix('* BYE').strip()}"
    if text.startswith("socket error: "):
        return unreached.CLOSED
    if found := re.fullmatch(r"unexpected response: b?['\"]?(.*?)['\"]?", text):
        return f"{unreached.NO_IMAP}: {found[1][:80]}"
    return text or type(error).__name__


def _other_folder(folder: str, there: Iterable[str]) -> str:
    known = {name.casefold(): name for name in there}
    near = difflib.get_close_matches(folder.casefold(), known, 1)
    meant = f"did you mean {known[near[0]]!r}? " if near else ""
    return f"{meant}say in [[imap]] folder which of them it is: {', '.join(sorted(there)[:12])}"


def _farewell(client: _Client, *, polite: bool) -> None:
    with contextlib.suppress(Exception):
        client.socket().settimeout(LOGOUT_SECONDS)
    if polite:
        with contextlib.suppress(Exception):
            client.logout()
            return
    with contextlib.suppress(Exception):
        client.shutdown()


def _tune(sock: socket.socket) -> None:
    """Let the system find out within two minutes that a peer has vanished, also while we IDLE and send nothing."""
    with contextlib.suppress(OSError):
        # imapclient sends the end of a SEARCH on its own: without this it waits 40 ms for the receipt of the beginning.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
            if hasattr(socket, name):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _is_news(line: tuple[Any, ...]) -> bool:
    return len(line) > 1 and line[1] in {b"EXISTS", b"RECENT"}


def _readable(wake: HasFileno) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(wake, selectors.EVENT_READ)
        return bool(selector.select(0))


def _in_steps(uids: Sequence[int], step: int) -> Iterator[list[int]]:
    for start in range(0, len(uids), step):
        yield list(uids[start : start + step])


def _word(value: str | bytes) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else value
