"""All words that commands may be made of at one desk: verbs with aliases, its own lists, its people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from rules.actions.all import VERBS
from rules.actions.folding import fold
from rules.actions.questions import CUSTOMER_ALIASES
from rules.actions.words import Words
from rules.facts.people import Directory
from rules.facts.policy import Policy
from rules.facts.terms import Priority, Status

INNER = frozenset(
    {"say", "set", "delete", "archive", "aside", "change-task", "feedback", "change-order", "remove-task", "remove-order", "decline"}
)
"""Verbs that nobody says in a line: they are how other things are written down."""

_STATUS = {
    "neu": "new", "gelesen": "read", "unread": "new", "zugewiesen": "assigned", "open": "working", "in work": "working", "arbeit": "working", "progress": "working",
    "wartet": "waiting", "wartend": "waiting", "warten": "waiting", "bearbeitung": "working", "pending": "waiting", "wait": "waiting", "done": "closed", "solved": "closed", "resolved": "closed",
    "geschlossen": "closed", "gelöst": "closed", "erledigt": "closed", "close": "closed", "fertig": "closed",
    "uusi": "new", "luettu": "read", "osoitettu": "assigned", "käsittelyssä": "working", "työnalla": "working", "odottaa": "waiting",
    "suljettu": "closed", "ratkaistu": "closed", "valmis": "closed",
    "nový": "new", "přečteno": "read", "přečtený": "read", "přiděleno": "assigned", "přidělený": "assigned", "řešení": "working", "řešíse": "working", "rozpracováno": "working", "čeká": "waiting",
    "uzavřeno": "closed", "uzavřený": "closed", "vyřešeno": "closed",
}  # fmt: skip
_PRIORITY = {
    "hoch": "high", "dringend": "high", "urgent": "high", "mittel": "normal", "medium": "normal", "niedrig": "low", "gering": "low",
    "kiireellinen": "high", "urgentní": "high", "střední": "normal", "korkea": "high", "normaali": "normal", "matala": "low", "vysoka": "high", "normalni": "normal", "nizka": "low",
}  # fmt: skip
_SHORT = {"cat": "category", "sev": "severity", "priority": "prio", "stop": "undo", "status": "status"}


_made: dict[str, tuple[Policy, Directory, Words]] = {}
"""The last answers: a batch of mails asks with the same policy and directory, and folding every name is dear."""


def words(policy: Policy, directory: Directory) -> Words:
    """The words of staff."""
    return _remembered("staff", policy, directory, _staff)


def customer_words(policy: Policy, directory: Directory) -> Words:
    """The words of customers: their verbs, spelled exactly, and public lists only."""
    return _remembered("customers", policy, directory, _customers)


def _remembered(kind: str, policy: Policy, directory: Directory, make: Callable[[Policy, Directory], Words]) -> Words:
    last = _made.get(kind)
    if last is None or last[0] is not policy or last[1] is not directory:
        last = _made[kind] = (policy, directory, make(policy, directory))
    return last[2]


def _staff(policy: Policy, directory: Directory) -> Words:
    verbs = {fold(v): v for v in VERBS if v not in INNER} | {fold(a): v for a, v in _SHORT.items()}
    verbs |= {fold(alias): verb for alias, verb in policy.aliases.items() if verb in VERBS and fold(alias) not in verbs}
    return Words(verbs=MappingProxyType(verbs), lists=_lists(policy, directory), open_lists=_open(policy))


def _customers(policy: Policy, directory: Directory) -> Words:
    every = words(policy, directory)
    verbs = {alias: CUSTOMER_ALIASES.get(verb, verb) for alias, verb in every.verbs.items()}
    allowed = {alias: verb for alias, verb in verbs.items() if VERBS[verb].customers}
    return Words(verbs=MappingProxyType(allowed), lists=every.lists, open_lists=every.open_lists)


def _lists(policy: Policy, directory: Directory) -> Mapping[str, Mapping[str, str]]:
    agents = {fold(name): name for name in directory.agents}
    for agent in directory.agents.values():
        for alias in (agent.full_name, *agent.addresses):
            agents.setdefault(fold(alias), agent.name)
    return MappingProxyType(
        {
            "status": MappingProxyType({s.value: s.value for s in Status} | {fold(k): v for k, v in _STATUS.items()}),
            "priority": MappingProxyType({p.value: p.value for p in Priority} | {fold(k): v for k, v in _PRIORITY.items()}),
            "category": _titled(policy.categories),
            "type": _titled(policy.types),
            "severity": _titled(policy.severities),
            "agent": MappingProxyType(agents),
            "group": _titled(directory.groups),
        }
    )


def _titled(listed: Mapping[str, object]) -> Mapping[str, str]:
    found = {fold(key): key for key in listed}
    for key, entry in listed.items():
        title = getattr(entry, "title", "")
        if title:
            found.setdefault(fold(title), key)
        if "/" in key:
            found.setdefault(fold(key.rpartition("/")[2]), key)
    return MappingProxyType(found)


def _open(policy: Policy) -> frozenset[str]:
    """Lists that the desk hasn't made: any word is fine there."""
    return frozenset(kind for kind, listed in (("type", policy.types), ("severity", policy.severities)) if not listed)
