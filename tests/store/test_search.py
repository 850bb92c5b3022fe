"""Searching: the same hits on both engines, in four languages, by any form of a word, and nothing that was taken back."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, insert, select, update

from rules.actions.base import Scene
from rules.actions.posts import Note, Reply, Say
from rules.actions.undo import Undo
from rules.facts.mail import Part
from rules.facts.people import Actor, Agent, Directory, Role
from rules.facts.policy import Policy
from rules.facts.terms import Address, Level
from rules.facts.ticket import Ticket
from rules.frozen import replace
from store import engine, ledger, migrate, purging, search, stemming, tables
from store.journal import Cause
from store.prepared import savepoint
from store.queries import tickets

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
ANNA = Agent(name="anna", addresses=("anna@staff.example",))
STAFF = Directory(agents={"anna": ANNA})
TEXTS = {
    "T1": ("Printer jams", "The printers on the second floor are jammed again and we have invoices to print."),
    "T2": ("Drucker streikt", "Die Drucker im zweiten Stock drucken nicht und wir haben viele Rechnungen zu verschicken."),
    "T3": ("Tulostin jumissa", "Tulostimessa on paperia ja se ei toimi, meillä on kiire laskujen kanssa."),
    "T4": ("Tiskárna nejde", "Tiskárny ve druhém patře netisknou a faktury jsou na stole, prosím o pomoc."),
    "T5": ("VPN 4711", "Serial number SN-4711, see lou@client.example."),
}


def scene(name: str = "anna", role: Role = Role.agent) -> Scene:
    who = Actor(role=role, name=name, address=Address(name=name.capitalize(), address=f"{name}@staff.example"), level=Level.both)
    return Scene(who=who, at=AT, policy=Policy(), directory=STAFF)


def filled(tx: Connection) -> None:
    for n, (subject, text) in enumerate(TEXTS.values(), 1):
        draft = Ticket(subject=subject, requester=Address(name="Jörg Straße", address=f"kim{n}@client.example"))
        part = Part(path="2", name=f"Angebot-{n}.pdf", type="application/pdf", bytes=1, sha256="")
        say = Say(text=text, subject=subject, parts=(part,))
        ledger.open_ticket(tx, draft, (say,), scene("kim", Role.customer), Cause(name=f"mail:{n}"))


def found(tx: Connection, words: str, **how: object) -> list[str]:
    return [x.ref for x in tickets.listed(tx, tickets.Filter(words=words, **how))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "refs"),
    [
        ("printer", ["T1"]),
        ("PRINTERS jam", ["T1"]),
        ("invoice", ["T1"]),
        ("rechnung", ["T2"]),
        ("druckern", ["T2"]),
        ("stöcken drucker", ["T2"]),
        ("tulostimet", ["T3"]),
        ("lasku", ["T3"]),
        ("faktura", ["T4"]),
        ("tiskárnou", ["T4"]),
        ("tiskarny", ["T4"]),
        ("sn-4711", ["T5"]),
        ("lou@client.example", ["T5"]),
        ("kim3@client.example", ["T3"]),
        ("471", []),
        ("T1", ["T1"]),
        ("strasse", ["T1", "T2", "T3", "T4", "T5"]),
        ("jorg", ["T1", "T2", "T3", "T4", "T5"]),
        ("angebot-2.pdf", ["T2"]),
        ("invo", ["T1"]),
        ("printer rechnung", []),
        ("'; DROP TABLE ticket; -- printer", []),
        ('"printer" OR *', []),
        ("!!! ---", []),
    ],
)
def test_any_form_of_a_word_finds_it(searched: engine.Store, words: str, refs: list[str]) -> None:
    """Who looks for a printer would miss all printers; or find other things on PostgreSQL than on SQLite."""
    with engine.reading(searched) as tx:
        assert found(tx, words) == refs


@pytest.fixture
def searched(store: engine.Store) -> engine.Store:
    """Five tickets in four languages, on each engine in turn."""
    with engine.transaction(store) as tx:
        filled(tx)
    return store


def test_what_is_written_later_is_found_and_what_is_taken_back_is_not(searched: engine.Store) -> None:
    """A note that was undone would still be found, a new one not yet."""
    with engine.transaction(searched) as tx:
        ledger.apply(tx, 1, (Note(text="The fuser is broken"),), scene(), Cause(name="cli:1"))
        ledger.apply(tx, 2, (Reply(text="A new fuser is coming"),), scene(), Cause(name="cli:2"))
        assert found(tx, "fusers") == ["T1", "T2"]
        assert found(tx, "fuser broken") == ["T1"], "words may stand in different posts, of one ticket"
        assert found(tx, "fuser invoice") == ["T1"]
        ledger.apply(tx, 1, (Undo(),), scene(), Cause(name="cli:3"))
        assert found(tx, "fuser") == ["T2"]


def test_a_change_that_fails_leaves_no_words(searched: engine.Store) -> None:
    """Hits would lead to tickets in which the word isn't."""
    with pytest.raises(RuntimeError), engine.transaction(searched) as tx:
        ledger.apply(tx, 1, (Note(text="zebra"),), scene(), Cause(name="cli:1"))
        assert found(tx, "zebra") == ["T1"]
        raise RuntimeError
    with engine.reading(searched) as tx:
        assert found(tx, "zebra") == []


