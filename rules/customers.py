"""Mail from everybody who is not staff: what is asked of it first, and what of it stands in no thread.

New requests are made in `rules.requests`, what belongs to a ticket is looked at in `rules.replies`, a customer's own verbs are read in
`rules.customer_lines`.
"""

from __future__ import annotations

from rules import admission, conditions, control, customer_lines, replies, requests, rights
from rules.actions.base import Action, read
from rules.actions.folding import fold
from rules.actions.words import Misread
from rules.case import Case
from rules.facts.terms import Fate, Status
from rules.facts.ticket import Ticket
from rules.frozen import replace
from rules.reading import subject
from rules.verdict import Act, Hold, Question, Verdict


def decide(case: Case) -> Verdict:
    """The verdict about a mail whose sender is not staff."""
    f = case.facts
    guards = f.allowance.guards
    if not f.mail.identity and f.mail.identity_fault in {"from-count", "from-syntax"} and "identity" not in guards:
        return Hold(reason="identity", questions=(Question(number=0, line=f.mail.sender.address, code=f.mail.identity_fault),))
    if "spam" not in guards and (why := conditions.spam(f.mail, f.policy)):
        case.note("spam", "held", why)
        return Hold(reason="spam", questions=(Question(number=0, line=why, code="spam"),))
    if f.is_blocked and "spam" not in guards:
        case.note("spam", "held", "called spam by staff")
        return Hold(reason="spam", questions=(Question(number=0, line=case.actor.address.address, code="spam"),))
    actions, lines, body = customer_lines.commands(case)
    if (about := admission.decide(case, actions, lines, body)) is not None:
        return about
    if f.thread is not None:
        return replies.threaded(case, f.thread.ticket)
    if control.is_to_control(case) and (done := control.by_customer(case)) is not None:
        return done
    if any(a.verb in admission.VERBS for a in actions):
        opened = requests.opened(case)
        return replace(opened, actions=(*opened.actions, *actions), lines=tuple(lines)) if isinstance(opened, Act) else opened
    if body.strip() and any(a.verb in BESIDE for a in actions):
        return _opened_and_asked(case, actions, lines)
    if lines and not body.strip() and not f.mail.parts and all(not a.changes for a in actions):
        return Act(actor=case.actor, ticket=None, actions=tuple(actions), lines=tuple(lines), fate=Fate.executed, why="asked")
    if (asked := _asked_by_subject(case, body)) is not None:
        return asked
    return requests.opened(case)


BESIDE = frozenset({"help", "faq", "list"})
"""Questions that a new request may hold beside its text; how a request stands that is only just opened its acknowledgement says."""


def _opened_and_asked(case: Case, actions: list[Action], lines: list[tuple[int, str]]) -> Verdict:
    """A request with a question to the desk in a line of its own: both are answered, and the line is no part of the text."""
    opened = requests.opened(case)
    if not isinstance(opened, Act):
        return opened
    asked = [(line, action) for line, action in zip(lines, actions, strict=True) if action.verb in BESIDE]
    rows = case.written.text.split("\n")
    numbers = {number for (number, _), _ in asked}
    text = "\n".join(row for n, row in enumerate(rows, 1) if n not in numbers).strip("\n")
    return replace(opened, actions=(case.say(text=text), *(action for _, action in asked)), lines=tuple(line for line, _ in asked))


def _asked_by_subject(case: Case, body: str) -> Act | None:
    """A question that stands in the subject of a mail without text: `#list`, or `FAQ toner`. Any other word alone is a request."""
    read_subject = subject.read(case.facts.mail.subject)
    said = read_subject.base.strip()
    is_marked = said[:1] in {"#", "＃"} and said[1:2].isalpha()
    if body.strip() or case.facts.mail.parts or read_subject.is_reply or not (is_marked or fold(said.partition(" ")[0]) == "faq"):
        return None
    line = said.lstrip("#＃")
    if fold(line.partition(" ")[0]) not in case.words.verbs:
        return None
    try:
        action = read(line, case.words)
    except Misread:
        return None
    if action.changes or case.trust.level < rights.level_needed(action, case.scene):
        return None
    return Act(actor=case.actor, ticket=None, actions=(action,), lines=((1, line),), fate=Fate.executed, why="asked")


def as_request(case: Case) -> Verdict:
    """The mail as a request of its own: what becomes of commands about tickets that aren't the sender's."""
    return requests.opened(case)


def kept_as_text(case: Case, ticket: Ticket, why: str) -> Verdict:
    """A mail whose command may not be now: all of it is text for staff, so that nothing a customer wrote waits unseen."""
    say = case.say(keeps_status=ticket.status is Status.closed)
    return Act(actor=case.actor, ticket=ticket, actions=(say,), fate=Fate.appended, why=f"not done: {why}")
