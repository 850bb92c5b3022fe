"""How much the desk answers by itself, and how many tickets one person may open: rates against counts.

Pure: the store counts, the policy has the rates, here they are compared. What is never answered, however seldom, is
`rules.reading.machine`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta

from rules.facts.policy import Limits, Rate
from rules.frozen import dataclass

Counts = Mapping[timedelta, int]
"""How many in the time that just passed, by the length of that time; a time that is missing counts as none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What went between the desk and one correspondent until now, and out of the desk altogether."""

    answers: Counts = field(default_factory=dict)
    """Automatic answers to this correspondent, without the one in question."""
    answers_total: Counts = field(default_factory=dict)
    """Automatic answers to anybody."""
    exchanged: Counts = field(default_factory=dict)
    """Mails from this correspondent, the present one included."""
    same_subject: Counts = field(default_factory=dict)
    """Automatic answers to this correspondent's mails with the same `subject_key`."""


def spans(*rates: Rate) -> tuple[timedelta, ...]:
    """The times over which the store has to count for these rates, shortest first, each once."""
    return tuple(sorted({span for rate in rates for _, span in rate})) if any(rates) else ()


def within(rate: Rate, counts: Counts) -> bool:
    """Whether one more fits into a rate, all of whose pieces hold at once; an empty rate is no limit."""
    return not rate or all(counts.get(span, 0) < most for most, span in rate)


def answer_barred_by(limits: Limits, traffic: Traffic, *, known: bool) -> str:
    """The limit that forbids an automatic answer, by its name in the config; empty if the desk may answer.

    The widest one is named first: `acks_total` and `pair` are storms, of which the admin hears; the others are everyday.
    """
    if not within(limits.acks_total, traffic.answers_total):
        return "acks_total"
    if any(traffic.exchanged.get(span, 0) > most for most, span in limits.pair):
        return "pair"
    if not within(limits.same_subject, traffic.same_subject):
        return "same_subject"
    own = "acks_known" if known else "acks_unknown"
    return "" if within(limits.acks_known if known else limits.acks_unknown, traffic.answers) else own


def opening_barred_by(limits: Limits, opened: Counts, *, known: bool) -> str:
    """The limit by which a mail that would open one more ticket is held; empty if it may. `opened` counts his tickets before it."""
    own = "tickets_known" if known else "tickets_unknown"
    return "" if within(limits.tickets_known if known else limits.tickets_unknown, opened) else own


def adding_barred_by(limits: Limits, sent: Counts, *, known: bool) -> str:
    """The limit by which unproven mail to a request is held, the same as for opening one; empty if it may. `sent` counts his mails before it."""
    return opening_barred_by(limits, sent, known=known)


STORMS = frozenset({"acks_total", "pair"})
"""Limits that, once reached, are reported to the admin."""


def subject_key(subject: str) -> str:
    """What two robots' subjects have in common: without case, numbers, tags, brackets and repeated spaces."""
    bare = re.sub(r"\[[^\[\]]{0,80}\]", " ", subject.casefold())
    return " ".join(re.sub(r"\d+", "0", bare).split())
