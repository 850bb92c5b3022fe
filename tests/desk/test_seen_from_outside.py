"""What somebody sees who knows the desk by its mails and its command line alone: each mail true, nobody told twice, no answer lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.facts.terms import Status
from rules.frozen import replace
from store import engine, people
from tests.desk.customers import enter_party
from tests.desk.office import Desk, buttons, desk, plain, to
from tests.desk.things import enter_contract, enter_device

KIM, ANNA, PETR, EVA = "kim@client.example", "anna@staff.example", "petr@staff.example", "eva@staff.example"


def _shelf(folder: Path) -> str:
    for kind, name, text in (
        ("faq", "toner", "---\ntitle: Changing the toner\naudience: public\n---\nOpen the flap.\n"),
        ("canned", "cartridge", "---\ntitle: About cartridges\n---\nWe have sent you one.\n"),
    ):
        path = folder / "texts" / kind / "en" / f"{name}.md"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return 'texts = "texts"'


def test_a_rules_answer_is_in_the_acknowledgement_of_a_desk_that_has_articles(tmp_path: Path) -> None:
    """The answer that the site chose would be lost as soon as it writes its first article."""
    rule = '[[rule]]\nname = "cartridge"\nwhen = {subject = "cartridge"}\nthen = ["canned cartridge"]\n'
    with desk(tmp_path, desk=_shelf(tmp_path), more=rule) as d:
        d.agent("anna")
        d.write(KIM, "Please send one.", subject="A cartridge")
        (answer,) = to(d.post(), KIM)
        assert answer["X-Mailgate-Template"] == "received" and "We have sent you one." in plain(answer)


def test_nobody_is_told_that_a_colleague_has_read_a_new_request(tmp_path: Path) -> None:
    """A group of ten would get nine mails for each look at a request, and whoever gave an order two for its report."""
    with desk(tmp_path) as d:
        for name in ("anna", "petr", "eva"):
            d.agent(name, "hw")
        d.write(KIM)
        mail = to(d.post(), PETR)[0]
        d.write(PETR, "#note I had a look.", answer=mail)
        assert d.ticket().status is Status.read
        assert {str(m["X-Mailgate-Template"]) for m in d.post_later()} <= {"report"}


def _inside(d: Desk) -> None:
    for name in ("anna", "petr", "eva"):
        d.agent(name)
    d.write(KIM)
    mail = to(d.post(), ANNA)[0]
    d.write(ANNA, "#internal", answer=mail)
    d.post_later()


def test_an_answer_to_what_is_inside_stays_inside_and_the_mail_says_so(tmp_path: Path) -> None:
    """The mail would say that a reply goes to the customer, and the reply would be held."""
    with desk(tmp_path) as d:
        _inside(d)
        i = d.write(KIM, "One thing more.", subject="Re: Printer [T1]")
        d.commands.ok("mail", "release", str(i))
        mail = to(d.post(), PETR)[0]
        assert mail["X-Mailgate-Reply"] == "note" and plain(mail).startswith("Your reply stays inside")
        assert d.fate(d.write(PETR, "I see.", answer=mail)) == "appended"
        assert d.posts()[-1].kind.value == "note"
        assert not to(d.post_later(), KIM)


def test_a_customers_reply_to_what_is_inside_waits_until_staff_lets_it_in(tmp_path: Path) -> None:
    """He would write into a conversation of which he sees nothing (4-10)."""
    with desk(tmp_path) as d:
        _inside(d)
        i = d.write(KIM, "Any news?", subject="Re: Printer [T1]")
        assert (d.fate(i), len(d.posts()), d.post()) == ("held", 1, [])
        d.passes(minutes=16)
        told = d.post()
        assert [str(m["To"]) for m in told] == ["root@desk.example"], "the ticket has no group"
        assert "its request is among staff" in " ".join(plain(told[0]).split())
        d.commands.ok("mail", "release", str(i))
        d.passes(seconds=5)
        assert (d.fate(i), [post.text for post in d.posts()][-1]) == ("appended", "Any news?")
        assert not to(d.post_later(), KIM)


@pytest.mark.parametrize("sort", [{"Auto-Submitted": "auto-replied"}, {"Auto-Submitted": "auto-generated"}, {"Precedence": "bulk"}])
def test_machine_mail_to_what_is_inside_is_kept_with_it(tmp_path: Path, sort: dict[str, str]) -> None:
    """An absence note would ask staff for a decision, day after day."""
    with desk(tmp_path) as d:
        _inside(d)
        i = d.write(KIM, "I am away until Monday.", subject="Re: Printer [T1]", headers=sort)
        assert (d.fate(i), d.posts()[-1].kind.value) == ("appended", "auto")
        assert not to(d.post_later(), KIM)


def test_what_was_to_be_answered_outside_and_is_inside_now_is_told_in_words(tmp_path: Path) -> None:
    """The agent would read a code word of the program."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM)
        mail = to(d.post(), ANNA)[0]
        d.write(ANNA, "#internal", answer=mail)
        d.post_later()
        assert d.fate(d.write(ANNA, "Dear Kim, it is done.", answer=mail)) == "held"
        (held,) = d.post()
        assert "nothing goes to the customer" in " ".join(plain(held).split()) and "internal-ticket" not in plain(held)


