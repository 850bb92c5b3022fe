"""Mail from agents: proof, commands, what a reply means, crossing answers, leaks, forwarding on behalf of a customer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rules import belonging, control, rights, routing, several, sideways, strung
from rules.actions.base import Action, ends_in_text, read
from rules.actions.folding import fold
from rules.actions.opening import New
from rules.actions.posts import Note, Reply
from rules.actions.questions import AskHistory, Help
from rules.actions.service import Canned
from rules.actions.undo import Undo
from rules.actions.words import Misread
from rules.buttons import confirmed, held_decision
from rules.case import Case
from rules.facts.mail import SIGNATURES, Forwarded, Part
from rules.facts.sent import Sent
from rules.facts.terms import Address, Fate, Level, ReplyMeaning, address_key
from rules.facts.ticket import Ticket
from rules.frozen import replace
from rules.reading import commands, forwards, language, subject
from rules.verdict import Act, Allowance, Decided, Hold, Question, Verdict

LEAK_RUN = 5
"""Words in a row that an outgoing text may not share with an internal note."""
SEALS = SIGNATURES | {"application/pgp-keys", "text/vcard", "text/x-vcard"}
"""What clients add by themselves and no customer needs."""


def decide(case: Case) -> Verdict:
    """The verdict about a mail whose strict From is an agent's."""
    assert case.agent is not None  # noqa: S101 - the caller's promise, for the type checker
    f = case.facts
    to_control = control.is_to_control(case) and (control.is_alone(case) or _answered(case) is None)
    to_control = to_control or control.is_only_subject(case)
    if case.trust.level < Level.token:
        return control.unproven(case) if to_control and control.rows(case) else _unproven(case, "")
    if to_control and control.is_loose(case) and f.allowance.level is None:
        case.note("level", "the signature doesn't cover the subject", f.mail.subject)
        return control.unproven(case)
    if to_control and (f.thread is None or _ticket(case) is not None):
        opening = control.opening(case) if f.thread is None else None
        if opening is None:
            return control.by_agent(case)
        if case.trust.level < rights.level_needed(opening[1], case.scene):
            return control.unproven(case, [opening[0]])
        return _unthreaded(case, [opening[1]], [opening[0]], opening[2])
    if f.thread is not None and f.thread.by == "subject" and _ticket(case) is None:
        # the same words for a ticket that isn't there and for one that he may not know of
        line = case.found.lines[0].text if case.found.lines else commands.first_words(case.written.text)
        question = Question(number=1, line=line, code="no-such-ticket", word=f.thread.ticket.ref)
        return Hold(reason="unknown-command", questions=(question,), agent=case.agent.name)
    sent = _answered(case)
    if (
        sent is not None
        and sent.template in {"held", "crossing"}
        and f.held is not None
        and f.held.agent == case.agent.name
        and f.held.reason != "proof"
    ):
        return _about_held(case, sent)
    if sent is not None and sent.template == several.DIGEST:
        return several.answered(case, sent)
    actions, lines, questions, body = _read_lines(case)
    if questions:
        return Hold(reason="unknown-command", questions=tuple(questions), agent=case.agent.name, ticket=_ticket(case))
    for (number, line), action in zip(lines, actions, strict=True):
        needed = rights.level_needed(action, case.scene)
        if case.trust.level < needed:
            case.note("level", f"line {number} needs {int(needed)}", line)
            return _unproven(case, line)
    if (hold := _undo_beside(case, actions, lines, body, sent) or _to_several(case)) is not None:
        return hold
    if f.thread is None:
        return _unthreaded(case, actions, lines, body)
    return _threaded(case, f.thread.ticket, sent, actions, lines, body)


def _undo_beside(case: Case, actions: Sequence[Action], lines: Sequence[tuple[int, str]], body: str, sent: Sent | None) -> Hold | None:
    """Undo takes back another mail: what else stands beside it would be lost, or be done and taken back at once."""
    at = next((n for n, action in enumerate(actions) if isinstance(action, Undo)), None)
    is_alone = len(actions) == 1 and (not body.strip() or (sent is not None and sent.reply_meaning is ReplyMeaning.commands))
    if at is None or is_alone:
        return None
    number, line = lines[at]
    question = Question(number=number, line=line, code="undo-alone")
    return Hold(reason="refused", questions=(question,), agent=case.actor.name, ticket=_ticket(case), text=body.strip()[:2000])


