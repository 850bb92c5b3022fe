"""Taking raw mail in from files and pipes, and reading it without keeping anything."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailgate.desk import call, edits, screen
from mailgate.desk.call import Call
from mailgate.desk.ends import Misused, NotMail

if TYPE_CHECKING:
    from mailgate.office import Office
    from rules.facts.mail import Envelope

BATCH = 64
"""Mails that are kept in one commit."""
_A_MAIL = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:\r?\n)*(?:>?From [^\n]*\n)?[!-9;-~]{1,200}[ \t]*:")
"""The least that a mail has: a header field (RFC 5322 section 2.2)."""

Paths = Annotated[
    list[str] | None, typer.Argument(metavar="[PATH…]", help="Files, folders, mbox, Maildir; - is one mail on stdin.", show_default=False)
]


def in_(
    context: typer.Context,
    paths: Paths = None,
    *,
    silent: Annotated[bool, typer.Option("--silent", help="Answer nobody.")] = False,
    to: Annotated[list[str] | None, typer.Option("--to", metavar="ADDR", help="Envelope recipient.", show_default=False)] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="ADDR", help="Envelope sender; empty for a bounce.", show_default=False)
    ] = None,
    as_: Annotated[str, typer.Option("--as", metavar="AGENT", help="Vouch that this agent wrote it.", show_default=False)] = "",
) -> None:
    """Keep raw mail and handle it; nothing is delivered. Exit codes are those of sysexits: 75 try again, 65 not a mail, 78 configuration."""
    desk = call.of(context)
    given = _given(paths)
    recipients = tuple(address.strip("<>") for address in to or ())
    # Named and empty is the null sender, whom nobody may answer (RFC 5321 section 4.5.5); not named is not known.
    sender = "" if from_ is None else from_.strip("<> ") or "<>"
    done: list[dict[str, Any]] = []
    with desk.office(dns=True) as office:
        login = _agent(office, as_)
        with screen.progress("mails", shown=len(given) > 1 or given != ["-"]) as step:
            for batch in _batches(_found(given)):
                done += _taken(desk, office, batch, _envelopes(batch, sender, recipients, login), silent=silent)
                step(len(done))
    if desk.as_json:
        screen.document(desk, done)
    else:
        rows = [
            (each["file"], each["id"] or "", each["fate"] or ("waiting" if each["id"] else ""), each["ticket"] or "", each["why"] or "")
            for each in done
        ]
        screen.table(("file", "id", "fate", "ticket", "why"), rows, wide=("file", "why"), right=("id",))
    broken = [each["file"] for each in done if each["id"] is None]
    if broken:
        raise NotMail(f"not a mail: {', '.join(broken[:5])}{' …' if len(broken) > 5 else ''}")


def read(
    context: typer.Context, paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="As for mail in.", show_default=False)]
) -> None:
    """How mails are understood; nothing is stored."""
    from mailgate.parsing import reading
    from mailgate.parsing.reader import Reader
    from rules.facts.mail import Mail

    desk = call.of(context)
    own = desk.settings.policy.own if desk.config.exists() else frozenset()
    out: list[dict[str, Any]] = []
    with Reader() as reader, screen.progress("mails") as step:
        for batch in _batches(_found(paths), size=16):
            for (name, raw), mail in zip(batch, reader.read([raw for _, raw in batch]), strict=True):
                seen = reading.described(mail, raw, own=own) if isinstance(mail, Mail) else {"error": str(mail)}
                out.append({"file": name} | seen)
            step(len(out))
    if desk.as_json:
        screen.document(desk, out)
        return
    for each in out:
        if "error" in each:
            screen.pairs((("file", each["file"]), ("error", each["error"])))
        else:
            name, address = each["from"]["name"], each["from"]["address"]
            sender = " ".join(filter(None, (name, f"<{address}>" if address else "")))
            files = ", ".join(f"{a['name']} ({a['type']}, {a['bytes']:,} bytes)" for a in each["attachments"])
            kind = f"{each['machine']['kind']} ({each['machine']['why']})" if each["machine"]["why"] else each["machine"]["kind"]
            fields = ("file", each["file"]), ("from", sender), ("subject", each["subject"]), ("kind", kind), ("files", files)
            screen.pairs((*fields, ("odd", ", ".join(each["flaws"])), ("text", each["text"])))
        print()


def _given(paths: list[str] | None) -> list[str]:
    if paths:
        return paths
    if sys.stdin.isatty():
        raise Misused("name files, or pipe a mail in")
    return ["-"]


def _found(paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    from mailgate.doors import sources

    yield from sources.raw_mails(paths)


def _agent(office: Office, name: str) -> str:
    """The agent who is vouched for; raises NoSuch."""
    if not name:
        return ""
    from store import engine, people

    with engine.reading(office.store) as tx:
        staff = people.directory(tx)
    return (staff.agent_of(name) or edits.found(staff.agents, name, "agent")).name


def _envelopes(batch: list[tuple[str, bytes]], sender: str, recipients: tuple[str, ...], login: str) -> list[Envelope]:
    from rules.facts.mail import Envelope

    return [Envelope(door="pipe" if name == "-" else "file", sender=sender, recipients=recipients, login=login) for name, _ in batch]


def _taken(desk: Call, office: Office, batch: list[tuple[str, bytes]], envelopes: list[Envelope], *, silent: bool) -> list[dict[str, Any]]:
    """Keep a batch in one commit, handle it, and tell what became of each."""
    from mailgate import intake
    from mailgate.doors.receiving import Received
    from store import engine
    from store.queries import mail as stored

    mails = [
        (name, Received(envelope=envelope, raw=raw)) for (name, raw), envelope in zip(batch, envelopes, strict=True) if _A_MAIL.match(raw)
    ]
    ids = dict(
        zip((name for name, _ in mails), intake.keep(office.store, [mail for _, mail in mails], desk.at, silent=silent), strict=True)
    )
    try:
        while ids and intake.handle(office, desk.at, ids=tuple(ids.values())):
            pass
    except engine.Busy as busy:
        # Kept is kept: the daemon or the next tick goes on with it, and whoever piped it in must not send it again.
        screen.say(f"kept, and handled later: {busy}")
    with engine.reading(office.store) as tx:
        rows = {received_id: stored.one(tx, received_id) for received_id in ids.values()}
    out: list[dict[str, Any]] = []
    for name, _ in batch:
        row = rows.get(ids.get(name, -1)) or {"fate": None, "ref": None, "why": "not a mail"}
        out.append({"file": name, "id": ids.get(name), "fate": row["fate"], "ticket": row["ref"], "why": row["why"] or None})
    return out


def _batches(mails: Iterator[tuple[str, bytes]], size: int = BATCH, most_bytes: int = 16_000_000) -> Iterator[list[tuple[str, bytes]]]:
    batch: list[tuple[str, bytes]] = []
    total = 0
    for name, raw in mails:
        if batch and (len(batch) >= size or total + len(raw) > most_bytes):
            yield batch
            batch, total = [], 0
        batch.append((name, raw))
        total += len(raw)
    if batch:
        yield batch
