"""How mail programs mark what is not the author's: attribution lines, header blocks, separators, signatures, in many languages.

Patterns only, each linear on a line of bounded length; `quoting.py` and `forwards.py` put them to use. A client or language that is
missing is added here and nowhere else.
"""

from __future__ import annotations

import re

from rules.reading.wordlist import Hints

LINE_CHARACTERS = 4000
ATTRIBUTION_CHARACTERS = 500

DATE = re.compile(
    r"\d{1,4}[./-] ?\d{1,2}[./-] ?\d{2,4}|(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,2}[:.]\d{2}(?!\d)|\d\s?[年月日년월일]|(?<!\d)\d{1,2}\. ?[^\W\d]{3,12}"
)
DAY = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d{1,4}[./-] ?\d{1,2}[./-] ?\d{2,4}")
TIME = re.compile(r"(?<![\d.])\d{1,2}\s?[:.]\s?\d{2}(?![\d.]\d|\d)")
ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']{1,100}@[^\s<>()\[\],;:\"']{1,200}")
NAMED = re.compile(r"[^<(@]{0,60}[<(][^\s<>()]{1,100}@[^\s<>()]{1,200}[>)]")
VERB = re.compile(
    r"\b(?:wrote|writes|written|schrieb|geschrieben|schreibt|kirjoitti|kirjoittaa|napsala?|napsali|napísala?|napsal\(a\)|píše|skrev|skrifaði|"
    r"a écrit|écrit|ha scritto|scritto|scrive|escribi[óo]|escribe|ha escrit|escreveu|schreef|geschreven|pisze|napisana przez|napisała?|napisał\(a\)|"
    r"написала?|написал\(а\)|написали|написав|написа|пише|пишет|писала?|писав|yazdı|şunu yazdı|írta|ezt írta|a scris|napisao|napisal|napisala|"
    r"έγραψε|viết|đã viết|menulis|rašė|rakstīja|kirjutas|skreiv|said|reacted|idatzi|scríobh|va escriure|quoting|excerpts from|thus spake|also sprach|zitat von|citando|citerar|citát)\b|napsal\(a\)|写道|寫道|写到|작성|님이 작성|에 씀|"
    r"さんは書きました|書き込み|のメール|のメッセージ|書きました|כתב|כתבה|مكتوب|كتب|เขียนว่า|ने लिखा",
    re.IGNORECASE,
)
END_VERB = re.compile(
    r"\b(?:wrote|schrieb|kirjoitti|napsala?|skrev|écrit|scritto|escribió|escreveu|geschreven|schreef|napisał(?:\(a\))?)\s?(?:-{2,}|_{2,})?$",
    re.IGNORECASE,
)
FIRST_PERSON = re.compile(
    r"(?:^|\s)(?:I|we|ich|wir|minä|me|já|my|jsem|jsme|je|nous|yo|jag|vi)\s+(?:\w+\s+){0,2}(?:wrote|schrieb|schrieben|kirjoit\w+|psal\w*|napsal\w*)",
    re.IGNORECASE,
)
OPENER = re.compile(
    r"[-\s]*(?:on|am|le|el|il|em|op|den|d\.|dne|dňa|w dniu|dnia|la|le|ma|ti|ke|to|pe|su|mo|di|mi|do|fr|sa|so|po|út|st|čt|pá|ne|at|in|on|"
    r"tir|ons|tor|lør|søn|man|fre|lör|sön|tis|mån|ср|пн|вт|чт|пт|сб|вс|нд|在|於|lun|mar|mer|jeu|ven|sam|dim|mié|jue|vie|sáb|dom|qua|qui|sex|"
    r"seg|ter|pon|wt|śr|czw|pt|sob|ndz|mon|tue|wed|thu|fri|sat|sun)\b[.,]?|[-\s\"'<]*\d",
    re.IGNORECASE,
)

