"""What delivery reports, read receipts and complaints say: from their machine-readable parts, else from twenty years of prose.

Reads RFC 3464 status parts, RFC 5965 feedback, RFC 8098 receipts, and the texts that mail systems wrote before these or still write.
Whether the mail is *treated* as a bounce is decided in `rules.reading.machine`, from this and the headers.
"""

from __future__ import annotations

import re

from mailgate.parsing import charsets, headers, mime
from rules.facts.mail import Failed, Report
from rules.reading import persons

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED_TYPES = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"})
_RECEIPT_TYPES = frozenset({"message/disposition-notification", "message/global-disposition-notification"})
_PROSE_CHARACTERS = 60_000
_MOST = 200
_OPENING = 6000
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\x80-\U0010ffff-]{1,64}@[A-Za-z0-9\x80-\U0010ffff](?:[A-Za-z0-9.\x80-\U0010ffff-]{0,250}[A-Za-z0-9\x80-\U0010ffff])?"
)
_MESSAGE_ID = re.compile(r"^[> \t]*message-id:[ \t]*(<[^<>\s]{1,300}>)", re.IGNORECASE | re.MULTILINE)
_STATUS_CODE = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_FAILED_FIELD = re.compile(
    r"^[> \t]*(?:final|original)-recipient:[ \t]*(?:[\w-]{1,20};)?[ \t]*<?([^\s<>]{1,320}@[^\s<>]{1,255})", re.IGNORECASE | re.MULTILINE
)


def find(
    top: mime.Node, text: str, *, sender: str, sender_name: str, subject: str, recipients: frozenset[str], returned_to_null: bool
) -> Report | None:
    """The report that a mail is, or None. `sender` and `recipients` are plain addresses, `text` the readable text of the mail."""
    leaves = list(top.leaves()) if top.children else [top]
    kind = _kind(top, leaves, subject)
    if kind == "delivery" or any(leaf.type in _STATUS_TYPES for leaf in leaves):
        failed = _from_status(leaves) or _from_failed_header(top) or tuple(_from_prose(_own_text(text, leaves), recipients))
        return Report(kind="delivery", failed=failed, original_id=_original_id(leaves, text))
    if kind:
        return Report(kind=kind, failed=_complained(leaves) if kind == "feedback" else (), original_id=_original_id(leaves, text))
    named = _from_failed_header(top)
    if named or _is_prose_bounce(text, sender=sender, name=sender_name, subject=subject, null=returned_to_null, top=top):
        failed = named or _from_status(leaves) or tuple(_from_prose(_own_text(text, leaves), recipients))
        return Report(kind="delivery", failed=failed, original_id=_original_id(leaves, text))
    return None


def _kind(top: mime.Node, leaves: list[mime.Node], subject: str) -> str:
    """The kind that the structure shows, empty if it shows none."""
    types = {leaf.type for leaf in leaves}
    report_type = top.parameters.get("report-type", "").lower() if top.type in {"multipart/report", "multipart/mixed"} else ""
    if "message/feedback-report" in types or report_type == "feedback-report":
        return "feedback"
    if "message/disposition-notification" in types or report_type == "disposition-notification":
        return "disposition"
    if report_type == "tlsrpt" or any("tlsrpt" in kind for kind in types):
        return "tls"
    if _DMARC.match(subject) and any(_is_archive(leaf) for leaf in leaves):
        return "dmarc"
    if report_type == "delivery-status" or types & _STATUS_TYPES:
        return "delivery"
    if top.type == "multipart/report":
        if re.search(r"\b(?:dmarc|forensic|abuse|complaint|spam)\b.{0,30}report|feedback", subject, re.IGNORECASE):
            return "feedback"
        return "disposition" if report_type and report_type not in {"delivery", "mail-status"} else "delivery"
    return ""


_DMARC = re.compile(
    r"(?:\[[^\]]{0,60}\]\s*)?(?:dmarc (?:aggregate )?report|(?:subject:\s*)?report domain:)|.{0,40}\bdmarc\b.{0,40}\breport\b",
    re.IGNORECASE,
)


def _is_archive(leaf: mime.Node) -> bool:
    return leaf.type in {
        "application/zip",
        "application/gzip",
        "application/x-gzip",
        "application/x-zip-compressed",
        "text/xml",
        "application/xml",
    } or (leaf.name.lower().endswith((".zip", ".gz", ".xml")))


