"""DKIM with keys made on the spot: what counts as proof that the From domain sent exactly this mail."""

from __future__ import annotations

import base64
import re
import time
from datetime import UTC, datetime, timedelta

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mailgate.trust import signatures, signing
from rules.facts.mail import Verified
from tests.trust.keys import GOOD, MAIL, SEED, WEAK, pem

AT = datetime.now(UTC) + timedelta(minutes=30)
"""When the mails are looked at: after they were signed, which happens now, however long the tests before take."""


def record(key: rsa.RSAPrivateKey, more: str = "") -> bytes:
    info = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; {more}k=rsa; p={base64.b64encode(info).decode()}".encode()


DNS: dict[str, bytes] = {
    "s1._domainkey.client.test": record(GOOD),
    "s1._domainkey.mail.client.test": record(GOOD),
    "s1._domainkey.evil.test": record(GOOD),
    "weak._domainkey.client.test": record(WEAK),
    "ed._domainkey.client.test": b"v=DKIM1; k=ed25519; p=" + base64.b64encode(SEED.verify_key.encode()),
    "testing._domainkey.client.test": record(GOOD, "t=y; "),
    "strict._domainkey.client.test": record(GOOD, "t=s; "),
    "sha1._domainkey.client.test": record(GOOD, "h=sha1; "),
    "web._domainkey.client.test": record(GOOD, "s=other; "),
    "reports._domainkey.client.test": record(GOOD, "s=tlsrpt; "),
    "revoked._domainkey.client.test": b"v=DKIM1; k=rsa; p=",
    "broken._domainkey.client.test": b"v=DKIM1; k=rsa; p=MIIB",
    "garbage._domainkey.client.test": b"\xff\x00 nonsense",
    "other._domainkey.client.test": record(rsa.generate_private_key(65537, 2048)),
    "short._domainkey.client.test": b"v=DKIM1; p=" + base64.b64encode(signing.public_info(2**767 + 9, 65537)),
    "long._domainkey.client.test": b"v=DKIM1; p=" + base64.b64encode(signing.public_info(2**8191 + 9, 65537)),
    "slow._domainkey.client.test": b"v=DKIM1; p=" + base64.b64encode(signing.public_info(2**4095 + 9, 2**4094 + 1)),
}


def lookup(name: str) -> bytes | None:
    if name.startswith("silent."):
        raise signatures.Unanswered(name)
    return DNS.get(name)


def signed(
    mail: bytes = MAIL,
    *,
    selector: str = "s1",
    domain: str = "client.test",
    key: bytes = b"",
    canon: str = "relaxed/relaxed",
    **more: object,
) -> bytes:
    algorithm = more.pop("signature_algorithm", b"rsa-sha256")
    line = dkim.sign(
        mail,
        selector.encode(),
        domain.encode(),
        key or pem(GOOD),
        canonicalize=tuple(canon.encode().split(b"/")),
        signature_algorithm=algorithm,
        **more,
    )
    return bytes(line) + mail


def with_tags(tags: dict[bytes, bytes], drop: bytes = b"") -> bytes:
    """A mail validly signed over a signature field that has more tags than dkimpy would write."""
    signer = dkim.DKIM(MAIL)
    plain = signer.gen_header

    def gen_header(fields: list[tuple[bytes, bytes]], *rest: object, **named: object) -> bytes:
        kept = [(tag, value) for tag, value in fields if tag not in {*tags, drop}]
        return bytes(plain([*tags.items(), *kept], *rest, **named))

    signer.gen_header = gen_header
    return bytes(signer.sign(b"s1", b"client.test", pem(GOOD), canonicalize=(b"relaxed", b"relaxed"))) + MAIL


def verdict(raw: bytes, at: datetime = AT) -> tuple[str, str]:
    (found,) = signatures.verify(raw, "client.test", lookup, at)
    assert found.method == "dkim"
    return found.result, found.why


def stamp(moment: datetime) -> bytes:
    return str(int(moment.timestamp())).encode()


@pytest.mark.parametrize("canon", ["relaxed/relaxed", "simple/simple"])
@pytest.mark.parametrize("body", [b"", b"\r\n", b"\r\n\r\n", b"a", b" \r\n", b"a \t b\r\n \r\n\r\n", b"a\r\n\r\r\n", b" a\r\n.\r\n..\r\n"])
def test_bodies_at_the_edge_of_the_canonical_forms_pass(canon: str, body: bytes) -> None:
    """Our shortcut before the library must give the same digest as the signer's."""
    mail = MAIL[: MAIL.index(b"\r\n\r\n") + 4] + body
    assert verdict(signed(mail, canon=canon)) == ("pass", "")


