"""Spec room: rendering. One renderer a templates folder; Jinja is loaded when there is something to render."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixmake.spec.files import Files, Seen
from pixmake.spec.nodes import Leaf

if TYPE_CHECKING:
    from pixmake.spec.templates import Engine


class Renderer:
    """Renders the texts of one templates folder. `used` collects the names of template files asked for."""

    def __init__(self, folder: Path, files: Files) -> None:
        self.folder = folder
        self.files = files
        self.used: set[str] = set()

    @cached_property
    def engine(self) -> Engine:
        from pixmake.spec.templates import Engine

        return Engine(self.folder, self.files, self.used)

    def text(self, leaf: Leaf, context: Mapping[str, Any], what: str) -> str:
        """The rendered text of a leaf, outer white space trimmed. Raises Failed."""
        return self.engine.text(leaf, context, what)

    def file(self, leaf: Leaf, name: str, context: Mapping[str, Any], what: str) -> str:
        """The rendered text of a template file that `leaf` names. Raises Failed."""
        return self.engine.file(leaf, name, context, what)

    def holds(self, leaf: Leaf, text: str, context: Mapping[str, Any], what: str) -> bool:
        """Whether an expression is true. Raises Failed."""
        return self.engine.holds(leaf, text, context, what)

    def renew(self) -> None:
        """Drops what was compiled where a file is not as it was. Raises Broken where one can't be read any more."""
        if "engine" in vars(self):
            self.engine.renew()

    def files_used(self) -> Seen:
        """The template files that `used` names, with those that they use in turn."""
        return self.engine.files_used() if self.used else ()
