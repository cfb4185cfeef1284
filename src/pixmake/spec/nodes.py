"""Spec room: the tree that YAML text becomes, where every value knows its place. Nothing here reads or judges.

Lines are counted inside a chunk of text; the chunk's origin knows where the chunk stands in its file, so that
spans stay right when a reload moves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pixmake.diagnostics import Source, Span
from pixmake.spec.asset import Data, Scalar

MARKS = ("{{", "{%", "{#")


class Template(str):
    """Text that Jinja has to render before it means anything."""

    __slots__ = ()


class Rendered(str):
    """Text that came out of a template: a number or a yes/no may be read from it."""

    __slots__ = ()


class Origin:
    """Where a chunk of text stands: lines up to `split` are moved by `offset`, later ones by `tail`."""

    __slots__ = ("offset", "source", "split", "tail")

    def __init__(self, source: Source, offset: int = 0, split: int = 1 << 60, tail: int = 0) -> None:
        self.source = source
        self.offset = offset
        self.split = split
        self.tail = tail

    def line(self, line: int) -> int:
        """The line in the file of a line in the chunk; both count from 1."""
        return line + (self.offset if line <= self.split else self.tail)


class Node:
    """One value with its place. `size` counts the values below it, aliases multiplied."""

    __slots__ = ("_data", "column", "has_template", "length", "line", "origin", "size")

    def __init__(self, origin: Origin, line: int, column: int, length: int) -> None:
        self.origin = origin
        self.line = line
        self.column = column
        self.length = length
        self.size = 1
        self.has_template = False
        self._data: Data | object = UNSET

    @property
    def data(self) -> Data:
        """The value as plain data; shared, so never to be changed."""
        if self._data is UNSET:
            self._data = self.build()
        return self._data  # type: ignore[return-value]

    def build(self) -> Data:
        raise NotImplementedError

    def place(self, other: Node) -> None:
        """Takes over the place of an equal node of a newer text."""
        self.origin, self.line, self.column, self.length = other.origin, other.line, other.column, other.length

    @property
    def span(self) -> Span:
        return Place(self)


UNSET = object()


class Leaf(Node):
    """A scalar. `plain` text had no quotes; `head` is 1 where the text begins on the line after the place."""

    __slots__ = ("head", "plain", "value")

    def __init__(
        self, origin: Origin, line: int, column: int, length: int, value: Scalar, plain: bool = False, head: int = 0
    ) -> None:
        super().__init__(origin, line, column, length)
        self.value = value
        self.plain = plain
        self.head = head
        if type(value) is str and "{" in value and any(mark in value for mark in MARKS):
            self.value = Template(value)
            self.has_template = True

    def build(self) -> Data:
        return self.value

    def rendered(self, text: str) -> Leaf:
        """The same place holding what its template became."""
        leaf = Leaf(self.origin, self.line, self.column, self.length, None)
        leaf.value = Rendered(text)
        return leaf


class Branch(Node):
    """A map: `entries` by key text, `keys` the places of the keys."""

    __slots__ = ("entries", "keys")

    def __init__(self, origin: Origin, line: int, column: int, length: int) -> None:
        super().__init__(origin, line, column, length)
        self.entries: dict[str, Node] = {}
        self.keys: dict[str, Leaf] = {}

    def add(self, key: Leaf, name: str, value: Node) -> None:
        self.entries[name] = value
        self.keys[name] = key
        self.size += value.size
        if value.has_template:
            self.has_template = True

    def build(self) -> Data:
        return {key: node.data for key, node in self.entries.items()}

    def place(self, other: Node) -> None:
        super().place(other)
        assert isinstance(other, Branch)
        for name, node in self.entries.items():
            node.place(other.entries[name])
            self.keys[name].place(other.keys[name])


class Row(Node):
    """A list."""

    __slots__ = ("items",)

    def __init__(self, origin: Origin, line: int, column: int, length: int) -> None:
        super().__init__(origin, line, column, length)
        self.items: list[Node] = []

    def add(self, value: Node) -> None:
        self.items.append(value)
        self.size += value.size
        if value.has_template:
            self.has_template = True

    def build(self) -> Data:
        return [node.data for node in self.items]

    def place(self, other: Node) -> None:
        super().place(other)
        assert isinstance(other, Row)
        for mine, theirs in zip(self.items, other.items, strict=True):
            mine.place(theirs)


class Place(Span):
    """A span that follows its node: after a reload it names the line where the value stands now."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        object.__setattr__(self, "node", node)

    @property
    def source(self) -> Source:  # type: ignore[override]
        return self.node.origin.source

    @property
    def line(self) -> int:  # type: ignore[override]
        return self.node.origin.line(self.node.line)

    @property
    def column(self) -> int:  # type: ignore[override]
        return self.node.column

    @property
    def length(self) -> int:  # type: ignore[override]
        return self.node.length


class Places(Mapping[str, Span]):
    """Field name to place, made only when somebody asks."""

    __slots__ = ("nodes",)

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self.nodes = nodes

    def __getitem__(self, name: str) -> Span:
        return self.nodes[name].span

    def __iter__(self) -> Iterator[str]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)


def settled(old: Node | None, new: Node | None) -> Node | None:
    """`old`, moved to the places of `new`, where both hold the same; else `new`. Keeps what hangs on `old` valid."""
    if old is None or new is None or old is new or not _same(old, new):
        return new
    old.place(new)
    return old


def _same(old: Node, new: Node) -> bool:
    if isinstance(old, Branch) and isinstance(new, Branch):
        return list(old.entries) == list(new.entries) and all(
            _same(old.entries[name], new.entries[name]) for name in old.entries
        )
    if isinstance(old, Row) and isinstance(new, Row):
        return len(old.items) == len(new.items) and all(map(_same, old.items, new.items))
    if isinstance(old, Leaf) and isinstance(new, Leaf):
        return type(old.value) is type(new.value) and str(old.value) == str(new.value) and old.head == new.head
    return False


def untemplated(value: Any) -> Any:
    """Data with plain text in it: braces mean nothing, and where text came from is forgotten."""
    if isinstance(value, dict):
        return {key: untemplated(item) for key, item in value.items()}
    if isinstance(value, list):
        return [untemplated(item) for item in value]
    return str(value) if isinstance(value, str) else value


def at(node: Node, path: tuple[str | int, ...]) -> tuple[Node, Node | None]:
    """The deepest node along `path` and, where that is a map's value, its key. Unknown elements are passed over."""
    key: Node | None = None
    for element in path:
        if isinstance(node, Branch) and str(element) in node.entries:
            node, key = node.entries[str(element)], node.keys[str(element)]
        elif isinstance(node, Row) and isinstance(element, int) and 0 <= element < len(node.items):
            node, key = node.items[element], None
    return node, key
