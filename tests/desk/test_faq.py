"""The desk's own answers, by mail."""

from __future__ import annotations

from pathlib import Path

from tests.desk.office import buttons, desk, plain, to

KIM = "Kim <kim@client.example>"


def shelf(folder: Path) -> None:
    path = folder / "texts" / "faq" / "en"
    path.mkdir(parents=True)
    (path / "jam.md").write_text(
        "---\ntitle: Paper jam without visible paper\naudience: public\nkeywords: printer jams\n---\nOpen **flap B**.\n"
    )
    (path / "vpn.md").write_text("---\ntitle: VPN drops every hour\naudience: staff\n---\nSecret staff text.\n")


def test_an_acknowledgement_carries_the_article_that_fits_and_its_button_closes(tmp_path: Path) -> None:
    """Customers would wait for an answer that the desk has written down long ago."""
    shelf(tmp_path)
    with desk(tmp_path, desk='texts = "texts"') as d:
        d.agent("anna")
        d.write(KIM, "The printer has a paper jam again, no paper is visible.", subject="Printer jams")
        (mail,) = to(d.post(), "kim@")
        assert "Paper jam without visible paper" in plain(mail)
        assert "flap B" in plain(mail)
        d.press(KIM, mail, next(label for label in buttons(mail) if label.startswith("That solved it") or "solved" in label.lower()))
        assert d.ticket().status.value == "closed"


def test_an_acknowledgement_offers_nothing_where_nothing_fits(tmp_path: Path) -> None:
    """A wrong article is worse than none."""
    shelf(tmp_path)
    with desk(tmp_path, desk='texts = "texts"') as d:
        d.write(KIM, "Where can I park on Friday?", subject="Parking")
        (mail,) = to(d.post(), "kim@")
        assert "flap B" not in plain(mail)


def test_faq_by_mail_shows_customers_only_what_is_theirs(tmp_path: Path) -> None:
    """Staff's own articles would leak."""
    shelf(tmp_path)
    with desk(tmp_path, desk='texts = "texts"') as d:
        d.write(KIM, "#faq paper jam", subject="Question")
        (mail,) = to(d.post(), "kim@")
        assert mail["X-Mailgate-Template"] == "faq-answer"
        assert "flap B" in plain(mail)
        assert "Paper jam without visible paper" in plain(mail), "the site's own words, not in capitals"
        d.write(KIM, "#faq VPN drops every hour", subject="Question two")
        assert "Secret" not in "".join(plain(m) for m in d.post())
