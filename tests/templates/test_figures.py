"""Charts and lists: that what is drawn is what is counted, and that nothing breaks where there is nothing."""

from __future__ import annotations

import re

import pytest

from templates import cards, figures, languages, lists, render, samples
from tests.templates.test_texts import words_of

WORDS = languages.words("en")
DRAWN = figures.Html(words=WORDS)
WRITTEN = figures.Plain(words=WORDS)


def evaluation(**changes: object) -> render.Rendered:
    card = samples.sample("evaluation") | changes
    assert cards.faults("evaluation", card) == []
    return render.render("evaluation", "en", card, links=samples.links(card))


def test_columns_are_as_high_as_their_numbers() -> None:
    """A chart that flatters is worse than a table."""
    html = DRAWN.columns([("wk 1", (40, 10)), ("wk 2", (20, 0))], ["received", "closed"])
    heights = [int(height) for height in re.findall(r'<td height="(\d+)" class="(?:edgefill|fill-teal)"', html)]
    assert heights[:3] == [96, 24, 48]
    assert [n for n in re.findall(r">(\d+)</td>", html) if n in {"40", "10", "20", "0"}] == ["40", "10", "20", "0"]
    lines = WRITTEN.columns([("wk 1", (40, 10)), ("wk 2", (20, 0))], ["received", "closed"]).split("\n")
    assert [line.count("█") for line in lines] == [24, 6, 12, 0]
    assert [line.split()[-1].strip("\x03") for line in lines] == ["40", "10", "20", "0"]


def test_a_year_of_weeks_lies_down_instead_of_running_out_of_the_mail() -> None:
    """Fifty-two pairs of columns do not fit on any screen."""
    html = DRAWN.columns([(f"wk {n}", (n, 52 - n)) for n in range(1, 53)], ["received", "closed"])
    assert html.count("<tr><td width=") >= 52
    assert 'valign="bottom"' not in html
    assert "17 / 35" in html


def test_nothing_to_count_is_no_division_by_zero() -> None:
    """The first month of a desk has no ratings, no promises and perhaps no requests."""
    empty = [{"what": what, "kind": kind, "value": None, "change": None} for what, kind in (("on_time", "percent"), ("rating", "stars"))]
    weeks = [{"week": 1, "label": "", "received": 0, "closed": 0}]
    kept = [{"name": "Printing", "kept": 0, "total": 0}]
    counts = [{"by": "unheard-of", "rows": [{"name": "A", "count": 0}]}]
    mail = evaluation(figures=empty, weeks=weeks, kept=kept, breakdowns=counts, voices=[])
    assert "–  on time" in mail.text
    assert "100% · 0 / 0" in mail.text
    assert "UNHEARD-OF" in mail.text
    bare = evaluation(figures=[], weeks=[], kept=[], breakdowns=[], voices=[], csv="")
    assert "Service report, May 2026" in bare.text
    assert "Week by week" not in words_of(bare.html)


@pytest.mark.parametrize(
    ("kept", "total", "colour", "said"),
    [(98, 100, "green", "98%"), (91, 100, "amber", "91%"), (40, 100, "red", "40%"), (3, 2, "green", "150%")],
)
def test_a_share_is_a_bar_a_colour_and_words(kept: int, total: int, colour: str, said: str) -> None:
    """The bar never grows out of its track, and the figure beside it tells what it is."""
    mail = evaluation(kept=[{"name": "Printing", "kept": kept, "total": total}], breakdowns=[])
    bar = re.search(rf'<td width="(\d+)%" height="10" class="fill-{colour}"', mail.html)
    assert bar
    assert int(bar[1]) == min(100, round(kept / total * 100))
    assert f"{said} · {kept} / {total}" in mail.text


def test_changes_have_their_sign_and_unit() -> None:
    """ "-18 min" and "+2 points" are what the reader compares; a share's change is never a per cent of a per cent."""
    text = evaluation().text
    for said in ("148  requests (+12)", "1:12 h  to the first answer (−0:18 h)", "96%  on time (+2)", "4.6  rating, of 5 (+0.1)"):
        assert said in text


def test_more_than_two_tiles_stand_in_pairs_and_an_odd_one_keeps_its_width() -> None:
    """Four tiles beside each other break their words on a phone."""
    assert DRAWN.tiles([(str(n), "x", "", "") for n in range(4)]).count('class="stack"') == 2
    three = DRAWN.tiles([(str(n), "x", "", "") for n in range(3)])
    assert len(re.findall(r'class="tile', three)) == 4
    assert DRAWN.tiles([]) == WRITTEN.tiles([]) == ""


def test_a_digest_is_answered_by_number() -> None:
    """Whoever reads on a telephone without links writes "3 close", so the number must stand before its request in both parts."""
    card = samples.sample("digest")
    mail = render.render("digest", "en", card, links=samples.links(card))
    rows = [row for section in card["sections"] for row in section["rows"]]
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    for row in rows:
        title = row["task"] or row["subject"]
        assert re.search(rf"^{row['number']} +[●▲■◆] {re.escape(title)}", mail.text, re.MULTILINE)
        assert f"{row['number']} {row['buttons'][0]['line'].split()[0]}" in words_of(mail.html)
        assert row["ref"] in mail.text


def test_a_digest_counts_also_what_it_does_not_list() -> None:
    """ "2 due today" over five due requests would let three of them slip."""
    mail = render.render("digest", "en", samples.sample("digest"))
    assert re.search(r"^5  due today$", mail.text, re.MULTILINE)
    assert "and 3 more" in mail.text


def test_rows_without_buttons_and_numbers_are_plain_lines() -> None:
    """A manager who may not hand out work still sees who is free."""
    rows = [{"number": 0, "light": "", "title": "Ben", "sub": "", "buttons": []}]
    assert lists.Plain(words=WORDS).agenda(rows).strip("\x02\x03") == "Ben"
    assert "<a " not in lists.Html(words=WORDS).agenda(rows)
    assert lists.Html(words=WORDS).agenda([]) == lists.Plain(words=WORDS).agenda([]) == ""


def test_notes_are_tinted_and_named_in_the_whole_of_a_request() -> None:
    """An agent who takes a colleague's note for something the customer has read will refer him to it."""
    card = samples.sample("show-answer")
    mail = render.render("show-answer", "en", card, links=samples.links(card))
    assert "Note of Ben Otto <ben@desk.example>, stays inside" in mail.text
    assert mail.html.count('class="box bg-yellow"') == sum(post["kind"] != "public" for post in card["posts"]) == 1
    for kind in ("private", "opinion", "third-party"):
        card["posts"][1]["kind"] = kind
        shown = render.render("show-answer", "en", card, links=samples.links(card))
        assert shown.html.count('class="box bg-yellow"') == 1
        assert "Ben Otto" in shown.text
