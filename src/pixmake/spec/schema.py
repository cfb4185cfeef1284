"""Spec room: the JSON Schema of a spec file for editors, made from the declared fields and from nothing else."""

from __future__ import annotations

from typing import Any

from pixmake.spec.project import PROVIDER_TYPES, RootFields

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of `assets.yaml`, JSON Schema draft 2020-12."""
    schema = RootFields.model_json_schema(by_alias=True)
    for model in PROVIDER_TYPES.values():
        part = model.model_json_schema(by_alias=True)
        schema["$defs"] |= part.pop("$defs", {})
        schema["$defs"][model.__name__] = part
    engines = [{"$ref": f"#/$defs/{model.__name__}"} for model in PROVIDER_TYPES.values()]
    open_engine = {"type": "object", "required": ["type"], "properties": {"type": {"not": {"enum": [*PROVIDER_TYPES]}}}}
    providers = schema["properties"]["providers"]
    schema["properties"]["providers"] = {
        "description": providers["description"],
        "type": ["object", "null"],
        "additionalProperties": {"anyOf": [*engines, open_engine, {"type": "null"}]},
    }
    schema["properties"]["version"] = {"const": 1, "description": schema["properties"]["version"]["description"]}
    schema["required"] = ["version"]
    return {"$schema": DIALECT, "title": "pixmake spec", **_tidy(schema)}


def _tidy(node: Any) -> Any:
    """Without the titles and null defaults that pydantic adds; tuples as lists."""
    if isinstance(node, dict):
        return {
            name: {inner: _tidy(value) for inner, value in part.items()}
            if name in ("properties", "$defs") and isinstance(part, dict)
            else _tidy(part)
            for name, part in node.items()
            if not (name == "title" and isinstance(part, str)) and not (name == "default" and part is None)
        }
    return [_tidy(part) for part in node] if isinstance(node, list | tuple) else node
