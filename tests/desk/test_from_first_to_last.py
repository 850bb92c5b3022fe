"""A request from its first mail to its last: each step by the mail that should cause it, and what of it can be read afterwards."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from rules.facts.terms import PostKind, Status
from store import engine, people
from tests.desk.customers import enter_party, enter_person, everything, links, proves, tap, templates
from tests.desk.office import desk, plain, to
from tests.desk.staff import ANNA, BEN, KIM, asked, kinds, login, one, request, to_customers
from tests.desk.things import enter_contract


def bar(mail: EmailMessage) -> int:
    """How many of the six cells of the bar are full."""
    found = re.search(r"\[([#|-]+)\]", plain(mail))
    assert found is not None
    return found[1].count("##")


def test_each_state_is_reached_by_the_mail_that_should_cause_it_and_the_bar_moves_with_it(tmp_path: Path) -> None:
    """Somebody would have to set by hand what everybody can see (3-13, 4-15, 0-17)."""
    with desk(tmp_path) as d:
        mails = []
        first = asked(d, "anna", "ben")
        assert d.ticket().status is Status.new
        d.write(BEN, "#note He called about it last week.", subject="[T1]", envelope=login("ben"))
        assert d.ticket().status is Status.read
        d.write(BEN, "#assign anna", subject="[T1]", envelope=login("ben"))
        assert d.ticket().status is Status.assigned
        d.write(ANNA, "Which one is it?", answer=first)
        assert d.ticket().status is Status.working
        mails += to(d.post_later(), KIM)
        d.write(ANNA, "#wait", answer=first)
        assert d.ticket().status is Status.waiting
        mails += to(d.post_later(), KIM)
        d.write(KIM, "The big one.", answer=mails[-1])
        assert d.ticket().status is Status.working
        d.write(ANNA, "It is repaired.\n\n#close", answer=first)
        assert d.ticket().status is Status.closed
        mails += to(d.post_later(), KIM)
        proves(d, KIM, "It is not, I am afraid. It smokes.", answer=mails[-1])
        assert d.ticket().status is Status.assigned and d.ticket().assignee == "anna"
        assert [(m["X-Mailgate-Status"], m["X-Mailgate-Colour"], bar(m)) for m in mails] == [
            ("working", "teal", 4),
            ("waiting", "amber", 5),
            ("closed", "green", 6),
        ]
        entered = [e["changed"]["status"] for e in d.commands.ok("ticket", "history", "T1") if "status" in e["changed"]]
        assert [after for _, after in entered] == ["read", "assigned", "working", "waiting", "working", "closed", "assigned"]


def test_every_mail_and_every_command_is_one_entry_of_the_history(tmp_path: Path) -> None:
    """In a dispute somebody has to say who did what, when, and in which mail it stands (1-07, 2-06, 2-27)."""
    with desk(tmp_path) as d:
        first = asked(d, "anna", "ben")
        ids = [1]
        for sender, text in (
            (ANNA, "#take"),
            (ANNA, "#note He called."),
            (ANNA, "#time 25m looked at it"),
            (ANNA, "#task @ben order the part"),
            (ANNA, "We come at noon."),
        ):
            d.passes(minutes=5)
            ids.append(d.write(sender, text, answer=first))
        answer = to(d.post_later(), KIM)[-1]
        ids.append(proves(d, KIM, "Thank you, see you then?", answer=answer))
        commands = d.commands
        commands.ok("--now", d.at.isoformat(), "ticket", "do", "T1", "prio high", "--as", "ben")
        told = commands.ok("ticket", "history", "T1")
        assert [(e["actor"], e["action"].split(" ")[0]) for e in told] == [
            (KIM, "open"),
            (KIM, "say"),
            ("anna", "take"),
            ("anna", "note"),
            ("anna", "time"),
            ("anna", "task"),
            ("anna", "reply"),
            (KIM, "say"),
            ("ben", "prio"),
        ]
        by_mail = [e["cause"] for e in told if e["cause"].startswith("mail:")]
        assert by_mail == [f"mail:{n}" for n in (ids[0], *ids)]
        assert [e["at"] for e in told] == sorted(e["at"] for e in told) and len({e["at"] for e in told}) >= 7
        whole = commands.ok("ticket", "show", "T1")
        assert all(commands.run("mail", "raw", str(post["mail"])).raw.startswith(b"From:") for post in whole["posts"] if post["mail"])
        assert {f"mail:{post['mail']}" for post in whole["posts"] if post["mail"]} <= set(by_mail)


def test_the_customers_history_has_every_public_step_with_its_time_and_no_inner_word(tmp_path: Path) -> None:
    """He would have to ask when somebody answered him; and must not read what staff says of him (0-02, 2-03, 2-18)."""
    with desk(tmp_path) as d:
        first = asked(d, "anna")
        d.passes(hours=1)
        d.write(ANNA, "#note He is a difficult man.", answer=first)
        d.write(ANNA, "We come at noon.", answer=first)
        answer = to(d.post_later(), KIM)[-1]
        d.passes(hours=1)
        d.write(f"Kim <{KIM}>", "Good.", answer=answer)
        d.passes(hours=1)
        d.write(ANNA, "#close", answer=first)
        closed = to(d.post_later(), KIM)[-1]
        d.write(KIM, "#history", answer=closed)
        text = plain(one(d.post(), KIM, "history-answer"))
        steps = [line for line in text.splitlines() if re.search(r"\d{1,2}:\d\d", line)]
        assert [next(w for w in ("opened", "wrote", "answered", "took", "closed") if w in line) for line in steps] == [
            "opened",
            "answered",
            "wrote",
            "closed",
        ], text
        assert [re.search(r"(\d{1,2}:\d\d)", line)[1] for line in steps] == ["10:00", "11:00", "12:01", "13:01"]  # type: ignore[index]
        assert "Kim opened" in text and "Kim wrote" in text and "difficult" not in text and "note" not in text


def test_words_subject_and_files_are_kept_as_they_were_sent_and_stand_in_one_place(tmp_path: Path) -> None:
    """Half of it would be in a mailbox, the rest in somebody's head (3-08, 4-04)."""
    with desk(tmp_path) as d:
        enter_party(d, "acme", "client.example")
        d.agent("anna")
        scan = b"%PDF-1.4 exactly these bytes \x00\xff"
        i = d.write(f"Kim <{KIM}>", "Row one.\n\n  Row two, moved in.", subject="The [big] printer & more", files=(("scan 1.pdf", scan),))
        d.write(ANNA, "#device SN4711\n#note Seen.", answer=to(d.post(), ANNA)[0])
        shown = d.commands.ok("ticket", "show", "T1")
        post = shown["posts"][0]
        assert (shown["subject"], post["text"]) == ("The [big] printer & more", "Row one.\n\n  Row two, moved in.")
        assert (shown["requester"], shown["party"], shown["device"]) == ({"name": "Kim", "address": KIM}, "acme", "SN4711")
        (file,) = post["attachments"]
        assert (file["name"], file["bytes"], file["sha256"]) == ("scan 1.pdf", len(scan), hashlib.sha256(scan).hexdigest())
        assert [p["kind"] for p in shown["posts"]] == ["public", "note"] and post["mail"] == i
        out = tmp_path / "out"
        d.commands.ok("ticket", "export", "T1", "--to", str(tmp_path / "t.mbox"), "--files", str(out))
        assert [path.read_bytes() for path in out.iterdir()] == [scan]


