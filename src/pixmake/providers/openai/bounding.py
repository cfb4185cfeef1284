"""Providers room: answers that are no pictures are read to a bound: an error's words are short, and a server may never end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2

MOST_ERROR = 1 << 16
"""Bytes of an error's answer as they come; unpacked they are at most some sixty megabytes. What follows is not read."""


class _Bounded(httpx2.AsyncByteStream):
    """The first MOST_ERROR bytes of a stream, as if it ended there."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MOST_ERROR
        async for piece in self._stream:
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return

    async def aclose(self) -> None:
        await self._stream.aclose()


async def bound_errors(response: httpx2.Response) -> None:
    """For the client's `response` hooks: whatever is not 200 ends at the bound."""
    if response.status_code != httpx2.codes.OK and isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Bounded(response.stream)
