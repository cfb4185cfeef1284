"""The Responses API as the fake server speaks it: turns with a mainline model that draws, in the foreground, in the
background and as a stream; and streams of the Images API. Plugs into openai_server.py.

Each body is checked against the SDK's own types (sdk_shapes.py), then by the rules for the image tool.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil
from typing import Any, Literal

from fakes.openai_shapes import MODELS, Bad, Body, check_tool, family, usage_of
from fakes.sdk_shapes import misfit

Json = dict[str, Any]
MAINLINE = ("gpt-6-astra", "gpt-5")
MAINLINE_PRICES = (Decimal(2), Decimal(12))
"""USD per million tokens in and out, as far as this server bills them."""
REVISED = "as the model rewrote it: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An answer of the Responses API with differences. Nothing set: one picture.

    `calls`: how often the model draws; `words`: what it says. `failed`: the error of an image call that fails, in the
    place of a picture. `status`, `error`, `reason` of the whole response. `usage` False: it is left out. `tool_usage`
    False: only the mainline's is told. `polls`: how often a background run is still at work when asked; `lost`: how
    many answers to such questions break. `delay` in seconds.
    """

    delay: float = 0.0
    calls: int = 1
    words: str | None = None
    failed: Json | None = None
    status: str = "completed"
    error: Json | None = None
    reason: str | None = None
    usage: bool = True
    tool_usage: bool = True
    polls: int = 2
    change: Callable[[Json], object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """How a stream goes: `partials` in place of as many as asked; its `end`, an `error` in a frame if it is `error`."""

    partials: int | None = None
    end: Literal["completed", "none", "error", "garbage"] = "completed"
    error: Json = field(default_factory=lambda: {"message": "it broke", "type": "server_error", "code": "server_error"})


def blocked(stage: str = "output", categories: Sequence[str] = ("violence",)) -> Json:
    """The error of an image call that moderation stopped."""
    return {
        "code": "moderation_blocked",
        "message": "Your request was rejected by the safety system.",
        "param": None,
        "type": "image_generation_user_error",
        "moderation_details": {"moderation_stage": stage, "categories": list(categories)},
    }


# --- checks ----------------------------------------------------------------------------------------------------------


def read_turn(data: bytes) -> Body:
    """A body of `POST /responses`. Raises Bad."""
    from openai.types.responses.response_create_params import ResponseCreateParams

    try:
        fields = json.loads(data)
    except ValueError:
        raise Bad("We could not parse the JSON body of your request.", None) from None
    wrong = misfit(fields, ResponseCreateParams)
    if wrong is not None:
        raise Bad(f"Unknown parameter or wrong type: {wrong}", "unknown_parameter")
    return Body(fields=fields)


def check_stream(body: Body) -> None:
    """Raises Bad where the streaming fields of an Images call are not as the SDK's types have them."""
    fields = {name: value for name, value in body.fields.items() if name in ("stream", "partial_images")}
    if not fields:
        return
    from openai.types.image_generate_params import ImageGenerateParams

    wrong = misfit({"prompt": "x", **fields}, ImageGenerateParams)
    if wrong is not None or fields.get("partial_images", 0) not in (0, 1, 2, 3):
        raise Bad(str(wrong), "invalid_value")
    if "partial_images" in fields and not fields.get("stream"):
        raise Bad("'partial_images' needs 'stream'.", "invalid_value", param="partial_images")
    if body.fields.get("n", 1) != 1:
        raise Bad("n must be 1 with stream.", "invalid_value", param="n")


def said(fields: Mapping[str, Any]) -> str:
    """The text of a turn's last message."""
    messages = fields.get("input")
    if isinstance(messages, str):
        return messages
    content = messages[-1]["content"] if isinstance(messages, list) and messages else ()
    return " ".join(part["text"] for part in content if part.get("type") == "input_text")


def tool_of(fields: Mapping[str, Any]) -> Json:
    return next((dict(tool) for tool in fields.get("tools", ()) if tool["type"] == "image_generation"), {})


File = Callable[[str], bytes]


def no_file(name: str) -> bytes:
    raise Bad(f"No such File object: {name}", "image_file_not_found")


def images_in(fields: Mapping[str, Any], file: File = no_file) -> list[bytes]:
    """The pictures of a turn's messages, in order; those named by a file's id as `file` gives them."""
    messages = fields.get("input")
    parts = [part for item in messages for part in item["content"]] if isinstance(messages, list) else []
    return [_picture(part, file) for part in parts if part.get("type") == "input_image"]


def mask_in(fields: Mapping[str, Any], file: File = no_file) -> bytes | None:
    mask = tool_of(fields).get("input_image_mask")
    return _picture(mask, file) if mask else None


def _picture(part: Mapping[str, Any], file: File) -> bytes:
    if ("file_id" in part) is ("image_url" in part):
        raise Bad("Exactly one of file_id and image_url.", "invalid_value", param="input")
    return file(part["file_id"]) if "file_id" in part else _bytes(part["image_url"])


def _bytes(url: str) -> bytes:
    head, _, text = url.partition(",")
    if not head.startswith("data:image/") or not head.endswith(";base64"):
        raise Bad("Invalid image URL.", "invalid_image_url")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise Bad("Invalid base64 image.", "invalid_base64_image") from None


# --- the conversations of one server ----------------------------------------------------------------------------------


class Conversations:
    """Responses by id, and runs in the background. `paint` makes the bytes of a picture of a kind and size."""

    def __init__(
        self, paint: Callable[[str, tuple[int, int], bool], bytes], size_of: Callable[[bytes], tuple[int, int]]
    ) -> None:
        self.paint = paint
        self.size_of = size_of
        self.file = no_file
        """What a file's id stands for."""
        self.kept: dict[str, Json] = {}
        self.pictures: dict[str, list[bytes]] = {}
        """All pictures of a response's conversation, its own last."""
        self.coming: dict[str, tuple[int, Json]] = {}
        """Background runs: how many questions more they are at work, and what they end as."""
        self.asked: list[str] = []
        """Ids that were asked for, in order."""
        self.cancelled: list[str] = []
        self._serial = 0
        self._lock = threading.Lock()

    def check(self, body: Body, models: Sequence[str] = MODELS) -> None:
        """Raises Bad for everything that the API's published rules forbid."""
        fields: Mapping[str, Any] = body.fields
        if fields.get("model") not in MAINLINE:
            raise Bad(
                f"The model '{fields.get('model')}' does not exist.", "model_not_found", param="model", status=404
            )
        before = fields.get("previous_response_id")
        if before is not None and before not in self.kept:
            text = f"Previous response with id '{before}' not found."
            raise Bad(text, "previous_response_not_found", param="previous_response_id")
        if fields.get("background") and fields.get("store") is False:
            raise Bad("Background mode requires 'store'.", "invalid_value", param="background")
        tool = tool_of(fields)
        if not tool or fields.get("tool_choice") != {"type": "image_generation"} or fields.get("max_tool_calls") != 1:
            raise Bad("The image tool is not forced, once.", "invalid_value", param="tool_choice")
        check_tool(tool, models)
        seen = [*self.pictures.get(str(before), []), *images_in(fields, self.file)]
        if tool.get("action") == "edit" and not seen:
            raise Bad("No image to edit.", "invalid_value", param="tools[0].action")
        mask = mask_in(fields, self.file)
        if mask is not None and self.size_of(mask) != self.size_of(seen[0] if before is None else seen[-1]):
            raise Bad("The mask's size differs from the image's.", "invalid_value", param="input_image_mask")
        if tool.get("partial_images") and not fields.get("stream"):
            raise Bad("'partial_images' needs 'stream'.", "invalid_value", param="partial_images")

    def frozen(self) -> threading.Lock:
        """Held, nothing here moves."""
        return self._lock

    def forget(self) -> None:
        """All ids have expired."""
        self.kept.clear()
        self.pictures.clear()

    def answer(self, body: Body, how: Turn) -> tuple[Json, int, Decimal]:
        """The response to a turn, how many pictures were made, and USD billed."""
        fields: Mapping[str, Any] = body.fields
        with self._lock:
            self._serial += 1
            name = f"resp_{self._serial:04d}"
        before = self.pictures.get(str(fields.get("previous_response_id")), [])
        inputs = [*before, *images_in(fields, self.file)]
        drawn: list[bytes] = []
        output: list[Json] = [{"id": f"rs_{name}", "type": "reasoning", "summary": []}]
        draws = how.calls if how.words is None and how.failed is None and how.status == "completed" else 0
        for number in range(draws):
            output.append(self._call(f"ig_{name}_{number}", fields, drawn))
        if how.failed is not None:
            output.append(
                {
                    "id": f"ig_{name}",
                    "type": "image_generation_call",
                    "status": "failed",
                    "result": None,
                    "error": how.failed,
                }
            )
        if how.words is not None:
            words = {"type": "output_text", "text": how.words, "annotations": []}
            output.append(
                {"id": f"msg_{name}", "type": "message", "role": "assistant", "status": "completed", "content": [words]}
            )
        told = self._frame(name, fields, how.status)
        told |= {"output": output, "error": how.error}
        told["incomplete_details"] = {"reason": how.reason} if how.reason else None
        usage, cost = self._bill(fields, inputs, draws)
        if how.usage:
            told["usage"] = usage["usage"]
            if how.tool_usage:
                told["tool_usage"] = usage["tool_usage"]
        if how.change is not None:
            how.change(told)
        if fields.get("store") is not False:
            self.kept[name] = told
            self.pictures[name] = [*inputs, *drawn]
        return told, len(drawn), cost if how.usage else Decimal(0)

    def _frame(self, name: str, fields: Mapping[str, Any], status: str) -> Json:
        return {
            "id": name,
            "object": "response",
            "created_at": 1_795_000_000,
            "status": status,
            "background": bool(fields.get("background")),
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "model": f"{fields['model']}-2026-10-01",
            "output": [],
            "parallel_tool_calls": True,
            "previous_response_id": fields.get("previous_response_id"),
            "store": fields.get("store") is not False,
            "tool_choice": fields["tool_choice"],
            "tools": fields["tools"],
            "usage": None,
        }

    def _call(self, name: str, fields: Mapping[str, Any], drawn: list[bytes]) -> Json:
        tool = tool_of(fields)
        kind, size = str(tool.get("output_format", "png")), pixels(str(tool.get("size", "auto")))
        data = self.paint(kind, size, tool.get("background") == "transparent")
        drawn.append(data)
        author = {
            "model": "gpt-6-astra",
            "input_tokens": 50,
            "output_tokens": 900,
            "reasoning_tokens": 0,
            "total_tokens": 950,
        }
        more: Json = {"svg_usage": author} if kind == "svg" else {}
        return more | {
            "id": name,
            "type": "image_generation_call",
            "status": "completed",
            "result": base64.b64encode(data).decode(),
            "revised_prompt": REVISED + said(fields),
            "action": tool.get("action"),
            "background": tool.get("background", "opaque"),
            "output_format": kind,
            "quality": tool.get("quality", "medium"),
            "size": f"{size[0]}x{size[1]}",
        }

    def _bill(self, fields: Mapping[str, Any], inputs: Sequence[bytes], draws: int) -> tuple[Json, Decimal]:
        tool = tool_of(fields)
        width, height = pixels(str(tool.get("size", "auto")))
        quality = str(tool.get("quality", "medium")).replace("auto", "medium")
        image: Json = {
            "input_tokens": 0,
            "input_tokens_details": {"text_tokens": 0, "image_tokens": 0},
            "output_tokens": 0,
            "total_tokens": 0,
        }
        if draws:
            sizes = [self.size_of(data) for data in inputs]
            body = Body(fields={**tool, "prompt": REVISED + said(fields), "n": draws})
            endpoint = "edits" if sizes else "generations"
            image = dict(usage_of(body, endpoint, width=width, height=height, quality=quality, inputs=sizes))
        words = 300 + ceil(len(json.dumps([said(fields)])) / 4) + 800 * len(inputs)
        usage: Json = {
            "input_tokens": words,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": 150,
            "output_tokens_details": {"reasoning_tokens": 64},
            "total_tokens": words + 150,
        }
        cost = (words * MAINLINE_PRICES[0] + 150 * MAINLINE_PRICES[1]) / 1_000_000
        if draws:
            cost += image_cost(str(tool["model"]), image)
        zero = {"num_requests": 0}
        return {"usage": usage, "tool_usage": {"image_gen": image, "web_search": zero}}, cost

    # --- in the background ----------------------------------------------------------------------------------------

    def begin(self, told: Json, polls: int) -> Json:
        """A background run's first answer: only its id, and that it is queued. Its end is kept for later."""
        with self._lock:
            self.coming[told["id"]] = polls, told
        return told | {"status": "queued", "output": [], "usage": None, "error": None, "incomplete_details": None}

    def look(self, name: str) -> Json | None:
        """How a response stands."""
        with self._lock:
            self.asked.append(name)
            if name not in self.coming:
                return self.kept.get(name)
            polls, told = self.coming[name]
            if polls > 0:
                self.coming[name] = polls - 1, told
                return told | {"status": "in_progress", "output": [], "usage": None}
            return told

    def cancel(self, name: str) -> Json | None:
        with self._lock:
            self.cancelled.append(name)
            if name not in self.coming:
                return None
            told = self.coming[name][1] | {"status": "cancelled", "output": [], "usage": None, "tool_usage": None}
            self.coming[name] = 0, told
            return told

    # --- streams --------------------------------------------------------------------------------------------------

    def events(self, body: Body, told: Json, how: Stream) -> Iterator[Json]:
        """The frames of a streamed turn."""
        fields: Mapping[str, Any] = body.fields
        number = iter(range(1000))
        tool = tool_of(fields)
        begun = told | {"status": "in_progress", "output": [], "usage": None}
        yield {"type": "response.created", "response": begun, "sequence_number": next(number)}
        yield {"type": "response.in_progress", "response": begun, "sequence_number": next(number)}
        for place, item in enumerate(told["output"]):
            yield {
                "type": "response.output_item.added",
                "output_index": place,
                "item": item | {"status": "in_progress", "result": None},
                "sequence_number": next(number),
            }
            if item["type"] == "image_generation_call" and item["status"] == "completed":
                where = {"item_id": item["id"], "output_index": place}
                yield {"type": "response.image_generation_call.generating", **where, "sequence_number": next(number)}
                for index in range(wanted(tool, how)):
                    picture = base64.b64encode(self.paint("png", pixels(item["size"]), False)).decode()
                    yield {
                        "type": "response.image_generation_call.partial_image", **where, "partial_image_b64": picture,
                        "partial_image_index": index, "output_format": "png", "sequence_number": next(number),
                    }  # fmt: skip
                if how.end == "completed":
                    yield {"type": "response.image_generation_call.completed", **where, "sequence_number": next(number)}
            if how.end == "completed":
                yield {
                    "type": "response.output_item.done",
                    "output_index": place,
                    "item": item,
                    "sequence_number": next(number),
                }
        if how.end == "error":
            yield {
                "type": "error",
                "code": how.error.get("code"),
                "message": how.error.get("message"),
                "param": None,
                "sequence_number": next(number),
            }
        elif how.end == "completed":
            ends = {"completed": "completed", "failed": "failed", "incomplete": "incomplete"}
            kind = ends.get(told["status"], "completed")
            yield {"type": f"response.{kind}", "response": told, "sequence_number": next(number)}


def image_events(
    answer: Json, endpoint: str, fields: Mapping[str, Any], how: Stream, paint: Callable[[], bytes]
) -> Iterator[Json]:
    """The frames of a streamed call of the Images API."""
    word = "image_generation" if endpoint == "generations" else "image_edit"
    common = {name: answer[name] for name in ("background", "output_format", "quality", "size")} | {
        "created_at": 1_795_000_000
    }
    for index in range(wanted(fields, how)):
        yield {
            "type": f"{word}.partial_image",
            "b64_json": base64.b64encode(paint()).decode(),
            "partial_image_index": index,
            **common,
        }
    if how.end == "error":
        yield {"type": "error", "error": how.error}
    elif how.end == "completed":
        yield {
            "type": f"{word}.completed",
            "b64_json": answer["data"][0]["b64_json"],
            "usage": answer.get("usage"),
            **common,
        }


def wanted(fields: Mapping[str, Any], how: Stream) -> int:
    return int(fields.get("partial_images", 0)) if how.partials is None else how.partials


def frames(events: Iterator[Json], how: Stream) -> bytes:
    """Server-sent events as they travel."""
    text = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    if how.end == "garbage":
        text += "data: {not json\n\n"
    return (text + ("data: [DONE]\n\n" if how.end == "completed" else "")).encode()


def pixels(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return (int(width), int(height)) if width.isdigit() and height.isdigit() else (1024, 1024)


def image_cost(model: str, usage: Mapping[str, Any]) -> Decimal:
    """USD of the image tool's tokens, by the pricing page."""
    out = 32 if family(model) == "1" else 30
    details = usage["input_tokens_details"]
    return Decimal(details["text_tokens"] * 5 + details["image_tokens"] * 8 + usage["output_tokens"] * out) / 1_000_000
