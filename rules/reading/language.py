"""Which language somebody writes in, told from the small words that every text is full of.

Only among the languages of the desk, and only where it is plain: a wrong guess answers a Finn in Czech, none answers in the desk's own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from itertools import filterfalse
from types import MappingProxyType

from rules.actions.folding import fold
from rules.reading.wordlist import wordlist

LEAST = 2
"""Small words that a text must hold before anything is said of it."""
MARGIN = 2
"""How many times as often as the next language's the words must occur."""
_CHARACTERS = 40_000
_CZECH = re.compile(r"(?<!\w)(?=[a-zčďěňřťůýížáéúš])[^\W\d_]*[čďěňřťůýíž]")
"""A word with letters that the other languages don't have. Names have them in any language, and begin with a capital."""
_CZECH_LETTERS = frozenset("čďěňřťůýíž")

_SMALL = {
    "en": "the and is are was were you your we our they it this that have has had not can could would will with for from please hello hi dear "
    "thank thanks regards does do did what when how there been any my me am an of to be on as but i",
    "de": "der die das den dem ein eine einen einem und ist sind war wir sie ich uns unser unsere nicht kein keine mit für auf von zu zum zur bei "
    "aus auch noch wie was wann bitte hallo guten tag morgen danke grüße grüßen freundlichen mehr seit kann können haben habe hat wird "
    "werden im am wieder es dass",
    "fi": "on ja ei että se ovat oli kun mutta vai tai myös vielä minä me meillä meidän te teille hei moi terve kiitos terveisin ystävällisin voi "
    "voisitteko voitteko miten milloin missä mitä mikä joka jos niin olen olemme olisi onko tämä tuo nyt jo enää kanssa mukaan sekä eikä emme "
    "ole en hän sitä",
    "cs": "a je jsou byl byla to že se si na v ve s z ze do od po pro při už jsem jsme jste není nejde nám vám mi mně ale jak kdy co kde který "
    "která prosím dobrý den děkuji díky pozdravem s k ke jen také tak i nebo když bude máme mám můžete",
}
_SETS: Mapping[str, frozenset[str]] = MappingProxyType({code: frozenset(map(fold, words.split())) for code, words in _SMALL.items()})


def detect(text: str, among: Collection[str], subject: str = "") -> str:
    """The language of a text and of the subject above it, one of `among` (two letters each); empty where it isn't plain."""
    parts = (subject, text[:_CHARACTERS])
    listed = [wordlist(part) for part in parts]
    counts = dict.fromkeys(_SETS, 0)
    for often in (each.folded for each in listed):
        for code, small in _SETS.items():
            counts[code] += sum(map(often.__getitem__, small.intersection(often)))
    found = _plain(counts)
    accented = [word for each in listed for word in filterfalse(str.isascii, each.distinct) if not _CZECH_LETTERS.isdisjoint(word)]
    if accented and _plain(counts, czech=len(accented)) != found:
        # of those that begin with a capital, which the list doesn't show, it depends
        found = _plain(counts, czech=len({word for part in parts for word in _CZECH.findall(part)}))
    return found if found in among else ""


def _plain(counts: Mapping[str, int], czech: int = 0) -> str:
    """The language whose words are plainly the most, with some more of Czech; empty if none is."""
    weighed = {**counts, "cs": counts["cs"] + czech}
    best, next_best = sorted(weighed, key=weighed.__getitem__, reverse=True)[:2]
    return best if weighed[best] >= max(LEAST, MARGIN * weighed[next_best]) else ""
