"""Replies as thirty mail programs write them: commands run, the answer is cut right, nothing of the program or the quote leaves."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.desk.office import Desk, desk, plain
from tests.desk.reply_styles import STYLES, ours
from tests.desk.staff import ANNA, KIM, asked, everything, one

ANSWER = ("Hello Kim,", "", "we replaced the fuser – it’s a wear part. Is “Ready” shown now?")
STRANGE = (
    "sent from",
    "gesendet",
    "lähetetty",
    "odesláno",
    "outlook",
    "galaxy",
    "k-9",
    "yahoo",
    "proton",
    "spark",
    "web.de",
    "original m",
    "původní",
)
"""Words of programs and quotes, none of which Anna typed."""


def answers(d: Desk, style: str, typed: tuple[str, ...], mail: object) -> int:
    """Anna answers by that program."""
    written = STYLES[style](typed, mail)  # type: ignore[arg-type]
    return d.write(ANNA, written.plain, html=written.html, answer=mail)  # type: ignore[arg-type]


@pytest.mark.parametrize("style", STYLES)
def test_an_answer_with_commands_of_any_program_is_understood(tmp_path: Path, style: str) -> None:
    """Agents answer from whatever they hold in their hand; `#Take` with a capital and a blank that never breaks is what phones make of it."""
    with desk(tmp_path) as d:
        mail = asked(d, text="The printer is on fire.\n\nWhat shall I do with the toner?")
        i = answers(d, style, ("#Take\xa0", "#Prio high", "", *ANSWER), mail)
        assert d.fate(i) == "appended", plain(d.post()[0])
        assert (d.ticket().assignee, d.ticket().priority.value) == ("anna", "high")
        post = d.posts()[-1]
        assert post.text == "\n".join(ANSWER)
        sent = one(d.post_later(), KIM, "message")
        shown = everything(sent)
        assert ANSWER[2] in plain(sent).replace("\n", " ") and "Is “Ready” shown" in shown
        assert "staff.example" not in shown and "#Take" not in shown and "Wait for" not in shown
        body = plain(sent).casefold()
        assert [word for word in STRANGE if word in body] == []


@pytest.mark.parametrize("style", STYLES)
def test_commands_alone_of_any_program_send_the_customer_nothing(tmp_path: Path, style: str) -> None:
    """What a program adds by itself would leave as an answer of two words: Sent from my phone."""
    with desk(tmp_path) as d:
        i = answers(d, style, ("#take",), asked(d))
        assert d.fate(i) == "executed"
        mails = d.post_later()
        assert d.ticket().assignee == "anna" and [m for m in mails if KIM in str(m["To"]) and m["X-Mailgate-Template"] == "message"] == []


INLINE = {
    "Thunderbird": (
        (
            "On 23.11.2026 10.00, Harbour Desk wrote:\n{above}\n> The printer is on fire.\n\nThat is bad, we come at once.\n\n"
            "> What shall I do with the toner?\n\nLeave it where it is.\n\n{below}\n"
        ),
        "",
    ),
    "Gmail": (
        "",
        (
            '<div dir="ltr"><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, 23 Nov 2026 at 10:00, Harbour Desk &lt;support@desk.example&gt; '
            'wrote:<br></div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex">{above_html}<div>The printer is on fire.</div></blockquote>'
            '<div>That is bad, we come at once.</div><blockquote class="gmail_quote"><div>What shall I do with the toner?</div></blockquote>'
            '<div>Leave it where it is.</div><blockquote class="gmail_quote">{below_html}</blockquote></div></div>'
        ),
    ),
    "iOS Mail": (
        "",
        (
            '<body dir="auto"><div dir="ltr"></div><div dir="ltr"><br><blockquote type="cite">On 23 Nov 2026, at 10.00, Harbour Desk &lt;support@desk.example'
            '&gt; wrote:<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">{above_html}<div>The printer is on fire.</div></div></blockquote>'
            'That is bad, we come at once.<br><blockquote type="cite"><div dir="ltr">What shall I do with the toner?</div></blockquote>Leave it where it is.<br>'
            '<blockquote type="cite"><div dir="ltr">{below_html}</div></blockquote><div dir="ltr"><br>Sent from my iPhone</div></body>'
        ),
    ),
    "K-9 Mail": (
        (
            "On 23 November 2026 10:00:00 EET, Harbour Desk <support@desk.example> wrote:\n{above}\n>The printer is on fire.\n\nThat is bad, we come at once.\n\n"
            ">What shall I do with the toner?\n\nLeave it where it is.\n\n{below}\n-- \nSent from my Android device with K-9 Mail. Please excuse my brevity.\n"
        ),
        "",
    ),
    "Roundcube": (
        (
            "Dne 2026-11-23 10:00, Harbour Desk napsal:\n{above}\n> The printer is on fire.\n\nThat is bad, we come at once.\n\n> What shall I do with the toner?\n\n"
            "Leave it where it is.\n\n{below}\n"
        ),
        "",
    ),
    "Outlook for Windows": (
        "",
        (
            "<div class=WordSection1><p class=MsoNormal>Hi Kim, see my answers in red below.</p><div style='border:none;border-top:solid #E1E1E1 1.0pt'>"
            "<p class=MsoNormal><b>From:</b> Harbour Desk &lt;support@desk.example&gt; <br><b>Sent:</b> Monday, 23 November 2026 10.00<br><b>To:</b> Anna "
            "&lt;anna@staff.example&gt;<br><b>Subject:</b> Re: Printer [T1]</p></div>{above_html}<p class=MsoNormal>The printer is on fire.</p>"
            "<p class=MsoNormal><span style='color:#C00000'>That is bad, we come at once.</span></p><p class=MsoNormal>What shall I do with the toner?</p>"
            "<p class=MsoNormal><span style='color:#C00000'>Leave it where it is.</span></p>{below_html}</div>"
        ),
    ),
    "Outlook, German, plain text, nothing above": (
        (
            "-----Ursprüngliche Nachricht-----\nVon: Harbour Desk <support@desk.example> \nGesendet: Montag, 23. November 2026 10:00\nAn: Anna <anna@staff.example>\n"
            "Betreff: Re: Printer [T1]\n\n{above_plain}\nThe printer is on fire.\n\nThat is bad, we come at once.\n\nWhat shall I do with the toner?\n\n"
            "Leave it where it is.\n\n{below_plain}\n"
        ),
        "",
    ),
    "Outlook on the web": (
        "",
        (
            '<div><br></div><hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr"><font color="#000000"><b>From:</b> Harbour Desk '
            "&lt;support@desk.example&gt;<br><b>Sent:</b> Monday, November 23, 2026 10:00 AM<br><b>To:</b> Anna &lt;anna@staff.example&gt;<br><b>Subject:</b> Re: "
            "Printer [T1]</font></div>{ours_html}"
        ),
    ),
}
"""Answers between the lines of our mail; what stood above and below the customer's words is our card."""