def _to_several(case: Case) -> Hold | None:
    """An answer that was sent to the reply addresses of two tickets: whose customer is to read it, and which to act on, is for its author to say."""
    thread = case.facts.thread
    if thread is None or not thread.also or "several" in case.facts.allowance.guards:
        return None
    refs = [each.ref for each in (thread.ticket, *thread.also)]
    case.note("thread", "several", ", ".join(refs))
    question = Question(number=0, line="", code="several", word=", ".join(refs))
    return Hold(reason="several", questions=(question,), agent=case.actor.name, ticket=_ticket(case), text=case.written.text.strip()[:2000])


def _threaded(case: Case, ticket: Ticket, sent: Sent | None, actions: list[Action], lines: list[tuple[int, str]], body: str) -> Verdict:
    f = case.facts
    if (opening := next((said for said, action in zip(lines, actions, strict=True) if isinstance(action, New)), None)) is not None:
        # it would make another's request of this one, and send him the text
        question = Question(number=opening[0], line=opening[1], code="new-first")
        return Hold(reason="unknown-command", questions=(question,), agent=case.actor.name, ticket=ticket)
    meaning = sent.reply_meaning if sent is not None and sent.reply_meaning is not None else ReplyMeaning.note
    if any(isinstance(a, Note) and not a.text for a in actions):
        meaning = ReplyMeaning.note
        actions = [a for a in actions if not (isinstance(a, Note) and not a.text)]
    case.note("reply means", meaning.value, sent.template if sent else "not an answer to a mail of ours")
    parts = travelling(f.mail.parts, body)
    has_words = bool(body.strip()) or bool(parts)
    said: tuple[Action, ...] = ()
    actions, taken = sideways.handed_over(case, actions, sent, body.strip("\n"), parts)
    if taken:
        said = ()
    elif has_words and (answer := sideways.answer(case, sent, body.strip("\n"))) is not None:
        said = (answer,)
    elif has_words and meaning is ReplyMeaning.public:
        said = (Reply(text=body.strip("\n"), quoted=case.written.quoted, parts=parts, mail=f.id or None),)
    elif has_words and meaning is ReplyMeaning.note:
        said = (Note(text=body.strip("\n"), quoted=case.written.quoted, parts=f.mail.parts, mail=f.id or None),)
    if any(isinstance(a, Reply | Canned) for a in (*said, *actions)):
        if f.newer and not f.allowance.crossing:
            others = tuple({"author": p.author.name, "text": p.text[:2000], "at": p.at.isoformat()} for p in f.newer)
            return Hold(reason="crossing", agent=case.actor.name, ticket=ticket, crossing=others, text=body.strip()[:2000])
        leak = leaked(body, f.notes)
        if leak and "leak" not in f.allowance.guards:
            question = Question(number=0, line=leak, code="leak")
            return Hold(reason="leak", questions=(question,), agent=case.actor.name, ticket=ticket)
    unused = commands.first_words(body) if meaning is ReplyMeaning.commands else ""
    if not said and not actions:
        return Act(
            actor=case.actor,
            ticket=ticket,
            actions=() if unused else (Help(about="empty"),),
            fate=Fate.executed,
            why="only commands are read in replies to this mail" if unused else "nothing was written",
            report=bool(unused),
            unused=unused,
            reply_meaning=meaning,
        )
    changes = any(a.changes for a in actions) or said
    return Act(
        actor=case.actor,
        ticket=ticket,
        actions=(*said, *actions),
        lines=tuple(lines),
        fate=Fate.appended if said or (taken and has_words) else Fate.executed,
        why=f"reply, {meaning.value}" if said else "commands",
        report=bool(lines) and bool(changes),
        unused=unused,
        reply_meaning=meaning,
    )


