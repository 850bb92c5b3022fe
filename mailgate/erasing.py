"""Whether the bytes of a mail name somebody, whatever they are encoded in; and the copies of sent mails that lie in files of ours."""

from __future__ import annotations

import email
import email.header
import email.policy
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from store.erasing import Somebody


def namer(who: Somebody) -> Callable[[bytes], bool]:
    """Says of a mail whether an address or the full name of this person is in it: as it stands, or once it is decoded."""
    words = [w.casefold() for w in (*who.addresses, *(n for n in who.names if " " in n))]
    plain = re.compile(b"|".join(re.escape(w.encode()) for w in words), re.IGNORECASE)

    def names(raw: bytes) -> bool:
        return plain.search(raw) is not None or any(word in said for said in _decoded(raw) for word in words)

    return names


def _decoded(raw: bytes) -> Iterator[str]:
    """The fields and the leaves of a mail as text, folded for comparison. Attached documents stay closed."""
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    for part in message.walk():
        for value in part.values():
            try:
                yield str(email.header.make_header(email.header.decode_header(str(value)))).casefold()
            except (ValueError, LookupError):
                yield str(value).casefold()
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            charset = part.get_content_charset() or "utf-8"
            try:
                yield content.decode(charset, "replace").casefold()
            except LookupError:
                yield content.decode("utf-8", "replace").casefold()


def copies(folder: Path, names: Callable[[bytes], bool]) -> list[Path]:
    """Sent mails in a Maildir of ours that name this person."""
    found = sorted(path for part in ("new", "cur", "tmp") for path in (folder / part).glob("*") if path.is_file())
    return [path for path in found if names(path.read_bytes())]
