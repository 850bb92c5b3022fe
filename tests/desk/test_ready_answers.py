"""The desk's ready answers: offered to staff as buttons, sent by one tap, and what readers say of an article."""

from __future__ import annotations

from pathlib import Path

from rules.facts.terms import Status
from store import engine, people
from store.lists import articles as counted
from tests.desk.office import buttons, desk
from tests.desk.staff import ANNA, BEN, KIM, asked, one, plain, request, to_customers
from tests.desk.test_service import SITE, texts


def test_fitting_answers_are_offered_and_one_tap_sends(tmp_path: Path) -> None:
    """Staff would type what the desk has written down a hundred times."""
    texts(tmp_path)
    for n in range(7):
        texts(tmp_path, f"vpn{n}", f"---\ntitle: VPN drops, case {n}\n---\nText {n}.\n")
    with desk(tmp_path, desk=SITE) as d:
        mail = asked(d, "anna", subject="Toner is empty", text="Please bring me new toner.")
        offered = [label for label in buttons(mail) if label.startswith(("How to", "VPN"))]
        assert offered == ["How to change the toner  #canned toner"] and "#canned toner" in plain(mail)
        d.press(ANNA, mail, offered[0])
        mails = d.post_later()
        answer = one(mails, KIM)
        assert answer["X-Mailgate-Template"] == "message"
        assert "Hello Kim," in plain(answer) and "T1" in plain(answer)
        assert (d.ticket().status, d.ticket().assignee) == (Status.working, "anna")
        again = d.press(ANNA, mail, offered[0])
        assert d.fate(again) == "ignored"
        assert to_customers(d.post_later()) == []
        (vpn,) = [m for m in request(d, "The VPN drops every hour.", "VPN drops") if m["To"] and ANNA in str(m["To"])]
        assert len([label for label in buttons(vpn) if label.startswith("VPN")]) == 5


def test_words_beside_the_tap_come_first_and_an_answer_that_crosses_waits(tmp_path: Path) -> None:
    """A colleague has answered meanwhile; the customer would get two answers."""
    texts(tmp_path)
    with desk(tmp_path, desk=SITE) as d:
        d.agent("anna")
        d.agent("ben")
        mails = request(d, subject="Toner is empty")
        d.write(BEN, "I am on my way.", answer=one(mails, BEN))
        d.post_later()
        label = next(label for label in buttons(one(mails, ANNA)) if label.startswith("How to"))
        held = d.press(ANNA, one(mails, ANNA), label, "Dear Kim,")
        assert d.fate(held) == "held"
        question = one(d.post_later(), ANNA, "crossing")
        d.press(ANNA, question, next(label for label in buttons(question) if label.startswith("Send")))
        answer = one(to_customers(d.post_later()), KIM)
        assert plain(answer).index("Dear Kim,") < plain(answer).index("Hello Kim,")


def test_a_customers_words_are_answered_in_his_language(tmp_path: Path) -> None:
    """A Finnish customer would be sent the German text, or none be found."""
    texts(tmp_path)
    texts(tmp_path, "toner", "---\ntitle: Den Toner wechseln\n---\nHallo {{ requester.name }}, Klappe auf.\n", "de")
    with desk(tmp_path, desk=SITE) as d:
        d.agent("anna")
        with engine.transaction(d.office.store) as tx:
            people.add_person(tx, KIM, d.at, name="Kim", language="de")
        d.write(f"Kim <{KIM}>", "Der Toner ist leer.", subject="Toner leer")
        mail = one(d.post(), ANNA)
        label = next(label for label in buttons(mail) if "Toner" in label)
        assert label.startswith("Den Toner wechseln")
        d.press(ANNA, mail, label)
        assert "Hallo Kim, Klappe auf." in plain(one(to_customers(d.post_later()), KIM))


def articles(folder: Path) -> None:
    """Three articles, one for each audience."""
    path = folder / "texts" / "faq" / "en"
    path.mkdir(parents=True)
    for name, audience in (("toner", "public"), ("drum", "customer"), ("firmware", "staff")):
        (path / f"{name}.md").write_text(f"---\ntitle: How to change the {name}\naudience: {audience}\n---\nAbout the {name}.\n")


def test_readers_say_whether_an_article_helped(tmp_path: Path) -> None:
    """Nobody would know which articles are worth reading."""
    articles(tmp_path)
    with desk(tmp_path, desk=SITE) as d:
        d.agent("anna")
        d.write(KIM, "#faq toner", subject="Question")
        answer = one(d.post(), KIM)
        assert answer["X-Mailgate-Template"] == "faq-answer"
        yes, no = (next(label for label in buttons(answer) if label.startswith(f"That {word}")) for word in ("helped", "did not"))
        assert d.fate(d.press(KIM, answer, yes)) == "executed"
        assert d.fate(d.press(KIM, answer, yes)) == "ignored", "each button counts once"
        d.write("mal@evil.example", "#faq toner", subject="Question")
        d.write("mal@evil.example", "unhelped 1", answer=one(d.post(), "mal@evil.example"))
        assert d.tickets() == []
        with engine.reading(d.office.store) as tx:
            assert counted.helped(tx) == {"toner": (1, 1)}
        assert no


def test_articles_have_three_audiences(tmp_path: Path) -> None:
    """What is for staff would reach customers, what is for customers everybody."""
    articles(tmp_path)
    with desk(tmp_path, desk=SITE) as d:
        mail = asked(d, "anna")

        def shown(sender: str, **how: object) -> str:
            d.write(sender, "#faq change", subject="Question", **how)  # type: ignore[arg-type]
            return plain(next(m for m in d.post() if m["X-Mailgate-Template"] == "faq-answer"))

        stranger = shown("lou@other.example")
        assert "About the toner" in stranger and "About the drum" not in stranger
        with engine.transaction(d.office.store) as tx:
            people.add_person(tx, "lou@other.example", d.at, name="Lou", known=True)
        registered = shown("lou@other.example")
        assert "About the toner" in registered and "About the drum" in registered and "About the firmware" not in registered
        staff = shown(ANNA, answer=mail)
        assert "About the firmware" in staff
