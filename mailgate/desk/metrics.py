"""Figures of the desk, for Prometheus."""

from __future__ import annotations

import typer

from mailgate.desk import call, screen


def metrics(context: typer.Context) -> None:
    """Figures in the text format of Prometheus."""
    from store import engine
    from store.queries import figures

    desk = call.of(context)
    with desk.store() as store, engine.reading(store) as tx:
        if desk.as_json:
            screen.document(desk, figures.read(tx, desk.at).as_json())
            return
        from mailgate.figures import metrics as exposed

        print(exposed.exposition(tx, desk.at).decode(), end="")
