"""What a partner's mail says of his own affairs: the number of his ticket, and for whom he asks.

Both stand in such mails by habit, not by rule: `[ABC-123]` in the subject, `Our reference: ABC-123` or `Endkunde: …` on a line of the
text. What isn't recognised stays text. Nothing here is believed of anybody but partners: see `rules.customers`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from rules.actions.folding import fold
from rules.reading import subject as subjects

MOST_ROWS = 8
"""Lines of a block that are looked at."""
LONGEST = 400
"""Characters of a line that are looked at."""
_NUMBER = r"((?=[\w./-]*\d)[A-Za-z0-9][\w./-]{1,38}[A-Za-z0-9])(?![\w/-])"
_LABELS = (
    r"(?:our|my) (?:ref(?:erence)?|ticket|case|number)(?: (?:no|number|id))?|partner (?:ref(?:erence)?|ticket)|ticket (?:no|number|id)|case (?:no|number|id)"
    r"|unser(?:e)? (?:zeichen|referenz|ticket-?nummer|nummer|vorgangsnummer|auftragsnummer)|vorgangs-?(?:nummer|nr)|ticket-?(?:nummer|nr)|auftrags-?(?:nummer|nr)"
    r"|viitteemme|viitenumero(?:mme)?|tikettinumero(?:mme)?|tapausnumero(?:mme)?|meidan (?:viite|numero)"
    r"|nase (?:znacka|cislo|reference)|cislo (?:tiketu|pozadavku|pripadu|zakazky)"
)
_LABELLED = re.compile(rf"(?:{_LABELS})\.?\s*[:#=]+\s*{_NUMBER}")
_HASHED = re.compile(rf"\b(?:ticket|case|incident|vorgang|tiketti|tapaus|tiket|pripad)\s*#\s*{_NUMBER}")
_HEAD = re.compile(
    r"\W{0,3}(?:end[- ]?customer|end[- ]?user|endkunde|endkundin|endbenutzer|loppuasiakas|loppukayttaja|koncovy zakaznik|koncovy uzivatel)(?: data| daten)?\s*[:=]"
)
_NAME = re.compile(
    r"(?:name|company|firma|kunde|nimi|yritys|jmeno|nazev|spolecnost|contact|kontakt|ansprechpartner|yhteyshenkilo)\s*[:=]\s*(.+)"
)
_PLAIN = re.compile(r"(?=[\w./-]*\d)(?=.{5,40}$)(?:(?=.*[A-Za-z./-])|(?=\d{6}))[A-Za-z0-9][\w./-]*")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]+@[^\s<>()\[\],;:\"]+\.[^\s<>()\[\],;:\".]+")
_PHONE = re.compile(r"(?<![\w@.])\+?\(?\d[\d ()/-]{5,}\d")
_LABEL = re.compile(r"^\W*(?:[^\W\d_][\w .-]{0,24})\s*[:=]\s*")


def reference(subject: str, text: str, ours: Collection[str]) -> str:
    """The partner's own number, from a bracket in the subject or a labelled line of the text; empty if neither has one. `ours` are no such numbers."""
    known = {ref.lower() for ref in ours}
    for ref in subjects.read(subject).refs:
        if any(c.isdigit() for c in ref) and len(ref) >= 3 and ref.lower() not in known:
            return ref
    for row in (subject, *text.split("\n")[:200]):
        folded = fold(row[:LONGEST])
        found = _LABELLED.search(folded) or _HASHED.search(folded)
        if found and found[1].lower() not in known:
            return _as_written(row, found[1])
    return ""


def numbers(subject: str, ours: Collection[str]) -> tuple[str, ...]:
    """Words of a subject that may be numbers of a partner's own tickets, in lower case: in brackets, labelled, or long enough to be none by chance."""
    known = {ref.lower() for ref in ours}
    said = [ref for ref in subjects.read(subject).refs if any(c.isdigit() for c in ref)]
    said += [reference(subject, "", ours)]
    said += [word for word in (w.strip(".,;:!?()[]#") for w in subject[:LONGEST].split()) if _PLAIN.fullmatch(word)]
    return tuple(dict.fromkeys(word.lower() for word in said if word and word.lower() not in known))


def end_customer(text: str) -> Mapping[str, str]:
    """`name`, `address` and `phone` of whom the request is for, as far as a block of the text says; empty if there is none."""
    rows = text.split("\n")
    for number, row in enumerate(rows[:200]):
        if not _HEAD.match(fold(row[:LONGEST])):
            continue
        inline = re.split("[:=]", row[:LONGEST], maxsplit=1)[1]
        block = [inline] if inline.strip() else []
        for following in rows[number + 1 : number + 1 + MOST_ROWS]:
            if not following.strip():
                break
            block.append(following[:LONGEST])
        said = _taken_apart(block, is_inline=bool(inline.strip()))
        if said:
            return said
    return {}


def _taken_apart(block: list[str], *, is_inline: bool) -> dict[str, str]:
    said: dict[str, str] = {}
    for place, row in enumerate(block):
        rest = row.strip()
        if (address := _ADDRESS.search(rest)) and "address" not in said:
            said["address"] = address[0].removeprefix("mailto:")
            rest = rest.replace(f"<{address[0]}>", " ").replace(address[0], " ")
        if (phone := _PHONE.search(rest)) and "phone" not in said:
            said["phone"] = phone[0].strip()
            rest = rest.replace(phone[0], " ")
        named = _NAME.match(fold(row.strip()))
        bare = _LABEL.sub("", rest).strip(' \t",;<>()-') if named or place == 0 else ""
        if bare and "name" not in said and (named or (place == 0 and (is_inline or ":" not in row))):
            said["name"] = " ".join(bare.split())[:200]
    return said


def _as_written(row: str, folded: str) -> str:
    """The number in the spelling of the mail; folding only changes case and accents of what stands around it."""
    found = re.search(re.escape(folded), row, re.IGNORECASE)
    return found[0] if found else folded.upper()
