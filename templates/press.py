"""Markdown to paper: the same document as plain text, as an HTML page, and as Typst, from which a PDF is made.

Only what layouts use is known: headings, paragraphs, lists, tables, quotes, code, rules, emphasis. Pictures and raw HTML are not.
"""

from __future__ import annotations

import textwrap
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import escape

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

WIDTH = 78
_TYPST = str.maketrans({char: f"\\{char}" for char in "\\#$*_`<>@[]~=-+/\"'(){}:;.,!?|&^%"})
_PAGE = """#set document(title: "{title}", date: none)
#set page(paper: "a4", margin: 22mm, numbering: "1 / 1")
#set text(size: 10pt)
#set par(justify: false)
#show heading.where(level: 1): set text(size: 16pt)
#show heading: set block(above: 1.4em, below: 0.8em)
"""
_CSS = """body{font:15px/1.5 system-ui,sans-serif;max-width:46em;margin:2em auto;padding:0 1em;color:#1b1f24}
h1{font-size:1.5em}h2{font-size:1.2em}h3{font-size:1em;color:#555}table{border-collapse:collapse;width:100%}
td,th{border-bottom:1px solid #ddd;padding:.35em .6em;text-align:left;vertical-align:top;min-height:1em}thead{display:none}
hr{border:0;border-top:1px solid #ccc}@media print{body{margin:0}}
"""


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - most calls never need it

    return MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "html_block", "html_inline"])


def html(markdown: str, title: str, language: str, css: str = "") -> str:
    """A page of its own; `css` comes after ours."""
    style = (_CSS + css).replace("</", "<\\/")
    head = f'<!doctype html>\n<html lang="{escape(language)}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
    return f"{head}\n<style>\n{style}</style></head>\n<body>\n{_parser().render(markdown)}</body></html>\n"


def text(markdown: str) -> str:
    """Plain text, wrapped at 78 columns, tables aligned."""
    return "\n\n".join(_text_blocks(_tree(markdown))).strip("\n") + "\n"


def typst(markdown: str, title: str, preamble: str = "") -> str:
    """The source of a PDF; `preamble` comes after ours and may set anything."""
    plain = title.replace("\\", "\\\\").replace('"', '\\"')
    return _PAGE.format(title=plain) + preamble + "\n" + "\n\n".join(_typst_blocks(_tree(markdown))) + "\n"


def _tree(markdown: str) -> SyntaxTreeNode:
    from markdown_it.tree import SyntaxTreeNode  # noqa: PLC0415

    return SyntaxTreeNode(_parser().parse(markdown))


def _plain(node: SyntaxTreeNode) -> str:
    """The words of an inline node."""
    if node.type in {"softbreak", "hardbreak"}:
        return "\n" if node.type == "hardbreak" else " "
    if node.type in {"text", "code_inline"}:
        return node.content
    return "".join(map(_plain, node.children))


def _text_blocks(parent: SyntaxTreeNode) -> list[str]:
    out: list[str] = []
    for node in parent.children:
        match node.type:
            case "heading":
                said = _plain(node)
                out.append(f"{said}\n{('=' if node.tag == 'h1' else '-') * min(len(said), WIDTH)}" if node.tag != "h3" else said)
            case "paragraph":
                out.append("\n".join(textwrap.fill(line, WIDTH, break_long_words=False) for line in _plain(node).split("\n")))
            case "bullet_list" | "ordered_list":
                out.append("\n".join(_items(node)))
            case "blockquote":
                out.append(textwrap.indent("\n\n".join(_text_blocks(node)), "  "))
            case "table":
                out.append(_aligned(_rows(node)))
            case "hr":
                out.append("-" * WIDTH)
            case "fence" | "code_block":
                out.append(textwrap.indent(node.content.rstrip("\n"), "    "))
            case _:
                out += _text_blocks(node)
    return out


def _items(node: SyntaxTreeNode) -> list[str]:
    marks = [f"{n}. " for n in range(1, len(node.children) + 1)] if node.type == "ordered_list" else ["- "] * len(node.children)
    inner = ["\n".join(_text_blocks(item)) for item in node.children]
    return [mark + said.replace("\n", "\n" + " " * len(mark)) for mark, said in zip(marks, inner, strict=True)]


def _rows(table: SyntaxTreeNode) -> list[list[SyntaxTreeNode]]:
    """The rows with any words or any room to write, an empty head left out."""
    rows = [(part.type, list(row.children)) for part in table.children for row in part.children]
    return [cells for kind, cells in rows if kind == "tbody" or any(_plain(cell).strip() for cell in cells)]


def _aligned(rows: list[list[SyntaxTreeNode]]) -> str:
    said = [[_plain(cell).replace("\n", " ").strip() for cell in row] for row in rows]
    if not said:
        return ""
    widths = [max(len(row[n]) for row in said if n < len(row)) for n in range(max(map(len, said)))]
    return "\n".join("  ".join(cell.ljust(widths[n]) for n, cell in enumerate(row)).rstrip() for row in said)


def _typst_blocks(parent: SyntaxTreeNode) -> list[str]:
    out: list[str] = []
    for node in parent.children:
        match node.type:
            case "heading":
                out.append(f"#heading(level: {node.tag[1:]})[{_inline(node)}]")
            case "paragraph":
                out.append(_inline(node))
            case "bullet_list" | "ordered_list":
                name = "list" if node.type == "bullet_list" else "enum"
                out.append(f"#{name}(" + ", ".join(f"[{' '.join(_typst_blocks(item))}]" for item in node.children) + ")")
            case "blockquote":
                out.append(f"#quote(block: true)[{' '.join(_typst_blocks(node))}]")
            case "table":
                out.append(_typst_table(_rows(node)))
            case "hr":
                out.append("#line(length: 100%, stroke: 0.5pt + luma(180))")
            case "fence" | "code_block":
                out.append("#block[" + "#linebreak()".join(map(_typst_text, node.content.rstrip("\n").split("\n"))) + "]")
            case _:
                out += _typst_blocks(node)
    return out


def _typst_table(rows: list[list[SyntaxTreeNode]]) -> str:
    if not rows:
        return ""
    columns = max(map(len, rows))
    cells = ", ".join(f"[{_inline(cell)}]" for row in rows for cell in row)
    widths = ", ".join(["auto"] * (columns - 1) + ["1fr"])
    stroke = "stroke: (bottom: 0.5pt + luma(200)), inset: (x: 4pt, y: 5pt)"
    return f"#table(columns: ({widths},), rows: (auto,), {stroke}, {cells})"


def _inline(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text" | "code_inline":
            return _typst_text(node.content)
        case "softbreak":
            return " "
        case "hardbreak":
            return "#linebreak() "
    inner = "".join(map(_inline, node.children))
    return f"#strong[{inner}]" if node.type == "strong" else f"#emph[{inner}]" if node.type == "em" else inner


def _typst_text(said: str) -> str:
    return said.translate(_TYPST)
