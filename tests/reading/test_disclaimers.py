"""What firms lay below every mail is nobody's words; what people write about secrets is theirs."""

from __future__ import annotations

import time

import pytest

from rules.reading import disclaimers, quoting

DISCLAIMERS = [
    "This e-mail and any attachments are confidential and may be privileged. If you are not the intended recipient, please notify the sender\nand delete this e-mail.",
    "CONFIDENTIALITY NOTICE: This message is intended only for the use of the addressee. Any unauthorised disclosure is prohibited.",
    "The information contained in this e-mail is confidential and intended solely for the addressee.\n\nPlease consider the environment before printing this e-mail.",
    "Diese E-Mail enthält vertrauliche und/oder rechtlich geschützte Informationen. Wenn Sie nicht der richtige Adressat sind, vernichten Sie diese Mail.",
    "Der Inhalt dieser E-Mail ist vertraulich und ausschließlich für den bezeichneten Adressaten bestimmt. Unbefugte Weitergabe ist nicht gestattet.\n\nAcme GmbH\nAmtsgericht Kiel HRB 1234",
    "Tämä sähköposti ja sen liitteet ovat luottamuksellisia. Jos ette ole viestin oikea vastaanottaja, ilmoittakaa siitä lähettäjälle ja hävittäkää viesti.",
    "Tento e-mail a jeho přílohy jsou důvěrné. Pokud nejste zamýšleným příjemcem, informujte odesílatele a zprávu smažte.",
]
WORDS = [
    "The information about my salary is confidential. Please delete it from the request, the recipient was the wrong one.",
    "This e-mail went to somebody who was not the intended recipient. What shall I do? It was confidential.",
    "This e-mail went to somebody who was not the intended recipient, and it was confidential, so please recall it for me at once.",
    "Diese E-Mail war vertraulich und ging an einen Empfänger, der sie nicht hätte lesen dürfen, was tun wir jetzt damit?",
    "This mail is for the recipient of the confidential report of last week, and it must not be printed by anybody.",
]


@pytest.mark.parametrize("below", DISCLAIMERS)
def test_a_disclaimer_below_the_text_is_not_the_authors(below: str) -> None:
    """It went to customers with each answer, and `#close` above it was in the middle of the text."""
    split = quoting.written(f"It works again.\n\n#close\n\n{below}\n")
    assert split.text == "It works again.\n\n#close"
    assert "".join(below.split()) == "".join(split.quoted.split()), "nothing is lost"
    more = f"It works again.\n\n{below}\n\nP.S. What about the toner?"
    assert quoting.written(more).text == more, "only where nothing else follows"
    assert quoting.written(below).text == below, "a mail that is nothing else is shown"


@pytest.mark.parametrize("words", WORDS)
def test_what_people_write_of_secrets_stays_theirs(words: str) -> None:
    """Confidential mail that went astray is a request, too."""
    assert quoting.written(f"Hello,\n\n{words}").text == f"Hello,\n\n{words}"


def test_long_mails_take_no_time() -> None:
    """Patterns that look back and forth are a door to stop the desk by one mail."""
    began = time.process_time()
    for text in (
        "this e-mail recipient " * 2000,
        "nejste a " * 5000 + "příjemc",
        "\n\n".join(["this e-mail is confidential, recipient"] * 2000),
    ):
        rows = text.split("\n")
        disclaimers.begins(rows, [n for n, row in enumerate(rows) if row])
    assert time.process_time() - began < 1.0
