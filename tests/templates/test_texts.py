"""Every text in every language, with its sample card."""

from __future__ import annotations

import copy
import itertools
import re
import subprocess
import sys
from collections.abc import Mapping
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates import cards, languages, plain, render, samples

ALL = [(name, language) for name in cards.SHAPES for language in languages.LANGUAGES]
MARIA = "Maria Keller <maria@hafenkontor.example>"
MEANINGS = {
    "en": {
        "public": f"Your reply goes to {MARIA}",
        "note": "Your reply stays inside",
        "commands": "Only commands are read in replies to this mail",
    },
    "de": {
        "public": f"Ihre Antwort geht an {MARIA}",
        "note": "Ihre Antwort bleibt intern",
        "commands": "In Antworten auf diese Mail werden nur Befehle gelesen",
    },
    "fi": {
        "public": f"Vastauksenne lähtee asiakkaalle: {MARIA}",
        "note": "Vastauksenne jää sisäiseksi",
        "commands": "Vastauksista tähän viestiin luetaan vain komennot",
    },
    "cs": {
        "public": f"Vaše odpověď půjde zákazníkovi: {MARIA}",
        "note": "Vaše odpověď zůstane interní",
        "commands": "Z odpovědí na tuto zprávu se čtou jen příkazy",
    },
}
EMPTY = {"br", "hr", "img", "meta"}


def made(name: str, language: str, **changes: object) -> render.Rendered:
    card = samples.sample(name, language) | changes
    return render.render(name, language, card, links=samples.links(card))


def words_of(html: str) -> str:
    """What a reader of the HTML sees, roughly."""

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__(convert_charrefs=True)
            self.seen, self.hidden = [], 0

        def handle_starttag(self, tag, attrs):
            self.hidden += tag in {"style", "title"}
            if tag in {"br", "p", "td", "tr", "h1", "h2", "li", "div"}:
                self.seen.append("\n")

        def handle_endtag(self, tag):
            self.hidden -= tag in {"style", "title"}

        def handle_data(self, data):
            if not self.hidden:
                self.seen.append(data)

    reader = Reader()
    reader.feed(html)
    return re.sub(r"\s+", " ", "".join(reader.seen))


def buttons_of(card: object) -> list[dict[str, str]]:
    if isinstance(card, dict):
        return [card] if "word" in card and "key" in card else [b for inner in card.values() for b in buttons_of(inner)]
    return [b for inner in card for b in buttons_of(inner)] if isinstance(card, list) else []


class Balance(HTMLParser):
    """Complains of elements that are not closed in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()


@pytest.mark.parametrize("name", cards.SHAPES)
def test_every_sample_has_the_shape_that_its_text_needs(name: str) -> None:
    """Else whoever builds a card by the sample builds a wrong one."""
    for language in languages.LANGUAGES:
        assert cards.faults(name, samples.sample(name, language)) == []


def test_a_wrong_card_is_told_with_its_places() -> None:
    """The builder of a card must learn which key is wrong, not that something is."""
    card = samples.sample("received")
    del card["promise_at"]
    card["ticket"]["light"] = "pink"
    card["ticket"]["progress"] = True
    card["surplus"] = 1
    card["post"]["attachments"] = {}
    found = "\n".join(cards.faults("received", card))
    for place in (
        "card.promise_at: missing",
        "card.surplus: unknown",
        "card.ticket.light",
        "card.ticket.progress",
        "card.post.attachments",
    ):
        assert place in found


def test_every_text_exists_in_every_language_and_nothing_else_does() -> None:
    """A missing translation would reach a customer in English without anybody having decided so."""
    assert render.names() == {name: tuple(sorted(languages.LANGUAGES)) for name in sorted(cards.SHAPES)}


def printed(button: Mapping[str, str], language: str, *, staff: bool) -> str:
    """The word of a button as the mail prints it."""
    own = button["word"]
    if own and not own.startswith("#"):
        return languages.pressed_words(own, language)[0]
    return languages.spell(own.removeprefix("#") or button["line"], language, staff=staff)


@pytest.mark.parametrize(("name", "language"), ALL)
def test_a_text_renders_with_reference_words_and_a_short_subject(name: str, language: str) -> None:
    """Whoever can't press a button must find its word, and whoever telephones must find the number, in both parts."""
    card = samples.sample(name, language)
    mail = made(name, language)
    seen = words_of(mail.html)
    assert mail.language == language
    assert 0 < len(mail.subject) <= 78
    assert "\n" not in mail.subject
    assert len(mail.html.encode()) <= 40_000
    if card["ticket"]:
        assert mail.subject.endswith(f"[{card['ticket']['ref']}]")
        assert card["ticket"]["ref"] in mail.text
        assert card["ticket"]["ref"] in seen
    staff = bool(card["reply_meaning"])
    for button in buttons_of(card):
        word = printed(button, language, staff=staff)
        assert word in seen, word
        if not button["key"].startswith("rate:"):
            assert re.search(rf"^ +{re.escape(word)}", mail.text, re.MULTILINE), word
    if card.get("ratings"):
        assert "1" in mail.text
        assert "5" in mail.text