FROM = "from|von|absender|küldő|người gửi|dari|frá|送信者|lähettäjä|od|de|från|fra|van|da|ot|от|від|od:|kimden|feladó|de la|expéditeur|mittente|remitente|afzender|avsändare|afsender|nadawca|odesílatel|από|发件人|寄件者|寄件人|差出人|보낸 ?사람|발신|מאת|من|saatja|nuo|no|pošiljatelj|šalje|gönderen"
SENT = (
    "sent|изпратено|nosūtīts|đã gửi|ngày|dikirim|tanggal|date|gesendet|datum|lähetetty|päivämäärä|päiväys|pvm|odesláno|odoslané|dátum|skickat|sendt|dato|envoyé(?: le)?|date d'envoi|inviato|data|enviado(?: el| em)?|"
    "fecha|verzonden|wysłano|data wysłania|отправлено|дата|надіслано|дата:|gönderildi|tarih|gönderme tarihi|elküldve|küldve|trimis|poslano|saadetud|kuupäev|išsiųsta|sūtīts|"
    "στάλθηκε|ημερομηνία|发送时间|发送日期|日期|寄件日期|時間|传送时间|送信日時|送信|日付|보낸 ?날짜|날짜|נשלח|תאריך|تاريخ|أرسلت|dagsetning|enviada em|enviat el"
)
TO = "to|an|до|đến|tới|kepada|vastaanottaja|saaja|komu|pre|till|til|à|aan|a|para|do|dla|кому|kime|alıcı|címzett|către|za|prima|kellele|kam|kom|προς|收件人|收件者|宛先|받는 ?사람|수신|אל|إلى|destinataire|destinatario|destinatari|empfänger|mottagare|modtager|per|pour"
SUBJECT = "subject|относно|tēma|chủ đề|subjek|betreff|betr|aihe|otsikko|předmět|predmet|ämne|emne|objet|oggetto|asunto|assunto|onderwerp|temat|тема|konu|tárgy|subiect|zadeva|teema|tema|efni|θέμα|主题|主旨|主題|件名|제목|נושא|الموضوع|viðfangsefni|sujet|assumpte"
OTHER = "cc|kopie|kopia|kopio|kopie an|bcc|reply-to|antwort an|reply to|organization|organisation|importance|wichtigkeit|priority|priorität|attachments?|anlagen?|liitteet|přílohy|cópia|копия|copie(?: à)?|抄送|副本|참조|message-id|tärkeys|důležitost|kommentar|sender"
HEADER = re.compile(
    rf"[\s>*_|]*(?:(?P<f>{FROM})|(?P<s>{SENT})|(?P<t>{TO})|(?P<u>{SUBJECT})|(?P<o>{OTHER}))[*_]{{0,2}}[\s\u00a0]?[:：][*_]{{0,2}}[\s\u00a0\u200e]*(?P<value>[^\n]*)",
    re.IGNORECASE,
)
ANY_LABEL = re.compile(r"[\s>*]*[^\W\d_][^\n:：@<>]{0,28}[:：]\*?[\s\u00a0]*\S")

