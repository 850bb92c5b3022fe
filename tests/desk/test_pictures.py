"""Pictures that agents paste into their answers: in their place, from every program; logos that come again are none."""

from __future__ import annotations

import struct
import zlib
from email.message import EmailMessage, MIMEPart
from pathlib import Path

import pytest

from rules.facts.mail import Envelope
from tests.desk.office import Desk, desk, plain
from tests.desk.staff import ANNA, KIM, asked, one

MAIL = {
    "iOS Mail": (
        "",
        (
            '<html><body dir="auto">Open this:<div><br></div><div><img alt="IMG_1.png" src="cid:shot"></div><div><br></div><div>Then pull.'
            '<br><br><div dir="ltr">Sent from my iPhone</div><blockquote type="cite">On 23 Nov 2026, Harbour Desk &lt;support@desk.example&gt; wrote:<br>'
            "</blockquote></div></body></html>"
        ),
    ),
    "Outlook": (
        "",
        (
            "<html><body><div class=WordSection1><p class=MsoNormal>Open this:</p><p class=MsoNormal><img width=9 src='cid:shot'></p>"
            "<p class=MsoNormal>Then pull.</p></div></body></html>"
        ),
    ),
    "Gmail": (
        "Open this:\n[image: shot.png]\nThen pull.\n",
        '<div dir="ltr"><div>Open this:</div><div><img src="cid:shot" alt="shot.png"></div><div>Then pull.</div></div>',
    ),
    "Thunderbird": (
        "Open this:\n\nThen pull.\n",
        '<html><body><p>Open this:</p><p><img src="cid:shot"></p><p>Then pull.</p></body></html>',
    ),
}
SIGNED = "<p class=MsoNormal>{said}</p><p class=MsoNormal>Kind regards</p><p class=MsoNormal>Anna Berg</p><p class=MsoNormal><img src='cid:logo'></p>"


def _picture(shade: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes((0, shade)))) + chunk(b"IEND", b"")


def _writes(d: Desk, mail: EmailMessage, text: str, html: str, **pictures: bytes) -> int:
    """Anna answers with pictures within her text, called by their content ids."""
    d._n += 1
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = ANNA, str(mail["Reply-To"]), str(mail["Subject"])
    message["In-Reply-To"], message["Message-ID"], message["Date"] = str(mail["Message-ID"]), f"<pictures.{d._n}@mail.example>", d.at
    if text:
        message.set_content(text)
        message.add_alternative(html, subtype="html")
    else:
        message.set_content(html, subtype="html")
    page = message.get_body(("html",))
    assert isinstance(page, MIMEPart)
    for name, data in pictures.items():
        page.add_related(data, maintype="image", subtype="png", cid=f"<{name}>", filename=f"{name}.png", disposition="inline")
    to = str(mail["Reply-To"].addresses[0].addr_spec)
    return d.take(message.as_bytes(), Envelope(door="smtp", sender=ANNA, recipients=(to,), peer="192.0.2.5"))


def _shown(sent: EmailMessage) -> str:
    page = sent.get_body(("html",))
    assert page is not None
    return str(page.get_content()).partition("</div>")[2]  # below the preview


def _pictures(sent: EmailMessage) -> list[str]:
    return [str(part.get_filename()) for part in sent.walk() if part.get_content_maintype() == "image"]


@pytest.mark.parametrize("program", MAIL)
def test_a_pasted_picture_is_in_its_place_from_every_program(tmp_path: Path, program: str) -> None:
    """`Open this:` and nothing below it; only Outlook's plain part says where a picture stands."""
    with desk(tmp_path) as d:
        _writes(d, asked(d), *MAIL[program], shot=_picture(1))
        sent = one(d.post_later(), KIM, "message")
        assert _pictures(sent) == ["shot.png"]
        page = _shown(sent)
        assert page.index("Open this:") < page.index('src="cid:') < page.index("Then pull.")
        assert "[picture: shot.png]" in plain(sent) and "[image:" not in plain(sent) and "IMG_1" not in plain(sent)


def test_a_logo_that_comes_again_stays_behind_and_a_picture_does_not(tmp_path: Path) -> None:
    """A signature without a mark brings its logo along in each answer; a drawing may be worth showing twice."""
    with desk(tmp_path) as d:
        mail = asked(d)
        logo, shot = _picture(2), _picture(3)
        again = "Open this:<br><img src='cid:shot'><br>Then pull."
        for said in ("We come at once.", again, again):
            _writes(d, mail, "", SIGNED.format(said=said), logo=logo, **({"shot": shot} if "shot" in said else {}))
        first, second, third = (m for m in d.post_later() if str(m["X-Mailgate-Template"]) == "message")
        assert (_pictures(first), _pictures(second), _pictures(third)) == (["logo.png"], ["shot.png"], ["shot.png"])


def test_an_answer_that_is_a_picture_alone_is_an_answer(tmp_path: Path) -> None:
    """A photograph says it all, and was taken for an empty mail."""
    with desk(tmp_path) as d:
        _writes(d, asked(d), "", "<html><body><div><img src='cid:shot'></div><div>#prio high</div></body></html>", shot=_picture(1))
        assert _pictures(one(d.post_later(), KIM, "message")) == ["shot.png"] and d.ticket().priority.value == "high"


def test_a_customers_picture_is_a_file_that_every_program_lists(tmp_path: Path) -> None:
    """Called inline and shown nowhere, it is hidden by some programs; the mail says that it is attached."""
    with desk(tmp_path) as d:
        d.agent("anna")
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = f"Kim <{KIM}>", "support@desk.example", "Printer"
        message["Message-ID"], message["Date"] = "<pictures.kim@client.example>", d.at
        message.set_content('<html><body>It looks like this:<div><img src="cid:shot"></div>Can you help?</body></html>', subtype="html")
        message.add_related(_picture(1), maintype="image", subtype="png", cid="<shot>", filename="shot.png", disposition="inline")
        d.take(message.as_bytes())
        new = one(d.post(), ANNA)
        assert [(p.get_filename(), p.get_content_disposition()) for p in new.iter_attachments()] == [("shot.png", "attachment")]
        assert "Attached: shot.png" in plain(new)
