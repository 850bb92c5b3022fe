"""Mail must be found wherever people keep it, and its bytes come out as they lie there."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from mailgate.doors.sources import raw_mails
from tests.parse import build

ONE, TWO = build.plain(b"one\n", subject=b"1"), build.plain(b"two\nFrom here on\n", subject=b"2")


def test_files_and_folders_of_them(tmp_path: Path) -> None:
    """In the order of their names, with folders below, and nothing else that lies about."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "b.eml").write_bytes(TWO)
    (tmp_path / "a.eml").write_bytes(b"From x Mon Nov  2 10:00:00 2026\n" + ONE)
    (tmp_path / "sub" / "c.EML").write_bytes(ONE)
    (tmp_path / "notes.txt").write_bytes(b"not a mail")
    (tmp_path / ".hidden.eml").write_bytes(ONE)
    found = list(raw_mails([tmp_path]))
    assert found == [
        (str(tmp_path / "a.eml"), b"From x Mon Nov  2 10:00:00 2026\n" + ONE),
        (str(tmp_path / "b.eml"), TWO),
        (str(tmp_path / "sub" / "c.EML"), ONE),
    ]
    assert list(raw_mails([str(tmp_path / "b.eml")])) == [(str(tmp_path / "b.eml"), TWO)]


def test_an_mbox_is_taken_apart(tmp_path: Path) -> None:
    """Its separators go, its quoting is undone, a `From ` within a text is no separator."""
    box = tmp_path / "box.mbox"
    separator = b"From kim@client.test Mon Nov  2 10:00:00 2026\n"
    text = b"a\n>From here\n>>From there\nFrom nowhere\n\nFrom us, no time\n"
    box.write_bytes(separator + b"Subject: 1\n\n" + text + b"\n" + separator + b"Subject: 2\n\nb\n")
    assert list(raw_mails([box])) == [
        (f"{box}#1", b"Subject: 1\n\na\nFrom here\n>From there\nFrom nowhere\n\nFrom us, no time\n"),
        (f"{box}#2", b"Subject: 2\n\nb\n"),
    ]


def test_a_maildir_with_subfolders(tmp_path: Path) -> None:
    """New and read mail of all folders; half-written mail in `tmp` is none."""
    for folder in (tmp_path, tmp_path / ".Old"):
        for name in ("cur", "new", "tmp"):
            (folder / name).mkdir(parents=True)
    (tmp_path / "new" / "1.x").write_bytes(ONE)
    (tmp_path / "cur" / "0.x:2,S").write_bytes(TWO)
    (tmp_path / "tmp" / "2.x").write_bytes(b"half")
    (tmp_path / ".Old" / "cur" / "3.x").write_bytes(ONE)
    assert [raw for _, raw in raw_mails([tmp_path])] == [ONE, TWO, ONE]


def test_standard_input_is_one_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe from the mail server."""
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(ONE)))
    assert list(raw_mails(["-"])) == [("-", ONE)]


def test_a_missing_path_is_told(tmp_path: Path) -> None:
    """A mistyped name must not pass for an empty folder."""
    with pytest.raises(OSError, match="nothing"):
        list(raw_mails([tmp_path / "nothing"]))
