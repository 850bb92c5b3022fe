"""Signs in a text that a person wrote it to us: questions, pleas, greetings. Programs that return mail or tell of an absence ask nothing.

Only a hint, for mails whose other marks leave it open (`machine.py`, `mailgate.parsing.bounces`). Looks at the opening alone.
"""

from __future__ import annotations

import re

OPENING = 3000
"""Characters that are looked at."""

_ASKS = re.compile(
    r"[?？](?:[\s)\"']|$)|\b(?:please|kindly) (?:help|check(?! (?:if|the|that|whether|your))|advise|fix|look|have a look|enlarge|increase|assist|investigate|solve|tell me|let me know|do something)"
    r"|\b(?:can|could|would|will) (?:you|someone|anyone|anybody) |\bany idea|\bwhat (?:can|should|shall) (?:i|we) "
    r"|\b(?:i|we) (?:get|got|receive|received|tried|try|keep|cannot|can't|can not|can no longer|could not send|couldn't send|am getting|are getting|have tried|have been|need|want|would like)\b"
    r"|\b(?:my|our) (?:e-?mails?|mails?|messages?|customers?|clients?|suppliers?|colleagues?|boss|outlook|computer|laptop|pc|phone|parcel|order|invoices?|account|team|users?|employees)\b"
    r"|\b(?:does|do|did|is|are|will) ?(?:not|n't) (?:work|respond|open|print|arrive|help)"
    r"|\b(?:ich|wir) (?:bekomme|erhalte|habe|kann|möchte|brauche|versuche|bekommen|erhalten|haben|können|brauchen)\b(?! (?:von|zur ?zeit|keinen? zugriff))|\b(?:können|könnten|würden) sie\b|\bkann mir\b|\bbitte (?:um|helfen|prüfen|beheben|schauen|melden sie sich|rufen)"
    r"|\b(?:funktioniert|geht|klappt) (?:\w+ ){0,2}nicht\b|\bmeine? (?:e-?mails?|mails?|kund\w+|kolleg\w+|rechner|chef|nachrichten|paket)\b"
    r"|\b(?:voitteko|voisitteko|voitko|voisitko|auttakaa|miten|saan aina|saamme|yritin|yritämme|en saa|en voi|emme saa|emme voi)\b|\bei (?:toimi|onnistu|mene|lähde|tule)\b|\bapua\b"
    r"|\b(?:můžete|mohli? byste|můžeš|pomozte|prosím (?:o|vás|zkontrol|pomo)\w*|dostávám|dostáváme|nemohu|nemůžu|nemůžeme|nefunguje|nejde|nechodí)\b"
    r"|\b(?:pourriez|pouvez)-vous|\bje (?:reçois|n'arrive|ne peux)|\bne (?:marche|fonctionne) (?:pas|plus)|\b(?:pueden?|podr[íi]an?) (?:ayudar|revisar|usted)|\bno (?:funciona|puedo)\b|\bnon (?:funziona|riesco)\b|\bnão (?:funciona|consigo)\b"
    r"|\bkunt u|\bwerkt niet|\bkan (?:ni|någon|du)\b|\bfungerar inte|\bkan (?:i|dere|du|nogen)\b|\bvirker ikke|\bnie (?:działa|mogę)|\bproszę o\b|\bне (?:работает|могу|отправляется|приходят)\b|\bпомогите|\bподскажите",
    re.IGNORECASE,
)
_GREETS = re.compile(
    r"^[ \t]*(?:(?:hello|hi|hey)\b(?!\.? this is)|dear (?!sender|user|customer|sir|madam|subscriber|recipient|member|client)|good (?:morning|afternoon|evening|day)\b|hallo\b|guten (?:tag|morgen|abend)|sehr geehrte|liebe[rs]?\b|grüß|servus|moin|moi\b|hei\b|terve|hyvää|päivää|huomenta"
    r"|dobrý|dobré|ahoj|zdravím|vážen|bonjour|bonsoir|salut|hola|buen[oa]s|ol[áa]\b|bom dia|boa tarde|buongiorno|ciao|salve|goede|beste\b|geachte|hej\b|god (?:morgen|dag)|cześć|dzień dobry|witam|szanown|здравствуйте|добрый|доброго|привет|уважаем"
    r"|thanks\b|thank you(?! for your (?:mail|message))|(?:best|kind|warm)? ?regards|cheers|sincerely|yours\b|mit (?:freundlich|besten|vielen)|(?:viele|beste|liebe|freundliche|schöne) grüße|mfg|grüße|gruß|danke|vielen dank|terveisin|ystävällisin|kiitos|kiittäen|děkuj|díky|s pozdravem|cordialement|merci|saludos|gracias|cordiali|grazie|obrigad|met vriendelijke|groet|med (?:vänlig|venlig|vennlig)|mvh|tack|tak\b|takk|pozdrawiam|dziękuj|с уважением|спасибо)",
    re.IGNORECASE | re.MULTILINE,
)


def asks(text: str) -> bool:
    """Whether the opening of a text asks, complains or tells of its writer's own matters."""
    return _ASKS.search(text[:OPENING]) is not None


def speaks(text: str) -> bool:
    """Whether somebody speaks to somebody in the opening of a text: he asks, greets or takes leave."""
    return asks(text) or _GREETS.search(text[:OPENING]) is not None
