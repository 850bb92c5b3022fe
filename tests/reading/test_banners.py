"""Warnings that mail servers lay above mail from outside are nobody's words; what people write about them is theirs."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.reading import banners, quoting

MICROSOFT = (
    "CAUTION: This email originated from outside of the organization. Do not click links or open attachments unless you recognize the sender and "
    "know the content is safe."
)
BANNERS = [
    MICROSOFT,
    f"*{MICROSOFT}*",
    f"[{MICROSOFT}]",
    "⚠️ CAUTION: External email. Do not click links unless you trust the sender.",
    "CAUTION: This email originated from outside of the\norganization. Do not click links or open attachments unless you\nrecognize the sender and know the content is safe.",
    "WARNING: This message was sent from outside the company. Please do not click links or open attachments unless you recognise the source of this email.",
    "This email originated from outside of Acme Corp. Exercise caution when opening attachments or clicking links, especially from unknown senders.",
    "[EXTERNAL]",
    "*** EXTERNAL EMAIL ***",
    "EXTERNAL EMAIL: Do not click any links or open any attachments unless you trust the sender and know the content is safe.",
    "[EXTERNAL EMAIL] This message originated outside your organization.",
    "This Message Is From an External Sender\nThis message came from outside your organization.",
    "ZjQcmQRYFpfptBannerStart\nThis Message Is From an External Sender\nThis message came from outside your organization.\n\nReport Suspicious\n\nZjQcmQRYFpfptBannerEnd",
    "You don't often get email from kim@client.example. Learn why this is important<https://aka.ms/LearnAboutSenderIdentification>",
    "[You don't often get email from kim@client.example. Learn why this is important at https://aka.ms/LearnAboutSenderIdentification ]",
    "Some people who received this message don't often get email from kim@client.example. Learn why this is important<https://aka.ms/LearnAboutSenderIdentification>",
    "ATTENTION: This email came from an external source. Do not open attachments or click on links from unknown senders or unexpected emails.",
    "NOTICE: This message is from an external sender. Think before you click.",
    "ACHTUNG: Diese E-Mail stammt von außerhalb der Organisation. Klicken Sie nicht auf Links und öffnen Sie keine Anhänge, es sei denn, Sie kennen den Absender.",
    "VORSICHT: Externe E-Mail. Öffnen Sie keine Anhänge und klicken Sie nicht auf Links, wenn Sie dem Absender nicht vertrauen.",
    "Diese E-Mail kommt von einem externen Absender.",
    "Achtung: Diese Nachricht wurde von außerhalb des Unternehmens gesendet. Bitte seien Sie vorsichtig.",
    "Sie erhalten nicht oft eine E-Mail von kim@client.example. Erfahren Sie, warum dies wichtig ist<https://aka.ms/LearnAboutSenderIdentification>",
    "VAROITUS: Tämä viesti on lähetetty organisaation ulkopuolelta. Älä avaa liitteitä tai klikkaa linkkejä, ellet tunne lähettäjää.",
    "HUOM! Tämä sähköposti on tullut organisaation ulkopuolelta. Ole varovainen linkkien ja liitteiden kanssa.",
    "HUOMIO: Ulkopuolinen lähettäjä",
    "Et saa usein sähköpostia osoitteesta kim@client.example. Lue, miksi tämä on tärkeää<https://aka.ms/LearnAboutSenderIdentification>",
    "UPOZORNĚNÍ: Tento e-mail pochází z prostředí mimo organizaci. Neklikejte na odkazy a neotvírejte přílohy, pokud neznáte odesílatele.",
    "POZOR: Tato zpráva byla odeslána externím odesílatelem. Buďte obezřetní.",
    "Od kim@client.example často nedostáváte e-maily. Zjistěte, proč je to důležité<https://aka.ms/LearnAboutSenderIdentification>",
]
WORDS = [
    "This email originated from outside of the organization, our printer burns and nobody comes.",
    "CAUTION: the printer is hot.",
    "Attention: the external monitor is dark.",
    "This message is external to the ticket about the printer on floor two.",
    "External email does not reach us since Monday.",
    "The external drive is broken. Please check the attachment.",
    "Please note that this mail was sent from my phone, since the external gateway is down.",
    "Why does it say: This email originated from outside of the organization?",
    "Achtung: Das externe Laufwerk ist weg.",
    "Diese Mail geht an externe Empfänger nicht hinaus, bitte prüfen.",
    "Diese E-Mail von extern kommt nicht an.",
    "Varoitus: ulkoinen levy on täynnä.",
    "Tämä viesti ei lähde ulkopuolisille.",
    "Pozor, externí disk nefunguje.",
    "Tento e-mail na externí adresy neodejde.",
]


@pytest.mark.parametrize("banner", BANNERS)
@pytest.mark.parametrize("gap", ["\n\n", "\n", "\n________________________________\n\n"])
def test_a_warning_above_the_text_is_not_the_authors(banner: str, gap: str) -> None:
    """Staff read it as the customer's words, and `#take` below it was no command any more."""
    split = quoting.written(f"{banner}{gap}#take\n\nPlease check the attachment.")
    assert split.text == "#take\n\nPlease check the attachment."
    assert banner.split("\n", maxsplit=1)[0].strip() in split.quoted, "nothing is lost"
    assert banners.without(f"{banner}{gap}The printer burns.") == "The printer burns."


@pytest.mark.parametrize("words", WORDS)
def test_what_people_write_stays_theirs(words: str) -> None:
    """Warnings are a topic of help desks, too."""
    assert quoting.written(words).text == words
    assert quoting.written(f"{MICROSOFT}\n\n{words}").text == words
    assert quoting.written(f"{words}\n\n{MICROSOFT}").text == f"{words}\n\n{MICROSOFT}", "only at the very top"


def test_two_warnings_stack() -> None:
    """A gateway and the mail system behind it lay theirs one above the other."""
    assert banners.without("\n\n".join([BANNERS[13], MICROSOFT, "The printer burns."])) == "The printer burns."


@given(st.text(max_size=300))
def test_nothing_is_lost_below_a_warning(text: str) -> None:
    """Whatever follows is there, in one of both halves."""
    split = quoting.written(f"{MICROSOFT}\n\n{text}")
    both = "".join((split.text + split.quoted).split())
    assert all(word in both for word in text.replace("\x00", " ").split() if word.isalnum() and word.isascii())


def test_long_lines_take_no_time() -> None:
    """Patterns that look back and forth are a door to stop the desk by one mail."""
    began = time.process_time()
    for text in ("this email is outside " * 500, "do not click " * 2000, "external " * 5000, "\n".join(["this email is external"] * 500)):
        banners.height(text.split("\n"))
    assert time.process_time() - began < 1.0
