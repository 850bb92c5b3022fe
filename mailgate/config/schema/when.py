"""The words of `when` in a rule, each with the values it takes. What they ask of a mail is in `rules.conditions`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from mailgate.config import addresses, patterns, values
from mailgate.config.mistakes import Wrong, gather
from mailgate.config.schema.base import Section, says
from mailgate.config.values import Reads
from rules.facts import amounts
from rules.facts.rule import Bound, Condition, Pattern

_SWITCHES = {"yes": "true", "true": "true", "on": "true", "no": "false", "false": "false", "off": "false"}
_BOUND = re.compile(r"(>=|>|<)?\s*(.+)")


def _spelled(value: object) -> str:
    """A value as the trace shows it."""
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return " | ".join(map(str, value))
        case _:
            return str(value)


def _any_of(compile_: Callable[[str], Pattern]) -> Callable[[object], Condition]:
    """One pattern or a list of which any suffices."""

    def read(value: object) -> Condition:
        given = values.several(compile_)(value)
        if not given:
            raise Wrong("an empty list matches nothing")
        return Condition(word="", wanted=_spelled(value), patterns=given)

    return read


def _flag_or(compile_: Callable[[str], Pattern]) -> Callable[[object], Condition]:
    """A yes or no, or patterns."""

    def read(value: object) -> Condition:
        if isinstance(value, bool):
            return Condition(word="", wanted=_spelled(value), flag=value)
        if not isinstance(value, str | list):
            raise Wrong(f"must be true, false, a text or a list of texts, not {values.kind(value)}")
        if isinstance(value, str) and value.strip().lower() in _SWITCHES:
            raise Wrong(f"{value!r} is a text; a switch is true or false, without quotes", near=_SWITCHES[value.strip().lower()])
        return _any_of(compile_)(value)

    return read


def _flag(value: object) -> Condition:
    if not isinstance(value, bool):
        raise Wrong(f"must be true or false, not {values.kind(value)}")
    return Condition(word="", wanted=_spelled(value), flag=value)


def _bound(read: Callable[[str], int], example: str) -> Callable[[object], Condition]:
    """`>5MB`, `>=5MB`, `<5MB`; a bare number is the least that holds."""

    def bound(value: object) -> Condition:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise Wrong(f"must be a number or a text such as {example}, not {values.kind(value)}")
        found = _BOUND.fullmatch(str(value).strip())
        if found is None:
            raise Wrong(f"{value!r} is no bound; write it as {example}")
        limit = read(found[2])
        sign = found[1] or ">="
        return Condition(word="", wanted=_spelled(value), bound=Bound(limit=limit + (sign == ">"), at_least=sign != "<"))

    return bound


def _level(text: str) -> int:
    if text not in {"0", "1", "2", "3", "4"}:
        raise Wrong(f"{text!r} is no level of trust; levels are 0 to 4, such as 2 (at least) or <2")
    return int(text)


def _language(text: str) -> Pattern:
    """A language by its code, as mails are found to be in."""
    return patterns.word(text if "*" in text else addresses.language(text))


def _headers(value: object) -> tuple[Condition, ...]:
    """A table of field names and patterns; every one must match."""
    if isinstance(value, str) and ":" in value:
        name, _, pattern = value.partition(":")
        value = {name: pattern.strip() or "."}
    if not isinstance(value, dict) or not value:
        raise Wrong('must be a table of fields and patterns, such as {"X-Shop" = "order"}')
    return tuple(made for _, made in gather(((name, (name, wanted)) for name, wanted in value.items()), _field))


def _field(said: tuple[str, object]) -> Condition:
    name = addresses.field_name(said[0])
    read = _any_of(patterns.regex)(said[1])
    return Condition(word="header", wanted=f"{name}: {read.wanted}", header=name.lower(), patterns=read.patterns)


_TEXTS: dict[str, Any] = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_FLAG_OR_TEXTS: dict[str, Any] = {"anyOf": [{"type": "boolean"}, *_TEXTS["anyOf"]]}
_NUMBER: dict[str, Any] = {"anyOf": [{"type": "integer"}, {"type": "string"}]}

Addresses = Annotated[Condition | None, Reads(_any_of(patterns.address), _TEXTS)]
Regexes = Annotated[Condition | None, Reads(_any_of(patterns.regex), _TEXTS)]
Globs = Annotated[Condition | None, Reads(_any_of(patterns.word), _TEXTS)]
FlagOrGlobs = Annotated[Condition | None, Reads(_flag_or(patterns.word), _FLAG_OR_TEXTS)]
Languages = Annotated[Condition | None, Reads(_any_of(_language), _TEXTS)]
Flag = Annotated[Condition | None, Reads(_flag, {"type": "boolean"})]
SizeBound = Annotated[Condition | None, Reads(_bound(amounts.read_size, ">5MB"), _NUMBER)]
TrustBound = Annotated[Condition | None, Reads(_bound(_level, "2 or <2"), _NUMBER)]
Headers = Annotated[
    tuple[Condition, ...] | None, Reads(_headers, {"type": "object", "additionalProperties": _TEXTS, "examples": [{"X-Shop": "order"}]})
]


class When(Section):
    """What a mail must be like: all words must hold; of a list, any item suffices. Patterns ignore case."""

    to: Addresses = says("A recipient: an address, @domain, *@*.domain, name@, or a regular expression.", None)
    from_: Addresses = says("The sender, written likewise.", None, alias="from")
    subject: Regexes = says("Regular expression somewhere in the subject.", None)
    tag: Globs = says("A [tag] in the subject, such as urgent or cat:hardware/*.", None)
    body: Regexes = says("Regular expression somewhere in the first 64 KiB of text.", None)
    header: Headers = says("Header fields and regular expressions, all of which must match.", None)
    size: SizeBound = says("Size of the mail: >5MB, >=5MB or <100KB.", None)
    list: FlagOrGlobs = says("Mail of a mailing list: true, false, or its List-Id.", None)
    auto: FlagOrGlobs = says("Mail of a machine: true, false, or its kind: auto-reply, bounce, report, list, bulk, generated.", None)
    party: FlagOrGlobs = says("The sender's party by its key; true for any, false for none.", None)
    contract: FlagOrGlobs = says("A contract of the sender's party; true for any, false for none.", None)
    device: FlagOrGlobs = says("The device whose address was written to, by its serial number; true for any, false for none.", None)
    model: FlagOrGlobs = says("That device's model; true for any, false for none.", None)
    language: Languages = says("Language of the mail, such as fi.", None)
    trust: TrustBound = says("Level of trust: 2 is at least 2, <2 is less.", None)
    attachment: FlagOrGlobs = says("Attached files: true, false, or a name or type such as *.pdf or image/*.", None)
    spam: Flag = says("Whether the mail is marked as spam.", None)
