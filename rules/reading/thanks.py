"""Tells mere thanks from something that wants an answer, in the languages of the desk."""

from __future__ import annotations

import re

MOST_WORDS = 25
_THANKS = re.compile(
    r"\b(thanks?|thank you|thx|ty|cheers|danke\w*|vielen dank|besten dank|merci|kiit\w+|tack|d[ěe]kuj\w*|d[ií]ky|dik|perfect|great|super|works now|funktioniert|toimii|funguje)\b",
    re.IGNORECASE,
)
_WANTS = re.compile(
    r"\?|\b(but|however|still|again|not|n't|please|aber|leider|noch|wieder|nicht|kein\w*|bitte|mutta|vielä|edelleen|uudelleen|ei|ole|ale|bohužel|stále|znovu|prosím|ne|není|nefunguje)\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)

_GOOD_NEWS = re.compile(
    r"\b(?:(?:thanks|thank you|thx) again|(?:works?|working|runs?|running|fine|up) again|again (?:works|working)"
    r"|(?:läuft|laeuft|geht|funktioniert|klappt|druckt) (?:\w+ )?wieder|wieder (?:gut|heil|in ordnung)"
    r"|toimii (?:taas|jälleen)|taas toimii|(?:zase|znovu|opět|už zase) (?:funguje|jde|běží|jede)|(?:funguje|jde|běží|jede) (?:zase|znovu|opět))\b",
    re.IGNORECASE,
)
"""Again, in a good sense: what was broken works."""


def is_only_thanks(text: str, *, has_files: bool) -> bool:
    """Whether a reply says nothing but thanks: short, no question, no objection, no file. When in doubt it is not."""
    plain = text.strip()
    if has_files or not plain or len(plain.split()) > MOST_WORDS:
        return False
    return bool(_THANKS.search(plain)) and not wants_something(plain)


def wants_something(text: str) -> bool:
    """Whether a text asks, objects or says that something is still so, beside the good news in it."""
    return bool(_WANTS.search(_GOOD_NEWS.sub(" ", text)))
