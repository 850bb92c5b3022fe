"""Tickets by the command line: opened, worked on, answered, taken back, taken out, deleted."""

from __future__ import annotations

import hashlib
import mailbox

import pytest

from tests.cli.conftest import Desk

LISTED = set(
    "ref subject status colour light progress priority severity type category visibility origin channel group assignee level requester party partner_ref"
    " watchers contract project device fields tags opened_at read_at taken_at answered_at closed_at archived_at due rating version links".split()
)
SHOWN = LISTED | {"posts", "history", "tasks"}
POST = set("id at author kind direction subject text quoted attachments mail".split())
ENTRY = set("at actor action cause changed".split())
ROW = set("id created_at template to subject message_id ticket state attempts last_answer due_at".split())


def test_a_ticket_has_all_the_keys_that_scripts_rely_on(desk: Desk) -> None:
    """A missing key is a KeyError in somebody's cron job."""
    desk.opened("--category", "hardware")
    (listed,) = desk.ok("ticket", "list")
    shown = desk.ok("ticket", "show", "T1")
    assert set(listed) >= LISTED
    assert not {"posts", "history", "tasks"} & set(listed)
    assert set(shown) >= SHOWN
    assert set(shown["requester"]) == {"name", "address"}
    assert set(shown["due"]) == {"take", "answer", "idle", "solve"}
    assert set(shown["rating"]) == {"stars", "comment"}
    assert set(shown["posts"][0]) >= POST
    assert set(shown["posts"][0]["author"]) == {"name", "address", "agent"}
    assert set(shown["history"][0]) >= ENTRY
    assert shown["severity"] is None
    assert shown["opened_at"].endswith("+02:00") or shown["opened_at"].endswith("+03:00")


def test_a_call_becomes_a_ticket_and_the_customer_is_told(desk: Desk) -> None:
    """Whoever calls would have no number to refer to."""
    ticket = desk.opened("--phone", "+358 40 1", "--category", "hardware/printer", "--as", "anna")
    assert (ticket["channel"], ticket["status"], ticket["group"]) == ("phone", "read", "hw")
    assert ticket["fields"] == {"phone": "+358 40 1"}
    assert ticket["history"][0]["actor"] == "anna"
    told = {(row["template"], row["to"]) for row in desk.ok("outbox", "list")}
    assert ("received", "maria@customer.example") in told
    assert not any(to == "anna@staff.example" for _, to in told)


def test_the_opener_may_be_the_holder(desk: Desk) -> None:
    """[options] auto_assign: whoever takes the call keeps it."""
    desk.config.write_text(desk.config.read_text() + "\n[options]\nauto_assign = true\nauto_read = false\n")
    assert desk.opened("--as", "anna")["assignee"] == "anna"
    assert desk.opened()["assignee"] is None
    assert desk.ok("ticket", "show", "T2")["status"] == "new"


def test_a_known_caller_is_found_by_name_or_number(desk: Desk) -> None:
    """On the telephone nobody spells an address."""
    desk.ok("person", "add", "eva@acme.example", "--name", "Eva Roth", "--phone", "+358401234567", "--language", "de")
    by_name = desk.ok("ticket", "new", "--for", "eva roth", "--subject", "x")
    by_number = desk.ok("ticket", "new", "--phone", "00358 40 123 4567", "--subject", "x")
    assert by_name["requester"] == by_number["requester"] == {"name": "Eva Roth", "address": "eva@acme.example"}
    assert by_name["language"] == "de"
    unknown = desk.ok("ticket", "new", "--for", "Somebody Else", "--subject", "x")
    assert unknown["requester"] == {"name": "Somebody Else", "address": None}


def test_it_asks_for_what_is_missing(desk: Desk) -> None:
    """`ticket new -i` is for the telephone in the other hand."""
    answers = "jan@x.example\n\nPrinter\nIt jams\nhardware\nphone\n"
    result = desk.run("--json", "ticket", "new", "-i", stdin=answers)
    assert result.code == 0, result.err
    assert result.json["requester"]["address"] == "jan@x.example"
    assert (result.json["subject"], result.json["category"]) == ("Printer", "hardware")


