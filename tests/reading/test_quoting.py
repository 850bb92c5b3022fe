"""Agents' answers go to customers: what they did not write must not go with them, and nothing they wrote may be lost."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.reading import quoting

ANSWER = "The tray was bent.\nA new one is on its way."
OLD = "Good morning,\nour printer on floor two jams.\nPlease help."
QUOTED = "\n".join(f"> {line}" for line in OLD.split("\n"))

ATTRIBUTIONS = """\
On Mon, Nov 2, 2026 at 10:00 AM Kim Client <kim@client.test> wrote:
On 2 Nov 2026, at 10:00, Kim Client <kim@client.test> wrote:
On 02/11/2026 10:00, Kim Client wrote:
Am Mo., 2. Nov. 2026 um 10:00 Uhr schrieb Kim Client <kim@client.test>:
Am 02.11.26 um 10:00 schrieb Kim Client:
Kim Client <kim@client.test> schrieb am Mo., 2. Nov. 2026, 10:00:
ma 2. marrask. 2026 klo 10.00 Kim Client (kim@client.test) kirjoitti:
Kim Client <kim@client.test> kirjoitti 2.11.2026 kello 10.00:
Kim Client kirjoitti 2.11.2026 klo 10.00:
po 2. 11. 2026 v 10:00 odesílatel Kim Client <kim@client.test> napsal:
Dne 02. 11. 26 v 10:00 Kim Client napsal(a):
2. 11. 2026 v 10:00, Kim Client <kim@client.test>:
Le lun. 2 nov. 2026 à 10:00, Kim Client <kim@client.test> a écrit :
El lun, 2 nov 2026 a las 10:00, Kim Client (<kim@client.test>) escribió:
Il giorno lun 2 nov 2026 alle ore 10:00 Kim Client <kim@client.test> ha scritto:
Em seg., 2 de nov. de 2026 às 10:00, Kim Client <kim@client.test> escreveu:
Op ma 2 nov. 2026 om 10:00 schreef Kim Client <kim@client.test>:
Den mån 2 nov. 2026 kl 10:00 skrev Kim Client <kim@client.test>:
pon., 2 lis 2026 o 10:00 Kim Client <kim@client.test> napisał(a):
пн, 2 нояб. 2026 г. в 10:00, Kim Client <kim@client.test>:
2026年11月2日(月) 10:00 Kim Client <kim@client.test>:
Kim Client ---02.11.2026 10:00:01---Good morning,
Kim Client <kim@client.test> 于2026年11月2日周一 10:00写道：
Kim Client <kim@client.test> píše v Po 02. 11. 2026 v 10:00 +0100:
Dne 2. nov. 2026 ob 10:00 je Kim Client <kim@client.test> napisal:
pirmd., 2026. g. 2. nov., plkst. 10:00 — lietotājs Kim Client (<kim@client.test>) rakstīja:""".split("\n")

BLOCKS = """\
From|Sent|To|Subject
Von|Gesendet|An|Betreff
Lähettäjä|Lähetetty|Vastaanottaja|Aihe
Od|Odesláno|Komu|Předmět
De|Envoyé|À|Objet
De|Enviado|Para|Asunto
Da|Inviato|A|Oggetto
Från|Skickat|Till|Ämne
Fra|Sendt|Til|Emne
Van|Verzonden|Aan|Onderwerp
Od|Wysłane|Do|Temat
От|Отправлено|Кому|Тема
发件人|发送时间|收件人|主题
差出人|送信日時|宛先|件名""".split("\n")

CAPTIONS = [
    "----- Mail original -----",
    "-----Oprindelig meddelelse-----",
    "----- Nachricht von kim@client.test ---------",
    "------------------&nbsp;原始邮件&nbsp;------------------",
    "\u2010\u2010\u2010\u2010\u2010\u2010 Original Message \u2010\u2010\u2010\u2010\u2010\u2010",
    "=-=-=-= Něco neznámého =-=-=-=",
]


@pytest.mark.parametrize("line", ATTRIBUTIONS)
@pytest.mark.parametrize("old", [QUOTED, OLD], ids=["marked", "unmarked"])
@pytest.mark.parametrize("gap", ["\n\n", "\n"], ids=["blank line", "no blank line"])
def test_an_answer_above_a_quote_is_all_that_its_author_wrote(line: str, old: str, gap: str) -> None:
    """Gmail, Apple Mail and Thunderbird in the desk's languages and beyond."""
    assert quoting.written(f"{ANSWER}{gap}{line}\n{old}\n").text == ANSWER


