"""Texts that are nearly plain, made plain: format=flowed (RFC 3676) and text/enriched (RFC 1896)."""

from __future__ import annotations

import re

_ENRICHED = re.compile(r"<param>[^<]{0,500}</param>|</?[A-Za-z0-9-]{1,60}>", re.IGNORECASE)


def unenriched(text: str) -> str:
    """text/enriched without its marks (RFC 1896): single line breaks are spaces, `<<` is `<`."""
    text = _ENRICHED.sub("", text.replace("<<", "\x00"))
    text = re.sub(r"(?<!\n)\n(?!\n)", " ", text)
    return re.sub(r"\n(\n+)", r"\1", text).replace("\x00", "<")


def unflowed(text: str, *, delsp: bool = False) -> str:
    """Text with soft line breaks joined (RFC 3676 section 4), quote marks and the signature line kept."""
    out: list[str] = []
    open_depth = -1
    pending: list[str] = []
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        is_signature = content == "-- "
        if open_depth >= 0 and (depth != open_depth or is_signature):
            out.append("".join(pending))
            open_depth, pending = -1, []
        prefix = "" if open_depth >= 0 else (">" * depth + (" " if depth else ""))
        flows = content.endswith(" ") and not is_signature
        pending.append(prefix + (content[:-1] if flows and delsp else content))
        if flows:
            open_depth = depth
        else:
            out.append("".join(pending))
            open_depth, pending = -1, []
    if pending:
        out.append("".join(pending))
    return "\n".join(out)
