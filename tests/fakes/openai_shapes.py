"""The shapes that OpenAI publishes for its Images API, as a strict reader: what the API would refuse is refused here.

Written from the published documentation, and on purpose without any of the package's own tables or formulas.
"""

from __future__ import annotations

import email.parser
import email.policy
import json
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor, sqrt

OLD = ("gpt-image-1.5", "gpt-image-1.5-2025-12-16", "gpt-image-1-mini", "chatgpt-image-latest")
TWO = ("gpt-image-2", "gpt-image-2-2026-04-21")
TWO_FIVE = tuple(f"gpt-image-2.5-{name}{day}" for name in ("sunburst", "flare") for day in ("", "-2026-09-08"))
TWO_SIX = ("gpt-image-2.6-sunburst", "gpt-image-2.6-flare")
MODELS = (*OLD, *TWO, *TWO_FIVE, *TWO_SIX)
THREE_SIZES = ("1024x1024", "1536x1024", "1024x1536")
BASES = {
    "2": {"low": 16, "medium": 48, "high": 96},
    "2.5": {"low": 16, "medium": 24, "high": 48, "xhigh": 64, "max": 96},
}
FIXED = {"low": (272, 408, 400), "medium": (1056, 1584, 1568), "high": (4160, 6240, 6208)}
SHARED = {
    "prompt", "model", "n", "size", "quality", "background", "complexity", "output_format", "output_compression",
    "frame_count", "frame_duration_ms", "svg", "safety_identifier", "user", "stream", "partial_images",
}  # fmt: skip
FIELDS = {"generations": SHARED | {"moderation"}, "edits": SHARED | {"input_fidelity"}}
FILES = {"image", "image[]", "mask", "markup"}
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
MIME = ("image/png", "image/jpeg", "image/webp")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """One file of a multipart body, as it was sent."""

    field: str
    filename: str | None
    media_type: str | None
    data: bytes

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of a PNG; (0, 0) for other files."""
        is_png = self.data.startswith(b"\x89PNG") and len(self.data) >= 24
        return struct.unpack(">II", self.data[16:24]) if is_png else (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A request's body: its fields with JSON's types (of a multipart body: as they were meant), and its files."""

    fields: Mapping[str, object] = field(default_factory=dict)
    files: tuple[FilePart, ...] = ()

    @property
    def images(self) -> list[FilePart]:
        return [part for part in self.files if part.field in ("image", "image[]")]

    def file(self, name: str) -> FilePart | None:
        return next((part for part in self.files if part.field == name), None)


class Bad(Exception):
    """What the API answers to a body it does not take."""

    def __init__(
        self, message: str, code: str | None, *, param: str | None = None, status: int = 400,
        type: str = "invalid_request_error",
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.status = status
        self.error = {"message": message, "type": type, "param": param, "code": code}


def read_body(content_type: str, data: bytes, endpoint: str) -> Body:
    """Reads JSON (generations) or multipart (edits). Raises Bad."""
    if endpoint == "generations":
        if not content_type.startswith("application/json"):
            raise Bad(f"Unsupported content type: '{content_type}'", "unsupported_content_type", status=415)
        try:
            fields = json.loads(data)
        except ValueError:
            raise Bad("We could not parse the JSON body of your request.", None) from None
        if not isinstance(fields, dict):
            raise Bad("The body is not an object.", None)
        return Body(fields=fields)
    if not content_type.startswith("multipart/form-data"):
        raise Bad(f"Unsupported content type: '{content_type}'", "unsupported_content_type", status=415)
    return _multipart(content_type, data)


NUMBERS = ("n", "output_compression", "frame_count", "frame_duration_ms", "partial_images")


def _multipart(content_type: str, data: bytes) -> Body:
    head = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + data)
    fields: dict[str, object] = {}
    files: list[FilePart] = []
    for part in message.iter_parts():
        name = str(part.get_param("name", "", "content-disposition"))
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        if name in FILES or part.get_filename() is not None:
            declared = part.get_content_type() if "content-type" in part else None
            files.append(FilePart(field=name, filename=part.get_filename(), media_type=declared, data=content))
        else:
            _put(fields, name, content.decode("utf-8"))
    return Body(fields=fields, files=tuple(files))


