"""Draft room: pictures without a place: emblem, portrait, pattern, sheet, isometric block, poster, card."""

# ruff: noqa: E501 (SVG elements stay whole on their lines)

from __future__ import annotations

import math
from dataclasses import replace

from pixmake.providers.draft.brief import Brief, accent, blob, bob, icon_of
from pixmake.providers.draft.casting import Cast
from pixmake.providers.draft.corpus import Icon
from pixmake.providers.draft.glyph import Paint, Spot, place
from pixmake.providers.draft.palette import code, darker, from_hls, lighter, mix
from pixmake.providers.draft.scenery import View


def emblem(brief: Brief) -> str:
    """One subject in the middle; a rounded badge behind it unless the picture is to be bare."""
    assert brief.cast.subject is not None
    w, h, unit = brief.width, brief.height, brief.unit
    text = "" if brief.bare else _badge(brief)
    share = 0.92 if brief.bare else 0.6
    if brief.reading.style == "sticker":
        share *= 0.86
    return text + _cluster(brief, w / 2, h / 2 + bob(brief), unit * share)


def _badge(brief: Brief) -> str:
    w, h, unit = brief.width, brief.height, brief.unit
    paint = brief.paint
    if paint.manner in ("line", "mono", "silhouette"):
        tone = mix(paint.paper, paint.ink, 0.06)
        return f'<rect width="{w}" height="{h}" fill="{code(paint.paper)}"/><circle cx="{w / 2}" cy="{h / 2}" r="{unit * 0.42:.1f}" fill="{code(tone)}"/>'
    base = accent(brief) if paint.manner != "neon" else (34, 18, 66)
    text = (
        f'<linearGradient id="bdg" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{code(lighter(base, 0.3))}"/>'
        f'<stop offset="1" stop-color="{code(base)}"/></linearGradient>'
        f'<rect width="{w}" height="{h}" fill="{code(lighter(base, 0.78) if paint.manner != "neon" else (16, 8, 34))}"/>'
    )
    shape = brief.dice.child("badge").whole(0, 2)
    side = unit * 0.86
    x, y = (w - side) / 2, (h - side) / 2
    if shape == 0:
        text += f'<rect x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{side:.1f}" rx="{side * 0.22:.1f}" fill="url(#bdg)"/>'
    elif shape == 1:
        text += f'<circle cx="{w / 2:.1f}" cy="{h / 2:.1f}" r="{side / 2:.1f}" fill="url(#bdg)"/>'
    else:
        text += f'<path fill="url(#bdg)" d="{blob(w / 2, h / 2, side * 0.5, brief.dice.child("blob"))}"/>'
    text += f'<ellipse cx="{w / 2:.1f}" cy="{h / 2 + unit * 0.3:.1f}" rx="{unit * 0.24:.1f}" ry="{unit * 0.035:.1f}" fill="{code(darker(base, 0.5))}" fill-opacity=".35"/>'
    return text


def _cluster(brief: Brief, x: float, y: float, side: float) -> str:
    """The subject, as often as it was named, about (x, y); a companion in the corner."""
    subject = brief.cast.subject
    assert subject is not None
    paint = brief.paint.dyed(subject.dye)
    drawing = icon_of(subject)
    tilt = brief.dice.child("tilt").between(-5, 5) if brief.phase == 0 and not subject.tall else 0.0
    if subject.count > 1:
        return _many(brief, drawing, paint, x, y, side, min(12, subject.count))
    held = [role for role in brief.cast.others if role.link in ("with", "and", "holding", "wearing", "riding", "")][:1]
    if held and brief.unit >= 48 and brief.reading.framing != "icon":
        small = side * 0.42
        text = place(
            drawing, Spot(x=x - side * 0.52, y=y - side * 0.54, size=side * 0.92, turned=tilt), paint, brief.numbers
        )
        spot = Spot(x=x + side * 0.1, y=y + side * 0.08, size=small, turned=12)
        return text + place(icon_of(held[0]), spot, brief.paint.dyed(held[0].dye), brief.numbers)
    mirrored = subject.habitat != "sky" and brief.dice.child("mirror").chance(0.25)
    spot = Spot(x=x - side / 2, y=y - side / 2, size=side, mirrored=mirrored, turned=tilt)
    return place(drawing, spot, paint, brief.numbers)


