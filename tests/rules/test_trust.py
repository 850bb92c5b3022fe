"""Trust: which words of which servers count, and what level they add up to."""

from __future__ import annotations

import ipaddress
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.facts.mail import Verified
from rules.facts.terms import Level
from rules.reading import authresults, domains, trust
from rules.reading.trust import DomainWord

IDS = ("mx.corp.test",)
NETWORKS = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8:1::/48"))
HOP = "from out.client.test (out.client.test [203.0.113.9]) by mx.corp.test (Postfix) with ESMTPS id 4Bx; Mon, 30 Nov 2026 09:00:00 +0000"
PASS = "mx.corp.test; dmarc=pass (p=reject) header.from=client.test"
FAIL = "mx.corp.test; dmarc=fail header.from=client.test"


def verdicts(value: str) -> list[tuple[str, str, str]]:
    read = authresults.read(value)
    assert read is not None
    return [(each.method, each.result, each.domain) for each in read.verified]


def believed(
    *fields: tuple[str, str],
    peer: str = "10.0.0.1",
    ids: tuple[str, ...] = IDS,
    own: tuple[str, ...] = (),
    networks: tuple[authresults.Network, ...] = NETWORKS,
) -> list[str]:
    found = authresults.believed(fields, ids, networks, peer, own)
    return [f"{each.method}={each.result} {each.domain} {each.by}" for each in found]


def ar(value: str) -> tuple[str, str]:
    return "Authentication-Results", value


def rc(value: str = HOP) -> tuple[str, str]:
    return "Received", value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            "mx.example.org; dkim=pass header.d=example.com; spf=pass (a@example.com designates it) smtp.mailfrom=a@example.com; dmarc=pass (p=REJECT) header.from=Example.COM",
            [("dkim", "pass", "example.com"), ("spf", "pass", "example.com"), ("dmarc", "pass", "example.com")],
        ),
        (
            "mx.example.net;\t dkim=pass header.i=@example.com header.s=s1 header.b=AbC/d=;  dmarc=pass header.from=example.com; dara=pass x.y=z",
            [("dkim", "pass", "example.com"), ("dmarc", "pass", "example.com")],
        ),
        (
            "spf=softfail (sender IP is 192.0.2.4) smtp.mailfrom=x.test; dkim=pass (signature was verified) header.d=x.test;dmarc=bestguesspass action=none header.from=x.test;compauth=pass reason=100",
            [("spf", "none", "x.test"), ("dkim", "pass", "x.test"), ("dmarc", "none", "x.test")],
        ),
        ("mx.example.org 1; none", []),
        ("mx.example.org (a ; b) 1 (c); none", []),
        ('"mx.example.org"; spf=fail smtp.mailfrom="a b;dkim=pass header.d=bank.test"@x.test', [("spf", "fail", "x.test")]),
        ('mx.example.org; spf=pass reason="a header.d=bank.test" smtp.helo=x.test', [("spf", "pass", "x.test")]),
        ('mx.example.org; dkim=pass "x header.d=bank.test" header.d=a.test', [("dkim", "pass", "a.test")]),
        ("mx.example.org; dkim=pass (bad (nested) ; comment) header.d=a.test; arc=pass (i=1)", [("dkim", "pass", "a.test")]),
        ("mx.example.org; dkim=pass header.d=bank.test;; garbage", [("dkim", "pass", "bank.test")]),
        ("mx.example.org; DKIM / 1 = Pass header . d = bank.test", [("dkim", "pass", "bank.test")]),
        ("mx.example.org; dmarc=pass header.from=bänk.test", [("dmarc", "pass", "xn--bnk-qla.test")]),
        ("mx.example.org; dmarc=pass (p=none header.from=other.test) header.from=a.test", [("dmarc", "pass", "a.test")]),
        ("mx.example.org; dmarc=pass (unfinished header.from=a.test", [("dmarc", "pass", "")]),
        ("mx.example.org; dkim=fail (body hash did not verify) header.d=a.test", [("dkim", "fail", "a.test")]),
        (
            "mx.example.org; dkim=hardfail header.d=a.test; dkim=temperror header.d=b.test",
            [("dkim", "fail", "a.test"), ("dkim", "temperror", "b.test")],
        ),
    ],
)
def test_authentication_results_of_real_servers_are_understood(value: str, expected: list[tuple[str, str, str]]) -> None:
    """Postfix, Google and Exchange each write the field in their own way; a customer's level hangs on it."""
    assert verdicts(value) == expected


