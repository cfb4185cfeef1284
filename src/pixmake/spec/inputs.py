"""Spec room: what a step works on: paths and globs become files that exist, `@x` the complete name of an asset."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from pixmake.diagnostics import Collector, Span
from pixmake.spec import names
from pixmake.spec.asset import AssetInput, FileInput, Input, Mask, Region
from pixmake.spec.expand import Draft, Workshop
from pixmake.spec.fields import split_list
from pixmake.spec.files import is_glob
from pixmake.spec.model import MaskMap, PictureMap
from pixmake.spec.nodes import Branch, Node, Row, at

MOST_GUESSES = 20
"""Unknown names that get a 'did you mean' in one load; more than these have one cause."""


Link = tuple[str, Any, Any, tuple[str, ...] | str | None, range | None]
"""An answer that an asset was built on: ("file", path, compared name, None, None), ("glob", folder, pattern, names, None)
or ("asset", word, prefixes, name, its steps).
"""


def steps_there(draft: Draft) -> str:
    """The remedy for a step that is not there: those that are."""
    steps = draft.steps
    if not steps:
        return "nothing is bought for it: name the asset that it is made from"
    return f"it has steps {steps[0]} to {steps[-1]}" if len(steps) > 1 else f"it has one step, {steps[0]}"


class Lookup:
    """Finds inputs for one load. `written` maps compared paths to the asset that writes them."""

    def __init__(
        self,
        workshop: Workshop,
        drafts: Mapping[str, Draft],
        written: Mapping[str, str],
        absent: AbstractSet[str],
        collector: Collector,
    ) -> None:
        self.workshop = workshop
        self.files = workshop.files
        self.drafts = drafts
        self.written = written
        self.absent = absent
        """Names of assets that could not be expanded: a reference to one of them proves nothing."""
        self.collector = collector
        self.guesses = 0
        self.links: list[Link] = []

    def holds(self, links: Iterable[Link]) -> bool:
        """Whether all answers would be the same today."""
        for kind, what, how, answer, steps in links:
            if kind == "file":
                if self.files.kind(what) != "file" or how in self.written:
                    return False
            elif kind == "glob":
                if self.files.glob(what, how) != answer:
                    return False
            else:
                name = names.find(what, how, self.drafts)
                if name is None or name != answer or self.drafts[name].steps != steps:
                    return False
        return True

    def error(self, code: str, message: str, node: Node, draft: Draft, help: str | None = None) -> None:
        self.collector.error(code, message, node.span, help=help, asset=draft.name, row=draft.row)

    def picture(self, value: str | PictureMap, node: Node, draft: Draft) -> Input | None:
        """One input. None where it can't be found, which is told."""
        found = list(self.pictures(value, node, draft, many=False))
        return found[0] if found else None

    def pictures(self, value: str | PictureMap, node: Node, draft: Draft, *, many: bool = True) -> Iterator[Input]:
        """The inputs of one entry: a glob may give several."""
        if isinstance(value, str):
            yield from self._text(value, node, draft, None, many)
        elif value.url is not None:
            self.error(
                "not-yet", "this version does not download pictures", node, draft, "save it as a file, name its path"
            )
        elif value.path is not None:
            yield from self._text(value.path, at(node, ("path",))[0], draft, value.role, many)
        elif value.asset is not None:
            yield from self._asset(value, node, draft)

    def _text(self, text: str, node: Node, draft: Draft, role: str | None, many: bool) -> Iterator[Input]:
        if text.startswith("@"):
            yield from self._asset(PictureMap(asset=text, role=role), node, draft)
        elif "://" in text:
            remedy = "write {url: …, sha256: …}"
            self.error("bad-input", f"'{text}' is an address, not a path", node, draft, remedy)
        elif many and is_glob(text):
            yield from self._glob(text, node, draft, role)
        else:
            found = self._file(text, node, draft, role)
            if found is not None:
                yield found

    def _glob(self, text: str, node: Node, draft: Draft, role: str | None) -> Iterator[Input]:
        folder = self.workshop.folder(node)
        matches = self.files.glob(folder, text)
        self.links.append(("glob", folder, text, matches, None))
        if not matches:
            self.error(
                "no-match",
                f"no file matches '{text}'",
                node,
                draft,
                f"the pattern is relative to {self.files.where(folder)}",
            )
        for match in matches:
            found = self._file(match, node, draft, role)
            if found is not None:
                yield found

    def _file(self, text: str, node: Node, draft: Draft, role: str | None) -> FileInput | None:
        folder = self.workshop.folder(node)
        path = Path(os.path.normpath(folder / text))
        name = self.files.name(path)
        writer = self.written.get(names.canonical(name))
        if writer is not None:
            remedy = f"write '@{writer}': then it is made first"
            if writer == draft.name:
                remedy = "nothing is written over its own input: give the asset another name, or an 'output'"
            self.error("written-by-asset", f"'{text}' is written by the asset '{writer}'", node, draft, remedy)
            return None
        kind = self.files.kind(str(path))
        if kind == "file":
            self.links.append(("file", str(path), names.canonical(name), None, None))
            return FileInput(path=path, name=name, role=role, span=node.span)
        if kind == "folder":
            self.error(
                "is-a-folder", f"'{text}' is a folder", node, draft, f"write '{text.rstrip('/')}/*.png' for its files"
            )
            return None
        if kind == "device":
            message = f"'{text}' is no file but a pipe or a device"
            self.error("unreadable-file", message, node, draft, "name a file of a picture")
            return None
        self._missing(text, path, folder, node, draft)
        return None

    def _missing(self, text: str, path: Path, folder: Path, node: Node, draft: Draft) -> None:
        if text in self.drafts or names.find(text, draft.scope.prefixes, self.drafts):
            self.error("missing-file", f"no file '{text}'", node, draft, f"for the asset's picture write '@{text}'")
            return
        guess = self.files.nearest(path)
        remedy = f"did you mean '{guess}'?" if guess else f"the path is relative to {self.files.where(folder)}"
        self.error("missing-file", f"no file '{text}'", node, draft, remedy)

    def _asset(self, picture: PictureMap, node: Node, draft: Draft) -> Iterator[AssetInput]:
        word = str(picture.asset).removeprefix("@")
        name = names.find(names.normal(word), draft.scope.prefixes, self.drafts)
        if name is None:
            if not self._may_be_absent(word, draft):
                self._unknown(word, node, draft)
            return
        target = self.drafts[name]
        self.links.append(("asset", names.normal(word), draft.scope.prefixes, name, target.steps))
        if picture.step is not None and picture.step not in target.steps:
            self.error("no-such-step", f"'{name}' has no step {picture.step}", node, draft, steps_there(target))
            return
        if picture.variant is not None and not target.steps:
            message = f"'{name}' has no step, so no candidate {picture.variant}"
            self.error("no-such-step", message, node, draft, steps_there(target))
            return
        yield AssetInput(
            asset=name,
            step=picture.step,
            variant=picture.variant,
            processed=bool(picture.processed),
            role=picture.role,
            span=node.span,
        )

    def _may_be_absent(self, word: str, draft: Draft) -> bool:
        return any("{" in name for name in self.absent) or any(
            prefix + word in self.absent for prefix in draft.scope.prefixes
        )

    def _unknown(self, word: str, node: Node, draft: Draft) -> None:
        self.guesses += 1
        guess = names.suggest(word, draft.scope.prefixes, self.drafts) if self.guesses <= MOST_GUESSES else None
        if guess is not None:
            longest = next((prefix for prefix in draft.scope.prefixes if guess.startswith(prefix)), "")
            short = guess[len(longest) :]
            guess = short if names.find(short, draft.scope.prefixes, self.drafts) == guess else guess
        remedy = f"did you mean '@{guess}'?" if guess else "'@' and the whole name of an asset, its suffix too"
        self.error("unknown-asset", f"no asset named '{word}'", node, draft, remedy)

    def references(self, node: Node | None, value: object, draft: Draft) -> tuple[Input, ...]:
        """All of a `references` field, in order."""
        if node is None or value is None:
            return ()
        values = split_list(value) if isinstance(value, str) else value if isinstance(value, list) else [value]
        nodes = node.items if isinstance(node, Row) else [node] * len(values)
        found: list[Input] = []
        for item, place in zip(values, nodes, strict=False):
            found += self.pictures(item, place, draft)
        return tuple(found)

    def mask(self, value: str | MaskMap, node: Node, draft: Draft) -> Mask | None:
        """A mask with its source found."""
        span: Span = node.span
        if isinstance(value, str):
            source = self.picture(value, node, draft)
            return Mask(source=source, span=span) if source is not None else None
        invert = bool(value.invert)
        if value.rect is not None or value.ellipse is not None:
            shape, fractions = ("rect", value.rect) if value.rect is not None else ("ellipse", value.ellipse)
            x, y, width, height = fractions  # type: ignore[misc]
            region = Region(shape=shape, fractions=(x, y, width, height))  # type: ignore[arg-type]
            return Mask(source=region, invert=invert, span=span)
        inner = at(node, ("path",))[0] if value.path is not None else node
        picture = PictureMap(
            path=value.path, asset=value.asset, step=value.step, variant=value.variant, processed=value.processed
        )
        source = self.picture(picture, node if isinstance(node, Branch) else inner, draft)
        return Mask(source=source, invert=invert, span=span) if source is not None else None
