"""A kill drill: mail comes in, mail goes out by a faulty relay, and the daemon's whole process group is killed again and again.

Everything but the kills' exact instants follows from the seed. What the desk kept and sent is asked of the command line alone. A kill
takes nothing that the kernel has, so that this says nothing of power losses.
"""

from __future__ import annotations

import random
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.chaos.load import Item, Senders, Told
from tests.chaos.relay import Relay
from tests.journeys.desk import Desk, until

READY_SECONDS = 40.0
LIVELY_SHARE, LIVELY_SECONDS = 0.6, 8.0
"""So many of the daemons are let live until they took a mail, but not for longer than that."""
STARTUP_SHARE = 0.15
"""So many of the kills hit a daemon that is still starting, or recovering."""

CONFIG = """
[limits]
acks_known = "off"
acks_unknown = "off"
acks_total = "off"
tickets_known = "off"
tickets_unknown = "off"
pair = "off"
same_subject = "off"
per_ip = "off"
"""


@dataclass(slots=True)
class Drill:
    """A desk, its load and its relay, and the kills between them."""

    desk: Desk
    senders: Senders
    relay: Relay
    seed: int
    kills: int = 0
    ready_after: list[float] = field(default_factory=list)
    died: list[int] = field(default_factory=list)
    after_kill: Callable[[], object] = lambda: None
    """What happens between a kill and the next start."""

    def run(self, kills: int, *, seconds: float, alive: float = 1.2) -> None:
        """Kill so often, or until the time is over, letting the daemon live up to `alive` seconds in between; ends with a living daemon."""
        dice = random.Random(self.seed)
        deadline = time.monotonic() + seconds
        self._start()
        self.senders.start()
        while self.kills < kills and time.monotonic() < deadline and not self.senders.is_through:
            if dice.random() < LIVELY_SHARE:
                self._until_kept()
            time.sleep(dice.uniform(0.02, alive))
            self._kill()
            while self.kills < kills and dice.random() < STARTUP_SHARE:
                self.desk.start(wait=False)
                time.sleep(dice.uniform(0, 1.5))
                self._kill()
            self._start()

    def settle(self, seconds: float = 60.0) -> None:
        """Until every mail has its answer and its fate, then stop in order and send all that is still to be sent."""
        assert self.senders.finish(seconds), "senders still wait for an answer"
        until(lambda: self.desk.cli("mail", "fates")["waiting"] == 0, "every mail has its fate", seconds)
        assert self.desk.stop(20) == 0
        self.relay.fault = lambda recipient, tried: ""
        for hours in (2, 26):
            at = datetime.now(UTC) + timedelta(hours=hours)
            self.desk.cli("--now", at.isoformat(), "tick")

    def _start(self) -> None:
        began = time.monotonic()
        self.desk.start(wait=False)
        until(self._greets, "the daemon greets again", READY_SECONDS)
        self.ready_after.append(time.monotonic() - began)

    def _until_kept(self) -> None:
        """Until this daemon said 250 to somebody: on a crowded machine it would else be killed each time before its first mail."""
        before, deadline = self._kept(), time.monotonic() + LIVELY_SECONDS
        while self._kept() == before and time.monotonic() < deadline:
            time.sleep(0.01)

    def _kept(self) -> int:
        return sum(item.told is Told.kept for item in self.senders.items)

    def _greets(self) -> bool:
        assert self.desk.process is not None
        assert self.desk.process.poll() is None, f"the daemon ended by itself:\n{self.desk.log()[-3000:]}"
        try:
            with socket.create_connection(("127.0.0.1", self.desk.smtp_port), 1) as line:
                line.settimeout(1)
                return line.recv(3) == b"220"
        except OSError:
            return False

    def _kill(self) -> None:
        assert self.desk.process is not None
        code = self.desk.process.poll()
        if code is not None:
            self.died.append(code)
        self.desk.kill()
        self.after_kill()
        self.kills += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What went wrong, by Message-ID; all empty is what we promise."""

    lost: Sequence[str]
    """Answered 250 and not kept."""
    doubled: Sequence[str]
    """Kept more than once, or opened more than one request."""
    corrupt: Sequence[str]
    """Kept with other bytes than were sent."""
    phantom: Sequence[str]
    """Kept though its end was never sent."""
    refused: Sequence[str]
    """Answered 5xx, which bounces."""
    parked: Sequence[str]
    """Put aside though nothing is wrong with it."""
    unanswered: Sequence[str]
    """Opened a request, and its writer got no acknowledgement at the relay."""
    unsent: Sequence[str]
    """Marked as sent, and the relay never took it."""
    unknown: Sequence[str]
    """The relay took what the outbox doesn't know."""
    variant: Sequence[str]
    """Two copies of one Message-ID differ."""
    copies: Counter[int]
    """How many mails came so often: a line that breaks after the relay took a mail makes a second copy, which is allowed."""

    @property
    def faults(self) -> dict[str, list[str]]:
        """What isn't empty, at most five examples of each."""
        return {name: list(found)[:5] for name in _FAULTS if (found := getattr(self, name))}


_FAULTS = ("lost", "doubled", "corrupt", "phantom", "refused", "parked", "unanswered", "unsent", "unknown", "variant")


def judge(desk: Desk, items: Sequence[Item], relay: Relay) -> Verdict:
    """Compare what senders and relay saw with what the desk says of itself."""
    rows: list[dict[str, Any]] = [row for row in desk.cli("mail", "list", "--limit", "1000000") if row["fate"] != "duplicate"]
    outbox: list[dict[str, Any]] = desk.cli("outbox", "list", "--limit", "1000000")
    kept: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        kept.setdefault(row["sha256"], []).append(row)
    by_id = {row["message_id"]: row for row in rows}
    tickets = Counter(row["ticket"] for row in rows if row["fate"] == "opened")
    acknowledged = {row["ticket"] for row in outbox if row["template"] == "received" and row["message_id"] in relay.taken}
    return Verdict(
        lost=[i.message_id for i in items if i.told is Told.kept and i.sha256 not in kept],
        doubled=[i.message_id for i in items if len(kept.get(i.sha256, ())) > 1]
        + [str(ticket) for ticket, count in tickets.items() if count > 1],
        corrupt=[i.message_id for i in items if i.ended and i.sha256 not in kept and i.message_id in by_id],
        phantom=[i.message_id for i in items if not i.ended and i.message_id in by_id],
        refused=[f"{i.message_id} {i.answer}" for i in items if i.told is Told.refused],
        parked=[row["message_id"] for row in rows if row["fate"] == "parked" and "drill-" in str(row["message_id"])],
        unanswered=[row["message_id"] for row in rows if row["fate"] == "opened" and row["ticket"] not in acknowledged],
        unsent=[row["message_id"] for row in outbox if row["state"] == "sent" and row["message_id"] not in relay.taken],
        unknown=sorted(set(relay.taken) - {row["message_id"] for row in outbox}),
        variant=[message_id for message_id, copies in relay.taken.items() if len(set(copies)) > 1],
        copies=Counter(len(copies) for copies in relay.taken.values()),
    )
