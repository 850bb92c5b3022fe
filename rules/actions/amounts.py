"""Kinds of values that count or measure: a time, a span, an effort, stars, a number.

What a kind is: `values`.
"""

from __future__ import annotations

import re
from datetime import timedelta

from rules.actions import moments, spans
from rules.actions.folding import fold
from rules.actions.timewords import PAST
from rules.actions.words import Misread, Words, first_word
from rules.frozen import dataclass

NONE = "0m"
"""A length of time that is none."""


@dataclass(frozen=True, slots=True)
class When:
    """A point in time as it was written: `fri`, `tomorrow 9`, `2026-12-01 08:00`, `1.12.`, `3d`. What it means is said in `moments`."""

    needed: bool = True

    def read(self, text: str, words: Words) -> tuple[str, str]:
        said, rest = moments.find(text.strip())
        if not said and fold(first_word(text)[0].rstrip(",.!")) in PAST:
            said, rest = moments.find(f"until {text.strip()}")  # a time all the same; that it has passed is said where it would count
        if not said:
            rest = text.strip()
        if not said and self.needed:
            raise Misread("not-a-time" if text.strip() else "missing-time", first_word(text)[0], ("tomorrow 9", "fri", "3d"))
        return said, rest

    def spell(self, value: str) -> str:
        return value

    def apart(self, spelled: str, line: str) -> str:
        """The spelled time before the rest of its line, in quotes where that would be read into it: `"fri" 08:00 is the latest`."""
        return f'"{spelled}"' if line and spelled and moments.find(f"{spelled} {line}")[0] != spelled else spelled


@dataclass(frozen=True, slots=True)
class Until(When):
    """A point in time, a length of time, or none, before a text: `3d`, `until fri 10`. `0m` is none, for a text that begins like a time."""

    needed: bool = False

    def read(self, text: str, words: Words) -> tuple[str, str]:
        said, rest = moments.find(text.strip())
        if not said and text.strip()[:1].isdigit():
            raise Misread("not-a-span", first_word(text)[0], ("3d", "4h", "fri"))
        return ("", rest) if said == NONE else (said, rest)

    def apart(self, spelled: str, line: str) -> str:
        """As a time is; `0m` where none was said and the line begins like one."""
        if not spelled and (line[:1].isdigit() or moments.find(line)[0]):
            return NONE
        return When.apart(self, spelled, line)


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time such as `3d`, `90m`, `2w`; zero where it is left out and may be."""

    needed: bool = False

    def read(self, text: str, words: Words) -> tuple[timedelta, str]:
        said = text.split()
        found = spans.longest(said)
        if found is not None:
            return found[0], " ".join(said[found[1] :])
        word, _ = first_word(text)
        if self.needed or (word and word[0].isdigit()):
            raise Misread("not-a-span", word, ("3d", "4h", "30m"))
        return timedelta(), text.strip()

    def spell(self, value: timedelta) -> str:
        minutes = int(value.total_seconds() // 60)
        if not minutes:
            return ""
        for size, unit in ((1440, "d"), (60, "h")):
            if minutes % size == 0:
                return f"{minutes // size}{unit}"
        return f"{minutes}m"


_EFFORT = re.compile(
    r"(?:(\d{1,3})\s*(?:h|hours?|std|stunden?|t|tuntia?|hod))?\s*(?:(\d{1,4})\s*(?:m|min|minutes?|minuten?)?)?", re.IGNORECASE
)
_NUMBER = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?")


@dataclass(frozen=True, slots=True)
class Effort:
    """Time that was worked, in minutes: `25m`, `1h30m`, `2h`; a bare number counts as hours (`1.5`) or, without `in_hours`, as minutes."""

    in_hours: bool = False

    def read(self, text: str, words: Words) -> tuple[int, str]:
        word, rest = first_word(text)
        sign = -1 if word.startswith("-") else 1
        bare = word.lstrip("+-").rstrip(".,;:")
        if found := _NUMBER.fullmatch(bare):
            number = float(bare.replace(",", "."))
            unit, after = first_word(rest)
            size = spans.UNITS.get(fold(unit), timedelta())
            if timedelta() < size <= timedelta(hours=1):  # `2 Stunden` are no two minutes
                minutes, rest = round(number * (size / timedelta(minutes=1))), after
            else:
                minutes = round(number * 60) if self.in_hours else round(number)
        elif (found := _EFFORT.fullmatch(bare)) and bare:
            minutes = int(found[1] or 0) * 60 + int(found[2] or 0)
        elif found := re.fullmatch(rf"{_NUMBER.pattern}\s*(?:h|std|hours?)", bare, re.IGNORECASE):
            minutes = round(float(f"{found[1]}.{found[2] or 0}") * 60)
        else:
            minutes = 0
        if not 0 < minutes <= 60 * 1000:
            raise Misread("not-a-time-worked", word, ("25m", "1.5h", "1h30m"))
        return sign * minutes, rest

    def spell(self, value: int) -> str:
        return f"{value}m"


@dataclass(frozen=True, slots=True)
class Stars:
    """A rating from 1 to 5."""

    def read(self, text: str, words: Words) -> tuple[int, str]:
        word, rest = first_word(text)
        number = word.rstrip("-–,;:.!").removesuffix("/5")
        if number in {"1", "2", "3", "4", "5"}:
            return int(number), rest
        raise Misread("not-a-rating", word, ("1", "2", "3", "4", "5"))

    def spell(self, value: int) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a post, `17` or `post:17`; zero where it is left out."""

    def read(self, text: str, words: Words) -> tuple[int, str]:
        word, rest = first_word(text)
        found = re.fullmatch(r"(?:post:)?(\d{1,9})", word)
        return (int(found[1]), rest) if found and int(found[1]) else (0, text.strip())

    def spell(self, value: int) -> str:
        return str(value) if value else ""
