"""Mails to the control address: a command on each line, `#` or not, with the tickets it is about: `close 42 43 50-53`.

Staff's lines are done together or none, on whatever tickets they name; one that isn't understood holds the mail. A customer's mail counts
only where every line is a verb of his, exactly spelled; any other is a request like each mail. Reading ends at `--`, at thanks, and at a
closing formula; where nothing is written, the subject is read. Carried out in `mailgate.handling.outcomes`; access verbs are `rules.admission`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any, cast

from rules import rights
from rules.actions.all import VERBS
from rules.actions.base import Action, read
from rules.actions.folding import fold
from rules.actions.opening import New
from rules.actions.questions import AskHistory, Help
from rules.actions.undo import Undo
from rules.actions.values import Rest
from rules.actions.words import Misread, Words
from rules.case import Case
from rules.facts.policy import Policy
from rules.facts.terms import Fate, Level
from rules.reading import commands, threads
from rules.reading.thanks import is_only_thanks
from rules.verdict import Act, Hold, Many, Piece, Question, Verdict

MOST = 200
"""Tickets that one mail may act on."""
MOST_UNPROVEN = 5
"""Lines of a customer's mail that count where nothing but his From line says that it is his: each has an answer, which may be a stranger's bomb."""
_NAMED = re.compile(r"\[?#?((?=[^\s\]]*\d)[A-Z][A-Z0-9._/-]{0,39}|\d{1,9})\]?", re.IGNORECASE | re.ASCII)
_RANGE = re.compile(r"\[?#?([A-Z][A-Z0-9._/]{0,20}?)?(\d{1,9})\]?-\[?(?:\1)?(\d{1,9})\]?", re.IGNORECASE | re.ASCII)
Row = tuple[int, str]


def is_to_control(case: Case) -> bool:
    """Whether the mail was written to the address for commands."""
    policy = case.facts.policy
    return is_control(case.facts.envelope.recipients, policy) or is_control([a.address for a in case.facts.mail.to], policy)


def is_control(addresses: Iterable[str], policy: Policy) -> bool:
    """Whether one of these is the address for commands."""
    return any("control" in address.lower() and policy.own_base(address).startswith("control@") for address in addresses)


def is_alone(case: Case) -> bool:
    """Whether of all addresses of the desk only that for commands was written to: then it is meant, whatever mail the client says is answered."""
    policy = case.facts.policy
    written = (*case.facts.envelope.recipients, *(a.address for a in case.facts.mail.to))
    ours = [policy.own_base(address) for address in written if policy.is_own(address)]
    return bool(ours) and all(address.partition("@")[0] == "control" for address in ours)


def is_only_subject(case: Case) -> bool:
    """Whether a command stands in the subject of an otherwise empty mail: `#close T42`, wherever it was written to, is no request."""
    f = case.facts
    if case.written.text.strip() or case.written.quoted.strip() or f.mail.parts or (f.thread is not None and f.thread.by != "subject"):
        return False
    said = f.mail.subject.strip()
    return said[:1] in {"#", "＃"} and fold(said[1:].partition(" ")[0]) in case.words.verbs


def is_loose(case: Case) -> bool:
    """Whether the lines are the subject's, and what proves the mail doesn't prove its subject."""
    return not case.proves_subject and not list(_until_the_end(case.written.text.split("\n"))) and bool(rows(case))


def rows(case: Case) -> list[Row]:
    """(number, line) of what may be commands, without `#`; the subject alone is line 1 of a mail without text."""
    found = list(_until_the_end(case.written.text.split("\n")))
    if not found and case.facts.mail.subject.strip():
        found = [(1, _bare(case.facts.mail.subject))]
    allowance = case.facts.allowance
    chosen = [(n, each) for n, line in found for each in allowance.replace.get(n, line).split("\n")]
    return [(n, each.strip()) for n, each in chosen if each.strip()]


def opening(case: Case) -> tuple[Row, New, str] | None:
    """The first line if it opens a request, with what stands below it as its text."""
    found = rows(case)
    if not found:
        return None
    try:
        action = read(found[0][1], case.words)
    except Misread:
        return None
    if not isinstance(action, New):
        return None
    return found[0], action, "\n".join(case.written.text.split("\n")[found[0][0] :]).strip("\n")


def by_agent(case: Case) -> Verdict:
    """What an agent's lines do; held with near matches where one isn't understood."""
    pieces: list[Piece] = []
    questions: list[Question] = []
    for number, line in rows(case):
        try:
            pieces += _pieces(case, number, line)
        except Misread as miss:
            questions.append(Question(number=number, line=line, code=miss.code, word=miss.word, near=miss.near))
    unused = questions[0].line if questions and case.facts.allowance.anyway else ""
    if unused:
        questions = []
    pieces = _once(pieces)
    if len(pieces) > MOST:
        last = pieces[MOST]
        questions.append(Question(number=last.number, line=last.line, code="too-much", word=last.ref))
    if (new := next((p for p in pieces if isinstance(p.action, New)), None)) is not None:
        questions.append(Question(number=new.number, line=new.line, code="new-first"))
    if len(pieces) > 1 and (undo := next((p for p in pieces if isinstance(p.action, Undo)), None)) is not None:
        questions.append(Question(number=undo.number, line=undo.line, code="undo-alone"))
    if questions:
        return Hold(reason="unknown-command", questions=tuple(questions), agent=case.actor.name)
    if weak := list({(p.number, p.line): None for p in pieces if rights.level_needed(p.action, case.scene) > case.trust.level}):
        return unproven(case, weak)
    if not pieces and not unused:
        return _alone(case, (Help(about="empty"),), (), "nothing was written")
    if pieces and isinstance(pieces[0].action, Undo) and not pieces[0].ref:
        return _alone(case, (pieces[0].action,), ((pieces[0].number, pieces[0].line),), "commands")
    return Many(actor=case.actor, pieces=tuple(pieces), unused=unused, why="lines to the control address")


def by_customer(case: Case) -> Verdict | None:
    """What a customer's lines do, if they are nothing but verbs of his; None makes a request of the mail."""
    pieces: list[Piece] = []
    if case.facts.mail.files:
        return None
    for number, line in rows(case):
        try:
            pieces += _pieces(case, number, line)
        except Misread:
            return None
    pieces = _once(pieces)
    unproven = case.trust.level < Level.token
    if not pieces or len(pieces) > (MOST_UNPROVEN if unproven else MOST):
        return None
    needed = max(rights.level_needed(piece.action, case.scene) for piece in pieces)
    if case.trust.level < needed or (is_loose(case) and needed > Level.claimed):
        person = case.facts.person
        stored = person.addresses[0] if person is not None and person.addresses else case.facts.mail.identity
        stored = stored if person is not None or case.facts.is_requester else ""
        if not stored:
            return None
        proven = Level.claimed if is_loose(case) else case.trust.level
        lines = {(p.number, p.line): None for p in pieces if rights.level_needed(p.action, case.scene) > proven}
        case.note("level", f"lines need {int(needed)}", next(iter(lines))[1])
        return Hold(
            reason="proof",
            questions=tuple(Question(number=number, line=line, code="proof") for number, line in lines),
            customer=stored,
            may_carry_out=bool(case.facts.mail.identity) and case.trust.why != "dmarc-fail",
        )
    return Many(actor=case.actor, pieces=tuple(pieces), why="lines to the control address")


