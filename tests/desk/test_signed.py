"""Mail that its author signed, by a key on file: the highest level, once, for what was signed; and mail that nobody here can read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailgate.trust import pgp, smime
from rules.facts.people import SigningKey
from rules.facts.terms import Level, Status
from store import engine, people, signing
from tests.desk.customers import everything
from tests.desk.office import Desk, desk, plain, to
from tests.desk.staff import ANNA, KIM, MAL, asked, one, request, state
from tests.trust.signing import by_pgp, by_smime, certificate, header, opaque, part, pgp_public, pgp_signature, sealed

NAME = f"Anna <{ANNA}>"


@contextmanager
def signing_desk(tmp_path: Path, **how: str) -> Iterator[Desk]:
    """Anna and Ben, Kim's request, and both of Anna's keys on file; the clock is the one by which keys sign."""
    with desk(tmp_path, **how) as d:
        d.at = datetime.now(UTC)
        asked(d, "anna", "ben")
        for key in (pgp.read(pgp_public(NAME)), smime.read(certificate(ANNA).certificate.encode())):
            on_file(d, key, agent="anna")
        yield d


def on_file(d: Desk, key: SigningKey, *, agent: str | None = None, person_id: int | None = None) -> None:
    """Put a key on file."""
    with engine.transaction(d.office.store) as tx:
        signing.put(tx, key, d.at, agent=agent, person_id=person_id)


def signed(method: str, text: str, *, number: str = "1", subject: str = "Re: Printer [T1]", to: str = "support@desk.example") -> bytes:
    """A mail of Anna's, signed as she signs."""
    head = header(ANNA, subject, number, to=to)
    if method == "pgp":
        return by_pgp(NAME, head, text)
    return (by_smime if method == "smime" else opaque)(certificate(ANNA), head, text)


@pytest.mark.parametrize("method", ["pgp", "smime", "opaque"])
def test_a_signed_mail_by_a_key_on_file_needs_no_other_proof(tmp_path: Path, method: str) -> None:
    """An agent who writes a fresh mail would have to press a button for each command that reaches outside."""
    with signing_desk(tmp_path) as d:
        request(d, "Again.", subject="Printer again")
        i = d.take(signed(method, "#merge T2\n#prio high\n"))
        assert d.fate(i) == "executed", d.mail(i)["why"]
        assert d.mail(i)["trust"] == Level.signed
        assert d.ticket("T1").ref == "T2"


def test_the_same_signature_acts_once_in_whatever_mail_it_comes(tmp_path: Path) -> None:
    """Whoever catches one signed `#close` would close every request with it."""
    with signing_desk(tmp_path) as d:
        request(d, "Again.", subject="Other")
        content = part("#close quiet\n")
        signature = pgp_signature(NAME, content)
        first = d.take(sealed(header(ANNA, "[T1]", "1"), content, signature))
        assert d.fate(first) == "executed" and d.ticket("T1").status is Status.closed
        before = state(d, "T2")
        anew = signature.replace(b"BEGIN PGP SIGNATURE-----\n", b"BEGIN PGP SIGNATURE-----\nComment: x\n")
        for n, again in enumerate((signature, anew), 2):
            i = d.take(sealed(header(ANNA, "[T2]", str(n)), content, again, boundary=f"other{n}"))
            assert d.fate(i) == "held" and state(d, "T2") == before
            assert d.mail(i)["trust"] == Level.claimed


QUOTES = {
    "marked": "#close quiet\n\nOn Mon, 23 Nov 2026 at 10:00, Harbour Desk <support@desk.example> wrote:\n> New\n> -- \n> Harbour Desk \u00b7 T1\n",
    "below a header block": "#close quiet\n\n-----Original Message-----\nFrom: Harbour Desk <support@desk.example>\nSent: Monday, 23 November 2026 10:00\nTo: Anna\nSubject: Re: Printer [T1]\n\nNew\n",
}


