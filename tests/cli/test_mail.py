"""Mail by the command line: in, read, looked at, decided about; the account of fates; what an MTA hears."""

from __future__ import annotations

import base64
import mailbox

import pytest

from tests.cli.conftest import MAIL, Desk

LISTED = set("id received_at door envelope message_id from to cc subject bytes sha256 fate ticket why trust trace".split())
SHOWN = LISTED | {"text", "full_text", "attachments", "machine"}


def test_a_mail_has_all_the_keys_that_scripts_rely_on(desk: Desk) -> None:
    """A missing key is a KeyError in somebody's cron job."""
    desk.ok("mail", "in", str(desk.mail()))
    (listed,) = desk.ok("mail", "list")
    shown = desk.ok("mail", "show", "1")
    assert set(listed) >= LISTED
    assert set(shown) >= SHOWN
    assert set(shown["machine"]) >= {"kind", "may_answer", "failed"}
    assert set(shown["envelope"]) == {"from", "to"}
    assert (shown["fate"], shown["ticket"], shown["trust"]) == ("opened", "T1", 0)
    assert shown["from"] == {"name": "Maria Keller", "address": "maria@customer.example"}
    assert shown["text"].strip() == "Paper everywhere."


def test_mail_in_tells_what_became_of_each(desk: Desk, tmp_path) -> None:
    """An import of thousands has to be accounted for one by one."""
    folder = tmp_path / "mails"
    folder.mkdir()
    for n in range(3):
        (folder / f"{n}.eml").write_text(MAIL.format(subject=f"Number {n}", id=f"n{n}", text="x"))
    done = desk.ok("mail", "in", str(folder))
    assert [set(row) >= {"file", "id", "fate", "ticket"} for row in done] == [True] * 3
    assert [(row["fate"], row["ticket"]) for row in done] == [("opened", "T1"), ("opened", "T2"), ("opened", "T3")]
    again = desk.ok("mail", "in", str(folder))
    assert [row["id"] for row in again] == [row["id"] for row in done]
    assert desk.ok("mail", "fates")["received"] == 3


def test_an_mbox_and_stdin_come_in_too(desk: Desk, tmp_path) -> None:
    """Each system hands mail over in its own way."""
    box = mailbox.mbox(tmp_path / "box.mbox")
    for n in range(2):
        box.add(MAIL.format(subject=f"Box {n}", id=f"box{n}", text="x").encode())
    box.close()
    assert len(desk.ok("mail", "in", str(tmp_path / "box.mbox"))) == 2
    (piped,) = desk.ok(
        "mail",
        "in",
        "--to",
        "support@desk.example",
        "--from",
        "maria@customer.example",
        stdin=MAIL.format(subject="Pipe", id="p", text="x"),
    )
    shown = desk.ok("mail", "show", str(piped["id"]))
    assert (shown["door"], shown["envelope"]) == ("pipe", {"from": "maria@customer.example", "to": ["support@desk.example"]})


def test_silent_answers_nobody(desk: Desk) -> None:
    """An import of last year's mail would write to everybody in it."""
    desk.ok("mail", "in", "--silent", str(desk.mail()))
    assert desk.ok("outbox", "list") == []


def test_raw_gives_back_the_bytes_unchanged(desk: Desk) -> None:
    """Evidence must be what was received."""
    raw = MAIL.format(subject="Räw", id="raw", text="tab\t and trailing  ").replace("\n", "\r\n").encode() + b"\xff\x00bytes"
    desk.run("mail", "in", "-", stdin=raw)
    assert desk.run("mail", "raw", "1").raw == raw
    assert base64.b64decode(desk.ok("mail", "raw", "1")["base64"]) == raw
    assert desk.run("mail", "raw", "<raw@customer.example>").raw == raw


@pytest.mark.parametrize(
    ("words", "stdin", "code"),
    [
        (("mail", "in", "-"), b"", 65),
        (("mail", "in", "-"), b"\x7fELF nothing like a mail", 65),
        (("mail", "in", "--nonsense"), b"", 78),
        (("mail", "in", "--as", "nobody"), b"From: a@b.example\n\nx\n", 75),
        (("mail", "in", "/does/not/exist.eml"), b"", 75),
    ],
)
def test_an_mta_that_pipes_hears_what_it_understands(desk: Desk, words: tuple[str, ...], stdin: bytes, code: int) -> None:
    """Any other code makes Postfix bounce a mail that only had to wait."""
    assert desk.run(*words, stdin=stdin).code == code


def test_a_config_with_mistakes_is_78_for_an_mta(desk: Desk) -> None:
    """The postmaster must hear that it is his to mend."""
    desk.config.write_text("[desk]\naddress = 1\n")
    assert desk.run("mail", "in", stdin=b"From: a@b.example\n\nx\n").code == 78


