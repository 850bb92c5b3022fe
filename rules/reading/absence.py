"""What absent people's mail programs write: their subjects, in the languages of our users and their correspondents, and until when.

Of a subject only the beginning counts: `Re: Out of office` is a person's answer to one.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from rules.actions.folding import fold

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
| (?:we (?:have )?)?(?:your (?:message|e-?mail|request|ticket|case|inquiry|enquiry) (?:has been|was) (?:received|registered|created)) | eingangsbestätigung\s*(?:[:!-]|$) | lese(?:bestätigung|nachricht)\s*: | gelesen: | not read: | read receipt\b | return receipt\b | non lu\s?: | luettu: | přečteno:
"""
_AUTOMATIC = re.compile(
    rf"\s*(?:{'|'.join(line.strip().removeprefix('| ').replace(' | ', '|') for line in _PREFIXES.strip().splitlines())})", re.IGNORECASE
)


def is_automatic_subject(subject: str) -> bool:
    """Whether a subject begins as those of absence notes, receipts and other answers by programs do."""
    return _AUTOMATIC.match(subject[:200]) is not None


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
