"""Root room: frozen dataclasses that cost a third to declare and half to make.

A program of many small kinds of values spends much of its start on writing methods for them, of which most are never
called; here a kind's `__init__` is written when the first value of it is made, and the other methods are the same
functions for all kinds. What `@dataclass(frozen=True)` writes also goes round its own ban, field by field, through a
general call that looks up the field's slot by name. The slots are known: each is filled by its own setter.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
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
    return _thing(kind, {**EQUAL, **METHODS})


def _thing(kind: Any, methods: Mapping[str, object] | None = None) -> Any:
    """A kind of values that are themselves only: the class once more, with slots for its fields."""
    own = dict(vars(kind))
    types = {name: type_ for name, type_ in own.get("__annotations__", {}).items() if not _is_of_kind(type_)}
    defaults = {name: own.pop(name) for name in types if name in own}
    inherited = {name for base in kind.__mro__[1:] for name in vars(base).get("__slots__", ())}
    for name in ("__dict__", "__weakref__"):
        own.pop(name, None)
    space = {**(METHODS if methods is None else methods), **own}
    space |= {"__slots__": tuple(name for name in types if name not in inherited), "__qualname__": kind.__qualname__}
    space |= {"_declared": (types, defaults), "__dataclass_fields__": _Fields(), "__match_args__": ()}
    space["__doc__"] = kind.__doc__ or kind.__name__  # as dataclasses would write a signature there
    made: Any = type(kind)(kind.__name__, kind.__bases__, space)

    def first(self: object, *wrong: object, **given: object) -> None:
        made.__init__ = _init(made)
        made.__init__(self, *wrong, **given)  # no place takes any: Python says so, in its own words

    if "__init__" not in own:
        made.__init__ = first
    return made


def _is_of_kind(annotation: object) -> bool:
    """Whether an annotated name belongs to the kind, not to its values."""
    return str(annotation).removeprefix("typing.").startswith("ClassVar")


def _init(kind: Any) -> Any:
    """What fills the slots of a kind, then calls its `__post_init__`, if it has one."""
    names: dict[str, Any] = {"MISSING": MISSING}
    lines, parameters = [], ""
    types, defaults = _declared_of(kind)
    for name in types:
        default, factory = _default_of(defaults.get(name, MISSING))
        names |= {f"set_{name}": _slot(kind, name), f"old_{name}": default, f"new_{name}": factory}
        parameters += (
            f", {name}{f'=old_{name}' if default is not MISSING else '=MISSING' if factory is not MISSING else ''}"
        )
        given = name if factory is MISSING else f"new_{name}() if {name} is MISSING else {name}"
        lines.append(f"  set_{name}(self, {given})")
    if hasattr(kind, "__post_init__"):
        lines.append("  self.__post_init__()")
    code = f"def __init__(self{', *' if types else ''}{parameters}):\n" + "\n".join(lines or ["  pass"])
    exec(code, names)  # noqa: S102 (as dataclasses do it: the text is made of our own fields' names)
    made = names["__init__"]
    made.__qualname__, made.__module__ = f"{kind.__qualname__}.__init__", kind.__module__
    made.__annotations__ = {**types, "return": None}
    return made


def _declared_of(kind: Any) -> tuple[dict[str, object], dict[str, object]]:
    """The types of a kind's fields by name, and the defaults of those that have one; those of its bases first."""
    types: dict[str, object] = {}
    defaults: dict[str, object] = {}
    for base in reversed(kind.__mro__):
        own_types, own_defaults = vars(base).get("_declared", ({}, {}))
        types |= own_types
        defaults |= own_defaults
    return types, defaults


def _default_of(declared: object) -> tuple[object, object]:
    """The default of a field, or what makes one; each MISSING where there is none."""
    return (declared.default, declared.default_factory) if isinstance(declared, Field) else (declared, MISSING)


def _slot(kind: Any, name: str) -> Any:
    return next(vars(base)[name] for base in kind.__mro__ if name in vars(base)).__set__


# --- what is found out when it is asked for ----------------------------------------------------------------------------


class _Fields:
    """A kind's fields, as `dataclasses.fields` wants them: those of its bases first."""

    def __get__(self, value: object, kind: Any) -> dict[str, Field[Any]]:
        types, space = _declared_of(kind)
        plain: Any = type(
            kind.__name__, (), {**space, "__annotations__": types, "__module__": kind.__module__, "__doc__": ""}
        )
        made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=True)(plain)
        found: dict[str, Field[Any]] = made.__dataclass_fields__
        kind.__dataclass_fields__ = found
        return found


class _Compared:
    """What reads the fields of a kind by which its values are equal."""

    def __get__(self, value: object, kind: Any) -> Any:
        types, defaults = _declared_of(kind)
        told = {name: item.compare for name, item in defaults.items() if isinstance(item, Field)}
        names = [name for name in types if told.get(name, True)]
        found = attrgetter(*(names or ["__class__"]))
        kind._compared = found
        return found


class _Signature:
    """What a kind is called with, for those who look before the first value of it was made."""

    def __get__(self, value: object, kind: Any) -> Any:
        from inspect import signature

        found = signature(_init(kind))
        return found.replace(parameters=list(found.parameters.values())[1:])


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


EQUAL: dict[str, object] = {"__eq__": _equal, "__hash__": _hash, "_compared": _Compared()}
"""What kinds have in common whose values are equal where their fields are."""
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