def test_two_colleagues_talk_about_internal_work(tmp_path: Path) -> None:
    """Whoever asked for it would never hear of it again."""
    with desk(tmp_path) as d:
        for name in ("anna", "petr"):
            d.agent(name)
        signed = {"Authentication-Results": "mx.desk.example; dkim=pass header.d=staff.example", "Received": "from a by mx.desk.example"}
        d.write(ANNA, "We need paper.", subject="[internal] Paper", headers=signed)
        mails = d.post()
        if not d.tickets():  # the desk wants to be sure that it is she
            d.press(ANNA, to(mails, ANNA)[0], "Yes, that was me: carry out")
            mails = d.post()
        d.write(PETR, "#take\n\nI order it.", answer=to(mails, PETR)[0])
        told = to(d.post_later(), ANNA)
        assert [str(m["X-Mailgate-Template"]) for m in told] == ["appended"] and "I order it." in plain(told[0])
        d.write(ANNA, "Two boxes, please.", answer=told[0])
        told = to(d.post_later(), PETR)
        assert [str(m["X-Mailgate-Template"]) for m in told] == ["appended"] and "Two boxes" in plain(told[0])


def test_an_address_of_new_to_is_told_why_also_without_a_category(tmp_path: Path) -> None:
    """Its mails would end in half a sentence."""
    with desk(tmp_path, more='[notify]\nnew_to = ["board@other.example"]\n') as d:
        d.agent("anna")
        d.write(KIM)
        (mail,) = to(d.post(), "board@other.example")
        assert "because you are told of every new request" in " ".join(plain(mail).split())


def test_the_history_says_a_status_in_the_readers_words(tmp_path: Path) -> None:
    """A customer in Brno would read `waiting`."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM, "Dobrý den, tiskárna nám dnes ráno přestala tisknout a nevíme proč.")
        mails = d.post()
        d.write(ANNA, "#status waiting", answer=to(mails, ANNA)[0])
        d.write(ANNA, "#status working", answer=to(mails, ANNA)[0])
        d.write(ANNA, "#status closed", answer=to(mails, ANNA)[0])
        d.post_later()
        d.write(KIM, "#historie", answer=to(mails, KIM)[0])
        (told,) = d.post()
        assert "čekáme na odpověď" in plain(told) and "Řeší se" in plain(told) and "Uzavření" in plain(told)
        assert not {"waiting", "working", "closed"} & set(plain(told).split())


def test_who_has_several_contracts_is_covered(tmp_path: Path) -> None:
    """The agent would read that no contract covers the sender, and in the next line which ones do."""
    with desk(tmp_path) as d:
        d.agent("anna")
        enter_party(d, "acme", "client.example")
        for key in ("C1", "C2"):
            enter_contract(d, key, "acme")
        d.write(KIM)
        (mail,) = to(d.post(), ANNA)
        assert "several contracts" in plain(mail) and "No contract" not in plain(mail)


def test_whoever_is_asked_whether_a_mail_is_his_sees_its_words(tmp_path: Path) -> None:
    """An agent could only guess which of his mails waits; a customer is never sent what a stranger wrote in his name."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM)
        d.post()
        d.write(ANNA, "Dear Kim, the part comes on Friday.", subject="Re: Printer [T1]")
        (asked,) = to(d.post(), ANNA)
        assert "the part comes on Friday" in plain(asked) and "carry-out" in " ".join(buttons(asked))


