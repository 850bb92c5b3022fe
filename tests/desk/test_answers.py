"""What a customer gets of an agent's answer: the desk's name, the kept signature, files and pictures; nothing of the agent's own."""

from __future__ import annotations

import re
from email.message import EmailMessage, MIMEPart
from email.utils import getaddresses
from pathlib import Path

import pytest

from rules.facts.mail import Envelope
from rules.facts.terms import PostKind, Status
from tests.desk.customers import proves
from tests.desk.office import Desk, desk
from tests.desk.staff import ANNA, BEN, KIM, asked, everything, kinds, login, one, plain, request, state, to_customers

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


def test_an_answer_goes_out_in_the_desks_name_with_nothing_of_the_agents_own(tmp_path: Path) -> None:
    """Customers would write to the agent himself, and learn names and numbers that are none of their business."""
    with desk(tmp_path) as d:
        d.agent("anna", signature="Anna Berg\nOffice technology")
        mail = one(request(d), ANNA)
        headers = {
            "From": f'"Anna Private" <{ANNA}>',
            "Reply-To": ANNA,
            "Organization": "Secret Org",
            "X-Mailer": "Outlook 16",
            "X-Originating-IP": "10.9.8.7",
        }
        d.write(ANNA, "We come at noon.\n\n-- \nAnna Private\nMobile 0170 555", answer=mail, headers=headers, quote=True)
        sent = one(d.post_later(), KIM)
        whole = everything(sent) + sent.as_string()
        for secret in ("anna@", "Private", "0170", "Secret Org", "Outlook 16", "10.9.8.7", "Your reply goes to", "<2."):
            assert secret not in whole, secret
        assert str(sent["From"]) == "Harbour Desk <support@desk.example>"
        assert "We come at noon." in plain(sent) and "Anna Berg\nOffice technology" in plain(sent)
        for name in (
            "Auto-Submitted",
            "X-Auto-Response-Suppress",
            "List-Id",
            "Precedence",
            "X-Mailgate-Light",
            "X-Mailgate-Reply",
            "X-Mailgate-Reason",
        ):
            assert sent[name] is None
        assert str(sent["In-Reply-To"]).startswith("<1."), "the customer's own mail, none of the agent's"


def test_the_first_answer_assigns_stamps_and_sets_the_request_to_work(tmp_path: Path) -> None:
    """Nobody would know who is on it, and the clocks would run on."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        d.passes(minutes=5)
        d.write(ANNA, "On it.", answer=mail)
        t = d.ticket()
        assert (t.assignee, t.status, t.taken_at, t.answered_at) == ("anna", Status.working, d.at, d.at)
        d.write(BEN, "Me too.", subject="[T1]", envelope=login("ben"))
        assert d.ticket().assignee == "anna"


def test_an_answer_waits_half_a_minute(tmp_path: Path) -> None:
    """There would be no time to stop it."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "On it.", answer=mail)
        assert to_customers(d.post_later(29)) == []
        assert kinds(to_customers(d.post_later(2))) == ["message"]


@pytest.mark.parametrize(
    ("template", "meaning"),
    [("new-in-group", "public"), ("assigned", "public"), ("appended", "public"), ("report", "commands"), ("status-answer", "note")],
)
def test_what_an_answer_means_stands_in_the_mail_that_is_answered(tmp_path: Path, template: str, meaning: str) -> None:
    """An agent would send a remark about the customer to the customer."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        if template == "assigned":
            d.write(BEN, "#assign anna", subject="[T1]", envelope=login("ben"))
        elif template == "appended":
            proves(d, KIM, "More.", subject="[T1]")
        elif template == "report":
            d.write(ANNA, "#prio high", answer=mail)
        elif template == "status-answer":
            d.write(ANNA, "#status?", answer=mail)
        got = mail if template == "new-in-group" else one(d.post(), ANNA, template)
        assert got["X-Mailgate-Reply"] == meaning
        first = plain(got).splitlines()[0]
        assert first.startswith({"public": "Your reply goes to", "note": "Your reply stays inside", "commands": "Only commands"}[meaning])
        before = len(d.posts())
        d.write(ANNA, "He is a nuisance.", answer=got)
        posts = d.posts()[before:]
        assert [p.kind for p in posts] == {"public": [PostKind.public], "note": [PostKind.note], "commands": []}[meaning]
        assert bool(to_customers(d.post_later(300))) is (meaning == "public")


def test_note_on_a_line_of_its_own_keeps_the_whole_mail_inside(tmp_path: Path) -> None:
    """There would be no way to remark on a customer's mail."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        d.write(ANNA, "#note\n\nHe has not paid.", answer=mail)
        assert d.posts()[-1].kind is PostKind.note and d.posts()[-1].text == "He has not paid."
        assert to_customers(d.post_later(300)) == []


