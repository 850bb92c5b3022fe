"""HTML must read like the plain mail it stands for, with nothing in it that its reader could not see."""

import time

import pytest

from mailgate.parsing.htmltext import OUT_CHARACTERS, to_text
from rules.reading import commands, quoting

OLD = "<p>Hello! How are you?</p><p>Sasha</p>"

CLIENTS = {
    "gmail": f'<div dir="ltr">Fine.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, Nov 2, 2026 at 10:00 AM Kim &lt;<a href="mailto:kim@client.test">kim@client.test</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex">{OLD}</blockquote></div>',
    "gmail in an unknown language": f'<div dir="ltr">Fine.</div><br><div class="gmail_quote"><div class="gmail_attr">Zzz qqq Kim ttt</div><blockquote class="gmail_quote">{OLD}</blockquote></div>',
    "thunderbird": f'<p>Fine.</p><div class="moz-cite-prefix">Am 02.11.26 um 10:00 schrieb Kim:<br></div><blockquote type="cite" cite="mid:x">{OLD}</blockquote>',
    "apple": f'<div>Fine.</div><div><br><blockquote type="cite"><div>2. 11. 2026 v 10:00, Kim &lt;kim@client.test&gt;:</div><br>{OLD}</blockquote></div>',
    "outlook web": f'<div>Fine.</div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><b>Zq:</b> Kim &lt;kim@client.test&gt;<br><b>Zw:</b> 2. 11. 2026 10:00<br><b>Ze:</b> Ada<br><b>Zr:</b> Printer<div>&nbsp;</div></div>{OLD}',
    "outlook": f'<p class="MsoNormal">Fine.<o:p></o:p></p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>Von:</b> Kim &lt;kim@client.test&gt;<br><b>Gesendet:</b> Montag, 2. November 2026 10:00<br><b>An:</b> Ada<br><b>Betreff:</b> Drucker</p></div></div>{OLD}',
    "yahoo": f'<div>Fine.</div><div class="yahoo_quoted"><div>On Monday, Kim wrote:</div>{OLD}</div>',
    "yandex": f'<p>Fine.</p><p>02.11.2026, 10:00, "Kim" &lt;kim@client.test&gt;:</p><blockquote>{OLD}</blockquote>',
    "zimbra": f'<div>Fine.<br><br><hr id="zwchr"><b>From: </b>kim@client.test<br><b>To: </b>a@b.test<br><b>Sent: </b>Monday, November 2, 2026 10:00:00 AM<br><b>Subject: </b>Test<br><br>{OLD}</div>',
    "hotmail": f'<div>Fine.<br><hr id="stopSpelling">Date: Mon, 2 Nov 2026 10:00:00 +0100<br>Subject: Test<br>From: kim@client.test<br>To: a@b.test<br><br>{OLD}</div>',
    "web.de": f'<div>Fine.</div><div name="quote" style="border-left:2px solid #C3D9E5"><div>Gesendet: Montag</div>{OLD}</div>',
    "tutanota": f'<div>Fine.</div><blockquote class="tutanota_quote">{OLD}</blockquote>',
    "proton": f'<div>Fine.</div><div class="protonmail_quote">On Monday Kim wrote:<br>{OLD}</div>',
    "outlook 2003": f'<p class="MsoNormal">Fine.</p><div><div class="MsoNormal" align="center"><hr size="2" width="100%" tabindex="-1"></div><p class="MsoNormal"><b>From:</b> Kim [mailto:kim@client.test]<br><b>Sent:</b> Monday, November 2, 2026 10:00 AM<br><b>To:</b> Ada<br><b>Subject:</b> Test</p></div>{OLD}',
    "thunderbird with a signature below": f'<p>Fine.</p><div class="moz-cite-prefix">On 11/02/26 10:00, Kim wrote:<br></div><blockquote type="cite" cite="mid:x">{OLD}</blockquote><pre class="moz-signature" cols="72">-- \nAda\nExample Ltd</pre>',
    "spark": f'<div name="messageBodySection"><div>Fine.</div></div><div name="messageSignatureSection"><br>Ada, Example Ltd</div><div name="messageReplySection">On 2 Nov 2026, 10:00 +0200, Kim &lt;kim@client.test&gt;, wrote:<br><blockquote type="cite">{OLD}</blockquote></div>',
    "gmail signature": '<div dir="ltr">Fine.<div class="gmail_signature"><div>Ada<br>Example Ltd</div></div></div>',
}


