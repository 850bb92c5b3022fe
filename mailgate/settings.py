"""config.toml -> what the program runs on: the policy that rules ask, and the doors, keys and paths that the shell opens.

`load` gives `Settings` or raises `BadConfig` with every mistake at once. Importing this is cheap; the models (`mailgate.schema`) and the
reader (`mailgate.config`) are loaded when a config is. Next: `mailgate/config/reading.py` for how, `rules/facts/policy.py` for what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mailgate.config.doors import Board, Imap, Listen, Lmtp, Log, Relay, Smtp, Store, Submission
from mailgate.config.mistakes import BadConfig, Mistake
from rules.facts.policy import Policy

if TYPE_CHECKING:
    from mailgate.config.lines import ReadAction

__all__ = ["BadConfig", "Mistake", "Settings", "effective", "json_schema", "load"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One config, read and sound. Swapped as a whole on SIGHUP; doors keep those that they were opened with."""

    path: Path
    """The file, absolute."""
    policy: Policy
    store: Store = field(default_factory=Store)
    smtp: Smtp | None = None
    submission: Submission | None = None
    lmtp: Lmtp | None = None
    imap: tuple[Imap, ...] = ()
    relay: Relay = field(default_factory=Relay)
    board: Board | None = None
    metrics: Listen | None = None
    log: Log = field(default_factory=Log)
    secret_file: Path = Path("var/secret")
    """Key of the tokens; made at first start if it isn't there."""
    texts: Path | None = None
    """The site's own texts, FAQ and canned answers."""
    alarm: str = ""
    """Command to run when mail can't leave."""
    cautions: tuple[Mistake, ...] = ()
    """What is possible but unwise, for `config check` and `doctor`: never in the way of starting."""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The file's values as written, secrets included: shown only through `effective`."""

    @property
    def root(self) -> Path:
        """The folder that relative paths count from: the config's own."""
        return self.path.parent

    def groups_named(self) -> Mapping[str, str]:
        """Groups that the config counts on -> the first place that does; which of them exist only the store knows."""
        return self._named(group=True)

    def agents_named(self) -> Mapping[str, str]:
        """Agents that the config counts on -> the first place that does."""
        return self._named(group=False)

    def _named(self, *, group: bool) -> Mapping[str, str]:
        from mailgate.config.names import named  # noqa: PLC0415 - with the reader

        found: dict[str, str] = {}
        for place, is_group, name in named(self.path, self.raw):
            if is_group is group:
                found.setdefault(name, place)
        return found


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
    policy = build.build(reading)
    lines.check(reading, policy, read_action)
    if reading.mistakes:
        raise BadConfig(reading.mistakes)
    return opening.settings(reading, policy, env)


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