def test_what_a_script_leaves_unanswered_is_left_out(desk: Desk) -> None:
    """Who pipes the answers in doesn't know how many questions this desk's config makes; without a subject there is nothing to open."""
    result = desk.run("--json", "ticket", "new", "-i", stdin="jan@x.example\n\nPrinter")
    assert result.code == 0, result.err
    assert (result.json["subject"], result.json["channel"], result.json["category"]) == ("Printer", "phone", None)
    assert desk.run("ticket", "new", "-i", stdin="jan@x.example\n").code == 2


def test_an_internal_ticket_tells_no_customer(desk: Desk) -> None:
    """An order among staff would reach the one that it is about."""
    desk.opened("--internal")
    assert [row["to"] for row in desk.ok("outbox", "list") if row["to"].endswith("customer.example")] == []


def test_verbs_work_as_in_a_mail_all_or_none(desk: Desk) -> None:
    """Half of a line of orders carried out is worse than none."""
    desk.opened()
    done = desk.ok("ticket", "do", "T1", "assign anna", "#prio high", "tag vip", "--as", "ben")
    assert (done["assignee"], done["priority"], done["tags"]) == ("anna", "high", ["vip"])
    assert [entry["actor"] for entry in done["history"][-3:]] == ["ben"] * 3
    refused = desk.run("ticket", "do", "T1", "prio low", "assign anan")
    assert refused.code == 1
    assert "anna" in refused.err
    assert "prio" not in refused.err
    assert desk.ok("ticket", "show", "T1")["priority"] == "high"


def test_everything_of_one_command_has_one_cause(desk: Desk) -> None:
    """Undo takes back by cause."""
    desk.opened()
    done = desk.ok("ticket", "do", "T1", "assign anna", "prio high")
    causes = {entry["cause"] for entry in done["history"][-2:]}
    assert len(causes) == 1
    assert causes.pop().startswith("cli:")


def test_undo_restores_everything_but_version_and_history(desk: Desk) -> None:
    """A slip would have to be mended field by field."""
    before = desk.opened()
    desk.ok("ticket", "do", "T1", "assign anna", "prio high", "category hardware", "tag vip", "--as", "anna")
    desk.ok("ticket", "reply", "T1", "--text", "On our way.", "--as", "anna")
    desk.ok("ticket", "do", "T1", "undo", "--as", "anna")
    after = desk.ok("ticket", "do", "T1", "undo", "--as", "anna")
    same = LISTED - {"version"}
    assert {key: before[key] for key in same} == {key: after[key] for key in same}
    assert [post["text"] for post in after["posts"]] == [post["text"] for post in before["posts"]]
    states = {
        row["template"]: row["state"] for row in desk.ok("outbox", "list", "--ticket", "T1") if row["to"].endswith("customer.example")
    }
    assert states["message"] == "dropped"


def test_an_answer_goes_to_the_customer_after_the_hold(desk: Desk) -> None:
    """It could not be taken back any more."""
    desk.opened()
    done = desk.ok("ticket", "reply", "T1", "--as", "anna", stdin="We come at nine.\n")
    assert (done["status"], done["assignee"]) == ("working", "anna")
    assert done["posts"][-1]["text"] == "We come at nine."
    assert (done["posts"][-1]["direction"], done["posts"][-1]["kind"]) == ("out", "public")
    (row,) = [row for row in desk.ok("outbox", "list") if row["template"] == "message"]
    assert set(row) >= ROW
    assert row["due_at"] > row["created_at"]


def test_an_answer_can_be_scheduled(desk: Desk) -> None:
    """`--at` on Friday for Monday morning."""
    desk.opened()
    desk.ok("ticket", "reply", "T1", "--text", "Monday.", "--at", "2030-01-07T08:00", "--as", "anna")
    (row,) = [row for row in desk.ok("outbox", "list") if row["template"] == "message"]
    assert row["due_at"] == "2030-01-07T08:00:00+02:00"


def test_a_note_reaches_no_customer(desk: Desk) -> None:
    """What staff writes to each other would be read outside."""
    desk.opened()
    before = len(desk.ok("outbox", "list"))
    done = desk.ok("ticket", "note", "T1", "--text", "He always says that.", "--as", "anna")
    assert done["posts"][-1]["kind"] == "note"
    fresh = desk.ok("outbox", "list")[: len(desk.ok("outbox", "list")) - before]
    assert not any(row["to"].endswith("customer.example") for row in fresh)
    assert desk.run("ticket", "note", "T1", stdin="  \n").code == 1


