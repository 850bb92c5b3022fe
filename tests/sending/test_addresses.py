"""Addresses in the words of SMTP: none becomes a command, foreign names need what the relay offers."""

from __future__ import annotations

import asyncio

import pytest

from mailgate.sending.courier import Answer, Never, Sent
from mailgate.sending.relay import SmtpCourier
from tests.sending.relays import RAW, hop, mail, send
from tests.sending.sink import Sink, scripted

HOSTILE = [
    "a@b>\r\nRCPT TO:<c@d",
    "a@b\nDATA",
    "a@b c@d",
    "<a@b>",
    "a@b> BODY=8BITMIME",
    "a@b,c@d",
    "a\x00@b",
    "a\x85@b",
    "@b",
    "a@",
    "",
    "a",
    "a@b@c",
    '"a\r\n"@b',
    "a@-b",
    "a@b..c",
    ".a@b",
    "a" * 400 + "@b",
    "\ud800@b",
]


@pytest.mark.parametrize("address", HOSTILE)
def test_an_address_can_never_become_a_command(address: str) -> None:
    """Addresses come from strangers' headers; none may add a recipient of its own."""
    sink = Sink()
    answers = send(sink, mail(address), mail(sender=address)) if address else send(sink, mail(address))
    assert all(isinstance(answer, Never) for answer in answers)
    assert sink.connections == 0


@pytest.mark.parametrize(
    "address", ["o'brien+x=y@client.test", '"a b"@client.test', "a@[127.0.0.1]", "x_y@sub-domain.client.test", "a@xn--bnk-qla.test"]
)
def test_unusual_addresses_are_written_as_they_are(address: str) -> None:
    """Customers have them."""
    sink = Sink()
    (answer,) = send(sink, mail(address))
    assert isinstance(answer, Sent)
    assert any(each.startswith(f"RCPT TO:<{address}>") for each in sink.commands)


def test_foreign_domains_need_no_extension_and_foreign_names_do() -> None:
    """`kim@bänk.test` is reachable by any relay; `žofie@client.test` only by one that has SMTPUTF8, and that is said plainly."""
    sink = Sink()
    answers = send(
        sink, mail("kim@bänk.test"), mail("žofie@client.test"), mail(raw=RAW.replace(b"Re:", "Ré:".encode())), mail(raw=RAW + b"\xc3\xa4")
    )
    assert all(isinstance(answer, Sent) for answer in answers)
    assert any(each.startswith("RCPT TO:<kim@xn--bnk-qla.test>") for each in sink.commands)
    assert sorted("SMTPUTF8" in each for each in sink.commands if each.startswith("MAIL")) == [False, False, True, True]
    assert sum("BODY=8BITMIME" in each for each in sink.commands) == 2

    async def go() -> Answer:
        async with scripted(b"220 hi\r\n", b"250 sink\r\n", b"221 bye\r\n") as (port, _):
            courier = SmtpCourier(hop(port))
            answer = await courier.deliver(mail("žofie@client.test"))
            await courier.close()
            return answer

    answer = asyncio.run(go())
    assert isinstance(answer, Never)
    assert "SMTPUTF8" in answer.why
