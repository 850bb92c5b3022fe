"""Samples of what goes with the service: everything of a request, answers, files, access, orders, figures."""

from __future__ import annotations

from collections.abc import Mapping

from templates import cards, languages
from templates.samples import made

_TOM: cards.Person = {"name": "Tom Reiter", "address": "tom@hafenkontor.example"}


def samples(language: str, text: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """Name of a text: its card."""
    return _shown(language, text) | _access(language, text) | {"order": _order(language, text), "evaluation": _evaluation(language, text)}


def _shown(language: str, text: Mapping[str, str]) -> dict[str, dict[str, object]]:
    photo = {"name": "jam.jpg", "bytes": 412_300, "carried": True, "content_id": ""}
    video = {"name": "jam.mov", "bytes": 38_200_000, "carried": False, "content_id": ""}
    posts = [
        made.post(made.MARIA, "09:12", text["said"], attachments=[photo, video], kind="public", direction="in"),
        made.post(made.BEN, "09:39", text["answer-note"], kind="note", direction="in"),
        made.post(made.ANNA, "09:41", text["answer"], signature=text["signature"], kind="public", direction="out"),
        made.post(made.MARIA, "10:05", text["follow"], quoted=text["quoted"], kind="public", direction="in"),
    ]
    task = {"ref": "T2041.1", "text": text["task"], "assignee": "Ben Otto", "state": "done", "due_at": ""}

    def say(verb: str) -> str:
        return languages.spell(verb, language, staff=False)

    other = task | {"ref": "T2041.2", "text": text["late-task"], "state": "open", "due_at": "2026-06-17T16:00:00+02:00"}
    return {
        "rate": {
            **made.base(language, text, "closed"),
            "actor": "Anna Berg",
            "closed_at": "2026-06-12T15:20:00+02:00",
            "ratings": [made.button(f"rate:{n}", f"rate {n}", word=str(n)) for n in range(1, 6)],
            "buttons": [made.button("reopen"), made.button("mute")],
        },
        "show-answer": {
            **made.base(language, text, "working", "yellow", "note"),
            "posts": posts,
            "tasks": [task, other],
            "fields": [{"name": text["device-name"], "value": "118 204"}],
            "watchers": ["tom@hafenkontor.example"],
            "tags": [text["warranty"]],
            "links": ["T1987"],
            "buttons": [made.button("files"), made.button("close")],
            "reason": "author",
        },
        "faq-answer": {
            **made.base(language, text, "working"),
            "ticket": None,
            "subject": "faq printer",
            "query": text["category"],
            "articles": [
                {
                    "title": text["faq"],
                    "text": text["faq-text"],
                    "buttons": [
                        made.button("helped:1", "helped jam", word=f"{say('helped')} 1"),
                        made.button("unhelped:1", "unhelped jam", word=f"{say('unhelped')} 1"),
                    ],
                },
                {"title": text["beamer"], "text": "", "buttons": [made.button("article:2", "faq beamer", word=f"{say('faq')} 2")]},
            ],
            "registered": True,
            "buttons": [],
        },
        "too-large": {
            **made.base(language, text, "working", "green", "note"),
            "direction": "out",
            "files": [{"name": "jam.mov", "bytes": 38_200_000}, {"name": "display.mov", "bytes": 21_700_000}],
            "limit": 25_000_000,
            "post": made.post(made.MARIA, "09:12", text["follow"]),
            "buttons": [made.button("files")],
            "reason": "assigned",
        },
    }


def _access(language: str, text: Mapping[str, str]) -> dict[str, dict[str, object]]:
    common = {
        **made.base(language, text, "working"),
        "ticket": None,
        "subject": "",
        "number": "A7",
        "person": _TOM,
        "functions": [text["function1"], text["function2"]],
    }
    return {
        "access-asked": {
            **common,
            "recipient": {"name": "Carla Ruiz", "address": "carla@hafenkontor.example"},
            "asker": made.MARIA,
            "party": "Hafenkontor GmbH",
            "note": text["access-note"],
            "needed": 2,
            "approved": ["Udo Blum"],
            "buttons": [made.button("approve", "approve A7"), made.button("deny", "deny A7")],
            "reason": "approver",
        },
        "register": {
            **{key: value for key, value in common.items() if key not in {"number", "person", "functions"}},
            "until": "2026-06-19T09:41:00+02:00",
            "buttons": [made.button("confirm")],
        },
        "access-answer": {
            **made.base(language, text, "working"),
            "what": "no-function",
            "value": "close",
            "line": "close",
            "ratings": [],
            "reason": "requester",
        },
        "access-decided": {
            **common,
            "granted": True,
            "by": ["Udo Blum", text["approver"]],
            "note": text["access-note"],
            "reason": "requester",
        },
    }


def _order(language: str, text: Mapping[str, str]) -> dict[str, object]:
    return {
        **made.base(language, text, "working", "green", "note"),
        "number": "T2041-1",
        "technician": "Anna Berg",
        "when": "2026-06-16T11:00:00+02:00",
        "site": text["site"],
        "phone": "+49 40 555 0112",
        "text": text["order-text"],
        "lines": [
            {"text": text["line1"], "done": True},
            {"text": text["line2"], "done": True},
            {"text": text["line3"], "done": False},
        ],
        "hours": [{"at": "2026-06-16T11:00:00+02:00", "who": "Anna Berg", "minutes": 90, "text": text["hours"]}],
        "parts": [{"number": "PX7-4410", "text": text["part"], "amount": 2, "unit": text["unit"]}],
        "finished": False,
        "mine": True,
        "reporter": "",
        "report": "",
        "buttons": [made.button("done"), made.button("show")],
        "reason": "order",
    }


def _evaluation(language: str, text: Mapping[str, str]) -> dict[str, object]:
    weeks = ((18, 31, 24), (19, 38, 35), (20, 27, 36), (21, 29, 31), (22, 23, 26))
    kept = (("category", 52, 53), ("group2", 41, 45), ("category2", 18, 22))
    figures = (
        ("requests", "count", 148, 12),
        ("answer_time", "seconds", 72 * 60, -18 * 60),
        ("on_time", "percent", 96, 2),
        ("rating", "stars", 4.6, 0.1),
    )
    return {
        **made.base(language, text, "working"),
        "ticket": None,
        "subject": "",
        "name": "",
        "from_at": "2026-05-01T00:00:00+02:00",
        "to_at": "2026-06-01T00:00:00+02:00",
        "party": "Hafenkontor GmbH",
        "figures": [{"what": what, "kind": kind, "value": value, "change": change} for what, kind, value, change in figures],
        "weeks": [{"week": week, "label": "", "received": received, "closed": closed} for week, received, closed in weeks],
        "kept": [{"name": text[name], "kept": one, "total": total} for name, one, total in kept],
        "breakdowns": [
            {
                "by": "category",
                "rows": [{"name": text[name], "count": n} for name, n in (("category", 71), ("group2", 49), ("category2", 28))],
            }
        ],
        "voices": [
            {"stars": 5, "comment": text["voice1"], "ref": "T1971", "who": "Maria Keller"},
            {"stars": 2, "comment": text["voice2"], "ref": "T1940", "who": "Tom Reiter"},
        ],
        "csv": "2026-05.csv",
        "reason": "report",
    }
