"""Keys made on the spot and a mail to sign, for the tests of both directions."""

from __future__ import annotations

import nacl.signing
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

MAIL = (
    b"From: Kim <kim@client.test>\r\nTo: support@desk.example\r\nSubject: printer\r\nDate: Mon, 30 Nov 2026 09:00:00 +0200\r\n"
    b"Message-ID: <1@client.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"It is  out of\ttoner. \r\n\r\nKim\r\n\r\n\r\n"
)


GOOD, WEAK = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 1024)
SEED = nacl.signing.SigningKey.generate()


def pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey, form: str = "PKCS8") -> bytes:
    shape = serialization.PrivateFormat.TraditionalOpenSSL if form == "PKCS1" else serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, shape, serialization.NoEncryption())