# --- machine-readable parts -------------------------------------------------------------------------------------------------------


def _from_status(leaves: list[mime.Node]) -> tuple[Failed, ...]:
    """The recipients of all delivery-status parts (RFC 3464 section 2.3), those only relayed or delivered included with their action."""
    found: dict[str, Failed] = {}
    for leaf in leaves:
        if leaf.type not in _STATUS_TYPES:
            continue
        content = charsets.clean(charsets.decode(leaf.content()[:_PROSE_CHARACTERS], "utf-8")[0])
        for group in re.split(r"\n[ \t]*\n", content):
            fields = _fields(group)
            for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
                address = _typed_address(fields.get(name, ""))
                if address and address.lower() not in found and (name != "x-actual-recipient" or not found):
                    found[address.lower()] = Failed(
                        address=address,
                        action=_action(fields.get("action", "")),
                        status=_code(fields.get("status", "")),
                        diagnostic=fields.get("diagnostic-code", "")[:500],
                    )
            if len(found) >= _MOST:
                break
    return tuple(found.values())


def _fields(group: str) -> dict[str, str]:
    unfolded = re.sub(r"\n[ \t]+", " ", group)
    fields: dict[str, str] = {}
    for line in unfolded.split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return fields


def _typed_address(value: str) -> str:
    """The address of `rfc822; someone@example.net`; empty for other address types such as X.400."""
    match = _ADDRESS.search(value.rpartition(";")[2])
    return match.group() if match else ""


def _action(value: str) -> str:
    word = re.match(r"\s*([a-z]*)", value.lower())
    found = word.group(1) if word else ""
    return found if found in {"failed", "delayed", "delivered", "relayed", "expanded"} else "failed"


def _code(value: str) -> str:
    match = _STATUS_CODE.search(value)
    return match.group(1) if match else ""


def _from_failed_header(top: mime.Node) -> tuple[Failed, ...]:
    """Recipients named by Exim's and Google's `X-Failed-Recipients`."""
    value = top.block.first("x-failed-recipients")
    if not value:
        return ()
    return tuple(Failed(address=address) for address in dict.fromkeys(_ADDRESS.findall(headers.text(value))))[:_MOST]


def _complained(leaves: list[mime.Node]) -> tuple[Failed, ...]:
    """The recipient who complained, as far as the feedback report says."""
    for leaf in leaves:
        if leaf.type == "message/feedback-report":
            fields = _fields(charsets.clean(charsets.decode(leaf.content()[:_PROSE_CHARACTERS])[0]))
            address = _typed_address(fields.get("original-rcpt-to", "") or fields.get("removal-recipient", ""))
            if address:
                return (Failed(address=address, action="failed", diagnostic=fields.get("feedback-type", "")),)
    return ()


def _original_id(leaves: list[mime.Node], text: str) -> str:
    """Message-ID of the mail that came back, or that a receipt names (RFC 8098 section 3.2.5)."""
    for leaf in leaves:
        name = "message-id" if leaf.type in _RETURNED_TYPES else "original-message-id" if leaf.type in _RECEIPT_TYPES else ""
        if name:
            content = leaf.content()
            value = headers.read(content, headers.skip_junk(content[:4096])).first(name)
            match = re.search(r"<[^<>\s]{1,300}>", headers.text(value)) if value else None
            if match:
                return match.group()
    match = _MESSAGE_ID.search(text)
    return match.group(1) if match else ""


# --- prose ------------------------------------------------------------------------------------------------------------------------

