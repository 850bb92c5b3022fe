"""What a PGP or S/MIME signature proves, and what it doesn't: every way that was thought of to make it prove more."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pysequoia
import pytest

from mailgate.trust import pgp, sealed, smime
from mailgate.trust.seals import NoKey
from rules.facts.mail import Verified
from rules.facts.people import SigningKey
from tests.trust.signing import (
    by_pgp,
    by_smime,
    certificate,
    header,
    opaque,
    part,
    pgp_key,
    pgp_public,
    pgp_signature,
    smime_signature,
)
from tests.trust.signing import sealed as mail_of

ANNA = "Anna <anna@staff.example>"
ADDRESS = "anna@staff.example"
HEAD = header(ADDRESS, "[T1]", "1")


def keys() -> list[SigningKey]:
    """Anna's keys as they are on file."""
    return [pgp.read(pgp_public(ANNA)), smime.read(certificate(ADDRESS).certificate.encode())]


def verdict(raw: bytes, *, at: datetime | None = None, on_file: list[SigningKey] | None = None) -> Verified:
    """The one verdict on a mail."""
    (found,) = sealed.verify(raw, keys() if on_file is None else on_file, at or datetime.now(UTC))
    return found


def good(method: str, text: str = "#close") -> bytes:
    """A mail of Anna's that is signed as it should be."""
    return by_pgp(ANNA, HEAD, text) if method == "pgp" else by_smime(certificate(ADDRESS), HEAD, text)


@pytest.mark.parametrize("method", ["pgp", "smime"])
def test_a_signature_by_a_key_on_file_is_a_pass(method: str) -> None:
    """Who takes the trouble to sign would be asked `was this you?` all the same."""
    found = verdict(good(method))
    assert (found.method, found.result) == (method, "pass")
    assert found.proof and found.why in {key.fingerprint for key in keys()}


def test_a_mail_that_is_one_signature_is_a_pass() -> None:
    """Outlook sends opaque signatures unless it is told not to."""
    assert verdict(opaque(certificate(ADDRESS), HEAD, "#close")).result == "pass"


def test_plain_line_ends_of_a_file_do_no_harm() -> None:
    """A mail from a Maildir or a pipe has lost its CRs."""
    assert verdict(good("pgp").replace(b"\r\n", b"\n")).result == "pass"


def _unsigned(raw: bytes, method: str) -> bytes:
    return raw.replace(b"#close", b"#merge T2")


def _text_above(raw: bytes, method: str) -> bytes:
    head, _, body = raw.partition(b"Content-Type: multipart/signed")
    inner = b"Content-Type: multipart/signed" + body
    return head + b'Content-Type: multipart/mixed; boundary="out"\r\n\r\n--out\r\n\r\n#spam\r\n--out\r\n' + inner + b"\r\n--out--\r\n"


def _text_below(raw: bytes, method: str) -> bytes:
    head, _, body = raw.partition(b"Content-Type: multipart/signed")
    inner = b"Content-Type: multipart/signed" + body
    return head + b'Content-Type: multipart/mixed; boundary="out"\r\n\r\n--out\r\n' + inner + b"\r\n--out\r\n\r\n#spam\r\n--out--\r\n"


def _third_part(raw: bytes, method: str) -> bytes:
    return raw.replace(b"--sEaLeD--", b"--sEaLeD\r\nContent-Type: text/plain\r\n\r\n#spam\r\n--sEaLeD--")


def _part_before(raw: bytes, method: str) -> bytes:
    return raw.replace(b"--sEaLeD\r\n", b"--sEaLeD\r\nContent-Type: text/plain\r\n\r\n#spam\r\n--sEaLeD\r\n", 1)


def _behind_the_end(raw: bytes, method: str) -> bytes:
    return raw + b"\r\n--sEaLeD\r\nContent-Type: text/plain\r\n\r\n#spam\r\n--sEaLeD--\r\n"


def _open_end(raw: bytes, method: str) -> bytes:
    return raw.replace(b"--sEaLeD--", b"")


def _two_types(raw: bytes, method: str) -> bytes:
    return raw.replace(b"MIME-Version", b'Content-Type: multipart/mixed; boundary="sEaLeD"\r\nMIME-Version')


