"""Answering a program starts a loop; treating a person as a program loses his request."""

from dataclasses import replace

import pytest

from rules.facts.mail import Envelope, Failed, Mail, Report
from rules.facts.terms import Address, MachineKind
from rules.reading import machine
from rules.reading.absence import may_be_automatic, says_automatic

DESK = "desk@corp.test"
KIM = Mail(
    subject="Printer", sender=Address(name="Kim", address="kim@client.test"), identity="kim@client.test", to=(Address(address=DESK),)
)
SMTP = Envelope(door="smtp", sender="kim@client.test", recipients=(DESK,))


def with_fields(*fields: tuple[str, str]) -> Mail:
    return replace(KIM, headers=fields)


def test_a_persons_mail_may_be_answered() -> None:
    """The ordinary case."""
    found = machine.classify(KIM, SMTP, [DESK])
    assert (found.kind, found.may_answer) == (MachineKind.human, True)


@pytest.mark.parametrize(
    ("fields", "kind", "row"),
    [
        ([("Auto-Submitted", "auto-replied")], MachineKind.auto_reply, "A5"),
        ([("auto-submitted", "AUTO-GENERATED (failure)")], MachineKind.auto_reply, "A5"),
        ([("Auto-Submitted", "no"), ("Auto-Submitted", "auto-replied; owner-email=x")], MachineKind.auto_reply, "A5"),
        ([("X-Autoreply", "yes")], MachineKind.auto_reply, "A7"),
        ([("X-Autorespond", "Printer")], MachineKind.auto_reply, "A7"),
        ([("X-FC-MachineGenerated", "true")], MachineKind.auto_reply, "A7"),
        ([("Delivered-To", "Autoresponder")], MachineKind.auto_reply, "A7"),
        ([("X-POST-MessageClass", "9; Autoresponder")], MachineKind.auto_reply, "A7"),
        ([("X-MS-Exchange-Generated-Message-Source", "Mailbox Rules Agent")], MachineKind.auto_reply, "A7"),
        ([("X-Mailer", "vacation 1.2")], MachineKind.auto_reply, "A7"),
        ([("Precedence", "auto_reply")], MachineKind.auto_reply, "A8"),
        ([("Preference", "auto_reply")], MachineKind.auto_reply, "A8"),
        ([("Precedence", "first"), ("Precedence", "Bulk")], MachineKind.bulk, "A8"),
        ([("X-Precedence", "junk")], MachineKind.bulk, "A8"),
        ([("Precedence", "list"), ("List-Id", "<x.test>")], MachineKind.list, "A8"),
        ([("List-Unsubscribe", "<mailto:x@y.test>")], MachineKind.list, "A9"),
        ([("Feedback-ID", "1:2:3")], MachineKind.bulk, "A9"),
        ([("Return-Path", "<>")], MachineKind.auto_reply, "A6"),
    ],
)
def test_marks_of_programs_are_seen_on_any_instance(fields: list[tuple[str, str]], kind: MachineKind, row: str) -> None:
    """A second field of the same name must not hide the first."""
    found = machine.classify(with_fields(*fields), None, [DESK])
    assert (found.kind, found.may_answer) == (kind, False)
    assert found.why.startswith(row)


def test_generated_and_replied_are_told_apart() -> None:
    """Monitoring opens a ticket, an out-of-office does not."""
    assert machine.classify(with_fields(("Auto-Submitted", "auto-generated")), SMTP).generated
    assert not machine.classify(with_fields(("Auto-Submitted", "auto-replied")), SMTP).generated


def test_other_help_desks_suppress_mark_keeps_a_person_a_person() -> None:
    """Only the answer is held back; the mail is worked on as any."""
    found = machine.classify(with_fields(("X-Auto-Response-Suppress", "DR, OOF, AutoReply")), SMTP, [DESK])
    assert (found.kind, found.may_answer) == (MachineKind.human, False)


@pytest.mark.parametrize("value", ["no", "No ; x", ""])
def test_auto_submitted_no_is_a_person(value: str) -> None:
    """RFC 3834 section 5."""
    assert machine.classify(with_fields(("Auto-Submitted", value)), SMTP).kind is MachineKind.human


