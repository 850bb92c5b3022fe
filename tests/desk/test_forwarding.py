"""A mail that an agent forwards opens a request for whoever wrote it, not for the agent."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from rules.facts.terms import PostKind, Status
from tests.desk.office import desk
from tests.desk.staff import ANNA, KIM, everything, login, one, plain, to, to_customers

FORWARDS = {
    "gmail-en": (
        "Fwd: Toner",
        "---------- Forwarded message ---------\nFrom: Jan Novak <jan@customer.example>\nDate: Mon, Nov 23, 2026 at 9:00 AM\nSubject: Toner\nTo: <anna@staff.example>\n\n",
    ),
    "gmail-de": (
        "Fwd: Toner",
        "---------- Forwarded message ---------\nVon: Jan Novak <jan@customer.example>\nDate: Mo., 23. Nov. 2026 um 09:00 Uhr\nSubject: Toner\nTo: <anna@staff.example>\n\n",
    ),
    "outlook-en": (
        "FW: Toner",
        "________________________________\nFrom: Jan Novak <jan@customer.example>\nSent: Monday, November 23, 2026 9:00 AM\nTo: Anna <anna@staff.example>\nSubject: Toner\n\n",
    ),
    "outlook-de": (
        "WG: Toner",
        "Von: Jan Novak <jan@customer.example>\nGesendet: Montag, 23. November 2026 09:00\nAn: Anna <anna@staff.example>\nBetreff: Toner\n\n",
    ),
    "outlook-fi": (
        "VL: Toner",
        "Lähettäjä: Jan Novak <jan@customer.example>\nLähetetty: maanantai 23. marraskuuta 2026 9.00\nVastaanottaja: Anna <anna@staff.example>\nAihe: Toner\n\n",
    ),
    "outlook-cs": (
        "FW: Toner",
        "Od: Jan Novak <jan@customer.example>\nOdesláno: pondělí 23. listopadu 2026 9:00\nKomu: Anna <anna@staff.example>\nPředmět: Toner\n\n",
    ),
    "apple-en": (
        "Fwd: Toner",
        "Begin forwarded message:\n\n> From: Jan Novak <jan@customer.example>\n> Subject: Toner\n> Date: 23 November 2026 at 9:00:00 EET\n> To: anna@staff.example\n> \n",
    ),
    "apple-de": (
        "Fwd: Toner",
        "Anfang der weitergeleiteten Nachricht:\n\n> Von: Jan Novak <jan@customer.example>\n> Betreff: Toner\n> Datum: 23. November 2026 um 09:00:00 EET\n> An: anna@staff.example\n> \n",
    ),
}


@pytest.mark.parametrize("client", FORWARDS)
def test_a_forwarded_mail_opens_a_request_for_its_writer(tmp_path: Path, client: str) -> None:
    """The agent would be the customer of a request that is somebody else's."""
    subject, block = FORWARDS[client]
    quote = "> " if client.startswith("apple") else ""
    body = "\n".join(quote + line for line in "The toner is empty.\n\n#close\n\nJan".split("\n"))
    with desk(tmp_path) as d:
        d.agent("anna")
        i = d.write(ANNA, f"Please look at this CANARY.\n\n#prio high\n\n{block}{body}", subject=subject, envelope=login("anna"))
        assert d.fate(i) == "opened", d.mail(i)["why"]
        t = d.ticket()
        assert (t.requester.address, t.requester.name, t.subject, t.priority.value) == (
            "jan@customer.example",
            "Jan Novak",
            "Toner",
            "high",
        )
        assert t.status in {Status.new, Status.read}, "a command in the forwarded part is text"
        said, note = d.posts()
        assert said.kind is PostKind.public and "The toner is empty." in said.text and said.author.address == "jan@customer.example"
        assert (note.kind, note.text) == (PostKind.note, "Please look at this CANARY.")
        report = one(d.post(), ANNA, "report")
        assert "Jan Novak" in plain(report)
        assert to_customers(d.post()) == [], "the acknowledgement waits"
        received = one(d.post_later(), "jan@")
        for secret in ("CANARY", "anna@", "<1."):
            assert secret not in everything(received), secret


