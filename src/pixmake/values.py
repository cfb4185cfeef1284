"""Root room: frozen dataclasses that cost a third to declare and half to make.

A program of many small kinds of values spends much of its start on writing methods for them, of which most are never
called; here a kind's `__init__` is written when the first value of it is made, and the other methods are the same
functions for all kinds. What `@dataclass(frozen=True)` writes also goes round its own ban, field by field, through a
general call that looks up the field's slot by name. The slots are known: each is filled by its own setter.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, Field, FrozenInstanceError, fields
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["changed", "dataclass"]
T = TypeVar("T")

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(kind=None, /, *, frozen=False, slots=False, kw_only=False, eq=True):
        """`dataclasses.dataclass`: of the same meaning for these words, and quick for frozen, slotted, keyword-only kinds."""
        if kind is not None:
            return dataclasses.dataclass(kind)
        if frozen and slots and kw_only:
            return _value if eq else _thing
        return dataclasses.dataclass(frozen=frozen, slots=slots, kw_only=kw_only, eq=eq)


def _value(kind: Any) -> Any:
    """A kind of values that are equal where their fields are."""
    made: Any = _thing(kind)
    names = [field.name for field in fields(made) if field.compare]
    made._compared = attrgetter(*(names or ["__class__"]))
    for name, method in (("__eq__", _equal), ("__hash__", _hash)):
        if name not in vars(kind):
            setattr(made, name, method)
    return made


def _thing(kind: Any) -> Any:
    """A kind of values that are themselves only."""
    own = vars(kind)
    kind.__doc__ = kind.__doc__ or kind.__name__  # else its signature would be written into it
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True, kw_only=True)(kind)
    for name, method in METHODS.items():
        if name not in own:
            setattr(made, name, method)

    def first(self: object, *wrong: object, **given: object) -> None:
        made.__init__ = _init(made)
        made.__init__(self, *wrong, **given)  # no place takes any: Python says so, in its own words

    if "__init__" not in own:
        made.__init__ = first
    return made


def _init(kind: Any) -> Any:
    """What fills the slots of a kind, then calls its `__post_init__`, if it has one."""
    names: dict[str, Any] = {"MISSING": MISSING}
    lines = []
    known = fields(kind)
    for field in known:
        names |= {f"set_{field.name}": _slot(kind, field.name), f"new_{field.name}": field.default_factory}
        names[f"old_{field.name}"] = field.default
        lines.append(f"  set_{field.name}(self, {_given(field)})")
    if hasattr(kind, "__post_init__"):
        lines.append("  self.__post_init__()")
    parameters = "".join(f", {_parameter(field)}" for field in known)
    code = f"def __init__(self{', *' if known else ''}{parameters}):\n" + "\n".join(lines or ["  pass"])
    exec(code, names)  # noqa: S102 (as dataclasses do it: the text is made of our own fields' names)
    made = names["__init__"]
    made.__qualname__, made.__module__ = f"{kind.__qualname__}.__init__", kind.__module__
    made.__annotations__ = {field.name: field.type for field in known} | {"return": None}
    return made


def _slot(kind: Any, name: str) -> Any:
    return next(vars(base)[name] for base in kind.__mro__ if name in vars(base)).__set__


def _parameter(field: Field[Any]) -> str:
    if field.default is not MISSING:
        return f"{field.name}=old_{field.name}"
    return field.name if field.default_factory is MISSING else f"{field.name}=MISSING"


def _given(field: Field[Any]) -> str:
    if field.default_factory is MISSING:
        return field.name
    return f"new_{field.name}() if {field.name} is MISSING else {field.name}"


# --- methods of all kinds --------------------------------------------------------------------------------------------


def _equal(self: Any, other: Any) -> Any:
    if other.__class__ is self.__class__:
        return self is other or self._compared(self) == self._compared(other)
    return NotImplemented


def _hash(self: Any) -> int:
    return hash(self._compared(self))


def _repr(self: Any) -> str:
    parts = (f"{field.name}={getattr(self, field.name)!r}" for field in fields(self) if field.repr)
    return f"{self.__class__.__qualname__}({', '.join(parts)})"


def _set(self: object, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:
    return [getattr(self, field.name) for field in fields(self)]


def _restore(self: Any, state: list[object]) -> None:
    for field, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


class _Signature:
    """What a kind is called with, for those who look before the first value of it was made."""

    def __get__(self, value: object, kind: Any) -> Any:
        from inspect import signature

        found = signature(_init(kind))
        return found.replace(parameters=list(found.parameters.values())[1:])


METHODS: dict[str, object] = {
    "__repr__": _repr,
    "__setattr__": _set,
    "__delattr__": _delete,
    "__getstate__": _state,
    "__setstate__": _restore,
    "__signature__": _Signature(),
}
"""What all kinds have in common, unless they say otherwise."""


def changed(value: T, **new: Any) -> T:
    """`dataclasses.replace` for a value of several fields, in a third of the time."""
    kind: Any = type(value)
    names, read = _reader(kind)
    made: T = kind(**{**dict(zip(names, read(value), strict=True)), **new})
    return made


@lru_cache(maxsize=64)
def _reader(kind: type[Any]) -> tuple[tuple[str, ...], attrgetter[Any]]:
    names = tuple(field.name for field in fields(kind))
    return names, attrgetter(*names)
