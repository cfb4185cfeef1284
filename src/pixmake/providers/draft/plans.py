"""Draft room: places seen from straight above, as on a map or a table. There is no horizon; what stands casts its shadow aside."""

# ruff: noqa: E501 (SVG elements stay whole on their lines)

from __future__ import annotations

import math
from dataclasses import replace

from pixmake.providers.draft.brief import Brief, blob, figure_of
from pixmake.providers.draft.casting import Role
from pixmake.providers.draft.dice import Dice
from pixmake.providers.draft.glyph import Spot, place
from pixmake.providers.draft.lexicon import words
from pixmake.providers.draft.palette import Colour, code, darker, lighter, mix, of
from pixmake.providers.draft.scenery import LAMPS, View

_OUTDOORS = words("map camp campsite village base level outpost farm island quest world region route trail plan town")
_WET = words("river stream lake pond brook creek")


def plan(brief: Brief) -> str:
    """The ground of the place from edge to edge, its trees or houses about, the actors on it."""
    reading, dice = brief.reading, brief.dice.child("plan")
    where = reading.place or ("field" if _is_outdoors(brief) else "")
    light = reading.light if reading.light in LAMPS else "day"
    view = View(
        width=brief.width, height=brief.height, horizon=0.0, mood=light, place=where, season=reading.season
    )  # fmt: skip
    text = _grounds(brief, view, dice.child("ground"))
    return text + _actors(brief, view, dice.child("actors"))


def _is_outdoors(brief: Brief) -> bool:
    everyone = [role for role in (brief.cast.subject, *brief.cast.others) if role is not None]
    return bool(brief.reading.words & _OUTDOORS) or any(role.tall for role in everyone)


def _grounds(brief: Brief, view: View, dice: Dice) -> str:
    if view.place == "":
        return _tabletop(view, dice)
    if view.place in ("room", "cave", "castle", "space"):
        return _floor(view, dice)
    if view.place == "city":
        return _streets(view, dice)
    if view.place in ("sea", "underwater", "beach"):
        return _waters(view, dice)
    return _wilds(view, dice, wet=bool(brief.reading.words & _WET))


def _sheet(view: View, colour: Colour) -> str:
    return f'<rect width="{view.width}" height="{view.height}" fill="{code(colour)}"/>'


def _patches(view: View, dice: Dice, colour: Colour, many: int) -> str:
    """Soft spots of lighter and darker ground."""
    text = ""
    for number in range(int(many * _breadth(view))):
        tone = code(lighter(colour, 0.12) if number % 2 else darker(colour, 0.08))
        shape = blob(
            dice.between(0, view.width), dice.between(0, view.height), view.unit * dice.between(0.06, 0.2), dice
        )
        text += f'<path d="{shape}" fill="{tone}" fill-opacity=".7"/>'
    return text


def _breadth(view: View) -> float:
    """How many unit squares the picture holds."""
    return max(view.width, view.height) / view.unit


def _way(view: View, dice: Dice, colour: Colour, width: float, *, upright: bool) -> str:
    """A winding band from edge to edge: a path or a river."""
    w, h = view.width, view.height
    a, b, c, d = (dice.between(0.25, 0.75) for _ in range(4))
    line = (
        f"M{w * a:.1f} {-h * 0.1:.1f}C{w * b:.1f} {h * 0.3:.1f} {w * c:.1f} {h * 0.7:.1f} {w * d:.1f} {h * 1.1:.1f}"
        if upright
        else f"M{-w * 0.1:.1f} {h * a:.1f}C{w * 0.3:.1f} {h * b:.1f} {w * 0.7:.1f} {h * c:.1f} {w * 1.1:.1f} {h * d:.1f}"
    )
    edge = width * 1.22
    return (
        f'<path d="{line}" fill="none" stroke="{code(darker(colour, 0.22))}" stroke-width="{edge:.1f}"/>'
        f'<path d="{line}" fill="none" stroke="{code(colour)}" stroke-width="{width:.1f}"/>'
    )


def _wilds(view: View, dice: Dice, *, wet: bool) -> str:
    """Grass, sand or snow with a path, perhaps a river, and crowns of trees that leave the middle free."""
    ground, unit = view.ground, view.unit
    text = _sheet(view, ground) + _patches(view, dice.child("patches"), ground, 12)
    if wet or dice.chance(0.3):
        text += _way(view, dice.child("river"), view.lit(of("#4aa3df")), unit * 0.12, upright=True)
    text += _way(view, dice.child("path"), view.lit(of("#d9b982")), unit * 0.075, upright=False)
    leaf = view.lit(
        of("#d67a2e") if view.season == "autumn" else of("#c9dbe6") if view.season == "winter" else of("#3b8a4c")
    )
    bald = view.place in ("desert", "volcano", "moon")
    many = {"forest": 46, "swamp": 34}.get(view.place, 20)
    for _ in range(int(many * _breadth(view))):
        x, y = dice.between(0, view.width), dice.between(0, view.height)
        far = math.hypot((x / view.width - 0.5) * 2, (y / view.height - 0.5) * 2)
        if far < (0.72 if view.place == "forest" else 0.86):
            continue
        r = unit * dice.between(0.035, 0.085)
        text += _boulder(x, y, r * 0.6, view) if bald else _crown(x, y, r, leaf, dice)
    return text