_DAEMON = re.compile(
    r"^(?:mailer?[-_. ]?daemon|post[-_. ]?master|mail[-_. ]?delivery[-_. ]?(?:sub)?system|mail[-_.]?(?:admin|administrator|system|master)|mmdf|"
    r"uucp|smtp[-_.]?(?:daemon|gateway)?|bounces?|mdaemon|double-bounce|system[-_. ]?administrator|microsoft[-_]?exchange\w*|"
    r"e\d+_smtp\w*|amavis\w*|content-filter|imss|interscan\w*|mailsweeper|antivirus|virus\w*|spam\w*filter)\b",
    re.IGNORECASE,
)
_DAEMON_NAME = re.compile(
    r"mail(?:er)?[- ]?daemon|mail delivery|delivery (?:sub)?system|post ?master|(?:mail|system) (?:administrator|system|server)|"
    r"internet mail (?:delivery|service)|jetmail|mail transport|returned mail|undeliver|message transfer|inflex|content.?filter",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver|un-?deliverable|returned? (?:mail|to sender|message)|return(?:ed)? e-?mail|non[- ]?(?:delivery|remis|recapit|zustell)|nondeliver|"
    r"deliver(?:y|ing) (?:status|failure|failed|error|report|problem|notification|warning|unsuccessful|has failed|incomplete|delayed|attempt)|"
    r"(?:failure|failed|failing|error|unable|problem|cannot|can't|could ?n.t|could not|not) .{0,30}(?:deliver|delivery|send|sending)|"
    r"(?:mail|message|e-?mail).{0,40}(?:not (?:be )?(?:deliver|sent)|rejected|bounced|refused|returned|blocked|delayed|undelivered|failed)|"
    r"failure notice|failed mail|you .{0,100} (?:are|is) not (?:a )?member|failed delivery|mail (?:system )?(?:error|failure|warning)|processing error|message (?:status|delayed|undelivered)|"
    r"delayed mail|bounced? (?:mail|message|e-?mail)|user unknown|unknown (?:user|recipient)|addressee unknown|mailbox (?:full|unavailable)|"
    r"rejected (?:mail|posting|message)|transmission (?:error|failure)|warning: (?:message|could not send)|non-existent (?:user|address)|"
    r"unzustellbar|zustell(?:ung|fehler)|nicht zugestellt|unbestellbar|nicht zustellbar|"
    r"non remis|non distribu|échec de (?:la )?(?:remise|distribution)|message non délivré|retour à l.exp|"
    r"palautettu|toimittaminen ep|ei voitu toimittaa|toimitus epäonnistui|nedoruč|doručení se nezdařilo|nelze doručit|vrácen|"
    r"no se (?:ha podido|pudo) entregar|no entregado|devuelto|error de entrega|não (?:foi )?(?:entregue|entregável)|falha na entrega|devolvid|"
    r"mancata consegna|mancato recapito|impossibile recapitare|onbestelbaar|niet (?:bezorgd|afgeleverd)|niedostarcz|zwrot|nie dostarczono|"
    r"не ?доставлен|недоставлен|невозможно доставить|возврат|(?:kunde|kan) inte levereras|gick inte att leverera|olevererbart|uleverbar|kunne ikke leveres|"
    r"non-?deliverable|^\W{0,3}bounce\b|postmaster notify|rückgabe|(?:lieferung|übermittlung|zustellung).{0,30}fehlgeschlagen|übermittlungsstatus|=dcbermittlungsstatus|"
    r"no se puede entregar|não é possível entregar|impossible de (?:remettre|distribuer)|état de (?:remise|distribution)|estado de (?:la )?entrega|status de entrega|"
    r"impossibile consegnare|stato del recapito|kan ikke leveres|ikke leveret|kézbesíthetetlen|nem kézbesíthető|nie można dostarczyć|imposibil de livrat|teslim edilemedi|"
    r"toimittamatta|toimitusilmoitus|oznámení o stavu doručení|无法传递|未传递|未送达|未能(?:送达|投递)|传递失败|전송 실패|배달되지 않음|"
    r"配信(?:不能|できません)|送信できません|エラー|退信|系统退信|投递失败|无法投递|배달 실패|반송",
)
"""Of a subject in lower case: tried on every mail, and without regard to case it takes twice as long."""
_EVIDENCE = re.compile(
    r"(?:^|[^\d.])5\d\d[ -](?:#?5\.\d{1,3}\.\d{1,3}|[A-Za-z<#])|\b[45]\.\d\.\d{1,3}\b|user unknown|unknown user|unknown recipient|no such (?:user|recipient|mailbox|address|person)|"
    r"(?:could|can) ?not be (?:delivered|reached|found|sent)|(?:couldn't|can't|cannot|wasn't able to|unable to|failed to|not able to) (?:be )?(?:deliver|send|relay|forward)|"
    r"(?:was|were|is|been) (?:not delivered|undeliver|returned|rejected|bounced|refused|not sent)|(?:did|has|have|does) not (?:reach|been deliver|exist|been sent|like recipient)|"
    r"permanent (?:fatal )?(?:error|failure)|fatal error|delivery (?:\w+ )?(?:fail|error|attempt|problem|to the following)|over quota|quota exceeded|mailbox (?:is )?(?:full|unavailable|disabled|not found)|"
    r"exceeded .{0,30}(?:quota|storage|space|limit)|undeliverable|returned to (?:the )?sender|host (?:unknown|not found)|unrouteable|unroutable|"
    r"not (?:a )?(?:valid|known|listed|deliverable|existing)|invalid (?:recipient|address|user|mailbox)|recipient (?:address )?(?:rejected|unknown)|"
    r"(?:has been|still) (?:delayed|queued|being retried)|will (?:be )?(?:retr|try again|continue to)|not (?:yet )?been delivered|following (?:address|recipient)|relaying denied|too many hops|"
    r"nicht zugestellt|unbekannter (?:empfänger|benutzer)|unzustellbar|n'a pas (?:pu|été)|non remis|no se pudo|não foi|nedoručen|ei voitu|не (?:был[оа]? |может быть )?доставлен|"
    r"\bdisabled|discontinued|\binactive|does ?n.t (?:exist|have)|account .{0,40}(?:closed|disabled|suspended|expired|inactive)|blocked",
    re.IGNORECASE,
)
_STRONG = re.compile(
    r"(?:^|[^\d.])5\d\d[ -]#?5\.\d{1,3}\.\d{1,3}|user unknown|unknown user|no such (?:user|recipient|mailbox)|following (?:address|recipient)|"
    r"(?:could|can) ?not be delivered|permanent (?:fatal )?error|did not reach|recipient (?:address )?rejected|non remis|unzustellbar|"
    r"transcript of session|copy of (?:the|your) (?:original )?message|not a member of this|original message (?:follows|below)|message (?:headers? )?follows?|"
    r"delivery (?:to the following|has failed|failed)|mailbox (?:full|unavailable)|undeliverable|over quota|returned to sender",
    re.IGNORECASE,
)


