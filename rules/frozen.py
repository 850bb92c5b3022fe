"""Frozen values that load quickly and copy quickly: `dataclass` and `replace` as `dataclasses` has them, for values that are frozen and have slots.

The standard decorator writes and compiles six methods for each class as it is loaded, one and a half milliseconds; there are more than two hundred
such classes, of which a command uses a few dozen. Here comparing, hashing and showing take no compiling, and `__init__` is made when the class
is first called. The standard one sends every value through the guard that keeps the class frozen, 16 microseconds for a ticket of fifty fields;
here the new value is filled as an instance of a twin, a subclass without the guard and of the same layout, and becomes one of its own class when
it is full: 3. Nobody ever holds a twin.

The standard `replace` asks each field whether it may be given besides, 25 microseconds for that ticket, of which an ordinary mail makes half a
dozen. Here the copy is filled as a new value is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import wraps
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - imported from here by everybody
    from dataclasses import replace as replace  # noqa: PLC0414
else:

    def dataclass(cls: type | None = None, /, **options: bool) -> Any:  # noqa: ANN401 - a class, or what makes one
        """What `dataclasses.dataclass` makes of a class; quicker where it is to be frozen, with slots and no further wishes."""
        if cls is None:
            return lambda each: dataclass(each, **options)
        if not (options.get("frozen") and options.get("slots")) or options.keys() - {"frozen", "slots", "kw_only"}:
            return dataclasses.dataclass(**options)(cls)
        own_init = cls.__dict__.get("__init__")
        bare = {"init": False, "repr": False, "eq": False, "slots": True, "kw_only": options.get("kw_only", False)}
        made = dataclasses.dataclass(**bare)(cls)  # which compiles nothing
        for name, method in _methods(made).items():
            if made.__dict__.get(name) is None:  # a class that compares by itself has None for its hash
                setattr(made, name, method)
        if own_init is None:
            made.__init__ = _first_init(made)
        made.__setattr__ = made.__delattr__ = _refuse
        return made

    def replace(value: Any, /, **changes: Any) -> Any:  # noqa: ANN401 - of one type, which the checker takes from `dataclasses`
        """A copy with other values in some fields, as `dataclasses.replace` makes it; raises TypeError for a field that doesn't exist.

        The value itself where the fields hold these very values already.
        """
        own = type(value)
        copied = _copied.get(own)
        if copied is None:
            copied = _copied[own] = _copier(own)
        return copied(value, changes)


def _methods(own: type) -> dict[str, Callable[..., Any]]:
    """What the standard decorator gives every frozen class with slots beside its `__init__`."""
    fields = dataclasses.fields(own)
    compared, hashed = (
        _values([f.name for f in fields if f.compare]),
        _values([f.name for f in fields if (f.compare if f.hash is None else f.hash)]),
    )
    names, shown = [f.name for f in fields], [f.name for f in fields if f.repr]

    def __eq__(self: Any, other: object) -> bool:  # noqa: ANN401, N807 - the names are Python's
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: Any) -> int:  # noqa: ANN401, N807
        return hash(hashed(self))

    @recursive_repr("...")
    def __repr__(self: Any) -> str:  # noqa: ANN401, N807
        return f"{self.__class__.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    def __getstate__(self: Any) -> list[Any]:  # noqa: ANN401, N807
        return [getattr(self, name) for name in names]

    def __setstate__(self: Any, state: list[Any]) -> None:  # noqa: ANN401, N807
        for name, value in zip(names, state, strict=True):
            object.__setattr__(self, name, value)

    return {each.__name__: each for each in (__eq__, __hash__, __repr__, __getstate__, __setstate__)}


def _values(names: list[str]) -> Callable[[Any], Any]:
    """What gives the values of these fields, as something to compare."""
    return attrgetter(*names) if names else lambda _: ()


def _first_init(own: type) -> Callable[..., None]:
    """An `__init__` that makes the real one, which takes its place."""

    def __init__(self: Any, /, *args: Any, **values: Any) -> None:  # noqa: ANN401, N807
        _init(own)(self, *args, **values)

    __init__.__qualname__ = f"{own.__qualname__}.__init__"
    return __init__


FEW = 8
"""Up to so many fields the guard is passed sooner than the class is changed twice."""


def _init(own: type) -> Callable[..., None]:
    """The real one, as the standard decorator makes it for a class of these fields; two threads may make it at once and then make the same."""
    specs = [
        (f.name, f.type, dataclasses.field(default=f.default, default_factory=f.default_factory, init=f.init, kw_only=f.kw_only))
        for f in dataclasses.fields(own)
    ]
    is_guarded = len(specs) <= FEW
    more = {"__post_init__": own.__post_init__} if is_guarded and hasattr(own, "__post_init__") else {}
    space = {"__module__": own.__module__, "__doc__": own.__doc__ or own.__name__, **more}
    like = dataclasses.make_dataclass(own.__name__, specs, namespace=space, frozen=is_guarded, repr=False, eq=False, slots=True)
    fill: Callable[..., None] = like.__dict__["__init__"]
    fill.__qualname__ = f"{own.__qualname__}.__init__"
    made = fill if is_guarded else _unguarded(fill, getattr(own, "__post_init__", None))
    own.__init__ = made  # type: ignore[misc]
    return made


def _unguarded(fill: Callable[..., None], after: Callable[[Any], None] | None) -> Callable[..., None]:
    switch = object.__setattr__

    @wraps(fill)
    def __init__(self: Any, /, *args: Any, **values: Any) -> None:  # noqa: ANN401, N807
        own = self.__class__
        switch(self, "__class__", _twins[own])
        try:
            fill(self, *args, **values)
        finally:
            self.__class__ = own
        if after is not None:
            self.__post_init__()

    return __init__


class _Twins(dict[type, type]):
    """A twin for each class: a subclass of the same layout that isn't frozen."""

    def __missing__(self, own: type) -> type:
        guards = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}  # one slot of the type holds both
        self[own] = twin = type(own.__name__, (own,), {"__slots__": (), "__module__": own.__module__, **guards})
        return twin


_twins = _Twins()


def _refuse(self: object, name: str, *_: object) -> None:
    """The guard of a frozen class."""
    raise dataclasses.FrozenInstanceError(f"{type(self).__name__}.{name} is frozen")


_NONE = object()
_copied: dict[type, Callable[[Any, dict[str, Any]], Any]] = {}


def _copier(own: type) -> Callable[[Any, dict[str, Any]], Any]:
    fields = dataclasses.fields(own)
    names = tuple(f.name for f in fields)
    is_plain = "__slots__" in own.__dict__ and own.__bases__ == (object,) and not hasattr(own, "__post_init__")
    if not is_plain or len(names) < 2 or not all(f.init for f in fields):
        return lambda value, changes: dataclasses.replace(value, **changes)
    twin = _twins[own]
    fill = dataclasses.make_dataclass(own.__name__, [(name, object) for name in names], repr=False, eq=False).__init__  # type: ignore[misc]
    taken, known, fresh = attrgetter(*names), frozenset(names), object.__new__

    def copied(value: Any, changes: dict[str, Any]) -> Any:  # noqa: ANN401
        for name, other in changes.items():
            if getattr(value, name, _NONE) is not other:
                break
        else:
            return value  # it is so already
        new: Any = fresh(twin)
        fill(new, *taken(value))
        for name, other in changes.items():
            if name not in known:
                raise TypeError(f"{own.__name__} has no field {name!r}")
            setattr(new, name, other)
        new.__class__ = own
        return new

    return copied
