"""The config: its mistakes, its values in force, its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import typer

from mailgate.desk import call, screen
from mailgate.desk.call import Call

app = typer.Typer(no_args_is_help=True)


@app.command()
def check(context: typer.Context) -> None:
    """List every mistake with its place; exit 2 if there is one. Warnings don't stop the desk."""
    from mailgate.config.mistakes import BadConfig

    desk = call.of(context)
    try:
        settings = desk.reread()
    except BadConfig as bad:
        if desk.as_json:
            screen.document(desk, {"ok": False, "path": str(desk.config), "mistakes": [mistake(m) for m in bad.mistakes], "warnings": []})
        raise
    warnings = [mistake(m) for m in settings.cautions] + missing(desk)
    if desk.as_json:
        screen.document(desk, {"ok": True, "path": str(settings.path), "mistakes": [], "warnings": warnings})
        return
    for each in warnings:
        screen.say(f"warning: {each['place']}: {each['key'] + ': ' if each['key'] else ''}{each['what']}{nearby(each)}")
    print(
        f"{screen.plain(settings.path)} is sound"
        + (f", with {len(warnings)} warning{'s' if len(warnings) > 1 else ''}" if warnings else "")
    )


@app.command()
def show(context: typer.Context) -> None:
    """Every key with the value in force, secrets as ***."""
    from mailgate.settings import effective

    desk = call.of(context)
    shown = effective(desk.settings)
    if desk.as_json:
        screen.document(desk, shown)
        return
    for line in _toml(shown):
        print(screen.plain(line))


@app.command()
def schema(context: typer.Context) -> None:
    """JSON Schema of config.toml, for editors."""
    from mailgate.settings import json_schema

    screen.document(call.of(context), json_schema())


def mistake(found: Any) -> dict[str, Any]:  # noqa: ANN401 - a Mistake, whose module isn't loaded for help
    """A mistake or a warning of the reader, as JSON."""
    place = f"{found.path.name}:{found.line}" if found.line else found.path.name
    return {"place": place, "line": found.line or None, "key": found.key or None, "what": found.what, "near": found.near or None}


def nearby(warning: Mapping[str, Any]) -> str:
    """What may have been meant, as it stands behind a sentence."""
    return f" (did you mean {warning['near']}?)" if warning["near"] else ""


def missing(desk: Call) -> list[dict[str, Any]]:
    """Groups and agents that the config counts on and the store hasn't (yet); none where there is no store yet."""
    from mailgate.config import names
    from mailgate.desk import edits

    settings = desk.settings
    if not any(names.named(settings.path, settings.raw)):
        return []
    staff = _staff(desk)
    out: list[dict[str, Any]] = []
    for what, name, place in names.absent(settings.path, settings.raw, staff.groups, staff.agents):
        known = {names.GROUP: [*staff.groups], names.AGENT: [*staff.agents]}.get(what, [*staff.groups, *staff.agents])
        near = edits.near(name, [*known, *names.MEANT])
        line = place.rpartition(":")[2]
        out.append(
            {
                "place": place,
                "line": int(line) if line.isdigit() else None,
                "key": None,
                "what": f"there is no {what} {name!r} yet: mailgate {what.partition(' ')[0]} add {name}",
                "near": near[0] if near else None,
            }
        )
    return out


def _staff(desk: Call) -> Any:  # noqa: ANN401 - a Directory
    from rules.facts.people import Directory

    url = desk.settings.store.url
    if url.startswith("sqlite:///") and not desk.settings.root.joinpath(url.removeprefix("sqlite:///").partition("?")[0]).exists():
        return Directory()
    from store import engine, migrate, people

    with desk.store(prepared=False) as store:
        if migrate.status(store).shape is not migrate.Shape.current:
            return Directory()
        with engine.reading(store) as tx:
            return people.directory(tx)


def _toml(sections: Mapping[str, Any]) -> Iterator[str]:
    """The values as the file would have them; keys without a value as comments."""
    for name, section in sections.items():
        if isinstance(section, Mapping):
            deeper = {key: value for key, value in section.items() if isinstance(value, Mapping)}
            plain = {key: value for key, value in section.items() if key not in deeper}
            if plain or not deeper:
                yield from ("", f"[{name}]", *_keys(plain))
            for key, value in deeper.items():
                yield from ("", f"[{name}.{_key(key)}]", *_keys(value))
        else:
            for each in section:
                yield from ("", f"[[{name}]]", *_keys(each))


def _keys(section: Mapping[str, Any]) -> Iterator[str]:
    for key, value in section.items():
        yield f"# {_key(key)} =" if value is None else f"{_key(key)} = {_value(value)}"


def _key(word: str) -> str:
    return word if word and all(c.isalnum() or c in "_-" for c in word) and word.isascii() else json.dumps(word)


def _value(value: Any) -> str:  # noqa: ANN401 - a TOML value
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None)
        return f"{{{inner}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(v) for v in value)}]"
    return json.dumps(value, ensure_ascii=False)