def test_a_last_line_that_lost_its_end_in_a_file_still_passes() -> None:
    """Mailbox files and pipes drop the last line end, which the signer had before him."""
    raw = signed(MAIL + b"Bye \r\n")
    assert verdict(raw.removesuffix(b"\r\n")) == ("pass", "")


@pytest.mark.parametrize("canon", ["relaxed/relaxed", "relaxed/simple", "simple/simple", "simple/relaxed"])
def test_an_aligned_signature_passes(canon: str) -> None:
    """A customer whose provider signs is known without any configuration."""
    raw = signed(canon=canon)
    assert signatures.verify(raw, "client.test", lookup, AT) == (Verified(method="dkim", result="pass", domain="client.test"),)
    assert verdict(raw.replace(b"\r\n", b"\n")) == ("pass", ""), "mail from a mailbox file has bare line feeds"
    assert verdict(b"Received: from x by y; now\r\nAuthentication-Results: y; none\r\n" + raw) == ("pass", "")


def test_a_signature_of_a_sister_domain_passes() -> None:
    """Relaxed alignment: `mail.client.test` signs for `client.test`, and the other way round."""
    raw = signed(domain="mail.client.test")
    assert [each.result for each in signatures.verify(raw, "client.test", lookup, AT)] == ["pass"]
    assert [each.result for each in signatures.verify(signed(), "news.client.test", lookup, AT)] == ["pass"]


def test_ed25519_passes() -> None:
    """RFC 8463 keys are small enough for any DNS host."""
    raw = signed(selector="ed", key=base64.b64encode(SEED.encode()), signature_algorithm=b"ed25519-sha256")
    assert verdict(raw) == ("pass", "")


TRAPS: dict[str, tuple[bytes, tuple[str, str]]] = {
    "length tag": (signed(length=True), ("none", "body-length")),
    "length tag and text added": (signed(length=True) + b"Click here\r\n", ("none", "body-length")),
    "from not signed": (re.sub(rb"h=from : ", b"h=", signed(include_headers=[b"from", b"subject"])), ("none", "from-not-signed")),
    "two from fields": (b"From: ada@corp.test\r\n" + signed(), ("none", "from-count")),
    "second subject on top": (b"Subject: send money\r\n" + signed(), ("none", "repeated-field")),
    "other content type on top": (b"Content-Type: text/html\r\n" + signed(), ("none", "repeated-field")),
    "expired": (with_tags({b"t": stamp(AT - timedelta(days=9)), b"x": stamp(AT - timedelta(days=2))}), ("none", "expired")),
    "signed tomorrow": (with_tags({b"t": stamp(AT + timedelta(days=1))}), ("none", "times")),
    "expired before it was signed": (with_tags({b"t": stamp(AT), b"x": stamp(AT - timedelta(seconds=9))}), ("none", "times")),
    "short key": (signed(selector="short"), ("none", "key-size")),
    "endless key": (signed(selector="long"), ("none", "key-size")),
    "endless exponent": (signed(selector="slow"), ("none", "key-size")),
    "body added": (signed() + b"P.S. send money\r\n", ("fail", "body-changed")),
    "subject changed": (signed().replace(b"Subject: printer", b"Subject: plotter"), ("fail", "signature-wrong")),
    "other domain": (signed(domain="evil.test"), ("none", "other-domain")),
    "lookalike domain": (signed(domain="xclient.test"), ("none", "other-domain")),
    "nameserver silent": (signed(selector="silent"), ("none", "dns")),
    "no such key": (signed(selector="gone"), ("none", "no-key")),
    "key of somebody else": (signed(selector="other"), ("fail", "signature-wrong")),
    "key revoked": (signed(selector="revoked"), ("none", "key-revoked")),
    "key cut off": (signed(selector="broken"), ("none", "key-form")),
    "key is garbage": (signed(selector="garbage"), ("none", "key-form")),
    "key for testing": (signed(selector="testing"), ("none", "key-testing")),
    "key for exactly its domain": (signed(selector="strict", identity=b"@sub.client.test"), ("none", "key-strict")),
    "key not for sha256": (signed(selector="sha1"), ("none", "algorithm")),
    "key for another service": (signed(selector="web"), ("none", "key-service")),
    "key for reports": (signed(selector="reports"), ("none", "key-service")),
    "key of another kind": (signed(selector="ed"), ("none", "algorithm")),
    "sha1": (signed(signature_algorithm=b"rsa-sha1"), ("none", "algorithm")),
    "version two": (signed().replace(b"v=1;", b"v=2;"), ("none", "signature-form")),
    "tag twice": (signed().replace(b"v=1;", b"v=1; d=client.test;"), ("none", "signature-form")),
    "name that is no name": (signed().replace(b"s=s1;", b"s=../s1;"), ("none", "signature-form")),
    "unknown canonical form": (signed().replace(b"c=relaxed/relaxed", b"c=relaxed/nonsense"), ("none", "signature-form")),
    "empty field": (b"DKIM-Signature:\r\n" + MAIL, ("none", "signature-form")),
    "header that is none": (signed().replace(b"Subject: ", b"Sub\xffject "), ("none", "header-form")),
}


