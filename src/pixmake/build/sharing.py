"""Build room: work that costs the same for one as for many, done for all who wait: a flush of the journal, of folders.

It knows nothing of what the work is. Whoever comes while a round runs, or while a rest is kept, is in the next one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from pixmake.diagnostics import Problem

Item = TypeVar("Item")
End = TypeVar("End")


class Shared(Generic[Item, End]):
    """Rounds of one kind of work, one at a time, each in a thread."""

    def __init__(self, work: Callable[[Sequence[Item]], Sequence[End | Problem]], *, rest: float = 0) -> None:
        """`work` returns one end for each item, in their order; one that is a Problem is raised by who asked for it, and
        what `work` raises, by all of its round. After a round it rests `rest` times as long as that took: for work that
        grows less than those who wait for it, and that nobody is in a hurry for."""
        self._work = work
        self._rest = rest
        self._next = 0.0
        """When the next round may begin, by the monotonic clock."""
        self._due: list[tuple[Item, asyncio.Future[End]]] = []
        self._rounds: asyncio.Task[None] | None = None

    async def do(self, item: Item) -> End:
        """Has `item` done; returns when its round has ended."""
        future: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._due.append((item, future))
        if self._rounds is None:
            self._rounds = asyncio.ensure_future(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._due:
                await asyncio.sleep(self._next - time.monotonic())  # who is just about to come is taken along
                due, self._due = self._due, []
                began = time.monotonic()
                await self._round(due)
                ended = time.monotonic()
                self._next = ended + self._rest * (ended - began)
        finally:
            self._rounds = None

    async def _round(self, due: Sequence[tuple[Item, asyncio.Future[End]]]) -> None:
        try:
            ends = await asyncio.to_thread(self._work, [item for item, _ in due])
        except Exception as error:
            for _, future in due:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), end in zip(due, ends, strict=True):
            if future.done():
                continue
            if isinstance(end, Problem):
                future.set_exception(end)
            else:
                future.set_result(end)
