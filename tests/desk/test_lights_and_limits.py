"""Times as people see them: lights that turn, lists in their order, first answers, silence, and who is told when it is too late."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from store import engine, people
from tests.desk.customers import proves
from tests.desk.office import Desk, desk, to
from tests.desk.staff import ANNA, BEN, KIM, asked, kinds, one, request

ROOT = "root@desk.example"


def listed(d: Desk, *words: str) -> list[dict[str, str]]:
    """What `mailgate ticket list` says at that moment."""
    found: list[dict[str, str]] = d.commands.ok("ticket", "list", *words)
    return found


def leads(d: Desk, name: str, group: str) -> None:
    """Somebody leads a group."""
    with engine.transaction(d.office.store) as tx:
        people.put_agent(tx, replace(people.directory(tx).agents[name], manager_of=(group,)), d.at)


@pytest.mark.parametrize(("minutes", "light"), [(117, "green"), (123, "yellow"), (243, "red")])
def test_the_light_of_the_list_and_of_the_mails_turns_at_half_and_at_all_of_the_time(tmp_path: Path, minutes: int, light: str) -> None:
    """At 49, 51 and 101 per cent of four hours (1-06)."""
    with desk(tmp_path, more='[clock]\nanswer = "4h"\nremind = []\n') as d:
        mail = asked(d, "anna", "ben")
        d.passes(minutes=minutes)
        assert [row["light"] for row in listed(d)] == [light]
        assert [row["ref"] for row in listed(d, "--light", light)] == ["T1"]
        assert (listed(d, "--overdue") != []) is (light == "red")
        d.write(ANNA, "#assign ben", answer=mail)
        assert one(d.post_later(), BEN, "assigned")["X-Mailgate-Light"] == light


def test_two_types_of_the_same_age_have_two_lights_and_the_list_shows_what_presses_first(tmp_path: Path) -> None:
    """A lift with somebody in it is no wish for a new chair (1-08, 1-09)."""
    types = '[[type]]\nkey = "lift"\nlight = {yellow = "10%", red = "20%"}\n[[type]]\nkey = "chair"\nlight = {yellow = "90%", red = "200%"}\n[[type]]\nkey = "lamp"\nlight = {yellow = "20%"}\n'
    with desk(tmp_path, more='[clock]\nanswer = "4h"\nremind = []\n' + types) as d:
        d.agent("anna")
        for kind in ("chair", "lamp", "lift"):
            request(d, subject=f"[type:{kind}] {kind}")
        d.passes(hours=1)
        assert [(row["subject"], row["light"]) for row in listed(d)] == [("lift", "red"), ("lamp", "yellow"), ("chair", "green")]
        d.write(ANNA, "#list all", answer=to(request(d, "Hello?", "[type:chair] chair 2"), ANNA)[0])
        text = str(one(d.post_later(), ANNA, "list-answer").get_body(("plain",)).get_content())  # type: ignore[union-attr]
        assert text.index("lift") < text.index("lamp") < text.index("chair")


def test_only_a_persons_answer_stops_the_clock_of_the_first_answer(tmp_path: Path) -> None:
    """An acknowledgement, a note and a look at it are no answer to anybody (3-24)."""
    rule = '[clock]\nanswer = "4h"\nremind = []\n[[rule]]\nname = "all"\nwhen = {subject = "Printer"}\nthen = ["canned soon"]\n'
    (tmp_path / "texts" / "canned" / "en").mkdir(parents=True)
    (tmp_path / "texts" / "canned" / "en" / "soon.md").write_text("---\ntitle: Soon\n---\nSomebody will look at it.\n")
    with desk(tmp_path, more=rule, desk='texts = "texts"') as d:
        mail = asked(d, "anna", "ben")
        d.post()
        for line in ("#note He called.", "#take", "#prio high", "#ask ben what do you think?"):
            d.write(ANNA, line, answer=mail)
            assert (d.ticket().answered_at, "answer" in d.ticket().due) == (None, True), line
        d.passes(hours=1)
        d.write(ANNA, "We come at noon.", answer=mail)
        assert (d.ticket().answered_at, "answer" in d.ticket().due) == (d.at, False)
        (clock,) = d.commands.ok("ticket", "history", "T1", "--clock")
        assert (clock["clock"], clock["worked"]) == ("answer", 3600)


def test_silence_is_told_once_and_any_action_starts_the_wait_anew(tmp_path: Path) -> None:
    """What nobody touches for a day would be forgotten; what is worked on must not shout (3-25)."""
    with desk(tmp_path, more='[clock]\nidle = "24h"\nremind = ["100%"]\n') as d:
        mail = asked(d, "anna")
        d.write(ANNA, "#take", answer=mail)
        d.post_later()
        d.passes(hours=23)
        assert d.post() == []
        d.write(ANNA, "#note I wait for the supplier.", answer=mail)
        d.post_later()
        d.passes(hours=23)
        assert d.post() == []
        d.passes(hours=1, minutes=1)
        late = d.post()
        assert kinds(to(late, ANNA)) == ["overdue"]
        d.passes(days=3)
        assert d.post() == []
        proves(d, KIM, "Any news?", subject="[T1]")
        d.post()
        d.passes(hours=25)
        assert kinds(to(d.post(), ANNA)) == ["overdue"]


def test_what_is_over_the_time_of_its_category_is_told_to_its_worker_and_the_head_of_his_department(tmp_path: Path) -> None:
    """The head would hear of it from the customer (2-20)."""
    category = '[[category]]\nkey = "hw"\ngroup = "hw"\naddress = "hw@desk.example"\nclock = {solve = "5h", remind = ["100%"]}\n'
    with desk(tmp_path, more=category) as d:
        for name in ("anna", "hana"):
            d.agent(name, "hw")
        leads(d, "hana", "hw")
        d.agent("ben")
        mail = one(request(d, to="hw@desk.example"), ANNA)
        d.write(ANNA, "#take", answer=mail)
        d.post_later()
        d.passes(hours=4, minutes=58)
        assert d.post() == []
        d.passes(minutes=2)
        late = d.post()
        assert sorted((m["X-Mailgate-Template"], m["To"].addresses[0].username) for m in late) == [("overdue", "anna"), ("overdue", "hana")]
        assert one(late, "hana@")["X-Mailgate-Reason"] == "manager"
        d.passes(days=9)
        assert d.post() == []


def test_what_nobody_begins_is_told_to_the_workers_and_later_to_their_head(tmp_path: Path) -> None:
    """Nobody's work would wait until somebody complains (2-28)."""
    category = '[clock]\ntake = "1h"\nremind = ["100%", "200%"]\n[[category]]\nkey = "hw"\ngroup = "hw"\naddress = "hw@desk.example"\n'
    with desk(tmp_path, more=category) as d:
        d.agent("anna", "hw")
        d.agent("hana")
        leads(d, "hana", "hw")
        request(d, to="hw@desk.example")
        d.passes(minutes=59)
        assert d.post() == []
        d.passes(minutes=1)
        assert [(m["X-Mailgate-Template"], m["To"].addresses[0].username) for m in d.post()] == [("not-started", "anna")]
        d.passes(hours=1)
        late = d.post()
        assert sorted((m["X-Mailgate-Template"], m["To"].addresses[0].username) for m in late) == [
            ("not-started", "anna"),
            ("not-started", "hana"),
        ]


@pytest.mark.parametrize("event", ["due-soon", "overdue"])
def test_reminders_may_go_to_agreed_people_and_reach_the_owner_all_the_same(tmp_path: Path, event: str) -> None:
    """A list that forgets the owner would leave the one out who can do something (0-23)."""
    more = f'[clock]\nsolve = "4h"\nremind = ["50%", "100%"]\nescalate_to = ""\n[notify]\n{event} = ["boss@corp.example", "ben"]\n'
    with desk(tmp_path, more=more) as d:
        mail = asked(d, "anna", "ben")
        d.write(ANNA, "#take", answer=mail)
        d.post_later()
        d.passes(hours=2)
        soon = d.post()
        d.passes(hours=2)
        late = d.post()
        told = {m["To"].addresses[0].addr_spec for m in (soon if event == "due-soon" else late)}
        assert told == {ANNA, BEN, "boss@corp.example"}
        assert {m["To"].addresses[0].addr_spec for m in (late if event == "due-soon" else soon)} == {ANNA}
