"""Words of staff among themselves occur in no mail to anybody else, whatever is answered, asked, closed, merged or undone."""

from __future__ import annotations

import base64
import email
import quopri
import re
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import update

from rules.facts.mail import Envelope
from rules.facts.terms import PostKind
from store import engine, people, tables
from tests.desk import canary
from tests.desk.customers import proves
from tests.desk.office import Desk, desk, token_row
from tests.desk.staff import ANNA, BEN, KIM, MAL, everything, login, one, plain, request, to, to_customers

DEPARTMENTS = """
[[category]]
key = "hw"
group = "hw"
address = "hw@desk.example"
"""


def words_of(mail: EmailMessage) -> str:
    """All that is in a mail: headers, bodies, files, decoded."""
    files = [part.get_payload(decode=True) or b"" for part in mail.walk() if not part.is_multipart()]
    text = everything(mail) + "\n".join(f.decode("utf-8", "replace") for f in files if isinstance(f, bytes))
    coded = re.findall(r"=\?utf-8\?b\?([^?]+)\?=", mail.as_string(), re.IGNORECASE)
    return text + "".join(base64.b64decode(c + "==").decode("utf-8", "replace") for c in coded)


def test_what_staff_writes_among_itself_never_reaches_a_customer(tmp_path: Path) -> None:
    """One internal word in one mail costs the trust of years."""
    with desk(tmp_path) as d:
        d.agent("anna", "hw", signature="Anna")
        d.agent("ben", "hw")
        sent: list[EmailMessage] = []
        first = request(d, headers={"Cc": "eva@client.example"})
        sent += first
        mail, received = one(first, ANNA), one(first, KIM)
        _inner(d)
        for text in (
            "We are on it.",
            "#status?",
            "#history",
            "#show",
            "#list",
            "#assign ben CANARY why",
            "#prio high\n#tag CANARY",
            "Second.\n\n#wait 3d CANARY",
        ):
            d.write(ANNA, text, answer=mail, quote=True)
            d.passes(minutes=2)
            sent += d.post_later()
        quoting = [m for m in sent if "@staff" in str(m["To"])]
        for m in quoting[-4:]:
            d.write(ANNA if "anna" in str(m["To"]) else BEN, "Quoting below.", answer=m, quote=True)
            sent += d.post_later()
        for text in ("#status", "#history", "#list", "#help", "Thanks a lot, but it burns."):
            proves(d, KIM, text, answer=received)
            sent += d.post_later()
        d.write(MAL, "Tell me.", answer=mail, by="parent")
        proves(d, MAL, "Tell me.", subject="[T1]")
        d.write(ANNA, "Out until CANARY", answer=mail, headers={"Auto-Submitted": "auto-replied"})
        request(d, "Another.", subject="Another one")
        d.write(ANNA, "#note CANARY merge these\n#merge T1", subject="[T2]", envelope=login("anna"))
        d.write(ANNA, "Solved at last.\n\n#close CANARY reason", answer=mail)
        sent += d.post_later()
        proves(d, KIM, "No!", answer=received)
        d.write(BEN, "#undo", subject="[T1]", envelope=login("ben"))
        d.passes(days=4)
        sent += d.post_later()
        outside = to_customers(sent)
        assert len(outside) >= 8 and len(sent) > len(outside)
        for m in outside:
            assert "CANARY" not in words_of(m), (str(m["X-Mailgate-Template"]), plain(m))
            assert "staff.example" not in words_of(m), str(m["X-Mailgate-Template"])
        assert {str(m["To"].addresses[0].addr_spec) for m in outside} <= {KIM, MAL, "eva@client.example"}
        assert all("burns" not in words_of(m) and "We are on it" not in words_of(m) for m in to(outside, MAL))


def test_an_internal_request_tells_no_customer_anything(tmp_path: Path) -> None:
    """`#internal` would still write to the customer at the next status."""
    with desk(tmp_path) as d:
        d.agent("anna")
        mail = one(request(d), ANNA)
        d.write(ANNA, "#internal", answer=mail)
        for text in ("#close", "#reopen", "#wait 3d", "#note\nhello"):
            d.write(ANNA, text, answer=mail)
        i = d.write(ANNA, "To the customer.", answer=mail)
        assert d.fate(i) == "held"
        assert to_customers(d.post_later(300)) == []


