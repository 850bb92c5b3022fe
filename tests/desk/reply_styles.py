"""How mail programs write a reply: thirty of them, each as a function from what its owner typed and the mail he answers.

Written by hand after what the programs really send: where the typed text stands, what the program adds of its own, how it announces
and marks what it quotes. `typed` are lines; a program that writes HTML alone gives no plain part, as many on phones do.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage

_AUTO = ' dir="auto"'
_APTOS = ' dir="auto" style="font-family: Aptos, Calibri, sans-serif; font-size: 12pt"'
_ARIAL = ' style="font-family: Arial, sans-serif; font-size: 14px;"'
DESK, ADDRESS = "Harbour Desk", "support@desk.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The body of a reply; an empty part isn't there."""

    plain: str = ""
    html: str = ""


Style = Callable[[Sequence[str], EmailMessage], Written]
STYLES: dict[str, Style] = {}


def _style(name: str) -> Callable[[Style], Style]:
    def kept(style: Style) -> Style:
        STYLES[name] = style
        return style

    return kept


def ours(mail: EmailMessage) -> str:
    """The HTML of our mail, from within its body, as programs put it into their quote."""
    part = mail.get_body(("html",))
    assert part is not None
    return re.sub(r"(?s).*<body[^>]*>|</body>.*", "", str(part.get_content()))


