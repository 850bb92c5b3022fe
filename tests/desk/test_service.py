"""The service itself: canned answers, orders and reports on them, time, records, spam, splitting, telephone, end customers."""

from __future__ import annotations

import json
from pathlib import Path

from rules.facts.terms import PostKind, Status
from rules.facts.ticket import ServiceOrder
from store import engine, ledger, records
from store.queries import tickets
from tests.desk.customers import everything, links, proves
from tests.desk.office import Desk, desk
from tests.desk.staff import ANNA, KIM, asked, kinds, login, one, plain, request, to, to_customers

PETR = "petr@staff.example"
TONER = """---
title: How to change the toner
---
Hello {{ requester.name }},

open the front cover of {{ ticket.device }}. This is {{ ticket.ref }}.
"""
SITE = 'texts = "texts"'


def texts(folder: Path, name: str = "toner", text: str = TONER, language: str = "en") -> None:
    """A canned answer in the site's folder."""
    path = folder / "texts" / "canned" / language / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def orders(desk: Desk) -> list[ServiceOrder]:
    """The orders of the ticket."""
    with engine.reading(desk.office.store) as tx:
        return list(records.of(tx, desk.ticket().id).orders.values())


def test_a_canned_answer_is_sent_with_its_places_filled(tmp_path: Path) -> None:
    """The customer would read `{{ requester.name }}`."""
    texts(tmp_path)
    with desk(tmp_path, desk=SITE) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "As promised:\n\n#device SN4711\n#canned toner", answer=mail)
        answer = one(d.post_later(), KIM)
        assert answer["X-Mailgate-Template"] == "message" and answer["Auto-Submitted"] is None
        assert "As promised:" in plain(answer) and "Hello Kim," in plain(answer) and "SN4711" in plain(answer) and "T1" in plain(answer)
        assert "canned" not in plain(answer)
        assert d.ticket().status is Status.working


def test_a_greeting_has_the_name_that_staff_has_seen_and_no_gap_where_there_is_none(tmp_path: Path) -> None:
    """`Hello ,` is how robots greet."""
    texts(tmp_path)
    with desk(tmp_path, desk=SITE) as d:
        d.agent("anna")
        for sender, greeting in ((f"Kim <{KIM}>", "Hello Kim,"), ("lou@client.example", "Hello,")):
            d.write(sender, subject=f"Toner for {sender}")
            d.write(ANNA, "#canned toner", answer=one(d.post(), ANNA))
            assert plain(one([m for m in d.post_later() if m["X-Mailgate-Template"] == "message"], "client.example")).startswith(greeting)


def test_a_canned_answer_that_is_none_is_asked_about(tmp_path: Path) -> None:
    """The customer would get an empty mail."""
    texts(tmp_path)
    with desk(tmp_path, desk=SITE) as d:
        mail = asked(d, "anna")
        i = d.write(ANNA, "#canned tonr", answer=mail)
        assert d.fate(i) == "held"
        mails = d.post_later()
        assert to_customers(mails) == [] and "#canned toner" in plain(one(mails, ANNA))


def test_what_somebody_wrote_is_no_part_of_the_template(tmp_path: Path) -> None:
    """A customer could have code carried out by calling himself so."""
    texts(tmp_path)
    with desk(tmp_path, desk=SITE) as d:
        d.agent("anna")
        proves(d, '"{{ 7*7 }} {{ ticket.__class__ }}" <kim@client.example>')
        d.write(ANNA, "#canned toner", answer=one(d.post(), ANNA))
        assert "{{ 7*7 }}" in plain(one(d.post_later(), KIM))


def test_a_text_is_kept_as_a_canned_answer(tmp_path: Path) -> None:
    """A good answer would have to be written anew each time."""
    (tmp_path / "texts").mkdir()
    with desk(tmp_path, desk=SITE) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "Press the green button, {{ requester.name }}.\n\n#canned save green", answer=mail)
        assert to_customers(d.post_later()) == []
        d.write(ANNA, "#canned green", answer=mail)
        assert "Press the green button, Kim." in plain(one(d.post_later(), KIM))


def test_a_rule_answers_with_the_acknowledgement_and_nobody_has_answered(tmp_path: Path) -> None:
    """What could be solved at once would wait for a person, or a robot would stop the clocks."""
    texts(tmp_path)
    rule = '[[rule]]\nname = "toner"\nwhen = {subject = "toner"}\nthen = ["canned toner"]\n'
    with desk(tmp_path, desk=SITE, more=rule) as d:
        d.agent("anna")
        mails = request(d, subject="Toner is empty")
        answer = one(mails, KIM)
        assert answer["X-Mailgate-Template"] == "received" and answer["Auto-Submitted"] == "auto-replied"
        assert "Hello Kim," in plain(answer) and "How to change the toner" in plain(answer)
        t = d.ticket()
        assert (t.status, t.answered_at, t.assignee) == (Status.new, None, "")
        assert [(p.kind, p.direction) for p in d.posts()] == [(PostKind.public, "in"), (PostKind.public, "out")]