def test_who_wrote_a_forwarded_mail_is_acknowledged_in_his_language_and_colleagues_read_the_note(tmp_path: Path) -> None:
    """He never chose the agent's language, and what the agent wrote above it was for them."""
    _, block = FORWARDS["outlook-de"]
    body = "Dobrý den,\n\nod včerejška nám v prodejně nechladí hlavní vitrína. Můžete prosím někoho poslat?\n\nS pozdravem\nJan Novak"
    with desk(tmp_path) as d:
        d.agent("anna")
        d.agent("ben")
        d.write(ANNA, f"He has called twice already.\n\n{block}{body}", subject="WG: Chlazení", envelope=login("anna"))
        mails = d.post_later()
        assert d.ticket().language == "cs"
        assert "Váš požadavek" in plain(one(mails, "jan@"))
        colleague = plain(one(mails, "ben@", "new-in-group"))
        assert "Anna wrote:\n\n> He has called twice already." in colleague and "> Dobrý den," in colleague
        assert "became a note" in plain(one(mails, ANNA, "report"))


def test_a_forward_without_a_word_above_it_speaks_of_no_note(tmp_path: Path) -> None:
    """The agent would look for a note that isn't there."""
    subject, block = FORWARDS["gmail-en"]
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(ANNA, f"{block}The toner is empty.", subject=subject, envelope=login("anna"))
        report = plain(one(d.post(), ANNA, "report"))
        assert "T1 for Jan Novak" in " ".join(report.split()) and "became a note" not in report


def test_an_attached_mail_counts_like_one_that_is_forwarded_inline(tmp_path: Path) -> None:
    """Outlook's `forward as attachment` would open an empty request for the agent."""
    with desk(tmp_path) as d:
        d.agent("anna")
        inner = EmailMessage()
        inner["From"], inner["To"], inner["Subject"], inner["Message-ID"] = (
            "Jan <jan@customer.example>",
            ANNA,
            "Toner",
            "<inner.1@customer.example>",
        )
        inner.set_content("The toner is empty.\n\n#close")
        outer = EmailMessage()
        outer["From"], outer["To"], outer["Subject"], outer["Message-ID"] = (
            ANNA,
            "support@desk.example",
            "FW: Toner",
            "<outer.1@mail.example>",
        )
        outer.set_content("For you.")
        outer.add_attachment(inner)
        i = d.take(outer.as_bytes(), login("anna"))
        assert d.fate(i) == "opened", d.mail(i)["why"]
        t = d.ticket()
        assert t.requester.address == "jan@customer.example" and t.status is Status.new and t.subject == "Toner"
        assert "The toner is empty." in d.posts()[0].text
        assert [(p.kind, p.text) for p in d.posts()[1:]] == [(PostKind.note, "For you.")]
        assert "Your text above the forwarded mail became a note." in " ".join(plain(one(d.post(), ANNA, "report")).split())


def test_wrong_person_stops_the_acknowledgement_and_hands_the_request_to_the_agent(tmp_path: Path) -> None:
    """A mail that was only quoted would answer somebody who never asked."""
    subject, block = FORWARDS["gmail-en"]
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(ANNA, f"Not from him.\n\n{block}The toner is empty.", subject=subject, envelope=login("anna"))
        report = one(d.post(), ANNA, "report")
        d.press(ANNA, report, "Wrong person")
        assert to(d.post_later(300), "jan@") == []
        assert d.ticket().requester.address == ANNA
        d.write(ANNA, f"#requester {KIM} Kim", subject="[T1]", envelope=login("anna"))
        assert d.ticket().requester.address == KIM
        d.write(ANNA, "#reply We send toner.", subject="[T1]", envelope=login("anna"))
        assert to(d.post_later(300), "jan@") == []


def test_an_unproven_forward_opens_nothing_for_anybody(tmp_path: Path) -> None:
    """Anybody could open requests in anybody's name, and have the desk write to him."""
    subject, block = FORWARDS["gmail-en"]
    with desk(tmp_path) as d:
        d.agent("anna")
        i = d.write(ANNA, f"{block}Buy cheap.", subject=subject)
        assert d.fate(i) == "held" and d.tickets() == [] and to(d.post_later(300), "jan@") == []


