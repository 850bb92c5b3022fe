"""Lists of the terminal are read in plain SQL: on each engine they find and order as they are asked to."""

from __future__ import annotations

from datetime import UTC, date, datetime

from rules.facts.things import Contract, Device
from store import engine, people, things
from store.lists import people as lists
from store.lists import things as of_things

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)


def test_persons_are_found_by_parts_of_names_numbers_and_addresses(store: engine.Store) -> None:
    """A telephone rings, and whoever calls isn't found under the number that he gave; or a `%` in a word finds everybody."""
    with engine.transaction(store) as tx:
        kim = people.add_person(tx, "kim@client.example", AT, name="Kim Virtanen", phone="+358 40 1234567", party="client", may=["adduser"])
        people.add_address(tx, kim.id, "kim.v@home.example")
        people.add_person(tx, "anna_b@client.example", AT, name="Anna", party="client")
        people.add_person(tx, "zoe@other.example", AT, name="zoe 100%")
    with engine.reading(store) as tx:
        found = lists.persons(tx)
        assert [person.name for person, _ in found] == ["Anna", "Kim Virtanen", "zoe 100%"]
        (person, phone) = found[1]
        assert (person.addresses, phone, person.may) == (("kim@client.example", "kim.v@home.example"), "+358 40 1234567", ("adduser",))
        for words, names in {
            "VIRT": ["Kim Virtanen"],
            "40 123": ["Kim Virtanen"],
            "home.example": ["Kim Virtanen"],
            "kim anna": [],
            "%": ["zoe 100%"],
            "a_b": ["Anna"],
            "client.example": ["Anna", "Kim Virtanen"],
        }.items():
            assert [person.name for person, _ in lists.persons(tx, words=words)] == names, words
        assert [person.name for person, _ in lists.persons(tx, party="client", limit=1)] == ["Anna"]
        for word in ("KIM.V@home.example", str(kim.id)):
            named = lists.person(tx, word)
            assert named is not None and (named[0].name, named[1]) == ("Kim Virtanen", "+358 40 1234567")
        assert lists.person(tx, "99") is None and lists.person(tx, "nobody@home.example") is None


def test_days_of_a_contract_come_back_as_days(store: engine.Store) -> None:
    """A contract would be in force by the letters of its days."""
    contract = Contract(key="C1", party="asg", starts=date(2026, 1, 1), ends=None)
    with engine.transaction(store) as tx:
        things.put_contract(tx, contract)
        things.put_device(tx, Device(serial="SN-1/a", party="asg"))
    with engine.reading(store) as tx:
        assert of_things.every(tx).contracts == (contract,)
        assert of_things.device(tx, "sn-1/A") == Device(serial="SN-1/a", party="asg")
        assert of_things.device(tx, "sn-2") is None
