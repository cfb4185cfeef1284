"""Draft room: pictures that show an order rather than a place: a wreath about a subject, an abstract mark."""

# ruff: noqa: E501 (SVG elements stay whole on their lines)

from __future__ import annotations

import math

from pixmake.providers.draft.brief import Brief, accent, icon_of
from pixmake.providers.draft.glyph import Spot, place
from pixmake.providers.draft.palette import Colour, code, darker, from_hls, lighter, mix


def wreath(brief: Brief) -> str:
    """The subject on a calm ground, the others in a ring about it, by turns."""
    subject = brief.cast.subject
    assert subject is not None
    w, h, unit = brief.width, brief.height, brief.unit
    base = accent(brief) if brief.paint.manner == "colour" else brief.paint.paper
    dice = brief.dice.child("wreath")
    text = "" if brief.bare else f'<rect width="{w}" height="{h}" fill="{code(lighter(base, 0.72))}"/>'
    many = 12 if w < h * 1.5 and h < w * 1.5 else 18
    small = unit * (0.2 if many == 12 else 0.17)
    for number in range(many):
        role = brief.cast.others[number % len(brief.cast.others)]
        angle = number * math.tau / many + 0.1
        x, y = w / 2 + math.cos(angle) * (w / 2 - small * 0.6), h / 2 + math.sin(angle) * (h / 2 - small * 0.6)
        spot = Spot(
            x=x - small / 2, y=y - small / 2, size=small * dice.between(0.88, 1.12), turned=dice.between(-22, 22)
        )
        text += place(icon_of(role), spot, brief.paint.dyed(role.dye), brief.numbers)
    side = unit * 0.5
    spot = Spot(x=w / 2 - side / 2, y=h / 2 - side / 2, size=side)
    return text + place(icon_of(subject), spot, brief.paint.dyed(subject.dye), brief.numbers)


def mark(brief: Brief) -> str:
    """An abstract sign in the prompt's colours: petals, crossing rings, or stacked slopes."""
    w, h, unit = brief.width, brief.height, brief.unit
    dice = brief.dice.child("mark")
    hue = dice.between(0, 1)
    tones = [*brief.reading.colours[:4]] or [from_hls(hue, 0.5, 0.65)]
    if len(tones) == 1:
        tones.append(lighter(tones[0], 0.45))
    ground = lighter(mix(tones[0], tones[1], 0.5), 0.9)
    text = "" if brief.bare else f'<rect width="{w}" height="{h}" fill="{code(ground)}"/>'
    return text + dice.one((_petals, _rings, _slopes))(w / 2, h / 2, unit * 0.36, tones)


def _petals(x: float, y: float, r: float, tones: list[Colour]) -> str:
    text = ""
    for number in range(6):
        tone = code(tones[number % len(tones)])
        text += f'<path transform="rotate({number * 60} {x:.1f} {y:.1f})" fill="{tone}" fill-opacity=".9" d="M{x:.1f} {y:.1f}C{x - r * 0.55:.1f} {y - r * 0.4:.1f} {x - r * 0.32:.1f} {y - r:.1f} {x:.1f} {y - r:.1f}S{x + r * 0.55:.1f} {y - r * 0.4:.1f} {x:.1f} {y:.1f}z"/>'
    return text + f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r * 0.16:.1f}" fill="#fff"/>'


def _rings(x: float, y: float, r: float, tones: list[Colour]) -> str:
    text = ""
    for number, dx in enumerate((-0.42, 0.42)):
        text += f'<circle cx="{x + dx * r:.1f}" cy="{y:.1f}" r="{r * 0.62:.1f}" fill="{code(tones[number % len(tones)])}" fill-opacity=".92"/>'
    lens = code(darker(mix(tones[0], tones[1], 0.5), 0.35))
    half = math.sqrt(0.62**2 - 0.42**2) * r
    arc = f"A{r * 0.62:.1f} {r * 0.62:.1f} 0 0 1"
    return (
        text
        + f'<path fill="{lens}" d="M{x:.1f} {y - half:.1f}{arc} {x:.1f} {y + half:.1f}{arc} {x:.1f} {y - half:.1f}z"/>'
    )


def _slopes(x: float, y: float, r: float, tones: list[Colour]) -> str:
    text = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{code(tones[0])}"/>'
    low = code(tones[1])
    text += f'<path fill="{low}" d="M{x - r * 0.94:.1f} {y + r * 0.34:.1f}L{x - r * 0.3:.1f} {y - r * 0.3:.1f}L{x + r * 0.1:.1f} {y + r * 0.12:.1f}L{x + r * 0.36:.1f} {y - r * 0.14:.1f}L{x + r * 0.94:.1f} {y + r * 0.34:.1f}A{r:.1f} {r:.1f} 0 0 1 {x - r * 0.94:.1f} {y + r * 0.34:.1f}z"/>'
    return (
        text
        + f'<circle cx="{x + r * 0.3:.1f}" cy="{y - r * 0.5:.1f}" r="{r * 0.16:.1f}" fill="{code(lighter(tones[1], 0.7))}"/>'
    )
