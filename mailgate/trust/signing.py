"""DKIM on the way out: our signature on what leaves (RFC 6376, 8463). The check of others' is `mailgate.trust.signatures`."""

from __future__ import annotations

import base64
import binascii
import re
import stat
from pathlib import Path

import dkim
import nacl.signing
from dkim import crypto

from mailgate.trust import signatures

_RSA_ENCRYPTION = bytes.fromhex("300d06092a864886f70d0101010500")
_ED25519_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")


class BadKey(ValueError):
    """A signing key that can't be used: for the operator, who reads the message."""


class Signer:
    """Puts our DKIM signature on mail: RSA or Ed25519, relaxed forms, with the fields that matter closed against additions.

    Takes some 15 ms of CPU with RSA: call `sign` in a thread. Reads the key once. Raises `BadKey` for a file that can't be read, is open to everybody, or holds no usable key.
    """

    def __init__(self, selector: str, domain: str, key_file: Path) -> None:
        self.selector, self.domain = selector, domain.lower().rstrip(".")
        try:
            mode, text = key_file.stat().st_mode, key_file.read_bytes()
        except OSError as fault:
            raise BadKey(f"{key_file}: {fault.strerror}") from fault
        if mode & (stat.S_IROTH | stat.S_IWOTH):
            raise BadKey(f"{key_file}: readable by everybody; chmod 600 it")
        self._key, self._algorithm, self._public = _private_key(text, str(key_file))

    @property
    def name(self) -> str:
        """Where the public key has to stand in DNS."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """The TXT record that has to stand there, for `doctor` to compare and to show."""
        kind = "ed25519" if self._algorithm == b"ed25519-sha256" else "rsa"
        return f"v=DKIM1; k={kind}; p={base64.b64encode(self._public).decode('ascii')}"

    def sign(self, raw: bytes) -> bytes:
        """The mail with a DKIM-Signature on top; `raw` has CRLF line ends and is otherwise left as it is."""
        cut = signatures.HEAD_END.search(raw)
        if cut is None:
            raise ValueError("a mail without a body can't be signed")
        signer = dkim.DKIM(signature_algorithm=self._algorithm)
        signer.headers, _ = dkim.rfc822_parse(raw[: cut.end()])
        signer.body = signatures.relaxed(raw[cut.end() :])
        present = [name.lower() for name, _ in signer.headers]
        wanted = [name for name in present if name in signer.should_sign or name.startswith((b"auto-submitted", b"x-mailgate-"))]
        # Each once more than it stands there: an added Subject, Reply-To or Content-Type then breaks the signature.
        closed = [name for name in sorted(signatures.SINGLE) if name in present or name in {b"subject", b"reply-to", b"cc"}]
        line: bytes = signer.sign(
            self.selector.encode("ascii"),
            self.domain.encode("idna"),
            self._key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[*wanted, *closed],
        )
        return line + raw


def _private_key(text: bytes, place: str) -> tuple[bytes, bytes, bytes]:
    """The key as dkimpy takes it, the algorithm's name, and the public key as the record in DNS has it."""
    text = text.replace(b"\r\n", b"\n").strip()
    inner = re.sub(rb"-----[^\n]*-----|\s", b"", text)
    try:
        der = base64.b64decode(inner, validate=True)
        if der.startswith(_ED25519_PKCS8) or len(der) == 32:
            seed = der[-32:]
            public = nacl.signing.SigningKey(seed).verify_key.encode()
            return base64.b64encode(seed), b"ed25519-sha256", public
        key = crypto.parse_private_key(der)
        bits = key["modulus"].bit_length()
    except (binascii.Error, ValueError, LookupError, TypeError, AssertionError, crypto.UnparsableKeyError) as fault:
        raise BadKey(f"{place}: no RSA or Ed25519 private key in PEM form") from fault
    if bits < signatures.KEY_BITS_GOOD:
        raise BadKey(f"{place}: {bits} bits; an RSA key needs {signatures.KEY_BITS_GOOD}")
    wrapped = b"-----BEGIN RSA PRIVATE KEY-----\n" + base64.b64encode(der) + b"\n-----END RSA PRIVATE KEY-----\n"
    return wrapped, b"rsa-sha256", public_info(key["modulus"], key["publicExponent"])


def public_info(modulus: int, exponent: int) -> bytes:
    """The SubjectPublicKeyInfo of an RSA key (RFC 5280 section 4.1.2.7); dkimpy can read DER but not write numbers."""
    numbers = b"".join(_der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big")) for number in (modulus, exponent))
    return _der(0x30, _RSA_ENCRYPTION + _der(0x03, b"\0" + _der(0x30, numbers)))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content
