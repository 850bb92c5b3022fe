"""config.toml -> what the program runs on: the policy that rules ask, and the doors, keys and paths that the shell opens.

`load` gives `Settings` or raises `BadConfig` with every mistake at once. Importing this is cheap; the models (`mailgate.config.schema`) and the
reader (`mailgate.config`) are loaded when a config is. Next: `mailgate/config/reading.py` for how, `rules/facts/policy.py` for what.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mailgate.config.mistakes import BadConfig, Mistake
from mailgate.config.site import Settings
from rules.frozen import replace

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
    from mailgate.config import build, checks, opening, sense  # noqa: PLC0415 - pydantic costs 0.1 s that most commands needn't pay
    from mailgate.config.reading import Reading  # noqa: PLC0415

    path = path.absolute()
    reading = Reading(path, _text(path))
    reading.sections()
    checks.check(reading, path.parent, env)
    sense.check(reading)
    policy = _spoken(build.build(reading), reading, path.parent)
    if _speaks(reading.raw):
        from mailgate.config import lines  # noqa: PLC0415 - the whole vocabulary is loaded for this alone

        lines.check(reading, policy, read_action)
    if reading.mistakes:
        raise BadConfig(reading.mistakes)
    return opening.settings(reading, _with_logo(policy, reading, path.parent), env)


def _speaks(raw: Mapping[str, Any]) -> bool:
    """Whether a config has lines or verbs of the vocabulary in it."""
    trust = raw.get("trust")
    return any(raw.get(name) for name in ("rule", "timer", "role")) or (
        isinstance(trust, dict) and any(trust.get(name) for name in ("levels", "customer_levels"))
    )


def _spoken(policy: Policy, reading: Reading, folder: Path) -> Policy:
    """The policy with the words by which the desk's languages call the verbs, the site's own among them."""
    from mailgate.config.aliases import Aliases  # noqa: PLC0415 - as above
    from mailgate.config.schema.desk import Desk  # noqa: PLC0415 - as above
    from templates import languages  # noqa: PLC0415 - as above

    own = reading.get(Desk, "desk")
    site = folder / own.texts if own is not None and own.texts and (folder / own.texts).is_dir() else None
    spoken = [code for code in policy.languages if (languages.MAIL / languages.primary(code) / "words.toml").is_file()]
    forms = [each.fields for each in policy.types.values()] + [f.fields for each in policy.device_models.values() for f in each.flows]
    words = languages.field_names(spoken, site) if any(forms) else {}

    def named(fields: tuple[Field, ...]) -> tuple[Field, ...]:
        return tuple(replace(each, names=_called(each, words)) for each in fields)

    types = {key: replace(each, fields=named(each.fields)) for key, each in policy.types.items()}
    models = {
        key: replace(each, flows=tuple(replace(flow, fields=named(flow.fields)) for flow in each.flows))
        for key, each in policy.device_models.items()
    }
    aliases = Aliases(spoken, site)
    if site is not None:
        aliases.all()  # a site's own words may be at fault, and that is to be said now
    return replace(
        policy,
        aliases=aliases,
        types=MappingProxyType(types),
        device_models=MappingProxyType(models),
    )


def _with_logo(policy: Policy, reading: Reading, folder: Path) -> Policy:
    """The policy with the desk's logo, which the checks have found to be one."""
    from mailgate.config import logos  # noqa: PLC0415 - as above
    from mailgate.config.schema.desk import Desk  # noqa: PLC0415 - as above

    own = reading.get(Desk, "desk")
    if own is None or not own.logo:
        return policy
    return replace(policy, desk=replace(policy.desk, logo=logos.read(folder / Path(own.logo).expanduser())))


def _called(field: Field, words: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What a field may be called in any of the desk's languages: all words for the thing that its name or title is a word for."""
    from rules.actions.folding import fold  # noqa: PLC0415 - as above

    own = {fold(field.name), fold(field.title)}
    return next((every for every in words.values() if own & {fold(word) for word in every}), ())


def _text(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8").removeprefix("\ufeff")
    except OSError as why:
        hint = "; mailgate init writes one" if isinstance(why, FileNotFoundError) else ""
        hint = f"; say --config {path / 'config.toml'}" if isinstance(why, IsADirectoryError) else hint
        raise BadConfig([Mistake(path=path, line=0, key="", what=f"can't be read: {why.strerror}{hint}")]) from None
    except UnicodeDecodeError as why:
        line = why.object.count(b"\n", 0, why.start) + 1
        raise BadConfig([Mistake(path=path, line=line, key="", what="is not UTF-8; save it as UTF-8")]) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise BadConfig([Mistake(path=path, line=line, key="", what="has NUL characters, as UTF-16 has; save it as UTF-8")])
    if "\r" in text and "\n" not in text:
        raise BadConfig([Mistake(path=path, line=1, key="", what="ends its lines with CR alone; save it with LF, as Unix does")])
    return text


def effective(settings: Settings) -> dict[str, Any]:
    """Every key with the value that counts, as it would be written, secrets as `***`: for `config show`."""
    from mailgate.config.shown import effective as shown  # noqa: PLC0415

    return shown(settings.raw)


def json_schema() -> dict[str, Any]:
    """JSON Schema of the file, for editors: for `config schema`."""
    from mailgate.config import schema  # noqa: PLC0415

    return schema.json_schema()
