"""Opens the configured database for one command. Apart from `call.py`, so that commands without a database don't load it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mailgate.trust import keys
from store import engine, migrate
from store.engine import Store

if TYPE_CHECKING:
    from mailgate.config.glance import Glance
    from mailgate.office import Office
    from mailgate.settings import Settings


@contextmanager
def store(glance: Glance, *, password: str = "", prepared: bool = True) -> Iterator[Store]:
    """The database of a config, closed at the end of the block; `prepared` makes sure that it has the shape that we work with."""
    at = engine.with_password(glance.url, password) if password else glance.url
    found = engine.open(at, write_pool=1, read_pool=1, seal=keys.chain(glance.secret_file))
    try:
        if prepared:
            migrate.prepare(found)
        yield found
    finally:
        found.close()


def url(settings: Settings) -> str:
    """The URL with its password, if it has one. Not to be shown."""
    secret = settings.store.password
    if secret is None:
        return settings.store.url
    return engine.with_password(settings.store.url, secret.reveal())


@contextmanager
def office(settings: Settings, store: Store, *, dns: bool) -> Iterator[Office]:
    """The office of one command, closed at the end of the block; `dns` loads what looks up signatures."""
    if dns:
        from mailgate import building

        with building.open_office(settings, store=store, tell=_tell) as found:
            yield found
        return
    from mailgate.office import Office
    from mailgate.parsing.reader import Reader

    with Reader() as reader:
        ring = keys.of_desk(settings.secret_file, store, _tell)
        yield Office(store=store, policy=settings.policy, keys=ring, reader=reader, site=settings.texts)


def _tell(said: str) -> None:
    """What whoever runs the command has to know beside its result; commands have no log."""
    print(f"mailgate: {said}", file=sys.stderr)