def _many(brief: Brief, drawing: Icon, paint: Paint, x: float, y: float, side: float, many: int) -> str:
    """`many` copies: two or three in a group, more in rows."""
    dice = brief.dice.child("many")
    columns = many if many <= 3 else math.ceil(math.sqrt(many))
    rows = math.ceil(many / columns)
    cell = side / max(columns, rows) * ({2: 1.3, 3: 1.5}.get(many, 1.0))
    text = ""
    for number in range(many):
        row, column = divmod(number, columns)
        here = min(columns, many - row * columns)
        cx = x + (column - (here - 1) / 2) * side / columns
        cy = y + (row - (rows - 1) / 2) * cell + (cell * 0.12 if number % 2 else 0)
        size = cell * dice.between(0.84, 0.98)
        text += place(
            drawing, Spot(x=cx - size / 2, y=cy - size / 2, size=size, mirrored=number % 2 == 1), paint, brief.numbers
        )
    return text


def portrait(brief: Brief) -> str:
    """A single subject without a place: a calm studio ground with a halo of soft shapes."""
    w, h, unit = brief.width, brief.height, brief.unit
    base = accent(brief)
    if brief.paint.manner == "neon":
        base = (40, 20, 80)
    dice = brief.dice.child("studio")
    text = (
        f'<linearGradient id="std" x1="0" y1="0" x2=".3" y2="1"><stop offset="0" stop-color="{code(lighter(base, 0.62))}"/>'
        f'<stop offset="1" stop-color="{code(lighter(base, 0.18))}"/></linearGradient><rect width="{w}" height="{h}" fill="url(#std)"/>'
        f'<path fill="{code(lighter(base, 0.5))}" d="{blob(w / 2, h * 0.48, unit * 0.42, dice)}"/>'
        f'<path fill="{code(lighter(base, 0.75))}" fill-opacity=".7" d="{blob(w / 2, h * 0.47, unit * 0.33, dice)}"/>'
    )
    for _ in range(9):
        angle, far = dice.between(0, math.tau), unit * dice.between(0.4, 0.62)
        x, y, r = w / 2 + math.cos(angle) * far, h / 2 + math.sin(angle) * far, unit * dice.between(0.006, 0.022)
        text += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{code(lighter(base, dice.between(0, 0.9)))}"/>'
    text += f'<ellipse cx="{w / 2:.1f}" cy="{h * 0.5 + unit * 0.335:.1f}" rx="{unit * 0.25:.1f}" ry="{unit * 0.032:.1f}" fill="{code(darker(base, 0.55))}" fill-opacity=".4"/>'
    return text + _cluster(brief, w / 2, h * 0.5 + bob(brief), unit * 0.66)


