"""Agents, groups, parties and persons by the command line."""

from __future__ import annotations

from mailgate.trust import passwords
from tests.cli.conftest import Desk

AGENT = {"name", "full_name", "addresses", "groups", "role", "manager_of", "language", "signature", "hours"}
PERSON = {"name", "addresses", "party", "phone", "language", "class", "may"}


def test_an_agent_lives_from_add_to_remove(desk: Desk) -> None:
    """Staff comes and goes by these commands alone."""
    added = desk.ok(
        "agent", "add", "carla", "--address", "carla@staff.example", "--address", "c@private.example", "--group", "hw", "--role", "manager",
        "--manager-of", "hw", "--language", "de", "--signature", "Carla\\nHelp",
    )  # fmt: skip
    assert set(added) >= AGENT
    assert added["addresses"] == ["carla@staff.example", "c@private.example"]
    assert added["signature"] == "Carla\nHelp"
    edited = desk.ok("agent", "edit", "carla", "--address", "-c@private.example", "--group", "", "--role", "")
    assert edited["addresses"] == ["carla@staff.example"]
    assert edited["groups"] == []
    assert edited["role"] is None
    desk.ok("agent", "remove", "carla")
    assert desk.run("agent", "show", "carla").code == 3


def test_an_agent_cannot_take_the_desks_own_address(desk: Desk) -> None:
    """Every answer would come in again as the agent's mail."""
    result = desk.run("agent", "add", "loop", "--address", "Support+x@desk.example")
    assert result.code == 1
    assert "own address" in result.err


def test_an_address_belongs_to_one_agent(desk: Desk) -> None:
    """Whose mail it is could not be told."""
    result = desk.run("agent", "add", "carl", "--address", "ANNA@staff.example")
    assert result.code == 1
    assert "anna" in result.err
    assert [a["name"] for a in desk.ok("agent", "list")] == ["anna", "ben"]


def test_an_unknown_role_is_refused_with_the_nearest(desk: Desk) -> None:
    """A role that doesn't exist allows everything, which nobody meant."""
    result = desk.run("agent", "edit", "anna", "--role", "manger")
    assert result.code == 3
    assert "manager" in result.err


def test_who_holds_open_tickets_is_not_removed_by_accident(desk: Desk) -> None:
    """Tickets of somebody who is gone would lie where nobody looks."""
    desk.opened("--assign", "anna")
    refused = desk.run("agent", "remove", "anna")
    assert refused.code == 1
    assert "T1" in refused.err
    assert desk.ok("agent", "remove", "anna", "--yes")["left"] == ["T1"]


def test_a_password_is_kept_as_scrypt_and_checked(desk: Desk) -> None:
    """A stolen database must not hold passwords."""
    assert desk.ok("agent", "passwd", "anna", stdin="correct horse\n") == {"name": "anna", "has_password": True}
    assert desk.ok("agent", "show", "anna")["has_password"] is True
    assert desk.run("agent", "passwd", "anna", stdin="short\n").code == 1
    assert desk.ok("agent", "passwd", "anna", "--remove")["has_password"] is False


def test_password_records_verify_and_nothing_else_does() -> None:
    """A broken record must refuse, not raise or let anybody in."""
    record = passwords.record("correct horse")
    assert record.startswith("scrypt$")
    assert len(record.split("$")) == 6
    assert passwords.verify_password(record, "correct horse")
    assert not passwords.verify_password(record, "correct horsf")
    for broken in (
        "",
        "scrypt$1$1$1",
        "plain$32768$8$1$AAAA$AAAA",
        "scrypt$32768$8$1$!!$AAAA",
        record[:-4] + "$$$$",
        "scrypt$99999999999$8$1$AAAA$AAAA",
    ):
        assert not passwords.verify_password(broken, "correct horse")


def test_groups_form_a_tree_without_circles(desk: Desk) -> None:
    """Telling a group that is part of itself would never end."""
    desk.ok("group", "add", "lasers", "--parent", "hw")
    assert desk.run("group", "edit", "hw", "--parent", "lasers").code == 1
    assert desk.run("group", "add", "x", "--parent", "nothing").code == 3
    desk.ok("agent", "edit", "ben", "--group", "lasers")
    assert desk.ok("group", "show", "hw")["members"] == ["anna", "ben"]
    assert desk.ok("group", "remove", "lasers")["removed"]
    assert desk.ok("agent", "show", "ben")["groups"] == []


def test_a_party_has_domains_of_its_own(desk: Desk) -> None:
    """With a freemail domain half the world would belong to one customer."""
    acme = desk.ok(
        "party", "add", "acme", "--name", "Acme Oy", "--domain", "Acme.Example", "--kind", "partner", "--class", "gold", "--quiet"
    )
    assert acme == {
        "key": "acme",
        "name": "Acme Oy",
        "domains": ["acme.example"],
        "kind": "partner",
        "class": "gold",
        "quiet": True,
        "named_only": False,
        "approvals": None,
        "approvers": [],
    }
    assert desk.run("party", "add", "mail", "--domain", "gmail.com").code == 1
    assert desk.run("party", "add", "other", "--domain", "acme.example").code == 1
    assert desk.run("party", "edit", "acme", "--kind", "friend").code == 2
    assert desk.ok("party", "edit", "acme", "--no-quiet", "--class", "")["class"] is None
    desk.ok("ticket", "new", "--for", "kim@acme.example", "--subject", "x")
    assert [t["ref"] for t in desk.ok("party", "history", "acme")] == ["T1"]
    desk.ok("party", "remove", "acme")
    assert desk.run("party", "show", "acme").code == 3