def _answered(mail: EmailMessage) -> str:
    """The HTML of our mail as it was sent, with an answer right behind each of the customer's sentences, in a colour of its own."""
    html = ours(mail)
    for sentence, answer in (
        ("The printer is on fire.", "That is bad, we come at once."),
        ("What shall I do with the toner?", "Leave it where it is."),
    ):
        assert sentence in html
        html = html.replace(sentence, f'{sentence}<div style="color: rgb(200, 38, 19);">{answer}</div>', 1)
    return html


@pytest.mark.parametrize("program", INLINE)
@pytest.mark.parametrize("command", ["", "#prio high"], ids=["words", "with a command"])
def test_answers_between_the_lines_of_our_mail_survive(tmp_path: Path, program: str, command: str) -> None:
    """Who answers point by point would send the customer an empty mail, or our card with everything in it."""
    with desk(tmp_path) as d:
        mail = asked(d, text="The printer is on fire.\n\nWhat shall I do with the toner?")
        lines = plain(mail).rstrip().split("\n")
        first = next(n for n, line in enumerate(lines) if "on fire" in line)
        last = next(n for n, line in enumerate(lines) if "toner?" in line)
        above, below = lines[:first], lines[last + 1 :]
        parts = {
            "above": "\n".join(f"> {line}".rstrip() for line in above),
            "below": "\n".join(f"> {line}".rstrip() for line in below),
            "above_html": "".join(f"<div>{line or '<br>'}</div>" for line in above if "<" not in line),
            "above_plain": "\n".join(above),
            "below_plain": "\n".join(below),
            "ours_html": _answered(mail),
            "below_html": "".join(f"<div>{line or '<br>'}</div>" for line in below if "<" not in line),
        }
        text, html = (form.format(**parts) for form in INLINE[program])
        if command:
            text, html = (
                f"{command}\n\n{text}" if text else "",
                html.replace("<", f"<div>{command}</div><div><br></div><", 1) if html else "",
            )
        i = d.write(ANNA, text, html=html, answer=mail)
        assert d.fate(i) == "appended", [plain(m)[:600] for m in d.post()]
        assert d.ticket().priority.value == ("high" if command else "normal")
        sent = plain(one(d.post_later(), KIM, "message"))
        assert "That is bad, we come at once." in sent and "Leave it where it is." in sent
        assert sent.index("That is bad") < sent.index("Leave it where")
        assert not any(
            word in sent
            for word in (
                "#take",
                "Take it",
                "Each button",
                "Your reply goes to",
                "You get this mail because",
                "Sent from",
                "#prio",
            )
        )
