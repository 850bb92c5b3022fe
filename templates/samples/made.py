"""What the samples are made of: people, the one ticket, posts, rows; and the words of each language, from its `sample.toml`.

Next: `customers.py`, `staff.py`, `answers.py` and `service.py`, which put them together.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from typing import cast

from templates import cards, languages

STATUSES = ("new", "read", "assigned", "working", "waiting", "closed")
COLOURS = {"new": "grey", "read": "blue", "assigned": "violet", "working": "teal", "waiting": "amber", "closed": "green"}
DAY = "2026-06-15T"
"""The day of all samples, a Monday."""
MARIA: cards.Person = {"name": "Maria Keller", "address": "maria@hafenkontor.example"}
ANNA: cards.Person = {"name": "Anna Berg", "address": "anna@desk.example"}
BEN: cards.Person = {"name": "Ben Otto", "address": "ben@desk.example"}


def button(key: str, line: str = "", label: str = "", word: str = "") -> cards.Button:
    """A button as cards hold it."""
    return {"key": key, "line": line or key, "label": label, "word": word}


def ticket(text: Mapping[str, str], status: str, light: str = "green") -> cards.Ticket:
    """The ticket that most samples are about."""
    ticket = {
        "ref": "T2041",
        "subject": text["subject"],
        "status": status,
        "colour": COLOURS[status],
        "light": light,
        "progress": STATUSES.index(status),
        "priority": "normal",
        "category": text["category"],
        "group": text["group"],
        "assignee": "" if status in {"new", "read"} else "Anna Berg",
        "requester": MARIA,
        "party": "Hafenkontor GmbH",
        "contract": "",
        "project": "",
        "device": "PX-7 SN 118 204",
        "channel": "mail",
        "opened_at": DAY + "09:12:00+02:00",
        "due": {
            "take": DAY + "13:12:00+02:00" if status in {"new", "read"} else "",
            "answer": DAY + "16:00:00+02:00",
            "idle": "",
            "solve": "2026-06-19T16:00:00+02:00",
        },
        "fields": [],
    }
    return cast("cards.Ticket", ticket)


def post(author: cards.Person, at: str, text: str, **more: object) -> dict[str, object]:
    """Somebody's words, at a time of the day."""
    return {"author": author, "at": DAY + at + ":00+02:00", "text": text, "quoted": "", "signature": "", "attachments": [], **more}


def row(text: Mapping[str, str], ref: str, key: str, status: str, *, light: str = "green", who: str = "") -> dict[str, object]:
    """A ticket in a list."""
    return {
        "ref": ref,
        "subject": text[key],
        "status": status,
        "colour": COLOURS[status],
        "light": light,
        "progress": STATUSES.index(status),
        "opened_at": DAY + "08:02:00+02:00",
        "who": who,
    }


def base(language: str, text: Mapping[str, str], status: str, light: str = "green", staff: str = "") -> dict[str, object]:
    """What every card holds; staff: what a reply means, empty for customers."""
    return {
        "language": language,
        "timezone": "Europe/Berlin",
        "at": DAY + "09:41:00+02:00",
        "desk": {"name": text["desk"], "address": "desk@desk.example", "header": "", "footer": "", "colour": ""},
        "recipient": ANNA if staff else MARIA,
        "subject": text["subject"],
        "ticket": ticket(text, status, light),
        "unknown": False,
        "reply_meaning": staff,
        "reply_to": MARIA,
        "reply_also": [],
        "reason": "",
        "buttons": [],
    }


@cache
def words(language: str) -> Mapping[str, str]:
    """What the samples say in a language; one without words of its own takes the English ones."""
    path = languages.MAIL / language / "sample.toml"
    if not path.is_file():
        return words(languages.FALLBACK)
    return tomllib.loads(path.read_text(encoding="utf-8"))
