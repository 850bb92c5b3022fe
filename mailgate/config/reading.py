"""Reads the sections of a parsed config one by one, so that a mistake in one hides none in another.

A section with mistakes is read again without the keys that are wrong: what else it says still counts for the checks that follow.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import ValidationError

from mailgate.config import places, schema, values
from mailgate.config.mistakes import BadConfig, Mistake, Several, Wrong, nearest
from mailgate.config.schema.base import Section

Model = TypeVar("Model", bound=Section)

_TYPES = {
    "string_type": "must be a text in quotes",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "tuple_type": "must be a list",
}
_SECRET = frozenset({"password", "client_secret"})


class Reading:
    """One config while it is read: its values as written, the models made of them, and the mistakes found so far."""

    def __init__(self, path: Path, text: str) -> None:
        """Parse the text; where lines of it aren't TOML, that is noted and the rest read. Raises BadConfig where nothing can be."""
        self.path = path
        self.mistakes: list[Mistake] = []
        self.models: dict[places.Path, Section] = {}
        self._lost: set[str] = set()
        try:
            self.raw: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            from mailgate.config import syntax  # noqa: PLC0415 - for the one start in a hundred that needs it

            text, faults = syntax.mended(text)
            self.mistakes += [
                Mistake(path=path, line=each.line, key="", what=f"is not TOML: {each.what}", near=each.near) for each in faults
            ]
            self._lost = {each.lost for each in faults}
            if not text.strip():
                raise BadConfig(self.mistakes) from None
            self.raw = tomllib.loads(text)
        self._places = places.places(text)

    def line(self, at: places.Path) -> int:
        """The line of a key, or of the nearest thing above it."""
        return places.place(self._places, at)

    def place(self, at: places.Path) -> str:
        """File and line for traces: `config.toml:41`."""
        return f"{self.path.name}:{self.line(at)}"

    def wrong(self, at: places.Path, what: str, near: str = "") -> None:
        """Note a mistake."""
        self.mistakes.append(Mistake(path=self.path, line=self.line(at), key=".".join(map(str, at)), what=what, near=near))

    def sections(self) -> None:
        """Read them all into `models`, by their path: `("smtp",)`, `("rule", 0)`, `("hours", "office")`."""
        known = [*schema.SINGLE, *schema.LISTED, *schema.NAMED]
        for name in self.raw:
            if name not in known:
                self._unknown_section(name, known)
        for name, model in schema.SINGLE.items():
            if name in self.raw or name not in schema.OPTIONAL:
                self._one((name,), model, self.raw.get(name, {}), f"[{name}]")
        for name, model in schema.LISTED.items():
            listed = self.raw.get(name, [])
            if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
                self.wrong((name,), f"may stand several times: write [[{name}]]")
                continue
            for position, each in enumerate(listed):
                self._one((name, position), model, each, f"[[{name}]]")
        for name, model in schema.NAMED.items():
            named = self.raw.get(name, {})
            if not isinstance(named, dict) or not all(isinstance(each, dict) and key not in _keys(model) for key, each in named.items()):
                self.wrong((name,), f"needs a name: write [{name}.office]")
                continue
            for key, each in named.items():
                self._one((name, key), model, each, f"[{name}.{key}]")

    def get(self, model: type[Model], *at: str | int) -> Model | None:
        """The section read from that path, None if it isn't there or can't be."""
        found = self.models.get(at)
        return found if isinstance(found, model) else None

    def all(self, model: type[Model], name: str) -> Iterator[tuple[places.Path, Model]]:
        """The sections of a list or of a table of tables that could be read, in the order of the file, with their paths."""
        for at, found in self.models.items():
            if at[0] == name and len(at) == 2 and isinstance(found, model):
                yield at, found

    def written(self, name: str, key: str) -> list[tuple[places.Path, str]]:
        """What the tables of a list say for one key, also where the table has mistakes: path and text."""
        listed = self.raw.get(name, [])
        tables = enumerate(listed) if isinstance(listed, list) else ()
        return [((name, i, key), table[key]) for i, table in tables if isinstance(table, dict) and isinstance(table.get(key), str)]

    def _unknown_section(self, name: str, known: Iterable[str]) -> None:
        value = self.raw[name]
        owner = "" if isinstance(value, dict | list) else next((each for each, model in schema.SINGLE.items() if name in _keys(model)), "")
        if owner:
            self.wrong((name,), f"belongs into a section: write it below [{owner}]")
        else:
            self.wrong((name,), "is no section of the config", nearest(name, known))

    def _one(self, at: places.Path, model: type[Section], table: object, header: str) -> None:
        if not isinstance(table, dict):
            self.wrong(at, f"must be a table: write {header}")
            return
        try:
            self.models[at] = model.model_validate(table)
            return
        except ValidationError as refused:
            bad: set[str | int] = set()
            for error in refused.errors(include_url=False):
                bad |= set(error["loc"][:1])
                self._mistake(at, model, error)
        try:
            self.models[at] = model.model_validate({key: value for key, value in table.items() if key not in bad})
        except ValidationError:
            pass  # without what it needs it can't be; all of that is listed already

    def _mistake(self, at: places.Path, model: type[Section], error: Any) -> None:  # noqa: ANN401 - pydantic's error dict
        where = tuple(error["loc"])
        cause = error.get("ctx", {}).get("error")
        given = error.get("input")
        kind = error["type"]
        near = ""
        match kind:
            case "missing":
                if isinstance(given, dict) and any(
                    nearest(key, [str(where[-1])]) for key in given if key not in _keys(_owner(model, where[:-1]))
                ):
                    return  # misspelled, and listed as that
                if at[0] not in self.raw and any(nearest(name, [str(at[0])]) for name in self.raw if name not in schema.SINGLE):
                    return  # the section is misspelled
                if self._lost & {str(where[-1]), "*"}:
                    return  # it may stand in a line that can't be read
                what = f"needs {where[-1]}"
                where = where[:-1]
            case "extra_forbidden":
                keys = _keys(_owner(model, where[:-1]))
                near = nearest(str(where[-1]), keys)
                what = "is no key here" if near or not keys else f"is no key here; those are {', '.join(sorted(keys))}"
            case "literal_error":
                words = re.findall(r"'([^']*)'", error["ctx"]["expected"])
                what = f"{values.kind(given)} is not possible; write one of {', '.join(word or 'an empty text' for word in words)}"
                near = nearest(given, words) if isinstance(given, str) else ""
            case "string_too_short" | "too_short":
                what = "must not be empty"
            case "greater_than_equal" | "less_than_equal":
                limit = error["ctx"].get("ge", error["ctx"].get("le"))
                what = f"is {given}; it must be {'at least' if kind == 'greater_than_equal' else 'at most'} {limit}"
            case _ if kind in _TYPES:
                what = _TYPES[kind] if where and where[-1] in _SECRET else f"{_TYPES[kind]}, not {values.kind(given)}"
            case _ if isinstance(cause, Several):
                for path, each in cause.each:
                    self.wrong((*at, *where, *path), str(each), each.near)
                return
            case _ if cause is not None:
                what, near = str(cause), cause.near if isinstance(cause, Wrong) else ""
            case _:
                what = str(error["msg"])
        self.wrong((*at, *(part for part in where if part != "[key]")), what, near)


def _keys(model: type[Section] | None) -> list[str]:
    """The keys of a section as they are written in the file."""
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _owner(model: type[Section], where: tuple[Any, ...]) -> type[Section] | None:
    """The model of the table at a path below another's."""
    found: type[Section] | None = model
    for part in where:
        if found is None:
            return None
        if isinstance(part, str) and part in _keys(found):
            field = next(each for name, each in found.model_fields.items() if (each.alias or name) == part)
            found = section_in(field.annotation)
        # A list position or a table's own name stays within the same kind of section.
    return found


def section_in(annotation: Any) -> type[Section] | None:  # noqa: ANN401 - annotations have no type
    """The section in `Section | None`, `list[Section]`, `dict[str, list[Section]]`."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    if get_origin(annotation) in {Union, UnionType, list, tuple, dict, Annotated}:
        return next((found for each in get_args(annotation) if (found := section_in(each))), None)
    return None
