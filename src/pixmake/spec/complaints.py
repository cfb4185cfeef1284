"""Spec room: what is not as declared, in the project's own words and at the place in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pixmake.diagnostics import Diagnostic, Span, did_you_mean
from pixmake.spec.declaring import Declared, maps_in
from pixmake.spec.fields import shown
from pixmake.spec.flowing import end_of, mended
from pixmake.spec.marks import LIST, MAP, TEXT, Misfit, Unfit
from pixmake.spec.nodes import Branch, Leaf, Node, Rendered, at

AT_KEY = ("unknown-key", "options-field", "output-twice", "mask-and-markup")
"""What is wrong with these is the key, not its value."""
FORMS = {TEXT: "text", LIST: "a list", MAP: "a map"}
NOUNS = {"text": "text", "whole": "a whole number", "yes-no": "true or false", "list": "a list", "map": "a map"}
"""Kinds of values by the kind of misfit that all else is."""


def complain(
    unfit: Unfit, node: Node, declared: type[Declared], *, asset: str | None = None, row: str | None = None
) -> Iterator[Diagnostic]:
    """One diagnostic for each thing in `node` that is not as declared."""
    extras = [misfit.way for misfit in unfit.misfits if misfit.kind == "extra"]
    for misfit in unfit.misfits:
        if misfit.kind == "missing" and did_you_mean(
            str(misfit.way[-1]), [str(way[-1]) for way in extras if way[:-1] == misfit.way[:-1]]
        ):
            continue  # it is there, misspelt: that is told
        target, key = at(node, misfit.way)
        flaw = unquoted(node, misfit.way) if misfit.kind == "extra" else None
        if flaw is not None:
            yield Diagnostic(code="needs-quotes", message=flaw[0], span=flaw[1], help=flaw[2], asset=asset, row=row)
            continue
        code, message, remedy = _words(misfit, target, declared)
        if code in AT_KEY and key is not None:
            target = key
        yield Diagnostic(code=code, message=message, span=target.span, help=remedy or None, asset=asset, row=row)


def unquoted(node: Node, way: tuple[Any, ...]) -> tuple[str, Span, str] | None:
    """What is wrong, where and its remedy, where an unknown key is a piece of a text that wants quotes."""
    parent, name = at(node, way[:-1])[0], way[-1]
    if not isinstance(parent, Branch) or not isinstance(parent.entries.get(name), Leaf):
        return None
    key, value = parent.keys[name], parent.entries[name]
    line = key.span.source.line(key.span.line)
    start, after = key.span.column - 1, line[key.span.column - 1 + key.span.length :].lstrip()
    is_entry = len(way) > 1 and isinstance(way[-2], int)
    if after.startswith(":") and is_entry and len(parent.entries) == 1 and " " in name:
        end = len(line.rstrip()) if line[:start].rstrip().endswith("-") else end_of(line, start, False)
        return _unquoted(key, line, start, end, ": ")
    if value.data is not None or after.startswith(":"):
        return None
    above = list(parent.entries.values())[: list(parent.entries).index(name)]
    before = next((item for item in reversed(above) if item.data is not None), None)
    if (
        isinstance(before, Leaf)
        and before.plain
        and isinstance(before.value, str)
        and before.span.line == key.span.line
    ):
        start = before.span.column - 1
        return _unquoted(before, line, start, end_of(line, start, True), ",")
    return None


def _unquoted(leaf: Leaf, line: str, start: int, end: int, sign: str) -> tuple[str, Span, str]:
    span = Span(source=leaf.span.source, line=leaf.span.line, column=start + 1, length=end - start)
    return f"text with '{sign}' in it needs quotes", span, f"write it as:\n{mended(line, start, end)}"


def _words(misfit: Misfit, target: Node, declared: type[Declared]) -> tuple[str, str, str]:
    kind, way, value, facts = misfit.kind, misfit.way, misfit.value, misfit.facts
    label = _label(way)
    if kind == "extra":
        known = sorted(known_keys(declared, way[:-1]))
        return "unknown-key", f"unknown key '{way[-1]}'", nearest(str(way[-1]), known, "keys here")
    if kind == "missing":
        return "missing-key", f"'{way[-1]}' is missing", f"add '{way[-1]}:'"
    if kind == "word":
        return "bad-value", f"{label} can't be {shown(value)}", nearest(str(value), facts["words"], "it is one of")
    if kind in NOUNS:
        return "wrong-type", f"{label} is {NOUNS[kind]}, not {_wrong(value)}", _type_help(kind, value)
    if kind == "form":
        wanted = " or ".join(noun for form, noun in FORMS.items() if form in facts["forms"])
        return "wrong-type", f"{label} is {wanted}, not {shown(value)}", ""
    if kind == "range" and isinstance(value, list) and not value:
        return "out-of-range", f"{label} is empty", "give it at least one entry, or leave it out"
    if kind == "range":
        return "out-of-range", f"{label} can't be {shown(value)}", _bounds(facts)
    return kind, facts["message"], facts["help"]


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
    if kind == "text" and value is not None and not isinstance(value, dict | list):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return f'in quotes it is text: "{text}"'
    if kind == "text" and isinstance(value, dict):
        return "text that begins with '{' needs quotes, or stands on its own lines after '|'"
    if kind == "list" and isinstance(value, str) and "\n" not in value:
        return "write a list: [...], or one entry a line after '- '"
    if kind == "yes-no" and isinstance(value, str) and value.lower() in ("yes", "on", "no", "off"):
        return f"write {'true' if value.lower() in ('yes', 'on') else 'false'}"
    if kind in ("whole", "yes-no") and isinstance(value, str):
        return "write it without quotes" if value.lower() in ("true", "false") or value.isdigit() else ""
    return ""


def nearest(word: str, known: Iterable[str], label: str) -> str:
    """`did you mean 'x'?` with the names that exist, at most a dozen of them."""
    names = list(known)
    if not names:
        return ""
    guess = did_you_mean(word, names)
    listed = f"{label}: {', '.join(names[:24])}{' …' if len(names) > 24 else ''}"
    return f"did you mean '{guess}'? {listed}" if guess else listed


def _bounds(facts: Mapping[str, Any]) -> str:
    return f"it is at least {facts['low']}" if "low" in facts else f"it is at most {facts['high']}"


def known_keys(declared: type[Declared], way: tuple[Any, ...]) -> set[str]:
    """The keys that the map at `way` below a declared one may have."""
    maps = {declared}
    for part in way:
        inner = {
            found
            for candidate in maps
            for field in candidate.fields.values()
            if part == field.key
            for found in maps_in(field.annotation)
        }
        maps = inner or maps
    return {field.key for candidate in maps for field in candidate.fields.values()}