@pytest.mark.parametrize(("name", "language"), ALL)
def test_html_is_balanced_and_loads_nothing(name: str, language: str) -> None:
    """A client that shows remote content would tell the sender when it was read; broken tables fall apart in Outlook."""
    html = made(name, language).html
    checker = Balance()
    checker.feed(html)
    assert checker.open == []
    assert not checker.tags & {"img", "script", "link", "iframe", "object", "form", "svg", "base"}
    assert "url(" not in html
    assert "@import" not in html
    targets = re.findall(r'(?:href|src|background)="([^"]*)"', html)
    allowed = ("mailto:", "https://docs.printers.example/") if name in {"message", "crossing", "bounced"} else ("mailto:",)
    assert targets or not buttons_of(samples.sample(name, language))
    assert all(target.startswith(allowed) for target in targets)


@pytest.mark.parametrize(("name", "language"), ALL)
def test_plain_text_is_readable_on_a_terminal(name: str, language: str) -> None:
    """Text-only readers get no markup and no line that runs out of the window, but what an agent typed stays as typed."""
    card = samples.sample(name, language)
    text = made(name, language).text
    assert not re.search(r"</?[a-z]+[ >]|&[a-z]+;|\{\{|None|Undefined", text)
    assert "\n\n\n" not in text
    typed = set(card["post"]["text"].split("\n")) if name == "message" else set()
    assert [line for line in text.split("\n") if len(line) > 76 and line not in typed] == []


@pytest.mark.parametrize(("name", "language"), [pair for pair in ALL if samples.sample(pair[0])["reply_meaning"]])
def test_the_first_line_to_staff_says_what_a_reply_means(name: str, language: str) -> None:
    """An agent who takes a note for an answer sends internal words to a customer."""
    card = samples.sample(name, language)
    mail = made(name, language)
    first = mail.text.split("\n")[0]
    said = MEANINGS[language][card["reply_meaning"]]
    assert first == said
    body = words_of(mail.html)
    assert said in body
    title = card["subject"] if name in {"appended", "assigned"} else None
    assert title is None or body.index(said) < body.index(title)


@pytest.mark.parametrize("name", [name for name in cards.SHAPES if not samples.sample(name)["reply_meaning"]])
def test_customers_see_no_light_and_no_limit(name: str) -> None:
    """Customers hear times only where they were promised; the light is the desk's own affair."""
    card = samples.sample(name)
    if card["ticket"]:
        card["ticket"]["light"] = "red"
    if "promise_at" in card:
        card["promise_at"] = ""
    mail = render.render(name, "en", card, links=samples.links(card))
    for text in (mail.text, words_of(mail.html)):
        assert "overdue" not in text
        assert "16:00" not in text


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_an_unknown_sender_gets_none_of_his_words_back(language: str) -> None:
    """Else the desk sends anybody's advertisement to anybody whose address was forged."""
    card = samples.sample("received", language)
    card |= {"unknown": True, "subject": "BUY CHEAP PILLS"}
    card["ticket"] |= {"subject": "BUY CHEAP PILLS", "category": ""}
    card["post"] |= {"text": "BUY CHEAP PILLS", "author": {"name": "CHEAP PILLS", "address": "x@evil.test"}}
    card["recipient"] = card["ticket"]["requester"] = card["post"]["author"]
    mail = render.render("received", language, card, links=samples.links(card))
    assert "PILLS" not in mail.subject + mail.text + mail.html
    names = {"en": "Your request", "de": "Ihre Anfrage", "fi": "Pyyntönne", "cs": "Váš požadavek"}
    assert mail.subject == f"Re: {names[language]} [T2041]"


