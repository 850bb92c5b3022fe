"""The header block that Outlook and others put above a quoted or forwarded mail: `From: … Sent: … To: … Subject: …` in any language."""

from __future__ import annotations

from collections.abc import Sequence

from rules.reading import marks

_SENT = (
    "sent",
    "gesendet",
    "lähetetty",
    "odesl",
    "odosl",
    "envoy",
    "enviad",
    "inviat",
    "verzonden",
    "skickat",
    "sendt",
    "wys",
    "отправ",
    "надісл",
    "发送",
    "送信",
    "보낸",
)


def is_header_block(lines: Sequence[str], at: int) -> bool:
    """Whether a mail client's header block (`From: … Sent: … To: … Subject: …`, any language) begins at this line."""
    first = marks.HEADER.match(lines[at][:400])
    if not first or first.lastgroup is None or first.group("o") is not None:
        return False
    kinds: set[str] = set()
    misses = 0
    is_sent = False
    block: list[str] = []
    for line in lines[at : at + 14]:
        match = marks.HEADER.match(line[:400])
        if match:
            kinds.update(key for key in "fstu" if match.group(key) is not None)
            is_sent = is_sent or (match.group("s") or "").lower().startswith(_SENT)
            misses = 0
        elif not line.strip("> \t*") or misses >= 2:
            if len(kinds) >= 2 or line.strip("> \t*"):
                break
            misses += 1
            continue
        else:
            misses += 1
        block.append(line[:400])
    if "f" not in kinds or len(kinds) < 3:
        return False
    whole = " ".join(block)
    if "@" in whole or "mailto:" in whole:
        return True
    # A journey has From, To and Date as well; what was sent, only a mail says.
    return bool(marks.DATE.search(whole)) and ("u" in kinds or (is_sent and bool(marks.TIME.search(whole))))
