"""Nothing falls under the table: whatever comes in has exactly one fate, nothing raises, and nobody outside hears of it."""

from __future__ import annotations

import tempfile
import time
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from rules.facts.mail import Envelope
from rules.facts.terms import address_key
from rules.facts.ticket import Ticket
from store import engine, tables
from tests.desk.customers import account, near, proven
from tests.desk.office import Desk, desk, to
from tests.examples import about

SENDERS = (
    "kim@client.example",
    "Lee <lee@client.example>",
    "anna@staff.example",
    "ben@staff.example",
    "mal@evil.example",
    "support@desk.example",
    "MAILER-DAEMON@relay.example",
    "no-reply@shop.example",
    '"anna@staff.example" <mal@evil.example>',
    "a@b.example, c@d.example",
    "",
    "<anna@staff.example><mal@evil.example>",
    "Ünïcode <uni@côde.example>",
)
TEXTS = (
    "Help me.",
    "#close",
    "#close\n\nThanks",
    "#assign nobody\n#prio high",
    "#cc mal@evil.example",
    "#send to:mal@evil.example",
    "#undo",
    "#list",
    "#status",
    "#rate 5",
    "Thanks a lot!",
    "",
    "> quoted\n\n#take",
    "-- \nsignature",
    "close",
    "4",
    "{{ 7*7 }}{% for x in y %}",
    "\u202egnirts\x00\x1b[31m",
)
HEADERS = (
    {},
    {"Auto-Submitted": "auto-replied"},
    {"Auto-Submitted": "auto-generated"},
    {"List-Id": "<x.example>"},
    {"X-Spam-Flag": "YES"},
    {"Cc": "lee@client.example, out@elsewhere.example, support@desk.example"},
    {"Reply-To": "mal@evil.example"},
    {"X-Mailgate-Ticket": "T1"},
    {"Precedence": "bulk"},
)
OUTSIDE = {"mal@evil.example", "out@elsewhere.example", "c@d.example"}


@st.composite
def mails(draw: st.DrawFn) -> dict[str, object]:
    """How somebody writes: who, what, to which of the mails that left, by which routes."""
    return {
        "sender": draw(st.sampled_from(SENDERS)),
        "text": draw(st.sampled_from(TEXTS)),
        "headers": draw(st.sampled_from(HEADERS)),
        "answers": draw(st.none() | st.integers(0, 20)),
        "by": draw(st.sampled_from(("address", "parent", "references", "subject", "address parent subject"))),
        "proven": draw(st.booleans()),
        "null": draw(st.booleans()),
        "minutes": draw(st.sampled_from((0, 1, 30, 2000))),
        "raw": draw(st.none() | st.none() | st.binary(max_size=300)),
    }


def sent_by(sender: str) -> str:
    """The one address that the envelope of such a From names: programs take the first of several."""
    return sender.rpartition("<")[2].rstrip(">").partition(",")[0]


def send(d: Desk, how: dict[str, object], left: list) -> None:
    """One mail as drawn."""
    d.passes(minutes=how["minutes"])  # type: ignore[arg-type]
    if how["raw"] is not None:
        d.take(how["raw"], Envelope(door="smtp", sender="x@y.example", recipients=("support@desk.example",), peer="192.0.2.1"))  # type: ignore[arg-type]
        return
    sender = str(how["sender"])
    answer = left[int(how["answers"]) % len(left)] if left and how["answers"] is not None else None  # type: ignore[call-overload]
    address = sent_by(sender)
    rcpt = str(answer["Reply-To"].addresses[0].addr_spec) if answer is not None and "address" in str(how["by"]) else "support@desk.example"
    envelope = near("" if how["null"] else address, rcpt)
    headers = dict(how["headers"]) | (proven(address.rpartition("@")[2]) if how["proven"] and address else {})  # type: ignore[call-overload]
    raw = [
        f"{k}: {v}"
        for k, v in {"From": sender, "To": rcpt, "Subject": "Printer", "Message-ID": f"<{d._n}@x.example>", **headers}.items()
        if k != "From" or sender
    ]
    d._n += 1
    if answer is not None:
        if "subject" in str(how["by"]):
            raw = [f"Subject: {answer['Subject']}" if line.startswith("Subject") else line for line in raw]
        if "parent" in str(how["by"]) or "references" in str(how["by"]):
            raw += [f"{'In-Reply-To' if 'parent' in str(how['by']) else 'References'}: {answer['Message-ID']}"]
    content = 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
    d.take(("\r\n".join(raw) + "\r\n" + content + str(how["text"])).encode("utf-8", "surrogatepass"), envelope)


