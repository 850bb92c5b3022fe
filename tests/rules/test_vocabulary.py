"""The one vocabulary: what is spelled reads as the same again, no sequence of actions breaks a ticket, and undo restores it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import lexicon
from rules.actions.all import VERBS
from rules.actions.base import Action, Refused, Scene, read, read_values
from rules.actions.undo import Done, taken_back
from rules.actions.words import Misread
from rules.facts.people import Actor, Agent, Directory, Group, Role
from rules.facts.policy import Desk, Policy
from rules.facts.service import Category, Type
from rules.facts.terms import Address, Level, Light, Status
from rules.facts.ticket import Ticket, changed
from rules.perform import Step, perform_all
from tests.examples import about

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("first", ["rules.buttons", "rules.actions.undo", "mailgate.clock.rounds"])
def test_help_shows_the_verbs_in_one_order(first: str) -> None:
    """Whoever needed one of them before the others would put it first, in the help of that process and in no other."""
    asked = f"import {first}; from rules.actions.all import VERBS; print(*VERBS)"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.split()
    assert said == list(VERBS)


POLICY = Policy(
    desk=Desk(address="support@desk.example"),
    categories={"hw": Category(key="hw", group="hardware"), "hw/printer": Category(key="hw/printer", title="Printers")},
    types={"fault": Type(key="fault"), "wish": Type(key="wish", title="Wünsche")},
)
DIRECTORY = Directory(
    agents={name: Agent(name=name, addresses=(f"{name}@staff.example",), groups=("hardware",)) for name in ("anna", "ben")},
    groups={key: Group(key=key, title=key.title()) for key in ("hardware", "front desk")},
)
WORDS = lexicon.words(POLICY, DIRECTORY)
ANNA = Actor(role=Role.agent, name="anna", address=Address(name="Anna", address="anna@staff.example"), level=Level.both)
KIM = Actor(role=Role.customer, name="kim@client.example", address=Address(name="Kim", address="kim@client.example"), level=Level.both)
TOKENS = [
    "anna", "ben", "@hardware", '@"front desk"', "me", "nobody", "-", "quiet", "off", "keep", "customer", "owner", "3d", "90m", "2h", "1w", "0d", "T41", "[T7]",
    "T41.2", "kim@client.example", "-eva@client.example", "<jan@x.example>", "to:anna", "to:jan@x.example,ben", "by:fri", "by:2026-12-01", "show:last", "closed",
    "working", "high", "low", "hw", "hw/printer", "fault", "1", "2", "5", "#x", "-x", "+x", '"two words"', "“zitat”", "serial", "SN-4711", "tomorrow", "9", "08:00",
    "2026-12-01", "de", "fi", "for:Jan", "channel:phone", "save", "vpn", "please", "ünïcode", "a:b", '"', "=", "x=y", "paper", "jam,", "16%", "#", "--", ".",
]  # fmt: skip
SAID = st.lists(
    st.sampled_from(TOKENS) | st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12), max_size=6
).map(" ".join)
EXAMPLES = {
    "": ["anna", "@hardware", "working", "high", "hw", "fault", "x", "3d", "T41", "kim@client.example", "1", "customer 3d", "to:anna hello", "tomorrow 9", "2d text",
         "for:kim@client.example", "name value", "subject Fine", "25m", "de", "anna hello", "text", "vpn", "anna 2026-12-24", "until:2026-12-24", "2026-12-24", "0", "5 fine"],
}  # fmt: skip


def understood(verb: str, rest: str) -> Action | None:
    """The action of a verb's line, None if the line isn't understood; no other fault may come out of it."""
    try:
        if verb in lexicon.INNER or verb not in WORDS.verbs.values():
            return read_values(verb, rest, WORDS)
        return read(f"{verb} {rest}".strip(), WORDS)
    except Misread:
        return None


@pytest.mark.parametrize("verb", sorted(VERBS))
@settings(max_examples=about(40))
@given(rest=SAID)
def test_what_is_spelled_reads_as_the_same_again(verb: str, rest: str) -> None:
    """A line in a rule, a timer or a button would do something else than the one that an agent wrote."""
    action = understood(verb, rest)
    if action is not None:
        line = action.spell()
        assert "\n" not in line
        again = understood(verb, line.partition(" ")[2])
        assert again == action, line


def test_a_day_before_a_time_of_the_text_stays_a_day() -> None:
    """`by:fri` in front of `08:00 …` would be read as Friday at eight the next time."""
    action = read("task 08:00 order the part by:fri", WORDS)
    assert action.spell() == 'task by:"fri" 08:00 order the part'
    assert read(action.spell(), WORDS) == action


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_understands_some_line(verb: str) -> None:
    """A verb that nothing satisfies would be tested by nobody."""
    assert any(understood(verb, rest) is not None for rest in ("", *EXAMPLES[""]))


@settings(max_examples=about(150))
@given(line=st.text(max_size=60) | SAID)
def test_any_line_is_understood_or_asked_about_with_lines_that_are(line: str) -> None:
    """A line that breaks the reader parks a mail; a near match that isn't understood asks the same question again."""
    miss = missed(line)
    near = miss.near if miss is not None else ()
    assert len(near) <= 5
    for each in near:
        again = missed(each)
        assert again is None or again.code != "unknown-verb", each