def test_five_short_answers_are_five_messages_without_what_they_quote(tmp_path: Path) -> None:
    """A conversation on the telephone would be five times the same page (4-05)."""
    with desk(tmp_path) as d:
        first = asked(d, "anna")
        d.write(ANNA, "Which one is it?", answer=first)
        answer = to(d.post_later(), KIM)[-1]
        words = ["The big one.", "It blinks.", "Orange.", "Now it is off.", "On again!"]
        for n, word in enumerate(words):
            d.at += timedelta(minutes=1)
            how = {"quote": True} if n % 2 == 0 else {"html": f"<div dir='auto'>{word}</div>"}
            d.write(KIM, word if n % 2 == 0 else "", answer=answer, **how)  # type: ignore[arg-type]
        assert [p.text for p in d.posts()[2:]] == words
        assert all(("Which one" in p.quoted) is (n % 2 == 0) or not p.quoted for n, p in enumerate(d.posts()[2:]))


def test_the_customer_reads_when_his_request_was_taken_and_what_was_agreed(tmp_path: Path) -> None:
    """Both sides see at once whether the agreement was kept; who has none is told no times (0-15)."""
    with desk(tmp_path) as d:
        enter_party(d, "asg", "asg.example")
        enter_contract(d, "C1", "asg", take="4h")
        d.agent("anna")
        proves(d, "kim@asg.example", "Broken.")
        mail = one(d.post(), ANNA)
        d.passes(hours=1, minutes=12)
        d.write(ANNA, "#take", answer=mail)
        told = " ".join(plain(one(d.post_later(), "kim@asg.example", "taken")).split())
        assert "11:12" in told and "after 1 hour 12 minutes, agreed 4 hours" in told
        proves(d, "eva@other.example", "Broken.", subject="Other")
        d.write(ANNA, "#take", answer=one(d.post(), ANNA))
        assert "Taken" not in plain(one(d.post_later(), "eva@other.example", "taken"))


