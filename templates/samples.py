"""One sample card for every text, for previews and for the test that renders all of them.

People, requests and numbers are made up and the same everywhere, so that pictures of the mails can be laid side by side. The shapes
are in `cards.py`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import cast

from templates import cards

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "desk": "Harbour Service Desk",
        "subject": "Printer on floor 2 jams on every job",
        "category": "Printing",
        "group": "Office technology",
        "said": "Hello,\n\nsince this morning the printer on floor 2 jams on every job. We emptied the tray twice already, photo attached.\n"
        "We need the papers for the trade fair by 4 pm!\n\nMaria Keller",
        "follow": "We tried the other tray as well: the same jam.\nThe display says “E-042 flap B”.",
        "quoted": "Did you try the lower tray?",
        "answer": "Hi Maria,\n\nthanks for the photo, that helped: there is a scrap of paper on the sensor behind flap B. To get it out:\n\n"
        "1. switch the printer off\n2. open flap B and push the **green lever** down\n3. pull the scrap out straight\n\n"
        "The manual is at https://docs.printers.example/px/flap-b. If it jams again, I will be with you at 11:00.",
        "other": "Hi Maria, I am on my way and will bring a new roller. Please leave the printer switched off.",
        "signature": "Anna Berg\nOffice technology",
        "why": "You know this model best.",
        "faq": "The printer reports a jam but no paper is visible",
        "faq-text": "A scrap usually sits on the sensor behind flap B. Switch off, open flap B, push the green lever down and pull the scrap out.",
        "take": "assigned to Anna Berg",
        "prio": "priority normal → high",
        "note": "Waiting for the serial number.",
        "vpn": "VPN drops every hour",
        "laptop": "Laptop for the new trainee",
        "beamer": "Projector in room 3 shows no picture",
        "mail": "Hi Ben,\n\n#asign anna\n#prio urgnt\n\nCan you look at this today?",
    },
    "de": {
        "desk": "Hafen Service Desk",
        "subject": "Drucker im 2. Stock staut bei jedem Auftrag",
        "category": "Drucken",
        "group": "Bürotechnik",
        "said": "Guten Tag,\n\nseit heute Morgen staut der Drucker im 2. Stock bei jedem Auftrag. Wir haben das Fach schon zweimal geleert, Foto anbei.\n"
        "Um 16 Uhr brauchen wir die Unterlagen für die Messe!\n\nMaria Keller",
        "follow": "Wir haben auch das andere Fach versucht: derselbe Stau.\nIm Display steht „E-042 Klappe B“.",
        "quoted": "Haben Sie das untere Fach versucht?",
        "answer": "Guten Tag Frau Keller,\n\ndanke für das Foto, das hat geholfen: Hinter Klappe B steckt ein Papierrest am Sensor. So bekommen Sie ihn heraus:\n\n"
        "1. Gerät ausschalten\n2. Klappe B öffnen und den **grünen Hebel** nach unten drücken\n3. den Papierrest gerade herausziehen\n\n"
        "Die Anleitung steht auf https://docs.printers.example/px/flap-b. Staut es danach wieder, bin ich um 11 Uhr bei Ihnen.",
        "other": "Guten Tag Frau Keller, ich bin unterwegs und bringe eine neue Rolle mit. Lassen Sie den Drucker bitte aus.",
        "signature": "Anna Berg\nBürotechnik",
        "why": "Du kennst dieses Modell am besten.",
        "faq": "Der Drucker meldet Stau, obwohl kein Papier zu sehen ist",
        "faq-text": "Meist sitzt ein Schnipsel am Sensor hinter Klappe B. Gerät ausschalten, Klappe B öffnen, den grünen Hebel nach unten, den Schnipsel herausziehen.",
        "take": "zugewiesen an Anna Berg",
        "prio": "Priorität normal → hoch",
        "note": "Wartet auf die Seriennummer.",
        "vpn": "VPN bricht jede Stunde ab",
        "laptop": "Notebook für den neuen Auszubildenden",
        "beamer": "Beamer in Raum 3 zeigt kein Bild",
        "mail": "Hallo Ben,\n\n#zuweise anna\n#prio dringnd\n\nKannst du dir das heute ansehen?",
    },
}
_STATUSES = ("new", "read", "assigned", "working", "waiting", "closed")
_COLOURS = {"new": "grey", "read": "blue", "assigned": "violet", "working": "teal", "waiting": "amber", "closed": "green"}
_DAY = "2026-06-15T"
_MARIA: cards.Person = {"name": "Maria Keller", "address": "maria@hafenkontor.example"}
_ANNA: cards.Person = {"name": "Anna Berg", "address": "anna@desk.example"}
_BEN: cards.Person = {"name": "Ben Otto", "address": "ben@desk.example"}


def _button(key: str, line: str = "", label: str = "", word: str = "") -> cards.Button:
    return {"key": key, "line": line or key, "label": label, "word": word}


def _ticket(text: Mapping[str, str], status: str, light: str = "green") -> cards.Ticket:
    ticket = {
        "ref": "T2041",
        "subject": text["subject"],
        "status": status,
        "colour": _COLOURS[status],
        "light": light,
        "progress": _STATUSES.index(status),
        "priority": "normal",
        "category": text["category"],
        "group": text["group"],
        "assignee": "" if status in {"new", "read"} else "Anna Berg",
        "requester": _MARIA,
        "party": "Hafenkontor GmbH",
        "contract": "",
        "project": "",
        "device": "PX-7 SN 118 204",
        "channel": "mail",
        "opened_at": _DAY + "09:12:00+02:00",
        "due": {
            "take": _DAY + "13:12:00+02:00" if status in {"new", "read"} else "",
            "answer": _DAY + "16:00:00+02:00",
            "idle": "",
            "solve": "2026-06-19T16:00:00+02:00",
        },
    }
    return cast("cards.Ticket", ticket)


def _post(author: cards.Person, at: str, text: str, **more: object) -> dict[str, object]:
    return {"author": author, "at": _DAY + at + ":00+02:00", "text": text, "quoted": "", "signature": "", "attachments": [], **more}


def _row(text: Mapping[str, str], ref: str, key: str, status: str, *, light: str = "green", who: str = "") -> dict[str, object]:
    return {
        "ref": ref,
        "subject": text[key],
        "status": status,
        "colour": _COLOURS[status],
        "light": light,
        "progress": _STATUSES.index(status),
        "opened_at": _DAY + "08:02:00+02:00",
        "who": who,
    }


def _base(language: str, text: Mapping[str, str], status: str, light: str = "green", staff: str = "") -> dict[str, object]:
    return {
        "language": language,
        "timezone": "Europe/Berlin",
        "at": _DAY + "09:41:00+02:00",
        "desk": {"name": text["desk"], "address": "desk@desk.example", "header": "", "footer": ""},
        "recipient": _ANNA if staff else _MARIA,
        "subject": text["subject"],
        "ticket": _ticket(text, status, light),
        "unknown": False,
        "reply_meaning": staff,
        "reason": "",
        "buttons": [],
    }


def _customer(language: str, text: Mapping[str, str]) -> dict[str, dict[str, object]]:
    photo = {"name": "jam.jpg", "bytes": 412_300, "carried": False, "content_id": ""}
    manual = {"name": "px-flap-b.pdf", "bytes": 1_480_000, "carried": True, "content_id": ""}
    opening = _post(_MARIA, "09:12", text["said"], attachments=[photo])
    answer = _post(_ANNA, "09:41", text["answer"], signature=text["signature"], attachments=[manual])
    close, reopen, status, mute = (_button(key) for key in ("close", "reopen", "status", "mute"))
    events = [
        {"at": _DAY + "09:12:00+02:00", "actor": "Maria Keller", "what": "opened", "value": ""},
        {"at": _DAY + "09:20:00+02:00", "actor": "", "what": "assigned", "value": "Anna Berg"},
        {"at": _DAY + "09:41:00+02:00", "actor": "Anna Berg", "what": "answered", "value": ""},
    ]
    rows = [
        _row(text, "T2041", "subject", "working", who="Anna Berg"),
        _row(text, "T2012", "laptop", "waiting", who="Ben Otto"),
        _row(text, "T1987", "vpn", "assigned", light="yellow"),
    ]
    return {
        "received": {
            **_base(language, text, "new"),
            "post": opening,
            "promise_at": _DAY + "16:00:00+02:00",
            "answers": [{"title": text["faq"], "text": text["faq-text"], "button": _button("close:faq7", "close")}],
            "buttons": [status, close],
            "reason": "requester",
        },
        "message": {**_base(language, text, "working"), "post": answer, "buttons": [close]},
        "taken": {
            **_base(language, text, "assigned"),
            "actor": "Anna Berg",
            "promise_at": _DAY + "16:00:00+02:00",
            "buttons": [status, mute],
        },
        "status": {
            **_base(language, text, "waiting"),
            "actor": "Anna Berg",
            "before": "working",
            "note": text["note"],
            "promise_at": "",
            "buttons": [close, mute],
        },
        "closed": {
            **_base(language, text, "closed"),
            "actor": "Anna Berg",
            "post": None,
            "ratings": [_button(f"rate:{n}", f"rate {n}", word=str(n)) for n in range(1, 6)],
            "reopen_days": 30,
            "buttons": [reopen],
        },
        "reopened": {**_base(language, text, "assigned"), "actor": "Maria Keller", "post": None, "buttons": [status]},
        "status-answer": {
            **_base(language, text, "working"),
            "promise_at": _DAY + "16:00:00+02:00",
            "buttons": [close, _button("history")],
        },
        "history-answer": {**_base(language, text, "working"), "events": events, "buttons": [close]},
        "list-answer": {
            **_base(language, text, "working"),
            "ticket": None,
            "subject": "",
            "open": rows,
            "closed": [_row(text, "T1971", "beamer", "closed", who="Ben Otto")],
        },
        "spent": {
            **_base(language, text, "working"),
            "why": "not-yours",
            "line": "close",
            "presser": {"name": "", "address": "maria.keller@mail.example"},
            "buttons": [close],
            "reason": "owner",
        },
        "help-answer": {
            **_base(language, text, "working"),
            "ticket": None,
            "subject": "help",
            "verbs": ["status", "history", "list", "close", "reopen", "rate", "cc", "mute", "faq", "lang", "help"],
        },
    }


def _staff(language: str, text: Mapping[str, str]) -> dict[str, dict[str, object]]:
    photo = {"name": "jam.jpg", "bytes": 412_300, "carried": True, "content_id": ""}
    video = {"name": "jam.mov", "bytes": 38_200_000, "carried": False, "content_id": ""}
    opening = _post(_MARIA, "09:12", text["said"], attachments=[photo, video])
    follow = _post(_MARIA, "10:05", text["follow"], quoted=text["quoted"])
    mine, theirs = _post(_ANNA, "09:41", text["answer"]), _post(_BEN, "09:39", text["other"])
    take, close, wait, undo, drop = (_button(key) for key in ("take", "close", "wait", "undo", "drop"))
    members = [_button("assign:ben", "assign ben", "Ben Otto"), _button("assign:carla", "assign carla", "Carla Ruiz")]
    wish = [{"what": "wish", "value": "prio high"}]
    lines = [
        {"line": "#take", "ok": True, "result": text["take"]},
        {"line": "#prio high", "ok": True, "result": text["prio"]},
    ]
    first, second = text["mail"].split("\n")[2:4]
    return {
        "appended": {
            **_base(language, text, "working", "yellow", "public"),
            "post": follow,
            "hints": [],
            "buttons": [close, wait],
            "reason": "assigned",
        },
        "assigned": {
            **_base(language, text, "assigned", "green", "public"),
            "actor": "Ben Otto",
            "why": text["why"],
            "post": opening,
            "hints": [],
            "buttons": [take, close, wait],
            "reason": "assigned",
        },
        "new-in-group": {
            **_base(language, text, "new", "green", "public"),
            "post": opening,
            "hints": wish,
            "members": members,
            "buttons": [take, close, _button("spam")],
            "reason": "group",
        },
        "new-in-category": {
            **_base(language, text, "new", "red", "public"),
            "post": opening,
            "hints": [],
            "members": [],
            "buttons": [take, close, _button("spam")],
            "reason": "category",
        },
        "report": {
            **_base(language, text, "working", "green", "commands"),
            "lines": lines,
            "leaves_at": _DAY + "09:42:00+02:00",
            "answer_to": [_MARIA],
            "opened_for": None,
            "undone": False,
            "buttons": [_button("stop"), undo],
            "reason": "author",
        },
        "held": {
            **_base(language, text, "working", "green", "commands"),
            "audience": "author",
            "sender": _ANNA,
            "received_at": _DAY + "09:40:00+02:00",
            "reasons": ["lines"],
            "questions": [
                {
                    "number": 3,
                    "line": first,
                    "problem": "unknown-verb",
                    "value": first.split()[0],
                    "matches": [_button("q1.1", "assign anna", "assign anna", "1")],
                },
                {
                    "number": 4,
                    "line": second,
                    "problem": "wrong-value",
                    "value": second.split()[1],
                    "matches": [_button("q2.1", "prio high", "prio high", "2"), _button("q2.2", "prio normal", "prio normal", "3")],
                },
            ],
            "text": text["mail"],
            "hints": [],
            "buttons": [_button("send"), drop],
            "reason": "author",
        },
        "crossing": {
            **_base(language, text, "working", "green", "commands"),
            "post": mine,
            "others": [theirs],
            "buttons": [_button("send"), drop],
            "reason": "author",
        },
        "bounced": {
            **_base(language, text, "working", "yellow", "note"),
            "failed": [{"address": _MARIA["address"], "status": "5.1.1", "diagnostic": "550 5.1.1 mailbox not found"}],
            "post": mine,
            "buttons": [_button("show")],
            "reason": "assigned",
        },
    }


def sample(name: str, language: str = "en") -> dict[str, object]:
    """A complete card for a text in a language, new at every call; a language without samples of its own takes the English ones.

    Raises KeyError for a name that no text has.
    """
    text = _WORDS.get(language, _WORDS["en"])
    return copy.deepcopy((_customer(language, text) | _staff(language, text))[name])


def links(card: Mapping[str, object]) -> dict[str, str]:
    """Addresses for all buttons of a card that lead nowhere, as long as real ones."""
    found: dict[str, str] = {}

    def search(value: object) -> None:
        if isinstance(value, Mapping):
            if "key" in value and "word" in value:
                found[str(value["key"])] = f"mailto:desk%2Bt2041.{'x' * 26}@desk.example?subject=%5BT2041%5D%20{value['key']}"
            for inner in value.values():
                search(inner)
        elif isinstance(value, list):
            for inner in value:
                search(inner)

    search(card)
    return found
