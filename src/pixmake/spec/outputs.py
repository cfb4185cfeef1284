"""Spec room: where an asset's files go. Paths are complete but for what only the picture knows (height, hash)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from pixmake.diagnostics import Collector, Diagnostic
from pixmake.spec.asset import Output
from pixmake.spec.complaints import complain
from pixmake.spec.expand import Draft
from pixmake.spec.fields import SIZE as SIZE_IN_PIXELS
from pixmake.spec.fields import split_list
from pixmake.spec.model import IMAGE_SUFFIXES, OutputFields
from pixmake.spec.names import canonical
from pixmake.spec.nodes import Branch, Leaf, Node, Row
from pixmake.spec.scopes import Renderers, render_node
from pixmake.spec.templates import Failed

LATER = {"height": "{{ height }}", "hash": "{{ hash }}"}
PLAIN_LATER = re.compile(r"\{\{ (?:height|hash) \}\}")
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
        if "\\" in path or any(ord(char) < 32 or 0xD800 <= ord(char) < 0xE000 for char in path):
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


def outputs_of(draft: Draft, places: Places, renderers: Renderers, collector: Collector) -> tuple[Output, ...]:
    """All files of one asset."""
    node = draft.outputs
    if node is None:
        return _checked([_single(draft, places, default_path(draft.name), draft.key)], draft, places, collector)
    if isinstance(node, Leaf) and node.value is False:
        return ()
    try:
        found = list(_declared(node, draft, places, renderers, collector))
    except Failed as failed:
        collector.found.append(failed.diagnostic)
        return ()
    return _checked(found, draft, places, collector)


def default_path(name: str) -> str:
    """The name with an image suffix."""
    return name if suffix_of(name) else name + ".png"


def suffix_of(path: str) -> str:
    """The image suffix of a path, lower case; empty where it has none."""
    suffix = PurePosixPath(path).suffix.lower()
    return suffix if suffix in IMAGE_SUFFIXES else ""


def format_of(word: str) -> str:
    """The format's name: `jpeg` for `jpg`."""
    word = word.lower().lstrip(".")
    return "jpeg" if word == "jpg" else word


def _single(draft: Draft, places: Places, path: str, node: Node) -> Output:
    return Output(path=_joined(places, path), format=format_of(suffix_of(path)), span=node.span)


def _joined(places: Places, path: str) -> str:
    """The path from the root; `./` dropped."""
    while path.startswith("./"):
        path = path[2:]
    return path if path.startswith("/") else places.prefix + path


def _declared(node: Node, draft: Draft, places: Places, renderers: Renderers, collector: Collector) -> Iterator[Output]:
    if isinstance(node, Leaf) and draft.node.keys.get("outputs") is None and not node.has_template:
        entries: list[Node] = [node]
    elif isinstance(node, Leaf):
        made = render_node(node, renderers, _context(draft, None, None), "output")
        text = str(made.data) if made is not None else ""
        entries = [node.rendered(part) for part in split_list(text)] or [node.rendered(default_path(draft.name))]
    else:
        entries = node.items if isinstance(node, Row) else [node]
    for entry in entries:
        if isinstance(entry, Leaf):
            yield from _expanded(OutputFields(path=None), entry, entry, draft, places, renderers, collector)
        elif isinstance(entry, Branch):
            yield from _mapped(entry, draft, places, renderers, collector)


def _mapped(node: Branch, draft: Draft, places: Places, renderers: Renderers, collector: Collector) -> Iterator[Output]:
    fields = Branch(node.spot)
    for name, item in node.entries.items():
        made = item if name == "path" else render_node(item, renderers, draft.context, name)
        if made is not None:
            fields.add(node.keys[name], name, made)
    try:
        valid = OutputFields.model_validate(fields.data)
    except ValidationError as error:
        collector.found += complain(error, fields, OutputFields, asset=draft.name, row=draft.row)
        return
    path = node.entries.get("path")
    leaf = path if isinstance(path, Leaf) else None
    yield from _expanded(valid, leaf, node, draft, places, renderers, collector)


