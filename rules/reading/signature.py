"""A signature that no mark sets apart, known by its coming back: staff's mails end in the same firm and telephone number time and again.

Cut is only what stood below earlier mails too, looks like nothing but a signature, and has something above it; a paragraph that
somebody uses again and again is his answer and stays. The closing formula with the name below it stays as well: whoever is answered
may know by whom. Next: `rules.reading.quoting`, which cuts what a mark sets apart.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rules.actions.folding import fold
from rules.facts.people import Agent
from rules.reading import commands
from rules.reading.quoting import Written

EARLIER = 2
"""Mails that must have ended alike before."""
MOST_ROWS = 10
"""Rows of a signature, at most."""


def without_repeated(written: Written, earlier: Sequence[Written], author: Agent) -> Written:
    """What an author wrote without the signature that his `earlier` mails had, too; it is put before the rest, so that nothing is lost.

    Rows with one of his addresses, and pictures, are not compared, for they don't stay in what is kept.
    """
    rows = written.text.split("\n")
    start = _start(rows, author.full_name.strip())
    own = [each.lower() for each in author.addresses]
    tail = _compared(rows[start:], own)
    if not tail or sum(_had(each, tail, own) for each in earlier) < EARLIER:
        return written
    text = "\n".join(rows[:start]).rstrip()
    return Written(text=text, quoted="\n\n".join(filter(None, ("\n".join(rows[start:]).strip("\n"), written.quoted))))


def _start(rows: Sequence[str], name: str) -> int:
    """The row from which on a text may be a signature, below the name; the number of rows where there is none, or nothing above it."""
    end = len(rows)
    filled = [at for at in range(end) if rows[at].strip()]
    below: list[int] = []
    for at in reversed(filled):
        if commands.is_closing(rows[at]):
            break
        if not commands.may_sign(rows[at].strip()) or len(below) > MOST_ROWS:
            return _of_block(rows, filled, name)
        below.insert(0, at)
    if len(below) == len(filled):
        return _of_block(rows, filled, name)
    return below[1] if below[1:] and below[0] != filled[1] else end


def _of_block(rows: Sequence[str], filled: Sequence[int], name: str) -> int:
    """The same without a closing formula: then it is the last block, and that begins with its author's name."""
    block: list[int] = []
    for at in reversed(filled):
        if block and at != block[0] - 1:
            break
        block.insert(0, at)
    is_his = bool(block and name) and fold(name) in fold(rows[block[0]]) and all(commands.may_sign(rows[at].strip()) for at in block)
    return block[1] if is_his and 1 < len(block) <= MOST_ROWS and len(block) < len(filled) else len(rows)


def _had(earlier: Written, tail: Sequence[str], own: Collection[str]) -> bool:
    """Whether an earlier mail ended like this, cut or not."""
    size = len(tail)
    return (
        _compared(earlier.text.split("\n"), own)[-size:] == tail or _compared(earlier.quoted.split("\n", 4 * MOST_ROWS), own)[:size] == tail
    )


def _compared(rows: Sequence[str], own: Collection[str]) -> list[str]:
    return [row for row in _filled(rows) if not row.startswith("[cid:") and not any(address in row.lower() for address in own)]


def _filled(rows: Sequence[str]) -> list[str]:
    return [" ".join(row.split()) for row in rows if row.strip()]
