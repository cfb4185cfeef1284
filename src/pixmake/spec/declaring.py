"""Spec room: how a map of fields is declared and read. All that does not fit is told at once, with the way to it.

A map is a class whose annotated attributes are its fields. What an annotation may be built of: `str`, `int`, `bool`,
`Any`, `Literal` texts, `list[…]`, `dict[str, …]`, other declared maps, `X | None`, and `Annotated` with marks. What an
annotation says is found out, and a field's reader made, when the first value of it is read: most fields of most
projects are never used. So the modules of such classes have `from __future__ import annotations`.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NoReturn, Self, get_args

from pixmake.spec.marks import Deferred, Misfit, Refusal, Unfit, Way, misfit_of
from pixmake.spec.reading import Reader, reader_of

REQUIRED: Any = object()


class Field:
    """One field of a map: its key, its annotation, what it is for, and its value where it is left out."""

    __slots__ = ("_annotation", "_module", "_reader", "default", "description", "key")

    def __init__(self, key: str | None, default: Any, description: str) -> None:
        self.key = key or ""
        self.default = default
        self.description = description
        self._annotation: Any = None
        self._module = ""
        self._reader: Reader | None = None

    def declare(self, name: str, annotation: Any, module: str) -> None:
        """What the class says of the attribute whose value this is."""
        self.key = self.key or name
        self._annotation, self._module = annotation, module

    @property
    def is_required(self) -> bool:
        return self.default is REQUIRED

    @property
    def annotation(self) -> Any:
        if isinstance(self._annotation, str):
            self._annotation = eval(self._annotation, vars(sys.modules[self._module]))  # noqa: S307 (our own text)
        return self._annotation

    @property
    def reader(self) -> Reader:
        found = self._reader
        if found is None:
            found = self._reader = reader_of(self.annotation)
        return found


def field(default: Any = REQUIRED, *, description: str, alias: str | None = None) -> Any:
    """Declares a field; without a default it is required. `alias` is its key where that is no name in Python."""
    return Field(alias, default, description)


class Declared:
    """Base of all declared maps: strict kinds, no unknown keys. Instances have a value for every field."""

    fields: ClassVar[Mapping[str, Field]] = {}
    """By attribute, those of base classes first."""

    def __init_subclass__(cls) -> None:
        own = {name: item for name, item in vars(cls).items() if isinstance(item, Field)}
        for name, item in own.items():
            item.declare(name, cls.__annotations__[name], cls.__module__)
            delattr(cls, name)
        cls.fields = {**{name: item for base in reversed(cls.__mro__[1:]) for name, item in _fields(base)}, **own}

    def __init__(self, **values: Any) -> None:
        """An instance of values that are known to fit. Raises TypeError for a name that is no field."""
        if strange := values.keys() - self.fields.keys():
            raise TypeError(f"{type(self).__name__} has no field {', '.join(sorted(strange))}")
        vars(self).update({name: item.default for name, item in self.fields.items()} | values)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    __hash__ = None  # type: ignore[assignment]  # fields hold lists and maps

    def agree(self) -> None:
        """What fields have to do with each other. Raises Refusal."""

    @classmethod
    def read(cls, data: object) -> Self:
        """An instance of plain data. Raises Unfit."""
        misfits: list[Misfit] = []
        found = cls.read_at(data, (), misfits)
        if misfits or found is None:
            raise Unfit(misfits)
        return found

    @classmethod
    def read_at(cls, data: object, way: Way, misfits: list[Misfit]) -> Self | None:
        """The same below something else; None where there are misfits, which it adds."""
        if not isinstance(data, dict):
            misfits.append(Misfit("map", way, data, {}))
            return None
        before, values, known = len(misfits), {}, set()
        for name, item in cls.fields.items():
            key = item.key
            known.add(key)
            if key in data:
                values[name] = item.reader(data[key], (*way, key), misfits)
            elif item.default is REQUIRED:
                misfits.append(Misfit("missing", (*way, key), data, {}))
            else:
                values[name] = item.default
        misfits += (Misfit("extra", (*way, key), data[key], {}) for key in data if key not in known)
        if len(misfits) > before:
            return None
        made = cls.made(values)
        try:
            made.agree()
        except Refusal as refusal:
            misfits.append(misfit_of(refusal, data, way))
        return made

    @classmethod
    def made(cls, values: dict[str, Any]) -> Self:
        """An instance of all its values; they become its own."""
        made = cls.__new__(cls)
        object.__setattr__(made, "__dict__", values)
        return made

    def but(self, **values: Any) -> Self:
        """A copy with other values in some fields."""
        return self.made({**vars(self), **values})


def _fields(base: type) -> Iterator[tuple[str, Field]]:
    if issubclass(base, Declared):
        yield from base.fields.items()


def maps_in(annotation: Any) -> Iterator[type[Declared]]:
    """The declared maps that a value of an annotation may be or hold."""
    if isinstance(annotation, type) and issubclass(annotation, Declared):
        yield annotation
    for inner in get_args(annotation):
        if isinstance(inner, Deferred):
            yield inner.find()
        else:
            yield from maps_in(inner)
