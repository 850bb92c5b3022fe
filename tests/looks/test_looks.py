"""Every text in every language on a small phone and on a desk, by day and by night, in a real browser.

`make looks` compares all pictures; `make test` measures all of them and compares the English ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from templates import cards, design, languages, render, samples
from tests.looks import pictures
from tests.looks.browser import PROGRAM, Browser

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs chromium")
INSPECT = (Path(__file__).parent / "inspect.js").read_text(encoding="utf-8").split("\n", 1)[1]
MOST = 0.03
"""Share of squares that may have changed since somebody approved the picture."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all."""
    with Browser() as opened:
        yield opened


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_every_text_is_read_with_ease_on_every_screen(browser: Browser, language: str) -> None:
    """A mail that must be scrolled sideways, or has grey on grey in the dark, or loads a picture from afar, is a bad face."""
    pages = {name: pictures.page_of(name, language) for name in cards.SHAPES}
    before = len(browser.asked_for)
    wrong = {}
    for width, dark, screen in pictures.screens():
        browser.screen(width, dark=dark)
        for name, page in pages.items():
            browser.show(page)
            found = browser.ask(f"{INSPECT}({width})")
            assert found["texts"] > 3, name
            if found["scroll"] > width or found["wide"] or found["faint"] or found["small"] or found["broken"]:
                wrong[f"{name} {screen}"] = found
    assert wrong == {}
    assert [each for each in browser.asked_for[before:] if not each.startswith(("data:", "about:"))] == []


@pytest.mark.parametrize("language", ["en", *(pytest.param(code, marks=pytest.mark.looks) for code in languages.LANGUAGES if code != "en")])
def test_every_text_looks_as_it_was_approved(browser: Browser, language: str) -> None:
    """A change of one part of the design would spoil a mail that nobody had in mind."""
    kept = json.loads((pictures.APPROVED / f"{language}.json").read_text(encoding="ascii"))
    if pictures.hand(browser) != kept.pop("font"):
        pytest.skip("the font Inter is missing here: pictures can't be compared")
    far = {}
    for width, dark, screen in pictures.screens():
        browser.screen(width, dark=dark)
        for name in cards.SHAPES:
            browser.show(pictures.page_of(name, language))
            approved = kept.pop(f"{name} {screen}", None)
            assert approved, f"{name} has no approved picture: python -m tests.looks.pictures"
            away = pictures.distance(pictures.fingerprint(browser, width), pictures.read(approved))
            if away > MOST:
                far[f"{name} {screen}"] = round(away, 2)
    assert far == {}, "look at them (make looks), then mend or approve: python -m tests.looks.pictures"
    assert kept == {}, "approved pictures of texts that are no more"


def test_a_spoilt_mail_is_seen_in_its_picture(browser: Browser) -> None:
    """A comparison that finds everything alike would approve anything."""
    page = pictures.page_of("closed", "en")
    browser.screen(320, dark=True)
    browser.show(page)
    right = pictures.fingerprint(browser, 320)
    assert pictures.distance(right, pictures.read(pictures.written(right))) == 0
    for kind, spoilt in {
        "white at night": page.replace("prefers-color-scheme:dark", "prefers-color-scheme:none"),
        "as on a desk": page.replace("max-width:520px", "max-width:1px"),
        "without tints": _without(page, "green-bg", "red-bg", "yellow-bg", "green"),
    }.items():
        assert spoilt != page, kind
        browser.show(spoilt)
        assert pictures.distance(pictures.fingerprint(browser, 320), right) > MOST, kind


def _without(page: str, *colours: str) -> str:
    """The page, these colours gone."""
    for name in colours:
        page = page.replace(design.PALETTE[name][1], design.PALETTE["card"][1])
    return page


def test_what_is_hard_to_read_is_found(browser: Browser) -> None:
    """A measure that never finds anything proves nothing."""
    browser.screen(320, dark=False)
    label = "<p class='key' style='width:60px;overflow-wrap:anywhere'>Yhteyshenkilö on-line</p>"
    browser.show(
        f"<body><p style='color:#999;background:#fff'>faint words</p><p style='width:500px'>wide</p><a href='mailto:a@b'>x</a>{label}"
    )
    found = browser.ask(f"{INSPECT}(320)")
    assert found["faint"][0].startswith("2.8") and found["wide"] and found["small"]
    assert found["broken"] == ["Yhteyshenkilö"]


