"""Build room: requests handed in by batch: inputs → intents → file → batch → `sent`. What is sent so is collected later.

Uploads cost nothing and come first. From the intents on, a kill -9 anywhere leaves calls that are under way: the next run
finds their batch by its group, or, where certainly none is there, lets them go. A batch is made under its group's lock,
so that nobody looks for it while it is being made.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import field, replace
from decimal import Decimal

from pixmake.build.paying import NO_MONEY, Purchase, why_of
from pixmake.build.purchase import UPLOADS as UPLOADS
from pixmake.build.receiving import kept
from pixmake.build.runner import Runner, StepOutcome
from pixmake.diagnostics import ExitCode, Problem
from pixmake.digest import Digest
from pixmake.imaging.probe import BadPicture
from pixmake.plan.entries import State
from pixmake.plan.graph import Action, ActionId
from pixmake.plan.keys import preimage
from pixmake.plan.pricing import batching, chunks, share_of
from pixmake.plan.world import Painter
from pixmake.providers.base import Call, Estimate, ProviderError, Refused, Stopped, Unknown
from pixmake.providers.batching import BatchProvider, Line
from pixmake.publish.realize import Gone
from pixmake.secrecy import without_secrets
from pixmake.store.home import Store
from pixmake.store.journal import new_intent
from pixmake.store.records import Failure, Intent, Sent, Why
from pixmake.values import dataclass

KEYS_AT_ONCE = 64
"""Locks of keys held together, from the last look at their pools until their intents are on the disk."""
TAKEN = "another build is buying it right now"
LOST = "the answer was lost: the batch will be looked for, and collected if it is there"


def group_lock(store: Store, group: str) -> AbstractContextManager[None]:
    """Held by whoever makes or collects a batch. Raises Problem `store-busy` (exit 6) at once where another does."""
    return store.journal.locks.hold(f"batch/{group}", timeout=0, what="makes or collects this batch")


@dataclass(slots=True)
class Ready:
    """A call that can be handed in: whose it is, as a line, and the money set aside for it."""

    action: Action
    order: Purchase
    line: Line
    reserved: Decimal
    intent: Intent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What one build handed in: batches by the provider's name (None: its answer was lost), pictures, and USD set aside.

    `keys` had their turn, whatever came of it.
    """

    batches: tuple[str | None, ...] = ()
    images: int = 0
    reserved: Decimal = Decimal(0)
    keys: frozenset[Digest] = frozenset()


NOTHING = Handed()


@dataclass(slots=True)
class Tally:
    """What was handed in so far."""

    batches: list[str | None] = field(default_factory=list)
    images: int = 0
    reserved: Decimal = Decimal(0)
    keys: set[Digest] = field(default_factory=set)

    def done(self) -> Handed:
        return Handed(
            batches=tuple(self.batches), images=self.images, reserved=self.reserved, keys=frozenset(self.keys)
        )


