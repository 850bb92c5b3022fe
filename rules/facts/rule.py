"""What a site wrote as rules and timers: conditions with their compiled patterns, and lines of actions not yet read.

Values only. `rules.conditions` asks the conditions, `rules.routing` walks the rules, `rules.timers` the timers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from rules.frozen import dataclass


class Matcher(Protocol):
    """A compiled pattern. Comes from the shell, which uses an engine whose time is linear in the text."""

    def search(self, text: str, /) -> object | None:
        """Something true if the pattern occurs anywhere in the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One text as the site wrote it, and what it compiles to."""

    text: str
    matcher: Matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A number with the side on which it holds: `at_least` includes the limit, otherwise it must be less."""

    limit: int
    at_least: bool = True

    def holds(self, value: int) -> bool:
        """Whether a value is on the right side."""
        return value >= self.limit if self.at_least else value < self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One word of `when` and what it wants: one of several patterns, or a yes/no, or a bound."""

    word: str
    wanted: str
    """As the site wrote it, for the trace."""
    header: str = ""
    """Field name of a `header` condition, lower case."""
    patterns: tuple[Pattern, ...] = ()
    """Any one of them suffices."""
    flag: bool | None = None
    bound: Bound | None = None
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """If all conditions hold, the lines follow; `stop` ends the walk then. No condition at all always holds."""

    name: str
    when: tuple[Condition, ...] = ()
    then: tuple[str, ...] = ()
    """Lines of the vocabulary without `#`, such as `category hardware/printer`."""
    stop: bool = False
    place: str = ""
    """File and line in the config, such as `config.toml:41`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """What time alone asks for: a ticket that has been as `when` says for `after` gets the lines, once per such stay."""

    name: str
    when: Mapping[str, tuple[str, ...]]
    """Field of the ticket -> the values of which one must be there; `status` is always among them."""
    after: timedelta
    """Worked time in the desk's `[clock] hours`."""
    then: tuple[str, ...] = ()
    place: str = ""
