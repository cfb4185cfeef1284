"""Root room: dataclasses that cost a tenth to declare and, frozen ones, half to make.

A program of many small kinds of values spends much of its start on writing methods for them, of which most are never
called. Here all kinds have the same functions, and what makes a value is written for a kind when there are many of it:
the first few are filled field by field. What `@dataclass(frozen=True)` writes also goes round its own ban, field by
field, through a general call that looks up the field's slot by name. The slots are known: each is filled by its own
setter.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, fields
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["changed", "dataclass"]
T = TypeVar("T")
FEW = 16
"""Values of a kind that take less time to fill in a loop than it takes to write what fills them."""

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(kind=None, /, *, frozen=False, slots=False, kw_only=False, eq=True):
        """`dataclasses.dataclass`, of the same meaning for these words. `kw_only` is a kind's bases', too."""

        def declare(kind):
            shared = {**METHODS, **(EQUAL if eq else {}), **(FROZEN if frozen else {})}
            shared |= HASHED if eq and frozen else UNHASHED if eq else {}
            shared |= STATE if frozen and slots else {}
            return _declared(kind, shared, slots=slots, kw_only=kw_only)

        return declare if kind is None else declare(kind)


def _declared(kind: Any, shared: Mapping[str, object], *, slots: bool, kw_only: bool) -> Any:
    """A kind with those methods that it does not have itself; with slots, the class once more."""
    own = dict(vars(kind))
    types = {name: type_ for name, type_ in own.get("__annotations__", {}).items() if not _is_of_kind(type_)}
    defaults = {name: own.pop(name) for name in types if name in own}
    space: dict[str, Any] = {name: item for name, item in shared.items() if name not in own}
    space |= {"_declared": (types, defaults), "_by_name": kw_only, "__dataclass_fields__": _Fields()}
    space["__match_args__"] = () if kw_only else tuple({**_declared_of(kind)[0], **types})
    space["__doc__"] = kind.__doc__ or kind.__name__  # as dataclasses would write a signature there
    made = _slotted(kind, own, space, types) if slots else _furnished(kind, space, defaults)
    if "__init__" not in own:
        made.__init__ = _beginning(made)
    return made


def _slotted(kind: Any, own: dict[str, Any], space: Mapping[str, object], names: Iterable[str]) -> Any:
    """The class once more, with slots for its fields."""
    inherited = {name for base in kind.__mro__[1:] for name in vars(base).get("__slots__", ())}
    for name in ("__dict__", "__weakref__"):
        own.pop(name, None)
    own["__slots__"] = tuple(name for name in names if name not in inherited)
    return type(kind)(kind.__name__, kind.__bases__, {**own, **space, "__qualname__": kind.__qualname__})


def _furnished(kind: Any, space: Mapping[str, object], defaults: Iterable[str]) -> Any:
    """The class itself, with what it lacks. What its fields begin with is none of its attributes."""
    for name in defaults:
        delattr(kind, name)
    for name, item in space.items():
        setattr(kind, name, item)
    return kind


def _is_of_kind(annotation: object) -> bool:
    """Whether an annotated name belongs to the kind, not to its values."""
    return str(annotation).removeprefix("typing.").startswith("ClassVar")


def _declared_of(kind: Any) -> tuple[dict[str, object], dict[str, object]]:
    """The types of a kind's fields by name, and the defaults of those that have one; those of its bases first."""
    types: dict[str, object] = {}
    defaults: dict[str, object] = {}
    for base in reversed(kind.__mro__):
        own_types, own_defaults = vars(base).get("_declared", ({}, {}))
        types |= own_types
        defaults |= own_defaults
    return types, defaults


def _default_of(declared: object) -> tuple[object, Any]:
    """The default of a field, or what makes one; each MISSING where there is none."""
    return (declared.default, declared.default_factory) if isinstance(declared, Field) else (declared, MISSING)


# --- what makes a value ------------------------------------------------------------------------------------------------


def _beginning(kind: Any) -> Callable[..., None]:
    """What makes the first values of a kind, and gives way to what is written for it."""
    left = FEW

    def begin(self: object, /, *places: object, **given: object) -> None:
        nonlocal left
        left -= 1
        if left < 0 or not _filled(kind, self, places, given):
            kind.__init__ = _init(kind)
            kind.__init__(self, *places, **given)  # what it does not take, Python refuses in its own words

    return begin


