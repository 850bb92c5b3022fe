"""The MIME tree of a message, found by our own walk over the raw bytes, and the bytes of each leaf (RFC 2045, 2046).

A forwarded message (`message/rfc822`) is a leaf: nothing inside it can lend the outer mail text or references. Bodies and files are
chosen in `bodies.py`. Depth and number of parts are capped here, before anything is decoded.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from mailgate.parsing import headers
from mailgate.parsing.parameters import PARAMETERS, value_and_parameters

DEPTH = 20
PARTS = 500
_BOUNDARY_LOOKS = re.compile(rb"(?:^|\n)--([^\r\n]{1,200}?)[ \t]*\r?\n(?=[A-Za-z-]{1,60}[ \t]*:|\r?\n)")


@dataclass(slots=True)
class Node:
    """One entity: its headers, its type, and the range of its body in the raw bytes."""

    raw: bytes
    block: headers.Block
    start: int
    end: int
    path: str
    type: str
    parameters: Mapping[str, str]
    disposition: str
    name: str
    parent: str
    """Type of the multipart it stands in, empty at the top."""
    children: list[Node] = field(default_factory=list)
    begin: int = 0
    """Where its headers begin."""

    @property
    def encoding(self) -> str:
        """The transfer encoding as a plain lower-case word."""
        value = self.block.first("content-transfer-encoding")
        return _encoding(value) if value else ""

    def content(self) -> bytes:
        """The body with its transfer encoding undone as far as it can be; an unknown one is taken as none. Never raises."""
        encoding = self.encoding
        if encoding == "base64":
            return self._from_base64()
        body = self.raw[self.start : self.end]
        if encoding == "quoted-printable":
            return quoted_printable(body)
        if encoding in {"x-uuencode", "uuencode", "x-uue", "uue"}:
            files = list(uuencoded(body))
            return files[0][1] if files else body
        return body

    def _from_base64(self) -> bytes:
        """Without a copy of the encoded body, which may be large; the body itself where a program only says that it is base64."""
        if _PROSE.match(self.raw, self.start, self.end):
            return self.raw[self.start : self.end]
        content = base64(self.raw, self.start, self.end)
        if self.type.startswith("text/") and _is_plain(body := self.raw[self.start : self.end], content):
            return body
        return content

    def leaves(self) -> Iterator[Node]:
        """The leaves in order, itself if it has no children."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


_ENCODINGS = frozenset({"7bit", "8bit", "binary", "base64", "quoted-printable"})
_MISSPELLED = {
    "quotedprintable": "quoted-printable",
    "quotedprintible": "quoted-printable",
    "quoteprintable": "quoted-printable",
    "qp": "quoted-printable",
    "base64": "base64",
    "b64": "base64",
    "64bit": "base64",
}


@lru_cache(maxsize=32)
def _encoding(value: bytes) -> str:
    word = _CLUTTER.sub(b"", value).decode("latin-1").lower()
    return word if word in _ENCODINGS else _MISSPELLED.get(re.sub(r"[^a-z0-9]", "", word), word)


_CLUTTER = re.compile(rb"\([^)]*\)|[\s\"';]")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/=\s-][^\n]*\S|\S[ ]\S")
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def _is_plain(body: bytes, content: bytes) -> bool:
    """Whether a text that says it is base64 is none: a first line that can't be, and nonsense when decoded."""
    first = body.lstrip()[:200].split(b"\n", 1)[0]
    if not _NO_BASE64.search(first):
        return False
    try:
        content[:200].decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start < len(content[:200]) - 4
    return _BINARY.search(content[:200]) is not None


@dataclass(slots=True)
class _Walk:
    flaws: set[str]
    parts: int = 0
    charset: str = ""
    """What the first text with a charset declares."""


def tree(raw: bytes, flaws: set[str]) -> Node:
    """The tree of a whole message; adds to `flaws` what was odd: `limits`, `no-boundary`, `bad-header`."""
    walk = _Walk(flaws)
    at = headers.skip_junk(raw)
    return _node(raw, at, len(raw), "", "", "text/plain", walk, 0)


def _node(raw: bytes, start: int, end: int, path: str, parent: str, default: str, walk: _Walk, depth: int) -> Node:
    block = headers.read(raw, start, end)
    walk.flaws |= block.flaws
    said, placed = block.first("content-type") or b"", block.first("content-disposition") or b""
    if said.count(b";") > PARAMETERS or placed.count(b";") > PARAMETERS:
        walk.flaws.add("limits")
    type_, parameters = value_and_parameters(said, walk.charset)
    disposition, more = value_and_parameters(placed, walk.charset)
    if "/" not in type_ or type_.startswith("/") or type_.endswith("/"):
        type_ = {"text": "text/plain", "html": "text/html", "multipart": "multipart/mixed"}.get(type_, default)
    type_ = _TURNED.get(type_, type_)
    if not walk.charset and type_.startswith("text/"):
        walk.charset = parameters.get("charset", "")
    name = more.get("filename") or more.get("name") or parameters.get("name") or parameters.get("filename") or ""
    node = Node(raw, block, min(block.body_at, end), end, path, type_, parameters, disposition, name, parent, begin=start)
    if type_.startswith("multipart/"):
        _split(node, walk, depth)
    return node


_TURNED = {"html/text": "text/html", "plain/text": "text/plain"}


