"""The contract's formulas, written a second time and by other means than in src: what a key and a recipe are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256

from pixmake.providers.base import Request

HASHED_WHEN_SET = ("responses_model", "quality", "background", "complexity", "input_fidelity", "salt")


def key_of(request: Request) -> str:
    """`K = sha256("pixmake-key/1\\n" + canonical_json(request))`, from the table in semantics.md."""
    body: dict[str, object] = {
        "operation": request.operation,
        "api": request.api,
        "kind": request.kind,
        "provider": request.provider,
        "model": request.model,
        "prompt": request.prompt,
        "size": request.size,
    }
    for name in HASHED_WHEN_SET:
        if getattr(request, name) is not None:
            body[name] = getattr(request, name)
    if request.options:
        body["options"] = framed(request.options)
    if request.inputs:
        body["inputs"] = [[item.kind, item.identity] for item in request.inputs]
    if request.turns:
        body["turns"] = list(request.turns)
    return sha256(b"pixmake-key/1\n" + canonical(body)).hexdigest()


def recipe_of(body: Mapping[str, object]) -> str:
    """The identity of what is made locally: its recipe over its originals' digests, without any version."""
    return "recipe:" + sha256(b"pixmake-recipe/1\n" + canonical(body)).hexdigest()


def canonical(value: object) -> bytes:
    """Sorted keys, UTF-8, no white space."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def framed(value: object) -> object:
    """Decimals as text in a frame of their own; names that begin with the frame's sign get a second one."""
    if isinstance(value, Decimal):
        return {"$decimal": decimal_text(value)}
    if isinstance(value, Mapping):
        return {f"${name}" if name.startswith("$") else name: framed(item) for name, item in value.items()}
    return [framed(item) for item in value] if isinstance(value, list | tuple) else value


def decimal_text(value: Decimal) -> str:
    """A decimal without exponent and without trailing zeros."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
