"""The rules of the config: in their order, and where they stand in each other's way."""

from __future__ import annotations

import typer

from mailgate.desk import call, screen

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context) -> None:
    """Every rule in the order in which it is asked."""
    desk = call.of(context)
    rules = desk.settings.policy.rules
    if desk.as_json:
        shapes = [
            {
                "name": rule.name,
                "place": rule.place,
                "when": [{"word": c.word, "wanted": c.wanted, "place": c.place} for c in rule.when],
                "then": list(rule.then),
                "stop": rule.stop,
            }
            for rule in rules
        ]
        screen.document(desk, shapes)
        return
    if not rules:
        screen.say("there are no rules; [[rule]] in the config makes them")
        return
    rows = [
        (
            number,
            rule.name,
            ", ".join(f"{c.word} {c.wanted}" for c in rule.when) or "every mail",
            "; ".join((*rule.then, *(("stop",) if rule.stop else ()))),
            rule.place,
        )
        for number, rule in enumerate(rules, 1)
    ]
    screen.table(("", "rule", "when", "then", "place"), rows, wide=("when", "then"), right=("",))


@app.command()
def lint(context: typer.Context) -> None:
    """Shadowed, contradicting and never-matching rules; exit 1 if there are any."""
    from rules.lint import lint as findings

    desk = call.of(context)
    found = findings(desk.settings.policy)
    if desk.as_json:
        screen.document(
            desk,
            [
                {"kind": f.kind, "rule": f.rule, "place": f.place, "what": f.what, "by": f.by or None, "by_place": f.by_place or None}
                for f in found
            ],
        )
    elif found:
        for each in found:
            print(screen.plain(f"{each.place}: {each.rule!r} {each.what}" + (f" ({each.by_place})" if each.by_place else "")))
    else:
        print(f"{len(desk.settings.policy.rules)} rules, none in another's way")
    if found:
        raise typer.Exit(1)