def test_an_internal_order_by_mail_is_nobodys_business_outside(tmp_path: Path) -> None:
    """The customer would read what is planned for him (3-01)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.agent("ben")
        d.write(ANNA, f"#new for:{KIM}\n\nHis office is to be moved.", subject="[internal] Move", envelope=login("anna"))
        t = d.ticket()
        assert (t.visibility, t.origin, t.subject) == ("internal", "internal", "Move")
        new = one(d.post_later(60), BEN)
        for text in ("#take", "We begin.", "#wait", "#close"):
            d.write(BEN, text, answer=new)
            assert to_customers(d.post_later(60)) == [], text


def test_what_is_opened_at_the_desk_is_read_and_what_comes_by_mail_is_not(tmp_path: Path) -> None:
    """Nobody would look at what a colleague has forwarded, since it seems to be looked at (3-21)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        commands = d.commands
        assert commands.ok("ticket", "new", "--for", "jan@x.example", "--subject", "Call", "--as", "anna")["status"] == "read"
        d.write(ANNA, "#new for:eva@x.example\n\nShe stands here.", subject="Counter", envelope=login("anna"))
        d.write("kim@x.example")
        assert {t["ref"]: t["status"] for t in commands.ok("ticket", "list")} == {"T1": "read", "T2": "new", "T3": "new"}


def test_a_quiet_ticket_tells_its_customer_of_no_step(tmp_path: Path) -> None:
    """Whoever arranged it on the telephone wants no mails of a machine beside (3-10)."""
    with desk(tmp_path) as d:
        first = asked(d, "anna")
        d.write(ANNA, "#quiet", answer=first)
        for line in ("#take", "#wait", "#status working", "#close", "#reopen", "#close"):
            d.write(ANNA, line, answer=first)
            assert to_customers(d.post_later()) == [], line
        d.write(ANNA, "One word from me.", answer=first)
        assert kinds(to_customers(d.post_later())) == ["message"]


def test_a_reply_to_what_was_deleted_is_answered_and_wakes_nothing(tmp_path: Path) -> None:
    """What somebody had a right to have forgotten would be back with his next mail (3-18)."""
    with desk(tmp_path) as d:
        first = asked(d, "anna")
        d.write(ANNA, "We come.", answer=first)
        answer = to(d.post_later(), KIM)[-1]
        assert d.commands.ok("ticket", "delete", "T1")["deleted"] is True
        i = proves(d, KIM, "When will you come?", answer=answer)
        assert d.fate(i) == "opened"
        old = d.commands.ok("ticket", "show", "T1")
        assert old["deleted_at"] and len(old["posts"]) == 2
        assert [t["ref"] for t in d.commands.ok("ticket", "list")] == ["T2"]
        mails = d.post()
        assert kinds(to(mails, KIM)) == ["received"] and "[T2]" in str(one(mails, KIM)["Subject"])
        assert ("T1", "follow-up") in links(d, "T2")


@pytest.mark.parametrize("policy", ["new", "reopen", "answer"])
def test_closed_for_a_month_is_archived_and_a_reply_does_what_the_site_says(tmp_path: Path, policy: str) -> None:
    """Old requests would fill the lists, or their customers talk to nobody (2-30)."""
    with desk(tmp_path, more=f'[archive]\nafter = "30d"\n[options]\narchived_reply = "{policy}"\n') as d:
        first = asked(d, "anna")
        d.write(ANNA, "Done.\n\n#close", answer=first)
        told = one(d.post_later(), KIM, "closed")
        d.passes(days=31)
        commands = d.commands
        assert [t["ref"] for t in commands.ok("archive", "list")] == ["T1"] and commands.ok("ticket", "list") == []
        proves(d, KIM, "It is broken again, please come.", answer=told)
        mails = to(d.post(), KIM)
        match policy:
            case "new":
                assert kinds(mails) == ["received"] and d.ticket("T2").status is Status.new and d.ticket().archived_at is not None
            case "reopen":
                assert d.ticket().is_open and d.ticket().archived_at is None and len(d.posts()) == 3
            case "answer":
                assert kinds(mails) == ["archived"] and d.ticket().archived_at is not None
        assert len(d.tickets()) == (0 if policy == "answer" else 1)


