"""S/MIME: certificates on file, and what they signed (RFC 8551, 5652). The arithmetic is `openssl cms`, a process of its own.

A certificate is believed because it is on file: no authority is asked whether it stands, for none was asked whether it may command the desk.
Certificates that come with a mail are not looked at.
"""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from mailgate.parsing import cms
from mailgate.trust.seals import NoKey, Signed, Unproven
from rules.facts.people import SigningKey

SECONDS = 10.0
_DIGESTS = {"2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.2.2": "sha384", "2.16.840.1.101.3.4.2.3": "sha512"}
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE-----")


def is_here() -> bool:
    """Whether there is an `openssl` to ask."""
    return shutil.which("openssl") is not None


def read(data: bytes) -> SigningKey:
    """The certificate in a file, PEM or DER. Raises NoKey."""
    if b"PRIVATE KEY" in data:
        raise NoKey("it holds a private key, which is nobody's but its owner's")
    if not is_here():
        raise NoKey("S/MIME certificates need the program openssl: apt install openssl")
    found = _PEM.findall(data)
    if len(found) > 1:
        raise NoKey("it holds several certificates: give that of the person alone")
    pem = found[0].decode() + "\n" if found else _pem(data)
    done = _openssl(
        "x509", "-noout", "-fingerprint", "-sha256", "-subject", "-startdate", "-enddate", "-nameopt", "utf8,sep_comma_plus", stdin=pem
    )
    said = dict(line.partition("=")[::2] for line in done.stdout.decode("utf-8", "replace").splitlines())
    try:
        return SigningKey(
            kind="smime",
            fingerprint=next(value for name, value in said.items() if name.lower().endswith("fingerprint")).replace(":", "").upper(),
            text=pem,
            label=said.get("subject", "").strip()[:300],
            begins_at=_said(said["notBefore"]),
            ends_at=_said(said["notAfter"]),
        )
    except (StopIteration, KeyError, ValueError):
        raise NoKey("no X.509 certificate") from None


def signed(content: bytes, signature: bytes, keys: Sequence[SigningKey], *, is_opaque: bool) -> Signed:
    """Who of the owners of the keys signed the content, and when; raises Unproven if none of them did, or if he didn't say when."""
    if not is_here():
        raise Unproven("no-openssl")
    try:
        signers = cms.signers(signature)
    except ValueError as fault:
        raise Unproven("signature-form") from fault
    if len(signers) != 1:
        raise Unproven("several-signers")
    if signers[0].at is None:
        raise Unproven("no-signing-time")
    with TemporaryDirectory(prefix="mailgate-smime-") as folder:
        names = {name: Path(folder) / name for name in ("signature", "content", "key", "out")}
        names["signature"].write_bytes(signature)
        names["content"].write_bytes(content)
        for key in keys:
            names["key"].write_text(key.text)
            words = ["cms", "-verify", "-inform", "DER", "-in", str(names["signature"]), "-binary", "-out", str(names["out"])]
            words += ["-certfile", str(names["key"]), "-nointern", "-noverify"]
            words += [] if is_opaque else ["-content", str(names["content"])]
            if _openssl(*words).returncode == 0 and names["out"].read_bytes() == content:
                return Signed(key=key, at=signers[0].at, digest=_DIGESTS.get(signers[0].digest, ""))
    raise Unproven("signature-wrong")


def _openssl(*words: str, stdin: str = "") -> subprocess.CompletedProcess[bytes]:
    # the site's own configuration may load engines and lower what counts as good
    surroundings = {"PATH": "/usr/local/bin:/usr/bin:/bin", "OPENSSL_CONF": "/dev/null", "LC_ALL": "C.UTF-8"}
    try:
        return subprocess.run(
            [shutil.which("openssl") or "openssl", *words],
            input=stdin.encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env=surroundings,
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        return subprocess.CompletedProcess(words, 1, b"", str(fault).encode())


def _pem(der: bytes) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}-----END CERTIFICATE-----\n"


def _said(moment: str) -> datetime:
    """A moment in openssl's words: `Nov 22 10:00:00 2026 GMT`."""
    return datetime.strptime(moment.strip().removesuffix(" GMT"), "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
