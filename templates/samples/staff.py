"""Samples of the texts for staff about one request: told, asked, reminded."""

from __future__ import annotations

from collections.abc import Mapping

from templates.samples import made


def samples(language: str, text: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """Name of a text: its card."""
    photo = {"name": "jam.jpg", "bytes": 412_300, "carried": True, "content_id": ""}
    video = {"name": "jam.mov", "bytes": 38_200_000, "carried": False, "content_id": ""}
    opening = made.post(made.MARIA, "09:12", text["said"], attachments=[photo, video])
    follow = made.post(made.MARIA, "10:05", text["follow"], quoted=text["quoted"])
    mine, theirs = made.post(made.ANNA, "09:41", text["answer"]), made.post(made.BEN, "09:39", text["other"])
    take, close, wait = (made.button(key) for key in ("take", "close", "wait"))
    undo, drop, send, stop = (made.button(key, word=key) for key in ("undo", "drop", "send", "stop"))
    members = [made.button("assign:ben", "assign ben", "Ben Otto"), made.button("assign:carla", "assign carla", "Carla Ruiz")]
    ready = [made.button("ready:1", "canned jam", label=text["faq"])]
    wish = [{"what": "wish", "value": "prio high"}]
    lines = [
        {"line": "#take", "ok": True, "result": text["take"]},
        {"line": "#prio high", "ok": True, "result": text["prio"]},
    ]
    first, second = text["mail"].split("\n")[2:4]
    return {
        "appended": {
            **made.base(language, text, "working", "yellow", "public"),
            "post": follow,
            "ready": ready,
            "hints": [],
            "buttons": [close, wait],
            "reason": "assigned",
        },
        "assigned": {
            **made.base(language, text, "assigned", "green", "public"),
            "actor": "Ben Otto",
            "why": text["why"],
            "post": opening,
            "ready": [],
            "hints": [],
            "buttons": [take, close, wait],
            "reason": "assigned",
        },
        "new-in-group": {
            **made.base(language, text, "new", "green", "public"),
            "actor": "",
            "why": "",
            "post": opening,
            "ready": ready,
            "hints": wish,
            "members": members,
            "buttons": [take, close, made.button("spam")],
            "reason": "group",
        },
        "new-in-category": {
            **made.base(language, text, "new", "red", "public"),
            "actor": "",
            "why": "",
            "post": opening,
            "ready": [],
            "hints": [],
            "members": [],
            "buttons": [take, close, made.button("spam")],
            "reason": "category",
        },
        "report": {
            **made.base(language, text, "working", "green", "commands"),
            "lines": lines,
            "leaves_at": made.DAY + "09:42:00+02:00",
            "scheduled": False,
            "answer_to": [made.MARIA],
            "opened_for": None,
            "noted": False,
            "undone": False,
            "kept_back": False,
            "idle": False,
            "buttons": [stop, undo],
            "reason": "author",
        },
        "held": {
            **made.base(language, text, "working", "green", "commands"),
            "audience": "author",
            "sender": made.ANNA,
            "received_at": made.DAY + "09:40:00+02:00",
            "reasons": ["lines"],
            "questions": [
                {
                    "number": 3,
                    "line": first,
                    "problem": "unknown-verb",
                    "known": [],
                    "value": first.split()[0],
                    "matches": [made.button("q1.1", "assign anna", "#assign anna", "#assign anna")],
                },
                {
                    "number": 4,
                    "line": second,
                    "problem": "wrong-value",
                    "known": [],
                    "value": second.split()[1],
                    "matches": [
                        made.button(f"q2.{n}", line, f"#{line}", f"#{line}") for n, line in enumerate(("prio high", "prio normal"), 1)
                    ],
                },
            ],
            "text": text["mail"],
            "hints": [],
            "buttons": [send, drop],
            "reason": "author",
        },
        "crossing": {
            **made.base(language, text, "working", "green", "commands"),
            "post": mine,
            "others": [theirs],
            "buttons": [send, drop],
            "reason": "author",
        },
        "bounced": {
            **made.base(language, text, "working", "yellow", "note"),
            "failed": [{"address": made.MARIA["address"], "status": "5.1.1", "diagnostic": "550 5.1.1 mailbox not found"}],
            "unsent": False,
            "post": mine,
            "buttons": [made.button("show")],
            "reason": "assigned",
        },
    }