def test_mail_read_stores_nothing_and_names_what_it_cannot_read(desk: Desk, tmp_path) -> None:
    """Trying out a parser must leave no trace."""
    (tmp_path / "empty.eml").write_bytes(b"")
    rows = desk.ok("mail", "read", str(desk.mail(subject="Re: =?utf-8?q?Gr=C3=BC=C3=9Fe?=")), str(tmp_path / "empty.eml"))
    assert rows[0]["subject"] == "Re: Grüße"
    assert set(rows[0]) >= (SHOWN | {"file"})
    assert rows[0]["to"] == [{"name": None, "address": "support@desk.example"}]
    assert rows[1]["error"]
    assert desk.ok("mail", "fates")["received"] == 0


@pytest.mark.parametrize(
    ("written", "said"),
    [("kim@client.example", "<kim@client.example>"), ("Kim <kim@client.example>", "Kim <kim@client.example>"), ("", "")],
)
def test_a_sender_without_a_name_is_called_by_the_address_alone(desk: Desk, tmp_path, written: str, said: str) -> None:
    """`None <kim@…>` stood there."""
    (tmp_path / "a.eml").write_bytes(f"From: {written}\r\nSubject: Printer\r\n\r\nIt jams.\r\n".encode())
    shown = desk.run("mail", "read", str(tmp_path / "a.eml")).out
    assert [row.removeprefix("from").strip() for row in shown.splitlines() if row.startswith("from")] == ([said] if said else [])
    assert "None" not in shown


@pytest.mark.parametrize("words", ["mail read", "rehearse", "ticket note T1", "why", "import", "db restore"])
def test_a_file_that_is_not_there_is_no_such_thing(desk: Desk, words: str) -> None:
    """A script tells a wrong path from a mail that can't be read."""
    desk.opened()
    refused = desk.run(*words.split(), "/does/not/exist")
    assert refused.code == 3
    assert "/does/not/exist" in refused.err


def test_lists_of_mail_are_searched(desk: Desk) -> None:
    """\"Did you get my mail?\" has to be answered within seconds."""
    desk.ok("mail", "in", str(desk.mail("one", subject="Toner is empty", text="Send black toner")))
    desk.ok("mail", "in", str(desk.mail("two", subject="Chair squeaks")))

    def ids(*words: str) -> list[int]:
        return [mail["id"] for mail in desk.ok("mail", "list", *words)]

    assert ids() == [2, 1]
    assert ids("--search", "black toner") == [1]
    assert ids("--from", "maria") == [2, 1]
    assert ids("--from", "nobody") == []
    assert ids("--fate", "opened") == [2, 1]
    assert ids("--fate", "held,parked") == []
    assert ids("--since", "1d", "--limit", "1") == [2]
    assert ids("--since", "2999-01-01") == []
    assert ids("--ticket", "T1") == [1]
    assert desk.run("mail", "list", "--fate", "opend").code == 2


def test_the_account_of_fates_adds_up(desk: Desk) -> None:
    """Nothing may fall under the table."""
    desk.ok("mail", "in", str(desk.mail()))
    account = desk.ok("mail", "fates")
    assert set(account) == {"received", "fates", "waiting", "stale", "ok"}
    assert set(account["fates"]) == set("opened appended executed held parked duplicate automatic bounce refused ignored".split())
    assert account["ok"] is True
    assert account["received"] == sum(account["fates"].values()) == 1


def test_a_mail_that_waits_too_long_fails_the_account(desk: Desk) -> None:
    """A stopped daemon shows nowhere else."""
    from datetime import UTC, datetime

    from mailgate import intake, settings
    from mailgate.config import glance
    from mailgate.desk import opened
    from mailgate.doors.receiving import Received
    from rules.facts.mail import Envelope

    config = settings.load(desk.config, {})
    with opened.store(glance.of(config)) as store:
        intake.keep(
            store, [Received(envelope=Envelope(door="file"), raw=desk.mail().read_bytes())], datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
        )
    assert desk.run("mail", "fates", "--now", "2026-11-22T06:10Z").code == 0
    result = desk.run("--json", "mail", "fates", "--now", "2026-11-22T06:20Z")
    assert (result.code, result.json["stale"], result.json["ok"]) == (1, 1, False)
    assert desk.run("mail", "fates", "--now", "2026-11-22T06:20Z", "--stale", "1h").code == 0
    waiting = desk.ok("mail", "show", "1")
    assert (waiting["fate"], waiting["subject"]) == (None, "Printer jams")
    assert [m["id"] for m in desk.ok("mail", "list", "--fate", "waiting")] == [1]