_ORIGINAL_WORDS = (
    "original(?:e)? (?:message|nachricht|meddelelse|mail|e-?mail|meddelande|appointment)|ursprüngliche (?:nachricht|mail|e-?mail)|original-?nachricht|originalmeddelelse|urspr\\. (?:nachricht|mail)|"
    "alkuperäinen viesti|p[uů]vodn[íi] (?:zpr[áa]va|e-?mail|spr[áa]va)|původní zpráva|ursprungligt meddelande|originalmeddelande|opprinnelig melding|"
    "oprindelig (?:meddelelse|besked)|mail original|message d['’]origine|message original|messaggio originale|mensaje original|mensagem original|oorspronkelijk(?:e)? bericht|"
    "wiadomo[śs][ćc] oryginalna|oryginalna wiadomo[śs][ćc]|(?:исходное|пересылаемое|оригинальное|первоначальное) сообщение|оригінальне повідомлення|orijinal ileti|özgün ileti|eredeti üzenet|"
    "mesaj original|izvorna poruka|originalna poruka|izvirno sporočilo|αρχικό μήνυμα|原始邮件|原始郵件|邮件原件|元のメッセージ|オリジナルメッセージ|원본 메시지|원본메일|הודעה מקורית|رسالة أصلية|"
    "reply message|response message|message initial|quoted message|previous message|end of message|replied message|isitatud kiri|algne kiri|upprunaleg skilaboð"
)
_FORWARD_WORDS = (
    "forwarded (?:message|mail|e-?mail|by .{0,60}|letter)|weitergeleitete (?:nachricht|e-?mail|mail)|weitergeleitet von .{0,60}|anfang weitergeleitete[rn]? nachricht|edelleenlähetetty (?:viesti|sähköposti)|välitetty viesti|välitetty sähköposti|"
    "p[řr]epos(?:laná|ílaná) (?:zpr[áa]va|spr[áa]va)|přeposlaný e-?mail|preposlaná správa|vidarebefordrat (?:meddelande|mejl)|videresendt (?:meddelelse|melding|besked|e-?post)|"
    "message (?:transféré|réexpédié|transmis)|messaggio inoltrato|mensaje reenviado|mensagem encaminhada|doorgestuurd bericht|wiadomo[śs][ćc] przes[łl]ana|przekazana wiadomo[śs][ćc]|"
    "пересланное сообщение|пересылаемое сообщение|переслане повідомлення|iletilen (?:ileti|mesaj)|továbbított (?:üzenet|levél)|mesaj redirecționat|proslijeđena poruka|προωθημένο μήνυμα|"
    "转发的?邮件|轉寄的郵件|转发邮件信息|転送(?:された)?メッセージ|전달된 메시지|הודעה שהועברה|edastatud kiri|missatge reenviat"
)
_DASH = "[-\u2010\u2011_=*–—]"
_GAP = r"(?:[\s*]|&nbsp;)*"
ORIGINAL = re.compile(rf"[\s>*]*{_DASH}{{2,}}{_GAP}(?:{_ORIGINAL_WORDS}){_GAP}:?{_GAP}{_DASH}{{2,}}[\s*]*$", re.IGNORECASE)
CAPTION = re.compile(rf"[\s>*]*{_DASH}{{3,}}[^\S\n]*[^\s\-_=*].{{0,80}}?{_DASH}{{3,}}[\s*]*$")
"""Words between dashes: above a header block or an attribution they belong to it, in whatever language."""
FORWARD = re.compile(
    rf"[\s>*]*(?:[-_=*–—]{{2,}}[\s*]*(?:{_FORWARD_WORDS})[\s*:]*[-_=*–—]{{2,}}|(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail|mail)|välitetty viesti alkaa|edelleenlähetetty viesti alkaa|alkaa välitetty viesti|"
    rf"začátek přeposílané zprávy|začiatok preposlanej správy|début du message (?:réexpédié|transféré)|inizio messaggio inoltrato|inicio del mensaje reenviado|início da mensagem (?:re)?encaminhada|begin doorgestuurd bericht|"
    rf"vidarebefordrat brev|ursprungligt brev|starten på det videresendte brev|start på videresendt melding|początek przekazywanej wiadomości|начало переадресованного сообщения|下面是被转发的邮件|以下是转发的邮件|"
    rf"転送されたメッセージ)\s*[:：])[\s*]*$",
    re.IGNORECASE,
)
RULE = re.compile(r"[\s>*]*(?:_{5,}|-{5,}|={5,}|\*{5,}|—{3,}|─{3,})\s*$")
REPLY_ABOVE = re.compile(
    r"[\s>]*(?:##-.{0,200}-##|[^\w\"'“„]{0,40}(?:(?:please|kindly|bitte|to|um|pour|per|prosím|svp)\b.{0,30}|.{0,20})\b(?:reply|respond|type|write|antwort\w*|schreib\w*|vastaa\w*|kirjoita|odpov\w*|svara?|répond\w*|respond\w*)\b.{0,60}"
    r"\b(?:above|below|over|oberhalb|über|yläpuol\w*|nad|ovanför|över|au-dessus|encima|arriba)\b.{0,30}\b(?:line|linie|zeile|rivi\w*|viiva\w*|řádek|řádkem|čár\w*|linjen?|ligne|línea)\b"
    r"(?:\W{0,3}(?:to|for|and|or|um|bitte|please|pour|para|per|om|att)\b.{0,60})?\W{0,40})$",
    re.IGNORECASE,
)

