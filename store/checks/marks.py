"""What was reached, pressed and entered: firings, people and whose each address is."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from store import facts, tables
from store.checks.asked import Asked

MAILBOX, AGENT, PERSON = tables.Mailbox, tables.Agent, tables.Person
FIRING, OUTBOX = tables.Firing, tables.Outbox


def firings(asked: Asked) -> Iterator[str]:
    """What was told of a clock was reached before, and each step of a run is told of once, whatever the clock on the wall did."""
    early = select(FIRING.c.ticket_id, FIRING.c.clock, FIRING.c.step).where(FIRING.c.fired_at < FIRING.c.started_at)
    for step in asked.tx.execute(early):
        yield f"step {step.step} of {step.clock} of ticket {step.ticket_id} fired before its clock began"
    reminded = select(OUTBOX.c.cause, OUTBOX.c.recipient_key, func.count().label("n")).where(
        OUTBOX.c.cause.startswith("clock:"), OUTBOX.c.recipient_address != ""
    )
    for row in asked.tx.execute(reminded.group_by(OUTBOX.c.cause, OUTBOX.c.recipient_key).having(func.count() > 1)):
        yield f"{row.recipient_key} was reminded {row.n} times by {row.cause}"
    # a reminder without its firing would come again at each look at the clocks
    there = {
        (row.ticket_id, row.clock, str(row.step)) for row in asked.tx.execute(select(FIRING.c.ticket_id, FIRING.c.clock, FIRING.c.step))
    }
    query = select(OUTBOX.c.id, OUTBOX.c.cause).where(OUTBOX.c.cause.startswith("clock:"), OUTBOX.c.recipient_address != "")
    for letter in asked.tx.execute(query):
        said = letter.cause.split(":")[1:4]
        if len(said) < 3 or not said[0].isdigit() or (int(said[0]), said[1], said[2]) not in there:
            yield f"outbox {letter.id} reminds of {letter.cause}, which didn't fire"


def people(asked: Asked) -> Iterator[str]:
    """An agent's addresses are exactly those that lead to him; nobody has an address that leads to nobody."""
    listed: dict[str, set[str]] = {}
    for row in asked.tx.execute(select(MAILBOX.c.agent, MAILBOX.c.key).where(MAILBOX.c.agent.is_not(None))):
        listed.setdefault(row.agent, set()).add(row.key)
    for row in asked.tx.execute(select(AGENT.c.name, AGENT.c.addresses)):
        if {facts.key(a) for a in row.addresses} != listed.get(row.name, set()):
            yield f"the addresses of {row.name} are not those that lead to him"
    for row in asked.tx.execute(select(MAILBOX.c.key, MAILBOX.c.address)):
        if facts.key(row.address) != row.key:
            yield f"{row.address} is found under {row.key}"
