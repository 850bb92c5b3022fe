"""Who of a customer may do what: people register, representatives name users, approvers agree, and what was given holds."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

from rules.facts.people import Party
from rules.facts.terms import Status
from store import engine, people
from tests.desk.customers import proves, tap, templates
from tests.desk.office import Desk, buttons, desk, plain, to
from tests.desk.staff import one

CARLA, UDO, TEA, ANNA, BOB = (f"{name}@asg.example" for name in ("carla", "udo", "tea", "anna", "bob"))
HVAC = '[[category]]\nkey = "hvac"\naddress = "hvac@desk.example"\n[[category]]\nkey = "books"\naddress = "books@desk.example"\n'


def agreed(d: Desk, approvals: int = 0) -> None:
    """ASG: Carla names users, Udo and Tea decide."""
    d.agent("ben")
    with engine.transaction(d.office.store) as tx:
        people.put_party(tx, Party(key="asg", name="ASG Oy", domains=("asg.example",), approvals=approvals))
        for address, may in ((CARLA, ["adduser", "grant"]), (UDO, ["approve"]), (TEA, ["approve"])):
            people.add_person(tx, address, d.at, party="asg", may=may)


def says(d: Desk, sender: str, text: str, to_: str = "control@desk.example") -> list[EmailMessage]:
    """A fresh mail, carried out by its author where that is asked; gives what follows."""
    d.write(sender, text, subject="Access", to=to_)
    mails = d.post()
    for mail in to(mails, sender):
        if mail["X-Mailgate-Template"] == "held":
            tap(d, sender, mail, "Yes, that was me")
            return [m for m in mails if m is not mail] + d.post()
    return mails


def person(d: Desk, address: str) -> object:
    """A person as he is known."""
    with engine.reading(d.office.store) as tx:
        return people.person_of(tx, address)


def test_two_approvers_let_a_named_user_in(tmp_path: Path) -> None:
    """One word alone would let anybody in; none at all would keep everybody out (features 0-07 to 0-09)."""
    with desk(tmp_path) as d:
        agreed(d)
        mails = says(d, CARLA, f"#adduser {ANNA} role:reporter")
        assert templates(mails) == [("access-answer", CARLA), ("access-asked", TEA), ("access-asked", UDO)]
        asked = one(mails, UDO)
        assert {"Agree", "Refuse"} <= {label.split("  ")[0] for label in buttons(asked)}
        assert ANNA in plain(asked) and "Close requests" in plain(asked)
        tap(d, UDO, asked, "Agree")
        assert templates(d.post()) == [("access-answer", UDO)] and person(d, ANNA) is None
        tap(d, UDO, asked, "Agree")
        assert person(d, ANNA) is None, "one man's word counts once"
        d.post()
        tap(d, TEA, one(mails, TEA), "Agree")
        assert templates(d.post()) == [("access-decided", ANNA), ("access-decided", CARLA)]
        given = person(d, ANNA)
        assert (given.party, given.limited, given.may) == ("asg", True, ("create", "follow", "close"))  # type: ignore[attr-defined]


def test_only_those_with_the_right_name_users(tmp_path: Path) -> None:
    """Anybody of the firm could let his friends in."""
    with desk(tmp_path) as d:
        agreed(d)
        for sender in (BOB, "mal@evil.example"):
            received = d.write(sender, f"#adduser {ANNA} role:reporter", to="control@desk.example")
            (told,) = d.post()
            assert (told["X-Mailgate-Template"], d.fate(received)) == ("access-answer", "refused")
            assert "Somebody else has to do this" in plain(told)
        received = d.write(CARLA, f"#adduser {ANNA}", to="control@desk.example")
        assert d.fate(received) == "held", "a forged From line asks for nothing"
        assert templates(d.post()) == [("held", CARLA)] and d.tickets() == []


def test_what_was_granted_holds_and_nothing_else(tmp_path: Path) -> None:
    """Scope is set with the access: without close the user's `#close` is refused politely, with it he closes (feature 0-10)."""
    with desk(tmp_path, more=HVAC) as d:
        agreed(d, approvals=1)
        asked = one(says(d, CARLA, f"#adduser {ANNA}"), UDO)
        d.write(UDO, "#grant create,follow lang:fi categories:hvac", answer=asked)
        decided = one(d.post(), ANNA)
        assert decided["X-Mailgate-Template"] == "access-decided" and "Avata" not in plain(decided) and "Seurata" in plain(decided)
        proves(d, ANNA, "Liian kylmä.", subject="[cat:books] Kylmä")
        assert d.ticket().category == "hvac"
        received = one(d.post(), ANNA)
        mail = d.write(ANNA, "Kiitos, korjattu.\n\n#close", answer=received)
        assert d.fate(mail) == "appended" and d.ticket().status is not Status.closed
        assert d.posts()[-1].text == "Kiitos, korjattu."
        told = one(d.post(), ANNA)
        assert told["X-Mailgate-Template"] == "access-answer" and "close" in plain(told)
        mail = d.write(ANNA, "#close", answer=received)
        assert d.fate(mail) == "refused" and one(d.post(), ANNA)["X-Mailgate-Template"] == "access-answer"
        d.write(ANNA, "#status", answer=received)
        assert one(d.post(), ANNA)["X-Mailgate-Template"] == "status-answer"
        asked = one(says(d, CARLA, f"#grant {ANNA} close"), TEA)
        tap(d, TEA, asked, "Agree")
        d.post()
        d.write(ANNA, "#close", answer=received)
        assert d.ticket().status is Status.closed


