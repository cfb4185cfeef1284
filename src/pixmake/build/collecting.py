"""Build room: finished batches, collected: answers to disk → bytes → `done`. Nothing is sent that could cost, by anybody.

A batch whose answer was lost is looked for by its group; only where it is certainly not there are its calls let go. Each
batch is collected by one process at a time, and a kill -9 anywhere leaves what the next one finishes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import field
from datetime import datetime
from decimal import Decimal

from pixmake.build.batching import failure_of, group_lock
from pixmake.build.calling_off import call_off
from pixmake.build.jobs import Job, jobs_of
from pixmake.build.paying import why_of
from pixmake.build.receiving import found_in
from pixmake.clock import Clock
from pixmake.diagnostics import ExitCode, Problem
from pixmake.plan.entries import usd
from pixmake.plan.pricing import batching
from pixmake.plan.world import Painter
from pixmake.providers.base import Answer, Failed, ProviderError
from pixmake.providers.batching import Batch, BatchProvider
from pixmake.store.home import Store
from pixmake.store.pool import Underway
from pixmake.store.records import Intent, Outcome, Sent, Why, decode_or_none
from pixmake.values import dataclass

GRACE = 900.0
"""Seconds for which "it is not there" proves nothing: a request may still be travelling, a list may lag behind."""
SKEW = 31 * 86_400.0
"""Seconds by which our clock may have been ahead of the provider's when a batch was made: so far back it is looked for."""
ZERO = Decimal(0)
ELSEWHERE = "another process makes or collects it right now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a job stands: what its provider says of it (None: nobody was asked, or nobody knows), and in words why it is
    not collected. `over`: there is nothing of it to wait for any more."""

    job: Job
    batch: Batch | None = None
    message: str | None = None
    over: bool = False


@dataclass(slots=True)
class Gathered:
    """What collecting brought: pictures saved, USD billed for them, calls that ended without, and the jobs that go on."""

    saved: int = 0
    spent: Decimal = ZERO
    failed: int = 0
    released: int = 0
    """Calls that were certainly not done, and may be sent again."""
    standing: list[Standing] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def going(self) -> list[Standing]:
        """What is still to be waited for."""
        return [item for item in self.standing if not item.over]


class Collector:
    """Collects what is under way for one store, as far as these providers know it."""

    def __init__(self, store: Store, painters: Mapping[str, Painter], clock: Clock, scope: str) -> None:
        self.store = store
        self.painters = painters
        self.clock = clock
        self.scope = scope

    async def collect(self) -> Gathered:
        """Asks after every batch and takes in what is done. Raises Problem for a full disk and such."""
        gathered = Gathered()
        for job in self.jobs():
            gathered.standing.append(await self._locked(job, gathered))
        return gathered

    async def cancel(self, job: Job) -> Standing:
        """Asks for a batch's end; what is done by then is delivered and billed, and collected with all else.

        One that its provider knows nothing of is given up: its calls are unknown, perhaps billed.
        """
        if job.route == "background":
            end = await call_off(self.store, self.painters, self.clock, self.scope, job.calls[0])
            return Standing(job=job, message=end.message, over=end.over)
        provider = self.provider_of(job)
        if provider is None:
            return Standing(job=job, message=self._nobody(job))
        try:
            handle = job.handle or getattr(await provider.find(job.group or "", _since(job)), "handle", None)
            batch = await provider.cancel(handle) if handle is not None else None
        except ProviderError as error:
            return Standing(job=job, message=error.message)
        if batch is not None:
            return Standing(job=job, batch=batch)
        if job.handle is None and not self._is_old(job):
            return Standing(job=job, message="no batch of that name is there (yet): try again in a quarter of an hour")
        message = f"batch {job.name} was given up: its provider does not know it"
        with group_lock(self.store, job.group or ""):
            await self._failed(self._still_open(job), "unknown", message, Gathered())
        return Standing(job=job, message=message, over=True)

    async def standing(self, job: Job) -> Standing:
        """How a job stands, collecting nothing."""
        provider = self.provider_of(job) if job.route == "batch" else None
        if provider is None or job.handle is None:
            return Standing(job=job, message=self._nobody(job) if job.route == "batch" and provider is None else None)
        try:
            return Standing(job=job, batch=await provider.look(job.handle))
        except ProviderError as error:
            return Standing(job=job, message=error.message)

    async def close(self) -> None:
        """Gives back connections."""
        for painter in self.painters.values():
            await painter.provider.close()

    def jobs(self) -> list[Job]:
        """The batches that are under way."""
        self.store.results.refresh()
        return [job for job in jobs_of(self.store.results.underway()) if job.route == "batch"]

    def provider_of(self, job: Job) -> BatchProvider | None:
        """Who can be asked after a batch: whoever sees the same server by the same account; else, in the project that
        sent it, whoever is called so now (a key may have been changed)."""
        asked = {name: provider for name, item in self.painters.items() if (provider := batching(item.provider))}
        ready = {name: provider for name, provider in asked.items() if provider.obstacle() is None}
        same = [provider for provider in ready.values() if self.is_certain(job, provider)]
        if same:
            return same[0]
        return ready.get(job.provider) if job.calls[0].intent.scope == self.scope else None

    def is_certain(self, job: Job, provider: BatchProvider) -> bool:
        """Whether this provider's "not there" is to be believed: it is the very account that was asked."""
        return (job.group or "").startswith(f"{provider.place()}-")

    def _nobody(self, job: Job) -> str:
        painter = self.painters.get(job.provider)
        obstacle = painter.provider.obstacle() if painter is not None else None
        return obstacle or f"it was sent to '{job.provider}' under another key or address than are known here"

    # --- one batch --------------------------------------------------------------------------------------------------

    async def _locked(self, job: Job, gathered: Gathered) -> Standing:
        provider = self.provider_of(job)
        if provider is None:
            return Standing(job=job, message=self._nobody(job))
        try:
            with group_lock(self.store, job.group or ""):
                calls = self._still_open(job)
                if not calls:
                    return Standing(job=job, over=True)
                return await self._look(job, calls, provider, gathered)
        except ProviderError as error:
            return Standing(job=job, message=error.message)
        except Problem as busy:
            if busy.exit_code != ExitCode.LOCKED:
                raise
            return Standing(job=job, message=ELSEWHERE)

    def _still_open(self, job: Job) -> list[Underway]:
        """Its calls that nobody else has collected meanwhile."""
        self.store.results.refresh()
        return [call for call in self.store.results.underway() if call.intent.group == job.group]

    async def _look(self, job: Job, calls: Sequence[Underway], provider: BatchProvider, gathered: Gathered) -> Standing:
        batch = await self._batch(job, calls, provider)
        if batch is None:
            return await self._absent(job, calls, provider, gathered)
        if not batch.over:
            return Standing(job=job, batch=batch)
        if batch.trouble is not None and not batch.files and not batch.completed:
            await self._failed(calls, why_of(batch.trouble), batch.trouble.message, gathered)
            gathered.warnings.append(f"batch {batch.handle}: {batch.trouble.message}")
            return Standing(job=job, batch=batch, over=True)
        # call by call: a disk that is full in the middle loses nothing, and the next build goes on
        await asyncio.to_thread(self.store.content.ensure_room, max(call.intent.count for call in calls))
        return await self._take_in(job, batch, calls, provider, gathered)

    async def _batch(self, job: Job, calls: Sequence[Underway], provider: BatchProvider) -> Batch | None:
        """The batch as its provider knows it; its name is written down where it had been lost."""
        if job.handle is not None:
            found = await provider.look(job.handle)
        else:
            found = await provider.find(job.group or "", _since(job))
        if found is None or (found.group is not None and found.group != job.group):
            return None
        nameless = [call.intent for call in calls if call.handle is None]
        if nameless:
            now = self._now()
            names = [Sent(intent=item.intent, key=item.key, handle=found.handle, time=now) for item in nameless]
            await asyncio.to_thread(self.store.journal.append, *names)
        return found

    async def _absent(
        self, job: Job, calls: Sequence[Underway], provider: BatchProvider, gathered: Gathered
    ) -> Standing:
        """Its provider knows no such batch. That is certain only there where it was sent, and after a while."""
        if job.handle is not None:
            message = f"its provider knows no batch {job.handle}: `pixmake jobs cancel {job.handle}` gives it up"
            return Standing(job=job, message=message)
        if not self._is_old(job) or not self.is_certain(job, provider):
            return Standing(job=job, message="no batch of that name is there (yet): it will be looked for again")
        await self._failed(calls, "not-sent", "the batch was never made: the process ended before", gathered)
        return Standing(job=job, over=True)

    async def _take_in(
        self, job: Job, batch: Batch, calls: Sequence[Underway], provider: BatchProvider, gathered: Gathered
    ) -> Standing:
        """Line by line, answers first: one counts whatever error is told of the same call. What the provider tells nothing
        of is decided by its own counts."""
        waiting = {call.intent.intent: call.intent for call in calls}
        models = {name: intent.model for name, intent in waiting.items()}
        scratch = self.store.root / "incoming" / f"put.{os.urandom(8).hex()}"
        answered: set[str] = set()
        errors: dict[str, ProviderError] = {}
        try:
            async with aclosing(provider.collect(batch, models, scratch)) as lines:
                async for line in lines:
                    if isinstance(line.end, ProviderError):
                        errors.setdefault(line.intent, line.end)
                        continue
                    answered.add(line.intent)
                    intent = waiting.pop(line.intent, None)
                    if intent is not None:
                        await asyncio.to_thread(self._settle, intent, line.end, gathered)
        except Failed as gone:
            await self._ended(waiting, errors, gathered)
            await self._failed(_under(calls, waiting), "unknown", gone.message, gathered)
            gathered.warnings.append(f"batch {batch.handle}: {gone.message}")
            return Standing(job=job, batch=batch, over=True)
        await self._ended(waiting, errors, gathered)
        told = await asyncio.to_thread(self._ours, job, answered) if waiting else 0
        if waiting and told < _done(batch) and not self._is_late(batch):
            return Standing(job=job, batch=batch, message="it has ended, and its answers are not all there yet")
        why, message = _untold(batch, told)
        await self._failed(_under(calls, waiting), why, message, gathered)
        return Standing(job=job, batch=batch, over=True)

    async def _ended(self, waiting: dict[str, Intent], errors: Mapping[str, ProviderError], gathered: Gathered) -> None:
        """Ends the waiting calls that an error is told of, in one write; they wait no more."""
        ends = [(waiting.pop(name), end) for name, end in errors.items() if name in waiting]
        now = self._now()
        records = [failure_of(intent, why_of(end), end.message, now, end.request_id) for intent, end in ends]
        if records:
            await asyncio.to_thread(self.store.journal.append, *records)
        for record in records:
            _count(gathered, record.why)

    def _ours(self, job: Job, names: Collection[str]) -> int:
        """How many of these are calls of the batch, those that were collected before included: an answer to anything else
        proves nothing."""
        group = (job.group or "").encode()
        records = (decode_or_none(line) for line in self.store.journal.read().lines if group in line)
        own = {item.intent for item in records if isinstance(item, Intent) and item.group == job.group}
        return len(own.intersection(names))

    def _is_old(self, job: Job) -> bool:
        """Whether a batch that is not there now was never made, or is gone."""
        return self.clock.now().timestamp() - _seconds(job) > GRACE

    def _is_late(self, batch: Batch) -> bool:
        """Whether what a batch has not delivered by now will not come any more."""
        return self.clock.now().timestamp() - (batch.ended or batch.created) > GRACE

    # --- one call ---------------------------------------------------------------------------------------------------

    def _settle(self, intent: Intent, end: Answer, gathered: Gathered) -> None:
        found = found_in(self.store, intent, end, self._now(), "batch")
        if not found.results:
            faults = found.faults
            message = f"the answer held no usable picture: it {faults[0]}" if faults else "the answer held no picture"
            self._fail(intent, "unknown", message, end.request_id)
            self.store.content.clear(intent.intent)
            _count(gathered, "unknown")
            return
        self.store.content.keep(*found.arrivals)
        self.store.journal.append(Outcome(intent=intent.intent, key=intent.key, results=found.results, cost=end.cost))
        self.store.content.clear(intent.intent)
        self._counted(intent, end.cost, len(found.results), gathered)

    def _counted(self, intent: Intent, cost: Decimal | None, made: int, gathered: Gathered) -> None:
        reserved = intent.reserved or ZERO
        gathered.saved += made
        gathered.spent += reserved if cost is None else cost
        if cost is not None and intent.reserved is not None and cost > intent.reserved:
            place = f"'{intent.asset}' step {intent.step}"
            gathered.warnings.append(f"{place}: billed {usd(cost)}, more than the {usd(reserved)} that were reserved")

    async def _failed(self, calls: Iterable[Underway], why: Why, message: str, gathered: Gathered) -> None:
        """Ends these calls without pictures, in one write."""
        intents, now = [call.intent for call in calls], self._now()
        if intents:
            records = [failure_of(intent, why, message, now) for intent in intents]
            await asyncio.to_thread(self.store.journal.append, *records)
        for _ in intents:
            _count(gathered, why)

    def _fail(self, intent: Intent, why: Why, message: str, request_id: str | None) -> None:
        self.store.journal.append(failure_of(intent, why, message, self._now(), request_id))

    def _now(self) -> str:
        return self.clock.now().isoformat(timespec="milliseconds")