@pytest.mark.parametrize("name", cards.SHAPES)
def test_a_card_without_a_key_is_refused_with_the_place(name: str) -> None:
    """A text with a hole in it must not leave; the operator must learn which key and which file."""
    card = copy.deepcopy(samples.sample(name))
    key = next(key for key in card if key not in samples.sample("taken") or key == "desk")
    del card[key]
    with pytest.raises(render.Unrenderable, match=f"{name}, en.*{key}"):
        render.render(name, "en", card, links=samples.links(card))


def test_a_button_without_an_address_is_refused() -> None:
    """A button that leads nowhere is worse than a mail that waits for its mend."""
    with pytest.raises(render.Unrenderable, match="close"):
        render.render("message", "en", samples.sample("message"), links={})


def test_without_links_buttons_are_words() -> None:
    """Previews have no tokens; the words still work."""
    html = render.render("message", "en", samples.sample("message")).html
    assert "mailto:" not in html
    assert "close" in words_of(html)


def test_the_bar_says_the_step_in_cells_and_words() -> None:
    """Colour alone tells nothing to the colour-blind and to text readers."""
    for number, status in enumerate(("new", "read", "assigned", "working", "waiting", "closed")):
        card = samples.sample("status-answer")
        card["ticket"] |= {"status": status, "progress": number, "colour": "unheard-of"}
        mail = render.render("status-answer", "en", card, links=samples.links(card))
        cells = "|".join(["##"] * (number + 1) + ["--"] * (5 - number))
        assert f"step {number + 1} of 6\n[{cells}]" in mail.text
        assert f"step {number + 1} of 6" in words_of(mail.html)
        assert mail.html.count('class="off"') == 5 - number


@pytest.mark.parametrize(("light", "shape", "word"), [("green", "●", "on time"), ("yellow", "▲", "due soon"), ("red", "■", "overdue")])
def test_the_light_is_shape_word_and_colour(light: str, shape: str, word: str) -> None:
    """A light that is only a colour is lost in black and white."""
    card = samples.sample("appended")
    card["ticket"]["light"] = light
    mail = render.render("appended", "en", card, links=samples.links(card))
    assert f"{shape} {word}" in mail.text
    assert word in words_of(mail.html)
    assert shape in words_of(mail.html)


def test_an_agents_markdown_is_html_and_stays_as_typed_in_text() -> None:
    """A numbered list must be one for the customer, and the text part must be what the agent wrote."""
    card = samples.sample("message")
    mail = render.render("message", "en", card, links=samples.links(card))
    assert mail.text.startswith(card["post"]["text"])
    assert mail.html.count("<li ") == 3
    assert "<strong>green lever</strong>" in mail.html
    assert '<a class="link" style="color:#0b5a60" href="https://docs.printers.example/px/flap-b">' in mail.html


def test_what_technicians_type_is_no_headline_and_no_html() -> None:
    """`# apt update`, indented output and `<b>` are text that the customer must read as it is."""
    card = samples.sample("message")
    card["post"]["text"] = (
        "# apt update\n    indented\n<b>x</b> &amp; ![p](http://evil.example/p.png)\n[a](javascript:alert(1))\nline\n---\n"
    )
    mail = render.render("message", "en", card, links=samples.links(card))
    assert "<h1" not in mail.html
    assert "<img" not in mail.html
    assert "javascript:alert" not in re.sub(r">[^<]*<", "><", mail.html)
    seen = words_of(mail.html)
    for typed in ("# apt update", "<b>x</b> &amp;", "javascript:alert(1)"):
        assert typed in seen