def test_words_that_nobody_asked_for_before_the_change_failed_are_gone_as_well(searched: engine.Store) -> None:
    """The next one to use the connection would write them, perhaps to another post, which has the number that became free."""
    with pytest.raises(RuntimeError), engine.transaction(searched) as tx:
        ledger.apply(tx, 1, (Note(text="zebra"),), scene(), Cause(name="cli:1"))
        raise RuntimeError
    with engine.transaction(searched) as tx:
        ledger.apply(tx, 2, (Note(text="gnu"),), scene(), Cause(name="cli:2"))
    with engine.reading(searched) as tx:
        assert [found(tx, word) for word in ("zebra", "gnu")] == [[], ["T2"]]


def test_what_changes_twice_before_the_commit_is_found_as_it_is_then(searched: engine.Store) -> None:
    """A ticket that is opened and renamed by one mail would be found by both subjects, or stand in the look-up twice."""
    with engine.transaction(searched) as tx:
        opened = ledger.open_ticket(tx, Ticket(subject="zebra"), (), scene(), Cause(name="mail:9")).ticket
        search.put_ticket(tx, replace(opened, subject="okapi"), is_new=False)
        search.put_ticket(tx, replace(opened, subject="gnu"), is_new=False)
    with engine.transaction(searched) as tx:
        assert [found(tx, word) for word in ("zebra", "okapi", "gnu")] == [[], [], [opened.ref]]
        assert len(tx.execute(select(tables.Wording.c.id).where(tables.Wording.c.ticket_id == opened.id)).all()) == 1


def test_a_purged_ticket_is_found_by_nothing(searched: engine.Store) -> None:
    """Its words would remain in the index after all else is gone."""
    with engine.transaction(searched) as tx:
        purging.purge(tx, 1, AT, by="admin")
        assert found(tx, "printer") == []
        words = " ".join(row.words for row in tx.execute(select(tables.Wording.c.words)))
        assert "printer" not in words.split()


@pytest.mark.parametrize(
    ("text", "language"), [(text, code) for (_, text), code in zip(TEXTS.values(), ("en", "de", "fi", "cs"), strict=False)]
)
def test_the_language_of_a_text_is_told_by_its_small_words(text: str, language: str) -> None:
    """Finnish endings would be cut off as English ones are."""
    assert stemming.language_of(Counter(stemming.words(text))) == language


def test_a_log_of_new_words_costs_a_bounded_number_of_stems(searched: engine.Store) -> None:
    """One pasted log would hold up everybody who writes: its thousands of words, each stemmed in four languages, took most of a second."""
    lines = [f"2026-11-22T10:00 host{n} {_letters(n)}ing[{n}]: {_letters(n * 7919)}ed zebra{n}s" for n in range(5_000)]
    found_by = set(stemming.indexed("\n".join(lines)))
    as_written = set(stemming.words("\n".join(lines)))
    assert len(as_written) > stemming.MOST_WORDS
    assert len(found_by) <= stemming.MOST_WORDS + stemming.MOST_STEMS
    assert len(found_by - as_written) <= stemming.MOST_STEMS
    with engine.transaction(searched) as tx:
        ledger.apply(tx, 1, (Note(text="\n".join(lines)),), scene(), Cause(name="cli:1"))
        assert found(tx, "host300") == found(tx, f"{_letters(300)}ing") == ["T1"], "as it is written"
        assert found(tx, _letters(20)) == ["T1"], "by its stem"
        assert found(tx, f"{_letters(300)}"[:4]) == ["T1"], "by its beginning"


