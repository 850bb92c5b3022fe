"""Which request a reply belongs to, and who may join one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.desk.customers import enter_party, enter_person, everything, tap, templates
from tests.desk.office import desk, plain, to


@pytest.mark.parametrize("by", ["address", "parent", "references", "subject"])
@pytest.mark.parametrize("sign", ["+", ""])
def test_each_of_four_routes_alone_leads_to_the_ticket(tmp_path: Path, by: str, sign: str) -> None:
    """Mail programs drop any three of them; a reply would open a second ticket."""
    if by == "address" and not sign:
        pytest.skip("without sub-addressing the reply address holds no token")
    with desk(tmp_path, desk=f'subaddress = "{sign}"') as d:
        d.agent("anna")
        d.write("kim@client.example")
        ack = to(d.post(), "kim@")[0]
        reply = d.write("kim@client.example", "More of it.", answer=ack, by=by)
        assert d.fate(reply) == "appended"
        assert [p.text for p in d.posts()] == ["The printer is on fire.", "More of it."]


def test_threading_never_expires(tmp_path: Path) -> None:
    """A reply after two years still knows what it is about."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write("kim@client.example")
        ack = to(d.post(), "kim@")[0]
        d.passes(days=800)
        assert d.fate(d.write("kim@client.example", "Still broken.", answer=ack, by="address")) == "appended"


def test_references_form_one_thread_and_never_name_a_mail_to_somebody_else(tmp_path: Path) -> None:
    """The Message-ID of a mail to an agent holds his token: whoever sees it could command in his name."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.agent("ben")
        enter_person(d, "kim@client.example")
        d.write("kim@client.example", headers={"Cc": "lee@client.example"})
        mails = d.post()
        for n in range(3):
            d.write("anna@staff.example", f"Answer {n} of Anna.", answer=[m for m in mails if m["To"].addresses[0].username == "anna"][-1])
            mails += d.post_later()
            d.write("kim@client.example", f"Question {n} of Kim.", answer=to(mails, "kim@")[-1])
            mails += d.post()
        ids = {str(m["Message-ID"]): m["To"].addresses[0].addr_spec for m in mails}
        tokens = {t for m in mails if m["X-Mailgate-Reply"] for t in re.findall(r"[a-z2-7]{16}(?=@)", f"{m['Reply-To']} {m['Message-ID']}")}
        assert len(to(mails, "lee@")) == 3
        for recipient in ("kim@client.example", "lee@client.example", "anna@staff.example", "ben@staff.example"):
            chain: list[str] = []
            for mail in (m for m in mails if m["To"].addresses[0].addr_spec == recipient):
                named = str(mail["References"]).split()
                assert named[0] == "<t1.root@desk.example>"
                assert all(ids.get(i, recipient) == recipient for i in named)
                assert not chain or chain[-1] in named, "each mail names the one before it"
                assert str(mail["In-Reply-To"]) in named
                chain.append(str(mail["Message-ID"]))
                if not mail["X-Mailgate-Reply"]:
                    assert not [t for t in tokens if t in mail.as_string()]


def test_each_recipient_has_a_reply_address_of_his_own(tmp_path: Path) -> None:
    """The desk tells by it who answers."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.agent("ben")
        d.write("kim@client.example")
        addresses = [m["Reply-To"].addresses[0].addr_spec for m in d.post()]
        assert len(set(addresses)) == 3
        assert all(a.startswith("support+t1-r-") for a in addresses)


def test_a_token_that_somebody_else_sends_back_is_kept_among_staff(tmp_path: Path) -> None:
    """A forwarded mail gives its reader neither a voice nor ears in the ticket."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write("kim@client.example")
        ack = to(d.post(), "kim@")[0]
        reply = d.write("mal@evil.example", "#close\n\nTell me all.", answer=ack)
        assert d.fate(reply) == "appended"
        assert (d.posts()[-1].kind, d.ticket().status, d.ticket().watchers) == ("third-party", "new", ())
        told = d.post()
        assert templates(told) == [("appended", "anna@staff.example")]
        assert "not part of this request" in plain(told[0])
        assert "mal@evil.example" in plain(told[0])


def test_a_strangers_bare_number_opens_another_ticket_with_a_hint(tmp_path: Path) -> None:
    """Guessing numbers must lead nowhere (Zammad 5064), and yet an agent should see the claim."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write("kim@client.example", "My secret matter.")
        d.post()
        received = d.write("mal@evil.example", "Add me.", subject="Re: Printer [T1]")
        assert d.fate(received) == "opened"
        assert (len(d.posts("T1")), d.ticket("T2").subject) == (1, "Printer")
        mails = d.post()
        assert "The subject names T1" in plain(to(mails, "anna@")[0])
        assert "secret" not in everything(to(mails, "mal@")[0])
        assert str(to(mails, "mal@")[0]["Subject"]) == "Re: Your request [T2]"
        follow = d.write("mal@evil.example", "More.", subject="Re: Fwd: [T1] Printer [T2]")
        assert d.mail(follow)["ticket_id"] == d.ticket("T2").id


