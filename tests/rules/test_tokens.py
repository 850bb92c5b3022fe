"""Tokens: made for one mail, one recipient and one purpose, and worthless after any change."""

from __future__ import annotations

import base64
import dataclasses
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rules import tokens
from rules.facts.sent import RecipientKind, Sent
from rules.facts.terms import ReplyMeaning

AT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
KEYS = {1: b"an older key of the desk, 32 byte", 2: b"the key that signs at this moment"}


def sent(**changes: object) -> Sent:
    base = Sent(
        outbox_id=4711,
        template="appended",
        recipient="Anna@Corp.example",
        recipient_kind=RecipientKind.agent,
        ticket_ref="T42",
        ticket_id=42,
        reply_meaning=ReplyMeaning.public,
        created_at=AT,
        command_until=AT + timedelta(days=180),
        buttons={"close": "close", "rate4": "rate 4", "b3": "assign anna"},
    )
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]


def token_of(text: str) -> tokens.Token:
    token = tokens.read(text)
    assert token is not None, text
    return token


rows = st.builds(
    sent,
    outbox_id=st.integers(1, 10**12),
    recipient=st.from_regex(r"[a-zA-Z0-9.+]{1,12}@[a-z0-9]{1,9}\.(fi|example)", fullmatch=True),
    ticket_ref=st.text(max_size=20),
    buttons=st.dictionaries(st.from_regex(r"[a-z0-9]{2,12}", fullmatch=True), st.text(max_size=40), min_size=1, max_size=4),
)


@given(row=rows, data=st.data())
def test_every_token_is_found_again_and_fits_an_address(row: Sent, data: st.DataObject) -> None:
    """A customer's reply would start a new ticket if any reference, id or button made a token that isn't read back."""
    key = data.draw(st.sampled_from([tokens.REPLY, tokens.ID, *row.buttons]))
    text = tokens.make(row, key, KEYS)
    assert len(text) <= tokens.ROOM
    assert str(token_of(text)) == text
    assert tokens.verify(token_of(text.upper()), KEYS, row)
    if key == tokens.ID:
        assert tokens.read(tokens.message_id(text, "desk.example")) == token_of(text)
        return
    for sign in "+-=_.":
        written = tokens.address("help-desk.number-007@desk.example", text, sign)
        assert len(written.rpartition("@")[0]) <= 64
        assert tokens.read(written) == token_of(text)
        assert tokens.read(written.upper()) == token_of(text)
    assert tokens.find_all(f"Re: #{key} [{text}] thanks") == (token_of(text),)


CHANGES: dict[str, dict[str, object]] = {
    "ticket": {"ticket_ref": "T43"},
    "ticket whose label looks the same": {"ticket_ref": "T-42"},
    "recipient": {"recipient": "anna@corp.example.net"},
    "outbox row": {"outbox_id": 4712},
    "end of the command right": {"command_until": AT + timedelta(days=181)},
    "no command right": {"command_until": None},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("key", [tokens.REPLY, tokens.ID])
def test_a_token_is_refused_for_any_other_mail(change: dict[str, object], key: str) -> None:
    """One agent's address must not act on another ticket, in another's name, or for longer than it was given."""
    token = token_of(tokens.make(sent(), key, KEYS))
    assert tokens.verify(token, KEYS, sent())
    assert not tokens.verify(token, KEYS, sent(**change))
    moved = dataclasses.replace(token, outbox_id=4712)
    assert not tokens.verify(moved, KEYS, sent(outbox_id=4712))


@pytest.mark.parametrize(
    "change",
    [
        {"created_at": AT + timedelta(seconds=1)},
        {"press_until": AT + timedelta(days=1)},
        {"buttons": {"close": "close quiet"}},
        {"buttons": {"rate4": "close"}},
        {"buttons": {}},
    ],
)
def test_a_button_does_only_the_line_it_was_made_for(change: dict[str, object]) -> None:
    """A tap on *Close* must never carry out a line that took its place in the row later, nor live longer."""
    token = token_of(tokens.make(sent(), "close", KEYS))
    assert tokens.verify(token, KEYS, sent())
    assert not tokens.verify(token, KEYS, sent(**change))


def test_purposes_cannot_stand_in_for_each_other() -> None:
    """A Message-ID is seen by every list archive: it must not become a reply address, nor an address a button."""
    made = {key: token_of(tokens.make(sent(), key, KEYS)) for key in (tokens.REPLY, tokens.ID, "close", "rate4", "b3")}
    assert len({token.mac for token in made.values()}) == len(made)
    for key, token in made.items():
        for other in made:
            assert tokens.verify(dataclasses.replace(token, key=other), KEYS, sent()) is (key == other)
    reply, ident = tokens.make(sent(), tokens.REPLY, KEYS), tokens.make(sent(), tokens.ID, KEYS)
    assert tokens.read(f"<{reply}@desk.example>") is None
    assert tokens.read(f"support+{ident}@desk.example") is None
    assert tokens.find_all(ident) == ()


@given(place=st.integers(0, 60), char=st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789-"))
def test_a_token_with_any_character_changed_is_refused(place: int, char: str) -> None:
    """A guess that is near must be worth no more than one that is far."""
    text = tokens.make(sent(), tokens.REPLY, KEYS)
    place %= len(text)
    assume(text[place] != char)
    changed = tokens.read(text[:place] + char + text[place + 1 :])
    assert changed is None or not tokens.verify(changed, KEYS, sent())


@given(row=rows, other=rows)
def test_no_two_mails_share_a_token(row: Sent, other: Sent) -> None:
    """Fields are framed by their length, so that text moved from one field to the next gives another MAC."""
    facts = [(each.outbox_id, each.ticket_ref, each.recipient_key) for each in (row, other)]
    assume(facts[0] != facts[1])
    assert not tokens.verify(token_of(tokens.make(row, tokens.REPLY, KEYS)), KEYS, other)


def test_old_keys_still_verify_and_the_newest_signs() -> None:
    """Changing the desk's secret must not cut the threads of mail that is already out."""
    old = token_of(tokens.make(sent(), tokens.REPLY, {1: KEYS[1]}))
    new = token_of(tokens.make(sent(), tokens.REPLY, KEYS))
    assert tokens.verify(old, KEYS, sent())
    assert tokens.verify(new, {2: KEYS[2]}, sent())
    assert not tokens.verify(old, {2: KEYS[2]}, sent())
    assert not tokens.verify(new, {3: KEYS[2]}, sent()), "the id of the key is under the MAC too"


@pytest.mark.parametrize("keys", [{}, {1: b"short"}])
def test_a_missing_or_weak_key_is_refused_before_anything_is_signed(keys: dict[int, bytes]) -> None:
    """An empty secret file would make every token guessable."""
    with pytest.raises(ValueError, match="key"):
        tokens.make(sent(), tokens.REPLY, keys)
    with pytest.raises(ValueError, match="key"):
        tokens.verify(token_of(tokens.make(sent(), tokens.REPLY, KEYS)), keys, sent())


def test_case_and_quotes_of_an_address_do_not_matter() -> None:
    """Some clients write local parts in capitals or in quotes."""
    text = tokens.make(sent(), tokens.REPLY, KEYS)
    for written in (f'"support+{text}"@desk.example', f"SUPPORT+{text.upper()}@DESK.EXAMPLE", f" support+{text}@desk.example "):
        assert tokens.verify(token_of(written), KEYS, sent())
    assert tokens.verify(token_of(text), KEYS, sent(recipient="anna@CORP.example."))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "support@desk.example",
        "support+t42@desk.example",
        "t42-r-3k9",
        "t42-r-0a-aaaaaaaaaaaaaaaa",
        "t42-r-3k9-aaaaaaaaaaaaaaa",
        "t42-r-3k9-aaaaaaaaaaaaaaaaa",
        "t42-r-3k9-aaaaaaaaaaaaaaa1",
        "t42-r-3\u212a9-aaaaaaaaaaaaaaaa",
        "<x@y> <z@q>",
        "a" * 100_000 + "@x",
        "a-" * 50_000,
    ],
)
def test_what_has_not_the_form_of_a_token_is_not_one(text: str) -> None:
    """An ordinary address must be looked up as an address, and fast."""
    assert tokens.read(text) is None
    assert tokens.find_all(text) == ()