def _letters(n: int) -> str:
    """A word of its own for each number."""
    return "".join("bdfgklmnpr"[int(digit)] + "aeiou"[int(digit) % 5] for digit in f"{n + 1000}")


def test_keys_and_numbers_are_found_as_they_are(searched: engine.Store) -> None:
    """An ending that a stemmer cuts off a serial number would make it another device's."""
    with engine.transaction(searched) as tx:
        ledger.apply(tx, 1, (Note(text="Device X4711es is the broken one, the others are not."),), scene(), Cause(name="cli:1"))
        assert found(tx, "x4711es") == ["T1"]
        assert found(tx, "x4711") == []


def test_what_was_changed_past_the_ledger_is_noted_anew(searched: engine.Store) -> None:
    """An erased name would still lead to the tickets that held it."""
    with engine.transaction(searched) as tx:
        tx.execute(update(tables.Post).where(tables.Post.c.ticket_id == 1).values(text="Nothing to see", subject="", author_name=""))
        search.renew(tx, 1)
        search.settle(tx)
        assert found(tx, "invoice") == []
        assert found(tx, "nothing") == ["T1"]
        assert found(tx, "printer") == ["T1"], "its subject still says so"


def test_what_is_changed_and_taken_back_before_the_commit_leaves_the_look_up_whole(searched: engine.Store) -> None:
    """Words are learnt at the end of a transaction: what it wrote and took back would be looked up for ever, or the look-up be at fault."""
    with engine.transaction(searched) as tx:
        ledger.apply(tx, 1, (Note(text="zebra"),), scene(), Cause(name="cli:1"))
        search.renew(tx, 1)
        assert found(tx, "zebra") == ["T1"]
        ledger.apply(tx, 2, (Note(text="gnu"),), scene(), Cause(name="cli:2"))
        with pytest.raises(RuntimeError), savepoint(tx, "one"):
            ledger.apply(tx, 3, (Note(text="okapi"),), scene(), Cause(name="cli:3"))
            raise RuntimeError
        search.forget(tx, 2)
        search.renew(tx, 1)
    with engine.transaction(searched) as tx:
        assert [found(tx, word) for word in ("zebra", "gnu", "okapi")] == [["T1"], [], []]
        if searched.dialect == "sqlite":
            tx.exec_driver_sql("INSERT INTO fts_wording(fts_wording, rank) VALUES ('integrity-check', 1)")


def test_the_words_of_an_older_database_are_found_and_forgotten(sqlite_url: str) -> None:
    """Each new row was learnt by a trigger until the second step."""
    with closing(engine.open(sqlite_url)) as old:
        migrate.take_steps(old, "0001")
        with engine.transaction(old) as tx:
            tx.exec_driver_sql(
                "CREATE TRIGGER fts_wording_new AFTER INSERT ON wording BEGIN"
                " INSERT INTO fts_wording(rowid, words) VALUES (new.id, new.words); END"
            )
            late = {"id": 7, "ref": "T7", "subject": "zebra", "opened_at": AT}
            tx.execute(insert(tables.Ticket).values(**late))
            tx.execute(insert(tables.Wording).values(ticket_id=7, words="t7 zebra"))
        migrate.upgrade(old)
        with engine.transaction(old) as tx:
            assert found(tx, "zebra") == ["T7"]
            search.renew(tx, 7)
            assert found(tx, "zebra") == ["T7"]
            search.forget(tx, 7)
            assert found(tx, "zebra") == []
            tx.exec_driver_sql("INSERT INTO fts_wording(fts_wording, rank) VALUES ('integrity-check', 1)")