_DEVICE = r"(?:i ?(?:phone|pad|pod)|blackberry|android|samsung|galaxy|huawei|honor|xiaomi|redmi|nokia|htc|sony|xperia|oneplus|pixel|motorola|windows|handy|mobil\w*|smartphone|phone|puheli\w*|telefon\w*|tablet\w*|outlook|gmail|yahoo|mail|mailbox|gmx|web\.de|proton\w*|k-9|fairemail|aqua ?mail|bluemail|spark|airmail|nine|typeapp|edison|newton|sailfish|jolla|iCloud|t-mobile|telekom|vodafone|o2|verizon|at&t|orange)"
MOBILE = re.compile(
    r"[\s<(\[*_]{0,6}(?:"
    r"(?:sent|written|typed|posted|composed|enviad[oa]|envoy[ée]e?|inviat[oa]|verstuurd|verzonden|skickat|sendt|wysłan[eao]|poslano|odoslané|odesl[áa]no|lähetetty|sent:) (?:from|via|with|using|by|on|od|z|ze|from the) .{1,120}"
    r"|from my (?:[\w'’-]+ ){0,3}"
    + _DEVICE
    + r"(?: (?:phone|smartphone|device|tablet|pro|mini|plus|max|ultra|\w?\d\w{0,5})){0,3}(?:[.,;!(–-].{0,80})?"
    r"|(?:sent|dictated|typed) (?:on the (?:go|move|run)|(?:while|whilst) .{1,40})[.,]?"
    r"|yahoo mail ?[:-] .{1,80}|get \[?(?:outlook|bluemail|[\w.-]{3,20} mail) for (?:ios|android|windows|mac|mobile|i?phone|i?pad)\b.{0,80}|outlook for (?:ios|android)(?:\s*[<(\[].{0,100})?"
    r"|(?:diese (?:nachricht|mail|e-?mail)(?: wurde)? )?(?:von|mit|über|aus|unter) (?:meine[mr]?|der|dem|unterwegs|mobil|einem?)?\s?.{0,60}(?:gesendet|verschickt|versandt|geschrieben)\.?.{0,60}"
    r"|(?:gesendet|verschickt|versendet|geschrieben|versandt) (?:von|mit|über|aus|vom|via|per|unterwegs|mobil)\b.{1,120}|von unterwegs gesendet.{0,40}"
    r"|outlook für (?:ios|android|windows|mac)(?: (?:beziehen|herunterladen|holen|laden))?(?:\s*[<(\[].{0,100})?|(?:holen sie sich|laden sie) outlook .{1,80}"
    r"|lähetetty (?:laitteesta|i?phone\w*|android\w*|samsung\w*|puhelimesta\w*|outlook\w*|yahoo\w*|s\u00e4hk\u00f6posti\w*|minun|mobiili\w*|huawei\w*|gmail\w*|windows\w*|nokia\w*|omasta).{0,80}|lähettäjän .{0,40}puhelimesta.{0,40}|(?:hae|hanki) outlook .{1,80}|lähetetty .{0,60}(?:sta|stä|ista|istä)(?: puhelimesta)?\.?"
    r"|odesl[áa]no (?:z|ze|pomocí|prostřednictvím|mobil\w*|můj|mého) .{1,100}|odoslan[éo] (?:z|zo|pomocou) .{1,100}|(?:získejte|získat|stáhněte si|stáhnout) (?:aplikaci )?outlook .{1,80}|(?:získať|získajte) (?:aplikáciu )?outlook.{1,80}"
    r"|envoy[ée]e? (?:de|du|depuis|à partir|avec|via|par|mon) .{1,120}|(?:télécharger|obtenez|obtenir) outlook .{1,80}"
    r"|(?:enviado|enviada|enviat) (?:desde|de|do|da|des|a partir|pelo|por|con|com|via) .{1,120}|(?:obtener|obtenga|obter|obtenha) o?\s?outlook .{1,80}"
    r"|inviat[oa] (?:da|dal|dalla|con|tramite|via) .{1,120}|(?:scarica|ottieni) outlook .{1,80}"
    r"|(?:verzonden|verstuurd|gestuurd) (?:vanaf|vanuit|via|met|door|van) .{1,120}|(?:outlook voor|download outlook) .{1,80}"
    r"|(?:skickat|skickades|sänt|skickad) (?:från|via|med) .{1,100}|(?:hämta|skaffa) outlook .{1,80}|(?:sendt|skrevet) (?:fra|med|via) .{1,100}|(?:få|hent) outlook .{1,80}"
    r"|wysłan[eoay] (?:z|ze|za|przy|od|przez) .{1,100}|(?:pobierz|uzyskaj) (?:program |aplikację )?outlook.{1,80}|wys[łl]ano z .{1,80}"
    r"|отправлен[оа]? (?:с|со|из|через|при) .{1,100}|надіслано (?:з|із|через) .{1,100}|скачать outlook.{1,80}|изпратено от .{1,80}|послато (?:са|с|из) .{1,80}|posla(?:no|to) (?:s|sa|z|iz|pomoću|od) .{1,80}|poslané z .{1,80}"
    r"|küldve (?:a|az|from)? ?.{1,80}|elküldve .{1,80}|.{1,40}(?:eszközről|készülékről|telefonomról) küldve.{0,20}|trimis (?:de pe|din|cu|de la) .{1,80}|.{1,40}(?:'?den|'?dan|'?ımdan|'?umdan|cihazımdan) gönderildi.{0,20}|saadetud minu .{1,60}|išsiųsta iš .{1,60}|nosūtīts no .{1,60}|(?:στάλθηκε|αποστολή) από .{1,80}|sent minu .{1,40}"
    r"|從我的.{1,40}(?:傳送|發送|寄出)|从我的.{1,40}发送|发自我的.{1,40}|發自我的.{1,40}|(?:发送自|来自|寄件自).{1,40}|(?:私の)?.{1,40}から送信.{0,20}|나의 .{1,40}에서 (?:보냄|전송됨|발송).{0,10}|내 .{1,40}에서 (?:보냄|보냈습니다).{0,10}|נשלח מה.{1,40}|أُ?رسل(?:ت)? من .{1,60}|(?:được|đã) gửi từ .{1,60}|تم (?:ال)?إ?رسال(?:ها)? من .{1,60}|ส่งจาก .{1,60}|(?:获取|下载|取得).{0,20}outlook.{0,40}|.{0,20}outlook.{0,20}(?:を入手|다운로드|받기)|.{0,20}outlook.{0,30} edinin|발신 내 .{1,40}|dikirim dari .{1,60}"
    r"|(?:virus[- ]?free|virenfrei|bez virů|bez vírusov|viiruseton|virusvrij|virusfri(?:tt)?|garanti sans virus|sans virus|libre de virus|livre de vírus|privo di virus|wolny od wirusów|без вирусов)[.:]? ?<?(?:https?://)?www\.(?:avast|avg)\..{1,100}"
    r"|<?https?://www\.(?:avast|avg)\.[a-z]{2,4}/(?:sig-email|email-signature|antivirus).{0,150}|virus-free\."
    r"|(?=.{0,200}(?:vir[ůyeuo]|vír|viiru|wirus|вирус))(?:this e-?mail|diese e-?mail|l['’]absence de virus|ce courriel|tämä sähköposti\w*|táto správa|tato zpráva|tento e-?mail|este (?:correo|e-?mail)|questa e-?mail|deze e-?mail|dit e-?mail\w*|detta e-?post\w*|denna e-?post\w*|denne (?:mail|e-?post)\w*|это (?:сообщение|письмо)|ta wiadomość).{1,90}\b(?:avast|avg)\b.{0,60}"
    r")[\s>)\]*_.!]{0,6}$",
    re.IGNORECASE,
)
_BEFORE = " \t\n\r\f\v\u00a0<([*_"
_MOBILE_STARTS = (
    *"yahoo sent written typed posted composed dictated from\u00a0my get\u00a0 outlook\u00a0 diese\u00a0 von\u00a0 mit\u00a0 über\u00a0 aus\u00a0 unter\u00a0 gesendet".split(
        " "
    ),
    *"verschickt versendet versandt geschrieben holen laden lähet hae\u00a0 hanki\u00a0 odesl odosl získ stáh envoy télé obten obtenir enviad enviat obter".split(
        " "
    ),
    *"inviat scarica ottieni verzonden verstuurd gestuurd download skicka sänt hämta skaffa sendt skrevet få\u00a0 hent\u00a0 wysłan wyslan pobierz uzyskaj".split(
        " "
    ),
    *"отправлен надіслано скачать изпратено послато poslan küldve elküldve trimis saadetud išsiųsta nosūtīts στάλθηκε 從我的 从我的 发自我的 發自我的".split(
        " "
    ),
    *"发送自 来自 寄件自 나의 내\u00a0 נשלח أرسل أُرسل رسل được đã\u00a0 dikirim αποστολή تم\u00a0 ส่งจาก 获取 下载 取得 발신 poslato".split(
        " "
    ),
)
_STARTS = {
    letter: tuple(word.replace("\u00a0", " ") for word in _MOBILE_STARTS if word[0] == letter)
    for letter in {word[0] for word in _MOBILE_STARTS}
}
"""By their first letters: most lines of most mails begin otherwise."""
_BLANKS_PART_WORDS = "\u0500"
"""Scripts before it are Latin, Greek, Cyrillic."""
MOBILE_FIRST = Hints(
    (start for words in _STARTS.values() for start in words if start < _BLANKS_PART_WORDS),
    within={letter for letter in _STARTS if letter >= _BLANKS_PART_WORDS},
)
"""Without one of these no line of a text begins as a mobile signature may."""
_MOBILE_ENDS = ("送信", "nder", "küldve", "を入手", "다운로드", "받기", "edinin", "avast", "avg")
"""What MOBILE begins with in lower case, or contains where it begins with anything. To be kept with it: a line without these is no signature."""
MOBILE_WITHIN = Hints(("gönderildi", "küldve", "edinin", "avast", "avg "), within="送を다받")
"""Without one of these a text has no mobile signature that begins with anything."""
_LONGEST_START = 2 * max(map(len, _MOBILE_STARTS))