def _is_prose_bounce(text: str, *, sender: str, name: str, subject: str, null: bool, top: mime.Node) -> bool:
    """Whether a mail without machine-readable parts is a bounce: two of sender, subject and wording must say so.

    A customer who pastes a bounce into his own mail, or complains of one, has a person's address and speaks like a person.
    """
    local = sender.partition("@")[0]
    nobody = not sender and "<>" in headers.text(top.block.first("from") or b"")
    if nobody or null or _DAEMON.match(local):
        # The names below never belong to a person; a postmaster may be one.
        if re.match(r"mailer?[-_. ]?daemon\b|double-bounce", local, re.IGNORECASE):
            return True
        said = _says_so(subject)
        if not (said or _EVIDENCE.search(text[:_OPENING])):
            return False
        is_returned = (
            nobody
            or null
            or (said and _COPY.search(text[:_PROSE_CHARACTERS]))
            or any(leaf.type in _RETURNED_TYPES for leaf in top.leaves())
        )
        return bool(is_returned) or not (_MAY_BE_PERSONS.match(local) and persons.speaks(_above_copy(text)))
    if _DAEMON_NAME.search(name or ("" if sender else headers.text(top.block.first("from") or b""))):
        return _says_so(subject) and (not sender or (bool(_EVIDENCE.search(text[:_OPENING])) and not persons.speaks(_above_copy(text))))
    if headers.text(top.block.first("auto-submitted") or b"").lower().startswith("auto-generated (failure"):
        return True
    # What strangers' gateways write under a plain address: the subject must say it, and so must the text, in stricter words, and for whom
    # the mail was. Who tells of a parcel whose delivery failed names no address.
    if "@" not in text or not _says_so(subject) or not _STRONG.search(text[:_OPENING]) or not _ADDRESS.search(text):
        return False
    if _is_from_client(top) or persons.speaks(_above_copy(text)):
        return False
    is_answer = re.match(r"\s*(?:re|aw|sv|vs|fwd?|wg)\s*:", subject, re.IGNORECASE)
    return not is_answer or "remis" in subject.lower()


def _says_so(subject: str) -> bool:
    return _SUBJECT.search(subject.lower()) is not None


