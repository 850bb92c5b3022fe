"""What is done with the whole of a desk on PostgreSQL: out and in again, to it and from it, back from a backup, and a person out of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import test_erase, test_portable, test_restore
from tests.cli.conftest import CONFIG, Desk, begin
from tests.servers.postgres import TEMPLATE, Postgres


class Town:
    """Desks in folders of their own, each on a database of its own."""

    def __init__(self, server: Postgres, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.names: list[str] = []

    def desk(self, name: str, *, empty: bool = False) -> Desk:
        """A desk with a group and two agents, or one on which nothing was ever done."""
        self.names.append(self.server.create(TEMPLATE))
        (self.folder / name).mkdir()
        there = f'\n[store]\nurl = "{self.server.url(self.names[-1])}"\n'
        if not empty:
            return begin(self.folder / name, more=there)
        made = Desk(self.folder / name)
        made.config.write_text(CONFIG + there)
        return made


@pytest.fixture
def town(postgres: Postgres, tmp_path: Path) -> Iterator[Town]:
    """Nothing of it is left afterwards."""
    made = Town(postgres, tmp_path)
    yield made
    for name in made.names:
        postgres.drop(name)


def secrets_of(one: Desk, other: Desk) -> None:
    """The tokens in sent mail are made with the desk's own secret, which no export holds."""
    (other.folder / "var").mkdir(exist_ok=True)
    for path in (one.folder / "var").glob("*secret*"):
        (other.folder / "var" / path.name).write_bytes(path.read_bytes())
        (other.folder / "var" / path.name).chmod(0o600)


def test_a_desk_on_postgresql_goes_out_and_comes_back_identical(town: Town) -> None:
    """Whoever moves to another server would lose what his customers wrote."""
    desk, other = town.desk("one"), town.desk("two", empty=True)
    test_portable.worked(desk)
    before = test_portable.state(desk)
    out = town.folder / "out"
    done = desk.ok("export", str(out))
    assert done["tickets"] == 5 and done["mails"] == len(list(out.glob("mails/*/*.eml")))
    secrets_of(desk, other)
    back = other.ok("import", str(out))
    assert back["rows"] == done["rows"] and back["mails"] == done["mails"]
    assert test_portable.state(other) == before
    assert other.ok("db", "check")["ok"] is True and other.ok("audit", "verify")["ok"] is True
    # the numbers of every table go on after those that were read
    assert other.opened()["ref"] == "T6"
    other.ok("mail", "in", str(other.mail("c", subject="One more")))
    other.ok("person", "add", "new@else.example")
    assert other.ok("tick")["delivered"] > 0
    assert other.run("import", str(out)).code == 1


@pytest.mark.parametrize("first", ["sqlite", "postgresql"])
def test_a_desk_moves_between_sqlite_and_postgresql(town: Town, desk: Desk, first: str) -> None:
    """A desk that grows would have to begin anew; and one that shrinks, too."""
    small, big = desk, town.desk("big", empty=first == "sqlite")
    if first == "sqlite":
        here, there = small, big
    else:
        test_portable.wipe(small)
        here, there = big, small
    test_portable.worked(here)
    before = test_portable.state(here)
    here.ok("export", str(town.folder / "out"))
    secrets_of(here, there)
    there.ok("import", str(town.folder / "out"))
    assert test_portable.state(there) == before
    assert there.ok("db", "check")["ok"] is True
    assert there.opened()["ref"] == "T6"


def test_a_restored_desk_on_postgresql_is_silent_and_its_numbers_go_on(town: Town, tmp_path: Path) -> None:
    """T2 would be two requests, and every answer of the last day would leave once more."""
    desk = town.desk("one")
    test_restore.desk_comes_back(desk, tmp_path / "copy" / "desk.dump")


def test_a_file_that_is_no_backup_leaves_the_database_as_it_is(town: Town, tmp_path: Path) -> None:
    """A photograph would be taken for a desk."""
    desk = town.desk("one")
    desk.opened()
    (tmp_path / "photo.dump").write_bytes(b"\xff\xd8\xff" * 999)
    assert desk.run("db", "restore", str(tmp_path / "photo.dump")).code == 1
    copy = tmp_path / "copy.dump"
    desk.ok("db", "backup", str(copy))
    (tmp_path / "half.dump").write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
    assert desk.run("db", "restore", str(tmp_path / "half.dump")).code == 1
    assert [t["ref"] for t in desk.ok("ticket", "list")] == ["T1"]
    assert desk.opened()["ref"] == "T2"


def test_no_byte_of_an_erased_person_is_left_on_postgresql(town: Town, tmp_path: Path) -> None:
    """The law's promise to Kim would hold on small desks alone."""
    desk = town.desk("one")
    test_erase.written(desk)
    url = town.server.url(town.names[-1])
    assert any(word in test_erase.dumped(url) for word in test_erase.WORDS)
    shown = desk.ok("erase", test_erase.KIM)
    assert (shown["done"], shown["tickets"], shown["named_in"]) == (False, ["T1"], ["T2"])
    assert desk.ok("erase", "kim@home.example", "--yes")["done"] is True
    out = tmp_path / "out"
    desk.ok("export", str(out))
    test_erase.gone(desk, test_erase.bytes_of(out) + test_erase.bytes_of(desk.folder) + test_erase.dumped(url))