def may_hold_mobile(lowered: str) -> bool:
    """Whether a line of a text, in lower case, may be a mobile signature whatever it begins with."""
    return any(word in lowered for word in _MOBILE_ENDS)


def may_begin_mobile(line: str) -> bool:
    """Whether a line begins as a mobile signature may. MOBILE itself costs too much to be tried on every line of every mail."""
    first = line.lstrip(_BEFORE)[:_LONGEST_START].lower()
    return first.startswith(_STARTS.get(first[:1], ()))


ABOVE = Hints(("reply", "respond", "type", "write", "antwort", "schreib", "vastaa", "kirjoita", "odpov", "svar", "répond"), within=("##-",))
"""Without one of these REPLY_ABOVE matches no line of a text."""

_ENDS = (
    "wrote",
    "schrieb",
    "kirjoitti",
    "napsal",
    "napsala",
    "skrev",
    "écrit",
    "scritto",
    "escribió",
    "escreveu",
    "geschreven",
    "schreef",
    "napisał",
    "(a)",
)
END_VERBS = Hints(_ENDS[:-1])
"""Without one of these END_VERB matches no line of a text."""


def may_end_with_verb(line: str) -> bool:
    """A quick look whether END_VERB can match."""
    return line[-24:].rstrip(" \t\u00a0_-").lower().endswith(_ENDS)