@pytest.mark.parametrize("word", ["-", "none", "nobody", "Niemandem", "kenellekään", "nikomu"])
def test_nobody_holds_a_ticket_by_whatever_word(word: str) -> None:
    """Who gives a ticket back would be asked for an agent called `nobody`."""
    action = understood("assign", word)
    assert action is not None
    assert action.spell() == "assign -"


@pytest.mark.parametrize("line", ["due yesterday", "due gestern.", "due eilen 16:00", "due until yesterday", "remind yesterday call him"])
def test_a_time_that_has_passed_is_one(line: str) -> None:
    """`yesterday is too much here, did you mean #due?` would be no answer to somebody who took the wrong day."""
    action = read(line, WORDS)
    with pytest.raises(Refused) as refused:
        perform_all(Ticket(ref="T1", assignee="anna"), (action,), scene(ANNA, 0))
    assert refused.value.code == "in-the-past"


def missed(line: str) -> Misread | None:
    """What isn't understood of a line."""
    try:
        read(line, WORDS)
    except Misread as miss:
        return miss
    return None


def acts(scene: Scene) -> st.SearchStrategy[Action]:
    """Actions that one may say in this scene."""
    verbs = [v for v in VERBS if v not in {"merge", "split", "undo"} and (scene.who.is_agent or VERBS[v].customers)]
    said = st.tuples(st.sampled_from(verbs), SAID | st.sampled_from(EXAMPLES[""]))
    return said.flatmap(lambda pair: st.just(action) if (action := understood(*pair)) is not None else st.nothing())


def scene(who: Actor, minutes: int) -> Scene:
    """Somebody acts, some minutes after the ticket was opened."""
    return Scene(who=who, at=AT + timedelta(minutes=minutes), policy=POLICY, directory=DIRECTORY)


def entry(step: Step) -> Done:
    """What the history holds of a step about the ticket itself; records beside it are taken back by the ledger."""
    own = {f.name for f in fields(Ticket)}
    return Done(action=step.action, changed={k: list(v) for k, v in step.changed.items() if k in own})


START = Ticket(
    id=1, ref="T1", subject="Printer", requester=KIM.address, opened_at=AT, version=3, fields=MappingProxyType({"a": "1"}), tags=("old",)
)
STEPS = st.lists(st.one_of(acts(scene(ANNA, 0)).map(lambda a: (ANNA, a)), acts(scene(KIM, 0)).map(lambda a: (KIM, a))), max_size=8)


def whole(ticket: Ticket) -> None:
    """What holds for every ticket at every time."""
    assert (ticket.id, ticket.ref) == (1, "T1")
    assert (ticket.status is Status.closed) == (ticket.closed_at is not None)
    assert ticket.waiting_until is None or ticket.status is Status.waiting
    assert ticket.status is not Status.closed or ticket.light is Light.green
    assert len({w.lower() for w in ticket.watchers}) == len(ticket.watchers)
    assert len(ticket.tags) == len(set(ticket.tags))
    assert ticket.status is Status.new or ticket.read_at is not None or ticket.assignee == "" or not ticket.is_open
    assert 0 <= ticket.rating_stars <= 5
    assert ticket.subject


@settings(max_examples=about(120))
@given(steps=STEPS)
def test_no_sequence_of_actions_breaks_a_ticket_and_undo_restores_all_but_the_version(steps: list[tuple[Actor, Action]]) -> None:
    """A ticket that is closed and waiting at once is shown, timed and told of wrongly; an undo that leaves a trace is none."""
    ticket = START
    done: list[Done] = []
    for n, (who, action) in enumerate(steps):
        try:
            outcome = perform_all(ticket, (action,), scene(who, n))
        except Refused:
            continue
        done += [entry(step) for step in outcome.steps]
        ticket = replace(outcome.ticket, version=ticket.version + 1)
        whole(ticket)
    back = taken_back(ticket, done)
    assert changed(START, back) == {}
    assert replace(back, version=START.version) == START


@settings(max_examples=about(80))
@given(first=acts(scene(ANNA, 0)), second=acts(scene(ANNA, 0)))
def test_undo_of_the_first_is_refused_exactly_where_the_second_changed_the_same(first: Action, second: Action) -> None:
    """A colleague's later change would be overwritten, or an undo refused for nothing."""
    try:
        one = perform_all(START, (first,), scene(ANNA, 1))
        two = perform_all(one.ticket, (second,), scene(ANNA, 2))
    except Refused:
        return
    did, then = entry(one.steps[0]), entry(two.steps[0])
    derived = {"light", "due"}
    clash = set(did.changed) & set(then.changed) - derived
    if clash:
        with pytest.raises(Refused, match="changed-since"):
            taken_back(two.ticket, [did])
    else:
        assert set(changed(START, taken_back(two.ticket, [did]))) - derived <= set(then.changed)


@settings(max_examples=about(80))
@given(line=SAID.map(lambda rest: f"say {rest}") | SAID)
def test_a_customer_reads_no_verb_of_staff(line: str) -> None:
    """`#assign` in a customer's mail would be a command."""
    try:
        action = read(line, lexicon.customer_words(POLICY, DIRECTORY))
    except Misread:
        return
    assert action.customers