def _count(gathered: Gathered, why: Why) -> None:
    if why == "not-sent":
        gathered.released += 1
    else:
        gathered.failed += 1


def _done(batch: Batch) -> int:
    """Lines that a batch says it has done. In one that is complete, all that did not fail, whatever else it counts."""
    return max(batch.completed, batch.total - batch.failed if batch.status == "completed" else 0)


def _untold(batch: Batch, told: int) -> tuple[Why, str]:
    """What became of calls that the answers say nothing of: by the provider's count of what it completed, they were not
    done; where it completed more than it delivered, one of them may be that."""
    if told < _done(batch):
        return (
            "unknown",
            f"batch {batch.handle} completed {_done(batch)} and delivered {told}: it may have been billed",
        )
    if batch.status == "completed" and batch.total:
        return "failed", f"batch {batch.handle} failed it and says no reason"
    if batch.total:
        return "not-sent", f"batch {batch.handle} ended ({batch.status}) before its turn came"
    return "unknown", f"batch {batch.handle} ended ({batch.status}) and says nothing of it"


def _under(calls: Iterable[Underway], waiting: Mapping[str, Intent]) -> list[Underway]:
    return [call for call in calls if call.intent.intent in waiting]


def _since(job: Job) -> float:
    """What was made before, in seconds since 1970 by the provider's clock, is not this job."""
    return _seconds(job) - SKEW


def _seconds(job: Job) -> float:
    """When a job's first intent was written, in seconds since 1970."""
    return datetime.fromisoformat(job.time).timestamp()