_SENTENCE = re.compile(r"[.!?]\s+\S+\s+\S+\s+\S+\s+\S+")
SIGNATURE = re.compile(r"(?:--|—|–|-- ?\*?|--[ \t\u00a0]*|__)\s*$")
SMALL = re.compile(r"[\s\u1427\-*#~=_+.•·–—─]*$")


def is_mobile_signature(line: str) -> bool:
    """Whether a line is what a phone or an app puts under a mail by itself (`Sent from my …`)."""
    if len(line) > 200 or not (may_begin_mobile(line) or may_hold_mobile(line.lower())) or not MOBILE.match(line):
        return False
    # "Sent from Berlin, the parcel has not arrived. I need it ..." is a sentence.
    return "?" not in line.split("http", maxsplit=1)[0] and not (len(line) > 110 and _SENTENCE.search(line))


_APP = re.compile(
    r"i ?phon|phone|ipad|ipod|android|black ?berry|samsung|galaxy|huawei|xiaomi|nokia|oneplus|pixel|motorola|windows|\bmac\b|\bios\b|handy|mobil|puheli|telef[oó]n|tablet|"
    r"outlook|mail|superhuman|missive|mixmax|canary|zoho|gmx|web\.de|proton|tuta|spark|unterwegs|\bgo\b|device|gerät|laitte|zařízení|appareil|dispositi|apparaat|enhet|enhed|urządze|устройств|viru|avast|手机|電話|휴대",
    re.IGNORECASE,
)


_MINE = re.compile(
    r"\W{0,4}\w+ \w+ (?:my|meine[mr]|mon|ma|mi|mio|mia|mijn|min|mitt|meu|minha|mojego|mého|моего|моей) [\w .+-]{1,30}\W{0,3}$",
    re.IGNORECASE,
)


