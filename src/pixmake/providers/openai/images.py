"""Providers room: a call as fields of the Images API, and its answer as pictures. Pure: no network, no SDK, no files.

What comes back is read with tolerance, since many servers speak this protocol in dialects; what is no picture at
all is told, never guessed.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from typing import Any

from pixmake.providers.base import Call, Landing, Painted, Request
from pixmake.providers.openai.unpacking import LIFTED, Base64, Held, Unpacker
from pixmake.values import dataclass

FORMATS = {"raster": "png", "svg": "svg", "gif": "gif"}
"""Raster pictures are asked for as PNG (semantics.md)."""
OWN = frozenset(
    {"model", "prompt", "n", "size", "quality", "background", "complexity", "input_fidelity", "moderation"}
    | {"output_format", "image", "image[]", "images", "mask", "markup", "stream", "partial_images"}
)
"""Fields that `options` can't set: the request's own, and how it is sent."""
MEDIA_TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "svg": "image/svg+xml",
}
PIECE = 1 << 18
DAMAGED = "is damaged base64"
NOTHING = "has neither b64_json nor url"


def fields_of(call: Call, drop: tuple[str, ...] = ()) -> dict[str, Any]:
    """The fields that the SDK's methods take by name, but the pictures. `drop`: what this server does not take."""
    request = call.request
    fields: dict[str, Any] = {
        "model": request.model,
        "prompt": request.prompt,
        "n": call.count,
        "size": request.size,
        "quality": request.quality,
        "background": request.background,
        "complexity": request.complexity,
        "output_format": FORMATS[request.kind],
    }
    if request.operation == "edit":
        fields["input_fidelity"] = request.input_fidelity
    else:
        fields["moderation"] = request.moderation
    dropped = set(drop) - {"prompt"}
    return {name: value for name, value in fields.items() if value is not None and name not in dropped}


def extra_of(request: Request, drop: tuple[str, ...] = ()) -> dict[str, Any]:
    """The request's `options` as further fields; they never take the place of its own."""
    return {name: plain(value) for name, value in request.options.items() if name not in OWN and name not in drop}


def plain(value: object) -> Any:
    """A value of the spec as JSON has it: its exact decimals as numbers."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A picture that is somewhere else: an absolute or relative address, to be fetched at once."""

    url: str
    revised_prompt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an answer says. `faults`: entries that hold no picture, in words that complete "picture 2 …"."""

    pictures: tuple[Painted | Link, ...] = ()
    faults: tuple[str, ...] = ()
    usage: Mapping[str, Any] = field(default_factory=dict)
    size: str | None = None
    quality: str | None = None
    model: str | None = None


class Unreadable(Exception):
    """An answer of status 200 that is no answer of the Images API. The text completes "the answer …"."""


def read_answer(body: bytes | bytearray) -> Told:
    """What `body` says. Raises Unreadable for anything but a JSON object with a list of pictures.

    Base64 is decoded right out of the body, so that a picture is never held as text too.
    """
    unpacker, view = Unpacker(), memoryview(body)
    for start in range(0, len(view), PIECE):
        unpacker.take(bytes(view[start : start + PIECE]))
    return told_of(unpacker)


def told_of(unpacker: Unpacker) -> Told:
    """What an answer says that was unpacked as it came. Raises Unreadable."""
    lifted = unpacker.pictures
    said = object_of(bytes(unpacker.rest))
    entries = said.get("data")
    if not isinstance(entries, list):
        raise Unreadable("holds no list of pictures" + _complaint(said))
    kind = str(said.get("output_format") or "png")
    found = [_entry(entry, lifted, MEDIA_TYPES.get(kind, "image/png")) for entry in entries]
    return Told(
        pictures=tuple(item for item in found if not isinstance(item, str)),
        faults=tuple(f"picture {number} {item}" for number, item in enumerate(found, 1) if isinstance(item, str)),
        usage=_usage(said),
        size=_text(said.get("size")),
        quality=_text(said.get("quality")),
        model=_text(said.get("model")),
    )


def object_of(body: bytes) -> dict[str, Any]:
    """The JSON object that a body is. Raises Unreadable."""
    start = body[:200].lstrip().lower()
    if start.startswith(b"<"):
        raise Unreadable("is a web page")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("is empty" if not body.strip() else "is cut short or damaged JSON") from None
    if not isinstance(said, dict):
        raise Unreadable("is not a JSON object")
    return said


def _complaint(said: Mapping[str, Any]) -> str:
    error = said.get("error") or said.get("detail")
    text = error.get("message") if isinstance(error, dict) else error
    return f": {text[:300]}" if isinstance(text, str) else ""


def _entry(entry: object, lifted: Sequence[Base64], media_type: str) -> Painted | Link | str:
    """One entry of `data`; a text says why it is no picture."""
    if not isinstance(entry, dict):
        return "is no object"
    revised = _text(entry.get("revised_prompt"))
    text, url = entry.get("b64_json"), entry.get("url")
    if isinstance(text, str) and (found := _unpacked(text, lifted)) is not None:
        return found if isinstance(found, str) else _painted(found, media_type, revised)
    if isinstance(url, str) and url.startswith("data:"):
        data = unpacked(url.encode("utf-8", "replace"))
        return Painted(data=data, media_type=media_type, revised_prompt=revised) if data else DAMAGED
    if isinstance(url, str) and url:
        return Link(url=url, revised_prompt=revised)
    return NOTHING


def _unpacked(text: str, lifted: Sequence[Base64]) -> Landing | str | None:
    """Where the picture of a `b64_json` is; a text says that it is damaged; None: it is empty."""
    number = text.removeprefix(LIFTED)
    if number == text or not number.isdigit() or int(number) >= len(lifted):
        held = Held()
        held.write(unpacked("".join(text.split()).encode("utf-8", "replace")) or b"")
        return (held if held.read() else DAMAGED) if text else None
    picture = lifted[int(number)]
    if not picture.begun:
        return None
    if not picture.whole or picture.taken:
        return DAMAGED
    picture.taken = True
    return picture.landing


def _painted(landing: Landing, media_type: str, revised: str | None) -> Painted:
    if isinstance(landing, Held):
        return Painted(data=landing.read(), media_type=media_type, revised_prompt=revised)
    return Painted(landing=landing, media_type=media_type, revised_prompt=revised)


def unpacked(text: bytes | memoryview) -> bytes | None:
    """The bytes behind base64, with or without `data:…,` before it; None where it is damaged or empty."""
    if bytes(text[:5]) == b"data:":
        text = text[bytes(text[:200]).find(b",") + 1 :]
    try:
        return binascii.a2b_base64(text, strict_mode=True) or None
    except binascii.Error:
        return None


def _usage(said: Mapping[str, Any]) -> dict[str, Any]:
    """`usage` as the API gave it, with `svg_usage` beside where there is one."""
    usage = said.get("usage")
    found = dict(usage) if isinstance(usage, dict) else {}
    if isinstance(said.get("svg_usage"), dict):
        found["svg_usage"] = said["svg_usage"]
    return found


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
