"""Our own signature: valid for others, closed against additions, and a bad key named at the start."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from mailgate.trust import signatures, signing
from tests.trust.keys import GOOD, MAIL, SEED, WEAK, pem


@pytest.fixture(params=["PKCS1", "PKCS8", "ED25519", "SEED"])
def signer(request: pytest.FixtureRequest, tmp_path: Path) -> signing.Signer:
    path = tmp_path / "key.pem"
    match request.param:
        case "ED25519":
            path.write_bytes(pem(ed25519.Ed25519PrivateKey.generate()))
        case "SEED":
            path.write_bytes(base64.b64encode(SEED.encode()) + b"\n")
        case form:
            path.write_bytes(pem(GOOD, form).replace(b"\n", b"\r\n" if form == "PKCS1" else b"\n"))
    path.chmod(0o600)
    return signing.Signer("desk", "desk.example", path)


OURS = MAIL.replace(b"kim@client.test", b"support@desk.example").replace(
    b"MIME-Version", b"Auto-Submitted: auto-replied\r\nX-Mailgate-Ticket: T42\r\nReferences: <0@x>\r\n <1@x>\r\nMIME-Version"
)


def test_what_we_sign_is_valid_for_others(signer: signing.Signer) -> None:
    """Else our answers land in junk folders; the record is what `doctor` tells the operator to publish."""
    raw = signer.sign(OURS)
    assert raw.endswith(OURS)
    assert signer.name == "desk._domainkey.desk.example"
    assert dkim.verify(raw, dnsfunc=lambda name, **_: signer.record.encode() if name == b"desk._domainkey.desk.example." else None)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) < 998
    (found,) = signatures.verify(raw, "desk.example", lambda _: signer.record.encode(), datetime.now(UTC))
    assert (found.result, found.why) == ("pass", "")


@pytest.mark.parametrize(
    "added", [b"Subject: x", b"Reply-To: mal@evil.test", b"Cc: mal@evil.test", b"Content-Type: text/html", b"From: x@y.test"]
)
def test_nothing_can_be_added_to_what_we_sign(signer: signing.Signer, added: bytes) -> None:
    """A replayed answer of ours with another Subject or Reply-To must not pass as ours anywhere."""
    raw = added + b"\r\n" + signer.sign(OURS)
    assert not dkim.verify(raw, dnsfunc=lambda *_, **__: signer.record.encode())


@pytest.mark.parametrize(
    ("text", "mode", "word"),
    [
        (b"", 0o600, "no RSA or Ed25519"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 0o600, "no RSA or Ed25519"),
        (pem(WEAK), 0o600, "1024 bits"),
        (pem(GOOD), 0o644, "chmod 600"),
        (b"\xff" * 64, 0o600, "no RSA or Ed25519"),
    ],
)
def test_a_key_that_cannot_be_used_is_named_at_the_start(tmp_path: Path, text: bytes, mode: int, word: str) -> None:
    """The operator hears of it from `config check`, not from bounced answers."""
    path = tmp_path / "key.pem"
    path.write_bytes(text)
    path.chmod(mode)
    with pytest.raises(signing.BadKey, match=word):
        signing.Signer("desk", "desk.example", path)
    with pytest.raises(signing.BadKey, match="No such file"):
        signing.Signer("desk", "desk.example", tmp_path / "missing.pem")
