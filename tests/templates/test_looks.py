"""What can be measured of the looks: contrast, width on a phone, the head's style sheet."""

from __future__ import annotations

import re

import pytest

from templates import cards, design, markup, plain, render, samples
from tests.templates import shoot


@pytest.mark.parametrize("shade", [0, 1], ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground(shade: int) -> None:
    """Contrast of 4.5 or more for people with weak eyes and in sunshine (WCAG 2.1, 1.4.3)."""
    weak = {
        pair: round(design.contrast(design.PALETTE[pair[0]][shade], design.PALETTE[pair[1]][shade]), 2)
        for pair in design.CONTRASTS
        if design.contrast(design.PALETTE[pair[0]][shade], design.PALETTE[pair[1]][shade]) < 4.5
    }
    assert weak == {}


@pytest.mark.parametrize("shade", [0, 1], ids=["light", "dark"])
def test_filled_cells_differ_from_empty_ones_and_from_the_card(shade: int) -> None:
    """The bar must be seen, too: 3 to 1 against the card (WCAG 2.1, 1.4.11)."""
    for colour in design.COLOURS:
        assert design.contrast(design.PALETTE[colour][shade], design.PALETTE["card"][shade]) >= 3


def test_contrast_is_computed_as_defined() -> None:
    """Black on white is 21, and a known grey is 4.54."""
    assert design.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert design.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


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


@pytest.mark.skipif(shoot.BROWSER is None, reason="needs chromium")
@pytest.mark.parametrize("language", ["en", "de"])
def test_no_mail_is_wider_than_a_small_phone(language: str) -> None:
    """Reading a mail must not need scrolling sideways, at 320 pixels, with long words in it too."""
    shown = shoot.pages(cards.SHAPES, language)
    card = samples.sample("new-in-group", language)
    card["ticket"] |= {
        "subject": "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüssel" * 2,
        "category": "x" * 120,
        "party": "ÄÖÜ" * 60,
    }
    card["post"]["text"] = "https://example.example/" + "a" * 300 + "\n" + "-" * 200
    card["members"][0]["label"] = "Maximiliane-Wolkenstein von Hohenzollernhausen"
    shown["long words"] = render.render("new-in-group", language, card, links=samples.links(card)).html
    sizes = shoot.measure(shown, 320)
    assert set(sizes) == set(shown)
    assert {name: size["wide"] for name, size in sizes.items() if int(str(size["width"])) > 320 or size["wide"]} == {}
