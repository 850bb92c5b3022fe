"""The keys that only the cards of mails about access have: registration, requests, decisions, and why something was not done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailgate.letters.particulars import button
from rules.notice import Notice
from templates import languages

TEMPLATES = frozenset({"register", "access-asked", "access-decided", "access-answer"})
"""The texts that are about access."""


def own_keys(notice: Notice, language: str) -> dict[str, Any]:
    """The keys of this text's card."""
    card = notice.card
    match notice.template:
        case "register":
            return {"until": str(card["until"])}
        case "access-answer":
            stars = range(1, 6) if card["what"] == "not-a-rating" else ()
            ratings = [button(f"rate:{n}", f"rate {n}") for n in stars]
            return {"what": str(card["what"]), "value": str(card["value"]), "line": str(card["line"]), "ratings": ratings}
        case _:
            return _request(card["request"], notice.template, str(card.get("party", "")), language)


def _request(said: Mapping[str, Any], template: str, party: str, language: str) -> dict[str, Any]:
    common = {
        "number": str(said["ref"]),
        "person": {"name": str(said["name"]), "address": str(said["person"])},
        "functions": [*(function(word, language) for word in said["functions"]), *(str(key) for key in said["categories"])],
        "note": str(said["note"]),
    }
    if template == "access-asked":
        return common | {
            "asker": {"name": "", "address": str(said["asker"])},
            "party": party,
            "needed": int(said["needed"]),
            "approved": [str(a) for a in said["approved"]],
        }
    granted = said["state"] == "granted"
    by = [str(said["by"])] if said["by"] else [str(a) for a in said["approved" if granted else "denied"]]
    return common | {"granted": granted, "by": by}


def function(word: str, language: str) -> str:
    """A function as people call it."""
    known = languages.section(language, "functions").get(word)
    return known if isinstance(known, str) else word
