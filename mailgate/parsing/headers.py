"""The header block of a message or part: cut out, capped, unfolded, decoded (RFC 5322, 2047).

Works on bytes with a scanner of its own, so that every limit holds before any library sees a field. Nothing here knows of bodies;
see `mime.py`, and `parameters.py` for structured fields. Deviations kept on purpose: encoded words are also decoded inside quotes and parameters, since users see them there.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field

from mailgate.parsing import charsets

BLOCK_BYTES = 1024 * 1024
FIELDS = 1000
FIELD_BYTES = 32 * 1024
ENCODED_WORDS = 100
ADDRESSES = 200

_NAME = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_FIELD = re.compile(rb"^([!-9;-~]{1,200}):([^\n]*(?:\n[ \t][^\n]*)*)\n", re.MULTILINE)
_END = re.compile(rb"\n\r?\n")
_MBOX = re.compile(rb">?From [^\n:]*\d\d:\d\d[^\n]*\n")
_LEADING = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\x00]*(?:\xef\xbb\xbf)?")
_COMMON = frozenset(
    b"""from to cc bcc subject date message-id received return-path delivered-to mime-version content-type content-transfer-encoding
    content-disposition reply-to sender in-reply-to references x-mailer user-agent x-original-to dkim-signature""".split()
)


@dataclass(slots=True)
class Block:
    """A header block: fields in order, names as written, values as raw bytes still folded."""

    fields: list[tuple[str, bytes]]
    body_at: int
    """Where the body begins in the bytes that were given."""
    flaws: set[str] = field(default_factory=set)
    _named: dict[str, list[bytes]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in self.fields:
            self._named.setdefault(name.lower(), []).append(value)

    def first(self, name: str) -> bytes | None:
        """Raw value of the first field of that (lower case) name."""
        found = self._named.get(name)
        return found[0] if found else None

    def all(self, name: str) -> list[bytes]:
        """Raw values of all fields of that (lower case) name."""
        return self._named.get(name, [])


def skip_junk(raw: bytes) -> int:
    """Where the message begins: after a byte order mark, empty lines and an mbox `From ` line."""
    at = 0
    match = _LEADING.match(raw)
    if match and (raw[:1] in b"\xef\xff\xfe" or raw[match.end() :][:1]):
        # Empty lines are junk only if a field follows; else they are the end of an empty header block.
        if match.end() == 0 or _NAME.match(raw, match.end()) or _MBOX.match(raw, match.end()):
            at = match.end()
        elif raw.startswith(b"\xef\xbb\xbf"):
            at = 3
    match = _MBOX.match(raw, at)
    return match.end() if match else at


def read(raw: bytes, start: int = 0, end: int | None = None) -> Block:
    """The header block that begins at `start`. Never raises; what is beyond the limits is left out and flawed `limits`."""
    end = len(raw) if end is None else end
    flaws: set[str] = set()
    if raw.startswith(b"\n", start, end) or raw.startswith(b"\r\n", start, end):
        return Block([], start + (1 if raw[start] == 10 else 2), flaws)
    stop = _END.search(raw, max(start - 1, 0), min(end, start + BLOCK_BYTES))
    if stop:
        block_end, body_at = stop.start() + 1, stop.end()
    else:
        block_end = body_at = min(end, start + BLOCK_BYTES)
        if block_end < end:
            flaws.add("limits")
            beyond = _END.search(raw, block_end, end)
            body_at = beyond.end() if beyond else end
    return _fields(raw, start, block_end, body_at, flaws)


def _fields(raw: bytes, start: int, block_end: int, body_at: int, flaws: set[str]) -> Block:
    if (regular := _regular(raw, start, block_end)) is not None:
        return Block(regular, body_at, flaws)
    fields: list[tuple[str, bytes]] = []
    pending: list[bytes] = []
    name = ""
    at = start
    lines = raw[start:block_end].split(b"\n")
    for number, line in enumerate(lines):
        if line[:1] in (b" ", b"\t") and name:
            pending.append(line)
        else:
            match = _NAME.match(line)
            if match:
                if name:
                    fields.append((name, b"\n".join(pending)))
                    if len(fields) >= FIELDS:
                        flaws.add("limits")
                        return Block(fields, body_at, flaws)
                name = match.group(1).decode("ascii")
                if name.lower() == "from" and match.end() > match.end(1) + 1:
                    flaws.add("obsolete-from")
                pending = [line[match.end() :]]
            elif line.strip():
                flaws.add("bad-header")
                if not _more_fields(lines, number + 1):
                    # No empty line between header and body: the body begins here.
                    body_at = at
                    break
        at += len(line) + 1
    if name:
        fields.append((name, b"\n".join(pending)))
    return Block([(key, _capped(value, flaws)) for key, value in fields], body_at, flaws)


def _regular(raw: bytes, start: int, end: int) -> list[tuple[str, bytes]] | None:
    """The fields of a block of which each line is a field or goes on with one and nothing has to be capped, as nearly every block is; else None."""
    if end - start > FIELD_BYTES or not raw.endswith(b"\n", start, end) or raw.count(b"=?", start, end) > 2 * ENCODED_WORDS:
        return None
    found = _FIELD.findall(raw, start, end)
    begun = raw.count(b"\n", start, end) - raw.count(b"\n ", start, end) - raw.count(b"\n\t", start, end)
    return [(name.decode("ascii"), value) for name, value in found] if len(found) == begun < FIELDS else None


def _more_fields(lines: list[bytes], at: int) -> bool:
    """Whether a well-known field follows soon, so that the odd line before it is only a damaged field."""
    for line in lines[at : at + 30]:
        match = _NAME.match(line)
        if match and match.group(1).lower() in _COMMON:
            return True
    return False


def _capped(value: bytes, flaws: set[str]) -> bytes:
    if len(value) > FIELD_BYTES:
        flaws.add("limits")
        value = value[:FIELD_BYTES]
    if value.count(b"=?") > 2 * ENCODED_WORDS:
        flaws.add("limits")
        at = -1
        for _ in range(2 * ENCODED_WORDS):
            at = value.find(b"=?", at + 1)
        value = value[:at]
    return value


def addresses_capped(value: bytes, flaws: set[str]) -> bytes:
    """The address field cut after its 200th member."""
    if value.count(b",") + value.count(b";") < ADDRESSES:
        return value
    flaws.add("limits")
    at = -1
    for _ in range(ADDRESSES):
        at = value.find(b",", at + 1)
        if at < 0:
            return value[: FIELD_BYTES // 4]
    return value[:at]


_WORD = re.compile(rb"=\?([^?\s]{1,80})\?([bBqQ])\?([^\r\n]{0,8000}?)(?:\?=|$)")
_LF, _CR = b"\n\r"
_SPACES = re.compile(r"[ \t]*[\r\n\x0b\x0c\x85\u2028\u2029]+[ \t]*")


def unfold(value: bytes) -> bytes:
    """A field's value on one line (RFC 5322 section 2.2.3), without white space around."""
    value = value.strip()
    return value.translate(None, b"\r\n").strip() if _LF in value or _CR in value else value


