"""Spec room: how a map of fields is declared and read. All that does not fit is told at once, with the way to it.

A map is a class whose annotated attributes are its fields. What an annotation may be built of: `str`, `int`, `bool`,
`Any`, `Literal` texts, `list[…]`, `dict[str, …]`, other declared maps, `X | None`, and `Annotated` with the marks below.
A field's reader is made when the first value of it is read: most fields of most projects are never used.

Types are strict: text is no number. A Template passes every kind unseen (it is judged when rendered); a Rendered text is
first read as what it stands for.
"""

from collections.abc import Callable, Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, NoReturn, Self, Union, get_args, get_origin

from pixmake.spec.nodes import Rendered, Template
from pixmake.values import dataclass

Way = tuple[str | int, ...]
"""Keys and indexes from a map to a value below it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not fit: `kind` is a kind of fault below or the code of a refusal, `value` stands at `way`.

    `facts` are what the words of that fault need.
    """

    kind: str
    way: Way
    value: Any
    facts: Mapping[str, Any]


class Unfit(ValueError):
    """A value that is not as declared; `faults` are in the order of the declaration."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults


class Refusal(Exception):
    """What a check has against a value: a code of errors, words, and a way to a place below the value."""

    def __init__(self, code: str, message: str, help: str, at: Way) -> None:
        super().__init__(message)
        self.code, self.message, self.help, self.at = code, message, help, at


def refuse(code: str, message: str, help: str = "", at: Way = ()) -> NoReturn:
    """Raises what `complaints` turns into a diagnostic, placed `at` a key or index below the value."""
    raise Refusal(code, message, help, at)


Reader = Callable[[Any, Way, list[Fault]], Any]
"""Reads the value at a way; adds to the faults where it does not fit, and gives anything then."""


# --- marks of annotations --------------------------------------------------------------------------------------------


def read_text(text: str) -> str:
    return str(text)


@dataclass(frozen=True, slots=True)
class Templated:
    """Marks a field that a template may fill; `read` makes its value from the rendered text."""

    read: Callable[[str], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A kind with a check of its own: the check returns the value or refuses it. `schema` is for editors."""

    check: Callable[[Any], Any]
    schema: tuple[tuple[str, Any], ...]
    read: Callable[[str], Any] = read_text


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """A check of what fits its kind already: it returns the value or refuses it."""

    check: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the greatest number, both possible."""

    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Length:
    """The fewest and the most items of a list."""

    low: int = 0
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """Marks a kind that is one of several, by the form of the value: text (any scalar), list or map."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Deferred:
    """Marks a map that is declared later, or around this field."""

    find: Callable[[], "type[Declared]"]


TEXT, LIST, MAP = Form("<text>"), Form("<list>"), Form("<map>")


def form_of(value: object) -> Form:
    """The form that a value has."""
    return MAP if isinstance(value, dict) else LIST if isinstance(value, list) else TEXT


# --- declared maps ---------------------------------------------------------------------------------------------------

REQUIRED: Any = object()


class Field:
    """One field of a map: its key, its annotation, what it is for, and its value where it is left out."""

    __slots__ = ("_reader", "annotation", "default", "description", "key")

    def __init__(self, key: str | None, default: Any, description: str) -> None:
        self.key = key or ""
        self.default = default
        self.description = description
        self.annotation: Any = None
        self._reader: Reader | None = None

    @property
    def is_required(self) -> bool:
        return self.default is REQUIRED

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
            item.key, item.annotation = item.key or name, cls.__annotations__[name]
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
        faults: list[Fault] = []
        found = cls.read_at(data, (), faults)
        if faults or found is None:
            raise Unfit(faults)
        return found

    @classmethod
    def read_at(cls, data: object, way: Way, faults: list[Fault]) -> Self | None:
        """The same below something else; None where there are faults, which it adds."""
        if not isinstance(data, dict):
            faults.append(Fault("map", way, data, {}))
            return None
        before, values, known = len(faults), {}, set()
        for name, item in cls.fields.items():
            key = item.key
            known.add(key)
            if key in data:
                values[name] = item.reader(data[key], (*way, key), faults)
            elif item.default is REQUIRED:
                faults.append(Fault("missing", (*way, key), data, {}))
            else:
                values[name] = item.default
        faults += (Fault("extra", (*way, key), data[key], {}) for key in data if key not in known)
        if len(faults) > before:
            return None
        made = cls.made(values)
        try:
            made.agree()
        except Refusal as refusal:
            faults.append(_fault_of(refusal, data, way))
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


# --- readers ---------------------------------------------------------------------------------------------------------

