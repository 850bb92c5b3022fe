"""The shape of the cards: all that a text is made of, frozen at the event as plain data that survives JSON.

A card is a dict of strings, numbers, booleans, lists and dicts; `Card` says what every card holds, the class named after a text what
that text holds besides. All keys are always there: an empty string or list means "nothing", `None` stands only where said. Times are
ISO 8601 text with an offset, sizes are bytes. `SHAPES` maps names of texts to shapes; `faults` tells what is wrong with a card.
Samples are in `templates.samples`, the texts in `mail/<language>/<name>.j2`.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Literal

from templates.cards.answers import (
    Alert,
    Article,
    Bounced,
    Crossing,
    Failure,
    FaqAnswer,
    File,
    Held,
    HelpAnswer,
    HistoryAnswer,
    Line,
    ListAnswer,
    Question,
    Report,
    ShowAnswer,
    ShownPost,
    Spent,
    StatusAnswer,
    TooLarge,
)
from templates.cards.common import (
    Attachment,
    Button,
    Card,
    Desk,
    Due,
    Event,
    Fact,
    Hint,
    Light,
    Meaning,
    Person,
    Post,
    Row,
    Status,
    Task,
    Ticket,
)
from templates.cards.customers import Answer, Archived, Closed, Message, NoContract, Rate, Received, Reopened, StatusChanged, Taken
from templates.cards.service import (
    AccessAnswer,
    AccessAsked,
    AccessDecided,
    Breakdown,
    Count,
    Evaluation,
    Figure,
    Hours,
    Kept,
    Order,
    OrderLine,
    Part,
    Register,
    Voice,
    Week,
)
from templates.cards.staff import (
    Absent,
    Appended,
    Assigned,
    Candidate,
    Digest,
    DigestRow,
    Fyi,
    NewIn,
    OpinionAsked,
    OpinionGiven,
    PrivateMessage,
    Reminder,
    Section,
    TaskTold,
    Welcome,
)

__all__ = [
    "SHAPES",
    "Absent",
    "AccessAnswer",
    "AccessAsked",
    "AccessDecided",
    "Alert",
    "Answer",
    "Appended",
    "Archived",
    "Article",
    "Assigned",
    "Attachment",
    "Bounced",
    "Breakdown",
    "Button",
    "Candidate",
    "Card",
    "Closed",
    "Count",
    "Crossing",
    "Desk",
    "Digest",
    "DigestRow",
    "Due",
    "Evaluation",
    "Event",
    "Fact",
    "Failure",
    "FaqAnswer",
    "Figure",
    "File",
    "Fyi",
    "Held",
    "HelpAnswer",
    "Hint",
    "HistoryAnswer",
    "Hours",
    "Kept",
    "Light",
    "Line",
    "ListAnswer",
    "Meaning",
    "Message",
    "NewIn",
    "NoContract",
    "OpinionAsked",
    "OpinionGiven",
    "Order",
    "OrderLine",
    "Part",
    "Person",
    "Post",
    "PrivateMessage",
    "Question",
    "Rate",
    "Received",
    "Register",
    "Reminder",
    "Reopened",
    "Report",
    "Row",
    "Section",
    "ShowAnswer",
    "ShownPost",
    "Spent",
    "Status",
    "StatusAnswer",
    "StatusChanged",
    "Taken",
    "Task",
    "TaskTold",
    "Ticket",
    "TooLarge",
    "Voice",
    "Week",
    "Welcome",
    "faults",
]

SHAPES: Mapping[str, type] = {
    "received": Received,
    "appended": Appended,
    "message": Message,
    "taken": Taken,
    "status": StatusChanged,
    "closed": Closed,
    "reopened": Reopened,
    "archived": Archived,
    "no-contract": NoContract,
    "rate": Rate,
    "assigned": Assigned,
    "new-in-group": NewIn,
    "new-in-category": NewIn,
    "not-started": Reminder,
    "due-soon": Reminder,
    "overdue": Reminder,
    "opinion-asked": OpinionAsked,
    "opinion-given": OpinionGiven,
    "fyi": Fyi,
    "private-message": PrivateMessage,
    "task": TaskTold,
    "digest": Digest,
    "welcome": Welcome,
    "absent": Absent,
    "report": Report,
    "held": Held,
    "crossing": Crossing,
    "bounced": Bounced,
    "spent": Spent,
    "alert": Alert,
    "status-answer": StatusAnswer,
    "history-answer": HistoryAnswer,
    "list-answer": ListAnswer,
    "help-answer": HelpAnswer,
    "show-answer": ShowAnswer,
    "faq-answer": FaqAnswer,
    "too-large": TooLarge,
    "access-asked": AccessAsked,
    "access-decided": AccessDecided,
    "access-answer": AccessAnswer,
    "register": Register,
    "order": Order,
    "evaluation": Evaluation,
}
"""Name of a text: shape of its card."""


def faults(name: str, card: Mapping[str, object]) -> list[str]:
    """What is wrong with a card for this text: missing keys, keys too many, wrong types; each with its place. Empty if all is well."""
    return list(_faults(card, SHAPES[name], "card"))


_ACCEPTED: Mapping[object, typing.Any] = {int: int, float: (int, float)}
"""Numbers: Python counts a bool as an int, JSON writes 4.0 as it likes."""


def _faults(value: object, wanted: object, place: str) -> typing.Iterator[str]:
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if typing.is_typeddict(wanted):
        if not isinstance(value, Mapping):
            yield f"{place}: {type(value).__name__} instead of a table"
            return
        hints = typing.get_type_hints(wanted)
        full = typing.get_type_hints(wanted, include_extras=True)
        yield from (
            f"{place}.{key}: missing" for key in hints if key not in value and typing.get_origin(full[key]) is not typing.NotRequired
        )
        yield from (f"{place}.{key}: unknown" for key in value if key not in hints)
        for key, hint in hints.items():
            if key in value:
                yield from _faults(value[key], hint, f"{place}.{key}")
    elif origin in {types.UnionType, typing.Union}:
        inner = next(one for one in arguments if one is not type(None))
        if value is not None:
            yield from _faults(value, inner, place)
    elif origin is Literal:
        if value not in arguments:
            yield f"{place}: {value!r} is none of {', '.join(map(repr, arguments))}"
    elif origin is list:
        if isinstance(value, list):
            for number, one in enumerate(value):
                yield from _faults(one, arguments[0], f"{place}[{number}]")
        else:
            yield f"{place}: {type(value).__name__} instead of a list"
    elif not isinstance(value, _ACCEPTED.get(wanted, typing.cast("type", wanted))) or (wanted in _ACCEPTED and isinstance(value, bool)):
        yield f"{place}: {type(value).__name__} instead of {typing.cast('type', wanted).__name__}"
