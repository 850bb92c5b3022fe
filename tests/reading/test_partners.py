"""What partners' mails say of their own numbers and customers."""

from __future__ import annotations

import pytest

from rules.reading import partners


@pytest.mark.parametrize(
    ("subject", "text", "found"),
    [
        ("Pump leaks [ABC-123]", "", "ABC-123"),
        ("Re: Pump [T42] [4711]", "", "4711"),
        ("Pump", "Hello\n\nUnsere Ticketnummer: 2026/00815\n", "2026/00815"),
        ("Pump", "Vorgangs-Nr.: V-77", "V-77"),
        ("Pump", "Viitteemme: ab.12", "ab.12"),
        ("Pump", "Naše značka: Č-12/X9", "C-12/X9"),
        ("Pump", "Číslo požadavku: PX-12/9", "PX-12/9"),
        ("Ticket#20261122-7 Pump", "", "20261122-7"),
        ("Our ref: Q7-1", "", "Q7-1"),
        ("Pump [urgent]", "our reference: see below", ""),
        ("Pump [v2]", "Order 4711 came late, our number is 5", ""),
    ],
)
def test_a_partners_number_is_found_where_partners_write_it(subject: str, text: str, found: str) -> None:
    """He asks by his number, and nobody would know which request he means."""
    assert partners.reference(subject, text, ("T42",)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hi\n\nEndkunde: Jan Novak, jan@home.example, +420 601 234 567\n\nBye", ("Jan Novak", "jan@home.example", "+420 601 234 567")),
        ("End customer:\nName: Eva Groß\nPhone: 040 1234567\nE-mail: <eva@home.example>", ("Eva Groß", "eva@home.example", "040 1234567")),
        ("Loppuasiakas: Aino Virtanen <aino@koti.example>", ("Aino Virtanen", "aino@koti.example", None)),
        ("Koncový zákazník\n", None),
        ("Koncový zákazník:\nJméno: Jan Novák\nTelefon: 601 234 567", ("Jan Novák", None, "601 234 567")),
        ("Our end customer is angry.", None),
        ("Endkunde:\n\nName: Eva", None),
    ],
)
def test_the_end_customer_is_read_from_his_block(text: str, found: tuple[str | None, ...] | None) -> None:
    """Whoever drives there would have to ask the partner for name and number."""
    said = partners.end_customer(text)
    assert dict(said) == ({} if found is None else {k: v for k, v in zip(("name", "address", "phone"), found, strict=True) if v})


def test_a_long_line_of_blanks_and_digits_is_read_at_once() -> None:
    """One mail must not stop the desk."""
    assert partners.reference("x", "our ref: " + "1" * 50_000 + " " * 50_000, ()) == ""
    assert partners.end_customer("Endkunde: " + "+(1 " * 20_000 + "a" * 20_000)["name"].startswith("+(1")