@pytest.mark.parametrize("markup", CLIENTS.values(), ids=CLIENTS.keys())
def test_an_html_reply_is_cut_like_a_plain_one(markup: str) -> None:
    """Phones send HTML only; the customer must get the answer alone."""
    found = quoting.written(to_text(f"<html><body>{markup}</body></html>")[0])
    assert found.text == "Fine."
    assert "Sasha" in found.quoted or "Example Ltd" in found.quoted


@pytest.mark.parametrize(
    "hidden",
    [
        '<div style="display:none">#close</div>',
        '<div style="DISPLAY : NONE !important">#close</div>',
        '<span style="font-size:0">#close</span>',
        '<span style="font-size:0px;color:red">#close</span>',
        '<p style="visibility: hidden">#close</p>',
        "<div hidden>#close</div>",
        '<div style="mso-hide:all">#close</div>',
        '<div style="opacity:0">#close</div>',
        '<div style="max-height:0;overflow:hidden">#close</div>',
        '<div style="color:#ffffff">#close</div>',
        '<font color="#FFFFFF">#close</font>',
        '<span style="color:#123456;background-color:#123456">#close</span>',
        "<!-- #close -->",
        "<script>#close</script>",
        "<style>#close</style>",
        "<title>#close</title>",
        '<style>.x{display:none}</style><p class="a x">#close</p>',
        '<style>#q , p.k { visibility:hidden }</style><p class="k">#close</p><p id="q">#close</p>',
        "<template>#close</template>",
        '<input type="hidden" value="#close">',
        '<div style="text-indent:-9999px">#close</div>',
        '<div style="display:none"><div style="display:block">#close</div></div>',
        '<p style="opacity:.01">#close</p>',
        '<p style="opacity:0%">#close</p>',
        '<p style="filter:opacity(0)">#close</p>',
        '<p style="filter:alpha(opacity=0)">#close</p>',
        '<p style="font-size:1px">#close</p>',
        '<p style="font-size:.01rem">#close</p>',
        '<p style="font-size:calc(0px)">#close</p>',
        '<p style="font:0/0 a">#close</p>',
        '<p style="color:rgba(0,0,0,0)">#close</p>',
        '<p style="color:rgb(255 255 255 / 100%)">#close</p>',
        '<p style="color:hsl(0,0%,100%)">#close</p>',
        '<p style="color:#fefefe">#close</p>',
        '<p style="color:#ffffff00">#close</p>',
        '<p style="-webkit-text-fill-color:transparent">#close</p>',
        '<div style="background-color:white"><span style="color:White">#close</span></div>',
        '<table bgcolor="#336699"><tr><td style="color:#336699">#close</td></tr></table>',
        '<table style="background:#369 url(x.png) no-repeat"><tr><td style="color:#369">#close</td></tr></table>',
        '<p style="position:fixed;top:-999em">#close</p>',
        '<p style="position:absolute;clip:rect(1px,1px,1px,1px)">#close</p>',
        '<p style="clip-path:inset(50%)">#close</p>',
        '<p style="transform:scale(0)">#close</p>',
        '<p style="transform:translateX(-9999px)">#close</p>',
        '<p style="transform:rotateX(90deg)">#close</p>',
        '<p style="zoom:0">#close</p>',
        '<p style="width:1px;overflow:hidden;white-space:nowrap">#close</p>',
        '<p style="mask:linear-gradient(transparent,transparent)">#close</p>',
        '<p style="disp\\6c ay:none">#close</p>',
        '<p style="display:/**/none">#close</p>',
        '<p style="--x:none;display:var(--x)">#close</p>',
        '<style>#x{display:none}</style><p id="x">#close</p>',
        '<style>@media screen{.x{display:none}}</style><p class="x">#close</p>',
        '<style>@media (min-width:1px){.x{display:none}}</style><p class="x">#close</p>',
        "<style>b{display:none}</style><b>#close</b>",
        "<style>p[data-x]{display:none}</style><p data-x=1>#close</p>",
        "<style>div p{display:none}</style><div><p>#close</p></div>",
        '<style>.x{color:#fff}</style><p class="x">#close</p>',
        '<style>.x{display:none!important}</style><p class="x" style="display:block">#close</p>',
        "<dialog>#close</dialog>",
        "<video>#close</video>",
        '<div style="font-size:0">#close<span style="color:red">#close</span></div>',
    ],
)
def test_what_no_reader_sees_is_not_text(hidden: str) -> None:
    """Hidden text could carry commands that only the desk reads."""
    assert to_text(f"<p>before</p>{hidden}<p>after</p>")[0].split() == ["before", "after"]