def test_help_is_in_the_language_of_its_word(tmp_path: Path) -> None:
    """Who asks in German would have to read English."""
    with desk(tmp_path) as d:
        d.agent("anna")
        for word, said in (("#hilfe", "Was Sie schreiben können"), ("#ohje", "Mitä voitte kirjoittaa"), ("#nápověda", "Co můžete napsat")):
            d.write(KIM, word, subject="?")
            (answer,) = to(d.post(), KIM)
            assert said in plain(answer), plain(answer)[:200]
        d.write(KIM, "", subject="Hilfe", to="control@desk.example")
        assert "Was Sie schreiben können" in plain(to(d.post(), KIM)[0])
        d.write(KIM, "#help", subject="?")
        assert "What you can write" in plain(to(d.post(), KIM)[0])


def test_names_may_be_parted_by_commas_alone(tmp_path: Path) -> None:
    """`eva,petr` is how people write it on a telephone."""
    with desk(tmp_path) as d:
        for name in ("anna", "petr", "eva"):
            d.agent(name)
        d.write(KIM)
        mail = to(d.post(), ANNA)[0]
        assert d.fate(d.write(ANNA, "#fyi eva,petr", answer=mail)) == "executed"
        assert {a for m in d.post_later() if m["X-Mailgate-Template"] == "fyi" for a in (EVA, PETR) if a in str(m["To"])} == {EVA, PETR}


def test_a_task_reaches_into_another_department_and_so_does_its_answer(tmp_path: Path) -> None:
    """The technician would be told to write `#done`, and then that he has no right to."""
    roles = '[[role]]\nkey = "technician"\nsee = "group"\n[[category]]\nkey = "hw"\naddress = "hw@desk.example"\ngroup = "hw"\n'
    with desk(tmp_path, more=roles) as d:
        d.agent("anna", "hw")
        d.agent("eva", "hvac")
        with engine.transaction(d.office.store) as tx:
            eva = replace(people.directory(tx).agents["eva"], role="technician")
            people.put_agent(tx, eva, d.at)
        d.write(KIM, to="hw@desk.example")
        mail = to(d.post(), ANNA)[0]
        d.write(ANNA, "#task group:hvac measure\n#task @anna look", answer=mail)
        task = to(d.post_later(), EVA)[0]
        assert d.fate(d.write(EVA, "#doing", answer=task)) == "executed"
        assert d.fate(d.write(EVA, "It is 40 degrees.", answer=task)) == "appended"
        assert d.fate(d.write(EVA, "#prio high", answer=task)) == "held"
        assert d.fate(d.write(EVA, "#done", answer=task)) == "executed"
        d.post_later()
        assert d.fate(d.write(EVA, "#note one thing more", answer=task)) == "held"


def test_what_one_may_not_see_cannot_be_named(tmp_path: Path) -> None:
    """A link would tell that there is such a request, and write into it."""
    more = '[[role]]\nkey = "technician"\nsee = "group"\n'
    more += "".join(f'[[category]]\nkey = "{key}"\naddress = "{key}@desk.example"\ngroup = "{key}"\n' for key in ("hw", "hvac"))
    with desk(tmp_path, more=more) as d:
        d.agent("anna", "hw")
        d.agent("eva", "hvac")
        with engine.transaction(d.office.store) as tx:
            people.put_agent(tx, replace(people.directory(tx).agents["eva"], role="technician"), d.at)
        d.write(KIM, to="hw@desk.example", subject="Zebra")
        d.write(KIM, to="hvac@desk.example", subject="Boiler")
        mail = to(d.post(), EVA)[0]
        told = []
        for line in ("#link T1", "#link T99", "#show T1", "#show T99"):
            assert d.fate(d.write(EVA, line, answer=mail)) == "held"
            (held,) = to(d.post_later(), EVA)
            told.append(plain(held).replace("T99", "T1"))
        assert told[0] == told[1] and told[2] == told[3] and "There is no request T1 that you may see." in told[0]


