"""Build room: what a call brought, made safe and believed, then kept and recorded. Bytes first, the record that names them
last; pictures that arrive together share their flushes, and each is called done only when its own are on the disk.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial

from pixmake.diagnostics import Problem
from pixmake.digest import Digest, read_file
from pixmake.imaging.probe import BadPicture, Facts
from pixmake.imaging.wholeness import Passing
from pixmake.providers.base import Answer, Painted
from pixmake.secrecy import without_secrets
from pixmake.store.content import Arrival
from pixmake.store.durable import writing
from pixmake.store.home import Store
from pixmake.store.landing import LandingFile
from pixmake.store.records import Intent, Outcome, Result
from pixmake.values import dataclass

LONGEST_USAGE = 2000
"""Characters of a usage that is worth remembering."""

FLUSHES = 6
"""Pictures that are flushed at once: a disk that others use too takes many flushes in the time of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The whole pictures of an answer, safe in `incoming/`, with their records; `faults`: what the others are."""

    arrivals: tuple[Arrival, ...] = ()
    results: tuple[Result, ...] = ()
    faults: tuple[str, ...] = ()


class Landings:
    """Opens the landings of one call, and remembers which were."""

    def __init__(self, store: Store, intent: str) -> None:
        self.store = store
        self.intent = intent
        self.opened: list[LandingFile] = []

    def __call__(self, number: int) -> LandingFile:
        landing = self.store.content.land(self.intent, number, Passing())
        self.opened.append(landing)
        return landing

    @property
    def all_taken(self) -> bool:
        """Whether each of them became a picture's."""
        return all(landing.taken for landing in self.opened)

    def close(self) -> None:
        """Lets go of what its provider forgot."""
        for landing in self.opened:
            landing.abandon()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A call's answer on its way into the store; `time` is when it came, ISO 8601."""

    intent: Intent
    answer: Answer
    time: str
    landings: Landings | None = None


def found_in(store: Store, intent: Intent, answer: Answer, time: str, source: str = "api") -> Found:
    """What an answer brought: made safe first, then looked at. Raises Problem where the disk fails."""
    arrivals, results, faults = [], [], []
    for number, painted in enumerate(answer.pictures):
        data = _bytes(painted)
        place = number if isinstance(data, bytes) else data.number
        arrival = store.content.receive(intent.intent, place, data)
        try:
            facts = _facts(data, arrival)
        except BadPicture as bad:
            faults.append(bad.message)
            continue
        size = len(data) if isinstance(data, bytes) else data.size
        arrivals.append(arrival)
        results.append(_result(intent, answer, painted, facts, arrival.digest, size, time, source))
    return Found(arrivals=tuple(arrivals), results=tuple(results), faults=tuple(faults))


def _bytes(painted: Painted) -> bytes | LandingFile:
    if isinstance(painted.landing, LandingFile):
        return painted.landing
    return painted.data if painted.landing is None else painted.landing.read()


def _facts(data: bytes | LandingFile, arrival: Arrival) -> Facts:
    """What a picture is. Raises BadPicture for anything but a whole one, and Problem where the disk fails."""
    if isinstance(data, bytes):
        return believed(data)
    with writing(arrival.path):
        return (
            data.onlooker.facts(arrival.path)
            if isinstance(data.onlooker, Passing)
            else believed(read_file(arrival.path))
        )


def _result(
    intent: Intent, answer: Answer, painted: Painted, facts: Facts, digest: Digest, size: int, time: str, source: str
) -> Result:
    return Result(
        digest=digest,
        media_type=facts.media_type,
        bytes=size,
        time=time,
        source=source,
        scope=intent.scope,
        width=facts.upright_width,
        height=facts.upright_height,
        cost=None if answer.cost is None else answer.cost / len(answer.pictures),
        usage=_kept_usage(answer.usage),
        request_id=kept(answer.request_id),
        model=kept(answer.model) or intent.model,
        revised_prompt=kept(painted.revised_prompt),
        response_id=kept(answer.response_id),
    )


def kept(text: str | None) -> str | None:
    """What a server said, as it may be written down: without the secrets that it may have repeated."""
    return None if text is None else without_secrets(text, os.environ)


def _kept_usage(usage: Mapping[str, object]) -> Mapping[str, object]:
    text = json.dumps(usage, default=str)
    said: dict[str, object] = json.loads(_kept_text(text) if len(text) < LONGEST_USAGE else kept(text) or "{}")
    return said


@lru_cache(maxsize=64)
def _kept_text(text: str) -> str:
    """As `kept`: pictures of one size use the same, and looking through the environment takes a millisecond."""
    return without_secrets(text, os.environ)


def delivering(store: Store) -> Callable[[Sequence[Delivery]], Sequence[Found | Problem]]:
    """Work for `Shared`: makes the answers of many calls safe, keeps their pictures, writes their `done`, and then clears
    their way. An answer without a usable picture is only looked at: it is no delivery."""

    hands = ThreadPoolExecutor(FLUSHES, "landing")

    def deliver(deliveries: Sequence[Delivery]) -> Sequence[Found | Problem]:
        ends = list((hands.map if len(deliveries) > 1 else map)(partial(_looked_at, store), deliveries))
        pairs = zip(deliveries, ends, strict=True)
        whole = [(item, end) for item, end in pairs if isinstance(end, Found) and end.results]
        if whole:
            store.content.keep(*(arrival for _, found in whole for arrival in found.arrivals))
            store.journal.append(*(_outcome(item, found) for item, found in whole))
            _clear(store, whole)
        return ends

    return deliver


def _looked_at(store: Store, item: Delivery) -> Found | Problem:
    """What one call brought; where it can't be made safe that is its own trouble, not that of the others."""
    try:
        return found_in(store, item.intent, item.answer, item.time)
    except Problem as trouble:
        return trouble


def _outcome(item: Delivery, found: Found) -> Outcome:
    return Outcome(intent=item.intent.intent, key=item.intent.key, results=found.results, cost=item.answer.cost)


def _clear(store: Store, whole: Iterable[tuple[Delivery, Found]]) -> None:
    for item, found in whole:
        if not found.faults and (item.landings is None or item.landings.all_taken):
            store.content.clear_kept(found.arrivals)
        else:
            store.content.clear(item.intent.intent)


def believed(data: bytes) -> Facts:
    """What a picture that was paid for is. Raises BadPicture for anything but a whole one."""
    from pixmake.imaging.wholeness import whole_picture

    return whole_picture(data)
