"""In which language somebody is answered, where nobody has said it."""

from __future__ import annotations

import pytest

from rules.reading.language import detect

DESK = ("en", "de", "fi", "cs")
SAID = [
    ("en", "Hello, our printer on the second floor does not print any more. Could you have a look?"),
    ("en", "The invoice is wrong, please send it again."),
    ("de", "Guten Tag, der Aufzug in Haus B bleibt seit heute Morgen stehen. Mit freundlichen Grüßen"),
    ("de", "Hallo, ich kann mich nicht anmelden. Danke!"),
    ("fi", "Hei, tulostin ei toimi. Voisitteko katsoa? Terveisin Väinö"),
    ("fi", "Lasku on väärin ja se pitäisi korjata."),
    ("cs", "Dobrý den, tiskárna netiskne a na displeji je chyba. Děkuji, Lenka"),
    ("cs", "Nejde mi přihlášení, prosím o pomoc."),
    ("cs", "Potřebuji náhradní díl.\n\nMnožství: 2"),
    ("en", "Hello, could you help Jiří Dvořák and Božena Němcová in Plzeň?"),
]


@pytest.mark.parametrize(("code", "text"), SAID)
def test_people_are_answered_in_their_language(code: str, text: str) -> None:
    """Whoever writes German would get an English answer."""
    assert detect(text, DESK) == code


@pytest.mark.parametrize(
    "text",
    [
        *("", "T42", "ok", "Drucker kaputt", "SN-4711-A 10.0.0.1", "Jiří Dvořák, Plzeň", "Bonjour, notre imprimante ne marche plus."),
        # letters between digits are no words: `a`, `s`, `v`, `z` of a code are not Czech
        *("[cid:8B8481A2-25CA-4886-9B5A-8EB9115DD064]", "H4sIAJ+A5jIAA0VPTWvDMAy9+1e8nbpCsS877bRS1vayXdJDDwURbJEEEqez"),
    ],
)
def test_nothing_is_guessed_where_it_is_not_plain(text: str) -> None:
    """A wrong guess is worse than the desk's own language."""
    assert detect(text, DESK) == ""


def test_a_language_that_the_desk_does_not_speak_is_not_taken() -> None:
    """A desk without German texts would promise them."""
    assert detect(SAID[2][1], ("en", "fi")) == ""
