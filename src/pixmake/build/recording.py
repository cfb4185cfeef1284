"""Build room: what a build learned, written down: pins and outputs into the lock, picks into the journal. Bytes came first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pixmake.clock import Clock
from pixmake.digest import Digest
from pixmake.plan.entries import Verdict
from pixmake.plan.graph import ActionId
from pixmake.plan.planner import Plan
from pixmake.publish.outputs import Written
from pixmake.spec.asset import Asset
from pixmake.store.lockfile import Line, Lock, OutputPin, StepPin, write
from pixmake.store.records import Pick

LOCK_NAME = "assets.lock"


def record_lock(plan: Plan, lock: Lock, written: Mapping[str, Iterable[Written]] | None = None) -> Lock:
    """The lock with this build's lines, written to disk if its text changed. Drafts never enter it. Raises Problem."""
    updated = lock
    for asset in _touched(plan):
        old, _ = plan.world.line(asset.name, _keys(plan, asset))
        line = _line(plan, asset, old, tuple((written or {}).get(asset.name, ())))
        if line.steps or line.outputs or line.frozen:
            updated = updated.put(line)
    renames = plan.world.renames
    updated = updated.drop(*((name, plan.profile) for name in renames.values()))
    if written is not None or updated.lines != lock.lines:
        write(plan.world.root / LOCK_NAME, updated)  # a merged text is tidied even where its content stays
        renames.clear()
    return updated


def _touched(plan: Plan) -> Iterable[Asset]:
    names = {node[0] for node in plan.wanted}
    return (asset for asset in plan.spec.assets if asset.name in names)


def _keys(plan: Plan, asset: Asset) -> list[Digest | None]:
    verdicts = [plan.judge.done.get((asset.name, step.index)) for step in asset.steps]
    return [verdict.key if verdict is not None else None for verdict in verdicts]


def _line(plan: Plan, asset: Asset, old: Line | None, written: tuple[Written, ...]) -> Line:
    return Line(
        asset=asset.name,
        profile=plan.profile,
        steps=_pins(plan, asset, old.steps if old else ()),
        outputs=_outputs(plan, asset, old.outputs if old else {}, written),
        frozen=old.frozen if old else False,
    )


def _pins(plan: Plan, asset: Asset, old: tuple[StepPin, ...]) -> tuple[StepPin, ...]:
    """New pins for steps that have pictures; old ones stay until something is bought in their place."""
    pins: list[StepPin] = []
    for place, step in enumerate(asset.steps):
        verdict = plan.judge.done.get((asset.name, step.index))
        if verdict is not None and verdict.pinned and verdict.request is not None and verdict.state != "conflict":
            pins.append(_pin(verdict, step.size))
        elif place < len(old):
            pins.append(old[place])
        else:
            break
    return tuple(pins)


def _pin(verdict: Verdict, written: str) -> StepPin:
    assert verdict.key is not None and verdict.request is not None
    return StepPin(
        key=verdict.key,
        variants=verdict.pinned,
        pick=verdict.picked,
        model=verdict.request.model,
        size=verdict.request.size,
        written=written,
    )


def _outputs(
    plan: Plan, asset: Asset, old: Mapping[str, OutputPin], written: tuple[Written, ...]
) -> dict[str, OutputPin]:
    """Pins of present outputs. While a recipe stands its digest does too, whatever another library made of it."""
    made = {item.path: item for item in written if not item.draft}
    pins: dict[str, OutputPin] = {}
    for path in _paths(plan, asset, made):
        item = made.get(path)
        if item is not None and (path not in old or old[path].recipe != item.recipe):
            pins[path] = OutputPin(recipe=item.recipe, digest=item.digest)
        elif path in old:
            pins[path] = old[path]
        elif (pin := _local(plan, asset, path)) is not None:
            pins[path] = pin
    return dict(sorted(pins.items()))


def _local(plan: Plan, asset: Asset, path: str) -> OutputPin | None:
    """The local record of a real output that stands as planned: a lock that was lost is made again from it."""
    entry = next((entry for entry in plan.entries if entry.asset == asset.name and entry.last), None)
    fresh = {item.path: item for item in entry.outputs if item.state == "fresh"} if entry else {}
    if path not in fresh or entry is None or entry.state == "draft":
        return None
    digest = plan.world.standing(path)
    recipe = fresh[path].recipe
    return OutputPin(recipe=recipe, digest=digest) if digest is not None and recipe is not None else None


def _paths(plan: Plan, asset: Asset, made: Mapping[str, Written]) -> list[str]:
    planned = [item.path for entry in plan.entries if entry.asset == asset.name for item in entry.outputs]
    return list(dict.fromkeys([*planned, *made]))


def record_picks(plan: Plan, clock: Clock) -> None:
    """Remembers in the store which of several candidates went on, so that a reverted edit finds its picture again."""
    picks = [pick for node in plan.wanted if (pick := _new_pick(plan, node, clock)) is not None]
    if picks:
        plan.world.store.journal.append(*sorted(picks, key=lambda pick: (pick.asset, pick.key)))


def _new_pick(plan: Plan, node: ActionId, clock: Clock) -> Pick | None:
    verdict = plan.judge.done.get(node)
    if verdict is None or verdict.picked is None or verdict.key is None or len(verdict.pinned) < 2:
        return None
    if verdict.state == "held" or plan.world.last_pick(node[0], verdict.key) == verdict.picked:
        return None
    return Pick(
        key=verdict.key,
        scope=plan.world.view.scope,
        asset=node[0],
        digest=verdict.picked,
        time=clock.now().isoformat(timespec="milliseconds"),
        profile=plan.profile,
    )