def _crown(x: float, y: float, r: float, leaf: Colour, dice: Dice) -> str:
    """A tree from above: shadow, crown, and its lit side."""
    tone = mix(leaf, (120, 170, 80), dice.between(0, 0.3))
    return (
        f'<circle cx="{x + r * 0.28:.1f}" cy="{y + r * 0.32:.1f}" r="{r:.1f}" fill="#10202a" fill-opacity=".25"/>'
        f'<path d="{blob(x, y, r, dice)}" fill="{code(darker(tone, 0.18))}"/>'
        f'<path d="{blob(x - r * 0.12, y - r * 0.14, r * 0.74, dice)}" fill="{code(tone)}"/>'
        f'<path d="{blob(x - r * 0.24, y - r * 0.28, r * 0.38, dice)}" fill="{code(lighter(tone, 0.2))}"/>'
    )


def _boulder(x: float, y: float, r: float, view: View) -> str:
    stone = view.lit(of("#a08f80"))
    return (
        f'<circle cx="{x + r * 0.3:.1f}" cy="{y + r * 0.3:.1f}" r="{r:.1f}" fill="#10202a" fill-opacity=".25"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{code(stone)}"/>'
        f'<circle cx="{x - r * 0.2:.1f}" cy="{y - r * 0.25:.1f}" r="{r * 0.55:.1f}" fill="{code(lighter(stone, 0.25))}"/>'
    )


