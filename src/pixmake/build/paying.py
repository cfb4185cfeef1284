"""Build room: one paid call, in the order that makes a crash harmless: inputs → intent → POST → bytes → `done`.

Between any two lines a kill -9 leaves either nothing sent, or an intent whose fate the next run settles.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from pixmake.build.awaiting import Left, account_of, awaited, heard
from pixmake.build.budget import Budget, DayLedger
from pixmake.build.limits import Gate, Halted, Limits, Turn
from pixmake.build.purchase import UPLOADS, Warned, ordered, runs_alone
from pixmake.build.purchase import Purchase as Purchase
from pixmake.build.purchase import Receipt as Receipt
from pixmake.build.receiving import Delivery, Found, Landings, delivering, kept
from pixmake.build.receiving import believed as believed
from pixmake.build.recover import salvage
from pixmake.build.sharing import Shared
from pixmake.clock import Clock
from pixmake.diagnostics import ExitCode, Problem
from pixmake.digest import Digest
from pixmake.plan.artifact import Artifact, FilePicture, MaskPicture
from pixmake.plan.entries import usd
from pixmake.plan.keys import preimage
from pixmake.plan.requests import StepInputs
from pixmake.plan.world import Painter
from pixmake.providers.background import BackgroundProvider, End
from pixmake.providers.base import (
    Answer,
    Busy,
    Call,
    Forgotten,
    InputKind,
    Partial,
    Picture,
    ProviderError,
    Refused,
    Stopped,
    Unknown,
)
from pixmake.publish.realize import Realizer, media_type
from pixmake.secrecy import without_secrets
from pixmake.store.home import Store
from pixmake.store.journal import new_intent
from pixmake.store.pool import Underway
from pixmake.store.records import Failure, Intent, Record, Sent, Why
from pixmake.values import dataclass

LOCK_WAIT = 3600.0
"""Seconds to wait for another process that is buying the same request: longer than any call takes."""
MOST_TRIES = 8
"""Times a call that was certainly not done is sent, and times in a row that a model may turn everybody away."""
HALTED = "not sent: the build was stopped before"
NO_MONEY = "the budget does not reach"
BROKEN = "its picture came whole, the answer did not; the bill is not known, so what was reserved counts"
BILLED = "it was probably billed: what came is in the store's quarantine; ask again with 'reroll' or --yes"


@dataclass(frozen=True, slots=True)
class Leave:
    """A turn at a model's gate."""

    gate: Gate
    turn: Turn

    def used(self, end: End | Left) -> None:
        """The call has ended: what that tells of the model's limits is learned."""
        if isinstance(end, Busy) and not isinstance(end, Forgotten):
            self.gate.refused(self.turn, end.wait)
        else:
            self.gate.left(self.turn)


def _unseen(order: Purchase) -> Callable[[Partial], None]:
    return lambda partial: None


