"""The figures of a period, read and put into words: as JSON, as lines for a spreadsheet, as the card of a mail or a page.

What is counted and how is `rules.figures`; who gets them by mail is `mailgate.figures.reporting`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mailgate.letters import particulars
from rules import figures
from rules.deadlines import MEASURED
from rules.facts.people import Directory
from rules.facts.policy import Policy
from rules.figures import Counted, Kept, Row, Stretch
from rules.frozen import dataclass
from store.lists import evaluations, people
from store.lists.evaluations import Period
from templates import languages

if TYPE_CHECKING:
    from store.plain import Reading

NAMES = MappingProxyType({"take": "taken", "answer": "answered", "solve": "solved"})
"""What a clock's figures are called in JSON and in tables."""
MOST_ROWS, MOST_VOICES = 12, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The figures of one period, of all the desk or of one party."""

    at: datetime
    start: datetime
    end: datetime
    party: str = ""
    party_title: str = ""
    by: tuple[str, ...] = ()
    rows: Mapping[str, tuple[Row, ...]]
    total: Row
    before: Row | None = None
    """The total of the period before, as long as this one; None where no beginning was said."""
    course: tuple[Stretch, ...] = ()
    voices: tuple[Counted, ...] = ()
    titles: Mapping[tuple[str, str], str]
    """(dimension, value) -> how people read it."""
    zone: ZoneInfo

    def title(self, by: str, value: str) -> str:
        """How people read a value; a dash for none."""
        return self.titles.get((by, value), value) or "–"


def allowed(by: Sequence[str], policy: Policy, *, for_customers: bool = False) -> tuple[str, ...]:
    """The dimensions that these readers may see: figures of single agents only where the site wants them, of the staff never outside."""
    return tuple(
        each
        for each in dict.fromkeys(by)
        if not (each == "agent" and not policy.privacy.agent_figures) and not (for_customers and each in figures.OF_STAFF)
    )


def read(tx: Reading, policy: Policy, wanted: Period, by: Sequence[str], at: datetime) -> Evaluation:
    """The figures as of `at`. Without a beginning they begin with the first request, without an end they end now."""
    zone = ZoneInfo(policy.desk.timezone)
    every = evaluations.counted(tx, wanted, policy, at)
    start = wanted.start or min((c.ticket.opened_at for c in every if c.ticket.opened_at), default=at)
    end = wanted.end or at
    parties = {each.key: each.name for each in people.parties(tx)}
    before: Row | None = None
    if wanted.start is not None and end > wanted.start:
        earlier = Period(start=wanted.start - (end - wanted.start), end=wanted.start, party=wanted.party)
        before = figures.summed(evaluations.counted(tx, earlier, policy, at))
    rows = {each: figures.breakdown(every, each, zone) for each in by}
    return Evaluation(
        at=at,
        start=start,
        end=end,
        party=wanted.party,
        party_title=parties.get(wanted.party, "") or wanted.party,
        by=tuple(by),
        rows=MappingProxyType(rows),
        total=figures.summed(every),
        before=before if before is not None and before.count else None,
        course=figures.course(
            [c.ticket.opened_at for c in every if c.ticket.opened_at], evaluations.closings(tx, wanted), start, end, zone
        ),
        voices=_voices(every),
        titles=_titles(rows, policy, people.directory(tx), parties),
        zone=zone,
    )


def _voices(every: Sequence[Counted]) -> tuple[Counted, ...]:
    said = [c for c in every if c.ticket.rating_stars and c.ticket.rating_comment]
    return tuple(reversed(said))[:MOST_VOICES]


def _titles(
    rows: Mapping[str, Sequence[Row]], policy: Policy, directory: Directory, parties: Mapping[str, str]
) -> Mapping[tuple[str, str], str]:
    def title(by: str, value: str) -> str:
        match by:
            case "category":
                return " / ".join(_categories(policy, value))
            case "type":
                listed: Any = policy.types.get(value)
            case "severity":
                listed = policy.severities.get(value)
            case "channel":
                listed = policy.channels.get(value)
            case "party":
                return parties.get(value, "")
            case "group":
                return particulars.group_title(value, directory)
            case "agent":
                return particulars.shown_name(value, policy, directory, staff=True)
            case _:
                return value
        return str(getattr(listed, "title", "") or "")

    found = {(by, row.value): title(by, row.value) or row.value for by, some in rows.items() for row in some}
    return MappingProxyType(found)


def _categories(policy: Policy, key: str) -> list[str]:
    """The titles of a category and of those above it: `printer` alone may be anybody's."""
    parts = key.split("/")
    paths = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    return [policy.categories[path].title if path in policy.categories else path.rpartition("/")[2] for path in paths if path]


