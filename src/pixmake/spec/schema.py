"""Spec room: the JSON Schema of a spec file for editors, made from the declared fields and from nothing else."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pixmake.spec.declaring import Declared, maps_in
from pixmake.spec.fields import TEMPLATE_SCHEMA
from pixmake.spec.marks import Deferred, Length, Range, Rule, Templated
from pixmake.spec.project import PROVIDER_TYPES, RootFields

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TYPES = {str: "string", int: "integer", bool: "boolean"}
Schema = dict[str, Any]


def json_schema() -> Schema:
    """The schema of `assets.yaml`, JSON Schema draft 2020-12."""
    root = map_schema(RootFields)
    maps = maps_below(RootFields, *PROVIDER_TYPES.values()) - {RootFields}
    engines = [_named(item) for item in PROVIDER_TYPES.values()]
    open_engine = {"type": "object", "required": ["type"], "properties": {"type": {"not": {"enum": [*PROVIDER_TYPES]}}}}
    root["properties"]["providers"] = {
        "description": RootFields.fields["providers"].description,
        "type": ["object", "null"],
        "additionalProperties": {"anyOf": [*engines, open_engine, {"type": "null"}]},
    }
    root["properties"]["version"] = {"const": 1, "description": RootFields.fields["version"].description}
    root["required"] = ["version"]
    defined = {item.__name__: map_schema(item) for item in sorted(maps, key=lambda item: item.__name__)}
    return {"$schema": DIALECT, "title": "pixmake spec", "$defs": defined, **root}


def map_schema(declared: type[Declared]) -> Schema:
    """The schema of one declared map; those below it by name."""
    required = [item.key for item in declared.fields.values() if item.is_required]
    return {
        "additionalProperties": False,
        "description": " ".join((declared.__doc__ or "").split()),
        "properties": {
            item.key: kind_schema(item.annotation) | {"description": item.description}
            for item in declared.fields.values()
        },
        **({"required": required} if required else {}),
        "type": "object",
    }


def maps_below(*declared: type[Declared]) -> set[type[Declared]]:
    """Declared maps with all that they may hold, however deep."""
    found: set[type[Declared]] = set()
    due = [*declared]
    while due:
        one = due.pop()
        if one not in found:
            found.add(one)
            due += (inner for item in one.fields.values() for inner in maps_in(item.annotation))
    return found


def kind_schema(annotation: Any) -> Schema:
    """The schema of a field's annotation."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _marked(*inner)
    if origin in (Union, UnionType):
        return _either(inner)
    if origin is list:
        return {"items": kind_schema(inner[0]), "type": "array"}
    if origin is dict:
        return {"additionalProperties": kind_schema(inner[1]) or True, "type": "object"}
    if origin is Literal:
        return {"enum": [*inner], "type": "string"}
    if annotation is Any:
        return {}
    return {"type": TYPES[annotation]} if annotation in TYPES else _named(annotation)


def _marked(inner: Any, *marks: Any) -> Schema:
    if isinstance(marks[0], Rule):
        return dict(marks[0].schema)
    schema = _named(marks[0].find()) if isinstance(marks[0], Deferred) else kind_schema(inner)
    for mark in marks:
        if isinstance(mark, Templated) and schema != {"type": "string"}:
            schema = {"anyOf": [schema, TEMPLATE_SCHEMA]}
        elif isinstance(mark, Range):
            schema |= _limits("imum", mark)
        elif isinstance(mark, Length):
            schema |= _limits("Items", mark)
    return schema


def _limits(what: str, mark: Range | Length) -> Schema:
    found = {f"max{what}": mark.high, f"min{what}": mark.low}
    return {name: value for name, value in found.items() if value is not None}


def _either(kinds: tuple[Any, ...]) -> Schema:
    """One of several kinds, or null."""
    kinds, optional = tuple(kind for kind in kinds if kind is not NoneType), NoneType in kinds
    one = kind_schema(kinds[0]) if len(kinds) == 1 else {"oneOf": [kind_schema(kind) for kind in kinds]}
    if not optional or not one:
        return one
    return {"anyOf": [*(one["anyOf"] if one.keys() == {"anyOf"} else [one]), {"type": "null"}]}


def _named(declared: type[Declared]) -> Schema:
    return {"$ref": f"#/$defs/{declared.__name__}"}
