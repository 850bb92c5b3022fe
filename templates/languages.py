"""The languages that the desk speaks: which one is taken, its words, its verbs, its plurals.

A language is a folder under `mail/` with `words.toml` and one file per text, plus one block in `LANGUAGES` here. Dates and spans
are said in `times.py`; the texts are rendered in `render.py`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from rules.frozen import dataclass

MAIL = Path(__file__).parent / "mail"
"""The folder that holds our own texts."""
FALLBACK = "en"
"""The language that has every text and every word."""


def _one_or_more(n: int) -> int:
    return 0 if abs(n) == 1 else 1


def _one_few_many(n: int) -> int:
    """Czech: one; two to four; the rest, nought too."""
    return 0 if abs(n) == 1 else 1 if 2 <= abs(n) <= 4 else 2


def _czech_at(hour: int) -> str:
    """`ve` where two consonants would meet: ve dvě, ve tři, ve čtyři, ve dvanáct, ve třináct, ve čtrnáct, ve dvacet …"""
    return "ve" if hour in {2, 3, 4, 12, 13, 14} or hour >= 20 else "v"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language: what no table can say. Its words come from `words(code)`."""

    code: str
    like: tuple[str, ...] = ()
    """Languages that its speakers rather read than English where a text is missing."""
    plural: Callable[[int], int] = _one_or_more
    """Which of the plural forms of `words.toml` a number takes."""
    at: Callable[[int], str] = lambda hour: ""
    """The preposition before a time of day, by its hour, where it depends on that."""


LANGUAGES: Mapping[str, Language] = {
    "en": Language(code="en"),
    "de": Language(code="de"),
    "fi": Language(code="fi"),
    "cs": Language(code="cs", plural=_one_few_many, at=_czech_at),
}


def primary(tag: str) -> str:
    """The language of a tag such as `de-AT` or `de_AT`, in lower case (RFC 5646 section 2.2.1)."""
    return tag.strip().replace("_", "-").partition("-")[0].lower()


def chain(language: str, desk: Iterable[str] = ()) -> tuple[str, ...]:
    """The languages to try for a text, best first, without repetition and always ending in English.

    language: a tag as people or mails give it, unknown ones are skipped. desk: the desk's own languages, in its order.
    """
    wanted = primary(language)
    first = (wanted, *LANGUAGES[wanted].like) if wanted in LANGUAGES else ()
    rest = [code for code in map(primary, desk) if code in LANGUAGES]
    return tuple(dict.fromkeys((*first, *rest, FALLBACK)))


def choose(language: str, desk: Iterable[str] = ()) -> str:
    """The language to write in: the asked one if we speak it, else the desk's first, else English."""
    return chain(language, desk)[0]


