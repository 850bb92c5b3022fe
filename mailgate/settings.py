"""config.toml -> what the program runs on: the policy that rules ask, and the doors, keys and paths that the shell opens.

`load` gives `Settings` or raises `BadConfig` with every mistake at once. Importing this is cheap; the models (`mailgate.schema`) and the
reader (`mailgate.config`) are loaded when a config is. Next: `mailgate/config/reading.py` for how, `rules/facts/policy.py` for what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mailgate.config.mistakes import BadConfig, Mistake
from mailgate.config.site import Settings

if TYPE_CHECKING:
    from mailgate.config.lines import ReadAction
    from mailgate.config.reading import Reading
    from rules.facts.policy import Policy
    from rules.facts.service import Field

__all__ = ["BadConfig", "Mistake", "Settings", "effective", "json_schema", "load"]


def load(path: Path, env: Mapping[str, str], *, read_action: ReadAction | None = None) -> Settings:
    """Read a config. `env` is where `password_env` and its like are looked up.

    `read_action` tells whether a line of `then` can be read (None) or why not; without it the built-in vocabulary does.
    Raises BadConfig with all mistakes, sorted by line.
    """
    from mailgate.config import build, checks, lines, opening  # noqa: PLC0415 - pydantic costs 0.1 s that most commands needn't pay
    from mailgate.config.reading import Reading  # noqa: PLC0415

    path = path.absolute()
    reading = Reading(path, _text(path))
    reading.sections()
    checks.check(reading, path.parent, env)
    policy = _spoken(build.build(reading), reading, path.parent)
    lines.check(reading, policy, read_action)
    if reading.mistakes:
        raise BadConfig(reading.mistakes)
    return opening.settings(reading, policy, env)


def _spoken(policy: Policy, reading: Reading, folder: Path) -> Policy:
    """The policy with the words by which the desk's languages call the verbs, the site's own among them."""
    from mailgate.schema.desk import Desk  # noqa: PLC0415 - as above
    from templates import languages  # noqa: PLC0415 - as above

    own = reading.get(Desk, "desk")
    site = folder / own.texts if own is not None and own.texts and (folder / own.texts).is_dir() else None
    spoken = [code for code in policy.languages if (languages.MAIL / languages.primary(code) / "words.toml").is_file()]
    words = languages.field_names(spoken, site)

    def named(fields: tuple[Field, ...]) -> tuple[Field, ...]:
        return tuple(replace(each, names=_called(each, words)) for each in fields)

    types = {key: replace(each, fields=named(each.fields)) for key, each in policy.types.items()}
    models = {
        key: replace(each, flows=tuple(replace(flow, fields=named(flow.fields)) for flow in each.flows))
        for key, each in policy.device_models.items()
    }
    return replace(
        policy,
        aliases=MappingProxyType(languages.verb_aliases(spoken, site)),
        types=MappingProxyType(types),
        device_models=MappingProxyType(models),
    )


def _called(field: Field, words: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What a field may be called in any of the desk's languages: all words for the thing that its name or title is a word for."""
    from rules.actions.folding import fold  # noqa: PLC0415 - as above

    own = {fold(field.name), fold(field.title)}
    return next((every for every in words.values() if own & {fold(word) for word in every}), ())


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8").removeprefix("\ufeff")
    except OSError as why:
        hint = "; mailgate init writes one" if isinstance(why, FileNotFoundError) else ""
        raise BadConfig([Mistake(path=path, line=0, key="", what=f"can't be read: {why.strerror}{hint}")]) from None
    except UnicodeDecodeError as why:
        line = why.object.count(b"\n", 0, why.start) + 1
        raise BadConfig([Mistake(path=path, line=line, key="", what="is not UTF-8; save it as UTF-8")]) from None


def effective(settings: Settings) -> dict[str, Any]:
    """Every key with the value that counts, as it would be written, secrets as `***`: for `config show`."""
    from mailgate.config.shown import effective as shown  # noqa: PLC0415

    return shown(settings.raw)


def json_schema() -> dict[str, Any]:
    """JSON Schema of the file, for editors: for `config schema`."""
    from mailgate import schema  # noqa: PLC0415

    return schema.json_schema()
