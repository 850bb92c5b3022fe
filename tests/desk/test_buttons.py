"""Buttons: once, for their owner, by address, subject or word; held mail is announced and decided by them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest

from rules.facts.terms import PostKind, Status
from tests.desk.customers import proves
from tests.desk.office import buttons, desk
from tests.desk.staff import ANNA, BEN, KIM, MAL, asked, everything, kinds, one, plain, request, state, to, to_customers

ROOT = "root@desk.example"


def test_a_button_acts_once_and_a_second_tap_says_so(tmp_path: Path) -> None:
    """A link that a phone opens twice would close what was reopened meanwhile."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.press(ANNA, mail, "Close")
        assert d.ticket().status is Status.closed
        d.press(ANNA, one([m for m in d.post_later() if m["X-Mailgate-Template"] == "report"], ANNA), "Undo")
        assert d.ticket().status is Status.new
        i = d.press(ANNA, mail, "Close")
        assert d.fate(i) == "ignored" and d.ticket().status is Status.new
        spent = one(d.post(), ANNA, "spent")
        assert "Already done" in plain(spent)
        d.press(ANNA, mail, "Close")
        assert to(d.post(), ANNA) == [], "once is enough to be told"


def test_a_spent_button_is_told_in_its_owners_language_and_by_name(tmp_path: Path) -> None:
    """An agent who works in German was told in English, by his bare address."""
    with desk(tmp_path) as d:
        d.agent("anna", language="de")
        mail = one(request(d), ANNA)
        d.press(ANNA, mail, "Schließen")
        d.post()
        d.press(ANNA, mail, "Schließen")
        spent = one(d.post(), ANNA, "spent")
        assert "Schon erledigt" in plain(spent) and "Already" not in plain(spent) and "Anna" in str(spent["To"])


def test_a_button_ends_after_thirty_days(tmp_path: Path) -> None:
    """An old mail found later would still act."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.passes(days=31)
        d.press(ANNA, mail, "Close")
        assert d.ticket().status is not Status.closed
        assert "too old" in plain(one(d.post(), ANNA, "spent"))


def test_a_customers_button_from_another_address_asks_the_registered_one(tmp_path: Path) -> None:
    """Whoever gets a forwarded mail would close the request; whoever writes from his private address could not."""
    with desk(tmp_path) as d:
        d.agent("anna")
        received = one(request(d), KIM)
        i = d.press("kim.private@mail.example", received, "This is solved")
        assert d.fate(i) == "ignored" and d.ticket().status is Status.new
        mails = d.post()
        assert to(mails, "kim.private") == []
        question = one(mails, KIM, "spent")
        assert "Was this you?" in plain(question) and "kim.private@mail.example" in plain(question)
        d.press(KIM, question, "This is solved")
        assert d.ticket().status is Status.closed


def test_rating_works_from_any_address_and_is_answered_to_the_registered_one(tmp_path: Path) -> None:
    """Mail on a phone leaves from another address; a rating does no harm."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.press(ANNA, mail, "Close")
        closed = one(d.post_later(), KIM)
        label = next(label for label in buttons(closed) if "4" in label)
        d.press("kim.private@mail.example", closed, label)
        assert d.ticket().rating_stars == 4
        assert to(d.post_later(), "kim.private") == []


def test_muting_from_another_address_mutes_the_registered_one(tmp_path: Path) -> None:
    """The mails would go on to the address that asked for fewer."""
    with desk(tmp_path) as d:
        d.agent("anna")
        received = one(request(d), KIM)
        d.press("kim.private@mail.example", received, "Fewer mails", "And this is no answer of mine.")
        assert d.ticket().muted == (KIM,)
        assert len(d.posts()) == 1, "a stranger's words are nobody's"


def test_a_button_acts_on_its_own_request_alone(tmp_path: Path) -> None:
    """A customer who knows somebody's reply address would close that request by a button of his own."""
    with desk(tmp_path) as d:
        d.agent("anna")
        received = one(request(d), KIM)
        proves(d, MAL, "Mine.", subject="Mine")
        own = one(d.post(), MAL)
        button = next(link for label, link in buttons(own).items() if label.startswith("This is solved"))
        address = button.removeprefix("mailto:").partition("?")[0].replace("%2B", "+")
        kims = str(received["Reply-To"].addresses[0].addr_spec)
        for first, second in ((kims, address), (address, kims)):
            d.write(MAL, "", to=f"{first}, {second}", subject="x")
            assert d.ticket("T1").status is Status.new


def test_a_customers_button_never_does_what_only_staff_may(tmp_path: Path) -> None:
    """A token of a customer's mail with another verb would command."""
    with desk(tmp_path) as d:
        d.agent("anna")
        received = one(request(d), KIM)
        i = proves(d, KIM, "#assign anna\n#prio high\n#internal\n#undo", answer=received)
        assert d.fate(i) == "appended"
        t = d.ticket()
        assert (t.assignee, t.priority.value, t.visibility.value) == ("", "normal", "public")


