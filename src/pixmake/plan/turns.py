"""Plan room: how a turn of a conversation comes by the turns before it: by the id of the response that drew its parent,
or told again with the parent's bytes. It is a transport: the key is the same.
"""

from __future__ import annotations

from datetime import date

from pixmake.plan.artifact import Original
from pixmake.plan.entries import Turn, Verdict
from pixmake.plan.graph import Action
from pixmake.plan.keys import action_key
from pixmake.plan.requests import StepInputs
from pixmake.plan.world import World
from pixmake.providers.base import Limits
from pixmake.store.records import Result


def turn_of(world: World, action: Action, inputs: StepInputs, before: Verdict | None, limits: Limits) -> Turn | None:
    """How a step's turn is sent; `before` is the verdict of the step before it, if it has one. None for what is no
    later turn.

    An id is used only where the parent is that response's own picture, unfenced, drawn by the very turns that this
    request's key names, at the same provider, and where the id is still alive by its age.
    """
    step = action.step
    assert step is not None
    if step.api != "responses" or before is None:
        return None
    if not limits.remembers:
        return Turn(response=None, reason="the provider keeps no responses")
    earlier = next(item for item in action.asset.steps if item.index == step.index - 1)
    if earlier.api != "responses" or earlier.provider != step.provider:
        return Turn(response=None, reason="its parent was drawn in no conversation with this provider")
    if not isinstance(inputs.parent, Original):
        return Turn(response=None, reason="its parent is not the picture as it was answered")
    if before.request is None or before.key != action_key(before.request):
        return Turn(response=None, reason="its parent was drawn by earlier prompts")
    drawn = next((item for item in world.pool(before.key).bought if item.digest == inputs.parent.digest), None)
    if drawn is None or drawn.response_id is None:
        return Turn(response=None, reason="no response is known that drew its parent")
    if _age(drawn, world.view.today) >= limits.remembers:
        return Turn(response=None, reason=f"the response that drew its parent is of {drawn.time[:10]}")
    return Turn(response=drawn.response_id, reason=f"response {drawn.response_id}")


def _age(drawn: Result, today: str) -> int:
    """Days; a time that can't be read counts as long ago."""
    try:
        return abs((date.fromisoformat(today) - date.fromisoformat(drawn.time[:10])).days)
    except ValueError:
        return 1 << 20
