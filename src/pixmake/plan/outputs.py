"""Plan room: how the files on disk stand to what they should be: right, missing, of another recipe, or not ours."""

from __future__ import annotations

from typing import Literal

from pixmake.digest import Digest
from pixmake.plan.artifact import Artifact, originals
from pixmake.plan.delivery import PLACEHOLDER, Delivery, delivery
from pixmake.plan.entries import OutputPlan
from pixmake.plan.inputs import Pending
from pixmake.plan.judge import Judge
from pixmake.plan.world import World
from pixmake.spec.asset import Asset, Output

FileState = Literal["fresh", "missing", "stale", "edited"]


def judge_outputs(world: World, asset: Asset, picture: Artifact | None, judge: Judge) -> tuple[OutputPlan, ...]:
    """Every output of an asset whose end is `picture` (None: not known yet)."""
    return tuple(_judge(world, asset, output, _source(asset, output, picture, judge)) for output in asset.outputs)


def deliveries(world: World, asset: Asset, picture: Artifact, judge: Judge) -> list[Delivery]:
    """How each output of an asset is made, its picture being there."""
    found = [(output, _source(asset, output, picture, judge)) for output in asset.outputs]
    return [delivery(asset, output, source, world.mark) for output, source in found if source is not None]


def _source(asset: Asset, output: Output, picture: Artifact | None, judge: Judge) -> Artifact | None:
    """An output's picture: the asset's end, or the step it names."""
    if output.step is None:
        return picture
    found = judge.inputs.step(asset, output.step, judge.done, judge.frames)
    return None if isinstance(found, Pending) else found


def _judge(world: World, asset: Asset, output: Output, picture: Artifact | None) -> OutputPlan:
    if picture is None:
        return OutputPlan(output=output, path=output.path, recipe=None, state=ownership(world, output))
    order = delivery(asset, output, picture, world.mark)
    recipe = order.recipe
    path = order.path() or world.path_of(asset.name, recipe)
    if path is None:
        return OutputPlan(output=output, path=output.path, recipe=recipe, state="missing")
    state: FileState = "fresh" if is_right(world, order, path) else _not_fresh(world, path)
    if state == "edited" and world.derives(order, path):
        state = "fresh"
    return OutputPlan(output=output, path=path, recipe=recipe, state=state)


def is_right(world: World, order: Delivery, path: str) -> bool:
    """Whether the file at `path` may stay as it is; one that a person let stand goes where it is to be restored."""
    if not world.stands(path, order.recipe):
        return False
    return not world.restores(path) or _named(world, order, path) in (None, *originals(order.picture))


def accepted(world: World, order: Delivery, path: str) -> Digest | None:
    """The bytes that a person let stand at `path` until their recipe changes (`accept`), where the store has them."""
    return None if world.restores(path) else _named(world, order, path)


def _named(world: World, order: Delivery, path: str) -> Digest | None:
    """What the lock names for this very recipe, where the store has it: derived files are not kept there."""
    line, _ = world.line(order.asset)
    pin = line.outputs.get(path) if line is not None else None
    if pin is None or pin.recipe != order.recipe or not world.store.content.has(pin.digest):
        return None
    return pin.digest


def _not_fresh(world: World, path: str) -> FileState:
    if not world.exists(path):
        return "missing"
    return "stale" if world.owned(path) else "edited"


def ownership(world: World, output: Output) -> FileState:
    """Whether a file may be written over, its recipe being unknown. Paths with `{{ hash }}` are always new files."""
    if PLACEHOLDER.search(output.path):
        return "missing"
    return _not_fresh(world, output.path)
