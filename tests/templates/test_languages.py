"""Words, dates, spans and verbs of every language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from rules import lexicon
from rules.actions.values import fold
from rules.facts.people import Directory
from rules.facts.policy import Policy
from rules.facts.terms import Priority, Status
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
    assert languages.spell("prio high", "cs", staff=True) == "#prio vysoká"
    assert [languages.spell("status?", code, staff=False) for code in languages.LANGUAGES] == ["status", "status", "tila", "stav"]


@pytest.mark.parametrize("code", languages.LANGUAGES)
def test_a_value_that_we_spell_is_understood(code: str) -> None:
    """A choice that is printed as `#status rozpracováno` is typed back so."""
    lists = lexicon.words(Policy(), Directory()).lists
    for kind, values in (("status", Status), ("priority", Priority)):
        for value in values:
            for said in languages.forms(code, "values", value.value):
                assert lists[kind].get(fold(said)) == value.value, said


@pytest.mark.parametrize("code", [code for code in languages.LANGUAGES if code != "en"])
def test_no_sentence_names_a_command_in_english(code: str) -> None:
    """`#reopen` in the midst of a German sentence looks like a slip, and is what nobody remembers."""
    verbs = languages.section(code, "verbs")
    texts = {path.name: path.read_text(encoding="utf-8") for path in (languages.MAIL / code).iterdir() if path.name != "sample.toml"}
    foreign = {
        (name, said)
        for name, text in texts.items()
        for said in re.findall(r"#([a-z]+)\b(?!\?)", text)
        if said in verbs and said not in languages.forms(code, "verbs", said)
    }
    assert foreign == set()


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
        ("fi", "maanantaina 15. kesäkuuta klo 14.30", "tiistaina 2. maaliskuuta 2027 klo 8.05", "15.6. klo 14.30"),
        ("cs", "v pondělí 15. června ve 14:30", "v úterý 2. března 2027 v 8:05", "15. června 14:30"),
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
    ("seconds", "english", "german", "finnish", "czech"),
    [
        (0, "1 minute", "1 Minute", "1 minuutti", "1 minuta"),
        (60, "1 minute", "1 Minute", "1 minuutti", "1 minuta"),
        (3 * 3600 + 5 * 60, "3 hours 5 minutes", "3 Stunden 5 Minuten", "3 tuntia 5 minuuttia", "3 hodiny 5 minut"),
        (3600, "1 hour", "1 Stunde", "1 tunti", "1 hodina"),
        (86400 * 2 + 60, "2 days 1 minute", "2 Tage 1 Minute", "2 päivää 1 minuutti", "2 dny 1 minuta"),
        (86400 + 3600 + 60, "1 day 1 hour", "1 Tag 1 Stunde", "1 päivä 1 tunti", "1 den 1 hodina"),
        (86400 * 5 + 3600 * 22, "5 days 22 hours", "5 Tage 22 Stunden", "5 päivää 22 tuntia", "5 dní 22 hodin"),
    ],
)
def test_spans_have_two_units_and_right_plurals(seconds: int, english: str, german: str, finnish: str, czech: str) -> None:
    """ "1 days" looks broken."""
    at = "2026-06-15T07:00:00+00:00"
    assert times.times("en", "UTC", at).span(seconds) == english
    assert times.times("de", "UTC", at).span(seconds) == german
    assert times.times("fi", "UTC", at).span(seconds) == finnish
    assert times.times("cs", "UTC", at).span(seconds) == czech


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
    assert times.times("fi", "UTC", at).number(1234567.891, 2) == "1\xa0234\xa0567,89"


@pytest.mark.parametrize("code", languages.LANGUAGES)
def test_every_counted_thing_has_all_forms_of_its_language(code: str) -> None:
    """ "2 otevřených požadavků" hurts; a list with a form too few would say it."""
    needed = 1 + max(languages.LANGUAGES[code].plural(n) for n in range(200))
    for table, only in (("plurals", None), ("units", {"minutes", "hours", "days"})):
        for thing in languages.section(code, table):
            if only is None or thing in only:
                assert len(languages.forms(code, table, thing)) == needed, thing


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (0, "0 otevřených požadavků"),
        (1, "1 otevřený požadavek"),
        (2, "2 otevřené požadavky"),
        (4, "4 otevřené požadavky"),
        (5, "5 otevřených požadavků"),
        (22, "22 otevřených požadavků"),
    ],
)
def test_czech_counts_one_few_and_many(n: int, said: str) -> None:
    """Czech has three forms, and 22 takes the third."""
    assert languages.plural("cs", n, "plurals", "open") == said


@pytest.mark.parametrize(
    ("hour", "said"), [(1, "v 1:05"), (2, "ve 2:05"), (9, "v 9:05"), (12, "ve 12:05"), (15, "v 15:05"), (19, "v 19:05"), (21, "ve 21:05")]
)
def test_czech_says_the_hour_with_its_preposition(hour: int, said: str) -> None:
    """ "v 12:05" stumbles when read aloud."""
    at = f"2026-06-15T{hour:02}:05:00+00:00"
    assert times.times("cs", "UTC", at).moment(at) == f"v pondělí 15. června {said}"


@pytest.mark.parametrize(
    ("code", "month", "week"),
    [
        ("en", "May 2026", "4 May 2026 – 10 May 2026"),
        ("de", "Mai 2026", "4. Mai 2026 – 10. Mai 2026"),
        ("fi", "toukokuu 2026", "4.5.2026–10.5.2026"),
        ("cs", "květen 2026", "4. 5. 2026 – 10. 5. 2026"),
    ],
)
def test_a_period_is_called_by_its_month_or_its_days(code: str, month: str, week: str) -> None:
    """A report of May that ends "1 June" makes people count the first of June in."""
    speaker = times.times(code, "Europe/Berlin", "2026-06-15T07:00:00+00:00")
    assert speaker.period("2026-04-30T22:00:00+00:00", "2026-05-31T22:00:00+00:00") == month
    assert speaker.period("2026-05-03T22:00:00+00:00", "2026-05-10T22:00:00+00:00") == week
    assert speaker.period("2025-12-31T23:00:00+00:00", "2026-12-31T23:00:00+00:00") == "2026"


def test_working_time_has_no_days() -> None:
    """Ten working days of eight hours are 80 hours, not three days and eight hours."""
    speaker = times.times("en", "UTC", "2026-06-15T07:00:00+00:00")
    assert speaker.worktime(80 * 3600) == "80 hours"
    assert speaker.worktime(9 * 3600 + 22 * 60) == "9 hours 22 minutes"
    assert speaker.worktime(20) == "1 minute"
    assert (speaker.clock(72 * 60), speaker.clock(0), speaker.clock(104 * 3600)) == ("1:12 h", "0:00 h", "104:00 h")


def test_no_word_means_two_verbs_in_two_languages() -> None:
    """A desk speaks all of its languages at once: a word that closes in one and opens in another is a trap. Accents do not count."""
    for table in ("verbs", "values"):
        seen: dict[str, tuple[str, str]] = {}
        for code in languages.LANGUAGES:
            for verb in languages.section(code, table):
                for alias in (verb, *languages.forms(code, table, verb)):
                    other = seen.setdefault(fold(alias), (verb, code))
                    assert other[0] == verb, (alias, code, other)


@pytest.mark.parametrize("code", languages.LANGUAGES)
def test_a_word_for_a_command_is_one_word(code: str) -> None:
    """A command ends at its first blank, so an alias with one could never be read."""
    for table in ("verbs", "values"):
        for verb in languages.section(code, table):
            for alias in languages.forms(code, table, verb):
                assert alias == alias.lower()
                assert " " not in alias


@pytest.mark.parametrize("code", languages.LANGUAGES)
@pytest.mark.parametrize("who", ["customer", "staff"])
def test_help_shows_words_that_are_understood(code: str, who: str) -> None:
    """Whoever copies a line from the help must get what it says."""
    aliases = {fold(alias): verb for alias, verb in languages.verb_aliases([code]).items()}
    for verb, (spelling, meaning) in languages.section(code, "help", who).items():
        word = spelling.split()[0]
        assert word.startswith("#") == (who == "staff")
        assert aliases[fold(word.lstrip("#"))] == verb
        assert meaning


@pytest.mark.parametrize("code", languages.LANGUAGES)
def test_a_table_read_alone_is_the_one_that_the_whole_has(code: str) -> None:
    """A line that begins with a bracket within a longer text would cut it in two."""
    whole = languages.words(code)
    tables = [name for name, value in whole.items() if isinstance(value, Mapping)]
    assert len(tables) > 30 and all(languages.section(code, name) == whole[name] for name in tables)


def test_the_site_s_words_win_table_by_table(tmp_path: Path) -> None:
    """Until they are forgotten, for files are read once."""
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "words.toml").write_text('[status]\nnew = "angekommen"\n')
    languages.forget()
    assert languages.word("de", "status", "new", site=tmp_path) == "angekommen"
    (tmp_path / "de" / "words.toml").write_text('[status]\nnew = "da"\n')
    assert languages.word("de", "status", "new", site=tmp_path) == "angekommen"
    languages.forget()
    assert languages.word("de", "status", "new", site=tmp_path) == "da"
    assert languages.word("de", "status", "closed", site=tmp_path) == languages.word("de", "status", "closed")
