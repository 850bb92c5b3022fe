"""Several commands on one line: nothing is done before the author was asked, and what he means is one tap away."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk.office import buttons, desk, plain
from tests.desk.staff import ANNA, asked, login, one, request, state


@pytest.mark.parametrize("way", ["press", "type", "lines"])
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("#take #prio high", "#take + #prio high"),
        ("#take, #prio high", "#take + #prio high"),
        ("#Assign anna #prio high", "#Assign anna + #prio high"),
        ("#note a VIP #assign anna #prio high", "#note a VIP + #assign anna + #prio high"),
    ],
)
def test_commands_on_one_line_are_offered_as_what_they_are(tmp_path: Path, line: str, offered: str, way: str) -> None:
    """`#assign anna #prio high` assigned with `#prio high` for a reason, and `#take #prio high` was offered as `#take` alone."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        before = state(d)
        i = d.write(ANNA, line, answer=mail)
        assert d.fate(i) == "held" and state(d) == before
        held = one(d.post(), ANNA, "held")
        assert offered in buttons(held) and f"  {offered}\n" in plain(held)
        if way == "press":
            d.press(ANNA, held, offered)
        else:
            d.write(ANNA, offered if way == "type" else "\n".join(offered.split(" + ")), answer=held)
        assert (d.ticket().assignee, d.ticket().priority.value, d.fate(i)) == ("anna", "high", "executed")


def test_several_values_behind_one_command_are_offered_one_by_one(tmp_path: Path) -> None:
    """`#tag vip, paper` offered `#tag vip,` and nothing else."""
    with desk(tmp_path) as d:
        mail = asked(d)
        d.write(ANNA, "#tag vip, paper; hot", answer=mail)
        d.press(ANNA, one(d.post(), ANNA, "held"), "#tag vip + #tag paper + #tag hot")
        assert set(d.ticket().tags) == {"vip", "paper", "hot"}
        d.write(ANNA, "#cc eva@client.example, jan@client.example", answer=mail, envelope=login("anna"))
        d.press(ANNA, next(m for m in d.post() if m["X-Mailgate-Template"] == "held"), "#cc eva@client.example + #cc jan@client.example")
        assert set(d.ticket().watchers) == {"eva@client.example", "jan@client.example"}


def test_they_are_offered_in_the_agent_s_language(tmp_path: Path) -> None:
    """Who never uses English verbs is not offered two of them."""
    with desk(tmp_path) as d:
        d.agent("anna", language="de")
        d.write(ANNA, "#übernehmen #prio hoch", answer=one(request(d), ANNA))
        held = one(d.post(), ANNA, "held")
        assert "#übernehmen + #prio hoch" in buttons(held) and "mehrere Befehle" in plain(held)


def test_a_reason_that_names_a_command_is_a_reason(tmp_path: Path) -> None:
    """`Send anyway` takes the line as it stands; a note that speaks of a command isn't asked about at all."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        i = d.write(ANNA, "#note Kim wrote #close in his mail", answer=mail)
        assert d.fate(i) == "executed" and d.posts()[-1].text == "Kim wrote #close in his mail"
        i = d.write(ANNA, "#assign ben #prio high", answer=mail)
        held = next(m for m in d.post() if m["X-Mailgate-Template"] == "held")
        d.press(ANNA, held, "Send anyway")
        assert (d.ticket().assignee, d.ticket().priority.value, d.fate(i)) == ("ben", "normal", "executed")


@pytest.mark.parametrize("line", ["#tag a #4711", "#note colour #fff", "#note tell him to #xyz", "#close see #5"])
def test_numbers_and_colours_are_no_commands(tmp_path: Path, line: str) -> None:
    """Orders have numbers, and pages have colours."""
    with desk(tmp_path) as d:
        i = d.write(ANNA, line, answer=asked(d))
        assert "several commands" not in "".join(plain(m) for m in d.post()), d.fate(i)


def test_words_alone_under_a_question_are_told_what_is_asked(tmp_path: Path) -> None:
    """`This is not possible now: no-decision` says nothing to anybody."""
    with desk(tmp_path) as d:
        d.write(ANNA, "#xyzzy", answer=asked(d))
        d.write(ANNA, "Yes please!", answer=one(d.post(), ANNA, "held"))
        told = " ".join(plain(one(d.post(), ANNA, "held")).split())
        assert "Reply with that line as it should be" in told and "no-decision" not in told


def test_an_opening_in_an_answer_is_asked_about(tmp_path: Path) -> None:
    """Kim's request became Eva's, who read what was meant for neither."""
    with desk(tmp_path) as d:
        mail = asked(d)
        before = state(d)
        i = d.write(ANNA, "#new for:eva@other.example\nEva called.", answer=mail)
        assert d.fate(i) == "held" and state(d) == before
        assert "a mail of its own" in " ".join(plain(one(d.post_later(), ANNA, "held")).split())