def test_a_mail_that_asks_the_net_for_something_is_noticed(browser: Browser) -> None:
    """Remote pictures tell the sender who reads what when."""
    before = len(browser.asked_for)
    browser.show("<body><img src='http://tracker.example/pixel.gif'>")
    browser.ask("new Promise(done => setTimeout(done, 50))")
    assert "http://tracker.example/pixel.gif" in browser.asked_for[before:]


def test_no_long_word_pushes_a_mail_beyond_a_small_phone(browser: Browser) -> None:
    """Subjects and names are foreign, and some are one endless word."""
    long = "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüssel" * 2
    browser.screen(320, dark=False)
    wrong = {}
    for name in cards.SHAPES:
        card = _stretched(samples.sample(name, "de"), long)
        browser.show(render.render(name, "de", card, links=samples.links(card)).html)
        found = browser.ask(f"{INSPECT}(320)")
        if found["scroll"] > 320 or found["wide"]:
            wrong[name] = found["wide"]
    assert wrong == {}


STRETCHED = {"subject", "category", "party", "name", "label", "text", "title", "site", "comment", "functions"}


def _stretched(value: object, long: str, key: str = "") -> dict:
    """The same card, its free words replaced by one that never breaks."""
    if isinstance(value, dict):
        return {k: _stretched(inner, long, k) for k, inner in value.items()}
    if isinstance(value, list):
        return [_stretched(inner, long, key) for inner in value]
    return long if isinstance(value, str) and key in STRETCHED else value


@pytest.mark.parametrize("colour", ["#8a1538", "#1f3d99", "#2e6b12", "#000000"])
def test_a_desk_s_own_colour_is_read_with_ease_by_day_and_by_night(browser: Browser, colour: str) -> None:
    """A brand that looks fine on a letterhead may vanish in the dark."""
    wrong = {}
    for width, dark, screen in pictures.screens():
        browser.screen(width, dark=dark)
        for name in ("received", "closed", "new-in-group", "message"):
            card = samples.sample(name, "en")
            card["desk"]["colour"] = colour  # type: ignore[index]
            browser.show(render.render(name, "en", card, links=samples.links(card)).html)
            found = browser.ask(f"{INSPECT}({width})")
            if found["faint"] or found["wide"]:
                wrong[f"{name} {screen}"] = found
    assert wrong == {}


@pytest.mark.parametrize("size", [(160, 40), (40, 40), (160, 12)])
def test_a_desk_s_logo_keeps_its_size_and_ground_on_every_screen(browser: Browser, size: tuple[int, int]) -> None:
    """Drawn for white paper it would vanish in the dark; a wide one would push the reference off a small phone."""
    width, height = size
    dots = f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}'><rect width='100%' height='100%' fill='navy'/></svg>"
    wrong = {}
    for wide, dark, screen in pictures.screens():
        browser.screen(wide, dark=dark)
        for name in ("received", "closed", "message"):
            card = samples.sample(name, "de")
            card["desk"]["logo"] = {"content_id": "logo@desk", "width": width, "height": height}  # type: ignore[index]
            page = render.render(name, "de", card, links=samples.links(card)).html
            assert page.count("cid:logo@desk") == 1
            browser.show(page.replace("cid:logo@desk", f"data:image/svg+xml,{quote(dots)}"))
            found = browser.ask(f"{INSPECT}({wide})")
            shown = browser.ask(
                "(() => { const i = document.querySelector('img'), b = i.getBoundingClientRect();"
                " return [b.width, b.height, getComputedStyle(i.parentNode).backgroundColor, document.documentElement.scrollWidth] })()"
            )
            if found["faint"] or found["wide"] or shown[:3] != [width, height, "rgb(255, 255, 255)"] or shown[3] > wide:
                wrong[f"{name} {screen}"] = (found, shown)
    assert wrong == {}
