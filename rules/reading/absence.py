"""What absent people's mail programs write: their subjects, in the languages of our users and their correspondents, and until when.

Of a subject only the beginning counts: `Re: Out of office` is a person's answer to one.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from rules.actions.folding import fold
from rules.reading import persons
from rules.reading.wordlist import Hints, wordlist

_PREFIXES = r"""
out[ -]of[ -](?:the )?office | ooo\b | i ?['’]?a?m (?:currently )?(?:out of|away from) (?:the|my) office | automatic(?:ally generated)? (?:reply|response|answer)
| auto(?:mated)?[ -]?(?:reply|response|responder|answer)\b | \[auto(?:matic)?[ -]?(?:reply|response)\] | away from (?:the office|my (?:desk|mail|e-?mail)) | vacation (?:reply|message|notice|response|alert)
| (?:on|i['’]m on) (?:vacation|annual leave|holiday|parental leave|maternity leave)\b(?! request) | away (?:message|notice|on\b) | absence (?:notice|notification|message)
| automatische?s? (?:antwort|rückantwort|reply|mitteilung|benachrichtigung|empfangsbestätigung) | automatisch(?:e|er)? (?:antwoord|generi?erte antwort|abwesenheit) | abwesenheits?(?:notiz|nachricht|meldung|assistent|mitteilung|benachrichtigung|agent)?\s*[:(!-]
| abwesenheits(?:notiz|nachricht|meldung|assistent|mitteilung|benachrichtigung) | (?:bin |ich bin )?(?:zur ?zeit|derzeit|momentan) (?:abwesend|nicht (?:im (?:büro|haus)|erreichbar)) | (?:bin )?(?:abwesend|nicht im (?:büro|haus))\s*(?:[:!-]|bis|$) | urlaubs(?:notiz|meldung|benachrichtigung)
| automaatti(?:nen vastaus|vastaus) | automaattinen (?:poissaolo)?viesti | poissa(?:olo(?:viesti|ilmoitus|vastaus)?)?\s*(?:[:!-]|$|toimistolta) | poissaolo(?:viesti|ilmoitus) | olen (?:lomalla|poissa)\b
| automatick[áé] odpov[ěe][ďd] | automatick[áé] odpoveď | automatická zpráva | mimo kancelář | odpověď v nepřítomnosti | oznámení o nepřítomnosti | v neprítomnosti | nepřítomnost\s*(?:[:!-]|$)
| réponse automatique | reponse automatique | absence du bureau | (?:je suis )?absente? du bureau | message d['’]absence | notification d['’]absence | absent\(e\) | répondeur automatique
| respuesta autom[áa]tica | fuera de (?:la )?oficina | mensaje (?:autom[áa]tico|de ausencia) | contestaci[óo]n autom[áa]tica | ausente de la oficina | resposta autom[áaà]tica | fora do escrit[óo]rio | aus[êe]ncia tempor[áa]ria | mensagem autom[áa]tica
| risposta automatica | fuori (?:sede|ufficio)\s*(?:[:!-]|$) | messaggio automatico | assente dall['’]ufficio | avviso di assenza
| afwezig(?:heid(?:sbericht|smelding|sassistent)?)?\s*(?:[:!-]|$) | afwezigheids(?:bericht|melding|assistent) | niet aanwezig | niet op kantoor
| autosvar | auto-svar | automatiskt? svar | frånvaro(?:meddelande|besked)?\s*(?:[:!-]|$) | frånvarande | ej på (?:kontoret|plats) | inte på kontoret | fravær(?:s(?:assistent|melding|besked))?\s*(?:[:!-]|$) | fraværende | ikke (?:på kontoret|til stede) | sjálfvirkt svar
| automatyczna odpowied[źz] | autoodpowied[źz] | auto-odpowied[źz] | odpowied[źz] automatyczna | poza biurem | nieobecno[śs][ćc]\s*(?:[:!-]|$) | wiadomo[śs][ćc] automatyczna
| automatikus (?:válasz|üzenet) | házon kívül | szabadságon vagyok | r[ăa]spuns automat | absent de la birou | automatski odgovor | samodejni (?:odgovor|odziv) | odsutnost\s*(?:[:!-]|$) | automaatvastus | kontorist väljas | autom[āa]tisk[āa] atbilde | automatinis atsak(?:ymas|as)
| автоответ | авто-ответ | автоматическ(?:ий ответ|ое (?:сообщение|уведомление)) | автоматичн(?:а відповідь|е повідомлення) | автовідповідь | автоматичен отговор | аутоматски одговор | автоматический отклик | нет на (?:рабочем )?месте
| αυτόματη απάντηση | εκτός γραφείου | otomatik (?:yanıt|cevap) | ofis dışında | רד תגובה אוטומטית | תשובה אוטומטית | מענה אוטומטי | الرد التلقائي | رد تلقائي | پاسخ خودکار
| 自動(?:応答|返信|回覆|回復|送信) | 【?自動(?:返信|応答)】? | 不在(?:通知|応答) | \[?自动(?:答复|回复|回覆) | 自动应答 | 外出 ?(?:自动回复|時の自動応答) | 자동 ?(?:회신|응답|답장) | 부재 ?중 | trả lời tự động | ตอบกลับอัตโนมัติ | balasan otomatis | jawapan automatik | resposta automàtica
| challenge[ -]response | please (?:confirm|verify) (?:your (?:e-?mail|message)|that you (?:sent|are)) | \[?(?:spam ?arrest|boxbe)\]? .{0,40}(?:verif|confirm|waiting) | your (?:message|e-?mail) (?:is )?(?:awaiting|awaits) (?:moderator )?(?:approval|verification)
| (?:we (?:have )?)?(?:your (?:message|e-?mail|request|ticket|case|inquiry|enquiry) (?:has been|was) (?:received|registered|created)) | eingangsbestätigung\s*(?:[:!-]|$) | lese(?:bestätigung|nachricht)\s*: | not read: | read receipt\b | return receipt\b | non lu\s?:
"""
_AUTOMATIC = re.compile(
    rf"\s*(?:{'|'.join(line.strip().removeprefix('| ').replace(' | ', '|') for line in _PREFIXES.strip().splitlines())})", re.IGNORECASE
)


_GOES_ON = re.compile(
    r"\s*(?:[\w-]{1,20}\s?[:：]|(?:auto)?-?(?:reply|response|message|notice|notification|answer)\b)?\s*(?:$|[^\w\s'’]|(?:re|aw|sv|vs|antw|odp|fwd?|wg|tr|rv)\s*[:：]|\d"
    r"|(?:until|till|til|from|to|of|for|on|by|regarding|about|with|is|was|returning|bis|vom|von|ab|am|auf|zu|zur|für|wegen|asti|saakka|do|od|na|v|k|kvůli|du|de|del|da|au|à (?:votre|ton|vos)|al|jusqu|hasta|fino|dal|até|tot|van|op|wegens|till|fra|från|frem|i|на|с|до|по)\b)",
    re.IGNORECASE,
)
"""What may follow the words of such a subject. Other words make it a subject about such things: `Automatic reply cannot be switched off`."""

_MENTIONS = re.compile(
    r"(?:\S+ ){0,5}(?:is|are) (?:currently )?(?:out of (?:the )?office|away from (?:the )?office|on (?:vacation|leave|holiday))\b|auto: |\W{1,3}auto[ -]?(?:reply|response)\W"
    r"|.{0,60}\bist (?:außer haus|nicht im (?:büro|haus)|abwesend)\b"
    r"|\b(?:vacation|on leave|(?:annual|maternity|parental|sick) leave|not in (?:the )?office|absence|abwesenheit|(?:ich bin |bin )?im urlaub|urlaub|elternzeit|ich bin nicht"
    r"|lomalla|loma(?:viesti)?|vuosiloma|äitiysloma|dovolen|nepřítom|čerpám|mateřská|jsem (?:na|mimo)|som na|absent|je suis (?:absent|en)|en (?:congés?|vacances)|congés?"
    r"|ausen[ct]|de vacaciones|estoy (?:de|fuera)|aviso de ausencia|férias|estou (?:de|fora)|assen[tz]|(?:sono )?in ferie|met vakantie|op vakantie|vakantie|verlof|semester|(?:är )?på semester|föräldraledig"
    r"|ferie|på ferie|barsel|nieobecn|urlop|jestem na|szabads|távol|izin|отпуск|(?:я )?в отпуске|вне офиса|отсутств|εκτός|odsot)"
    r"|休暇|休假|不在|부재",
    re.IGNORECASE,
)
_RECEIPT = re.compile(
    r"(?:read|not read|deleted|gelesen|ungelesen gelöscht|luettu|přečteno|prečítané|lu|leído|lida|letto|gelezen|läst|læst|lest|przeczytano|прочитано|прочтено|既読)\s?[:：]",
    re.IGNORECASE,
)
_WAS_READ = re.compile(
    r"\b(?:was (?:read|displayed|deleted|opened)|gelesen\b|ungelesen|luettiin|poistettiin|(?:byla|bola) (?:přečtena|prečítaná|odstraněna)|a été (?:lu|ouvert|supprimé)|(?:se leyó|ha sido leído|fue leído)|foi (?:lida|excluída)|è stato letto|is gelezen|(?:lästes|har lästs)|(?:blev læst|ble lest)|został[ao]? (?:przeczytan|odczytan)|(?:прочитано|прочтено|было прочитано))|開封",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"\b(?:out of (?:the |my )?office|away from (?:the|my) (?:office|desk|e-?mails?|mail)|(?:on|from) (?:annual |maternity |parental |sick )?(?:vacation|leave|holidays?)|(?:limited|no|without) access to (?:my )?e-?mails?|(?:will|shall) (?:be back|return|be returning|reply|respond)|back (?:in the office|on|at work)|in urgent (?:cases|matters)|for urgent|my absence)\b"
    r"|\bnicht (?:im (?:büro|haus|dienst)|erreichbar)|\b(?:im|meines|in) urlaub|\babwesend|abwesenheit|\bwieder (?:erreichbar|im büro|für sie|da\b|zurück)|in dringenden (?:fällen|angelegenheiten)|nicht weitergeleitet|\bin elternzeit"
    r"|\bolen (?:lomalla|poissa|vuosilomalla|vapaalla|matkoilla|äitiyslomalla)|\bpalaan|kiireellis|\blomani\b|poissaolo"
    r"|\b(?:jsem|budu|nebudu|nejsem) (?:na dovolené|mimo|nepřítom|v kanceláři|k zastižení)|čerpám dovolenou|v naléhavých|vrátím se|nepřítomnost|som na dovolenke|\bzpět v kanceláři"
    r"|\bje suis (?:absent|actuellement|en congé|en vacances)|absente? du|de retour|en cas d['’]urgence|mon absence|\b(?:fuera de la oficina|de vacaciones|regreso|en caso (?:de )?urgente?)|\bem férias|fora do escritório|regresso|retorno|in ferie|fuori (?:ufficio|sede)|rientr|assente"
    r"|\b(?:afwezig|niet (?:aanwezig|bereikbaar)|met vakantie|op vakantie|weer (?:bereikbaar|aanwezig|terug)|dringende)\b|\b(?:på semester|är (?:ledig|bortrest|tillbaka)|tillbaka (?:den|på)|brådskande|på ferie|tilbage (?:på|den|d\.)|tilbake|fraværende|hastesager)"
    r"|\b(?:na urlopie|nieobecn|poza biurem|pilnych|szabads[áa]g|távol|s[üu]rg[őo]s|izinde|в отпуске|отсутств|вне офиса|вернусь|срочн)|εκτός γραφείου|休暇|不在に|休假|외출|휴가|부재",
)
_SAID_BY_PROGRAMS = re.compile(
    r"\bthis is an auto(?:mat(?:ed|ic)|-?generated)|\bautomatic (?:reply|response|answer)\b|\bprotecting myself from (?:receiving )?junk|\bautomatically generated|\bautomated (?:message|reply|response|e-?mail|notification)|\b(?:do not|don['’]t|please do not) (?:reply|respond) (?:to this|directly)|\bthis (?:e-?mail|message|mailbox|inbox) is (?:not monitored|unmonitored|unattended)"
    r"|automatisch (?:generiert|erstellt|erzeugt|versendet|verschickt)|antworten sie (?:bitte )?nicht auf diese|automatische (?:nachricht|antwort|e-?mail|eingangsbestätigung)"
    r"|tämä on automaattinen|automaattinen (?:viesti|vastaus)|automaattisesti (?:luotu|lähetetty)|älä vastaa tähän|automaticky (?:vy)?(?:generov|odesl)|automatick(?:á|ou) (?:zpráv|odpověď)|neodpovídejte na"
    r"|(?:message|réponse|courriel|e-?mail) automatique|ne pas répondre|(?:mensaje|respuesta|correo) autom[áa]tic|no responda a este|(?:mensagem|resposta) automática|não responda|(?:messaggio|risposta) automatic|non rispondere a|automatisch (?:gegenereerd|verzonden|antwoord|bericht)|automatiskt (?:svar|meddelande|genererat)|automatisk (?:svar|besked|generert|genereret)|automatyczn(?:a odpowiedź|ie wygenerowan)|автоматическ(?:ое сообщение|и (?:создано|сгенерировано))|自動(?:返信|送信|配信)|自动(?:回复|发送)",
)
_STEMS = tuple(
    stem.replace("_", " ")
    for stem in (
        "out_of_off out_of_the out_of_my away_from in_the_office vacation on_leave annual_leave maternity parental holiday access_to urgent absence automat automaa auto-gen not_monitored unmonitored unattended not_reply not_respond "
        "n't_reply n't_respond n’t_reply will_reply will_respond junk_mail urlaub nicht_im nicht_erreichbar wieder_erreichbar wieder_im antworten_sie dringenden elternzeit abwesen lomalla poissa palaan kiireel vastaa_tähän dovolen mimo "
        "naléhav vrátím nepřítom neodpov vygener automatic absent congé vacances urgence pas_répondre oficina vacaciones regreso férias escritório ferie rientr assente afwezig vakantie dringende semester brådsk tilbage tilbake fravær "
        "urlop nieobecn pilnych szabads távol отпуск отсутств вернусь срочн автомат γραφείου 休 不在 自動 自动 휴가 부재 non_rispondere no_responda não_responda"
    ).split()
)
_ASCII_STEMS = tuple(stem for stem in _STEMS if stem.isascii())
_WITHIN = ("automa", "автомат", "abwesen", "lomalla", "poissa", *"休不自휴부")
"""Parts of longer words, and signs of scripts that leave no blanks between words."""
HINTS = Hints(stem for stem in _STEMS if not stem.startswith(_WITHIN))
_OPENING = 1000
_AROUND = 70
"""Characters on both sides of a stem that the patterns may need."""


def says_automatic(subject: str, text: str, *, is_answer: bool) -> bool:
    """Whether a mail without any mark of programs is an absence note, a receipt or another answer by one.

    Some subjects say so by themselves; of others (`Vacation`, `Kim is out of the office`) the text must tell of an absence, and the mail
    must answer one of somebody's, else a person's own news would be put away.
    """
    head = subject[:200]
    found = _AUTOMATIC.match(head)
    goes_on = found and (not found.group()[-1:].isalnum() or _GOES_ON.match(head, found.end()))
    if goes_on and not head.rstrip().endswith(("?", "？")):
        return True
    if _RECEIPT.match(head.lstrip()) and _WAS_READ.search(text[:_OPENING]) and not persons.speaks(text):
        return True
    if not found and not _MENTIONS.match(head.lstrip()):
        return False
    passages = _passages(text)
    evidence = {said for passage in passages for said in _NOTE.findall(passage)}
    return (bool(evidence) if is_answer else found is not None and len(evidence) > 1) and not persons.asks(text)


def may_be_automatic(text: str) -> bool:
    """Whether the opening of a text reads as if a program had sent it: such a mail is worked on, but nothing answers it by itself."""
    passages = _passages(text)
    if any(_SAID_BY_PROGRAMS.search(passage) for passage in passages):
        return True
    evidence = {said for passage in passages for said in _NOTE.findall(passage)}
    return len(evidence) > 1 and not persons.asks(text[:_OPENING])


def _passages(text: str) -> list[str]:
    """What of the opening of a text, down to whatever is quoted there, may tell of an absence or a program; in lower case, on one line."""
    listed = wordlist(text)
    opening = listed.lowered[:_OPENING]
    if not HINTS.may_be_in(listed) and not any(map(opening.__contains__, _WITHIN)):
        return []
    stems = [stem for stem in (_ASCII_STEMS if opening.isascii() else _STEMS) if stem in opening]
    if not stems:
        return []
    quote = _QUOTED.search(opening)
    flat = " ".join((opening[: quote.start()] if quote else opening).split())
    found = sorted(at for stem in stems if (at := flat.find(stem)) >= 0)
    passages: list[tuple[int, int]] = []
    for at in found:
        if passages and at - _AROUND <= passages[-1][1]:
            passages[-1] = (passages[-1][0], at + _AROUND)
        else:
            passages.append((max(0, at - _AROUND), at + _AROUND))
    return [flat[start:end] for start, end in passages]


_QUOTED = re.compile(r"^(?:>|-{3,}|_{5,}|={5,}|\*?(?:from|von|lähettäjä|od|de|da|van|från|fra|от)\*?\s?[:：])", re.MULTILINE)


_MONTHS = (
    "january jan januar jaenner janner tammikuu ledna leden",
    "february feb februar helmikuu unora unor",
    "march mar marz maerz maaliskuu brezna brezen",
    "april apr huhtikuu dubna duben",
    "may mai toukokuu kvetna kveten",
    "june jun juni kesakuu cervna cerven",
    "july jul juli heinakuu cervence cervenec",
    "august aug elokuu srpna srpen",
    "september sep sept syyskuu zari",
    "october oct oktober okt lokakuu rijna rijen",
    "november nov marraskuu listopadu listopad",
    "december dec dezember dez joulukuu prosince prosinec",
)
_NUMBER = {word: n for n, words in enumerate(_MONTHS, 1) for word in words.split()}
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_DOTTED = re.compile(r"\b(\d{1,2})\. ?(\d{1,2})\.(?: ?(\d{4}))?")
_NAMED = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th|\.)? (?:of )?([a-z]{3,12}?)(?:ta|hun|ssa)?\b(?:,? (\d{4}))?")
_AMERICAN = re.compile(r"\b([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?\b(?:,? (\d{4}))?")
FARTHEST = timedelta(days=180)
"""No note is believed to be about a longer absence."""


def until(text: str, today: date) -> date | None:
    """The last day that a note names, from tomorrow on; None where it names none that may be meant."""
    said = fold(text[:4000])
    found = [(m[1], m[2], m[3]) for m in _ISO.finditer(said)]
    found += [(m[3], m[2], m[1]) for m in _DOTTED.finditer(said)]
    found += [(m[3], str(_NUMBER[m[2]]), m[1]) for m in _NAMED.finditer(said) if m[2] in _NUMBER]
    found += [(m[3], str(_NUMBER[m[1]]), m[2]) for m in _AMERICAN.finditer(said) if m[1] in _NUMBER]
    days = [day for each in found if (day := _day(*each, today)) is not None]
    return max((day for day in days if today < day <= today + FARTHEST), default=None)


def offered(text: str, today: date) -> tuple[date, ...]:
    """The days until which an absent agent may be away: the one that his note names, else the end of this week and of the next two."""
    named = until(text, today)
    if named is not None:
        return (named,)
    friday = today + timedelta(days=(4 - today.weekday()) % 7 or 7)
    return tuple(friday + timedelta(weeks=n) for n in range(3))


def _day(year: str | None, month: str, day: str, today: date) -> date | None:
    """The day, of the next year that has it where none is said; None if there is no such day."""
    for candidate in (int(year),) if year else (today.year, today.year + 1):
        try:
            found = date(candidate, int(month), int(day))
        except ValueError:
            return None
        if year or found >= today:
            return found
    return None
