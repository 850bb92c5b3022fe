"""What a mail prints for somebody to press or to type is in the language of that mail, and is understood so."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest

from rules.facts.terms import Status
from templates import languages
from tests.desk.office import Desk, buttons, desk, plain
from tests.desk.staff import ANNA, KIM, asked, login, one, request, to_customers

OWN = {
    "de": ("#prio hoch", "Übernehmen", "#übernehmen", "#rückgängig"),
    "fi": ("#prio korkea", "Ota käsittelyyn", "#ota", "#kumoa"),
    "cs": ("#prio vysoká", "Převzít", "#převzít", "#zpět"),
}


def _asked(d: Desk, code: str) -> object:
    d.agent("anna", language=code)
    return one(request(d), ANNA)


@pytest.mark.parametrize("code", OWN)
@pytest.mark.parametrize("way", ["press", "type"])
def test_a_near_match_is_offered_in_the_agent_s_language(tmp_path: Path, code: str, way: str) -> None:
    """Choices between English verbs are no choice for somebody who has never used one."""
    with desk(tmp_path) as d:
        d.write(ANNA, "#prio hihg", answer=_asked(d, code))  # type: ignore[arg-type]
        held = one(d.post(), ANNA, "held")
        line = OWN[code][0]
        assert unquote(buttons(held)[line]).endswith(f"?subject=[T1] {line}")
        assert line in buttons(held) and line in plain(held) and "#prio high" not in plain(held)
        if way == "press":
            d.press(ANNA, held, line)
        else:
            d.write(ANNA, line, answer=held)
        assert d.ticket().priority.value == "high"


@pytest.mark.parametrize("code", OWN)
def test_the_report_of_a_button_says_what_stood_on_it(tmp_path: Path, code: str) -> None:
    """Who pressed `Převzít` never wrote `#take`."""
    _, label, line, back = OWN[code]
    with desk(tmp_path) as d:
        d.press(ANNA, _asked(d, code), label)  # type: ignore[arg-type]
        report = one(d.post_later(), ANNA, "report")
        assert f"✓  {line}\n" in plain(report)
        d.write(ANNA, "#take", answer=report)
        assert "✓  #take\n" in plain(one(d.post_later(), ANNA, "report")), "what was typed stays as it was typed"
        d.write(ANNA, "#prio high", answer=report)
        d.press(ANNA, one(d.post(), ANNA, "report"), languages.label("undo", code))
        assert f"✓  {back}\n" in plain(one(d.post(), ANNA, "report"))


def test_a_button_that_can_t_be_carried_out_offers_no_choice_that_isn_t_there(tmp_path: Path) -> None:
    """`Choose what you meant` above nothing to choose, and the inside of a button for a line."""
    with desk(tmp_path) as d:
        mail = asked(d)
        d.write(ANNA, "#prio high", answer=mail)
        report = one(d.post(), ANNA, "report")
        d.write(ANNA, "#prio low", answer=mail)
        d.post()
        d.press(ANNA, report, "Undo")
        held = plain(one(d.post(), ANNA, "held"))
        assert "mail:" not in held and "✗  #undo\n" in held and "Choose" not in held and "as it should be" not in held
        d.write(ANNA, "#xyzzyx", answer=mail)
        assert "Reply with the line as it should be" in " ".join(plain(one(d.post(), ANNA, "held")).split())
        assert d.ticket().status is Status.new


@pytest.mark.parametrize(("code", "word"), [("de", "status"), ("fi", "tila"), ("cs", "stav")])
def test_customers_ask_how_it_stands_in_their_own_word(tmp_path: Path, code: str, word: str) -> None:
    """`status?` is neither Finnish nor Czech."""
    with desk(tmp_path, desk=f'languages = ["{code}"]', more="[notify]\ntaken = true") as d:
        d.write(ANNA, "#take", answer=asked(d))
        taken = one(d.post_later(), KIM, "taken")
        assert f"\n  {word} " in plain(taken) and "status?" not in plain(taken)
        d.write(KIM, word.capitalize(), answer=taken)
        assert one(d.post_later(), KIM, "status-answer")


def test_a_mail_to_be_sent_says_which_star_or_colleague_it_is_for(tmp_path: Path) -> None:
    """Five mails called `Rate` look alike to whoever holds one of them in his hand."""
    with desk(tmp_path, desk='languages = ["de"]') as d:
        d.write(ANNA, "#close", answer=asked(d))
        stars = buttons(one(d.post_later(), KIM, "closed"))
        assert [unquote(stars[str(n)]).partition("subject=")[2] for n in (1, 5)] == ["[T1] Bewerten: 1", "[T1] Bewerten: 5"]


@pytest.mark.parametrize("line", ["#close quietly", "#schließen leise", "#sulje hiljaa", "#uzavřít potichu", "#uzavřít tiše"])
def test_quiet_is_quiet_in_every_language(tmp_path: Path, line: str) -> None:
    """The customer was told, with `hiljaa` for a reason."""
    with desk(tmp_path) as d:
        d.write(ANNA, line, answer=asked(d))
        assert not d.ticket().is_open and to_customers(d.post_later()) == []


@pytest.mark.parametrize(
    ("code", "says"), [("en", "#close quiet"), ("de", "#schließen leise"), ("fi", "#sulje hiljaa"), ("cs", "#uzavřít potichu")]
)
def test_an_opening_that_can_t_be_taken_back_says_what_can_be_done(tmp_path: Path, code: str, says: str) -> None:
    """`This cannot be taken back any more` leaves a request that was opened by mistake where it is."""
    with desk(tmp_path) as d:
        d.agent("anna", language=code)
        d.write(ANNA, "Broken.\n\n#new for:kim@client.example", envelope=login("anna"))
        report = one(d.post(), ANNA)
        d.write(ANNA, "#undo", envelope=login("anna"))
        loose = one(d.post(), ANNA, "held")
        assert "T1" in plain(loose) and says in " ".join(plain(loose).split()) and len(buttons(loose)) == 1, "it is about no request"
        d.write(ANNA, "#undo", answer=report)
        held = one(d.post(), ANNA, "held")
        d.press(ANNA, held, languages.spell("close quiet", code, staff=True))
        assert not d.ticket().is_open
