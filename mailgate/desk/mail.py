"""Mail that came in: every command of the noun, by name. What they do is in `mail_in.py`, `mail_views.py` and `mail_held.py`."""

from __future__ import annotations

import typer

from mailgate.desk import mail_held, mail_in, mail_views

app = typer.Typer(no_args_is_help=True)

app.command("in")(mail_in.in_)
app.command("read")(mail_in.read)
app.command("list")(mail_views.list_)
app.command("show")(mail_views.show)
app.command("raw")(mail_views.raw)
app.command("fates")(mail_views.fates)
app.command("retry")(mail_held.retry)
app.command("release")(mail_held.release)
app.command("drop")(mail_held.drop)
