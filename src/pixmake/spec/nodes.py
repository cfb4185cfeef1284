"""Spec room: the tree that YAML text becomes, where every value knows its place. Nothing here reads or judges.

Lines are counted inside a chunk of text; the chunk's origin knows where the chunk stands in its file, so that
spans stay right when a reload moves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from operator import is_
from typing import Any

from pixmake.diagnostics import Source, Span
from pixmake.spec.asset import Data, Scalar

MARKS = ("{{", "{%", "{#")
MOST_DEPTH = 100
"""Levels of one tree."""


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


class Spot:
    """A place inside a chunk. What is made from a value shares its spot, so that all of it moves together."""

    __slots__ = ("column", "length", "line", "origin")

    def __init__(self, origin: Origin, line: int, column: int, length: int) -> None:
        self.origin = origin
        self.line = line
        self.column = column
        self.length = length

    @property
    def spot(self) -> Spot:
        return self

    @property
    def span(self) -> Span:
        return Place(self)

    @property
    def file_line(self) -> int:
        """The line in the file, as it stands now."""
        return self.origin.line(self.line)

    def move(self, other: Spot) -> None:
        """Takes over the place of an equal value of a newer text."""
        self.origin, self.line, self.column, self.length = other.origin, other.line, other.column, other.length


Where = Spot | tuple[Origin, int, int, int]
"""A place, or what one is made of (as `Spot` takes it): most are asked for by nobody."""


class Node:
    """One value with its place. `size` counts the values below it, aliases multiplied."""

    __slots__ = ("_where", "has_template")

    def __init__(self, where: Where) -> None:
        self._where = where
        self.has_template = False

    @property
    def spot(self) -> Spot:
        where = self._where
        if type(where) is tuple:
            where = self._where = Spot(*where)
        return where  # type: ignore[return-value]

    @property
    def size(self) -> int:
        return 1

    @property
    def data(self) -> Data:
        """The value as plain data; shared, so never to be changed."""
        raise NotImplementedError

    @property
    def span(self) -> Span:
        return Place(self)


class Leaf(Node):
    """A scalar. `plain` text had no quotes; `head` is 1 where the text begins on the line after the place."""

    __slots__ = ("head", "plain", "value")

    def __init__(self, where: Where, value: Scalar, plain: bool = False, head: int = 0) -> None:
        self._where = where  # as in Node; there are more leaves than anything else
        self.plain = plain
        self.head = head
        if type(value) is str and "{" in value and any(mark in value for mark in MARKS):
            self.value: Scalar = Template(value)
            self.has_template = True
        else:
            self.value = value
            self.has_template = type(value) is Template

    @property
    def data(self) -> Data:
        return self.value

    def rendered(self, text: str) -> Leaf:
        """The same place holding what its template became."""
        leaf = Leaf(self.spot, None)
        leaf.value = Rendered(text)
        return leaf


class Parent(Node):
    """A value that holds others."""

    __slots__ = ("_data", "_size")

    def __init__(self, where: Where) -> None:
        self._where = where
        self.has_template = False
        self._size = 1
        self._data: Data | object = UNSET

    @property
    def size(self) -> int:
        return self._size

    @property
    def data(self) -> Data:
        if self._data is UNSET:
            self._data = self.build()
        return self._data  # type: ignore[return-value]

    def build(self) -> Data:
        raise NotImplementedError


UNSET = object()


class Keys(dict[str, "Leaf"]):
    """The places of a map's keys: of those of its entries at least. Ask by name: some are made only then."""

    __slots__ = ()


class Branch(Parent):
    """A map: `entries` by key text, `keys` the places of the keys. `judged`: its declared fields are known to be right."""

    __slots__ = ("entries", "judged", "keys")

    def __init__(self, where: Where, keys: Keys | None = None) -> None:
        super().__init__(where)
        self.judged = False
        self.entries: dict[str, Node] = {}
        self.keys = Keys() if keys is None else keys

    def add(self, key: Leaf, name: str, value: Node) -> None:
        self.keys[name] = key
        self.put(name, value)

    def put(self, name: str, value: Node) -> None:
        """Adds a value whose key `keys` knows."""
        self.entries[name] = value
        self._size += 1 if type(value) is Leaf else value.size
        if value.has_template:
            self.has_template = True

    def build(self) -> Data:
        return {key: node.data for key, node in self.entries.items()}


class Row(Parent):
    """A list."""

    __slots__ = ("items",)

    def __init__(self, where: Where) -> None:
        super().__init__(where)
        self.items: list[Node] = []

    def add(self, value: Node) -> None:
        self.items.append(value)
        self._size += value.size
        if value.has_template:
            self.has_template = True

    def build(self) -> Data:
        return [node.data for node in self.items]


class Place(Span):
    """A span that follows a spot, its own or a node's: after a reload it names the line where the value stands now."""

    __slots__ = ("of",)
    of: Spot | Node

    def __init__(self, of: Spot | Node) -> None:
        _follow(self, of)

    @property
    def spot(self) -> Spot:
        return self.of.spot

    @property
    def source(self) -> Source:
        return self.spot.origin.source

    @property
    def line(self) -> int:
        return self.spot.file_line

    @property
    def column(self) -> int:
        return self.spot.column

    @property
    def length(self) -> int:
        return self.spot.length


_follow = vars(Place)["of"].__set__  # spans can't be changed, and are made by the thousand


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


def graft(old: Node | None, new: Node) -> Node:
    """`new`, with every part that `old` holds as well taken from there and moved to its new place.

    What is known of an unchanged part, by its identity, so stays known after a reload.
    """
    if old is None or old is new or type(old) is not type(new):
        return new
    if isinstance(old, Branch) and isinstance(new, Branch):
        for name, node in new.entries.items():
            _graft_entry(old, new, name, node)
        same = list(old.entries) == list(new.entries)
        same = same and all(old.entries[name] is new.entries[name] for name in new.entries)
    elif isinstance(old, Row) and isinstance(new, Row):
        new.items = [graft(mine, node) for mine, node in zip_longest(old.items[: len(new.items)], new.items)]
        same = len(old.items) == len(new.items) and all(map(is_, old.items, new.items))
    else:
        assert isinstance(old, Leaf)
        assert isinstance(new, Leaf)
        same = type(old.value) is type(new.value) and str(old.value) == str(new.value) and old.head == new.head
    if not same:
        return new
    old.spot.move(new.spot)
    return old


def _graft_entry(old: Branch, new: Branch, name: str, node: Node) -> None:
    mine = old.entries.get(name)
    if mine is None:
        return
    new.entries[name] = graft(mine, node)
    key = old.keys[name]
    key.spot.move(new.keys[name].spot)
    new.keys[name] = key


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
            key, node = node.keys[str(element)], node.entries[str(element)]
        elif isinstance(node, Row) and isinstance(element, int) and 0 <= element < len(node.items):
            key, node = None, node.items[element]
    return node, key
