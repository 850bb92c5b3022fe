"""Mail in somebody else's name: what the From line claims, what other fields suggest, and whose address an address is."""

from __future__ import annotations

import unicodedata
import zlib
from email.message import EmailMessage
from pathlib import Path

import pytest

from rules.facts.mail import Envelope
from rules.facts.terms import PostKind, Status
from store import checking, engine
from tests.desk.customers import everything, near, proven
from tests.desk.office import Desk, desk, plain
from tests.desk.staff import ANNA, KIM, MAL, asked, one, request, state, to, to_customers

TWO_FACES = {
    "an address in front of an address": f"{ANNA} <{MAL}>",
    "two angles": f"<{ANNA}><{MAL}>",
    "a comment": f"{ANNA} ({MAL})",
    "a group": f"staff: {ANNA};",
    "two mailboxes": f"{ANNA}, {MAL}",
    "a control character": f"{ANNA}\x01",
    "folded within the address": f"anna@\r\n staff.example <{MAL}>",
    "a space before the colon": ANNA,
    "an encoded word as address": f"=?utf-8?q?anna=40staff=2Eexample?= <{MAL}>, {ANNA}",
}


def raw(sender: str, to_address: str, text: str = "#close", **fields: str) -> bytes:
    """A mail whose From is written by hand."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    colon = " :" if sender == ANNA else ":"
    return f"From{colon} {sender}\r\nTo: {to_address}\r\nSubject: Re: Printer [T1]\r\nMessage-ID: <f{zlib.crc32(sender.encode())}@x.example>\r\n{more}\r\n{text}\r\n".encode()


def address_of(mail: EmailMessage) -> str:
    """Where an answer to a mail goes."""
    return str(mail["Reply-To"].addresses[0].addr_spec)


def sane(d: Desk) -> bool:
    """Whether every invariant of the store holds."""
    with engine.reading(d.office.store) as tx:
        return checking.check(tx) == []


@pytest.mark.parametrize("with_token", [False, True], ids=["bare", "token"])
def test_a_from_that_reads_in_two_ways_is_nobodys(tmp_path: Path, with_token: bool) -> None:
    """One program would see the agent where another shows the stranger."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        before = {name: state(d)[name] for name in ("status", "priority", "assignee")}
        target = address_of(mail) if with_token else "support@desk.example"
        for what, form in TWO_FACES.items():
            i = d.take(raw(form, target), Envelope(door="smtp", sender=MAL, recipients=(target,), peer="192.0.2.66"))
            assert {name: state(d)[name] for name in before} == before, what
            assert d.fate(i) in {"held", "appended", "opened"}, what
        assert all(p.kind is PostKind.third_party for p in d.posts()[1:])
        assert [m for m in to_customers(d.post_later(300)) if KIM in str(m["To"])] == []
        assert sane(d)


FALSE_NAMES = [
    f'"{ANNA}"',
    '"anna\uff20staff.example"',
    '"anna\ufe6bstaff.example"',
    f"=?utf-8?q?=E2=80=AEanna?= {ANNA.replace('@', ' at ')}",
    '"\u0430nna@staff.example"',
]


def test_a_name_that_looks_like_somebody_of_ours_is_not_shown_as_a_sender(tmp_path: Path) -> None:
    """Staff would answer to a colleague who isn't one."""
    with desk(tmp_path) as d:
        d.agent("anna")
        for name in FALSE_NAMES:
            d.write(f"{name} <{MAL}>", "Please send me the list of customers.")
            told = one(d.post(), ANNA)
            assert MAL in plain(told)
            for field in ("From", "Reply-To", "Sender"):
                assert ANNA not in str(told[field] or "")
                assert MAL not in str(told[field] or "")
            assert "\u202e" not in everything(told)
            assert ANNA not in unicodedata.normalize("NFKC", plain(told)), "a name that is an address would pass for one"


