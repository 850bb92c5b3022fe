"""Who is told of what: one table from what happened to recipient and text. Pure; the words themselves are in `templates/`.

One cause, one person, one mail: `closed` > `message` > `taken` > `status`, the answer included. The actor is not told of his own act.
"""

from __future__ import annotations

from rules.customer_notices import to_customers
from rules.facts.people import Directory
from rules.facts.policy import Policy
from rules.facts.sent import RecipientKind
from rules.frozen import replace
from rules.hearers import named
from rules.notice import Happened, Notice
from rules.staff_notices import is_actor, to_agent, to_staff

RANK = {
    name: n
    for n, name in enumerate(
        ("closed", "message", "received", "reopened", "taken", "status", "assigned", "new-in-group", "new-in-category", "appended")
    )
}
"""Which of several texts to one person about one cause is sent: the first."""


def tell(what: Happened, policy: Policy, directory: Directory) -> tuple[Notice, ...]:
    """Every mail that a change causes, each person once."""
    made = _redirected([*to_customers(what, policy, directory), *to_staff(what, policy, directory)], what, policy, directory)
    best: dict[str, Notice] = {}
    for notice in made:
        if not notice.to.address or not _switched_on(notice, policy):
            continue
        key = notice.to.key
        if key not in best or RANK.get(notice.template, 99) < RANK.get(best[key].template, 99):
            best[key] = notice
    return tuple(best.values())


def _redirected(made: list[Notice], what: Happened, policy: Policy, directory: Directory) -> list[Notice]:
    """The notices after `[notify]` has said who gets a text instead of the usual ones; the owner gets his whatever stands there."""
    out: list[Notice] = []
    for template in dict.fromkeys(n.template for n in made):
        usual = [n for n in made if n.template == template]
        told = policy.notify.told(template)
        if told is None or not told.on or not told.to:
            out += usual
            continue
        words = {_ROLES.get(word, word) for word in told.to}
        out += [n for n in usual if n.reason in words or n.reason == "assigned"]
        ticket = what.after
        for word in told.to:
            found = directory.leaders(ticket.group) if word == "manager" else ()
            for each in (*(a.address for a in found), *named(word, directory, policy)):
                agent = directory.agent_of(each.address)
                if agent is not None:
                    out.append(
                        replace(to_agent(agent, template, "manager" if found else "category", what, usual[0].post), after=usual[0].after)
                    )
                else:
                    copy = replace(usual[0], to=each, kind=RecipientKind.other, reason="category", language="", buttons=())
                    out.append(copy)
    return [n for n in out if n.kind is RecipientKind.customer or not is_actor(n, what.actor, directory)]


_ROLES = {"watchers": "watching", "assignee": "assigned"}
"""Words of the config for reasons of notices; `requester` and `group` are the same."""


def _switched_on(notice: Notice, policy: Policy) -> bool:
    told = policy.notify.told(notice.template)
    return told is None or told.on or notice.reason == "assigned"
