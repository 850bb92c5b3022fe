"""Who is believed: forged, unproven, expired and replayed mail in staff's name commands nothing; its owner can let it in."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from rules.facts.mail import Envelope
from rules.facts.terms import PostKind, Status
from tests.desk.customers import near, proven
from tests.desk.office import buttons, desk
from tests.desk.staff import ANNA, BEN, KIM, MAL, asked, everything, kinds, login, one, plain, request, state, to, to_customers


def test_a_forged_mail_commands_nothing_and_only_the_registered_address_is_asked(tmp_path: Path) -> None:
    """Anybody who can write one line of SMTP would close requests."""
    with desk(tmp_path) as d:
        asked(d, "anna", "ben")
        before = state(d)
        i = d.write(ANNA, "Dear Kim, pay here.\n\n#close", subject="Re: Printer [T1]", headers={"Reply-To": MAL})
        assert d.fate(i) == "held" and state(d) == before
        (question,) = d.post_later(300)
        assert str(question["To"].addresses[0].addr_spec) == ANNA
        assert "#close" in plain(question) and "pay here" not in everything(question)
        assert next(iter(buttons(question))).startswith("Yes, that was me")


def test_carry_out_does_what_the_mail_says_once_and_within_a_day(tmp_path: Path) -> None:
    """An agent whose provider proves nothing could not work by fresh mail."""
    with desk(tmp_path) as d:
        asked(d, "anna")
        i = d.write(ANNA, "All is well.\n\n#note\n#merge T2\n#prio high", subject="[T1]")
        question = one(d.post(), ANNA)
        request(d, "Again.", subject="Printer again")
        d.press(ANNA, question, "Yes, that was me: carry out")
        assert d.fate(i) == "appended", d.mail(i)["why"]
        assert d.ticket("T1").ref == "T2"
        d.press(ANNA, question, "Yes, that was me: carry out")
        assert "Already done" in plain(one(d.post(), ANNA, "spent"))


def test_carry_out_is_too_late_after_a_day(tmp_path: Path) -> None:
    """A question that lies in an old mailbox would stay dangerous."""
    with desk(tmp_path) as d:
        asked(d, "anna")
        i = d.write(ANNA, "#close", subject="[T1]")
        question = one(d.post(), ANNA)
        d.passes(hours=25)
        d.press(ANNA, question, "Yes, that was me: carry out")
        assert d.fate(i) == "held" and d.ticket().status is Status.new


@pytest.mark.parametrize(
    "header",
    [
        {"From": f"{ANNA}, {MAL}"},
        {"From": f'"{ANNA}" <{MAL}>'},
        {"From": f"{ANNA} <{MAL}>"},
        {"From": f"<{ANNA}> <{MAL}>"},
        {"Sender": MAL, "From": MAL},
    ],
)
def test_an_ambiguous_sender_commands_nothing_even_with_a_leaked_address(tmp_path: Path, header: dict[str, str]) -> None:
    """One parser's agent is another parser's stranger."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        status = d.ticket().status
        raw = _raw(header, mail, "#close")
        i = d.take(raw, Envelope(door="smtp", sender=MAL, recipients=(str(mail["Reply-To"].addresses[0].addr_spec),), peer="192.0.2.66"))
        assert d.ticket().status is status
        assert d.fate(i) in {"held", "appended"}
        assert all(p.kind is PostKind.third_party for p in d.posts()[1:])
        assert to_customers(d.post_later(300)) == []


@pytest.mark.parametrize("button", [False, True])
def test_two_from_lines_have_no_identity_with_a_valid_token(tmp_path: Path, button: bool) -> None:
    """The first From would be believed by one reader and the second shown by another."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        address = (
            buttons(mail)[next(k for k in buttons(mail) if k.startswith("Close"))]
            .partition("?")[0]
            .removeprefix("mailto:")
            .replace("%2B", "+")
        )
        target = address if button else str(mail["Reply-To"].addresses[0].addr_spec)
        raw = b"From: " + ANNA.encode() + b"\r\n" + _raw({"From": MAL}, mail, "#close")
        i = d.take(raw, Envelope(door="smtp", sender=MAL, recipients=(target,), peer="192.0.2.66"))
        assert d.ticket().status is Status.new and d.fate(i) in {"held", "ignored"}
        assert to_customers(d.post_later(300)) == []


def test_a_stolen_reply_address_is_worth_nothing_to_others(tmp_path: Path) -> None:
    """Whoever sees a forwarded notification could answer in the desk's name."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        i = d.write(MAL, "Give me all.\n\n#close", answer=mail, by="address parent")
        assert d.fate(i) == "appended"
        assert d.posts()[-1].kind is PostKind.third_party and d.ticket().status is Status.new
        j = d.write(BEN, "On it.\n\n#close", answer=mail)
        assert d.fate(j) == "held" and d.ticket().status is Status.new
        assert to_customers(d.post_later(300)) == []