def test_a_forged_message_id_leads_nowhere(tmp_path: Path) -> None:
    """Whoever guesses our ids would write into other people's tickets (itop 95)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write("kim@client.example")
        true = str(to(d.post(), "kim@")[0]["Message-ID"])
        at = true.index("@") - 3
        forged = true[:at] + ("a" if true[at] != "a" else "b") + true[at + 1 :]
        guessed = re.sub(r"-[a-z2-7]{16}@", f"-{'a' * 16}@", true)
        for one in (forged, guessed, "<t1.root@desk.example>"):
            assert d.fate(d.write("mal@evil.example", headers={"In-Reply-To": one, "References": one}, subject=one)) == "opened"
        assert len(d.posts()) == 1


def test_another_address_of_the_requester_and_his_party_belong_to_the_ticket(tmp_path: Path) -> None:
    """People write from the phone, and colleagues stand in for them (features 2-04, 4-13)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        enter_party(d, "acme", "client.example", "client.test")
        enter_person(d, "kim@client.example", "kim.private@gmail.com", party="acme")
        d.write("kim@client.example")
        d.post()
        for n, sender in enumerate(("kim.private@gmail.com", "lee@client.example", "pat@client.test"), 1):
            assert d.fate(d.write(sender, f"Mail {n}.", subject="Re: Printer [T1]")) == "appended"
            assert d.posts()[n].kind == "public"
        assert len(d.tickets()) == 1


def test_freemail_makes_nobody_a_colleague(tmp_path: Path) -> None:
    """All of gmail.com would be one party."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write("kim@gmail.com", headers={"Cc": "lee@gmail.com"})
        d.post()
        assert (d.ticket().watchers, d.ticket().waiting_room) == ((), ("lee@gmail.com",))
        assert d.fate(d.write("pat@gmail.com", "Me too.", subject="Re: Printer [T1]")) == "opened"


def test_colleagues_in_copy_of_the_first_mail_get_the_answers(tmp_path: Path) -> None:
    """Who stood in Cc expects to hear how it goes on; who is somebody else's has to be included first."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write("kim@client.example", headers={"Cc": "Lee <lee@client.example>, out@elsewhere.example"})
        mails = d.post()
        assert (d.ticket().watchers, d.ticket().waiting_room) == (("lee@client.example",), ("out@elsewhere.example",))
        assert templates(mails) == [("new-in-group", "anna@staff.example"), ("received", "kim@client.example")]
        told = to(mails, "anna@")[0]
        assert "out@elsewhere.example" in plain(told)
        d.write("anna@staff.example", "On our way.", answer=told)
        assert templates(d.post_later()) == [("message", "kim@client.example"), ("message", "lee@client.example")]


def test_including_somebody_lets_him_hear_what_comes_and_nothing_before(tmp_path: Path) -> None:
    """He may be a stranger to all that was said until then."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write("kim@client.example", headers={"Cc": "out@elsewhere.example"})
        told = to(d.post(), "anna@")[0]
        d.write("anna@staff.example", "A first secret.", answer=told)
        assert not to(d.post_later(), "out@")
        tap(d, "anna@staff.example", told, "Include")
        assert d.ticket().watchers == ("out@elsewhere.example",)
        d.post()
        d.write("anna@staff.example", "A later word.", answer=told)
        (mail,) = to(d.post_later(), "out@")
        assert "A later word." in plain(mail)
        assert "secret" not in everything(mail)


def test_somebody_in_copy_who_replies_joins_the_ticket_and_hears_nothing_until_included(tmp_path: Path) -> None:
    """A supplier in Cc answers the customer's own mail: staff must see it, he must not see staff's answers."""
    with desk(tmp_path) as d:
        d.agent("anna")
        first = d.write("kim@client.example", headers={"Cc": "out@supplier.example"})
        told = to(d.post(), "anna@")[0]
        parent = str(d.mail(first)["message_id"])
        reply = d.write(
            "out@supplier.example", "We sent the part.", headers={"In-Reply-To": parent, "References": parent}, subject="Re: Printer"
        )
        assert d.fate(reply) == "appended"
        mails = d.post()
        assert templates(mails) == [("appended", "anna@staff.example")]
        assert "We sent the part." in plain(mails[0])
        d.write("anna@staff.example", "Thank you all.", answer=told)
        assert not to(d.post_later(), "out@")


def test_people_copied_in_later_wait_for_staff_unless_the_writer_proved_himself(tmp_path: Path) -> None:
    """A forged reply must not subscribe a stranger to a ticket (threat 10)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write("kim@client.example")
        mails = d.post()
        d.write("kim@client.example", "More.", subject="Re: Printer [T1]", headers={"Cc": "lee@client.example, mal@evil.example"})
        assert (d.ticket().watchers, set(d.ticket().waiting_room)) == ((), {"lee@client.example", "mal@evil.example"})
        d.write("kim@client.example", "And more.", answer=to(mails, "kim@")[0], headers={"Cc": "lee@client.example"})
        assert (d.ticket().watchers, d.ticket().waiting_room) == (("lee@client.example",), ("mal@evil.example",))
        told = to(d.post(), "anna@")[-1]
        assert "mal@evil.example" in plain(told)
