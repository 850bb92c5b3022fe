"""The texts of mails: which there are, how they look, whether all of them render."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailgate.desk import call, edits, screen
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed, NoSuch

if TYPE_CHECKING:
    from templates.render import Rendered

SUBJECT_MOST = 78
"""Characters of a subject that mail lists show on a desk; phones show half of it (RFC 5322 section 2.1.1 has the same number)."""

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context) -> None:
    """Every text and the languages that it exists in."""
    desk = call.of(context)
    site = desk.settings.texts
    rows: list[dict[str, Any]] = [
        {"name": name, "languages": list(known), "site": bool(site and any(site.glob(f"*/{name}.j2")))}
        for name, known in _names(desk).items()
    ]
    if desk.as_json:
        screen.document(desk, rows)
        return
    screen.table(("text", "languages", ""), [(r["name"], ", ".join(r["languages"]), "the site's own" if r["site"] else "") for r in rows])


@app.command()
def preview(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A text of text list.", show_default=False)],
    language: Annotated[str, typer.Option("--language", help="In this language; else the desk's first.", show_default=False)] = "",
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the HTML part there.", show_default=False)] = None,
) -> None:
    """One text with its sample, as its reader will see it."""
    from templates.render import Unrenderable

    desk = call.of(context)
    known = edits.found(_names(desk), name, "text")
    spoken = desk.settings.policy.languages
    if language and language not in (*spoken, *known):
        raise NoSuch(f"{name} doesn't exist in {language!r}", known)
    try:
        rendered = _rendered(desk, name, language or spoken[0])
    except Unrenderable as why:
        raise Failed(str(why)) from None
    if html is not None:
        html.write_text(rendered.html, encoding="utf-8")
        screen.say(f"{html} is written")
    if desk.as_json:
        screen.document(
            desk, {"name": name, "language": rendered.language, "subject": rendered.subject, "text": rendered.text, "html": rendered.html}
        )
        return
    print(screen.plain(f"Subject: {rendered.subject}"))
    print()
    print(screen.block(rendered.text))


@app.command()
def check(context: typer.Context) -> None:
    """Render every text in every language of the desk; exit 1 if one fails. Names what is weak, too: long subjects, dead buttons."""
    from templates.render import Unrenderable

    desk = call.of(context)
    rows: list[dict[str, Any]] = []
    for name, languages in _names(desk).items():
        for language in dict.fromkeys((*desk.settings.policy.languages, *languages)):
            try:
                rendered = _rendered(desk, name, language)
            except Unrenderable as why:
                rows.append({"name": name, "language": language, "ok": False, "why": str(why), "falls_back_to": None, "weak": []})
            else:
                back = rendered.language if rendered.language != language else None
                weak = _weak(rendered, name, language)
                rows.append({"name": name, "language": language, "ok": True, "why": None, "falls_back_to": back, "weak": weak})
    broken = [row for row in rows if not row["ok"]]
    if desk.as_json:
        screen.document(desk, rows)
    else:
        for row in broken:
            print(screen.plain(f"{row['language']}/{row['name']}: {row['why']}"))
        for row in rows:
            for each in row["weak"]:
                print(screen.plain(f"{row['language']}/{row['name']}: {each}"))
        missing = sorted({f"{row['name']} ({row['language']} → {row['falls_back_to']})" for row in rows if row["falls_back_to"]})
        if missing:
            screen.say(f"not in every language: {', '.join(missing)}")
        if not broken:
            print(f"{len(rows)} texts render")
    if broken:
        raise typer.Exit(1)


def _weak(rendered: Rendered, name: str, language: str) -> list[str]:
    """What a text does badly though it renders: a subject that lists cut off, buttons that are missing, without a label or for nobody."""
    from html import escape

    from templates import samples

    found = []
    if len(rendered.subject) > SUBJECT_MOST:
        found.append(f"its subject has {len(rendered.subject)} characters, and lists show {SUBJECT_MOST}")
    if '<a href=""' in rendered.html or 'href="#"' in rendered.html:
        found.append("a link leads nowhere")
    for key, link in samples.links(samples.sample(name, language)).items():
        if escape(link, quote=True) not in rendered.html:
            found.append(f"the button {key} is not shown, and nobody can press it")
        elif f">{key}<br>" in rendered.html:
            found.append(f"the button {key} has no label in this language")
    return found


def _names(desk: Call) -> dict[str, tuple[str, ...]]:
    from templates import render

    return render.names(desk.settings.texts)


def _rendered(desk: Call, name: str, language: str) -> Rendered:
    """A text with its sample; raises Unrenderable, also for a text of the site's that we have no sample for."""
    from templates import render, samples

    try:
        card = samples.sample(name, language)
    except KeyError:
        raise render.Unrenderable(f"text {name}, {language}: there is no sample of it, so nothing can send it") from None
    return render.render(name, language, card, links=samples.links(card), site=desk.settings.texts)
