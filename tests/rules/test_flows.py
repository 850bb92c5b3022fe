"""How answers to a form are read, whatever stands around them."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from rules import flows
from rules.actions.base import Scene
from rules.actions.triage import SetField
from rules.facts.people import Directory
from rules.facts.policy import Policy
from rules.facts.service import DeviceModel, Field, Flow, Type
from rules.facts.ticket import Ticket
from rules.frozen import replace
from tests.rules.arrivals import AGENT

PART = Field(name="part", title="Part number", names=("Teil", "Osa"))
POLICY = Policy(types={"order": Type(key="order", fields=(PART, Field(name="colour", words=("Red", "blue"))))})
ORDER = Ticket(type="order")


@pytest.mark.parametrize(
    "line", ["Part number: 4711", "> > part:4711", "* **Teil:** 4711", "OSA : 4711", "- Part： 4711", "\tpart number:\t4711  "]
)
def test_an_answer_is_read_as_people_write_it(line: str) -> None:
    """Phones, quotes and stars for bold all change the line."""
    assert flows.filled(ORDER, POLICY, f"Hello\n{line}\nBye").fields == {"part": "4711"}


@pytest.mark.parametrize("line", ["The part: see below, it is 4711", "part:", "apart: 4711", "Re: part 4711", "http://part.example/4711"])
def test_other_lines_are_no_answers(line: str) -> None:
    """A sentence with a colon must not become a part number."""
    assert flows.filled(ORDER, POLICY, line) is ORDER


def test_words_to_choose_from_are_kept_as_the_site_writes_them() -> None:
    """A list would hold Red, RED and red."""
    assert flows.filled(ORDER, POLICY, "Colour: RED\nColour: green").fields == {"colour": "Red"}


def test_what_is_known_is_changed_by_the_author_and_not_by_a_quote() -> None:
    """The old answer comes back quoted in every later mail."""
    known = flows.filled(ORDER, POLICY, "Part number: 1")
    assert flows.filled(known, POLICY, "No change.", "> Part number: 2").fields["part"] == "1"
    assert flows.filled(known, POLICY, "Part number: 2", "> Part number: 1").fields["part"] == "2"


@pytest.mark.parametrize("said", ["part", "Part", "TEIL", "osa"])
def test_a_command_sets_the_field_that_is_asked_for(said: str) -> None:
    """`#field Teil 4711` made a second field, and the desk went on asking for the part."""
    scene = Scene(who=AGENT, at=datetime(2026, 11, 30, tzinfo=UTC), policy=POLICY, directory=Directory())
    assert SetField(name=said, text="4711").effect(ORDER, scene).ticket.fields == {"part": "4711"}
    assert SetField(name=said).effect(replace(ORDER, fields={"part": "1"}), scene).ticket.fields == {}


def test_a_field_is_kept_as_the_site_spells_it() -> None:
    """Who asks for `Teil` looks for `Teil` in the JSON."""
    policy = Policy(types={"order": Type(key="order", fields=(Field(name="Teil"),))})
    assert flows.filled(ORDER, policy, "teil: 4711").fields == {"Teil": "4711"}
    assert not [each for each in flows.missing(Ticket(type="order", fields={"teil": "4711"}), policy) if each.required]


def test_forms_of_one_name_are_told_apart_by_the_model() -> None:
    """Two machines have spare parts, and ask for different things."""
    models = {key: DeviceModel(key=key, flows=(Flow(key="parts", fields=(Field(name=key),)),)) for key in ("px7", "lift")}
    policy = Policy(device_models=models)
    found = flows.flow("parts", policy, "lift")
    assert found is not None
    assert found[0] == "lift/parts"
    assert [f.name for f in flows.missing(Ticket(fields={"form": found[0]}), policy)] == ["lift"]
    assert flows.flow("nothing", policy) is None


def test_hostile_lines_cost_no_time() -> None:
    """A line of a million blanks must not stop the desk."""
    began = time.thread_time()
    flows.filled(ORDER, POLICY, "\n".join([" >*" * 300_000, ":" * 300_000, "part" * 100_000 + ": 1"]))
    assert time.thread_time() - began < 0.5
