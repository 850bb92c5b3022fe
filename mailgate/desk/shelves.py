"""The desk's own texts for answers, FAQ and canned ones alike: which there are, what they say, what is wrong with the files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer

from mailgate.desk import call, edits, screen
from mailgate.desk.call import Call
from templates import articles
from templates.articles import Article, Fault

Name = Annotated[str, typer.Argument(metavar="NAME", help="File name without its ending.", show_default=False)]
Words = Annotated[list[str], typer.Argument(metavar="WORDS", help="What to look for.", show_default=False)]
Language = Annotated[str, typer.Option("--language", help="In this language; else the desk's first.", show_default=False)]


def made(kind: str) -> typer.Typer:
    """The commands over one kind: `faq` or `canned`."""
    app = typer.Typer(no_args_is_help=True)

    @app.command("list")
    def list_(context: typer.Context) -> None:
        """All of them, with their languages."""
        desk = call.of(context)
        rows = _rows(desk, kind)
        if desk.as_json:
            screen.document(desk, rows)
        elif kind == "faq":
            cells = [(r["name"], r["title"], ", ".join(r["languages"]), r["audience"], r["helped"], r["unhelped"]) for r in rows]
            screen.table(("name", "title", "languages", "for", "helped", "not"), cells, wide=("title",), right=("helped", "not"))
        else:
            screen.table(
                ("name", "title", "languages"), [(r["name"], r["title"], ", ".join(r["languages"])) for r in rows], wide=("title",)
            )

    @app.command()
    def show(context: typer.Context, name: Name, language: Language = "") -> None:
        """One of them, as the file says it."""
        desk = call.of(context)
        by_name: dict[str, list[Article]] = {}
        for each in _loaded(desk, kind)[0]:
            by_name.setdefault(each.key, []).append(each)
        article = _in(edits.found(by_name, name, "article" if kind == "faq" else "canned answer"), desk, language)
        if desk.as_json:
            screen.document(desk, _shape(article) | {"text": article.text, "path": str(article.path)})
            return
        print(screen.plain(article.title))
        print()
        print(screen.block(article.text))

    @app.command()
    def search(
        context: typer.Context,
        words: Words,
        *,
        language: Language = "",
        customer: Annotated[bool, typer.Option("--customer", help="Only what registered customers may see.")] = False,
    ) -> None:
        """Those that fit some words, the best first."""
        from mailgate.letters.knowledge import Index
        from templates import languages

        desk = call.of(context)
        code = languages.choose(language, desk.settings.policy.languages)
        found = Index(_loaded(desk, kind)[0]).search(" ".join(words), language=code, staff=not customer, limit=10)
        rows = [_shape(m.article) | {"score": round(m.score, 3)} for m in found]
        if desk.as_json:
            screen.document(desk, rows)
            return
        screen.table(("name", "title", "language", "fits"), [(r["name"], r["title"], r["language"], f"{r['score']:.0%}") for r in rows])

    @app.command()
    def check(context: typer.Context) -> None:
        """What is wrong with the files; exit 1 if anything is."""
        desk = call.of(context)
        found, faults = _loaded(desk, kind)
        rows = [{"path": str(each.path), "what": each.what} for each in faults]
        if desk.as_json:
            screen.document(desk, rows)
        else:
            for row in rows:
                print(screen.plain(f"{row['path']}: {row['what']}"))
            if not rows:
                print(f"{len(found)} files are well" if found else _nowhere(desk, kind))
        if rows:
            raise typer.Exit(1)

    return app


def _nowhere(desk: Call, kind: str) -> str:
    site = desk.settings.texts
    if site is None:
        return f"there are none yet: name a folder of your own in [desk] texts, they lie in its {kind}/LANGUAGE/NAME.md"
    return screen.plain(f"there are none yet: they lie in {site / kind}/LANGUAGE/NAME.md")


def _loaded(desk: Call, kind: str) -> tuple[tuple[Article, ...], tuple[Fault, ...]]:
    site = desk.settings.texts
    if kind == "canned":
        from templates import canned  # which are templates, and need their engine

        return canned.load(site)
    return articles.load(kind, site)


def _rows(desk: Call, kind: str) -> list[dict[str, Any]]:
    said: Mapping[str, tuple[int, int]] = {}
    if kind == "faq":
        from store.lists import articles as counted

        with desk.reading() as tx:
            said = counted.helped(tx)
    by_name: dict[str, list[Article]] = {}
    for each in _loaded(desk, kind)[0]:
        by_name.setdefault(each.key, []).append(each)
    rows: list[dict[str, Any]] = []
    for name, some in by_name.items():
        row = _shape(_in(some, desk, "")) | {"languages": [each.language for each in some]}
        if kind == "faq":
            row["helped"], row["unhelped"] = said.get(name, (0, 0))
        rows.append(row)
    return rows


def _in(some: Iterable[Article], desk: Call, language: str) -> Article:
    """The article in this language, else in the next that the desk speaks."""
    from templates import languages

    by_language = {each.language: each for each in some}
    chain = languages.chain(language, desk.settings.policy.languages)
    return next(by_language[code] for code in (*chain, *by_language) if code in by_language)


def _shape(article: Article) -> dict[str, Any]:
    return {
        "name": article.key,
        "language": article.language,
        "title": article.title,
        "audience": article.audience,
        "keywords": list(article.keywords),
    }