def names_device(line: str) -> bool:
    """Whether a line names a device or a program; without one `Sent from …` may be a sentence: `Sent from Prague on Monday`."""
    return _APP.search(line[:200]) is not None or _MINE.match(line[:200]) is not None


_CLOSED = re.compile(r"[>)\]»】][\s*_]{0,3}[:：]?[\s*_-]{0,6}$")
_TELLS = re.compile(
    r"\b(?:wrote|schrieb|kirjoitti|napsala?|skrev|escribió|scritto|écrit|schreef|napisała?)\b ?(?:[:：] ?[^\s-]|(?:to )?(?:me|us|mir|uns|minulle|meille|mi|mně|nám|mig|oss|that|dass|daß|että|že|que|che|att)\b)"
    r"|\b(?:me|us|mir|uns|m'a|nous a|me lo|mi ha) (?:wrote|schrieb|écrit|escribió|scritto|geschrieben)\b|,? (?:dass|daß|že|että) |(?-i:[a-zäöüßěščřžýáíéů]{4,}[.!?] [A-ZÄÖÜ][a-zäöüß]{2,} [^<>@\d]{12,}[:：]$)",
    re.IGNORECASE,
)
_DASHED = re.compile(r"-{3,}[^-].{2,300}[^-]-{3,}$")
NOTES = re.compile(r"\S.{0,100}\s-{2,3}\d{1,4}[./-]\d{1,2}[./-]\d{2,4} \d{1,2}:\d{2}(?::\d{2})?(?: [AP]M)?-{2,3}")
"""HCL Notes: `Anna Berg ---23.11.2026 09:12:01---Hello, the`, which goes on with the beginning of the old mail."""
LIST = re.compile(
    r"\bmailing list\s*$|/(?:mailman\d?/)?listinfo/|/mailman3?/lists/|^to unsubscribe (?:from this (?:group|list)|send)", re.IGNORECASE
)
"""Lines of the footer of a mailing list."""
GROUPWISE = re.compile(
    r">>> .{2,300}(?:>>>|<[^>]{3,200}>|\bin Nachricht|in message|<[^>]{3,200}>:|\d{1,2}:\d{2}(?::\d{2})?(?: [AP]M)?)\s*$", re.IGNORECASE
)
"""Novell GroupWise: `>>> Anna <anna@example.com> 21.11.2026 10:00 >>>`, and then the old mail as it was."""


_LOOSE_VERBS = frozenset({"said", "reacted"})
"""Servers and bosses say something, too: these verbs introduce a quote only with an address."""


def attribution(line: str) -> bool:
    """Whether one joined line introduces a quote beyond doubt: `On 21 Nov 2026, at 10:00, Anna <anna@example.com> wrote:`."""
    line = line.strip().strip("*_ ")
    if not 8 <= len(line) <= ATTRIBUTION_CHARACTERS:
        return False
    if "--" in line and NOTES.match(line):
        return True
    colon = line.rstrip("-_* ")[-1:] in (":", "：")
    if not colon and not END_VERB.search(line):
        return False
    if _DASHED.match(line) and VERB.search(line):
        return True
    verb, date, address = VERB.search(line), DATE.search(line), ADDRESS.search(line)
    if FIRST_PERSON.search(line) or (verb and not address and verb.group().lower() in _LOOSE_VERBS):
        return False
    if HEADER.match(line) and not verb:
        return False
    if verb and date and OPENER.match(line):
        return True
    if verb and address:
        return True
    return bool(colon and date and address and _CLOSED.search(line)) or bool(verb and date and TIME.search(line))


def tells(line: str) -> bool:
    """Whether a joined line with the words of an attribution is a sentence of the author's: `Bob wrote me that it is broken. Please help:`.

    To be asked where no quoted lines follow; clients write no sentences.
    """
    return _TELLS.search(line) is not None


def introduces(line: str) -> bool:
    """Whether one joined line introduces a quote, given that quoted lines follow it: a colon, and a verb, a date or an address."""
    line = line.strip()
    if len(line) > ATTRIBUTION_CHARACTERS or line[-1:] not in (":", "："):
        return False
    if VERB.search(line) or (DATE.search(line) and (ADDRESS.search(line) or TIME.search(line))):
        return True
    return bool(ADDRESS.search(line) and _CLOSED.search(line))
