"""HTML as a reader sees it, in plain lines: hidden text dropped, quotes as `> ` lines, signatures and replies marked as in plain mail.

Quotes of every client thus look alike, and `rules.reading.quoting` works on text alone. Input beyond 2 MB is not read, output beyond
256 KiB is cut. Nothing is fetched, nothing executed, no markup kept.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailgate.parsing import charsets, htmlhiding, htmlstyle

IN_BYTES = 2_000_000
OUT_CHARACTERS = 256 * 1024
_STEPS = 800_000
_QUOTE_DEPTH = 20
SEPARATOR = "_" * 32
UNSEEN = "[hidden]"
"""Stands above the text of a mail of which nobody sees anything: staff shall know what there is, and nothing in it is obeyed."""
_COMMANDS = re.compile(r"^\W*?[#\uff03]", re.MULTILINE)

_SKIPPED = frozenset(
    "head style script title template object applet meta link svg math select option textarea button noframes iframe video audio canvas rp".split()
)
_BLOCKS = frozenset(
    """address article aside blockquote body center dd details dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6
    header hr html legend li main menu nav ol p pre section summary table tbody tfoot thead tr ul caption""".split()
)
_SPACED = frozenset("p h1 h2 h3 h4 h5 h6 ul ol dl table pre blockquote figure".split())
_INDENT = re.compile(r"margin:0(?:px|pt)?0(?:px|pt)?0(?:px|pt)?40px|margin-left:40px")
_OUTLOOK_RULE = re.compile(
    r"border-top:(?:solid#(?:e1e1e1|b5c4df)|#(?:e1e1e1|b5c4df)1(?:\.0)?p[tx]solid|1(?:\.0)?p[tx]solid#?(?:e1e1e1|b5c4df))"
)
_QUOTED_CLASSES = frozenset(
    "gmail_attr moz-cite-prefix yahoo_quoted protonmail_quote tutanota_quote zmail_extra bloop_original_html".split()
)
_SIGNATURE_CLASSES = frozenset("gmail_signature moz-signature protonmail_signature_block".split())
_SIGNATURES = frozenset(
    "Signature signature _rc_sig ms-outlook-mobile-signature AppleMailSignature composer_signature messageSignatureSection".split()
)
"""Ids and names of what clients put a signature into: Outlook, Roundcube, Apple Mail, Samsung, Spark."""
_SPACE = re.compile(r"[ \t\n\r\f\u00a0]+")
_NO_MARGIN = re.compile(r"margin:0|margin-bottom:0|margin(?:-top)?:0")


def to_text(markup: str, pictures: Container[str] = ()) -> tuple[str, bool]:
    """The visible text of an HTML document, and whether some of it was cut off for its size.

    pictures: content ids whose pictures are marked in their place as `[cid:…]`; of all others the text shows what their author calls them.
    """
    cut = len(markup) > IN_BYTES
    markup = markup[:IN_BYTES]
    if _too_deep(markup) or _too_dressed(markup):
        # What is hidden in it can't be told: it is shown, and nothing in it is obeyed.
        return _COMMANDS.sub("##", charsets.clean(_stripped(markup))), True
    document = LexborHTMLParser(markup)
    root = document.root
    if root is None:
        return "", cut
    text, is_cut = _written(
        root, _Writer(htmlhiding.of_sheets(document, markup.count("<")) if "<style" in markup.lower() else {}, pictures=pictures)
    )
    if not text.strip():
        text, is_cut = _written(root, _Writer({}, shows_all=True))
        text = f"{UNSEEN}\n\n{_COMMANDS.sub('##', text)}" if text.strip() else ""
    return charsets.clean(text), cut or is_cut


def _written(root: LexborNode, writer: _Writer) -> tuple[str, bool]:
    cut = False
    for steps, (node, entering) in enumerate(_steps(root, writer)):
        if entering:
            writer.enter(node)
        else:
            writer.leave(node)
        if steps > _STEPS or writer.size > OUT_CHARACTERS:
            cut = True
            break
    text = writer.text()
    if len(text) > OUT_CHARACTERS:
        text, cut = text[:OUT_CHARACTERS], True
    return text, cut


_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_VOID = frozenset("br hr img input meta link area base col embed source track wbr p li td tr th option".split())
_DEEP = 4000


def _too_deep(markup: str) -> bool:
    """Whether elements nest so deep that a tree would cost more than the mail is worth (it grows with the square of the depth)."""
    if markup.count("<") < _DEEP:
        return False
    depth = 0
    for match in _TAG.finditer(markup):
        if match.group(2).lower() not in _VOID:
            depth = max(0, depth - 1) if match.group(1) else depth + 1
            if depth > _DEEP:
                return True
    return False


_OPENING = re.compile(r"</?[a-zA-Z][^\s/>]*+")
_ATTRIBUTE = re.compile(r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"?|'[^']*+'?|[^\s>]*+))?""")
_IN_QUOTES = re.compile(r"""=\s*+(?:"[^">]*+>|'[^'>]*+>)""")
_DRESSED, _LONG_TAG = 1000, 4000


