"""Addresses of buttons: `mailto:` links that carry verb and token.

What a token is and how it becomes an address is the caller's; here it is written so that every mail client opens it unharmed.
Next: `templates.render`, which puts the links in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from templates import languages

ButtonAddress = Callable[[str], "tuple[str, str | None]"]
"""Gives a button's address by its key, and a token for the subject where the desk has no sub-addressing (else None)."""
_ONE_OF_SEVERAL = frozenset({"rate", "assign"})
"""Kinds of buttons of which a mail has several, alike but for what their key ends in: a mail that opens has to show which one it was."""
_CODED = tuple(quote(bytes((octet,)), safe="") for octet in range(256))
_HOLDING = (dict, list, tuple)
LONGEST = 2000
"""The most characters that a link may have; some clients cut longer ones."""


def href(address: str, subject: str) -> str:
    """A `mailto:` link (RFC 6068): everything but letters, digits and the `@` is percent-encoded.

    `%2B` for the plus sign, which some web mailers turn into a blank; `%20` for blanks, never `+`.
    """
    local, _, domain = address.rpartition("@")
    link = f"mailto:{_coded(local)}@{_coded(domain)}?subject="
    room = LONGEST - len(link)
    coded = _coded(subject)
    if len(coded) <= room:
        return link + coded
    coded = ""
    for char in subject:
        coded_char = _coded(char)
        if len(coded) + len(coded_char) > room:
            break
        coded += coded_char
    return link + coded


def _coded(text: str) -> str:
    """As `urllib.parse.quote` with nothing safe, which takes four times as long to say so."""
    return "".join(map(_CODED.__getitem__, text.encode("utf-8", "replace")))


def links(card: Mapping[str, object], language: str, button_address: ButtonAddress, *, site: Path | None = None) -> dict[str, str]:
    """The link of every button of a card by its key, with a subject for people in this language: `[T42] Close`.

    Where the token has to stand in the subject, it comes before the words, which a person may edit.
    """
    ticket = card["ticket"]
    tag = f"[{ticket['ref']}] " if isinstance(ticket, Mapping) else ""
    staff = bool(card["reply_meaning"])
    spoken = languages.choose(language)
    made: dict[str, str] = {}
    for button in _buttons(card):
        key = str(button["key"])
        label = languages.spelled(str(button["label"]), spoken, site=site) or languages.label_of(key, spoken, staff=staff, site=site)
        stem, _, which = key.partition(":")
        label += f": {which}" if stem in _ONE_OF_SEVERAL and not button["label"] else ""
        address, token = button_address(key)
        made[key] = href(address, f"{tag}{token} {label}" if token else f"{tag}{label}")
    return made


def _buttons(value: Iterable[object]) -> Iterator[Mapping[str, object]]:
    """Every button anywhere in a card."""
    if isinstance(value, dict):
        if "key" in value and "word" in value:
            yield value
            return
        value = value.values()
    for inner in value:
        if inner and isinstance(inner, _HOLDING):
            yield from _buttons(inner)
