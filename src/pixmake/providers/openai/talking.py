"""Providers room: the Responses API over the SDK. One turn is one POST; what runs in the background is asked for by its id."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from typing import Any

from pixmake.providers.openai.client import CONNECT_SECONDS, MOST_BYTES, Line
from pixmake.providers.openai.errors import Judge
from pixmake.providers.openai.images import Unreadable, object_of
from pixmake.providers.openai.responses import Heard, heard_of
from pixmake.providers.openai.sdk import openai, resource
from pixmake.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What is posted: the SDK's fields, and further ones from `options`."""

    fields: Mapping[str, Any]
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer of status 200, as it was understood."""

    heard: Heard
    request_id: str | None


class Gone(Exception):
    """The server knows no response of that name."""


class Talk:
    """Turns of conversations with one server."""

    def __init__(self, line: Line, model: str | None, tool_model: str | None = None) -> None:
        """`model` is talked to, `tool_model` draws: what a "no such model" may be about."""
        self.line = line
        self.judge = Judge(line.address, edits=False, model=model, tool_model=tool_model)

    async def say(self, turn: Turn) -> Said:
        """One POST. Raises one of the five ends."""
        create: Any = resource(self.line.client, "responses").with_streaming_response.create
        return await self._exchange(create(**turn.fields, extra_body=dict(turn.extra) or None))

    async def look(self, handle: str) -> Said | None:
        """What has become of a response, by its id; None where the server knows it no more. Free; may be asked again.

        Raises one of the five ends, which says nothing of the response itself.
        """
        retrieve: Any = resource(self.line.client, "responses").with_streaming_response.retrieve
        try:
            return await self._exchange(retrieve(handle), looking=True)
        except Gone:
            return None

    async def cancel(self, handle: str) -> None:
        """Asks for the end of a response in the background; one that is gone has ended. Raises as `look`."""
        cancel: Any = resource(self.line.client, "responses").with_streaming_response.cancel
        with suppress(Gone):
            await self._exchange(cancel(handle), looking=True)

    async def _exchange(self, request: Any, *, looking: bool = False) -> Said:
        named: list[str] = []
        try:
            async with asyncio.timeout(self.line.timeout + 2 * CONNECT_SECONDS):
                body = await self._body(request, named)
            heard = await asyncio.to_thread(lambda: heard_of(object_of(body)))
            return Said(heard=heard, request_id=named[0] if named else None)
        except Exception as error:
            if looking and isinstance(error, openai.NotFoundError):
                raise Gone from None
            ending = self.judge.of_exception(error, named[0] if named else None)
        raise ending

    async def _body(self, request: Any, named: list[str]) -> bytes:
        """The body of an answer of status 200. The request id goes into `named` as soon as it is known."""
        body = bytearray()
        async with request as response:
            if "x-request-id" in response.headers:
                named.append(response.headers["x-request-id"])
            async for piece in response.iter_bytes():
                body += piece
                if len(body) > MOST_BYTES:
                    raise Unreadable(f"is larger than {MOST_BYTES // 10**6} MB")
        return bytes(body)
