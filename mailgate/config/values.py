"""Kinds of value in config.toml: how each is written, what it becomes, and the sentence for what it isn't.

Each kind is an annotated type for the models of `mailgate.config.schema`: pydantic calls the reader and puts the written form into the JSON
Schema. Readers raise `Wrong` (a ValueError) with the nearest valid word where there is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Annotated, Any, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core.core_schema import CoreSchema, no_info_plain_validator_function

from mailgate.config.mistakes import Wrong, gather, nearest
from rules.facts import amounts
from rules.facts.policy import Rate

Value = TypeVar("Value")
_NO_TEXT = "must be a text in quotes"
_SMALLEST = 10_000
"""Bytes: no limit on mails is below it."""


def text(value: object) -> str:
    """A text, refused with a plain sentence if it is something else."""
    if not isinstance(value, str):
        raise Wrong(f"{_NO_TEXT}, not {kind(value)}")
    return value


def plain(value: object) -> str:
    """A text of one line, without what could smuggle a second command or header field into what it is put into."""
    written = text(value)
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in written):
        raise Wrong("must not hold control characters")
    return written


def kind(value: object) -> str:
    """What a TOML value is, in words."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {value!r}"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date" if hasattr(value, "isoformat") else type(value).__name__


class Reads:
    """Marks an annotated type as read by a function, whatever its Python type: pydantic then builds no schema for that type."""

    def __init__(self, read: Callable[[Any], Any], shape: dict[str, Any]) -> None:
        """Read by `read`, written like the JSON Schema `shape`."""
        self.read = read
        self.shape = shape

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's protocol
        """The function alone."""
        return no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The written form."""
        return dict(self.shape)


def kind_of(read: Callable[[Any], object], example: str, *, types: Iterable[str] = ("string",)) -> Reads:
    """A kind of value by its reader, with an example for editors and the JSON types in which it may be written."""
    listed = list(types)

    def reading(value: object) -> object:
        try:
            return read(value)
        except Wrong as why:
            if str(why).startswith(_NO_TEXT) and "string" in listed:
                raise Wrong(f'{why}; write it as "{example}"') from None
            raise

    return Reads(reading, {"type": listed[0] if len(listed) == 1 else listed, "examples": [example]})


def _texts(value: object) -> list[str]:
    """One text, or several."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [each for _, each in gather(enumerate(value), text)]
    raise Wrong(f"must be a text or a list of texts, not {kind(value)}")


def several(read: Callable[[str], Value]) -> Callable[[object], tuple[Value, ...]]:
    """A reader of one text or a list of texts; names every item that is wrong."""

    def read_all(value: object) -> tuple[Value, ...]:
        if isinstance(value, str):
            return (read(value),)
        return tuple(made for _, made in gather(enumerate(_texts(value)), read))

    return read_all


def optional(read: Callable[[str], Value]) -> Callable[[object], Value | None]:
    """A reader that takes `off` for none."""

    def read_or_off(value: object) -> Value | None:
        if value == "off":
            return None
        written = text(value)
        try:
            return read(written)
        except ValueError as why:
            raise Wrong(f'{why}, or "off"', nearest(written, ["off"])) from None

    return read_or_off


def choice(value: str, words: Iterable[str], what: str) -> str:
    """One of a closed set of words; refused with the nearest."""
    valid = list(words)
    if value not in valid:
        raise Wrong(f"{value!r} is no {what}; write one of {', '.join(valid)}", nearest(value, valid))
    return value


# --- amounts ------------------------------------------------------------------------------------------------------------------


def _size(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return amounts.read_size(text(value))


def _mail_size(value: object) -> int:
    """The largest mail that may pass: one of no size would stop all."""
    size = _size(value)
    if size < _SMALLEST:
        raise Wrong(f"{value!r} would let hardly a mail through; write it as 500KB, 25MB or 1GB")
    return size


def _written_span(value: object) -> str:
    if optional(amounts.read_duration)(value) == timedelta():
        raise Wrong(f'{value!r} would be over at once; write a span such as 4h, or "off"')
    return text(value)


def _needed_span(value: object) -> str:
    amounts.read_duration(text(value))
    return text(value)


def _per_cent(value: str) -> int:
    found = re.fullmatch(r"(\d{1,4})\s*%", value.strip(), re.ASCII)
    if found is None:
        raise Wrong(f"{value!r} is no share of a limit; write it as 50% or 100%")
    return int(found[1])


def _threshold(value: object) -> int | timedelta:
    written = text(value)
    return _per_cent(written) if "%" in written else amounts.read_duration(written)


def _count(value: object) -> int | None:
    if value == "off":
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Wrong(f'must be a number from 1 on or "off", not {kind(value)}')
    return value


Span = Annotated[timedelta, kind_of(lambda value: amounts.read_duration(text(value)), "30s")]
SpanOrOff = Annotated[timedelta | None, kind_of(optional(amounts.read_duration), "30d")]
WorkedSpan = Annotated[str | None, kind_of(_written_span, "4h")]
"""Kept as written: how long a day is depends on the calendar, which isn't known yet."""
NeededSpan = Annotated[str, kind_of(_needed_span, "3d")]
"""As `WorkedSpan`, but never off."""
MailSize = Annotated[int, kind_of(_mail_size, "25MB", types=("string", "integer"))]
Size = Annotated[int, kind_of(_size, "25MB", types=("string", "integer"))]
Limit = Annotated[Rate, kind_of(lambda value: amounts.read_rate(text(value)), "5/h 20/d")]
Count = Annotated[int | None, kind_of(_count, "10", types=("integer", "string"))]
Threshold = Annotated[int | timedelta, kind_of(_threshold, "50%")]
Words = Annotated[tuple[str, ...], kind_of(several(text), "word", types=("array", "string"))]
PerCents = Annotated[
    tuple[int, ...], kind_of(lambda value: tuple(sorted(set(several(_per_cent)(value)))), "50%", types=("array", "string"))
]