def pattern(brief: Brief) -> str:
    """A tile that repeats without seams: icons on a staggered grid, those at the edges drawn on both sides."""
    w, h = brief.width, brief.height
    base = lighter(accent(brief), 0.55) if brief.paint.manner == "colour" else brief.paint.paper
    text = "" if brief.bare else f'<rect width="{w}" height="{h}" fill="{code(base)}"/>'
    roles = [role for role in (brief.cast.subject, *brief.cast.others[:3]) if role is not None]
    columns = max(2, round(4 * w / brief.unit / 2) * 2)
    rows = max(2, round(4 * h / brief.unit / 2) * 2)
    cell_x, cell_y = w / columns, h / rows
    dice = brief.dice.child("pattern")
    for row in range(rows):
        for column in range(columns):
            role = roles[(row + column) % len(roles)]
            side = min(cell_x, cell_y) * dice.between(0.55, 0.78)
            x, y, turn = (column + 0.5 * (row % 2) + 0.25) * cell_x, (row + 0.5) * cell_y, dice.between(-28, 28)
            for dx in (0, -w) if x + side * 0.75 > w else (0,):
                spot = Spot(x=x + dx - side / 2, y=y - side / 2, size=side, turned=turn)
                text += place(icon_of(role), spot, brief.paint.dyed(role.dye), brief.numbers)
            dot = code(darker(base, 0.12))
            text += f'<circle cx="{(column + 0.5 * ((row + 1) % 2) + 0.25) * cell_x:.1f}" cy="{row * cell_y + 1:.1f}" r="0" fill="{dot}"/>'
    return text