def _streets(view: View, dice: Dice) -> str:
    """Blocks of roofs and gardens between streets with dashed lines."""
    unit, road = view.unit, view.unit * 0.09
    text = _sheet(view, view.lit(of("#5d6474")))
    block = unit * 0.36
    columns, rows = math.ceil(view.width / block) + 1, math.ceil(view.height / block) + 1
    dashes = "".join(f"M0 {(row - 0.5) * block:.1f}H{view.width}" for row in range(rows + 1))
    dashes += "".join(f"M{(column - 0.5) * block:.1f} 0V{view.height}" for column in range(columns + 1))
    text += f'<path d="{dashes}" stroke="#f4e3a0" stroke-opacity=".7" stroke-width="{unit * 0.008:.1f}" stroke-dasharray="{unit * 0.03:.1f} {unit * 0.03:.1f}"/>'
    side = block - road
    for row in range(rows):
        for column in range(columns):
            x, y = (column - 0.5) * block + road / 2, (row - 0.5) * block + road / 2
            green = dice.chance(0.22)
            base = view.lit(of("#7fb56a") if green else of("#b9bec9"))
            text += f'<rect x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{side:.1f}" rx="{unit * 0.012:.1f}" fill="{code(base)}"/>'
            for cell in range(4):
                cx, cy = x + side * (0.27 + 0.46 * (cell % 2)), y + side * (0.27 + 0.46 * (cell // 2))
                if green:
                    text += _crown(cx, cy, side * 0.17, view.lit(of("#3b8a4c")), dice)
                else:
                    text += _roof(
                        cx,
                        cy,
                        side * dice.between(0.15, 0.2),
                        view.lit(of(dice.one(("#c4644a", "#d9a05b", "#8d9fbd", "#9b7fa6", "#c9c2b4")))),
                    )
    return text


def _roof(x: float, y: float, r: float, tone: Colour) -> str:
    return (
        f'<rect x="{x - r * 0.75:.1f}" y="{y - r * 0.75:.1f}" width="{2 * r:.1f}" height="{2 * r:.1f}" fill="#10141f" fill-opacity=".25"/>'
        f'<rect x="{x - r:.1f}" y="{y - r:.1f}" width="{2 * r:.1f}" height="{2 * r:.1f}" fill="{code(tone)}"/>'
        f'<path d="M{x - r:.1f} {y - r:.1f}h{2 * r:.1f}L{x:.1f} {y:.1f}z" fill="{code(lighter(tone, 0.25))}"/>'
        f'<path d="M{x - r:.1f} {y + r:.1f}h{2 * r:.1f}L{x:.1f} {y:.1f}z" fill="{code(darker(tone, 0.2))}"/>'
    )


def _waters(view: View, dice: Dice) -> str:
    """The sea with its ripples; on a beach, half of it sand."""
    unit, sea = view.unit, view.lit(of("#3a9bd6"))
    text = _sheet(view, sea) + _patches(view, dice.child("deep"), sea, 9)
    ripples = ""
    for _ in range(int(26 * _breadth(view))):
        x, y, long = dice.between(0, view.width), dice.between(0, view.height), unit * dice.between(0.03, 0.07)
        ripples += f"M{x:.1f} {y:.1f}q{long / 2:.1f} {-long * 0.3:.1f} {long:.1f} 0"
    text += f'<path d="{ripples}" fill="none" stroke="#fff" stroke-opacity=".5" stroke-linecap="round" stroke-width="{max(0.8, unit * 0.006):.1f}"/>'
    if view.place == "underwater":
        return text
    x, y, r = view.width / 2, view.height / 2, unit * 0.45
    for size, tone in ((1.1, "#bfe6f2"), (1.0, "#f2d79b"), (0.76, "#8cc06a")):
        text += f'<path d="{blob(x, y, r * size, dice.child("isle"))}" fill="{code(view.lit(of(tone)))}"/>'
    return text


def _floor(view: View, dice: Dice) -> str:
    """Flags or boards between four walls."""
    unit = view.unit
    tone = of({"cave": "#5a4d63", "castle": "#8d8790", "space": "#59627a"}.get(view.place, "#c08a55"))
    text, cell = _sheet(view, tone), unit * 0.125
    for row in range(math.ceil(view.height / cell)):
        for column in range(math.ceil(view.width / cell)):
            shade = code(mix(tone, (255, 250, 240) if dice.chance(0.5) else (20, 16, 40), dice.between(0.02, 0.12)))
            text += f'<rect x="{column * cell + 1:.1f}" y="{row * cell + 1:.1f}" width="{cell - 2:.1f}" height="{cell - 2:.1f}" rx="{cell * 0.06:.1f}" fill="{shade}"/>'
    wall = unit * 0.07
    return text + (
        f'<rect x="{wall / 2:.1f}" y="{wall / 2:.1f}" width="{view.width - wall:.1f}" height="{view.height - wall:.1f}" fill="none" stroke="{code(darker(tone, 0.6))}" stroke-width="{wall:.1f}"/>'
        f'<rect x="{wall * 0.4:.1f}" y="{wall * 0.4:.1f}" width="{view.width - wall * 0.8:.1f}" height="{view.height - wall * 0.8:.1f}" fill="none" stroke="{code(darker(tone, 0.4))}" stroke-width="{wall * 0.5:.1f}"/>'
    )


def _tabletop(view: View, dice: Dice) -> str:
    """Boards of a table."""
    unit = view.unit
    tone = of(dice.one(("#b9844f", "#d8b084", "#7d5a41", "#c9c4bb")))
    text, board = _sheet(view, tone), unit * 0.19
    for row in range(math.ceil(view.height / board)):
        y, shade = row * board, mix(tone, (60, 40, 30), dice.between(0, 0.16))
        text += f'<rect y="{y:.1f}" width="{view.width}" height="{board - unit * 0.006:.1f}" fill="{code(shade)}"/>'
        grain = "".join(
            f"M{dice.between(0, view.width):.1f} {y + board * dice.between(0.15, 0.85):.1f}h{unit * dice.between(0.1, 0.35):.1f}"
            for _ in range(int(5 * _breadth(view)))
        )
        text += f'<path d="{grain}" stroke="{code(darker(shade, 0.2))}" stroke-opacity=".5" stroke-width="{max(0.7, unit * 0.004):.1f}"/>'
    return text


def _actors(brief: Brief, view: View, dice: Dice) -> str:
    """The subject in the middle, the others about it, each with a shadow to its lower right."""
    subject = brief.cast.subject
    text = ""
    many = min(7, subject.count) if subject else 0
    if subject is not None:
        side = view.unit * (0.42 if many == 1 else 0.3 if many < 4 else 0.22)
        for number in range(many):
            angle, far = number * math.tau / many, 0.0 if many == 1 else view.unit * 0.22
            text += _put(
                brief,
                view,
                subject,
                view.width / 2 + math.cos(angle) * far,
                view.height / 2 + math.sin(angle) * far,
                side,
            )
    others = [role for role in brief.cast.others[:5] for _ in range(min(3, role.count))][:8]
    turn = dice.between(0, math.tau)
    for number, role in enumerate(others):
        angle = turn + number * math.tau / len(others)
        x = view.width * (0.5 + 0.34 * math.cos(angle))
        y = view.height * (0.5 + 0.34 * math.sin(angle))
        text += _put(brief, view, role, x, y, view.unit * dice.between(0.19, 0.24))
    return text


def _put(brief: Brief, view: View, role: Role, x: float, y: float, side: float) -> str:
    paint = brief.paint.dyed(role.dye)
    if paint.manner == "colour" and view.mood in LAMPS:
        lamp, strength = LAMPS[view.mood]
        paint = replace(paint, light=(lamp, strength * 0.8))
    shadow = f'<ellipse cx="{x + side * 0.07:.1f}" cy="{y + side * 0.36:.1f}" rx="{side * 0.46:.1f}" ry="{side * 0.16:.1f}" fill="#10141f" fill-opacity=".28"/>'
    return shadow + place(figure_of(role), Spot(x=x - side / 2, y=y - side / 2, size=side), paint, brief.numbers)