def text(value: bytes, hint: str = "") -> str:
    """A field's value as a reader sees it: unfolded, encoded words decoded, raw 8-bit characters guessed, one clean line.

    `hint` is a charset that the same mail declares elsewhere.
    """
    value = unfold(value)
    plain = value.decode("ascii") if value.isascii() else ""
    if plain and "=?" not in plain:
        if plain.isprintable():
            return plain
        decoded = charsets.decode(value)[0] if "\x1b" in plain else plain
    elif b"=?" in value:
        decoded = words(value, hint)
    else:
        decoded = charsets.guess(value, hint)
    return one_line(decoded)


def one_line(value: str) -> str:
    """Clean text without line breaks of any kind."""
    if value.isprintable():
        return value if value.isascii() else value.strip()
    if value.splitlines() != [value]:  # the pattern is tried at every blank
        value = _SPACES.sub(" ", value)
    return charsets.clean(value).replace("\t", " ").strip()


def words(value: bytes, hint: str = "") -> str:
    """Text with its encoded words decoded (RFC 2047), however they were mangled.

    Neighbours of one charset are joined before decoding, since many programs split within a character.
    """
    out: list[str] = []
    run: list[bytes] = []
    run_charset = b""
    at = 0
    carried = b""
    for match in _WORD.finditer(value):
        between = value[at : match.start()]
        charset = match.group(1).split(b"*")[0].lower()
        if between.strip() or charset != run_charset or not run:
            if run or carried:
                run.append(_word_bytes(b"b", carried))
                carried = b""
                out.append(charsets.decode(b"".join(run), run_charset.decode("latin-1"), hint)[0])
                run = []
            if between and (between.strip() or not out):
                out.append(between.decode("ascii") if between.isascii() else charsets.guess(between, hint))
        run_charset = charset
        kind, payload = match.group(2), match.group(3)
        if kind in b"bB":
            # Some programs cut the base64 itself, within a group of four.
            payload = carried + payload
            whole = len(payload) - (len(payload) % 4 if _BASE64.fullmatch(payload) else 0)
            payload, carried = payload[:whole], payload[whole:]
        elif carried:
            run.append(_word_bytes(b"b", carried))
            carried = b""
        run.append(_word_bytes(kind, payload))
        at = match.end()
    if carried:
        run.append(_word_bytes(b"b", carried))
    if run:
        out.append(charsets.decode(b"".join(run), run_charset.decode("latin-1"), hint)[0])
    rest = value[at:]
    if rest:
        out.append(rest.decode("ascii") if rest.isascii() else charsets.guess(rest, hint))
    return "".join(out)


def _word_bytes(kind: bytes, payload: bytes) -> bytes:
    if kind in b"qQ":
        return quoted_printable_word(payload)
    out: list[bytes] = []
    for piece in payload.split(b"="):
        # Padding within: encoded piece by piece and put together.
        kept = re.sub(rb"[^A-Za-z0-9+/]", b"", piece)
        if len(kept) % 4 == 1:
            kept = kept[:-1]
        out.append(binascii.a2b_base64(kept + b"=" * (-len(kept) % 4)))
    return b"".join(out)


_BASE64 = re.compile(rb"[A-Za-z0-9+/]+")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")


def quoted_printable_word(payload: bytes) -> bytes:
    """Bytes of the Q encoding (RFC 2047 section 4.2); `=` without two hex digits stands for itself."""
    return _HEX.sub(lambda m: bytes((int(m.group(1), 16),)), payload.replace(b"_", b" "))