def _filled(kind: Any, value: Any, places: tuple[object, ...], given: Mapping[str, object]) -> bool:
    """Fills the fields of a value, then calls its `__post_init__`, if it has one; not with what its kind does not take."""
    types, defaults = _declared_of(kind)
    found = {**dict(zip(types, places, strict=False)), **given}
    if len(found) < len(places) + len(given) or (places and kind._by_name) or not found.keys() <= types.keys():
        return False
    for name in types.keys() - found.keys():
        default, factory = _default_of(defaults.get(name, MISSING))
        found[name] = default if factory is MISSING else factory()
        if found[name] is MISSING:
            return False
    for name in types:
        object.__setattr__(value, name, found[name])
    if hasattr(kind, "__post_init__"):
        value.__post_init__()
    return True


def _init(kind: Any) -> Any:
    """The same, written out."""
    names: dict[str, Any] = {"MISSING": MISSING, "PUT": object.__setattr__}
    lines, parameters = [], ""
    types, defaults = _declared_of(kind)
    for name in types:
        default, factory = _default_of(defaults.get(name, MISSING))
        names |= {f"old_{name}": default, f"new_{name}": factory}
        parameters += (
            f", {name}{f'=old_{name}' if default is not MISSING else '=MISSING' if factory is not MISSING else ''}"
        )
        given = name if factory is MISSING else f"new_{name}() if {name} is MISSING else {name}"
        lines.append("  " + _filling(kind, name, names).format(given))
    if hasattr(kind, "__post_init__"):
        lines.append("  self.__post_init__()")
    star = ", *" if types and kind._by_name else ""
    code = f"def __init__(self{star}{parameters}):\n" + "\n".join(lines or ["  pass"])
    exec(code, names)  # noqa: S102 (as dataclasses do it: the text is made of our own fields' names)
    made = names["__init__"]
    made.__qualname__, made.__module__ = f"{kind.__qualname__}.__init__", kind.__module__
    made.__annotations__ = {**types, "return": None}
    return made


def _filling(kind: Any, name: str, names: dict[str, Any]) -> str:
    """The words before and after what a field is given; what they name is added."""
    if kind.__setattr__ is object.__setattr__:
        return f"self.{name} = {{}}"
    slot = next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)
    if slot is None:
        return f"PUT(self, {name!r}, {{}})"
    names[f"set_{name}"] = slot.__set__
    return f"set_{name}(self, {{}})"


# --- what is found out when it is asked for ----------------------------------------------------------------------------


class _Fields:
    """A kind's fields, as `dataclasses.fields` wants them: those of its bases first."""

    def __get__(self, value: object, kind: Any) -> dict[str, Field[Any]]:
        types, space = _declared_of(kind)
        plain: Any = type(
            kind.__name__, (), {**space, "__annotations__": types, "__module__": kind.__module__, "__doc__": "Fields."}
        )
        made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=kind._by_name)(plain)
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


METHODS: dict[str, object] = {"__repr__": _repr, "__signature__": _Signature()}
"""What all kinds have in common, unless they say otherwise."""
EQUAL: dict[str, object] = {"__eq__": _equal, "_compared": _Compared()}
"""What kinds have whose values are equal where their fields are."""
HASHED: dict[str, object] = {"__hash__": _hash}
UNHASHED: dict[str, object] = {"__hash__": None}
FROZEN: dict[str, object] = {"__setattr__": _set, "__delattr__": _delete}
STATE: dict[str, object] = {"__getstate__": _state, "__setstate__": _restore}
"""What the frozen ones among them have; to be pickled where there is no `__dict__`."""


def changed(value: T, **new: Any) -> T:
    """`dataclasses.replace` for a value of several fields, in a third of the time."""
    kind: Any = type(value)
    names, read = _reader(kind)
    made: T = kind(**{**dict(zip(names, read(value), strict=True)), **new})
    return made


@lru_cache(maxsize=64)
def _reader(kind: type[Any]) -> tuple[tuple[str, ...], attrgetter[Any]]:
    names = tuple(_declared_of(kind)[0])
    return names, attrgetter(*names)
