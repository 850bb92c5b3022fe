"""What an agent's mail did: one report, line by line, with undo and stop. What is asked about instead is `questions.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mailgate.letters import changes, letters, particulars, readers
from mailgate.letters.events import Event
from mailgate.letters.particulars import button
from rules import routing
from rules.actions.posts import Note
from rules.facts.people import Directory
from rules.facts.sent import RecipientKind
from rules.notice import Notice
from rules.perform import Step
from rules.verdict import Act, Many
from store.ledger import Written
from store.outbox import Letter
from templates import languages
from templates.times import Times, times

if TYPE_CHECKING:
    from rules.case import Facts


def report(facts: Facts, act: Act, written: Written, told: Sequence[Notice], event: Event) -> Letter:
    """What an agent's mail did, line by line, with undo and stop."""
    ticket = written.ticket
    customers = [n for n in told if n.kind is RecipientKind.customer]
    answer = [n for n in customers if n.template in {"message", "closed"} and n.post is not None]
    answer += [n for n in told if n.kind is RecipientKind.other and n.post is not None and n.post.agent and not n.automatic]
    leaves = max((event.at + n.after for n in answer if n.after), default=None)
    undone = written.outcome.undo
    language = readers.language_of_actor(facts, act)
    told_in = _times(facts, language)
    # an answer gives the request to its author before his `#take` could
    alone = not any(step.changed for step in written.outcome.steps[: -len(act.lines) or None])
    lines = [
        _line(_said(text, act, language), step, told_in, facts.directory, written, alone=alone)
        for (_, text), step in zip(act.lines, written.outcome.steps[-len(act.lines) :] if act.lines else (), strict=False)
    ]
    for wish in act.wishes:
        said = languages.word(language, "problems", "wrong-value").format(value=wish)
        lines.append({"line": f"[{wish}]", "ok": False, "result": said})
    if act.unused:
        lines.append({"line": act.unused, "ok": False, "result": languages.word(language, "problems", "unused")})
    if undone:
        lines = [
            {
                "line": f"#{_said('undo', act, language)}",
                "ok": True,
                "result": changes.done(written.outcome.steps[-1], told_in, facts.directory) if written.outcome.steps else "",
            }
        ]
        left = languages.word(language, "common", "gone")
        lines += [{"line": g["subject"], "ok": False, "result": left.format(who=g["to"])} for g in written.gone]
    lines += _withheld(written, language)
    cause = f"mail:{facts.id}"
    buttons = []
    if not undone and written.before is not None and any(step.did for step in written.outcome.steps):
        key = "stop" if leaves is not None else "undo"
        buttons.append(button(key, f"undo {cause}", word="stop" if leaves is not None else "undo"))
    for n, near in enumerate(dict.fromkeys(line for wish in act.wishes for line in routing.meant(wish, facts.policy)), 1):
        buttons.append(button(f"meant:{n}", near, word=f"#{near}", label=f"#{near}"))
    if act.on_behalf:
        buttons.append(button("wrong-person", "wrong-person", word="wrong-person"))
    notice = Notice(
        template="report",
        to=readers.agent_address(facts, act.actor.name) or act.actor.address,
        kind=RecipientKind.agent,
        reason="author",
        automatic="replied",
        language=readers.agent_language(facts, act.actor.name),
        ticket=ticket if ticket.id else None,
    )
    return letters.letter(
        notice,
        event,
        {
            "lines": lines,
            "leaves_at": leaves.isoformat() if leaves else "",
            "scheduled": leaves is not None and leaves - event.at > facts.policy.hold,
            "answer_to": [particulars.person(n.to) for n in answer],
            "opened_for": particulars.person(ticket.requester) if act.on_behalf else None,
            "noted": act.on_behalf and any(isinstance(a, Note) for a in act.actions),
            "undone": undone,
            "kept_back": undone and bool(written.dropped),
            "idle": bool(act.unused) and not act.actions,
            "buttons": buttons,
        },
    )


def report_of_many(facts: Facts, many: Many, done: Sequence[Written], event: Event) -> Letter:
    """What an agent's lines did on several tickets, with undo for all of them."""
    agent = many.actor.name
    language = languages.choose(readers.agent_language(facts, agent), facts.policy.languages)
    told_in = _times(facts, language)
    lines: list[dict[str, Any]] = [
        {
            "line": piece.line,
            "ok": True,
            "result": "; ".join(
                part for part in (written.ticket.ref, *(_done(s, told_in, facts.directory, written) for s in written.outcome.steps)) if part
            ),
        }
        for piece, written in zip(many.pieces, done, strict=True)
    ]
    lines += [each for written in done for each in _withheld(written, language)]
    if many.unused:
        word = languages.word(language, "problems", "unused")
        lines.append({"line": many.unused[:80], "ok": False, "result": word})
    changed = any(piece.action.changes for piece in many.pieces)
    notice = Notice(
        template="report",
        to=readers.agent_address(facts, agent) or many.actor.address,
        kind=RecipientKind.agent,
        reason="author",
        automatic="replied",
        language=readers.agent_language(facts, agent),
    )
    extra = {
        "lines": lines,
        "leaves_at": "",
        "scheduled": False,
        "answer_to": [],
        "opened_for": None,
        "noted": False,
        "undone": False,
        "kept_back": False,
        "idle": bool(many.unused) and not many.pieces,
        "subject": facts.mail.subject,
    }
    return letters.letter(notice, event, extra | {"buttons": [button("undo", f"undo mail:{facts.id}", word="undo")] if changed else []})


def _said(line: str, act: Act, language: str) -> str:
    """A line (without `#`) as its author said it: in his words, or in those of the button that he pressed."""
    return line if act.pressed is None else languages.spell(line, language, staff=True).removeprefix("#")


def _line(text: str, step: Step, told_in: Times, directory: Directory, written: Written, *, alone: bool) -> dict[str, Any]:
    return {"line": f"#{text}", "ok": True, "result": _done(step, told_in, directory, written) if step.did or alone else ""}


def _done(step: Step, told_in: Times, directory: Directory, written: Written) -> str:
    """What a step changed; of a request that came apart or went into another, also the number where it is now."""
    verb = step.action.partition(" ")[0]
    other = written.split.ticket if verb == "split" and written.split is not None else None
    if verb == "merge" and written.joined is not None:
        other = written.joined.home
    said = changes.done(step, told_in, directory)
    return "; ".join(filter(None, (f"→ {other.ref} {other.subject}" if other is not None else "", said)))


def _withheld(written: Written, language: str) -> list[dict[str, Any]]:
    """The scheduled answers that closing kept back: their author believes that they leave."""
    said = languages.word(language, "common", "withheld")
    return [{"line": mail["subject"], "ok": False, "result": said.format(who=mail["to"])} for mail in written.withheld]


def _times(facts: Facts, language: str) -> Times:
    return times(language, facts.policy.desk.timezone, facts.at.isoformat())