def _two_inner_types(raw: bytes, method: str) -> bytes:
    return raw.replace(b"Content-Type: text/plain; charset=utf-8", b"Content-Type: text/html\r\nContent-Type: text/plain; charset=utf-8")


def _encoded_around(raw: bytes, method: str) -> bytes:
    return raw.replace(b"MIME-Version", b"Content-Transfer-Encoding: base64\r\nMIME-Version")


def _other_protocol(raw: bytes, method: str) -> bytes:
    other = b"application/pkcs7-signature" if method == "pgp" else b"application/pgp-signature"
    return re.sub(rb'protocol="[^"]*"', b'protocol="' + other + b'"', raw)


def _no_protocol(raw: bytes, method: str) -> bytes:
    return re.sub(rb' protocol="[^"]*";', b"", raw)


def _other_digest(raw: bytes, method: str) -> bytes:
    return re.sub(rb"micalg=[^;]*", b"micalg=pgp-sha1" if method == "pgp" else b"micalg=sha1", raw)


def _no_digest(raw: bytes, method: str) -> bytes:
    return re.sub(rb" micalg=[^;]*;", b"", raw)


def _nested(raw: bytes, method: str) -> bytes:
    inner = raw[raw.index(b"Content-Type: multipart/signed") :]
    head = HEAD + b'Content-Type: multipart/signed; protocol="application/pgp-signature"; micalg=pgp-sha512; boundary="n"\r\n\r\n'
    return head + b"--n\r\n" + inner + b"\r\n--n\r\nContent-Type: application/pgp-signature\r\n\r\nno signature\r\n--n--\r\n"


def _attached(raw: bytes, method: str) -> bytes:
    head = (
        HEAD + b'Content-Type: multipart/mixed; boundary="out"\r\n\r\n--out\r\n\r\n#spam\r\n--out\r\nContent-Type: message/rfc822\r\n\r\n'
    )
    return head + raw + b"\r\n--out--\r\n"


def _signature_as_text(raw: bytes, method: str) -> bytes:
    kind = b"application/pgp-signature" if method == "pgp" else b"application/pkcs7-signature"
    return raw.replace(b"Content-Type: " + kind, b"Content-Type: text/plain")


def _blank_at_end(raw: bytes, method: str) -> bytes:
    return raw.replace(b"#close", b"#close ")


def _parts_swapped(raw: bytes, method: str) -> bytes:
    head, first, second, end = raw.split(b"--sEaLeD", 3)
    return b"--sEaLeD".join((head, second, first, end))


TRICKS: tuple[Callable[[bytes, str], bytes], ...] = (
    _unsigned,
    _text_above,
    _text_below,
    _third_part,
    _part_before,
    _behind_the_end,
    _open_end,
    _two_types,
    _two_inner_types,
    _encoded_around,
    _other_protocol,
    _no_protocol,
    _other_digest,
    _no_digest,
    _nested,
    _attached,
    _signature_as_text,
    _blank_at_end,
    _parts_swapped,
)


@pytest.mark.parametrize("method", ["pgp", "smime"])
@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.__name__.strip("_"))
def test_no_trick_makes_a_true_signature_vouch_for_more(trick: Callable[[bytes, str], bytes], method: str) -> None:
    """Mail programs have shown foreign text as signed in each of these ways."""
    raw = good(method)
    forged = trick(raw, method)
    assert forged != raw
    assert not any(each.result == "pass" or each.proof for each in sealed.verify(forged, keys(), datetime.now(UTC)))


def test_an_armored_text_within_a_mail_is_no_signed_mail() -> None:
    """What stands around the armor looks the same to a reader as what stands within."""
    signed = pysequoia.sign(pgp_key(ANNA).signer(), b"#close\n", mode=pysequoia.SignatureMode.CLEAR)
    found = verdict(HEAD + b"Content-Type: text/plain\r\n\r\n#merge T2\r\n" + bytes(signed))
    assert (found.result, found.why) == ("none", "signed-within-text")


