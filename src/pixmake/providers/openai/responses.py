"""Providers room: a call as fields of the Responses API, and what a response says. Pure: no network, no SDK.

One call is one turn of a conversation with a mainline model, which is made to use its image tool once. Earlier turns are
sent as the id of the response that drew the parent, else as their texts and the parent's bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from pixmake.providers.base import Call, Painted, Request
from pixmake.providers.openai.images import FORMATS, MEDIA_TYPES, OWN, plain, unpacked
from pixmake.providers.openai.parts import Part
from pixmake.values import dataclass

TOOL = "image_generation"
CALL = "image_generation_call"
TOOL_OPTIONS = frozenset({"output_compression", "frame_count", "frame_duration_ms", "svg"})
"""Names in `options` that are the tool's own; all others go beside it."""
TURN = frozenset(
    {"input", "tools", "tool_choice", "previous_response_id", "conversation", "store", "background", "max_tool_calls"}
    | {"stream_options", "type", "action", "input_image_mask"}
)
"""Fields that `options` can't set: they are how a turn is sent."""
Sent = Mapping[str, Part | str | list[Part | str]]
"""Pictures by kind, as they travel: their bytes, or the id of a file at the server."""
DONE_BEFORE = (
    "The messages before the last one are earlier turns of this conversation, which have been carried out already: "
    "the first picture of the last message is what they led to. Carry out the last message only, on that picture."
)


def fields_of(call: Call, parts: Sent, *, store: bool, drop: Sequence[str], background: bool = False) -> dict[str, Any]:
    """The fields that the SDK's `responses.create` takes by name. `parts` are the pictures (parts.py)."""
    request = call.request
    fields: dict[str, Any] = {
        "model": request.responses_model,
        "input": _messages(call, parts),
        "tools": [_tool(call, parts, drop)],
        "tool_choice": {"type": TOOL},
        "max_tool_calls": 1,
        "store": store,
        "background": background or None,
        "previous_response_id": call.previous,
    }
    return {name: value for name, value in fields.items() if value is not None and name not in drop}


def extra_of(request: Request, drop: Sequence[str]) -> dict[str, Any]:
    """The `options` that are not the tool's, as further fields of the body; they never take the place of its own."""
    taken = OWN | TURN | TOOL_OPTIONS | {*drop}
    return {name: plain(value) for name, value in request.options.items() if name not in taken}


def _tool(call: Call, parts: Sent, drop: Sequence[str]) -> dict[str, Any]:
    request = call.request
    mask = parts.get("mask")
    tool: dict[str, Any] = {
        "type": TOOL,
        "action": request.operation,
        "model": request.model,
        "size": request.size,
        "quality": request.quality,
        "background": request.background,
        "complexity": request.complexity,
        "output_format": FORMATS[request.kind],
        "input_fidelity": request.input_fidelity,
        "moderation": request.moderation,
        "partial_images": call.partials or None,
        "input_image_mask": _named(mask) if isinstance(mask, tuple | str) else None,
    }
    tool |= {name: plain(value) for name, value in request.options.items() if name in TOOL_OPTIONS}
    return {name: value for name, value in tool.items() if value is not None and name not in drop}


def _messages(call: Call, parts: Sent) -> list[dict[str, Any]]:
    """This turn's message, and the earlier ones where no response's id stands for them."""
    found = parts.get("image", [])
    images = found if isinstance(found, list) else [found]
    said = {"type": "input_text", "text": call.request.prompt}
    seen = [{"type": "input_image", "detail": "auto", **_named(part)} for part in images]
    last = {"role": "user", "content": [said, *seen]}
    if call.previous is not None or not call.request.turns:
        return [last]
    return [*map(_message, call.request.turns), {**_message(DONE_BEFORE), "role": "developer"}, last]


def _message(text: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "input_text", "text": text}]}


