"""What a text can call besides the parts: names of people, sentences by their key, counted things, times, rows for lists and charts.

Everything here gives plain strings, numbers and rows of them; the parts escape what they are given. `of_language` knows only the
language, `of_moment` also time and place of the card. Next: `render.py`, which hands both to every text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from templates import clean, languages
from templates.times import Times

_KEPT_WELL, _KEPT_FAIRLY = 0.95, 0.85
_OPENING_CHARS = 110
_MARKS = re.compile(r"\[cid:[^\]\s]*\]|^[ \t]*(?:#+|>+|[-+*]|\d+[.)])[ \t]+", re.MULTILINE)
_SIGNS = re.compile(r"\]\([^)\s]*\)|[*`\[\]]+")
_MINUS = "\u2212"


def name(person: Mapping[str, str]) -> str:
    """A person's display name, or the address where the name is missing or looks like an address itself."""
    said = clean.clean_line(person["name"])
    return said if said and "@" not in unicodedata.normalize("NFKC", said) else person["address"]


def who(person: Mapping[str, str]) -> str:
    """Name and address, one of them alone where the other is missing or the name could mislead."""
    said = name(person)
    return f"{said} <{person['address']}>" if person["address"] and said != person["address"] else said


def people(persons: Iterable[Mapping[str, str]]) -> str:
    """Some people, each as `who` names him."""
    return ", ".join(map(who, persons))


