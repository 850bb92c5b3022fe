"""Who a mail is from must be read one way only, or agents can be impersonated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.reading import sender

AMBIGUOUS = {
    "phrase with an address": b"agent@corp.test <mal@evil.test>",
    "two angles": b"<agent@corp.test><mal@evil.test>",
    "comment": b"agent@corp.test (mal@evil.test)",
    "comment before angle": b"Ada (agent@corp.test) <mal@evil.test>",
    "group": b"Desk: agent@corp.test;",
    "two mailboxes": b"agent@corp.test, mal@evil.test",
    "nul": b"agent@corp.test\0 <mal@evil.test>",
    "nul inside": b"agent@corp.test\0",
    "folded in the middle": b"agent@corp\r\n .test",
    "folded second address": b"agent@corp.test\r\n <mal@evil.test>",
    "encoded word address": b"=?utf-8?q?agent=40corp.test?=",
    "encoded word in the angle": b"<=?utf-8?q?agent?=@corp.test>",
    "route": b"<@evil.test:agent@corp.test>",
    "text behind": b"<mal@evil.test> agent@corp.test",
    "double dot": b"ag..ent@corp.test",
    "no domain": b"agent",
    "empty angle": b"Ada <>",
    "open quote": b'"Ada <agent@corp.test>',
    "line separator": "agent@corp.test\u2028 <mal@evil.test>".encode(),
    "right-to-left": "agent@corp.test\u202e".encode(),
    "zero width": "ag\u200bent@corp.test".encode(),
    "legacy bytes in the address": b"J\xf6rg <j\xf6rg@corp.test>",
    "injection": b"a@b.test>\r\n RCPT TO:<c@d.test",
}


@pytest.mark.parametrize("raw", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_an_ambiguous_from_gives_no_identity(raw: bytes) -> None:
    """Otherwise one library would see the agent and another the attacker, and his command would run."""
    assert sender.identify([raw]) == ("", "from-syntax")


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        (b"ada@corp.test", "ada@corp.test"),
        (b"<ada@corp.test>", "ada@corp.test"),
        (b" Ada Lovelace <ada@corp.test>\r\n", "ada@corp.test"),
        (b'"Lovelace, Ada (IT) <x>" <ada@corp.test>', "ada@corp.test"),
        (b'"ada@corp.test" <mal@evil.test>', "mal@evil.test"),
        (b'"quo\\"ted" <ada@corp.test>', "ada@corp.test"),
        (b"=?utf-8?q?Ada_=40home?= <ada@corp.test>", "ada@corp.test"),
        (b"Dr. A. Lovelace\r\n\t<ada@corp.test>", "ada@corp.test"),
        ("Jiří Novák <jiri@příklad.test>".encode(), "jiri@příklad.test"),
        (b"J\xf6rg M\xfcller <joerg@corp.test>", "joerg@corp.test"),
        (b'"john doe"@corp.test', '"john doe"@corp.test'),
        (b"a+tag/x=y@sub.corp.test.", "a+tag/x=y@sub.corp.test."),
    ],
)
def test_a_plain_from_gives_its_address(raw: bytes, address: str) -> None:
    """Ordinary customers and agents must be recognised whatever their display name holds."""
    assert sender.identify([raw]) == (address, "")


def test_several_or_no_from_fields_give_no_identity() -> None:
    """Two From fields are the oldest trick against mail programs that show one and check the other."""
    assert sender.identify([]) == ("", "from-missing")
    assert sender.identify([b"  "]) == ("", "from-missing")
    assert sender.identify([b"ada@corp.test", b"mal@evil.test"]) == ("", "from-count")
    assert sender.identify([b"ada@corp.test", b"ada@corp.test"]) == ("", "from-count")


@given(st.binary(max_size=300))
def test_any_bytes_give_an_identity_or_a_reason(raw: bytes) -> None:
    """A crash here would park mail; an address with specials in it could break out of an envelope."""
    address, fault = sender.identify([raw])
    assert bool(address) != bool(fault)
    assert not any(sign in address for sign in "<>()[]:;,\\\r\n\0 ") or address.startswith('"')


@given(st.text(alphabet='ab@<>", ().:;=?\\\0\n', max_size=40))
def test_an_identity_is_always_one_address_that_stands_in_the_field(value: str) -> None:
    """What the recogniser returns must be something the sender wrote, with exactly one `@` that counts."""
    address, _ = sender.identify([value])
    if address:
        assert address in value
        assert address.rpartition("@")[0].count("@") == 0 or address.startswith('"')