@pytest.mark.parametrize(
    ("flags", "key", "value"),
    [
        (["--subject", "Paper jam"], "subject", "Paper jam"),
        (["--priority", "high"], "priority", "high"),
        (["--severity", "blocking"], "severity", "blocking"),
        (["--type", "fault"], "type", "fault"),
        (["--category", "printer"], "category", "hardware/printer"),
        (["--visibility", "internal"], "visibility", "internal"),
        (["--group", "hw"], "group", "hw"),
        (["--assignee", "anna"], "assignee", "anna"),
        (["--project", "P7"], "project", "P7"),
        (["--device", "SN1"], "device", "SN1"),
        (["--contract", "C1"], "contract", "C1"),
        (["--partner-ref", "X-1"], "partner_ref", "X-1"),
        (["--channel", "letter"], "channel", "letter"),
        (["--level", "2"], "level", 2),
        (["--status", "working"], "status", "working"),
        (["--watcher", "eva@x.example"], "watchers", ["eva@x.example"]),
        (["--tag", "vip", "--tag", "old"], "tags", ["vip", "old"]),
        (["--field", "serial=SN 4711"], "fields", {"serial": "SN 4711"}),
        (["--requester", "eva@x.example Eva Roth"], "requester", {"name": "Eva Roth", "address": "eva@x.example"}),
        (["--notify", "off"], "quiet", True),
        (["--partner_ref", "X-1"], "partner_ref", "X-1"),
        (["--watchers", "eva@x.example"], "watchers", ["eva@x.example"]),
        (["--tags", "vip"], "tags", ["vip"]),
        (["--fields", "serial=SN 4711"], "fields", {"serial": "SN 4711"}),
    ],
)
def test_any_field_can_be_changed_and_the_history_keeps_it(desk: Desk, flags: list[str], key: str, value: object) -> None:
    """What can't be edited gets worked around."""
    desk.opened()
    done = desk.ok("ticket", "edit", "T1", *flags)
    assert done[key] == value
    assert key in done["history"][-1]["changed"] or key in done["history"][-2]["changed"]
    assert desk.ok("db", "check")["ok"]


def test_edit_refuses_what_makes_no_sense(desk: Desk) -> None:
    """A wrong word must not be written down as it stands."""
    desk.opened()
    for flags in (["--level", "7"], ["--group", "nothing"], ["--status", "done-ish"], ["--visibility", "secret"], ["--subject", ""], []):
        assert desk.run("ticket", "edit", "T1", *flags).code in {1, 2}, flags
    assert desk.ok("ticket", "show", "T1")["version"] == 1


def test_show_marks_a_ticket_read_only_for_an_agent(desk: Desk) -> None:
    """A script that looks would tell everybody that somebody has read it."""
    desk.run("mail", "in", str(desk.mail()))
    assert desk.ok("ticket", "show", "T1")["status"] == "new"
    assert desk.ok("ticket", "show", "T1")["read_at"] is None
    assert desk.ok("ticket", "show", "T1", "--as", "anna")["status"] == "read"
    assert desk.ok("ticket", "show", "t1")["read_at"]


@pytest.mark.parametrize("ref", ["T1", "t1", "[T1]", "1", "#1"])
def test_a_reference_is_found_as_people_write_it(desk: Desk, ref: str) -> None:
    """Who copies from a subject copies the brackets."""
    desk.opened()
    assert desk.ok("ticket", "show", ref)["ref"] == "T1"


def test_lists_are_filtered_and_sorted(desk: Desk) -> None:
    """A long list that can't be narrowed is no list."""
    desk.ok("party", "add", "acme", "--domain", "acme.example", "--class", "gold", "--kind", "partner")
    desk.opened("--assign", "anna", "--category", "hardware/printer", subject="One")
    desk.ok(
        "ticket", "new", "--for", "kim@acme.example", "--subject", "Two", "--channel", "counter", "--priority", "high", "--project", "P7"
    )
    desk.opened(subject="Three jammed")
    desk.ok("ticket", "do", "T3", "close quiet")

    def refs(*words: str) -> list[str]:
        return [t["ref"] for t in desk.ok("ticket", "list", *words)]

    assert refs() == ["T2", "T1", "T3"]
    assert refs("--sort", "id") == ["T1", "T2", "T3"]
    assert refs("--sort", "newest", "--limit", "1") == ["T3"]
    assert refs("--mine", "anna") == ["T1"]
    assert refs("--group", "hw") == ["T1"]
    assert refs("--category", "hardware") == ["T1"]
    assert refs("--status", "closed") == ["T3"]
    assert refs("--status", "open", "--sort", "id") == ["T1", "T2"]
    assert refs("--party", "acme") == refs("--class", "gold") == refs("--customer", "partner") == ["T2"]
    assert refs("--channel", "counter") == refs("--project", "P7") == ["T2"]
    assert refs("--search", "jammed three") == ["T3"]
    assert refs("--light", "red") == refs("--overdue") == refs("--archived") == refs("--level", "2") == []
    assert desk.run("ticket", "list", "--status", "opne").code == 2