def test_a_token_ends_the_local_part() -> None:
    """What follows a token would make two addresses of one."""
    assert tokens.read("support+t42-r-3k9-aaaaaaaaaaaaaaaa.x@desk.example") is None


@given(st.text())
def test_reading_any_text_is_safe(text: str) -> None:
    """Addresses and subjects come from strangers."""
    tokens.read(text)
    for token in tokens.find_all(text):
        assert not tokens.verify(token, KEYS, sent())


def test_rights_end_while_threading_does_not() -> None:
    """After half a year a leaked address must not command any more, yet a customer's reply still finds its ticket."""
    row = sent()
    reply, button = (token_of(tokens.make(row, key, KEYS)) for key in (tokens.REPLY, "close"))
    day = timedelta(days=1)
    assert tokens.is_live(button, row, AT + 29 * day)
    assert not tokens.is_live(button, row, AT + 30 * day)
    assert tokens.is_live(reply, row, AT + 179 * day)
    assert not tokens.is_live(reply, row, AT + 180 * day)
    assert not tokens.is_live(reply, sent(command_until=None), AT)
    short = sent(press_until=AT + day)
    assert not tokens.is_live(token_of(tokens.make(short, "close", KEYS)), short, AT + day)
    assert tokens.verify(reply, KEYS, row)


@given(key=st.binary(min_size=tokens.KEY_BYTES_MIN, max_size=200), row=rows)
def test_a_token_is_signed_as_the_standard_says(key: bytes, row: Sent) -> None:
    """HMAC-SHA256 with a key of any length: tokens that are out in the world stay good whoever computes it."""
    fields = ("1", "7", "id", row.ticket_ref, row.recipient_key, str(row.outbox_id), str(int((AT + timedelta(days=180)).timestamp())))
    framed = b"".join(len(octets := field.encode("utf-8", "surrogatepass")).to_bytes(4, "big") + octets for field in fields)
    mac = base64.b32encode(hmac.digest(key, framed, "sha256")[:10]).decode().lower()
    assert token_of(f"<{tokens.make(row, tokens.ID, {7: key})}@desk.example>").mac == mac


def test_unknown_buttons_are_the_callers_fault() -> None:
    """A template that asks for a button the mail doesn't have must not send a dead link."""
    with pytest.raises(KeyError):
        tokens.make(sent(), "reopen", KEYS)
    with pytest.raises(ValueError, match="1 to 12"):
        tokens.make(sent(buttons={"Close!": "close"}), "Close!", KEYS)


def test_without_subaddresses_the_desk_keeps_its_plain_address() -> None:
    """Providers that refuse `desk+x@` would bounce every reply."""
    text = tokens.make(sent(), tokens.REPLY, KEYS)
    assert tokens.address("support@desk.example", text, "") == "support@desk.example"


def test_facts_of_a_sent_mail_refuse_naive_times() -> None:
    """A naive time would shift the end of a right by the server's zone."""
    with pytest.raises(ValueError, match="aware"):
        sent(command_until=datetime(2027, 1, 1))
    with pytest.raises(ValueError, match="positive"):
        sent(outbox_id=0)
