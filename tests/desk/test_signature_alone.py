"""A signature that no mark sets apart is no message: under a button, under a command, and alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.facts.terms import Status
from tests.desk.office import desk, plain
from tests.desk.staff import ANNA, BEN, KIM, asked, kinds, one, request, to_customers

SIGNATURES = {
    "Outlook, German": "Mit freundlichen Grüßen\n\nKim Client\nLeiter Einkauf\nClient GmbH | Hafenstraße 1 | 20457 Hamburg\nTel. +49 40 123 456",
    "Outlook, Finnish": "Ystävällisin terveisin,\nKim Client\nHankintapäällikkö\nClient Oy\npuh. 040 123 4567\nwww.client.example",
    "Outlook, Czech": "S pozdravem\n\nKim Client\nvedoucí nákupu\nClient s.r.o.\nkim@client.example",
    "English": "Kind regards\nKim Client\nHead of Purchasing\nM: 040 123 4567",
}


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES)
def test_a_button_s_mail_with_the_program_s_signature_is_the_button_alone(tmp_path: Path, signature: str) -> None:
    """Mail programs put it under the mail that a button opens; staff would be told of a message that nobody wrote."""
    with desk(tmp_path) as d:
        d.agent("anna")
        mail = one(request(d), KIM)
        i = d.press(KIM, mail, "Fewer mails", signature)
        assert d.fate(i) == "executed" and d.ticket().muted == (KIM,)
        assert [m["X-Mailgate-Template"] for m in d.post_later()] == [] and len(d.posts()) == 1


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES)
def test_commands_above_the_program_s_signature_send_the_customer_nothing(tmp_path: Path, signature: str) -> None:
    """`#take` from Outlook would leave as an answer of nothing but a name and a telephone number."""
    with desk(tmp_path) as d:
        i = d.write(ANNA, f"#take\n\n{signature}", answer=asked(d))
        assert d.fate(i) == "executed" and d.ticket().assignee == "anna"
        assert [m for m in to_customers(d.post_later()) if m["X-Mailgate-Template"] == "message"] == []


def test_an_agent_s_reply_of_a_signature_alone_is_as_good_as_empty(tmp_path: Path) -> None:
    """Who presses send too early would answer with his name; he is told that nothing left."""
    with desk(tmp_path) as d:
        i = d.write(ANNA, SIGNATURES["Outlook, German"], answer=asked(d))
        assert d.fate(i) == "executed" and len(d.posts()) == 1
        assert to_customers(d.post_later()) == [] and d.ticket().status is Status.new


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES)
def test_a_customer_s_command_above_a_signature_is_the_command_alone(tmp_path: Path, signature: str) -> None:
    """A closed request would open again for a signature."""
    with desk(tmp_path) as d:
        d.agent("anna")
        mail = one(request(d), KIM)
        i = d.write(KIM, f"#close\n\n{signature}", answer=mail)
        assert d.fate(i) == "executed" and d.ticket().status is Status.closed
        assert kinds(d.post_later()) == ["closed"] and len(d.posts()) == 1


@pytest.mark.parametrize(
    "said",
    [
        "Kind regards\nKim\n\nP.S. The other printer smells, too.",
        "Cheers\nKim",
        "Thank you!\nKim",
        "Best wishes for the party\nKim",
        "Regards\nKim\nbut it is still broken",
        "Kim Client",
        "Regards, and is the toner in?",
        "Mit freundlichen Grüßen\nKim\nWann kommt ihr?",
    ],
)
def test_what_says_something_below_a_button_is_kept(tmp_path: Path, said: str) -> None:
    """Words that nobody reads are worse than a signature that somebody does."""
    with desk(tmp_path) as d:
        d.agent("anna")
        mail = one(request(d), KIM)
        d.press(KIM, mail, "Fewer mails", said)
        assert d.posts()[-1].text == said
        assert said.rsplit("\n", maxsplit=1)[-1] in plain(one(d.post_later(), ANNA, "appended"))


def test_a_file_with_a_signature_is_an_answer_with_both(tmp_path: Path) -> None:
    """An invoice without a word looks like a mistake; the closing formula is what its sender wrote beside it."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        d.write(ANNA, "Kind regards\nAnna", answer=mail, files=(("invoice.pdf", b"%PDF-1.4 an invoice"),))
        sent = one(d.post_later(), KIM, "message")
        assert "Kind regards" in plain(sent) and [p.get_filename() for p in sent.iter_attachments()] == ["invoice.pdf"]
        d.write(ANNA, "#task @ben order it\n\nKind regards\nAnna", answer=mail, files=(("part.pdf", b"%PDF-1.4 a part"),))
        mails = d.post_later()
        assert [m for m in to_customers(mails) if m["X-Mailgate-Template"] == "message"] == []
        assert [p.get_filename() for p in one(mails, BEN, "task").iter_attachments()] == ["part.pdf"]


def test_the_own_address_of_an_agent_stays_behind_without_a_mark_too(tmp_path: Path) -> None:
    """Customers would write to him past the desk from then on."""
    with desk(tmp_path) as d:
        text = (
            f"We come at once, write to {ANNA} meanwhile.\n\nKind regards\nAnna Berg\nStaff Ltd | E: Anna@Staff.example\nTel. 040 123 456"
        )
        d.write(ANNA, text, answer=asked(d))
        shown = plain(one(d.post_later(), KIM, "message"))
        assert "Kind regards\nAnna Berg\nTel. 040 123 456" in shown and "Staff Ltd" not in shown
        assert ANNA in shown, "what he says himself he means"


def test_a_signature_that_comes_back_leaves_no_more(tmp_path: Path) -> None:
    """Outlook sets no mark; from the third answer on the direct telephone number stays inside, the name below the closing formula doesn't."""
    signed = "Mit freundlichen Grüßen\n\nAnna Aalto\nIT-Support\nHafen GmbH | Kai 1 | 20457 Hamburg\nTel. +49 40 123 456"
    with desk(tmp_path) as d:
        d.agent("anna")
        told: list[str] = []
        for number, words in enumerate(("Das Papier ist alle.", "Bitte noch einmal versuchen.", "Morgen kommt jemand."), 1):
            mail = one(request(d, f"Drucker {number} geht nicht."), ANNA)
            d.write(ANNA, f"{words}\n\n{signed}", answer=mail)
            told += [plain(m) for m in to_customers(d.post_later()) if m["X-Mailgate-Template"] == "message"]
        assert ["+49 40 123 456" in each for each in told] == [True, True, False]
        assert "Morgen kommt jemand." in told[2] and "Anna Aalto" in told[2]
        assert "+49 40 123 456" in d.posts("T3")[-1].quoted