def test_who_may_only_follow_opens_nothing_and_nothing_is_lost(tmp_path: Path) -> None:
    """His mail waits for somebody to decide, as every mail that isn't done."""
    with desk(tmp_path) as d:
        agreed(d, approvals=1)
        tap(d, UDO, one(says(d, CARLA, f"#adduser {ANNA} role:reader"), UDO), "Agree")
        d.post()
        mail = proves(d, ANNA, "The fan rattles.")
        assert d.fate(mail) == "held" and d.tickets() == []
        d.passes(minutes=16)
        waiting = one(d.post(), "root@")
        assert "has no access" in plain(waiting)
        tap(d, "root@desk.example", waiting, "Release")


def test_a_wider_grant_asks_the_others_anew(tmp_path: Path) -> None:
    """Udo agreed to reading; Tea would have made it closing in his name."""
    with desk(tmp_path) as d:
        agreed(d)
        mails = says(d, CARLA, f"#adduser {ANNA} role:reader")
        tap(d, UDO, one(mails, UDO), "Agree")
        d.post()
        d.write(TEA, "#grant follow,close", answer=one(mails, TEA))
        again = d.post()
        assert ("access-asked", UDO) in templates(again) and person(d, ANNA) is None
        tap(d, UDO, one(again, UDO), "Refuse")
        mails = d.post()
        assert ("access-decided", CARLA) in templates(mails)
        assert "refused" in plain(one(mails, CARLA)) and person(d, ANNA) is None
        received = d.write(UDO, "#approve A1", answer=one(again, UDO))
        assert d.fate(received) == "refused" and "decided already" in plain(one(d.post(), UDO))


def test_a_button_of_an_approver_is_nobody_elses(tmp_path: Path) -> None:
    """Carla reads Udo's mail and would agree in his name."""
    with desk(tmp_path) as d:
        agreed(d, approvals=1)
        asked = one(says(d, CARLA, f"#adduser {ANNA}"), UDO)
        tap(d, CARLA, asked, "Agree")
        assert person(d, ANNA) is None
        d.write(CARLA, "#approve A1", answer=asked)
        assert person(d, ANNA) is None


