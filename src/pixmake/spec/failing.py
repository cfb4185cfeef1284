"""Spec room: a text that could not be read or made, and the place in it where that shows."""

from __future__ import annotations

import re
from dataclasses import replace

from pixmake.diagnostics import Diagnostic, Note, Span
from pixmake.spec.nodes import Leaf, Spot


class Broken(Exception):
    """The text can't be read on; carries the diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic.message)


class Failed(Exception):
    """A text could not be made; carries the diagnostic, and the field that was rendered, where one was."""

    def __init__(self, diagnostic: Diagnostic, field: str | None = None) -> None:
        self.diagnostic = diagnostic
        self.field = field
        super().__init__(diagnostic.message)

    def told(self, asset: str, row: str | None) -> Diagnostic:
        """The diagnostic with the asset that it was found in."""
        notes = self.diagnostic.notes
        if self.field is not None:
            notes += (Note(message=f"while rendering '{self.field}' of '{asset}'"),)
        return replace(self.diagnostic, asset=asset, row=row, notes=notes)


def locate(leaf: Leaf, line: int, word: str | None) -> Span:
    """The place of `word`, on the given line (from 1) of the template that the leaf holds."""
    source = leaf.spot.origin.source
    first = leaf.spot.line + leaf.head + (line - 1 if leaf.head else 0)
    last = first if leaf.head else leaf.spot.line + str(leaf.value).count("\n") + 40
    if word:
        pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        for number in range(first, last + 1):
            start = leaf.spot.column - 1 if number == leaf.spot.line else 0
            found = pattern.search(source.line(leaf.spot.origin.line(number)), start)
            if found:
                return Spot(leaf.spot.origin, number, found.start() + 1, len(word)).span
    if leaf.head:
        text = source.line(leaf.spot.origin.line(first))
        indent = len(text) - len(text.lstrip())
        return Spot(leaf.spot.origin, first, indent + 1, len(text.strip())).span
    return leaf.span
