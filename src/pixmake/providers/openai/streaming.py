"""Providers room: streams of both APIs: looks on the way are told as they come, and the picture is what the last event brings.

A stream without its completed event is no answer, however much of it came: it was perhaps billed.
"""

from __future__ import annotations

import asyncio
import binascii
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress
from typing import Any

from pixmake.providers.base import Call, Painted, Partial, ProviderError
from pixmake.providers.openai.client import CONNECT_SECONDS, Line, Order, Reply
from pixmake.providers.openai.errors import Judge, said_of
from pixmake.providers.openai.images import MEDIA_TYPES, Told, Unreadable
from pixmake.providers.openai.responses import Heard, heard_of
from pixmake.providers.openai.sdk import openai, resource
from pixmake.providers.openai.talking import Said, Turn

UNFINISHED = "ended before its picture was done"
ENDS = ("response.completed", "response.failed", "response.incomplete")


class Stream:
    """One stream, read event by event. `begun`: something was seen, so that work was done."""

    def __init__(self, line: Line, judge: Judge, on_partial: Callable[[Partial], None] | None) -> None:
        self.line = line
        self.judge = judge
        self.on_partial = on_partial
        self.begun = False
        self.request_id: str | None = None

    async def reply(self, order: Order, partials: int) -> Reply:
        """One POST to the Images API. Raises one of the five ends."""
        images = resource(self.line.client, "images")
        method: Any = images.edit if order.files else images.generate
        sent = {**order.fields, **order.files, "stream": True, "partial_images": partials}
        told = await self._guarded(self._picture(method(**sent, extra_body=dict(order.extra) or None)))
        pictures = tuple(item for item in told.pictures if isinstance(item, Painted))
        return Reply(told=told, pictures=pictures, request_id=self.request_id)

    async def said(self, turn: Turn) -> Said:
        """One turn of a conversation. Raises one of the five ends."""
        heard = await self._guarded(self._turn(self.posted(turn)))
        return Said(heard=heard, request_id=self.request_id)

    def posted(self, turn: Turn) -> Any:
        """The POST of a streamed turn, not yet awaited."""
        create: Any = resource(self.line.client, "responses").create
        return create(**turn.fields, stream=True, extra_body=dict(turn.extra) or None)

    async def _guarded(self, work: Any) -> Any:
        try:
            async with asyncio.timeout(self.line.timeout + 2 * CONNECT_SECONDS):
                return await work
        except Exception as error:
            ending = self.ending(error)
        raise ending

    def ending(self, error: Exception) -> ProviderError:
        """The end that an exception stands for; a frame with an error is one of the API's own."""
        if isinstance(error, Broken):
            return self.judge.of_frame(said_of(error.body), self.request_id, begun=self.begun)
        is_frame = isinstance(error, openai.APIError) and not isinstance(
            error, openai.APIStatusError | openai.APIConnectionError
        )
        if is_frame:
            said = said_of(json.dumps({"error": getattr(error, "body", None)}, default=str).encode())
            return self.judge.of_frame(said, self.request_id, begun=self.begun)
        return self.judge.of_exception(error, self.request_id)

    async def events(self, request: Any) -> AsyncGenerator[Mapping[str, Any], None]:
        """The events of a stream as the API wrote them; looks on the way are told and left out."""
        stream = await request
        self.request_id = stream.response.headers.get("x-request-id")
        try:
            async for event in stream:
                said = event.to_dict(mode="python") if hasattr(event, "to_dict") else {}
                if str(said.get("type", "")).endswith(".partial_image"):
                    self.begun = True
                    self._tell(said)
                else:
                    yield said
        finally:
            await stream.close()

    async def _picture(self, request: Any) -> Told:
        async with aclosing(self.events(request)) as events:
            async for said in events:
                if str(said.get("type", "")).endswith(".completed"):
                    return _told(said)
        raise Unreadable(UNFINISHED)

    async def _turn(self, request: Any) -> Heard:
        async with aclosing(self.events(request)) as events:
            async for said in events:
                kind, response = said.get("type"), said.get("response")
                if kind == "error":
                    raise Broken(json.dumps({"error": dict(said) | {"type": None}}, default=str).encode())
                if kind in ENDS and isinstance(response, Mapping):
                    return heard_of(response)
        raise Unreadable(UNFINISHED)

    def _tell(self, said: Mapping[str, Any]) -> None:
        """A look on the way; one that can't be read is none."""
        data = _bytes(said.get("partial_image_b64") or said.get("b64_json"))
        index = said.get("partial_image_index")
        if self.on_partial is not None and data is not None and isinstance(index, int):
            media_type = MEDIA_TYPES.get(str(said.get("output_format") or "png"), "image/png")
            self.on_partial(Partial(number=index + 1, data=data, media_type=media_type))


class Beside:
    """A stream beside a turn in the background: it tells its name and the looks on the way, and nothing hangs on its end."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream

    async def begin(self, turn: Turn) -> str:
        """The response's id, from the first event; the others are read on by a task of the line. Raises one of the five
        ends."""
        stream = self.stream
        events = stream.events(stream.posted(turn))
        handle: str | None = None
        try:
            async with asyncio.timeout(stream.line.timeout + 2 * CONNECT_SECONDS):
                first = await anext(events, None)
            response = first.get("response") if first is not None else None
            handle = str(response["id"]) if isinstance(response, Mapping) and response.get("id") else None
            if handle is None:
                raise Unreadable("began a turn and did not tell its name")
            stream.line.beside(self._read(events))
            return handle
        except Exception as error:
            ending = stream.ending(error)
        raise ending

    async def _read(self, events: AsyncGenerator[Mapping[str, Any], None]) -> None:
        """Reads to the end, if it comes to one."""
        with suppress(Exception):
            async with aclosing(events):
                async for _ in events:
                    pass


class Broken(Exception):
    """A frame of a stream says that it broke; `body` is that error as the API writes one."""

    def __init__(self, body: bytes) -> None:
        super().__init__("a stream broke")
        self.body = body


def stream_of(line: Line, call: Call, *, edits: bool = False) -> Stream:
    """A stream for one call."""
    request = call.request
    if request.api == "responses":
        judge = Judge(line.address, edits=False, model=request.responses_model, tool_model=request.model)
    else:
        judge = Judge(line.address, edits=edits, model=request.model)
    return Stream(line, judge, call.on_partial)


def _told(said: Mapping[str, Any]) -> Told:
    """The picture of a completed event. Raises Unreadable."""
    data = _bytes(said.get("b64_json"))
    if data is None:
        raise Unreadable("holds no readable picture")
    usage, size, quality = said.get("usage"), said.get("size"), said.get("quality")
    return Told(
        pictures=(Painted(data=data, media_type=MEDIA_TYPES.get(str(said.get("output_format")), "image/png")),),
        usage=dict(usage) if isinstance(usage, Mapping) else {},
        size=size if isinstance(size, str) else None,
        quality=quality if isinstance(quality, str) else None,
    )


def _bytes(text: object) -> bytes | None:
    if not isinstance(text, str) or not text:
        return None
    try:
        return binascii.a2b_base64(text.encode("ascii", "replace"), strict_mode=True) or None
    except binascii.Error:
        return None
