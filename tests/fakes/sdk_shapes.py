"""Bodies against the SDK's own types: a field that its TypedDicts don't have, or of another type, is told by its place."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin

from typing_extensions import get_type_hints, is_typeddict


def misfit(value: object, shape: Any, place: str = "body") -> str | None:
    """Why `value` (as JSON has it) is not of `shape`; None where it is."""
    origin, arguments = get_origin(shape), get_args(shape)
    if origin in (Required, NotRequired, Annotated):
        return misfit(value, arguments[0], place)
    if shape is Any or shape is object:
        return None
    if is_typeddict(shape):
        return _map_misfit(value, shape, place)
    if origin in (Union, types.UnionType):
        return _union_misfit(value, arguments, place)
    if origin is Literal:
        return (
            None
            if value in arguments and isinstance(value, str | bool)
            else f"{place}: {value!r} is not one of {arguments}"
        )
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _first(misfit(item, arguments[1], f"{place}.{key}") for key, item in _entries(value)) or (
            None if isinstance(value, dict) else f"{place}: not an object"
        )
    if isinstance(origin, type) and issubclass(origin, Iterable):
        if not isinstance(value, list):
            return f"{place}: not a list"
        return _first(misfit(item, arguments[0], f"{place}[{number}]") for number, item in enumerate(value))
    return _plain_misfit(value, shape, place)


def _plain_misfit(value: object, shape: Any, place: str) -> str | None:
    if shape in (None, type(None)):
        return None if value is None else f"{place}: not null"
    if shape is float:
        shape = (int, float)
    is_right = isinstance(value, shape) and (shape is bool or not isinstance(value, bool))
    return None if is_right else f"{place}: {value!r:.60} is not of type {shape}"


def _map_misfit(value: object, shape: Any, place: str) -> str | None:
    if not isinstance(value, dict):
        return f"{place}: not an object"
    hints = _hints(shape)
    unknown = [name for name in value if name not in hints]
    missing = [name for name in shape.__required_keys__ if name not in value]
    if unknown or missing:
        return f"{place}: unknown {unknown}, missing {missing}"
    return _first(misfit(item, hints[name], f"{place}.{name}") for name, item in value.items())


def _union_misfit(value: object, shapes: Sequence[Any], place: str) -> str | None:
    """Of several shapes that don't fit, the one is told that came furthest: whose complaint names the deepest place."""
    found = [misfit(value, shape, place) for shape in shapes]
    if None in found:
        return None
    return max((text for text in found if text), key=lambda text: text.partition(":")[0].count("."))


@cache
def _hints(shape: Any) -> dict[str, Any]:
    return get_type_hints(shape, include_extras=True)


def _entries(value: object) -> Iterable[tuple[str, object]]:
    return value.items() if isinstance(value, dict) else ()


def _first(found: Iterable[str | None]) -> str | None:
    return next((text for text in found if text is not None), None)
