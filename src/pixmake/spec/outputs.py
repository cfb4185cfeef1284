"""Spec room: where an asset's files go. Paths are complete but for what only the picture knows (height, hash)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from pixmake.diagnostics import Collector, Span
from pixmake.spec.asset import Output
from pixmake.spec.complaints import complain
from pixmake.spec.expand import Draft
from pixmake.spec.failing import Failed
from pixmake.spec.fields import SIZE as SIZE_IN_PIXELS
from pixmake.spec.fields import split_list
from pixmake.spec.layers import Covering
from pixmake.spec.marks import Unfit
from pixmake.spec.model import IMAGE_SUFFIXES, OutputFields
from pixmake.spec.names import PLAIN, canonical
from pixmake.spec.nodes import Branch, Leaf, Node, Row, untemplated
from pixmake.spec.scopes import Renderers, render_node

UNWRITABLE = "[\\\\\x00-\x1f\ud800-\udfff]"
LATER = {"height": "{{ height }}", "hash": "{{ hash }}"}
PLAIN_LATER = r"\{\{ (?:height|hash) \}\}"
DEFAULT = ".png"
SIZE = "1024x1024"
"""The language default of `size`, version 1."""


class Places:
    """Which paths may be written, for one load."""

    def __init__(self, root: Path, output_dir: str, allow_outside: bool) -> None:
        self.root = root
        self.real_root = os.path.realpath(root)
        self.prefix = "" if output_dir in ("", ".") else output_dir.rstrip("/") + "/"
        self.allow_outside = allow_outside
        self.folders: dict[str, bool] = {}

    def fault(self, path: str) -> tuple[str, str] | None:
        """Why a file can't be written at `path` (relative to the root), and the remedy."""
        if not PLAIN.fullmatch(path) and re.search(UNWRITABLE, path):
            return f"{path!r} is no path for files", "write folders with '/', and only letters that files can have"
        parts = path.split("/")
        if parts[-1] in ("", ".", "..") or "" in parts[1:-1]:
            return f"'{path}' is no path of a file", "write something like icons/heart.png"
        if self.allow_outside:
            return None
        if path.startswith("/") or ".." in parts or path[1:2] == ":":
            return f"'{path}' is outside the project", "write a path inside it, or use --allow-outside"
        folder = path.rpartition("/")[0]
        if folder not in self.folders:
            real = os.path.realpath(os.path.join(self.root, folder))
            self.folders[folder] = real == self.real_root or real.startswith(self.real_root.rstrip("/") + "/")
        if not self.folders[folder]:
            return f"'{folder}' is a link that leads out of the project", "replace the link, or use --allow-outside"
        return None

    def joined(self, path: str) -> str:
        """The path from the root; `./` dropped."""
        while path.startswith("./"):
            path = path[2:]
        return path if path.startswith("/") else self.prefix + path


