"""What past mail would become under a config: decided on the store as it is now, nothing written, nobody told.

The limits that stop floods are left aside, as is the question whether the mail came before: past mail shall be judged by the rules. The
mails of one rehearsal don't know of each other. Compared by `mailgate.desk.rehearse`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from mailgate.handling import acting, gathering
from mailgate.office import Office
from mailgate.roster import Roster
from rules import notices
from rules.actions.base import Refused
from rules.case import Facts
from rules.decide import decide
from rules.facts.mail import Mail
from rules.facts.ticket import Ticket
from rules.frozen import replace
from rules.notice import Happened
from rules.verdict import Act, Bounced, Hold, Settle, Verdict
from store.inbox import Waiting

KEYS = (
    "fate",
    "why",
    "ticket",
    "category",
    "type",
    "severity",
    "priority",
    "group",
    "assignee",
    "visibility",
    "party",
    "contract",
    "project",
    "device",
    "tags",
    "fields",
    "language",
    "acknowledged",
    "told",
    "rules",
)
"""What is compared, in the order in which it is shown. `why` alone is no difference."""


def rehearsed(tx: Connection, office: Office, staff: Roster, waiting: Waiting, mail: Mail) -> dict[str, Any]:
    """What a mail would become, by `KEYS`; None where a key says nothing of this fate."""
    facts = replace(
        gathering.facts(tx, office, staff, waiting, mail, waiting.received_at), again=True, may_open="", may_acknowledge="", may_reply=""
    )
    verdict = decide(facts)
    found: dict[str, Any] = dict.fromkeys(KEYS)
    found |= {"fate": _fate(verdict), "why": _why(verdict), "rules": _matched(verdict)}
    ticket = getattr(verdict, "ticket", None)
    if ticket is not None:
        found["ticket"] = ticket.ref
    if isinstance(verdict, Act) and verdict.draft is not None:
        try:
            found |= _opened(tx, office, facts, verdict)
        except Refused as refusal:
            found |= {"fate": "held", "why": f"refused: {refusal.code}"}
    return found


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The keys in which two outcomes differ, each with both values."""
    return {key: [before[key], after[key]] for key in KEYS if key in before and key != "why" and before[key] != after[key]}


def _opened(tx: Connection, office: Office, facts: Facts, act: Act) -> dict[str, Any]:
    draft, _ = acting.drafted(tx, office, facts, act)
    happened = Happened(before=None, after=draft, posts=(), actor=act.actor, acknowledge=act.acknowledge, tell_staff=act.tell_staff)
    told = notices.tell(happened, facts.policy, facts.directory)
    return _fields(draft) | {
        "acknowledged": act.acknowledge,
        "told": sorted(f"{n.template} → {n.to.address}" for n in told),
    }


def _fields(draft: Ticket) -> dict[str, Any]:
    return {
        "category": draft.category or None,
        "type": draft.type or None,
        "severity": draft.severity or None,
        "priority": draft.priority.value,
        "group": draft.group or None,
        "assignee": draft.assignee or None,
        "visibility": draft.visibility.value,
        "party": draft.party or None,
        "contract": draft.contract or None,
        "project": draft.project or None,
        "device": draft.device or None,
        "tags": sorted(draft.tags),
        "fields": dict(draft.fields),
        "language": draft.language or None,
    }


def _fate(verdict: Verdict) -> str:
    match verdict:
        case Act() | Settle():
            return verdict.fate.value
        case Hold():
            return "held"
        case Bounced():
            return "bounce"
        case _:
            return "executed"


def _why(verdict: Verdict) -> str | None:
    return (verdict.reason if isinstance(verdict, Hold) else str(getattr(verdict, "why", ""))) or None


def _matched(verdict: Verdict) -> list[str]:
    """Names of the rules that matched, in order."""
    steps = [step for step in verdict.trace if step.get("step") == "rule"]
    missed = {step["rule"] for step in steps if "condition" in step and not step["matched"]}
    return list(dict.fromkeys(str(step["rule"]) for step in steps if step["rule"] not in missed))