class Dispatch:
    """Hands in the steps of one plan that go by batch. One instance a build."""

    def __init__(self, runner: Runner, halted: Callable[[], bool]) -> None:
        """`halted` is asked before each batch; from its first yes on nothing more is handed in."""
        self.runner = runner
        self.halted = halted
        self.cashier = runner.cashier
        self.store = runner.cashier.store
        self.tally = Tally()

    async def send(self, nodes: Sequence[ActionId]) -> None:
        """Hands in all of them; what becomes of each is in the runner's outcomes, and what stops the whole build too."""
        actions = [self.runner.plan.graph.actions[node] for node in nodes]
        found = [(action, order) for action in actions for order in self._orders(action)]
        gate = asyncio.Semaphore(max((order.painter.provider.concurrency for _, order in found), default=1))
        lines = await asyncio.gather(*(self._ready(action, order, gate) for action, order in found))
        ready = [item for item in lines if item is not None]
        try:
            for part in parts_of(ready):
                if self._stopped():
                    break
                await self._hand_in(part)
        except Problem as trouble:
            stopped = self.runner.ended_by(trouble)
            self._outcomes.update({item.action.id: stopped for item in ready if item.intent is None})
        finally:
            for item in ready:
                if item.intent is None:
                    self.runner.budget.release(item.reserved)
        self._follow(actions)

    def _stopped(self) -> bool:
        return self.halted() or self.cashier.limits.halted

    def _orders(self, action: Action) -> list[Purchase]:
        """The calls of a step; none where something of it is not there."""
        try:
            return list(self._purchases(action))
        except (Gone, BadPicture, OSError, Problem) as error:
            self._outcomes[action.id] = self.runner.ended_by(error)
            return []

    def _purchases(self, action: Action) -> Iterator[Purchase]:
        """The calls of a step at their prices by batch. A step that shares another's request has none."""
        verdict = self.runner.judge.done[action.id]
        assert action.step is not None and verdict.request is not None
        painter = self.runner.world.painter(action.step.provider)
        share = share_of(painter, verdict.request)
        for count in chunks(painter, verdict.request, verdict.images):
            order = self.runner.purchase(action, verdict, count)
            yield replace(order, price=_part(order.price, share), previous=None)

    async def _ready(self, action: Action, order: Purchase, gate: asyncio.Semaphore) -> Ready | None:
        """The call as a line, its inputs uploaded and its price set aside; None where something stands in the way."""
        reserved = self.runner.budget.reserve(order.price)
        if reserved is None:
            self._ended(action, "held", "held", NO_MONEY)
            return None
        try:
            async with gate:
                if not self._stopped():
                    return Ready(action=action, order=order, line=await self._line(order), reserved=reserved)
        except ProviderError as error:
            self._failed(action, error)
        except (Gone, BadPicture, OSError, Problem) as error:
            self._outcomes[action.id] = self.runner.ended_by(error)
        self.runner.budget.release(reserved)
        return None

    async def _line(self, order: Purchase) -> Line:
        pictures = await asyncio.to_thread(self.cashier.pictures_of, order)
        call = Call(
            request=order.request,
            pictures=pictures,
            count=order.count,
            intent=new_intent(),
            scratch=self.cashier.realizer.shelf.folder,
            uploads=self.store.root / UPLOADS,
        )
        return await _takes_batches(order.painter).line(call)

    # --- one batch --------------------------------------------------------------------------------------------------

    async def _hand_in(self, part: Sequence[Ready]) -> None:
        provider = _takes_batches(part[0].order.painter)
        self.tally.keys |= {item.order.key for item in part}
        group = f"{provider.place()}-{os.urandom(12).hex()}"
        with await asyncio.to_thread(_entered, group_lock(self.store, group)):
            sent = await self._journaled(part, group)
            if sent:
                await self._submit(provider, sent, group)

    async def _journaled(self, part: Sequence[Ready], group: str) -> list[Ready]:
        """Those whose intents are on the disk now: each key was looked at once more, under its lock."""
        found: list[Ready] = []
        self.runner.world.about_to_pay()
        await asyncio.to_thread(self.store.content.ensure_room, 1)
        by_key: dict[str, list[Ready]] = {}
        for item in part:
            by_key.setdefault(item.order.key, []).append(item)
        keys = list(by_key)
        for start in range(0, len(keys), KEYS_AT_ONCE):
            some = [by_key[key] for key in keys[start : start + KEYS_AT_ONCE]]
            found += await asyncio.to_thread(self._journal, some, group)
        return found

    def _journal(self, some: Sequence[Sequence[Ready]], group: str) -> list[Ready]:
        with ExitStack() as locks:
            free = [items for items in some if self._take(items, locks)]
            self.runner.world.refresh()
            due = [item for items in free for item in self._still_due(items)]
            intents = {item.line.intent: self._intent(item, group) for item in due}
            admitted = set(self.cashier.day.admit(list(intents.values()))) if due else set()
        for item in due:
            if item.line.intent in admitted:
                item.intent = intents[item.line.intent]
            else:
                self._ended(item.action, "held", "held", f"{NO_MONEY} for today")
        return [item for item in due if item.intent is not None]

    def _take(self, items: Sequence[Ready], locks: ExitStack) -> bool:
        """Whether the lock of their key was free."""
        key = items[0].order.key
        try:
            locks.enter_context(self.store.journal.key_lock(key, timeout=0))
        except Problem as busy:
            if busy.exit_code != ExitCode.LOCKED:
                raise
            self._ended(items[0].action, "blocked", "pay", TAKEN)
            return False
        self.runner.world.holding.add(key)
        locks.callback(self.runner.world.holding.discard, key)
        return True

    def _still_due(self, items: Sequence[Ready]) -> Iterator[Ready]:
        """Of one key: what the plan said and is still to be bought; somebody may have been quicker."""
        by_action: dict[ActionId, list[Ready]] = {}
        for item in items:
            by_action.setdefault(item.action.id, []).append(item)
        for node, own in by_action.items():
            verdict = self.runner.judge.rejudge(own[0].action)
            if verdict.state == "pay" and verdict.images >= sum(item.order.count for item in own):
                yield from own
            elif verdict.artifact is not None:
                self._outcomes[node] = StepOutcome(result="found")
            else:
                self._outcomes[node] = StepOutcome(result="blocked", state=verdict.state, message=verdict.reason)

    def _intent(self, item: Ready, group: str) -> Intent:
        order = item.order
        return Intent(
            intent=item.line.intent,
            key=order.key,
            request=preimage(order.request),
            provider=order.painter.name,
            model=order.request.model,
            count=order.count,
            reserved=None if order.price is None else item.reserved,
            scope=self.cashier.scope,
            asset=order.asset,
            step=order.step,
            time=self._now(),
            pid=os.getpid(),
            profile=order.profile,
            route="batch",
            group=group,
            moderated=order.request.moderation,
            again=order.again,
        )

    async def _submit(self, provider: BatchProvider, sent: Sequence[Ready], group: str) -> None:
        """The one request that may cost. Where its answer is lost, nothing is written: the calls are under way."""
        try:
            batch = await provider.submit([item.line for item in sent], group)
        except Unknown as error:
            self._on_the_way(sent, None, f"{error.message}; {LOST}")
        except ProviderError as error:
            await asyncio.to_thread(self._not_taken, sent, error)
        except Exception as error:  # a bug in a provider, after something may have been sent
            text = without_secrets(f"the provider broke down: {type(error).__name__}: {error}", os.environ)
            self._on_the_way(sent, None, f"{text}; {LOST}")
        else:
            now = self._now()
            intents = [item.intent for item in sent if item.intent is not None]
            records = [Sent(intent=item.intent, key=item.key, handle=batch.handle, time=now) for item in intents]
            await asyncio.to_thread(self.store.journal.append, *records)
            self._on_the_way(sent, batch.handle, f"sent in batch {batch.handle}")

    def _on_the_way(self, sent: Sequence[Ready], handle: str | None, message: str) -> None:
        self.tally.batches.append(handle)
        for item in sent:
            self.tally.images += item.order.count
            self.tally.reserved += item.reserved
            self._ended(item.action, "sent", "sent", message)

    def _not_taken(self, sent: Sequence[Ready], error: ProviderError) -> None:
        """The batch is certainly not there: nothing of it was done, and nothing is billed."""
        now, why = self._now(), why_of(error)
        intents = [item.intent for item in sent if item.intent is not None]
        self.store.journal.append(*(failure_of(item, why, error.message, now) for item in intents))
        for item in sent:
            item.intent = None  # its money is given back
            self._failed(item.action, error)

    # --- outcomes ---------------------------------------------------------------------------------------------------

    def _follow(self, actions: Iterable[Action]) -> None:
        """Steps that share a request share what became of it; all are judged as things stand now."""
        self.runner.world.refresh()
        ends = {self.runner.judge.done[action.id].key: action.id for action in actions if action.id in self._outcomes}
        for action in actions:
            before = self.runner.judge.done[action.id]
            owner = ends.get(before.key)
            if action.id not in self._outcomes and owner is not None:
                self._outcomes[action.id] = replace(self._outcomes[owner], made=0, cost=None)
            self.runner.judge.rejudge(action)

    @property
    def _outcomes(self) -> dict[ActionId, StepOutcome]:
        return self.runner.outcomes.steps

    def _failed(self, action: Action, error: ProviderError) -> None:
        state: State = "refused" if isinstance(error, Refused) else "failed"
        result = "stopped" if isinstance(error, Stopped) else state
        self._ended(action, result, state, error.message, error.help)

    def _ended(self, action: Action, result: str, state: State, message: str, remedy: str | None = None) -> None:
        """What became of a step; of several calls of one the worst speaks."""
        known = self._outcomes.get(action.id)
        if known is None or known.state == "sent":
            self._outcomes[action.id] = StepOutcome(result=result, state=state, message=message, help=remedy)

    def _now(self) -> str:
        return self.cashier.clock.now().isoformat(timespec="milliseconds")


