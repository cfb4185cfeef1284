"""Plan room: why a request differs from the one that was bought, field by field, and what that has in common with others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from pixmake.diagnostics import Span
from pixmake.digest import decimal_text
from pixmake.plan.entries import Difference

SHARED = frozenset({"defaults", "presets", "profiles"})
"""Blocks of a spec that speak for many assets."""
KEY = re.compile(r"( *)([^\s#:{\[-][^:#{\[]*):(?:\s|$)")
SHOWN = 60
"""Characters of a value that a one-line difference shows at most."""


def differences(old: Mapping[str, object], new: Mapping[str, object], names: Mapping[str, str]) -> list[Difference]:
    """Field-level differences of two pre-images. `names` gives file names for identities of inputs."""
    found = []
    for field in sorted({*old, *new}):
        before, after = old.get(field), new.get(field)
        if _plain(before) == _plain(after):
            continue
        if field == "prompt":
            found.append(_text_difference(str(before or ""), str(after or "")))
        elif field == "inputs":
            found += _input_differences(before, after, names)
        else:
            found.append(Difference(field=field, old=_show(before), new=_show(after)))
    return found


def _plain(value: object) -> object:
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _show(value: object) -> str:
    if value is None:
        return "(not set)"
    text = decimal_text(value) if isinstance(value, Decimal) else str(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _text_difference(old: str, new: str) -> Difference:
    """Only the words that changed, so that one edited template is one cause for all its assets."""
    before, after = old.split(" "), new.split(" ")
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    changed = [" ".join(words[start : len(words) - end]) for words in (before, after)]
    return Difference(field="prompt", old=_quoted(changed[0]), new=_quoted(changed[1]))


def _quoted(text: str) -> str:
    return f"‘{_show(text)}’" if text else "(nothing)"


def _input_differences(old: object, new: object, names: Mapping[str, str]) -> list[Difference]:
    before, after = _pairs(old), _pairs(new)
    if len(before) != len(after):
        return [Difference(field="inputs", old=_count(before), new=_count(after))]
    return [
        Difference(field=_input_field(kind, place, identity, names), old=_short(was), new=_short(identity))
        for place, ((_, was), (kind, identity)) in enumerate(zip(before, after, strict=True), start=1)
        if was != identity
    ]


def _pairs(value: object) -> list[tuple[str, str]]:
    items = value if isinstance(value, Sequence) else ()
    return [(str(kind), str(identity)) for kind, identity in items]


def _count(pairs: list[tuple[str, str]]) -> str:
    return f"{len(pairs)} picture{'' if len(pairs) == 1 else 's'}"


def _input_field(kind: str, place: int, identity: str, names: Mapping[str, str]) -> str:
    return names.get(identity) or (kind if kind != "image" else f"image {place}")


def _short(identity: str) -> str:
    return identity.removeprefix("recipe:")[:8]


def cause_of(difference: Difference, spans: Mapping[str, Span]) -> str:
    """The name of a root cause: `defaults.model a → b` where a shared block of the spec says it, else the bare field."""
    span = spans.get(difference.field)
    path = written_in(span) if span is not None else ()
    shared = path and path[0] in SHARED
    name = (
        ".".join([*(part for part in path if part != difference.field), difference.field])
        if shared
        else difference.field
    )
    return f"{name} {difference.old}→{difference.new}"


def written_in(span: Span) -> tuple[str, ...]:
    """Keys of the blocks around a place, outermost first, read off the indentation: (`presets`, `icon`, `model`)."""
    found: list[str] = []
    margin = span.column
    for number in range(span.line, 0, -1):
        match = KEY.match(span.source.line(number))
        if match and (len(match[1]) < margin or number == span.line):
            found.insert(0, match[2].strip("\"'"))
            margin = len(match[1])
            if not margin:
                break
    return tuple(found)