def test_an_agents_button_pressed_by_a_colleague_does_nothing(tmp_path: Path) -> None:
    """Who did it could not be told apart."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        d.press(BEN, mail, "Take it")
        assert d.ticket().assignee == "" and to_customers(d.post()) == []
        d.press(MAL, mail, "Close")
        assert d.ticket().status is Status.new


def test_a_command_line_in_front_of_an_answer_is_no_button_and_the_answer_leaves(tmp_path: Path) -> None:
    """`#close` is also the word of a button; the answer below it would vanish."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "#close\n\nThe fuser was worn, we replaced it.", answer=mail)
        closed = one(d.post_later(), KIM)
        assert closed["X-Mailgate-Template"] == "closed" and "fuser" in plain(closed)


@pytest.mark.parametrize("word", ["close", "Close.", "CLOSE", "**close**"])
def test_a_customers_word_in_the_first_line_does_what_its_button_does(tmp_path: Path, word: str) -> None:
    """Where links don't work, the mail promises that a word does."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "Try again.", answer=mail)
        message = one(d.post_later(), KIM)
        assert "close" in plain(message)
        proves(d, KIM, f"{word}\n\nThank you all.", answer=message, quote=True)
        assert d.ticket().status is Status.closed
        assert "Thank you all." in d.posts()[-1].text


def test_held_mail_is_announced_after_a_quarter_of_an_hour_then_daily_until_decided(tmp_path: Path) -> None:
    """A mail that nobody is told of is a lost mail."""
    with desk(tmp_path) as d:
        d.agent("anna")
        i = d.write(f"{KIM}, {MAL}", "Hello?", subject="Two of us")
        assert d.fate(i) == "held" and kinds(d.post()) == []
        d.passes(minutes=14)
        assert d.post() == []
        d.passes(minutes=2)
        told = one(d.post(), ROOT, "held")
        assert "Two of us" in plain(told) and KIM in plain(told)
        assert [label.split("  ")[0] for label in buttons(told)] == ["Release", "Spam", "Drop"]
        d.passes(hours=23)
        assert d.post() == []
        d.passes(hours=2)
        again = one(d.post(), ROOT, "held")
        d.press(ROOT, again, "Drop")
        d.passes(days=3)
        assert d.post() == [] and d.mail(i)["put_away"]


def test_released_mail_becomes_a_request(tmp_path: Path) -> None:
    """A wrong guess about spam would cost a customer."""
    with desk(tmp_path) as d:
        d.agent("anna")
        i = d.write(KIM, "Really important.", headers={"X-Spam-Flag": "YES"})
        assert d.fate(i) == "held" and d.tickets() == []
        d.passes(minutes=16)
        d.press(ROOT, one(d.post(), ROOT), "Release")
        assert d.fate(i) == "opened" and d.posts()[0].text == "Really important."
        assert one(d.post(), ANNA)["X-Mailgate-Template"] == "new-in-group"


def test_the_group_of_a_request_decides_about_mail_to_it(tmp_path: Path) -> None:
    """The administrator would have to judge about other people's work."""
    with desk(tmp_path, more='[[category]]\nkey = "hw"\naddress = "hw@desk.example"\ngroup = "hw"') as d:
        d.agent("anna", "hw")
        d.agent("ben", "other")
        mail = one(request(d, headers={"To": "hw@desk.example"}), ANNA)
        assert d.ticket().group == "hw"
        i = d.write(ANNA, "Hello.\n\n#colse", answer=mail)
        d.post()
        d.passes(minutes=16)
        told = d.post()
        assert [str(m["To"].addresses[0].addr_spec) for m in told] == [ANNA]
        before = state(d)
        d.press(BEN, told[0], "Release")
        assert d.fate(i) == "held" and state(d) == before


def test_spam_and_drop_change_nothing_but_the_mail(tmp_path: Path) -> None:
    """What is thrown away would still be answered or announced."""
    with desk(tmp_path) as d:
        d.agent("anna")
        for label in ("Spam", "Drop"):
            i = d.write(KIM, "Buy.", subject=f"offer {label}", headers={"X-Spam-Flag": "YES"})
            d.passes(minutes=16)
            d.press(ROOT, one(d.post(), ROOT), label)
            assert d.mail(i)["put_away"] and d.fate(i) == "held"
            d.passes(days=2)
            assert d.post() == []
        assert d.tickets() == []