def test_a_rule_answers_no_machine(tmp_path: Path) -> None:
    """Two robots would write to each other for ever."""
    texts(tmp_path)
    rule = '[[rule]]\nname = "toner"\nwhen = {subject = "toner"}\nthen = ["canned toner"]\n'
    with desk(tmp_path, desk=SITE, more=rule) as d:
        d.agent("anna")
        mails = request(d, subject="Toner is empty", headers={"Auto-Submitted": "auto-generated"})
        assert to_customers(mails) == [] and len(d.tickets()) == 1


def test_an_order_takes_the_tickets_facts_and_its_technician_reports_by_reply(tmp_path: Path) -> None:
    """The technician would stand at the wrong door with the wrong part, and nobody would know how long he worked."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "petr")
        d.write(ANNA, "#take\n#device SN4711\n#project P7\n#contract C1", answer=mail)
        d.post_later()
        i = d.write(ANNA, 'Change the pump, please.\n\n#order tech:petr when:"fri 9"', answer=mail)
        assert d.fate(i) == "appended"
        mails = d.post_later()
        assert to_customers(mails) == []
        order = one(mails, PETR, "order")
        words = plain(order)
        assert all(x in words for x in ("T1-1", "SN4711", "P7", "C1", "Change the pump", "Kim", "9:00"))
        d.write(PETR, "Pump changed.\n\n#hours 1.5 parts:2xSN-99,hose changed it\n#done", answer=order)
        (made,) = orders(d)
        assert (made.state, made.technician) == ("done", "petr")
        assert [h["minutes"] for h in made.hours] == [90] and [(p["number"], p["text"], p["amount"]) for p in made.parts] == [
            ("SN-99", "", 2.0),
            ("", "hose", 1.0),
        ]
        assert d.ticket().minutes == 90
        assert d.posts()[-1].kind is PostKind.note and d.posts()[-1].text == "Pump changed."
        assert to_customers(d.post_later()) == []


def test_time_is_noted_and_taken_back(tmp_path: Path) -> None:
    """Nobody would know what the request cost."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "#time 25m\n#time 1h30m called the supplier", answer=mail)
        assert d.ticket().minutes == 115
        d.write(ANNA, "#undo", answer=one(d.post(), ANNA, "report"))
        assert d.ticket().minutes == 0


def test_level_contract_language_and_end_customer_are_said_in_a_line(tmp_path: Path) -> None:
    """A partner's customer would be a sentence in some note."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        address = str(mail["Reply-To"].addresses[0].addr_spec)
        text = '#level 2\n#contract C1\n#lang de\n#endcustomer "Jan Novak" jan@end.example +420 123 456'
        d.write(ANNA, text, answer=mail, envelope=login("anna", address))
        t = d.ticket()
        assert (t.level, t.contract, t.language) == (2, "C1", "de")
        assert dict(t.endcustomer) == {"name": "Jan Novak", "address": "jan@end.example", "phone": "+420 123 456"}
        assert "Deutsch" not in everything(mail)


def test_a_service_report_is_a_closed_record_without_clocks(tmp_path: Path) -> None:
    """A report of work that is done would be reminded of as work to do."""
    kind = '[clock]\nanswer = "4h"\n[[type]]\nkey = "report"\ntitle = "Service report"\nclosed = true\n'
    with desk(tmp_path, more=kind) as d:
        d.agent("anna")
        d.agent("petr")
        text = "Pump changed at the site.\n\n#device SN4711"
        i = d.write(PETR, text, subject="[type:report] Pump", envelope=login("petr"))
        assert d.fate(i) == "opened"
        t = d.ticket()
        assert (t.type, t.status, t.device, dict(t.due)) == ("report", Status.closed, "SN4711", {})
        assert kinds(d.post_later()) == ["report"]
        d.passes(days=9)
        assert d.post() == []


def test_spam_is_closed_quietly_and_its_sender_held_from_then_on(tmp_path: Path) -> None:
    """The spammer would learn that somebody reads, and write again."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write("Mal <mal@evil.example>", "Buy now", subject="Offer")
        mail = one(d.post(), ANNA)
        d.write(ANNA, "#spam", answer=mail)
        t = d.ticket()
        assert (t.status, t.tags) == (Status.closed, ("spam",))
        assert kinds(d.post_later()) == ["report"]
        i = d.write("Mal <mal@evil.example>", "Buy more", subject="Offer 2")
        assert d.fate(i) == "held" and to(d.post_later(), "mal@evil.example") == []
        d.write(ANNA, "#spam off", answer=mail)
        assert d.fate(d.write("Mal <mal@evil.example>", "Sorry", subject="Offer 3")) == "opened"