def _expanded(
    fields: OutputFields,
    leaf: Leaf | None,
    node: Node,
    draft: Draft,
    places: Places,
    renderers: Renderers,
    collector: Collector,
) -> Iterator[Output]:
    """One output for each width and format."""
    for word in fields.formats or (fields.format,):
        known: str | None = word
        if known is None and leaf is not None:
            first = fields.widths[0] if fields.widths else _own_width(fields, draft)
            known = suffix_of(_path(leaf, draft, first, None, renderers)).lstrip(".") or None
        known = known or suffix_of(default_path(draft.name)).lstrip(".")
        is_icon = format_of(known) == "ico"
        widths: list[int | None] = [None] if is_icon or not fields.widths else [*fields.widths]
        for width in widths:
            named = width or _own_width(fields, draft)
            path = _path(leaf, draft, named, known, renderers) if leaf else _made_path(draft, width, known)
            if not suffix_of(path):
                path += f".{known}"
            if format_of(suffix_of(path)) != format_of(known):
                remedy = "write '{{ format }}' where the suffix stands"
                collector.error(
                    "format-suffix", f"'{path}' does not end like its format '{known}'", node.span, help=remedy,
                    asset=draft.name, row=draft.row,
                )  # fmt: skip
                continue
            yield Output(
                path=_joined(places, path),
                format=format_of(known),
                width=width,
                widths=tuple(fields.widths or ()) if is_icon else (),
                size=fields.size,
                quality=fields.quality,
                crop=fields.crop,
                step=fields.step,
                when_media=fields.when_media,
                meta=fields.meta or {},
                span=node.span,
            )


def _path(leaf: Leaf, draft: Draft, width: int | None, word: str | None, renderers: Renderers) -> str:
    if not leaf.has_template:
        return str(leaf.value).strip()
    return renderers.of(leaf).text(leaf, _context(draft, width, word), "outputs")


def _context(draft: Draft, width: int | None, word: str | None) -> Mapping[str, Any]:
    stem = PurePosixPath(draft.name)
    return {
        **draft.context,
        **LATER,
        "stem": stem.stem if suffix_of(draft.name) else stem.name,
        **({} if width is None else {"width": width}),
        "format": word or suffix_of(default_path(draft.name)).lstrip("."),
    }


def _own_width(fields: OutputFields, draft: Draft) -> int | None:
    """The width that a file without `widths` has, where its size is written down."""
    size = fields.size or draft.fields.size or SIZE
    found = SIZE_IN_PIXELS.match(draft.scope.sizes.get(size, size))
    return int(found[1]) if found else None


def _made_path(draft: Draft, width: int | None, word: str) -> str:
    path = draft.name[: -len(suffix_of(draft.name))] if suffix_of(draft.name) else draft.name
    return f"{path}-{width}.{word}" if width else f"{path}.{word}"


def _checked(found: list[Output], draft: Draft, places: Places, collector: Collector) -> tuple[Output, ...]:
    """The outputs that may be written; the others are told."""
    good = []
    kind = draft.fields.kind or "raster"
    for output in found:
        wrong = places.fault(output.path)
        code = "bad-output"
        if wrong is None and output.format == "svg" and kind != "svg":
            code = "svg-output"
            wrong = f"'{output.path}' needs a model that draws SVG", "add 'kind: svg', or write a .png or .webp"
        if wrong is None and "{{" in PLAIN_LATER.sub("", output.path):
            wrong = (
                f"'{output.path}' can't be filled in",
                "'hash' and 'height' stand alone: {{ hash }}, without filters",
            )
        if wrong is None:
            good.append(output)
            continue
        collector.found.append(
            Diagnostic(code=code, message=wrong[0], span=output.span, help=wrong[1], asset=draft.name, row=draft.row)
        )
    return tuple(good)


def key_of(output: Output) -> str:
    """The form in which output paths are compared."""
    return canonical(output.path)
