"""All that the parts of the shell share: the store, the policy in force, the keys, the reader, the clock's jitter. Made by `daemon` and `desk`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from mailgate.letters.knowledge import Index
from mailgate.roster import Roster
from rules.facts.policy import Policy
from store.engine import Store

if TYPE_CHECKING:
    from mailgate.parsing.reader import Reader
    from mailgate.trust.signatures import Lookup


@dataclass(slots=True, kw_only=True)
class Office:
    """What handling and sending need. `policy` is swapped as a whole when the config is read again."""

    store: Store
    policy: Policy
    keys: Mapping[int, bytes] = field(repr=False)
    reader: Reader
    lookup: Lookup | None = None
    """Finds DKIM keys; None where no DNS is to be asked."""
    site: Path | None = None
    """The site's own folder of texts."""
    knowledge: Index = field(default_factory=lambda: Index(()))
    """The desk's articles, to be searched."""
    roster: Roster | None = None
    """Staff and parties as they were last read."""
    random: Random = field(default_factory=Random)
    """For the jitter of retries."""
