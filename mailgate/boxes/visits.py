"""What is done in a folder while connected: begin, fetch what is new, recognise it after a renumbering, do what `done` asks.

Which mails are new is decided in `mailgate.boxes.mailboxes`, the words of the protocol are in `mailgate.boxes.imap`, and when to come again is the
business of `mailgate.boxes.collector`.

The order that makes a crash harmless at every point: keep (committed), then the mark with the mails that `done` still has to see to, then
`done`, then the mark without them. A mail whose mark was not written is fetched again, and the store recognises it.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Sequence

from mailgate.boxes import imap, mailboxes, mailheads
from mailgate.boxes.mailboxes import Desk, Done, ImapSettings, Listed, Mark, Skipped
from mailgate.doors.receiving import Received
from rules.frozen import replace

LISTED_AT_ONCE = 500
TRIES = 5
"""So often a mail that the server won't give, or won't change, is asked for before it no longer holds up the others."""
SHOWN_ONE_BY_ONE = 100
DELETE_EVERY_SECONDS = 6 * 3600.0

log = logging.getLogger("mailgate.imap")


class Visitor:
    """Knows one folder and what to do there; used by one thread at a time. It breaks off between two mails once `stopping` says so."""

    def __init__(self, settings: ImapSettings, desk: Desk, *, stopping: Callable[[], bool]) -> None:
        self.settings = settings
        self.kept = 0
        """Mails handed over so far."""
        self._desk = desk
        self._stopping = stopping
        self._withheld: dict[int, int] = {}
        self._unchanged: dict[int, int] = {}
        self._deleted_at: float | None = None
        self.knows_where_to_begin = threading.Event()
        """Set as soon as a mail that comes into the folder from now on is new, and no longer one that was there before us."""

    def visit(self, session: imap.Session) -> int:
        """Hand over all that is new and do what `done` asks; gives how many mails were handed over.

        Raises `imap.ImapTrouble`, or what `keep` raised; what was kept before that is marked as such.
        """
        settings = self.settings
        opened = session.open(settings.folder, changing=settings.doing is not Done.leave)
        mark = self._desk.watermarks.get(settings.server, settings.folder)
        count = 0
        if mark is None:
            mark = self._first_sight(session, opened)
        elif mark.uidvalidity != opened.uidvalidity:
            mark, count = self._recognise(session, opened, mark)
        self.knows_where_to_begin.set()
        mark = self._do(session, mark)
        mark, fetched = self._fetch_new(session, opened, mark)
        if settings.doing is Done.delete:
            self._delete_old(session, mark)
        return count + fetched

    def _put(self, mark: Mark) -> Mark:
        self._desk.watermarks.put(self.settings.server, self.settings.folder, mark)
        return mark

    def _first_sight(self, session: imap.Session, opened: imap.Opened) -> Mark:
        """Where to begin in a folder that was never seen; nothing of what is there already is touched but what `since` wants."""
        settings = self.settings
        there = session.listed(session.uids()) if settings.since == "now" else []
        top = _top(session, opened)
        begin = 0
        if settings.since == "now":
            begin = max((mail.uid for mail in there), default=0) if opened.uidnext is None else top
        elif settings.first_day is not None:
            begin = min(session.uids("SINCE", settings.first_day), default=top + 1) - 1
        mark = Mark(uidvalidity=opened.uidvalidity, uid=begin, first=begin + 1)
        there = [mail for mail in there if mail.uid <= begin]
        if there:
            mark, ties = mailboxes.with_floor(mailboxes.advanced(mark, begin, there, self._desk.clock()), there)
            heads = session.heads([mail.uid for mail in ties])
            mark = replace(
                mark, ties=tuple(mailboxes.identity(heads[mail.uid].message_id, mail.size) for mail in ties if mail.uid in heads)
            )
        left_alone = len(there) if settings.since == "now" else len(session.uids("UID", f"1:{begin}")) if begin else 0
        if left_alone:
            self._desk.skipped(self._skip_of_many(mark, begin, left_alone, f"there before us: since = {settings.since}"))
        log.info("imap folder first seen account=%s left_alone=%d", settings.account, left_alone)
        return self._put(mark)

    def _fetch_new(self, session: imap.Session, opened: imap.Opened, mark: Mark) -> tuple[Mark, int]:
        # `n:*` always gives the last mail, even one below n (RFC 9051 section 6.4.8); and Opened is older than the search.
        at_most = None if opened.uidnext is None else max(0, opened.uidnext - mark.uid)
        uids = [uid for uid in session.uids("UID", f"{mark.uid + 1}:*", at_most=at_most) if uid > mark.uid]
        count = 0
        for start in range(0, len(uids), LISTED_AT_ONCE):
            some = uids[start : start + LISTED_AT_ONCE]
            mails = session.listed(some)
            why = {mail.uid: mailboxes.reason_to_skip(self.settings, mark, mail) for mail in mails}
            self._skip_each(session, mark, [(mail, why[mail.uid]) for mail in mails if why[mail.uid]])
            wanted = [mail for mail in mails if not why[mail.uid]]
            for batch in mailboxes.batches(wanted):
                mark, kept, complete = self._keep_batch(session, mark, batch)
                count += kept
                if not complete or self._stopping():
                    return mark, count
            if some[-1] > mark.uid:
                mark = self._put(mailboxes.advanced(mark, some[-1], mails, self._desk.clock()))
        return mark, count

    def _keep_batch(self, session: imap.Session, mark: Mark, batch: Sequence[Listed]) -> tuple[Mark, int, bool]:
        """Fetch and keep a batch in order; gives the mark, how many were kept, and whether it came to the end."""
        bodies, withheld = self._bodies(session, mark, batch)
        dealt: list[Listed] = []
        kept: list[int] = []
        trouble: Exception | None = None
        for mail in batch:
            if mail.uid in withheld:
                trouble = withheld[mail.uid]
                break
            if raw := bodies.pop(mail.uid, b""):
                try:
                    self._hand_over(raw)
                except Exception as failure:  # noqa: BLE001  # raised below, after the mark of what was kept
                    trouble = failure
                    break
                kept.append(mail.uid)
            dealt.append(mail)
        if dealt:
            undone = (*mark.undone, *kept) if self.settings.doing in {Done.seen, Done.move} else ()
            mark = mailboxes.advanced(mark, dealt[-1].uid, dealt, self._desk.clock())
            mark = self._put(replace(mark, undone=undone[-mailboxes.UNDONE :]))
            mark = self._do(session, mark)
        if trouble is not None:
            raise trouble
        return mark, len(kept), True

    def _hand_over(self, raw: bytes) -> None:
        self._desk.keep(Received(envelope=mailheads.envelope(self.settings, raw, self._desk.ours), raw=raw))
        self.kept += 1

    def _bodies(self, session: imap.Session, mark: Mark, batch: Sequence[Listed]) -> tuple[dict[int, bytes], dict[int, Exception]]:
        """Bodies by UID, and those that the server refuses to give; one bad mail must not hide the others of its batch."""
        bodies: dict[int, bytes] = {}
        refused: dict[int, Exception] = {}
        try:
            bodies = session.bodies([mail.uid for mail in batch])
        except imap.ServerRefused:
            for mail in batch:
                try:
                    bodies |= session.bodies([mail.uid])
                except imap.ServerRefused as refusal:
                    refused[mail.uid] = refusal
        for mail in batch:
            # Some servers say OK and give nothing for a file that they can't read.
            if bodies.get(mail.uid) == b"" and mail.size > 0:
                refused[mail.uid] = imap.ServerRefused(f"nothing came for a mail of {mail.size} bytes")
                del bodies[mail.uid]
            if mail.uid in refused:
                self._withheld[mail.uid] = self._withheld.get(mail.uid, 0) + 1
            else:
                self._withheld.pop(mail.uid, None)
        for mail in batch:
            # Given up only where it holds up mail that the server does give: else the fault may be the server's, and pass.
            if mail.uid in refused and self._withheld[mail.uid] >= TRIES and max(bodies, default=0) > mail.uid:
                self._skip_each(session, mark, [(mail, f"the server does not give it: {refused.pop(mail.uid)}")])
        return bodies, refused

    # --- a renumbered folder ------------------------------------------------------------------------------------------------------

    def _recognise(self, session: imap.Session, opened: imap.Opened, old: Mark) -> tuple[Mark, int]:
        """Find the new mails among old ones that all have new UIDs."""
        top = _top(session, opened)
        since = None if old.horizon is None else (old.horizon - 2 * mailboxes.SLACK).date()
        mails = session.listed([uid for uid in session.uids(*(("SINCE", since) if since else ())) if uid <= top])
        heads = session.heads([mail.uid for mail in mails])
        mails = [mail for mail in mails if mail.uid in heads]
        recognised = [mail for mail in mails if self._recognised(old, mail, heads[mail.uid].message_id)]
        lost_dates = mailboxes.dated_back(recognised, old)
        seen = {mail.uid for mail in recognised}
        unknown = [mail for mail in mails if mail.uid not in seen]
        passed_over = []
        wanted = []
        for mail in unknown:
            head = heads[mail.uid]
            came_at = min((at for at in (mail.internal_at, head.date) if at), default=None) if lost_dates else mail.internal_at
            if mailboxes.before_us(self.settings, old, came_at):
                passed_over.append((mail, "there before the server renumbered the folder, and older than what we kept"))
            elif mail.size > self.settings.max_bytes:
                passed_over.append((mail, mailboxes.reason_to_skip(self.settings, old, mail)))
            else:
                wanted.append(mail)
        fresh = replace(old, uidvalidity=opened.uidvalidity, uid=top, first=1, undone=())
        self._skip_some(session, fresh, passed_over)
        log.warning(
            "imap folder renumbered account=%s uidvalidity=%d->%d recognised=%d new=%d",
            self.settings.account, old.uidvalidity, opened.uidvalidity, len(recognised), len(wanted),
        )  # fmt: skip
        kept: list[int] = []
        for batch in mailboxes.batches(wanted):
            bodies, withheld = self._bodies(session, fresh, batch)
            for mail in batch:
                if mail.uid in withheld:
                    raise withheld[mail.uid]
                raw = bodies.pop(mail.uid, b"")
                if not raw or self._is_kept(heads[mail.uid].message_id, raw):
                    continue
                self._hand_over(raw)
                kept.append(mail.uid)
        undone = tuple(kept) if self.settings.doing in {Done.seen, Done.move} else ()
        fresh = mailboxes.advanced(fresh, top, mails, self._desk.clock())
        return self._put(replace(fresh, undone=undone[-mailboxes.UNDONE :])), len(kept)

    def _recognised(self, mark: Mark, mail: Listed, message_id: str) -> bool:
        if mailboxes.identity(message_id, mail.size) in mark.ties:
            return True
        return bool(message_id) and self._desk.known(message_id=message_id, size=mail.size, sha256="") is not None

    def _is_kept(self, message_id: str, raw: bytes) -> bool:
        """The last question before a mail of a renumbered folder is kept: RFC822.SIZE may lie, a Message-ID may be missing."""
        return self._desk.known(message_id=message_id, size=len(raw), sha256=hashlib.sha256(raw).hexdigest()) is not None

    # --- what `done` asks ---------------------------------------------------------------------------------------------------------

    def _do(self, session: imap.Session, mark: Mark) -> Mark:
        """Do what `done` asks to the mails that are kept. A server that refuses is asked again at the next visits, then no more."""
        if not mark.undone:
            return mark
        uids = sorted(mark.undone)
        still: list[int] = []
        try:
            match self.settings.doing:
                case Done.seen:
                    session.mark_seen(uids)
                case Done.move:
                    session.move(uids, self.settings.done_folder)
                case Done.leave | Done.delete:
                    pass  # the config was changed since
        except imap.ServerRefused as refusal:
            for uid in uids:
                self._unchanged[uid] = self._unchanged.get(uid, 0) + 1
            still = [uid for uid in uids if self._unchanged[uid] < TRIES]
            log.warning(
                "imap done refused account=%s mails=%d given_up=%d why=%r",
                self.settings.account,
                len(uids),
                len(uids) - len(still),
                str(refusal),
            )
        for uid in set(uids) - set(still):
            self._unchanged.pop(uid, None)
        return mark if tuple(still) == mark.undone else self._put(replace(mark, undone=tuple(still)))

    def _delete_old(self, session: imap.Session, mark: Mark) -> None:
        """Delete mails that have been safe with us for 30 days; never one that we don't have."""
        if self._deleted_at is not None and time.monotonic() - self._deleted_at < DELETE_EVERY_SECONDS:
            return
        now = self._desk.clock()
        if mark.first <= mark.uid:
            mails = session.listed(session.uids("UID", f"{mark.first}:{mark.uid}", "BEFORE", mailboxes.deletable_before(now)))
            heads = session.heads([mail.uid for mail in mails])
            safe = []
            for mail in mails:
                message_id = heads[mail.uid].message_id if mail.uid in heads else ""
                kept_at = self._desk.known(message_id=message_id, size=mail.size, sha256="") if message_id else None
                if kept_at is not None and kept_at <= now - mailboxes.DELETE_AFTER:
                    safe.append(mail.uid)
            if safe:
                session.delete(safe)
                log.info("imap mails deleted account=%s count=%d", self.settings.account, len(safe))
        self._deleted_at = time.monotonic()

    # --- what was left alone ------------------------------------------------------------------------------------------------------

    def _skip_each(self, session: imap.Session, mark: Mark, mails: Sequence[tuple[Listed, str]]) -> None:
        heads = session.heads([mail.uid for mail, _ in mails]) if mails else {}
        for mail, why in mails:
            head = heads.get(mail.uid, mailheads.Head())
            self._desk.skipped(
                Skipped(
                    account=self.settings.server,
                    folder=self.settings.folder,
                    uidvalidity=mark.uidvalidity,
                    uid=mail.uid,
                    why=why,
                    message_id=head.message_id,
                    sender=head.sender.address,
                    subject=head.subject,
                    size=mail.size,
                    internal_at=mail.internal_at,
                )
            )
            log.info("imap mail skipped account=%s uid=%d message_id=%s why=%r", self.settings.account, mail.uid, head.message_id, why)

    def _skip_some(self, session: imap.Session, mark: Mark, mails: Sequence[tuple[Listed, str]]) -> None:
        """The latest one by one, the many before them as one."""
        many = mails[: max(0, len(mails) - SHOWN_ONE_BY_ONE)]
        if many:
            self._desk.skipped(self._skip_of_many(mark, many[-1][0].uid, len(many), many[-1][1]))
        self._skip_each(session, mark, mails[len(many) :])

    def _skip_of_many(self, mark: Mark, uid: int, count: int, why: str) -> Skipped:
        return Skipped(
            account=self.settings.server, folder=self.settings.folder, uidvalidity=mark.uidvalidity, uid=uid, why=why, count=count
        )


def _top(session: imap.Session, opened: imap.Opened) -> int:
    """The highest UID that was there when the folder was opened."""
    if opened.uidnext is not None:
        return opened.uidnext - 1
    return max(session.uids(), default=0)