def test_a_mail_about_something_else_becomes_a_ticket_of_its_own(tmp_path: Path) -> None:
    """Two faults in one ticket are solved as one."""
    with desk(tmp_path) as d:
        d.agent("anna")
        mails = request(d)
        received = one(mails, KIM)
        proves(d, f"Kim <{KIM}>", "And the window is broken.", answer=received)
        appended = one(d.post(), ANNA, "appended")
        i = d.write(ANNA, "#split Broken window", answer=appended)
        assert d.fate(i) == "executed"
        new = d.ticket("T2")
        assert (new.subject, new.requester.address, new.status) == ("Broken window", KIM, Status.new)
        assert [p.text for p in d.posts("T2")] == ["And the window is broken."]
        assert [p.text for p in d.posts("T1")] == ["The printer is on fire."]
        assert ("T1", "split") in links(d, "T2")
        mails = d.post_later()
        told = one(mails, KIM)
        assert told["X-Mailgate-Template"] == "received" and "[T2]" in str(told["Subject"])
        proves(d, f"Kim <{KIM}>", "It is the left one.", answer=told)
        assert len(d.posts("T2")) == 2 and len(d.posts("T1")) == 1
        i = d.write(ANNA, "#undo", answer=one(mails, ANNA, "report"))
        assert d.fate(i) == "held"


def test_the_only_mail_of_a_ticket_is_not_split_off(tmp_path: Path) -> None:
    """An empty ticket would be left behind."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        assert d.fate(d.write(ANNA, "#split", answer=mail)) == "held"
        assert len(d.tickets()) == 1


def test_a_telephone_call_becomes_a_ticket_for_whoever_called(tmp_path: Path) -> None:
    """A call would be the agent's own request."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(
            ANNA, "The heating is cold.\n\n#new for: Jan <jan@client.example> channel: phone", subject="Heating", envelope=login("anna")
        )
        t = d.ticket()
        assert (t.channel, t.requester.address, t.requester.name) == ("phone", "jan@client.example", "Jan")
        assert kinds(to(d.post_later(), "jan@client.example")) == ["received"]


def test_a_reply_to_a_deleted_ticket_wakes_nothing(tmp_path: Path) -> None:
    """What was deleted would come back, or the customer hear nothing."""
    from rules.actions.base import Scene
    from rules.actions.state import Delete
    from rules.facts.people import ADMIN, Directory
    from store.journal import Cause

    with desk(tmp_path) as d:
        d.agent("anna")
        received = one(request(d), KIM)
        with engine.transaction(d.office.store) as tx:
            scene = Scene(who=ADMIN, at=d.at, policy=d.office.policy, directory=Directory())
            ledger.apply(tx, d.ticket().id, (Delete(),), scene, Cause(name="cli:1"))
        d.at = d.at.replace(hour=12)
        proves(d, f"Kim <{KIM}>", "Are you still there?", answer=received)
        assert d.ticket("T1").deleted_at is not None and len(d.posts("T1")) == 1
        assert kinds(to(d.post_later(), KIM)) == ["received"]


def test_private_words_are_in_no_history_of_the_customer(tmp_path: Path) -> None:
    """`#history` would show him what was asked of others."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.agent("petr")
        mails = request(d)
        d.write(ANNA, "#task @petr check whether he is solvent\n#time 3h", answer=one(mails, ANNA))
        d.write(ANNA, "Was he ever solvent?\n\n#ask petr", answer=one(mails, ANNA))
        d.post_later()
        proves(d, f"Kim <{KIM}>", "#history", answer=one(mails, KIM))
        answer = one(d.post(), KIM)
        assert answer["X-Mailgate-Template"] == "history-answer"
        assert not any(x in everything(answer).lower() for x in ("solvent", "petr", "opinion"))
        with engine.reading(d.office.store) as tx:
            past = json.dumps([dict(r["changed"]) for r in tickets.history(tx, d.ticket().id)])
        assert "check whether he is solvent" in past


def test_show_tells_staff_everything_but_private_words_of_others(tmp_path: Path) -> None:
    """A word for two would be read by whoever asks for the ticket."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "petr", "ben")
        address = str(mail["Reply-To"].addresses[0].addr_spec)
        d.write(ANNA, "He has not paid.\n\n#private to:petr", answer=mail, envelope=login("anna", address))
        d.write(ANNA, "#task @petr call him\n#tag vip", answer=mail)
        d.post_later()
        for name, sees in (("petr", True), ("ben", False)):
            d.write(f"{name}@staff.example", "#show T1", subject="[T1]", envelope=login(name))
            answer = one(d.post_later(), f"{name}@", "show-answer")
            assert "on fire" in plain(answer) and "call him" in plain(answer) and "vip" in plain(answer)
            assert ("He has not paid." in everything(answer)) is sees
