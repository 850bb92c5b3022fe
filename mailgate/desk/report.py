"""Figures of a period: on the terminal, as JSON, for a spreadsheet, as a page, and by mail."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailgate.desk import call, edits, screen
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed, Misused
from rules.facts.service import DIMENSIONS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mailgate.figures.evaluation import Evaluation
    from rules.facts.people import Party
    from rules.figures import Kept, Row
    from store.lists.evaluations import Period
    from store.plain import Reading

app = typer.Typer(invoke_without_command=True)

By = Annotated[
    list[str] | None, typer.Option("--by", metavar="WORDS", help=f"Count by these: {', '.join(DIMENSIONS)}.", show_default=False)
]
From = Annotated[str, typer.Option("--from", metavar="DATE", help="Opened on or after: 2026-11-01, 2026-11 or a time.", show_default=False)]
PartyKey = Annotated[str, typer.Option("--party", help="Only the requests of this organisation.", show_default=False)]


@app.callback()
def report(
    context: typer.Context,
    *,
    by: By = None,
    from_: From = "",
    to: Annotated[
        str, typer.Option("--to", "--until", metavar="DATE", help="Opened up to the end of this day, or before a time.", show_default=False)
    ] = "",
    party: PartyKey = "",
    csv: Annotated[bool, typer.Option("--csv", help="Lines for a spreadsheet instead of a table.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with charts, for screen and paper.", show_default=False)
    ] = None,
    language: Annotated[str, typer.Option("--language", help="Of the page; else the desk's first.", show_default=False)] = "",
) -> None:
    """Figures of the requests that were opened in a period; send mails them."""
    desk = call.of(context)
    if context.invoked_subcommand:
        context.obj_of_report = {"by": ",".join(by or ()), "from": from_, "to": to, "party": party}  # type: ignore[attr-defined]  # read by `send`
        return
    if csv and desk.as_json:
        raise Misused("--csv and --json are two documents: say one of them")
    with desk.reading() as tx:
        what = _read(tx, desk, ",".join(by or ()), from_, to, party)
    if html is not None:
        html.write_text(_page(desk, what, language), encoding="utf-8")
        screen.say(f"written to {html}")
    if csv:
        from mailgate.figures import evaluation

        print(evaluation.as_csv(what), end="")
    elif desk.as_json:
        from mailgate.figures import evaluation

        screen.document(desk, evaluation.as_json(what))
    elif html is None:
        _print(desk, what)


@app.command()
def send(
    context: typer.Context,
    *,
    by: By = None,
    from_: From = "",
    until: Annotated[
        str, typer.Option("--until", metavar="DATE", help="Opened up to the end of this day, or before a time.", show_default=False)
    ] = "",
    party: PartyKey = "",
    to: Annotated[
        list[str] | None,
        typer.Option("--to", metavar="WHO", help="Agent, @group, admin or address; else the party's contacts.", show_default=False),
    ] = None,
) -> None:
    """Mail the figures: of a party to its contacts (person edit --may report), or to whoever is named."""
    from mailgate.figures import reporting
    from mailgate.letters.events import Event
    from store import engine, people

    desk = call.of(context)
    said = getattr(context.parent, "obj_of_report", {})
    counted, from_, until, party = (
        ",".join(by or ()) or said.get("by", ""),
        from_ or said.get("from", ""),
        until or said.get("to", ""),
        party or said.get("party", ""),
    )
    with desk.counter() as office, engine.transaction(office.store) as tx:
        directory = people.directory(tx)
        event = Event(at=desk.at, policy=office.policy, directory=directory, actor=reporting.TIMER)
        words = [word for each in to or () for word in each.split(",") if word]
        told = reporting.readers(words, directory, office.policy) if words else None
        if words and not told:
            raise Failed(f"nobody is called {', '.join(words)}: an agent, @group, admin or an address")
        dimensions = _dimensions(desk, counted) if counted else reporting.USUAL
        wanted = _period(desk, from_, until, _party(tx, party).key if party else "")
        if party:
            made = _to_party(tx, _party(tx, party), wanted, dimensions, event, told)
        elif told is None:
            raise Misused("say --to WHO, or --party for an organisation's contacts")
        else:
            made = reporting.batch(_evaluated(tx, desk, wanted, dimensions), told, event)
        reporting.put(tx, office, made, f"report:cli:{desk.at.isoformat()}:{office.random.getrandbits(40):010x}", desk.at)
    rows = [{"to": each.to.address, "template": each.template} for each in made]
    screen.result(desk, rows, "\n".join(f"to {row['to']}" for row in rows))


def _to_party(tx: Connection, party: Party, wanted: Period, by: tuple[str, ...], event: Any, told: Any) -> list[Any]:  # noqa: ANN401
    from mailgate.figures import reporting

    made = reporting.of_party(tx, party, wanted, by, event, to=told or ())
    if not made:
        raise Failed(f"nobody of {party.key} has the right to its figures: mailgate person edit ADDRESS --may +report, or say --to")
    return made


def _read(tx: Reading, desk: Call, by: str, from_: str, to: str, party: str) -> Evaluation:
    key = _party(tx, party).key if party else ""
    return _evaluated(tx, desk, _period(desk, from_, to, key), _dimensions(desk, by))


def _evaluated(tx: Reading, desk: Call, wanted: Period, by: tuple[str, ...]) -> Evaluation:
    from mailgate.figures import evaluation

    return evaluation.read(tx, desk.settings.policy, wanted, by, desk.at)


def _party(tx: Reading, key: str) -> Party:
    from store.lists import people

    return edits.found({each.key: each for each in people.parties(tx)}, key, "party")


def _dimensions(desk: Call, by: str) -> tuple[str, ...]:
    from mailgate.figures import evaluation

    words = [word.strip().lower() for word in by.split(",") if word.strip()]
    for word in words:
        if word not in DIMENSIONS:
            raise Misused(f"figures can't be counted by {word!r}", edits.near(word, DIMENSIONS) or DIMENSIONS)
    found = evaluation.allowed(words, desk.settings.policy)
    if "agent" in words and "agent" not in found:
        raise Failed("figures of single agents are off: set [privacy] agent_figures = true")
    return found


_DAY, _MONTH = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"(\d{4})-(\d\d)")


def _period(desk: Call, start: str, end: str, party: str) -> Period:
    from store.lists.evaluations import Period

    begin, stop = _edge(desk, start, ends=False), _edge(desk, end, ends=True)
    if begin is not None and stop is not None and stop <= begin:
        raise Misused(f"--to {end} lies before --from {start}")
    return Period(start=begin, end=stop, party=party)


def _edge(desk: Call, written: str, *, ends: bool) -> datetime | None:
    """Where a period begins or ends: a day or month is meant as a whole, in the desk's zone."""
    word = written.strip()
    if not word:
        return None
    if _MONTH.fullmatch(word):
        first = desk.moment(f"{word}-01").astimezone(desk.zone)
        return (first + timedelta(days=32)).replace(day=1) if ends else first
    found = desk.moment(word)
    if _DAY.fullmatch(word) and ends:
        return found.astimezone(desk.zone) + timedelta(days=1)
    return found