def test_notes_are_notes_whoever_is_told_of_them(tmp_path: Path) -> None:
    """A watcher from outside would be told of a note."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.agent("ben")
        request(d, headers={"Cc": "eva@client.example"})
        assert d.ticket().watchers == ("eva@client.example",)
        d.write(ANNA, "CANARY", subject="[T1]", envelope=login("anna"))
        assert d.posts()[-1].kind is PostKind.note
        assert to_customers(d.post_later(300)) == []


SECRET = "he has not paid since March, so let him wait"
WHISPER = "the boss knows his wife, be careful"


def test_what_every_story_is_asked_at_its_end_finds_a_leak(tmp_path: Path) -> None:
    """The canary over all stories would sing whatever leaves."""
    with desk(tmp_path, more=DEPARTMENTS) as d:
        d.agent("anna", "hw")
        d.agent("ben", "hw")
        d.agent("bea", "books")
        with engine.transaction(d.office.store) as tx:
            people.put_agent(tx, replace(people.directory(tx).agents["bea"], role="technician"), d.at)
        request(d, headers={"To": "hw@desk.example"})
        d.write(ANNA, f"#note {SECRET}", subject="[T1]", envelope=login("anna"))
        d.write(ANNA, f"#private to:anna\n\n{WHISPER}", subject="[T1]", envelope=login("anna"))
        d.write(BEN, "We come on Monday.\n\n#prio high", subject="[T1]", envelope=login("ben"))
        d.write(ANNA, "#take\n\nI come on Monday.", subject="[T1]", envelope=login("anna"))
        d.post_later()
        assert strays(d) == []
        piece = SECRET[10:40].upper().replace(" ", "\n")
        for form in (piece.encode(), base64.b64encode(piece.encode()), quopri.encodestring(piece.encode())):
            coding = b"base64" if form.endswith(b"=") or (b" " not in form and b"\n" not in form) else b"quoted-printable"
            new = b"\nContent-Type: text/html\nContent-Transfer-Encoding: " + coding + b"\n\n" + form
            assert "post 2" in altered(d, KIM, lambda raw, new=new: raw.partition(b"\nMIME-Version")[0].partition(b"\nContent-")[0] + new)
        assert "for whom it was not made" in altered(d, KIM, lambda raw: b"Cc: eva@client.example\n" + raw)
        assert "post 3" in altered(d, BEN, lambda raw: raw.partition(b"\nContent-")[0] + b"\n\n" + WHISPER.encode())
        with engine.transaction(d.office.store) as tx:
            tx.execute(update(tables.Mailbox).where(tables.Mailbox.c.agent == "ben").values(agent="bea"))
        assert "no business" in "".join(strays(d))
        with engine.transaction(d.office.store) as tx:
            tx.execute(update(tables.Mailbox).where(tables.Mailbox.c.key == BEN).values(agent="ben"))


def strays(d: Desk) -> list[str]:
    """Who saw what was not for him."""
    with engine.reading(d.office.store) as tx:
        return list(canary.strays(tx, d.folder / "sent", d.settings.policy))


def altered(d: Desk, address: str, change: Callable[[bytes], bytes]) -> str:
    """What is found where the last mail to an address had left in another form."""
    path = max(
        (p for p in (d.folder / "sent" / "new").iterdir() if address in str(email.message_from_bytes(p.read_bytes())["To"])),
        key=lambda p: token_row(email.message_from_bytes(p.read_bytes())["Message-ID"]),
    )
    whole = path.read_bytes()
    path.write_bytes(change(whole.replace(b"\r\n", b"\n")))
    found = strays(d)
    path.write_bytes(whole)
    return "".join(found)


def _inner(d: Desk) -> None:
    """Notes in every way they are made."""
    d.write(BEN, "CANARY note by number, never to be seen by anybody outside.", subject="[T1]", envelope=login("ben"))
    d.write(BEN, "#note CANARY in a line", subject="[T1]", envelope=login("ben"))
    file = EmailMessage()
    file["From"], file["To"], file["Subject"], file["Message-ID"] = (
        BEN,
        "support@desk.example",
        "[T1] CANARY subject",
        "<canary.1@staff.example>",
    )
    file.set_content("see file")
    file.add_attachment(b"CANARY in a file", maintype="application", subtype="octet-stream", filename="CANARY.txt")
    d.take(file.as_bytes(), Envelope(door="submission", sender=BEN, login="ben", recipients=("support@desk.example",)))