def test_a_reply_to_the_archive_is_called_as_the_request_was(tmp_path: Path) -> None:
    """Staff would find a new request called “Your request”, and not know which."""
    with desk(tmp_path, more='[archive]\nafter = "30d"\n') as d:
        d.agent("anna")
        d.write(KIM, subject="Lift stuck")
        mails = d.post()
        d.write(ANNA, "#close", answer=to(mails, ANNA)[0])
        d.post_later()
        d.passes(days=32)
        d.post()
        d.write(KIM, "It is stuck again, please come.", answer=to(mails, KIM)[0])
        assert d.ticket("T2").subject == "Lift stuck"
        assert "Follows T1" in plain(to(d.post(), ANNA)[0])


def test_an_organisations_history_is_asked_for_at_the_control_address(tmp_path: Path) -> None:
    """The one address for commands would make a request of it."""
    with desk(tmp_path) as d:
        d.agent("anna")
        enter_party(d, "acme", "client.example")
        with engine.transaction(d.office.store) as tx:
            people.add_person(tx, KIM, d.at, name="Kim", party="acme", may=["history"])
        d.write("joe@client.example", subject="The pump")
        d.post()
        assert d.fate(d.write(KIM, "", subject="history party:acme", to="control@desk.example")) == "executed"
        assert "The pump" in plain(to(d.post(), KIM)[0])


def test_a_rating_before_the_end_is_refused_in_words(tmp_path: Path) -> None:
    """The customer would believe that it counts."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM)
        mails = d.post()
        assert d.fate(d.write(KIM, "#rate 4 good", answer=to(mails, KIM)[0])) == "refused"
        (told,) = d.post()
        assert KIM in str(told["To"]) and "Once it is closed" in plain(told)
        assert d.ticket().rating_stars == 0


def test_what_a_customer_would_set_in_a_line_is_shown_as_a_wish(tmp_path: Path) -> None:
    """`#prio high` in the middle of a text is easily read over."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM, "#prio high\n\nIt burns.")
        mails = d.post()
        assert "Wished by the sender: prio high" in plain(to(mails, ANNA)[0])
        d.write(KIM, "Still.\n\n#prio high", answer=to(mails, KIM)[0])
        assert "Wished by the sender: prio high" in plain(to(d.post(), ANNA)[0])
        assert d.ticket().priority.value == "normal"


def test_a_question_may_stand_in_the_subject_alone(tmp_path: Path) -> None:
    """`FAQ toner` without a text would wait for a person."""
    with desk(tmp_path, desk=_shelf(tmp_path)) as d:
        d.agent("anna")
        assert d.fate(d.write(KIM, "", subject="FAQ toner")) == "executed"
        assert "Open the flap." in plain(to(d.post(), KIM)[0])
        assert d.fate(d.write(KIM, "", subject="#list")) == "executed"
        assert d.fate(d.write(KIM, "", subject="Help")) == "opened"
        assert d.fate(d.write(KIM, "Which one do I need?", subject="FAQ toner")) == "opened"


def test_rules_see_the_device_that_is_named_in_a_tag_or_in_the_text(tmp_path: Path) -> None:
    """The technician's task would be made for mail to the sticker's address alone."""
    rule = '[[rule]]\nname = "px7"\nwhen = {model = "px7"}\nthen = ["tag counter"]\n'
    with desk(tmp_path, more=rule) as d:
        d.agent("anna")
        enter_party(d, "acme", "client.example")
        enter_device(d, "SN123", "acme", model="px7")
        enter_device(d, "SN900", "other", model="px7")
        d.write(KIM, subject="[dev:SN123] It stops")
        d.write(KIM, "Our SN123 has stopped.", subject="It stops")
        d.write(KIM, "Our SN900 has stopped.", subject="It stops")
        d.write("str@nowhere.example", subject="[dev:SN123] It stops")
        found = {t.ref: (t.device, tuple(t.tags)) for t in d.tickets()}
        assert found["T1"] == found["T2"] == ("SN123", ("counter",)) and found["T3"] == found["T4"] == ("", ())


