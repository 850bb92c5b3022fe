"""Tickets: every command of the noun, by name. What they do is in `ticket_views.py`, `ticket_acts.py` and `ticket_files.py`."""

from __future__ import annotations

import typer

from mailgate.desk import ticket_acts, ticket_files, ticket_new, ticket_print, ticket_views

app = typer.Typer(no_args_is_help=True)

app.command("list")(ticket_views.list_)
app.command("show")(ticket_views.show)
app.command("history")(ticket_views.history)
app.command("new")(ticket_new.new)
app.command("do")(ticket_acts.do)
app.command("edit")(ticket_acts.edit)
app.command("reply")(ticket_acts.reply)
app.command("note")(ticket_acts.note)
app.command("print")(ticket_print.print_)
app.command("export")(ticket_files.export)
app.command("delete")(ticket_files.delete)