def travelling(parts: Sequence[Part], body: str) -> tuple[Part, ...]:
    """The files of an agent's mail that go with his words: not the pictures of his signature or of what he quotes, no cards, no seals."""
    return tuple(p for p in parts if p.type.lower() not in SEALS and (not p.inline or not p.content_id or f"[cid:{p.content_id}]" in body))


def _unthreaded(case: Case, actions: list[Action], lines: list[tuple[int, str]], body: str) -> Verdict:
    f = case.facts
    words = bool(body.strip()) or bool(f.mail.parts)
    if (
        actions
        and not words
        and all(isinstance(a, Undo) or _stands_alone(a) for a in actions)
        and not any(isinstance(a, New) for a in actions)
    ):
        return Act(
            actor=case.actor, ticket=None, actions=tuple(actions), lines=tuple(lines), fate=Fate.executed, why="commands", report=True
        )
    new = next((a for a in actions if isinstance(a, New)), None)
    if not words and new is None and actions:
        needing = next(((n, line) for (n, line), a in zip(lines, actions, strict=True) if not _stands_alone(a)), (1, ""))
        refs = ", ".join(f.clues.refs)
        question = Question(number=needing[0], line=needing[1], code="no-such-ticket" if refs else "no-ticket", word=refs)
        return Hold(reason="unknown-command", questions=(question,), agent=case.actor.name)
    found = routed(case)
    case.asked.extend(found.trace)
    asked = tuple(readable(case, found.actions))
    forwarded = _forwarded(case)
    others = [a for a in actions if a is not new]
    if forwarded is not None and new is None:
        note = (forwarded.above or "").strip()
        note_body = commands.find(note).body.strip() if note else ""
        if forwarded is f.mail.attached_mail:
            note_body = body.strip()  # the forwarded mail is a file: all that stands in the mail is the agent's
        draft = _draft(case, forwarded.sender, subject.read(forwarded.subject or f.mail.subject).base)
        draft = replace(draft, language=language.detect(forwarded.text, f.policy.languages, forwarded.subject))
        first = replace(case.say(text=forwarded.text), quoted="", by=forwarded.sender)
        note_action: tuple[Action, ...] = (Note(text=note_body, mail=f.id or None),) if note_body else ()
        return Act(
            actor=case.actor,
            ticket=None,
            draft=draft,
            actions=(first, *note_action, *others),
            after_opening=asked,
            wishes=found.wishes,
            lines=tuple(lines),
            fate=Fate.opened,
            why=f"forwarded for {forwarded.sender.address}",
            acknowledge=True,
            report=True,
            on_behalf=True,
        )
    requester = new.requester() if new is not None else case.actor.address
    draft = _draft(case, requester, subject.read(f.mail.subject).base)
    if new is not None:
        draft = replace(draft, channel=new.channel())
    return Act(
        actor=case.actor,
        ticket=None,
        draft=draft,
        actions=(case.say(text=body.strip("\n")), *sideways.handed_over(case, others, None, body.strip("\n"), ())[0]),
        after_opening=asked,
        wishes=found.wishes,
        lines=tuple(lines),
        fate=Fate.opened,
        why="new ticket by staff",
        acknowledge=new is not None and bool(requester.address) and not _is_mine(case, requester),
        report=True,
        on_behalf=new is not None,
    )


def _is_mine(case: Case, requester: Address) -> bool:
    """Whether the agent is the requester himself, whom the report tells already."""
    return case.agent is not None and requester.key in {address_key(a) for a in case.agent.addresses}


def _stands_alone(action: Action) -> bool:
    """Whether a line says all that it needs, without a ticket around it."""
    return not action.needs_ticket or (isinstance(action, AskHistory) and bool(action.party))


def _draft(case: Case, requester: Address, title: str) -> Ticket:
    f = case.facts
    desk = next((a for a in (*f.envelope.recipients, *(x.address for x in f.mail.to)) if f.policy.is_own(a)), "")
    tags = dict(subject.read(f.mail.subject).tags)
    internal = "internal" in tags or "[internal]" in f.mail.subject.lower()
    draft = Ticket(
        subject=title,
        requester=requester,
        desk_address=f.policy.own_base(desk),
        channel="mail",
        origin="internal" if internal else "customer",
    )
    if internal:
        from rules.facts.terms import Visibility  # noqa: PLC0415

        draft = replace(draft, visibility=Visibility.internal)
    return draft