def test_reply_to_is_nobodys_identity_and_no_way_to_redirect_our_answers(tmp_path: Path) -> None:
    """Kim's answers would go to whoever wrote one more header line; an agent's address there would command."""
    with desk(tmp_path) as d:
        d.agent("anna")
        request(d, headers={"Reply-To": MAL})
        d.write(MAL, "#close", subject="Re: [T1]", headers={"Reply-To": ANNA})
        assert d.ticket().status is Status.new
        assert [t.requester.address for t in d.tickets() if t.ref == "T1"] == [KIM]
        mails = to_customers(d.post_later(300))
        assert [str(m["To"].addresses[0].addr_spec) for m in mails] == [MAL], "an acknowledgement of his own request"


def test_the_acknowledgement_goes_to_from_and_not_to_reply_to(tmp_path: Path) -> None:
    """The desk would write to people who never wrote to it."""
    with desk(tmp_path) as d:
        mails = request(d, headers={"Reply-To": MAL})
        assert [str(m["To"].addresses[0].addr_spec) for m in to_customers(mails)] == [KIM]


def test_a_shops_mail_to_a_customers_reply_address_reaches_staff_alone(tmp_path: Path) -> None:
    """Whoever owns a request could register somewhere with its address and read the code that proves it (the ticket trick)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        reply = address_of(one(request(d), KIM))
        before = len(to_customers(d.post_later(300)))
        i = d.take(
            raw("Chat <noreply@chat.example>", reply, "Your code is 991-204.", Auto_Submitted="auto-generated"),
            Envelope(door="smtp", sender="bounce@chat.example", recipients=(reply,), peer="192.0.2.66"),
        )
        assert d.fate(i) in {"held", "appended", "automatic"}
        mails = d.post_later(300)
        assert to_customers(mails) == [] and before == 0
        assert all(p.kind is not PostKind.public for p in d.posts()[1:])
        d.write(KIM, "#history", answer=one(request(d, "Again", subject="Again"), KIM))
        assert not any("991-204" in everything(m) for m in to_customers(d.post_later(300)))


RESEMBLING = (
    "anna+x@staff.example", "\u0430nna@staff.example", "anna@st\u0430ff.example", "anna@xn--stff-5na.example", "anna%staff.example@evil.example",
    '"anna"@staff.example.evil.example', "anna@staff.example.evil.example", "\uff41nna@staff.example", "ann\u00e0@staff.example",
    "anna@staff\u3002example", "anna@\uff53taff.example", "anna@\u017ftaff.example", "anna@staff.e\uff58ample", "anna@staff\uff61example",
)  # fmt: skip


def test_an_address_that_only_resembles_an_agents_is_a_strangers(tmp_path: Path) -> None:
    """A letter of another alphabet looks the same and belongs to somebody else."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        envelope = Envelope(door="smtp", sender="x@x.example", recipients=(address_of(mail),), peer="192.0.2.66")
        for sender in RESEMBLING:
            i = d.take(raw(sender, address_of(mail)), envelope)
            assert d.ticket().status is Status.new, (sender, d.mail(i)["why"])
        d.take(raw("ANNA@STAFF.example.".replace("ANNA", "anna"), address_of(mail)), envelope)
        assert d.ticket().status is Status.closed, "case of a domain, and the dot of its root, say nothing"


def test_no_verb_changes_whose_an_address_is(tmp_path: Path) -> None:
    """Whoever gets hold of one mailbox could make himself the agent for good."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        for line in (
            f"#address {MAL}",
            f"#agent edit anna address {MAL}",
            f"#person {KIM} address {MAL}",
            "#export",
            "#erase kim@client.example",
            "#delete",
        ):
            i = d.write(ANNA, line, answer=mail, headers=proven("staff.example"), envelope=near(ANNA, address_of(mail)))
            assert d.fate(i) == "held", line
        assert d.fate(d.write(MAL, "#close", answer=mail)) == "appended"
        assert d.ticket().status is Status.new
        assert to(d.post_later(300), MAL) == []


def test_an_answer_in_copy_adds_nobody_who_did_not_prove_himself(tmp_path: Path) -> None:
    """A forged reply with a stranger in Cc would subscribe the stranger to all that follows."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(KIM, "And my friend.", subject="Re: Printer [T1]", headers={"Cc": MAL})
        assert d.ticket().watchers == ()
        d.write(ANNA, "We come at nine.", answer=mail)
        assert [str(m["To"].addresses[0].addr_spec) for m in to_customers(d.post_later(300)) if "We come" in plain(m)] == [KIM]
