"""What the author of a mail wrote himself, and all the rest: quotes, attribution lines, header blocks, signatures.

Works on text alone, line by line, in time linear to its length; HTML was turned into the same marks before (`mailgate.parsing.htmltext`).
Knowing what we sent beats every pattern: lines whose words we wrote are quotes in any client and language. Nothing is lost: every line
with content is either in `text` or in `quoted`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rules.frozen import dataclass
from rules.reading import banners, blocks, disclaimers, enclosed, marks, unseen
from rules.reading.ours import SHARE, Ours
from rules.reading.wordlist import wordlist

_CLUTTER = frozenset({"\u00a0", *unseen.UNSEEN})
_QUOTE = re.compile(r"[ \t]{0,3}>")
_POINTS_BELOW = re.compile(
    r"\b(?:below|inline|in-line|in (?:red|blue|green)|unten|im text|in rot|in blau|alla|tekstissä|alempana|níže|v textu|červeně|ci-dessous|abajo|sotto|hieronder|nedan|nedenfor|poniżej|ниже)\b",
    re.IGNORECASE,
)
_COMMAND = re.compile(r"\s*[#＃][^\W\d_]")
_ATTRIBUTION_LINES = 4
_FOOTER_RULE = 20
_FOOTER_LINES = 20
_LINES = 200_000
_DASHES = "-—–_"
_COLONS = frozenset(":：")
_RULES = frozenset("-_=*—–─#")
_FOOTS = _RULES | frozenset(" \t>*")
"""What a line begins with that may be a signature mark or the rule above a list's footer."""
_CANDIDATES = 1500
"""Lines that may introduce or head a quote and are looked at; beyond, a mail is an attack and the rest is its author's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A mail's text in two: together they hold every line of it that is not blank."""

    text: str
    """What the author wrote, without blank lines around. Lines that he cites and answers one by one stay, with their `>`."""
    quoted: str
    """The rest in its order: quotes, their introductions, signatures."""


def written(text: str, ours: Sequence[str] = ()) -> Written:
    """Split a text into what its author wrote and the rest. `ours` are texts that we sent and that he may be quoting."""
    lines = text.split("\n", _LINES)
    reader = _Reader(text, lines, ours)
    own = reader.own()
    kept = [line for line, is_own in zip(lines, own, strict=True) if is_own]
    rest = [line for line, is_own in zip(lines, own, strict=True) if not is_own]
    return Written(text=_tidy(kept), quoted=_tidy(rest))


def _tidy(lines: list[str]) -> str:
    tidy = "\n".join([line.rstrip() for line in lines]).strip("\n")
    return re.sub(r"\n{4,}", "\n\n\n", tidy) if "\n\n\n\n" in tidy else tidy


def _seen(line: str) -> str:
    """A line as people see it, without what is invisible, and no longer than patterns are tried on."""
    line = line[: marks.LINE_CHARACTERS]
    return unseen.without(line.replace("\u00a0", " "))


def has_header_block(text: str) -> bool:
    """Whether a quoted mail is announced by its header lines and then stands there unmarked, as Outlook writes it."""
    lines = text.split("\n", _LINES)
    return any(":" in line and len(line) <= 400 and blocks.is_header_block(lines, at) for at, line in enumerate(lines[:_CANDIDATES]))


def unquoted(text: str) -> str:
    """A text of ours without the lines that quote somebody: who says those again says his own words."""
    return "\n".join(line for line in text.splitlines() if not _QUOTE.match(line)) if ">" in text else text


