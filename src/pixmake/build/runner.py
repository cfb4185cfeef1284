"""Build room: how one action runs: a step is drawn, bought or found; an end is published. When is the scheduler's matter.

A step that waited is judged again with the pictures that have arrived, and may then do less than the plan said,
never more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache

from pixmake.build.awaiting import resumable
from pixmake.build.budget import Budget
from pixmake.build.outcomes import Outcomes as Outcomes
from pixmake.build.outcomes import StepOutcome as StepOutcome
from pixmake.build.outcomes import refused_by_system
from pixmake.build.paying import Cashier, Purchase, Receipt, picture
from pixmake.build.purchase import Warned
from pixmake.build.scheduler import End, Job
from pixmake.clock import Clock
from pixmake.diagnostics import Problem
from pixmake.digest import Digest
from pixmake.events import AssetFinished, CallsPaused, Event, Listener, OutputWritten, StepFinished, StepStarted
from pixmake.imaging.probe import BadPicture
from pixmake.plan.artifact import DraftPicture, Fenced, Processed
from pixmake.plan.entries import State, Verdict
from pixmake.plan.graph import Action, ActionId
from pixmake.plan.inputs import Pending
from pixmake.plan.outputs import accepted, deliveries, is_right
from pixmake.plan.planner import Plan
from pixmake.plan.pricing import chunks, looks, price
from pixmake.plan.requests import StepInputs
from pixmake.providers.base import Call, ProviderError
from pixmake.publish.outputs import NotOurs, Written, publish, unchanged
from pixmake.publish.realize import Gone, Realizer
from pixmake.store.pool import Pool

LOCAL = "local"
"""The lane of work that needs no provider."""
Start = Callable[[], object]
"""Says, the first time that it is called, that a piece of work begins."""


class Runner:
    """Runs single actions of one planning. One instance a build."""

    def __init__(
        self,
        plan: Plan,
        realizer: Realizer,
        cashier: Cashier,
        budget: Budget,
        clock: Clock,
        listener: Listener,
        on_pictures: Callable[[str], Awaitable[None]],
    ) -> None:
        self.plan = plan
        self.world = plan.world
        self.judge = plan.judge
        self.realizer = realizer
        self.cashier = cashier
        self.budget = budget
        self.clock = clock
        self.listener = listener
        self.on_pictures = on_pictures
        self.outcomes = Outcomes()
        self.total = 0
        self._began = clock.monotonic()
        self._lanes: list[bool] = []
        self._missed: dict[Digest, StepOutcome] = {}
        cashier.limits.on_pause = self._paused

    async def run(self, job: Job[ActionId]) -> End:
        """The scheduler's work. A Problem of the whole build (a full disk, a damaged store) ends it and is in the outcomes."""
        action = self.plan.graph.actions[job.id]
        start = cache(lambda: self._start(job))
        try:
            outcome = await (self._publish(action, start) if action.step is None else self._step(action, start))
        except (Gone, BadPicture, OSError, Problem) as error:
            outcome = self.ended_by(error)
        lane, began = start()
        self._lanes[lane] = False
        self.outcomes.steps[job.id] = outcome
        self._say(
            StepFinished(
                asset=action.asset.name,
                step=job.id[1],
                result=outcome.result,
                message=outcome.message,
                cost=outcome.cost,
                began=began,
                at=self._at(),
                lane=lane,
            )
        )
        if action.step is None:
            self._asset_finished(action, outcome)
        if outcome.result == "stopped":
            return "fatal" if self.outcomes.problems else "closed"
        return "ok" if outcome.result in ("made", "found", "written") else "failed"

    def _start(self, job: Job[ActionId]) -> tuple[int, float]:
        """Says that a piece of work begins; its row in a trace, and when that was."""
        lane, began = self._take_lane(), self._at()
        asset, step = job.id
        self._say(
            StepStarted(asset=asset, step=step, provider=job.lane, at=began, lane=lane, price=self._price(job.id))
        )
        return lane, began

    def _paused(self, provider: str, model: str | None, seconds: float, why: str) -> None:
        self._say(CallsPaused(provider=provider, model=model, seconds=seconds, why=why, at=self._at()))

    def ended_by(self, error: Gone | BadPicture | OSError | Problem) -> StepOutcome:
        """How a piece of work ends that its picture, a file or the whole store stands in the way of; the last stops all."""
        if isinstance(error, Gone):
            result = "blocked" if error.state == "blocked" else "failed"
            return StepOutcome(result=result, message=error.message, state=error.state)
        if isinstance(error, BadPicture):
            message = f"the picture {error.message}"
            return StepOutcome(result="failed", message=message, help=error.help, state="failed")
        if isinstance(error, OSError):
            return refused_by_system(error, self.world.root)
        self.outcomes.problems.append(error)
        self.cashier.limits.halt()
        return StepOutcome(result="stopped", state="failed")

    # --- steps -------------------------------------------------------------------------------------------------

    async def _step(self, action: Action, start: Start) -> StepOutcome:
        verdict = self.judge.done[action.id]
        if verdict.state == "waits":
            verdict = self._again(action, verdict)
        if verdict.state in ("pay", "sent"):
            return await self._buy(action, verdict, start)
        start()
        return await self._draw(action, verdict) if verdict.state == "draft" else self._found(verdict)

    def _again(self, action: Action, planned: Verdict) -> Verdict:
        """A waiting step, judged with what has arrived; what would be more than the plan said is held."""
        verdict = self.judge.rejudge(action)
        more = verdict.images > planned.images or (
            verdict.cost is not None and planned.cost is not None and verdict.cost.high > planned.cost.high
        )
        if verdict.state == "pay" and more:
            reason = "it would now cost more than the plan said"
            verdict = self.judge.done[action.id] = replace(verdict, state="held", reason=reason)
        return verdict

    async def _draw(self, action: Action, verdict: Verdict) -> StepOutcome:
        """A draft: free, not journaled, kept on the shelf by its key."""
        drawn = _own_draft(verdict)
        if drawn is None or self.world.shelf.has(drawn.key):
            return StepOutcome(result="found")
        inputs = self._inputs(action)
        pictures = await asyncio.to_thread(
            lambda: tuple(
                picture(kind, self.realizer.file(item), parent=item is inputs.parent)
                for kind, item in inputs.pictures()
            )
        )
        assert verdict.request is not None
        call = Call(
            request=verdict.request, pictures=pictures, count=1, intent=drawn.key, scratch=self.world.shelf.folder
        )
        try:
            answer = await self.world.draft_painter.provider.make(call)
        except ProviderError as error:
            return StepOutcome(result="failed", message=error.message, help=error.help, state="failed")
        await asyncio.to_thread(self.world.shelf.put, drawn.key, answer.pictures[0].data)
        return StepOutcome(result="made", made=1, cost=Decimal(0))

    async def _buy(self, action: Action, verdict: Verdict, start: Start) -> StepOutcome:
        """A step that costs begins when its call may go: who waits for a place, or for a lock, asks nobody."""
        assert verdict.key is not None and action.step is not None
        self.world.about_to_pay()
        key = verdict.key
        with await self.cashier.locked(key):
            self.world.holding.add(key)
            try:
                self.world.refresh()
                planned, verdict = verdict, self._seen_again(action, verdict)
                if verdict.state == "sent":
                    start()
                    return await self._resume(action, verdict)
                if verdict.state == "pay" and planned.state == "sent":  # it came to nothing: that is for the next plan
                    return self._found(verdict)
                return await self._pay(action, verdict, start) if verdict.state == "pay" else self._found(verdict)
            finally:
                self.world.holding.discard(key)

    def _seen_again(self, action: Action, verdict: Verdict) -> Verdict:
        """A verdict as things stand now. The same, without a second look, for a step without parents that buys all of its
        pictures, with a key that nobody ever asked for."""
        assert verdict.key is not None and action.step is not None
        is_all = verdict.state == "pay" and verdict.images == action.step.variants and not action.needs
        is_first = is_all and self.world.pool(verdict.key) == Pool(key=verdict.key)
        return verdict if is_first else self.judge.rejudge(action)

    async def _resume(self, action: Action, verdict: Verdict) -> StepOutcome:
        """Awaits calls that an earlier build sent and that go on without it; nothing is bought."""
        assert verdict.key is not None
        made, cost, receipt = 0, Decimal(0), Receipt(why="unknown", message=verdict.reason, left=True)
        for call, painter in resumable(self.world.pool(verdict.key).underway, self.world.painters):
            receipt = await self.cashier.resume(call, painter)
            made += receipt.made
            cost += receipt.cost or 0
        return await self._after(action, receipt, made, cost, [])

    async def _pay(self, action: Action, verdict: Verdict, start: Start) -> StepOutcome:
        """All calls for the missing pictures of one step, one after the other; what came is kept.

        What did not come is not sent again for another asset that asks the same: the plan named one request.
        """
        assert verdict.key is not None
        if (before := self._missed.get(verdict.key)) is not None:
            return replace(before, made=0, cost=None)
        made, cost, receipt, warnings = 0, Decimal(0), Receipt(), list[Warned]()
        painter = self.world.painter(action.step.provider) if action.step else None
        assert painter is not None and verdict.request is not None
        for count in chunks(painter, verdict.request, verdict.images, self.world.view.partials):
            receipt = await self.cashier.buy(self.purchase(action, verdict, count), start)
            made += receipt.made
            cost += receipt.cost or 0
            if receipt.why is not None:
                break
            warnings += [receipt.warning] if receipt.warning else []
        outcome = await self._after(action, receipt, made, cost, warnings)
        if outcome.result != "made":
            self._missed[verdict.key] = outcome
        return outcome

    async def _after(
        self, action: Action, receipt: Receipt, made: int, cost: Decimal, warnings: list[Warned]
    ) -> StepOutcome:
        """What a step is after its calls, of which `receipt` is the last: the lock is told of what came."""
        self.world.refresh()
        after = self.judge.rejudge(action)
        await self.on_pictures(action.asset.name)
        if receipt.why is None and after.artifact is not None:
            return StepOutcome(result="made", made=made, cost=cost, warnings=tuple(warnings))
        return self._unbought(receipt, made, cost)

    def _unbought(self, receipt: Receipt, made: int, cost: Decimal) -> StepOutcome:
        state: State = "unknown" if receipt.why == "unknown" else "refused" if receipt.why == "refused" else "failed"
        result = "stopped" if receipt.fatal else state
        if receipt.left:
            state, result = "sent", "sent"
        if receipt.halted:
            state, result = "pay", "blocked"
        if receipt.held:
            state, result = "held", "held"
        return StepOutcome(result=result, made=made, cost=cost, message=receipt.message, help=receipt.help, state=state)

    def purchase(self, action: Action, verdict: Verdict, count: int) -> Purchase:
        """One call for so many pictures of a step, at its live price. Raises Gone."""
        assert action.step is not None and verdict.request is not None and verdict.key is not None
        painter = self.world.painter(action.step.provider)
        inputs = self._inputs(action)
        partials = looks(painter, verdict.request, self.world.view.partials)
        cost = price(painter, verdict.request, inputs.image_sizes(), [count], partials)
        return Purchase(
            asset=action.asset.name,
            step=action.step.index,
            profile=self.world.profile,
            request=verdict.request,
            key=verdict.key,
            count=count,
            price=cost,
            inputs=inputs,
            painter=painter,
            again=self.world.unanswered(verdict.key) if self._repeats(action) else (),
            previous=verdict.turn.response if verdict.turn is not None else None,
            partials=partials,
        )

    def _repeats(self, action: Action) -> bool:
        """Whether a person let unknown calls for this step be sent again: by --yes, or by `reroll`."""
        return self.world.may_repeat or bool(self.world.view.more.get(action.id))

    def _found(self, verdict: Verdict) -> StepOutcome:
        if verdict.artifact is not None:
            return StepOutcome(result="found")
        return StepOutcome(result=_result_of(verdict.state), message=verdict.reason, state=verdict.state)

    def _inputs(self, action: Action) -> StepInputs:
        inputs = self.judge.inputs.resolve(action, self.judge.done, self.judge.frames)
        if isinstance(inputs, Pending):
            raise Gone(inputs.reason, "blocked")
        return inputs

    # --- ends --------------------------------------------------------------------------------------------------

    async def _publish(self, action: Action, start: Start) -> StepOutcome:
        """Derives and writes an asset's outputs, each on its own; a file that is not ours is left alone."""
        start()
        asset = action.asset
        end = self.judge.inputs.end(asset, self.judge.done, self.judge.frames)
        if isinstance(end, Pending):
            return StepOutcome(result="blocked", message=end.reason, state="blocked")
        loop = asyncio.get_running_loop()
        for order in deliveries(self.world, asset, end, self.judge):
            path = order.path() or self.world.path_of(asset.name, order.recipe)
            digest = self.world.standing(path) if path is not None else None
            if path is not None and digest is not None and is_right(self.world, order, path):
                there = unchanged(order, self.world.root, path, digest)
                self.outcomes.written.setdefault(asset.name, []).append(there)
                continue
            kept = accepted(self.world, order, path) if path is not None else None
            try:
                written = await loop.run_in_executor(
                    None, publish, order, self.realizer, self.world.root, self.world, kept
                )
            except NotOurs as foreign:
                self.outcomes.edited.setdefault(asset.name, []).append(foreign.path)
                continue
            self.outcomes.written.setdefault(asset.name, []).append(written)
            self.world.wrote(written.path, written.recipe, written.digest)
            if written.changed:
                self._say(
                    OutputWritten(
                        asset=asset.name, path=written.path, size=written.size, draft=written.draft, at=self._at()
                    )
                )
        return StepOutcome(result="written", warnings=_cleaned(self.outcomes.written.get(asset.name, ())))

    def _asset_finished(self, action: Action, outcome: StepOutcome) -> None:
        self.outcomes.finished += 1
        name = action.asset.name
        state: State = outcome.state or self._standing_state(action)
        edited = self.outcomes.edited.get(name)
        self._say(
            AssetFinished(
                asset=name,
                state="edited" if edited else state,
                outputs=tuple(item.path for item in self.outcomes.written.get(name, ()) if item.changed),
                done=self.outcomes.finished,
                total=self.total,
                seconds=self._at(),
                at=self._at(),
                message=f"'{edited[0]}' was edited by hand: left alone" if edited else outcome.message,
            )
        )

    def _standing_state(self, action: Action) -> State:
        """What an asset is once its files are written."""
        end = self.judge.inputs.end(action.asset, self.judge.done, self.judge.frames)
        if not isinstance(end, Pending) and end.draft:
            return "draft"
        states = [self.judge.done[action.asset.name, step.index].state for step in action.asset.steps]
        return "held" if "held" in states else "fresh"

    # --- small things --------------------------------------------------------------------------------------------

    def _price(self, node: ActionId) -> Decimal:
        """USD that an action may cost at most, as far as is known."""
        verdict = self.judge.done.get(node)
        buying = verdict is not None and verdict.state in ("pay", "waits")
        return verdict.cost.high if buying and verdict is not None and verdict.cost is not None else Decimal(0)

    def _take_lane(self) -> int:
        """The first free row of a trace."""
        for place, taken in enumerate(self._lanes):
            if not taken:
                self._lanes[place] = True
                return place
        self._lanes.append(True)
        return len(self._lanes) - 1

    def _at(self) -> float:
        return self.clock.monotonic() - self._began

    def _say(self, event: Event) -> None:
        self.listener(event)


def _cleaned(files: Sequence[Written]) -> tuple[Warned, ...]:
    """What is said of drawings that were published without what runs or fetches in them."""
    told = [f"'{item.path}' is published without {', '.join(item.removed)}" for item in files if item.removed]
    text = f"{'; '.join(told)}: it would run or fetch something; the original is kept as it came"
    return (Warned(code="drawing-cleaned", text=text),) if told else ()


def _own_draft(verdict: Verdict) -> DraftPicture | None:
    """The draft that a step itself draws."""
    artifact = verdict.artifact
    while isinstance(artifact, Fenced | Processed):
        artifact = artifact.answer if isinstance(artifact, Fenced) else artifact.picture
    return artifact if isinstance(artifact, DraftPicture) else None


def _result_of(state: State) -> str:
    return state if state in ("refused", "unknown", "held", "failed") else "blocked"
