"""Build room: background calls of this project that no step of a plan waits for: looked at once, and kept where they are done.

Their asset may be another one than was selected, or gone from the spec: what was paid for is saved all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence

from pixmake.build.awaiting import looked, resumable
from pixmake.build.paying import Cashier
from pixmake.diagnostics import ExitCode, Problem
from pixmake.digest import Digest
from pixmake.plan.keys import request_of
from pixmake.plan.world import Painter
from pixmake.providers.background import BackgroundProvider
from pixmake.store.pool import Underway

AT_ONCE = 8
Stray = tuple[Underway, Painter]


def strays_of(cashier: Cashier, painters: Mapping[str, Painter], awaited: Collection[Digest]) -> list[Stray]:
    """This project's background calls, but for the keys that are `awaited` anyway."""
    calls = [call for call in cashier.store.results.underway() if call.intent.scope == cashier.scope]
    return resumable([call for call in calls if call.intent.key not in awaited], painters)


async def gather_strays(cashier: Cashier, strays: Sequence[Stray]) -> None:
    """Asks after each of them once. Raises Problem for a full disk and such."""
    gate = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(_gather(cashier, call, painter, gate) for call, painter in strays))


async def _gather(cashier: Cashier, call: Underway, painter: Painter, gate: asyncio.Semaphore) -> None:
    provider, store = painter.provider, cashier.store
    assert call.handle is not None and isinstance(provider, BackgroundProvider)
    async with gate:
        try:
            with store.journal.key_lock(call.intent.key, timeout=0):
                store.results.refresh()
                if call in store.results.pool(call.intent.key).underway:
                    end = await looked(provider, call.handle, request_of(call.intent.request))
                    if end is not None:
                        await cashier.resume(call, painter, end)
        except Problem as busy:  # another build awaits it
            if busy.exit_code != ExitCode.LOCKED:
                raise
