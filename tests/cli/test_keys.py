"""Keys on file at the command line: put there, shown, taken off, refused."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from mailgate.trust import pgp, sealed
from tests.cli.conftest import Desk
from tests.trust.signing import certificate, header, pgp_key, pgp_public
from tests.trust.signing import sealed as mail_of


def test_keys_of_agents_and_persons_are_kept_shown_and_taken_off(desk: Desk, tmp_path: Path) -> None:
    """A key that can't be compared or withdrawn is none to believe."""
    mine, cert = tmp_path / "anna.asc", tmp_path / "anna.pem"
    mine.write_bytes(pgp_public("Anna <anna@staff.example>"))
    cert.write_text(certificate("anna@staff.example").certificate)
    shown = desk.ok("agent", "edit", "anna", "--key", str(mine), "--key", str(cert))
    first = pgp.read(mine.read_bytes()).fingerprint
    assert {key["kind"] for key in shown["keys"]} == {"pgp", "smime"}
    assert first in {key["fingerprint"] for key in desk.ok("agent", "show", "anna")["keys"]}
    assert any(key["ends_at"] for key in shown["keys"])
    assert first in desk.run("agent", "show", "anna").out
    assert "anna already" in desk.run("agent", "edit", "ben", "--key", str(mine)).err
    assert desk.run("agent", "edit", "anna", "--key", "-00000000").code == 3
    left = desk.ok("agent", "edit", "anna", "--key", f"-{first[-16:].lower()}")["keys"]
    assert [key["kind"] for key in left] == ["smime"]
    kim = desk.ok("person", "add", "kim@client.example", "--key", str(mine))
    assert [key["fingerprint"] for key in kim["keys"]] == [first]
    desk.ok("person", "remove", "kim@client.example")
    desk.ok("agent", "edit", "ben", "--key", str(mine))
    desk.ok("agent", "remove", "ben", "--yes")
    desk.ok("agent", "edit", "anna", "--key", str(mine))


def test_an_erased_persons_key_is_gone_too(desk: Desk, tmp_path: Path) -> None:
    """A public key is full of its owner's names."""
    path = tmp_path / "kim.asc"
    path.write_bytes(pgp_public("Kim Korhonen <kim@client.example>"))
    desk.ok("person", "add", "kim@client.example", "--name", "Kim Korhonen", "--key", str(path))
    body = max(path.read_bytes().splitlines(), key=len)
    assert body in (desk.folder / "var" / "desk.db").read_bytes() + _log(desk)
    desk.ok("erase", "kim@client.example", "--yes")
    assert body not in (desk.folder / "var" / "desk.db").read_bytes() + _log(desk)


def _log(desk: Desk) -> bytes:
    path = desk.folder / "var" / "desk.db-wal"
    return path.read_bytes() if path.exists() else b""


def test_the_doctor_warns_of_a_key_that_ends(desk: Desk, tmp_path: Path) -> None:
    """On the day after, its owner's mails would be held and nobody would know why."""
    path = tmp_path / "anna.pem"
    path.write_text(certificate("anna@staff.example", 5).certificate)
    desk.ok("agent", "edit", "anna", "--key", str(path))
    said = desk.run("--json", "doctor").out
    assert "key of anna" in said and "--key FILE" in said


def test_files_that_are_no_public_key_are_refused_with_a_sentence(desk: Desk, tmp_path: Path) -> None:
    """A secret key would lie in every backup of the desk."""
    path = tmp_path / "key"
    for data, word in ((bytes(pgp_key("Anna")), "secret key"), (b"hello", "no OpenPGP"), (b"-----BEGIN CERTIFICATE-----", "no X.509")):
        path.write_bytes(data)
        said = desk.run("agent", "edit", "anna", "--key", str(path))
        assert said.code == 1 and word in said.err and "Traceback" not in said.err
    assert desk.run("agent", "edit", "anna", "--key", str(tmp_path / "nothing")).code == 1
    assert desk.ok("agent", "show", "anna")["keys"] == []


def test_a_key_of_gnupg_is_read_and_its_mails_are_believed(tmp_path: Path) -> None:
    """People don't make their keys with our library."""
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    gpg = [
        "gpg",
        "--homedir",
        str(home),
        "--batch",
        "--quiet",
        "--pinentry-mode",
        "loopback",
        "--passphrase",
        "",
        "--digest-algo",
        "SHA512",
    ]
    subprocess.run([*gpg, "--quick-gen-key", "anna@staff.example", "ed25519", "sign", "never"], check=True, capture_output=True)
    try:
        key = pgp.read(subprocess.run([*gpg, "--export"], check=True, capture_output=True).stdout)
        content = b"Content-Type: text/plain\r\n\r\nprio high\r\n"
        for words in ([], ["--textmode"]):
            signature = subprocess.run([*gpg, "--detach-sign", "--armor", *words], input=content, check=True, capture_output=True).stdout
            raw = mail_of(header("anna@staff.example", "x", "1"), content, signature)
            (found,) = sealed.verify(raw, [key], datetime.now(UTC))
            assert found.result == "pass", found
    finally:
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)
