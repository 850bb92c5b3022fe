"""What the rooms below raise, said in sentences with the exit code of each. Loaded only when something went wrong."""

from __future__ import annotations

import errno
import shlex
import sys
from collections.abc import Sequence

from mailgate.config.mistakes import BadConfig
from rules.actions.base import Refused
from rules.actions.words import Misread
from store.lock import DaemonRunning

FAILED, WRONG, NO_SUCH = 1, 2, 3
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_DATABASE = {
    "readonly database": "this user may not write the database; run mailgate as the user whose desk it is",
    "unable to open database": "the database can't be opened: this user may not write its folder; run mailgate as the user whose desk it is",
    "disk is full": "the disk is full: make room, then try again; nothing was done",
    "is not a database": "what lies where the database should be is none: see [store] url; mailgate db restore brings a backup back",
    "malformed": "the database is damaged: mailgate db restore brings a backup back",
}
"""What SQLite says, and what that means for people."""

REFUSALS = {
    "another-ticket": "the line names another ticket ({word}): give it to that one",
    "archived": "{ref} is archived: reopen it first",
    "closed": "{ref} is closed",
    "not-closed": "{ref} is open: close it first",
    "closed-category": "{ref} is closed, and closed tickets keep their category ([options] reclassify_closed)",
    "category": "{ref} belongs to another group: {verb} is not the agent's to do",
    "changed-since": "{field} of {ref} has changed since: undoing would overwrite that",
    "deleted": "{ref} is deleted",
    "internal-ticket": "the ticket is internal: customers hear nothing of it (public first, or a note)",
    "link-itself": "{ref} can't be linked with itself",
    "merge-itself": "{ref} can't be merged into itself",
    "no-such-ticket": "there is no ticket {ref}",
    "nobody-to-take": "{name} is no agent: say who takes it with --as AGENT, or assign it",
    "not-for-customers": "{verb} is not for customers",
    "nothing-to-undo": "there is nothing of yours to undo on {ref}",
    "own-address": "{word} is the desk's own address",
    "rate-open": "{ref} is not closed yet: only closed tickets are rated",
    "reach": "the ticket is out of the agent's reach for {verb}",
    "role": "the role {role} has no {verb}",
    "empty-subject": "{ref} needs a subject",
    "faulty-canned": "there is a mistake in this canned answer: {word}",
    "for-customers": "{verb} is for customers; people are let in by mailgate person and access",
    "in-the-past": "{word} is past",
    "no-function": "{verb} needs a function that the agent does not have",
    "no-order": "{ref} has no service order of that kind: mailgate order list",
    "no-site-folder": "there is no folder for texts of one's own: set [desk] texts",
    "no-such-order": "there is no service order {word}",
    "no-such-task": "there is no task {word} on this ticket",
    "no-task": "{ref} has no open task",
    "no-text": "{verb} has no text to send",
    "not-a-name": "{word!r} can't be a name: letters, digits, dots and dashes",
    "not-a-time": "a time is needed here, such as fri, 3d, tomorrow 9 or 2026-11-30",
    "nothing-to-send": "there is no text to send",
    "nothing-to-split": "{ref} has no second mail of the customer that could be split off",
    "too-far": "{word} is too far away",
    "undo-merge": "merging into {ref} can't be undone any more: the two can't be told apart there",
    "undo-moved": "splitting {ref} can't be undone any more: somebody has worked on the other ticket since",
    "unknown-canned": "there is no canned answer {word!r}",
    "unknown-category": "there is no category {word!r}",
    "unknown-contract": "there is no contract {word!r}",
    "unknown-device": "there is no device {word!r}",
    "unknown-language": "the desk does not speak {word!r}",
    "unknown-layout": "there is no layout {word!r}",
    "unknown-party": "there is no party {word!r}",
    "unknown-project": "there is no project {word!r}",
    "unknown-role": "there is no role {word!r}",
    "unknown-state": "there is no state {word!r}",
    "which-task": "{ref} has several tasks: name one",
    "undo-alone": "undo stands alone: it takes back all that one command or mail did",
    "unknown-field": "{word!r} can't be set",
    "unknown-level": "there is no level {word}: 1 or 2",
    "undo-open": "opening {ref} can't be undone; delete it with ticket delete",
    "unknown-agent": "there is no agent {word}",
    "unknown-group": "there is no group {word}",
    "workflow": "a {type} can't go from {was} to {to}",
    "workflow-role": "to {to} only {roles} may",
}
"""Code of a refused action -> its sentence."""