@pytest.mark.parametrize(("raw", "expected"), TRAPS.values(), ids=TRAPS)
def test_a_signature_that_proves_less_than_it_seems_is_no_pass(raw: bytes, expected: tuple[str, str]) -> None:
    """Each was used to make forged mail look genuine; the reason stands in `mail show`."""
    assert verdict(raw) == expected


def test_a_weak_key_still_counts_and_is_named() -> None:
    """Many small senders still have 1024 bits; RFC 8301 lets them pass."""
    assert verdict(signed(selector="weak", key=pem(WEAK))) == ("pass", "weak-key")


def test_times_are_judged_by_when_the_mail_came() -> None:
    """A mail fetched late, or looked at again next year, keeps its verdict."""
    raw = with_tags({b"t": stamp(AT - timedelta(days=9)), b"x": stamp(AT - timedelta(days=2))})
    assert verdict(raw, AT - timedelta(days=3)) == ("pass", "")


def test_without_identity_or_signature_there_is_nothing_to_say() -> None:
    """A mail whose From is ambiguous gets no help from whoever signed it."""
    assert signatures.verify(signed(), "", lookup, AT) == ()
    assert signatures.verify(MAIL, "client.test", lookup, AT) == ()
    assert signatures.verify(b"", "client.test", lookup, AT) == ()
    assert signatures.verify(MAIL + b"DKIM-Signature: v=1\r\n", "client.test", lookup, AT) == ()


def test_each_signature_gets_its_verdict_up_to_a_limit() -> None:
    """A mail of a newsletter service carries its signature and the customer's; a mail with a thousand must not cost a thousand lookups."""
    found = signatures.verify(signed(signed(), domain="evil.test"), "client.test", lookup, AT)
    assert [(each.domain, each.result) for each in found] == [("evil.test", "none"), ("client.test", "pass")]
    asked: list[str] = []

    def counting(name: str) -> bytes | None:
        asked.append(name)
        return None

    many = signed()[: -len(MAIL)] * 100 + MAIL
    assert len(signatures.verify(many, "client.test", counting, AT)) == len(asked) == signatures.SIGNATURES_MAX


@pytest.mark.parametrize(
    "raw",
    [
        signed().replace(b"It is  out", b"It is" + b" " * 200_000 + b"out"),
        re.sub(rb"b=", b"b=" + b"\r\n " * 2_000, signed(), count=1),
        re.sub(rb"h=from", b"h=" + b"x:" * 3_900 + b"from", signed(), count=1),
        signed().replace(b"Subject: ", b"Subject: " + b" \t" * 15_000),
        signed() + b"\n" * 9_000_000,
        signed() + b"\r\n" * 500_000 + b"\r" * 500_000 + b"\n",
    ],
    ids=["blanks in the body", "blanks in the signature", "many names", "blanks in a header", "empty lines", "bare returns"],
)
def test_hostile_mail_costs_no_more_than_its_size(raw: bytes) -> None:
    """The library takes minutes for some of these; a stranger could stop the desk with one mail."""
    begun = time.process_time()
    signatures.verify(raw, "client.test", lookup, AT)
    assert time.process_time() - begun < 2