def test_a_note_goes_on_below_its_line_and_ends_at_a_blank_one(tmp_path: Path) -> None:
    """The second line of what an agent wrote for colleagues went to the customer, whether he or his mail program broke it off."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        came = d.write(ANNA, "#note Mr Kim is rather upset.\nHandle with care!\n\nWe come tomorrow.", answer=mail)
        sent = one(d.post_later(), KIM, "message")
        assert "tomorrow" in plain(sent)
        assert "upset" not in everything(sent) and "care" not in everything(sent)
        note = next(p for p in d.posts() if p.kind is PostKind.note)
        assert note.text == "Mr Kim is rather upset.\nHandle with care!" and note.mail == came, "it names the mail it came by"
        i = d.write(ANNA, "#note called twice\nnobody there", answer=mail)
        assert to_customers(d.post_later()) == []
        assert d.fate(i) == "executed"


def test_an_answer_that_crosses_a_colleagues_waits_and_shows_both(tmp_path: Path) -> None:
    """The customer would get two answers that contradict each other."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.agent("ben")
        mails = request(d)
        d.passes(minutes=1)
        d.write(ANNA, "Switch it off.", answer=one(mails, ANNA))
        before = state(d)
        i = d.write(BEN, "Switch it on.", answer=one(mails, BEN))
        assert d.fate(i) == "held" and state(d) == before
        crossing = one(d.post(), BEN, "crossing")
        assert "Switch it off." in plain(crossing) and "Switch it on." in plain(crossing)
        assert crossing["X-Mailgate-Reply"] == "commands"
        d.press(BEN, crossing, "Send anyway")
        assert d.fate(i) == "appended"
        assert sorted(p.text for p in d.posts()[1:]) == ["Switch it off.", "Switch it on."]


def test_no_answer_crosses_what_its_author_could_read(tmp_path: Path) -> None:
    """Every answer to an assignment would be held for an answer that stood in it or before it."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        d.write(ANNA, "Switch it off.", answer=mail)
        d.passes(minutes=3)
        d.write(ANNA, "#assign ben", answer=mail)
        i = d.write(BEN, "I come.", answer=one(d.post_later(), BEN, "assigned"))
        assert d.fate(i) == "appended", d.mail(i)["why"]
        j = d.write(BEN, "I come at noon.", subject="[T1]", answer=None, envelope=login("ben"))
        assert d.fate(j) == "appended"


def test_words_of_a_note_are_held_back_from_the_customer(tmp_path: Path) -> None:
    """Answering above a note that was quoted would show the customer what staff thinks of him."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        d.write(BEN, "The customer never pays his bills in time, be careful.", subject="[T1]", envelope=login("ben"))
        i = d.write(ANNA, "We come.\n\nBen says: the customer never pays his bills in time.", answer=mail)
        assert d.fate(i) == "held" and to_customers(d.post_later(300)) == []
        assert d.mail(i)["hold"]["reason"] == "leak"  # type: ignore[index]


def test_everybody_who_gets_the_answer_is_named_above_it(tmp_path: Path) -> None:
    """Whom the customer had copied in got the answer, too, and the agent learned of it from nobody."""
    with desk(tmp_path) as d:
        d.agent("anna")
        mail = one(request(d, headers={"Cc": "Eva <eva@client.example>, lee@client.example, pat@elsewhere.example"}), ANNA)
        first = re.sub(r"\s+", " ", plain(mail).split("\n\n")[0])
        d.write(ANNA, "We come at noon.", answer=mail)
        reached = {str(sent["To"]) for sent in to_customers(d.post_later())}
        assert len(reached) == 3
        assert first == "Your reply goes to Kim <kim@client.example>, eva@client.example, lee@client.example"
        assert {address for each in reached for _, address in getaddresses([each])} == set(re.findall(r"[a-z]+@client\.example", first))


