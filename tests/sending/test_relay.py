"""Mail out by SMTP against real servers that misbehave: nothing is lost. Protection and logins: `test_protection.py`."""

from __future__ import annotations

import asyncio
import ssl
import time

import pytest

from mailgate.sending.courier import Answer, Later, Never, Sent
from mailgate.sending.relay import MAILS_MAX, SmtpCourier
from rules.facts.amounts import read_rate
from tests.sending.relays import RAW, always, hop, mail, once, send
from tests.sending.sink import Fault, Sink, Wire, running, scripted


def test_a_mail_arrives_byte_for_byte_with_its_envelope() -> None:
    """DKIM, dots at line starts and the null sender of automatic mail all depend on it."""
    sink = Sink()
    answers = send(sink, mail(), mail("ada@corp.test", sender=""))
    assert all(isinstance(answer, Sent) and answer.reply.startswith("250 2.0.0 queued as") for answer in answers)
    assert {each.rcpt_tos[0]: each.mail_from for each in sink.taken} == {"kim@client.test": "support@desk.example", "ada@corp.test": "<>"}
    assert all(each.original_content == RAW for each in sink.taken)


ANSWERS: list[tuple[str, str, type[Answer], bool]] = [
    ("451 4.3.0 try again", "DATA", Later, False),
    ("451 4.7.1 greylisted", "RCPT", Later, False),
    ("452 4.2.2 full", "RCPT", Later, False),
    ("421 4.3.2 closing", "MAIL", Later, True),
    ("421 4.3.2 closing", "DATA", Later, True),
    ("550 5.1.1 no such user", "RCPT", Never, False),
    ("550 5.7.1 spam", "DATA", Never, False),
    ("553 5.1.8 sender unknown", "MAIL", Never, False),
    ("554 5.6.0 refused", "DATA", Never, False),
    ("552 too many recipients", "RCPT", Later, False),
    ("552 5.2.2 mailbox full", "DATA", Later, False),
    ("552 5.3.4 too large", "MAIL", Never, False),
    ("552 message size exceeds limit", "DATA", Never, False),
    ("530 5.7.0 must log in", "MAIL", Later, True),
    ("550 4.4.0 says one thing, means another", "DATA", Later, False),
    ("354 go on", "MAIL", Later, False),
    ("999 what", "DATA", Later, False),
]


@pytest.mark.parametrize(("answer", "step", "kind", "down"), ANSWERS)
def test_each_answer_is_taken_for_what_it_means(answer: str, step: str, kind: type[Answer], down: bool) -> None:
    """A wrong *never* loses a customer's answer, a wrong *later* tells the agent five days late."""
    sink = Sink(fault=always(answer, step))
    (told,) = send(sink, mail())
    assert isinstance(told, kind)
    assert not isinstance(told, Later) or (told.relay_down is down and not told.perhaps_sent)
    assert not isinstance(told, Sent)
    assert answer.partition(" ")[2] in told.why
    assert sink.taken == []


def test_a_mail_after_a_refused_one_is_not_harmed() -> None:
    """Twenty recipients, seven refused: thirteen have their mail, once."""
    sink = Sink(fault=lambda wire, at: "550 5.1.1 no" if "bad" in at else None)
    people = [f"{'bad' if number % 3 == 0 else 'good'}{number}@client.test" for number in range(20)]
    answers = send(sink, *map(mail, people))
    assert [isinstance(answer, Never) for answer in answers] == ["bad" in person for person in people]
    assert sorted(each.rcpt_tos[0] for each in sink.taken) == sorted(person for person in people if "good" in person)
    assert sink.connections <= 4


def cut(last: bytes) -> Fault:
    def fault(wire: Wire, at: str) -> str | None:
        if at != "DATA":
            return None
        wire.cut(last)
        return "250 too late"

    return fault


@pytest.mark.parametrize("last", [b"", b"250 2.0.0 o", b"250"], ids=["dropped", "half a line", "no line end"])
def test_a_line_that_breaks_after_the_mail_may_have_delivered_it(last: bytes) -> None:
    """It is sent again under its Message-ID, and the record says why there may be two."""
    sink = Sink(fault=cut(last))
    (answer,) = send(sink, mail())
    assert isinstance(answer, Later)
    assert answer.perhaps_sent
    assert not answer.relay_down
    assert answer.why == "DATA: the connection was closed"
    assert sink.taken == []