def said(mail: EmailMessage) -> str:
    """The plain part of our mail."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n").rstrip("\n")


def quoted(mail: EmailMessage, sign: str = "> ") -> str:
    """The plain part, marked."""
    return "\n".join((sign + line).rstrip() for line in said(mail).split("\n"))


def _divs(typed: Sequence[str], attributes: str = "") -> str:
    return "".join(f"<div{attributes}>{html.escape(line) or '<br>'}</div>" for line in typed)


def _paragraphs(typed: Sequence[str], attributes: str = "") -> str:
    return "".join(f"<p{attributes}>{html.escape(line) or '&nbsp;'}</p>" for line in typed)


def _page(inner: str, head: str = "") -> Written:
    return Written(html=f"<html><head>{head}</head><body>{inner}</body></html>")


def _both(plain: str, inner: str) -> Written:
    return Written(plain=plain, html=f"<html><head></head><body>{inner}</body></html>")


# -- phones ---------------------------------------------------------------------------------------------------------------------------------


def _ios(signature: str, attribution: str) -> Style:
    def style(typed: Sequence[str], mail: EmailMessage) -> Written:
        above = "<br>".join(html.escape(line) for line in typed)
        return Written(
            html='<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body dir="auto">'
            f'<div dir="ltr"></div><div dir="ltr">{above}<br><div dir="ltr"><br>{signature}</div></div>'
            f'<div dir="ltr"><br><blockquote type="cite">{attribution}<br><br></blockquote></div>'
            f'<blockquote type="cite"><div dir="ltr">\ufeff{ours(mail)}</div></blockquote></body></html>'
        )

    return style


STYLES["iOS Mail, English"] = _ios("Sent from my iPhone", "On 23 Nov 2026, at 10.00, Harbour Desk &lt;support@desk.example&gt; wrote:")
STYLES["iOS Mail, German"] = _ios("Von meinem iPhone gesendet", "Am 23.11.2026 um 10:00 schrieb Harbour Desk &lt;support@desk.example&gt;:")
STYLES["iOS Mail, Finnish"] = _ios("Lähetetty iPhonesta", "Harbour Desk &lt;support@desk.example&gt; kirjoitti 23.11.2026 kello 10.00:")
STYLES["iOS Mail, Czech"] = _ios("Odesláno z iPhonu", "23. 11. 2026 v 10:00, Harbour Desk &lt;support@desk.example&gt;:")


@_style("iPad Mail, plain text")
def _ipad(typed: Sequence[str], mail: EmailMessage) -> Written:
    return Written(
        plain="\n".join(typed)
        + f"\n\nSent from my iPad\n\n> On 23 Nov 2026, at 10.00, {DESK} <{ADDRESS}> wrote:\n> \n> \ufeff"
        + quoted(mail)[2:]
    )


def _gmail(attribution: str, direction: str = "auto") -> Style:
    def style(typed: Sequence[str], mail: EmailMessage) -> Written:
        above = "".join(f'<div dir="{direction}">{html.escape(line) or "<br>"}</div>' for line in typed)
        return _page(
            f'<div dir="{direction}">{above}</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
            f'{attribution}<br></div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex">'
            f"{ours(mail)}</blockquote></div>"
        )

    return style


_LINK = '&lt;<a href="mailto:support@desk.example">support@desk.example</a>&gt;'
STYLES["Gmail for Android, English"] = _gmail(f"On Mon, Nov 23, 2026, 10:00 Harbour Desk {_LINK} wrote:")
STYLES["Gmail for Android, German"] = _gmail(f"Harbour Desk {_LINK} schrieb am Mo., 23. Nov. 2026, 10:00:")
STYLES["Gmail for Android, Finnish"] = _gmail(f"ma 23. marrask. 2026 klo 10.00 Harbour Desk {_LINK} kirjoitti:")
STYLES["Gmail for Android, Czech"] = _gmail(f"po 23. 11. 2026 v 10:00 odesílatel Harbour Desk {_LINK} napsal:")


@_style("Gmail in a browser")
def _gmail_web(typed: Sequence[str], mail: EmailMessage) -> Written:
    made = _gmail(f"On Mon, 23 Nov 2026 at 10:00, Harbour Desk {_LINK} wrote:", "ltr")(typed, mail)
    plain = "\n".join(typed) + f"\n\nOn Mon, 23 Nov 2026 at 10:00, {DESK} <{ADDRESS}>\nwrote:\n\n" + quoted(mail)
    return Written(plain=plain, html=made.html)


def _outlook_mobile(signature: str, labels: tuple[str, str, str, str]) -> Style:
    def style(typed: Sequence[str], mail: EmailMessage) -> Written:
        sender, sent, to, subject = labels
        return _page(
            f"{_divs(typed, _APTOS)}"
            f'<div dir="auto"><br></div><div id="ms-outlook-mobile-signature" dir="auto">{signature}</div>'
            '<hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr">'
            f'<font face="Calibri, sans-serif" style="font-size:11pt" color="#000000"><b>{sender}</b> Harbour Desk &lt;support@desk.example&gt;<br>'
            f"<b>{sent}</b> Monday, November 23, 2026 10:00:00 AM<br><b>{to}</b> Anna &lt;anna@staff.example&gt;<br>"
            f"<b>{subject}</b> Re: Printer [T1]</font><div>&nbsp;</div></div>{ours(mail)}"
        )

    return style


STYLES["Outlook for iOS"] = _outlook_mobile(
    'Get <a href="https://aka.ms/o0ukef">Outlook for iOS</a>', ("From:", "Sent:", "To:", "Subject:")
)
STYLES["Outlook for Android, German"] = _outlook_mobile(
    '<a href="https://aka.ms/AAb9ysg">Outlook für Android</a> beziehen', ("Von:", "Gesendet:", "An:", "Betreff:")
)
STYLES["Outlook for Android, Finnish"] = _outlook_mobile(
    'Hanki <a href="https://aka.ms/AAb9ysg">Outlook for Android</a>', ("Lähettäjä:", "Lähetetty:", "Vastaanottaja:", "Aihe:")
)


def _samsung(signature: str, rule: str, labels: tuple[str, str, str, str]) -> Style:
    def style(typed: Sequence[str], mail: EmailMessage) -> Written:
        values = (
            "Harbour Desk &lt;support@desk.example&gt; ",
            "23.11.26  10:00  (GMT+02:00) ",
            "Anna &lt;anna@staff.example&gt; ",
            "Re: Printer [T1] ",
        )
        heads = "".join(f"<div>{label}: {value}</div>" for label, value in zip(labels, values, strict=True))
        return _page(
            f'{_divs(typed, _AUTO)}<div dir="auto"><br></div><div id="composer_signature" dir="auto">'
            f'<div style="font-size:12px;color:#575757" dir="auto">{signature}</div></div><div dir="auto"><br></div><div><br></div>'
            f'<div align="left" dir="auto" style="font-size:100%;color:#000000"><div>{rule}</div>{heads}<div><br></div></div>{ours(mail)}'
        )

    return style


STYLES["Samsung Email, English"] = _samsung("Sent from my Galaxy", "-------- Original message --------", ("From", "Date", "To", "Subject"))
STYLES["Samsung Email, German"] = _samsung(
    "Von meinem/meiner Galaxy gesendet", "-------- Ursprüngliche Nachricht --------", ("Von", "Datum", "An", "Betreff")
)
STYLES["Samsung Email, Czech"] = _samsung(
    "Odesláno z mého zařízení Galaxy", "-------- Původní zpráva --------", ("Od", "Datum", "Komu", "Předmět")
)


@_style("K-9 Mail, plain text")
def _k9(typed: Sequence[str], mail: EmailMessage) -> Written:
    return Written(
        plain="\n".join(typed)
        + "\n-- \nSent from my Android device with K-9 Mail. Please excuse my brevity.\n\n"
        + f"On 23 November 2026 10:00:00 EET, {DESK} <{ADDRESS}> wrote:\n"
        + quoted(mail, ">")
    )


@_style("K-9 Mail, HTML, German")
def _k9_html(typed: Sequence[str], mail: EmailMessage) -> Written:
    above = "<br>\r\n".join(html.escape(line) for line in typed)
    return _page(
        f'{above}<br><div class="k9mail-signature">-- <br>\r\nDiese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.</div><br>'
        f'<br><div class="gmail_quote">Am 23. November 2026 10:00:00 OEZ schrieb Harbour Desk &lt;support@desk.example&gt;:'
        f'<blockquote class="gmail_quote" style="margin: 0pt 0pt 0pt 0.8ex; border-left: 1px solid #729fcf; padding-left: 1ex;">{ours(mail)}</blockquote></div>'
    )


@_style("FairEmail")
def _fairemail(typed: Sequence[str], mail: EmailMessage) -> Written:
    return _page(
        f'{_divs(typed, _AUTO)}<p><br></p><div fairemail="reply"><p>23 Nov 2026 10:00:00 Harbour Desk &lt;support@desk.example&gt;:</p></div>'
        f'<blockquote style="border-left:3px solid #007bff;margin:0;padding-left:3px">{ours(mail)}</blockquote>'
    )


@_style("Yahoo Mail for Android")
def _yahoo(typed: Sequence[str], mail: EmailMessage) -> Written:
    above = "<br>".join(html.escape(line) for line in typed)
    return _page(
        f'{above}<br><br><a id="ymail_android_signature_link" href="https://mail.onelink.me/107872968">Sent from Yahoo Mail on Android</a>'
        ' <br> <blockquote style="margin: 0 0 20px 0;"> <div style="font-family:Roboto, sans-serif; color:#6D00F6;"> '
        "<div>On Mon, 23 Nov 2026 at 10:00, Harbour Desk</div><div>&lt;support@desk.example&gt; wrote:</div> </div> "
        f'<div style="padding: 10px 0 0 20px; margin: 10px 0 0 0; border-left: 1px solid #6D00F6;"> {ours(mail)} </div> </blockquote>'
    )


@_style("Proton Mail for iOS")
def _proton_ios(typed: Sequence[str], mail: EmailMessage) -> Written:
    return _page(
        f'{_divs(typed)}<br><br>Sent from <a href="https://proton.me/mail/home">Proton Mail</a> for iOS.<br><br>-------- Original Message --------<br>'
        f'On Monday, 11/23/26 at 10:00 Harbour Desk &lt;support@desk.example&gt; wrote:<br><blockquote class="protonmail_quote">{ours(mail)}</blockquote>'
    )


@_style("WEB.DE app")
def _webde_app(typed: Sequence[str], mail: EmailMessage) -> Written:
    return Written(
        plain="\n".join(typed)
        + "\n-- \nDiese Nachricht wurde von meinem Android Mobiltelefon mit WEB.DE Mail gesendet.\n"
        + f"Am 23.11.26, 10:00 schrieb {DESK} <{ADDRESS}>:\n\n"
        + quoted(mail)
    )


# -- desks ----------------------------------------------------------------------------------------------------------------------------------


@_style("Outlook for Windows")
def _outlook(typed: Sequence[str], mail: EmailMessage) -> Written:
    face = "<p class=MsoNormal><span style='font-size:11.0pt'>{}<o:p></o:p></span></p>"
    lines = "".join(face.format(html.escape(line)) if line else "<p class=MsoNormal><o:p>&nbsp;</o:p></p>" for line in typed)
    return _page(
        f"<div class=WordSection1>{lines}<p class=MsoNormal><o:p>&nbsp;</o:p></p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt;"
        "padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b><span lang=EN-US>From:</span></b><span lang=EN-US> Harbour Desk "
        "&lt;support@desk.example&gt; <br><b>Sent:</b> Monday, 23 November 2026 10.00<br><b>To:</b> Anna &lt;anna@staff.example&gt;<br>"
        f"<b>Subject:</b> Re: Printer [T1]<o:p></o:p></span></p></div></div><p class=MsoNormal><o:p>&nbsp;</o:p></p>{ours(mail)}</div>"
    )


@_style("Outlook for Windows, German, plain text")
def _outlook_plain(typed: Sequence[str], mail: EmailMessage) -> Written:
    return Written(
        plain="\n".join(typed)
        + f"\n\n-----Ursprüngliche Nachricht-----\nVon: {DESK} <{ADDRESS}> \nGesendet: Montag, 23. November 2026 10:00\nAn: Anna <anna@staff.example>\n"
        + f"Betreff: Re: Printer [T1]\n\n{said(mail)}\n"
    )


@_style("Outlook on the web, Czech")
def _owa(typed: Sequence[str], mail: EmailMessage) -> Written:
    lines = "".join(
        f'<div class="elementToProof" style="font-family: Aptos, sans-serif; font-size: 12pt; color: rgb(0, 0, 0);">{html.escape(line) or "<br>"}</div>'
        for line in typed
    )
    return _page(
        f'{lines}<div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr">'
        '<font face="Calibri, sans-serif" style="font-size:11pt" color="#000000"><b>Od:</b> Harbour Desk &lt;support@desk.example&gt;<br>'
        "<b>Odesláno:</b> pondělí 23. listopadu 2026 10:00<br><b>Komu:</b> Anna &lt;anna@staff.example&gt;<br><b>Předmět:</b> Re: Printer [T1]</font>"
        f"<div>&nbsp;</div></div>{ours(mail)}"
    )


@_style("Thunderbird, plain text")
def _thunderbird(typed: Sequence[str], mail: EmailMessage) -> Written:
    return Written(plain="\n".join(typed) + f"\n\nOn 23.11.2026 10.00, {DESK} wrote:\n" + quoted(mail) + "\n")


@_style("Thunderbird, below the quote")
def _thunderbird_below(typed: Sequence[str], mail: EmailMessage) -> Written:
    return Written(plain=f"On 23.11.2026 10.00, {DESK} wrote:\n" + quoted(mail) + "\n\n" + "\n".join(typed) + "\n")


@_style("Thunderbird, HTML, German")
def _thunderbird_html(typed: Sequence[str], mail: EmailMessage) -> Written:
    plain = "\n".join(typed) + f"\n\nAm 23.11.26 um 10:00 schrieb {DESK}:\n" + quoted(mail)
    inner = (
        f'{_paragraphs(typed)}<div class="moz-cite-prefix">Am 23.11.26 um 10:00 schrieb Harbour Desk:<br></div>'
        f'<blockquote type="cite" cite="mid:x@desk.example">{ours(mail)}</blockquote>'
    )
    return _both(plain, inner)


@_style("Apple Mail")
def _apple(typed: Sequence[str], mail: EmailMessage) -> Written:
    return Written(
        html='<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body style="overflow-wrap: break-word;">'
        + "<br>".join(html.escape(line) for line in typed)
        + '<br id="lineBreakAtBeginningOfMessage"><div><br><blockquote type="cite"><div>On 23 Nov 2026, at 10.00, Harbour Desk '
        + f'&lt;support@desk.example&gt; wrote:</div><br class="Apple-interchange-newline"><div>{ours(mail)}</div></blockquote></div><br></body></html>'
    )


@_style("Proton Mail in a browser")
def _proton(typed: Sequence[str], mail: EmailMessage) -> Written:
    return _page(
        f'{_divs(typed, _ARIAL)}<div style="font-family: Arial, sans-serif; font-size: 14px;"><br></div>'
        '<div class="protonmail_signature_block" style="font-family: Arial, sans-serif; font-size: 14px;"><div class="protonmail_signature_block-user '
        'protonmail_signature_block-empty"></div><div class="protonmail_signature_block-proton">Sent with <a target="_blank" '
        'href="https://proton.me/mail/home">Proton Mail</a> secure email.</div></div><div class="protonmail_quote">On Monday, November 23rd, 2026 at '
        f'10:00 AM, Harbour Desk &lt;support@desk.example&gt; wrote:<br><blockquote class="protonmail_quote" type="cite">{ours(mail)}</blockquote></div>'
    )


@_style("GMX in a browser")
def _gmx(typed: Sequence[str], mail: EmailMessage) -> Written:
    return _page(
        f'<div style="font-family: Verdana;font-size: 12.0px;">{_divs(typed)}<div>&nbsp;</div><div>&nbsp;<div name="quote" style="margin:10px 5px 5px '
        '10px; padding: 10px 0 10px 10px; border-left:2px solid #C3D9E5;"><div style="margin:0 0 10px 0;"><b>Gesendet:</b>&nbsp;Montag, 23. November '
        '2026 um 10:00 Uhr<br/><b>Von:</b>&nbsp;"Harbour Desk" &lt;support@desk.example&gt;<br/><b>An:</b>&nbsp;Anna &lt;anna@staff.example&gt;<br/>'
        f'<b>Betreff:</b>&nbsp;Re: Printer [T1]</div><div name="quoted-content">{ours(mail)}</div></div></div></div>'
    )


@_style("Seznam in a browser")
def _seznam(typed: Sequence[str], mail: EmailMessage) -> Written:
    return _page(
        f"{_divs(typed)}<div><br></div><aside>---------- Původní e-mail ----------<br>Od: Harbour Desk &lt;support@desk.example&gt;<br>"
        "Komu: Anna &lt;anna@staff.example&gt;<br>Datum: 23. 11. 2026 10:00:00<br>Předmět: Re: Printer [T1]</aside><br>"
        f'<blockquote data-email="support@desk.example">{ours(mail)}</blockquote>'
    )


@_style("Roundcube, Czech")
def _roundcube(typed: Sequence[str], mail: EmailMessage) -> Written:
    return Written(plain="\n".join(typed) + f"\n\nDne 2026-11-23 10:00, {DESK} napsal:\n" + quoted(mail))


@_style("Spark")
def _spark(typed: Sequence[str], mail: EmailMessage) -> Written:
    return _page(
        f'<div name="messageBodySection">{_divs(typed, _AUTO)}</div><div name="messageSignatureSection"><br><div class="matchFont">Sent with '
        '<a href="https://sparkmailapp.com">Spark</a></div></div><div name="messageReplySection">On 23 Nov 2026 at 10:00 +0200, Harbour Desk '
        f'&lt;support@desk.example&gt;, wrote:<br><blockquote type="cite" style="border-left: thin solid #1abc9c;">{ours(mail)}</blockquote></div>'
    )


@_style("HCL Notes")
def _notes(typed: Sequence[str], mail: EmailMessage) -> Written:
    return _page(
        f'<font size=2 face="sans-serif">{"<br>".join(map(html.escape, typed))}</font><br><br><font size=1 color=#5f5f5f face="sans-serif">From: &nbsp; '
        '&nbsp; &nbsp; &nbsp;</font><font size=1 face="sans-serif">&quot;Harbour Desk&quot; &lt;support@desk.example&gt;</font><br><font size=1 '
        'color=#5f5f5f face="sans-serif">To: &nbsp; &nbsp; &nbsp; &nbsp;</font><font size=1 face="sans-serif">anna@staff.example</font><br>'
        '<font size=1 color=#5f5f5f face="sans-serif">Date: &nbsp; &nbsp; &nbsp; &nbsp;</font><font size=1 face="sans-serif">23.11.2026 10:00</font><br>'
        '<font size=1 color=#5f5f5f face="sans-serif">Subject: &nbsp; &nbsp; &nbsp; &nbsp;</font><font size=1 face="sans-serif">Re: Printer [T1]</font>'
        f"<br><hr noshade><br><br>{ours(mail)}"
    )