def _put(fields: dict[str, object], name: str, text: str) -> None:
    """`svg[reasoning][effort]` into nested maps; numbers as numbers. A field twice is an error."""
    first, *rest = re.findall(r"[^\[\]]+", name) or [name]
    if rest:
        inner = fields.setdefault(first, {})
        assert isinstance(inner, dict)
        _put(inner, rest[0] + "".join(f"[{piece}]" for piece in rest[1:]), text)
        return
    if first in fields:
        raise Bad(f"Duplicate parameter: '{first}'.", "duplicate_parameter", param=first)
    is_number = first in NUMBERS and re.fullmatch(r"-?\d+", text)
    fields[first] = int(text) if is_number else text == "true" if first == "stream" else text


def check(body: Body, endpoint: str, models: Sequence[str] = MODELS) -> None:
    """Raises Bad for everything that the API's published rules forbid."""
    fields = body.fields
    for name in fields:
        if name not in FIELDS[endpoint]:
            raise Bad(f"Unknown parameter: '{name}'.", "unknown_parameter", param=name)
    for name in ("prompt", "model"):
        if not isinstance(fields.get(name), str) or not fields[name]:
            raise Bad(f"Missing required parameter: '{name}'.", "missing_required_parameter", param=name)
    model = str(fields["model"])
    if model not in models:
        text = f"The model '{model}' does not exist or you do not have access to it."
        raise Bad(text, "model_not_found", status=404)
    if len(str(fields["prompt"])) > 32_000:
        raise Bad("Invalid 'prompt': string too long.", "string_above_max_length", param="prompt")
    _check_words(fields, model)
    if fields.get("output_format") == "gif":
        _check_frames(str(fields.get("size", "auto")), fields.get("frame_count", 9))
    else:
        _check_size(str(fields.get("size", "auto")), model)
    _check_format(body, model)
    if endpoint == "edits":
        _check_files(body, model)


def check_tool(tool: Mapping[str, object], models: Sequence[str] = MODELS) -> None:
    """Raises Bad for an image tool of the Responses API that the published rules forbid; its types were checked."""
    model = str(tool.get("model"))
    if model not in models:
        text = f"The model '{model}' does not exist or you do not have access to it."
        raise Bad(text, "model_not_found", param="tools[0].model", status=404)
    _check_words(tool, model)
    _check_size(str(tool.get("size", "auto")), model)
    _check_format(Body(fields=tool), model)
    kind = tool.get("output_format", "png")
    if kind == "gif" and "input_image_mask" in tool:
        raise Bad("A mask can't be used with gif.", "invalid_value", param="input_image_mask")
    if kind in ("gif", "svg") and tool.get("partial_images"):
        raise Bad("No partial images of gif and svg.", "invalid_value", param="partial_images")


def _word(fields: Mapping[str, object], name: str, known: Sequence[str]) -> None:
    if name in fields and fields[name] not in known:
        raise Bad(f"Invalid value: {fields[name]!r}. Supported values are: {known}.", "invalid_value", param=name)


def _number(fields: Mapping[str, object], name: str, low: int, high: int) -> None:
    value = fields.get(name, low)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise Bad(f"Invalid '{name}': {value!r}, expected {low} to {high}.", "invalid_value", param=name)


def _check_words(fields: Mapping[str, object], model: str) -> None:
    more = ("xhigh", "max") if model in (*TWO_FIVE, *TWO_SIX) else ()
    _word(fields, "quality", ("low", "medium", "high", "auto", *more))
    _word(fields, "background", ("transparent", "opaque", "auto"))
    _word(fields, "output_format", ("png", "jpeg", "webp", *(("gif", "svg") if model in TWO_SIX else ())))
    _word(fields, "moderation", ("auto", "low"))
    _word(fields, "input_fidelity", ("low", "high"))
    _number(fields, "n", 1, 10)
    _number(fields, "output_compression", 0, 100)
    if "complexity" in fields and model not in TWO_SIX:
        raise Bad("'complexity' is not supported with this model.", "invalid_value", param="complexity")
    _word(fields, "complexity", ("low", "medium", "high"))
    if "input_fidelity" in fields and model not in OLD:
        text = f"The model '{model}' does not support the 'input_fidelity' parameter."
        raise Bad(text, "invalid_input_fidelity_model", param="input_fidelity")
    if len(str(fields.get("safety_identifier", ""))) > 128:
        raise Bad("Invalid 'safety_identifier': too long.", "string_above_max_length", param="safety_identifier")


