"""What can't be done is said in a sentence that names what it is about; what isn't there is told with what is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mailgate.desk import faults
from rules.actions.base import Refused
from tests.cli.conftest import Desk

ROOT = Path(__file__).resolve().parents[2]
BY_OTHERS = {"unreadable", "wrong-token", "was-decided", "not-approver", "not-entitled", "not-yours", "no-party", "unknown-function"}
"""Said to whoever taps a button or names users by mail; no line of the terminal leads there."""


def refusals() -> set[tuple[str, frozenset[str]]]:
    """Every code that an action is refused with, and the words that come with it."""
    found = set()
    for path in (p for room in ("rules", "store", "mailgate") for p in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "Refused"
                and "mailgate/trust" not in str(path)
            ):
                code = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else ""
                found.add((code, frozenset(word.arg for word in node.keywords if word.arg and word.arg != "near")))
    return {(code, words) for code, words in found if code}


def test_each_refusal_has_a_sentence_that_its_words_fill() -> None:
    """`refused: another ticket (T1)` leaves everybody guessing."""
    said = [faults.refused(Refused(code, **dict.fromkeys(words, "x"))) for code, words in refusals() if code not in BY_OTHERS]
    assert len(said) > 40
    assert [each for each in said if each.startswith("refused: ")] == []


@pytest.mark.parametrize(("line", "said"), [("close T2", "names another ticket (T2)"), ("merge T1", "T1 can't be merged into itself")])
def test_a_line_about_another_ticket_is_told_so(desk: Desk, line: str, said: str) -> None:
    """The reason names the other one."""
    desk.opened(subject="Lift")
    desk.ok("mail", "in", str(desk.mail("b", subject="Door")))
    done = desk.run("ticket", "do", "T1", line, "--as", "anna")
    assert done.code == 1 and said in done.err, done.err


def test_a_merge_that_the_other_ticket_forbids_names_that_one(desk: Desk) -> None:
    """Whoever merges T1 into an archived T2 looks at T1 in vain."""
    desk.opened(subject="Lift")
    desk.ok("mail", "in", str(desk.mail("b", subject="Door")))
    desk.ok("ticket", "delete", "T2", "--yes")
    done = desk.run("ticket", "do", "T1", "merge T2", "--as", "anna")
    assert done.code == 1 and "T2" in done.err, done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--category", "nope"), "there is no category 'nope'"),
        (("--category", "printer"), "hardware/printer"),
        (("--party", "nobody"), "there is no party 'nobody'"),
        (("--channel", "phne"), "did you mean: phone"),
        (("--type", "falt"), "there is no type 'falt'"),
        (("--device", "SN1"), "there is no device 'SN1'"),
    ],
)
def test_a_list_of_what_is_not_there_is_no_empty_list(desk: Desk, words: tuple[str, str], said: str) -> None:
    """`no such tickets` for a word that is mistyped says that all is done."""
    desk.opened()
    done = desk.run("ticket", "list", *words)
    assert done.code == 3 and said in done.err, done.err
    assert desk.ok("ticket", "list", "--category", "hardware") == []


def test_a_ticket_that_is_not_there_is_told_with_the_latest(desk: Desk) -> None:
    """As for mails: whoever mistypes a number sees how far they go."""
    desk.opened()
    done = desk.run("ticket", "show", "T99")
    assert done.code == 3 and "the latest is T1" in done.err, done.err


def test_a_secret_that_is_gone_is_told_of_and_found(desk: Desk) -> None:
    """A new one is made, and with it every button and reply address that is out there is void: nobody would know why."""
    desk.opened()
    secret = next(desk.config.parent.rglob("secret"))
    kept = secret.read_bytes()
    assert "tokens" not in {each["check"] for each in desk.run("doctor", "--offline", "--json").json}
    secret.unlink()
    (gone,) = [each for each in desk.run("doctor", "--offline", "--json").json if each["check"] == "tokens"]
    assert gone["level"] == "broken" and "is gone" in gone["what"] and not secret.exists(), gone
    done = desk.run("ticket", "do", "T1", "prio high", "--as", "anna")
    assert done.code == 0 and "was gone, and a new one is made" in done.err, done.err
    assert "was gone" not in desk.run("ticket", "do", "T1", "prio low", "--as", "anna").err
    (other,) = [each for each in desk.run("doctor", "--offline", "--json").json if each["check"] == "tokens"]
    assert other["level"] == "broken" and "put the old file back" in other["mend"], other
    secret.write_bytes(kept + secret.read_bytes().replace(b"1:", b"2:", 1))
    assert "tokens" not in {each["check"] for each in desk.run("doctor", "--offline", "--json").json}


def test_the_whole_machine_is_no_folder_of_mails(desk: Desk) -> None:
    """`mail in /` would read every disk that is there, and take each file for a mail."""
    for words in (("mail", "in", "/"), ("mail", "read", "/../")):
        done = desk.run(*words)
        assert done.code and "name the folder or file" in done.err, done.err


def test_a_mailbox_that_is_not_asked_is_a_door_all_the_same(desk: Desk) -> None:
    """`doctor --offline` told whoever reads a mailbox alone that nothing comes in."""
    password = desk.config.with_name("password")
    password.write_text("secret")
    password.chmod(0o600)
    box = f'\n[[imap]]\nhost = "mail.example"\nuser = "kim"\npassword_file = "{password}"\n'
    text = desk.config.read_text().replace('[smtp]\nlisten = "127.0.0.1:0"\n', "")
    desk.config.write_text(text + box)
    found = desk.run("doctor", "--offline", "--json").json
    assert found[0]["level"] == "ok" and [each for each in found if each["check"] == "doors"] == [], found
