"""Answers to the day's digest: a line for each request by its number there, `1 close`, `2, 4 take`, `3 tomorrow 9`.

All lines are done together or none, on whatever tickets they name. A line that begins with no number goes nowhere, and its author is told.
A time alone means to be reminded then. Carried out in `mailgate.handling.outcomes`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from rules import rights
from rules.actions.base import Action, read
from rules.actions.later import Remind
from rules.actions.words import Misread
from rules.case import Case
from rules.facts.sent import Sent
from rules.reading.thanks import is_only_thanks
from rules.verdict import Hold, Many, Piece, Question, Verdict

DIGEST = "digest"
"""The text that is answered so."""
_NUMBERED = re.compile(r"\s*#?((?:\d{1,3}\s*(?:[,;&+]|-\s*(?=\d)|\s)\s*)*\d{1,3})\s*[.):]?\s+#?\s*(\D.*|\d.*[^\d\s].*)")
_MOST = 60


def answered(case: Case, sent: Sent) -> Verdict:
    """The verdict about an agent's reply to a digest; `sent` is that digest."""
    refs = _refs(sent)
    allowance = case.facts.allowance
    pieces: list[Piece] = []
    questions: list[Question] = []
    unused = ""
    for number, row in enumerate(case.written.text.split("\n"), 1):
        line = allowance.replace.get(number, row).strip()
        if not line:
            continue
        if line in {"--", "-- "} or (pieces and is_only_thanks(line, has_files=False)):
            break
        found = _NUMBERED.fullmatch(line)
        if found is None:
            unused = unused or line
            continue
        try:
            pieces += _pieces(case, refs, found[1], found[2].strip(), number, line)
        except Misread as miss:
            near = tuple(f"{found[1].strip()} {each}" for each in miss.near)
            questions.append(Question(number=number, line=line, code=miss.code, word=miss.word, near=near))
    if questions and not allowance.anyway:
        return Hold(reason="unknown-command", questions=tuple(questions), agent=case.actor.name)
    if (hold := _unproven(case, pieces)) is not None:
        return hold
    return Many(actor=case.actor, pieces=tuple(pieces[:_MOST]), unused=unused, why="lines of a digest")


def pressed(case: Case, sent: Sent, key: str) -> Verdict | None:
    """The verdict about a button of a digest, whose line names its ticket; None for a line that can't be read."""
    line = sent.buttons.get(key, "")
    try:
        piece = _named(case, line, 1)
    except Misread:
        return None
    return _unproven(case, [piece]) or Many(actor=case.actor, pieces=(piece,), pressed=(sent.outbox_id, key), why=f"button {key}")


def _refs(sent: Sent) -> Mapping[int, str]:
    """The number of each row and the line of its first button, which names the ticket."""
    found: dict[int, str] = {}
    for word, key in sent.words.items():
        number = word.split(" ")[0].lstrip("#")
        if number.isdigit() and key in sent.buttons:
            found.setdefault(int(number), sent.buttons[key])
    return found


def _pieces(case: Case, refs: Mapping[int, str], numbers: str, said: str, at: int, line: str) -> list[Piece]:
    out: list[Piece] = []
    for number in _numbers(numbers):
        if number not in refs:
            raise Misread("unknown-row", str(number), ())
        verb, _, ref = refs[number].rpartition(" ")
        ticket = ref.rpartition(".")[0] if verb == "done" else ref
        action = _action(case, said)
        if verb == "done" and action.verb == "done":
            action = read(refs[number], case.words)
        out.append(Piece(ref=ticket, action=action, number=at, line=line))
    return out


def _named(case: Case, line: str, at: int) -> Piece:
    verb, _, ref = line.rpartition(" ")
    if verb == "done":
        return Piece(ref=ref.rpartition(".")[0], action=read(line, case.words), number=at, line=line)
    return Piece(ref=ref, action=read(verb, case.words), number=at, line=line)


def _action(case: Case, said: str) -> Action:
    """What stands behind the number: a command, or only a time."""
    try:
        return read(said, case.words)
    except Misread as miss:
        try:
            later = read(f"remind {said}", case.words)
        except Misread:
            raise miss from None
        if isinstance(later, Remind) and later.when and not later.text:
            return later
        raise


def _numbers(said: str) -> list[int]:
    """`1`, `1, 3`, `2-4` as numbers, in order."""
    out: list[int] = []
    for first, last in re.findall(r"(\d+)(?:\s*-\s*(\d+))?", said):
        out += range(int(first), min(int(last or first), int(first) + 99) + 1)
    return list(dict.fromkeys(out))


def _unproven(case: Case, pieces: list[Piece]) -> Hold | None:
    for piece in pieces:
        if case.trust.level < rights.level_needed(piece.action, case.scene):
            question = Question(number=piece.number, line=piece.line, code="proof")
            allowed = bool(case.facts.mail.identity) and case.trust.why != "dmarc-fail"
            return Hold(reason="proof", questions=(question,), agent=case.actor.name, text=case.written.text[:500], may_carry_out=allowed)
    return None