def _held(desk: Desk, text: str = "#clse", *more: str) -> dict:
    desk.opened()
    raw = f"From: anna@staff.example\nTo: support@desk.example\nSubject: Re: Printer jams [T1]\nMessage-ID: <h@staff.example>\n\n{text}\n"
    (row,) = desk.ok("mail", "in", "--as", "anna", *more, stdin=raw)
    return row


def test_a_held_mail_is_released_without_its_guard(desk: Desk) -> None:
    """Whoever may decide must be able to."""
    row = _held(desk)
    assert row["fate"] == "held"
    released = desk.ok("mail", "release", str(row["id"]))
    assert (released["fate"], released["ticket"]) == ("appended", "T1")
    assert "clse" in desk.ok("ticket", "show", "T1")["posts"][-1]["text"]
    assert desk.run("mail", "release", str(row["id"])).code == 1


def test_retrying_what_is_wrong_holds_it_again(desk: Desk) -> None:
    """Again is not anyway."""
    row = _held(desk)
    result = desk.run("--json", "mail", "retry", str(row["id"]))
    assert result.code == 1
    assert result.json["fate"] == "held"


def test_a_missing_proof_is_never_lifted(desk: Desk) -> None:
    """Releasing would make anybody's From line an agent's order."""
    desk.opened()
    raw = "From: anna@staff.example\nTo: support@desk.example\nSubject: Re: Printer jams [T1]\nMessage-ID: <f@evil>\n\n#close\n"
    (row,) = desk.ok("mail", "in", stdin=raw)
    assert row["fate"] == "held"
    refused = desk.run("mail", "release", str(row["id"]))
    assert refused.code == 1
    assert "proves" in refused.err
    assert desk.ok("ticket", "show", "T1")["status"] != "closed"


def test_spam_is_released_and_opens_its_ticket(desk: Desk) -> None:
    """Filters err."""
    (row,) = desk.ok("mail", "in", str(desk.mail(X_Spam_Flag="YES")))
    assert row["fate"] == "held"
    assert desk.ok("mail", "release", str(row["id"]))["fate"] == "opened"


def test_a_dropped_mail_is_kept_and_marked(desk: Desk) -> None:
    """Decided against is not forgotten."""
    row = _held(desk)
    assert desk.run("mail", "drop", str(row["id"])).code == 2
    dropped = desk.ok("mail", "drop", str(row["id"]), "--why", "a joke")
    assert (dropped["put_away"], dropped["why"]) == (True, "a joke")
    assert desk.run("mail", "raw", str(row["id"])).raw.endswith(b"#clse\n")


def test_why_tells_every_question_and_what_followed(desk: Desk) -> None:
    """\"Why did it go there?\" must not need a programmer."""
    desk.config.write_text(
        desk.config.read_text() + '\n[[rule]]\nname = "printers"\nwhen = {subject = "printer"}\nthen = ["category hardware/printer"]\n'
    )
    desk.ok("mail", "in", str(desk.mail()))
    asked = desk.ok("why", "1")
    assert asked["decision"] == "opened"
    (rule,) = [step for step in asked["trace"] if step.get("condition") == "subject"]
    assert rule["matched"] is True
    assert rule["place"].startswith("config.toml:")
    assert ("received", "maria@customer.example") in {(x["template"], x["to"]) for x in asked["letters"]}
    would = desk.ok("why", str(desk.mail("other", subject="A chair")))
    assert would["decision"] == "opened"
    assert would["id"] is None
    assert [step["matched"] for step in would["trace"] if step.get("condition") == "subject"] == [False]
    assert desk.ok("mail", "fates")["received"] == 1


def test_the_outbox_can_be_stopped_and_started(desk: Desk) -> None:
    """A mail that must not leave is a matter of seconds."""
    desk.opened()
    row = desk.ok("outbox", "list", "--to", "maria")[0]
    assert desk.ok("outbox", "drop", str(row["id"]))["state"] == "dropped"
    assert desk.run("outbox", "drop", str(row["id"])).code == 1
    assert desk.run("outbox", "retry", str(row["id"])).code == 1
    assert desk.ok("outbox", "list", "--state", "due", "--to", "maria") == []


def test_a_tick_delivers_and_the_outbox_says_so(desk: Desk) -> None:
    """The whole way by commands alone: in, handled, out."""
    desk.ok("mail", "in", str(desk.mail()))
    done = desk.process("tick", "--json")
    assert done.code == 0, done.err
    assert done.json["delivered"] >= 1
    (row,) = desk.ok("outbox", "list", "--to", "maria")
    assert (row["state"], row["template"]) == ("sent", "received")
    assert list((desk.folder / "var/sent/new").iterdir())
    assert "T1" in desk.ok("outbox", "show", str(row["id"]))["text"]
