"""Limits: how often the desk answers by itself, and when it stops."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rules import limits
from rules.facts.policy import Limits
from rules.limits import Traffic

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POLICY = Limits(same_subject=((3, timedelta(hours=1)),))


@pytest.mark.parametrize(
    ("traffic", "known", "expected"),
    [
        (Traffic(), False, ""),
        (Traffic(answers={DAY: 1}), False, "acks_unknown"),
        (Traffic(answers={HOUR: 1, DAY: 1}), True, ""),
        (Traffic(answers={HOUR: 4, DAY: 19}), True, ""),
        (Traffic(answers={HOUR: 5, DAY: 5}), True, "acks_known"),
        (Traffic(answers={HOUR: 0, DAY: 20}), True, "acks_known"),
        (Traffic(answers_total={HOUR: 199}), True, ""),
        (Traffic(answers_total={HOUR: 200}), True, "acks_total"),
        (Traffic(exchanged={HOUR: 10}), True, ""),
        (Traffic(exchanged={HOUR: 11}), True, "pair"),
        (Traffic(same_subject={HOUR: 2}), True, ""),
        (Traffic(same_subject={HOUR: 3}), True, "same_subject"),
        (Traffic(answers={DAY: 9}, exchanged={HOUR: 99}, answers_total={HOUR: 999}), False, "acks_total"),
        (Traffic(answers={DAY: 9}, exchanged={HOUR: 99}), False, "pair"),
    ],
)
def test_automatic_answers_stop_at_the_configured_rates(traffic: Traffic, known: bool, expected: str) -> None:
    """Two robots must not talk all night, and nobody's name may be used to flood somebody else."""
    assert limits.answer_barred_by(POLICY, traffic, known=known) == expected


def test_a_limit_that_is_off_never_bars() -> None:
    """The operator may know better."""
    off = Limits(acks_known=(), acks_unknown=(), acks_total=(), tickets_known=(), tickets_unknown=(), pair=(), same_subject=())
    much = {HOUR: 10**6, DAY: 10**6}
    traffic = Traffic(answers=much, answers_total=much, exchanged=much, same_subject=much)
    for known in (True, False):
        assert limits.answer_barred_by(off, traffic, known=known) == ""
        assert limits.opening_barred_by(off, much, known=known) == ""


def test_an_echo_that_changes_its_subject_gets_few_answers() -> None:
    """A robot that answers each answer with a new subject sees the desk fall silent (and keeps its tickets)."""
    answered = 0
    for number in range(1, 101):
        traffic = Traffic(answers={HOUR: answered, DAY: answered}, exchanged={HOUR: number})
        answered += not limits.answer_barred_by(POLICY, traffic, known=False)
    assert answered == 1


@pytest.mark.parametrize(
    ("opened", "known", "expected"), [(9, False, ""), (10, False, "tickets_unknown"), (59, True, ""), (60, True, "tickets_known")]
)
def test_more_tickets_than_a_person_writes_are_held(opened: int, known: bool, expected: str) -> None:
    """A flood in one name is looked at by somebody before it becomes a thousand tickets."""
    assert limits.opening_barred_by(POLICY, {HOUR: opened}, known=known) == expected


def test_the_store_is_told_over_which_times_to_count() -> None:
    """A rate without its count would never bar anything."""
    assert limits.spans(POLICY.acks_known, POLICY.acks_unknown, POLICY.acks_total) == (HOUR, DAY)
    assert limits.spans(()) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Out of office [T42]", "OUT OF  OFFICE [T43]"),
        ("Alarm 17 at 09:30", "alarm 18 at 10:05"),
        ("Ticket [#A-1] [T9] open", "ticket open"),
    ],
)
def test_subjects_of_a_robot_are_seen_as_one(one: str, other: str) -> None:
    """A counter in the subject must not hide that it is the same mail again."""
    assert limits.subject_key(one) == limits.subject_key(other)
    assert limits.subject_key("printer") != limits.subject_key("plotter")