@pytest.mark.parametrize("language", ["en", "de", "fi", "cs"])
def test_lists_of_mails_show_an_answers_own_first_words(language: str) -> None:
    """`Harbour Service Desk T2041` stood before them in each client's list, and on a telephone instead of them."""
    card = samples.sample("message", language)
    card["post"]["text"] = (
        "[cid:shot] **Hello** Maria,\n\n1. open [the flap](https://desk.example/flap)\n2. pull the `lever_2`.\n" + "x" * 400
    )  # type: ignore[index]
    shown = re.sub(r"<[^>]+>", " ", render.render("message", language, card).html.partition("<body")[2].partition(">")[2]).split()
    assert " ".join(shown).startswith("Hello Maria, open the flap pull the lever_2. xxx")


def test_a_pasted_picture_stands_at_its_place() -> None:
    """An answer that says "as in this picture" needs the picture there, and a name where no picture can be."""
    card = samples.sample("message")
    card["post"]["text"] = "Look:\n\n[cid:shot1@x]\n\nand [cid:gone] that."
    card["post"]["attachments"] = [{"name": "screen.png", "bytes": 5, "carried": True, "content_id": "shot1@x"}]
    mail = render.render("message", "en", card, links=samples.links(card))
    assert 'src="cid:shot1@x" alt="screen.png"' in mail.html
    assert "cid:gone" not in mail.html
    assert "[picture: screen.png]" in mail.text


def test_header_and_footer_of_the_desk_stand_in_both_parts() -> None:
    """The operator's own words belong on every mail."""
    desk = {
        "name": "Harbour",
        "address": "desk@desk.example",
        "header": "**Closed** on Friday.",
        "footer": "Harbour GmbH, Pier 1\nHRB 4711",
        "colour": "",
    }
    mail = made("taken", "en", desk=desk)
    assert mail.text.startswith("Closed on Friday.\n")
    assert "<strong>Closed</strong> on Friday." in mail.html
    assert "Harbour GmbH, Pier 1\nHRB 4711" in mail.text
    assert "HRB 4711" in mail.html


def test_the_footer_of_the_desk_is_as_small_as_the_foot() -> None:
    """Opening hours would shout louder than the answer above them."""
    desk = {
        "name": "Harbour",
        "address": "desk@desk.example",
        "header": "Closed on Friday.",
        "footer": "Pier 1\n\n- by bus 4",
        "colour": "",
    }
    html = made("taken", "en", desk=desk).html
    sizes = {said: re.findall(r"font-size:(\d+)px", html[: html.index(said)])[-1] for said in ("Closed on Friday.", "Pier 1", "by bus 4")}
    assert sizes == {"Closed on Friday.": "16", "Pier 1": "12", "by bus 4": "12"}


def test_the_plain_part_reads_the_markdown_of_header_and_footer_out() -> None:
    """Half of all readers would see stars and brackets at the head of every mail."""
    desk = {
        "name": "Harbour",
        "address": "desk@desk.example",
        "header": "**Closed** on *Friday*: see [our page](https://harbour.example/hours?a=1_2_3).\n\n- Pier 1\n- `Pier 2`",
        "footer": "Harbour_GmbH, [+358 1](tel:+3581), [write](mailto:us@harbour.example)\n<https://harbour.example>\nC:\\temp\\*x*",
        "colour": "",
    }
    mail = made("taken", "en", desk=desk)
    assert "Closed on Friday: see our page (https://harbour.example/hours?a=1_2_3).\n\n- Pier 1\n- Pier 2\n" in mail.text
    assert "Harbour_GmbH, +358 1 (+3581), write (us@harbour.example)\nhttps://harbour.example\n" in mail.text


def test_an_unknown_language_falls_back_to_english() -> None:
    """Somebody who writes in a language that we lack must get an answer all the same."""
    card = samples.sample("taken")
    mail = render.render("taken", "pt-BR", card, links=samples.links(card))
    assert mail.language == "en"
    assert '<html lang="en"' in mail.html
    assert render.render("taken", "de-AT", card, links=samples.links(card)).language == "de"


