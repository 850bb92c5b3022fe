"""What strangers bring along as proof: verdicts of servers, and DKIM signatures that prove less than they seem, on a whole desk."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from rules.facts.mail import Envelope
from tests.desk.office import Desk, desk
from tests.desk.staff import ANNA, asked, request, state
from tests.trust.test_signatures import AT, MAIL, TRAPS, lookup, signed

PASS = "Authentication-Results: mx.desk.example; dmarc=pass header.from=staff.example; dkim=pass header.d=staff.example\r\n"
OURS = "Received: from out.staff.example (out [203.0.113.9]) by mx.desk.example with ESMTP id 1; Mon, 23 Nov 2026 08:00:00 +0000\r\n"
THEIRS = "Received: from x (x [203.0.113.66]) by mx.evil.example with ESMTP id 2; Mon, 23 Nov 2026 07:59:00 +0000\r\n"

FORGED = {
    "from a peer that is nobody's": ("192.0.2.66", PASS + OURS),
    "from a peer that is nobody's, alone": ("192.0.2.66", PASS),
    "below our own Received": ("127.0.0.1", OURS + PASS),
    "below ours and above theirs": ("127.0.0.1", OURS + PASS + THEIRS),
    "twice, the upper one ours": ("127.0.0.1", PASS.replace("pass", "none") + PASS + OURS),
    "under a name that looks like ours": ("127.0.0.1", PASS.replace("mx.desk", "mx-desk") + OURS),
    "under our name and another's Received": ("127.0.0.1", PASS + THEIRS),
    "of another domain": ("127.0.0.1", PASS.replace("staff.example", "evil.example") + OURS),
    "in a comment": ("127.0.0.1", PASS.replace("dmarc=pass", "(dmarc=pass)").replace("dkim=pass", "dkim=none") + OURS),
}


def offered(d: Desk, head: str, peer: str, number: int, text: str, to: str = "support@desk.example") -> int:
    """A mail in Anna's name from a peer, with these fields on top."""
    raw = f"{head}From: {ANNA}\r\nTo: {to}\r\nSubject: Re: Printer [T1]\r\nMessage-ID: <ar{number}@x.example>\r\n\r\n{text}\r\n"
    return d.take(raw.encode(), Envelope(door="smtp", sender=ANNA, recipients=(to,), peer=peer))


def test_forged_verdicts_neither_raise_a_level_nor_command(tmp_path: Path) -> None:
    """A field that anybody can write would be worth as much as a signature."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        request(d, "Again.", subject="Other")
        before = state(d)
        token = str(mail["Reply-To"].addresses[0].addr_spec)
        for n, (what, (peer, head)) in enumerate(FORGED.items()):
            bare = offered(d, head, peer, 2 * n, "#close")
            assert d.fate(bare) == "held" and d.mail(bare)["trust"] == 0, what
            merging = offered(d, head, peer, 2 * n + 1, "#merge T2", token)
            assert d.fate(merging) == "held" and d.mail(merging)["trust"] == 2, (what, d.mail(merging)["trust"])
            assert state(d) == before, what
        genuine = offered(d, PASS + OURS, "127.0.0.1", 98, "#merge T2", token)
        assert d.fate(genuine) == "executed" and d.mail(genuine)["trust"] == 3


def test_where_hops_are_named_this_machine_is_a_peer_like_others(tmp_path: Path) -> None:
    """Whoever may open a connection on the desk's machine would bring verdicts of his own."""
    with desk(tmp_path) as d:
        asked(d, "anna")
        for n, (networks, level) in enumerate(((("10.0.0.0/8",), 0), (("127.0.0.0/8",), 1), ((), 1))):
            trusted = tuple(ip_network(each) for each in networks)
            d.office.policy = replace(d.office.policy, trust=replace(d.office.policy.trust, networks=trusted))
            assert d.mail(offered(d, PASS + OURS, "127.0.0.1", n, "#close"))["trust"] == level, networks


def test_a_failed_check_of_a_server_of_ours_takes_a_tokens_worth(tmp_path: Path) -> None:
    """The one who stole a reply address would still fail the owner's DMARC."""
    with desk(tmp_path) as d:
        token = str(asked(d, "anna")["Reply-To"].addresses[0].addr_spec)
        before = state(d)
        i = offered(d, PASS.replace("dmarc=pass", "dmarc=fail").replace("dkim=pass", "dkim=none") + OURS, "127.0.0.1", 1, "#close", token)
        assert d.fate(i) == "held" and state(d) == before


TRIED = (
    "length tag and text added",
    "from not signed",
    "second subject on top",
    "other content type on top",
    "expired",
    "short key",
    "body added",
    "other domain",
    "key revoked",
    "sha1",
)


@pytest.mark.parametrize("verify", [True, False])
def test_of_ten_signatures_that_seem_good_none_makes_a_sender_known(tmp_path: Path, verify: bool) -> None:
    """A stranger would be thanked by name and answered with his own words, and his mail would move what needs a proof."""
    with desk(tmp_path) as d:
        d.office.lookup = lookup
        d.office.policy = _checking(d, verify)
        d.agent("anna")
        for n, what in enumerate(TRIED):
            raw, (result, why) = TRAPS[what]
            d.at = AT + timedelta(days=8 * n)  # the same words within a week would be a copy
            i = d.take(raw, _smtp(n))
            seen = d.mail(i)
            assert seen["trust"] == 0, what
            trace = [step for step in seen["trace"] if step["step"] == "dkim"]
            if verify:
                assert trace and trace[0]["said"] == result and why in trace[0]["saw"], (what, trace)
            else:
                assert trace == []
        d.at += timedelta(days=8)
        good = d.take(signed(MAIL), _smtp(99))
        assert d.mail(good)["trust"] == (1 if verify else 0)


def _smtp(n: int) -> Envelope:
    return Envelope(door="smtp", sender=f"x{n}@client.test", recipients=("support@desk.example",), peer="192.0.2.66")


def _checking(d: Desk, verify: bool) -> object:
    return replace(d.office.policy, trust=replace(d.office.policy.trust, verify_dkim=verify))