def test_a_customers_forward_stays_his_own_request(tmp_path: Path) -> None:
    """A customer who forwards a mail of his supplier would lose his request to the supplier."""
    subject, block = FORWARDS["gmail-en"]
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM, f"What is this?\n\n{block}Pay now.", subject=subject)
        assert d.ticket().requester.address == KIM


def test_a_forward_of_one_of_our_own_mails_is_no_request_of_our_own(tmp_path: Path) -> None:
    """The desk would open a request for itself and answer itself."""
    with desk(tmp_path) as d:
        d.agent("anna")
        block = FORWARDS["gmail-en"][1].replace("jan@customer.example", "support@desk.example")
        d.write(ANNA, f"Is this right?\n\n{block}Hello.", subject="Fwd: x", envelope=login("anna"))
        assert all(t.requester.address != "support@desk.example" for t in d.tickets())


def test_new_for_a_number_or_a_name_needs_no_address(tmp_path: Path) -> None:
    """Somebody at the counter has no address; the request would be refused."""
    with desk(tmp_path) as d:
        d.agent("anna")
        i = d.write(ANNA, '#new for:"Jan Novak" channel:counter\n\nHis badge is broken.', subject="Badge", envelope=login("anna"))
        assert d.fate(i) == "opened", d.mail(i)["why"]
        t = d.ticket()
        assert (t.requester.name, t.requester.address, t.channel) == ("Jan Novak", "", "counter")
        assert to_customers(d.post_later(300)) == []


@pytest.mark.parametrize(
    "markup",
    [
        "<p>Hello.</p><div style='display:none'>#close</div>",
        "<p>Hello.</p><div style='display:none'>\n\n#close</div><p>Bye</p>",
        "<p>Hello.</p><span style='font-size:0'>#close</span>",
        "<p>Hello.</p><!-- \n#close\n --><p hidden>#close</p>",
        "<p>Hello.</p><blockquote>#close</blockquote>",
        "<p>Hello.</p><pre>```\n#close\n```</pre>",
    ],
)
def test_commands_that_nobody_sees_or_that_are_quoted_do_nothing(tmp_path: Path, markup: str) -> None:
    """A customer's hidden text in a quote would be a command of the agent who answers."""
    with desk(tmp_path) as d:
        from tests.desk.staff import asked

        mail = asked(d, "anna")
        d.write(ANNA, "", html=markup, answer=mail)
        assert d.ticket().status is not Status.closed
        for sent in to_customers(d.post_later()):
            assert "#close" not in plain(sent) or "```" in plain(sent)


@pytest.mark.parametrize(
    "text",
    [
        "Hello.\n\nOn Monday, Kim wrote:\n> #close",
        "Hello.\n\n-- \n#close",
        "Hello.\n\n```\n#close\n```",
        "Hello.\n\n-----Original Message-----\nFrom: Kim <kim@client.example>\nSent: Monday\nTo: x\nSubject: y\n\n#close",
    ],
)
def test_commands_in_quotes_signatures_and_fences_do_nothing(tmp_path: Path, text: str) -> None:
    """A customer would command by having his words quoted."""
    with desk(tmp_path) as d:
        from tests.desk.staff import asked

        mail = asked(d, "anna")
        i = d.write(ANNA, text, answer=mail)
        assert d.fate(i) == "appended" and d.ticket().status is Status.working


def test_a_forwarded_request_is_new_to_everybody(tmp_path: Path) -> None:
    """`New` above and `Read` below: whoever opens the desk's lists would think that somebody looks after it (3-21)."""
    subject, block = FORWARDS["gmail-en"]
    with desk(tmp_path) as d:
        d.agent("anna")
        d.agent("ben")
        d.write(ANNA, f"Who can do this?\n\n{block}The toner is empty.", subject=subject, envelope=login("anna"))
        assert d.ticket().status is Status.new
        new = one(d.post(), "ben@", "new-in-group")
        assert new["X-Mailgate-Status"] == "new" and "Read" not in plain(new) and "Who can do this?" in plain(new)