_MAY_BE_PERSONS = re.compile(r"post[-_. ]?master|mail[-_.]?(?:admin|administrator|master)|system[-_. ]?administrator", re.IGNORECASE)
_CLIENTS = re.compile(
    r"thunderbird|apple mail|(?:iphone|ipad) mail|evolution|kmail|k-9|mutt|roundcube|claws|sylpheed|emclient|em client|the bat|airmail|"
    r"mailbird|postbox|seamonkey|alpine|microsoft-?macoutlook|microsoft outlook|outlook express|windows (?:live )?mail|yahoomail|zimbra|sogo|horde|squirrelmail",
    re.IGNORECASE,
)


def _is_from_client(top: mime.Node) -> bool:
    """Whether people's own mail programs say that they wrote it."""
    fields = [top.block.first(name) or b"" for name in ("user-agent", "x-mailer")]
    return any(field and _CLIENTS.search(headers.text(field)) for field in fields)


def _above_copy(text: str) -> str:
    """The opening of a text, without the mail that it returns."""
    opening = text[:_OPENING]
    copy = _COPY.search(opening)
    return opening[: copy.start()] if copy else opening


_COPY = re.compile(
    r"^[ \t>]*(?:-{2,}[ \t]*(?:below this line|original message|this is a copy|the (?:body|headers?) of|unsent message|returned message|"
    r"(?:original )?message (?:header|text|body|follows|contents)|.{0,40}copy of (?:the|your) (?:original )?message|start of returned|begin)|"
    r"(?:received|return-path|x-original-to|delivered-to|mime-version|dkim-signature):[ \t]|.{0,30}original message (?:follows|headers?|is)|"
    r"below (?:this line )?is (?:a|the) (?:copy|text)|message header follows|header of (?:the )?original|.{0,40}attached below|the original message was)",
    re.IGNORECASE | re.MULTILINE,
)
_CONTACT = re.compile(
    r"^(?:mailer-daemon|postmaster|abuse|support|help|helpdesk|webmaster|hostmaster|admin|administrator|noc|security|no-?reply)@",
    re.IGNORECASE,
)
_AT_START = re.compile(
    r"^[ \t>*|-]*(?:\d+[.)][ \t]+)?(?:(?:failed |final |original )?(?:recipients?|to|rcpt to|user|address|mailbox|an|à|pour|destinatari\w*|adresse|recipient address|email)[ \t]*[:=][ \t]*)?(?:smtp[;:]|rfc822;|mailto:)?[\"'(<\[]{0,2}$",
    re.IGNORECASE,
)


def _own_text(text: str, leaves: list[mime.Node]) -> str:
    """What the mail system wrote itself: the text without the mail it returns."""
    text = text[:_PROSE_CHARACTERS]
    for leaf in leaves:
        if leaf.type in {"text/plain", "application/octet-stream"} and leaf.name and "@" not in text:
            text += "\n" + charsets.clean(charsets.decode(leaf.content()[:_PROSE_CHARACTERS])[0])
    named = _ADDRESS.search(text)
    if named is None:
        return text
    return next((text[: match.start()] for match in _COPY.finditer(text) if named.end() <= match.start()), text)


def _from_prose(text: str, recipients: frozenset[str]) -> list[Failed]:
    """The failed recipients as prose names them: at the start of a line, in a line that tells of a failure, else any that is not ours."""
    leading: dict[str, Failed] = {}
    telling: dict[str, Failed] = {}
    others: dict[str, Failed] = {}
    for match in _FAILED_FIELD.finditer(text):
        address = match.group(1).rstrip(">;,.")
        leading.setdefault(address.lower(), Failed(address=address))
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if "@" not in line or len(line) > 4000:
            continue
        for match in _ADDRESS.finditer(line):
            address = match.group().strip(".'`")
            key = address.lower()
            if (
                key in recipients
                or _CONTACT.match(address)
                or re.match(r"^[ \t>]*(?:message-id|from|sender|reply-to|references):", line, re.IGNORECASE)
            ):
                continue
            near = " ".join(lines[max(0, number - 1) : number + 4])
            failed = Failed(address=address, status=_code(near), diagnostic=" ".join(line.split())[:300])
            if _AT_START.match(line[: match.start()]):
                leading.setdefault(key, failed)
            elif _EVIDENCE.search(line) or re.search(r"rcpt to|<<<|>>>|\b[45]\d\d\b", line, re.IGNORECASE):
                telling.setdefault(key, failed)
            else:
                others.setdefault(key, failed)
    return list((leading | telling if leading else telling or others).values())[:_MOST]