@pytest.mark.parametrize("method", ["pgp", "smime"])
def test_the_key_of_somebody_else_proves_nothing(method: str) -> None:
    """Anybody can make a key that bears Anna's name."""
    stranger = (
        by_pgp("Anna <anna@staff.example> ", HEAD, "#close") if method == "pgp" else by_smime(certificate(ADDRESS, 20), HEAD, "#close")
    )
    assert verdict(stranger).why == "signature-wrong"
    assert verdict(good(method), on_file=[]).why == "no-key"


def test_the_time_of_a_signature_has_to_be_lately() -> None:
    """A signed mail that somebody kept for the right moment would act then."""
    raw, now = good("pgp"), datetime.now(UTC)
    assert verdict(raw, at=now + timedelta(hours=47)).result == "pass"
    assert verdict(raw, at=now + timedelta(hours=49)).why == "signed-long-ago"
    assert verdict(raw, at=now - timedelta(minutes=20)).why == "signed-in-future"
    raw = good("smime")
    assert verdict(raw, at=now + timedelta(hours=47)).result == "pass"
    assert verdict(raw, at=now + timedelta(hours=49)).why == "signed-long-ago"


def test_keys_that_ended_or_were_revoked_prove_nothing() -> None:
    """A key is changed because the old one is in wrong hands."""
    secret, raw, now = pgp_key("Eva <eva@staff.example>"), by_pgp("Eva <eva@staff.example>", HEAD, "#close"), datetime.now(UTC)
    public = secret.extract_certificate()
    ended = public.set_expiration(now + timedelta(hours=1), secret.certifier())
    on_file = [pgp.read(str(ended).encode())]
    assert verdict(raw, on_file=on_file).result == "pass"
    assert verdict(raw, on_file=on_file, at=now + timedelta(hours=2)).why == "key-ended"
    revoked = bytes(public) + bytes(public.revoke(secret.certifier()))
    with pytest.raises(NoKey, match="revoked"):
        pgp.read(revoked)
    on_file = [SigningKey(kind="pgp", fingerprint=public.fingerprint.upper(), text=str(pysequoia.Cert.from_bytes(revoked)))]
    assert verdict(raw, on_file=on_file).why == "signature-wrong"
    short = smime.read(certificate("eva@staff.example", 1).certificate.encode())
    raw = by_smime(certificate("eva@staff.example", 1), HEAD, "#close")
    assert verdict(raw, on_file=[short]).result == "pass"
    assert verdict(raw, on_file=[short], at=now + timedelta(hours=25)).why == "key-ended"


@pytest.mark.parametrize("digest", ["sha1", "sha224"])
def test_weak_digests_prove_nothing(digest: str) -> None:
    """Two mails of the same SHA-1 digest can be made; one would be shown to the signer."""
    content = part("#close")
    raw = mail_of(HEAD, content, smime_signature(certificate(ADDRESS), content, "-md", digest), method="smime", micalg=digest)
    assert verdict(raw).result == "none"


def test_a_signature_that_is_written_anew_is_the_same_one() -> None:
    """Armor, boundaries, the other header fields and other S/MIME forms are free to whoever caught a mail; each would be a fresh signature."""
    raw = good("pgp")
    written = re.sub(rb"-----BEGIN PGP SIGNATURE-----\r?\n", b"-----BEGIN PGP SIGNATURE-----\nComment: anew\n", raw)
    other = raw.replace(b"sEaLeD", b"aNeW").replace(b"[T1]", b"[T2]").replace(b"<1@", b"<2@")
    assert verdict(raw).proof == verdict(written).proof == verdict(other).proof
    content = part("#close")
    data = smime_signature(certificate(ADDRESS), content)
    bare = smime_signature(certificate(ADDRESS), content, "-nocerts")
    one, two = (verdict(mail_of(HEAD, content, each, method="smime")) for each in (data, bare))
    assert one.result == two.result == "pass"
    if one.proof != two.proof:  # made in two different seconds
        two = verdict(mail_of(HEAD, content, smime_signature(certificate(ADDRESS), content, "-nocerts"), method="smime"))
    inside = verdict(opaque(certificate(ADDRESS), HEAD, "#close"))
    assert inside.result == "pass"


