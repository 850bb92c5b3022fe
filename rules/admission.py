"""Mail about who may do what: registration, users that a customer names, approvals; and what is said where somebody may not.

Asked by `rules.customers` before it asks what a mail means for a ticket. The verbs are `rules.actions.access`.
"""

from __future__ import annotations

from collections.abc import Sequence

from rules import control, rights
from rules.actions.access import REGISTER, Confirm, Decline, Grant
from rules.actions.base import Action, Refused, read
from rules.actions.folding import fold
from rules.actions.posts import Say
from rules.actions.words import Misread
from rules.case import Case
from rules.facts.terms import Fate, Level, address_key
from rules.frozen import replace
from rules.reading.thanks import is_only_thanks
from rules.verdict import Act, Hold, Question, Verdict

VERBS = frozenset({"register", "confirm", "adduser", "grant", "approve", "deny"})
"""What is about people, not about tickets."""
DECLINED = frozenset(
    "no-function not-entitled not-approver was-decided wrong-token old-token unknown-role unknown-function unknown-category"
    " unknown-language not-yours no-party own-address rate-open".split()
)
"""Codes of refusals that a customer is told in so many words."""
Lines = Sequence[tuple[int, str]]


def decide(case: Case, actions: Sequence[Action], lines: Lines, body: str) -> Verdict | None:
    """The verdict about a mail that answers a registration, or says one of these verbs and nothing else; None for every other mail."""
    if (answer := _registration(case)) is not None:
        return answer
    mine = [a for a in actions if a.verb in VERBS]
    if not mine:
        return None
    if (hold := unproven(case, actions, lines)) is not None:
        return hold
    answers = bool(case.facts.admission and case.facts.admission.answered)
    alone = case.facts.thread is None and (
        not body.strip() or answers or control.is_to_control(case) or is_only_thanks(body, has_files=False)
    )
    if not alone or any(not p.inline for p in case.facts.mail.parts):
        return None
    return Act(actor=case.actor, ticket=None, actions=tuple(actions), lines=tuple(lines), fate=Fate.executed, why="about people")


def unproven(case: Case, actions: Sequence[Action], lines: Lines) -> Hold | None:
    """The question `was this you?` where a line needs a surer sender and he would have the right; whoever has none is told so at once."""
    f = case.facts
    for (number, line), action in zip(lines, actions, strict=True):
        if action.verb not in VERBS or case.trust.level >= rights.level_needed(action, case.scene) or _lacks(case, action):
            continue
        case.note("level", f"line {number} needs more", line)
        person = f.person
        return Hold(
            reason="proof",
            questions=(Question(number=number, line=line, code="proof"),),
            customer=person.addresses[0] if person is not None and person.addresses else case.actor.address.address,
            may_carry_out=bool(f.mail.identity) and case.trust.why != "dmarc-fail",
        )
    return None


def controlled(case: Case) -> tuple[list[Action], list[tuple[int, str]]]:
    """The access verbs of a mail to the control address, a line each, `#` or not; the subject alone will do. Nothing of other mails."""
    if not control.is_to_control(case):
        return [], []
    found = _read(case, control.rows(case))
    return found if found[0] else _read(case, [(0, case.facts.mail.subject.strip().lstrip("#"))])


def declined(act: Act, refusal: Refused) -> Act:
    """What is left of a customer's mail of which something may not be: his words, and a mail that says why not."""
    index = getattr(refusal, "index", 0)
    at = index - (len(act.actions) - len(act.lines))
    line = act.lines[at][1] if 0 <= at < len(act.lines) else str(refusal.words.get("verb", ""))
    word = next(iter(refusal.words.values()), "")
    said = tuple(a for a in act.actions if isinstance(a, Say))
    no = Decline(code=refusal.code, line=line, about=word)
    fate = act.fate if act.draft is not None else Fate.appended if said and act.ticket is not None else Fate.refused
    return replace(
        act,
        actions=(*said, no) if act.ticket is not None or act.draft is not None else (no,),
        lines=(),
        fate=fate,
        why=f"not done: {refusal.code}",
        pressed=None,
    )


def _registration(case: Case) -> Act | None:
    """What an answer to the mail with the token does: it registers once, within its time, by its owner, with the right token."""
    f = case.facts
    given = [p for p in f.presented if p.sent.template == REGISTER]
    known = {p.token for p in f.presented}
    forged = any(not p.genuine for p in given) or any(t.ref == REGISTER and t not in known for t in f.clues.tokens)
    if not given and not forged:
        return None
    mine = {address_key(f.mail.identity)} if f.mail.identity else set()
    if f.person is not None and mine:
        mine |= {address_key(a) for a in f.person.addresses}
    sent = given[0].sent if given else None
    if forged or sent is None or sent.recipient_key not in mine or case.trust.level < Level.token:
        return _no(case, "wrong-token")
    if any(outbox_id == sent.outbox_id for outbox_id, _ in f.used):
        return _no(case, "registered")
    if not sent.may_press(f.at):
        return _no(case, "old-token")
    return Act(
        actor=case.actor,
        ticket=None,
        actions=(Confirm(),),
        lines=((1, "confirm"),),
        fate=Fate.executed,
        why="registered",
        pressed=(sent.outbox_id, "confirm"),
    )


def _no(case: Case, code: str) -> Act:
    case.note("registration", code)
    fate = Fate.executed if code == "registered" else Fate.refused
    return Act(actor=case.actor, ticket=None, actions=(Decline(code=code),), fate=fate, why=f"registration: {code}")


def _lacks(case: Case, action: Action) -> bool:
    """Whether he hasn't got the right, whoever he is."""
    person, given = case.facts.person, case.facts.admission
    if action.verb == "adduser" or (isinstance(action, Grant) and "@" in action.what):
        return person is None or action.verb not in person.may
    mine = {case.actor.address.key, *(address_key(a) for a in (person.addresses if person else ()))}
    return given is None or not any(request.concerns(mine) for request in given.requests.values())


def _read(case: Case, rows: Sequence[tuple[int, str]]) -> tuple[list[Action], list[tuple[int, str]]]:
    actions: list[Action] = []
    lines: list[tuple[int, str]] = []
    for number, row in rows:
        verb = case.words.verbs.get(fold(row.partition(" ")[0]))
        if verb not in VERBS:
            continue
        try:
            actions.append(read(row, case.words))
        except Misread:
            continue
        lines.append((number, row))
    return actions, lines
