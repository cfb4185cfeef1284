"""Spec room: Jinja's sandbox with bounds on time and size. Every value a template makes weighs at most MOST_WEIGHT,
and every loop turn, call and filter ticks a clock, so that no template can hang or fill memory.
"""

from __future__ import annotations

import operator
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from jinja2 import StrictUndefined, nodes
from jinja2.exceptions import TemplateRuntimeError, UndefinedError
from jinja2.runtime import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from pixmake.spec.filters import MOST_WEIGHT, TooMuch, regex_replace, slug, to_json

MOST_TICKS = 1_000_000
MOST_SECONDS = 10.0
MOST_WRITTEN = 500_000_000
"""Characters that the templates of one folder make in one load."""
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "**": operator.pow,
    "%": operator.mod,
}
UNAVAILABLE = frozenset({"translate", "encode", "to_bytes"})
"""Methods that could make a large thing at once, or bytes, whose methods nobody counts."""
WIDTH = re.compile(r"\d{5,}")
NESTED = re.compile(r"\{[^{}]*\{")


class UndefinedName(UndefinedError):
    """An undefined name was used; knows which, and of what."""

    def __init__(self, message: str, name: str | None, owner: object) -> None:
        super().__init__(message)
        self.name = name
        self.owner = owner


class Missing(StrictUndefined):
    """Any use of an undefined name fails with UndefinedName."""

    __slots__ = ()

    def _fail_with_undefined_error(self, *args: Any, **kwargs: Any) -> Any:
        if not issubclass(self._undefined_exception, UndefinedError):
            raise self._undefined_exception(self._undefined_message)
        owner = None if self._undefined_obj is missing else self._undefined_obj
        raise UndefinedName(self._undefined_message, self._undefined_name, owner)

    __iter__ = __str__ = __len__ = _fail_with_undefined_error
    __eq__ = __ne__ = __bool__ = __hash__ = _fail_with_undefined_error
    __contains__ = _fail_with_undefined_error


def weight(value: Any, most: int = MOST_WEIGHT) -> int:
    """Characters and entries of a value, shared parts counted each time. Raises TooMuch above `most`."""
    total, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str | bytes):
            total += len(item)
        elif isinstance(item, int) and not isinstance(item, bool):
            total += item.bit_length() // 3
        elif isinstance(item, Mapping):
            total += len(item)
            waiting.extend(item.values())
            waiting.extend(item.keys())
        elif isinstance(item, list | tuple | set | frozenset):
            total += len(item)
            waiting.extend(item)
        if total > most:
            raise TooMuch(f"a value grows beyond {most} characters")
    return total


