"""Documents by mail: a ticket on paper, the order that a technician takes along, the record of work that was done."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from rules.facts.terms import Status
from tests.desk.office import desk
from tests.desk.staff import ANNA, asked, kinds, login, one, plain

PETR = "petr@staff.example"


def papers(mail: EmailMessage) -> dict[str, bytes]:
    """The files of a mail by name."""
    return {str(part.get_filename()): part.get_payload(decode=True) for part in mail.iter_attachments()}  # type: ignore[misc]


def test_print_mails_the_ticket_as_a_document(tmp_path: Path) -> None:
    """Whoever goes to the customer would have to copy the request by hand."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        assert d.fate(d.write(ANNA, "#print", answer=mail)) == "executed"
        answer = one(d.post_later(), ANNA, "show-answer")
        ((name, content),) = papers(answer).items()
        assert name == "T1.pdf" and content.startswith(b"%PDF")


def test_an_unknown_layout_is_asked_about(tmp_path: Path) -> None:
    """`#print ordr` would print something else, or nothing."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        assert d.fate(d.write(ANNA, "#print raport", answer=mail)) == "held"
        assert "#print report" in plain(one(d.post_later(), ANNA, "held"))


def test_a_layout_of_the_sites_own_is_mailed(tmp_path: Path) -> None:
    """Every desk would have to print our letterhead."""
    (tmp_path / "texts" / "documents").mkdir(parents=True)
    (tmp_path / "texts" / "documents" / "visit.md").write_text("# Visit {{ ticket.ref }}\n\n{{ ticket.requester }}\n")
    with desk(tmp_path, desk='texts = "texts"') as d:
        mail = asked(d, "anna")
        assert d.fate(d.write(ANNA, "#print visit", answer=mail)) == "executed"
        assert list(papers(one(d.post_later(), ANNA, "show-answer"))) == ["T1.pdf"]


def test_the_technician_gets_the_order_to_take_along(tmp_path: Path) -> None:
    """The customer could sign nothing."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "petr")
        d.write(ANNA, 'Change the pump.\n\n#device SN4711\n#order tech:petr when:"fri 9"', answer=mail)
        files = papers(one(d.post_later(), PETR, "order"))
        assert sorted(files) == ["T1-1.ics", "T1-1.pdf"] and files["T1-1.pdf"].startswith(b"%PDF")
        said = files["T1-1.ics"].decode()
        assert "DTSTART:20261127T070000Z\r\n" in said and "SUMMARY:T1-1 Printer\r\n" in said and "Change the pump." in said
        assert "UID:t1-1@desk.example\r\n" in said and all(len(line.encode()) <= 75 for line in said.split("\r\n"))


@pytest.mark.parametrize("tag", ["[report]", "[type:report]"])
def test_a_report_of_work_is_closed_at_once_and_comes_back_as_a_document(tmp_path: Path, tag: str) -> None:
    """What was done at the customer's would be one more open request."""
    kind = '[clock]\nanswer = "4h"\n[[type]]\nkey = "report"\ntitle = "Service report"\nclosed = true\n'
    with desk(tmp_path, more=kind) as d:
        d.agent("anna")
        d.agent("petr")
        d.write(PETR, "Pump changed at the site.\n\n#device SN4711\n#time 90m", subject=f"{tag} Pump", envelope=login("petr"))
        t = d.ticket()
        assert (t.type, t.status, t.minutes, dict(t.due), t.subject) == ("report", Status.closed, 90, {}, "Pump")
        mails = d.post_later()
        assert kinds(mails) == ["report"]
        assert list(papers(mails[0])) == ["T1.pdf"]
