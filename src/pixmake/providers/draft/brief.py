"""Draft room: what a composition is told, and the few shapes and colours that all of them share."""

from __future__ import annotations

import math
from dataclasses import field
from itertools import count

from pixmake.providers.draft.casting import Cast, Role
from pixmake.providers.draft.corpus import Icon, icon
from pixmake.providers.draft.dice import Dice
from pixmake.providers.draft.figures import whole
from pixmake.providers.draft.glyph import Paint
from pixmake.providers.draft.palette import Colour, alike, from_hls, hls, luminance
from pixmake.providers.draft.reading import Reading
from pixmake.providers.draft.samples import dominant
from pixmake.values import dataclass


@dataclass(slots=True, kw_only=True)
class Brief:
    """All that a composition needs. `phase` (0..1) is the moment of an animation."""

    width: int
    height: int
    reading: Reading
    cast: Cast
    dice: Dice
    paint: Paint
    bare: bool
    """True: nothing behind the subject, the picture is transparent there."""
    phase: float = 0.0
    numbers: count[int] = field(default_factory=count)

    @property
    def unit(self) -> float:
        return float(min(self.width, self.height))


def icon_of(role: Role) -> Icon:
    return icon(role.icon)


def figure_of(role: Role) -> Icon:
    """The icon, with a body where it is only a head."""
    return whole(icon(role.icon))


def colour_of(role: Role) -> Colour:
    return role.dye or dominant(icon_of(role))


def accent(brief: Brief) -> Colour:
    """A ground that sets off the subject: a colour of the prompt, else one across the wheel from the subject's."""
    subject = brief.cast.subject
    own = colour_of(subject) if subject else (120, 140, 200)
    spare = [
        colour
        for colour in brief.reading.colours
        if subject is None or (colour != subject.dye and not alike(colour, own))
    ]
    if spare and brief.dice.child("accent").chance(0.8):
        return spare[0]
    named = [colour for colour in brief.reading.colours if subject is None or colour != subject.dye]
    if named:  # all of them near the subject's own: the lightest sets it off
        return max(named, key=lambda colour: (luminance(colour), colour))
    hue, _, _ = hls(own)
    turn = brief.dice.child("accent turn").one((0.5, 0.42, 0.58, 0.36, 0.08, 0.64))
    return from_hls(hue + turn, 0.66, 0.62)


def blob(x: float, y: float, r: float, dice: Dice) -> str:
    """A soft closed shape about (x, y)."""
    points = []
    for step in range(8):
        angle = step * math.tau / 8
        far = r * dice.between(0.86, 1.06)
        points.append((x + math.cos(angle) * far, y + math.sin(angle) * far))
    text = ""
    for number, (ax, ay) in enumerate(points):
        bx, by = points[(number + 1) % 8]
        mx, my = (ax + bx) / 2, (ay + by) / 2
        text += f"M{mx:.1f} {my:.1f}" if not text else f"Q{ax:.1f} {ay:.1f} {mx:.1f} {my:.1f}"
    (ax, ay), (bx, by) = points[0], points[1]
    return text + f"Q{ax:.1f} {ay:.1f} {(ax + bx) / 2:.1f} {(ay + by) / 2:.1f}z"


def bob(brief: Brief) -> float:
    return math.sin(brief.phase * math.tau) * brief.unit * 0.025
