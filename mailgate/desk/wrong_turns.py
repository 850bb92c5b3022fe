"""Tries a mailbox and the relay as the desk would use them, within a time that is told: what is wrong with each, and the mend."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from mailgate import unreached
from mailgate.config import doors

if TYPE_CHECKING:
    from mailgate.boxes.errands import Probed

WAIT_SECONDS = 10.0
"""For each answer of a server."""
WAIT_IN_ALL = 30.0
"""For everything that is asked of one server, however many answers it gives."""


def mailbox(said: doors.Imap) -> tuple[str, str]:
    """What is wrong with a mailbox and its mend, both empty where its folder can be read."""
    found = probed(said)
    return found if isinstance(found, tuple) else ("", "")


def probed(said: doors.Imap) -> Probed | tuple[str, str]:
    """What a mailbox is like; or what is wrong with it, and the mend."""
    from dataclasses import replace

    from mailgate import building
    from mailgate.boxes import errands, imap

    settings = replace(building.imap_settings_of(said), timeout_seconds=WAIT_SECONDS)
    found: list[Probed | tuple[str, str]] = []
    unforeseen: list[Exception] = []

    def probe() -> None:
        try:
            found.append(errands.probe(settings))
        except (imap.ImapTrouble, OSError) as fault:
            words = str(fault) if isinstance(fault, imap.ImapTrouble) else unreached.words(fault) or str(fault)
            found.append((words, unreached.mend(fault, section="[[imap]]", security=said.security)))

        except Exception as fault:  # noqa: BLE001 - raised again where somebody answers it
            unforeseen.append(fault)

    # A server that sends a letter now and then keeps each single answer within its time: only the whole can be bounded from outside.
    visit = threading.Thread(target=probe, daemon=True)
    visit.start()
    visit.join(WAIT_IN_ALL)
    if unforeseen:
        raise unforeseen[0]
    late = f"connecting to {said.host}:{said.port}: no whole answer within {WAIT_IN_ALL:.0f} s"
    return found[0] if found else (late, unreached.mend(TimeoutError(), section="[[imap]]"))


def relay(said: doors.Relay, address: str, to: str = "") -> tuple[str, str]:
    """The same for the relay; one that keeps mail in a folder is always well.

    With `to` it is also asked whether it takes a mail from the desk's `address` to there, and is left before there is one.
    """
    if said.kind == "maildir":
        return "", ""
    from mailgate.sending import hop, trial
    from mailgate.trust import bearer

    way = hop.Hop(
        host=said.host,
        port=said.port,
        security=hop.Security(said.security),
        hello=address.rpartition("@")[2],
        user=said.user,
        password=said.password.reveal if said.password else None,
        token=bearer.of(said.oauth2).awaited if said.oauth2 else None,
        ca_file=said.ca_file,
        wait=WAIT_SECONDS,
    )
    senders = {"auto": (address, ""), "null": ("",)}.get(said.envelope, (address,))
    try:
        return asyncio.run(asyncio.wait_for(trial.tried(way, senders, to), WAIT_IN_ALL))
    except Exception as fault:  # noqa: BLE001 - whatever keeps it from being used is what is asked for
        words = str(fault) if isinstance(fault, hop.Unusable) else hop.words(fault)
        cause = fault.__cause__ if isinstance(fault, hop.Unusable) and fault.__cause__ else fault
        return words, hop.mend(cause, way)