def _check_size(size: str, model: str) -> None:
    if size == "auto":
        return
    found = re.fullmatch(r"(\d{1,5})x(\d{1,5})", size)
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    if model in OLD:
        sound = size in THREE_SIZES
    else:
        sound = (
            found is not None
            and width % 16 == 0
            and height % 16 == 0
            and max(width, height) <= 3840
            and max(width, height) <= 3 * min(width, height)
            and 655_360 <= width * height <= 8_294_400
        )
    if not sound:
        raise Bad(f"Invalid size '{size}'.", "invalid_value", param="size")


def _check_frames(size: str, frames: object) -> None:
    """A GIF's frames are cut from one sheet, which obeys the limits of a still."""
    if size == "auto" or not isinstance(frames, int):
        return
    width, height = (int(text) for text in size.split("x"))
    across, down = (3, 3) if frames <= 9 else (4, 3) if frames <= 12 else (4, 4)
    sheet = width * across, height * down
    if width % 16 or height % 16 or max(sheet) > 3840 or sheet[0] * sheet[1] > 8_294_400:
        raise Bad(f"Invalid size '{size}' for {frames} frames.", "invalid_value", param="size")


def _check_format(body: Body, model: str) -> None:
    fields = body.fields
    kind = fields.get("output_format", "png")
    if kind == "jpeg" and fields.get("background") == "transparent":
        raise Bad("Transparent background is not supported for JPEG.", "invalid_value", param="background")
    if "output_compression" in fields and kind not in ("jpeg", "webp"):
        raise Bad("Compression is only for jpeg and webp.", "invalid_value", param="output_compression")
    for name in ("frame_count", "frame_duration_ms"):
        if name in fields and kind != "gif":
            raise Bad(f"'{name}' is only for gif.", "invalid_value", param=name)
    if "frame_count" in fields:
        _number(fields, "frame_count", 2, 16)
    if "frame_duration_ms" in fields:
        _number(fields, "frame_duration_ms", 1, 655_350)
    if kind == "gif" and body.file("mask"):
        raise Bad("A mask can't be used with gif.", "invalid_value", param="mask")
    if kind == "svg" and fields.get("n", 1) != 1:
        raise Bad("n must be 1 for svg.", "invalid_value", param="n")
    if "svg" in fields:
        _check_svg(fields["svg"], kind)


def _check_svg(svg: object, kind: object) -> None:
    if kind != "svg" or not isinstance(svg, dict) or svg.keys() - {"model", "reasoning"}:
        raise Bad("Invalid 'svg'.", "invalid_value", param="svg")
    reasoning = svg.get("reasoning", {})
    if (
        not isinstance(reasoning, dict)
        or reasoning.keys() - {"effort"}
        or reasoning.get("effort", "low") not in EFFORTS
    ):
        raise Bad("Invalid 'svg.reasoning'.", "invalid_value", param="svg")


def _check_files(body: Body, model: str) -> None:
    images = body.images
    names = [part.field for part in images]
    if not images or names.count("image") > 1 or ("image" in names and "image[]" in names):
        raise Bad("Missing required parameter: 'image'.", "missing_required_parameter", param="image")
    if len(images) > 16:
        raise Bad("Too many images: at most 16.", "invalid_value", param="image")
    for part in body.files:
        _check_file(part)
    mask, markup = body.file("mask"), body.file("markup")
    if mask and markup:
        raise Bad("'mask' and 'markup' exclude each other.", "invalid_value", param="markup")
    if markup and model not in (*TWO_FIVE, *TWO_SIX):
        raise Bad("'markup' is not supported with this model.", "invalid_value", param="markup")
    for overlay in (mask, markup):
        if overlay is not None:
            _check_overlay(overlay, images[0])


def _check_file(part: FilePart) -> None:
    if part.field not in FILES:
        raise Bad(f"Unknown parameter: '{part.field}'.", "unknown_parameter", param=part.field)
    if not part.media_type or not part.filename:
        raise Bad("Missing mimetype of a file.", "missing_file_mimetype", param=part.field)
    if part.media_type not in MIME:
        text = f"Invalid file '{part.field}': unsupported mimetype ('{part.media_type}')."
        raise Bad(text, "unsupported_file_mimetype", param=part.field)
    if len(part.data) >= 50_000_000 or not _is_sound(part):
        raise Bad("Invalid image file or mode for image 1.", "invalid_image_file", type="image_generation_user_error")