@pytest.mark.parametrize("text", QUOTES.values(), ids=QUOTES.keys())
def test_a_signed_answer_that_was_caught_acts_on_no_other_request(tmp_path: Path, text: str) -> None:
    """Whoever holds up one signed answer to a request could close another with it, before we ever saw the first."""
    with signing_desk(tmp_path) as d:
        other = one(request(d, "Again.", subject="Other"), KIM)
        before = state(d, "T2")
        moved = by_pgp(NAME, header(ANNA, "[T2]", "7"), text)
        i = d.take(moved)
        assert d.fate(i) == "held" and state(d, "T2") == before
        assert d.mail(i)["trust"] == Level.claimed
        threaded = f"In-Reply-To: {other['Message-ID']}\r\n".encode()
        j = d.take(threaded + by_pgp(NAME, header(ANNA, "Re: Printer [T1]", "8"), text))
        assert d.fate(j) == "held" and state(d, "T2") == before
        k = d.take(by_pgp(NAME, header(ANNA, "Re: Printer [T1]", "9"), f"#prio high\n{text}"))
        assert d.fate(k) == "executed" and d.ticket("T1").status is Status.closed


def test_a_signed_mail_that_was_held_may_still_be_let_in(tmp_path: Path) -> None:
    """Its own signature would count as used by itself."""
    with signing_desk(tmp_path) as d:
        i = d.take(signed("pgp", "#prio hihg\n"))
        assert d.fate(i) == "held"
        d.press(ANNA, one(d.post(), ANNA, "held"), "#prio high")
        assert d.fate(i) == "executed", d.mail(i)["why"]
        assert str(d.ticket().priority.value) == "high"


def test_text_outside_the_signed_part_commands_nothing_and_says_nothing(tmp_path: Path) -> None:
    """A list or a stranger adds a part, and it would be read as Anna's word."""
    with signing_desk(tmp_path) as d:
        before = state(d)
        raw = signed("pgp", "All is well.\n")
        head, _, body = raw.partition(b"Content-Type: multipart/signed")
        mixed = (
            head + b'Content-Type: multipart/mixed; boundary="o"\r\n\r\n--o\r\n\r\n#close\r\n--o\r\nContent-Type: multipart/signed' + body
        )
        i = d.take(mixed + b"\r\n--o--\r\n")
        assert d.fate(i) == "held" and state(d) == before


def test_the_subject_is_not_signed_and_commands_nothing(tmp_path: Path) -> None:
    """A signed mail without words, under any subject, would be a blank cheque."""
    with signing_desk(tmp_path) as d:
        before = state(d)
        i = d.take(signed("pgp", "\n", subject="close T1", to="control@desk.example"))
        assert d.fate(i) == "held" and state(d) == before
        d.press(ANNA, one(d.post(), ANNA, "held"), "Yes, that was me: carry out")
        assert d.fate(i) == "executed" and d.ticket().status is Status.closed


def test_lines_to_the_control_address_may_be_signed(tmp_path: Path) -> None:
    """What is signed counts there as elsewhere."""
    with signing_desk(tmp_path) as d:
        i = d.take(signed("smime", "close T1\n", subject="x", to="control@desk.example"))
        assert d.fate(i) == "executed" and d.ticket().status is Status.closed


@pytest.mark.parametrize("sender", [MAL, "ben@staff.example", f"{ANNA}, {MAL}", f"{ANNA} <{MAL}>"])
def test_a_signature_counts_with_its_owners_from_alone(tmp_path: Path, sender: str) -> None:
    """A mail that Anna signed and Mallory sent is Mallory's."""
    with signing_desk(tmp_path) as d:
        before = state(d)
        content = part("#close\n")
        d.take(sealed(header(sender, "[T1]", "1"), content, pgp_signature(NAME, content)))
        assert state(d) == before


def test_a_server_cannot_vouch_for_a_signature(tmp_path: Path) -> None:
    """RFC 8601 has `smime=pass` too, which says nothing of whose key it was."""
    with signing_desk(tmp_path) as d:
        before = state(d)
        results = "Received: from x by mx.desk.example; Mon, 23 Nov 2026 08:00:00 +0000\r\n"
        raw = b"Authentication-Results: mx.desk.example; smime=pass; pgp=pass\r\n" + results.encode()
        i = d.take(raw + header(ANNA, "[T1]", "1") + b"Content-Type: text/plain\r\n\r\n#close\r\n")
        assert d.fate(i) == "held" and state(d) == before


