"""One config as the program has it: the policy and the doors, together with where they came from. Next: `mailgate.settings`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from mailgate.config.doors import Board, Imap, Listen, Lmtp, Log, Relay, Smtp, Store, Submission
from mailgate.config.mistakes import Mistake
from rules.facts.policy import Policy
from rules.frozen import dataclass


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
        return self._named("group", "group or agent")

    def agents_named(self) -> Mapping[str, str]:
        """Agents that the config counts on -> the first place that does."""
        return self._named("agent")

    def _named(self, *kinds: str) -> Mapping[str, str]:
        from mailgate.config.names import named  # noqa: PLC0415 - the vocabulary, which most who hold a config needn't load

        found: dict[str, str] = {}
        for place, what, name in named(self.path, self.raw):
            if what in kinds:
                found.setdefault(name, place)
        return found
