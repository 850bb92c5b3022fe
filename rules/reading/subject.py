"""What a subject says: the base subject without reply and forward marks, bracketed references such as `[T42]`, tags such as `[cat:vpn]`.

Follows RFC 5256 section 2.1, with the marks of clients in many languages and the warnings that gateways put in front. Which references
are ours, and whether a tag is obeyed, is decided elsewhere.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rules.frozen import dataclass

_REPLY = (
    "re|aw|antw|antwort|antwoord|sv|svar|vs|vá|ynt|yan|odp|odpověď|odpoveď|odg|ri|rif|risp|res|réf|rép|rép\\.|rsp|resp|atb|"
    "bls|отв|ответ|отв\\.|відп|відповідь|απ|σχετ|תשובה|השב|رد|回复|回覆|答复|答覆|返信|답장|회신|trả lời|balas|bsl|doorst"
)
_FORWARD = (
    "fw|fwd|wg|vl|vb|i|tr|rv|enc|enc\\.|pd|fs|továbbítás|továbbított|prosl|proslijeđeno|přep|přeposláno|fwd\\.|"
    "doorgestuurd|videresendt|vidarebefordrat|vidaresänt|rvs|rediriger|înaint|fvd|пересл|пересылка|fw\\.|πρθ|προωθ|הועבר|"
    "إعادة توجيه|转发|轉寄|転送|전달|ilet|iletilen|chuyển tiếp|teruskan|reenv"
)
_MARK = re.compile(
    rf"\s*(?:(?P<reply>{_REPLY})|(?P<forward>{_FORWARD}))\s*(?:\[\d{{1,3}}\]|\(\d{{1,3}}\)|\^\d{{1,3}}|\*\d{{1,3}}|\d{{1,2}})?\s*[:：]",
    re.IGNORECASE,
)
_WARNING = re.compile(
    r"\s*(?:\[(?:\W*(?:external|extern|externe?s?|externo|esterno|ext|ulkoinen|externí|ext\.?\s?mail|external[ -]?(?:e-?)?mail|externe? (?:e-?)?mail|"
    r"caution|warning|vorsicht|achtung|suspicious|spam|bulk|\*+spam\*+|newsletter|encrypted|secure|verschlüsselt|salattu|signed)\W*)\]"
    r"|\*{2,5}\s?(?:external|extern|spam|caution|warning|suspected spam)\s?\*{2,5}:?|(?:\{spam\?\})|(?:external|extern|ext|caution)\s?[:：])",
    re.IGNORECASE,
)
_TRAILER = re.compile(r"\s*\((?:fwd|fw|wg|was|trash)\)\s*$", re.IGNORECASE)
_WRAPPED = re.compile(r"\s*\[(?:fwd|fw|wg|re|aw)\s?[:：](.*)\]\s*$", re.IGNORECASE)
_BRACKET = re.compile(r"\[([^\[\]]{1,200})\]")
_WORD = re.compile(r"[^\s:\[\]]{1,80}")
_TAG = re.compile(r"\s*([A-Za-z][A-Za-z-]{0,30})\s*:\s*([^\[\]]{0,160}?)\s*")
_FLAG = frozenset({"internal", "public", "quiet"})
_LONGEST = 2000
_MOST_MARKS = 50
_SIGNS = ":：[({*"
"""One of these stands in every mark, warning, reference and tag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A subject taken apart."""

    base: str = ""
    """Without marks and warnings; bracketed references and tags stay in it (see `without`)."""
    refs: tuple[str, ...] = ()
    """Every bracketed single word in order, without its brackets: `T42` of `[T42]`; unique."""
    tags: tuple[tuple[str, str], ...] = ()
    """`[key:value]` in order, keys in lower case; `[internal]` is also a tag with an empty value."""
    is_reply: bool = False
    is_forward: bool = False


@lru_cache(maxsize=128)
def read(subject: str) -> Subject:
    """Take a subject apart; that of one mail is asked for at several places. Never raises; beyond 2000 characters it is not read."""
    rest = " ".join(subject[:_LONGEST].split())
    if not any(map(rest.__contains__, _SIGNS)):
        return Subject(base=rest)
    is_reply = is_forward = False
    for _ in range(_MOST_MARKS):
        mark = _MARK.match(rest)
        warning = None if mark else _WARNING.match(rest)
        wrapped = None if mark or warning else _WRAPPED.fullmatch(rest)
        if mark:
            # A mark is the whole subject of some empty replies: "Re:".
            is_reply |= mark.group("reply") is not None
            is_forward |= mark.group("forward") is not None
            rest = rest[mark.end() :]
        elif warning:
            rest = rest[warning.end() :]
        elif wrapped:
            is_forward = True
            rest = wrapped.group(1)
        elif ref := _leading_ref(rest):
            # "[T42] Re: topic": a reference may stand before the mark; it goes behind.
            rest = ref
        else:
            break
        rest = rest.strip()
    trimmed = _TRAILER.sub("", rest)
    is_forward |= trimmed != rest and "w" in rest[len(trimmed) :].lower()
    refs: list[str] = []
    tags: list[tuple[str, str]] = []
    for match in _BRACKET.finditer(subject[:_LONGEST]):
        inner = match.group(1).strip()
        tag = _TAG.fullmatch(inner)
        if tag:
            tags.append((tag.group(1).lower(), tag.group(2)))
        elif _WORD.fullmatch(inner):
            if inner not in refs:
                refs.append(inner)
            if inner.lower() in _FLAG:
                tags.append((inner.lower(), ""))
    return Subject(base=trimmed.strip(), refs=tuple(refs), tags=tuple(tags), is_reply=is_reply, is_forward=is_forward)


def unwarned(subject: str) -> str:
    """The subject as its author sent it: without the warnings that gateways put in front, his own marks and all other words kept."""
    rest, kept = " ".join(subject[:_LONGEST].split()), []
    for _ in range(_MOST_MARKS):
        if mark := _MARK.match(rest):
            kept.append(mark.group().strip())
            rest = rest[mark.end() :]
        elif warning := _WARNING.match(rest):
            rest = rest[warning.end() :]
        else:
            break
    return " ".join(filter(None, (*kept, rest.strip()))) + subject[_LONGEST:]


def _leading_ref(rest: str) -> str:
    """The subject with a leading `[word]` moved behind, if a reply or forward mark stands after it; else nothing."""
    match = _BRACKET.match(rest)
    if not match:
        return ""
    after = rest[match.end() :].lstrip()
    if not (_MARK.match(after) or _WARNING.match(after)):
        return ""
    return f"{after} {match.group()}"


def without(subject: str, refs: tuple[str, ...] = (), *, tags: bool = True) -> str:
    """The subject for people: the named bracketed references cut out, and all `[key:value]` tags unless told otherwise."""
    gone = {ref.lower() for ref in refs}

    def keep(match: re.Match[str]) -> str:
        inner = match.group(1).strip()
        is_tag = tags and (_TAG.fullmatch(inner) is not None or inner.lower() in _FLAG)
        return "" if is_tag or inner.lower() in gone else match.group()

    return " ".join(_BRACKET.sub(keep, subject[:_LONGEST]).split())
