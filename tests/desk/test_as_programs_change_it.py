"""Commands after what telephones and word processors make of a typed line: full stops, dashes, links, lists, mentions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk.office import desk, plain
from tests.desk.staff import ANNA, asked, login, one, request, to_customers


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("#Prio high.", "priority", "high"),
        ("#Assign @Ben", "assignee", "ben"),
        ("#Assign ben.", "assignee", "ben"),
        ("#tag –vip", "tags", ()),
        ("#Type fault!", "type", "fault"),
    ],
)
def test_a_line_means_what_was_typed(tmp_path: Path, line: str, field: str, value: object) -> None:
    """A blank typed twice is a full stop, a minus sign becomes a dash, and people mention one another with a sign."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        d.write(ANNA, "#tag vip", answer=mail)
        i = d.write(ANNA, line, answer=mail)
        assert d.fate(i) == "executed", plain(d.post()[-1])
        assert getattr(d.ticket(), field) == value


def test_quiet_with_a_full_stop_is_quiet(tmp_path: Path) -> None:
    """The customer was told, with `quiet.` for a reason."""
    with desk(tmp_path) as d:
        d.write(ANNA, "#Close quiet.", answer=asked(d))
        assert not d.ticket().is_open and to_customers(d.post_later()) == []


def test_an_address_that_became_a_link_is_the_address(tmp_path: Path) -> None:
    """The plain part of Outlook's mail names it twice."""
    with desk(tmp_path) as d:
        mails = [asked(d)]
        d.write(ANNA, "#cc eva@client.example<mailto:eva@client.example>", answer=mails[0], envelope=login("anna"))
        assert d.ticket().watchers == ("eva@client.example",)
        d.write(ANNA, "#cc —eva@client.example", answer=mails[0], envelope=login("anna"))
        assert d.ticket().watchers == ()


@pytest.mark.parametrize("text", ["* #take\n* #prio high\n\nWe come at once.", "We come at once.\n\n1. #take\n2. #prio high"])
def test_commands_that_became_a_list_never_reach_the_customer(tmp_path: Path, text: str) -> None:
    """Word processors make a list of lines that begin alike; whether they are meant is asked."""
    with desk(tmp_path) as d:
        i = d.write(ANNA, text, answer=asked(d))
        assert d.fate(i) == "held"
        held = one(d.post_later(), ANNA, "held")
        d.press(ANNA, held, "#take")
        again = one(d.post(), ANNA, "held")
        d.press(ANNA, again, "#prio high")
        assert (d.ticket().assignee, d.ticket().priority.value) == ("anna", "high")
        assert "#" not in d.posts()[-1].text and "We come at once." in d.posts()[-1].text


def test_an_item_that_is_no_command_is_text(tmp_path: Path) -> None:
    """Numbers of orders and colours stand in lists, too."""
    with desk(tmp_path) as d:
        text = "We ordered:\n\n- #4711 toner\n- #toner black\n- #fff paper"
        i = d.write(ANNA, text, answer=asked(d))
        assert d.fate(i) == "appended" and d.posts()[-1].text == text


@pytest.mark.parametrize("text", ["# take", "# Take\n# prio high", "#take\n# prio high"])
def test_a_command_with_a_blank_behind_its_sign_and_nothing_else_is_asked_about(tmp_path: Path, text: str) -> None:
    """The customer read `# take`; `# apt update` is an answer to somebody who asks how."""
    with desk(tmp_path) as d:
        mail = asked(d)
        i = d.write(ANNA, text, answer=mail)
        assert d.fate(i) == "held" and to_customers(d.post_later()) == []
        for answer in ("# apt update", "Type this:\n\n# help", "# take the cable\n# out of the box"):
            assert d.fate(d.write(ANNA, answer, answer=mail)) == "appended", answer


@pytest.mark.parametrize(
    ("code", "title", "says"), [("en", "Nothing was done", "own mails"), ("de", "Es ist nichts geschehen", "antworten Sie")]
)
def test_words_where_only_commands_are_read_are_told_where_they_belong(tmp_path: Path, code: str, title: str, says: str) -> None:
    """`Done`, it said above the answer that went nowhere."""
    with desk(tmp_path) as d:
        d.agent("anna", language=code)
        d.write(ANNA, "#take", answer=one(request(d), ANNA))
        d.write(ANNA, "Dear Kim, we come.", answer=one(d.post_later(), ANNA, "report"))
        told = " ".join(plain(one(d.post_later(), ANNA, "report")).split())
        assert title in told and says in told