def test_a_person_has_several_addresses_and_can_be_merged(desk: Desk) -> None:
    """A customer who writes from home is the same customer."""
    desk.ok("party", "add", "acme")
    eva = desk.ok(
        "person",
        "add",
        "eva@acme.example",
        "--name",
        "Eva Roth",
        "--party",
        "acme",
        "--phone",
        "+358 40 123 4567",
        "--language",
        "de",
        "--may",
        "adduser",
    )
    assert set(eva) >= PERSON
    assert eva["may"] == ["adduser"]
    desk.ok("person", "edit", "eva@acme.example", "--address", "eva@home.example")
    desk.ok("person", "add", "e.roth@work.example", "--name", "E. Roth")
    merged = desk.ok("person", "merge", "eva@acme.example", "e.roth@work.example")
    assert merged["addresses"] == ["eva@acme.example", "eva@home.example", "e.roth@work.example"]
    assert merged["name"] == "Eva Roth"
    assert len(desk.ok("person", "list")) == 1
    assert desk.ok("person", "list", "--search", "roth home")[0]["id"] == merged["id"]
    assert desk.run("person", "add", "eva@home.example").code == 1
    assert desk.run("person", "show", "eva@acme.exampel").err.count("eva@acme.example") == 1
    desk.ok("person", "remove", "e.roth@work.example")
    assert desk.ok("person", "list") == []


def test_lists_can_be_those_of_one_agent(desk: Desk) -> None:
    """A superior at the terminal sees his department, a technician what is his (feature 2-09)."""
    desk.ok("group", "add", "sales")
    desk.ok("agent", "edit", "ben", "--group", "sales", "--role", "technician")
    desk.ok("agent", "add", "mia", "--address", "mia@staff.example", "--role", "technician", "--manager-of", "hw")
    desk.opened("--category", "hardware", subject="Jam")
    desk.ok("ticket", "new", "--for", "kim@customer.example", "--subject", "Offer", "--text", "x", "--assign", "@sales")
    assert {t["ref"] for t in desk.ok("ticket", "list")} == {"T1", "T2"}
    assert [t["ref"] for t in desk.ok("ticket", "list", "--as", "mia")] == ["T1"]
    assert [t["ref"] for t in desk.ok("ticket", "list", "--as", "ben")] == ["T2"]
    assert desk.run("ticket", "show", "T1", "--as", "ben").code == 3


def test_access_is_asked_and_decided_at_the_terminal(desk: Desk) -> None:
    """A desk that is telephoned must not have to write mails to itself (feature 0-09)."""
    desk.ok("party", "add", "asg", "--domain", "asg.example", "--approvals", "1")
    for address in ("udo@asg.example", "tea@asg.example"):
        desk.ok("person", "add", address, "--may", "approve", "--party", "asg")
    asked = desk.ok("access", "add", "anna@asg.example", "--function", "create,follow", "--language", "de")
    assert (asked["id"], asked["state"], asked["needed"], len(asked["approvers"])) == ("A1", "asked", 1, 2)
    assert {row["to"] for row in desk.ok("outbox", "list") if row["template"] == "access-asked"} == set(asked["approvers"])
    assert desk.run("access", "approve", "A1", "--as", "mal@asg.example").code == 3
    assert desk.ok("access", "approve", "1", "--as", "udo@asg.example")["state"] == "granted"
    anna = desk.ok("person", "show", "anna@asg.example")
    assert (anna["may"], anna["limited"], anna["language"], anna["confirmed"]) == (["create", "follow"], True, "de", False)
    assert desk.run("access", "deny", "A1").code == 1
    desk.ok("access", "add", "bob@asg.example")
    assert desk.ok("access", "deny", "A2", "--why", "He left.")["state"] == "denied"
    assert desk.run("person", "show", "bob@asg.example").code == 3
    assert [r["id"] for r in desk.ok("access", "list", "--party", "asg")] == ["A2", "A1"]
    assert desk.ok("access", "list", "--state", "asked") == []
    assert desk.ok("person", "edit", "anna@asg.example", "--may", "+close")["may"] == ["create", "follow", "close"]
    assert desk.run("person", "edit", "anna@asg.example", "--may", "+fly").code == 2
    desk.ok("access", "remove", "anna@asg.example")
    assert desk.ok("person", "show", "anna@asg.example")["may"] == []
    assert desk.run("access", "show", "A9").code == 3
    assert desk.ok("db", "check")["ok"]


def test_an_absence_is_said_shown_and_ended_at_the_terminal(desk: Desk) -> None:
    """Who falls ill can't write a mail that he is ill."""
    assert desk.ok("agent", "away", "anna")["away"] is False
    shape = desk.ok("agent", "away", "anna", "3d", "--to", "ben")
    assert (shape["away"], shape["deputy"]) == (True, "ben")
    assert "ben stands in" in desk.run("agent", "away", "anna").out
    assert desk.ok("agent", "away", "anna", "off")["away"] is False
    assert desk.run("agent", "away", "anna", "someday").code == 2
    assert desk.run("agent", "away", "nobody", "3d").code == 3
    assert desk.run("agent", "away", "anna", "--to", "ben").code == 2


def test_the_board_says_plainly_that_there_is_none(desk: Desk) -> None:
    """A silent success would be taken for a board."""
    shape = desk.ok("board", "status")
    assert (shape["configured"], shape["host"]) == (False, None)
    result = desk.run("board", "sync")
    assert result.code == 1
    assert "no board is configured" in result.err