@pytest.mark.parametrize(
    "answers",
    [
        (b"",),
        (b"220 hi\r\n",),
        (b"220 hi\r\n", b"250 ok\r\n"),
        (b"220 hi\r\n", b"250 ok\r\n", b"250"),
        (b"220 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"\xff\xfe\r\n"),
        (b"nonsense\r\n",),
        (b"220 hi\r\n", b"250-ok\r\n" * 9000),
        (b"554 5.7.1 you are listed\r\n",),
        (b"421 4.7.0 not now\r\n",),
        (b"220 hi\r\n", b"550 who are you\r\n", b"550 who are you\r\n"),
    ],
    ids=["closed", "banner", "hello", "half a line", "bytes", "nonsense", "endless", "listed", "busy", "no hello"],
)
def test_a_broken_relay_never_loses_a_mail(answers: tuple[bytes, ...]) -> None:
    """Trouble with the relay is never the mail's fault, and others needn't be tried while it lasts."""

    async def go() -> tuple[Answer, list[bytes]]:
        async with scripted(*answers) as (port, heard):
            courier = SmtpCourier(hop(port))
            answer = await courier.deliver(mail())
            await courier.close()
            return answer, heard

    answer, heard = asyncio.run(go())
    assert isinstance(answer, Later)
    assert answer.why
    assert not answer.perhaps_sent
    assert answer.relay_down
    assert not any(line.startswith(b"DATA") for line in heard)


def test_without_a_listener_the_mail_waits() -> None:
    """A relay that restarts costs minutes."""

    async def go() -> Answer:
        return await SmtpCourier(hop(1)).deliver(mail())

    answer = asyncio.run(go())
    assert isinstance(answer, Later)
    assert answer.relay_down
    assert "127.0.0.1:1" in answer.why


def test_a_relay_that_does_not_answer_is_left_in_time() -> None:
    """A stuck relay must not hold the row for ever; whether it took the mail, nobody knows."""
    sink = Sink(delay=30)
    begun = time.monotonic()
    (answer,) = send(sink, mail(), wait_taken=0.3)
    assert time.monotonic() - begun < 20
    assert isinstance(answer, Later)
    assert answer.perhaps_sent
    assert "Timed out" in answer.why


def test_a_slow_relay_is_used_by_four_at_a_time() -> None:
    """It isn't overrun, and nobody waits for all the others."""
    sink = Sink(delay=0.3)
    answers = send(sink, *(mail() for _ in range(12)))
    assert all(isinstance(answer, Sent) for answer in answers)
    assert sink.busiest == 4
    assert len(sink.taken) == 12


def test_connections_are_used_again() -> None:
    """A greeting and a handshake for every mail would cost more than the mail."""
    sink = Sink()
    answers = send(sink, mail(), rounds=MAILS_MAX + 10)
    assert all(isinstance(answer, Sent) for answer in answers)
    assert sink.connections == 2


def test_a_connection_that_went_stale_costs_no_attempt() -> None:
    """Relays close idle connections without a word."""

    async def go() -> list[Answer]:
        sink = Sink()
        async with running(sink) as up:
            courier = SmtpCourier(hop(up.port))
            answers = [await courier.deliver(mail())]
            sink.fault = once("421 4.4.2 idle too long", "MAIL")
            answers.append(await courier.deliver(mail()))
            sink.lines[-1].cut()
            answers.append(await courier.deliver(mail()))
            await courier.close()
            assert sink.connections == 3
            return answers

    assert all(isinstance(answer, Sent) for answer in asyncio.run(go()))


def test_a_rate_holds_over_any_stretch_of_time() -> None:
    """Hosted relays suspend who sends faster than allowed."""
    seconds = [0.0]

    async def go() -> None:
        sink = Sink()
        async with running(sink) as up:
            courier = SmtpCourier(hop(up.port), rate=read_rate("3/min 5/h"), now=lambda: seconds[0])
            assert courier.room() == 3
            answers = await asyncio.gather(*(courier.deliver(mail()) for _ in range(5)))
            assert [isinstance(answer, Sent) for answer in answers] == [True] * 3 + [False] * 2
            assert courier.room() == 0
            last = answers[-1]
            assert isinstance(last, Later)
            assert last.not_before is not None
            assert last.not_before.total_seconds() == 60
            assert not last.relay_down
            seconds[0] = 60
            answers = await asyncio.gather(*(courier.deliver(mail()) for _ in range(3)))
            assert [isinstance(answer, Sent) for answer in answers] == [True, True, False]
            assert len(sink.taken) == 5
            await courier.close()

    asyncio.run(go())


def test_a_mail_larger_than_the_relay_takes_is_not_tried() -> None:
    """The limit stands in its greeting; the agent hears at once instead of after five days."""
    sink = Sink()
    answers = send(sink, mail(raw=RAW + b"x" * 5000), mail(), sink_data_size_limit=4000)
    assert isinstance(answers[0], Never)
    assert "the relay takes 4000" in answers[0].why
    assert isinstance(answers[1], Sent)


def test_answers_are_kept_as_one_clean_line() -> None:
    """They are shown in terminals and mails."""

    async def go() -> Answer:
        script = (
            b"220 hi\r\n",
            b"250 sink\r\n",
            b"250 ok\r\n",
            b"550-5.1.1 \x1b[31mno\r\n550 such\tuser " + b"x" * 900 + b"\r\n",
            b"250 ok\r\n",
        )
        async with scripted(*script) as (port, _):
            return await SmtpCourier(hop(port)).deliver(mail())

    answer = asyncio.run(go())
    assert isinstance(answer, Never)
    assert answer.why.startswith("RCPT: 550 5.1.1 [31mno such user xxx")
    assert answer.why.isprintable()
    assert len(answer.why) < 520


def test_a_cancelled_delivery_leaves_no_half_used_connection() -> None:
    """SIGTERM in the middle of a mail must not make the next one part of it."""

    async def go() -> None:
        sink = Sink(delay=30)
        async with running(sink) as up:
            courier = SmtpCourier(hop(up.port))
            task = asyncio.create_task(courier.deliver(mail()))
            async with asyncio.timeout(30):
                while not sink.busy:
                    await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            sink.delay = 0
            assert isinstance(await courier.deliver(mail()), Sent)
            assert sink.connections == 2
            await courier.close()
            await courier.close()

    asyncio.run(go())


def test_reuse_is_worth_three_connections_each(certified: ssl.SSLContext) -> None:
    """The figure that the pool is there for, in processor time of both ends, with TLS as providers want it."""

    async def timed(reuse: bool, count: int = 30) -> float:
        async with running(Sink(), tls=certified) as up:
            courier = SmtpCourier(hop(up.port))
            await courier.deliver(mail())
            begun = time.process_time()
            for _ in range(count):
                if not reuse:
                    await courier.close()
                assert isinstance(await courier.deliver(mail()), Sent)
            spent = time.process_time() - begun
            await courier.close()
            return spent

    each, kept = asyncio.run(timed(reuse=False)), asyncio.run(timed(reuse=True))
    assert each > 3 * kept, f"{each / kept:.1f} times"