def test_s_mime_without_a_time_or_with_two_signers_proves_nothing() -> None:
    """Without a time it would be good for ever; the second signer may be anybody."""
    content = part("#close")
    data = smime_signature(certificate(ADDRESS), content, "-noattr")
    assert verdict(mail_of(HEAD, content, data, method="smime")).why == "no-signing-time"
    import tempfile
    from pathlib import Path

    mal = certificate("mal@evil.test")
    with tempfile.TemporaryDirectory() as folder:
        cert, key = Path(folder) / "c", Path(folder) / "k"
        cert.write_text(mal.certificate)
        key.write_text(mal.secret)
        data = smime_signature(certificate(ADDRESS), content, "-signer", str(cert), "-inkey", str(key))
    assert verdict(mail_of(HEAD, content, data, method="smime")).why == "several-signers"


def test_a_signed_part_that_repeats_the_header_has_to_agree_with_it() -> None:
    """RFC 9788: the subject that was signed is not the one that the mail bears."""
    for subject, result in (("[T1]", "pass"), ("[T2]", "none")):
        content = f'Content-Type: text/plain; hp="clear"\r\nSubject: {subject}\r\nFrom: {ADDRESS}\r\n\r\n#close'.encode()
        found = verdict(mail_of(HEAD, content, pgp_signature(ANNA, content)))
        assert found.result == result, found
    assert found.why == "headers-differ"


@pytest.mark.parametrize(
    "data", [b"", b"x", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----"]
)
@pytest.mark.parametrize("method", ["pgp", "smime"])
def test_bytes_that_are_no_signature_are_none(data: bytes, method: str) -> None:
    """A broken signature would park the mail, or end the daemon."""
    content = part("#close")
    assert verdict(mail_of(HEAD, content, data, method=method)).result == "none"


def test_cut_and_changed_signatures_never_pass_and_never_raise() -> None:
    """Each octet of a signature is a stranger's."""
    content = part("#close")
    for method, data in (("smime", smime_signature(certificate(ADDRESS), content)), ("pgp", pgp_signature(ANNA, content))):
        for n in range(0, len(data), 37):
            cut = verdict(mail_of(HEAD, content, data[:n], method=method))
            assert cut.result == "none"
    data = bytearray(base64.b64decode(base64.b64encode(smime_signature(certificate(ADDRESS), content))))
    data[-9] ^= 1
    assert verdict(mail_of(HEAD, content, bytes(data), method="smime")).result == "none"


def test_keys_that_must_not_be_kept_are_refused() -> None:
    """A secret key on the desk's disk is a copy too many."""
    with pytest.raises(NoKey, match="secret"):
        pgp.read(str(pgp_key(ANNA)).encode() if "PRIVATE" in str(pgp_key(ANNA)) else bytes(pgp_key(ANNA)))
    with pytest.raises(NoKey, match="private"):
        smime.read((certificate(ADDRESS).certificate + certificate(ADDRESS).secret).encode())
    with pytest.raises(NoKey, match="several"):
        smime.read((certificate(ADDRESS).certificate + certificate("mal@evil.test").certificate).encode())
    for data in (b"", b"nothing", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(NoKey):
            (smime if b"CERT" in data else pgp).read(data)


def test_a_signature_of_a_million_pieces_costs_little() -> None:
    """Who knows an agent's address and that he signs could keep the handler busy with one mail."""
    import time

    octets = b"\x24\x80" + b"\x04\x00" * 3_000_000 + b"\x00\x00"
    bomb = bytes.fromhex("308006092a864886f70d010702a0803080020101310030800609 2a864886f70d010701a080") + octets
    for mail in (
        HEAD
        + b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(bomb),
        mail_of(HEAD, part("#close"), b"\x30\x80" * 100_000, method="smime"),
        mail_of(HEAD, part("#close"), b"\x30\x80" + b"\x04\x00" * 120_000, method="smime"),
        mail_of(HEAD, part("#close"), b"-----BEGIN PGP SIGNATURE-----\r\n\r\n" + b"A" * 200_000, method="pgp"),
    ):
        began = time.process_time()
        assert not any(each.result == "pass" for each in sealed.verify(mail, keys(), datetime.now(UTC)))
        assert time.process_time() - began < 1.5
