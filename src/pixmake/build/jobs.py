"""Build room: what is under way at providers, as jobs: the calls of one batch together, a background run alone. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from pixmake.store.pool import Underway
from pixmake.store.records import Route
from pixmake.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Calls that are collected together. `handle` None: a batch that is still to be found by its `group`.

    `provider` is who was asked, by the name in the spec of whoever asked; `time` when the first intent was written.
    """

    route: Route
    handle: str | None
    group: str | None
    provider: str
    calls: tuple[Underway, ...]

    @property
    def time(self) -> str:
        return self.calls[0].intent.time

    @property
    def images(self) -> int:
        return sum(call.intent.count for call in self.calls)

    @property
    def reserved(self) -> Decimal:
        """USD set aside for it, at the high price."""
        return sum((call.intent.reserved or Decimal(0) for call in self.calls), Decimal(0))

    @property
    def name(self) -> str:
        """How people name it: by the provider's id, else by our own."""
        return self.handle or self.group or self.calls[0].intent.intent

    @property
    def assets(self) -> list[str]:
        """Assets that it brings pictures for, each once."""
        return list(dict.fromkeys(call.intent.asset for call in self.calls))


def jobs_of(calls: Iterable[Underway]) -> list[Job]:
    """Calls by job, in the order in which they were sent."""
    groups: dict[tuple[str, str], list[Underway]] = {}
    for call in calls:
        intent = call.intent
        name = intent.group if intent.route == "batch" else call.handle
        groups.setdefault((intent.route, name or intent.intent), []).append(call)
    return [_job(sorted(members, key=_place)) for members in groups.values()]


def _place(call: Underway) -> tuple[str, str, int]:
    return call.intent.time, call.intent.asset, call.intent.step


def _job(calls: list[Underway]) -> Job:
    first = calls[0].intent
    return Job(
        route=first.route,
        handle=next((call.handle for call in calls if call.handle), None),  # a crash may have cut the record short
        group=first.group,
        provider=first.provider,
        calls=tuple(calls),
    )
