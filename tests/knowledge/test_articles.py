"""Articles: what is offered, to whom, and what is wrong with a file."""

from __future__ import annotations

from pathlib import Path

from mailgate.letters.knowledge import Index
from templates import articles


def write(folder: Path, language: str, name: str, title: str, text: str, head: str = "") -> None:
    path = folder / "faq" / language / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\ntitle: {title}\n{head}---\n{text}\n")


def site(folder: Path) -> Path:
    write(folder, "en", "jam", "Paper jam without visible paper", "Open flap B and clean the sensor.", "keywords: jammed, printer jams\n")
    write(folder, "de", "jam", "Papierstau ohne sichtbares Papier", "Klappe B öffnen.", "keywords: Stau, staut\n")
    write(folder, "fi", "jam", "Paperitukos tulostimessa", "Avaa luukku B.", "keywords: tulostin, tukkeutuu\n")
    write(folder, "cs", "jam", "Zaseknutý papír v tiskárně", "Otevřete kryt B.", "keywords: tiskárna, zaseknutí\n")
    write(folder, "en", "vpn", "The VPN drops every hour", "Switch the protocol.", "audience: staff\n")
    return folder


def test_an_inflected_question_finds_its_article_in_each_language(tmp_path: Path) -> None:
    """Customers don't write the words of the title; Finnish and Czech bend every one of them."""
    found, faults = articles.load("faq", site(tmp_path))
    assert not faults
    index = Index(found)
    for language, words in {
        "en": "our printer has jammed again, there is no paper to be seen",
        "de": "Der Drucker hat schon wieder einen Papierstau, Papier ist keines sichtbar",
        "fi": "tulostimessa on taas paperitukos",
        "cs": "v tiskárně je zase zaseknutý papír",
    }.items():
        best = index.suggest(words, language=language, known=True)
        assert [m.article.key for m in best] == ["jam"], language
        assert best[0].article.language == language


def test_nothing_is_offered_where_nothing_fits(tmp_path: Path) -> None:
    """A wrong article in an acknowledgement is worse than none."""
    index = Index(articles.load("faq", site(tmp_path))[0])
    assert index.suggest("Where can I park when I visit you on Friday?", language="en", known=True) == []


def test_staffs_articles_never_reach_a_customer(tmp_path: Path) -> None:
    """Internal how-tos would leak."""
    index = Index(articles.load("faq", site(tmp_path))[0])
    assert index.search("VPN drops every hour", language="en") == []
    assert [m.article.key for m in index.search("VPN drops every hour", language="en", staff=True)] == ["vpn"]
    assert index.search("paper jam", language="en", known=False) == []


def test_every_fault_of_a_file_is_told(tmp_path: Path) -> None:
    """A typing error in a head would make an article vanish without a word."""
    folder = tmp_path / "faq" / "en"
    folder.mkdir(parents=True)
    (folder / "one.md").write_text("no head at all")
    (folder / "two.md").write_text("---\ntitel: x\naudience: everybody\n---\ntext")
    (folder / "three.md").write_bytes(b"---\ntitle: \xff\n---\n")
    found, faults = articles.load("faq", tmp_path)
    assert found == ()
    assert sorted((f.path.name, f.what.split(" ")[0]) for f in faults) == [
        ("one.md", "has"),
        ("three.md", "can't"),
        ("two.md", "audience"),
        ("two.md", "has"),
        ("two.md", "unknown"),
    ]
