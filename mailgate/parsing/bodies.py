"""What of a MIME tree is text to read and what is a file: the choice a good mail client makes.

Text is joined from all readable parts in order; every other leaf is a file with a stable name, also where its sender gave none. A
forwarded message is a file named after its subject.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from mailgate.parsing import charsets, cms, filenames, headers, mime, plaintext, tnef
from rules.facts.mail import Part

TEXT_CHARACTERS = 1024 * 1024
_READABLE = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown", "text/x-markdown"})
_STUB_BYTES = 400
_STUB = re.compile(
    r"(?:mail|e-?mail|client|reader|viewer|program\w*|message|nachricht|viesti|zpráva|prohlížeč)\b.{0,80}\b(?:html|multi-?part|mime)\b|\bhtml\b.{0,60}\b(?:mail|e-?mail|client|reader|viewer|version|format|message|nachricht|browser|prohlížeč|viesti)"
    r"|^\s*(?:this is a multi-?part message|to view this (?:e-?mail|message))",
    re.IGNORECASE | re.DOTALL,
)
_BLANK = dict.fromkeys((0, 0xA0, 0xAD, 0x034F, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xFFFD))
_PGP_MESSAGE = "-----BEGIN PGP MESSAGE-----"
_RENDITIONS = frozenset({"text/x-amp-html", "text/watch-html"})


@dataclass(slots=True)
class Bodies:
    """Text and files of one message."""

    texts: list[str] = field(default_factory=list)
    html_only: bool = False
    parts: list[Part] = field(default_factory=list)
    forwarded: mime.Node | None = None
    """The first attached message."""
    flaws: set[str] = field(default_factory=set)
    pictured: str = ""
    """The text of its HTML with the place of each picture that travels with it, as `[cid:…]`; empty where no such picture is shown."""

    def text(self) -> str:
        """All texts in order, one clean string of bounded size."""
        whole = "\n".join(text.rstrip("\n") for text in self.texts if text.strip())
        if len(whole) > TEXT_CHARACTERS:
            self.flaws.add("text-cut")
            whole = whole[:TEXT_CHARACTERS]
        return whole


def read(top: mime.Node) -> Bodies:
    """Sort the leaves of a message into text and files."""
    bodies = Bodies()
    sorter = _Sorter(bodies)
    sorter.whole(top)
    bodies.pictured = sorter.pictured(top)
    return bodies


class _Sorter:
    def __init__(self, bodies: Bodies) -> None:
        self.bodies = bodies
        self.named: list[mime.Node] = []
        self.wrapped = ""
        """The text within a winmail.dat."""
        self.has_plain = False

    def whole(self, top: mime.Node) -> None:
        if not top.children and not top.type.startswith("text/"):
            self._file(top)
        elif not top.children:
            # A text with a name that is the whole mail is both: to read and to keep.
            if top.disposition == "attachment" or (top.name and top.type not in _READABLE) or top.type not in _READABLE or top.name:
                self._file(top)
            if top.disposition != "attachment":
                self._read(top)
        else:
            self._sort(top)
        if top.type == "multipart/encrypted" or any(text.lstrip().startswith(_PGP_MESSAGE) for text in self.bodies.texts[:1]):
            self.bodies.flaws.add("encrypted")
        if not any(text.strip() for text in self.bodies.texts):
            if self.wrapped:
                self.bodies.texts.append(self.wrapped)
            for node in self.named[:1]:
                self._read(node)
        self.bodies.html_only = self.bodies.html_only and not self.has_plain

    def _sort(self, node: mime.Node) -> None:
        if not node.children:
            self._leaf(node)
        elif node.type == "multipart/alternative":
            self._alternative(node)
        else:
            for child in node.children:
                self._sort(child)

    def _leaf(self, node: mime.Node) -> None:
        if node.type in _RENDITIONS:
            return
        if node.type in _READABLE and node.disposition != "attachment" and not (node.name and node.parent != "multipart/alternative"):
            self._read(node)
            return
        if node.type in _READABLE and node.disposition != "attachment":
            self.named.append(node)
        self._file(node)

    def _alternative(self, node: mime.Node) -> None:
        """Read the plain rendition if it says anything, else the richest; files within any rendition are kept."""
        plain = next(
            (
                child
                for child in node.children
                if child.type == "text/plain" and child.disposition != "attachment" and _says_something(child)
            ),
            None,
        )
        rich = None
        if plain is None or _is_stub(plain):
            for child in reversed(node.children):
                if child is not plain and (
                    child.type in _READABLE - {"text/plain"} or any(leaf.type in _READABLE for leaf in child.leaves())
                ):
                    rich = child
                    break
        said = ""
        for child in node.children:
            if child is plain:
                self._sort(child)
                said = "".join(self.bodies.texts[-1:])
            elif child is rich:
                self._rich(child, said)
            else:
                for leaf in child.leaves():
                    shown = leaf.type in _READABLE and leaf.disposition != "attachment"
                    if not shown and leaf.type not in _RENDITIONS:
                        self._file(leaf)

    def _rich(self, node: mime.Node, plain: str) -> None:
        """Read a rich rendition, and forget its text where it says the same as the `plain` one above."""
        above = "".join(plain.split())[:60]
        count = len(self.bodies.texts)
        self._sort(node)
        if above and above in "".join("".join(self.bodies.texts[count:]).split()):
            del self.bodies.texts[count:]

    # --- text ---------------------------------------------------------------------------------------------------------------------

    def _read(self, node: mime.Node) -> None:
        data = node.content()
        if node.type == "text/html" or (node.type == "text/plain" and _DOCUMENT.match(data[:1000])):
            self._read_html(node, data)
            return
        text, honest = charsets.decode(data, node.parameters.get("charset", ""))
        if not honest:
            self.bodies.flaws.add("bad-charset")
        text = charsets.clean(text[: TEXT_CHARACTERS * 2])
        if node.type in {"text/enriched", "text/richtext"}:
            text = plaintext.unenriched(text)
        if node.parameters.get("format", "").lower() == "flowed":
            text = plaintext.unflowed(text, delsp=node.parameters.get("delsp", "").lower() == "yes")
        if b"begin" in data:
            self._uuencoded(node, data)
        self.has_plain = self.has_plain or bool(text.strip())
        self.bodies.texts.append(text)

    def _read_html(self, node: mime.Node, data: bytes) -> None:
        # Imported where needed: most mails have a plain part.
        from mailgate.parsing import htmltext  # noqa: PLC0415 - as said

        markup, honest = _markup(node, data[: htmltext.IN_BYTES * 2])
        if not honest:
            self.bodies.flaws.add("bad-charset")
        text, cut = htmltext.to_text(markup)
        if cut:
            self.bodies.flaws.add("text-cut")
        self.bodies.html_only = True
        self.bodies.texts.append(text)

    def pictured(self, top: mime.Node) -> str:
        """What `Bodies.pictured` holds. The plain part of most programs says nothing of pictures, and phones send none."""
        shown = {part.content_id for part in self.bodies.parts if part.inline and part.content_id and part.type.startswith("image/")}
        if not shown:
            return ""
        from mailgate.parsing import htmltext  # noqa: PLC0415 - as above

        pages = [leaf for leaf in top.leaves() if leaf.type == "text/html" and leaf.disposition != "attachment"][:_PAGES]
        marked = [_markup(page, page.content()[: htmltext.IN_BYTES * 2])[0] for page in pages]
        if not any("cid:" in each.lower() for each in marked):
            return ""
        text = "\n".join(htmltext.to_text(each, shown)[0].rstrip("\n") for each in marked)[:TEXT_CHARACTERS]
        return text if any(f"[cid:{each}]" in text for each in shown) else ""

    # --- files --------------------------------------------------------------------------------------------------------------------

    def _file(self, node: mime.Node) -> None:
        data = node.content()
        type_ = node.type
        if type_ in {"message/rfc822", "message/global"}:
            self._forwarded(node, data)
            return
        name = filenames.clean(node.name)
        content_id = (node.block.first("content-id") or b"").strip().strip(b"<>").decode("latin-1")
        inline = node.disposition == "inline" or (bool(content_id) and node.disposition != "attachment" and "related" in node.parent)
        self._add(node.path or "0", name, type_, data, inline=inline, content_id=headers.one_line(content_id)[:200])
        if type_ in {"application/ms-tnef", "application/vnd.ms-tnef"} or name.lower() == "winmail.dat":
            self._tnef(node, data)
        if "pkcs7-mime" in type_ and not node.parent:
            self._opaque(data)

    def _add(self, path: str, name: str, type_: str, data: bytes, *, inline: bool = False, content_id: str = "") -> None:
        type_ = headers.one_line(type_)[:100]
        self.bodies.parts.append(
            Part(
                path=path,
                name=name or filenames.nameless(path, type_),
                type=type_,
                bytes=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
                inline=inline,
                content_id=content_id,
            )
        )

    def _forwarded(self, node: mime.Node, data: bytes) -> None:
        if self.bodies.forwarded is None:
            self.bodies.forwarded = node
        inner = headers.read(data, headers.skip_junk(data[:4096]))
        name = filenames.clean(node.name)
        if not name:
            subject = filenames.clean(headers.text(inner.first("subject") or b"").replace("/", "-"))
            name = f"{subject[: filenames.CHARACTERS - 4]}.eml" if subject else filenames.nameless(node.path or "0", "message/rfc822")
        self._add(node.path or "0", name, "message/rfc822", data, inline=node.disposition == "inline")

    def _uuencoded(self, node: mime.Node, data: bytes) -> None:
        for number, (name, content) in enumerate(mime.uuencoded(data), 1):
            self._add(f"{node.path or '0'}:{number}", filenames.clean(name), "application/octet-stream", content)

    def _tnef(self, node: mime.Node, data: bytes) -> None:
        if not any(text.strip() for text in self.bodies.texts):
            self.wrapped = self.wrapped or tnef.text(data)[:TEXT_CHARACTERS]
        for number, (name, content) in enumerate(tnef.files(data), 1):
            self._add(f"{node.path or '0'}:{number}", filenames.clean(name), "application/octet-stream", content)

    def _opaque(self, data: bytes) -> None:
        """Show what an opaque S/MIME signature holds; what is encrypted stays a file."""
        content = cms.signed_content(data)
        if content is None:
            self.bodies.flaws.add("encrypted")
            return
        inner = read(mime.tree(content, self.bodies.flaws))
        self.bodies.texts += inner.texts
        self.bodies.html_only = inner.html_only
        self.has_plain = not inner.html_only
        self.bodies.flaws |= inner.flaws
        self.bodies.forwarded = self.bodies.forwarded or inner.forwarded
        for part in inner.parts:
            self.bodies.parts.append(
                Part(
                    path=f"0/{part.path}",
                    name=part.name,
                    type=part.type,
                    bytes=part.bytes,
                    sha256=part.sha256,
                    inline=part.inline,
                    content_id=part.content_id,
                )
            )


_PAGES = 5
"""Parts of one mail that are HTML; Apple Mail makes one of each stretch between two pictures."""


def _markup(node: mime.Node, data: bytes) -> tuple[str, bool]:
    """The HTML of a part, and whether it was in the character set that it names."""
    label = node.parameters.get("charset", "")
    if not charsets.resolve(label):
        label = _charset_of(data) or label
    markup, honest = charsets.decode(data, label)
    return markup.replace("\0", ""), honest


def _says_something(plain: mime.Node) -> bool:
    """Whether a plain rendition is more than blanks."""
    if plain.end - plain.start > _STUB_BYTES:
        return bool(plain.content().strip(b" \t\r\n\xa0\0"))
    return bool(charsets.decode(plain.content(), plain.parameters.get("charset", ""))[0].translate(_BLANK).strip())


def _is_stub(plain: mime.Node) -> bool:
    """Whether a plain rendition says no more than that there is another one."""
    size = plain.end - plain.start
    return size <= _STUB_BYTES and _STUB.search(charsets.decode(plain.content(), plain.parameters.get("charset", ""))[0]) is not None


_DOCUMENT = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<!doctype html[^>]*>\s*)?<html[\s>].{0,900}?(?:<head|<body|<meta|<p|<div|<table|<br)",
    re.IGNORECASE | re.DOTALL,
)
"""A whole HTML document where plain text is declared, or nothing: nobody types that, so it is shown as it was meant."""
_META = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)


def _charset_of(data: bytes) -> str:
    match = _META.search(data[:4096])
    return match.group(1).decode("ascii") if match else ""


def content_of(top: mime.Node, path: str) -> bytes:
    """The decoded bytes of the file at a `Part.path`. Raises KeyError if the tree has no such file."""
    outer, slash, rest = path.partition("/")
    if slash:
        content = cms.signed_content(top.content())
        if content is None:
            raise KeyError(path)
        return content_of(mime.tree(content, set()), rest)
    where, _, number = outer.partition(":")
    for node in top.leaves():
        if (node.path or "0") == where:
            if not number:
                return node.content()
            data = node.content()
            is_text = node.type in _READABLE
            files = list(mime.uuencoded(data) if is_text else tnef.files(data))
            if int(number) <= len(files):
                return files[int(number) - 1][1]
    raise KeyError(path)
