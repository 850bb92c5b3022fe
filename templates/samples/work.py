"""Samples of the texts that organise work: reminders, opinions, notes, tasks, the day's digest, the first day."""

from __future__ import annotations

from collections.abc import Mapping

from templates import languages, times
from templates.samples import made


def samples(language: str, text: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """Name of a text: its card."""
    return _reminders(language, text) | _asked(language, text) | _days(language, text)


def _reminders(language: str, text: Mapping[str, str]) -> dict[str, dict[str, object]]:
    opening = made.post(made.MARIA, "09:12", text["said"])
    candidates = [
        {"name": name, "open": count, "button": made.button(f"assign:{key}", f"assign {key}")}
        for key, name, count in (("ben", "Ben Otto", 1), ("carla", "Carla Ruiz", 3), ("david", "David Wolf", 7))
    ]
    assigned = {"at": made.DAY + "09:20:00+02:00", "actor": "", "what": "assigned", "value": "Anna Berg"}
    opened = {"at": made.DAY + "09:12:00+02:00", "actor": "Maria Keller", "what": "opened", "value": ""}
    take, close, wait = (made.button(key) for key in ("take", "close", "wait"))
    common = {"step": 100, "escalated": False, "told": [], "last": opening, "activity": assigned, "candidates": []}
    return {
        "not-started": {
            **made.base(language, text, "new", "red", "note"),
            **common,
            "clock": "take",
            "limit": 4 * 3600,
            "worked": 4 * 3600,
            "due_at": made.DAY + "13:12:00+02:00",
            "activity": opened,
            "candidates": candidates,
            "buttons": [take, close],
            "reason": "group",
        },
        "due-soon": {
            **made.base(language, text, "assigned", "yellow", "note"),
            **common,
            "clock": "answer",
            "limit": 8 * 3600,
            "worked": 4 * 3600 + 5 * 60,
            "due_at": made.DAY + "17:12:00+02:00",
            "step": 50,
            "buttons": [take, wait, close],
            "reason": "assigned",
        },
        "overdue": {
            **made.base(language, text, "assigned", "red", "note"),
            **common,
            "clock": "answer",
            "limit": 8 * 3600,
            "worked": 9 * 3600 + 22 * 60,
            "due_at": made.DAY + "17:12:00+02:00",
            "escalated": True,
            "told": ["Anna Berg"],
            "candidates": candidates,
            "buttons": [take, made.button("due", "due 4h")],
            "reason": "manager",
        },
    }


def _asked(language: str, text: Mapping[str, str]) -> dict[str, dict[str, object]]:
    opening = made.post(made.MARIA, "09:12", text["said"])
    thanks = made.post(made.MARIA, "15:20", text["voice1"])
    opinion = made.post(made.BEN, "11:05", text["opinion"])
    task = {
        "ref": "T2041.1",
        "text": text["task"],
        "assignee": "Anna Berg",
        "state": "open",
        "due_at": "2026-06-17T16:00:00+02:00",
    }
    return {
        "opinion-asked": {
            **made.base(language, text, "working", "green", "note"),
            "asker": "Ben Otto",
            "question": text["question"],
            "by": "2026-06-17T16:00:00+02:00",
            "excerpt": opening,
            "late": False,
            "reason": "asked",
        },
        "opinion-given": {
            **made.base(language, text, "working", "green", "note"),
            "question": text["question"],
            "post": opinion,
            "buttons": [made.button("show"), made.button("close")],
            "reason": "asker",
        },
        "fyi": {
            **made.base(language, text, "working", "green", "note"),
            "sender": "Ben Otto",
            "text": text["praise"],
            "excerpt": thanks,
            "reminder": "",
            "reason": "informed",
        },
        "private-message": {
            **made.base(language, text, "working", "green", "note"),
            "post": made.post(made.BEN, "10:31", text["secret"]),
            "others": ["Carla Ruiz"],
            "outside": False,
            "buttons": [made.button("show")],
            "reason": "private",
        },
        "task": {
            **made.base(language, text, "working", "green", "note"),
            "event": "given",
            "task": task,
            "actor": "Ben Otto",
            "mine": True,
            "buttons": [made.button("done", "done T2041.1"), made.button("show")],
            "reason": "task",
        },
    }


def _days(language: str, text: Mapping[str, str]) -> dict[str, dict[str, object]]:
    def row(number: int, ref: str, key: str, status: str, who: str, verb: str, **more: object) -> dict[str, object]:
        line = f"{verb} {ref}"
        word = f"{number} {languages.spell(verb, language, staff=False)}"
        plain = {"due_at": "", "since": "", "task": "", "buttons": [made.button(f"{verb}:{number}", line, word=word)]}
        return made.row(text, ref, key, status, who=who) | plain | {"number": number} | more

    sections = [
        {
            "kind": "overdue",
            "rows": [
                row(1, "T2041", "subject", "assigned", "Maria Keller", "close", light="red", due_at="2026-06-14T17:12:00+02:00"),
                row(2, "T1987", "vpn", "working", "Jonas Vogt", "close", light="red", due_at="2026-06-13T11:00:00+02:00"),
            ],
            "more": 0,
        },
        {
            "kind": "due",
            "rows": [
                row(3, "T2033", "laptop", "working", "Petra Lang", "close", light="yellow", due_at=made.DAY + "12:00:00+02:00"),
                row(4, "T2035", "invoice", "assigned", "Tom Reiter", "close", light="yellow", due_at=made.DAY + "15:30:00+02:00"),
            ],
            "more": 3,
        },
        {
            "kind": "new",
            "rows": [row(5, "T2044", "phone", "new", "Ines Hahn", "take", due_at=made.DAY + "12:30:00+02:00")],
            "more": 0,
        },
        {
            "kind": "waiting",
            "rows": [row(6, "T1999", "flicker", "waiting", "Eva Roth", "close", since="2026-06-09T10:00:00+02:00")],
            "more": 0,
        },
        {
            "kind": "tasks",
            "rows": [
                row(7, "T2012.1", "laptop", "working", "Petra Lang", "done", task=text["late-task"], due_at="2026-06-16T16:00:00+02:00")
            ],
            "more": 0,
        },
    ]
    no_ticket = {"ticket": None, "subject": ""}
    friday = times.times(language, "Europe/Berlin", made.DAY + "09:41:00+02:00").day("2026-06-26T12:00:00+02:00")
    return {
        "digest": {
            **made.base(language, text, "working", staff="commands"),
            **no_ticket,
            "at": made.DAY + "08:00:00+02:00",
            "sections": sections,
            "held": 2,
            "reason": "digest",
        },
        "absent": {
            **made.base(language, text, "working", "green", "note"),
            "ticket": None,
            "subject": "",
            "buttons": [made.button("away:1", "away 2026-06-26", label=f"{languages.label('away', language)}: {friday}")],
            "reason": "answered",
        },
        "welcome": {
            **made.base(language, text, "new", staff="note"),
            "agent": "anna",
            "group": text["group"],
            "control": "control@desk.example",
            "buttons": [made.button("take"), made.button("help"), made.button("list")],
            "reason": "agent",
        },
    }
