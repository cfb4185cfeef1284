"""Providers room: POSTs of one client that differ in nothing but their JSON. The SDK builds and sends the first ones; as
soon as two of them were alike, the others are copies with another body, sent through the very client that the SDK uses.

Driving the SDK takes longer than all else of a call. Whatever can't be told for certain is left to it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx2

from pixmake.providers.openai.sdk import openai

LENGTH = b"content-length"
"""The one header that a request's body is told by."""


class Repeats:
    """What the SDK sent by one client, whose address, key and headers never change."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http
        self._seen: dict[str, httpx2.Request] = {}
        self._proven: dict[str, httpx2.Request] = {}

    @asynccontextmanager
    async def post(
        self, kind: str, body: Mapping[str, Any], by_sdk: Callable[[], AbstractAsyncContextManager[Any]]
    ) -> AsyncIterator[httpx2.Response]:
        """The answer, of which no more than the head was read. `by_sdk` posts `body` by a method of the SDK; `kind` names
        all else that its requests depend on. Raises what the SDK raises, or the transport's own errors."""
        first, data = self._proven.get(kind), _json(body)
        if first is None or data is None or self._http.cookies:
            async with by_sdk() as reply:
                self._learn(kind, reply.http_request, body)
                yield reply.http_response
            return
        response = await self._http.send(_copy(first, data), stream=True)
        try:
            if not response.is_success:
                await response.aread()
                raise openai.APIStatusError(f"Error code: {response.status_code}", response=response, body=None)
            yield response
        finally:
            await response.aclose()

    def _learn(self, kind: str, request: httpx2.Request, body: Mapping[str, Any]) -> None:
        """Two requests that are alike prove that nothing in them is made for each call, a key or a date, say."""
        if kind in self._proven or not _says(request, body):
            return
        before = self._seen.setdefault(kind, request)
        if before is not request and _alike(before) == _alike(request):
            self._proven[kind] = request


def _json(body: Mapping[str, Any]) -> bytes | None:
    """The JSON of a body as the SDK writes it; None for what only the SDK can write."""
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError):
        return None


def _says(request: httpx2.Request, body: Mapping[str, Any]) -> bool:
    """Whether a request is a POST of `body` and nothing else, with no cookie in its head."""
    return request.method == "POST" and request.read() == _json(body) and "cookie" not in request.headers


def _alike(request: httpx2.Request) -> object:
    """All of a request but its body."""
    heads = [(name.lower(), value) for name, value in request.headers.raw if name.lower() != LENGTH]
    return request.url, heads, request.extensions


def _copy(first: httpx2.Request, body: bytes) -> httpx2.Request:
    request = httpx2.Request(
        first.method, first.url, headers=first.headers, stream=httpx2.ByteStream(body), extensions=first.extensions
    )
    request.headers["content-length"] = str(len(body))
    return request
