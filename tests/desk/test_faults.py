"""What breaks in the middle: nothing is lost, nothing is done twice, and one bad mail or address stops no other."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, select, update

from mailgate import building, intake
from mailgate.doors.receiving import Received
from mailgate.handling import acting, outcomes, scenes
from mailgate.sending.courier import Later, Never, Ready, Sent
from rules.facts.mail import Envelope
from store import engine, tables
from tests.desk.customers import account, templates
from tests.desk.office import Desk, desk, plain, to

KIM = "kim@client.example"
OUTBOX = tables.Outbox


def keep(d: Desk, *texts: str) -> list[int]:
    """Keep mails without handling them."""
    envelope = Envelope(door="smtp", sender=KIM, recipients=("support@desk.example",), peer="192.0.2.1")
    raws = [
        f"From: {KIM}\r\nTo: support@desk.example\r\nSubject: Printer\r\nMessage-ID: <{t}@x.example>\r\n\r\n{t}\r\n".encode() for t in texts
    ]
    return intake.keep(d.office.store, [Received(envelope=envelope, raw=raw) for raw in raws], d.at)


@pytest.mark.inside("the fault is put into this process")
def test_a_fault_between_effects_and_fate_leaves_nothing_half_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F4: the ticket, its mails and the fate are one; the next try makes one ticket and one acknowledgement."""
    with desk(tmp_path) as d:
        d.agent("anna")
        (received,) = keep(d, "one")
        true = scenes.put

        def breaks(*args: object, **more: object) -> None:
            true(*args, **more)  # type: ignore[arg-type]
            raise RuntimeError("power")

        monkeypatch.setattr(acting, "put", breaks)
        intake.handle(d.office, d.at)
        assert (d.tickets(), d.mail(received)["fate"], d.post()) == ([], None, [])
        monkeypatch.setattr(acting, "put", true)
        d.handle()
        assert (len(d.tickets()), d.fate(received)) == (1, "opened")
        assert templates(d.post()) == [("new-in-group", "anna@staff.example"), ("received", KIM)]


