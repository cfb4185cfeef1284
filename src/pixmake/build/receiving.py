"""Build room: what a call brought, made safe and believed, then kept and recorded. Bytes first, the record that names them
last; pictures that arrive together share their flushes, and each is called done only when its own are on the disk.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from pixmake.digest import Digest
from pixmake.imaging.probe import BadPicture, Facts
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The whole pictures of an answer, safe in `incoming/`, with their records; `faults`: what the others are."""

    arrivals: tuple[Arrival, ...] = ()
    results: tuple[Result, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A call's pictures on their way into the store. `alone`: nothing else came for its intent."""

    intent: str
    key: Digest
    found: Found
    cost: Decimal | None
    alone: bool = False


class Landings:
    """Opens the landings of one call, and remembers which were."""

    def __init__(self, store: Store, intent: str) -> None:
        self.store = store
        self.intent = intent
        self.opened: list[LandingFile] = []

    def __call__(self, number: int) -> LandingFile:
        landing = self.store.content.land(self.intent, number)
        self.opened.append(landing)
        return landing

    def close(self) -> None:
        """Lets go of what its provider forgot."""
        for landing in self.opened:
            landing.abandon()


def found_in(store: Store, intent: Intent, answer: Answer, time: str, source: str = "api") -> Found:
    """What an answer brought: made safe first, then looked at. Raises Problem where the disk fails."""
    arrivals, results, faults = [], [], []
    for number, painted in enumerate(answer.pictures):
        data, landing = _bytes(painted)
        arrival = store.content.receive(intent.intent, landing.number if landing else number, data, landing)
        try:
            facts = believed(data)
        except BadPicture as bad:
            faults.append(bad.message)
            continue
        arrivals.append(arrival)
        results.append(_result(intent, answer, painted, facts, arrival.digest, len(data), time, source))
    return Found(arrivals=tuple(arrivals), results=tuple(results), faults=tuple(faults))


def _bytes(painted: Painted) -> tuple[bytes, LandingFile | None]:
    if isinstance(painted.landing, LandingFile):
        with writing(painted.landing.path):
            return painted.landing.read(), painted.landing
    return painted.data if painted.landing is None else painted.landing.read(), None


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


def delivering(store: Store) -> Callable[[Sequence[Delivery]], Sequence[None]]:
    """Work for `Shared`: keeps the pictures of many calls, writes their `done`, and then clears their way."""

    def deliver(deliveries: Sequence[Delivery]) -> Sequence[None]:
        store.content.keep(*(arrival for item in deliveries for arrival in item.found.arrivals))
        store.journal.append(*map(_outcome, deliveries))
        _clear(store, deliveries)
        return [None] * len(deliveries)

    return deliver


def _outcome(item: Delivery) -> Outcome:
    return Outcome(intent=item.intent, key=item.key, results=item.found.results, cost=item.cost)


def _clear(store: Store, deliveries: Iterable[Delivery]) -> None:
    for item in deliveries:
        if item.alone:
            store.content.clear_kept(item.found.arrivals)
        else:
            store.content.clear(item.intent)


def believed(data: bytes) -> Facts:
    """What a picture that was paid for is. Raises BadPicture for anything but a whole one."""
    from pixmake.imaging.wholeness import whole_picture

    return whole_picture(data)