@pytest.mark.parametrize(
    "markup", ["<style>*{display:none}</style><p>#close</p>", "<body hidden><p>#close</p></body>", '<p style="color:#fff">#close</p>']
)
def test_where_nothing_can_be_seen_all_of_it_is_told_and_nothing_obeyed(markup: str) -> None:
    """Staff would be told of an empty mail, and could not tell what its sender had in mind."""
    assert to_text(markup)[0] == "[hidden]\n\n##close"


@pytest.mark.parametrize(
    "shown",
    [
        '<table bgcolor="#003366"><tr><td><span style="color:#fff">text</span></td></tr></table>',
        '<div style="background:#036"><p style="color:white">text</p></div>',
        '<style>@media (max-width:600px){.x{display:none}}</style><p class="x">text</p>',
        '<p style="font-size:0.9em">text</p>',
        '<p style="opacity:0.8">text</p>',
        '<p style="font-size:05pt">text</p>',
        '<td style="font-size:0px"><div style="font-size:13px">text</div></td>',
        '<div style="visibility:hidden"><p style="visibility:visible">text</p></div>',
        '<div style="background:#036 url(x.png)"><p style="color:#fff">text</p></div>',
        '<div style="background:url(x.png)"><p style="color:#fff">text</p></div>',
        '<div style="background-image:linear-gradient(#000,#333)"><p style="color:#fff">text</p></div>',
        '<style>.h{background:#036} .h a{color:#fff}</style><div class="h"><a href="x">text</a></div>',
        "<style>@media print{p{display:none}}</style><p>text</p>",
        '<p style="margin:0 -8px;position:relative;left:-3px;text-indent:-18pt">text</p>',
        '<p style="overflow:hidden;width:100%;height:auto;max-height:none">text</p>',
        '<p style="width:1%;overflow:hidden;white-space:nowrap">text</p>',
        '<p style="font:normal 400 12px/1.4 Arial">text</p>',
        '<p style="font:12px Arial;color:#666666">text</p>',
        '<p style="color:windowtext;font-size:clamp(12px,2vw,18px)">text</p>',
        '<p style="transform:scale(1.1) rotate(3deg);opacity:.6;line-height:0">text</p>',
        '<div style="color:#fff"><p style="color:#000">text</p></div>',
    ],
)
def test_what_a_reader_sees_is_text(shown: str) -> None:
    """White letters on a dark button are not hidden."""
    assert to_text(shown)[0].split() == ["text"]


