"""Takes pictures of every text in headless Chromium: `python -m tests.templates.shoot FOLDER`.

One sheet a language, width and colour scheme, each mail in a frame of its own, so that media queries see the mail's width. The same
frames tell the tests whether a mail is wider than its screen. Needs `chromium` on the PATH.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from templates import cards, render, samples

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DARK = "@media (prefers-color-scheme:dark)"

PAGE = """<!doctype html><meta charset="utf-8"><style>body{{margin:0;padding:24px;background:#c8cdcb;font:13px sans-serif;width:max-content}}
div{{display:inline-block;vertical-align:top;margin:0 20px 24px 0}}iframe{{border:0;display:block;width:{width}px;height:300px}}</style>
{frames}
<script>
addEventListener("load", () => {{
  const sizes = {{}};
  for (const frame of document.querySelectorAll("iframe")) {{
    const page = frame.contentDocument.documentElement;
    frame.style.height = page.scrollHeight + "px";
    const wide = [...frame.contentDocument.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > {width} + 1);
    sizes[frame.title] = {{width: page.scrollWidth, height: page.scrollHeight, wide: wide.map(e => e.outerHTML.slice(0, 160)).slice(0, 3)}};
  }}
  const out = document.createElement("pre");
  out.id = "sizes";
  out.hidden = true;
  out.textContent = JSON.stringify({{sizes, page: [document.body.scrollWidth, document.documentElement.scrollHeight]}});
  document.body.append(out);
}});
</script>"""


def pages(names: Iterable[str], language: str) -> dict[str, str]:
    """HTML of the samples of these texts."""
    made = {}
    for name in names:
        card = samples.sample(name, language)
        made[name] = render.render(name, language, card, links=samples.links(card)).html
    return made


def _chromium(*arguments: str) -> str:
    assert BROWSER
    with tempfile.TemporaryDirectory() as profile:
        command = [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
        command += ["--disable-background-networking", f"--user-data-dir={profile}", "--virtual-time-budget=4000", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
        return done.stdout


def sheet(shown: Mapping[str, str], width: int, *, dark: bool = False) -> str:
    """A page with every mail in a frame of this width."""
    frames = []
    for name, page in shown.items():
        page = page.replace(DARK, "@media all" if dark else "@media not all")
        frames.append(f'<div>{name}<iframe title="{name}" srcdoc="{html.escape(page)}"></iframe></div>')
    return PAGE.format(width=width, frames="\n".join(frames))


def measure(shown: Mapping[str, str], width: int) -> dict[str, dict[str, object]]:
    """Width and height of every mail on a screen of this width, and the elements that stick out."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.html"
        path.write_text(sheet(shown, width), encoding="utf-8")
        dom = _chromium("--dump-dom", "--window-size=3000,2000", path.as_uri())
    found = re.search(r'<pre id="sizes"[^>]*>(.*?)</pre>', dom, re.DOTALL)
    assert found, dom[:2000]
    sizes: dict[str, dict[str, object]] = json.loads(html.unescape(found[1]))["sizes"]
    return sizes


def shoot(shown: Mapping[str, str], width: int, target: Path, *, dark: bool = False, columns: int = 4) -> None:
    """One picture of these mails side by side."""
    heights = [int(str(size["height"])) for size in measure(shown, width).values()]
    rows = [max(heights[i : i + columns]) + 60 for i in range(0, len(heights), columns)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.html"
        page = sheet(shown, width, dark=dark).replace("width:max-content", f"width:{columns * (width + 26)}px")
        path.write_text(page, encoding="utf-8")
        size = f"--window-size={columns * (width + 26) + 60},{sum(rows) + 60}"
        _chromium(f"--screenshot={target}", size, path.as_uri())


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    chosen = sys.argv[2:] or list(cards.SHAPES)
    for language in ("en", "de"):
        for width in (320, 600):
            for dark in (False, True):
                half = (len(chosen) + 1) // 2
                for part, names in enumerate((chosen[:half], chosen[half:]), 1):
                    if names:
                        path = folder / f"{language}-{width}-{'dark' if dark else 'light'}-{part}.png"
                        shoot(pages(names, language), width, path, dark=dark, columns=min(len(names), 5 if width == 320 else 3))
                        print(path)