@pytest.mark.parametrize("line", [line for line in ATTRIBUTIONS if "<kim@" in line])
def test_a_wrapped_attribution_is_one(line: str) -> None:
    """Plain text clients break the line at 72 signs, often within the address."""
    for wrapped in (line.replace(" <kim@", "\n<kim@"), line.replace("<kim@", "<\nkim@")):
        assert quoting.written(f"{ANSWER}\n\n{wrapped}\n\n{QUOTED}\n").text == ANSWER


@pytest.mark.parametrize(
    "lines",
    [
        "Dne čtvrtek 5. března 2026\n14:02:11 CET, Kim Client\nnapsal(a):",
        "Kim Client <kim@client.test>\npíše v Čt 05. 03. 2026 v 14:02\n+0100:",
        "Kim Client <kim@client.test>, 5 Mar 2026\nPer, 14:02 tarihinde şunu yazdı:",
        "Den tor. 5. mar. 2026 kl.\n14.02 skrev Kim Client\n<kim@client.test>:",
        "Четверг, 5 марта 2026, 14:02\n+03:00 от Kim Client\n<kim@client.test>:",
        "Kim Client <kim@client.test> 於\n2026年3月5日 週四 下午2:02寫道：",
    ],
)
@pytest.mark.parametrize("old", [QUOTED, OLD], ids=["marked", "unmarked"])
def test_an_attribution_in_a_paragraph_of_its_own_goes_as_a_whole(lines: str, old: str) -> None:
    """Narrow windows and phones wrap after the day or after the name; the lines below would do alone."""
    assert quoting.written(f"{ANSWER}\n\n{lines}\n\n{old}\n").text == ANSWER


@pytest.mark.parametrize(
    "above", ["Thanks, see you on 5.3.2026", "I wrote to bob@corp.test", "Thank you", "Is it open on 5 March 2026 at 14:02?"]
)
def test_a_line_right_above_an_attribution_stays_the_authors(above: str) -> None:
    """Some clients put no empty line between."""
    for line in ("Kim Client <kim@client.test> wrote:", "On 2 Nov 2026, at 10:00, Kim Client <kim@client.test> wrote:"):
        assert quoting.written(f"Hello\n\n{above}\n{line}\n{QUOTED}\n").text == f"Hello\n\n{above}"


@pytest.mark.parametrize("labels", BLOCKS)
@pytest.mark.parametrize("rule", ["", "________________________________\n", "-----Original Message-----\n"])
def test_a_header_block_ends_the_answer(labels: str, rule: str) -> None:
    """Outlook marks quoted lines by nothing but the block above them."""
    sender, sent, to, subject = labels.split("|")
    block = f"{sender}: Kim Client <kim@client.test>\n{sent}: 2 November 2026 10:00\n{to}: Desk\n{subject}: Printer"
    found = quoting.written(f"{ANSWER}\n\n{rule}{block}\n\n{OLD}\n")
    assert found.text == ANSWER
    assert OLD in found.quoted


@pytest.mark.parametrize("caption", CAPTIONS)
@pytest.mark.parametrize(
    "below",
    ["From: Kim <kim@client.test>\nSent: 2 November 2026 10:00\nTo: Desk\nSubject: Printer", ATTRIBUTIONS[0]],
    ids=["block", "line"],
)
def test_words_between_dashes_above_a_quote_belong_to_it(caption: str, below: str) -> None:
    """Each client has its own, in each language another."""
    assert quoting.written(f"{ANSWER}\n\n{caption}\n{below}\n\n{OLD}\n").text == ANSWER


def test_groupwise_needs_no_address() -> None:
    """Older versions name the sender alone."""
    assert quoting.written(f"{ANSWER}\n\n>>> Kim Client 11/2/2026 10:00 AM >>>\n{OLD}\n").text == ANSWER


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAda Agent\nExample Ltd",
        "--\nAda",
        "Yahoo Mail: Search, Organize, Conquer",
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Gesendet von Outlook für Android<https://aka.test/x>",
        "Lähetetty iPhonesta",
        "Odesláno z iPhonu",
        "Odesláno z mého telefonu Samsung",
        "Envoyé de mon iPad",
        "Enviado desde mi iPhone",
        "Inviato da iPhone",
        "Get Outlook for iOS",
        "Verzonden vanaf mijn iPhone",
        "Skickat från min iPhone",
        "Отправлено с iPhone",
        "从我的iPhone发送",
        "Sent from my Wiko FAB 4G",
        "Získat Outlook pro Android",
        "Pobierz aplikację Outlook dla systemu iOS",
        "获取 Outlook for iOS",
        "Virus-free. www.avast.com\n<https://www.avast.com/sig-email>",
        "---\nDiese E-Mail wurde von Avast auf Viren geprüft.\nhttps://www.avast.com/antivirus",
    ],
)
def test_signatures_are_cut_and_alone_count_as_nothing(signature: str) -> None:
    """An empty answer with a signature must not become a mail to the customer."""
    assert quoting.written(f"{ANSWER}\n\n{signature}\n").text == ANSWER
    assert quoting.written(f"{signature}\n").text == ""
    assert quoting.written(f"{signature}\n\n{ATTRIBUTIONS[0]}\n\n{QUOTED}\n").text == ""


