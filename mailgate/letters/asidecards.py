"""The keys that only the cards of mails to named people have: opinions, private messages, tasks, orders. See `templates.cards`.

What all cards hold is filled in `mailgate.letters.letters`, which calls `own_keys`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rules.facts.people import Agent, Directory
from rules.notice import Notice

TEMPLATES = frozenset({"message", "opinion-asked", "opinion-given", "fyi", "private-message", "task", "order"})
"""The texts that may go to named people."""
Named = Callable[[str], str]
"""Display name of an agent as the reader may see it; empty for nobody."""


def own_keys(
    notice: Notice, post: Mapping[str, Any], excerpt: Mapping[str, Any] | None, *, named: Named, directory: Directory, desk: str
) -> dict[str, Any]:
    """The keys of this text's card; empty for a text that is none of these. `post` and `excerpt` are posts as this reader may see them.

    `desk` is the name in which the clock and the rules speak.
    """
    card = notice.card
    asker = str(card.get("asker", ""))
    sender = named(asker) if asker in directory.agents else desk
    match notice.template:
        case "opinion-asked":
            return {
                "asker": sender,
                "question": str(card.get("question", "")),
                "by": str(card.get("by", "")),
                "excerpt": dict(excerpt) if excerpt is not None else None,
                "late": bool(card.get("late")),
            }
        case "opinion-given":
            return {"question": str(card.get("question", "")), "post": dict(post)}
        case "fyi":
            return {
                "sender": sender,
                "text": str(card.get("text", "")),
                "excerpt": dict(excerpt) if excerpt is not None else None,
                "reminder": _reminder(card, asker, directory.agent_of(notice.to.address)),
            }
        case "private-message":
            return {"post": dict(post), "others": [str(name) for name in card.get("others", ())], "outside": bool(card.get("outside"))}
        case "task":
            return _task(notice, named, directory)
        case "order":
            return _order(card["order"], notice, named)
        case _:
            return {}


def _reminder(card: Mapping[str, Any], asker: str, reader: Agent | None) -> str:
    """Whose reminder it is, as the reader sees it; empty for what is no reminder."""
    if not card.get("reminder"):
        return ""
    return "own" if reader is not None and reader.name == asker else "other"


def _task(notice: Notice, named: Named, directory: Directory) -> dict[str, Any]:
    task = notice.card["task"]
    assignee = str(task["assignee"])
    agent = directory.agent_of(notice.to.address)
    mine = agent is not None and (agent.name == assignee or (assignee.startswith("@") and agent in directory.members(assignee[1:])))
    return {
        "event": str(notice.card["event"]),
        "task": task_card(task, named, directory),
        "actor": named(by) if (by := str(notice.card.get("by", ""))) in directory.agents else "",
        "mine": mine,
    }


def task_card(task: Mapping[str, Any], named: Named, directory: Directory) -> dict[str, str]:
    """A task as cards hold it, from its JSON values."""
    assignee = str(task["assignee"])
    group = directory.groups.get(assignee[1:]) if assignee.startswith("@") else None
    return {
        "ref": str(task["ref"]),
        "text": str(task["text"]),
        "assignee": (group.title or group.key) if group else named(assignee),
        "state": str(task["state"]),
        "due_at": str(task["due_at"] or ""),
    }


def _order(order: Mapping[str, Any], notice: Notice, named: Named) -> dict[str, Any]:
    ticket = notice.ticket
    end = ticket.endcustomer if ticket is not None else {}
    by = str(notice.card.get("by", ""))
    where = ticket.fields.get("site") or ticket.fields.get("address") if ticket is not None else ""
    return {
        "number": str(order["ref"]),
        "technician": named(str(order["technician"])),
        "when": str(order["when_at"] or ""),
        "site": "\n".join(x for x in (end.get("name", ""), where or "") if x),
        "phone": end.get("phone", "") or (ticket.fields.get("phone", "") if ticket is not None else ""),
        "text": str(order["text"]) or (notice.excerpt.text if notice.excerpt is not None and not by else ""),
        "lines": [],
        "hours": [
            {"at": str(h["at"]), "who": named(str(h["who"])), "minutes": int(h["minutes"]), "text": str(h["text"])}
            for h in _rows(order, "hours")
        ],
        "parts": [
            {"number": str(p["number"]), "text": str(p["text"]), "amount": float(p["amount"]), "unit": str(p["unit"])}
            for p in _rows(order, "parts")
        ],
        "finished": order["state"] == "done",
        "mine": not by,
        "reporter": (named(by) or by) if by else "",
        "report": notice.excerpt.text if by and notice.excerpt is not None else "",
    }


def _rows(order: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    return order.get(name) or ()
