"""Plan room: a request to its key. A key that moves is a bill, so this file's texts are frozen by vectors.

Every field of Request is either in `preimage` or named in LEFT_OUT with its reason; a test counts them.
New optional fields enter only when set, so that old keys stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from operator import attrgetter
from typing import Any

from pixmake.digest import Digest, canonical_json, labelled_digest, sha256_bytes
from pixmake.providers.base import Request, RequestInput

KEY_LABEL = "pixmake-key/1"
RECIPE_LABEL = "pixmake-recipe/1"
DRAFT_LABEL = "pixmake-draft/1"

LEFT_OUT = {"moderation": "it decides whether a picture is answered, not which"}

ALWAYS = ("operation", "api", "kind", "provider", "model", "prompt", "size")
WHEN_SET = ("responses_model", "quality", "background", "complexity", "input_fidelity", "salt")


def preimage(request: Request) -> dict[str, object]:
    """The map whose canonical JSON is hashed; stored with each result so that differences can be explained."""
    fields: dict[str, object] = {name: getattr(request, name) for name in ALWAYS}
    fields |= {name: value for name in WHEN_SET if (value := getattr(request, name)) is not None}
    if request.options:
        fields["options"] = dict(request.options)
    if request.inputs:
        fields["inputs"] = [[item.kind, item.identity] for item in request.inputs]
    if request.turns:
        fields["turns"] = list(request.turns)
    return fields


def action_key(request: Request) -> Digest:
    """`K = sha256("pixmake-key/1\\n" + canonical_json(request))`."""
    return sha256_bytes(b"%s\n%s" % (KEY_LABEL.encode(), canonical_request(request)))


def request_of(fields: Mapping[str, Any]) -> Request:
    """The request behind a pre-image, but for `moderation`, which is in none. Raises TypeError where it is no pre-image."""
    known = {name: fields[name] for name in (*ALWAYS, *WHEN_SET) if name in fields}
    return Request(
        **known,
        options=fields.get("options") or {},
        inputs=tuple(RequestInput(kind=kind, identity=identity) for kind, identity in fields.get("inputs") or ()),
        turns=tuple(fields.get("turns") or ()),
    )


def draft_key(request: Request, engine: str, variant: int) -> Digest:
    """Names a draft: what the request says, what the engine would draw, which candidate. Never enters lock or pools."""
    before, after = _draft_frame(engine, variant)
    return sha256_bytes(before + canonical_request(request) + after)


@lru_cache(maxsize=64)
def _draft_frame(engine: str, variant: int) -> tuple[bytes, bytes]:
    before, after = around("request", {"engine": engine, "variant": variant})
    return DRAFT_LABEL.encode() + b"\n" + before, after


# --- canonical JSON of what differs in one value ---------------------------------------------------------------------
# Requests of texts alone are most of a project, and many of them differ in their prompts only.


def canonical_request(request: Request) -> bytes:
    """`canonical_json(preimage(request))`."""
    if request.options or request.inputs or request.turns:
        return canonical_json(preimage(request))
    before, after = _request_frame(*_framing(request))
    return before + canonical_json(request.prompt) + after


FRAMING = tuple(name for name in (*ALWAYS, *WHEN_SET) if name != "prompt")
_framing = attrgetter(*FRAMING)


@lru_cache(maxsize=1024)
def _request_frame(*values: str | None) -> tuple[bytes, bytes]:
    """The canonical JSON of a request before and after its prompt."""
    pairs = zip(FRAMING, values, strict=True)
    return around("prompt", {name: value for name, value in pairs if value is not None or name in ALWAYS})


def around(name: str, fields: Mapping[str, object]) -> tuple[bytes, bytes]:
    """What stands before and after the value of `name` in the canonical JSON of a map that has `fields` besides."""
    first = {key: value for key, value in fields.items() if key < name}
    last = {key: value for key, value in fields.items() if key > name}
    before = canonical_json(first)[:-1] + (b"," if first else b"") + canonical_json(name) + b":"
    after = canonical_json(last)
    return before, b"," + after[1:] if last else b"}"


def recipe_identity(recipe: Mapping[str, object]) -> str:
    """Identity of a picture made locally from others: its recipe over their identities, never its own bytes."""
    return f"recipe:{labelled_digest(RECIPE_LABEL, recipe)}"


def fence_recipe(answer: str, parent: str, mask: str, feather: int) -> dict[str, object]:
    """Recipe of a fenced picture: the raw answer inside the mask, the parent outside. `feather` in pixels."""
    return {"op": "fence", "answer": answer, "parent": parent, "mask": mask, "feather": feather}


def mask_recipe(
    source: Mapping[str, object] | str, invert: bool, size: tuple[int, int], cut: Mapping[str, object] | None
) -> dict[str, object]:
    """Recipe of a mask made to fit: from a file's digest or a drawn region, for a parent of `size` pixels.

    `cut` is given where the mask was painted at the asset's final size and the crop is undone on it.
    """
    recipe: dict[str, object] = {"op": "mask", "source": source, "invert": invert, "size": f"{size[0]}x{size[1]}"}
    return recipe | ({"cut": dict(cut)} if cut else {})


def processed_recipe(picture: str, size: str, fit: str, gravity: object) -> dict[str, object]:
    """Recipe of a picture cut to an asset's final size, as `processed: true` gives it to other assets."""
    return {"op": "processed", "picture": picture, "size": size, "fit": fit, "gravity": gravity}