@pytest.mark.parametrize(
    "text",
    [
        "On Monday I called and your colleague wrote:\nplease wait. What now?",
        "The form says\nFrom: must not be empty\nTo: is missing too",
        "Trip\nFrom: Praha\nTo: Berlin\nDate: 12.12.2026",
        "Steps:\n- open\n- click\n\n---\nThen it fails.",
        "```\n--\n#### not the end\nOn 1.1.2026 a <a@b.test> wrote:\n> x\n```\nEnd.",
        "On 1.1.2026 I wrote:\nplease answer",
        "Sent from Berlin, it never arrived. Can you look where it is?",
        "Subject: hello",
        "On 3 Nov 2026 your technician (bob@corp.test) wrote me the following:\n\nThe part is ordered.\n\nWhere is it?",
        "It says\n2026-11-02 10:00:00 kim@client.test wrote: failure\nmore of the log:\nend",
        "Am 3.11.2026 schrieb mir Herr Meier, dass\nes nicht geht. Bitte klären:\n- Punkt 1",
        "Outlook for iOS does not sync since Monday",
        "Outlook für iOS synchronisiert nicht.",
        "Get Outlook for me please",
        "Please uninstall Avast antivirus from my PC.",
        "From my point of view the phone is broken.",
        "Sent via DHL on Monday\n\nWhere is it?",
        "Odesláno z Prahy v pondělí, dodnes nic nepřišlo",
        "Lähetetty tilaus ei ole saapunut",
        "Envoyé de Paris lundi, rien reçu",
        "Please book:\nFrom: Praha\nTo: Brno\nDate: 5.3.2026 14:02\nPassengers: 2",
        "Write above the line in the form",
        'The mail said "reply above this line". Why?',
        "At 14:02 on 05.03.2026 the server said:\nerror 5\nWhat is it?",
        "--- Step 1 ---\nopen it\n--- Step 2 ---\nclose it",
        "see\n>>> import os\n>>> os.getcwd()\nthat fails",
    ],
)
def test_what_only_looks_like_a_quote_stays(text: str) -> None:
    """A customer's own words must all reach the agent."""
    assert quoting.written(text).text == text


def test_answers_between_quotes_survive() -> None:
    """People answer point by point below the quoted question."""
    text = f"{ATTRIBUTIONS[0]}\n> Is it on?\nYES IT IS\n> Is there paper?\nNO PAPER\n\n> -- \n> Kim"
    found = quoting.written(text)
    assert "YES IT IS" in found.text
    assert "NO PAPER" in found.text
    assert "wrote:" not in found.text


def test_the_footer_of_a_mailing_list_is_not_the_authors() -> None:
    """List servers put it below the quote that the author left at the end."""
    footer = "_______________________________________________\nPrinters mailing list\nprinters@lists.test"
    assert quoting.written(f"{ANSWER}\n\n{ATTRIBUTIONS[0]}\n{QUOTED}\n{footer}\n").text == ANSWER
    assert quoting.written(f"{ANSWER}\n\n{footer}\nhttps://lists.test/mailman/listinfo/printers\n").text == ANSWER
    form = "________________________________\nMailing list: none\nName: Kim"
    assert quoting.written(f"{ANSWER}\n\n{form}\n").text == f"{ANSWER}\n\n{form}"


def test_an_answer_below_the_quote_is_found() -> None:
    """Some people write below."""
    assert quoting.written(f"{ATTRIBUTIONS[0]}\n{QUOTED}\n\n{ANSWER}\n\n-- \nAda").text == ANSWER


def test_a_passage_that_the_author_cites_stays() -> None:
    """Without an attribution a quoted line is his own citation."""
    assert quoting.written("> Error 77\n\nWhat is this?").text == "> Error 77\n\nWhat is this?"


