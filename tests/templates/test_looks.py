"""What can be said of the looks without a browser: the palette, the head's style sheet, the names of parts. Next: `tests/looks`."""

from __future__ import annotations

import re

import pytest

from templates import cards, colours, design, figures, lists, markup, plain, render, samples, sayings, times


@pytest.mark.parametrize("shade", [0, 1], ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground(shade: int) -> None:
    """Contrast of 4.5 or more for people with weak eyes and in sunshine (WCAG 2.1, 1.4.3)."""
    weak = {
        pair: round(colours.contrast(design.PALETTE[pair[0]][shade], design.PALETTE[pair[1]][shade]), 2)
        for pair in design.CONTRASTS
        if colours.contrast(design.PALETTE[pair[0]][shade], design.PALETTE[pair[1]][shade]) < 4.5
    }
    assert weak == {}


@pytest.mark.parametrize("shade", [0, 1], ids=["light", "dark"])
def test_filled_cells_differ_from_empty_ones_and_from_the_card(shade: int) -> None:
    """The bar must be seen, too: 3 to 1 against the card (WCAG 2.1, 1.4.11)."""
    for colour in (*design.COLOURS, "steel"):
        assert colours.contrast(design.PALETTE[colour][shade], design.PALETTE["card"][shade]) >= 3


def test_contrast_is_computed_as_defined() -> None:
    """Black on white is 21, and a known grey is 4.54."""
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_every_rule_with_colour_has_a_dark_twin() -> None:
    """A part that stays white at night blinds."""
    sheet = str(design.stylesheet())
    dark = sheet[sheet.index("prefers-color-scheme:dark") :]
    for name, style in design.RULES.items():
        assert ("$" in style) == (f".{name}{{" in dark), name


def test_both_kinds_of_parts_have_the_same_names() -> None:
    """A text calls parts without knowing which kind it becomes."""
    words = {"common": {}}
    assert set(plain.Plain(words=words).parts()) == set(markup.Html(words=words).parts()) == set(plain.PARTS)
    for both in (lists, figures):
        assert set(both.Plain(words=words).parts()) == set(both.Html(words=words).parts()) == set(both.PARTS)


def test_no_key_of_a_card_hides_a_part() -> None:
    """A card with a key `title` would turn `{{ title(...) }}` of its text into the call of a string."""
    callable_names = {*plain.PARTS, *lists.PARTS, *figures.PARTS, "block", "wrap", "say", "t", "layout", "space", "cut", "configured"}
    callable_names |= set(sayings.of_language("en", None))
    callable_names |= set(sayings.of_moment(times.times("en", "UTC", "2026-06-15T07:00:00+00:00"), str))
    for name, shape in cards.SHAPES.items():
        assert not callable_names & set(shape.__annotations__), name


def test_a_style_that_the_design_lacks_is_a_fault(tmp_path) -> None:
    """A typing error in a site's text must be told, not shown as bare text."""
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "taken.j2").write_text('{% extends layout %}{% block body %}<p css="pp">x</p>{% endblock %}')
    with pytest.raises(render.Unrenderable, match="unknown part of the design: pp"):
        render.render("taken", "en", samples.sample("taken"), site=tmp_path)


def test_all_colours_of_a_mail_come_from_the_palette() -> None:
    """A colour outside the palette has no dark twin and no proved contrast."""
    known = {light for light, _ in design.PALETTE.values()} | {dark for _, dark in design.PALETTE.values()}
    for name in cards.SHAPES:
        card = samples.sample(name)
        html = render.render(name, "en", card, links=samples.links(card)).html
        assert set(re.findall(r"#[0-9a-f]{6}\b", html)) <= known
