"""Sheets to look at: every text side by side, a sheet a language, width and colour scheme.

`python -m tests.looks.shoot FOLDER [NAME…] [--language en,de]`, or `make looks`. Needs `chromium` on the PATH.
"""

from __future__ import annotations

import argparse
import html
from collections.abc import Sequence
from pathlib import Path

from templates import cards, languages
from tests.looks import pictures
from tests.looks.browser import Browser

GAP = 24
_PAGE = """<!doctype html><meta charset="utf-8"><style>body{{margin:0;padding:{gap}px;background:#c8cdcb;font:13px sans-serif}}
div{{display:inline-block;vertical-align:top;margin:0 {gap}px {gap}px 0}}iframe{{border:0;display:block;width:{width}px}}</style>{frames}"""
_FIT = """Promise.all([...document.querySelectorAll("iframe")].map(f => new Promise(done => {
  const fit = () => { f.style.height = f.contentDocument.documentElement.scrollHeight + "px"; done(); };
  f.contentDocument.readyState === "complete" && f.contentDocument.body.children.length ? fit() : f.addEventListener("load", fit);
}))).then(() => document.documentElement.scrollHeight)"""


def sheet(browser: Browser, names: Sequence[str], language: str, width: int, *, dark: bool, columns: int) -> bytes:
    """One PNG with these texts side by side."""
    frames = "\n".join(f'<div>{name}<iframe srcdoc="{html.escape(pictures.page_of(name, language))}"></iframe></div>' for name in names)
    across = columns * (width + GAP + 5) + 2 * GAP
    browser.screen(across, dark=dark)
    browser.show(_PAGE.format(gap=GAP, width=width, frames=frames))
    return browser.picture(across, int(browser.ask(_FIT)))


def main() -> None:
    parser = argparse.ArgumentParser(description="Pictures of the mails.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", default=list(cards.SHAPES))
    parser.add_argument("--language", default=",".join(languages.LANGUAGES))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with Browser() as browser:
        for language in options.language.split(","):
            for width, dark, screen in pictures.screens():
                for part, start in enumerate(range(0, len(options.names), 12), 1):
                    names = options.names[start : start + 12]
                    path = options.folder / f"{language}-{screen}-{part}.png"
                    path.write_bytes(sheet(browser, names, language, width, dark=dark, columns=min(len(names), 6 if width == 320 else 4)))
                    print(path)


if __name__ == "__main__":
    main()