@pytest.mark.inside("what is logged before a commit shows only here")
def test_the_log_speaks_of_a_fate_when_it_is_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It named a ticket that nobody found yet, and that never was if the commit failed."""
    caplog.set_level(logging.INFO, "mailgate")
    with desk(tmp_path) as d:
        keep(d, "one")
        before: list[bool] = []

        def committing(connection: Connection) -> None:
            if writes(connection):
                before.append("mail settled" in caplog.text)

        event.listen(d.office.store.engine, "commit", committing)
        d.handle()
        event.remove(d.office.store.engine, "commit", committing)
        assert before and not any(before)
        assert caplog.text.count("mail settled id=1") == 1


def writes(connection: Connection) -> bool:
    """Whether a transaction is one that writes; on PostgreSQL those that only look come by the same engine."""
    return not connection.get_execution_options().get("postgresql_readonly")


class Mixed:
    """A relay that takes one mail, has no time for another and refuses the third."""

    def room(self) -> int:
        return 64

    async def deliver(self, ready: Ready) -> Sent | Later | Never:
        answers = {KIM: Sent(reply="250 ok"), "anna@staff.example": Later(why="451 later"), "ben@staff.example": Never(why="550 no")}
        return answers[ready.recipient]

    async def close(self) -> None:
        pass


SAID = ("mail sent", "mail delayed", "mail undeliverable")


@pytest.mark.inside("what is logged before a commit shows only here")
@pytest.mark.parametrize("fails", [False, True])
def test_the_log_speaks_of_what_left_when_it_is_recorded(tmp_path: Path, caplog: pytest.LogCaptureFixture, *, fails: bool) -> None:
    """Whoever read of a delay found a mail that nobody had tried yet. What has left has left, whether that can be recorded or not."""
    caplog.set_level(logging.INFO, "mailgate")
    with desk(tmp_path) as d:
        d.agent("anna")
        d.agent("ben")
        d.write(KIM)
        postman = building.postman_of(d.settings, d.office)
        postman.courier = Mixed()  # type: ignore[assignment]
        commits: list[list[str]] = []

        def committing(connection: Connection) -> None:
            if not writes(connection):
                return
            commits.append([said for said in SAID if said in caplog.text])
            if fails and len(commits) == 3:
                raise RuntimeError("the disk is gone")

        event.listen(d.office.store.engine, "commit", committing)
        if fails:
            with pytest.raises(RuntimeError, match="gone"):
                asyncio.run(postman.deliver(d.at))
        else:
            asyncio.run(postman.deliver(d.at))
        event.remove(d.office.store.engine, "commit", committing)
        assert commits[:3] == [[], [], []], "claimed, made, recorded"
        assert [caplog.text.count(said) for said in SAID] == ([1, 0, 0] if fails else [1, 1, 1])


@pytest.mark.inside("the fault is put into this process")
def test_a_mail_that_always_breaks_its_handler_is_parked_and_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threat 39: three tries, then it waits for a person, with its trace."""
    with desk(tmp_path) as d:
        d.agent("anna")
        true = outcomes.carry_out

        def breaks(tx: object, office: object, facts: object, *rest: object, **more: object) -> object:
            if "poison" in facts.mail.text:  # type: ignore[attr-defined]
                raise ZeroDivisionError("poison")
            return true(tx, office, facts, *rest, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(outcomes, "carry_out", breaks)
        ids = keep(d, "good", "poison", "better")
        d.handle()
        assert [d.fate(i) for i in ids] == ["opened", "parked", "opened"]
        assert d.mail(ids[1])["attempts"] == 3
        assert "ZeroDivisionError" in str(d.mail(ids[1])["why"]) + str(d.mail(ids[1])["trace"])
        assert account(d).adds_up
        d.post()
        d.passes(minutes=16)
        (told,) = to(d.post(), "root@desk.example")
        assert "Release" in plain(told)
        monkeypatch.setattr(outcomes, "carry_out", true)


def test_of_twenty_recipients_those_whom_the_relay_refuses_fail_alone(tmp_path: Path) -> None:
    """F21: one row and one envelope each; the ticket says who didn't get it, and its owner is told."""
    with desk(tmp_path, hold="0s") as d:
        d.agent("anna")
        copied = ", ".join(f"c{n}@client.example" for n in range(19))
        d.write(KIM, headers={"Cc": copied})
        told = to(d.post(), "anna@")[0]
        d.write("anna@staff.example", "We come.", answer=told)

        class Relay:
            """Refuses every third recipient."""

            def __init__(self) -> None:
                self.got: list[str] = []

            def room(self) -> int:
                return 64

            async def deliver(self, ready: Ready) -> Sent | Never:
                self.got.append(ready.recipient)
                return (
                    Never(why="550 no such user") if ready.recipient[1:2] in "147" and ready.recipient[2:3] == "@" else Sent(reply="250 ok")
                )

            async def close(self) -> None:
                pass

        postman = building.postman_of(d.settings, d.office)
        postman.courier = relay = Relay()  # type: ignore[assignment]
        asyncio.run(postman.deliver(d.at))
        with engine.reading(d.office.store) as tx:
            rows = tx.execute(select(OUTBOX.c.state, OUTBOX.c.recipient_address).where(OUTBOX.c.template == "message")).all()
        failed = sorted(r.recipient_address for r in rows if r.state == "failed")
        assert (len(rows), failed) == (20, ["c1@client.example", "c4@client.example", "c7@client.example"])
        assert sum(1 for r in rows if r.state == "sent") == 17
        assert len([a for a in relay.got if a in failed]) == 3, "a refusal for good is not tried again"
        notes = [p.text for p in d.posts() if p.kind == "note"]
        assert len(notes) == 3
        assert [t for t in relay.got if t == "anna@staff.example"], "the owner is told"


@pytest.mark.inside("rows are broken before a daemon would have sent them")
@pytest.mark.parametrize(
    ("broken", "why"),
    [({"recipient_address": "kïm@client.example"}, "can't be made: letters beyond ASCII"), ({"card": {}}, "can't be made: ")],
)
def test_of_mails_that_are_made_together_one_that_cannot_be_made_fails_alone(tmp_path: Path, broken: dict[str, object], why: str) -> None:
    """They are rendered and composed step by step, all of a batch at a time: the others mustn't stop where one does."""
    with desk(tmp_path) as d:
        d.agent("anna")
        for name in ("kim", "lee", "max"):
            d.write(f"{name}@client.example")
        with engine.transaction(d.office.store) as tx:
            ids = tx.execute(select(OUTBOX.c.id).where(OUTBOX.c.template == "received").order_by(OUTBOX.c.id)).scalars().all()
            tx.execute(update(OUTBOX).where(OUTBOX.c.id == ids[1]).values(**broken))
        letters = d.post()
        assert [text for text, _ in templates(letters)].count("received") == 2
        with engine.reading(d.office.store) as tx:
            failed = tx.execute(select(OUTBOX.c.id, OUTBOX.c.last_answer).where(OUTBOX.c.state == "failed")).all()
        assert [(row.id, row.last_answer[: len(why)]) for row in failed] == [(ids[1], why)]
        assert sum("Not delivered to" in p.text for ref in ("T1", "T2", "T3") for p in d.posts(ref)) == 1


@pytest.mark.inside("the fault is put into this process")
def test_what_the_relay_took_is_not_sent_again_and_a_retry_says_the_same(tmp_path: Path) -> None:
    """F5: a crash after the relay's 250 may send a second copy, but with the same bytes under the same Message-ID."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM)
        seen: list[bytes] = []

        class Relay:
            """Takes the mail and dies before it says so."""

            def room(self) -> int:
                return 64

            async def deliver(self, ready: Ready) -> Sent:
                seen.append(ready.raw)
                if len(seen) <= 2:
                    raise KeyboardInterrupt
                return Sent(reply="250 ok")

            async def close(self) -> None:
                pass

        for _ in range(4):
            postman = building.postman_of(d.settings, d.office)
            postman.courier = Relay()  # type: ignore[assignment]
            try:
                asyncio.run(postman.deliver(d.at))
            except KeyboardInterrupt:
                pass
            d.passes(minutes=11)
        assert len(seen) >= 3
        assert len(set(seen)) == 2, "two mails, whatever the number of copies"
        count = len(seen)
        asyncio.run(postman.deliver(d.at))
        assert len(seen) == count