def unproven(case: Case, lines: Sequence[Row] = ()) -> Hold:
    """The question to the agent `was this you?` about these lines, or all."""
    return Hold(
        reason="proof",
        questions=tuple(Question(number=number, line=line, code="proof") for number, line in lines or rows(case)),
        agent=case.actor.name,
        text=case.written.text[:500],
        may_carry_out=bool(case.facts.mail.identity) and case.trust.why != "dmarc-fail",
    )


def _alone(case: Case, actions: tuple[Action, ...], lines: tuple[Row, ...], why: str) -> Act:
    return Act(actor=case.actor, ticket=None, actions=actions, lines=lines, fate=Fate.executed, why=why, report=bool(lines))


def _until_the_end(text: Sequence[str]) -> Iterator[Row]:
    for number, row in enumerate(text, 1):
        line = _bare(row)
        if row.strip() == "--" or (line and (is_only_thanks(line, has_files=False) or commands.is_closing(line))):
            return
        if line:
            yield number, line


def _bare(row: str) -> str:
    return row.strip().lstrip("#＃").strip()


def _pieces(case: Case, number: int, line: str) -> list[Piece]:
    """One line as an action on each of its tickets; raises Misread with near whole lines."""
    action, refs = _read(line, case.words, threads.shape_of(case.facts.policy.desk.number))
    thread = case.facts.thread
    if not refs and action.needs_ticket and not _names(action) and not _is_of_party(action):
        if thread is None:
            raise Misread("missing-ref", line, ())
        refs = [thread.ticket.ref]
    return [Piece(ref=ref, action=action, number=number, line=line) for ref in refs or [_names(action)]]


