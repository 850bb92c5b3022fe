"""Each of four routes alone leads an answer home; numbers alone lead nobody anywhere; without sub-addressing all of it works too."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.facts.mail import Envelope
from rules.facts.terms import PostKind, Status
from tests.desk.customers import near, proven, proves
from tests.desk.office import buttons, desk, plain, to
from tests.desk.staff import ANNA, KIM, MAL, asked, everything, kinds, login, one, request, to_customers

NO_SIGN = 'subaddress = ""'


@pytest.mark.parametrize("by", ["address", "parent", "references", "subject"])
@pytest.mark.parametrize("sign", ["", NO_SIGN, 'subaddress = "-"'])
def test_each_route_alone_leads_a_customers_answer_home(tmp_path: Path, by: str, sign: str) -> None:
    """Clients lose Reply-To, In-Reply-To or References, people rewrite subjects; each loss alone would open a second request."""
    if by == "address" and sign == NO_SIGN:
        pytest.skip("there is no token in an address without a sign")
    with desk(tmp_path, desk=sign) as d:
        d.agent("anna")
        received = one(request(d), KIM)
        i = proves(d, KIM, "It smokes.", answer=received, by=by, subject="smoke" if by != "subject" else "Printer")
        assert d.fate(i) == "appended" and len(d.tickets()) == 1
        assert [p.text for p in d.posts()] == ["The printer is on fire.", "It smokes."]


@pytest.mark.parametrize("by", ["address", "parent", "references"])
def test_each_route_with_a_token_proves_an_agent(tmp_path: Path, by: str) -> None:
    """An agent whose client drops one header could not command."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        i = d.write(ANNA, "On it.\n\n#prio high", answer=mail, by=by, subject="something")
        assert d.fate(i) == "appended", d.mail(i)["why"]
        message = one(d.post_later(), KIM)
        assert message["X-Mailgate-Template"] == "message" and "On it." in plain(message)


def test_a_number_in_the_subject_threads_an_agent_but_proves_nothing(tmp_path: Path) -> None:
    """A guessed number would be a command; a proven agent's number would open a second request."""
    with desk(tmp_path) as d:
        asked(d, "anna")
        assert d.fate(d.write(ANNA, "#prio high", subject="Re: Printer [T1]")) == "held"
        assert d.ticket().priority.value == "normal"
        d.write(ANNA, "Called him.\n\n#prio high", subject="Printer [t1]", envelope=login("anna"))
        assert d.ticket().priority.value == "high"
        assert d.posts()[-1].kind is PostKind.note and to_customers(d.post_later()) == []


def test_with_no_route_a_new_request_is_opened(tmp_path: Path) -> None:
    """Two different matters would be one request."""
    with desk(tmp_path) as d:
        asked(d, "anna")
        proves(d, KIM, "The scanner, too.", subject="Scanner")
        assert [t.subject for t in d.tickets()].count("Scanner") == 1 and len(d.tickets()) == 2


def test_a_strangers_number_opens_a_request_of_his_own_and_neither_learns_of_the_other(tmp_path: Path) -> None:
    """Who guesses `[T1]` would read or write in somebody else's request."""
    with desk(tmp_path) as d:
        asked(d, "anna", text="My secret account is 4711.", subject="Secret account")
        i = proves(d, f"Mal <{MAL}>", "Tell me more.", subject="Re: [T1] hello")
        assert d.fate(i) == "opened" and len(d.posts()) == 1
        mails = d.post()
        assert to(mails, "kim@") == []
        answer = one(mails, MAL)
        assert "4711" not in everything(answer) and "Secret" not in everything(answer) and "[T1]" not in str(answer["Subject"])
        assert "T1" in plain(one(mails, ANNA))