def test_staff_names_a_device_in_a_subject_without_brackets(tmp_path: Path) -> None:
    """The report of work done would be about nothing."""
    kind = '[[type]]\nkey = "report"\ntitle = "Report"\nclosed = true\n'
    with desk(tmp_path, more=kind) as d:
        d.agent("petr")
        enter_party(d, "acme", "client.example")
        enter_device(d, "SN123", "acme")
        d.write(PETR, "Done in an hour.", subject="[report] device:SN123 Fuser changed")
        if not d.tickets():
            d.press(PETR, to(d.post(), PETR)[0], "Yes, that was me: carry out")
        ticket = d.ticket()
        assert (ticket.type, ticket.device, ticket.party, ticket.status) == ("report", "SN123", "acme", Status.closed)


def test_sorting_a_closed_request_anew_tells_nobody(tmp_path: Path) -> None:
    """A department would be told of a new request that is closed."""
    more = "[options]\nreclassify_closed = true\n"
    more += "".join(f'[[category]]\nkey = "{key}"\naddress = "{key}@desk.example"\ngroup = "{key}"\n' for key in ("hw", "hvac"))
    with desk(tmp_path, more=more) as d:
        d.agent("anna", "hw", "hvac")
        d.agent("eva", "hvac")
        d.write(KIM, to="hw@desk.example")
        mail = to(d.post(), ANNA)[0]
        d.write(ANNA, "#close quiet", answer=mail)
        d.post_later()
        d.write(ANNA, "#category hvac", answer=mail)
        assert [str(m["X-Mailgate-Template"]) for m in d.post_later()] == ["report"]
        assert (d.ticket().category, d.ticket().status) == ("hvac", Status.closed)


def test_who_asked_for_internal_work_hears_that_it_is_done(tmp_path: Path) -> None:
    """He would have to look for himself each day."""
    with desk(tmp_path) as d:
        for name in ("anna", "petr"):
            d.agent(name)
        d.write(ANNA, "We need paper.", subject="[internal] Paper")
        if not d.tickets():
            d.press(ANNA, to(d.post(), ANNA)[0], "Yes, that was me: carry out")
        new = to(d.post(), PETR)[0]
        assert "your answer makes it yours" not in " ".join(plain(new).split())
        d.write(PETR, "Done.\n\n#close", answer=new)
        told = to(d.post_later(), ANNA)
        assert [str(m["X-Mailgate-Template"]) for m in told] == ["closed"] and "Done." in plain(told[0])


def test_two_limits_that_pass_at_once_are_both_told(tmp_path: Path) -> None:
    """With four hours to begin and eight to answer nobody would hear that the answer is late."""
    clock = '[clock]\ntake = "4h"\nanswer = "8h"\nremind = ["50%", "100%", "200%"]\nescalate_to = "manager"\n'
    with desk(tmp_path, more=clock) as d:
        d.agent("anna")
        d.write(KIM)
        d.post()
        d.passes(hours=8, minutes=1)
        told = to(d.post(), ANNA)
        assert sorted(str(m["X-Mailgate-Template"]) for m in told) == ["not-started", "overdue"]
        d.passes(hours=8)
        assert [str(m["X-Mailgate-Template"]) for m in to(d.post(), ANNA)] == ["overdue"]


def test_whoever_is_not_registered_is_offered_to_be_with_his_list(tmp_path: Path) -> None:
    """He would not know why his requests have no names there."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM)
        d.post()
        d.write(KIM, "", subject="list", to="control@desk.example")
        (told,) = to(d.post(), KIM)
        assert "T1" in plain(told)
        d.press(KIM, told, "Register this address")
        (asked,) = to(d.post(), KIM)
        assert asked["X-Mailgate-Template"] == "register"
        d.write(KIM, "yes", answer=asked)
        d.post()
        d.write(KIM, "", subject="list", to="control@desk.example")
        assert "register" not in plain(to(d.post(), KIM)[0]).lower()


def test_a_customer_opens_a_request_at_the_control_address(tmp_path: Path) -> None:
    """It would be called `new Broken lamp`, or nothing at all."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM, "The lamp is broken.", subject="new Broken lamp", to="control@desk.example")
        d.write(KIM, "#new Broken door\nIt does not shut.", subject="", to="control@desk.example")
        d.write(KIM, "It is new and broken.", subject="Newspaper", to="control@desk.example")
        assert sorted(t.subject for t in d.tickets()) == ["Broken door", "Broken lamp", "Newspaper"]
