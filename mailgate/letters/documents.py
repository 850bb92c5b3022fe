"""Documents about tickets: what a layout may show, in the reader's language, and the finished file as text, HTML or PDF.

The layouts are `templates.documents`, their conversion is `templates.press`; PDF is set by Typst, which comes with the extra `pdf`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from mailgate.letters import particulars
from rules.facts.people import Directory
from rules.facts.policy import Policy
from rules.facts.terms import PostKind
from rules.facts.ticket import Post, Records, ServiceOrder, Ticket
from rules.frozen import dataclass, replace
from store import records
from store.outbox import Letter
from store.queries import tickets
from templates import calendar, documents, languages, press, times

log = logging.getLogger(__name__)
TYPES = {"pdf": "application/pdf", "html": "text/html", "txt": "text/plain"}


class NoPress(Exception):
    """A PDF was asked for and Typst isn't installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A filled layout, ready to become a file."""

    name: str
    """Of the file, without its ending: `T42`, `T42-1`."""
    title: str
    markdown: str
    language: str
    css: str = ""
    typst: str = ""


def sheet(
    tx: Connection,
    ticket: Ticket,
    layout: documents.Layout,
    *,
    policy: Policy,
    directory: Directory,
    at: datetime,
    order: str = "",
    language: str = "",
    inside: bool = False,
    site: Path | None = None,
) -> Sheet:
    """Fill a layout for a ticket, or for one of its orders (the latest if none is named); `inside` shows what stays among staff, too.

    Raises `templates.documents.Unfillable`.
    """
    code = languages.choose(language or ticket.language, policy.languages)
    kept = records.of(tx, ticket.id)
    one = kept.orders.get(order) if order else next(reversed(list(kept.orders.values())), None)
    posts = [p for p in tickets.posts(tx, ticket.id) if inside or p.kind is PostKind.public]
    card = _Reader(policy=policy, directory=directory, language=code, at=at, site=site).card(ticket, kept, one, posts)
    name = one.ref if one is not None and (order or layout.name == "order") else ticket.ref
    return Sheet(
        name=name,
        title=f"{name} {ticket.subject}".strip(),
        markdown=documents.fill(layout, card),
        language=code,
        css=layout.css,
        typst=layout.typst,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Who reads the document: his language and zone."""

    policy: Policy
    directory: Directory
    language: str
    at: datetime
    site: Path | None

    def card(self, ticket: Ticket, kept: Records, order: ServiceOrder | None, posts: Sequence[Post]) -> dict[str, Any]:
        """Everything that a layout may name."""
        labels = languages.section(self.language, "facts", site=self.site)
        shown = particulars.ticket_card(ticket, self.policy, self.directory, staff=True)
        own = {
            "status": languages.word(self.language, "status_staff", ticket.status.value, site=self.site),
            "requester": ticket.requester.name or ticket.requester.address,
            "address": ticket.requester.address,
            "opened": self._time(ticket.opened_at),
            "closed": self._time(ticket.closed_at),
            "type": self._type(ticket),
            "tags": ", ".join(ticket.tags),
            "worked": self._span(ticket.minutes),
        }
        return {
            "ticket": {**shown, **own},
            "requester": {"name": ticket.requester.name, "address": ticket.requester.address},
            "desk": particulars.desk(self.policy, ticket),
            "fields": dict(ticket.fields),
            "endcustomer": dict(ticket.endcustomer),
            "facts": [{"label": labels.get(name, name), "value": value} for name, value in self._facts(ticket, shown, order) if value],
            "posts": [self._post(p) for p in posts],
            "tasks": [
                {
                    "ref": t.ref,
                    "text": t.text,
                    "assignee": self._who(t.assignee),
                    "state": languages.word(self.language, "task_state", t.state, site=self.site),
                    "due": self._time(t.due_at),
                }
                for t in kept.tasks.values()
            ],
            "orders": [self._order(o) for o in kept.orders.values()],
            "order": self._order(order) if order is not None else {},
            "worked": self._span(ticket.minutes),
            "words": languages.section(self.language, "documents", site=self.site),
            "printed": languages.word(self.language, "documents", "printed", site=self.site).format(at=self._time(self.at)),
            "language": self.language,
        }

    def _facts(self, ticket: Ticket, shown: Mapping[str, Any], order: ServiceOrder | None) -> list[tuple[str, str]]:
        """What the table of a document says, by the names of its labels; a ticket's own fields come last under their own names."""
        who = f"{ticket.requester.name} <{ticket.requester.address}>" if ticket.requester.name else ticket.requester.address
        end = ticket.endcustomer
        return [
            ("technician", self._who(order.technician) if order is not None else ""),
            ("when", self._time(order.when_at) if order is not None else ""),
            ("customer_contact", who),
            ("party", self.directory.party_name(ticket.party)),
            ("person", ", ".join(x for x in (end.get("name", ""), end.get("address", "")) if x)),
            ("phone", end.get("phone", "") or ticket.fields.get("phone", "")),
            ("site", ticket.fields.get("site", "") or ticket.fields.get("address", "")),
            ("device", ticket.device),
            ("contract", ticket.contract),
            ("project", ticket.project),
            ("category", str(shown["category"])),
            ("assignee", self._who(ticket.assignee)),
            ("priority", languages.word(self.language, "priority", ticket.priority.value, site=self.site)),
            ("state", languages.word(self.language, "status_staff", ticket.status.value, site=self.site)),
            ("opened", self._time(ticket.opened_at)),
            ("tags", ", ".join(ticket.tags)),
            *((name, value) for name, value in ticket.fields.items() if name not in {"phone", "site", "address"}),
        ]

    def _post(self, post: Post) -> dict[str, Any]:
        size = self._times().size
        return {
            "author": self._who(post.agent) if post.agent in self.directory.agents else post.author.name or post.author.address,
            "at": self._time(post.at),
            "kind": post.kind.value,
            "direction": post.direction,
            "text": post.text,
            "files": [{"name": part.name, "size": size(part.bytes), "type": part.type} for part in post.parts if not part.inline],
        }

    def _order(self, order: ServiceOrder) -> dict[str, Any]:
        number = self._times().number
        return {
            "ref": order.ref,
            "technician": self._who(order.technician),
            "text": order.text,
            "when": self._time(order.when_at),
            "state": order.state,
            "hours": [
                {
                    "at": self._time(datetime.fromisoformat(str(h["at"]))),
                    "who": self._who(str(h["who"])),
                    "span": self._span(int(h["minutes"])),
                    "text": str(h["text"]),
                }
                for h in order.hours
            ],
            "parts": [
                {
                    "amount": number(float(p["amount"]), 0 if float(p["amount"]).is_integer() else 2),
                    "unit": str(p["unit"]),
                    "number": str(p["number"]),
                    "text": str(p["text"]),
                }
                for p in order.parts
            ],
        }

    def _who(self, name: str) -> str:
        if name.startswith("@"):
            return particulars.group_title(name[1:], self.directory)
        return particulars.shown_name(name, self.policy, self.directory, staff=True)

    def _type(self, ticket: Ticket) -> str:
        kind = self.policy.types.get(ticket.type)
        return (kind.title or kind.key) if kind is not None else ticket.type

    def _times(self) -> times.Times:
        # another year than any: a document is read years later, so every date has its year
        spoken = times.times(self.language, self.policy.desk.timezone, self.at.isoformat(), self.site)
        return times.Times(language=spoken.language, zone=spoken.zone, year=0, words=spoken.words)

    def _time(self, at: datetime | None) -> str:
        return self._times().stamp(at.isoformat()) if at is not None else ""

    def _span(self, minutes: int) -> str:
        return self._times().worktime(minutes * 60) if minutes else ""


def produce(made: Sheet, kind: str) -> bytes:
    """The file of a sheet; `kind` is a key of TYPES. Raises NoPress, and Unfillable where the layout's own Typst is at fault."""
    match kind:
        case "pdf":
            return _pressed(press.typst(made.markdown, made.title, made.typst))
        case "html":
            return press.html(made.markdown, made.title, made.language, made.css).encode()
        case _:
            return press.text(made.markdown).encode()


def enclosed(letter: Letter, made: Sheet) -> Letter:
    """The letter with a sheet: frozen now, made into a file when the mail is; a page of HTML where nothing can make PDF."""
    kind = "pdf" if can_press() else "html"
    file = {"name": f"{made.name}.{kind}", "type": TYPES[kind], "kind": kind, "sheet": asdict(made), "inline": False, "content_id": ""}
    return replace(letter, card={**letter.card, "files": [*letter.card["files"], file]})


def with_order(
    tx: Connection, letter: Letter, ticket: Ticket | None, *, policy: Policy, directory: Directory, at: datetime, site: Path | None
) -> Letter:
    """A mail about a service order with the order as a document, to take along and have signed; any other letter as it is."""
    kind, _, ref = letter.about.partition(":")
    if letter.template != "order" or kind != "order" or ticket is None:
        return letter
    if not letter.card["card"]["reporter"]:
        letter = _dated(tx, letter, ticket, ref, policy, at)
    try:
        layout = documents.find("order", site)
        if layout is None:
            return letter
        made = sheet(
            tx, ticket, layout, policy=policy, directory=directory, at=at, order=ref, language=letter.language, inside=False, site=site
        )
    except documents.Unfillable as why:
        log.warning("left out of a mail: %s", why)  # the site's layout is at fault; the technician still has to go
        return letter
    return enclosed(letter, made)


def _dated(tx: Connection, letter: Letter, ticket: Ticket, ref: str, policy: Policy, at: datetime) -> Letter:
    """The mail about an order with its appointment for the calendar, if one is made."""
    order = records.of(tx, ticket.id).orders.get(ref)
    if order is None or order.when_at is None:
        return letter
    place = ticket.fields.get("site", "") or ticket.fields.get("address", "")
    said = calendar.event(
        f"{order.ref.lower()}@{policy.desk.domain}",
        order.when_at,
        at=at,
        summary=f"{order.ref} {ticket.subject}",
        text="\n".join(
            x
            for x in (order.text, letter.card["card"]["ticket"]["party"], ticket.requester.name or ticket.requester.address, ticket.device)
            if x
        ),
        place=place,
    )
    file = {"name": f"{order.ref}.ics", "type": "text/calendar", "text": said, "inline": False, "content_id": ""}
    return replace(letter, card={**letter.card, "files": [*letter.card["files"], file]})


def can_press() -> bool:
    """Whether PDF can be made here."""
    return find_spec("typst") is not None


def _pressed(source: str) -> bytes:
    try:
        import typst  # noqa: PLC0415 - 40 MB that few calls need
    except ImportError as why:
        raise NoPress("PDF needs Typst: install mailgate[pdf]") from why
    try:
        return bytes(typst.compile(source.encode(), format="pdf"))
    except typst.TypstError as fault:
        raise documents.Unfillable(f"Typst: {fault}") from fault