def _merge(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


@lru_cache(maxsize=16)
def words(code: str, site: Path | None = None) -> Mapping[str, object]:
    """All words of a language as nested tables; a word that it lacks is English, a word in the site's `words.toml` wins.

    Read once; `forget` drops what was read. Raises `tomllib.TOMLDecodeError` or `OSError` for a site file that can't be read.
    """
    codes = dict.fromkeys((FALLBACK, code))
    table: Mapping[str, object] = {}
    for each in codes:
        table = _merge(table, _ours(each))
    for each in codes:
        if site and (path := site / each / "words.toml").is_file():
            table = _merge(table, tomllib.loads(path.read_text(encoding="utf-8")))
    return table


@lru_cache(maxsize=len(LANGUAGES))
def _ours(code: str) -> Mapping[str, object]:
    return tomllib.loads("\n".join(_pieces(code).values()))


@lru_cache(maxsize=len(LANGUAGES))
def _pieces(code: str) -> Mapping[str, str]:
    """Our words by their outermost tables, not read yet: commands need two of thirty, and to read all of four languages takes a tenth of one."""
    found: dict[str, str] = {}
    for piece in re.split(r"^(?=\[)", (MAIL / code / "words.toml").read_text(encoding="utf-8"), flags=re.MULTILINE):
        name = piece[1:].partition("]")[0].partition(".")[0] if piece.startswith("[") else ""
        found[name] = found.get(name, "") + piece
    return found


@lru_cache(maxsize=256)
def _outermost(code: str, name: str, site: Path | None) -> object:
    """What `words` has by this name."""
    if site is not None and any((site / each / "words.toml").is_file() for each in (FALLBACK, code)):
        return words(code, site).get(name)
    table: Mapping[str, object] = {}
    for each in dict.fromkeys((FALLBACK, code)):
        table = _merge(table, tomllib.loads(_pieces(each).get(name, "")))
    return table.get(name)


def forget() -> None:
    """Read the site's words anew when they are wanted next."""
    for remembered in (words, phrases, _outermost, spell, label):
        remembered.cache_clear()


_AROUND = ("status", "status_staff", "bar", "light", "priority", "due", "page", "common", "reply", "foot", "facts", "labels")


@lru_cache(maxsize=16)
def phrases(code: str, site: Path | None = None) -> str:
    """All that stands in our mails around their texts, a phrase a line: by it, too, a quote of ours is known again."""

    def leaves(value: object) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            for each in value.values():
                yield from leaves(each)
        elif isinstance(value, list | tuple):
            for each in value:
                yield from leaves(each)

    known = words(code, site)
    return "\n".join(dict.fromkeys(line for name in _AROUND for line in leaves(known.get(name, ()))))


def section(code: str, *path: str, site: Path | None = None) -> Mapping[str, object]:
    """One table of the words, such as `section("de", "labels", "staff")`; empty if there is none."""
    table: object = _outermost(code, path[0], site) if path else words(code, site)
    for name in path[1:]:
        table = table.get(name) if isinstance(table, Mapping) else None
    return table if isinstance(table, Mapping) else {}


def word(code: str, *path: str, site: Path | None = None) -> str:
    """One word or sentence, such as `word("de", "status", "new")`. Raises KeyError if there is none."""
    value = section(code, *path[:-1], site=site)[path[-1]]
    if not isinstance(value, str):
        raise KeyError(".".join(path))
    return value


def forms(code: str, *path: str, site: Path | None = None) -> tuple[str, ...]:
    """The words of a list: plural forms, month names, aliases. Raises KeyError if there is none."""
    value = section(code, *path[:-1], site=site)[path[-1]]
    if not isinstance(value, list):
        raise KeyError(".".join(path))
    return tuple(map(str, value))


def form(code: str, n: int, said: Sequence[str]) -> str:
    """A counted thing in the form that its number takes: `form("en", 2, ["{n} file", "{n} files"])` is `2 files`."""
    return said[min(LANGUAGES[code].plural(n), len(said) - 1)].format(n=n)


def plural(code: str, n: int, *path: str, site: Path | None = None) -> str:
    """`form` of a list in `words.toml`: `plural("en", 2, "plurals", "files")`."""
    return form(code, n, forms(code, *path, site=site))


def verb_aliases(languages: Iterable[str], site: Path | None = None) -> dict[str, str]:
    """Every word that stands for a verb in these languages, and the verb; English words win where two languages differ.

    The words are as people write them (`übernehmen`, `uebernehmen`), in lower case; folding accents is the reader's work.
    """
    return _aliases("verbs", languages, site)


def of_verb(said: str, languages: Iterable[str], site: Path | None = None) -> str:
    """The one of these languages in which a verb is called so: `hilfe` is German. Empty for words of several, and for English, which all may write."""
    word_ = said.lower()
    if word_ in _aliases("verbs", (FALLBACK,), site):
        return ""
    if any(word_ == verb for code in LANGUAGES for verb in section(code, "verbs", site=site)):
        return ""
    found = [code for code in dict.fromkeys(map(primary, languages)) if code in LANGUAGES and word_ in _own_verbs(code, site)]
    return found[0] if len(found) == 1 else ""


def _own_verbs(code: str, site: Path | None) -> set[str]:
    return {alias.lower() for verb in section(code, "verbs", site=site) for alias in forms(code, "verbs", verb, site=site)}


def value_aliases(languages: Iterable[str], site: Path | None = None) -> dict[str, str]:
    """Every word that stands for a value of a command (`hoch`: `high`) in these languages, as `verb_aliases`."""
    return _aliases("values", languages, site)


def field_names(languages: Iterable[str], site: Path | None = None) -> dict[str, tuple[str, ...]]:
    """What the usual fields of forms are called in these languages: the thing (`part`), and every word for it, the first language's first."""
    codes = tuple(dict.fromkeys((*(c for c in map(primary, languages) if c in LANGUAGES), FALLBACK)))
    things = dict.fromkeys(thing for code in codes for thing in section(code, "fields", site=site))
    return {
        thing: tuple(
            dict.fromkeys(
                (
                    thing,
                    *(
                        word
                        for code in codes
                        if thing in section(code, "fields", site=site)
                        for word in forms(code, "fields", thing, site=site)
                    ),
                )
            )
        )
        for thing in things
    }


def field_name(language: str, name: str, site: Path | None = None) -> str:
    """What a field is called in a language, empty if there is no word for it."""
    named = section(language, "fields", site=site).get(name)
    return str(named[0]) if isinstance(named, list) and named else ""


def _aliases(table: str, languages: Iterable[str], site: Path | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for code in dict.fromkeys((FALLBACK, *(c for c in map(primary, languages) if c in LANGUAGES))):
        for verb in section(code, table, site=site):
            for alias in (verb, *forms(code, table, verb, site=site)):
                found.setdefault(alias.lower(), verb)
    return found


_VALUED = frozenset({"prio", "status"})
"""Verbs whose values have words of their own in each language."""


@lru_cache(maxsize=1024)
def spell(line: str, language: str, *, staff: bool, site: Path | None = None) -> str:
    """A command line as a person writes it in this language: `close` gives `#schließen` for staff, `schließen` for customers.

    Customers ask `status`, which staff sets.
    """
    verb, space, rest = line.strip().partition(" ")
    if not staff and verb == "status?":
        verb = "status"
    known, values = section(language, "verbs", site=site), section(language, "values", site=site)
    said = forms(language, "verbs", verb, site=site)[0] if verb in known else verb
    if verb in _VALUED and rest in values:
        rest = forms(language, "values", rest, site=site)[0]
    return f"{'#' if staff else ''}{said}{space}{rest}"


def pressed_words(word: str, code: str, site: Path | None = None) -> tuple[str, ...]:
    """What a button that stands for no command is called in a language, first the one that is printed: `drop` is `verwerfen`.

    The word itself is understood everywhere; one that has no other names is alone.
    """
    known = section(code, "pressed", site=site)
    said = forms(code, "pressed", word, site=site) if word in known else ()
    return tuple(dict.fromkeys((*said, word)))


@lru_cache(maxsize=1024)
def label(stem: str, language: str, *, staff: bool = True, site: Path | None = None) -> str:
    """What stands on a button of this kind: the word itself where the language has none."""
    said = section(language, "labels", "staff" if staff else "customer", site=site).get(stem)
    return said if isinstance(said, str) else stem


def spelled(said: str, language: str, *, site: Path | None = None) -> str:
    """Words with a command line, which begins with `#`, as the reader writes it; all others as they are."""
    return spell(said[1:], language, staff=True, site=site) if said.startswith("#") else said


def label_of(key: str, language: str, *, staff: bool, site: Path | None = None) -> str:
    """What stands on a button that has no label of its own: the words for the part of its key before the colon."""
    return label(key.partition(":")[0].rstrip("0123456789"), language, staff=staff, site=site)
