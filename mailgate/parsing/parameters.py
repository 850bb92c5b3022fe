"""The value and the parameters of a structured header field such as Content-Type (RFC 2045 section 5.1, RFC 2231).

Reads what programs write, not only what they should: missing semicolons, quotes within quotes, encoded words in names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from mailgate.parsing import charsets, headers

PARAMETERS = 50

_TOKEN = re.compile(rb"[ \t]*([^\s=;\"]{1,200})[ \t]*=[ \t]*")
_LONG = re.compile(r"^([^*]+)\*(?:(\d{1,3})(\*?))?$")


def value_and_parameters(raw: bytes | None, hint: str = "") -> tuple[str, Mapping[str, str]]:
    """A structured field split into its lower-case value and its parameters, RFC 2231 pieces joined and decoded.

    `hint` is a charset that the same mail declares elsewhere, for raw 8-bit characters.
    At most 50 parameters are read. Of a parameter given twice the first counts, but the RFC 2231 form beats the plain one.
    """
    if not raw:
        return "", {}
    return _remembered(raw, hint) if len(raw) < _REMEMBERED_BYTES else _split(raw, hint)


def _split(raw: bytes, hint: str) -> tuple[str, Mapping[str, str]]:
    raw = headers.unfold(raw)
    head, _semicolon, rest = raw.partition(b";")
    value = re.sub(rb"\([^()]{0,500}\)", b"", head).strip().lower()
    parameters: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bytes, bool]]] = {}
    if b" " in value or b"\t" in value:
        # "text/html charset=utf-8": the semicolon was forgotten.
        value, _, _more = value.partition(b" ")
        rest = head.partition(b" ")[2] + b";" + rest
    at = 0
    for _ in range(PARAMETERS):
        if at >= len(rest):
            break
        at, name, content = _parameter(rest, at)
        if not name:
            continue
        match = _LONG.match(name)
        if match:
            index = int(match.group(2) or 0)
            pieces.setdefault(match.group(1), {}).setdefault(index, (content, match.group(2) is None or bool(match.group(3))))
        else:
            parameters.setdefault(name, _parameter_text(content, hint))
    for name, found in pieces.items():
        parameters[name] = _joined(found, hint) or parameters.get(name, "")
    return value.decode("latin-1"), parameters


_REMEMBERED_BYTES = 200
_remembered = lru_cache(maxsize=256)(_split)
"""Mail after mail says `text/plain; charset="utf-8"`."""


def _parameter(rest: bytes, at: int) -> tuple[int, str, bytes]:
    """One parameter: where the next begins, its lower-case name, its bytes."""
    while at < len(rest) and rest[at] in b"; \t":
        at += 1
    match = _TOKEN.match(rest, at)
    if not match:
        end = rest.find(b";", at)
        return (len(rest) if end < 0 else end + 1), "", b""
    name = match.group(1).decode("latin-1").lower()
    at = match.end()
    if rest[at : at + 1] == b'"':
        out = bytearray()
        at += 1
        while at < len(rest):
            byte = rest[at]
            if byte == 0x5C and at + 1 < len(rest) and rest[at + 1] in b'"\\':
                out.append(rest[at + 1])
                at += 2
                continue
            if byte == 0x22:
                break
            out.append(byte)
            at += 1
        end = rest.find(b";", at)
        tail = rest[at + 1 : len(rest) if end < 0 else end]
        if tail.strip().startswith(b'"') or (tail.strip() and b"=" not in tail and not tail.strip().startswith(b"(")):
            # Quotes within quotes: filename="a "b" c.pdf".
            out += b'"' + tail.rstrip().removesuffix(b'"')
        return (len(rest) if end < 0 else end + 1), name, bytes(out)
    end = rest.find(b";", at)
    end = len(rest) if end < 0 else end
    content = rest[at:end].strip()
    if name.rstrip("*") not in ("filename", "name") and b" " in content and not content.startswith(b"=?"):
        content = content.split(None, 1)[0]
    return end + 1, name, content


_PERCENT = re.compile(rb"%[89A-Fa-f][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]")


def _parameter_text(content: bytes, hint: str) -> str:
    if b"%" in content and _PERCENT.search(content):
        # filename="%C3%84.pdf": encoded as RFC 2231 wants it, without saying so.
        try:
            return headers.one_line(unquote_to_bytes(content).decode("utf-8"))
        except UnicodeDecodeError:
            pass
    return headers.text(content, hint)


def _joined(found: dict[int, tuple[bytes, bool]], hint: str) -> str:
    """The pieces of one RFC 2231 parameter in order; those marked with `*` are percent-encoded, the first carries the charset."""
    charset = ""
    data = b""
    for index in sorted(found):
        content, encoded = found[index]
        if index == min(found) and encoded:
            parts = content.split(b"'", 2)
            if len(parts) == 3:
                charset, content = parts[0].decode("latin-1"), parts[2]
        if encoded:
            content = re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes((int(m.group(1), 16),)), content)
        data += content
    if b"=?" in data:
        return headers.text(data, hint)
    return headers.one_line(charsets.decode(data, charset, hint)[0] if charset else charsets.guess(data, hint))