class _Reader:
    """One pass over the lines marking each: `t` author's text, `b` blank, `q` quote, `a` introduces a quote, `x` cut."""

    def __init__(self, text: str, lines: list[str], ours: Sequence[str]) -> None:
        is_short = len(text) <= marks.LINE_CHARACTERS or max(map(len, lines)) <= marks.LINE_CHARACTERS
        listed = wordlist(text) if is_short else None
        is_clean = listed is not None and listed.signs.isdisjoint(_CLUTTER)
        self.lines = lines if is_clean else [_seen(line) for line in lines]
        self.kind = ["b" if not line or line.isspace() else "q" if ">" in line and _QUOTE.match(line) else "t" for line in self.lines]
        self.size = len(lines)
        self.whole = text if is_clean else "\n".join(self.lines)
        self.words = listed if listed is not None and is_clean else wordlist(self.whole)
        self.lowered = self.words.lowered
        self.colons = ":" in self.whole or "：" in self.whole
        self.ours = Ours(ours) if ours else None

    def own(self) -> list[bool]:
        """For each line whether it is the author's."""
        if banners.HINTS.may_be_in(self.words):
            above = banners.height(self.lines)
            self.kind[:above] = ["b" if kind == "b" else "x" for kind in self.kind[:above]]
        enclosed.fences(self.lines, self.kind, self.whole)
        enclosed.armour(self.lines, self.kind, self.lowered)
        self._groupwise()
        self._introductions()
        if self.ours and self.ours.occurs(self.words):
            self._compare(self.ours)
        if self._cut_at_headers() and self.ours:
            self._answers_among_ours(self.ours)
        self._signatures()
        self._disclaimer()
        self._keep_cited()
        self._trim_end()
        return [kind in "tk" or (kind == "b" and self._between(at)) for at, kind in enumerate(self.kind)]

    # --- passes -----------------------------------------------------------------------------------------------------------------

    def _groupwise(self) -> None:
        """Cut below a GroupWise mark, which looks like a deep quote but is none."""
        for at, line in enumerate(self.lines if ">>> " in self.whole else ()):
            if self.kind[at] == "q" and line.startswith(">>> ") and len(line) < 400 and marks.GROUPWISE.match(line):
                date = marks.DATE.search(line)
                following = self._next_filled(at + 1)
                if (
                    date
                    and (marks.ADDRESS.search(line) or line.rstrip().endswith(">>>"))
                    and following >= 0
                    and not self.lines[following].startswith(">")
                ):
                    self._cut(at)
                    return

    def _introductions(self) -> None:
        """Mark attribution lines; where one is followed by plain text, everything after it is the quote."""
        looked, has_text_above, checked = 0, False, 0
        for at in self._ends():
            if looked >= _CANDIDATES:
                return
            if self.kind[at] != "t":
                continue
            looked += 1
            start = self._introduction(at)
            if start < 0:
                continue
            has_text_above = has_text_above or any(kind in "tf" for kind in self.kind[checked:start])
            checked = at + 1
            start = self._heading(start)
            self.kind[start : at + 1] = ["a"] * (at + 1 - start)
            following = self._next_filled(at + 1)
            if following >= 0 and self.kind[following] != "q" and has_text_above:
                self._cut(at + 1)
                return

    def _ends(self) -> list[int]:
        """Lines that may be the last of an attribution."""
        verbs = marks.END_VERBS.may_be_in(self.words)
        angles, dashes = "<" in self.whole and "q" in self.kind, "---" in self.whole
        if not (verbs or angles or dashes or self.colons):
            return []
        found = []
        for at, kind in enumerate(self.kind):
            if kind != "t":
                continue
            line = self.lines[at].rstrip(" *_-")
            if (
                line[-1:] in _COLONS
                or (dashes and "---" in line and marks.NOTES.match(line))
                or (angles and self._closes_below(at))
                or (verbs and len(line) < marks.ATTRIBUTION_CHARACTERS and marks.may_end_with_verb(line) and marks.END_VERB.search(line))
            ):
                found.append(at)
        return found

    def _closes_below(self, at: int) -> bool:
        """Whether a wrapped attribution ends on the next line, whose `>` closes an address and quotes nothing."""
        if self.kind[at + 1 : at + 2] != ["q"] or "<" not in self.lines[at][-200:]:
            return False
        return bool(re.match(r"[ \t]*>[^>]{0,60}[:：]\s*$", self.lines[at + 1])) and not self.lines[at].rstrip().endswith((":", "：", ">"))

    def _introduction(self, end: int) -> int:
        """First line of the attribution that ends at line `end`, or -1. The shortest that convinces, then an opening line above it."""
        tail = ""
        if self._closes_below(end):
            tail = self.lines[end + 1].strip().lstrip(">").strip()
        following = self._next_filled(end + 1)
        quoted = following >= 0 and self.kind[following] == "q"
        joined = tail
        found = -1
        for start in range(end, max(-1, end - _ATTRIBUTION_LINES), -1):
            if self.kind[start] != "t":
                break
            joined = f"{self.lines[start].strip()} {joined}".strip()
            if len(joined) > marks.ATTRIBUTION_CHARACTERS:
                break
            if marks.attribution(joined) and (quoted or not marks.tells(joined)):
                found = start
                break
        if found < 0 and quoted and marks.introduces(self.lines[end]):
            found = end
        if found > 0 and self.kind[found - 1] == "t":
            above = self.lines[found - 1].strip()
            opens = marks.OPENER.match(above) and marks.DATE.search(above) and above[-1:] not in ".!?"
            alone = found == 1 or self.kind[found - 2] != "t"
            named = joined.startswith("<") and len(above) < 100 and alone and above[-1:] not in ".!?:"
            dated = marks.DATE.search(above) and marks.TIME.search(above) and above[-1:] not in ".!?:"
            if len(above) < 200 and (above.endswith("<") or named or ((opens or dated) and not marks.DATE.search(joined))):
                found -= 1
        if found >= 0 and tail:
            self.kind[end + 1] = "a"
        return self._paragraph(found, end)

    def _paragraph(self, found: int, end: int) -> int:
        """Where the paragraph of an attribution begins, if the lines above tell the day or the address that it lacks so far; else `found`."""
        top = found
        while top > max(0, end - _ATTRIBUTION_LINES + 1) and self.kind[top - 1] == "t":
            top -= 1
        if not 0 < top < found or self.kind[top - 1] != "b" or any(len(line) > 120 for line in self.lines[top:found]):
            return found
        above, below = " ".join(self.lines[top:found]).rstrip(), " ".join(self.lines[found : end + 1])
        is_day = marks.DAY.search(above) and not marks.DAY.search(below) and (marks.OPENER.match(above) or marks.TIME.search(above))
        is_sender = marks.NAMED.match(above) and not marks.ADDRESS.search(below)
        ends = above[-1:] in ".!?:" and not above.endswith((" kl.", " godz.", " plkst.", " г.", " р."))
        return top if (is_day or is_sender) and not ends else found

    def _heading(self, start: int) -> int:
        """First line of what stands right above an attribution and belongs to it: words between dashes, or a rule with a few labels."""
        top = start
        while top > max(0, start - 4) and self.kind[top - 1] == "t" and marks.HEADER.match(self.lines[top - 1][:400]):
            top -= 1
        if top > 0 and self.kind[top - 1] == "t":
            above = self.lines[top - 1]
            if len(above) <= 200 and (marks.CAPTION.match(above) or (top < start and marks.RULE.match(above))):
                return top - 1
        return start

    def _compare(self, ours: Ours) -> None:
        """Lines that we wrote are quotes, marked or not; a short line among them too."""
        typed = self._typed_first()
        hits = [at for at, line in enumerate(self.lines) if self.kind[at] in "tqx" and at not in typed and ours.wrote(line)]
        trusted = {at for at in hits if ours.is_long(self.lines[at])}
        filled = [at for at in range(self.size) if self.kind[at] != "b"]
        order = {at: number for number, at in enumerate(filled)}
        hit_set = set(hits)
        for at in hits:
            number = order[at]
            neighbours = filled[max(0, number - 1) : number + 2]
            if at in trusted or sum(1 for other in neighbours if other in hit_set) >= 2:
                trusted.add(at)
        for at in trusted:
            if self.kind[at] == "t":
                self.kind[at] = "x"
            elif self.kind[at] == "q":
                self.kind[at] = "o"
        for number, at in enumerate(filled):
            if self.kind[at] in "tq" and 0 < number < len(filled) - 1:
                both = self.kind[filled[number - 1]] in "xo" and self.kind[filled[number + 1]] in "xoq"
                if both and ours.knows(self.lines[at]):
                    self.kind[at] = "x" if self.kind[at] == "t" else "o"
        self._answers_among_ours(ours)

    def _typed_first(self) -> frozenset[int]:
        """The commands that a mail begins with: our mails print some to be typed, but none of them begins with one."""
        found = set()
        for at, kind in enumerate(self.kind):
            if kind != "b":
                if kind != "t" or not _COMMAND.match(self.lines[at]):
                    break
                found.add(at)
        return frozenset(found)

    def _answers_among_ours(self, ours: Ours) -> None:
        """An attribution cut everything below it; if that is our text, lines of another hand within it are answers."""
        cut = [at for at in range(self.size) if self.kind[at] == "c"]
        if not cut:
            return
        known = sum(1 for at in cut if ours.wrote(self.lines[at]) or ours.knows(self.lines[at]))
        if known < SHARE * len(cut):
            return
        last = max((at for at in cut if ours.wrote(self.lines[at])), default=-1)
        above = "\n".join(
            line
            for line, kind in zip(self.lines, self.kind, strict=True)
            if kind == "t" and not _COMMAND.match(line) and not marks.RULE.match(line)
        )
        if last >= 0 and (not above.strip() or _POINTS_BELOW.search(above)):
            for at in cut:
                if (
                    at < last
                    and not ours.wrote(self.lines[at])
                    and not ours.knows(self.lines[at])
                    and not marks.HEADER.match(self.lines[at])
                    and not marks.RULE.match(self.lines[at])
                ):
                    self.kind[at] = "t"

    def _cut_at_headers(self) -> bool:
        """Cut at the first separator or header block that stands for a quoted mail; whether there was a header block."""
        looked = 0
        says_above = marks.ABOVE.may_be_in(self.words)
        for at, line in enumerate(self.lines):
            if not (
                (
                    (self.colons and (":" in line or "：" in line))
                    or (line[:1] in _FOOTS and line.lstrip("> ")[:1] in _RULES)
                    or (says_above and marks.REPLY_ABOVE.match(line))
                )
                and self.kind[at] == "t"
                and len(line) <= 400
            ):
                continue
            looked += 1
            if looked > _CANDIDATES:
                return False
            if marks.ORIGINAL.match(line) or marks.FORWARD.match(line) or marks.REPLY_ABOVE.match(line):
                return self._cut_below(at, at + 1)
            if blocks.is_header_block(self.lines, at):
                return self._cut_below(at, at)
            if marks.RULE.match(line) and self._labels_follow(at):
                return self._cut_below(at, at + 1)
        return False

    def _cut_below(self, start: int, labels: int) -> bool:
        """Cut; the lines of the header block belong to nobody. Whether there are some."""
        self._cut(start)
        above = start - 1
        while above >= 0 and (self.kind[above] == "b" or (self.kind[above] == "t" and self._is_rule(above, start))):
            self.kind[above] = "x" if self.kind[above] == "t" else "b"
            above -= 1
        end = labels
        while end < min(self.size, labels + 14) and self.kind[end] != "b" and marks.ANY_LABEL.match(self.lines[end][:200]):
            self.kind[end] = "x"
            end += 1
        self.kind[start:labels] = ["x" if kind == "c" else kind for kind in self.kind[start:labels]]
        return end > labels + 1

    def _is_rule(self, at: int, start: int) -> bool:
        """Whether a line is a rule above a header block, or words between dashes right above it."""
        line = self.lines[at]
        return bool(marks.RULE.match(line)) or (at == start - 1 and len(line) <= 200 and marks.CAPTION.match(line) is not None)

    def _labels_follow(self, at: int) -> bool:
        """Whether a rule is followed by a header block in a language we don't know: labels with colons, an address among them."""
        block = [line for line in self.lines[at + 1 : at + 9] if line.strip()]
        labels = 0
        for line in block:
            if not marks.ANY_LABEL.match(line[:200]):
                break
            labels += 1
        return labels >= 3 and any("@" in line for line in block[:labels]) and any(marks.DATE.search(line[:400]) for line in block[:labels])

    def _signatures(self) -> None:
        """Cut from a signature mark to the next quote; what stands below a quote is the author's again."""
        within, first = marks.MOBILE_WITHIN.may_be_in(self.words), marks.MOBILE_FIRST.may_be_in(self.words)
        for begin, line in enumerate(self.lines):
            if self.kind[begin] != "t" or not (within or line[0] in _FOOTS or (first and marks.may_begin_mobile(line))):
                continue
            if (line[0] in _DASHES and marks.SIGNATURE.match(line)) or self._is_mobile(begin) or self._is_list_footer(begin):
                at = begin
                while at < self.size and self.kind[at] not in "qao":
                    if self.kind[at] != "b":
                        self.kind[at] = "x"
                    at += 1

    def _disclaimer(self) -> None:
        """What a firm lays below every mail is not the author's."""
        if not disclaimers.HINTS.may_be_in(self.words):
            return
        mine = [at for at, kind in enumerate(self.kind) if kind == "t"]
        first = disclaimers.begins(self.lines, mine)
        if first >= 0:
            for at in mine:
                if at >= first:
                    self.kind[at] = "x"

    def _is_mobile(self, at: int) -> bool:
        """Whether a line is what a phone adds; one that names no device only where it stands alone below all that the author wrote."""
        line = self.lines[at]
        if not marks.is_mobile_signature(line):
            return False
        if marks.names_device(line):
            return True
        if at < 2 or self.kind[at - 1] != "b" or not any(kind in "tf" for kind in self.kind[:at]):
            return False
        following = self._next_filled(at + 1)
        return following < 0 or self.kind[following] in "qaoxc"

    def _is_list_footer(self, at: int) -> bool:
        """Whether a long rule begins what a mailing list puts under every mail: right below a quote, or above words that only lists use."""
        line = self.lines[at]
        if len(line) < _FOOTER_RULE or line.lstrip(" \t>*")[:1] not in _RULES:
            return False
        line = line.strip()
        if len(line) < _FOOTER_RULE or not marks.RULE.match(line) or self.size - at > _FOOTER_LINES:
            return False
        above = next((n for n in range(at - 1, -1, -1) if self.kind[n] != "b"), -1)
        if above >= 0 and self.kind[above] in "qo":
            return True
        return above >= 0 and any(marks.LIST.search(line[:300]) for line in self.lines[at + 1 : at + _FOOTER_LINES])

    def _keep_cited(self) -> None:
        """Keep the quoted lines that the author answers one by one, or cites without having been answered by them."""
        if "q" not in self.kind and "o" not in self.kind:
            return
        blocks = self._blocks()
        texts = [number for number, (kind, _, _) in enumerate(blocks) if kind == "t"]
        quotes = [number for number, (kind, _, _) in enumerate(blocks) if kind == "q"]
        if not texts or not quotes:
            return
        answered = [number for number in quotes if number < texts[-1]]
        interleaved = len(answered) > 1
        for number in answered:
            _, start, end = blocks[number]
            introduced = self._is_introduced(start, end)
            has_above = texts[0] < number
            if introduced and not interleaved:
                below = sum(1 for at in range(end, self.size) if self.kind[at] in "tf")
                cited = sum(1 for at in range(start, end) if self.kind[at] == "q" and self.lines[at].strip("> \t"))
                if not (has_above and below >= max(3, cited)):
                    continue
            self.kind[start:end] = ["k" if self.kind[at] == "q" else self.kind[at] for at in range(start, end)]

    def _blocks(self) -> list[tuple[str, int, int]]:
        """Runs of text and of quoted lines, blank lines joining, in order; other lines end a run."""
        blocks: list[tuple[str, int, int]] = []
        for at, kind in enumerate(self.kind):
            wanted = "t" if kind in "tf" else "q" if kind in "qo" else ""
            if not wanted:
                if kind != "b" and blocks:
                    blocks.append(("", at, at + 1))
                continue
            if blocks and blocks[-1][0] == wanted:
                blocks[-1] = (wanted, blocks[-1][1], at + 1)
            else:
                blocks.append((wanted, at, at + 1))
        return blocks

    def _is_introduced(self, start: int, end: int) -> bool:
        above = next((at for at in range(start - 1, -1, -1) if self.kind[at] != "b"), -1)
        if above >= 0 and self.kind[above] == "a":
            return True
        for at in range(start, min(end, start + 4)):
            line = self.lines[at].lstrip("> \t")
            if self.kind[at] in "qo" and (marks.attribution(line) or blocks.is_header_block(self.lines, at)):
                return True
        return False

    def _trim_end(self) -> None:
        """Rules and tracking signs at the end of the author's text belong to the rest."""
        for at in range(self.size - 1, -1, -1):
            if self.kind[at] in "tf":
                if self.kind[at] == "f" or not marks.SMALL.match(self.lines[at][:200]) or len(self.lines[at]) > 200:
                    break
                self.kind[at] = "x"
        self.kind = ["t" if kind == "f" else kind for kind in self.kind]

    # --- small parts ------------------------------------------------------------------------------------------------------------

    def _cut(self, start: int) -> None:
        for at in range(start, self.size):
            if self.kind[at] != "b":
                self.kind[at] = "c"

    def _next_filled(self, start: int) -> int:
        for at in range(start, self.size):
            if self.kind[at] != "b":
                return at
        return -1

    def _between(self, at: int) -> bool:
        """A blank line belongs to the author if it follows a line of his."""
        return at > 0 and self.kind[at - 1] in "tkb"
