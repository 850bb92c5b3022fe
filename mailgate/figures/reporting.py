"""Figures by mail: who gets a report, the letters, and the reports that the config wants every so often.

A due time is done once, whatever is started again in between: what was done last stands in the store and changes with the letters.
After a pause only the latest report is sent, not one for every week of it. Used by `mailgate.clock.clerk` and the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from mailgate.figures import evaluation
from mailgate.figures.evaluation import Evaluation
from mailgate.letters import events, letters
from mailgate.office import Office
from rules import cron, hearers
from rules.facts.access import INSIGHTS
from rules.facts.people import Actor, Directory, Party, Role
from rules.facts.policy import Policy
from rules.facts.sent import RecipientKind
from rules.facts.service import Report
from rules.facts.terms import Address, address_key
from rules.frozen import dataclass
from rules.notice import Notice
from store import engine, outbox, people, schedule
from store.lists.evaluations import Period
from store.outbox import Letter
from store.queries import people as read
from templates import languages

TIMER = Actor(role=Role.system, name="timer")
PARTIES = "parties"
"""The word in `to` for the customers themselves: each party's contacts get the figures of their own requests."""
RIGHT = INSIGHTS[0]
"""What `person edit --may` calls the right to get a party's figures."""
USUAL = ("category", "channel")
"""What is counted by where nobody says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who gets a report."""

    to: Address
    kind: RecipientKind
    language: str = ""


def readers(words: Iterable[str], directory: Directory, policy: Policy) -> tuple[Reader, ...]:
    """Whom words such as `@hardware`, `anna`, `admin` or an address mean, each once; `parties` is nobody here."""
    found: dict[str, Reader] = {}
    for word in words:
        for each in hearers.named(word, directory, policy):
            agent = directory.agent_of(each.address)
            is_admin = word == "admin"
            kind = RecipientKind.agent if agent is not None or is_admin else RecipientKind.other
            reader = Reader(to=agent.address if agent else each, kind=kind, language=agent.language if agent else "")
            found.setdefault(address_key(each.address), reader)
    return tuple(found.values())


def contacts(tx: Connection, party: Party) -> tuple[Reader, ...]:
    """The people of a party, entered as such or known by its domains, who have the right to its figures."""
    entered = read.persons(tx, party=party.key)
    by_domain = [found for domain in party.domains for found in read.persons(tx, words=f"@{domain}") if not found[0].party]
    every = {person.id: person for person, _ in (*entered, *by_domain)}
    return tuple(
        Reader(to=person.address, kind=RecipientKind.customer, language=person.language)
        for person in every.values()
        if person.addresses and RIGHT in person.may
    )


def batch(what: Evaluation, to: Sequence[Reader], event: events.Event, name: str = "") -> list[Letter]:
    """A letter to each reader, with all figures as a file for spreadsheets."""
    policy = event.policy
    file = f"{what.start.astimezone(what.zone):%Y-%m-%d}.csv"
    text = evaluation.as_csv(what)
    out: list[Letter] = []
    for reader in to:
        language = languages.choose(reader.language, policy.languages)
        notice = Notice(template="evaluation", to=reader.to, kind=reader.kind, reason="report", language=language)
        card = evaluation.card(what, language, name, file)
        out.append(letters.letter(notice, event, card, attached=({"name": file, "type": "text/csv", "text": text},)))
    return out


def due(office: Office, at: datetime) -> int:
    """Send the reports of the config that are due at `at`; gives how many letters were made."""
    return sum(
        on_time(office, f"report:{report.name}", report.every, at, lambda tx, due_at, r=report: _scheduled(tx, office, r, due_at, at))  # type: ignore[misc]
        for report in office.policy.reports
    )


def on_time(office: Office, name: str, every: str, at: datetime, do: Callable[[Connection, datetime], int]) -> int:
    """Do what is due every so often, once for its latest due time; gives what it gave. Seen for the first time it only begins to wait."""
    due_at = cron.latest(every, office.policy.desk.timezone, at)
    if due_at is None:
        return 0
    with engine.reading(office.store) as tx:
        known = schedule.done_until(tx, name)
    if known is not None and known >= due_at:
        return 0
    with engine.transaction(office.store) as tx:
        known = schedule.done_until(tx, name, lock=True)
        if known is not None and known >= due_at:
            return 0
        schedule.done(tx, name, at if known is None else due_at)
        return do(tx, due_at) if known is not None else 0


def _scheduled(tx: Connection, office: Office, report: Report, due_at: datetime, at: datetime) -> int:
    policy = office.policy
    directory = people.directory(tx)
    event = events.Event(at=at, policy=policy, directory=directory, actor=TIMER)
    start = cron.before(report.every, policy.desk.timezone, due_at)
    by = report.by or USUAL
    made: list[Letter] = []
    if staff := readers(report.to, directory, policy):
        what = evaluation.read(tx, policy, Period(start=start, end=due_at), evaluation.allowed(by, policy), due_at)
        made += batch(what, staff, event, report.name)
    if PARTIES in report.to:
        for party in people.parties(tx):
            made += of_party(tx, party, Period(start=start, end=due_at, party=party.key), by, event, name=report.name)
    return put(tx, office, made, f"report:{report.name}:{due_at.isoformat()}", at)


def of_party(
    tx: Connection, party: Party, wanted: Period, by: Sequence[str], event: events.Event, *, name: str = "", to: Sequence[Reader] = ()
) -> list[Letter]:
    """Letters with the figures of one party's own requests, to whoever is named, else to its contacts."""
    told = to or contacts(tx, party)
    if not told:
        return []
    policy = event.policy
    what = evaluation.read(tx, policy, wanted, evaluation.allowed(by, policy, for_customers=True), wanted.end or event.at)
    return batch(what, told, event, name)


def put(tx: Connection, office: Office, made: Sequence[Letter], cause: str, at: datetime) -> int:
    """Into the outbox, what may go out at all; gives how many."""
    sendable = letters.sendable(made, office.policy)
    outbox.put(tx, sendable, cause=cause, at=at, keys=office.keys, domain=office.policy.desk.domain)
    return len(sendable)
