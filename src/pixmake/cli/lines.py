"""CLI room: the JSON Schema of the lines that `watch --json` prints: an event each, derived from what events declare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from types import NoneType
from typing import get_args, get_type_hints

from pixmake import events
from pixmake.cli.shapes import COUNT, FLAG, PROBLEM, TEXT, USD, Schema, listed, maybe, record
from pixmake.diagnostics import Diagnostic
from pixmake.events import Event

PLAIN: dict[object, Schema] = {
    str: TEXT, bool: FLAG, int: COUNT, float: {"type": "number"}, Decimal: USD, Diagnostic: PROBLEM,
}  # fmt: skip


def stream(name: str) -> Schema:
    """Any line of a stream: its head, which only names the format, or an event."""
    head: Schema = {"const": name}
    lines = [record(format=head), *(_line(head, kind) for kind in _kinds())]
    return {"type": "object", "anyOf": lines}


def _kinds() -> Iterator[type[Event]]:
    for found in vars(events).values():
        if isinstance(found, type) and issubclass(found, Event) and found is not Event:
            yield found


def _line(head: Schema, kind: type[Event]) -> Schema:
    hints = get_type_hints(kind)
    values = {item.name: _shape(hints[item.name]) for item in fields(kind)}
    return record(format=head, event={"const": kind.kind}, **values)


def _shape(hint: object) -> Schema:
    """A declared type as JSON has it: decimals as text, tuples as lists."""
    if hint in PLAIN:
        return PLAIN[hint]
    parts = get_args(hint)
    if Ellipsis in parts:
        return listed(_shape(parts[0]))
    (some,) = (part for part in parts if part is not NoneType)
    return maybe(_shape(some))
