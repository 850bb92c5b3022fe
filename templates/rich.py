"""Turns an agent's typed text into clean HTML: Markdown where he used it, his line breaks everywhere, nothing active.

Only what the desk itself sends in an agent's name passes here; what customers write is never anything but escaped text.
markdown-it and nh3 are loaded at the first text that needs them. Next: `markup.py`, where the result is put in place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from templates import design

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

_MARKED = re.compile(r"[*_`\[<~\\]|^ {0,3}(?:[-+>]|\d{1,9}[.)])(?:\s|$)|^ {0,3}(?:-\s*){3,}$", re.MULTILINE)
_TAGS = {"p", "br", "strong", "em", "s", "ul", "ol", "li", "blockquote", "pre", "code", "a", "hr"}
_SCHEMES = {"http", "https", "mailto", "tel"}
_TAG = re.compile(r"(<[^>]+>)")
_ADDRESS = re.compile(r"\bhttps?://[^\s<>\"]*[^\s<>\".,;:!?)\]}']")
_PICTURE = re.compile(r"\[cid:([^\]\s<>\"]{1,200})\]")
_STYLES = {
    "p": "p",
    "a": "link",
    "ul": "list",
    "ol": "list",
    "li": "item",
    "blockquote": "cite",
    "pre": "pre",
    "code": "mono",
    "hr": "line",
}
_SMALL = _STYLES | {"p": "fine", "li": "fineitem"}
"""For the foot of a mail, where everything else is as small."""
_STYLED = re.compile(r"<(p|a|ul|ol|li|blockquote|pre|code|hr)(?=[ >])")


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - most desks never need it, and it costs memory

    # `# apt update` and four blanks before a line are text in mails of technicians; a picture would be loaded from afar.
    off = ["heading", "lheading", "code", "html_block", "html_inline", "entity", "image", "reference"]
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("strikethrough").disable(off)


def _paragraphs(text: str) -> str:
    parts = re.split(r"\n[ \t]*\n+", text.strip("\n"))
    return "".join(f"<p>{escape(part.strip()).replace(chr(10), Markup('<br>'))}</p>" for part in parts if part.strip())


def _marked(text: str) -> str:
    import nh3  # noqa: PLC0415 - as markdown-it

    return nh3.clean(_markdown().render(text), tags=_TAGS, attributes={"a": {"href"}, "ol": {"start"}}, url_schemes=_SCHEMES, link_rel=None)


def _link_addresses(html: str) -> str:
    said, inside = [], 0
    for piece in _TAG.split(html):
        if piece.startswith("<"):
            inside += {"<a": 1, "</a": -1, "<code": 1, "</code": -1}.get(re.split(r"[ >]", piece, maxsplit=1)[0], 0)
            said.append(piece)
        else:
            said.append(piece if inside else _ADDRESS.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', piece))
    return "".join(said)


def rich(text: str, pictures: Mapping[str, str] | None = None, *, small: bool = False) -> Markup:
    """HTML of a typed text with inline styles, made of our own short list of elements.

    pictures: content id and name of the pictures that travel with the mail. `[cid:…]` in the text marks the place of one; a mark
    without its picture is dropped. Headings, raw HTML, tables and remote pictures stay as typed.
    """
    html = _marked(text) if _MARKED.search(text) else _paragraphs(text)
    if "://" in html:
        html = _link_addresses(html)
    styles = _SMALL if small else _STYLES
    html = _STYLED.sub(lambda found: f"<{found[1]} {design.css(styles[found[1]])}", html)
    known = pictures or {}

    def picture(found: re.Match[str]) -> str:
        name = known.get(found[1])
        return f'<img src="cid:{escape(found[1])}" alt="{escape(name)}" {design.css("picture")}>' if name is not None else ""

    return Markup(_PICTURE.sub(picture, html))  # noqa: S704 - escaped or through nh3 above


@lru_cache(maxsize=16)
def configured(text: str, *, small: bool = False) -> Markup:
    """`rich` for the header and footer of the config, which are the same in every mail; `small` as the foot's own lines are."""
    return rich(text, small=small)


@lru_cache(maxsize=16)
def configured_plain(text: str) -> str:
    """The same for the plain part: without the marks of Markdown, a link as its words and its address, lists and line breaks as typed."""
    if not _MARKED.search(text):
        return text.strip()
    from markdown_it.tree import SyntaxTreeNode  # noqa: PLC0415 - as markdown-it

    return "\n\n".join(_blocks(SyntaxTreeNode(_markdown().parse(text))))


def _blocks(parent: SyntaxTreeNode) -> list[str]:
    said: list[str] = []
    for node in parent.children:
        match node.type:
            case "bullet_list" | "ordered_list":
                first = int(str(node.attrs.get("start", 1)))
                marks = [f"{n}. " if node.type == "ordered_list" else "- " for n in range(first, first + len(node.children))]
                items = ["\n".join(_blocks(item)) for item in node.children]
                said.append("\n".join(mark + item.replace("\n", "\n" + " " * len(mark)) for mark, item in zip(marks, items, strict=True)))
            case "blockquote":
                said.append("> " + "\n\n".join(_blocks(node)).replace("\n", "\n> "))
            case "hr":
                said.append("---")
            case "fence":
                said.append(node.content.rstrip("\n"))
            case _:
                said.append(_words(node))
    return said


def _words(node: SyntaxTreeNode) -> str:
    if node.type in {"softbreak", "hardbreak"}:
        return "\n"
    if node.type in {"text", "code_inline"}:
        return node.content
    words = "".join(map(_words, node.children))
    address = str(node.attrs.get("href", "")).removeprefix("mailto:").removeprefix("tel:")
    return f"{words} ({address})" if node.type == "link" and address and address not in words else words
