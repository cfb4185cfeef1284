"""Plan room: one step's state and reason. A miss is a bill, so nothing here says `pay` unless it was never bought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pixmake.diagnostics import Collector
from pixmake.digest import Digest
from pixmake.plan.artifact import Artifact, DraftPicture, Pinned
from pixmake.plan.check import check_request, refuse_pick
from pixmake.plan.entries import Difference, State, Turn, Verdict
from pixmake.plan.frame import BARE, Frame, frame_of
from pixmake.plan.graph import Action, ActionId
from pixmake.plan.inputs import InputResolver, Pending
from pixmake.plan.keys import action_key, draft_key, preimage
from pixmake.plan.pricing import chunks, price
from pixmake.plan.requests import (
    StepInputs,
    build_request,
    identities,
    named_inputs,
    size_to_ask,
    terms_of,
    turns_before,
)
from pixmake.plan.sizes import final_size
from pixmake.plan.turns import turn_of
from pixmake.plan.world import Painter, World
from pixmake.providers.base import FREE, Estimate, Request, RequestInput
from pixmake.spec.asset import Asset, Step
from pixmake.store.lockfile import StepPin
from pixmake.store.pool import Pool, Underway
from pixmake.values import dataclass

AUTO_DRAFT = (1024, 1024)


class Judge:
    """Decides step by step, in topological order; also asked again during a build when a parent has arrived.

    `asked` are the steps on which paid work is built: where one of several candidates has to be chosen, they ask.
    `ordered` counts pictures that earlier verdicts already pay for, by key: equal requests are bought once.
    """

    def __init__(
        self, world: World, assets: Mapping[str, Asset], asked: frozenset[ActionId], trouble: Collector
    ) -> None:
        self.world = world
        self.asked = asked
        self.trouble = trouble
        self.inputs = InputResolver(world, assets, trouble)
        self.done: dict[ActionId, Verdict] = {}
        self.frames: dict[ActionId, Frame] = {}
        self.ordered: dict[Digest, int] = {}
        self.first_user: dict[Digest, str] = {}
        self._sound: dict[tuple[object, ...], int] = {}
        """Terms under which nothing is refused, with the longest prompt they allow."""
        self.rerolled: dict[ActionId, int] = {}
        self.planning = True
        self.used = False

    def decide(self, action: Action) -> Verdict:
        """The verdict of a step; remembered for those that come after it."""
        verdict = self._decide(action)
        self.done[action.id] = verdict
        return verdict

    def rejudge(self, action: Action) -> Verdict:
        """During a build: the verdict as things stand now. What others ordered is in the pool by then, or isn't."""
        self.planning = False
        return self.decide(action)

    def _decide(self, action: Action) -> Verdict:
        step = action.step
        assert step is not None
        inputs = self.inputs.resolve(action, self.done, self.frames)
        if not isinstance(inputs, Pending) or action.id not in self.frames:
            self.frames[action.id] = BARE if isinstance(inputs, Pending) else frame_of(step, inputs)
        painter = self.world.painter(step.provider)
        pin, _ = self._pin(action, None)
        if isinstance(inputs, Pending):
            return self._frozen(action, pin, None) or self._pending(action, painter, inputs)
        if painter.provider.draft:
            return self._draft(action, painter, inputs)
        case = self._case(action, painter, inputs, pin)
        return self._frozen(action, case.pin, case.key) or self._in_draft_mode(case, self._known(case))

    def _pin(self, action: Action, key: Digest | None) -> tuple[StepPin | None, bool]:
        """What the lock binds this step to, and whether a merge left different picks."""
        asset, place = action.asset, position(action)
        if not self.world.is_locked(asset.name):
            return None, False
        earlier = (self.done.get((asset.name, step.index)) for step in asset.steps[:place])
        line, conflict = self.world.line(asset.name, [*(item.key if item else None for item in earlier), key])
        if line is None or place >= len(line.steps):
            return None, False
        return line.steps[place], conflict

    def _case(self, action: Action, painter: Painter, inputs: StepInputs, pin: StepPin | None) -> Case:
        step = action.step
        assert step is not None
        request = self._request(step, painter, inputs, pin)
        key = action_key(request)
        if position(action) == 0:
            self.world.renamed(action.asset.name, key)
        pin, conflict = self._pin(action, key)
        return Case(
            action=action,
            step=step,
            painter=painter,
            inputs=inputs,
            request=request,
            key=key,
            pin=pin,
            conflict=conflict,
        )

    def _request(self, step: Step, painter: Painter, inputs: StepInputs, pin: StepPin | None) -> Request:
        kept = pin.size if pin is not None and pin.written == step.size and pin.model == step.model else None
        size = size_to_ask(step, painter.provider.limits(step.model), kept)
        return build_request(step, painter.logical, size, identities(inputs), inputs.turns)

    # --- what is not there yet -------------------------------------------------------------------------------

    def _pending(self, action: Action, painter: Painter, pending: Pending) -> Verdict:
        """A step whose inputs are missing: waits are priced as the upper bound, blocked ones cost nothing."""
        step = action.step
        assert step is not None
        if painter.provider.draft or self.world.draft:
            return Verdict(state="blocked", reason=pending.reason, causes=pending.causes)
        if pending.state != "waits":
            return Verdict(state=pending.state, reason=pending.reason, causes=pending.causes)
        if isinstance(step.pick, int) and step.pick > step.variants:  # nothing is there of what waits for new pixels
            return Verdict(state="blocked", reason=refuse_pick(self.trouble, action.asset, step, 0))
        bound = self._bound(action, painter)
        self._check(action, painter, bound)
        partials = self.world.view.partials
        counts = chunks(painter, bound, step.variants, partials)
        sizes = [None for item in bound.inputs if item.kind != "mask"]
        return Verdict(
            state="waits",
            reason=pending.reason,
            causes=pending.causes,
            request=bound,
            images=step.variants,
            requests=len(counts),
            cost=price(painter, bound, sizes, counts, partials),
        )

    def _check(self, action: Action, painter: Painter, request: Request) -> None:
        """What would be refused is said now, while planning; during a build it was said before."""
        if self.planning and action.step is not None:
            today = self.world.view.today
            plain = not (request.options or request.inputs or request.turns)
            terms = (painter.name, *terms_of(request)) if plain else ()
            if len(request.prompt) <= self._sound.get(terms, -1):
                return
            moving, before = self.inputs.moving(action.asset, action.step), len(self.trouble.found)
            check_request(self.trouble, action.asset, action.step, painter, request, today, moving)
            if terms and len(self.trouble.found) == before:
                self._sound[terms] = painter.provider.limits(request.model).most_prompt

    def _bound(self, action: Action, painter: Painter) -> Request:
        """The request of a waiting step as far as it is known; its inputs' identities are blank, so it has no key."""
        step = action.step
        assert step is not None
        first = step.index == action.asset.steps[0].index
        count = len(step.references) + (0 if first and action.asset.origin is None else 1)
        blank = [RequestInput(kind="image", identity="") for _ in range(count)]
        if step.mask is not None:
            blank.append(RequestInput(kind="mask", identity=""))
        if step.markup is not None:
            blank.append(RequestInput(kind="markup", identity=""))
        size = size_to_ask(step, painter.provider.limits(step.model), None)
        return build_request(step, painter.logical, size, blank, turns_before(action.asset, step))

    # --- frozen ----------------------------------------------------------------------------------------------

    def _frozen(self, action: Action, pin: StepPin | None, key: Digest | None) -> Verdict | None:
        """A frozen asset whose request moved away from what was bought: the pinned picture stays and is seen by others."""
        asset = action.asset
        if not self.world.frozen(asset) or pin is None or not pin.variants or pin.key == key:
            return None
        chosen = pin.pick or pin.variants[0]
        original = self.world.original(chosen, pin.key)
        artifact: Artifact = self.frames[action.id].around(original)
        if pin.shown is not None:
            artifact = Pinned(identity=pin.shown[0], digest=pin.shown[1], size=original.size)
        return Verdict(
            state="held",
            reason="frozen: its request has changed since it was bought",
            artifact=artifact,
            key=pin.key,
            pinned=pin.variants,
            picked=pin.pick,
        )

    # --- drafts ----------------------------------------------------------------------------------------------

    def _draft(self, action: Action, painter: Painter, inputs: StepInputs, reason: str = "a draft") -> Verdict:
        step = action.step
        assert step is not None
        request = self._request(step, painter, inputs, None)
        return self._drawn(action, request, inputs, reason)

    def _drawn(self, action: Action, request: Request, inputs: StepInputs, reason: str) -> Verdict:
        step = action.step
        assert step is not None
        # the same pictures are drawn otherwise where none of them is the one to edit
        engine = self.world.engine if inputs.parent is not None or not inputs.references else f"{self.world.engine}/new"
        key = draft_key(request, engine, 1)
        size = final_size(request.size) or AUTO_DRAFT
        artifact = self.frames[action.id].around(DraftPicture(key=key, size=size))
        return Verdict(state="draft", reason=reason, artifact=artifact, request=request, key=key)

    def _in_draft_mode(self, case: Case, verdict: Verdict) -> Verdict:
        """With --draft, whatever has no bought picture gets a draft in the place of the real request; a choice is no draft's."""
        if not self.world.draft or verdict.state == "conflict":
            return verdict
        if verdict.artifact is not None:
            bought = verdict.state in ("pay", "sent")  # more candidates are wanted; with --draft nothing is bought
            return replace(verdict, state="fresh", images=0, requests=0, cost=FREE) if bought else verdict
        built_on = any(getattr(item, "draft", False) for _, item in case.inputs.pictures())
        reason = "a draft, built on a draft" if built_on else f"a draft: {verdict.reason}"
        return self._drawn(case.action, case.request, case.inputs, reason)

    # --- requests that are known -----------------------------------------------------------------------------

    def _known(self, case: Case) -> Verdict:
        if any(getattr(item, "draft", False) for _, item in case.inputs.pictures()):
            return Verdict(
                state="blocked", reason="an input is a draft, and drafts never feed a paid request", key=case.key
            )
        pool, unknown = self.world.open_pool(case.key)
        pinned = self._candidates(case, pool)
        missing = max(0, self._wanted(case, len(pinned)) - len(pinned))
        base = Verdict(state="fresh", reason="bought", request=case.request, key=case.key, pinned=pinned)
        base = self._choose(case, base)
        if not missing or base.state in ("blocked", "conflict"):
            return base
        return self._missing(case, base, missing, self._ended(pool, case, unknown))

    def _wanted(self, case: Case, there: int) -> int:
        """Pictures a step is to have. A reroll wants more than there were when it was planned, whoever buys them."""
        more = self.world.view.more.get(case.action.id)
        return self.rerolled.setdefault(case.action.id, there + more) if more else case.step.variants

    def _candidates(self, case: Case, pool: Pool) -> tuple[Digest, ...]:
        """Usable pictures in the order that `pick` counts: the lock's list first, then what the pool has beyond it."""
        listed = case.pin.variants if case.pin is not None and case.pin.key == case.key else ()
        last = self.world.last_pick(case.action.asset.name, case.key) if pool.picks else None
        kept = [result.digest for result in pool.results if result.digest == last]  # a person's own, from before
        return tuple(dict.fromkeys([*listed, *(result.digest for result in pool.bought), *kept]))

    def _choose(self, case: Case, base: Verdict) -> Verdict:
        """Which candidate goes on: the spec's number, else the lock's, else the last pick for this key, else the first."""
        step, pinned = case.step, base.pinned
        if isinstance(step.pick, int):
            return self._numbered(case, base, step.pick)
        if not pinned:
            return base
        if case.conflict:
            return replace(base, state="conflict", reason="a merge left different picks; `pixmake pick` settles it")
        picked = self._remembered(case, pinned)
        asking = picked is None and self._asks(case, len(pinned))
        chosen = self._came(case, picked or pinned[0], pinned)
        artifact = self.frames[case.action.id].around(self.world.original(chosen, case.key))
        reason = "the first of several: a pick is asked for" if asking else base.reason
        return replace(base, artifact=artifact, picked=None if asking else chosen, asking=asking, reason=reason)

    def _came(self, case: Case, chosen: Digest, pinned: tuple[Digest, ...]) -> Digest:
        """What a reroll goes on with: where the picture that was picked is nowhere, the first that came for it."""
        there = self.rerolled.get(case.action.id, 0) - self.world.view.more.get(case.action.id, 0)
        return pinned[there] if there and len(pinned) > there and not self.world.has(chosen) else chosen

    def _asks(self, case: Case, there: int) -> bool:
        """Whether somebody has to choose. Who wants one picture gets the first, however many others that ask for the
        same have ordered: else it would hang on who was served first."""
        if case.step.pick == "ask":
            return max(there, case.step.variants) > 1
        return case.step.variants > 1 and case.action.id in self.asked

    def _remembered(self, case: Case, pinned: tuple[Digest, ...]) -> Digest | None:
        if case.pin is not None and case.pin.key == case.key and case.pin.pick in pinned:
            return case.pin.pick
        last = self.world.last_pick(case.action.asset.name, case.key)
        return last if last in pinned else None

    def _numbered(self, case: Case, base: Verdict, number: int) -> Verdict:
        if number <= len(base.pinned):
            chosen = base.pinned[number - 1]
            artifact = self.frames[case.action.id].around(self.world.original(chosen, case.key))
            return replace(base, artifact=artifact, picked=chosen)
        if number <= case.step.variants:
            return base
        reason = refuse_pick(self.trouble, case.action.asset, case.step, len(base.pinned))
        return replace(base, state="blocked", reason=reason)

    def _missing(self, case: Case, base: Verdict, missing: int, ended: tuple[State, str] | None) -> Verdict:
        """Pictures to buy, unless an earlier try ended in a way that only a person may repeat."""
        if ended is not None and (not base.pinned or ended[0] == "sent"):
            return replace(base, state=ended[0], reason=ended[1])
        if ended is not None:
            return replace(base, reason=f"{base.reason}; {missing} more not bought: {ended[1]}")
        self._check(case.action, case.painter, case.request)
        return self._order(case, base, missing)

    def _ended(self, pool: Pool, case: Case, unknown: bool) -> tuple[State, str] | None:
        if pool.underway:
            return "sent", on_the_way(pool.underway)
        if self.world.view.more.get(case.action.id):
            return None  # a person asked for this very step again
        if unknown and not self.world.may_repeat:
            return "unknown", "sent before, and no usable answer came: it may have been billed"
        refusal = pool.refusal(case.request.moderation)
        if refusal is not None:
            return "refused", f"refused by the provider: {refusal.message}"
        return None

    def _order(self, case: Case, base: Verdict, missing: int) -> Verdict:
        key = case.key
        ahead = min(missing, self.ordered.get(key, 0)) if self.planning else 0
        images = missing - ahead
        self.ordered[key] = max(missing, self.ordered.get(key, 0))
        changed, causes = self._changes(case)
        partials = self.world.view.partials
        counts = chunks(case.painter, case.request, images, partials)
        cost: Estimate | None = price(case.painter, case.request, case.inputs.image_sizes(), counts, partials)
        sharer = self.first_user.setdefault(key, case.action.asset.name)
        reason = self._order_reason(base, changed, images, sharer) + self.world.pool(key).aside
        return Verdict(
            state="pay",
            reason=reason,
            artifact=base.artifact,
            request=base.request,
            key=key,
            pinned=base.pinned,
            picked=base.picked,
            asking=base.asking,
            images=images,
            requests=len(counts),
            cost=cost,
            differences=tuple(changed),
            causes=causes or ("more variants" if base.pinned else "new",),
            turn=self._turn(case),
        )

    def _turn(self, case: Case) -> Turn | None:
        before = self.done.get((case.action.asset.name, case.step.index - 1))
        limits = case.painter.provider.limits(case.step.model)
        return turn_of(self.world, case.action, case.inputs, before, limits)

    def _order_reason(self, base: Verdict, changed: list[Difference], images: int, sharer: str) -> str:
        if not images:
            return f"shares the request of '{sharer}'"
        if base.pinned:
            return f"{images} more variant{'' if images == 1 else 's'} wanted"
        if changed:
            return "changed: " + "; ".join(str(item) for item in changed)
        return "never bought"

    def _changes(self, case: Case) -> tuple[list[Difference], tuple[str, ...]]:
        old = self.world.last_request(case.action.asset.name, case.step.index, case.pin)
        if not old:
            return [], ()
        from pixmake.plan.explain import cause_of, differences

        changed = differences(old, preimage(case.request), named_inputs(case.inputs))
        return changed, tuple(cause_of(item, case.step.spans) for item in changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A step whose request is known, with all that its verdict hangs on."""

    action: Action
    step: Step
    painter: Painter
    inputs: StepInputs
    request: Request
    key: Digest
    pin: StepPin | None
    conflict: bool


def on_the_way(calls: Sequence[Underway]) -> str:
    """Why nothing is bought for a key: it is coming, and by what it is called at the provider."""
    what = {"batch": "batch", "background": "response"}
    named = dict.fromkeys(f"{what.get(item.intent.route, 'job')} {item.handle}" for item in calls if item.handle)
    where = ", ".join(named) or "a batch that is still to be found again"
    return f"sent in {where}: will be collected, never bought live meanwhile"


def position(action: Action) -> int:
    """Where a step stands in its chain, from 0; the lock lists steps so (a chain that edits `from` begins at step 1)."""
    assert action.step is not None
    return action.step.index - action.asset.steps[0].index
