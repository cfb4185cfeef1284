"""Spec room: rendering. One renderer a templates folder; Jinja is loaded where there is more to do than filling in names."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixmake.spec.files import Files, Seen, readable
from pixmake.spec.filling import Blanks, blanks_of
from pixmake.spec.nodes import Leaf

if TYPE_CHECKING:
    from pixmake.spec.templates import Engine


NAMED = r"(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*/)*[A-Za-z0-9_-][A-Za-z0-9_.-]*"
"""Names of template files that mean the same to everybody."""
MOST_FILLED = 10_000_000
"""Characters that are filled in without Jinja in one load: what comes after counts against its bounds."""


class Renderer:
    """Renders the texts of one templates folder. `used` collects the names of template files asked for."""

    def __init__(self, folder: Path, files: Files) -> None:
        self.folder = folder
        self.files = files
        self.used: set[str] = set()
        self._named: dict[str, Blanks | None] = {}
        self._left = MOST_FILLED

    @cached_property
    def engine(self) -> Engine:
        from pixmake.spec.templates import Engine

        return Engine(self.folder, self.files, self.used)

    def text(self, leaf: Leaf, context: Mapping[str, Any], what: str) -> str:
        """The rendered text of a leaf, outer white space trimmed. Raises Failed."""
        filled = self._filled(blanks_of(str(leaf.value)), context)
        return self.engine.text(leaf, context, what) if filled is None else filled

    def file(self, leaf: Leaf, name: str, context: Mapping[str, Any], what: str) -> str:
        """The rendered text of a template file that `leaf` names. Raises Failed."""
        if name not in self._named:
            self._named[name] = self._read(name)
        filled = self._filled(self._named[name], context)
        if filled is None:
            return self.engine.file(leaf, name, context, what)
        self.used.add(name)
        return filled

    def _filled(self, blanks: Blanks | None, context: Mapping[str, Any]) -> str | None:
        filled = blanks.filled(context) if blanks is not None and self._left > 0 else None
        if filled is None:
            return None
        self._left -= len(filled)
        return filled.strip()

    def _read(self, name: str) -> Blanks | None:
        """The blanks of a template file; None for one that Jinja has to read, or to say what is wrong with it."""
        source = readable(self.files, self._path(name)) if re.fullmatch(NAMED, name) else None
        return None if source is None else blanks_of(source.text)

    def _path(self, name: str) -> Path:
        return Path(os.path.normpath(self.folder / name))

    def holds(self, leaf: Leaf, text: str, context: Mapping[str, Any], what: str) -> bool:
        """Whether an expression is true. Raises Failed."""
        return self.engine.holds(leaf, text, context, what)

    def renew(self) -> None:
        """Drops what was compiled where a file is not as it was."""
        self._named.clear()
        self._left = MOST_FILLED
        if "engine" in vars(self):
            self.engine.renew()

    def files_used(self) -> Seen:
        """The template files that `used` names, with those that they use in turn."""
        if "engine" in vars(self):
            return self.engine.files_used() if self.used else ()
        return tuple((path, self.files.text(path)) for path in map(self._path, sorted(self.used)))
