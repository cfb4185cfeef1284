"""Build room: intents whose process died: what arrived whole is finished, the rest is `unknown`. Never sends anything.

What goes on at its provider is left to whoever collects it.
"""

from __future__ import annotations

from collections.abc import Iterable

from pixmake.build.receiving import believed
from pixmake.clock import Clock
from pixmake.diagnostics import ExitCode, Problem
from pixmake.imaging.probe import BadPicture, probe_file
from pixmake.store.content import Arrival
from pixmake.store.home import Store
from pixmake.store.pool import DIED
from pixmake.store.records import Failure, Intent, Outcome, Result, decode_or_none


def recover(store: Store, clock: Clock) -> int:
    """Settles every open intent that no living process works on; returns how many pictures were saved that way."""
    saved, waiting = 0, store.content.waiting()
    store.results.refresh()
    underway = {item.intent.intent for item in store.results.underway()}
    for intent in store.journal.open_intents():
        if intent.intent in underway:
            continue
        try:
            with store.journal.key_lock(intent.key, timeout=0):
                saved += _settle(store, intent, clock)
        except Problem as busy:
            if busy.exit_code != ExitCode.LOCKED:
                raise
    _tidy(store, waiting)
    return saved


def _tidy(store: Store, waiting: Iterable[str]) -> None:
    """Clears what was left on the way by processes that died after the end was recorded, and torn files of those before.

    `waiting` was asked before the journal is: of a call that is in flight now, no end is in it.
    """
    if not waiting:
        return
    records = map(decode_or_none, store.journal.read().lines)
    ended = {item.intent for item in records if isinstance(item, Outcome | Failure)}
    for intent in waiting:
        if intent in ended:
            store.content.clear(intent)


def _settle(store: Store, intent: Intent, clock: Clock) -> int:
    if all(item.intent != intent.intent for item in store.journal.open_intents()):
        return 0  # its own process finished it while we waited for the lock
    store.results.refresh()
    if any(item.intent == intent for item in store.results.pool(intent.key).underway):
        return 0  # written after we looked for what is under way
    now = clock.now().isoformat(timespec="milliseconds")
    found = salvage(store, intent, now)
    if not found:
        store.journal.append(Failure(intent=intent.intent, key=intent.key, why="unknown", message=DIED, time=now))
    return found


def salvage(store: Store, intent: Intent, now: str) -> int:
    """Keeps and records what came whole of a call without a usable answer, at an unknown cost; how many pictures.

    Where that is nothing, nothing is recorded. `now` is a time, ISO 8601. The caller holds the key's lock, and nobody
    writes to the call's landings any more. Raises Problem.
    """
    _land(store, intent)
    found = [
        (arrival, result)
        for arrival in store.content.arrivals(intent.intent)
        if (result := _result(intent, arrival, now))
    ]
    if found:
        store.content.keep(*(arrival for arrival, _ in found))
        results = tuple(result for _, result in found)
        store.journal.append(Outcome(intent=intent.intent, key=intent.key, results=results))
        store.content.clear(intent.intent)
    return len(found)


def _land(store: Store, intent: Intent) -> None:
    """Takes over pictures that had come whole although the answer they came in had not."""
    for landing in store.content.landings(intent.intent):
        try:
            believed(landing.read())
        except BadPicture:
            landing.abandon()  # torn: it goes where all goes that was paid for and can't be used
        else:
            store.content.receive(intent.intent, landing.number, landing)


def _result(intent: Intent, arrival: Arrival, now: str) -> Result | None:
    try:
        facts = probe_file(arrival.path)
    except BadPicture:
        return None
    return Result(
        digest=arrival.digest,
        media_type=facts.media_type,
        bytes=arrival.path.stat().st_size,
        time=now,
        source="api",
        scope=intent.scope,
        width=facts.upright_width,
        height=facts.upright_height,
        model=intent.model,
    )