def test_two_hundred_users_all_have_access(tmp_path: Path) -> None:
    """There is no count of people anywhere (feature 0-08)."""
    with desk(tmp_path) as d:
        agreed(d, approvals=1)
        names = [f"u{n}@asg.example" for n in range(1, 201)]
        mails = says(d, CARLA, "\n".join(f"#adduser {name}" for name in names))
        assert len(to(mails, UDO)) == 200 and len(to(mails, CARLA)) == 1
        d.write(UDO, "\n".join(f"#approve A{n}" for n in range(1, 201)), answer=to(mails, UDO)[0])
        assert all(person(d, name).limited for name in names)  # type: ignore[attr-defined]
        assert len([m for m in d.post() if m["X-Mailgate-Template"] == "access-decided"]) == 2 * 200
        for n in (1, 100, 200):
            assert d.fate(proves(d, f"u{n}@asg.example", f"Matter {n}.", subject=f"Matter {n}")) == "opened"


def test_registering_takes_a_mail_and_its_answer(tmp_path: Path) -> None:
    """Whoever can write a From line would be whoever he likes (feature 0-06)."""
    with desk(tmp_path) as d:
        d.agent("ben")
        d.write("Kim <kim@client.example>", "", subject="REGISTER", to="control@desk.example")
        (token,) = d.post()
        assert token["X-Mailgate-Template"] == "register" and d.tickets() == []
        forged = str(token["Reply-To"].addresses[0].addr_spec)
        forged = forged.replace(forged[-25:-20], "aaaaa")
        assert d.fate(d.write("kim@client.example", "Yes.", to=forged, subject="Re: x")) == "refused"
        assert "does not register you" in plain(d.post()[0])
        d.write("mal@evil.example", "Yes.", answer=token)
        assert person(d, "kim@client.example") is None
        d.post()
        assert d.fate(d.write("kim@client.example", "", answer=token)) == "executed"
        assert person(d, "kim@client.example").confirmed_at == d.at  # type: ignore[attr-defined]
        assert "You are registered" in plain(one(d.post(), "kim@"))
        d.write("kim@client.example", "", answer=token)
        assert "You are registered" in plain(one(d.post(), "kim@")) and d.tickets() == []


def test_a_token_of_last_week_registers_nobody(tmp_path: Path) -> None:
    """Old mail in a stolen mailbox would still speak for its owner."""
    with desk(tmp_path) as d:
        d.write("kim@client.example", "#register", subject="Hello")
        (token,) = d.post()
        d.passes(days=8)
        assert d.fate(d.write("kim@client.example", "Yes", answer=token)) == "refused"
        assert "came too late" in plain(d.post()[0])
        assert person(d, "kim@client.example") is None
        d.write("kim@client.example", "#register", subject="Again")
        tap(d, "kim@client.example", d.post()[0], "Register this address")
        assert person(d, "kim@client.example") is not None


def test_an_organisation_may_let_nobody_in_but_those_it_named(tmp_path: Path) -> None:
    """A trainee whom nobody named would order repairs in the firm's name (feature 0-07)."""
    with desk(tmp_path) as d:
        agreed(d, approvals=1)
        proves(d, BOB, "One.")
        assert len(d.tickets()) == 1, "without the switch all of the firm may write"
        with engine.transaction(d.office.store) as tx:
            (asg,) = people.parties(tx)
            people.put_party(tx, replace(asg, named_only=True))
        assert d.fate(proves(d, BOB, "Two.")) == "held"
        d.post()
        d.write(BOB, "#list", to="support@desk.example")
        assert one(d.post(), BOB)["X-Mailgate-Template"] == "access-answer"
        assert d.fate(proves(d, UDO, "Three.")) == "opened", "whom staff entered is named"
        d.post()
        tap(d, UDO, one(says(d, CARLA, f"#adduser {BOB}"), UDO), "Agree")
        assert d.fate(proves(d, BOB, "Four.")) == "opened"


