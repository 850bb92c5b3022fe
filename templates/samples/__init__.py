"""One sample card for every text, for previews and for the tests that render all of them.

People, requests and numbers are made up and the same everywhere, so that pictures of the mails can be laid side by side. The shapes
are in `templates.cards`, the words in `mail/<language>/sample.toml`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

from templates.samples import customers, made, service, staff, work

_ROOMS = (customers, staff, work, service)


def sample(name: str, language: str = "en") -> dict[str, object]:
    """A complete card for a text in a language, new at every call; a language without samples of its own takes the English ones.

    Raises KeyError for a name that no text has.
    """
    text = made.words(language)
    return copy.deepcopy(next(found for part in _ROOMS if (found := part.samples(language, text).get(name)) is not None))


def links(card: Mapping[str, object]) -> dict[str, str]:
    """Addresses for all buttons of a card that lead nowhere, as long as real ones."""
    found: dict[str, str] = {}

    def search(value: object) -> None:
        if isinstance(value, Mapping):
            if "key" in value and "word" in value:
                found[str(value["key"])] = f"mailto:desk%2Bt2041.{'x' * 26}@desk.example?subject=%5BT2041%5D%20{value['key']}"
            for inner in value.values():
                search(inner)
        elif isinstance(value, list):
            for inner in value:
                search(inner)

    search(card)
    return found
