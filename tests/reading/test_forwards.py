"""An agent forwards a customer's mail to the desk: the ticket must be the customer's, with the customer's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.reading import forwards

BODY = "It prints nothing.\n\nKim"

FORWARDS = {
    "outlook en": "From: Kim Client <kim@client.test>\nSent: Monday, November 2, 2026 10:00 AM\nTo: Ada <ada@corp.test>\nSubject: Printer",
    "outlook 2010": "From: Kim Client [mailto:kim@client.test]\nSent: Monday, November 2, 2026 10:00 AM\nTo: Ada\nSubject: Printer",
    "outlook de": "________________________________\nVon: Kim Client <kim@client.test>\nGesendet: Montag, 2. November 2026 10:00\nAn: Ada\nBetreff: Printer",
    "outlook fi": "Lähettäjä: Kim Client <kim@client.test>\nLähetetty: maanantai 2. marraskuuta 2026 10.00\nVastaanottaja: Ada\nAihe: Printer",
    "outlook cs": "Od: Kim Client <kim@client.test>\nOdesláno: pondělí 2. listopadu 2026 10:00\nKomu: Ada\nPředmět: Printer",
    "outlook bold": "*From:* Kim Client <kim@client.test>\n*Sent:* Monday, November 2, 2026 10:00 AM\n*To:* Ada\n*Subject:* Printer",
    "gmail en": "---------- Forwarded message ---------\nFrom: Kim Client <kim@client.test>\nDate: Mon, Nov 2, 2026 at 10:00 AM\nSubject: Printer\nTo: <a@c.test>\n\n",
    "gmail de": "---------- Forwarded message ---------\nVon: Kim Client <kim@client.test>\nDate: Mo., 2. Nov. 2026 um 10:00 Uhr\nSubject: Printer\nTo: <a@c.test>\n\n",
    "gmail cs": "---------- Forwarded message ---------\nOd: Kim Client <kim@client.test>\nDate: po 2. 11. 2026 v 10:00\nSubject: Printer\nTo: <a@c.test>\n\n",
    "gmail wrapped": "---------- Forwarded message ---------\nFrom: Kim Client\n<kim@client.test>\nDate: Mon, Nov 2, 2026\nSubject: Printer\nTo: <a@c.test>\n",
    "apple en": "Begin forwarded message:\n\nFrom: Kim Client <kim@client.test>\nSubject: Printer\nDate: 2 November 2026 at 10:00:00 CET\nTo: a@c.test",
    "apple de": "Anfang der weitergeleiteten Nachricht:\n\nVon: Kim Client <kim@client.test>\nBetreff: Printer\nDatum: 2. November 2026 um 10:00\nAn: a@c.test",
    "apple fi": "Välitetty viesti alkaa:\n\nLähettäjä: Kim Client <kim@client.test>\nAihe: Printer\nPäivämäärä: 2. marraskuuta 2026\nVastaanottaja: a@c.test",
    "apple cs": "Začátek přeposílané zprávy:\n\nOd: Kim Client <kim@client.test>\nPředmět: Printer\nDatum: 2. listopadu 2026 10:00\nKomu: a@c.test",
    "thunderbird de": "-------- Weitergeleitete Nachricht --------\nBetreff: \tPrinter\nDatum: \tMon, 2 Nov 2026\nVon: \tKim Client <kim@client.test>\nAn: \ta@c.test\n",
    "thunderbird fi": "-------- Edelleenlähetetty viesti --------\nAihe: \tPrinter\nPäiväys: \tMon, 2 Nov 2026\nLähettäjä: \tKim Client <kim@client.test>\n",
}


@pytest.mark.parametrize("head", FORWARDS.values(), ids=FORWARDS.keys())
@pytest.mark.parametrize("quoted", [False, True], ids=["plain", "marked"])
def test_the_inner_mail_is_found(head: str, quoted: bool) -> None:
    """Marked or not: Apple Mail and HTML forwards put `> ` before every line."""
    inner = f"{head}\n\n{BODY}"
    if quoted:
        inner = "\n".join(f"> {line}" for line in inner.split("\n"))
    found = forwards.find(f"Please help her.\n\nAda\n\n{inner}\n")
    assert found is not None
    assert (found.sender.name, found.sender.address) == ("Kim Client", "kim@client.test")
    assert found.subject == "Printer"
    assert found.text == BODY
    assert found.above == "Please help her.\n\nAda"


@pytest.mark.parametrize(
    "text", ["", "Hello", "From: Praha\nTo: Berlin", "On Monday she wrote: it is broken", "---------- Forwarded message ---------\n"]
)
def test_without_an_inner_mail_there_is_none(text: str) -> None:
    """An agent's own request is his own."""
    assert forwards.find(text) is None


@given(st.lists(st.one_of(st.sampled_from("\n".join(FORWARDS.values()).split("\n")), st.text(max_size=20)), max_size=15))
def test_any_text_can_be_searched(lines: list[str]) -> None:
    """Forwards come in every shape; a sender without an address is no sender."""
    found = forwards.find("\n".join(lines))
    assert found is None or "@" in found.sender.address