def test_a_null_envelope_sender_is_never_answered_but_an_unknown_one_is_none() -> None:
    """A file or a mailbox has no envelope; that says nothing about the mail."""
    assert not machine.classify(KIM, replace(SMTP, sender="")).may_answer
    assert not machine.classify(KIM, replace(SMTP, sender="<>")).may_answer
    assert machine.classify(KIM, Envelope(door="file")).may_answer


@pytest.mark.parametrize(
    "address", ["noreply@x.test", "no-reply+1@x.test", "do-not-reply@x.test", "postmaster@x.test", "list-bounces@x.test", "owner-a@x.test"]
)
def test_robots_get_no_answer(address: str) -> None:
    """RFC 5230 section 4.6."""
    assert not machine.classify(replace(KIM, identity=address, sender=Address(address=address)), SMTP).may_answer


def test_our_own_mail_and_loops_end_here() -> None:
    """Else two desks write to each other all night."""
    assert machine.classify(replace(KIM, sender=Address(address="Desk@CORP.test")), SMTP, [DESK]).kind is MachineKind.own
    assert machine.classify(KIM, SMTP, [DESK], is_ours=True).kind is MachineKind.own
    assert machine.classify(with_fields(*[("Received", "x")] * 51), SMTP, [DESK]).kind is MachineKind.loop
    assert machine.classify(with_fields(*[("Received", "x")] * 50), SMTP, [DESK]).kind is MachineKind.human


def test_blind_copies_get_no_answer_and_sub_addresses_are_ours() -> None:
    """An answer to a blind copy tells that there was one."""
    hidden = replace(KIM, to=(Address(address="other@x.test"),))
    assert not machine.classify(hidden, SMTP, [DESK]).may_answer
    assert machine.classify(replace(KIM, to=(Address(address="desk+t42.abc@corp.test"),)), SMTP, [DESK]).may_answer
    assert machine.classify(hidden, SMTP).may_answer


def test_reports_say_whom_they_are_about() -> None:
    """The desk must learn which address failed, and not take a success for a failure."""
    failed = Report(
        kind="delivery", failed=(Failed(address="a@x.test"), Failed(address="b@x.test", action="delivered")), original_id="<1@corp.test>"
    )
    found = machine.classify(replace(KIM, report=failed), SMTP)
    assert found.kind is MachineKind.bounce
    assert [one.address for one in found.failed] == ["a@x.test"]
    assert found.original_id == "<1@corp.test>"
    fine = replace(KIM, report=Report(kind="delivery", failed=(Failed(address="b@x.test", action="relayed"),)))
    assert machine.classify(fine, SMTP).kind is MachineKind.report
    for kind in ("disposition", "feedback", "tls", "dmarc"):
        assert machine.classify(replace(KIM, report=Report(kind=kind)), SMTP).kind is MachineKind.report


@pytest.mark.parametrize(
    "subject",
    [
        "Out of office: Printer",
        "Out of Office AutoReply: Printer",
        "Automatic reply: Printer",
        "Automatische Antwort: Drucker",
        "Abwesenheitsnotiz: Drucker",
        "Automaattinen vastaus: Tulostin",
        "Automatická odpověď: Tiskárna",
        "Mimo kancelář: Tiskárna",
        "Réponse automatique : Imprimante",
        "Respuesta automática: Impresora",
        "Risposta automatica: Stampante",
        "Automatisch antwoord: Printer",
        "Autosvar: Skrivare",
        "Automatisk svar: Printer",
        "Automatyczna odpowiedź: Drukarka",
        "Автоответ: Принтер",
        "自動応答: プリンタ",
        "自动答复: 打印机",
        "자동 회신: 프린터",
    ],
)
def test_absence_is_known_by_its_subject_in_many_languages(subject: str) -> None:
    """Some programs set no header at all."""
    assert says_automatic(subject, "", is_answer=False)
    assert machine.classify(replace(KIM, subject=subject), SMTP).kind is MachineKind.auto_reply
    assert not says_automatic(f"Re: {subject}", "", is_answer=True)


@pytest.mark.parametrize(
    "subject", ["Vacation request for June", "Automatic door broken", "Office chair", "Absent colleague's mail", "Reading list", ""]
)
def test_people_may_write_about_absence(subject: str) -> None:
    """A request about holidays is a request."""
    assert not says_automatic(subject, "", is_answer=False)