def test_head_and_foot_of_the_config_stand_in_both_parts_of_every_mail(tmp_path: Path) -> None:
    """The law wants to know who writes (3-29)."""
    with desk(tmp_path, desk='header = "**Closed** on Friday."\nfooter = "Harbour GmbH, Pier 1"') as d:
        d.agent("anna")
        for mail in request(d):
            body = mail.get_body(("html",))
            assert body is not None
            markup = str(body.get_content())
            text = plain(mail)
            assert text.index("Closed") < text.index("[T1]" if "[T1]" in text else "T1") < text.index("Harbour GmbH, Pier 1")
            assert markup.index("<strong>Closed</strong>") < markup.index("Harbour GmbH, Pier 1")


@pytest.mark.parametrize(("text", "word"), [("hilfe", "schließen"), ("#apua", "sulje"), ("#nápověda", "zavřít"), ("help", "close")])
def test_help_comes_in_the_language_of_whoever_asks(tmp_path: Path, text: str, word: str) -> None:
    """Who reads no English would not know what to write (2-31)."""
    from templates import languages

    code = {"hilfe": "de", "#apua": "fi", "#nápověda": "cs", "help": "en"}[text]
    with desk(tmp_path) as d:
        enter_person(d, KIM, name="Kim")
        with engine.transaction(d.office.store) as tx:
            person = people.person_of(tx, KIM)
            assert person is not None
            people.edit_person(tx, person.id, language=code)
        proves(d, KIM, text if text.startswith("#") else "", subject="" if text.startswith("#") else text, to="control@desk.example")
        mail = one(d.post(), KIM, "help-answer")
        assert word in plain(mail) or languages.forms(code, "verbs", "close")[0] in plain(mail)
        assert languages.section(code, "help", "customer")["status"][1] in " ".join(plain(mail).split())  # type: ignore[index]


def test_who_is_not_registered_is_told_how_he_may_be(tmp_path: Path) -> None:
    """He would think that there are no answers (2-12)."""
    path = tmp_path / "texts" / "faq" / "en"
    path.mkdir(parents=True)
    (path / "toner.md").write_text("---\ntitle: Toner of the big printer\naudience: customer\n---\nOpen flap B.\n")
    with desk(tmp_path, desk='texts = "texts"') as d:
        d.write(KIM, "#faq toner", subject="Question")
        answer = one(d.post(), KIM, "faq-answer")
        assert "flap B" not in everything(answer) and "register" in plain(answer)
        d.write(KIM, "register", answer=answer)
        mails = d.post()
        assert kinds(to(mails, KIM)) == ["register"], templates(mails)
        tap(d, KIM, one(mails, KIM), "Register this address")
        d.post()
        d.write(KIM, "#faq toner", subject="Question 2")
        assert "flap B" in plain(one(d.post(), KIM, "faq-answer"))


@pytest.mark.parametrize(
    "markup",
    [
        '<div dir="auto">#close</div><div dir="auto"><br></div><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, 23 Nov 2026, Harbour Desk &lt;support@desk.example&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex"><p>Kim: #assign ben</p></blockquote></div>',
        '<html><body dir="auto"><div>#close</div><div><br></div><div id="ms-outlook-mobile-signature">Get <a href="https://aka.ms/o0ukef">Outlook for iOS</a></div><hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr"><b>From:</b> Harbour Desk &lt;support@desk.example&gt;<br><b>Sent:</b> Monday, November 23, 2026 10:00:00 AM<br><b>To:</b> Anna<br><b>Subject:</b> Printer [T1]</div><div>#assign ben</div></body></html>',
        '<html><head></head><body dir="auto">#close<br><br><div dir="ltr">Sent from my iPhone</div><div dir="ltr"><br><blockquote type="cite">On 23. Nov 2026, at 10:00, Harbour Desk &lt;support@desk.example&gt; wrote:<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">#assign ben</div></blockquote></body></html>',
    ],
    ids=["gmail", "outlook", "apple"],
)
def test_telephones_command_by_html_alone(tmp_path: Path, markup: str) -> None:
    """Who is out at the customers has nothing but his telephone (4-19)."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        i = d.write(ANNA, "", html=markup, answer=mail)
        assert d.fate(i) == "executed", d.mail(i)["why"]
        assert (d.ticket().status, d.ticket().assignee) == (Status.closed, "anna")
        assert kinds(to_customers(d.post_later())) == ["closed"] and [p.kind for p in d.posts()] == [PostKind.public]