def _too_dressed(markup: str) -> bool:
    """Whether an element has so many attributes that a tree would cost more than the mail is worth (it grows with the square of their number)."""
    if max(map(len, markup.split(">"))) < _LONG_TAG and not _IN_QUOTES.search(markup):
        return False
    left = 8 * len(markup)  # what looks like a tag within another one's attributes is read once more
    for opening in _OPENING.finditer(markup):
        at = opening.end()
        for _ in range(_DRESSED):
            if (attribute := _ATTRIBUTE.match(markup, at)) is None:
                break
            at = attribute.end()
        else:
            return True
        left -= at - opening.start()
        if left < 0:
            return True
    return False


def _stripped(markup: str) -> str:
    """The text of absurd markup: tags cut away, nothing else done."""
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"<[^<>]{0,2000}>", "\n", markup)).strip()[:OUT_CHARACTERS]


def _steps(root: LexborNode, writer: _Writer) -> Iterator[tuple[LexborNode, bool]]:
    """Each node as it is entered and left, in document order, without recursion."""
    node: LexborNode | None = root
    depth = 0
    while node is not None:
        writer.descend = True
        yield node, True
        child = node.child if writer.descend else None
        if child is not None:
            node = child
            depth += 1
            continue
        yield node, False
        while node is not None:
            following = node.next
            if following is not None and depth:
                node = following
                break
            node = node.parent
            depth -= 1
            if node is None or depth < 0:
                return
            yield node, False


def _is_quote(tag: str, attributes: dict[str, str | None], names: frozenset[str], style: str) -> bool:
    """Whether a client made this element to hold a quote or its introduction; Gmail's indent button makes a blockquote too."""
    if tag == "blockquote":
        return attributes.get("type") == "cite" or "gmail_quote" in names or not _INDENT.search(style)
    return bool(names & _QUOTED_CLASSES) or attributes.get("name") == "quote"


