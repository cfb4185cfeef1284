"""Spec room: what of an asset's fields decides whether they are right. Assets that agree in it are judged once.

Most assets of a long spec differ in their texts alone, and a text field takes any text.
"""

from __future__ import annotations

from pixmake.spec.fields import DataMap, Text
from pixmake.spec.model import AssetFields
from pixmake.spec.nodes import Branch, Leaf, Node, Rendered, Row, untemplated


class Kinds(dict[str, bool]):
    """Whether a field, by its name, is declared as one kind; found out when it is asked for first."""

    def __init__(self, kind: object) -> None:
        self.kind = kind

    def __missing__(self, name: str) -> bool:
        field = AssetFields.fields.get(name)
        found = self[name] = field is not None and field.annotation == self.kind
        return found


TEXTS = Kinds(Text | None)
"""Fields that take any text."""
MAPS = Kinds(DataMap | None)
"""Fields that take any map."""

Shape = tuple[tuple[str, ...], tuple[object, ...]]


class Judged:
    """Assets' fields that were found right, by their shape."""

    def __init__(self) -> None:
        self.fields: dict[Shape, AssetFields] = {}

    def check(self, node: Branch) -> None:
        """Raises Unfit where a field is not as declared."""
        shape = shape_of(node)
        if shape is None or shape not in self.fields:
            found = AssetFields.read(node.data)
            if shape is not None:
                self.fields[shape] = found

    def read(self, node: Branch) -> AssetFields:
        """The fields of an asset, complete. Raises Unfit, as `check` does."""
        shape = shape_of(node)
        if shape is None or (alike := self.fields.get(shape)) is None:
            found = AssetFields.read(node.data)
            if shape is not None:
                self.fields[shape] = found
            return found
        free = {name: _free(node.entries[name]) for name in shape[0]}
        return alike.but(**free) if free else alike


def _free(node: Node) -> object:
    """The value of a field that takes any text or map, as its declaration reads it."""
    value = node.data
    if type(value) is str:
        return value
    return str(value) if type(value) is Rendered else untemplated(value) if isinstance(value, dict) else value


def shape_of(fields: Branch) -> Shape | None:
    """Names of the fields that take just any value, and all of the others; None where those hold templates deep inside.

    If one asset of a shape fits AssetFields, all do.
    """
    free: list[str] = []
    parts: list[object] = []
    for name, node in fields.entries.items():
        if isinstance(node, Leaf):
            value = node.value
            if isinstance(value, str) and TEXTS[name]:
                free.append(name)
            else:
                parts += (name, type(value), value)
        elif isinstance(node, Branch) and MAPS[name]:
            free.append(name)
        elif node.has_template:
            return None
        else:
            parts += (name, Row, repr(node.data))
    return tuple(free), tuple(parts)
