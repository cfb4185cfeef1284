"""CLI room: values as JSON takes them: decimals as text, tuples as lists, spans as places."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from pixmake.diagnostics import Span
from pixmake.digest import decimal_text


def plain(value: object) -> object:
    """`value` made of maps, lists, text, numbers and None alone."""
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Span) else value
