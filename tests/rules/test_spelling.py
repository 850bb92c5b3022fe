"""Every verb spells itself as a line that reads as itself again: in mails, rules, the history and wake-ups alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import lexicon
from rules.actions.all import VERBS
from rules.actions.asides import AskOpinion, Fyi, Private, Send
from rules.actions.base import Action, read
from rules.actions.later import Away, Remind, SendAt, SetDue
from rules.actions.moving import MarkSpam, SplitOff
from rules.actions.service import (
    Canned,
    MakeOrder,
    ReportHours,
    ReportParts,
    ReportTime,
    SetContract,
    SetEndCustomer,
    SetLanguage,
    SetLevel,
)
from rules.actions.state import Wait
from rules.actions.tasks import DoTask, FinishTask, GiveTask
from rules.actions.words import Misread
from rules.facts.people import Agent, Directory, Group
from rules.facts.policy import Policy

STAFF = Directory(
    agents={name: Agent(name=name, addresses=(f"{name}@staff.example",)) for name in ("anna", "ben", "petr")},
    groups={"hw": Group(key="hw"), "hvac": Group(key="hvac")},
)
WORDS = lexicon.words(Policy(), STAFF)

texts = (
    st.text(alphabet="bcdgijklqvxzBCDXZ ,.!?()-'", max_size=30).map(lambda t: " ".join(t.split())).filter(lambda t: t[:1] not in {",", "-"})
)
needed = texts.filter(bool).filter(lambda t: t[:1].isalpha())
people = st.lists(st.sampled_from(("anna", "ben", "@hw", "@hvac", "eve@x.example")), min_size=1, max_size=3, unique=True).map(tuple)
marked = st.lists(st.sampled_from(("petr", "@hw", "@hvac")), max_size=2, unique=True).map(tuple)
whens = st.sampled_from(
    ("fri", "tomorrow 9", "2026-12-01 08:00", "1.12.", "3d", "16:00", "today 17:30", "next friday", "1. dezember", "1h 30m", "zítra v 9")
)
openings = st.sampled_from(("", "fri ", "16:00 ", "3 ", "at 9 ", "2026 ", "customer ", "to ", "30m ", "until fri "))
"""Words with which a text would be read into the time before it."""
endings = st.sampled_from(("", " by friday", " bis morgen 9", " perjantaihin mennessä", " do 1.12."))
"""And into the deadline behind it."""
maybe = st.one_of(st.just(""), whens)
names = st.from_regex(r"[b-d][a-z]{2,8}", fullmatch=True)
minutes = st.integers(1, 6000)


actions: st.SearchStrategy[Action] = st.one_of(
    st.builds(AskOpinion, by=maybe, show=st.sampled_from(("", "first", "none")), who=people, text=st.just("")),
    st.builds(AskOpinion, by=maybe, who=people, text=needed.map(lambda t: f"Q {t}")),
    st.builds(Fyi, show=st.sampled_from(("", "last")), who=people, text=needed.map(lambda t: f"Q {t}")),
    st.builds(Private, who=people, text=needed.map(lambda t: f"Q {t}")),
    st.builds(Send, who=people, text=st.just("")),
    st.builds(GiveTask, by=maybe, who=marked, text=needed),
    st.builds(DoTask, ref=st.sampled_from(("", "T42.1"))),
    st.builds(FinishTask, ref=st.sampled_from(("", "T42.1", "T42-1"))),
    st.builds(SendAt, when=whens, keep=st.booleans()),
    st.builds(Remind, who=st.sampled_from(("", "customer", "owner")), when=whens, text=needed),
    st.builds(SetDue, when=whens, none=st.just(False)),
    st.just(SetDue(none=True)),
    st.builds(Away, to=st.sampled_from(("", "ben")), until=whens, off=st.just(False)),
    st.builds(Canned, save=st.booleans(), name=names, text=needed),
    st.builds(MakeOrder, tech=st.sampled_from(("", "petr")), when=maybe, text=needed),
    st.builds(ReportHours, order=st.sampled_from(("", "T42-1")), parts=st.sampled_from(("", "2xSN-1,hose")), minutes=minutes, text=texts),
    st.builds(ReportParts, order=st.sampled_from(("", "T42-1")), what=needed),
    st.builds(ReportTime, minutes=minutes, text=texts),
    st.builds(SetLevel, to=st.sampled_from(("1", "2"))),
    st.builds(SetContract, to=names),
    st.builds(SetLanguage, to=st.sampled_from(("fi", "en"))),
    st.builds(SetEndCustomer, who=needed),
    st.builds(SplitOff, post=st.integers(0, 999), subject=needed),
    st.builds(MarkSpam, off=st.booleans()),
    st.builds(Wait, customer=st.booleans(), until=maybe, why=st.just("")),
    st.builds(Wait, customer=st.booleans(), until=maybe, why=st.builds("{}{}".format, openings, needed)),
    st.builds(Remind, when=whens, text=st.builds("{}{}".format, openings, needed)),
    st.builds(GiveTask, by=maybe, who=marked, text=st.builds("{}{}{}".format, openings, needed, endings)),
)


@given(actions)
def test_what_an_action_spells_reads_as_the_same_action(action: Action) -> None:
    """A line in the history, or one that wakes later, would do something else than what was done."""
    assert read(action.spell(), WORDS) == action


@pytest.mark.parametrize(
    ("line", "spelled"),
    [
        ("ask Anna bis:Fr what do you think", "ask by:fr anna what do you think"),
        ("ask anna: what do you think", "ask anna what do you think"),
        ("private to: eve@x.example, group:hw only you", "private eve@x.example, @hw only you"),
        ("send to:eve@x.example", "send eve@x.example"),
        ('send to: "Eve X." <eve@x.example> hello', "send eve@x.example hello"),
        ("fyi Eve Adams <eve@x.example>, anna", "fyi eve@x.example, anna"),
        ("fyi anna see <eve@x.example>", "fyi anna see <eve@x.example>"),
        ("cc Eve Adams <eve@x.example>", "cc eve@x.example"),
        ('cc -"Adams, Eve" <eve@x.example>', "cc -eve@x.example"),
        ("task @petr order the part by: fri", "task by:fri @petr order the part"),
        ("task @petr order the part by friday", "task by:friday @petr order the part"),
        ("task @petr Ersatzteil bestellen bis morgen 9 Uhr.", 'task by:"morgen 9 uhr." @petr Ersatzteil bestellen'),
        ("task tilaa osa perjantaihin mennessä", 'task by:"perjantaihin mennessä" tilaa osa'),
        ("task objednat díl do pátku", "task by:pátku objednat díl"),
        ("task tell him what to do tomorrow", "task tell him what to do tomorrow"),
        ("task ask by friday whether it works", "task ask by friday whether it works"),
        ("task read the manual by page 10", "task read the manual by page 10"),
        ("task by:mon write what came in by friday", "task by:mon write what came in by friday"),
        ("ask anna shall we move it by friday", "ask anna shall we move it by friday"),
        ("task group:hvac measure", "task @hvac measure"),
        ("task call him", "task call him"),
        ("time 1h30m", "time 90m"),
        ("hours 1,5 pump", "hours 90m pump"),
        ("remind 2d ask the supplier", "remind 2d ask the supplier"),
        ("at TOMORROW 9", "at tomorrow 9"),
        ("canned save green", "canned save green"),
        ("away 24.12. to:ben", "away to:ben 24.12."),
    ],
)
def test_lines_as_people_write_them(line: str, spelled: str) -> None:
    """What stands in the manual would not be understood."""
    assert read(line, WORDS) == read(spelled, WORDS)
    assert read(read(line, WORDS).spell(), WORDS) == read(line, WORDS)


@pytest.mark.parametrize(
    "line", ["ask", "ask nobody-here", "ask anna by:someday", "task", "at", "at never", "time long", "hours", "order when:never"]
)
def test_lines_that_mean_nothing_are_misread(line: str) -> None:
    """A line that isn't understood would be carried out by guess."""
    with pytest.raises(Misread):
        read(line, WORDS)


def test_every_verb_says_what_it_does() -> None:
    """`#help` would list a verb without a word."""
    assert [name for name, verb in VERBS.items() if not (verb.__doc__ or "").strip()] == []