def parked(d: Desk) -> list[str]:
    """Why mails were parked."""
    received = tables.Received
    with engine.reading(d.office.store) as tx:
        return list(tx.execute(select(received.c.why).where(received.c.fate == "parked")).scalars())


def participants(found: list[Ticket]) -> set[str]:
    """Everybody who has a part in some ticket."""
    return {a for x in found for a in (x.requester.address, *x.watchers)}


@settings(max_examples=about(10), deadline=None, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck))
@given(st.lists(mails(), min_size=3, max_size=12))
def test_any_mix_of_mails_adds_up_and_stays_among_those_concerned(sent: list[dict[str, object]]) -> None:
    """The conservation law of the desk, and its discretion."""
    with tempfile.TemporaryDirectory() as folder, desk(Path(folder), hold="0s") as d:
        d.agent("anna", "hw")
        d.agent("ben")
        d.write("kim@client.example")
        left = d.post()
        for how in sent:
            send(d, how, left)
            left += d.post()
        d.passes(minutes=20)
        left += d.post()
        total = account(d)
        assert total.adds_up
        assert total.waiting == 0
        assert all(why.startswith("can't be read") for why in parked(d))
        staff = {"anna@staff.example", "ben@staff.example", "root@desk.example"}
        wrote = {sent_by(str(h["sender"])) for h in sent}
        for mail in left:
            recipient = str(mail["To"].addresses[0].addr_spec)
            assert address_key(recipient) in {address_key(a) for a in staff | participants(d.tickets()) | wrote | {"kim@client.example"}}
            assert not recipient.endswith("@desk.example") or recipient == "root@desk.example"
            assert recipient != "out@elsewhere.example"
        outbox = tables.Outbox
        with engine.reading(d.office.store) as tx:
            failed = tx.execute(select(outbox.c.template, outbox.c.last_answer).where(outbox.c.state == "failed")).all()
        assert not [row for row in failed if not row.last_answer.startswith("bounced")]


def test_a_mail_with_twenty_thousand_header_fields_is_held_and_delays_nobody(tmp_path: Path) -> None:
    """Threat 32: quadratic readers stood still for minutes."""
    with desk(tmp_path) as d:
        d.agent("anna")
        flood = (
            b"From: mal@evil.example\r\nTo: support@desk.example\r\nSubject: x\r\n"
            + b"".join(b"X-A%d: b\r\n" % n for n in range(20000))
            + b"\r\nhello\r\n"
        )
        from mailgate import intake
        from mailgate.doors.receiving import Received

        envelope = Envelope(door="smtp", sender="mal@evil.example", recipients=("support@desk.example",), peer="192.0.2.1")
        good = b"From: kim@client.example\r\nTo: support@desk.example\r\nSubject: Printer\r\n\r\nHelp.\r\n"
        ids = intake.keep(d.office.store, [Received(envelope=envelope, raw=flood), Received(envelope=envelope, raw=good)], d.at)
        began = time.monotonic()
        d.handle()
        assert time.monotonic() - began < 5
        assert [d.fate(i) for i in ids] == ["held", "opened"]
        assert "limits" in str(d.mail(ids[0])["why"])
        assert not to(d.post(), "mal@evil.example")
        d.passes(minutes=16)
        assert len(to(d.post(), "root@desk.example")) == 1


def test_mixed_mails_add_up(tmp_path: Path) -> None:
    """Feature 2-13, in small: every fate counted once. A thousand, with kills, are a drill."""
    count = about(200)
    with desk(tmp_path, more='[limits]\ntickets_unknown = "off"') as d:
        d.agent("anna")
        from mailgate import intake
        from mailgate.doors.receiving import Received

        batch = []
        for n in range(count):
            head = f"From: a{n % 40}@x{n % 7}.example\r\nTo: support@desk.example\r\nSubject: Matter {n}\r\nMessage-ID: <{n // 2}@x.example>\r\n"
            extra = ("Auto-Submitted: auto-replied\r\n", "List-Id: <l.example>\r\n", "X-Spam-Flag: yes\r\n", "", "")[n % 5]
            envelope = Envelope(door="smtp", sender=f"a{n % 40}@x{n % 7}.example", recipients=("support@desk.example",), peer="192.0.2.1")
            batch.append(Received(envelope=envelope, raw=(head + extra + "\r\nText.\r\n").encode()))
        intake.keep(d.office.store, batch, d.at)
        d.handle()
        total = account(d)
        assert (total.received, total.waiting, sum(total.fates.values())) == (count, 0, count)
        assert (total.fates["automatic"], total.fates["held"]) == (count // 5, count // 5)
        d.at += timedelta(minutes=1)
        assert account(d).adds_up
