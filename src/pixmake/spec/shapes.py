"""Spec room: what of an asset's fields decides whether they are right. Assets that agree in it are judged once."""

from __future__ import annotations

from pixmake.spec.fields import DataMap, Text
from pixmake.spec.model import AssetFields
from pixmake.spec.nodes import Branch, Leaf

TEXTS = frozenset(name for name, field in AssetFields.model_fields.items() if field.annotation == Text | None)
"""Fields that take any text."""
MAPS = frozenset(name for name, field in AssetFields.model_fields.items() if field.annotation == DataMap | None)
"""Fields that take any map."""

Shape = tuple[object, ...]


def shape_of(fields: Branch) -> Shape | None:
    """Names of the fields, and the values of those that don't take just any; None where those hold templates deep inside.

    If one asset of a shape fits AssetFields, all do.
    """
    parts: list[object] = []
    for name, node in fields.entries.items():
        if isinstance(node, Leaf):
            value = node.value
            parts.append(name if name in TEXTS and isinstance(value, str) else (name, type(value), value))
        elif name in MAPS and isinstance(node, Branch):
            parts.append(name)
        elif node.has_template:
            return None
        else:
            parts.append((name, repr(node.data)))
    return tuple(parts)
