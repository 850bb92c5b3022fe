"""What inputs are given to, and what must hold of whatever comes out. A target raises if something is wrong, and nothing else does."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from mailgate.parsing import packing, parse, reading
from mailgate.parsing.htmltext import to_text
from mailgate.trust import pgp, sealed, smime
from rules import tokens
from rules.actions.base import read
from rules.actions.words import Misread
from rules.facts.mail import Envelope, Unreadable
from rules.facts.people import SigningKey
from rules.reading import absence, authresults, commands, forwards, language, partners, quoting, sender, subject, thanks
from tests.fuzz import grow
from tests.rules.test_vocabulary import WORDS


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to be broken."""

    make: Callable[[random.Random], bytes]
    """An input of the kind that it takes."""
    take: Callable[[bytes], None]


def parser(raw: bytes) -> None:
    """A mail comes out clean or is unreadable; its files are found again; nothing is lost on the way between processes."""
    try:
        mail = parse.parse(raw)
    except Unreadable:
        return
    for said in (
        mail.subject,
        mail.text,
        mail.sender.name,
        mail.sender.address,
        *(v for _, v in mail.headers),
        *(p.name for p in mail.parts),
    ):
        assert is_clean(said), f"a control character came through in {said[:80]!r}"
    for part in mail.parts:
        assert part.name and not set(part.name) & {"/", "\\"}, part.name
        assert hashlib.sha256(parse.part_bytes(raw, part.path)).hexdigest() == part.sha256
    assert packing.unpack(packing.pack(mail)) == mail
    envelope = Envelope(door="smtp", sender="kim@client.example", recipients=("support@desk.example",))
    said_of_it = reading.described(mail, raw, envelope, ("support@desk.example",))
    assert said_of_it["bytes"] == len(raw)


def reader(raw: bytes) -> None:
    """What somebody wrote is told from what he quoted, and no word of his is lost."""
    text = raw.decode("utf-8", "replace")
    words = quoting.written(text)
    quoting.unquoted(text)
    found = commands.find(words.text)
    for line in (*found.lines, *found.inside):
        assert 1 <= line.number <= len(words.text.split("\n"))
    for ask in (forwards.find, commands.first_words, partners.end_customer, tokens.find_all, tokens.read):
        ask(text)
    thanks.is_only_thanks(text, has_files=False)
    language.detect(text, ("en", "de", "fi", "cs"))


def command(raw: bytes) -> None:
    """A line is an action or a question, and an action's own spelling reads as the same action."""
    line = raw.decode("utf-8", "replace")
    try:
        action = read(line, WORDS)
    except Misread:
        return
    spelled = action.spell()
    assert read(spelled, WORDS).spell() == spelled, line


def fields(raw: bytes) -> None:
    """Header fields of strangers are read or not, in time and without a fault."""
    text = raw.decode("utf-8", "surrogateescape")
    identity, fault = sender.identify([text])
    assert bool(identity) != bool(fault)
    assert identity == "" or identity.lower() in text.lower(), "an identity that isn't in the field"
    authresults.read(text)
    authresults.received(text)
    plain = raw.decode("utf-8", "replace")
    subject.read(plain)
    absence.says_automatic(plain, plain, is_answer=True)
    absence.may_be_automatic(plain)
    partners.reference(plain, plain, ())


SIGNED = Path(__file__).parent / "signed"
SIGNED_AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
SAID = "#close quietly, please"


@cache
def signed_mails() -> tuple[bytes, ...]:
    """True signatures of each kind, to be broken."""
    return tuple(path.read_bytes() for path in sorted(SIGNED.glob("*.eml")))


@cache
def keys_on_file() -> tuple[SigningKey, ...]:
    """The signer's keys."""
    return (pgp.read((SIGNED / "key.asc").read_bytes()), smime.read((SIGNED / "key.pem").read_bytes()))


def broken_seal(dice: random.Random) -> bytes:
    """A signed mail with bytes of it changed, cut out, doubled, or lines of strangers put in."""
    raw = bytearray(dice.choice(signed_mails()))
    for _ in range(dice.randrange(1, 6)):
        at = dice.randrange(len(raw))
        match dice.randrange(5):
            case 0:
                raw[at] = dice.randrange(256)
            case 1:
                del raw[at : at + dice.randrange(1, 40)]
            case 2:
                raw[at:at] = raw[at : at + dice.randrange(1, 200)]
            case 3:
                raw[at:at] = dice.choice((b"\r\n#spam\r\n", b"\r\n--sEaLeD\r\n", b"\r\n\r\n", b"Content-Type: text/plain\r\n", b" ", b"\0"))
            case _:
                raw += dice.choice((b"--sEaLeD\r\n\r\n#spam\r\n--sEaLeD--\r\n", b"#spam\r\n"))
    return bytes(raw)


def seal(raw: bytes) -> None:
    """What passes as signed says what was signed and nothing else; nothing raises."""
    found = sealed.verify(raw, keys_on_file(), SIGNED_AT)
    if any(each.result == "pass" for each in found):
        read = parse.parse(raw)
        assert read.text.strip() == SAID, read.text
        assert all(each.proof for each in found)


def page(raw: bytes) -> None:
    """HTML becomes text without hidden characters."""
    text, _ = to_text(raw.decode("utf-8", "replace"))
    assert "\x00" not in text


def is_clean(text: str) -> bool:
    """Whether there is nothing in it that moves a cursor or ends a line where none ends."""
    return not any((sign < " " and sign not in "\n\t") or "\x7f" <= sign < "\xa0" or "\ud800" <= sign < "\ue000" for sign in text)


TARGETS: dict[str, Target] = {
    "parser": Target(grow.mail, parser),
    "reader": Target(lambda dice: grow.text(dice).encode("utf-8", "replace"), reader),
    "command": Target(lambda dice: grow.lines(dice).encode("utf-8", "replace"), command),
    "fields": Target(lambda dice: grow.value(dice).encode("utf-8", "replace"), fields),
    "seal": Target(broken_seal, seal),
    "page": Target(lambda dice: grow.markup(dice).encode("utf-8", "replace"), page),
}
"""Name of each target, which is the folder of its seeds too."""