def test_the_sites_own_text_wins_and_its_words_too(tmp_path) -> None:
    """A desk changes a wording without touching the package."""
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "taken.j2").write_text(
        "{% extends layout %}{% block body %}{{ title('Ahoy ' ~ ticket.ref) }}{{ statusbar(ticket) }}{% endblock %}"
    )
    (tmp_path / "en" / "words.toml").write_text('[status]\nassigned = "On deck"\n')
    card = samples.sample("taken")
    mail = render.render("taken", "en", card, links=samples.links(card), site=tmp_path)
    assert mail.text.startswith("Ahoy T2041\n\nStatus: On deck, step 3 of 6")
    assert "Ahoy T2041" in mail.html
    assert "looking after" in render.render("taken", "en", card, links=samples.links(card)).text


def test_a_long_subject_keeps_its_tag() -> None:
    """Threading by the tag must survive a subject of two lines."""
    card = samples.sample("taken") | {"subject": "word " * 100}
    subject = render.render("taken", "en", card, links=samples.links(card)).subject
    assert len(subject) <= 255
    assert subject.endswith("… [T2041]")


def test_a_mail_without_subject_and_ticket_is_called_by_the_desks_name() -> None:
    """A list of mails would show `Re:` and nothing to know it by."""
    card = samples.sample("access-answer") | {"subject": "", "ticket": None}
    assert render.render("access-answer", "en", card, links=samples.links(card)).subject == f"Re: {card['desk']['name']}"


def test_staff_status_and_closing_have_their_own_words() -> None:
    """The owner hears of status changes too, in the desk's words and with a line on what a reply means."""
    for name in ("status", "closed", "reopened", "list-answer", "help-answer", "history-answer", "status-answer"):
        for language in languages.LANGUAGES:
            card = samples.sample(name, language) | {"reply_meaning": "note"}
            if name == "help-answer":
                card["verbs"] = list(languages.section("en", "help", "staff"))
            mail = render.render(name, language, card, links=samples.links(card))
            assert mail.text.startswith(MEANINGS[language]["note"])


def test_held_mails_of_all_three_kinds_render() -> None:
    """Author, owner of the address and group each read something that fits them."""
    titles = {"author": "Your mail waits", "owner": "Did you send this?", "group": "A mail waits for a decision"}
    for audience, title in titles.items():
        card = samples.sample("held") | {"audience": audience, "reasons": ["spam", "rate", "unheard-of"], "ticket": None, "text": ""}
        mail = render.render("held", "en", card, links=samples.links(card))
        assert title in mail.text
        assert title in words_of(mail.html)
    assert "it is marked as spam; too many mails came from this address; unheard-of" in re.sub(r"\s+", " ", mail.text)


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_a_closing_answer_comes_first(language: str) -> None:
    """One mail tells the answer and that the request is closed; the answer is what the customer waits for."""
    card = samples.sample("closed", language) | {"post": samples.sample("message", language)["post"], "ratings": [], "reopen_days": 0}
    mail = render.render("closed", language, card, links=samples.links(card))
    assert mail.text.startswith(card["post"]["text"])
    assert mail.html.count("<li ") == 3
    assert card["post"]["signature"] in mail.text
    staff = render.render("closed", language, card | {"reply_meaning": "note"}, links=samples.links(card))
    assert "> 1. " in staff.text


def test_loading_the_renderer_loads_no_heavy_library() -> None:
    """The daemon stays small: locale data, Markdown and the sanitiser come with the first text that needs them, if ever."""
    code = "import sys, templates.render, mailgate.sending.compose; print(sorted({'babel', 'nh3', 'markdown_it', 'css_inline', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@given(st.lists(st.integers(1, 90).map("x".__mul__), max_size=30), st.integers(0, 90), st.integers(0, 90))
def test_lines_are_filled_and_words_stay_whole(words: list[str], label: int, indent: int) -> None:
    """A line takes the next word wherever it has room for it, and only a word that fits nowhere stands out; also behind a label that is too long."""
    first, *more = plain.wrap("  ".join(words), "-" * label, "-" * indent).split("\n")
    lines = [(first, label), *((line, indent) for line in more)]
    assert [word for line, start in lines for word in line[start:].split()] == words
    for (line, start), (following, begin) in itertools.pairwise(lines):
        assert len(line) <= plain.WIDTH or " " not in line[start:]
        assert len(line) + 1 + len(following[begin:].split(" ")[0]) > plain.WIDTH
