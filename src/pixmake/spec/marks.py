"""Spec room: what annotations of declared fields are built with, and what is said of values that do not fit them."""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from pixmake.values import dataclass

Way = tuple[str | int, ...]
"""Keys and indexes from a map to a value below it."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """What does not fit: `kind` is a kind of misfit below or the code of a refusal, `value` stands at `way`.

    `facts` are what the words of that misfit need.
    """

    kind: str
    way: Way
    value: Any
    facts: Mapping[str, Any]


class Unfit(ValueError):
    """A value that is not as declared; `misfits` are in the order of the declaration."""

    def __init__(self, misfits: list[Misfit]) -> None:
        super().__init__(misfits)
        self.misfits = misfits


class Refusal(Exception):
    """What a check has against a value: a code of errors, words, and a way to a place below the value."""

    def __init__(self, code: str, message: str, help: str, at: Way) -> None:
        super().__init__(message)
        self.code, self.message, self.help, self.at = code, message, help, at


def refuse(code: str, message: str, help: str = "", at: Way = ()) -> NoReturn:
    """Raises what `complaints` turns into a diagnostic, placed `at` a key or index below the value."""
    raise Refusal(code, message, help, at)


def misfit_of(refusal: Refusal, value: Any, way: Way) -> Misfit:
    """A refusal as a misfit of a value at a way."""
    return Misfit(refusal.code, (*way, *refusal.at), value, {"message": refusal.message, "help": refusal.help})


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

    find: Callable[[], Any]


TEXT, LIST, MAP = Form("<text>"), Form("<list>"), Form("<map>")


def form_of(value: object) -> Form:
    """The form that a value has."""
    return MAP if isinstance(value, dict) else LIST if isinstance(value, list) else TEXT