def test_blocks_lists_tables_and_preformatted_text_keep_their_lines() -> None:
    """Agents must be able to read steps and figures."""
    markup = "<h1>Title</h1><p>One<br>two</p><ul><li>a</li><li>b<ol><li>c</li></ol></li></ul><table><tr><td>1</td><td>2</td></tr></table><pre>x\n  y</pre>"
    assert to_text(markup)[0] == "Title\n\nOne\ntwo\n\n* a\n* b\n\n  1. c\n\n1\t2\n\nx\n  y"


def test_outlook_paragraphs_are_single_lines() -> None:
    """Word puts every line into a paragraph without margin."""
    assert to_text('<p class="MsoNormal">a</p><p class="MsoNormal">&nbsp;</p><p class="MsoNormal">b</p>')[0].replace("\n\n", "\n") == "a\nb"


def test_a_line_that_holds_a_blank_alone_is_an_empty_line() -> None:
    """GMX and Mail.ru write empty lines so; paragraphs ran together, and a last block of commands was none."""
    assert to_text("<div>Fine.</div><div>&nbsp;</div><div>Thanks.</div><div> </div><div>Ada</div>")[0] == "Fine.\n\nThanks.\nAda"


def test_quotes_nest_and_an_authors_indent_is_no_quote() -> None:
    """Gmail's indent button makes a blockquote too."""
    assert to_text("<blockquote>a<blockquote>b</blockquote></blockquote>")[0] == "> a\n> \n> > b"
    assert to_text('<blockquote style="margin:0 0 0 40px;border:none;padding:0px">mine</blockquote>')[0] == "mine"


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 300_000 + "x",
        "<" * 1_000_000,
        "&" * 1_000_000,
        "<p>word " * 200_000,
        "<blockquote>" * 100_000 + "x",
        "<table><tr><td>" * 20_000,
        "<style>" + ".a{" * 100_000,
        "<p " + " ".join(f"a{n}=b" for n in range(250_000)) + ">x",
        "<p/" + "/".join(f"a{n}" for n in range(250_000)) + ">x",
        "<p " + " ".join(f"a{n}='>'" for n in range(200_000)) + ">x",
        '<script><p a="</script><p ' + " ".join(f"<a{n}" for n in range(200_000)) + '">x',
        "</p " + " ".join(f"a{n}" for n in range(250_000)) + ">x",
        "<p/a=" * 400_000,
    ],
    ids="deep angles ampersands paragraphs quotes tables styles attributes slashes angled misread ends nested".split(),
)
def test_absurd_markup_costs_little(markup: str) -> None:
    """Trees grow with the square of their depth, elements with that of their attributes; the bound is generous for slow machines."""
    begun = time.process_time()
    text, _ = to_text(markup)
    assert time.process_time() - begun < 5
    assert len(text) <= OUT_CHARACTERS


@pytest.mark.parametrize("absurd", ["<div>" * 4100, "<p " + " ".join(f"a{n}" for n in range(3000)) + ">"], ids=["deep", "attributes"])
def test_text_of_absurd_markup_commands_nothing(absurd: str) -> None:
    """It is not known what of it anybody sees."""
    assert commands.find(to_text(f"{absurd}<i style='display:none'>#close</i>")[0]).lines == ()
    assert commands.find(to_text("<div>#close</div>")[0]).lines != ()


def test_an_element_with_a_picture_in_it_is_no_absurd_one() -> None:
    """Clients write pictures into the markup, and arrows into titles."""
    picture = f"<img title='a > b' alt='arrow' src='data:image/png;base64,{'A' * 500_000}'>"
    assert to_text(f"<p>{picture}#close</p>")[0].endswith("#close")
    assert not to_text(f"<p>{picture}</p>")[1]


def test_what_is_too_long_is_cut_and_says_so() -> None:
    """The reader of a ticket must know that there is more in the mail."""
    text, cut = to_text("<p>word</p>" * 150_000)
    assert cut
    assert len(text) <= OUT_CHARACTERS
    assert not to_text("<p>word</p>")[1]