def _named(part: Part | str) -> dict[str, str]:
    """A picture as the API names one: a file at the server, or its bytes in an address."""
    if isinstance(part, str):
        return {"file_id": part}
    _, data, media_type = part
    return {"image_url": f"data:{media_type};base64,{base64.b64encode(data).decode()}"}


# --- what comes back -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a response says. `errors`: of the response itself, then of image calls that failed, as the API's objects.

    `pictures` are those of completed calls, the last call's first: it is the one the model let stand. `faults`: completed
    calls without a readable picture. `texts`: what the model said in words.
    """

    id: str | None = None
    status: str = ""
    pictures: tuple[Painted, ...] = ()
    faults: tuple[str, ...] = ()
    errors: tuple[Mapping[str, Any], ...] = ()
    failed: int = 0
    """Image calls that ended without picture."""
    texts: tuple[str, ...] = ()
    reason: str = ""
    """Why it is incomplete."""
    usage: Mapping[str, Any] = field(default_factory=dict)
    size: str | None = None
    quality: str | None = None

    @property
    def is_running(self) -> bool:
        return self.status in ("queued", "in_progress")


def heard_of(said: Mapping[str, Any]) -> Heard:
    """What a response object says; fields of another kind than they should be count as absent."""
    output = said.get("output")
    items = [item for item in output if isinstance(item, Mapping)] if isinstance(output, list) else []
    calls = [item for item in items if item.get("type") == CALL]
    done = [item for item in reversed(calls) if item.get("status") == "completed" or item.get("result")]
    missed = [item for item in calls if item not in done]
    found = [(item, _painted(item)) for item in done]
    good = [item for item, painted in found if painted is not None]
    incomplete = said.get("incomplete_details")
    return Heard(
        id=_text(said.get("id")),
        status=str(said.get("status") or "completed"),
        pictures=tuple(painted for _, painted in found if painted is not None),
        faults=tuple("holds no readable picture" for _, painted in found if painted is None),
        errors=tuple(error for item in (said, *missed) if isinstance(error := item.get("error"), Mapping)),
        failed=len(missed),
        texts=tuple(_texts(items)),
        reason=str(incomplete.get("reason") or "") if isinstance(incomplete, Mapping) else "",
        usage=_usage(said, calls),
        size=_text(good[0].get("size")) if good else None,
        quality=_text(good[0].get("quality")) if good else None,
    )


def _painted(item: Mapping[str, Any]) -> Painted | None:
    text = item.get("result")
    if not isinstance(text, str) or not text:
        return None
    data = unpacked("".join(text.split()).encode("utf-8", "replace"))
    if data is None:
        return None
    kind = str(item.get("output_format") or "png")
    media_type = MEDIA_TYPES.get(kind, "image/png")
    return Painted(data=data, media_type=media_type, revised_prompt=_text(item.get("revised_prompt")))


def _texts(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Words of the model's messages, refusals included."""
    content = [part for item in items if item.get("type") == "message" for part in item.get("content") or ()]
    words = [part.get("text") or part.get("refusal") for part in content if isinstance(part, Mapping)]
    return [text for text in words if isinstance(text, str) and text]


def _usage(said: Mapping[str, Any], calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`usage` (the mainline model's tokens) and `image_gen` (the image tool's) apart, as the API gave them.

    Besides, the mainline model as answered, and `svg_usage` of each call that has one.
    """
    found: dict[str, Any] = {}
    tools = said.get("tool_usage")
    if isinstance(usage := said.get("usage"), Mapping):
        found["usage"] = dict(usage)
    if isinstance(tools, Mapping) and isinstance(image := tools.get("image_gen"), Mapping):
        found["image_gen"] = dict(image)
    if isinstance(said.get("model"), str):
        found["responses_model"] = said["model"]
    if authors := [call["svg_usage"] for call in calls if isinstance(call.get("svg_usage"), Mapping)]:
        found["svg_usage"] = authors[0] if len(authors) == 1 else authors
    return found


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