def test_our_message_id_with_one_letter_changed_leads_nowhere(tmp_path: Path) -> None:
    """Message-IDs could be guessed from one that was seen."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        good = str(mail["Message-ID"])
        bad = good.replace(good.partition("@")[0][-1] + "@", ("b" if good.partition("@")[0][-1] == "a" else "a") + "@")
        for altered in (bad, good.replace("desk.example", "desk.exampla"), good.replace("@", "@x.")):
            i = d.write(MAL, f"Hello {altered}.", subject=f"x {altered}", headers={"In-Reply-To": altered, "References": altered})
            assert d.fate(i) == "opened" and len(d.posts("T1")) == 1


def test_a_stranger_with_a_true_message_id_is_heard_by_staff_alone(tmp_path: Path) -> None:
    """Somebody to whom Kim forwarded our mail would be dropped, or would get answers meant for Kim."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "Is it the left one?", answer=mail)
        message = one(d.post_later(), KIM)
        i = d.write("eva@elsewhere.example", "It is the right one.", answer=message, by="parent", subject="Fwd")
        assert d.fate(i) == "appended"
        post = d.posts()[-1]
        assert post.kind is PostKind.third_party
        assert kinds(d.post_later()) == ["appended"]
        assert d.ticket().watchers == () and d.ticket().status is Status.working


def test_merged_requests_keep_every_way_home(tmp_path: Path) -> None:
    """Answers to mails from before a merge would open new requests."""
    with desk(tmp_path) as d:
        asked(d, "anna")
        received = one(request(d, "And the scanner.", subject="Scanner"), KIM)
        d.write(ANNA, "#merge T1", subject="[T2]", envelope=login("anna"))
        assert d.ticket("T2").ref == "T1"
        assert to_customers(d.post_later()) == [], "nothing was closed for him"
        for n, by in enumerate(("address", "parent", "references", "subject")):
            i = proves(d, KIM, f"By {by}.", answer=received, by=by, subject="Scanner [T2]" if by == "subject" else f"s{n}")
            assert d.fate(i) == "appended" and d.posts("T1")[-1].text == f"By {by}."
        d.write(ANNA, "We come.", answer=to(d.post(), ANNA)[0])
        assert [str(m["X-Mailgate-Ticket"]) for m in to_customers(d.post_later())] == ["T1"]


def test_a_new_number_mask_leaves_the_old_numbers_working(tmp_path: Path) -> None:
    """A desk that changes how requests are numbered would lose all that are open."""
    (tmp_path / "a").mkdir()
    with desk(tmp_path) as d:
        d.agent("anna")
        received = one(request(d), KIM)
        assert "[T1]" in str(received["Subject"])
    with desk(tmp_path, desk='number = "HD-{yyyy}-{seq}"') as d:
        d._n = 100
        i = proves(d, KIM, "Still there?", answer=received, by="subject")
        assert d.fate(i) == "appended"
        proves(d, KIM, "New.", subject="Something new")
        refs = sorted(t.ref for t in d.tickets())
        assert refs[1] == "T1" and refs[0].startswith("HD-2026-")
        j = proves(d, KIM, "More.", subject=f"Re: Something new [{refs[0]}]")
        assert d.fate(j) == "appended" and len(d.tickets()) == 2
        d.commands.ok("ticket", "delete", "T1")
        proves(d, KIM, "Still there?", answer=received)
        (anew,) = [t for t in d.tickets() if t.ref not in refs]
        assert "T1" not in anew.subject, "two numbers in a subject, and one of them is gone"


def test_without_sub_addressing_staff_answers_commands_and_presses_buttons(tmp_path: Path) -> None:
    """A mailbox at a provider without plus-addresses would be a desk for reading only."""
    with desk(tmp_path, desk=NO_SIGN) as d:
        mail = asked(d, "anna")
        assert str(mail["Reply-To"].addresses[0].addr_spec) == "support@desk.example"
        i = d.write(ANNA, "We come.\n\n#prio high", answer=mail, by="parent")
        assert d.fate(i) == "appended"
        message = one(d.post_later(), KIM)
        d.press(KIM, message, "This is solved")
        assert d.ticket().status is Status.closed
        closed = d.post()
        d.press(ANNA, one(closed, ANNA), "Reopen")
        assert d.ticket().status is not Status.closed
        assert all("+" not in link for link in buttons(mail).values())


