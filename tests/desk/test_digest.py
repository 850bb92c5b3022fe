"""The day's work list: red before yellow before green, numbered, and answered with a line for each request."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

from rules.facts.terms import Status
from tests.desk.office import Desk, buttons, desk, plain, to
from tests.desk.staff import ANNA, BEN, KIM, one, request

DAILY = """
[clock]
take = "4h"
answer = "8h"
[notify]
digest_every = "0 8 * * *"
"""


def morning(d: Desk) -> list[EmailMessage]:
    """The digests of the next day, at eight in Helsinki."""
    d.at = (d.at + timedelta(days=1)).replace(hour=6, minute=1)
    d.passes(minutes=1)
    return [m for m in d.post_later() if m["X-Mailgate-Template"] == "digest"]


def begun(d: Desk) -> None:
    """Anna has three requests, an older one that is red among them, one waits, and one nobody has yet."""
    d.agent("anna")
    d.agent("ben")
    d.passes(minutes=1)
    for n in range(1, 5):
        d.write(f"Kim <{KIM}>", f"Text {n}.", subject=f"Request {n}")
    mails = to(d.post(), ANNA)
    for mail in mails[:3]:
        d.write(ANNA, "#take", answer=mail)
    d.write(ANNA, "#wait 5d", answer=mails[2])
    d.post_later()


def test_the_list_is_sorted_by_what_presses_and_comes_once_a_day(tmp_path: Path) -> None:
    """What burns would stand below what can wait; or the list would come every five seconds."""
    with desk(tmp_path, more=DAILY) as d:
        begun(d)
        mails = morning(d)
        anna = one(mails, ANNA)
        words = plain(anna)
        assert anna["X-Mailgate-Reply"] == "commands"
        assert words.index("OVERDUE") < words.index("NEW, NOBODY") < words.index("WAITING FOR THE CUSTOMER")
        assert words.index("Request 1") < words.index("Request 4") < words.index("Request 3")
        assert "Request 4" in plain(one(mails, BEN)) and "Request 1" not in plain(one(mails, BEN))
        d.passes(hours=1)
        assert [m for m in d.post_later() if m["X-Mailgate-Template"] == "digest"] == []
        assert len(morning(d)) == 2


def test_lines_of_an_answer_act_on_their_requests(tmp_path: Path) -> None:
    """Ten requests would need ten mails."""
    with desk(tmp_path, more=DAILY) as d:
        begun(d)
        anna = one(morning(d), ANNA)
        i = d.write(ANNA, "1 close\n2 tomorrow 9\n3 take\n\nThank you", answer=anna)
        assert d.fate(i) == "executed"
        assert (d.ticket("T1").status, d.ticket("T4").assignee) == (Status.closed, "anna")
        assert d.ticket("T2").status is Status.working
        report = one(d.post_later(), ANNA, "report")
        assert all(line in plain(report) for line in ("1 close", "2 tomorrow 9", "3 take"))
        assert not str(report["Subject"]).startswith("Re: Re:")
        d.passes(days=1, hours=3)
        assert any(m["X-Mailgate-Template"] == "fyi" and "Request 2" in str(m["Subject"]) for m in to(d.post_later(), ANNA))
        d.press(ANNA, report, next(label for label in buttons(report) if "ndo" in label or "Take back" in label))
        assert (d.ticket("T1").status, d.ticket("T4").assignee) == (Status.working, "")


def test_all_lines_or_none_and_a_tap_for_one(tmp_path: Path) -> None:
    """Half of the lines would be done, and nobody would know which."""
    with desk(tmp_path, more=DAILY) as d:
        begun(d)
        anna = one(morning(d), ANNA)
        i = d.write(ANNA, "1 close\n2 clsoe", answer=anna)
        assert d.fate(i) == "held"
        assert d.ticket("T1").status is Status.working
        question = one(d.post_later(), ANNA, "held")
        assert "2 close" in plain(question)
        d.press(ANNA, question, next(label for label in buttons(question) if "2 close" in label))
        assert (d.ticket("T1").status, d.ticket("T2").status) == (Status.closed, Status.closed)
        taken = next(label for label in buttons(anna) if label.startswith("Take"))
        assert d.fate(d.press(ANNA, anna, taken)) == "executed"
        assert d.ticket("T4").assignee == "anna"
        assert d.fate(d.press(ANNA, anna, taken)) == "ignored"
        held = d.write(ANNA, "99 close", answer=anna)
        assert d.fate(held) == "held"


def test_nobody_gets_a_list_who_has_nothing_to_do_or_is_away(tmp_path: Path) -> None:
    """An empty mail each morning teaches people not to look."""
    with desk(tmp_path, more=DAILY) as d:
        d.agent("anna")
        d.passes(minutes=1)
        assert morning(d) == []
        mail = one(request(d), ANNA)
        d.write(ANNA, "#take\n#away 14d", answer=mail)
        d.post_later()
        assert morning(d) == []