class Clock:
    """Counts what a render does, and what all renders of a load wrote; raises TooMuch when it is too much."""

    __slots__ = ("deadline", "glance", "ticks", "written")

    def __init__(self) -> None:
        self.written = 0
        self.start()

    def start(self) -> None:
        self.ticks = self.glance = 0
        self.deadline = time.monotonic() + MOST_SECONDS

    def write(self, length: int) -> None:
        """Text was made, `length` characters of it."""
        self.written += length
        if self.written > MOST_WRITTEN:
            raise TooMuch(f"the texts of all assets grow beyond {MOST_WRITTEN} characters")

    def weigh(self, value: Any) -> None:
        """A value was made: many large ones may be kept at once, so that size counts as time."""
        self.tick(1 + weight(value) // 64)

    def tick(self, count: int = 1) -> None:
        self.ticks += count
        if self.ticks > MOST_TICKS:
            raise TooMuch(f"the template does more than {MOST_TICKS} steps")
        if self.ticks < self.glance:
            return
        self.glance = self.ticks + 64
        if time.monotonic() > self.deadline:
            raise TooMuch(f"the template runs longer than {MOST_SECONDS:g} seconds")


class Bounded(ImmutableSandboxedEnvironment):
    """The environment of all templates."""

    intercepted_binops = frozenset(BINARY)

    def __init__(self, **options: Any) -> None:
        super().__init__(undefined=Missing, finalize=plain, **options)
        self.clock = Clock()
        self.concat = self._written  # type: ignore[method-assign]
        for name in ("random", "pprint", "urlize"):
            self.filters.pop(name, None)
        for name in ("lipsum",):
            self.globals.pop(name, None)
        self.filters = {name: self._bounded(name, found) for name, found in self.filters.items()}
        self.filters["tojson"] = self._bounded("tojson", to_json)
        self.filters["slug"] = self._bounded("slug", slug)
        self.filters["regex_replace"] = self._bounded("regex_replace", regex_replace)
        self.filters["__joined"] = self._joined
        self.filters["__paced"] = self._paced
        self.filters["__weighed"] = self._weighed

    def _bounded(self, name: str, filter: Callable[..., Any]) -> Callable[..., Any]:
        check = FILTER_CHECKS.get(name)
        passes = 1 if hasattr(filter, "jinja_pass_arg") else 0

        def bounded(*args: Any, **kwargs: Any) -> Any:
            self.clock.tick(8)
            own = args[passes:]
            if own and isinstance(own[0], Iterator):
                own = (list(own[0]), *own[1:])
                args = (*args[:passes], *own)
            self.clock.tick(weight([*own, *kwargs.values()]) // 1000)
            if check is not None:
                check(*own, **kwargs)
            result = filter(*args, **kwargs)
            if isinstance(result, str | list | tuple | dict):
                self.clock.weigh(result)
            return result

        with suppress(AttributeError):
            bounded.jinja_pass_arg = filter.jinja_pass_arg  # type: ignore[attr-defined]
        return bounded

    def _written(self, pieces: Iterable[str]) -> str:
        """What a template, a macro or a block wrote: Jinja's own way to join it, and no longer than any other value."""
        kept, length = [], 0
        for piece in pieces:
            length += len(piece)
            if length > MOST_WEIGHT:
                raise TooMuch(f"the text grows beyond {MOST_WEIGHT} characters")
            kept.append(piece)
        self.clock.write(length)
        return "".join(kept)

    def _joined(self, parts: list[Any]) -> str:
        self.clock.weigh(parts)
        return "".join(str(plain(part)) for part in parts)

    def _paced(self, items: Iterable[Any]) -> Iterator[Any]:
        if isinstance(items, Undefined):
            iter(items)
        tick = self.clock.tick
        for item in items:
            tick()
            yield item

    def _weighed(self, value: Any) -> Any:
        self.clock.tick(1 + weight(value) // 1000)
        return value

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        return _paced_tree(super()._parse(source, name, filename))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        self.clock.tick(4)
        left, right = _exact(left, right), _exact(right, left)
        _check_growth(operator, left, right)
        result = BINARY[operator](left, right)
        self.clock.weigh(result)
        return result

    def call(self, context: Any, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        self.clock.tick(8)
        owner = getattr(getattr(obj, "__wrapped__", obj), "__self__", None)
        if getattr(obj, "__name__", None) in UNAVAILABLE:
            raise TooMuch(f"'{obj.__name__}' is not available")
        if isinstance(owner, str):
            self.clock.tick(len(owner) // 1000)
            _check_method(owner, getattr(obj, "__name__", ""), args, kwargs)
        result = super().call(context, obj, *args, **kwargs)
        if isinstance(result, str | list | tuple | dict):
            self.clock.weigh(result)
        return result

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A column or key wins over a method: `row.items` is the column."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def plain(value: Any) -> Any:
    """How a value appears in text: nothing for null, decimals without exponent, lists with commas."""
    if value is None:
        return ""
    if isinstance(value, str | int | float | Undefined):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list | tuple):
        return ", ".join(str(plain(item)) for item in value)
    if isinstance(value, Mapping):
        raise TemplateRuntimeError("a map is not text: name one of its entries, or add |tojson")
    if isinstance(value, Iterator):
        raise TemplateRuntimeError("a filter's result is not text yet: add |join(', ')")
    raise TemplateRuntimeError(f"this is not text but a {type(value).__name__}: call it, or name what it holds")


def _exact(value: Any, other: Any) -> Any:
    return Decimal(repr(value)) if isinstance(value, float) and isinstance(other, Decimal) else value


def _check_growth(operator: str, left: Any, right: Any) -> None:
    if operator == "**" and not (_is_small(left, 10**6) and _is_small(right, 64)):
        raise TooMuch("a power grows too large")
    if operator == "*":
        for many, times in ((left, right), (right, left)):
            if isinstance(many, str | list | tuple) and isinstance(times, int) and weight(many) * times > MOST_WEIGHT:
                raise TooMuch(f"a value grows beyond {MOST_WEIGHT} characters")
    if operator == "%" and isinstance(left, str):
        _check_format(left, right)


def _is_small(value: Any, most: int) -> bool:
    return isinstance(value, int | float | Decimal) and -most <= value <= most


def _check_format(text: str, values: Any) -> None:
    if WIDTH.search(text) or "*" in text:
        raise TooMuch("a width of more than 9999 characters")
    weight(values)


def _check_method(owner: str, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    if name in ("format", "format_map"):
        values = [*args, *kwargs.values()]
        if NESTED.search(owner) and any(str(value).isdigit() and len(str(value)) > 4 for value in values):
            raise TooMuch("a width of more than 9999 characters")
        _check_format(owner.replace("*", ""), values)
        return
    if name == "replace":
        _check_replace(owner, *args)
    elif name == "join" and args:
        _check_join(args[0], owner)
    elif name == "expandtabs":
        _check_widths(owner, *args, **kwargs)
        if owner.count("\t") * max([*args, *kwargs.values(), 8]) > MOST_WEIGHT:
            raise TooMuch(f"a value grows beyond {MOST_WEIGHT} characters")
    elif any(isinstance(arg, int) and arg > MOST_WEIGHT for arg in args):
        raise TooMuch(f"a value grows beyond {MOST_WEIGHT} characters")


def _check_replace(text: Any, old: Any = "", new: Any = "", *_: Any, **__: Any) -> None:
    if len(str(text)) * (1 + len(str(new))) > MOST_WEIGHT:
        count = str(text).count(str(old)) if old else len(str(text)) + 1
        if len(str(text)) + count * len(str(new)) > MOST_WEIGHT:
            raise TooMuch(f"a value grows beyond {MOST_WEIGHT} characters")


def _check_join(items: Any, separator: Any = "", *_: Any, **__: Any) -> None:
    if isinstance(items, str | list | tuple | dict) and len(items) * len(str(separator)) > MOST_WEIGHT:
        raise TooMuch(f"a value grows beyond {MOST_WEIGHT} characters")


def _check_widths(value: Any, *args: Any, **kwargs: Any) -> None:
    for item in (*args, *kwargs.values()):
        if isinstance(item, int) and item > 9999:
            raise TooMuch("a width of more than 9999 characters")
    lines = value.count("\n") + 1 if isinstance(value, str) else 1
    lengths = [len(item) if isinstance(item, str) else int(item) for item in args if isinstance(item, str | int)]
    if lines * max(lengths, default=1) > MOST_WEIGHT:
        raise TooMuch(f"a value grows beyond {MOST_WEIGHT} characters")


FILTER_CHECKS: dict[str, Callable[..., None]] = {
    "center": _check_widths,
    "indent": _check_widths,
    "wordwrap": _check_widths,
    "batch": _check_widths,
    "slice": _check_widths,
    "tojson": _check_widths,
    "round": _check_widths,
    "replace": _check_replace,
    "join": _check_join,
    "format": lambda text, *values, **named: _check_format(str(text), [*values, *named.values()]),
}


def _paced_tree(tree: nodes.Template) -> nodes.Template:
    """Loops over `__paced`, `~` as `__joined`, and lists and maps that hold names as `__weighed`."""
    for loop in tree.find_all(nodes.For):
        loop.iter = _filter(loop.iter, "__paced")
    _replace(tree)
    return tree


def _filter(node: Any, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _replace(parent: nodes.Node) -> None:
    for name, value in list(parent.iter_fields()):
        if isinstance(value, list):
            setattr(parent, name, [_replaced(item) for item in value])
        else:
            setattr(parent, name, _replaced(value))


def _replaced(value: Any) -> Any:
    if not isinstance(value, nodes.Node):
        return value
    _replace(value)
    if isinstance(value, nodes.Concat):
        return _filter(nodes.List(value.nodes, lineno=value.lineno), "__joined")
    is_load = not (isinstance(value, nodes.Tuple) and value.ctx != "load")
    if isinstance(value, nodes.List | nodes.Dict | nodes.Tuple) and is_load and value.find(nodes.Name):
        return _filter(value, "__weighed")
    return value