def test_history_tells_who_did_what(desk: Desk) -> None:
    """Who closed it, and by which mail, is the first question in a complaint."""
    desk.opened()
    desk.ok("ticket", "do", "T1", "assign anna", "--as", "ben")
    entry = desk.ok("ticket", "history", "T1")[-1]
    assert (entry["actor"], entry["action"]) == ("ben", "assign anna")
    desk.ok("ticket", "do", "T1", "prio high", "--as", "Ben")
    assert desk.ok("ticket", "history", "T1")[-1]["actor"] == "ben"
    assert entry["changed"]["assignee"] == [None, "anna"]
    assert "assignee: – → anna" in desk.run("ticket", "history", "T1").out


def test_questions_are_answered_on_the_terminal(desk: Desk) -> None:
    """`help` and `find` would have been mailed to nobody."""
    desk.opened()
    assert "assign" in desk.run("ticket", "do", "T1", "help").out
    assert "T1" in desk.run("ticket", "do", "T1", "find jams").out


def test_merging_leads_the_old_number_to_the_new_ticket(desk: Desk) -> None:
    """A customer who answers with the old number would be a stranger."""
    desk.opened()
    desk.opened(subject="Same again")
    desk.ok("ticket", "do", "T2", "merge T1")
    shown = desk.ok("ticket", "show", "T2")
    assert shown["ref"] == "T1"
    assert {"ref": "T2", "kind": "merged"} in shown["links"]
    assert {each["ref"]: each["links"] for each in desk.ok("ticket", "list")}["T1"] == shown["links"]
    assert desk.ok("db", "check")["ok"]


def test_an_export_holds_the_mails_and_files_as_they_came(desk: Desk, tmp_path) -> None:
    """In a dispute the bytes count."""
    content = b"%PDF-1.4 exactly these bytes"
    import base64

    body = (
        b"From: Maria <maria@customer.example>\r\nTo: support@desk.example\r\nSubject: Bill\r\nMessage-ID: <b@c>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nFrom here on it is quoted.\r\n--b\r\n'
        b'Content-Type: application/pdf; name="../../bill.pdf"\r\nContent-Disposition: attachment; filename="../../bill.pdf"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(content) + b"\r\n--b--\r\n"
    )
    (tmp_path / "bill.eml").write_bytes(body)
    desk.ok("mail", "in", str(tmp_path / "bill.eml"))
    done = desk.ok("ticket", "export", "T1", "--to", str(tmp_path / "out.mbox"), "--files", str(tmp_path / "files"))
    assert done["mails"] == 1
    (file,) = (tmp_path / "files").iterdir()
    assert hashlib.sha256(file.read_bytes()).hexdigest() == done["files"][0]["sha256"] == hashlib.sha256(content).hexdigest()
    box = mailbox.mbox(tmp_path / "out.mbox")
    assert len(box) == 1
    box.close()
    out = desk.run("ticket", "export", "T1").raw
    assert out.partition(b"\n")[2].rstrip(b"\n") + b"\n" == body.replace(b"\r\n\r\nFrom here", b"\r\n\r\n>From here")
    assert desk.run("ticket", "export", "T1", "--to", str(tmp_path / "out.mbox")).code == 1


def test_a_deleted_ticket_leaves_a_tombstone(desk: Desk) -> None:
    """Deleting must neither leave it in lists nor give its number away again."""
    desk.opened()
    assert desk.ok("ticket", "delete", "T1") == {"ref": "T1", "deleted": True, "purged": False}
    assert desk.ok("ticket", "list") == []
    assert desk.ok("ticket", "show", "T1")["deleted_at"]
    assert desk.run("ticket", "do", "T1", "close").code == 1
    assert desk.run("ticket", "delete", "T1").code == 1
    assert desk.opened()["ref"] == "T2"
    assert desk.ok("db", "check")["ok"]