def test_the_mark_to_write_above_ends_the_answer() -> None:
    """Other help desks put such a line on top of their mails."""
    for mark in ("##- Please type your reply above this line -##", "Bitte schreiben Sie Ihre Antwort über dieser Linie"):
        assert quoting.written(f"{ANSWER}\n\n{mark}\n\nold").text == ANSWER


CARD = """Ticket T42: Printer jams on every job
Requester Kim Client, waiting for two hours
Internal note by Ben: the feed roller is due anyway, do not tell them yet
Reply above to answer the customer."""


def test_words_that_we_sent_are_never_the_agents_own() -> None:
    """The card holds internal notes; a client that marks no quotes must not send them to the customer."""
    for text in (f"{ANSWER}\n\n{CARD}\n", f"{ANSWER}\n{CARD.replace(' ', '  ')}\n", f"{CARD}\n\n{ANSWER}\n"):
        found = quoting.written(text, [CARD])
        assert found.text == ANSWER
        assert "roller" in found.quoted


def test_an_answer_among_our_own_unmarked_words_survives() -> None:
    """Outlook users who answer within the old text, in red."""
    lines = CARD.split("\n")
    text = "see below in red\n\n" + ATTRIBUTIONS[0] + "\n" + "\n".join([*lines[:2], "I can be there at eleven", *lines[2:]])
    found = quoting.written(text, [CARD])
    assert "I can be there at eleven" in found.text
    assert "feed roller" not in found.text


def test_quoted_lines_of_ours_do_not_stay_as_citations() -> None:
    """An inline answer keeps what the customer asked, never what our card said."""
    text = (
        f"ok\n\n> Internal note by Ben: the feed roller is due anyway, do not tell them yet\n\nwill do\n\n> {CARD.splitlines()[0]}\n\nyes"
    )
    assert "feed roller" not in quoting.written(text, [CARD]).text


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *ATTRIBUTIONS,
                *BLOCKS,
                "-- ",
                "> quoted",
                ">> deep",
                "",
                "   ",
                "Sent from my iPhone",
                "-----Original Message-----",
                "____________",
                "From: a@b.test",
                "Sent: 1.1.2026 10:00",
                "To: c",
                "Subject: d",
                "```",
                "begin 644 x.txt",
                "end",
                "wrote:",
                ">:",
                "own words",
                CARD,
            ]
        ),
        st.text(max_size=30),
    ),
    max_size=25,
)


@given(LINES, st.booleans())
def test_no_line_is_ever_lost(lines: list[str], knows_ours: bool) -> None:
    """What isn't shown as the author's must be among the quoted, word by word."""
    text = "\n".join(lines)
    found = quoting.written(text, [CARD] if knows_ours else [])
    given_lines = sorted(line.rstrip() for line in text.split("\n") if line.strip())
    kept = sorted(line.rstrip() for part in (found.text, found.quoted) for line in part.split("\n") if line.strip())
    assert given_lines == kept


@pytest.mark.parametrize(
    "text",
    [
        "on a at b wrote\n" * 60_000,
        "On 1.1.2026 a <a@b.c wrote:\n" * 30_000,
        "From: x\n" * 100_000,
        "From: x\nTo: y\n\n" * 50_000,
        "> a\nb\n" * 100_000,
        ">" * 1_000_000,
        " " * 1_000_000 + "x",
        "-- \n" * 100_000,
        "begin 644 x\n" * 50_000,
    ],
    ids=["near misses", "open angles", "labels", "blocks", "turns", "deep", "blanks", "signatures", "uu"],
)
def test_hostile_text_costs_no_time(text: str) -> None:
    """One mail must not hold up the desk; the bound is generous for slow machines."""
    begun = time.process_time()
    quoting.written(text)
    assert time.process_time() - begun < 5


def test_the_armour_of_a_text_that_is_signed_in_clear_is_nobodys_words() -> None:
    """Customers would get a block of letters with each answer, or nothing else."""
    signed = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nFine.\n\nThanks.\n-----BEGIN PGP SIGNATURE-----\n\niQEzBAEBCAAdFiEE\n=abcd\n-----END PGP SIGNATURE-----\n"
    found = quoting.written(signed)
    assert found.text == "Fine.\n\nThanks."
    assert "iQEzBAEBCAAdFiEE" in found.quoted
    assert quoting.written(f"{signed}\nOne more word.").text.endswith("One more word.")
