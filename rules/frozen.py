"""A quick `replace` for frozen dataclasses with slots.

The one of `dataclasses` asks each field whether it may be given and sends every value through the guard that keeps the class frozen: 25
microseconds for a ticket of fifty fields, of which an ordinary mail makes half a dozen. Here the copy is filled as an instance of a twin,
a subclass without the guard and of the same layout, and becomes one of its own class when it is ready. Nobody ever holds a twin.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import replace as replace  # noqa: PLC0414 - imported from here by everybody
else:

    def replace(value: Any, /, **changes: Any) -> Any:  # noqa: ANN401 - of one type, which the checker takes from `dataclasses`
        """A copy with other values in some fields, as `dataclasses.replace` makes it; raises TypeError for a field that doesn't exist."""
        own = type(value)
        copied = _copied.get(own)
        if copied is None:
            copied = _copied[own] = _copier(own)
        return copied(value, changes)


_copied: dict[type, Callable[[Any, dict[str, Any]], Any]] = {}


def _copier(own: type) -> Callable[[Any, dict[str, Any]], Any]:
    fields = dataclasses.fields(own)
    names = tuple(f.name for f in fields)
    is_plain = "__slots__" in own.__dict__ and own.__bases__ == (object,) and not hasattr(own, "__post_init__")
    if not is_plain or len(names) < 2 or not all(f.init for f in fields):
        return lambda value, changes: dataclasses.replace(value, **changes)
    guards = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}  # one slot of the type holds both
    twin = type(own.__name__, (own,), {"__slots__": (), "__module__": own.__module__, **guards})
    fill = dataclasses.make_dataclass(own.__name__, [(name, object) for name in names], repr=False, eq=False).__init__  # type: ignore[misc]
    taken, known, fresh = attrgetter(*names), frozenset(names), object.__new__

    def copied(value: Any, changes: dict[str, Any]) -> Any:  # noqa: ANN401
        new: Any = fresh(twin)
        fill(new, *taken(value))
        for name, other in changes.items():
            if name not in known:
                raise TypeError(f"{own.__name__} has no field {name!r}")
            setattr(new, name, other)
        new.__class__ = own
        return new

    return copied
