"""The quick `dataclass` and `replace` do what those of the standard library do."""

import copy
import dataclasses
import inspect
import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

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
    made = frozen.replace(TICKET, **changes)
    assert type(made) is Ticket
    assert made == dataclasses.replace(TICKET, **changes)
    assert repr(made) == repr(dataclasses.replace(TICKET, **changes))


def test_a_copy_is_frozen_and_its_origin_stays() -> None:
    made = frozen.replace(TICKET, subject="Scanner")
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.subject = "Fax"  # type: ignore[misc]
    assert (TICKET.subject, made.subject) == ("Printer", "Scanner")


def test_nothing_is_copied_where_nothing_changes() -> None:
    assert frozen.replace(TICKET, subject=TICKET.subject, minutes=TICKET.minutes) is TICKET
    assert frozen.replace(TICKET) is TICKET
    assert frozen.replace(TICKET, subject=TICKET.subject, minutes=7) is not TICKET


def test_an_unknown_field_is_told_by_its_name() -> None:
    with pytest.raises(TypeError, match="sujet"):
        frozen.replace(TICKET, sujet="x")


def test_a_class_that_checks_its_values_checks_those_of_a_copy() -> None:
    assert frozen.replace(Checked(), high=5) == Checked(high=5)
    with pytest.raises(ValueError, match="9"):
        frozen.replace(Checked(), low=9)


def test_the_quick_decorator_makes_what_the_standard_one_makes() -> None:
    """Whoever reads `@dataclass` must get what he knows: equality, hash, what is shown, pickles, patterns, defaults and refusals."""

    def declared(decorator: Any) -> Any:
        @decorator(frozen=True, slots=True, kw_only=True)
        class Thing:
            """A thing."""

            name: str
            size: int = 1
            tags: list[str] = dataclasses.field(default_factory=list, compare=False)
            secret: str = dataclasses.field(default="", repr=False)
            worked_out: int = dataclasses.field(init=False, default=0)

            def __post_init__(self) -> None:
                object.__setattr__(self, "worked_out", self.size * 2)

        return Thing

    quick, standard = declared(frozen.dataclass), declared(dataclasses.dataclass)
    for values in ({"name": "a"}, {"name": "b", "size": 3, "tags": ["x"], "secret": "s"}):
        ours, theirs = quick(**values), standard(**values)
        assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
        assert repr(ours) == repr(theirs)
        assert hash(ours) == hash(theirs)
        assert ours == quick(**values) == copy.copy(ours) == copy.deepcopy(ours) == dataclasses.replace(ours)
        assert ours != quick(name="c")
        assert ours != theirs
    assert quick.__match_args__ == standard.__match_args__
    assert quick.__slots__ == standard.__slots__
    for wrong in ({}, {"name": "a", "sise": 2}, {"name": "a", "worked_out": 2}):
        told = []
        for each in (quick, standard):
            with pytest.raises(TypeError) as raised:
                each(**wrong)
            told.append(str(raised.value))
        assert told[0] == told[1]
    with pytest.raises(dataclasses.FrozenInstanceError):
        quick(name="a").name = "b"
    with pytest.raises(dataclasses.FrozenInstanceError):
        del quick(name="a").name


def test_a_frozen_value_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(TICKET.requester)) == TICKET.requester


def test_a_class_that_compares_by_itself_goes_on_doing_so() -> None:
    @frozen.dataclass(frozen=True, slots=True)
    class Loose:
        word: str

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Loose) and other.word.lower() == self.word.lower()

        def __hash__(self) -> int:
            return hash(self.word.lower())

    assert Loose("A") == Loose("a")
    assert len({Loose("A"), Loose("a")}) == 1


def test_many_threads_may_make_the_first_value_at_once() -> None:
    @frozen.dataclass(frozen=True, slots=True)
    class Pair:
        left: int
        right: int = 0

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(Pair, range(200))) == [Pair(n) for n in range(200)]


def _alike(many: str, **how: Any) -> tuple[type, type]:
    """The same class by both decorators."""
    body = {
        "__annotations__": {"name": str, "many": list, "kept": str, "late": int, "last": tuple, "more": dict} | dict.fromkeys(many, str),
        "many": dataclasses.field(default_factory=list),
        "kept": dataclasses.field(default="k", init=False),
        "late": dataclasses.field(default=3, kw_only=True),
        "last": (),
        "more": dataclasses.field(default_factory=dict, init=False),
        **dict.fromkeys(many, ""),
    }
    one, other = (type("Alike", (), {**body, "__annotations__": dict(body["__annotations__"])}) for _ in range(2))  # type: ignore[call-overload]
    return frozen.dataclass(frozen=True, slots=True, **how)(one), dataclasses.dataclass(frozen=True, slots=True, **how)(other)


@pytest.mark.parametrize(
    "values", [{}, {"name": "x"}, {"name": "x", "many": [1]}, {"name": "x", "late": 4, "last": (1,)}, {"name": "x", "kept": "no"}]
)
@pytest.mark.parametrize("many", ["", "abcdef"])
@pytest.mark.parametrize("how", [{}, {"kw_only": True}])
def test_a_new_value_is_filled_as_the_standard_one_is(values: dict[str, Any], how: dict[str, bool], many: str) -> None:
    def made(kind: type) -> object:
        try:
            return dataclasses.asdict(kind(**values))
        except TypeError as refused:
            return str(refused)

    one, other = _alike(many, **how)
    assert made(one) == made(other)
    assert str(inspect.signature(one.__init__).replace(return_annotation=None)).count("=") == str(inspect.signature(other.__init__)).count(
        "="
    )


def test_a_child_is_filled_by_its_parents_init() -> None:
    """A class below one of these, with an `__init__` that hands on, stays what it is."""

    class Child(Ticket):
        __slots__ = ()

    made = Child(subject="x")
    assert type(made) is Child and made.subject == "x"
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.subject = "y"  # type: ignore[misc]
