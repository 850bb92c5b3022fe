"""What the signature of a mail's author proves: PGP/MIME and S/MIME by keys on file (RFC 3156, 8551).

More narrow than the RFCs: a signature counts if the whole mail is what was signed, as the reader reads it, by a key of the very owner of the From
line, lately, with a digest that is still good. A mail that is signed in part, or beside other parts, is a mail without signature. Works on the
raw bytes as they came. That a signature counts once is asked in `store.signing`; the arithmetic is `pgp`'s and `smime`'s.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from mailgate.parsing import cms, headers, mime
from mailgate.parsing.parameters import value_and_parameters
from mailgate.trust.seals import Signed, Unproven
from rules.facts.mail import Mail, Verified
from rules.facts.people import SigningKey
from rules.frozen import dataclass

WINDOW = timedelta(hours=48)
"""So long before its reception a mail may have been signed. Who needs longer proves himself by a token, or by the button of a question."""
CLOCK_SKEW = timedelta(minutes=10)
SIGNATURE_BYTES = 256 * 1024
DIGESTS = frozenset({"sha256", "sha384", "sha512"})

_ARMOUR = b"-----BEGIN PGP SIGNED MESSAGE-----"
_PLAIN = frozenset({"", "7bit", "8bit", "binary"})
_METHODS = {
    "application/pgp-signature": "pgp",
    "application/pkcs7-signature": "smime",
    "application/x-pkcs7-signature": "smime",
}
_PROTECTED = ("from", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A signature and the exact bytes it is about, with line ends as RFC 5322 has them."""

    method: str
    content: bytes
    signature: bytes
    digest: str
    """The digest that the header field says was used, empty where there is none to say so."""
    is_opaque: bool = False
    """True where `signature` holds the content too."""


def may_be_signed(mail: Mail, raw: bytes) -> bool:
    """Whether it is worth a look at the keys. Asked of every mail, whose parts are known; only armour in a text has to be looked for."""
    said = mail.header("Content-Type").lower()
    return "multipart/signed" in said or "pkcs7-mime" in said or any(part.type.lower() in _METHODS for part in mail.parts) or _ARMOUR in raw


def verify(raw: bytes, keys: Sequence[SigningKey], received_at: datetime) -> tuple[Verified, ...]:
    """The verdict on the signature of a mail whose From is the owner of the keys; empty where nothing is signed.

    `received_at` is when the mail came. A pass has a `proof`, which is the same for whatever can be made of this signature without the key.
    """
    method = "smime" if b"pkcs7" in raw.lower() else "pgp"
    try:
        seal = read(raw)
        if seal is None:
            return ()
        method = seal.method
        mine = [key for key in keys if key.kind == method]
        if not mine:
            raise Unproven("no-key")
        if len(seal.signature) > SIGNATURE_BYTES + (len(seal.content) * 2 if seal.is_opaque else 0):
            raise Unproven("signature-size")
        signed = _arithmetic(seal, mine)
        _agree(seal, signed, received_at)
    except Unproven as fault:
        return (Verified(method=method, result="none", why=str(fault)),)
    return (Verified(method=method, result="pass", why=signed.key.fingerprint, proof=proof(seal, signed)),)


def read(raw: bytes) -> Seal | None:
    """The signature that is about a whole mail, None where there is none; raises Unproven for one that is about less, or reads in two ways."""
    flaws: set[str] = set()
    top = mime.tree(raw, flaws)
    is_opaque = top.type in {"application/pkcs7-mime", "application/x-pkcs7-mime"}
    if top.type != "multipart/signed" and not is_opaque:
        if any(node.type in _METHODS for node in top.leaves()):
            raise Unproven("partly-signed")
        if _ARMOUR in raw:
            raise Unproven("signed-within-text")
        return None
    for name in ("content-type", "content-transfer-encoding"):
        if len(top.block.all(name)) > 1:
            raise Unproven("repeated-field")
    if is_opaque:
        return _opaque(top)
    if flaws & {"limits", "no-boundary", "bad-header"}:
        raise Unproven("form")
    if len(top.children) != 2 or top.encoding not in _PLAIN:
        raise Unproven("form")
    first, last = top.children
    method = _METHODS.get(last.type, "")
    if (
        not method
        or _method_said(top.parameters.get("protocol", "")) != method
        or last.children
        or len(last.block.all("content-type")) != 1
    ):
        raise Unproven("form")
    content = _crlf(raw[first.begin : first.end])
    _agree_with_outside(top, first)
    return Seal(method=method, content=content, signature=last.content(), digest=_digest(top.parameters.get("micalg", "")))


def proof(seal: Seal, signed: Signed) -> str:
    """What stays the same however a signature is written anew: who signed what, and when. Line ends are no part of it."""
    words = hashlib.sha256(re.sub(rb"\s+", b"", seal.content)).hexdigest()
    return hashlib.sha256(f"{seal.method} {signed.key.fingerprint} {int(signed.at.timestamp())} {words}".encode()).hexdigest()


def _opaque(top: mime.Node) -> Seal | None:
    said = top.parameters.get("smime-type", "signed-data").lower()
    data = top.content()
    content = cms.signed_content(data) if said == "signed-data" else None
    if content is None:
        return None  # encrypted, or only certificates
    return Seal(method="smime", content=content, signature=data, digest="", is_opaque=True)


def _method_said(protocol: str) -> str:
    return _METHODS.get(protocol.strip().lower(), "")


def _digest(micalg: str) -> str:
    return micalg.strip().lower().removeprefix("pgp-").replace("-", "")


def _crlf(content: bytes) -> bytes:
    """The bytes that were signed: a mail that was kept with plain line ends has lost the others on its way into a file."""
    return content if b"\r\n" in content else content.replace(b"\n", b"\r\n")


def _agree_with_outside(top: mime.Node, first: mime.Node) -> None:
    """A signed part that repeats the header of its mail (RFC 9788) has to say what the mail says."""
    _, parameters = value_and_parameters(first.block.first("content-type"))
    if "hp" not in parameters and "protected-headers" not in parameters:
        return
    for name in _PROTECTED:
        inner = [headers.text(value) for value in first.block.all(name)]
        if inner and [" ".join(each.split()) for each in inner] != [" ".join(headers.text(value).split()) for value in top.block.all(name)]:
            raise Unproven("headers-differ")


def _arithmetic(seal: Seal, keys: Sequence[SigningKey]) -> Signed:
    if seal.method == "pgp":
        from mailgate.trust import pgp  # noqa: PLC0415 - the library is an extra, and ten megabytes

        return pgp.signed(seal.content, seal.signature, keys)
    from mailgate.trust import smime  # noqa: PLC0415 - rarely needed

    return smime.signed(seal.content, seal.signature, keys, is_opaque=seal.is_opaque)


def _agree(seal: Seal, signed: Signed, received_at: datetime) -> None:
    """What a true signature may still be: of another digest than said, of another time, by a key that has ended."""
    if signed.digest not in DIGESTS:
        raise Unproven("weak-digest")
    if not seal.is_opaque and seal.digest != signed.digest:
        raise Unproven("other-digest")
    if signed.at > received_at + CLOCK_SKEW:
        raise Unproven("signed-in-future")
    if signed.at < received_at - WINDOW:
        raise Unproven("signed-long-ago")
    key = signed.key
    if any(at < (key.begins_at or at) - CLOCK_SKEW or at >= (key.ends_at or at + CLOCK_SKEW) for at in (signed.at, received_at)):
        raise Unproven("key-ended")
