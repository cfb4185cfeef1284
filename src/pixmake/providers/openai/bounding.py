"""Providers room: answers are read to a bound, each by its kind: a server may never end, and its words are short."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator

import httpx2

from pixmake.providers.openai.images import Unreadable

MOST_ERROR = 1 << 16
"""Bytes of an error's answer as they come; unpacked they are at most some sixty megabytes. What follows is not read."""
MOST_TOLD = 32_000_000
"""Bytes of what is told of files, batches and models; a batch may name thousands of lines that are wrong."""
MOST_BYTES = 512_000_000
"""Of an answer with pictures: four of the largest size are about a quarter of it."""
PICTURES = ("/images/", "/responses")
TOLD = ("/files", "/batches", "/models")


class _Bounded(httpx2.AsyncByteStream):
    """The first bytes of a stream, as if it ended there."""

    def __init__(self, stream: httpx2.AsyncByteStream, most: int) -> None:
        self._stream = stream
        self._most = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._most
        async for piece in self._stream:
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Limited(httpx2.AsyncByteStream):
    """A stream that breaks where it grows too large."""

    def __init__(self, stream: httpx2.AsyncByteStream, most: float) -> None:
        self._stream = stream
        self._most = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._stream:
            size += len(piece)
            if size > self._most:
                raise Unreadable(f"is larger than {self._most / 10**6:g} MB")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


def most_of(path: str, sends: bool) -> float:
    """Bytes of a good answer at most, by its path and by whether something was sent. A file's content goes to the disk."""
    if path.endswith("/content") and not sends:
        return math.inf
    has_pictures = any(part in path for part in PICTURES) or not any(part in path for part in TOLD)
    return MOST_BYTES if has_pictures else MOST_TOLD


async def bound_answers(response: httpx2.Response) -> None:
    """For the client's `response` hooks: whatever is not 200 ends at its bound, and the rest breaks there."""
    stream, request = response.stream, response.request
    if not isinstance(stream, httpx2.AsyncByteStream):
        return
    if response.status_code != httpx2.codes.OK:
        response.stream = _Bounded(stream, MOST_ERROR)
    elif (most := most_of(request.url.path, request.method != "GET")) < math.inf:
        response.stream = _Limited(stream, most)
