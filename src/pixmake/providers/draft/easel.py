"""Draft room: one request, one picture. Equal requests and variants give equal bytes, in every process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pixmake.providers.base import Picture, Request
from pixmake.providers.draft import compose, finish, retouch
from pixmake.providers.draft.dice import Dice
from pixmake.providers.draft.sketching import Sketch, dice_of, is_plain, paint, plan, size_of

FRAMES = 6


def draw(request: Request, pictures: Sequence[Picture], variant: int) -> bytes:
    """The bytes of variant `variant` (from 1): PNG, or what `request.kind` asks for (`svg`, `gif`).

    Raises OSError when an input picture can't be read.
    """
    if request.operation == "edit" or pictures or request.turns:
        return retouch.draw_edit(request, pictures, variant)
    return _encoded(request, dice_of(request, variant), variant)


def _encoded(request: Request, dice: Dice, variant: int) -> bytes:
    width, height = size_of(request)
    sketch = plan(request.prompt, width, height, request.background, dice, variant)
    if request.kind == "svg":
        return (compose.document(*sketch) + "\n").encode()
    if request.kind == "gif":
        steps = [paint(_at(sketch, number / FRAMES)) for number in range(FRAMES)]
        return finish.animate(steps)
    if is_plain(*sketch):
        return finish.rendered(compose.document(*sketch), width, height)
    return finish.encode(paint(sketch))


def _at(sketch: Sketch, phase: float) -> Sketch:
    brief, framing = sketch
    return replace(brief, phase=phase, dice=Dice(brief.dice.text)), framing
