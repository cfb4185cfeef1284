"""How a frozen vector's fields become values; shared by the tests and by the script that wrote the vectors."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pixmake.plan.keys import recipe_identity
from pixmake.plan.sizes import final_size, requested_size
from pixmake.providers.base import Request, RequestInput, SizeRule

RULES = {
    "free": SizeRule(),
    "three": SizeRule(listed=((1024, 1024), (1536, 1024), (1024, 1536))),
}


def build_request(fields: Mapping[str, Any]) -> Request:
    """A Request from plain fields; inputs are pairs of kind and identity."""
    values = dict(fields)
    values["inputs"] = tuple(RequestInput(kind=kind, identity=identity) for kind, identity in values.get("inputs", ()))
    values["turns"] = tuple(values.get("turns", ()))
    return Request(**values)


def decoded(value: Any) -> Any:
    """The opposite of the script's `encoded`."""
    if isinstance(value, dict):
        if set(value) == {"decimal!"}:
            return Decimal(value["decimal!"])
        return {key: decoded(item) for key, item in value.items()}
    return [decoded(item) for item in value] if isinstance(value, list) else value


def derived_identity(recipe: Mapping[str, Any]) -> str:
    return recipe_identity(recipe)


def size_case(text: str, rule: str) -> dict[str, Any]:
    final = final_size(text)
    assert final is not None
    requested = requested_size(final, RULES[rule])
    return {
        "name": f"{text} {rule}",
        "size": text,
        "rule": rule,
        "final": list(final),
        "requested": list(requested),
    }