def _once(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces without questions that were asked before: they have one answer."""
    asked: set[tuple[str, str]] = set()
    out: list[Piece] = []
    for piece in pieces:
        key = piece.ref, piece.action.spell()
        if piece.action.changes or key not in asked:
            out.append(piece)
        if not piece.action.changes:
            asked.add(key)
    return out


def _read(line: str, words: Words, mask: re.Pattern[str]) -> tuple[Action, list[str]]:
    """The first reading of a line that is understood in full: its tickets before the verb, right after it, or at its end."""
    tokens = line.replace(",", " ").split()
    first: Misread | None = None
    for said, refs in _readings(line, tokens, words, mask):
        try:
            return read(said, words), refs
        except Misread as miss:
            between = f" {' '.join(refs)}" if refs else ""
            near = tuple(f"{each}{between}" for each in miss.near)
            first = first or Misread(miss.code, miss.word, near)
    raise first or Misread("unknown-verb", line, ())


def _readings(line: str, tokens: list[str], words: Words, mask: re.Pattern[str]) -> Iterator[tuple[str, list[str]]]:
    """(line without its references, references), the likeliest first."""
    lead = _run(tokens)
    if lead and len(tokens) > lead:
        yield " ".join(tokens[lead:]), _refs(tokens[:lead], mask)
    head, rest = tokens[0] if tokens else "", tokens[1:]
    verb = words.verbs.get(fold(head.rstrip(".,;!:")))
    kinds = [f.metadata.get("kind") for f in fields(cast("Any", VERBS[verb]))] if verb in VERBS else []
    if verb in VERBS and not VERBS[verb].needs_ticket:
        yield line, []
        return
    behind = _run(rest)
    for taken in range(behind, 0, -1):
        yield " ".join((head, *rest[taken:])), _refs(rest[:taken], mask)
    if verb == "status" and behind == len(rest):
        # an agent's `status` sets, but without a word to set it can only ask
        yield "status?", _refs(rest, mask)
    is_prose = any(isinstance(kind, Rest) for kind in kinds)
    last = _run(rest[::-1])
    if is_prose and len(rest) - last > 1:
        # a number at the end of a sentence may be a part of it
        last = next((n for n, word in enumerate(reversed(rest)) if word.strip("[]#").isdigit() or not _run([word])), last)
    for taken in range(last, 0, -1):
        yield " ".join((head, *rest[:-taken])), _refs(rest[-taken:], mask)
    yield line, []


def _run(tokens: Sequence[str]) -> int:
    """How many words at the beginning are references."""
    for n, token in enumerate(tokens):
        if not (_NAMED.fullmatch(token.rstrip(":")) or _RANGE.fullmatch(token.rstrip(":"))):
            return n
    return len(tokens)


def _refs(tokens: Sequence[str], mask: re.Pattern[str]) -> list[str]:
    """The references of some words, ranges written out, each once; raises Misread for a range of too many."""
    out: list[str] = []
    for token in tokens:
        bare = token.rstrip(":")
        if mask.fullmatch(plain := bare.strip("[]#")):
            out.append(plain.upper())
        elif (span := _RANGE.fullmatch(bare)) is not None:
            low, high = int(span[2]), int(span[3])
            if not low <= high < low + MOST:
                raise Misread("too-much", token, ())
            width = len(span[2]) if span[2].startswith("0") else 0
            out += [f"{span[1] or ''}{n:0{width}d}".upper() for n in range(low, high + 1)]
        elif (named := _NAMED.fullmatch(bare)) is not None:
            out.append(named[1].upper())
    return list(dict.fromkeys(out))


def _is_of_party(action: Action) -> bool:
    """Whether it asks about an organisation and no ticket."""
    return isinstance(action, AskHistory) and bool(action.party)


def _names(action: Action) -> str:
    """The reference that an asking verb holds itself."""
    return "" if action.changes else str(getattr(action, "ref", ""))
