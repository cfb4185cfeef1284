"""Build room: background calls that a person gives up: ended at their provider where it can be asked, else unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from pixmake.build.awaiting import Left, heard, looked, resumable
from pixmake.build.batching import failure_of
from pixmake.build.paying import why_of
from pixmake.clock import Clock
from pixmake.diagnostics import ExitCode, Problem
from pixmake.plan.keys import request_of
from pixmake.plan.world import Painter
from pixmake.providers.background import BackgroundProvider, End
from pixmake.providers.base import Answer, ProviderError, Unknown
from pixmake.store.home import Store
from pixmake.store.pool import Underway
from pixmake.values import dataclass

DONE = "it is done already: the next build collects it"
ENDING = "it was asked to end; the next build takes in what became of it"
ELSEWHERE = "a build awaits it right now"
GIVEN_UP = "given up: nobody here can be asked after it, so it may have been billed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledOff:
    """What came of it, in words. `over`: there is nothing to wait for any more."""

    message: str
    over: bool = False


async def call_off(
    store: Store, painters: Mapping[str, Painter], clock: Clock, scope: str, call: Underway
) -> CalledOff:
    """Ends one background call. Only the project that sent it may give it up unasked. Raises Problem for a full disk and such."""
    painter = painters.get(call.intent.provider)
    if painter is None and call.intent.scope != scope:
        return CalledOff(message=f"another project's call: cancel it in {call.intent.scope}")
    obstacle = painter.provider.obstacle() if painter is not None else None
    if obstacle is not None:
        return CalledOff(message=obstacle)
    try:
        with store.journal.key_lock(call.intent.key, timeout=0):
            return await _call_off(store, painters, clock, call)
    except Problem as busy:
        if busy.exit_code != ExitCode.LOCKED:
            raise
        return CalledOff(message=ELSEWHERE)


async def _call_off(store: Store, painters: Mapping[str, Painter], clock: Clock, call: Underway) -> CalledOff:
    found = resumable([call], painters)
    if not found:
        return await _ended(store, clock, call, Unknown(GIVEN_UP))
    provider = found[0][1].provider
    assert isinstance(provider, BackgroundProvider) and call.handle is not None
    request = request_of(call.intent.request)
    if isinstance(await looked(provider, call.handle, request), Answer):
        return CalledOff(message=DONE)
    try:
        await provider.call_off(call.handle, request)
    except ProviderError as error:
        return CalledOff(message=error.message)
    end = await looked(provider, call.handle, request)
    if end is None:
        return CalledOff(message=ENDING)
    believed = heard(end, call.intent, provider)
    if isinstance(believed, Left):
        return CalledOff(message=believed.message)
    return await _ended(store, clock, call, believed)


async def _ended(store: Store, clock: Clock, call: Underway, end: End) -> CalledOff:
    if isinstance(end, Answer):
        return CalledOff(message=DONE)
    now = clock.now().isoformat(timespec="milliseconds")
    record = failure_of(call.intent, why_of(end), end.message, now, end.request_id)
    if end.bill is not None:
        record = replace(record, billed=True, bill=end.bill.cost)
    await asyncio.to_thread(store.journal.append, record)
    return CalledOff(message=end.message, over=True)
