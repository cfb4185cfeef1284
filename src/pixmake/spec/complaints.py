"""Spec room: what pydantic finds, in the project's own words and at the place in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from pixmake.diagnostics import Diagnostic, did_you_mean
from pixmake.spec.fields import shown
from pixmake.spec.nodes import Node, Rendered, at

AT_KEY = ("unknown-key", "options-field", "output-twice", "mask-and-markup")
"""What is wrong with these is the key, not its value."""
SHAPES = {"<text>": "text", "<list>": "a list", "<map>": "a map"}
NOUNS = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a map",
    "model_type": "a map",
    "model_attributes_type": "a map",
}


def complain(
    error: ValidationError, node: Node, model: type[BaseModel], *, asset: str | None = None, row: str | None = None
) -> Iterator[Diagnostic]:
    """One diagnostic for each thing that does not fit `model` in `node`."""
    for item in error.errors(include_url=False):
        loc = tuple(_said(node, item["loc"]))
        loc += tuple((item.get("ctx") or {}).get("at", ()))
        target, key = at(node, loc)
        code, message, remedy = _words(item, loc, target, model)
        if code in AT_KEY and key is not None:
            target = key
        yield Diagnostic(code=code, message=message, span=target.span, help=remedy or None, asset=asset, row=row)


def _said(node: Node, loc: Iterable[str | int]) -> Iterator[str | int]:
    """The way to a value without pydantic's own names for the shape it took; a user's key may be spelled like one."""
    for part in loc:
        below, _ = at(node, (part,))
        if below is not node or part not in SHAPES:
            yield part
        node = below


def _words(item: Any, loc: tuple[Any, ...], target: Node, model: type[BaseModel]) -> tuple[str, str, str]:
    kind, value, context = item["type"], item["input"], item.get("ctx") or {}
    label = _label(loc)
    if kind == "extra_forbidden":
        known = sorted(known_keys(model, loc[:-1]))
        return "unknown-key", f"unknown key '{loc[-1]}'", nearest(str(loc[-1]), known, "keys here")
    if kind == "missing":
        return "missing-key", f"'{loc[-1]}' is missing", f"add '{loc[-1]}:'"
    if kind == "literal_error":
        return _literal(label, value, str(context["expected"]))
    if kind in NOUNS:
        return "wrong-type", f"{label} is {NOUNS[kind]}, not {_wrong(value)}", _type_help(kind, value)
    if "message" in context:
        return kind, context["message"], context.get("help", "")
    if kind == "union_tag_invalid":
        wanted = " or ".join(SHAPES[tag] for tag in ("<text>", "<list>", "<map>") if tag in context["expected_tags"])
        return "wrong-type", f"{label} is {wanted}, not {shown(value)}", ""
    if kind == "too_short" and not value:
        return "out-of-range", f"{label} is empty", "give it at least one entry, or leave it out"
    return "out-of-range", f"{label} can't be {shown(value)}", _bounds(context)


def _label(loc: tuple[Any, ...]) -> str:
    names = [part for part in loc if isinstance(part, str)]
    if not names:
        return "this"
    return f"an entry of '{names[-1]}'" if not isinstance(loc[-1], str) else f"'{names[-1]}'"


def _wrong(value: object) -> str:
    if isinstance(value, str):
        return f"text {shown(value)}" if not isinstance(value, Rendered) else shown(value)
    return shown(value)


def _type_help(kind: str, value: object) -> str:
    if kind == "string_type" and value is not None and not isinstance(value, dict | list):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return f'in quotes it is text: "{text}"'
    if kind == "string_type" and isinstance(value, dict):
        return "text that begins with '{' needs quotes, or stands on its own lines after '|'"
    if kind == "list_type" and isinstance(value, str) and "\n" not in value:
        return "write a list: [...], or one entry a line after '- '"
    if kind in ("int_type", "bool_type") and isinstance(value, str):
        return "write it without quotes" if value.lower() in ("true", "false") or value.isdigit() else ""
    return ""


def _literal(label: str, value: object, expected: str) -> tuple[str, str, str]:
    words = [part.strip("'") for part in expected.replace(" or ", ", ").split(", ")]
    return "bad-value", f"{label} can't be {shown(value)}", nearest(str(value), words, "it is one of")


def nearest(word: str, known: Iterable[str], label: str) -> str:
    """`did you mean 'x'?` with the names that exist, at most a dozen of them."""
    names = list(known)
    if not names:
        return ""
    guess = did_you_mean(word, names)
    listed = f"{label}: {', '.join(names[:24])}{' …' if len(names) > 24 else ''}"
    return f"did you mean '{guess}'? {listed}" if guess else listed


def _bounds(context: Mapping[str, Any]) -> str:
    low, high = context.get("ge", context.get("min_length")), context.get("le", context.get("max_length"))
    low = f"more than {context['gt']}" if "gt" in context else low
    if low is None and high is None:
        return ""
    if low is None or high is None:
        return f"it is at least {low}" if high is None else f"it is at most {high}"
    return f"it is {low} to {high}"


def known_keys(model: type[BaseModel], loc: tuple[Any, ...]) -> set[str]:
    """The keys that the map at `loc` below `model` may have."""
    models = {model}
    for part in loc:
        inner = {
            found
            for candidate in models
            for name, field in candidate.model_fields.items()
            if part == (field.alias or name)
            for found in _models_in(field.annotation, field.metadata)
        }
        models = inner or models
    return {field.alias or name for candidate in models for name, field in candidate.model_fields.items()}


def _models_in(annotation: Any, metadata: Iterable[Any] = ()) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