def _is_sound(part: FilePart) -> bool:
    """Whether the bytes are what the type says, in a mode the API takes: 8 bits, RGB or RGBA, one picture."""
    data = part.data
    if part.media_type == "image/png":
        is_plain = len(data) > 33 and data[24] == 8 and data[25] in (2, 6)
        return data.startswith(b"\x89PNG\r\n\x1a\n") and is_plain and data.endswith(b"IEND\xaeB`\x82")
    if part.media_type == "image/jpeg":
        return data.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in data[-64:] and not _is_cmyk(data)
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP" and b"ANIM" not in data[:64]


def _is_cmyk(data: bytes) -> bool:
    """Whether the frame header of a JPEG has four channels."""
    found = re.search(rb"\xff[\xc0-\xc2]..\x08....(.)", data, re.S)
    return found is not None and found[1] == b"\x04"


def _check_overlay(part: FilePart, first: FilePart) -> None:
    if part.media_type != "image/png" or part.data[25] != 6:
        raise Bad(f"Invalid {part.field}: it must be a PNG with an alpha channel.", "invalid_value", param=part.field)
    if len(part.data) >= 4_000_000:
        raise Bad(f"Invalid {part.field}: it must be below 4 MB.", "invalid_value", param=part.field)
    if first.size != (0, 0) and first.size != part.size:
        text = f"Invalid {part.field}: its size {part.size} differs from the image's {first.size}."
        raise Bad(text, "invalid_value", param=part.field)


# --- usage, by the formulas of the pricing page and by readings of third parties ----------------------------------


def family(model: str) -> str:
    """`2`, `2.5`, `2.6` or `1`."""
    return "1" if model in OLD else "2" if model in TWO else "2.5" if model in TWO_FIVE else "2.6"


def out_tokens(model: str, quality: str, width: int, height: int) -> int:
    """Output tokens of one picture. 2.6 at low and medium counts four times as much as 2.5 (a third party's reading)."""
    kind = family(model)
    if kind == "1":
        return FIXED[quality][0 if width == height else 1 if width < height else 2]
    base = BASES["2" if kind == "2" else "2.5"][quality]
    long, short = max(width, height), min(width, height)
    tokens = ceil(base * round(base * short / long) * (2_000_000 + width * height) / 4_000_000)
    return tokens * 4 if kind == "2.6" and quality in ("low", "medium") else tokens


def in_tokens(model: str, width: int, height: int, *, high_fidelity: bool = False) -> int:
    """Tokens of one input picture; masks count nothing."""
    if family(model) == "1":
        scale = 512 / min(width, height)
        tiles = ceil(round(width * scale) / 512) * ceil(round(height * scale) / 512)
        return 65 + 129 * tiles + ((4160 if width == height else 6240) if high_fidelity else 0)
    if max(width, height) < 1024:
        k = 1024 / max(width, height)
        width, height = round(width * k), round(height * k)
    if ceil(width / 32) * ceil(height / 32) <= 1536:
        return ceil(width / 32) * ceil(height / 32)
    s = sqrt(32 * 32 * 1536 / (width * height))
    s *= min(floor(width * s / 32) / (width * s / 32), floor(height * s / 32) / (height * s / 32))
    return ceil(floor(width * s) / 32) * ceil(floor(height * s) / 32)


def usage_of(
    body: Body, endpoint: str, *, width: int, height: int, quality: str, inputs: Sequence[tuple[int, int]]
) -> dict[str, object]:
    """`usage` of an answer: one total for all pictures; inputs count once a picture. Sizes in pixels."""
    model, count = str(body.fields["model"]), int(str(body.fields.get("n", 1)))
    fine = body.fields.get("input_fidelity") == "high"
    text = count * ((6 if endpoint == "generations" else 16) + ceil(len(str(body.fields["prompt"])) / 4))
    image = count * sum(in_tokens(model, *size, high_fidelity=fine) for size in inputs)
    out = count * out_tokens(model, quality, width, height)
    return {
        "input_tokens": text + image,
        "input_tokens_details": {"text_tokens": text, "image_tokens": image},
        "output_tokens": out,
        "output_tokens_details": {"image_tokens": out, "text_tokens": 0},
        "total_tokens": text + image + out,
    }
