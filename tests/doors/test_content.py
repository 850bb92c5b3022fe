"""The reader of message content, against a plain one that works line by line."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from mailgate.doors.content import Content

LIMIT = 1_000_000

pieces = st.lists(
    st.sampled_from([b"\r\n", b".", b"\r", b"\n", b"a", b"\x00", b"..", b"\r\n.\r\n", b"\r\n..", b"line of text"]), max_size=30
).map(b"".join)


def by_lines(raw: bytes) -> tuple[bytes, bytes]:
    """What RFC 5321 says, as plainly as it can be said: lines end in CRLF, a lone dot ends, a first dot goes."""
    lines: list[bytes] = []
    while True:
        line, rest = raw.split(b"\r\n", 1)
        raw = rest
        if line == b".":
            return b"".join(each + b"\r\n" for each in lines), raw
        lines.append(line.removeprefix(b"."))


def feed(blocks: list[bytes], limit: int = LIMIT) -> tuple[Content, bytes | None]:
    content = Content(limit)
    rest: bytes | None = None
    for block in blocks:
        if rest is not None:
            rest += block
        else:
            rest = content.feed(block)
    return content, rest


@given(raw=pieces, behind=pieces, cuts=st.lists(st.integers(0, 400), max_size=6))
def test_content_is_the_same_however_the_network_cuts_it(raw: bytes, behind: bytes, cuts: list[int]) -> None:
    """A block that ends within CRLF.CRLF must neither lose the end nor see one that isn't there."""
    sent = raw + b"\r\n.\r\n" + behind
    ends = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    content, rest = feed([sent[a:b] for a, b in itertools.pairwise(ends)])
    assert (content.message(), rest) == by_lines(sent)


@given(raw=pieces)
def test_what_a_client_stuffs_comes_out_as_it_was(raw: bytes) -> None:
    """The stored bytes are the sent bytes: a digest of the sender's copy must fit."""
    message = raw + b"\r\n"
    stuffed = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in message.split(b"\r\n"))
    content, rest = feed([stuffed + b".\r\n"])
    assert content.message() == message
    assert rest == b""


def test_an_empty_message_ends_at_once() -> None:
    content, rest = feed([b".\r", b"\nQUIT\r\n"])
    assert content.message() == b""
    assert rest == b"QUIT\r\n"


def test_a_message_of_just_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    """SIZE promises a figure; doubled dots don't count towards it (RFC 1870 section 3)."""
    for body, fits in ((b"a" * 98 + b"\r\n", True), (b"a" * 99 + b"\r\n", False)):
        content, _ = feed([body + b".\r\n"], 100)
        assert (content.message() == body) is fits
    dots = b"." * 98 + b"\r\n"
    assert feed([b"." + dots + b".\r\n"], 100)[0].message() == dots


def test_what_exceeds_the_limit_costs_no_memory_and_its_end_is_found() -> None:
    """A client that lies about the size and sends 40 times the limit must not fill the memory, and its next command must be read."""
    content = Content(10_000)
    for _ in range(400):
        assert content.feed(b"x" * 998 + b"\r\n") is None
        assert content.held_bytes < 20_000
    assert content.feed(b".\r") is None
    assert content.feed(b"\nNOOP\r\n") == b"NOOP\r\n"
    assert content.is_too_big
    assert content.message() is None
    assert content.received_bytes == 400 * 1000 + 3