class Cashier:
    """Makes paid calls of one build on one store."""

    def __init__(
        self,
        store: Store,
        realizer: Realizer,
        budget: Budget,
        day: DayLedger,
        clock: Clock,
        scope: str,
        *,
        fail_fast: bool = False,
        halted: Callable[[], bool] | None = None,
    ) -> None:
        """After a failure with `fail_fast`, and from the first yes of `halted` on, nothing more is sent."""
        self.store = store
        self.realizer = realizer
        self.budget = budget
        self.day = day
        self.clock = clock
        self.scope = scope
        self.fail_fast = fail_fast
        self.limits = Limits(clock, halted)
        self._intents: Shared[Intent, bool] = Shared(self._admit)
        self._records: Shared[Record, None] = Shared(self._append)
        self._deliveries: Shared[Delivery, Found] = Shared(delivering(store), rest=1)
        self._landings: dict[str, Landings] = {}
        self._uploads = store.root / UPLOADS
        self.glimpse: Callable[[Purchase], Callable[[Partial], None]] = _unseen
        """Where looks on the way are told to."""

    async def locked(self, key: Digest) -> ExitStack:
        """Holds the key's lock until the stack is closed; the kernel frees it if this process dies.

        No thread waits for it: threads that did could be all there are, and the holder would never get one. Nor does
        one look: that is quicker than asking a thread to, and those who come first stay first.
        """
        stack, pause, began = ExitStack(), 0.02, self.clock.monotonic()
        while True:
            try:
                stack.enter_context(self.store.journal.key_lock(key, timeout=0))
                return stack
            except Problem as busy:
                if busy.exit_code != ExitCode.LOCKED or self.clock.monotonic() - began > LOCK_WAIT:
                    raise
            await self.clock.sleep(pause)
            pause = min(pause * 1.5, 0.5)

    async def buy(self, order: Purchase, begun: Callable[[], object] = lambda: None) -> Receipt:
        """One call that is done, journaled; what was certainly not done is sent again when its model's gate allows.

        The caller holds the key's lock and has looked into the pool since. Whoever waits at the gate has journaled
        nothing: killed there, nothing is unknown. `begun` is called each time that it has let the call through.
        """
        painter = order.painter
        gate = self.limits.gate(
            painter.name,
            order.request.model,
            painter.provider.concurrency,
            painter.per_minute,
            painter.calls_per_minute,
        )
        receipt = Receipt(why="not-sent", message=HALTED, halted=True)
        for _ in range(MOST_TRIES):
            try:
                receipt = await self._at_gate(gate, order, begun)
            except Halted:
                break
            busy = receipt.busy
            if busy is None:
                break
            if isinstance(busy, Forgotten):
                if order.previous is None:
                    break  # it forgets what nobody asked for
                order = replace(order, previous=None)  # the same turn once more, with the parent's bytes
                continue
            if gate.streak >= MOST_TRIES:  # nobody got through for minutes: the others need not find out one by one
                receipt = replace(receipt, fatal=True)
                break
            self.limits.tell(painter.name, order.request.model, busy.message)
        if receipt.fatal:
            self.limits.halt(painter.name)
        return receipt

    async def _at_gate(self, gate: Gate, order: Purchase, begun: Callable[[], object]) -> Receipt:
        """One try when its turn comes, which is over when the call has ended: its pictures are stored while the next
        is sent. Raises Halted."""
        turn = await gate.enter(order.count)
        try:
            begun()
            return await self._once(order, Leave(gate, turn))
        finally:
            if not turn.over:
                gate.unsent(turn)

    async def _once(self, order: Purchase, leave: Leave) -> Receipt:
        reserved = self.budget.reserve(order.price)
        if reserved is None:
            return Receipt(why="not-sent", message=NO_MONEY, held=True)
        try:
            pictures = await asyncio.to_thread(self.pictures_of, order) if any(order.inputs.pictures()) else ()
            intent = self._intent(order, reserved)
            if not await self._intents.do(intent):
                self.budget.release(reserved)
                return Receipt(why="not-sent", message=f"{NO_MONEY} for today", held=True)
        except BaseException:
            self.budget.release(reserved)
            raise
        call = Call(
            request=order.request,
            pictures=pictures,
            count=order.count,
            intent=intent.intent,
            scratch=self.realizer.shelf.folder,
            previous=order.previous,
            uploads=self._uploads,
            partials=order.partials,
            on_partial=self.glimpse(order) if order.partials else None,
            land=self._landings.setdefault(intent.intent, Landings(self.store, intent.intent)),
        )
        try:
            return await self._send(order, call, intent, reserved, leave)
        finally:
            self._landings.pop(intent.intent).close()

    def _admit(self, intents: Sequence[Intent]) -> Sequence[bool]:
        """Writes intents for whose pictures there is room, and money for the day."""
        self.store.content.ensure_room(max(intent.count for intent in intents))
        admitted = set(self.day.admit(intents))
        return [intent.intent in admitted for intent in intents]

    def _append(self, records: Sequence[Record]) -> Sequence[None]:
        self.store.journal.append(*records)
        return [None] * len(records)

    async def _send(self, order: Purchase, call: Call, intent: Intent, reserved: Decimal, leave: Leave) -> Receipt:
        try:
            end = await self._end(order, call, intent)
        except ProviderError as error:
            end = error
        except Problem:  # the disk did not take the name it goes by at the provider
            raise
        except Exception as error:  # a bug in a provider, after something may have been sent: perhaps billed
            text = without_secrets(f"the provider broke down: {type(error).__name__}: {error}", os.environ)
            end = Unknown(text, help="it may have been billed, and is a fault of the provider: tell its makers")
        if isinstance(end, Stopped):
            self.limits.halt(order.painter.name)  # before anybody can take the place
        if self.fail_fast and isinstance(end, ProviderError) and not isinstance(end, Busy):
            self.limits.halt()
        leave.used(end)
        try:
            return await self._concluded(order, intent, end, reserved)
        except Problem:  # what the disk does not take should not be bought
            self.limits.halt()
            raise

    async def _end(self, order: Purchase, call: Call, intent: Intent) -> End | Left:
        """Awaits the call, or what goes on without us: then its name is on the disk before anybody waits."""
        provider = order.painter.provider
        if intent.route != "background" or not isinstance(provider, BackgroundProvider):
            return await provider.make(call)
        handle = await provider.send_off(call)
        sent = Sent(intent=intent.intent, key=intent.key, handle=handle, time=self._now())
        await self._records.do(sent)
        return await awaited(provider, handle, order.request, self.clock)

    async def resume(self, call: Underway, painter: Painter, end: End | None = None) -> Receipt:
        """What became of a call that an earlier build sent (`end`, where that is known already); its money is not ours.

        The caller holds the key's lock and has looked into the pool since.
        """
        intent, provider = call.intent, painter.provider
        assert call.handle is not None and isinstance(provider, BackgroundProvider)
        order = ordered(intent, painter)
        found = end or await awaited(provider, call.handle, order.request, self.clock)
        return await self._concluded(order, intent, heard(found, intent, provider), None)

    async def _concluded(self, order: Purchase, intent: Intent, end: End | Left, reserved: Decimal | None) -> Receipt:
        """Writes down how a call ended. `reserved` is None where it was another build's."""
        if isinstance(end, Left):
            return Receipt(why="unknown", message=end.message, cost=reserved, left=True)
        if isinstance(end, ProviderError):
            return await self._failed(intent, end, reserved, order)
        return await self._received(order, intent, end, reserved)

    def _settled(self, intent: Intent, reserved: Decimal | None, cost: Decimal | None) -> Decimal:
        """USD that count for a call. What another build reserved is none of this one's budget."""
        if reserved is not None:
            return self.budget.settle(reserved, cost)
        return (intent.reserved or Decimal(0)) if cost is None else cost

    async def _received(self, order: Purchase, intent: Intent, answer: Answer, reserved: Decimal | None) -> Receipt:
        """Bytes first (`incoming/`, then `cas/`), then the record that names them; money is settled by what is recorded."""
        landings = self._landings.get(intent.intent)
        delivery = Delivery(intent=intent, answer=answer, time=self._now(), landings=landings)
        found = await self._deliveries.do(delivery)
        if not found.results:
            return await self._nothing_usable(order, intent, answer, reserved, found.faults)
        cost = self._settled(intent, reserved, answer.cost)
        return Receipt(made=len(found.results), cost=cost, warning=_above(cost, intent.reserved))

    async def _nothing_usable(
        self, order: Purchase, intent: Intent, answer: Answer, reserved: Decimal | None, faults: Sequence[str]
    ) -> Receipt:
        """It was sent, and what came is of no use: it stays reserved, as any call of which nobody knows the bill."""
        message = f"the answer held no usable picture: it {faults[0]}" if faults else "the answer held no picture"
        await self._records.do(self._failure(intent, "unknown", message, answer.request_id, order))
        await asyncio.to_thread(
            self.store.content.clear, intent.intent
        )  # what came is no picture, but it was paid for: into quarantine
        return Receipt(why="unknown", message=message, help=BILLED, cost=reserved)

    async def _failed(self, intent: Intent, error: ProviderError, reserved: Decimal | None, order: Purchase) -> Receipt:
        why = why_of(error)
        landed = self._landings.get(intent.intent)
        has_landed = landed is not None and bool(landed.opened)
        if landed is not None:
            landed.close()
        if (
            why == "unknown"
            and has_landed
            and (made := await asyncio.to_thread(salvage, self.store, intent, self._now()))
        ):
            return Receipt(
                made=made,
                cost=self._settled(intent, reserved, None),
                warning=Warned(code="bill-unknown", text=f"{BROKEN}: {error.message}"),
            )
        is_billed = error.bill is not None and why in ("refused", "failed")
        failure = self._failure(intent, why, error.message, error.request_id, order)
        failure = replace(failure, billed=is_billed, bill=error.bill.cost if error.bill else None)
        await self._records.do(failure)
        billed = self._settled(intent, reserved, failure.bill) if is_billed else None
        if not is_billed and why != "unknown" and reserved is not None:
            self.budget.release(reserved)
        if has_landed:  # half a picture: it may have been paid for, so into quarantine
            await asyncio.to_thread(self.store.content.clear, intent.intent)
        return Receipt(
            why=why,
            message=error.message,
            help=error.help,
            fatal=isinstance(error, Stopped),
            busy=error if isinstance(error, Busy) else None,
            cost=reserved if why == "unknown" else billed,
        )

    def _failure(self, intent: Intent, why: Why, message: str, request_id: str | None, order: Purchase) -> Failure:
        return Failure(
            intent=intent.intent,
            key=order.key,
            why=why,
            message=message,
            time=self._now(),
            request_id=kept(request_id),
            moderation=order.request.moderation,
        )

    def _intent(self, order: Purchase, reserved: Decimal) -> Intent:
        alone = runs_alone(order)
        return Intent(
            intent=new_intent(),
            key=order.key,
            request=preimage(order.request),
            provider=order.painter.name,
            model=order.request.model,
            count=order.count,
            reserved=None if order.price is None else reserved,
            scope=self.scope,
            asset=order.asset,
            step=order.step,
            time=self._now(),
            pid=os.getpid(),
            profile=order.profile,
            route="background" if alone else "live",
            group=account_of(order.painter.provider) if alone else None,
            moderated=order.request.moderation if alone else None,
            again=order.again,
        )

    def pictures_of(self, order: Purchase) -> tuple[Picture, ...]:
        """Input pictures as files, and safe in the store, so that what was bought can be derived again for ever."""
        return tuple(self._input(kind, item, order.inputs) for kind, item in order.inputs.pictures())

    def _input(self, kind: InputKind, item: Artifact | MaskPicture, inputs: StepInputs) -> Picture:
        path = self.realizer.file(item)
        if isinstance(item, FilePicture | MaskPicture):
            path = self.store.content.path(self.store.content.put(path))
        return picture(kind, path, parent=item is inputs.parent)

    def _now(self) -> str:
        return self.clock.now().isoformat(timespec="milliseconds")


def _above(cost: Decimal, reserved: Decimal | None) -> Warned | None:
    """A bill above its reservation is told, and counts."""
    if reserved is None or cost <= reserved:
        return None
    return Warned(code="billed-more", text=f"billed {usd(cost)}, more than the {usd(reserved)} that were reserved")


def picture(kind: InputKind, path: Path, *, parent: bool) -> Picture:
    """An input file as a provider takes it. Raises BadPicture."""
    kind_of_file, width, height = media_type(path)
    return Picture(kind=kind, path=path, media_type=kind_of_file, width=width, height=height, parent=parent)


def why_of(error: ProviderError) -> Why:
    """How a call ended, in the journal's word."""
    if isinstance(error, Refused):
        return "refused"
    if isinstance(error, Stopped):
        return "stopped"
    if isinstance(error, Unknown):
        return "unknown"
    return "not-sent" if isinstance(error, Busy) else "failed"
