"""Spec room: what a caller keeps between loads. Only what is right is kept, and all of it by identity of its inputs:
nodes of unchanged text, scopes, files, templates. A load without it comes to the same Spec.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from pathlib import Path

from pixmake.diagnostics import Diagnostic, Source
from pixmake.spec.asset import Asset, Output
from pixmake.spec.cutting import Pieces
from pixmake.spec.expand import Draft, Family, Rendering
from pixmake.spec.files import Files, Seen, readable
from pixmake.spec.inputs import Link
from pixmake.spec.nodes import Spot
from pixmake.spec.rendering import Renderer
from pixmake.spec.scopes import Scope
from pixmake.values import dataclass


@dataclass(slots=True, eq=False)
class Expanded:
    """A family with its drafts. `templates` and `data` are the files it read, as they were."""

    family: Family
    drafts: list[Draft]
    renderings: dict[tuple[str | None, int], Rendering]
    templates: Seen
    data: Seen
    globs: tuple[tuple[Path, str, tuple[str, ...]], ...]
    inline: tuple[Spot, int] | None
    """Where rows in the spec itself stand, and stood: their labels name that line."""


@dataclass(slots=True, eq=False)
class Made:
    """An asset with what it was made of. `links` are the answers it got about inputs."""

    draft: Draft
    asset: Asset
    outputs: tuple[Output, ...]
    output_keys: tuple[str, ...]
    name_key: str
    links: tuple[Link, ...]
    warnings: tuple[Diagnostic, ...]


@dataclass(slots=True)
class SpecCache:
    """What one caller keeps of one project between loads (watch mode), so that a reload does only what changed.

    Unchanged assets are the same objects in the next Spec, and the spans of all of them, in the earlier Spec too,
    lead to where the text stands now. Not for use by two threads at once.
    """

    owner: object = None
    files: Files | None = None
    pieces: dict[Path, Pieces] = field(default_factory=dict)
    renderers: dict[Path, Renderer] = field(default_factory=dict)
    scopes: dict[tuple[object, ...], Scope] = field(default_factory=dict)
    families: dict[tuple[int, int, str], Expanded] = field(default_factory=dict)
    made: dict[int, Made] = field(default_factory=dict)
    surroundings: object = None
    is_sound: bool = False
    """Whether the last load had no errors: then no ring of assets can be among the unchanged ones."""

    def begin(self, owner: object, root: Path) -> Files:
        """The files of the coming load. Forgets everything where another project or profile is loaded."""
        if self.owner != owner or self.files is None:
            self.owner, self.files = owner, Files(root)
            self.pieces, self.renderers, self.scopes, self.families, self.made = {}, {}, {}, {}, {}
            self.surroundings, self.is_sound = None, False
        else:
            self.files.renew()
        return self.files

    def text_cut(self, file: Path) -> str | None:
        """The text of the spec file, where it was read entry by entry and has all assets of the project in one place."""
        pieces, source = self.pieces.get(file), self.files.read.get(file) if self.files is not None else None
        if source is None or pieces is None or pieces.whole is not None or pieces.rest is None:
            return None
        return None if pieces.rest.entries.keys() & {"groups", "include"} else source.text

    def renderer(self, folder: Path, files: Files) -> Renderer:
        """The renderer of a folder; what it compiled of changed files is dropped."""
        found = self.renderers.get(folder)
        if found is None:
            found = self.renderers[folder] = Renderer(folder, files)
        return found

    def settle_templates(self) -> None:
        """Lets every renderer look whether its files changed."""
        for renderer in self.renderers.values():
            renderer.renew()

    def scope(self, key: tuple[object, ...], made: Scope) -> Scope:
        """The scope of the load before where it was the same."""
        old = self.scopes.get(key)
        kept = old if old is not None and old.equals(made) else made
        self.scopes[key] = kept
        return kept


def unchanged(seen: Iterable[tuple[Path, Source | None]], files: Files, known: dict[int, bool]) -> bool:
    """Whether files are as they were; `known` remembers the answer by the identity of `seen`."""
    answer = known.get(id(seen))
    if answer is None:
        answer = known[id(seen)] = all(readable(files, path) is source for path, source in seen)
    return answer