def test_purging_removes_the_contents_for_good(desk: Desk) -> None:
    """Somebody's right to be forgotten ends in the bytes of the database."""
    desk.ok("mail", "in", str(desk.mail(subject="Xyzzy subject", text="Plugh body")))
    desk.ok("ticket", "note", "T1", "--text", "Plover note", "--as", "anna")
    assert desk.run("ticket", "delete", "T1", "--purge").code == 1
    assert desk.ok("ticket", "delete", "T1", "--purge", "--yes")["purged"]
    shown = desk.ok("ticket", "show", "T1")
    assert shown["subject"] == ""
    assert [post["text"] for post in shown["posts"]] == ["", ""]
    assert desk.ok("db", "check")["ok"]
    assert desk.run("mail", "raw", "1").code == 1
    copy = desk.folder / "copy.db"
    desk.ok("db", "backup", str(copy))
    data = copy.read_bytes()
    for word in (b"Xyzzy", b"Plugh", b"Plover", b"maria@customer"):
        assert word not in data


def test_lists_tell_internal_customers_external_ones_and_partners_apart(desk: Desk) -> None:
    """With two desks headquarters wants to see what which partner handed over (features 1-21 and 1-22)."""
    desk.ok("party", "add", "own", "--domain", "own.example", "--kind", "internal")
    desk.ok("party", "add", "north", "--domain", "north.example", "--kind", "partner")
    for address in ("a@own.example", "b@north.example", "c@else.example"):
        desk.ok("ticket", "new", "--for", address, "--subject", "x", "--text", "x")
    assert desk.ok("ticket", "show", "T1")["customer"] is None
    desk.config.write_text(desk.config.read_text() + "\n[options]\nsecond_level = true\n")
    raw = (
        "From: b@north.example\nTo: support@desk.example\nSubject: Leak [N-1]\nMessage-ID: <n1@north.example>\n\nEnd customer: Jan Novak\n"
    )
    desk.ok("mail", "in", "-", stdin=raw)
    shown = desk.ok("ticket", "show", "T4")
    assert (shown["customer"], shown["partner_ref"], shown["endcustomer"]["name"]) == ("partner", "N-1", "Jan Novak")
    assert [t["customer"] for t in desk.ok("ticket", "list", "--sort", "id")][:3] == ["internal", "partner", "external"]

    def refs(*flags: str) -> set[str]:
        return {t["ref"] for t in desk.ok("ticket", "list", *flags)}

    assert refs("--customer", "internal") == {"T1"}
    assert refs("--customer", "external") == {"T3"}
    desk.ok("agent", "edit", "ben", "--group", "hw")
    desk.ok("ticket", "do", "T3", "assign ben", "level 2", "--as", "ben")
    assert refs("--level", "2") == {"T3", "T4"}
    assert refs("--partner", "north") == {"T4"}
    assert refs("--partner", "hw") == refs("--partner", "ben") == {"T3"}
    assert refs("--level", "1", "--customer", "partner") == {"T2"}


def test_a_command_without_its_quotes_is_shown_with_them(desk: Desk) -> None:
    """The shell gave each word as a command of its own, and each was explained as one."""
    desk.opened()
    told = desk.run("ticket", "do", "T1", "wait", "until", "friday", "10:00")
    assert told.code == 1 and "in quotes: 'wait until friday 10:00'" in told.err
    assert "in quotes" not in desk.run("ticket", "do", "T1", "prio hgih", "clsoe").err
    assert desk.ok("ticket", "show", "T1")["priority"] == "normal"


def test_edit_sets_when_it_is_due_and_whom_a_partner_asks_for(desk: Desk) -> None:
    """`edit` changes any field, says its help; these two could only be said as verbs."""
    desk.opened()
    desk.ok("ticket", "edit", "T1", "--due", "2030-12-01 16:00", "--endcustomer", "jan@end.example Jan Novak")
    shown = desk.ok("ticket", "show", "T1")
    assert shown["due"]["solve"].startswith("2030-12-01T16:00") and "jan@end.example" in str(shown)
    desk.ok("ticket", "edit", "T1", "--due", "-")
    assert desk.ok("ticket", "show", "T1")["due"]["solve"] is None