def parts_of(ready: Iterable[Ready]) -> Iterator[list[Ready]]:
    """Calls by batch: of one provider, in one lane, and no more than it takes in lines and in bytes."""
    lanes: dict[tuple[str, str], list[Ready]] = {}
    for item in ready:
        lanes.setdefault((item.order.painter.name, item.line.lane), []).append(item)
    for items in lanes.values():
        provider = _takes_batches(items[0].order.painter)
        part: list[Ready] = []
        size = 0
        for item in items:
            length = len(item.line.data)
            if part and (len(part) >= provider.most_lines or size + length > provider.most_bytes):
                yield part
                part, size = [], 0
            part.append(item)
            size += length
        yield part


def failure_of(intent: Intent, why: Why, message: str, now: str, request_id: str | None = None) -> Failure:
    """The end of a call that brought no picture."""
    return Failure(
        intent=intent.intent,
        key=intent.key,
        why=why,
        message=message,
        time=now,
        request_id=kept(request_id),
        moderation=intent.moderated,
    )


def _part(price: Estimate | None, share: Decimal | str) -> Estimate | None:
    if price is None or isinstance(share, str):
        return price
    return Estimate(low=price.low * share, high=price.high * share, rough=price.rough)


def _takes_batches(painter: Painter) -> BatchProvider:
    provider = batching(painter.provider)
    assert provider is not None, "the plan asked"
    return provider


def _entered(lock: AbstractContextManager[None]) -> ExitStack:
    stack = ExitStack()
    stack.enter_context(lock)
    return stack
