"""The doctor: every check of a desk, what it found, and how to mend it. The checks are in `checks_here.py` and `checks_outside.py`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from mailgate.desk import call, screen

if TYPE_CHECKING:
    from mailgate.desk.findings import Finding

SIGNS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "broken": ("✗", "red")}
WELL, WARNING, BROKEN = 0, 1, 2


def doctor(
    context: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nothing of other machines: no relay, no mailbox, no DNS.")] = False,
    send: Annotated[
        bool, typer.Option("--send", help="Also send a probe by the relay to the desk's own address, and wait until it comes back in.")
    ] = False,
    wait: Annotated[float, typer.Option("--wait", metavar="SECONDS", help="How long a probe may take.", min=1, max=3600)] = 60.0,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as broken.")] = False,
) -> None:
    """Check the whole desk. Exit 0 if all is well, 1 with warnings, 2 if something is broken; each finding says the mend."""
    from mailgate.desk import checks_here, checks_outside

    desk = call.of(context)
    found = checks_here.all_of(desk)
    if not any(each.check == "config" and each.level == "broken" for each in found):
        found += checks_outside.all_of(desk, found, offline=offline)
        if send and not offline:
            from mailgate.desk import checks_round

            found += checks_round.round_trip(desk, wait)
    if desk.as_json:
        screen.document(desk, [asdict(each) for each in found])
    else:
        _print(found)
    worst = max((("ok", "warning", "broken").index(each.level) for each in found), default=0)
    raise typer.Exit(BROKEN if strict and worst == WARNING else worst)


def _print(found: list[Finding]) -> None:
    for area in dict.fromkeys(each.area for each in found):
        screen.show(screen.text(area, "bold"))
        mine = [each for each in found if each.area == area]
        width = min(34, max(len(screen.plain(each.check)) for each in mine))
        for each in mine:
            sign, style = SIGNS[each.level]
            line = screen.text(f"  {sign} ", style)
            line.append(screen.plain(each.check).ljust(width + 2))
            line.append(screen.plain(each.what), style="" if each.level == "ok" else style)
            screen.show(line)
            if each.mend:
                screen.show(screen.text(f"{' ' * (width + 6)}→ {each.mend}", "bold"))
    counted = [
        f"{n} {word if n == 1 or level == 'broken' else word + 's'}"
        for level, word in (("broken", "broken"), ("warning", "warning"))
        if (n := sum(f.level == level for f in found))
    ]
    print()
    screen.show(screen.text(", ".join(counted) or "all is well", "bold"))