def sheet(brief: Brief) -> str:
    """The subject several times in a grid: mirrored, tilted, large and small."""
    assert brief.cast.subject is not None
    w, h = brief.width, brief.height
    columns = 4 if w >= h * 1.5 else 2 if h >= w * 1.5 else 3
    rows = max(1, round(columns * h / w))
    text = "" if brief.bare else f'<rect width="{w}" height="{h}" fill="{code(lighter(accent(brief), 0.82))}"/>'
    drawing, paint = icon_of(brief.cast.subject), brief.paint.dyed(brief.cast.subject.dye)
    cell = min(w / columns, h / rows)
    for number in range(columns * rows):
        x, y = (number % columns + 0.5) * w / columns, (number // columns + 0.5) * h / rows
        side = cell * (0.78 if number % 3 != 2 else 0.6)
        spot = Spot(
            x=x - side / 2,
            y=y - side / 2,
            size=side,
            mirrored=number % 2 == 1,
            turned=(0, 0, -14, 10, 0, 18)[number % 6],
        )
        text += place(drawing, spot, paint, brief.numbers)
    return text


def isometric(brief: Brief) -> str:
    """The subject on a block of ground seen from above at an angle."""
    assert brief.cast.subject is not None
    w, h, unit = brief.width, brief.height, brief.unit
    base = accent(brief)
    view = View(
        width=w,
        height=h,
        horizon=h * 0.6,
        mood="day",
        place=brief.reading.place or "field",
        season=brief.reading.season,
    )
    top, r = view.ground, unit * 0.43
    x, y, deep = w / 2, h * 0.62, unit * 0.11
    text = "" if brief.bare else f'<rect width="{w}" height="{h}" fill="{code(lighter(base, 0.6))}"/>'
    text += (
        f'<path fill="{code(darker(mix(top, (120, 80, 50), 0.7), 0.1))}" d="M{x - r:.1f} {y:.1f}L{x:.1f} {y + r / 2:.1f}v{deep:.1f}L{x - r:.1f} {y + deep:.1f}z"/>'
        f'<path fill="{code(darker(mix(top, (120, 80, 50), 0.7), 0.32))}" d="M{x + r:.1f} {y:.1f}L{x:.1f} {y + r / 2:.1f}v{deep:.1f}L{x + r:.1f} {y + deep:.1f}z"/>'
        f'<path fill="{code(top)}" d="M{x:.1f} {y - r / 2:.1f}L{x + r:.1f} {y:.1f}L{x:.1f} {y + r / 2:.1f}L{x - r:.1f} {y:.1f}z"/>'
        f'<path fill="{code(lighter(top, 0.2))}" d="M{x:.1f} {y - r * 0.4:.1f}L{x + r * 0.8:.1f} {y:.1f}L{x:.1f} {y + r * 0.4:.1f}L{x - r * 0.8:.1f} {y:.1f}z"/>'
        f'<ellipse cx="{x:.1f}" cy="{y + r * 0.06:.1f}" rx="{r * 0.48:.1f}" ry="{r * 0.2:.1f}" fill="{code(darker(top, 0.6))}" fill-opacity=".35"/>'
    )
    for number, role in enumerate(brief.cast.others[:2]):
        side = unit * 0.2
        dx = (-0.55, 0.55)[number] * r
        text += place(
            icon_of(role),
            Spot(x=x + dx - side / 2, y=y - side * 0.9, size=side),
            brief.paint.dyed(role.dye),
            brief.numbers,
        )
    side = unit * 0.52
    subject = _alone(brief)
    return text + _cluster(subject, x, y + r * 0.1 - side * 0.46 + bob(brief), side)


def _alone(brief: Brief) -> Brief:
    """The brief with one of its subject, alone."""
    assert brief.cast.subject is not None
    return replace(brief, cast=Cast(subject=replace(brief.cast.subject, count=1), others=()))


def poster(brief: Brief) -> str:
    """Rays from behind the subject, a frame, bold colours; words are set over it later."""
    assert brief.cast.subject is not None
    w, h, unit = brief.width, brief.height, brief.unit
    base = accent(brief)
    x, y, far = w / 2, h * 0.52, math.hypot(w, h)
    rays = ""
    for step in range(0, 24, 2):
        a, b = step * math.tau / 24, (step + 1) * math.tau / 24
        rays += f"M{x:.1f} {y:.1f}L{x + math.cos(a) * far:.1f} {y + math.sin(a) * far:.1f}L{x + math.cos(b) * far:.1f} {y + math.sin(b) * far:.1f}z"
    edge = unit * 0.035
    return (
        f'<rect width="{w}" height="{h}" fill="{code(lighter(base, 0.35))}"/><path fill="{code(lighter(base, 0.62))}" d="{rays}"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{unit * 0.34:.1f}" fill="{code(mix(base, (250, 235, 190), 0.75))}"/>'
        + _cluster(brief, x, y + bob(brief), unit * 0.56)
        + f'<rect x="{edge:.1f}" y="{edge:.1f}" width="{w - 2 * edge:.1f}" height="{h - 2 * edge:.1f}" fill="none" stroke="{code(darker(base, 0.55))}" stroke-width="{unit * 0.016:.1f}"/>'
    )


def card(brief: Brief) -> str:
    """Nothing was recognised: a composed abstract of the prompt's own chance. Words are set over it later."""
    w, h, unit = brief.width, brief.height, brief.unit
    dice = brief.dice.child("card")
    hue = dice.between(0, 1)
    spare = brief.reading.colours
    colours = list(spare) or [from_hls(hue, 0.55, 0.6)]
    base = colours[0]
    tones = [*colours, from_hls(hue + 0.09, 0.6, 0.65), from_hls(hue + 0.5, 0.62, 0.6), from_hls(hue + 0.16, 0.7, 0.6)]
    text = (
        f'<linearGradient id="crd" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="{code(darker(base, 0.25))}"/>'
        f'<stop offset="1" stop-color="{code(mix(base, tones[-2], 0.55))}"/></linearGradient>'
    )
    if brief.bare:
        return text + f'<path fill="url(#crd)" d="{blob(w / 2, h / 2, unit * 0.44, dice)}"/>'
    text += f'<rect width="{w}" height="{h}" fill="url(#crd)"/>'
    for number in range(7):
        x, y, r = dice.between(0, w), dice.between(0, h), unit * dice.between(0.1, 0.42)
        tone = code(lighter(dice.one(tones), 0.12))
        if number % 3 == 0:
            text += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{tone}" fill-opacity=".42"/>'
        elif number % 3 == 1:
            text += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r * 0.8:.1f}" fill="none" stroke="{tone}" stroke-width="{unit * 0.03:.1f}" stroke-opacity=".55"/>'
        else:
            text += f'<path d="{blob(x, y, r, dice)}" fill="{tone}" fill-opacity=".38"/>'
    return text