def test_a_failed_dmarc_check_takes_the_worth_from_every_token(tmp_path: Path) -> None:
    """The domain's owner says that the mail is forged; the token leaked."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        before = state(d)
        reply = str(mail["Reply-To"].addresses[0].addr_spec)
        i = d.write(ANNA, "#close", answer=mail, headers=proven("staff.example", "fail"), envelope=near(ANNA, reply))
        assert d.fate(i) == "held" and state(d) == before
        question = one(d.post(), ANNA)
        assert not any("carry out" in label for label in buttons(question))
        link = (
            next(v for k, v in buttons(mail).items() if k.startswith("Close")).partition("?")[0].removeprefix("mailto:").replace("%2B", "+")
        )
        d.write(ANNA, "", to=link, headers=proven("staff.example", "fail"), envelope=near(ANNA, link))
        assert state(d) == before


def test_every_flipped_letter_of_a_token_makes_it_worthless(tmp_path: Path) -> None:
    """Recipient, ticket, purpose and row are all under the signature."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        local, _, domain = str(mail["Reply-To"].addresses[0].addr_spec).partition("@")
        d.post()
        for at in range(len("support+"), len(local)):
            if local[at] == "-":
                continue
            flipped = local[:at] + ("b" if local[at] == "a" else "a") + local[at + 1 :]
            i = d.write(ANNA, f"#close {at}", to=f"{flipped}@{domain}", subject="x")
            # the label in front is for people; all else is signed
            assert d.fate(i) in {"held", "executed"} and (d.fate(i) == "held" or at < local.index("-"))
            if d.fate(i) == "executed":
                d.write(ANNA, "#reopen", to=f"{local}@{domain}", subject="x")
        assert d.ticket().status is not Status.closed


def test_a_token_commands_for_180_days_and_threads_for_ever(tmp_path: Path) -> None:
    """An old mailbox that is stolen years later would command; a customer's old mail would not find its request."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        first = d.ticket().id
        d.passes(days=179)
        d.write(ANNA, "#prio high", answer=mail)
        assert d.ticket().priority.value == "high"
        d.passes(days=2)
        i = d.write(ANNA, "#prio low", answer=mail)
        assert d.fate(i) == "held" and d.ticket().priority.value == "high" and d.ticket().id == first
        d.post()
        assert d.mail(i)["hold"]["ticket"] == "T1"  # type: ignore[index]


def test_the_same_command_mail_twice_is_done_once(tmp_path: Path) -> None:
    """A relay that delivers again would run every command again."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        raw = _raw({"From": ANNA}, mail, "#tag one\n\nHello.")
        envelope = Envelope(door="smtp", sender=ANNA, recipients=(str(mail["Reply-To"].addresses[0].addr_spec),), peer="192.0.2.5")
        first = d.take(raw, envelope)
        assert d.take(raw, envelope) == first
        second = d.take(raw, Envelope(door="lmtp", sender=ANNA, recipients=envelope.recipients, peer=""))
        assert (d.fate(first), d.fate(second)) == ("appended", "duplicate")
        assert kinds(d.post_later()) == ["message", "report"]


def test_merging_needs_more_than_a_token(tmp_path: Path) -> None:
    """A leaked token alone could move a conversation to somebody else."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        request(d, "Again.", subject="Printer again")
        for line in ("merge T2", f"requester {MAL}", f"cc {MAL}"):
            i = d.write(ANNA, f"#prio high\n#{line}", answer=mail)
            assert d.fate(i) == "held", line
            question = one(d.post(), ANNA)
            assert f"#{line}" in plain(question)
        assert d.ticket().priority.value == "normal" and d.ticket().watchers == ()
        reply = str(mail["Reply-To"].addresses[0].addr_spec)
        i = d.write(ANNA, "#cc eva@client.example", answer=mail, headers=proven("staff.example"), envelope=near(ANNA, reply))
        assert d.fate(i) == "executed" and d.ticket().watchers == ("eva@client.example",)


def test_a_login_commands_only_for_its_own_address(tmp_path: Path) -> None:
    """Any agent could write in a colleague's name."""
    with desk(tmp_path) as d:
        asked(d, "anna", "ben")
        assert d.fate(d.write(ANNA, "#prio high", subject="[T1]", envelope=login("ben"))) == "held"
        assert d.fate(d.write(ANNA, "#prio high", subject="[T1]", envelope=login("anna"))) == "executed"


def test_the_owner_of_a_name_is_not_flooded_with_questions(tmp_path: Path) -> None:
    """A thousand forged mails would be a thousand mails to the agent whose name was forged."""
    with desk(tmp_path) as d:
        asked(d, "anna")
        for n in range(30):
            d.write(ANNA, f"#close\n#tag {n}", subject="[T1]")
        assert len(to(d.post_later(60), ANNA)) <= 10


def test_another_agents_release_never_runs_unproven_commands(tmp_path: Path) -> None:
    """A colleague who lets a forged mail in would lend it his own rights."""
    with desk(tmp_path) as d:
        d.agent("anna", "hw")
        d.agent("ben", "hw")
        request(d)
        i = d.write(ANNA, "Dear all.\n\n#close", subject="Re: Printer [T1]")
        d.post()
        d.passes(minutes=16)
        announced = one(d.post(), "root@desk.example")
        d.press("root@desk.example", announced, "Release")
        assert d.ticket().status is Status.new
        assert d.fate(i) in {"opened", "held"}
        assert all("#close" not in everything(m) or "@staff" in str(m["To"]) for m in d.post_later(300))


def test_a_token_of_one_request_commands_no_other(tmp_path: Path) -> None:
    """One leaked mail would open all requests."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        request(d, "Again.", subject="Again", headers={"Message-ID": "<second@client.example>"})
        headers = {"In-Reply-To": "<second@client.example>", "References": str(mail["Message-ID"])}
        i = d.write(ANNA, "#prio high", subject="x", headers=headers)
        assert d.fate(i) == "held" and d.ticket("T2").priority.value == "normal"


def _raw(header: dict[str, str], mail: EmailMessage, text: str) -> bytes:
    fields = {
        "To": str(mail["Reply-To"]),
        "Subject": str(mail["Subject"]),
        "In-Reply-To": str(mail["Message-ID"]),
        "Message-ID": "<x.1@mail.example>",
    } | header
    return ("".join(f"{k}: {v}\r\n" for k, v in fields.items()) + "\r\n" + text.replace("\n", "\r\n") + "\r\n").encode()


__all__ = ["KIM"]