def explained(fault: Exception) -> tuple[list[str], Sequence[str], int]:
    """Sentences, what may have been meant, exit code."""
    match fault:
        case BadConfig():
            return [str(mistake) for mistake in fault.mistakes], (), WRONG
        case Refused():
            return [refused(fault)], fault.near, FAILED
        case Misread():
            return [misread(fault)], fault.near, FAILED
        case FileNotFoundError() if fault.strerror and fault.filename is not None:
            return [f"{fault.filename}: {fault.strerror}"], (), NO_SUCH
        case OSError() if fault.strerror and fault.filename is not None:
            return [f"{fault.filename}: {fault.strerror}"], (), FAILED
        case OSError() if fault.errno in _NO_ROOM:
            return [f"{fault.strerror}: make room, then try again"], (), FAILED
    if isinstance(fault, DaemonRunning):
        return [f"{fault}; stop that one first; every other command works beside it"], (), FAILED
    if isinstance(fault, OverflowError) and "SQLite INTEGER" in str(fault):
        return ["a number is larger than any that is kept here"], (), WRONG
    if type(fault).__name__ == "Unread":
        return _unread(fault)
    if type(fault).__module__ in {"mailgate.boxes.imap", "mailgate.trust.keys", "mailgate.parsing.reader"}:
        return [str(fault)], (), FAILED
    return _of_the_store(fault)


def _unread(fault: Exception) -> tuple[list[str], Sequence[str], int]:
    """Lines of commands that aren't understood, each with what may have been meant."""
    lines = getattr(fault, "lines", ())
    said = [
        f"{each.line!r}: {misread(each.miss)}" + (f" (did you mean {' or '.join(each.miss.near)}?)" if each.miss.near else "")
        for each in lines
    ]
    whole = getattr(fault, "whole", "")
    hint = [f"a command of several words stands in quotes: {shlex.quote(whole)}"] if whole else []
    return [*said, *hint, "nothing was done"], (), FAILED


def _of_the_store(fault: Exception) -> tuple[list[str], Sequence[str], int]:
    if "store.engine" in sys.modules:
        from store.engine import Busy, Unfit
        from store.engine import Fault as DatabaseFault
        from store.migrate import NotCurrent
        from store.people import Taken

        match fault:
            case Busy():
                return [f"the database can't take this now ({fault}); nothing was done, try again"], (), FAILED
            case NotCurrent() | Taken():
                return [str(fault)], (), FAILED
            case Unfit():
                return [str(fault)], (), WRONG
            case DatabaseFault():
                said = str(fault.orig).splitlines()[0] if fault.orig else type(fault).__name__
                known = next((sentence for words, sentence in _DATABASE.items() if words in said), "")
                return [known or f"the database failed: {said}"], (), FAILED
    return [_unforeseen(fault)], (), FAILED


def _unforeseen(fault: Exception) -> str:
    """One sentence for what nobody thought of; the traceback is in the log at debug."""
    said = (str(fault).splitlines() or [""])[0][:200]
    return f"this failed unexpectedly: {type(fault).__name__}{f': {said}' if said else ''} (log level DEBUG shows where)"


def refused(fault: Refused) -> str:
    """The sentence for a refused action."""
    said = REFUSALS.get(fault.code)
    if said is None:
        words = ", ".join(str(v) for v in fault.words.values() if v)
        return f"refused: {fault.code.replace('-', ' ')}{f' ({words})' if words else ''}"
    try:
        return said.format(**fault.words)
    except KeyError:
        return f"refused: {fault.code.replace('-', ' ')}"


def misread(fault: Misread) -> str:
    """The sentence for a line that isn't understood."""
    kind, _, what = fault.code.partition("-")
    what = what.replace("verb", "command").replace("-", " ")
    match kind:
        case "unknown":
            return f"there is no {what} {fault.word!r}"
        case "missing":
            return f"a {what} is missing"
        case "not":
            return f"{fault.word!r} is not {what}"
        case _:
            return f"{fault.word!r} is too much here" if fault.code == "too-much" else f"{fault.word!r}: {fault.code.replace('-', ' ')}"
