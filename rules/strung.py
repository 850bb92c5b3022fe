"""Several commands on one line, such as `#take #prio high`, or several values behind one, such as `#tag vip, paper`.

A command is a line, so nothing is done before its author was asked; but what he means is plain, and he is offered just that.
"""

from __future__ import annotations

import re

from rules.actions.base import Action, ends_in_text, read
from rules.actions.folding import fold
from rules.actions.words import Misread, Words

_BETWEEN = re.compile(r"[\s,;+&]+[#＃](?=[^\W\d_])")
SIGN = " + "
"""What our mails put between them."""
_ONE_BY_ONE = frozenset({"tag", "cc", "link"})
_MOST = 8
"""Commands on one line; more is a list of tags."""


def apart(line: str, words: Words) -> tuple[str, ...]:
    """The commands of a line (without its `#`), each understood by itself; empty where it is one, or may be one whose text names another."""
    pieces = [piece.strip() for piece in _BETWEEN.split(line)]
    if len(pieces) == 1:
        return _each(line, words)
    if not 1 < len(pieces) <= _MOST:
        return ()
    actions = [_exactly(piece, words) for piece in pieces]
    if not all(actions):
        return ()
    whole = _read(line, words)
    if whole is not None:
        text = str(getattr(whole, ends_in_text(whole), "")).strip()
        names_another = not text.startswith(("#", "＃")) and any(ends_in_text(action) for action in actions[1:] if action)
        if names_another:
            return ()
    return tuple(pieces)


def _each(line: str, words: Words) -> tuple[str, ...]:
    """A verb that takes one value, once for each of several between commas: `tag vip, paper`."""
    verb, _, rest = line.partition(" ")
    values = [value.strip() for value in re.split(r"[,;]", rest) if value.strip()]
    if words.verbs.get(fold(verb.rstrip(":"))) not in _ONE_BY_ONE or not 1 < len(values) <= _MOST or _read(line, words) is not None:
        return ()
    pieces = tuple(f"{verb} {value}" for value in values)
    return pieces if all(_read(piece, words) is not None for piece in pieces) else ()


def _exactly(piece: str, words: Words) -> Action | None:
    """The action of a piece whose verb is spelled out."""
    verb = piece.partition(" ")[0].partition(":")[0].rstrip(".,;!")
    return _read(piece, words) if fold(verb) in words.verbs else None


def _read(line: str, words: Words) -> Action | None:
    try:
        return read(line, words)
    except Misread:
        return None
