"""OpenPGP: certificates on file, and what they signed (RFC 9580, 4880). The only place that knows pysequoia."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from mailgate.trust.seals import NoKey, Signed, Unproven
from rules.facts.people import SigningKey

try:
    import pysequoia
except ImportError:  # an extra
    pysequoia = None  # type: ignore[assignment]  # told apart by `is_here`


SECRET = (b"\x94", b"\x95", b"\x96", b"\x97", b"\xc5")
"""How a secret key begins that isn't armored: packets of type 5 in the old and the new form."""


def is_here() -> bool:
    """Whether the extra is installed."""
    return pysequoia is not None


def read(data: bytes) -> SigningKey:
    """The certificate in a file, armored or not. Raises NoKey, also for one that has ended, is revoked, or holds the secret key."""
    if pysequoia is None:
        raise NoKey('OpenPGP keys need the extra "pgp": pip install "mailgate[pgp]"')
    if b"PGP PRIVATE KEY" in data or data[:1] in SECRET:
        raise NoKey("it holds a secret key, which is nobody's but its owner's: export the public one (gpg --export --armor)")
    with _raising(NoKey("no OpenPGP certificate")):
        cert = pysequoia.Cert.from_bytes(data)
    if cert.is_revoked:
        raise NoKey("it is revoked")
    names = ", ".join(str(each) for each in cert.user_ids)
    return SigningKey(kind="pgp", fingerprint=cert.fingerprint.upper(), text=str(cert), label=names[:300], ends_at=_utc(cert.expiration))


def signed(content: bytes, signature: bytes, keys: Sequence[SigningKey]) -> Signed:
    """Who of the owners of the keys signed the content, and when; raises Unproven if none of them did."""
    if pysequoia is None:
        raise Unproven("no-pgp")
    with _raising(Unproven("signature-form")):
        seal = pysequoia.Sig.from_bytes(signature)
        at, digest = _utc(seal.created), str(seal.hash_algorithm).rpartition(".")[2].lower()
        kind = str(seal.signature_type).rpartition(".")[2]
    if kind not in {"Binary", "Text"} or at is None:
        raise Unproven("signature-form")
    if seal.expiration is not None:
        raise Unproven("signature-ends")
    for key in keys:
        if _by(key, content, seal):
            return Signed(key=key, at=at, digest=digest)
    raise Unproven("signature-wrong")


def _by(key: SigningKey, content: bytes, seal: pysequoia.Sig) -> bool:
    """Whether this key made a signature. The library asks also whether the key, or the part of it that signed, was good for that then."""
    with suppress(Unproven), _raising(Unproven("signature-wrong")):
        cert = pysequoia.Cert.from_bytes(key.text.encode())
        good = pysequoia.verify(bytes=content, store=lambda _ids: [cert], signature=seal).valid_sigs
        return not cert.is_revoked and any(each.certificate.upper() == key.fingerprint for each in good)
    return False


@contextmanager
def _raising(answer: Exception) -> Iterator[None]:
    """One answer of ours to whatever the library raises on bytes that it refuses; its panics are no `Exception`."""
    try:
        yield
    except BaseException as fault:
        if isinstance(fault, Exception) or type(fault).__name__ == "PanicException":
            raise answer from None
        raise


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(UTC)
