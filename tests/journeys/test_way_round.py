"""The doctor asks the outside: who takes mail for us, whether plus-addresses come through, and whether a mail comes back by itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailgate.desk import checks_outside, checks_round
from mailgate.desk.call import Call
from mailgate.desk.findings import Finding
from mailgate.trust.nameserver import Nameserver
from tests.journeys.desk import Desk
from tests.servers import postfix
from tests.servers.zone import Zone

CONFIG = '[desk]\naddress = "support@desk.example"\n[[category]]\nkey = "it"\naddress = "it@other.example"\n'


@pytest.fixture
def zone() -> Iterator[Zone]:
    made = Zone()
    made.others[("mx.desk.example", "A")] = ["127.0.0.1"]
    made.others[("desk.example", "MX")] = ["10 mx.desk.example.", "20 spare.desk.example."]
    yield made
    made.close()


@pytest.fixture
def call(tmp_path: Path) -> Call:
    (tmp_path / "config.toml").write_text(CONFIG)
    return Call(config=tmp_path / "config.toml", clock=lambda: datetime.now(UTC), environment={})


def asked(call: Call, zone: Zone, port: int) -> dict[str, Finding]:
    return {each.check: each for each in checks_round.ways_in(call, Nameserver(("127.0.0.1",), port=zone.port), port=port)}


def test_the_mx_is_asked_as_any_sender_would(call: Call, zone: Zone) -> None:
    """Everything else may be right and nobody could write to the desk; replies to plus-addresses might bounce."""
    refuses = "smtpd_recipient_restrictions = check_recipient_access inline:{{support+probe@desk.example = REJECT no such user}}, permit_mynetworks, reject"
    server = postfix.start("discard:", more=refuses)
    try:
        found = asked(call, zone, server.port)
    finally:
        server.stop()
    assert found["MX desk.example"].level == "ok"
    assert "mx.desk.example takes mail for support@desk.example" in found["MX desk.example"].what
    plus = found["sub-addresses desk.example"]
    assert plus.level == "broken"
    assert "no such user" in plus.what
    assert "recipient_delimiter" in plus.mend
    assert found["MX other.example"].level == "warning"
    assert "nobody outside can write to us" in found["MX other.example"].what


def test_records_that_others_read_about_us_are_found_among_others(call: Call, zone: Zone) -> None:
    """Domains have many TXT records; two of SPF are as bad as none, and nobody sees it."""

    def read() -> dict[str, Finding]:
        return {each.check: each for each in checks_outside.published(call, Nameserver(("127.0.0.1",), port=zone.port))}

    found = read()
    assert (found["SPF"].level, found["DMARC"].level) == ("warning", "warning") and "publish" in found["SPF"].mend
    zone.records["desk.example"] = (60, ['"some-site-verification=abc"', '"v=spf1 mx -all"'])
    zone.records["_dmarc.desk.example"] = (60, ['"v=DMARC1; p=none"'])
    found = read()
    assert (found["SPF"].level, found["DMARC"].level) == ("ok", "ok") and "v=spf1 mx -all" in found["SPF"].what
    zone.records["desk.example"] = (60, ['"v=spf1 mx -all"', '"v=spf1 include:mail.example -all"'])
    assert read()["SPF"].level == "warning" and "one record" in read()["SPF"].mend


def test_an_mx_that_does_not_know_us_is_broken(call: Call, zone: Zone) -> None:
    """Mail goes to a server that sends it back."""
    server = postfix.start("discard:", domains=("elsewhere.example",), more="smtpd_relay_restrictions = reject_unauth_destination")
    try:
        found = asked(call, zone, server.port)["MX desk.example"]
    finally:
        server.stop()
    assert found.level == "broken"
    assert "refuses support@desk.example" in found.what


def test_an_mx_without_address_or_answer_is_told_apart(call: Call, zone: Zone) -> None:
    """One is a mistake in DNS, the other may only be a firewall here."""
    assert "can't be asked from here" in asked(call, zone, 9)["MX desk.example"].what
    zone.others[("desk.example", "MX")] = ["10 gone.desk.example."]
    assert asked(call, zone, 9)["MX desk.example"].level == "broken"


def test_a_probe_goes_all_the_way_round_and_opens_nothing(town_desk: Callable[..., Desk]) -> None:
    """The one check that sees the whole outside path: out by the relay, in by a door, at the plain address and at a plus-address."""
    desk = town_desk()
    desk.start()
    found = {each["check"]: each for each in json.loads(desk.run("doctor", "--send", "--wait", "30").stdout)}
    for check in ("way round", "sub-address round"):
        assert found[check]["level"] == "ok", found[check]
        assert "came back by lmtp and was recognised" in found[check]["what"]
    assert desk.cli("ticket", "list") == []
    assert {mail["fate"] for mail in desk.cli("mail", "list")} == {"ignored"}


def test_a_probe_that_gets_lost_is_missed(open_desk: Callable[..., Desk]) -> None:
    """The relay says yes to everything; only waiting for the mail shows that it goes nowhere."""
    server = postfix.start("discard:")
    try:
        desk = open_desk(relay=f"smtp://127.0.0.1:{server.port}")
        found = {each["check"]: each for each in json.loads(desk.run("doctor", "--send", "--wait", "1").stdout)}
    finally:
        server.stop()
    assert found["way round"]["level"] == "broken"
    assert "did not come back within 1 s" in found["way round"]["what"]
