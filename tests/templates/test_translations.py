"""Every text in every language: nothing English is left in it, and its own branches all render."""

from __future__ import annotations

import re

import pytest

from templates import cards, languages, render, samples
from tests.templates.test_texts import words_of

NAMES = re.compile("Maria Keller|Anna Berg|Ben Otto|Carla Ruiz|David Wolf|Tom Reiter|Udo Blum|Hafenkontor GmbH|prio high|prio normal")
OTHERS = [code for code in languages.LANGUAGES if code != "en"]


def sentences(text: str) -> set[str]:
    """Pieces of more than three words, commands, addresses and what somebody wrote in quotes left out."""
    text = NAMES.sub("·", text.replace("\n\n", "."))
    flat = re.sub(r"\s+", " ", re.sub(r"“[^”]*”|”[^”]*”|„[^“]*“|<[^>]*>|\S+@\S+|https?://\S+", "·", text))
    pieces = (piece.strip(" >*-") for piece in re.split(r"[.!?:;·|]|\[[^]]*\]", flat))
    return {piece for piece in pieces if len(re.findall(r"[^\W\d_]{2,}", piece)) > 3}


def shown(name: str, language: str, /, **changes: object) -> render.Rendered:
    card = samples.sample(name, language) | changes
    assert cards.faults(name, card) == []
    return render.render(name, language, card, links=samples.links(card))


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", cards.SHAPES)
def test_no_english_sentence_is_left(name: str, language: str) -> None:
    """A customer who is written to in Finnish until the third line, and in English from there on, doubts the rest."""
    english, other = shown(name, "en"), shown(name, language)
    assert sentences(english.text) & sentences(other.text) == set()
    assert sentences(words_of(english.html)) & sentences(words_of(other.html)) == set()


def test_the_search_for_english_finds_some() -> None:
    """The test above must be able to fail."""
    english = shown("received", "en").text
    assert "A person will read it and answer you by Monday, 15 June, 16" in sentences(english)
    assert sentences(english) & sentences("Hei.\n" + english.split("\n\n")[1])


BRANCHES: dict[str, list[dict[str, object]]] = {
    "closed": [{"reply_meaning": "note"}, {"reopen_days": 0, "actor": ""}],
    "reopened": [{"reply_meaning": "note", "actor": ""}],
    "status": [{"reply_meaning": "note"}, {"actor": ""}],
    "taken": [{"actor": "", "promise_at": ""}],
    "rate": [{"actor": ""}],
    "received": [{"promise_at": "", "answers": []}],
    "report": [
        {"undone": True, "leaves_at": ""},
        {"scheduled": True},
        {"leaves_at": "", "opened_for": {"name": "Maria Keller", "address": "maria@hafenkontor.example"}},
    ],
    "held": [{"audience": "owner", "reply_meaning": ""}, {"audience": "group"}],
    "spent": [{"why": why, "reply_meaning": meaning} for why in ("already-done", "expired", "bad-token") for meaning in ("", "note")],
    "due-soon": [{"clock": clock, "escalated": True} for clock in ("take", "idle", "solve")],
    "overdue": [{"clock": clock, "last": None, "activity": None, "due_at": ""} for clock in ("take", "idle", "solve")],
    "not-started": [{"escalated": True}],
    "opinion-asked": [{"late": True, "reply_meaning": "", "by": "", "question": "", "excerpt": None}],
    "opinion-given": [{"question": ""}],
    "fyi": [{"reply_meaning": "", "text": "", "excerpt": None}, {"reminder": "own"}, {"reminder": "other"}],
    "private-message": [{"others": []}, {"outside": True}],
    "task": [
        {"event": "given", "actor": ""},
        {"event": "due-soon"},
        {"event": "overdue", "mine": False},
        {"event": "done", "mine": False},
        {"event": "done", "actor": "", "mine": False},
    ],
    "digest": [{"sections": [], "held": 0}],
    "faq-answer": [{"articles": []}, {"articles": [], "registered": False}, {"query": ""}],
    "access-asked": [{"approved": [], "note": ""}],
    "access-decided": [{"granted": False, "by": []}],
    "too-large": [{"direction": "in", "reply_meaning": "", "buttons": []}, {"limit": 0, "buttons": [], "post": None}],
    "order": [{"finished": True}, {"reply_meaning": "", "when": "", "technician": "", "lines": [], "hours": [], "parts": []}],
    "evaluation": [{"party": "", "name": "X", "voices": [], "weeks": [], "kept": [], "csv": ""}, {"figures": [], "breakdowns": []}],
    "welcome": [{"group": "", "control": ""}],
    "show-answer": [{"posts": [], "tasks": [], "fields": [], "watchers": [], "tags": [], "links": []}],
}


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", BRANCHES)
def test_the_rarer_branches_are_translated_too(name: str, language: str) -> None:
    """What is seen once a year is what nobody proofreads."""
    for changes in BRANCHES[name]:
        english, other = shown(name, "en", **changes), shown(name, language, **changes)
        assert sentences(english.text) & sentences(other.text) == set(), changes
        assert english.text != other.text


@pytest.mark.parametrize("language", languages.LANGUAGES)
@pytest.mark.parametrize("status", ["new", "read", "assigned", "working", "waiting", "closed"])
def test_the_status_mail_has_words_for_every_status(language: str, status: str) -> None:
    """Whatever a desk sends on, the customer reads what it means for him."""
    card = samples.sample("status", language)
    ticket = card["ticket"] | {"status": status, "progress": 1, "assignee": ""}
    mail = shown("status", language, ticket=ticket, note="")
    assert languages.word(language, "status", status) in mail.text
    assert "  " not in mail.text.split("\n\n")[1]


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_a_stranger_who_is_asked_reads_nothing_of_the_desks_own_affairs(language: str) -> None:
    """The asked person may have no account: no commands with `#`, no light, no invitation to add to the request."""
    mail = shown("opinion-asked", language, reply_meaning="", reason="")
    for words in (mail.text, words_of(mail.html)):
        assert languages.word(language, "foot", "reply_customer")[:30] not in words
        assert languages.word(language, "light", "green") not in words
        assert " #" not in words