# --- what people see ----------------------------------------------------------------------------------------------------------

HEAD = ("count", "open", "closed", "taken", "median ", "answered", "median  ", "solved", "median   ", "rating")


def _print(desk: Call, what: Evaluation) -> None:
    print(
        f"{screen.local(desk, what.start)} to {screen.local(desk, what.end)}"
        + (f", {screen.plain(what.party_title)}" if what.party else "")
    )
    for by in what.by:
        print()
        screen.table((by, *HEAD), [(what.title(by, row.value), *_cells(row)) for row in what.rows[by]], wide=(by,), right=HEAD)
    print()
    screen.table(("all", *HEAD), [("", *_cells(what.total))], right=HEAD)


def _cells(row: Row) -> tuple[str, ...]:
    spans = [cell for name in ("take", "answer", "solve") for cell in _said(row.clocks[name])]
    return (str(row.count), str(row.open), str(row.closed), *spans, "" if row.rating is None else f"{row.rating:.1f} ({row.rated})")


def _said(kept: Kept) -> tuple[str, str]:
    share = "" if kept.percent is None else f"{kept.percent:.0f} % of {kept.total}"
    if kept.median is None:
        return share, ""
    hours, minutes = divmod(round(kept.median.total_seconds() / 60), 60)
    return share, f"{hours}:{minutes:02} h"


def _short(row: Row) -> tuple[str, ...]:
    """The cells of a line on a page: kept of all, and the median, without words."""
    clocks = [row.clocks[name] for name in ("take", "answer", "solve")]
    said = [" · ".join(part for part in (f"{k.kept}/{k.total}" if k.total else "", _said(k)[1]) if part) for k in clocks]
    return (str(row.count), str(row.open), str(row.closed), *said, "" if row.rating is None else f"{row.rating:.1f}")


def _page(desk: Call, what: Evaluation, language: str) -> str:
    from mailgate.figures import evaluation
    from templates import languages, paper

    policy = desk.settings.policy
    code = languages.choose(language, policy.languages)
    words = languages.section(code, "page")
    clocks = languages.section(code, "clock")
    head = ["", words["requests"], words["open"], words["closed"]]
    head += [str(words["in_time"]).format(clock=clocks[name]) for name in ("take", "answer", "solve")]
    card = evaluation.card(what, code) | {
        "language": code,
        "timezone": policy.desk.timezone,
        "at": what.at.isoformat(),
        "desk": {"name": policy.desk.name, "address": policy.desk.address, "header": "", "footer": "", "colour": policy.desk.colour},
    }
    tables = {
        by: ([str(cell) for cell in (*head, words["rating"])], [(what.title(by, row.value), *_short(row)) for row in what.rows[by]])
        for by in what.by
    }
    return paper.page(card, tables)