@pytest.mark.parametrize(
    "value",
    ["", " ", ";", "(only a comment)", 'mx.example.org; dkim=pass header.d="a.test', "mx.example.org 2; dkim=pass header.d=a.test", "("],
)
def test_a_field_of_nobody_or_of_another_version_says_nothing(value: str) -> None:
    """What a later version of the format means can't be known (RFC 8601 section 2.5)."""
    assert authresults.read(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "(" * 3000,
        "mx; dkim=pass " + "(" * 100_000,
        '"' * 99_999,
        ";" * 100_000,
        "mx; " + 'dkim=pass a.b="\\"' * 10_000,
        "a." * 50_000,
        "mx;" + " " * 100_000,
    ],
)
def test_hostile_fields_cost_no_more_than_their_length(value: str) -> None:
    """One mail of a stranger must not stop the desk."""
    begun = time.process_time()
    authresults.read(value)
    authresults.received(value)
    assert time.process_time() - begun < 1


@given(st.text(alphabet='mx.corp; dkimars=p()"\\/fhe1', max_size=200))
def test_reading_any_field_is_safe(value: str) -> None:
    """Header fields come from strangers."""
    authresults.read(value)
    authresults.received(value)
    believed(ar(value), rc(value), rc())


def test_a_configured_server_is_believed_above_its_own_received() -> None:
    """Else no customer of a site with a checking MTA would ever be known."""
    assert believed(ar(PASS), rc(), ar("other.test; dmarc=pass header.from=bank.test")) == ["dmarc=pass client.test mx.corp.test"]
    assert believed(("X-Spam", "no"), ar(PASS), ("Return-Path", "<>"), rc(), rc("from x by y.test; z")) == [
        "dmarc=pass client.test mx.corp.test"
    ]


@pytest.mark.parametrize("peer", ["192.0.2.1", "11.0.0.1", "2001:db8:2::1", "nonsense", "unknown"])
def test_a_peer_from_outside_cannot_bring_its_own_verdicts(peer: str) -> None:
    """Anybody who reaches our port could write the name of the trusted server."""
    assert believed(ar(PASS), rc(), peer=peer) == []
    assert believed(ar(FAIL), rc(), peer=peer) == []


@pytest.mark.parametrize("peer", ["", "10.1.2.3", "::ffff:10.1.2.3", "2001:db8:1::5"])
def test_local_and_configured_peers_are_heard(peer: str) -> None:
    """Mailboxes, pipes and the site's own relay are how mail reaches most desks."""
    assert believed(ar(PASS), rc(), peer=peer) == ["dmarc=pass client.test mx.corp.test"]


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_heard_unless_other_hops_are_named(peer: str) -> None:
    """A site that says which its hops are has said that this one is none."""
    assert believed(ar(PASS), rc(), peer=peer, networks=()) == ["dmarc=pass client.test mx.corp.test"]
    assert believed(ar(PASS), rc(), peer=peer) == []


