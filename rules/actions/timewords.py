"""The words for days, months and hours in the languages that we ship, in the form in which words are compared (`folding`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from types import MappingProxyType


def _numbered(*words: str, first: int = 0) -> Mapping[str, int]:
    return MappingProxyType({word: number for number, of_one in enumerate(words, first) for word in of_one.split()})


def _finnish(stem: str) -> str:
    """A month, and the forms in which it stands in a date or after `asti`."""
    return " ".join(stem + ending for ending in ("kuu", "kuuta", "kuun", "kuussa"))


WEEKDAYS = _numbered(
    "mon monday mo montag ma maanantai maanantaina maanantaihin maanantaiksi po pondeli pondelka",
    "tue tuesday tues di dienstag ti tiistai tiistaina tiistaihin tiistaiksi ut utery uterka",
    "wed wednesday mi mittwoch ke keskiviikko keskiviikkona keskiviikkoon keskiviikoksi st streda stredu stredy",
    "thu thursday thur thurs do donnerstag to torstai torstaina torstaihin torstaiksi ct ctvrtek ctvrtka ctvrtku",
    "fri friday fr freitag pe perjantai perjantaina perjantaihin perjantaiksi pa patek patku",
    "sat saturday sa samstag sonnabend la lauantai lauantaina lauantaihin lauantaiksi so sobota sobotu soboty",
    "sun sunday sonntag su sunnuntai sunnuntaina sunnuntaihin sunnuntaiksi ne nedele nedeli",
)
"""Monday is 0."""
DOUBTFUL = frozenset({"to", "so", "do", "di", "la", "st", "ne", "ma", "mi", "su", "sa", "ti", "pa", "po", "ke", "pe"})
"""Short names of days that are words of other sentences, too: `#remind to call` is about no Thursday."""

NEAR = _numbered(
    "today heute tanaan dnes dneska",
    "tomorrow tmw morgen huomenna huomiseen huomiseksi zitra zitrka",
    "overmorrow ubermorgen uebermorgen ylihuomenna ylihuomiseen pozitri",
)
"""Days from today."""
PAST = frozenset("yesterday gestern eilen eiliseen vcera vcerejska".split())
"""The day before: understood where a time must follow, so that it can be refused."""
MONTHS = _numbered(
    "jan january januar janner leden ledna " + _finnish("tammi"),
    "feb february februar unor unora " + _finnish("helmi"),
    "mar march marz maerz mrz brezen brezna " + _finnish("maalis"),
    "apr april duben dubna " + _finnish("huhti"),
    "may mai kveten kvetna " + _finnish("touko"),
    "jun june juni cerven cervna " + _finnish("kesa"),
    "jul july juli cervenec cervence " + _finnish("heina"),
    "aug august srpen srpna " + _finnish("elo"),
    "sep sept september zari " + _finnish("syys"),
    "oct october okt oktober rijen rijna " + _finnish("loka"),
    "nov november listopad listopadu " + _finnish("marras"),
    "dec december dez dezember prosinec prosince " + _finnish("joulu"),
    first=1,
)

BEFORE = frozenset(
    "until till til by on at from in within for after the bis zum zur am um ab in nach binnen den dem der "
    "viimeistaan klo kello do az v ve od za behem".split()
)
"""Small words that people put before a time."""
DUE = frozenset("by until till bis viimeistaan do nejpozdeji spatestens".split())
DUE_BEHIND = frozenset("mennessa".split())
"""Before or behind a time: what is to be done is to be done by then."""
AT = frozenset("at um klo kello v ve gegen kolem".split())
"""Those of them after which a bare number is an hour."""
BEHIND = frozenset("asti saakka mennessa paasta kuluttua".split())
"""Finnish has them behind."""
A = frozenset("a an one ein eine einen einer einem yhden yksi jeden jednu jedne".split())
"""Words for one of something."""

THIS = frozenset("this coming diesen diese dieser diesem kommenden kommende kommender tana taman tento tuto toto".split())
NEXT = frozenset("next nachsten nachste nachster nachstem naechsten naechste naechster naechstem ensi pristi".split())
WEEK = frozenset("week woche viikko viikolla viikkoon viikon tyden tydnu".split())
MONTH = frozenset("month months monat monate monaten kk kuukausi kuukautta kuukauden mesic mesice mesicu".split())
WORKING = frozenset("working business work pracovni".split())
"""Before the word for days."""
WORKDAYS = frozenset(
    "workday workdays werktag werktage werktagen arbeitstag arbeitstage arbeitstagen arkipaiva arkipaivaa arkipv tyopaivaa".split()
)
DAYS = frozenset("day days d dny den dni dnech".split())

HALVES: Mapping[str, str] = MappingProxyType({"am": "am", "a.m": "am", "pm": "pm", "p.m": "pm"})
OCLOCK = frozenset("uhr h hod hodin o'clock".split())
NOON = frozenset("noon midday mittag mittags keskipaivalla poledne".split())
EARLY = frozenset("morning fruh frueh vormittag aamulla aamuun rano".split())
"""Behind a day: when its service begins."""
MORNING, EVENING, MIDDAY = time(8), time(17), time(12)
