"""What a ticket is asked for: the fields of its type and of the form it was opened by, which of them are missing, and how answers are read.

A form is a flow of a device model; a ticket remembers the one it came by in its field `form`. Answers are lines such as `Part: 4711`, in
what a customer writes or in the block that he fills in below our question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from rules.actions.folding import fold
from rules.facts.policy import Policy
from rules.facts.service import Field, Flow
from rules.facts.ticket import Ticket
from rules.frozen import replace

FORM = "form"
"""The field of a ticket that names its form."""
_MARKS = " \t>*•-"
"""What mail clients and people put around the words of a line: quotes, bullets, stars for bold."""
_MOST_LINES, _LONGEST_NAME, _LONGEST_VALUE = 400, 60, 500


def flow(word: str, policy: Policy, model: str = "") -> tuple[str, Flow] | None:
    """The form of that name, as `(word, flow)`: of this model if it has one, else of the first that has; None if none does.

    The word tells forms of one name apart: `spare-part` where it is alone, `px7/spare-part` where several models have one.
    """
    wanted, _, key = word.rpartition("/")
    found = [
        (each.key, one)
        for each in policy.device_models.values()
        for one in each.flows
        if fold(one.key) == fold(key) and (not wanted or fold(each.key) == fold(wanted))
    ]
    best = next((pair for pair in found if fold(pair[0]) == fold(model)), None) or next(iter(found), None)
    if best is None:
        return None
    is_alone = sum(fold(one.key) == fold(key) for each in policy.device_models.values() for one in each.flows) == 1
    return best[1].key if is_alone else f"{best[0]}/{best[1].key}", best[1]


def fitting(ticket: Ticket, policy: Policy, model: str) -> str:
    """The word of the one form of a model that a ticket of this type and category must have come by; empty if none or several fit."""
    found = policy.device_model(model)
    flows = found.flows if found is not None else ()
    same = [
        one
        for one in flows
        if (one.type or one.category)
        and (not one.type or one.type == ticket.type)
        and (not one.category or one.category == ticket.category)
    ]
    named = flow(f"{model}/{same[0].key}", policy) if len(same) == 1 else None
    return named[0] if named is not None else ""


def asked(ticket: Ticket, policy: Policy) -> tuple[Field, ...]:
    """All that a ticket is asked for, each name once."""
    kind = policy.types.get(ticket.type)
    named = flow(ticket.fields.get(FORM, ""), policy) if FORM in ticket.fields else None
    if kind is None and named is None:
        return ()
    every = (*(kind.fields if kind is not None else ()), *(named[1].fields if named is not None else ()))
    return tuple({each.name: each for each in reversed(every)}.values())[::-1]


def missing(ticket: Ticket, policy: Policy) -> tuple[Field, ...]:
    """What it must have and hasn't."""
    every = asked(ticket, policy)
    if not every:
        return ()
    there = {fold(name) for name, value in ticket.fields.items() if value}
    return tuple(each for each in every if each.required and fold(each.name) not in there)


def known_name(name: str, ticket: Ticket, policy: Policy) -> str:
    """The name by which a field is kept: that of what the ticket is asked for or has already, whichever of its words was said."""
    if name == FORM:
        return name
    asked_for = asked(ticket, policy)
    by_word = {fold(each): each for each in ticket.fields}
    by_word |= {fold(word): each.name for each in asked_for for word in (*each.names, each.title) if word}
    by_word |= {fold(each.name): each.name for each in asked_for}
    return by_word.get(fold(name), name)


def filled(ticket: Ticket, policy: Policy, text: str, quoted: str = "") -> Ticket:
    """The ticket with the answers that a text holds. What stands in the quote fills only what is missing."""
    fields = asked(ticket, policy)
    if not fields:
        return ticket
    found = dict(_answers(quoted, tuple(each for each in fields if not ticket.fields.get(each.name))))
    found |= _answers(text, fields)
    return replace(ticket, fields=MappingProxyType({**ticket.fields, **found})) if found else ticket


def _answers(text: str, fields: tuple[Field, ...]) -> Mapping[str, str]:
    """Values by the name of their field; of two for one field the last counts."""
    names = {fold(word): each for each in fields for word in (each.name, each.title, *each.names) if word}
    return {each.name: value for name, said in _lines(text) if (each := names.get(fold(name))) and (value := _taken(said, each))}


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\n")[:_MOST_LINES]:
        name, colon, value = line[: 2 * _LONGEST_VALUE].replace("：", ":").partition(":")
        name, value = name.strip(_MARKS), value.strip(_MARKS[:2] + "*")
        if colon and value and 0 < len(name) <= _LONGEST_NAME:
            yield name, value[:_LONGEST_VALUE]


def _taken(said: str, into: Field) -> str:
    """The value as the field wants it, empty if it doesn't take it."""
    if into.words:
        return next((word for word in into.words if fold(word) == fold(said)), "")
    return said if into.pattern is None or into.pattern.search(said) else ""