@pytest.mark.parametrize(
    "fields",
    [
        (rc(), ar(PASS)),
        (ar(PASS),),
        (ar(PASS), rc("from x ([203.0.113.9]) by mx.evil.test with ESMTP; now")),
        (ar(PASS), rc("nonsense"), rc()),
        (ar("mx.evil.test; dmarc=pass header.from=client.test"), rc()),
        (ar("corp.test; dmarc=pass header.from=client.test"), rc()),
        (ar("dmarc=pass header.from=client.test"), rc("from x ([203.0.113.9]) by other.corp.test with ESMTP; now")),
        (ar(PASS), ar(PASS), rc()),
        (ar(PASS), ar("MX.corp.test; spf=pass smtp.mailfrom=client.test"), rc()),
        (rc("from mx.corp.test (evil [203.0.113.9]) by mx.corp.test with ESMTP; now"), ar(PASS), rc()),
        (rc("from x(10.0.0.1) (evil [203.0.113.9]) by mx.corp.test with ESMTP; now"), ar(PASS), rc()),
        (rc('from "10.0.0.1 (evil [203.0.113.9]) by mx.corp.test with LMTP; now'), ar(PASS), rc()),
        (rc("by mx.corp.test (Postfix, from userid 33) id 7; now"), ar(PASS), rc()),
    ],
    ids=[
        "below the hop",
        "no hop",
        "another server's hop",
        "a broken hop",
        "another id",
        "the parent of the id",
        "no id and none configured for the host",
        "twice",
        "twice in other letters",
        "below a step from outside with a trusted name",
        "below a step whose client added an inner address",
        "below a step whose client opened a quote",
        "below a step of a local program",
    ],
)
def test_verdicts_that_a_sender_could_have_written_do_not_count(fields: tuple[tuple[str, str], ...]) -> None:
    """A forged `dmarc=pass` must not lift a stranger to a known sender."""
    assert believed(*fields) == []


def test_a_server_that_speaks_twice_is_still_heard_when_it_warns() -> None:
    """Two milters under one name are common; their pass is not believed, but a fail must still stop a spoofed token."""
    assert believed(ar(FAIL), ar("mx.corp.test; dkim=pass header.d=client.test"), rc()) == ["dmarc=fail client.test mx.corp.test"]


def test_steps_inside_the_house_are_passed_over() -> None:
    """Behind a filter or Dovecot's LMTP the verdict stands below one more `Received`."""
    lmtp = rc("from mx.corp.test by mx.corp.test with LMTP id xyz (envelope-from <a@b.test>); now")
    inner = rc("from mx1.corp.test (mx1.corp.test [10.2.3.4]) by mail.corp.test (Postfix) with ESMTP id 7; now")
    assert believed(lmtp, inner, ar(PASS), rc()) == ["dmarc=pass client.test mx.corp.test"]
    store = rc("from mx.corp.test (mx.corp.test [10.2.3.4]) by store.hosting.test with ESMTP; now")
    assert believed(store, ar(PASS), rc()) == []
    assert believed(store, ar(PASS), rc(), own=("store.hosting.test",)) == ["dmarc=pass client.test mx.corp.test"]


def test_exchange_without_an_id_is_the_server_that_took_the_mail() -> None:
    """Exchange Online names nobody in the field; the `Received` below it says who wrote it."""
    outer = rc("from out.client.test (203.0.113.9) by DB5EUR03.mail.protection.outlook.com (10.152.20.99) with Microsoft SMTP Server; now")
    inner = rc("from DB5EUR03.outlook.com (2001:db8:1::2) by AM0PR04.eurprd04.prod.outlook.com (2001:db8:1::3) with HTTPS; now")
    field = ar("spf=pass (sender IP is 203.0.113.9) smtp.mailfrom=client.test;dmarc=pass action=none header.from=client.test;compauth=pass")
    ids = ("mail.protection.outlook.com",)
    expected = ["spf=pass client.test mail.protection.outlook.com", "dmarc=pass client.test mail.protection.outlook.com"]
    assert believed(inner, field, outer, ids=ids) == expected
    assert believed(inner, outer, field, ids=ids) == []
    assert believed(field, rc(), ids=ids) == []


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("client.test", "client.test"),
        ("mail.client.test", "client.test"),
        ("a.b.corp.co.uk", "corp.co.uk"),
        ("co.uk", "co.uk"),
        ("x.github.io", "x.github.io"),
        ("tenant.onmicrosoft.com", "tenant.onmicrosoft.com"),
        ("www.hel.fi", "hel.fi"),
        ("test", "test"),
        ("", ""),
    ],
)
def test_the_registered_domain_is_found(domain: str, expected: str) -> None:
    """Two customers of one hoster must not vouch for each other."""
    assert domains.organisational(domain) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("client.test", "CLIENT.test.", True),
        ("mail.client.test", "news.client.test", True),
        ("a.co.uk", "b.co.uk", False),
        ("co.uk", "b.co.uk", False),
        ("co.uk", "co.uk", True),
        ("a.github.io", "b.github.io", False),
        ("bänk.test", "xn--bnk-qla.test", True),
        ("client.test", "evilclient.test", False),
        ("test", "client.test", False),
        ("", "", False),
        ("client.test", "", False),
    ],
)
def test_alignment_is_of_one_organisation(one: str, other: str, expected: bool) -> None:
    """Sister domains of one owner align; neighbours below a shared name don't."""
    assert domains.aligned(one, other) is expected
    assert domains.aligned(other, one) is expected