class Outlet:
    """Makes the outputs of one asset. What is wrong goes to the collector."""

    def __init__(self, draft: Draft, places: Places, renderers: Renderers, collector: Collector) -> None:
        self.draft = draft
        self.places = places
        self.renderers = renderers
        self.collector = collector

    def outputs(self) -> tuple[Output, ...]:
        """All files of the asset that may be written."""
        try:
            return tuple([output for output in self.declared() if self.fits(output)])
        except Failed as failed:
            self.collector.found.append(failed.told(self.draft.name, self.draft.row))
            return ()

    def error(self, code: str, message: str, span: Span | None, remedy: str) -> None:
        self.collector.error(code, message, span, help=remedy, asset=self.draft.name, row=self.draft.row)

    def declared(self) -> Iterator[Output]:
        """The outputs that are written down, or the one that follows from the name."""
        draft = self.draft
        many, one = draft.merged.entries.get("outputs"), draft.merged.entries.get("output")
        if isinstance(many, Row):
            for node in many.items:
                yield from self.mapped(node) if isinstance(node, Branch) else self.listed(node)
        elif isinstance(many, Leaf):
            text = self.renderers.of(many).text(many, self.context(self.own_width(None), None), "outputs")
            for part in split_list(text) or [default_path(draft.name)]:
                yield from self.listed(many.rendered(part))
        elif isinstance(one, Leaf):
            yield from self.only(one)
        elif one is None:
            yield self.single(draft.name, draft.key)

    def only(self, node: Leaf) -> Iterator[Output]:
        """What `output` says; rendered empty, what it says in the layer below, and at last the name."""
        path = self.path(node, self.own_width(None), None) if node.value is not False else None
        if not path and isinstance(node, Covering) and isinstance(node.below, Leaf):
            yield from self.only(node.below)
        elif path is not None:
            yield self.single(path or self.draft.name, node)

    def single(self, path: str, node: Node) -> Output:
        """The output at a path, or, where that has no image suffix, a PNG."""
        suffix = suffix_of(path)
        path = self.places.joined(path if suffix else path + DEFAULT)
        return Output(path=path, format=format_of(suffix or DEFAULT), span=node.span)

    def listed(self, node: Node) -> Iterator[Output]:
        """An entry of `outputs` that is only a path; rendered empty it is none."""
        assert isinstance(node, Leaf)
        path = self.path(node, self.own_width(None), None)
        if path:
            yield self.single(path, node)

    def mapped(self, node: Branch) -> Iterator[Output]:
        """An entry of `outputs` that is a map."""
        fields = Branch(node.spot)
        for name, item in node.entries.items():
            made = item if name == "path" else render_node(item, self.renderers, self.draft.context, name)
            if made is not None:
                fields.add(node.keys[name], name, made)
        try:
            valid = OutputFields.read(fields.data)
        except Unfit as error:
            self.collector.found += complain(error, fields, OutputFields, asset=self.draft.name, row=self.draft.row)
            return
        if valid.crop is not None:
            message = "this version can't do 'crop' of an output yet"
            self.error("not-yet", message, node.keys["crop"].span, "take 'crop' out for now; 'size' cuts too")
        path = node.entries.get("path")
        yield from self.multiplied(valid, path if isinstance(path, Leaf) else None, node)

    def multiplied(self, fields: OutputFields, leaf: Leaf | None, node: Branch) -> Iterator[Output]:
        """One output for each width and format."""
        for word in fields.formats or (fields.format,):
            known = word or self.suffix(fields, leaf)
            widths: Sequence[int | None] = fields.widths or (None,)
            for width in (None,) if format_of(known) == "ico" else widths:
                path = self.path(leaf, width or self.own_width(fields), known) if leaf else self.made(width, known)
                path = path if suffix_of(path) else f"{path}.{known}"
                if format_of(suffix_of(path)) == format_of(known):
                    yield self.output(fields, path, known, width, node)
                else:
                    remedy = "write '{{ format }}' where the suffix stands"
                    self.error("format-suffix", f"'{path}' does not end like its format '{known}'", node.span, remedy)

    def output(self, fields: OutputFields, path: str, word: str, width: int | None, node: Node) -> Output:
        kind = format_of(word)
        return Output(
            path=self.places.joined(path),
            format=kind,
            width=width,
            widths=tuple(fields.widths or ()) if kind == "ico" else (),
            size=fields.size,
            quality=fields.quality,
            crop=untemplated(fields.crop),
            step=fields.step,
            when_media=fields.when_media,
            meta=fields.meta or {},
            span=node.span,
        )

    def suffix(self, fields: OutputFields, leaf: Leaf | None) -> str:
        """The format where none is written: the path's, else that of the name."""
        width = fields.widths[0] if fields.widths else self.own_width(fields)
        found = suffix_of(self.path(leaf, width, None)) if leaf is not None else ""
        return (found or suffix_of(default_path(self.draft.name))).lstrip(".")

    def path(self, leaf: Leaf, width: int | None, word: str | None) -> str:
        if not leaf.has_template:
            return str(leaf.value).strip()
        return self.renderers.of(leaf).text(leaf, self.context(width, word), "outputs")

    def made(self, width: int | None, word: str) -> str:
        """A path from the name alone."""
        name = self.draft.name
        path = name[: -len(suffix_of(name))] if suffix_of(name) else name
        return f"{path}-{width}.{word}" if width else f"{path}.{word}"

    def context(self, width: int | None, word: str | None) -> Mapping[str, Any]:
        """What a path sees."""
        name = PurePosixPath(self.draft.name)
        return {
            **self.draft.context,
            **LATER,
            "stem": name.stem if suffix_of(self.draft.name) else name.name,
            **({} if width is None else {"width": width}),
            "format": word or suffix_of(default_path(self.draft.name)).lstrip("."),
        }

    def own_width(self, fields: OutputFields | None) -> int | None:
        """The width that a file without `widths` has, where its size is written down."""
        size = (fields.size if fields else None) or self.draft.fields.size or SIZE
        found = SIZE_IN_PIXELS.match(self.draft.scope.sizes.get(size, size))
        return int(found[1]) if found else None

    def fits(self, output: Output) -> bool:
        """Whether the file may be written; else that is told."""
        wrong, code = self.places.fault(output.path), "bad-output"
        if wrong is None and output.format == "svg" and self.draft.fields.kind != "svg":
            wrong = f"'{output.path}' needs a model that draws SVG", "add 'kind: svg', or write a .png or .webp"
            code = "svg-output"
        if wrong is None and "{{" in output.path and "{{" in re.sub(PLAIN_LATER, "", output.path):
            wrong = (
                f"'{output.path}' can't be filled in",
                "'hash' and 'height' stand alone: {{ hash }}, without filters",
            )
        if wrong is not None:
            self.error(code, wrong[0], output.span, wrong[1])
        return wrong is None


def default_path(name: str) -> str:
    """The name with an image suffix."""
    return name if suffix_of(name) else name + DEFAULT


def suffix_of(path: str) -> str:
    """The image suffix of a path, lower case; empty where it has none."""
    if path.endswith(("/", ".")):  # rare, and only pathlib knows what the last part is then
        suffix = PurePosixPath(path).suffix
    else:
        stem, _, after = path.rpartition("/")[2].rpartition(".")
        suffix = f".{after}" if stem else ""
    suffix = suffix.lower()
    return suffix if suffix in IMAGE_SUFFIXES else ""


def format_of(word: str) -> str:
    """The format's name: `jpeg` for `jpg`."""
    word = word.lower().lstrip(".")
    return "jpeg" if word == "jpg" else word


def key_of(output: Output) -> str:
    """The form in which output paths are compared."""
    return canonical(output.path)
