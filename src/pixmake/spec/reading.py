"""Spec room: readers of values, made from annotations. Types are strict: text is no number.

A Template passes every kind unseen (it is judged when rendered); a Rendered text is first read as what it stands for.
"""

from collections.abc import Callable
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pixmake.spec.marks import (
    Checked,
    Deferred,
    Form,
    Length,
    Misfit,
    Range,
    Refusal,
    Rule,
    Templated,
    Way,
    form_of,
    misfit_of,
)
from pixmake.spec.nodes import Rendered, Template

Reader = Callable[[Any, Way, list[Misfit]], Any]
"""Reads the value at a way; adds to the misfits where it does not fit, and gives anything then."""

STRICT: dict[Any, tuple[str, Callable[[Any], bool]]] = {
    str: ("text", lambda value: isinstance(value, str)),
    int: ("whole", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    bool: ("yes-no", lambda value: isinstance(value, bool)),
}
"""What of plain data is of a kind, and what kind of misfit all else is."""


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
        return lambda value, way, misfits: value
    if hasattr(annotation, "read_at"):  # a declared map
        return annotation.read_at  # type: ignore[no-any-return]
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

    def read(value: Any, way: Way, misfits: list[Misfit]) -> Any:
        if type(value) is kind:
            return value
        if fits(value):
            return kind(value)
        misfits.append(Misfit(name, way, value, {}))
        return None

    return read


def _worded(words: tuple[str, ...]) -> Reader:
    def read(value: Any, way: Way, misfits: list[Misfit]) -> Any:
        if isinstance(value, str) and value in words:
            return str(value)
        misfits.append(Misfit("word", way, value, {"words": words}))
        return None

    return read


def _listed(inner: Reader) -> Reader:
    def read(value: Any, way: Way, misfits: list[Misfit]) -> Any:
        if isinstance(value, list):
            return [inner(item, (*way, index), misfits) for index, item in enumerate(value)]
        misfits.append(Misfit("list", way, value, {}))
        return None

    return read


def _mapped(inner: Reader) -> Reader:
    def read(value: Any, way: Way, misfits: list[Misfit]) -> Any:
        if isinstance(value, dict):
            return {key: inner(item, (*way, key), misfits) for key, item in value.items()}
        misfits.append(Misfit("map", way, value, {}))
        return None

    return read


def _one_of(kinds: tuple[Any, ...]) -> Reader:
    """Of a kind, or null; several kinds are told apart by their forms."""
    optional, kinds = NoneType in kinds, tuple(kind for kind in kinds if kind is not NoneType)
    inner = reader_of(kinds[0]) if len(kinds) == 1 else _formed(kinds)

    def read(value: Any, way: Way, misfits: list[Misfit]) -> Any:
        return None if value is None and optional else inner(value, way, misfits)

    return read


def _formed(kinds: tuple[Any, ...]) -> Reader:
    forms = {form: reader_of(kind) for kind in kinds for form in get_args(kind) if isinstance(form, Form)}

    def read(value: Any, way: Way, misfits: list[Misfit]) -> Any:
        reader = forms.get(form_of(value))
        if reader is not None:
            return reader(value, way, misfits)
        misfits.append(Misfit("form", way, value, {"forms": tuple(forms)}))
        return None

    return read


def _ruled(rule: Rule) -> Reader:
    def read(value: Any, way: Way, misfits: list[Misfit]) -> Any:
        try:
            return rule.check(value)
        except Refusal as refusal:
            misfits.append(misfit_of(refusal, value, way))
        return None

    return _templated(read, rule.read)


def _templated(inner: Reader, read_rendered: Callable[[str], Any]) -> Reader:
    def read(value: Any, way: Way, misfits: list[Misfit]) -> Any:
        if type(value) is Template:
            return value
        return inner(read_rendered(value) if type(value) is Rendered else value, way, misfits)

    return read


def _within(inner: Reader, limits: Range | Length, size: Callable[[Any], int]) -> Reader:
    def read(value: Any, way: Way, misfits: list[Misfit]) -> Any:
        before = len(misfits)
        found = inner(value, way, misfits)
        if len(misfits) == before and limits.low is not None and size(found) < limits.low:
            misfits.append(Misfit("range", way, value, {"low": limits.low}))
        elif len(misfits) == before and limits.high is not None and size(found) > limits.high:
            misfits.append(Misfit("range", way, value, {"high": limits.high}))
        return found

    return read


def _checked(inner: Reader, check: Callable[[Any], Any]) -> Reader:
    def read(value: Any, way: Way, misfits: list[Misfit]) -> Any:
        before = len(misfits)
        found = inner(value, way, misfits)
        if len(misfits) == before and found is not None:
            try:
                return check(found)
            except Refusal as refusal:
                misfits.append(misfit_of(refusal, value, way))
        return found

    return read
