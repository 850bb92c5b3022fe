"""The warning that a mail server lays above mail from outside: `CAUTION: This email originated from outside of the organization.`

Of Microsoft 365, Proofpoint, Mimecast, Barracuda and those who write their own, in English, German, Finnish and Czech. It is nobody's words:
neither the customer's, whom staff would read it from, nor staff's, whose customers would get it. Told by whole sentences, from the very first
line on; a line of which anything else is left belongs to its author. Next: `quoting`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rules.frozen import dataclass
from rules.reading.wordlist import Hints

_LINES = 30
_CHARACTERS = 3000
_SPAN = 5
"""Lines that one sentence is broken into."""
_FULL = 40
"""Characters of a line that goes on in the next one."""
_HINTS = (
    *("outside", "extern", "often get", "often receive", "außerhalb", "ausserhalb", "nicht oft", "nicht häufig"),
    *("ulko", "usein sähköpost", "mimo ", "zvenčí", "vněj", "často", "zjqcmqryfpfpt"),
)
HINTS = Hints(_HINTS)
"""Without one of these a text has no such warning."""
_BESIDE = re.compile(r"[^\w\s.,:;!?'’@&/%+-]+")
_LINK = re.compile(r"<?(?:https?://|mailto:)[^\s>]{1,2000}>?", re.IGNORECASE)
_BRACKET = re.compile(r"(?<=[\]*])(?=\s)")
_ENDS = re.compile(r"(?<=[.!?:])(?=\s)")

_LABEL = re.compile(
    r"(?:security |it |sicherheits|turva)?(?:caution|warning|attention|alert|notice|note|important|be careful|be aware|external(?: (?:e-?mail|mail|message|sender))?(?: (?:warning|notice|alert))?"
    r"|achtung|vorsicht|warnung|hinweis|wichtig|externe?r? (?:e-?mail|mail|nachricht|absender)|extern"
    r"|varoitus|huom|huomio|huomautus|tärkeää|ulkoinen (?:sähköposti|viesti|lähettäjä)|ulkopuolinen (?:sähköposti|viesti|lähettäjä)"
    r"|upozornění|pozor|varování|důležité|externí (?:e-?mail|zpráva|odesílatel)|externí)",
)
_HOUSE = r"(?:organi[sz]ations?|company|network|domain|universit\w+|firm|tenant|group|school|agency|corporation|institution|institute|office|trust|council|enterprise|business|e-?mail system|mail system|organisation|unternehmens?|firma|firmennetz\w*|netzwerks?|hauses|konzerns?|universität|hochschule|behörde|verwaltung|organisaatio\w*|yrity\w+|yhtiö\w*|verko\w+|konserni\w*|yliopisto\w*|organizac\w*|společnost\w*|firm\w+|sít\w+|univerzit\w*|úřad\w*)"
_THIS = r"(?:please (?:note|be aware)[:,]? (?:that )?|you have received |bitte beachten sie[:,]? |huomaa[:,]? (?:että )?|huomioi(?:kaa)?[:,]? (?:että )?|upozorňujeme[:,]? (?:že )?)?"
_ORIGIN = re.compile(
    _THIS
    + r"(?:"
    + r"(?:this|the|an?) (?:e-?mail|message|mail|communication)(?: message)?,?(?: (?:which|that|has|been|was|is|originat\w+|comes?|came|coming|sent|received|arrived|delivered|to|you|us|from|by|via|an?|the|someone|somebody|source|sender|address)){1,8} (?:outside|external(?:ly)?)\b(?P<en>[^.!?]{0,90})"
    + r"|(?:some people who received this message )?(?:you )?(?:don['’]?t|do not) often (?:get|receive) (?:an )?e-?mails? from [^ ]{3,100}"
    + r"|(?:diese|die|dies ist eine) (?:e-?mail|mail|nachricht)(?: (?:wurde|ist|kommt|kam|stammt|von|vom|aus|einem|einer|der|dem|an|sie|uns|durch|über|gesendet|versandt)){0,8} (?:au(?:ß|ss)erhalb|externe[nmrs]?|extern)\b(?P<de>[^.!?]{0,90})"
    + r"|sie (?:erhalten|bekommen) (?:nicht (?:oft|häufig)|selten) (?:eine )?e-?mails? von [^ ]{3,100}|sie (?:erhalten|bekommen) e-?mails? von [^ ]{3,100} (?:nicht (?:oft|häufig)|selten)"
    + r"|(?:tämä |tämän )?(?:viesti|sähköposti\w*) (?:on|tuli|tulee)(?: \w+){0,4} ulko(?:puol|i)\w+(?P<fi>[^.!?]{0,60})"
    + r"|(?:et saa usein|saat harvoin|et yleensä saa) sähköposti\w* (?:osoitteesta|lähettäjältä|käyttäjältä) [^ ]{3,100}"
    + r"|(?:tento|tato|toto) (?:e-?mail|zpráva|mail)(?: (?:pochází|přiš\w+|byla?|je|odeslán\w*|poslán\w*|doručen\w*|z|ze|od|prostředí|zdroje)){1,7} (?:mimo|zvenčí|zvenku|vnějš\w+|extern\w+)\b(?P<cs>[^.!?]{0,60})"
    + r"|(?:e-?maily? )?od (?:uživatele |adresy )?[^ ]{3,100} (?:často nedostáváte|nedostáváte často)(?: e-?maily?| zprávy)?|(?:často nedostáváte|nedostáváte často) (?:e-?maily?|zprávy) od [^ ]{3,100}"
    + r")"
)
_WHOSE = re.compile(
    rf"[ ,]*(?:(?:e-?mail |mail )?(?:source|sender|address|domain|system|absender\w*|quelle|adresse|lähettäj\w+|läht\w+|osoit\w+|odesílatel\w*|zdroj\w*|adresy)"
    rf"|(?:[^ ]+ ){{0,4}}?{_HOUSE}(?: [^ ]+){{0,2}}|(?:of|von|the|our|your|des|der|unserer?|ihrer?)(?: [^ ]+){{1,4}})?[ ,]*(?:lähetetty|tullut|saapunut|gesendet|versandt|geschickt)?"
)
"""What may still stand behind `outside`: whose outside it is."""
_MORE = re.compile(
    r"learn why this is important(?: at)?|report(?: as)? suspicious|erfahren sie,? (?:warum|weshalb) dies wichtig ist|lue,? miksi tämä on tärkeää|selvitä,? miksi tämä on tärkeää"
    r"|zjistěte,? proč je to důležité|zjqcmqryfpfptbanner(?:start|end)|powered by (?:proofpoint|mimecast|barracuda)"
)
_BEGINS_ADVICE = re.compile(
    r"(?:please |always |never )?(?:do not|don['’]?t|do n[o]t|exercise|use|be |think|treat|verify|report|if you|unless|when in doubt|stop|take care|avoid|only|beware|stay|remember|please)"
    r"|(?:bitte |nie )?(?:klicken|öffnen|seien|prüfen|überprüfen|folgen|geben|melden|vermeiden|wenn|falls|sofern|es sei denn|bitte|vorsicht|links|achten|antworten)"
    r"|(?:älä|älkää|ole|olkaa|varo|varmista|noudata|avaa|harkitse|jos|tarkista|ethän)"
    r"|(?:prosím,? )?(?:neklikejte|neotv[ií]rejte|buďte|nereagujte|dbejte|ověřte|pokud|neodpovídejte|prosím|odkazy|nikdy)"
)
_ADVISES = re.compile(
    r"\bcaution\b|phish|suspicious|malicious|vigilan|recogni[sz]e|unknown sender|know the (?:content|sender)|trust(?:ed)? (?:the )?(?:sender|source)|(?:be|is|are) safe|expecting"
    r"|\b(?:link|attachment|url)s?\b.{0,60}\b(?:click|open|attachment|link)|\b(?:click|open)\w*\b.{0,40}\b(?:link|attachment|url)s?\b|before you click"
    r"|\b(?:links?|anhäng\w+|anlagen?|dateianhäng\w+)\b.{0,80}(?:klick|öffn|vertrau|kennen)|(?:klick\w*|öffn\w*)\b.{0,60}\b(?:links?|anhäng\w+|anlagen)|vorsichtig|verdächtig|absender (?:kennen|vertrau|bekannt)|den inhalt als sicher"
    r"|(?:linkke|linki|liittei|liite).{0,80}(?:avaa|klikkaa|napsauta|luota|tunne|tunnista|tunnet)|(?:avaa|klikkaa|napsauta)\w*.{0,60}(?:linkke|linki|liittei|liite)|varovai|tietojenkalastel|epäilyttäv|tunnista\w* lähettäj"
    r"|(?:odkaz|příloh).{0,80}(?:neklik|neotev|neotv|znáte|důvěřuj|ověř)|(?:neklik|neotv|neotev)\w*.{0,60}(?:odkaz|příloh)|obezřetn|opatrn|podezřel"
)
_RULE = re.compile(r"[\s\-_=*~#|+>–—─━═.]*")


def height(lines: Sequence[str]) -> int:
    """How many lines at the very top, blank ones between and below included, are a warning and nothing else; 0 if there is none."""
    top = lines[:_LINES]
    if sum(map(len, top)) > _CHARACTERS:
        top = _within(top)
    lowered = "\n".join(top).lower()
    if not any(hint in lowered for hint in _HINTS):
        return 0
    pieces = _pieces(top)
    reached: dict[int, bool] = {0: False}
    best = 0
    for at in range(len(pieces)):
        if at not in reached:
            continue
        for end in range(at + 1, min(len(pieces), at + _SPAN) + 1):
            kind = _kind(" ".join(piece.said for piece in pieces[at:end]), after=at > 0)
            if kind:
                is_warning = reached[at] or kind == "origin" or (kind == "label" and _is_marked(pieces[at], after=at > 0))
                reached[end] = is_warning or reached.get(end, False)
                if is_warning and pieces[end - 1].ends_line:
                    best = max(best, pieces[end - 1].line + 1)
            if not pieces[end - 1].goes_on:
                break
    while 0 < best < len(lines) and (not lines[best].strip() or _RULE.fullmatch(lines[best][:200])):
        best += 1
    return best


def without(text: str) -> str:
    """A text without the warning above it."""
    lines = text.split("\n", _LINES + 1)
    above = height(lines)
    return "\n".join(lines[above:]) if above else text


def _within(lines: Sequence[str]) -> Sequence[str]:
    size = 0
    for number, line in enumerate(lines):
        size += len(line)
        if size > _CHARACTERS:
            return lines[:number]
    return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """What stands between the ends of sentences and of lines."""

    line: int
    said: str
    """In lower case, without the signs around it."""
    raw: str
    """The whole line."""
    ends_line: bool
    goes_on: bool
    """Whether its sentence may go on in the next line: this one is full and has no end."""


def _pieces(lines: Sequence[str]) -> list[_Piece]:
    found: list[_Piece] = []
    for number, line in enumerate(lines):
        plain = [_BESIDE.sub(" ", part).lower() for part in _BRACKET.split(_LINK.sub(" ", line))]
        said = [each for part in plain for piece in _ENDS.split(part) if (each := " ".join(piece.split()).strip(" -_,;+&"))]
        for at, each in enumerate(said):
            is_last = at == len(said) - 1
            below = lines[number + 1].lstrip()[:1] if number + 1 < len(lines) else ""
            goes_on = is_last and each[-1] not in ".!?:" and len(_LINK.sub("", line)) >= _FULL and below.isalpha()
            bare = each.strip(" .!?:")
            if bare:
                found.append(_Piece(line=number, said=bare, raw=line, ends_line=is_last, goes_on=goes_on))
    return found


def _kind(said: str, *, after: bool) -> str:
    """What a sentence is: `label`, `origin`, `advice` (only after one of these), or empty for words of somebody."""
    if len(said) > 400:
        return ""
    if _LABEL.fullmatch(said):
        return "label"
    origin = _ORIGIN.fullmatch(said)
    if origin and all(tail is None or _WHOSE.fullmatch(tail) for tail in origin.groups()):
        return "origin"
    if _MORE.fullmatch(said):
        return "origin" if said.startswith("zjq") else "advice"
    return "advice" if after and _BEGINS_ADVICE.match(said) and _ADVISES.search(said) else ""


def _is_marked(piece: _Piece, *, after: bool) -> bool:
    """Whether `external` alone is a mark: in brackets, between stars, in capitals, or behind `Caution`."""
    if "extern" not in piece.said and "ulko" not in piece.said:
        return False
    line = piece.raw.strip()
    head = line[: len(piece.said) + 1]
    return line[:1] in "[*({<⚠" or head.upper() == head or (after and " " in piece.said)
