"""Running the desk: serve, tick, demo."""

from __future__ import annotations

import asyncio
import importlib
import logging
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from mailgate.desk import call, screen
from mailgate.desk.ends import Failed

if TYPE_CHECKING:
    from mailgate.daemon import Daemon
    from mailgate.doors.front import Clock, Front
    from store.engine import Store


def serve(context: typer.Context) -> None:
    """Run the desk in the foreground: doors, clerk, postman, timers. SIGTERM ends it in order, SIGHUP rereads the config."""
    desk = call.of(context)
    settings = desk.reread()
    from mailgate.desk import logs
    from mailgate.doors import front

    logs.start(settings.log)
    front.serve(settings, _clock(desk), _behind)
    if desk.as_json:
        screen.document(desk, {"stopped": True})


def tick(context: typer.Context) -> None:
    """Do once, to the end, all that is due now: fetch, handle, timers, deliver. For cron and tests; may run beside serve."""
    from mailgate import daemon
    from mailgate.desk import logs

    desk = call.of(context)
    logs.start(desk.settings.log, least=logging.WARNING)
    desk.ready()
    done = daemon.tick(desk.settings, desk.at)
    if desk.as_json:
        screen.document(desk, done)
    else:
        print(", ".join(f"{count} {what}" for what, count in done.items()))


def demo(
    context: typer.Context,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the folder behind, to look around in it.")] = False,
) -> None:
    """A guided tour on this machine alone: a customer writes, the desk answers, an agent closes by mail."""
    from mailgate import demo as tour

    desk = call.of(context)
    steps: list[dict[str, str]] = []

    def tell(title: str, text: str) -> None:
        steps.append({"title": title, "text": text})
        if not desk.as_json:
            print()
            screen.show(screen.text(f"{len(steps)}. {title}", "bold"))
            for line in text.splitlines():
                print(f"   {screen.plain(line)}".rstrip())
            sys.stdout.flush()  # also into a pipe: each step is to be seen as it happens

    try:
        folder = tour.run(tell, clock=desk.clock, keep=keep)
    except tour.Stuck as why:
        raise Failed(f"the tour got stuck: {why}") from None
    except tour.Ended as signal:
        raise typer.Exit(128 + signal.args[0]) from None
    if desk.as_json:
        screen.document(desk, {"steps": steps, "folder": str(folder) if folder else None})
    elif not folder:
        print(f"\nThat was all, and nothing of it is left. A desk of your own: {screen.program()} init FOLDER")
    else:
        print(f"\nThe folder is {folder}; try: {screen.program(folder / 'config.toml')} ticket list")


def _clock(desk: call.Call) -> Clock:
    """The real clock, or that of `--now`, which moves."""
    if not desk.now:
        return desk.clock
    from mailgate import daemon

    return daemon.clock_from(desk.at)


async def _behind(front: Front, store: Store) -> None:
    """What the doors open into, loaded while they are open already."""
    daemon = await asyncio.to_thread(importlib.import_module, "mailgate.daemon")
    await daemon.Daemon(front, store).run(_say_ready)


def _say_ready(running: Daemon) -> None:
    """Tell whoever started it that the doors are open, how to send a first mail, and where the answers lie."""
    settings = running.settings
    desk = settings.policy.desk.address
    places = [place for door in running.doors for place in door.listens_at]
    screen.say(f"mailgate: ready, serving {desk} at {', '.join(places) or 'mailboxes only'}")
    smtp = next((place for place in places if not place.startswith("unix:")), "")
    if smtp:
        screen.say(f"  a first mail:  swaks --server {smtp} --from you@example.org --to {desk}")
    screen.say(f"  what came:     {screen.program(settings.path)} ticket list")
    where = (
        f"lie in the Maildir {settings.relay.path}"
        if settings.relay.kind == "maildir"
        else f"leave by {settings.relay.host}:{settings.relay.port}"
    )
    screen.say(f"  the answers:   {where}")
