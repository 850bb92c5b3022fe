"""Every SMTP and LMTP answer of ours, by name; the only place with reply codes.

Next: `mailgate/doors/conversation.py` and `mailgate/doors/smtp.py`, which say when.
"""

from __future__ import annotations


class Reply:
    """What the doors answer (RFC 5321 section 4.2.3; enhanced codes of RFC 3463). 4xx: the client keeps the mail and tries again."""

    greeting = "220 {hostname} ESMTP"
    start_tls = "220 2.0.0 ready to start TLS"
    sender_ok = "250 2.1.0 sender ok"
    recipient_ok = "250 2.1.5 recipient ok"
    kept = "250 2.0.0 kept"
    no_verify = "252 2.5.0 send a mail, and it will show"
    go_ahead = "354 end data with <CR><LF>.<CR><LF>"
    shutting_down = "421 4.3.2 shutting down, try again soon"
    store_fails = "421 4.3.0 the mail store fails, try again later"
    too_late = "421 4.4.2 nothing heard from you for too long"
    too_slow = "421 4.4.2 this is too slow, try again"
    crowded = "421 4.7.0 {why}, try again later"
    too_many_errors = "421 4.7.0 too many errors"
    too_many_unknown = "421 4.7.0 too many unknown recipients"
    too_many_logins = "421 4.7.0 too many wrong passwords"
    too_much_idling = "421 4.7.0 too many commands without a mail"
    not_http = "421 4.7.0 this is a mail server"
    not_kept = "451 4.3.0 could not be kept now, try again later"
    fault = "451 4.3.0 fault on our side, try again later"
    disk_full = "452 4.3.1 no room for mail now, try again later"
    too_many_recipients = "452 4.5.3 too many recipients, send the rest in another transaction"
    line_too_long = "500 5.5.2 command line too long"
    not_understood = "500 5.5.2 not understood"
    unknown_command = "500 5.5.1 unknown command"
    syntax_helo = "501 5.5.4 a host name is needed"
    syntax_data = "501 5.5.4 DATA takes no value"
    syntax_starttls = "501 5.5.4 STARTTLS takes no value"
    no_chunking = "502 5.5.1 CHUNKING is not offered"
    no_tls = "502 5.5.1 TLS is not offered"
    no_recipients = "503 5.5.1 no valid recipients"
    in_transaction = "503 5.5.1 not within a mail"
    already_tls = "503 5.5.1 TLS is on already"
    tls_needed = "530 5.7.0 STARTTLS is needed first"
    unknown_recipient = "550 5.1.1 no such address here"
    relaying_denied = "550 5.7.1 we don't relay for this domain"
    too_big = "552 5.3.4 the message exceeds the size that we offer"
    out_of_turn = "554 5.5.0 you spoke before your turn"


_ENHANCED = {
    "221": "2.0.0",
    "250": "2.0.0",
    "252": "2.5.0",
    "454": "4.7.0",
    "500": "5.5.2",
    "501": "5.5.4",
    "502": "5.5.1",
    "503": "5.5.1",
    "504": "5.5.4",
    "552": "5.3.4",
    "553": "5.1.3",
    "554": "5.5.0",
    "555": "5.5.4",
}


def enhanced(status: str) -> str:
    """A reply with the enhanced code that RFC 2034 section 4 wants, for aiosmtpd's own replies, which mostly have none."""
    code = _ENHANCED.get(status[:3])
    return f"{status[:4]}{code} {status[4:]}" if code and status[5:6] != "." else status
