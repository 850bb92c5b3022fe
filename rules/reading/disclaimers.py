"""What a firm lays below every mail: `This e-mail is confidential. If you are not the intended recipient, …`, in four languages.

Told by how it begins and by naming a recipient who is the wrong one, with another word of its kind beside it; only at the very end, below
words of the author's own, and only if nothing but more of it follows. Next: `quoting`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rules.reading.wordlist import Hints

_CHARACTERS = 4000
_LEAST = 90
_HINTS = ("recipient", "addressee", "adressat", "empfänger", "vastaanottaj", "adresát", "příjemc")
HINTS = Hints(_HINTS)
"""Without one of these a text has no disclaimer."""
_BEGINS = re.compile(
    r"(?:(?:legal |e-?mail |confidentiality )?(?:disclaimer|notice|confidentiality|rechtlicher hinweis|wichtiger hinweis|hinweis|huomautus|luottamuksellisuus|upozornění)\W{1,5})?"
    r"(?:(?:this|the (?:content|contents|information)(?: \w+){0,3}? (?:in|of) this) (?:e-?mail|electronic mail|message|mail|communication|transmission)\b"
    r"|(?:diese|der inhalt dieser|die informationen in dieser|die in dieser) (?:e-?mail|mail|nachricht)\b"
    r"|tämä(?:n)? (?:sähköposti\w*|viesti\w*)"
    r"|(?:tento|tato|obsah tohoto|obsah této|informace v tomto|informace v této) (?:e-?mail\w*|zpráv\w*|mail\w*)\b)"
)
_WRONG_ONE = re.compile(
    r"if you are not (?:the|an|a) (?:intended |named |proper )*(?:recipient|addressee)|intended (?:solely |only |exclusively )?for (?:the )?(?:\w+ ){0,6}(?:recipient|addressee)"
    r"|nicht (?:der|die) (?:richtige|vorgesehene|beabsichtigte|bestimmungsgemäße)\w* (?:adressat|empfänger)\w*|(?:ausschließlich|nur) für den (?:\w+ ){0,3}(?:adressaten|empfänger)"
    r"|(?:et|ette) ole (?:\w+ ){0,4}(?:vastaanottaja|saaja)\w*|(?:tarkoitettu|osoitettu) (?:\w+ ){0,3}vastaanottaj\w+"
    r"|nejste(?:-li)? (?:\w+ ){0,4}(?:adresát|příjemc)\w*|určen\w* (?:\w+ ){0,4}(?:adresát|příjemc)\w*"
)
_OF_ITS_KIND = re.compile(
    r"confidential|privileged|unauthori[sz]ed|notify the sender|inform the sender|disclos|prohibited|vertraulich|rechtlich geschützt|irrtümlich|unbefugt|unerlaubt|nicht gestattet|vernichten"
    r"|luottamuksel|salassa|ilmoit\w+ (?:\w+ ){0,4}lähettäjä|hävit|tuho|kielletty|důvěrn|neoprávněn|omylem|zakázán|vyrozum|informujte odesílatele"
)
_MORE = re.compile(
    r"print(?:ing)? this|environment|umwelt|ympäristö|životní prostředí|virus|hrb \d|amtsgericht|geschäftsführ|sitz der gesellschaft|registered (?:in|office)|y-tunnus|ičo?\b"
)


def begins(lines: Sequence[str], at: Sequence[int]) -> int:
    """Which of the author's rows, given by their numbers, is the first of a disclaimer that goes on to the last of them; -1 if there is none."""
    tail = "\n".join(lines[n] for n in at[-40:])[-_CHARACTERS:].lower()
    if not any(hint in tail for hint in _HINTS):
        return -1
    blocks: list[list[int]] = []
    for n in at:
        if blocks and blocks[-1][-1] == n - 1:
            blocks[-1].append(n)
        else:
            blocks.append([n])
    first = -1
    for block in reversed(blocks[1:]):
        said = " ".join(" ".join(lines[n] for n in block).split()).lower().lstrip("*_-=~ ")[:_CHARACTERS]
        if _is_one(said):
            first = block[0]
        elif not (_OF_ITS_KIND.search(said) or _MORE.search(said)) or "?" in said or said.startswith("#"):
            break
    return first


def _is_one(said: str) -> bool:
    return (
        len(said) >= _LEAST
        and "?" not in said
        and bool(_BEGINS.match(said))
        and bool(_WRONG_ONE.search(said))
        and bool(_OF_ITS_KIND.search(said))
    )
