"""A ticket, or one of its orders, as a document: PDF, HTML or text, in a layout of ours or of the site's own."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from mailgate.desk import call, screen, tickets
from mailgate.desk.ends import Failed, Misused, NoSuch
from mailgate.desk.ticket_views import Ref

KINDS = {".pdf": "pdf", ".html": "html", ".htm": "html", ".txt": "txt"}


def print_(
    context: typer.Context,
    ref: Ref,
    template: Annotated[
        str, typer.Option("--template", metavar="NAME", help="The layout: ticket, order, report, or one of documents/NAME.md.")
    ] = "ticket",
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="FILE.pdf, FILE.html or FILE.txt; text on stdout if nothing is said.")
    ] = None,
    order: Annotated[
        str, typer.Option("--order", metavar="REF", help="Of this service order, else of the latest.", show_default=False)
    ] = "",
    language: Annotated[str, typer.Option("--language", help="Else the ticket's.", show_default=False)] = "",
    inside: Annotated[bool, typer.Option("--inside", help="With what stays among staff: notes, opinions.")] = False,
) -> None:
    """The ticket as a document, to hand out or to sign."""
    from mailgate.letters import documents
    from store import engine, people, records
    from templates import documents as layouts

    desk = call.of(context)
    site = desk.settings.texts
    kind = KINDS.get(to.suffix.lower()) if to is not None else "txt"
    if kind is None:
        raise Misused(f"{to}: a document ends in .pdf, .html or .txt")
    if desk.as_json and to is None:
        raise Misused("with --json say where the document goes: --to FILE")
    try:
        layout = layouts.find(template, site)
        if layout is None:
            raise NoSuch(f"there is no layout {template!r}", layouts.near(template, site))
        with desk.store() as store, engine.reading(store) as tx:
            ticket = tickets.find(tx, ref)
            orders = records.of(tx, ticket.id).orders
            if (order and order.upper() not in orders) or (layout.name == "order" and not orders):
                raise NoSuch(f"{ticket.ref} has no order {order}".rstrip(), tuple(orders))
            made = documents.sheet(
                tx,
                ticket,
                layout,
                policy=desk.settings.policy,
                directory=people.directory(tx),
                at=desk.at,
                order=order.upper(),
                language=language,
                inside=inside,
                site=site,
            )
        content = documents.produce(made, kind)
    except (layouts.Unfillable, documents.NoPress) as why:
        raise Failed(str(why)) from None
    if to is None:
        sys.stdout.write(screen.block(content.decode()))
        return
    _write(to, content)
    shape = {"ref": ticket.ref, "template": layout.name, "file": str(to), "type": documents.TYPES[kind], "bytes": len(content)}
    screen.result(desk, shape, f"{to}: {len(content):,} bytes")


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all; an older print of that name is replaced. It holds what a customer wrote, so it is for this user alone."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        fresh.replace(path)
    except OSError as why:
        fresh.unlink(missing_ok=True)
        raise Failed(f"{path} can't be written: {why.strerror}") from None