STRICT: dict[Any, tuple[str, Callable[[Any], bool]]] = {
    str: ("text", lambda value: isinstance(value, str)),
    int: ("whole", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    bool: ("yes-no", lambda value: isinstance(value, bool)),
}
"""What of plain data is of a kind, and what kind of fault all else is."""


def reader_of(annotation: Any) -> Reader:
    """The reader of an annotation. Raises TypeError for one that is built of something else than is told above."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _marked(*get_args(annotation))
    if origin is list:
        return _listed(reader_of(get_args(annotation)[0]))
    if origin is dict:
        return _mapped(reader_of(get_args(annotation)[1]))
    if origin is Literal:
        return _worded(get_args(annotation))
    if origin in (Union, UnionType):
        return _one_of(get_args(annotation))
    if annotation in STRICT:
        return _strict(annotation)
    if annotation is Any:
        return lambda value, way, faults: value
    if isinstance(annotation, type) and issubclass(annotation, Declared):
        return annotation.read_at
    raise TypeError(f"no kind of value: {annotation!r}")


def _marked(inner: Any, *marks: Any) -> Reader:
    """The reader of an annotation within its marks, the first of which is the innermost."""
    if isinstance(marks[0], Rule):
        reader = _ruled(marks[0])
    elif isinstance(marks[0], Deferred):
        reader = marks[0].find().read_at
    else:
        reader = reader_of(inner)
    for mark in marks:
        if isinstance(mark, Templated):
            reader = _templated(reader, mark.read)
        elif isinstance(mark, Range):
            reader = _within(reader, mark, lambda number: number)
        elif isinstance(mark, Length):
            reader = _within(reader, mark, len)
        elif isinstance(mark, Checked):
            reader = _checked(reader, mark.check)
    return reader


def _strict(kind: type) -> Reader:
    name, fits = STRICT[kind]

    def read(value: Any, way: Way, faults: list[Fault]) -> Any:
        if type(value) is kind:
            return value
        if fits(value):
            return kind(value)
        faults.append(Fault(name, way, value, {}))
        return None

    return read


def _worded(words: tuple[str, ...]) -> Reader:
    def read(value: Any, way: Way, faults: list[Fault]) -> Any:
        if isinstance(value, str) and value in words:
            return str(value)
        faults.append(Fault("word", way, value, {"words": words}))
        return None

    return read


def _listed(inner: Reader) -> Reader:
    def read(value: Any, way: Way, faults: list[Fault]) -> Any:
        if isinstance(value, list):
            return [inner(item, (*way, index), faults) for index, item in enumerate(value)]
        faults.append(Fault("list", way, value, {}))
        return None

    return read


def _mapped(inner: Reader) -> Reader:
    def read(value: Any, way: Way, faults: list[Fault]) -> Any:
        if isinstance(value, dict):
            return {key: inner(item, (*way, key), faults) for key, item in value.items()}
        faults.append(Fault("map", way, value, {}))
        return None

    return read


def _one_of(kinds: tuple[Any, ...]) -> Reader:
    """Of a kind, or null; several kinds are told apart by their forms."""
    optional, kinds = NoneType in kinds, tuple(kind for kind in kinds if kind is not NoneType)
    inner = reader_of(kinds[0]) if len(kinds) == 1 else _formed(kinds)

    def read(value: Any, way: Way, faults: list[Fault]) -> Any:
        return None if value is None and optional else inner(value, way, faults)

    return read


def _formed(kinds: tuple[Any, ...]) -> Reader:
    forms = {form: reader_of(kind) for kind in kinds for form in get_args(kind) if isinstance(form, Form)}

    def read(value: Any, way: Way, faults: list[Fault]) -> Any:
        reader = forms.get(form_of(value))
        if reader is not None:
            return reader(value, way, faults)
        faults.append(Fault("form", way, value, {"forms": tuple(forms)}))
        return None

    return read


def _ruled(rule: Rule) -> Reader:
    def read(value: Any, way: Way, faults: list[Fault]) -> Any:
        try:
            return rule.check(value)
        except Refusal as refusal:
            faults.append(_fault_of(refusal, value, way))
        return None

    return _templated(read, rule.read)


def _templated(inner: Reader, read_rendered: Callable[[str], Any]) -> Reader:
    def read(value: Any, way: Way, faults: list[Fault]) -> Any:
        if type(value) is Template:
            return value
        return inner(read_rendered(value) if type(value) is Rendered else value, way, faults)

    return read


def _within(inner: Reader, limits: Range | Length, size: Callable[[Any], int]) -> Reader:
    def read(value: Any, way: Way, faults: list[Fault]) -> Any:
        before = len(faults)
        found = inner(value, way, faults)
        if len(faults) == before and limits.low is not None and size(found) < limits.low:
            faults.append(Fault("range", way, value, {"low": limits.low}))
        elif len(faults) == before and limits.high is not None and size(found) > limits.high:
            faults.append(Fault("range", way, value, {"high": limits.high}))
        return found

    return read


def _checked(inner: Reader, check: Callable[[Any], Any]) -> Reader:
    def read(value: Any, way: Way, faults: list[Fault]) -> Any:
        before = len(faults)
        found = inner(value, way, faults)
        if len(faults) == before and found is not None:
            try:
                return check(found)
            except Refusal as refusal:
                faults.append(_fault_of(refusal, value, way))
        return found

    return read


def _fault_of(refusal: Refusal, value: Any, way: Way) -> Fault:
    return Fault(refusal.code, (*way, *refusal.at), value, {"message": refusal.message, "help": refusal.help})
