"""The words of buttons that stand for no command, in the language of whoever reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.facts.terms import Priority, Status
from tests.desk.office import desk, plain
from tests.desk.staff import ANNA, login, one, to_customers

WORDS = {
    "de": ("ausführen", "verwerfen", "senden", "anhalten", "rückgängig", "falsche Person"),
    "fi": ("suorita", "hylkää", "lähetä", "seis", "kumoa", "väärä henkilö"),
    "cs": ("provést", "zahodit", "odeslat", "zastavit", "vrátit", "jiná osoba"),
    "en": ("carry-out", "drop", "send", "stop", "undo", "wrong-person"),
}
EVERY = pytest.mark.parametrize("language", list(WORDS))


@EVERY
def test_an_answer_is_stopped_by_the_word_of_its_button(tmp_path: Path, language: str) -> None:
    """`stop` is no word that a Czech would think of while an answer leaves."""
    with desk(tmp_path, desk=f'languages = ["en", "{language}"]') as d:
        d.agent("anna", language=language)
        d.write("kim@client.example")
        mail = one(d.post(), ANNA)
        _, _, _, stop, undo, _ = WORDS[language]
        d.write(ANNA, "We come at once.\n\n#prio high", answer=mail)
        report = one(d.post(), ANNA, "report")
        assert stop in plain(report)
        d.write(ANNA, f"{stop.capitalize()}.", answer=report)
        assert to_customers(d.post_later()) == [] and d.ticket().priority is Priority.normal
        d.write(ANNA, "#prio high", answer=mail)
        report = one(d.post(), ANNA, "report")
        assert undo in plain(report)
        d.write(ANNA, undo, answer=report)
        assert d.ticket().priority is Priority.normal


@EVERY
def test_a_held_mail_is_sent_or_dropped_by_the_words_of_its_buttons(tmp_path: Path, language: str) -> None:
    """The mail says which word to write; it has to be one of the reader's own, and the English one goes on working."""
    _, drop, send, *_ = WORDS[language]
    for word in dict.fromkeys((send, "send", drop, "drop")):
        folder = tmp_path / word
        folder.mkdir()
        with desk(folder, desk=f'languages = ["en", "{language}"]') as d:
            d.agent("anna", language=language)
            d.write("kim@client.example")
            mail = one(d.post(), ANNA)
            d.write(ANNA, "We come at once.\n\n#nonsense", answer=mail)
            held = one(d.post_later(), ANNA, "held")
            assert send in plain(held) and drop in plain(held)
            i = d.write(ANNA, word, answer=held)
            assert d.fate(i) == "executed", d.mail(i)["why"]
            assert len(to_customers(d.post_later())) == (1 if word in {send, "send"} else 0)


@EVERY
def test_was_this_you_is_answered_by_its_word(tmp_path: Path, language: str) -> None:
    """Whoever is asked in Finnish should not have to answer in English."""
    carry_out, *_ = WORDS[language]
    with desk(tmp_path, desk=f'languages = ["en", "{language}"]') as d:
        d.agent("anna", language=language)
        d.write("kim@client.example")
        mail = one(d.post(), ANNA)
        d.write(ANNA, "#close", subject=str(mail["Subject"]))
        asked_back = one(d.post(), ANNA, "held")
        assert carry_out in plain(asked_back)
        d.write(ANNA, carry_out, answer=asked_back)
        assert d.ticket().status is Status.closed


@EVERY
def test_the_wrong_person_is_said_in_ones_own_words(tmp_path: Path, language: str) -> None:
    """The acknowledgement would go to somebody who never asked."""
    *_, wrong = WORDS[language]
    forward = "---------- Forwarded message ---------\nFrom: Jan <jan@customer.example>\nDate: Mon, 23 Nov 2026\nSubject: Toner\nTo: <anna@staff.example>\n\nThe toner is empty."
    with desk(tmp_path, desk=f'languages = ["en", "{language}"]') as d:
        d.agent("anna", language=language)
        d.write(ANNA, forward, subject="Fwd: Toner", envelope=login("anna"))
        report = one(d.post(), ANNA, "report")
        assert wrong in plain(report)
        d.write(ANNA, wrong, answer=report)
        assert d.ticket().requester.address == ANNA and to_customers(d.post_later(300)) == []


@pytest.mark.parametrize("said", ["„schließen“", "»Schließen«.", '"schließen"', "‚schließen‘", "*schließen*"])
def test_a_word_counts_with_the_marks_that_it_was_printed_or_copied_in(tmp_path: Path, said: str) -> None:
    """Help names words in quotes, and phones turn typed ones into typographic ones."""
    with desk(tmp_path, desk='languages = ["de"]') as d:
        d.agent("anna")
        d.write("kim@client.example")
        d.write("kim@client.example", said, answer=one(d.post(), "kim@client.example"))
        assert d.ticket().status is Status.closed
