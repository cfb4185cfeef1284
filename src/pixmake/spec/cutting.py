"""Spec room: a spec file cut into its top-level assets, so that a reload parses only the entries whose text changed.

Cutting is a guess that is checked: every piece must parse alone to exactly one key, else the file is parsed whole.
"""

from __future__ import annotations

import re
from dataclasses import field
from itertools import pairwise

from pixmake.diagnostics import Collector, Source
from pixmake.spec.nodes import Branch, Leaf, Node, Origin, Spot, graft
from pixmake.spec.usual import Known, read_usual
from pixmake.values import dataclass

BLOCK = re.compile(r"(?:\A|(?<=\n))assets:[ \t]*(?:#[^\n]*)?\n")
ENDS = re.compile(r"\n(?=[^ \t#\n])")
BLANK = re.compile(r"\n*")
FIRST = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*( +)(?=[^ \n#])")
DOCUMENTS = ("\n---", "\n...", "\n%")


@dataclass(slots=True, eq=False)
class Piece:
    """One entry of `assets`."""

    origin: Origin
    key: Leaf
    name: str
    node: Node


@dataclass(slots=True)
class Pieces:
    """What is kept of one file between loads."""

    by_text: dict[str, Piece] = field(default_factory=dict)
    rest_text: str | None = None
    rest: Branch | None = None
    rest_origin: Origin | None = None
    whole: Branch | None = None


def document(source: Source, kept: Pieces, collector: Collector) -> Node | None:
    """The tree of a spec file, with unchanged parts being the same nodes as before."""
    found = _cut(source, kept)
    if found is not None:
        kept.whole = None
        return found
    from pixmake.spec.document import compose

    node = compose(source.text, Origin(source), collector)
    if isinstance(node, Branch):
        node = graft(kept.whole, node)
        kept.whole = node if isinstance(node, Branch) else None
    return node


def block(text: str) -> tuple[int, int] | None:
    """Where the lines below `assets:` begin and end; None where they can't be told by looking."""
    found = BLOCK.search(text)
    if found is None or text.startswith(("---", "%")) or any(mark in text for mark in DOCUMENTS):
        return None
    end = ENDS.search(text, _after_blank(text, found.end()) - 1)
    return found.end(), end.start() + 1 if end is not None else len(text)


def _after_blank(text: str, start: int) -> int:
    """Where the empty lines end that begin there. There may be very many: those of entries that are left out."""
    blank = BLANK.match(text, start)
    return blank.end() if blank is not None else start


def names(text: str) -> list[str] | None:
    """The keys of some entries that stand below each other; None where they are not that."""
    text = "\n" + text
    bounds = _bounds(text, 0, len(text))
    if bounds is None:
        return None
    source, lines, found = Source("", ""), Known(), list[str]()
    for start, stop in pairwise(bounds):
        piece = _piece(source, text[start:stop], lines)
        if piece is None:
            return None
        found.append(piece.name)
    return found


def _cut(source: Source, kept: Pieces) -> Branch | None:
    text = source.text
    found = block(text)
    bounds = _bounds(text, *found) if found is not None else None
    if found is None or bounds is None:
        return None
    stop = found[1]
    blank = _after_blank(text, found[0])
    head = text[: found[0]] + text[blank : bounds[0]]
    before = text.count("\n", 0, bounds[0])
    inside = text.count("\n", bounds[0], stop)
    rest = _rest(source, kept, head, text[stop:], text.count("\n", 0, found[0]), inside + blank - found[0])
    assets = rest.entries.get("assets") if rest is not None else None
    if rest is None or not isinstance(assets, Leaf) or assets.value is not None:
        return None
    table = _table(source, kept, bounds, before)
    if table is None:
        return None
    root = Branch(rest.spot)
    for name, node in rest.entries.items():
        root.add(rest.keys[name], name, table if name == "assets" else node)
    return root


def _bounds(text: str, start: int, stop: int) -> list[int] | None:
    """Where each entry begins, and where the last one ends."""
    first = FIRST.match(text, min(_after_blank(text, start), stop), stop)
    if first is None:
        return None
    entry = re.compile(r"\n" + first[1] + r"(?=[^ \t\n#])")
    return [*(found.start() + 1 for found in entry.finditer(text, first.start(1) - 1, stop)), stop]


def _rest(source: Source, kept: Pieces, head: str, tail: str, before: int, inside: int) -> Branch | None:
    """Everything but the assets, as one small document whose later lines are moved by those left out."""
    text = head + tail
    if kept.rest is None or kept.rest_text != text or kept.rest_origin is None:
        origin = Origin(source)
        node = _composed(text, origin, {})
        if not isinstance(node, Branch):
            return None
        made = graft(kept.rest, node)
        assert isinstance(made, Branch)
        kept.rest, kept.rest_text, kept.rest_origin = made, text, origin
    origin = kept.rest_origin
    origin.source, origin.split, origin.tail = source, before, inside
    return kept.rest


def _table(source: Source, kept: Pieces, bounds: list[int], line: int) -> Branch | None:
    text = source.text
    pieces: dict[str, Piece] = {}
    table = Branch(Spot(Origin(source), line + 1, 1, 0))
    entries, keys, old = table.entries, table.keys, kept.by_text
    lines: Known = {}
    start = bounds[0]
    for stop in bounds[1:]:
        part = text[start:stop]
        piece = old.get(part)
        if piece is None:
            piece = _piece(source, part, lines)
            if piece is None:
                return None
        origin = piece.origin
        origin.source, origin.offset = source, line
        if piece.name in entries:
            return None
        entries[piece.name], keys[piece.name] = piece.node, piece.key
        pieces[part] = piece
        line += part.count("\n")
        start = stop
    kept.by_text = pieces
    table.has_template = True
    return table


def _piece(source: Source, text: str, lines: Known) -> Piece | None:
    origin = Origin(source)
    node = _composed(text, origin, lines)
    if not isinstance(node, Branch) or len(node.entries) != 1:
        return None
    name, value = next(iter(node.entries.items()))
    key = node.keys[name]
    if key.spot.line != 1 or key.spot.column - 1 != len(text) - len(text.lstrip(" ")):
        return None  # not the name that stands where the entry begins, but one in a map behind an anchor, say
    return Piece(origin=origin, key=key, name=name, node=value)


def _composed(text: str, origin: Origin, lines: Known) -> Node | None:
    """The tree of a text; None where anything is wrong with it. What is usual is read without all of YAML."""
    node = read_usual(text, origin, lines)
    if node is not None:
        return node
    from pixmake.spec.document import compose

    silent = Collector()
    found = compose(text, origin, silent)
    return None if silent.found else found
