"""Mail that stands beside the conversation: the text that a verb takes as its own, and answers to opinions, private messages and sent mail.

The answer of whoever was asked goes to the asker alone, that of somebody outside stays in his side thread; the customer sees neither.
What an agent replies to any of them stays inside, as the mail that he answers says: only `send` and `private` write to people outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rules.actions.asides import Beside, SideReply
from rules.actions.base import Action
from rules.actions.tasks import DoTask, FinishTask, GiveTask
from rules.case import Case
from rules.facts.mail import Part
from rules.facts.sent import RecipientKind, Sent
from rules.facts.terms import Fate, PostKind, address_key
from rules.facts.ticket import Post, Ticket
from rules.frozen import replace
from rules.reading.commands import says_nothing
from rules.verdict import Act


def handed_over(case: Case, actions: Sequence[Action], sent: Sent | None, body: str, parts: tuple[Part, ...]) -> tuple[list[Action], bool]:
    """The actions with the mail's text given to those that take it, and whether any did; `done` gets the task that the mail answers."""
    out: list[Action] = []
    taken = False
    mail = case.facts.id or None
    for action in actions:
        made = action
        if isinstance(action, Beside) and action.takes_body:
            text = "\n\n".join(t for t in (action.text, body) if t)
            made = _with(action, text=text, quoted=case.written.quoted, parts=parts, mail=mail)
            taken = True
        elif isinstance(action, GiveTask) and parts and says_nothing(body) and not taken:
            made = replace(action, parts=parts, mail=mail)
            taken = True
        elif isinstance(action, FinishTask | DoTask) and not action.ref and sent is not None:
            kind, _, ref = sent.about.partition(":")
            if kind == "task" or (kind == "order" and isinstance(action, FinishTask)):
                made = replace(action, ref=ref)
        elif (
            action.verb in {"hours", "parts"} and not getattr(action, "order", "") and sent is not None and sent.about.startswith("order:")
        ):
            made = _with(action, order=sent.about.removeprefix("order:"))
        out.append(made)
    return out, taken


def answer(case: Case, sent: Sent | None, body: str) -> Action | None:
    """What an agent's words mean as an answer to a mail of this kind; None where the usual meaning holds."""
    post = case.facts.about
    if sent is None or post is None or sent.template not in {"opinion-asked", "private-message"}:
        return None
    files = case.facts.mail.parts
    common: dict[str, Any] = {"text": body, "quoted": case.written.quoted, "parts": files, "mail": case.facts.id or None}
    if sent.template == "opinion-asked":
        return SideReply(
            kind=PostKind.opinion, who=_author(post), about=post.id, template="opinion-given", card={"question": post.text}, **common
        )
    if post.kind is not PostKind.private:
        return None  # somebody outside wrote it: the mail said that a reply stays inside, so it is a note, and `send` writes to him
    colleagues = tuple(w for w in dict.fromkeys((*_author(post), *post.to)) if w != case.actor.name and not _is_outside(w, case))
    return SideReply(kind=PostKind.private, who=colleagues, about=post.id, **common)


def from_outside(case: Case, ticket: Ticket) -> Act | None:
    """The verdict about an answer of somebody outside to a mail that went to him alone; None for every other mail."""
    f = case.facts
    sent = f.thread.sent if f.thread is not None else None
    if sent is None or sent.recipient_kind is not RecipientKind.other or ticket.is_participant(case.actor.address.address):
        return None
    if sent.recipient_key not in {case.actor.address.key, *(address_key(a) for a in (f.person.addresses if f.person else ()))}:
        return None
    post = f.about
    common: dict[str, Any] = {
        "text": case.written.text,
        "quoted": case.written.quoted,
        "parts": f.mail.parts,
        "mail": f.id or None,
        "about": post.id if post is not None else 0,
    }
    if sent.template == "opinion-asked" and post is not None:
        said = SideReply(kind=PostKind.opinion, who=_author(post), template="opinion-given", card={"question": post.text}, **common)
    elif sent.template == "private-message" and post is not None:
        others = tuple(w for w in (*_author(post), *post.to) if "@" not in w[1:] or address_key(w) != case.actor.address.key)
        said = SideReply(kind=PostKind.private, who=tuple(dict.fromkeys(others)), **common)
    else:
        kind = PostKind.note if sent.template == "fyi" else PostKind.third_party  # what was for information is no thread of his
        said = SideReply(kind=kind, who=_author(post) if post is not None else (), card={"outside": True}, **common)
    return Act(
        actor=case.actor, ticket=ticket, actions=(said,), fate=Fate.appended, why=f"answers what was sent to him alone: {sent.template}"
    )


def _author(post: Post) -> tuple[str, ...]:
    """Who wrote a post: the agent, else the address; nobody for the desk itself."""
    return (
        (post.agent,) if post.agent and post.agent != "admin" else (post.author.address,) if post.author.address and not post.agent else ()
    )


def _is_outside(word: str, case: Case) -> bool:
    """Whether a word of a private post's `to` is an address of nobody on the staff."""
    return "@" in word[1:] and case.facts.directory.agent_of(word) is None


def _with(action: Action, **values: Any) -> Action:  # noqa: ANN401 - fields of a verb
    return replace(action, **values)  # type: ignore[type-var]  # every verb is a dataclass
