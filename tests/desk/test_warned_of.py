"""Mail above which a server on its way laid a warning: `CAUTION: This email originated from outside of the organization.`"""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.facts.mail import Envelope
from tests.desk.customers import everything
from tests.desk.office import desk, plain
from tests.desk.staff import ANNA, KIM, asked, login, one

WARNED = (
    "CAUTION: This email originated from outside of the organization. Do not click links or open attachments unless you recognize the sender and "
    "know the content is safe."
)
WARNED_HTML = (
    f'<table border=0 cellspacing=0><tr><td style="background:#FFEB9C"><b>CAUTION:</b>{WARNED.partition(":")[2]}</td></tr></table><br>'
)


@pytest.mark.parametrize("form", ["plain", "html"])
def test_an_agents_commands_below_a_warning_are_commands_and_it_never_leaves(tmp_path: Path, form: str) -> None:
    """The mail was held, since the warning would have gone to the customer."""
    with desk(tmp_path) as d:
        mail = asked(d)
        if form == "plain":
            i = d.write(ANNA, f"{WARNED}\n\n#take\n#prio high\n\nWe are on our way.", answer=mail)
        else:
            html = (
                f"<html><body>{WARNED_HTML}<div>#take</div><div>#prio high</div><div><br></div><div>We are on our way.</div></body></html>"
            )
            i = d.write(ANNA, "", html=html, answer=mail)
        assert d.fate(i) == "appended", plain(d.post()[-1])
        assert (d.ticket().assignee, d.ticket().priority.value, d.posts()[-1].text) == ("anna", "high", "We are on our way.")
        assert "originated" not in everything(one(d.post_later(), KIM, "message"))


def test_staff_doesnt_read_a_warning_as_the_customers_words(tmp_path: Path) -> None:
    """Each request began with the same two lines about links."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM, f"{WARNED}\n\nThe printer is on fire.", headers={"Subject": "[EXTERNAL] Printer"})
        assert "originated" not in plain(one(d.post(), ANNA)) and d.posts()[0].text == "The printer is on fire."
        assert "originated" in d.posts()[0].quoted, "nothing is lost"


def test_a_customers_word_below_a_warning_is_his_word(tmp_path: Path) -> None:
    """`#status` in the second block of a mail was text, and the number below the question how it went as well."""
    with desk(tmp_path) as d:
        mail = asked(d)
        d.write(ANNA, "Done.\n\n#close", answer=mail)
        closed = one(d.post_later(), KIM, "closed")
        d.write(KIM, f"{WARNED}\n\n4", answer=closed)
        assert d.ticket().rating_stars == 4


def test_one_mail_with_and_without_a_warning_is_one_request(tmp_path: Path) -> None:
    """It came by the mailbox and by the gateway, and two colleagues answered."""
    raw = "From: kim@client.example\r\nTo: support@desk.example\r\nSubject: {}Printer\r\nMessage-ID: <one@client.example>\r\n\r\n{}It burns.\r\n"
    with desk(tmp_path) as d:
        d.agent("anna")
        d.take(raw.format("", "").encode())
        other = Envelope(door="imap:support", sender=KIM, recipients=("support@desk.example",), peer="")
        i = d.take(raw.format("[EXTERNAL] ", WARNED + "\r\n\r\n").encode(), other)
        assert (d.fate(i), len(d.tickets())) == ("duplicate", 1)


def test_a_forwarded_mail_keeps_its_warning_behind(tmp_path: Path) -> None:
    """His own server warned the agent of the mail that he passes on, and ours of his."""
    with desk(tmp_path) as d:
        d.agent("anna")
        text = (
            f"Please look.\n\n---------- Forwarded message ---------\nFrom: Eva Bauer <eva@other.example>\nDate: Mon, 23 Nov 2026 at 10:00\n"
            f"Subject: Scanner\nTo: <anna@staff.example>\n\n{WARNED}\n\nThe scanner is dark.\n"
        )
        i = d.write(ANNA, f"{WARNED}\n\n{text}", subject="Fwd: Scanner", envelope=login("anna"))
        assert (d.fate(i), d.ticket().requester.address) == ("opened", "eva@other.example")
        assert sorted(post.text for post in d.posts()) == ["Please look.", "The scanner is dark."]


def test_commands_above_a_disclaimer_are_commands_and_it_never_leaves(tmp_path: Path) -> None:
    """The firm's sentences about secrets went to the customer, and `#take` above them was in the middle of the text."""
    secret = (
        "This e-mail and any attachments are confidential. If you are not the intended recipient, please notify the sender and delete it."
    )
    with desk(tmp_path) as d:
        i = d.write(ANNA, f"We are on our way.\n\n#take\n\nBest regards\nAnna\n\n{secret}", answer=asked(d))
        assert (d.fate(i), d.ticket().assignee) == ("appended", "anna")
        assert "confidential" not in everything(one(d.post_later(), KIM, "message"))
        assert "confidential" in d.posts()[-1].quoted, "nothing is lost"
