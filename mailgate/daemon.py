"""Composition root of what stands behind the doors: starts handler, postman, mailboxes and ticks, stops them in order. The only module that reads
the clock beside `cli.py`, and the only importer of apscheduler. The doors, which open first, are `mailgate/doors/front.py`'s.

APScheduler is a ticker alone: what is due is a column, a tick is a plain function of `(office, at)`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mailgate import intake
from mailgate.building import mailboxes_of, open_office, postman_of, spare_collector
from mailgate.clock import archiving, clerk
from mailgate.doors import hangups
from mailgate.doors.front import Clock, Front
from mailgate.doors.receiving import Received
from mailgate.figures import digests, reporting
from mailgate.figures.exposing import Exposer
from mailgate.handling.backlog import Handler, handle_all
from mailgate.letters import events, troubles
from mailgate.letters.knowledge import Index
from mailgate.office import Office
from mailgate.settings import BadConfig, Settings, load
from store import engine, outbox, people, presence
from store.engine import Store
from store.outbox import Letter
from templates import articles

log = logging.getLogger("mailgate.daemon")

FIRST_LOOK_SECONDS = 10.0
"""So long "ready" waits for the first look into the mailboxes; a server that is away keeps nobody from serving."""
PATIENCE_SECONDS = 5.0
"""So long answers wait for a lull at the doors."""


def real_clock() -> datetime:
    """Now, aware UTC."""
    return datetime.now(UTC)


def clock_from(start: datetime | None) -> Clock:
    """The real clock, or one that starts at a given time and moves as the real one does."""
    if start is None:
        return real_clock
    began = time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - began)


def tick(settings: Settings, at: datetime) -> dict[str, int]:
    """Do once, to the end, all that is due at `at`: fetch, handle, timers, deliver. Counts what was done."""
    done = {"fetched": 0, "handled": 0, "fired": 0, "announced": 0, "reported": 0, "archived": 0, "delivered": 0}
    with open_office(settings) as office:

        def keep(received: Received) -> None:
            intake.keep(office.store, [received], at)

        for mailbox in mailboxes_of(settings, office, keep, lambda: at):
            done["fetched"] += mailbox.poll_once()
        done["handled"] = handle_all(office, at)
        done["fired"] = clerk.ripen(office, at) + clerk.watch(office, at)
        done["announced"] = clerk.announce(office, at)
        done["reported"] = reporting.due(office, at) + digests.due(office, at)
        done["archived"] = len(archiving.run_all(office, at).refs)
        done["delivered"] = asyncio.run(_deliver_once(settings, office, at))
    return done


async def _deliver_once(settings: Settings, office: Office, at: datetime) -> int:
    postman = postman_of(settings, office)
    try:
        return await postman.deliver(at)
    finally:
        await postman.courier.close()


def _take_over(store: Store) -> None:
    """Go on with what a daemon that is gone was sending; where the database is held, its leases end by themselves."""
    try:
        with engine.transaction(store) as tx:
            outbox.release_leases(tx)
    except engine.Busy as busy:
        log.warning("what was being sent waits: %s", busy)


class Daemon:
    """All that stands behind the doors of a running desk: handler, postman, mailboxes, ticks. One per process."""

    RIPEN_EVERY_SECONDS = 5

    def __init__(self, front: Front, store: Store) -> None:
        self.front = front
        self.settings = front.settings
        self.clock = front.clock
        self.store = store
        self.doors = front.doors
        self.mailboxes: list[Any] = []
        self.exposer: Exposer | None = None
        self._post_bell = asyncio.Event()
        self._telling: asyncio.Future[None] | None = None
        self._token_trouble: frozenset[str] = frozenset()
        self._loop = asyncio.get_running_loop()

    async def run(self, ready: Callable[[Daemon], None]) -> None:
        """Work until the front is told to stop, then drain and end."""
        front = self.front
        with (
            open_office(self.settings, store=self.store) as office,
            presence.serving(self.store, lambda: _take_over(self.store)),
        ):
            self.office = office
            self.handler = Handler(office, self.clock, self._poke_postman, lambda: front.is_busy)
            front.kept = self.handler.poke
            self.postman = postman_of(self.settings, office)
            self._loop.add_signal_handler(signal.SIGHUP, self.reread)
            if hangups.was_noted():
                self.reread()
            self.handler.start()
            self.exposer = await self._expose()
            posting = asyncio.create_task(self._post())
            scheduler = self._scheduler()
            try:
                self.mailboxes = mailboxes_of(self.settings, office, front.committer.keep_here, self.clock)
                for mailbox in self.mailboxes:
                    mailbox.start()
                self.prompt()
                await self._first_look()
                spare_collector()
                ready(self)
                await front.stop.wait()
            finally:
                log.info("stopping")
                scheduler.shutdown(wait=False)
                if self.exposer is not None:
                    await self.exposer.stop()
                await asyncio.gather(
                    *(asyncio.to_thread(mailbox.stop, 5.0) for mailbox in self.mailboxes),
                    front.close(),
                    self._end_posting(posting),
                )
                await asyncio.to_thread(self.handler.stop)
                await self.postman.courier.close()

    async def _first_look(self) -> None:
        """Who is told that the desk is ready may write at once: his mail must not count as there before us."""
        if self.mailboxes:
            looks: asyncio.Future[Any] = asyncio.gather(*(asyncio.to_thread(each.looked, FIRST_LOOK_SECONDS) for each in self.mailboxes))
            stopped: asyncio.Future[Any] = asyncio.ensure_future(self.front.stop.wait())
            await asyncio.wait({looks, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()

    async def _expose(self) -> Exposer | None:
        """Serve the figures where the config says; a place that is taken costs the monitoring its page, not the customers their desk."""
        if self.settings.metrics is None:
            return None
        from mailgate.figures import metrics  # noqa: PLC0415 - only where figures are served

        def figures() -> bytes:
            with engine.reading(self.store) as tx:
                return metrics.exposition(tx, self.clock())

        exposer = Exposer(str(self.settings.metrics), figures)
        try:
            await exposer.start()
        except OSError as why:
            log.error("metrics are not served at %s: %s", exposer.listen, why)  # noqa: TRY400 - the operator's to mend
            return None
        log.info("metrics at %s", ", ".join(exposer.listens_at))
        return exposer

    def reread(self) -> None:
        """SIGHUP: take the new rules, categories, clocks and texts; a faulty file keeps the old ones."""
        try:
            fresh = load(self.settings.path, os.environ)
        except BadConfig as bad:
            log.error("config not taken, the old one stays: %s", "; ".join(map(str, bad.mistakes)))  # noqa: TRY400 - the operator's mistake, not ours
            self._telling = asyncio.ensure_future(
                asyncio.to_thread(self._tell_admin, troubles.config_refused, [str(each) for each in bad.mistakes], "config")
            )
            return
        from templates import render  # noqa: PLC0415

        self.settings = fresh
        self.office.policy = self.front.policy = fresh.policy
        self.office.site = fresh.texts
        self.office.knowledge = Index(articles.load("faq", fresh.texts)[0])
        render.forget()
        log.info("config reread")

    def _tell_admin(self, alert: Callable[..., list[Letter]], lines: Sequence[str], what: str) -> None:
        """That something is wrong with the desk itself; the log has said so already, in case this can't be written."""
        office, at = self.office, self.clock()
        try:
            with engine.transaction(office.store) as tx:
                event = events.Event(at=at, policy=office.policy, directory=people.directory(tx), actor=clerk.TIMER)
                batch = alert(office.policy, lines, event)
                outbox.put(tx, batch, cause=f"{what}:{at.isoformat()}", at=at, keys=office.keys, domain=office.policy.desk.domain)
        except Exception:
            log.exception("the admin can't be told")
            return
        self._poke_postman()

    def _poke_postman(self) -> None:
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._post_bell.set)

    async def _post(self) -> None:
        while not self.postman.ending:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._post_bell.wait(), 1.0)
            self._post_bell.clear()
            await self._lull()
            try:
                await self.postman.deliver(self.clock())
            except engine.Busy as busy:
                log.warning("delivering waits: %s", busy)
            except Exception:
                log.exception("delivering failed")

    async def _lull(self) -> None:
        """Wait for a moment in which nobody is at the doors, but not for long."""
        deadline = self._loop.time() + PATIENCE_SECONDS
        while self.front.is_busy and not self.postman.ending and self._loop.time() < deadline:  # noqa: ASYNC110 - nothing tells of time that passes
            await asyncio.sleep(0.05)

    async def _end_posting(self, posting: asyncio.Task[None]) -> None:
        """Let the relay finish what it is taking; what takes longer the next daemon sends again, the same byte for byte."""
        self.postman.ending = True
        self._poke_postman()
        await asyncio.wait({posting}, timeout=5)
        posting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await posting

    async def ripen(self) -> None:
        """Do what is due by time alone."""
        try:
            n = await asyncio.to_thread(lambda: clerk.all_due(self.office, self.clock()))
        except engine.Busy as busy:
            log.warning("timers wait: %s", busy)
            return
        if n:
            self._poke_postman()

    def prompt(self) -> None:
        """Look at once for what waits to be handled and for what is due to leave."""
        self.handler.poke()
        self._poke_postman()

    def _scheduler(self) -> Any:
        from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415

        scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1})

        async def tokens() -> None:
            trouble = await asyncio.to_thread(bearer.renewed)
            if set(trouble) - self._token_trouble:
                await asyncio.to_thread(self._tell_admin, troubles.token_refused, trouble, "token")
            self._token_trouble = frozenset(trouble)
            scheduler.reschedule_job("tokens", trigger="interval", seconds=bearer.pause())

        scheduler.add_job(self.ripen, "interval", seconds=self.RIPEN_EVERY_SECONDS)
        if self.settings.relay.oauth2 or any(each.oauth2 for each in self.settings.imap):
            from mailgate.trust import bearer  # noqa: PLC0415 - most desks log in by password

            scheduler.add_job(tokens, "interval", seconds=1, id="tokens")
        scheduler.start()
        return scheduler
