"""Keys from DNS, asked of a real nameserver on loopback that can refuse, lie and fall silent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailgate.trust import nameserver
from mailgate.trust.signatures import Unanswered
from tests.servers.zone import Zone


@pytest.fixture
def zone() -> Iterator[Zone]:
    zone = Zone()
    yield zone
    zone.close()


class Watch:
    """Seconds that only a test moves on."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def asking(zone: Zone, watch: Watch) -> nameserver.Nameserver:
    return nameserver.Nameserver(("127.0.0.1",), port=zone.port, wait=0.3, now=watch)


KEY = "s._domainkey.client.test"


def test_long_keys_are_joined_and_the_right_record_is_chosen(zone: Zone, asking: nameserver.Nameserver) -> None:
    """A 2048-bit key doesn't fit one string of 255; some zones have other records beside it."""
    zone.records[KEY] = (3600, ['"verification=abc"', f'"v=DKIM1; p={"A" * 200}" "{"B" * 200}"'])
    assert asking.txt(KEY.upper() + ".") == b"v=DKIM1; p=" + b"A" * 200 + b"B" * 200
    zone.records["plain.client.test"] = (3600, ['"p=abc"'])
    assert asking.txt("plain.client.test") == b"p=abc"


def test_answers_are_kept_as_long_as_they_say_within_reason(zone: Zone, asking: nameserver.Nameserver, watch: Watch) -> None:
    """A hundred mails of one customer cost one lookup, and a changed key is noticed."""
    zone.records[KEY] = (0, ['"v=DKIM1; p=1"'])
    zone.records["long.test"] = (999_999, ['"v=DKIM1; p=1"'])
    for _ in range(3):
        assert asking.txt(KEY) == asking.txt("long.test") == b"v=DKIM1; p=1"
    assert len(zone.asked) == 2
    zone.records[KEY] = zone.records["long.test"] = (60, ['"v=DKIM1; p=2"'])
    watch.seconds = nameserver.KEEP_MIN + 1
    assert asking.txt(KEY) == b"v=DKIM1; p=2"
    assert asking.txt("long.test") == b"v=DKIM1; p=1"
    watch.seconds = nameserver.KEEP_MAX + 2
    assert asking.txt("long.test") == b"v=DKIM1; p=2"


def test_an_absent_key_is_absent_not_unanswered(zone: Zone, asking: nameserver.Nameserver, watch: Watch) -> None:
    """Absence is an answer: it is remembered, for a while."""
    zone.records["other.test"] = (60, ['"x"'])
    assert asking.txt(KEY) is None
    assert asking.txt(KEY) is None
    assert len(zone.asked) == 1
    watch.seconds = nameserver.KEEP_ABSENT + 1
    zone.records[KEY] = (60, ['"v=DKIM1; p=1"'])
    assert asking.txt(KEY) == b"v=DKIM1; p=1"


@pytest.mark.parametrize("name", ["dead.test", "sick.test"])
def test_no_answer_is_told_apart_and_not_asked_again_at_once(zone: Zone, asking: nameserver.Nameserver, watch: Watch, name: str) -> None:
    """A domain whose servers are down must not cost seconds with each of its mails."""
    for _ in range(3):
        with pytest.raises(Unanswered):
            asking.txt(name)
    assert set(zone.asked) == {name}
    count = len(zone.asked)
    watch.seconds = nameserver.KEEP_SILENCE + 1
    with pytest.raises(Unanswered):
        asking.txt(name)
    assert len(zone.asked) > count


def test_dead_domains_of_a_stranger_do_not_stop_lookups(zone: Zone, asking: nameserver.Nameserver) -> None:
    """Else he could switch off all checks with three mails, just before a forged one."""
    zone.records[KEY] = (60, ['"v=DKIM1; p=1"'])
    for number in range(nameserver.OUT_AFTER + 1):
        with pytest.raises(Unanswered):
            asking.txt(f"dead{number}.test")
    assert asking.txt(KEY) == b"v=DKIM1; p=1"


def test_without_dns_nothing_waits_for_it(zone: Zone, asking: nameserver.Nameserver, watch: Watch) -> None:
    """A site cut off from DNS takes mail at full speed, and checks again when DNS is back."""
    zone.records[KEY] = (60, ['"v=DKIM1; p=1"'])
    zone.silent = True
    for number in range(nameserver.OUT_AFTER):
        with pytest.raises(Unanswered):
            asking.txt(f"n{number}.test")
    count = len(zone.asked)
    with pytest.raises(Unanswered, match="no nameserver"):
        asking.txt(KEY)
    assert len(zone.asked) == count
    zone.silent = False
    watch.seconds = nameserver.OUT_FOR + 1
    assert asking.txt(KEY) == b"v=DKIM1; p=1"


@pytest.mark.parametrize("name", ["a" * 64 + ".test", "a." * 130 + "test", "a..test", ".", ""])
def test_names_that_cannot_exist_have_no_key(asking: nameserver.Nameserver, name: str) -> None:
    """The name comes out of a stranger's signature."""
    assert asking.txt(name) is None