def test_a_signed_answer_reaches_the_customer_without_its_seal(tmp_path: Path) -> None:
    """`signature.asc` means nothing to a customer, and its answer comes from the desk."""
    with signing_desk(tmp_path, hold="0s") as d:
        question = one(d.post() or request(d, "Hm?", subject="Second"), ANNA, "new-in-group")
        raw = by_pgp(NAME, header(ANNA, str(question["Subject"]), "7", to=str(question["Reply-To"])), "Dear Kim, it works.\n")
        assert d.fate(d.take(raw)) == "appended"
        (mail,) = to(d.post(), KIM)
        assert "it works" in plain(mail)
        assert not list(mail.iter_attachments()) and "PGP" not in everything(mail)


def test_a_customers_key_counts_for_customers_verbs(tmp_path: Path) -> None:
    """Level 4 is nobody's privilege; what it may do is asked elsewhere."""
    with signing_desk(tmp_path) as d:
        with engine.transaction(d.office.store) as tx:
            kim = people.person_of(tx, KIM) or people.add_person(tx, KIM, d.at)
        on_file(d, pgp.read(pgp_public("Kim")), person_id=kim.id)
        i = d.take(by_pgp("Kim", header(KIM, "Re: Printer [T1]", "1"), "#close\n"))
        assert d.fate(i) == "executed" and d.ticket().status is Status.closed
        assert d.mail(i)["trust"] == Level.signed
        i = d.take(by_pgp("Kim", header(KIM, "Re: Printer [T1]", "2"), "#assign ben\n"))
        assert d.ticket().assignee == ""


def test_a_key_that_was_taken_off_counts_no_more(tmp_path: Path) -> None:
    """Nobody could withdraw a key that was stolen."""
    with signing_desk(tmp_path) as d:
        with engine.transaction(d.office.store) as tx:
            for key in signing.of_agent(tx, "anna"):
                signing.remove(tx, key.fingerprint)
        assert d.fate(d.take(signed("pgp", "#close\n"))) == "held"


def test_an_old_signature_is_no_proof(tmp_path: Path) -> None:
    """A mail that was kept back for the right moment is not what its author wants now."""
    with signing_desk(tmp_path) as d:
        raw = signed("pgp", "#close\n")
        d.at += timedelta(hours=50)
        assert d.fate(d.take(raw)) == "held"


ENCRYPTED = b"""Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="e"\r
\r
--e\r
Content-Type: application/pgp-encrypted\r
\r
Version: 1\r
--e\r
Content-Type: application/octet-stream; name="encrypted.asc"\r
\r
-----BEGIN PGP MESSAGE-----\r
\r
wcBMA0Kc\r
-----END PGP MESSAGE-----\r
--e--\r
"""
INLINE = b"Content-Type: text/plain\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nwcBMA0Kc\r\n-----END PGP MESSAGE-----\r\n"
ENVELOPED = b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHA6CAMIAC\r\n"


@pytest.mark.parametrize("body", [ENCRYPTED, INLINE, ENVELOPED], ids=["pgp-mime", "inline", "smime"])
def test_an_agents_encrypted_mail_is_held_and_says_why(tmp_path: Path, body: bytes) -> None:
    """It would become a public answer of ciphertext, or nothing at all."""
    with signing_desk(tmp_path, hold="0s") as d:
        question = one(request(d, "Hm?", subject="Second"), ANNA, "new-in-group")
        before = state(d, "T2")
        i = d.take(header(ANNA, str(question["Subject"]), "7", to=str(question["Reply-To"])) + body)
        assert d.fate(i) == "held" and state(d, "T2") == before
        (letter,) = d.post()
        assert str(letter["To"].addresses[0].addr_spec) == ANNA
        assert "is encrypted, and the desk cannot read it" in " ".join(plain(letter).split())


def test_a_customers_encrypted_mail_is_a_request_that_says_so_to_staff(tmp_path: Path) -> None:
    """He waits for an answer to what nobody can read."""
    with signing_desk(tmp_path) as d:
        i = d.take(header("Lea <lea@client.example>", "Secret", "9") + ENCRYPTED)
        assert d.fate(i) == "opened"
        letters = d.post()
        assert "cannot read it" in " ".join(plain(one(letters, ANNA)).split())
        assert one(letters, "lea@client.example", "received")
