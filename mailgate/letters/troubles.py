"""What staff is told of when something went wrong: mail that did not arrive, a storm of mail, a config that was not taken."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mailgate.letters import letters
from mailgate.letters.events import Event
from rules.facts.people import Directory
from rules.facts.policy import Policy
from rules.facts.sent import RecipientKind
from rules.facts.terms import Address
from rules.facts.ticket import Ticket
from rules.notice import Notice
from rules.verdict import Bounced, Settle
from store.outbox import Letter

if TYPE_CHECKING:
    from rules.case import Facts


def no_contract(facts: Facts, what: Settle, event: Event) -> Letter:
    """To somebody unknown whose mail the desk does not take: nothing was opened, with none of his words."""
    to = Address(address=facts.mail.identity or facts.mail.sender.address)
    notice = Notice(
        template="no-contract", to=to, kind=RecipientKind.customer, reason="requester", automatic="replied", language=what.language
    )
    return letters.letter(notice, event, {"unknown": True})


def storm(facts: Facts, limit: str, event: Event) -> list[Letter]:
    """To the admin: automatic answers have stopped by that limit."""
    return _alerts(facts.policy, "storm", f"{limit}: {facts.mail.sender.address}" if limit == "pair" else limit, event)


def config_refused(policy: Policy, mistakes: Iterable[str], event: Event) -> list[Letter]:
    """To the admin: the changed config has these mistakes, the old one stays."""
    return _alerts(policy, "config", "\n".join(mistakes), event)


def token_refused(policy: Policy, reasons: Iterable[str], event: Event) -> list[Letter]:
    """To the admin: no access token can be renewed; when the one in use ends, mail neither comes nor leaves."""
    return _alerts(policy, "token", "\n".join(reasons), event)


def _alerts(policy: Policy, what: str, value: str, event: Event) -> list[Letter]:
    return [
        letters.letter(
            Notice(template="alert", to=Address(address=admin), kind=RecipientKind.agent, reason="admin"),
            event,
            {"what": what, "value": value},
        )
        for admin in policy.desk.admin
    ]


def bounced(facts: Facts, what: Bounced, ticket: Ticket, event: Event) -> list[Letter]:
    """To the owner of the ticket: a mail of ours came back."""
    failed = [{"address": f.address, "status": f.status, "diagnostic": f.diagnostic[:300]} for f in what.failed]
    return _not_arrived(facts.directory, failed or [{"address": what.sent.recipient, "status": "", "diagnostic": ""}], ticket, event)


def undelivered(directory: Directory, address: str, why: str, ticket: Ticket, event: Event) -> list[Letter]:
    """To the owner of the ticket: a mail of ours can't be made, or the relay won't take it."""
    return _not_arrived(directory, [{"address": address, "status": "", "diagnostic": why[:300]}], ticket, event, unsent=True)


def _not_arrived(directory: Directory, failed: list[dict[str, str]], ticket: Ticket, event: Event, *, unsent: bool = False) -> list[Letter]:
    owners = [directory.agents[ticket.assignee]] if ticket.assignee in directory.agents else list(directory.members(ticket.group))
    owners = owners or list(directory.agents.values())
    return [
        letters.letter(
            Notice(template="bounced", to=a.address, kind=RecipientKind.agent, reason="assigned", language=a.language, ticket=ticket),
            event,
            {"failed": failed, "unsent": unsent, "post": None},
        )
        for a in owners
    ]
