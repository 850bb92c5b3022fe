"""The lines of rules and timers against the vocabulary: every `then` must be a command that could be carried out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mailgate.config.checks import keys
from mailgate.config.mistakes import Wrong, nearest
from mailgate.config.places import Path
from mailgate.config.reading import Reading
from rules.actions import base
from rules.actions.folding import fold
from rules.actions.words import Misread, near_words
from rules.facts.people import Directory
from rules.facts.policy import Policy
from rules.facts.service import Category, Severity, Type
from rules.frozen import replace
from rules.lexicon import words

ReadAction = Callable[[str], Wrong | str | None]
"""A line of the vocabulary -> None if it can be read, else the sentence why not."""

SPOKEN = frozenset(
    "adduser approve ask at away canned cc contract done due endcustomer faq fyi grant hours lang level order private register remind send spam split"
    " task time".split()
)
"""Verbs of the manual beside those registered: a level or a right for one may be written down before the desk has it."""

_STAFF = frozenset({"unknown-agent", "unknown-group", "missing-agent"})
"""What only the store knows: agents and groups are data, and asked for by `config check` and `doctor` as warnings."""


def lines(reading: Reading) -> Iterator[tuple[Path, str]]:
    """Every line that rules and timers would have carried out, with its path; of those with other mistakes, too."""
    for name in ("rule", "timer"):
        for at, table in _tables(reading, name):
            for position, line in enumerate(_texts(table.get("then"))):
                yield (*at, "then", position), line.strip().removeprefix("#")


def check(reading: Reading, policy: Policy, read_action: ReadAction | None = None) -> None:
    """Note every line that can't be read, with the nearest line that could. Without `read_action`, the desk's own vocabulary reads."""
    read = read_action or _vocabulary(reading, policy)
    for at, line in lines(reading):
        why = read(line) if line else "is empty"
        if why is not None:
            reading.wrong(at, str(why), why.near if isinstance(why, Wrong) else nearest(line.partition(" ")[0], base.VERBS))
    for at, verb in _verbs(reading):
        if verb not in base.VERBS and verb not in SPOKEN:
            reading.wrong(at, f"there is no command {verb!r}", nearest(verb, {*base.VERBS, *SPOKEN}))


def _verbs(reading: Reading) -> Iterator[tuple[Path, str]]:
    """Verbs that are named by themselves: in levels of trust and in roles."""
    trust = reading.raw.get("trust")
    for key in ("levels", "customer_levels"):
        levels = trust.get(key) if isinstance(trust, dict) else None
        yield from ((("trust", key, verb), verb) for verb in (levels if isinstance(levels, dict) else ()))
    for at, role in _tables(reading, "role"):
        for key in ("may", "may_not"):
            yield from (((*at, key, i), verb) for i, verb in enumerate(_texts(role.get(key))) if verb != "*")


def _tables(reading: Reading, name: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The tables of a list as they are written: a mistake in one key of a table hides none in another."""
    listed = reading.raw.get(name)
    for position, table in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(table, dict):
            yield (name, position), table


def _texts(value: object) -> list[str]:
    """One text or a list of them; what is neither is a mistake that is listed elsewhere."""
    return [value] if isinstance(value, str) else [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _vocabulary(reading: Reading, policy: Policy) -> ReadAction:
    # A category with a mistake elsewhere in its table is still there to be named.
    known = replace(
        policy,
        categories={key: Category(key=key) for key in keys(reading, "category")} | dict(policy.categories),
        types={key: Type(key=key) for key in keys(reading, "type")} | dict(policy.types),
        severities={key: Severity(key=key) for key in keys(reading, "severity")} | dict(policy.severities),
    )
    lexicon = words(known, Directory())

    def read(line: str) -> Wrong | None:
        verb, _, rest = line.partition(" ")
        if fold(verb) not in lexicon.verbs:
            # In a mail, the first three letters of a verb are enough; in a file that is read for years they aren't.
            near = next(iter(near_words(fold(verb), {alias: known for alias, known in lexicon.verbs.items() if alias == known})), "")
            return Wrong(f"there is no command {verb!r}", f"{near} {rest}".strip() if near else "")
        try:
            base.read(line, lexicon)
        except Misread as miss:
            return None if miss.code in _STAFF else Wrong(_sentence(miss, line), next(iter(miss.near), ""))
        return None

    return read


def _sentence(miss: Misread, line: str) -> str:
    """Why a line can't be read."""
    kind, _, what = miss.code.partition("-")
    what = what.replace("verb", "command").replace("-", " ")
    match kind:
        case "unknown":
            return f"there is no {what} {miss.word!r}"
        case "too" if miss.code == "too-much":
            return f"{line!r} says more than the command takes: {miss.word!r}"
        case "missing":
            return f"{line!r} needs a {what}"
        case "not":
            return f"{line!r}: {miss.word!r} is not {what}"
        case _:
            return f"{line!r} can't be read: {miss.word!r} is {miss.code.replace('-', ' ')}"