def of_language(code: str, site: Path | None) -> dict[str, Callable[..., Any]]:
    """What can be said without a clock."""

    def labelled(table: str, key: str, *, begins: bool = False) -> str:
        value = languages.section(code, table, site=site).get(key)
        said = value if isinstance(value, str) else key
        return said[:1].upper() + said[1:] if begins else said

    def hint(one: Mapping[str, str], table: str = "hints") -> str:
        sentence = languages.section(code, table, site=site).get(one["what"])
        return sentence.format(**{"actor": "", **one}) if isinstance(sentence, str) else one["value"] or one["what"]

    def helped(verbs: Iterable[str], *, staff: bool) -> list[tuple[str, str]]:
        known = languages.section(code, "help", "staff" if staff else "customer", site=site)
        allowed = frozenset(verbs)
        return [(str(row[0]), str(row[1])) for verb, row in known.items() if verb in allowed and isinstance(row, list)]

    def counted(n: int, thing: str) -> str:
        return languages.plural(code, n, "plurals", thing, site=site)

    def choices(candidates: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [
            {"number": 0, "light": "", "title": one["name"], "sub": counted(one["open"], "open"), "buttons": [one["button"]]}
            for one in candidates
        ]

    def blanks(asked: Iterable[Mapping[str, Any]]) -> str:
        one_of = languages.word(code, "common", "one_of", site=site)
        return "\n".join(
            f"{one['title']}:" + (f"\n({one_of.format(words=', '.join(one['words']))})" if one["words"] else "") for one in asked
        )

    return {
        "hint": hint,
        "laid_out": _laid_out,
        "blanks": blanks,
        "helped": helped,
        "labelled": labelled,
        "counted": counted,
        "because_of": lambda reasons: "; ".join(labelled("held", one) for one in reasons),
        "people": people,
        "listed": lambda names: ", ".join(map(str, names)),
        "opening": _opening,
        "flat": lambda text: ", ".join(line.strip() for line in text.split("\n") if line.strip()),
        "pictures": lambda attachments: {one["content_id"]: one["name"] for one in attachments if one["content_id"]},
        "who": who,
        "named": name,
        "choices": choices,
        "section_tiles": lambda sections: _section_tiles(sections, code, site),
        "kept_rows": lambda rows: _kept(rows, code, site),
        "count_rows": _counts,
        "ticked": lambda names, done: [(done, one) for one in names],
        "unticked": lambda names: [(False, one) for one in names],
        "done_rows": lambda lines: [(one["done"], one["text"]) for one in lines],
        "fact_rows": lambda fields: [(one["name"], one["value"]) for one in fields],
    }


def _opening(text: str) -> str:
    """The first words of what somebody wrote, as lists of mails show them: one line, without marks of Markdown and pictures."""
    words = " ".join(_SIGNS.sub("", _MARKS.sub(" ", text[: 8 * _OPENING_CHARS])).split())
    return words if len(words) <= _OPENING_CHARS else words[: max(words.rfind(" ", 60, _OPENING_CHARS), 60)] + "…"


def _laid_out(offers: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Mails that only need to be filled in, as buttons that open them (RFC 6068)."""
    return [
        {
            "label": str(one["title"]),
            "word": f"{one['address']} {one['subject']}".strip(),
            "href": f"mailto:{quote(str(one['address']), safe='@')}?subject={quote(str(one['subject']), safe='')}"
            + ("&body=" + quote("".join(f"{each}: \r\n" for each in one["fields"]), safe="") if one["fields"] else ""),
        }
        for one in offers
    ]


_SECTION_TINTS = {"overdue": "red", "due": "yellow", "new": "green", "waiting": "blue", "tasks": "grey", "open": "grey"}


def _section_tiles(sections: Iterable[Mapping[str, Any]], code: str, site: Path | None) -> list[tuple[str, str, str, str]]:
    words = languages.section(code, "tiles", site=site)
    shown = [(one["kind"], len(one["rows"]) + one["more"]) for one in sections if one["rows"]][:4]
    return [(str(n), _of_number(words[kind], code, n), "", _SECTION_TINTS[kind]) for kind, n in shown]


def _of_number(said: object, code: str, n: float) -> str:
    """A label below a number: one for all numbers, or a list of forms."""
    return languages.form(code, round(n), said) if isinstance(said, list) else str(said)


def _percent(share: float, code: str, site: Path | None) -> str:
    return languages.word(code, "units", "percent", site=site).format(n=round(share * 100))


def _kept(rows: Iterable[Mapping[str, Any]], code: str, site: Path | None) -> list[tuple[str, float, str, str]]:
    out = []
    for row in rows:
        share = row["kept"] / row["total"] if row["total"] else 1.0
        colour = "green" if share >= _KEPT_WELL else "amber" if share >= _KEPT_FAIRLY else "red"
        out.append((str(row["name"]), share, colour, f"{_percent(share, code, site)} · {row['kept']} / {row['total']}"))
    return out


def _counts(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, float, str, str]]:
    most = max((row["count"] for row in rows), default=0) or 1
    return [(str(row["name"]), row["count"] / most, "teal", str(row["count"])) for row in rows]


def of_moment(speaker: Times, hint: Callable[..., str]) -> dict[str, object]:
    """What needs the time and place of the card."""

    def files(attachments: Iterable[Mapping[str, object]], *, carried: bool) -> str:
        shown = (one for one in attachments if one["carried"] is carried and not one["content_id"])
        return ", ".join(f"{one['name']} ({speaker.size(int(str(one['bytes'])))})" for one in shown)

    return {
        "day": speaker.day,
        "moment": speaker.moment,
        "stamp": speaker.stamp,
        "period": speaker.period,
        "span": speaker.span,
        "worktime": speaker.worktime,
        "size": speaker.size,
        "carried": lambda attachments: files(attachments, carried=True),
        "left": lambda attachments: files(attachments, carried=False),
        "happened": lambda events: [(speaker.stamp(one["at"]), hint(one, "events")) for one in events],
        "day_rows": lambda rows: [_day_row(row, speaker) for row in rows],
        "task_rows": lambda tasks: [_task_row(task, speaker) for task in tasks],
        "file_rows": lambda shown: [(one["name"], "", speaker.size(one["bytes"])) for one in shown],
        "hour_rows": lambda hours: [_hour_row(one, speaker) for one in hours],
        "part_rows": lambda parts: [_part_row(one, speaker) for one in parts],
        "figure_tiles": lambda shown: [_tile(one, speaker) for one in shown],
        "week_columns": lambda weeks: [(_week(one, speaker), (one["received"], one["closed"])) for one in weeks],
        "voice_rows": lambda voices: [_voice(one, speaker) for one in voices],
    }


def _say(speaker: Times, key: str, **values: object) -> str:
    return str(speaker.words["common"][key].format(**values))


def _day_row(row: Mapping[str, Any], speaker: Times) -> dict[str, Any]:
    said = [row["ref"]]
    if row["task"]:
        said.append(row["subject"])
    elif row["who"]:
        said.append(row["who"])
    if row["since"]:
        said.append(_say(speaker, "waits_since", at=speaker.stamp(row["since"])))
    elif row["due_at"]:
        said.append(_say(speaker, "was_due" if row["light"] == "red" else "due", at=speaker.stamp(row["due_at"])))
    light = "waiting" if row["status"] == "waiting" else row["light"]
    title = row["task"] or row["subject"]
    return {"number": row["number"], "light": light, "title": title, "sub": " · ".join(said), "buttons": row["buttons"]}


def _task_row(task: Mapping[str, str], speaker: Times) -> tuple[bool, str]:
    said = [f"{task['ref']} {task['text']}"]
    if task["assignee"]:
        said.append(task["assignee"])
    if task["due_at"]:
        said.append(_say(speaker, "due", at=speaker.stamp(task["due_at"])))
    return task["state"] == "done", " · ".join(said)


def _hour_row(one: Mapping[str, Any], speaker: Times) -> tuple[str, str, str]:
    head = f"{one['who']}, {speaker.day(one['at'])}" if one["who"] else speaker.day(one["at"])
    return head, one["text"], speaker.clock(one["minutes"] * 60)


def _part_row(one: Mapping[str, Any], speaker: Times) -> tuple[str, str, str]:
    whole = float(one["amount"]).is_integer()
    amount = speaker.number(one["amount"], 0 if whole else 2)
    # an article that has only its number is called by that
    return one["text"] or one["number"], one["number"] if one["text"] else "", f"{amount}\u00a0{one['unit']}" if one["unit"] else amount


def _amount(kind: str, value: float, speaker: Times) -> str:
    match kind:
        case "seconds":
            return speaker.clock(value)
        case "percent":
            return str(speaker.words["units"]["percent"].format(n=speaker.number(value)))
        case "stars":
            return speaker.number(value, 1)
        case _:
            return speaker.number(value)


def _tile(one: Mapping[str, Any], speaker: Times) -> tuple[str, str, str, str]:
    what, kind = one["what"], one["kind"]
    label = _of_number(speaker.words["figures"].get(what, what), speaker.language, one["value"] or 0)
    shown = "–" if one["value"] is None else _amount(kind, one["value"], speaker)
    change = one["change"]
    if change is None:
        return shown, label, "", ""
    sign = "+" if change > 0 else _MINUS if change < 0 else "±"
    # a change of a share is in points, and "+2 %" of 96 % would be something else
    return shown, label, sign + _amount("count" if kind == "percent" else kind, abs(change), speaker), ""


def _week(one: Mapping[str, Any], speaker: Times) -> str:
    return one["label"] or _say(speaker, "week", n=one["week"])


def _voice(one: Mapping[str, Any], speaker: Times) -> tuple[str, str, str]:
    source = " · ".join(part for part in (one["who"], one["ref"]) if part)
    return _say(speaker, "rate", n=one["stars"]), one["comment"], source