def said(method: str, result: str, domain: str = "client.test") -> Verified:
    return Verified(method=method, result=result, domain=domain)


@pytest.mark.parametrize(
    ("verified", "expected"),
    [
        ([], DomainWord.nothing),
        ([said("dkim", "pass")], DomainWord.passes),
        ([said("dkim", "pass", "mail.client.test")], DomainWord.passes),
        ([said("dkim", "pass", "evil.test")], DomainWord.nothing),
        ([said("dkim", "pass", "")], DomainWord.nothing),
        ([said("dkim", "fail")], DomainWord.nothing),
        ([said("spf", "pass")], DomainWord.nothing),
        ([said("dmarc", "pass")], DomainWord.passes),
        ([said("dmarc", "none")], DomainWord.nothing),
        ([said("dmarc", "pass"), said("dmarc", "fail")], DomainWord.fails),
        ([said("dkim", "pass"), said("dmarc", "fail")], DomainWord.fails),
        ([said("dmarc", "fail", "")], DomainWord.fails),
        ([said("dmarc", "fail", "evil.test")], DomainWord.nothing),
    ],
)
def test_a_domain_vouches_only_for_its_own(verified: list[Verified], expected: DomainWord) -> None:
    """A valid signature of a newsletter service says nothing about the From line."""
    assert trust.domain_passes("kim@client.test", verified) is expected
    assert trust.domain_passes("", verified) is DomainWord.nothing


DKIM, BAD = [said("dkim", "pass")], [said("dmarc", "fail")]
KIM = "kim@client.test"


@pytest.mark.parametrize(
    ("facts", "expected", "why"),
    [
        ({}, Level.claimed, "from-only"),
        ({"verified": DKIM}, Level.domain, "domain"),
        ({"token_owner_matches": True}, Level.token, "token"),
        ({"token_owner_matches": True, "verified": DKIM}, Level.both, "token+domain"),
        ({"token_owner_matches": True, "verified": BAD}, Level.claimed, "dmarc-fail"),
        ({"verified": BAD}, Level.claimed, "dmarc-fail"),
        ({"login_matches": True}, Level.both, "login"),
        ({"login_matches": True, "verified": BAD}, Level.both, "login"),
        ({"vouched": True}, Level.both, "vouched"),
        ({"vouched": True, "identity": ""}, Level.both, "vouched"),
        ({"vouched": True, "signed": True}, Level.signed, "signature"),
        ({"signed": True}, Level.signed, "signature"),
        ({"signed": True, "identity": ""}, Level.claimed, "no-identity"),
        ({"identity": "", "token_owner_matches": True, "login_matches": True, "verified": DKIM}, Level.claimed, "no-identity"),
    ],
)
def test_the_scale_is_the_contracts(facts: dict[str, object], expected: Level, why: str) -> None:
    """Each verb asks for a level; a wrong rung lets strangers command or locks agents out."""
    given: dict[str, object] = {"identity": KIM, "verified": (), **facts}
    assert trust.level(**given) == trust.Trust(level=expected, why=why)  # type: ignore[arg-type]