def test_access_works_without_sub_addresses(tmp_path: Path) -> None:
    """Many mail systems deliver no `support+x@`: tokens stand in subjects and Message-IDs then."""
    with desk(tmp_path, desk='subaddress = ""') as d:
        agreed(d, approvals=1)
        d.write("kim@client.example", "#register", subject="Hello")
        (token,) = d.post()
        assert d.fate(d.write("kim@client.example", "Yes", answer=token, by="parent")) == "executed"
        assert person(d, "kim@client.example").confirmed_at  # type: ignore[attr-defined]
        d.post()
        mails = says(d, CARLA, f"#adduser {ANNA}")
        tap(d, UDO, one(mails, UDO), "Refuse")
        assert ("access-decided", CARLA) not in templates(d.post()), "Tea can still agree"
        d.write(TEA, "#approve", answer=one(mails, TEA), by="parent")
        assert ("access-decided", CARLA) in templates(d.post()) and person(d, ANNA) is not None


def test_the_desk_can_be_one_of_those_who_agree(tmp_path: Path) -> None:
    """An agreement between two has a voice on each side (feature 0-09)."""
    with desk(tmp_path) as d:
        agreed(d)
        with engine.transaction(d.office.store) as tx:
            (asg,) = people.parties(tx)
            people.put_party(tx, replace(asg, approvals=3, approvers=("ben",)))
        mails = says(d, CARLA, f"#adduser {ANNA} role:user she starts on Monday")
        asked = one(mails, "ben@")
        assert "she starts on Monday" in plain(asked) and "ASG Oy" in plain(asked)
        for address in (UDO, TEA):
            tap(d, address, one(mails, address), "Agree")
        assert person(d, ANNA) is None
        d.post()
        d.write("ben@staff.example", "#approve A1", answer=asked)
        assert person(d, ANNA).may == ("create", "follow", "close", "reopen")  # type: ignore[attr-defined]
        assert [m for m in templates(d.post()) if m[0] == "access-decided"] == [("access-decided", ANNA), ("access-decided", CARLA)]


def test_each_reads_of_access_in_his_own_language(tmp_path: Path) -> None:
    """An approver in Helsinki read English, and whoever asked read the language that was set for somebody else."""
    with desk(tmp_path) as d:
        agreed(d)
        with engine.transaction(d.office.store) as tx:
            for address, language in ((UDO, "fi"), (TEA, "de")):
                found = people.person_of(tx, address)
                assert found is not None
                people.edit_person(tx, found.id, language=language)
        asked = says(d, CARLA, f"#adduser {ANNA} role:reporter")
        assert "hyväksy A1" in plain(one(asked, UDO)) and "genehmigen A1" in plain(one(asked, TEA))
        d.write(TEA, "#grant create,follow,close lang:cs", answer=one(asked, TEA))
        d.post()
        d.write(UDO, "hyväksy A1", answer=one(asked, UDO))
        decided = d.post()
        assert templates(decided) == [("access-decided", ANNA), ("access-decided", CARLA)]
        assert str(one(decided, CARLA)["Subject"]).startswith("Re: Access for") and "Access" not in str(one(decided, ANNA)["Subject"])


def test_an_approver_answers_with_the_bare_word_though_the_request_came_within_another(tmp_path: Path) -> None:
    """His word would become a public post of a ticket that he has no part in."""
    with desk(tmp_path) as d:
        agreed(d)
        d.write(CARLA, "The lift is stuck.", subject="Lift")
        mine = one(d.post(), CARLA)
        d.write(CARLA, f"#adduser {ANNA} role:reporter", answer=mine)
        asked = d.post()
        for who in (UDO, TEA):
            i = d.write(
                who,
                "",
                html='<html><body><div dir="auto">approve</div><br><div>Sent from my iPhone</div></body></html>',
                answer=one(asked, who),
            )
            assert d.fate(i) == "executed"
        assert ("access-decided", ANNA) in templates(d.post()) and len(d.posts()) == 1