class _Writer:
    """Collects lines while the tree is walked."""

    def __init__(self, of_sheets: Mapping[int, str], *, shows_all: bool = False, pictures: Container[str] = ()) -> None:
        self.of_sheets = of_sheets
        self.pictures = pictures
        self.shows_all = shows_all
        """Whether hidden text is written, too."""
        self.descend = True
        self.size = 0
        self._lines: list[str] = []
        self._line: list[str] = []
        self._line_quote = 0
        self._blank = False
        self._quote = 0
        self._pre = 0
        self._look = htmlhiding.PLAIN
        self._looks: list[htmlhiding.Look] = []
        self._is_seen = True
        self._lists: list[int] = []
        self._undo: dict[int, list[str]] = {}

    def text(self) -> str:
        """All that was written, without blank lines around."""
        self._break()
        return "\n".join(self._lines).strip("\n")

    def enter(self, node: LexborNode) -> None:
        """Start of an element, or a text."""
        tag = node.tag
        if tag == "-text":
            if self._is_seen:
                self._write(node.text_content or "")
            return
        if tag in _SKIPPED or tag is None or tag[0] in "-!" or (tag == "dialog" and "open" not in node.attributes):
            self.descend = False
            return
        attributes = node.attributes if tag not in {"br", "b", "i", "tbody"} else {}
        written = attributes.get("style") or "" if attributes else ""
        said = self.of_sheets.get(node.mem_id, "") if self.of_sheets else ""
        undo: list[str] = []
        if (attributes or said) and not self.shows_all:
            look = htmlhiding.look(attributes, htmlstyle.declarations(f"{said};{written}" if said else written), self._look)
            if look is None:
                self.descend = False
                return
            if look is not self._look:
                self._looks.append(self._look)
                self._see(look)
                undo.append("look")
        style = _SPACE.sub("", written.lower()) if written else ""
        if tag == "br":
            self._newline()
        elif tag == "img":
            self._image(attributes)
        elif tag in _BLOCKS:
            self._block(tag, attributes, style, undo)
        elif tag in {"td", "th"} and self._line:
            self._write("\t" if self._line[-1][-1:] not in " \t" else "")
        elif tag == "span" and "moz-signature" in (attributes.get("class") or ""):
            self._signature(node)
        if undo:
            self._undo[node.mem_id] = undo

    def leave(self, node: LexborNode) -> None:
        """End of an element."""
        tag = node.tag
        if tag in _BLOCKS:
            self._break()
            if (tag in _SPACED and (not self._tight(node, tag) or _is_empty_line(node))) or (tag == "div" and _is_lone_blank(node)):
                self._blank = True
        for what in self._undo.pop(node.mem_id, ()) if self._undo else ():
            match what:
                case "quote":
                    self._quote -= 1
                case "pre":
                    self._pre -= 1
                case "list":
                    self._lists.pop()
                case _:
                    self._see(self._looks.pop())

    def _see(self, look: htmlhiding.Look) -> None:
        self._look = look
        self._is_seen = look.is_seen

    def _block(self, tag: str, attributes: dict[str, str | None], style: str, undo: list[str]) -> None:
        self._break()
        names = frozenset((attributes.get("class") or "").split())
        identity = attributes.get("id") or ""
        if _is_quote(tag, attributes, names, style):
            self._deeper(undo)
        elif identity in {"divRplyFwdMsg", "mail-editor-reference-message-container"} or (style and _OUTLOOK_RULE.search(style)):
            self._separator()
        elif names & _SIGNATURE_CLASSES or {identity, attributes.get("name")} & _SIGNATURES:
            self._signature_line()
        if tag == "hr":
            self._rule(attributes)
        elif tag == "pre":
            self._pre += 1
            undo.append("pre")
        elif tag in {"ul", "ol"}:
            self._lists.append(0 if tag == "ul" else 1)
            undo.append("list")
        elif tag == "li":
            self._item()
        if tag in _SPACED and tag != "p":
            self._blank = self._blank or bool(self._lines and self._lines[-1].strip("> "))

    def _deeper(self, undo: list[str]) -> None:
        if self._quote < _QUOTE_DEPTH:
            self._quote += 1
            undo.append("quote")

    def _separator(self) -> None:
        last = next((line for line in reversed(self._lines) if line.strip("> ")), "")
        if not last.strip("> ").startswith("____"):
            self._blank = True
            self._write(SEPARATOR)
        self._break()

    def _rule(self, attributes: dict[str, str | None]) -> None:
        self._write(SEPARATOR if attributes.get("tabindex") == "-1" or attributes.get("id") == "zwchr" else "-" * 32)
        self._break()

    def _signature(self, node: LexborNode) -> None:
        if not (node.text(deep=True) or "").lstrip().startswith("--"):
            self._break()
            self._signature_line()

    def _signature_line(self) -> None:
        self._put("-- ")

    def _item(self) -> None:
        if not self._lists:
            self._lists.append(0)
        indent = "  " * (len(self._lists) - 1)
        if self._lists[-1]:
            self._write(f"{indent}{self._lists[-1]}. ", keep=True)
            self._lists[-1] += 1
        else:
            self._write(f"{indent}* ", keep=True)

    def _image(self, attributes: dict[str, str | None]) -> None:
        source = (attributes.get("src") or "").strip()
        if self._is_seen and source[:4].lower() == "cid:" and (name := unquote(source[4:])) in self.pictures:
            self._write(f"[cid:{name}]")
            return
        alt = (attributes.get("alt") or "").strip()
        if alt and self._is_seen and (attributes.get("width") or "") not in {"0", "1"}:
            self._write(f"[{alt[:200]}]")

    def _tight(self, node: LexborNode, tag: str) -> bool:
        if tag != "p":
            return False
        attributes = node.attributes
        return (attributes.get("class") or "").startswith("Mso") or bool(
            _NO_MARGIN.search(_SPACE.sub("", (attributes.get("style") or "").lower()))
        )

    def _write(self, text: str, *, keep: bool = False) -> None:
        if not text:
            return
        if self._pre and not keep:
            *lines, last = text.replace("\r\n", "\n").split("\n")
            for line in lines:
                if not self._line:
                    self._line_quote = self._quote
                self._line.append(line)
                self._newline()
            text = last
        elif not keep and text != "\t":
            text = _SPACE.sub(" ", text)
            if not self._line or self._line[-1][-1:] in " \t":
                text = text.removeprefix(" ")
        if text:
            if not self._line:
                self._line_quote = self._quote
            self._line.append(text)

    def _newline(self) -> None:
        """A line break that the author made: empty lines count."""
        if self._line:
            self._break()
        else:
            self._blank = False
            self._put("")

    def _break(self) -> None:
        """End of a block: ends the line if there is one."""
        if not self._line:
            return
        line = "".join(self._line).rstrip(" \t")
        self._line = []
        if line.strip():
            if self._blank:
                self._blank = False
                if self._lines and self._lines[-1].strip("> "):
                    self._put("", min(self._line_quote, self._lines[-1].count("> ") if self._lines[-1].startswith("> ") else 0))
            self._put(line, self._line_quote)

    def _put(self, line: str, quote: int | None = None) -> None:
        depth = self._quote if quote is None else quote
        line = f"{'> ' * depth}{line}" if depth else line
        self.size += len(line) + 1
        self._lines.append(line)


def _is_empty_line(node: LexborNode) -> bool:
    """Whether a paragraph without margins holds a blank alone: Outlook's empty line, `<p class=MsoNormal><o:p>&nbsp;</o:p></p>`."""
    return (node.text(deep=True) or "").strip(" \t\r\n") == "\u00a0"


def _is_lone_blank(node: LexborNode) -> bool:
    """Whether an element holds a no-break space and nothing else: an empty line of GMX, Mail.ru and others. A plain space shows nothing."""
    child = node.child
    return child is not None and child.next is None and child.tag == "-text" and (child.text_content or "").strip(" \t\r\n") == "\u00a0"