def routed(case: Case) -> routing.Routing:
    """What address, tags, form and rules ask for a new ticket of this mail."""
    f = case.facts
    return routing.route(
        f.mail,
        f.envelope,
        f.policy,
        actor=case.actor,
        party=f.party,
        machine=f.machine,
        contracts=tuple(each.key for each in f.things.in_force(belonging.day_of(f.at, f.policy))),
        language=f.form.language if f.form is not None else "",
        things=f.things,
        device=f.device,
        form=f.form,
    )


def readable(case: Case, lines: Sequence[str]) -> list[Action]:
    """The actions of lines that a rule or a tag asks for; one that can't be read is left out, and the trace says so."""
    from rules import lexicon  # noqa: PLC0415

    words = lexicon.words(case.facts.policy, case.facts.directory)
    out: list[Action] = []
    for line in lines:
        try:
            out.append(read(line, words))
        except Misread as miss:
            case.note("action", f"left out: {miss.code} {miss.word}", line)
    return out


def _forwarded(case: Case) -> Forwarded | None:
    """The mail inside a forward, if there is one whose sender is neither staff nor ourselves."""
    f = case.facts
    parsed = subject.read(f.mail.subject)
    found = forwards.find(f.mail.text) or (f.mail.attached_mail if parsed.is_forward or f.mail.attached_mail else None)
    if found is None or not found.sender.address:
        return None
    if f.policy.is_own(found.sender.address) or f.directory.agent_of(found.sender.address) is not None:
        return None
    if parsed.is_reply and not parsed.is_forward and f.mail.attached_mail is None:
        return None
    return found


def _answered(case: Case) -> Sent | None:
    """The mail of ours that this answers: by the thread, else by a genuine token of his own."""
    f = case.facts
    mine = {address_key(a) for a in case.agent.addresses} if case.agent else set()
    if f.thread is not None and f.thread.sent is not None and f.thread.sent.recipient_key in mine:
        return f.thread.sent
    return next((p.sent for p in f.presented if p.genuine and p.sent.recipient_key in mine and not p.token.is_button), None)


def _ticket(case: Case) -> Ticket | None:
    """The ticket of the thread, if the agent may know of it."""
    thread = case.facts.thread
    return thread.ticket if thread is not None and rights.may_see(thread.ticket, case.scene, case.actor.name) else None


def _unproven(case: Case, line: str) -> Hold:
    f = case.facts
    lines = [line] if line else [x.text for x in case.found.lines]
    questions = tuple(Question(number=n, line=text, code="proof") for n, text in enumerate(lines, 1))
    allowed = bool(f.mail.identity) and case.trust.why != "dmarc-fail"
    return Hold(
        reason="proof",
        questions=questions,
        agent=case.actor.name,
        ticket=_ticket(case),
        text=case.written.text[:500],
        may_carry_out=allowed,
    )


def _read_lines(case: Case) -> tuple[list[Action], list[tuple[int, str]], list[Question], str]:
    """Actions, their lines, what isn't understood, and the text that is left."""
    allowance = case.facts.allowance
    actions: list[Action] = []
    lines: list[tuple[int, str]] = []
    questions: list[Question] = []
    taken: set[int] = set()
    meant = [line for line in case.found.inside if line.number in allowance.replace]
    for line in sorted((*case.found.lines, *meant), key=lambda line: line.number):
        if not allowance.anyway and line.number not in allowance.replace and (pieces := strung.apart(line.text, case.words)):
            questions.append(Question(number=line.number, line=line.text, code="strung", near=("\n".join(pieces),)))
            continue
        for each in _instead(line, allowance):
            try:
                action = read(each, case.words)
            except Misread as miss:
                if allowance.anyway:
                    break
                questions.append(Question(number=line.number, line=each, code=miss.code, word=miss.word, near=miss.near))
            else:
                action, more = _continued(case.written.text, line.number, action)
                actions.append(_out_of(action, case.facts.id))
                lines.append((line.number, each))
                taken.update(more)
        else:
            taken.add(line.number)
    if not allowance.anyway:
        questions += _buried(case, allowance)
    body = _without_own_marks(case, commands.without(case.written.text, taken))
    return actions, lines, questions, "" if commands.says_nothing(body) and not case.facts.mail.files else body


