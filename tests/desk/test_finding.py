"""Finding by mail: any form of a word, and nothing that the one who looks may not read."""

from __future__ import annotations

from pathlib import Path

from store import engine
from store.queries import mail
from tests.desk.office import desk
from tests.desk.staff import ANNA, BEN, KIM, asked, login, one, plain, request


def test_find_knows_endings_file_names_and_people(tmp_path: Path) -> None:
    """Row 2-01: found by word, sender, number, and what a file is called."""
    with desk(tmp_path) as d:
        answer = asked(d, "anna", text="Die Drucker im Keller drucken nicht und wir warten.", subject="Keller")
        request(d, "See the file.", "Offer", files=(("Angebot-2026.pdf", b"x"),))
        for words, ref in (("druckern", "T1"), ("angebot-2026", "T2"), ("T2", "T2")):
            d.write(ANNA, f"#find {words}", answer=answer)
            found = plain(one(d.post(), ANNA, "list-answer"))
            assert ref in found.split(), words
            assert {"T1": "T2", "T2": "T1"}[ref] not in found.split(), words
        with engine.reading(d.office.store) as tx:
            assert [row["ref"] for row in mail.received(tx, mail.Filter(words="druckern"))] == ["T1"]
            assert [row["ref"] for row in mail.received(tx, mail.Filter(words=f"{KIM} offers"))] == ["T2"]


def test_private_words_are_found_by_those_they_are_for(tmp_path: Path) -> None:
    """By asking for one word after the other, anybody could read what is not for him."""
    with desk(tmp_path) as d:
        mine = asked(d, "anna", "ben", "eva")
        d.write(
            ANNA,
            "The zebra must stay among us.\n\n#private to:ben",
            answer=mine,
            envelope=login("anna", str(mine["Reply-To"].addresses[0].addr_spec)),
        )
        told = one([m for m in d.post_later() if m["X-Mailgate-Template"] == "private-message"], BEN)

        def hits(who: str, answer: object) -> bool:
            d.write(who, "#find zebras", answer=answer)  # type: ignore[arg-type]
            return "T1" in plain(one(d.post(), who, "list-answer")).split()

        assert hits(ANNA, mine)
        assert hits(BEN, told)
        eva = request(d, subject="Second")
        assert not hits("eva@staff.example", one(eva, "eva@staff.example"))