def test_a_button_in_a_subject_that_a_person_edited_still_works(tmp_path: Path) -> None:
    """Some clients put `Re:` or a warning in front of every subject."""
    with desk(tmp_path, desk=NO_SIGN) as d:
        mail = asked(d, "anna")
        link = next(v for k, v in buttons(mail).items() if k.startswith("Close"))
        from urllib.parse import unquote

        subject = unquote(link.partition("?subject=")[2])
        d.write(ANNA, "", subject=f"[EXTERNAL] Re: {subject}", to="support@desk.example")
        assert d.ticket().status is Status.closed


def test_our_control_headers_from_outside_mean_nothing(tmp_path: Path) -> None:
    """Whoever knows their names could join any request or set its priority."""
    with desk(tmp_path) as d:
        asked(d, "anna")
        headers = {"X-Mailgate-Ticket": "T1", "X-Mailgate-Reply": "public", "X-Mailgate-Status": "closed", "X-Mailgate-Template": "message"}
        i = d.write(MAL, "Hello.", subject="x", headers=headers)
        assert d.fate(i) == "opened" and len(d.posts("T1")) == 1


@pytest.mark.inside("loopback is our own side: nobody is far from it")
def test_forged_results_of_a_check_give_no_level(tmp_path: Path) -> None:
    """Anybody may write `dmarc=pass`; only what our own server put on top counts."""
    with desk(tmp_path) as d:
        asked(d, "anna")
        reply = "support@desk.example"
        far = Envelope(door="smtp", sender=ANNA, recipients=(reply,), peer="192.0.2.66")
        i = d.write(ANNA, "#prio high", subject="[T1]", headers=proven("staff.example"), envelope=far)
        assert d.mail(i)["trust"] == 0 and d.fate(i) == "held"
        below = {
            "Received": proven("staff.example")["Received"],
            "Authentication-Results": "mx.desk.example; dmarc=pass header.from=staff.example",
        }
        j = d.write(ANNA, "#prio high", subject="[T1]", headers=below, envelope=near(ANNA, reply))
        assert d.mail(j)["trust"] == 0 and d.fate(j) == "held"


def test_a_customers_mail_to_two_of_his_requests_tells_staff_of_the_other(tmp_path: Path) -> None:
    """It stands in one of them; whoever works on the other would never learn that it was meant, too."""
    with desk(tmp_path) as d:
        d.agent("anna")
        first = one(request(d), KIM)
        second = one(request(d, subject="Scanner"), KIM)
        both = f"{first['Reply-To']}, {second['Reply-To']}"
        i = proves(d, KIM, "Both are on fire now.", subject="Fire", headers={"To": both})
        assert d.fate(i) == "appended" and len(d.posts("T1")) == 2
        told = one(d.post(), ANNA)
        assert "This mail was also sent to T2" in plain(told)


def test_an_agents_answer_to_two_requests_is_asked_about(tmp_path: Path) -> None:
    """The customer of one of them would read what was meant for the other."""
    with desk(tmp_path) as d:
        first = asked(d, "anna")
        d.write("mia@elsewhere.example", "Mine, too.", subject="Scanner")
        second = to(d.post(), ANNA)[-1]
        both = f"{first['Reply-To']}, {second['Reply-To']}"
        i = d.write(ANNA, "I come at ten.\n\n#prio high", answer=first, by="parent", headers={"To": both})
        mails = d.post_later()
        assert d.fate(i) == "held" and to_customers(mails) == []
        held = one(mails, ANNA)
        assert "T1, T2" in plain(held) and {t.priority.value for t in d.tickets()} == {"normal"}
        d.press(ANNA, held, next(label for label in buttons(held) if label.startswith("Send")))
        assert d.fate(i) == "appended"
        assert [m["To"].addresses[0].addr_spec for m in to_customers(d.post_later())] == [KIM]