def _without_own_marks(case: Case, body: str) -> str:
    """A text without what an unmarked signature says of its author alone: below the closing formula, rows with an address of his own and
    pictures that came with earlier mails, too.
    """
    rows = body.split("\n")
    at = next((n for n in range(len(rows) - 1, -1, -1) if commands.is_closing(rows[n])), len(rows))
    logos = {f"[cid:{p.content_id}]" for p in case.facts.mail.parts if p.content_id and p.sha256 in case.facts.pictures}
    own = [a.lower() for a in (case.agent.addresses if case.agent else ()) if not case.facts.policy.is_own(a)]
    below = [row for row in rows[at:] if row.strip() not in logos and not any(address in row.lower() for address in own)]
    return "\n".join([*rows[:at], *below]).rstrip("\n") if len(below) < len(rows) - at else body


def _continued(text: str, number: int, action: Action) -> tuple[Action, tuple[int, ...]]:
    """The action with the lines below that belong to its text, and their numbers: what somebody meant to stay inside never goes out."""
    name = ends_in_text(action)
    more = commands.continued(text, number, whole=isinstance(action, Note)) if name else ()
    if not more:
        return action, ()
    rows = text.split("\n")
    glue = "\n" if isinstance(action, Note) else " "
    return replace(action, **{name: glue.join([getattr(action, name), *(rows[n - 1].strip() for n in more)])}), more  # type: ignore[type-var]


def _out_of(action: Action, mail: int) -> Action:
    """The action, which notes the mail that its words came by."""
    return replace(action, mail=mail) if mail and hasattr(action, "mail") else action  # type: ignore[type-var]


def _instead(line: commands.Line, allowance: Allowance) -> list[str]:
    """What stands for a line: itself, or the lines that somebody chose instead."""
    return [each for each in allowance.replace.get(line.number, line.text).split("\n") if each.strip()]


def _buried(case: Case, allowance: Allowance) -> list[Question]:
    """Lines in the middle of the text that would be commands elsewhere: they may be meant as such."""
    found: list[Question] = []
    for line in case.found.inside:
        if line.number in allowance.replace or fold(line.text.partition(" ")[0]) not in case.words.verbs:
            continue
        try:
            read(line.text, case.words)
        except Misread:
            continue
        found.append(Question(number=line.number, line=line.text, code="inside", near=(line.text,)))
    return found


def _about_held(case: Case, sent: Sent) -> Verdict:
    """A reply to a question about a held mail: corrected lines stand in for those that were asked about."""
    f = case.facts
    assert f.held is not None  # noqa: S101
    said = [piece for line in case.found.lines for piece in strung.apart(line.text, case.words) or (line.text,)]
    if not f.held.is_held:
        return held_decision(case, f"held {f.held.id} anyway", sent)
    if not said:
        question = Question(number=1, line=commands.first_words(case.written.text), code="no-decision")
        return Hold(reason="unknown-command", questions=(question,), agent=case.actor.name)
    numbers = list(f.held.numbers) or [1]
    replace_by = dict.fromkeys(numbers[1:], "")
    replace_by[numbers[0]] = "\n".join(said)
    return Decided(actor=case.actor, held=f.held.id, allowance=Allowance(replace=replace_by, level=confirmed(case, f.held)))


def leaked(text: str, notes: Sequence[str]) -> str:
    """The first run of words that an outgoing text shares with an internal note; empty if there is none."""
    out = re.findall(r"\w+", text.casefold())
    if len(out) < LEAK_RUN:
        return ""
    ours: set[tuple[str, ...]] = set()
    for note in notes:
        words = re.findall(r"\w+", note.casefold())
        ours.update(tuple(words[i : i + LEAK_RUN]) for i in range(len(words) - LEAK_RUN + 1))
    for i in range(len(out) - LEAK_RUN + 1):
        if tuple(out[i : i + LEAK_RUN]) in ours:
            return " ".join(out[i : i + LEAK_RUN])
    return ""
