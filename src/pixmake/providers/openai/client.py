"""Providers room: the one place where the SDK is used. One order is one POST; the SDK's own retries are off.

Every call has a connection of its own: on one that is kept, a call could be lost to a server that was just closing it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import field
from typing import Any

import httpx2

from pixmake.providers.base import Landing, Painted
from pixmake.providers.openai.address import Address
from pixmake.providers.openai.bounding import MOST_BYTES as MOST_BYTES
from pixmake.providers.openai.bounding import bound_answers
from pixmake.providers.openai.clients import client_of
from pixmake.providers.openai.dialect import Dialect
from pixmake.providers.openai.errors import Judge
from pixmake.providers.openai.fetching import Fetcher, Unfetched
from pixmake.providers.openai.handing import taker
from pixmake.providers.openai.images import Link, Told, Unreadable, told_of
from pixmake.providers.openai.parts import Part
from pixmake.providers.openai.repeating import Repeats
from pixmake.providers.openai.sdk import openai, resource
from pixmake.providers.openai.unpacking import Unpacker
from pixmake.providers.openai.wire import HANDED, transport
from pixmake.values import dataclass

CONNECT_SECONDS = 15.0
NAMED = frozenset({"prompt", "model"})
"""Fields that the SDK looks at: without a prompt it sends nothing, and Azure's paths hold the model."""
NO_KEEPING = httpx2.Limits(max_connections=None, max_keepalive_connections=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is posted: the SDK's fields, further ones from `options`, and the files of an edit (none: generate)."""

    fields: Mapping[str, Any]
    extra: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Part | list[Part]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer of status 200 with at least one picture."""

    told: Told
    pictures: tuple[Painted, ...]
    request_id: str | None


class _Intake:
    """An answer on its way into an unpacker, as far as it is no larger than any is."""

    def __init__(self, unpacker: Unpacker) -> None:
        self._unpacker = unpacker
        self._size = 0

    def take(self, data: bytes | bytearray, size: int) -> None:
        """The next bytes. Raises Unreadable."""
        self._size += size
        if self._size > MOST_BYTES:
            raise Unreadable(f"is larger than {MOST_BYTES // 10**6} MB")
        self._unpacker.take(data, size)


class Line:
    """Calls to one server in one event loop."""

    def __init__(
        self,
        address: Address,
        dialect: Dialect,
        *,
        timeout: float,
        organization: str | None = None,
        project: str | None = None,
    ) -> None:
        self.address = address
        self.timeout = timeout
        self.loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self.http = openai.DefaultAsyncHttpxClient(
            limits=NO_KEEPING,
            follow_redirects=False,
            timeout=_timeouts(timeout),
            transport=transport(),
            event_hooks={"response": [bound_answers]},
        )
        self.client = client_of(
            address,
            dialect,
            http=self.http,
            timeout=_timeouts(timeout),
            organization=organization,
            project=project,
        )
        self._repeats = Repeats(self.http)

    async def post(self, order: Order, land: Callable[[int], Landing] | None = None) -> Reply:
        """One POST. Its pictures go to where `land` says as they come, those that are fetched excepted.

        Raises one of the five ends, free of any exception that may hold headers.
        """
        judge = Judge(self.address, edits=bool(order.files), model=order.fields.get("model"))
        named: list[str] = []
        unpacker = Unpacker(land)
        try:
            async with asyncio.timeout(self.timeout + 2 * CONNECT_SECONDS):
                await self._exchange(order, named, unpacker)
            return await self._reply(told_of(unpacker), named[0] if named else None)
        except Exception as error:
            ending = judge.of_exception(error, named[0] if named else None)
        finally:
            unpacker.abandon()
        raise ending

    async def _exchange(self, order: Order, named: list[str], unpacker: Unpacker) -> None:
        """Unpacks an answer of status 200. The request id goes into `named` as soon as it is known."""
        intake = _Intake(unpacker)
        taking = taker.set(intake.take)
        try:
            async with self._request(order) as response:
                if "x-request-id" in response.headers:
                    named.append(response.headers["x-request-id"])
                if (handed := response.extensions.get(HANDED)) is not None:
                    await handed()
                else:
                    async for piece in response.aiter_bytes():
                        intake.take(piece, len(piece))
        finally:
            taker.reset(taking)

    @asynccontextmanager
    async def _edit(self, order: Order) -> AsyncIterator[httpx2.Response]:
        edit: Any = resource(self.client, "images").with_streaming_response.edit
        async with edit(**order.fields, **order.files, extra_body=dict(order.extra) or None) as reply:
            yield reply.http_response

    def _request(self, order: Order) -> AbstractAsyncContextManager[httpx2.Response]:
        """The POST, not yet sent. What needs none of the SDK's care goes as it is."""
        if order.files:
            return self._edit(order)
        named = {name: value for name, value in order.fields.items() if name in NAMED}
        further = {name: value for name, value in order.fields.items() if name not in NAMED} | dict(order.extra)
        generate: Any = resource(self.client, "images").with_streaming_response.generate
        return self._repeats.post(
            str(named.get("model")), {**named, **further}, lambda: generate(**named, extra_body=further)
        )

    async def _reply(self, told: Told, request_id: str | None) -> Reply:
        faults = list(told.faults)
        pictures = [await self._picture(item, faults) for item in told.pictures]
        good = tuple(item for item in pictures if item is not None)
        if not good:
            raise Unreadable("holds no picture: " + ("; ".join(faults) or "its list is empty"))
        return Reply(told=told, pictures=good, request_id=request_id)

    async def _picture(self, item: Painted | Link, faults: list[str]) -> Painted | None:
        """The picture itself, fetched where the answer only points to it; None (and a fault) where that fails."""
        if isinstance(item, Painted):
            return item
        fetcher = Fetcher(base=self.address.url, headers=self.address.key_headers)
        try:
            async with asyncio.timeout(self.timeout):
                data = await fetcher.fetch(self.http, item.url)
        except Unfetched as unfetched:
            faults.append(f"its address {unfetched}")
        except TimeoutError:
            faults.append("its address did not answer in time")
        else:
            return Painted(data=data, media_type="image/png", revised_prompt=item.revised_prompt)
        return None

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Lets `work` go on until it ends or this line is closed."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Gives back connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.client.close()


def _timeouts(seconds: float) -> openai.Timeout:
    return openai.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
