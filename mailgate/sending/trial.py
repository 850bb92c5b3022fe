"""Asks a relay whether it would take the desk's mail, and leaves before there is one (RFC 5321 section 3.3). For `init` and `doctor`."""

from __future__ import annotations

import aiosmtplib

from mailgate.sending import hop
from mailgate.sending.courier import told
from mailgate.sending.hop import Hop


async def tried(way: Hop, senders: tuple[str, ...], to: str) -> tuple[str, str]:
    """What the relay has against mail of one of the senders, and the mend, both empty if nothing; without `to` it is only logged in.

    Raises what stands in the way of the connection.
    """
    client = await hop.connect(way, hop.tls_context(way))
    found = ("", "")
    for sender in senders if to else ():
        found = found if found[0] else await _asked(client, way, sender, to)
    try:
        await client.quit()
    except OSError:
        client.close()
    return found


async def _asked(client: aiosmtplib.SMTP, way: Hop, sender: str, to: str) -> tuple[str, str]:
    """A refusal for now says nothing about the desk: greylisting greets everybody so."""
    place = f"{way.host}:{way.port}"
    try:
        await client.mail(sender)
        await client.rcpt(to)
        await client.rset()
    except aiosmtplib.SMTPSenderRefused as refused:
        if hop.is_for_now(refused.code):
            return "", ""
        said = told(refused.code, refused.message)
        if sender:
            what = f"{place} does not let us send as {sender}: {said}"
            own = f"let {way.user or 'this machine'} send as {sender} there, or set [desk] address to what it may send as"
        else:
            what = f"{place} takes no mail without an envelope sender: {said}"
            own = 'say envelope = "desk" in [relay]; automatic mail has no envelope sender else'
        return what, hop.of_reply(refused.code, refused.message, way) or own
    except aiosmtplib.SMTPRecipientRefused as refused:
        if hop.is_for_now(refused.code):
            return "", ""
        what = f"{place} takes no mail to {to} from us: {told(refused.code, refused.message)}"
        return what, hop.of_reply(refused.code, refused.message, way) or hop.KEPT_OUT
    return "", ""