def test_quoted_notes_and_our_own_lines_never_leave(tmp_path: Path) -> None:
    """The whole notification, with light and inner names, would come back out below the answer."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        d.write(BEN, "CANARY-ONE he is difficult", subject="[T1]", envelope=login("ben"))
        for n, style in enumerate(("> ", "", "| ")):
            quoted = "\n".join(style + line for line in plain(mail).splitlines())
            intro = (
                "-----Original Message-----\nFrom: Harbour Desk <support@desk.example>\nSent: Monday\nTo: Anna\nSubject: Re: Printer [T1]\n\n"
                if not style
                else "On Mon, Harbour Desk wrote:\n"
            )
            d.write(ANNA, f"We come {n}.\n\n{intro}{quoted}", answer=mail, by="address")
        for sent in to_customers(d.post_later(300)):
            assert "Your reply goes to" not in plain(sent) and "CANARY" not in everything(sent)
            assert "We come" in plain(sent)


def test_files_travel_and_what_clients_add_does_not(tmp_path: Path) -> None:
    """A manual would be missing; business cards, seals and logos of signatures would come along."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        message = _answer(
            d, mail, "<p>See the picture:</p><p><img src='cid:shot'></p><p>Bye</p><div>-- <br>Anna<br><img src='cid:logo'></div>"
        )
        _related(message, "shot", "shot.png")
        _related(message, "logo", "logo.png")
        message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="manual.pdf")
        message.add_attachment(b"BEGIN:VCARD", maintype="text", subtype="vcard", filename="anna.vcf")
        i = d.take(
            message.as_bytes(),
            Envelope(door="smtp", sender=ANNA, recipients=(str(mail["Reply-To"].addresses[0].addr_spec),), peer="192.0.2.5"),
        )
        assert d.fate(i) == "appended", d.mail(i)["why"]
        sent = one(d.post_later(), KIM)
        names = [name for part in sent.walk() if (name := part.get_filename())]
        assert sorted(names) == ["manual.pdf", "shot.png"]
        html = sent.get_body(("html",))
        assert html is not None
        content = str(html.get_content()).partition("</div>")[2]  # below the preview
        assert content.index("See the picture") < content.index("cid:") < content.index("Bye")
        assert next(p for p in sent.walk() if p.get_filename() == "shot.png").get_payload(decode=True) == PIXEL


def test_an_agents_absence_note_never_reaches_a_customer(tmp_path: Path) -> None:
    """`I am on the beach until Monday` is no answer to a request."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        before = d.ticket()
        for headers, subject in (
            ({"Auto-Submitted": "auto-replied"}, "Out of office"),
            ({}, "Automatische Antwort: Printer"),
            ({"X-Autoreply": "yes"}, "Away"),
        ):
            i = d.write(ANNA, f"On the beach. {subject}", answer=mail, headers=headers, subject=subject)
            assert d.fate(i) in {"appended", "automatic"}
        assert d.ticket().status is before.status and d.ticket().assignee == ""
        assert all(p.kind is PostKind.note for p in d.posts()[1:])
        assert to_customers(d.post_later(300)) == []


def _answer(d: Desk, mail: EmailMessage, html: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = ANNA, str(mail["Reply-To"]), str(mail["Subject"])
    message["In-Reply-To"], message["Message-ID"], message["Date"] = str(mail["Message-ID"]), "<pictures.1@mail.example>", d.at
    message.set_content("See the picture:\n\n[cid:shot]\n\nBye\n\n-- \nAnna")
    message.add_alternative(html, subtype="html")
    return message


def _related(message: EmailMessage, cid: str, name: str) -> None:
    html = message.get_body(("html",))
    assert isinstance(html, MIMEPart)
    html.add_related(
        PIXEL + (b"" if cid == "shot" else b"x"), maintype="image", subtype="png", cid=f"<{cid}>", filename=name, disposition="inline"
    )
