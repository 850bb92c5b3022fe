"""Words, dates, spans and verbs of every language."""

from __future__ import annotations

import pytest

from templates import languages, times


def leaves(table: object, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], object]:
    if isinstance(table, dict):
        return {k: v for key, inner in table.items() for k, v in leaves(inner, (*path, key)).items()}
    return {path: table}


def own(code: str) -> dict[tuple[str, ...], object]:
    import tomllib

    return leaves(tomllib.loads((languages.MAIL / code / "words.toml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("code", languages.LANGUAGES)
def test_every_language_has_every_word_with_the_same_blanks(code: str) -> None:
    """A missing word would be English in the middle of a Finnish sentence; a missing blank would lose a name."""
    english, other = own("en"), own(code)
    assert set(english) == set(other)
    import re

    for path, value in english.items():
        if isinstance(value, str) and path[0] != "dates":
            assert sorted(re.findall(r"\{\w+\}", value)) == sorted(re.findall(r"\{\w+\}", str(other[path]))), path
        if path[0] == "dates" and isinstance(value, list):
            assert len(value) == len(other[path])


@pytest.mark.parametrize("code", languages.LANGUAGES)
def test_no_two_verbs_share_a_word(code: str) -> None:
    """A word with two meanings would close a ticket that was to be opened."""
    for table in ("verbs", "values"):
        seen: dict[str, str] = {}
        for verb in languages.section(code, table):
            for alias in languages.forms(code, table, verb):
                assert seen.setdefault(alias, verb) == verb, alias
    english = set(languages.section("en", "verbs"))
    for verb in languages.section(code, "verbs"):
        for alias in languages.forms(code, "verbs", verb):
            assert alias not in english or alias == verb or code == "en", alias


def test_aliases_of_all_languages_of_the_desk_are_understood() -> None:
    """A German agent writes German verbs in an English desk."""
    aliases = languages.verb_aliases(["de", "xx"])
    assert aliases["übernehmen"] == aliases["uebernehmen"] == aliases["take"] == "take"
    assert aliases["schließen"] == "close"
    assert languages.value_aliases(["de"])["hoch"] == "high"
    assert "übernehmen" not in languages.verb_aliases(["en"])


def test_a_line_is_spelled_as_people_write_it() -> None:
    """The word that we print must be the word that we understand."""
    assert languages.spell("close", "de", staff=True) == "#schließen"
    assert languages.spell("assign anna", "de", staff=True) == "#zuweisen anna"
    assert languages.spell("close", "en", staff=False) == "close"
    assert languages.spell("frobnicate now", "de", staff=False) == "frobnicate now"


def test_the_chain_ends_in_english() -> None:
    """Whatever a mail claims its language is, some text is found."""
    assert languages.chain("de_AT") == ("de", "en")
    assert languages.chain("tlh", ["de", "xx", "en"]) == ("de", "en")
    assert languages.chain("") == ("en",)
    assert languages.choose("xx", ["de"]) == "de"


@pytest.mark.parametrize(
    ("code", "moment", "other_year", "stamp"),
    [
        ("en", "Monday, 15 June, 14:30", "Tuesday, 2 March 2027, 08:05", "15 June, 14:30"),
        ("de", "Montag, 15. Juni, 14:30 Uhr", "Dienstag, 2. März 2027, 08:05 Uhr", "15. Juni, 14:30"),
    ],
)
def test_times_are_said_in_the_desks_zone(code: str, moment: str, other_year: str, stamp: str) -> None:
    """Twelve thirty UTC is half past two in Berlin in summer."""
    speaker = times.times(code, "Europe/Berlin", "2026-06-15T07:00:00+00:00")
    assert speaker.moment("2026-06-15T12:30:00+00:00") == moment
    assert speaker.moment("2027-03-02T07:05:00+00:00") == other_year
    assert speaker.stamp("2026-06-15T12:30:00+00:00") == stamp


def test_a_time_without_offset_is_refused() -> None:
    """It could be any of 38 instants."""
    with pytest.raises(ValueError, match="offset"):
        times.times("en", "Europe/Berlin", "2026-06-15T07:00:00")
    with pytest.raises(ValueError, match="offset"):
        times.times("en", "Europe/Berlin", "2026-06-15T07:00:00+00:00").day("2026-06-15T07:00:00")


def test_an_unknown_zone_is_utc() -> None:
    """A typing error in the config must not hold the mail."""
    assert times.times("en", "Mars/Olympus", "2026-06-15T07:00:00+00:00").stamp("2026-06-15T07:00:00+00:00") == "15 June, 07:00"


@pytest.mark.parametrize(
    ("seconds", "english", "german"),
    [
        (0, "1 minute", "1 Minute"),
        (60, "1 minute", "1 Minute"),
        (3 * 3600 + 5 * 60, "3 hours 5 minutes", "3 Stunden 5 Minuten"),
        (3600, "1 hour", "1 Stunde"),
        (86400 * 2 + 60, "2 days 1 minute", "2 Tage 1 Minute"),
        (86400 + 3600 + 60, "1 day 1 hour", "1 Tag 1 Stunde"),
    ],
)
def test_spans_have_two_units_and_right_plurals(seconds: int, english: str, german: str) -> None:
    """ "1 days" looks broken."""
    at = "2026-06-15T07:00:00+00:00"
    assert times.times("en", "UTC", at).span(seconds) == english
    assert times.times("de", "UTC", at).span(seconds) == german


def test_sizes_and_numbers_have_the_languages_separators() -> None:
    """1,5 MB and 1.5 MB are a thousandfold apart to the wrong reader."""
    at = "2026-06-15T07:00:00+00:00"
    english, german = times.times("en", "UTC", at), times.times("de", "UTC", at)
    assert [english.size(n) for n in (0, 999, 412_300, 999_600, 1_480_000, 38_200_000)] == [
        "0 B",
        "999 B",
        "412 kB",
        "1.0 MB",
        "1.5 MB",
        "38 MB",
    ]
    assert german.size(1_480_000) == "1,5 MB"
    assert (english.number(1234567.891, 2), german.number(1234567.891, 2)) == ("1,234,567.89", "1.234.567,89")