NOTE = "Hello,\n\nI am out of the office until 9 March. In urgent cases please write to ben@client.test.\n\nBest regards\nKim"


@pytest.mark.parametrize(
    "subject",
    [
        "Kim Client is out of the office (returning 9 March)",
        "AUTO: Kim Client ist außer Haus (Rückkehr am 9.3.2026)",
        "Vacation: Printer",
        "Urlaub bis 9.3.",
        "Lomalla: Tulostin",
        "Dovolená: Tiskárna",
        "En congé: Imprimante",
        "Отпуск: Принтер",
    ],
)
def test_a_subject_that_only_mentions_an_absence_needs_a_note_that_answers(subject: str) -> None:
    """Domino and old vacation programs write these; a person may, too, of his own accord."""
    answer = replace(KIM, subject=subject, text=NOTE, in_reply_to=("<1@corp.test>",))
    assert machine.classify(answer, SMTP).kind is MachineKind.auto_reply
    own_news = machine.classify(replace(answer, in_reply_to=()), SMTP)
    assert (own_news.kind, own_news.may_answer) == (MachineKind.human, False)
    assert machine.classify(replace(answer, text="How do I enter it?"), SMTP).may_answer


@pytest.mark.parametrize(
    "subject",
    [
        "Out of office assistant does not work",
        "Out of office?",
        "Automatische Antworten einrichten",
        "Abwesenheitsnotiz lässt sich nicht ausschalten",
        "Automaattivastaus ei toimi",
        "Poissaoloviesti ei mene päälle",
        "Automatická odpověď nejde zapnout",
        "On vacation next week - please call Ben",
        "Your message has been received but nobody called",
    ],
)
def test_trouble_with_absence_notes_is_a_request(subject: str) -> None:
    """A help desk is asked about them, and such a mail would lie unseen among the automatic ones."""
    for text in ("Hello, can you help me with this?\nKim", "Since Monday.", "Ben is on vacation."):
        assert machine.classify(replace(KIM, subject=subject, text=text), SMTP).may_answer


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for contacting us.\nThis is an automated response, please do not reply to this e-mail.",
        "Ihre Anfrage ist eingegangen.\nDiese Nachricht wurde automatisch generiert.",
        "Viestisi on vastaanotettu. Tämä on automaattinen vastaus.",
        "Váš požadavek byl přijat. Tato zpráva byla automaticky vygenerována.",
        # what tells it within longer words, and where no blanks part words
        "Diese Nachricht wurde vollautomatisch erstellt.",
        "Krankheitsabwesenheit bis Montag. Ich bin nicht erreichbar, wieder im Büro am Dienstag.",
        "Olen äitiyslomalla, poissaolo kestää kesään.",
        "不在にしております。休暇",
        NOTE,
    ],
)
def test_what_reads_as_if_a_program_had_sent_it_is_worked_on_unanswered(text: str) -> None:
    """Two help desks without marks in their mails would thank each other for ever; a person's request is not put away for its words."""
    assert may_be_automatic(text)
    found = machine.classify(replace(KIM, text=text), SMTP)
    assert (found.kind, found.may_answer) == (MachineKind.human, False)
    assert machine.classify(replace(KIM, text=f"My printer is broken.\n\n> {text}"), SMTP).may_answer


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Read: Printer", "Your message\n\n  To: Desk\n  Subject: Printer\n\nwas read on 2 November 2026 10:10."),
        ("Gelesen: Drucker", "Ihre Nachricht\n\nAn: Desk\n\nwurde am 02.11.2026 10:10 gelesen."),
        ("Luettu: Tulostin", "Viestisi\n\nVastaanottaja: Desk\n\nluettiin 2.11.2026 10.10."),
        ("Přečteno: Tiskárna", "Vaše zpráva\n\nKomu: Desk\n\nbyla přečtena 2. 11. 2026 10:10."),
    ],
)
def test_read_receipts_without_their_part_are_known(subject: str, text: str) -> None:
    """Gateways strip the report and leave its text."""
    assert machine.classify(replace(KIM, subject=subject, text=text), SMTP).kind is MachineKind.auto_reply
    assert machine.classify(replace(KIM, subject=subject, text="The meter was read on Monday, is that right?"), SMTP).may_answer
