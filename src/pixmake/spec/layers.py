"""Spec room: how layers of fields lie on each other: maps merge deeply, lists and scalars replace, `tags` unite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pixmake.spec.nodes import Branch, Keys, Leaf, Node, Row

WHOLE = frozenset(("mask", "markup", "from", "fence", "references"))
"""Fields whose map is one value: half a mask of another layer makes no sense."""
PROMPTS = frozenset(("prompt", "template", "verbatim"))
"""Fields that make one text together: an empty one means no text, not that of another layer."""
RIVALS = {"output": "outputs", "outputs": "output", "mask": "markup", "markup": "mask"}
"""A layer that sets one of these takes the other one away."""


def overlay(below: Branch, above: Branch) -> Branch:
    """The fields of `below` with those of `above` on top. `null` takes a field away. `vars` and `use` stay outside."""
    result = Branch(above.spot, Laid(below, above))
    entries = result.entries = dict(below.entries)
    for name, node in above.entries.items():
        if name == "vars" or name == "use":
            continue
        if isinstance(node, Leaf) and node.value is None:
            entries.pop(name, None)
            continue
        old = entries.get(name)
        if old is not None:
            node = _joined(name, old, node) if name in PROMPTS else covering(_joined(name, old, node), old)
        if name in RIVALS and RIVALS[name] in entries and RIVALS[name] not in above.entries:
            del entries[RIVALS[name]]
        entries[name] = node
    result.has_template = any(node.has_template for node in entries.values())
    return result


class Laid(Keys):
    """The keys of fields that lie on others: where the upper layer says something, its own."""

    __slots__ = ("above", "below")

    def __init__(self, below: Branch, above: Branch) -> None:
        self.below = below
        self.above = above

    def __missing__(self, name: str) -> Leaf:
        return (self.above if name in self.above.entries else self.below).keys[name]


def _joined(name: str, old: Node, new: Node) -> Node:
    if name == "tags":
        return _united(old, new)
    if name not in WHOLE and isinstance(old, Branch) and isinstance(new, Branch):
        return deep(old, new)
    return new


def deep(below: Branch, above: Branch) -> Branch:
    """Two maps as one, maps in them too; `above` wins."""
    result = Branch(above.spot)
    for name, node in below.entries.items():
        result.add(below.keys[name], name, node)
    for name, node in above.entries.items():
        old = result.entries.get(name)
        if isinstance(old, Branch) and isinstance(node, Branch):
            node = deep(old, node)
        elif old is not None:
            node = covering(node, old)
        result.add(above.keys[name], name, node)
    return result


class Covering(Leaf):
    """A template over the value of another layer, which holds where the template is rendered empty."""

    __slots__ = ("below",)

    def __init__(self, node: Leaf, below: Node) -> None:
        super().__init__(node.spot, node.value, node.plain, node.head)
        self.below = below


def covering(node: Node, below: Node) -> Node:
    return Covering(node, below) if isinstance(node, Leaf) and node.has_template else node


def _united(old: Node, new: Node) -> Row:
    result = Row(new.spot)
    seen = set()
    for node in (*_items(old), *_items(new)):
        key = str(node.data)
        if key not in seen:
            seen.add(key)
            result.add(node)
    return result


def _items(node: Node) -> Iterable[Node]:
    return node.items if isinstance(node, Row) else [node]


def deep_data(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`deep` for plain data."""
    result = dict(below)
    for name, value in above.items():
        old = result.get(name)
        result[name] = deep_data(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def is_part(wanted: Any, found: Any) -> bool:
    """Whether data is the wanted; a map is, where it has at least the wanted entries. Numbers may be written as text."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(name in found and is_part(value, found[name]) for name, value in wanted.items())
    return bool(found == wanted or str(found) == str(wanted))
