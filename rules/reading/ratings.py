"""How people give a note from 1 to 5 in a line of their own words: `5`, `five`, `5 - great!`, `rate 4 quick`, `4/5`, `3 stars`, `⭐⭐⭐⭐`.

A number with other words behind it is none: in `2 printers are still dead` and `1. The lamp flickers` nobody rates. Next: `rules.buttons`, `rules.customer_lines`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from rules.reading.thanks import is_only_thanks, wants_something

_GIVEN = re.compile(
    r"(?:(?P<word>[^\W\d_]+)\s*[:=]?\s+)?(?P<sign>[-+]?)(?P<number>\d{1,3})(?P<part>[.,]\d)?"
    r"(?P<of>\s?/\s?\d{1,3}|\s(?:of|out of|von|z|ze)\s\d{1,3}\b)?(?P<unit>\s(?:stars?|sterne?n?|punkte?n?|points?|tähteä|tähti|pistettä|piste|hvězd\w*|bod\w*))?"
    r"(?P<mark>\s?[-–—,:;.!)]+(?=\s|$))?(?P<rest>\s.*)?",
    re.IGNORECASE | re.DOTALL,
)
_PRAISE = re.compile(
    r"\b(?:good|nice|well done|excellent|perfect|quick|fast|ok|okay|gut|prima|toll|klasse|schnell\w*|ausgezeichnet|hyv\w+|erinomai\w+|nope\w+|hieno\w*"
    r"|výborn\w+|dobř?[er]\w*|skvěl\w+|rychl\w+|spokojen\w*)\b",
    re.IGNORECASE,
)
_NUMBERS = {
    word: str(number)
    for number, words in enumerate(
        (
            "one eins yksi jedna jedničku",
            "two zwei kaksi dva dvojku",
            "three drei kolme tři trojku",
            "four vier neljä čtyři čtyřku",
            "five fünf fuenf viisi pět pětku",
        ),
        1,
    )
    for word in words.split()
}
_IN_WORDS = re.compile(
    r"([^\W\d_]+)(?:\s(?:stars?|stern\w*|punkte?n?|points?|tähteä|tähti|pistettä|piste|hvězd\w*|bod\w*))?[.! ]*", re.IGNORECASE
)
"""A number in words, which rates where it stands alone: `Zwei Drucker sind tot` rates nothing."""
_STARS = re.compile(r"[⭐★🌟](?:[\s\ufe0f]*[⭐★🌟])*\ufe0f?")


def given(line: str, is_verb: Callable[[str], bool]) -> tuple[str, str] | None:
    """The number that a line gives as a note, as written, and what is said beside it; None for a line that rates nothing.

    The number may be out of range. `is_verb` says whether a word in front of it is the one for rating.
    """
    line = line.strip().strip("*_\"'„“”‚‘’«»").strip()
    if (word := _IN_WORDS.fullmatch(line)) and (digit := _NUMBERS.get(word[1].casefold())):
        return digit, ""
    if _STARS.fullmatch(line):
        return str(sum(line.count(star) for star in "⭐★🌟")), ""
    found = _GIVEN.fullmatch(line)
    if found is None or (found["word"] and not is_verb(found["word"])):
        return None
    rest = (found["rest"] or "").strip()
    mark = (found["mark"] or "").strip()
    if not (found["word"] or found["of"] or found["unit"] or not rest):
        # what stands behind a bare number must be praise, or at least no complaint and no item of a list
        is_aside = bool(mark) and not {".", ")"} & set(mark) and not wants_something(rest)
        if not is_aside and (wants_something(rest) or not (_PRAISE.search(rest) or is_only_thanks(rest, has_files=False))):
            return None
    whole = found["of"] is None or re.search(r"\d+", found["of"])[0] == "5"  # type: ignore[index]  # its pattern has digits
    number = f"{found['sign']}{found['number']}{found['part'] or ''}"
    return number if whole else f"{number}{found['of']}", rest
