"""The quick `replace` does what the one of the standard library does."""

import dataclasses
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import frozen
from rules.facts.terms import Address
from rules.facts.ticket import Ticket


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One that looks at its values."""

    low: int = 0
    high: int = 1

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(self.low)


TICKET = Ticket(
    subject="Printer", requester=Address(name="Anna", address="anna@customer.example"), opened_at=datetime(2026, 3, 1, tzinfo=UTC)
)


@given(
    changes=st.fixed_dictionaries(
        {}, optional={"subject": st.text(), "minutes": st.integers(), "ref": st.text(), "watchers": st.tuples(st.text())}
    )
)
def test_a_copy_is_equal_to_the_standard_one(changes: dict[str, object]) -> None:
    copy = frozen.replace(TICKET, **changes)
    assert type(copy) is Ticket
    assert copy == dataclasses.replace(TICKET, **changes)
    assert repr(copy) == repr(dataclasses.replace(TICKET, **changes))


def test_a_copy_is_frozen_and_its_origin_stays() -> None:
    copy = frozen.replace(TICKET, subject="Scanner")
    with pytest.raises(dataclasses.FrozenInstanceError):
        copy.subject = "Fax"  # type: ignore[misc]
    assert (TICKET.subject, copy.subject) == ("Printer", "Scanner")


def test_an_unknown_field_is_told_by_its_name() -> None:
    with pytest.raises(TypeError, match="sujet"):
        frozen.replace(TICKET, sujet="x")


def test_a_class_that_checks_its_values_checks_those_of_a_copy() -> None:
    assert frozen.replace(Checked(), high=5) == Checked(high=5)
    with pytest.raises(ValueError, match="9"):
        frozen.replace(Checked(), low=9)
