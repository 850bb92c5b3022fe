"""A mail that was forwarded inline: who wrote the inner mail, its subject and text, and what the forwarder put above it.

Outlook, Gmail, Apple Mail, Thunderbird and others, in every language that `marks.py` knows; HTML-only forwards look the same once they
are text. Outlook writes replies with the same block, so whether a mail *is* a forward the caller reads from its subject.
"""

from __future__ import annotations

import re

from rules.facts.mail import Forwarded
from rules.facts.terms import Address
from rules.reading import banners, blocks, marks, quoting

_PREFIX = re.compile(r"[ \t]{0,3}>[ \t]?")
_MAILTO = re.compile(r"<?mailto:[^>\]\s]*>?|\[mailto:|\]", re.IGNORECASE)
_LINES = 20_000
_BLOCK_LINES = 40


def find(text: str) -> Forwarded | None:
    """The first mail that stands inside a text under a forward mark or a header block; None if there is none with an address."""
    lines = text.split("\n", _LINES)
    for at, line in enumerate(lines):
        if len(line) > 400 or not line.strip():
            continue
        is_marked = bool(marks.FORWARD.match(line) or marks.ORIGINAL.match(line))
        if is_marked or _may_begin(lines, at):
            found = _block(lines, at + 1 if is_marked else at, is_marked=is_marked)
            if found:
                return _forwarded(lines, at, *found)
    return None


def _may_begin(lines: list[str], at: int) -> bool:
    match = marks.HEADER.match(lines[at][:400])
    return match is not None and match.group("o") is None and _kinds(lines, at) >= 3


def _kinds(lines: list[str], at: int) -> int:
    """How many kinds of header labels a block beginning here has, if it is a client's header block at all."""
    if blocks.is_header_block(lines, at):
        return 3
    # Thunderbird puts the subject first: the block begins above its From line.
    kinds: set[str] = set()
    for line in lines[at : at + 6]:
        match = marks.HEADER.match(line[:400])
        if not match:
            break
        kinds.update(key for key in "fstu" if match.group(key) is not None)
    return len(kinds) if "f" in kinds and len(kinds) >= 3 and any("@" in line for line in lines[at : at + 6]) else 0


def _block(lines: list[str], start: int, *, is_marked: bool) -> tuple[dict[str, str], int] | None:
    """The fields of a header block at or soon after `start`, and the line after it; None if there is no sender in it."""
    at = start
    while at < min(len(lines), start + 4) and not lines[at].strip("> \t*"):
        at += 1
    fields: dict[str, str] = {}
    last = ""
    gaps = 0
    end = at
    while end < min(len(lines), at + _BLOCK_LINES):
        line = lines[end]
        match = marks.HEADER.match(line[:2000])
        if match:
            key = match.lastgroup if match.lastgroup != "value" else next(key for key in "fstuo" if match.group(key) is not None)
            if key in fields and key != "o" and len(fields) >= 2 and gaps:
                break
            last = key or "o"
            fields.setdefault(last, match.group("value").strip())
            gaps = 0
        elif not line.strip("> \t*"):
            # Some clients put an empty line between the fields: only another label continues the block.
            gaps += 1
            following = next((n for n in range(end + 1, min(len(lines), end + 3)) if lines[n].strip("> \t*")), -1)
            if following < 0 or not marks.HEADER.match(lines[following][:2000]) or len(fields) >= 4 or gaps > 4:
                break
        elif last and len(fields) < 6 and gaps == 0 and _continues(line, fields.get(last, "")):
            fields[last] = f"{fields[last]} {line.strip('> ')}".strip()
        else:
            break
        end += 1
    if "f" not in fields or len(fields) < (2 if is_marked else 3):
        return None
    return fields, end


def _continues(line: str, value: str) -> bool:
    """Whether a line without a label continues a long field: an open angle, an address, or an empty value above it."""
    return not value or value.count("<") > value.count(">") or value.endswith((",", ";")) or bool(re.match(r"[> \t]*<[^>]{3,200}>", line))


def _forwarded(lines: list[str], mark: int, fields: dict[str, str], end: int) -> Forwarded | None:
    sender = _person(fields["f"])
    if not sender.address:
        return None
    body = lines[end:]
    if _is_quoted(lines, mark, end):
        body = [_PREFIX.sub("", line, count=1) for line in body]
    above = lines[:mark]
    while above and (not above[-1].strip() or marks.RULE.match(above[-1])):
        above.pop()
    subject = fields.get("u", "").strip("* ")
    return Forwarded(
        sender=sender,
        subject=subject,
        text=banners.without("\n".join(line.rstrip() for line in body).strip("\n")),
        above=quoting.written("\n".join(above)).text,
    )


def _is_quoted(lines: list[str], mark: int, end: int) -> bool:
    """Whether the inner mail stands behind `>`: Apple Mail quotes it below a mark that is not quoted itself."""
    block = [line for line in lines[mark + 1 : end] if line.strip()]
    return bool(_PREFIX.match(lines[mark])) or (bool(block) and all(_PREFIX.match(line) for line in block))


def _person(value: str) -> Address:
    """The mailbox in a field's value as clients show it: `Kim <kim@…>`, `Kim [mailto:kim@…]`, `Kim <kim@…<mailto:kim@…>>`."""
    match = marks.ADDRESS.search(_MAILTO.sub(" ", value)) or marks.ADDRESS.search(value.replace("mailto:", " "))
    if not match:
        return Address()
    address = match.group().strip(".*_")
    name = value.partition(address)[0]
    name = re.sub(r"(?:<|\[)?mailto:.*$", "", name).strip(" \t\"'<([*_„“”,;")
    return Address(name=name[:200], address=address)