def as_json(what: Evaluation) -> dict[str, Any]:
    """All of it for scripts. Times of work are seconds; null where there was nothing to measure."""

    def moment(at: datetime) -> str:
        return at.astimezone(what.zone).isoformat(timespec="seconds")

    return {
        "from": moment(what.start),
        "to": moment(what.end),
        "party": what.party or None,
        "by": list(what.by),
        "total": _figures(what.total),
        "rows": [
            {"by": by, "value": row.value or None, "title": what.title(by, row.value) if row.value else None, by: row.value or None}
            | _figures(row)
            for by in what.by
            for row in what.rows[by]
        ],
        "course": [{"start": moment(s.start), "received": s.received, "closed": s.closed} for s in what.course],
    }


def _figures(row: Row) -> dict[str, Any]:
    return {
        "count": row.count,
        "open": row.open,
        "closed": row.closed,
        **{NAMES[name]: _kept(row.clocks[name]) for name in MEASURED},
        "rated": row.rated,
        "rating": row.rating,
    }


def _kept(kept: Kept) -> dict[str, Any]:
    seconds = None if kept.median is None else int(kept.median.total_seconds())
    return {"kept": kept.kept, "total": kept.total, "percent": kept.percent, "median_seconds": seconds}


def as_csv(what: Evaluation) -> str:
    """A line for each row, as spreadsheets read it: UTF-8 with CRLF, times of work in minutes."""
    out = io.StringIO()
    writer = csv.writer(out)
    clocks = [f"{NAMES[name]}_{part}" for name in MEASURED for part in ("kept", "total", "percent", "median_minutes")]
    writer.writerow(["by", "value", "title", "count", "open", "closed", *clocks, "rated", "rating"])
    for by, row in [("total", what.total), *((each, row) for each in what.by for row in what.rows[each])]:
        title = what.title(by, row.value) if row.value else ""
        writer.writerow([by, _cell(row.value), _cell(title), row.count, row.open, row.closed, *_cells(row), row.rated, row.rating])
    return out.getvalue()


def _cells(row: Row) -> list[Any]:
    found: list[Any] = []
    for name in MEASURED:
        kept = row.clocks[name]
        minutes = None if kept.median is None else round(kept.median.total_seconds() / 60, 1)
        found += [kept.kept, kept.total, kept.percent, minutes]
    return found


_BEGINNINGS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What a formula may begin with; some spreadsheets take the full-width signs of East Asia for the plain ones."""


def _cell(text: str) -> str:
    """Foreign text that a spreadsheet can't take for a formula."""
    return f"'{text}" if text[:1] in _BEGINNINGS else text


def card(what: Evaluation, language: str, name: str = "", csv_name: str = "") -> dict[str, Any]:
    """The keys of `evaluation` (`templates.cards.service.Evaluation`), also what a page is made of."""
    months = languages.forms(language, "dates", "months_alone")
    clocks = languages.section(language, "clock")
    return {
        "name": name,
        "from_at": what.start.astimezone(what.zone).isoformat(),
        "to_at": what.end.astimezone(what.zone).isoformat(),
        "party": what.party_title,
        "figures": [_tile(key, what.total, what.before) for key in ("requests", "answer_time", "on_time", "rating")],
        "weeks": [
            {
                "week": 0 if s.whole_month else s.start.isocalendar().week,
                "label": months[s.start.month - 1] if s.whole_month else "",
                "received": s.received,
                "closed": s.closed,
            }
            for s in what.course
        ],
        "kept": [
            {"name": str(clocks.get(key, key)), "kept": kept.kept, "total": kept.total}
            for key in MEASURED
            if (kept := what.total.clocks[key]).total
        ],
        "breakdowns": [
            {
                "by": by,
                "rows": [{"name": what.title(by, row.value), "count": row.count} for row in what.rows[by][:MOST_ROWS]],
            }
            for by in what.by
            if what.rows[by]
        ],
        "voices": [
            {
                "stars": c.ticket.rating_stars,
                "comment": c.ticket.rating_comment,
                "ref": c.ticket.ref,
                "who": c.ticket.requester.name or c.ticket.requester.address,
            }
            for c in what.voices
        ],
        "csv": csv_name,
    }


_KINDS = {"requests": "count", "answer_time": "seconds", "on_time": "percent", "rating": "stars"}


def _tile(key: str, now: Row, before: Row | None) -> dict[str, Any]:
    value = _large(key, now)
    earlier = _large(key, before) if before is not None else None
    change = None if value is None or earlier is None else round(value - earlier, 1)
    return {"what": key, "kind": _KINDS[key], "value": value, "change": change}


def _large(key: str, row: Row) -> float | None:
    match key:
        case "requests":
            return row.count
        case "answer_time":
            span = row.clocks["answer"].median
            return None if span is None else span.total_seconds()
        case "on_time":
            total = sum(kept.total for kept in row.clocks.values())
            return round(100 * sum(kept.kept for kept in row.clocks.values()) / total, 1) if total else None
        case _:
            return row.rating
