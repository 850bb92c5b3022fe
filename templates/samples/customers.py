"""Samples of the texts for customers, and of the answers that customers and staff both get."""

from __future__ import annotations

from collections.abc import Mapping

from templates.samples import made


def samples(language: str, text: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """Name of a text: its card."""
    photo = {"name": "jam.jpg", "bytes": 412_300, "carried": False, "content_id": ""}
    manual = {"name": "px-flap-b.pdf", "bytes": 1_480_000, "carried": True, "content_id": ""}
    opening = made.post(made.MARIA, "09:12", text["said"], attachments=[photo])
    answer = made.post(made.ANNA, "09:41", text["answer"], signature=text["signature"], attachments=[manual])
    close, reopen, status, mute = (made.button(key) for key in ("close", "reopen", "status", "mute"))
    events = [
        {"at": made.DAY + "09:12:00+02:00", "actor": "Maria Keller", "what": "opened", "value": ""},
        {"at": made.DAY + "09:20:00+02:00", "actor": "", "what": "assigned", "value": "Anna Berg"},
        {"at": made.DAY + "09:41:00+02:00", "actor": "Anna Berg", "what": "answered", "value": ""},
    ]
    rows = [
        made.row(text, "T2041", "subject", "working", who="Anna Berg"),
        made.row(text, "T2012", "laptop", "waiting", who="Ben Otto"),
        made.row(text, "T1987", "vpn", "assigned", light="yellow"),
    ]
    return {
        "received": {
            **made.base(language, text, "new"),
            "post": opening,
            "promise_at": made.DAY + "16:00:00+02:00",
            "answers": [{"title": text["faq"], "text": text["faq-text"], "button": made.button("close:faq7", "close")}],
            "asked": [{"title": text["field"], "words": []}],
            "follows": "",
            "follows_why": "",
            "wished": False,
            "buttons": [close, mute],
            "reason": "requester",
        },
        "message": {**made.base(language, text, "working"), "post": answer, "outside": False, "kept": [], "buttons": [close]},
        "taken": {
            **made.base(language, text, "assigned"),
            "actor": "Anna Berg",
            "promise_at": made.DAY + "16:00:00+02:00",
            "taken_at": made.DAY + "10:24:00+02:00",
            "kept": [{"clock": "take", "limit": 4 * 3600, "worked": 72 * 60}],
            "buttons": [status, mute],
        },
        "status": {
            **made.base(language, text, "waiting"),
            "actor": "Anna Berg",
            "before": "working",
            "note": text["note"],
            "promise_at": "",
            "handed_to": "",
            "buttons": [close, mute],
        },
        "closed": {
            **made.base(language, text, "closed"),
            "actor": "Anna Berg",
            "post": None,
            "ratings": [made.button(f"rate:{n}", f"rate {n}", word=str(n)) for n in range(1, 6)],
            "reopen_days": 30,
            "resolved": False,
            "end": {"name": "", "address": ""},
            "buttons": [reopen],
        },
        "reopened": {**made.base(language, text, "assigned"), "actor": "Maria Keller", "post": None, "buttons": [status]},
        "archived": {**made.base(language, text, "closed"), "buttons": []},
        "no-contract": {**made.base(language, text, "new"), "ticket": None, "unknown": True, "buttons": []},
        "status-answer": {
            **made.base(language, text, "working"),
            "promise_at": made.DAY + "16:00:00+02:00",
            "kept": [{"clock": "take", "limit": 4 * 3600, "worked": 72 * 60}],
            "buttons": [close, made.button("history")],
        },
        "history-answer": {**made.base(language, text, "working"), "events": events, "buttons": [close]},
        "list-answer": {
            **made.base(language, text, "working"),
            "ticket": None,
            "subject": "",
            "open": rows,
            "closed": [made.row(text, "T1971", "beamer", "closed", who="Ben Otto")],
        },
        "spent": {
            **made.base(language, text, "working"),
            "why": "not-yours",
            "line": "close",
            "presser": {"name": "", "address": "maria.keller@mail.example"},
            "buttons": [close],
            "reason": "owner",
        },
        "alert": {
            **made.base(language, text, "working"),
            "ticket": None,
            "subject": "",
            "what": "storm",
            "value": "acks_total = 200/h",
            "buttons": [],
            "reason": "admin",
            "reply_meaning": "note",
        },
        "help-answer": {
            **made.base(language, text, "working"),
            "ticket": None,
            "subject": "help",
            "verbs": ["status", "history", "list", "close", "reopen", "rate", "cc", "mute", "faq", "lang", "help"],
            "offers": [
                {"title": text["form"], "address": "dev+118204@desk.example", "subject": "[form:report]", "fields": [text["field"]]}
            ],
            "categories": [["[cat:hardware]", "Hardware"], ["[cat:hardware/printer]", "Printers · printers@desk.example"]],
        },
    }
