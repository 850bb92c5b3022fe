"""Every kind of button, taken out of a mail that was sent: pressed, pressed again, forged, late, by somebody else, and as a word.

The kinds are in `button_kinds.py`. All else is the same for all of them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.desk import office
from tests.desk.button_kinds import KINDS, Kind, opened
from tests.desk.office import Desk, buttons, plain, to
from tests.desk.staff import KIM, MAL, one

Sending = tuple[Desk, EmailMessage]


@dataclass(frozen=True)
class Before:
    """A desk that has just sent the mail with a button."""

    folder: Path
    mail: EmailMessage
    at: datetime


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[object, Before]:
    """The stories that were told already, by what tells them."""
    return {}


@pytest.fixture
def sending(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, played: dict[object, Before], kind: Kind) -> Iterator[Sending]:
    """A desk which has just sent the mail with the button, and the mail.

    What led to it is told once for all tests of this file and copied; a database on a server isn't a file, so there it is told anew.
    """

    def tell(folder: Path) -> Before:
        shelf = folder / "texts" / "faq" / "en"
        shelf.mkdir(parents=True)
        (shelf / "jam.md").write_text(
            "---\ntitle: Paper jam without visible paper\naudience: public\nkeywords: printer jams\n---\nOpen flap B.\n"
        )
        with opened(folder) as d:
            mail = kind.mail(d)
            d.post()
            return Before(folder=folder, mail=mail, at=d.at)

    if office.where(tmp_path).startswith("sqlite"):
        before = played.get(kind.mail) or tell(tmp_path_factory.mktemp("before"))
        played[kind.mail] = before
        shutil.copytree(before.folder, tmp_path, dirs_exist_ok=True)
    else:
        before = tell(tmp_path)
    with opened(tmp_path) as d:
        d.at, d._n = before.at, 1000
        d._seen = {path.name for path in (tmp_path / "sent" / "new").iterdir()}
        yield d, before.mail


def _link(mail: EmailMessage, label: str) -> tuple[str, str, str]:
    """Address, subject and word of the button that begins so."""
    whole, link = next((words, link) for words, link in buttons(mail).items() if words.startswith(label))
    address, _, subject = link.removeprefix("mailto:").partition("?subject=")
    assert whole[0].isupper() or whole[0] in "#12345", f"{whole!r} is no label"
    return unquote(address), unquote(subject), whole.rpartition("  ")[2]


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_press_does_what_the_button_says_once(sending: Sending, kind: Kind) -> None:
    """A button that does something else, or does it twice, is worse than none."""
    d, mail = sending
    address, subject, _ = _link(mail, kind.label)
    d.write(kind.who, "", to=address, subject=subject)
    mails = d.post_later()
    assert kind.done(d, mails), [(m["X-Mailgate-Template"], plain(m)[:300]) for m in mails]
    before = [(t.version, t.status) for t in d.tickets()]
    d.write(kind.who, "", to=address, subject=subject)
    again = d.post_later()
    if kind.asks:
        assert kind.done(d, again)
    else:
        assert [(t.version, t.status) for t in d.tickets()] == before
        assert [m["X-Mailgate-Template"] for m in again] == ["spent"] and "lready done" in plain(again[0])


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_forged_late_or_from_elsewhere_a_button_does_nothing_it_may_not(sending: Sending, kind: Kind) -> None:
    """Whoever sees a mail, guesses a token or finds an old mail would act in another's name."""
    d, mail = sending
    address, subject, _ = _link(mail, kind.label)
    local, _, domain = address.partition("@")
    swapped = local[:-1] + ("a" if local[-1] != "a" else "b")
    d.write(kind.who, "", to=f"{swapped}@{domain}", subject=re.sub(r"[a-z0-9]+-[a-z0-9]+-[a-z0-9]+-[a-z2-7]{16}", "", subject))
    assert kind.name == "stop" or not kind.done(d, d.post())
    version = [t.version for t in d.tickets()][:1]
    d.write(MAL, "", to=address, subject=subject)
    mails = d.post()
    assert to(mails, MAL) == [] or not kind.done(d, to(mails, MAL))
    if kind.harmless:
        assert kind.done(d, mails)
        return
    assert [t.version for t in d.tickets()][:1] == version
    if kind.who == KIM:
        assert "Was this you?" in plain(one(mails, KIM, "spent"))
    d.passes(days=31)
    d.post_later()
    before = [(t.ref, t.version) for t in d.tickets()]
    d.write(kind.who, "", to=address, subject=subject)
    told = [m for m in to(d.post_later(), kind.who) if m["X-Mailgate-Template"] == "spent"]
    assert [(t.ref, t.version) for t in d.tickets()] == before
    assert told and "too old" in plain(told[-1]), kind.name


@pytest.mark.parametrize("kind", [k for k in KINDS if k.word], ids=[kind.name for kind in KINDS if kind.word])
def test_the_word_of_a_button_in_the_first_line_of_a_reply_does_the_same(sending: Sending, kind: Kind) -> None:
    """Where links do nothing, people type what stands on the button."""
    d, mail = sending
    _, _, word = _link(mail, kind.label)
    assert word in plain(mail) or word in {"2", "3", "4"}, "1 and 5 are explained, and what lies between"
    d.write(kind.who, word.capitalize(), answer=mail, quote=True)
    mails = d.post_later()
    assert kind.done(d, mails), (word, [(m["X-Mailgate-Template"], plain(m)[:300]) for m in mails])