def _split(node: Node, walk: _Walk, depth: int) -> None:
    """Find the children of a multipart; without any it becomes plain text, so that nothing in it is lost."""
    if depth >= DEPTH:
        walk.flaws.add("limits")
        node.type = "application/octet-stream"
        return
    boundary = node.parameters.get("boundary", "").encode("utf-8").rstrip()
    ranges = _ranges(node.raw, node.start, node.end, boundary, walk) if boundary else []
    if not ranges:
        walk.flaws.add("no-boundary")
        looks = _BOUNDARY_LOOKS.search(node.raw, max(node.start - 1, 0), min(node.end, node.start + 100_000))
        if looks:
            ranges = _ranges(node.raw, node.start, node.end, looks.group(1), walk)
    if not ranges:
        node.type = "text/html" if b"<html" in node.raw[node.start : node.start + 2000].lower() else "text/plain"
        return
    default = "message/rfc822" if node.type == "multipart/digest" else "text/plain"
    for number, (start, end) in enumerate(ranges, 1):
        if walk.parts >= PARTS:
            walk.flaws.add("limits")
            break
        walk.parts += 1
        path = f"{node.path}.{number}" if node.path else str(number)
        node.children.append(_node(node.raw, start, end, path, node.type, default, walk, depth + 1))


def _ranges(raw: bytes, start: int, end: int, boundary: bytes, walk: _Walk) -> list[tuple[int, int]]:
    """Where the parts between delimiter lines lie. Parts after a premature close delimiter count too."""
    found: list[tuple[int, int]] = []
    delimiter = b"--" + boundary
    opened = -1
    at = raw.find(delimiter, start, end)
    while at >= 0:
        after = at + len(delimiter)
        if at > start and raw[at - 1] not in b"\n\r":
            at = raw.find(delimiter, after, end)
            continue
        newline = raw.find(b"\n", after, end)
        line_end = end if newline < 0 else newline
        tail = raw[after : min(line_end, after + 80)].strip()
        if tail in (b"", b"--"):
            if opened >= 0:
                stop = at
                if stop > opened and raw[stop - 1] == 10:
                    stop -= 1
                if stop > opened and raw[stop - 1] == 13:
                    stop -= 1
                found.append((opened, stop))
                if len(found) > PARTS:
                    walk.flaws.add("limits")
                    return found
            opened = -1 if tail else min(line_end + 1, end)
        at = raw.find(delimiter, after, end)
    if opened >= 0 and (opened < end or not found):
        walk.flaws.add("no-boundary")
        found.append((opened, end))
    return found


# --- transfer encodings -----------------------------------------------------------------------------------------------------------

_PROSE = re.compile(rb"\s*(?:[^\s]{1,40}[ ]+){4}[^\s]{1,40}\s")
"""Words with spaces between them are no base64."""
_SOFT = re.compile(rb"=[ \t]+(?=\r?\n)")
_TRAILING = re.compile(rb"[ \t]+(?=\r?\n)")


def quoted_printable(body: bytes) -> bytes:
    """Quoted-printable undone (RFC 2045 section 6.7), white space before line ends dropped; broken escapes stay as they are."""
    if b" \n" in body or b" \r\n" in body or (b"\t" in body and (b"\t\n" in body or b"\t\r\n" in body)):
        body = _TRAILING.sub(b"", _SOFT.sub(b"=", body))
    return binascii.a2b_qp(body)


def base64(raw: bytes, start: int, end: int) -> bytes:
    """Base64 undone between two places; foreign characters skipped, wrong or inner padding forgiven, a cut end dropped."""
    try:
        padding = raw.find(b"=", start, end)
        if padding < 0 or not raw[padding:end].strip(b"= \t\r\n"):
            return binascii.a2b_base64(memoryview(raw)[start:end])
    except (binascii.Error, ValueError):
        pass
    out: list[bytes] = []
    for run in re.split(rb"=+", raw[start:end]):
        kept = re.sub(rb"[^A-Za-z0-9+/]", b"", run)
        if len(kept) % 4 == 1:
            kept = kept[:-1]
        out.append(binascii.a2b_base64(kept + b"=" * (-len(kept) % 4)))
    return b"".join(out)


_UU_BEGIN = re.compile(rb"(?:^|\n)begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,200})\r?\n")
_UU_FILES = 50


def uuencoded(body: bytes) -> Iterator[tuple[str, bytes]]:
    """The files that stand uuencoded in a text, with their names; blocks without an `end` line or with broken lines are no files."""
    at = 0
    for _ in range(_UU_FILES):
        match = _UU_BEGIN.search(body, at)
        if not match:
            return
        end = re.compile(rb"\nend[ \t]*\r?(?=\n|$)").search(body, match.end() - 1)
        if not end:
            return
        at = end.end()
        data = _uu_lines(body[match.end() : end.start()])
        if data is not None:
            yield headers.text(match.group(1)), data


def _uu_lines(block: bytes) -> bytes | None:
    out: list[bytes] = []
    for line in block.split(b"\n"):
        kept = line.rstrip(b"\r")
        if not kept:
            continue
        try:
            out.append(binascii.a2b_uu(kept))
        except binascii.Error:
            # Some encoders count wrongly; the length sign says how much is meant.
            try:
                out.append(binascii.a2b_uu(kept[: (((kept[0] - 32) & 63) * 4 + 5) // 3]))
            except binascii.Error:
                return None
    return b"".join(out)
