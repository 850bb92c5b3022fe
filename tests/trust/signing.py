"""Keys for tests, and mails that are signed with them as clients do: PGP/MIME by Sequoia, S/MIME by openssl."""

from __future__ import annotations

import base64
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pysequoia

BOUNDARY = "sEaLeD"


@dataclass(frozen=True, slots=True)
class Certified:
    """An X.509 certificate and its secret key, both as PEM."""

    certificate: str
    secret: str


@cache
def pgp_key(name: str) -> pysequoia.Tsk:
    """Somebody's OpenPGP key, secret part included."""
    return pysequoia.Tsk.generate(name)


def pgp_public(name: str) -> bytes:
    """What he gives away of it."""
    return str(pgp_key(name).extract_certificate()).encode()


@cache
def certificate(address: str, days: int = 365) -> Certified:
    """Somebody's certificate, signed by himself."""
    with tempfile.TemporaryDirectory() as folder:
        names = [str(Path(folder) / each) for each in ("cert.pem", "key.pem")]
        words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(days)]
        words += ["-subj", f"/CN={address}/emailAddress={address}", "-out", names[0], "-keyout", names[1]]
        subprocess.run(words, check=True, capture_output=True)
        return Certified(Path(names[0]).read_text(), Path(names[1]).read_text())


def part(text: str, type_: str = "text/plain; charset=utf-8") -> bytes:
    """A part with its header, as it is signed: without the line end before the boundary."""
    return f"Content-Type: {type_}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}".replace("\r\n", "\n").replace("\n", "\r\n").encode()


def pgp_signature(name: str, content: bytes) -> bytes:
    """An armored detached signature, of now."""
    return bytes(pysequoia.sign(pgp_key(name).signer(), content, mode=pysequoia.SignatureMode.DETACHED))


def smime_signature(who: Certified, content: bytes, *words: str, opaque: bool = False) -> bytes:
    """A CMS signature in DER, of now; with the content in it if it is opaque."""
    with tempfile.TemporaryDirectory() as folder:
        names = {each: Path(folder) / each for each in ("content", "cert", "key", "out")}
        names["content"].write_bytes(content)
        names["cert"].write_text(who.certificate)
        names["key"].write_text(who.secret)
        command = ["openssl", "cms", "-sign", "-binary", "-in", str(names["content"]), "-signer", str(names["cert"]), "-inkey"]
        command += [str(names["key"]), "-outform", "DER", "-out", str(names["out"]), "-md", "sha256", *words]
        subprocess.run([*command, *(["-nodetach"] if opaque else [])], check=True, capture_output=True)
        return names["out"].read_bytes()


def header(sender: str, subject: str, number: str, to: str = "support@desk.example", more: str = "") -> bytes:
    """The header of a mail up to its Content-Type."""
    return (
        f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{number}@mail.example>\r\n"
        f"Date: {datetime.now(UTC):%a, %d %b %Y %H:%M:%S} +0000\r\n{more}MIME-Version: 1.0\r\n"
    ).encode()


def sealed(head: bytes, content: bytes, signature: bytes, *, method: str = "pgp", micalg: str = "", boundary: str = BOUNDARY) -> bytes:
    """A multipart/signed mail (RFC 1847)."""
    kind = "application/pgp-signature" if method == "pgp" else "application/pkcs7-signature"
    micalg = micalg or ("pgp-sha512" if method == "pgp" else "sha-256")
    body = signature if method == "pgp" else base64.encodebytes(signature).replace(b"\n", b"\r\n")
    encoding = "7bit" if method == "pgp" else "base64"
    mark = boundary.encode()
    return b"".join(
        (
            head,
            f'Content-Type: multipart/signed; protocol="{kind}"; micalg={micalg}; boundary="{boundary}"\r\n\r\n'.encode(),
            b"--" + mark + b"\r\n" + content + b"\r\n--" + mark + b"\r\n",
            f'Content-Type: {kind}; name="signature"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'.encode(),
            body.strip() + b"\r\n--" + mark + b"--\r\n",
        )
    )


def by_pgp(name: str, head: bytes, text: str, **how: str) -> bytes:
    """A mail with a true PGP/MIME signature of now."""
    content = part(text)
    return sealed(head, content, pgp_signature(name, content), **how)


def by_smime(who: Certified, head: bytes, text: str, **how: str) -> bytes:
    """A mail with a true detached S/MIME signature of now."""
    content = part(text)
    return sealed(head, content, smime_signature(who, content), method="smime", **how)


def opaque(who: Certified, head: bytes, text: str) -> bytes:
    """A mail that is one application/pkcs7-mime."""
    data = base64.encodebytes(smime_signature(who, part(text), opaque=True)).replace(b"\n", b"\r\n")
    kind = b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + kind + data