def test_include_lets_those_in_copy_hear(tmp_path: Path) -> None:
    """Somebody whom the customer copied in would never learn anything, or everybody would without being asked."""
    with desk(tmp_path) as d:
        d.agent("anna")
        proves(d, KIM, "With Eva.", headers={"Cc": "eva@elsewhere.example"})
        mail = one(d.post(), ANNA)
        assert "eva@elsewhere.example" in everything(mail)
        label = next(label for label in buttons(mail) if label.startswith("Include"))
        d.press(ANNA, mail, label)
        assert d.ticket().watchers == ("eva@elsewhere.example",)
        d.write(ANNA, "We come.", answer=mail)
        assert {str(m["To"].addresses[0].addr_spec) for m in to_customers(d.post_later())} == {KIM, "eva@elsewhere.example"}
        assert all(p.kind is PostKind.public for p in d.posts())


@pytest.mark.parametrize(
    ("label", "told"), [("This is solved", "access-answer"), ("Fewer mails", "access-answer"), ("How far is it?", "list-answer")]
)
def test_a_button_of_a_deleted_request_says_so(tmp_path: Path, label: str, told: str) -> None:
    """`In progress, step 4 of 6` of what is no more, or `this button is too old` a minute after it was sent."""
    with desk(tmp_path, more="[notify]\ntaken = true") as d:
        d.agent("anna")
        first = request(d)
        d.write(ANNA, "#take", answer=one(first, ANNA))
        mail = one([*first, *d.post_later()], KIM, "received" if label == "This is solved" else "taken")
        assert d.commands.ok("ticket", "delete", "T1")["deleted"] is True
        i = d.press(KIM, mail, label)
        assert d.fate(i) == ("refused" if told == "access-answer" else "executed")
        (answer,) = d.post()
        assert answer["X-Mailgate-Template"] == told and "step" not in plain(answer)
        if told == "access-answer":
            assert "T1" in plain(answer) and "removed" in plain(answer)


def test_a_customers_button_waits_while_his_request_is_internal(tmp_path: Path) -> None:
    """His words wait there until staff lets them in; his button closed what he no longer hears of."""
    with desk(tmp_path) as d:
        d.agent("anna")
        mails = request(d)
        d.write(ANNA, "#internal", answer=one(mails, ANNA))
        i = d.press(KIM, one(mails, KIM), "This is solved")
        assert d.fate(i) == "held" and d.ticket().is_open
        d.passes(minutes=16)
        d.press("root@desk.example", one(d.post(), "root@desk.example", "held"), "Release")
        assert d.fate(i) == "executed" and not d.ticket().is_open


def test_staff_hears_of_a_customer_by_his_name(tmp_path: Path) -> None:
    """The mail of a button has no name in many programs; the request has it."""
    with desk(tmp_path) as d:
        d.agent("anna")
        proves(d, "Kim Client <kim@client.example>", "The printer is on fire.", subject="Printer")
        d.press(KIM, one(d.post(), KIM), "This is solved")
        assert "Kim Client closed it." in " ".join(plain(one(d.post(), ANNA, "closed")).split())


@pytest.mark.parametrize("signature", ["", "Kind regards\nKim\nTel. 040 123 456"])
def test_a_button_that_lost_a_sign_on_its_way_says_that_it_does_not_work(tmp_path: Path, signature: str) -> None:
    """Staff was told of an empty message, a closed request was followed by an empty new one, and whoever had pressed it heard nothing."""
    with desk(tmp_path) as d:
        d.agent("anna")
        mails = request(d)
        d.write(ANNA, "#close", answer=one(mails, ANNA))
        closed = one(d.post_later(), KIM, "closed")
        for who, mail, label in ((KIM, closed, "3"), (KIM, one(mails, KIM), "Fewer mails"), (ANNA, one(mails, ANNA), "Take it")):
            link = next(link for words, link in buttons(mail).items() if words.startswith(label))
            local, _, domain = unquote(link.removeprefix("mailto:").partition("?")[0]).partition("@")
            i = d.write(who, signature, subject="Pressed", to=f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}")
            (told,) = d.post()
            assert (d.fate(i), told["X-Mailgate-Template"]) == ("ignored", "spent")
            assert who in str(told["To"]) and "This button does not work" in plain(told)
        assert len(d.tickets()) == 1 and len(d.posts()) == 1


def test_a_made_up_button_with_words_is_a_mail_with_words(tmp_path: Path) -> None:
    """What somebody wrote is read, whatever address it came to."""
    with desk(tmp_path) as d:
        d.agent("anna")
        link = next(link for words, link in buttons(one(request(d), KIM)).items() if words.startswith("Fewer"))
        local, _, domain = unquote(link.removeprefix("mailto:").partition("?")[0]).partition("@")
        d.write(KIM, "It smells, too.", subject="Printer", to=f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}")
        assert any(p.text == "It smells, too." for t in d.tickets() for p in d.posts(t.ref))
