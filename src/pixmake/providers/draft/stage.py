"""Draft room: the stage of a scene: what is behind the actors, what stands before them, and the weather."""

# ruff: noqa: E501 (SVG elements stay whole on their lines)

from __future__ import annotations

import math
from itertools import count

from pixmake.providers.draft import scenery
from pixmake.providers.draft.corpus import exists, icon
from pixmake.providers.draft.dice import Dice
from pixmake.providers.draft.glyph import Paint, Spot, place
from pixmake.providers.draft.lands import LANDS, field, specks
from pixmake.providers.draft.palette import code, darker
from pixmake.providers.draft.scenery import View

PROPS: dict[str, tuple[str, ...]] = {
    "forest": ("noto:mushroom", "noto:rock", "noto:herb"),
    "mountains": ("noto:rock", "noto:herb"),
    "desert": ("noto:cactus", "noto:rock", "noto:cactus"),
    "beach": ("noto:palm-tree", "noto:spiral-shell", "noto:palm-tree"),
    "field": ("noto:tulip", "noto:sunflower", "noto:hibiscus", "noto:blossom"),
    "underwater": ("noto:coral", "noto:spiral-shell", "noto:coral"),
    "cave": ("noto:rock",),
    "swamp": ("noto:mushroom", "noto:herb", "noto:rock"),
    "volcano": ("noto:rock",),
    "castle": ("noto:rock", "noto:herb"),
}


def mood_of(light: str, place_name: str, style: str) -> str:
    """The sky for a light and a place: the place rules where there is no sky, neon everywhere else."""
    if place_name in ("space", "underwater", "cave", "room"):
        return place_name
    if style == "neon":
        return "neon"
    if place_name == "moon":
        return "space"
    if place_name == "volcano":
        return "inferno"
    if light:
        return light
    return "fog" if place_name == "swamp" else "jungle" if place_name == "jungle" else "day"


def backdrop(view: View, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    """Sky, far land and ground, all that is behind the actors."""
    text = scenery.sky(view, dice.child("sky"))
    text += LANDS.get(view.place, field)(view, dice.child("land"), paint, numbers)
    return text


def front(view: View, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    """What stands before the actors: tufts, drifts, waves; then weather."""
    text = ""
    unit = view.unit
    if view.place in ("forest", "field", "mountains", "castle", "swamp", "") and unit >= 80:
        ridge = scenery.ridge(
            view, dice.child("front"), view.height - unit * 0.02, unit * 0.075, darker(view.ground, 0.1), waves=3
        )
        text += ridge + (_tufts(view, dice.child("tufts")) if view.season != "winter" else "")
        text += _props(view, dice.child("props"), paint, numbers)
    elif view.place in PROPS and unit >= 80:
        text += _props(view, dice.child("props"), paint, numbers)
    return text + weather(view, dice.child("weather"))


def weather(view: View, dice: Dice) -> str:
    """Falling snow, rain, leaves, bubbles, mist."""
    if view.place in ("room", "table", "cave", "space"):
        return ""
    if view.place == "underwater":
        return specks(view, dice, 26, "#dff6ff", 0.004, 0.014, 0.4)
    text = ""
    if view.season == "winter":
        text += specks(view, dice, 70, "#ffffff", 0.003, 0.009, 0.85)
    if view.mood == "storm":
        text += _rain(view, dice)
    if view.mood == "fog":
        for part in (0.45, 0.62, 0.8):
            y = view.height * part
            text += f'<ellipse cx="{view.width * dice.between(0.2, 0.8):.1f}" cy="{y:.1f}" rx="{view.width * 0.7:.1f}" ry="{view.unit * 0.05:.1f}" fill="#fff" fill-opacity=".28"/>'
    if view.season == "autumn" and view.unit >= 96:
        for _ in range(16):
            x, y, r = dice.between(0, view.width), dice.between(0, view.height), view.unit * dice.between(0.008, 0.016)
            tone = dice.one(("#d9652b", "#e8a33a", "#b5482a"))
            text += f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{r:.1f}" ry="{r * 0.5:.1f}" fill="{tone}" transform="rotate({dice.between(0, 180):.0f} {x:.1f} {y:.1f})"/>'
    return text


def _rain(view: View, dice: Dice) -> str:
    drops = ""
    for _ in range(int(90 * min(2.5, max(1.0, view.width / view.height)))):
        x, y, long = (
            dice.between(0, view.width * 1.1),
            dice.between(0, view.height),
            view.unit * dice.between(0.02, 0.05),
        )
        drops += f"M{x:.1f} {y:.1f}l{-long * 0.25:.1f} {long:.1f}"
    x = view.width * dice.one((0.14, 0.2, 0.76, 0.84))  # out of the actors' way
    y, s = view.horizon * 0.12, view.horizon * 0.8
    bolt = f'<path fill="#ffe9a0" d="M{x:.1f} {y:.1f}l{-s * 0.12:.1f} {s * 0.42:.1f}h{s * 0.09:.1f}l{-s * 0.13:.1f} {s * 0.42:.1f}l{s * 0.3:.1f} {-s * 0.54:.1f}h{-s * 0.11:.1f}l{s * 0.1:.1f} {-s * 0.3:.1f}z"/>'
    width = max(0.6, view.unit * 0.0022)
    return f'{bolt}<path d="{drops}" stroke="#c9d8ea" stroke-width="{width:.2f}" stroke-opacity=".5" fill="none"/>'


def _tufts(view: View, dice: Dice) -> str:
    """Blades of grass along the lower edge."""
    blades = ""
    for _ in range(int(34 * max(1.0, view.width / view.height))):
        x, tall = dice.between(0, view.width), view.unit * dice.between(0.02, 0.055)
        lean = tall * dice.between(-0.35, 0.35)
        y = view.height - view.unit * dice.between(0.0, 0.05)
        blades += f"M{x - tall * 0.1:.1f} {y:.1f}Q{x:.1f} {y - tall * 0.6:.1f} {x + lean:.1f} {y - tall:.1f}Q{x + tall * 0.12:.1f} {y - tall * 0.5:.1f} {x + tall * 0.12:.1f} {y:.1f}z"
    return f'<path fill="{code(darker(view.ground, 0.3))}" fill-opacity=".8" d="{blades}"/>'


def _props(view: View, dice: Dice, paint: Paint, numbers: count[int]) -> str:
    """Small things of the place at both sides, out of the actors' way."""
    names = [name for name in PROPS.get(view.place, PROPS["field"]) if exists(name)]
    if view.season == "winter" and view.place not in ("underwater", "cave", "desert"):
        names = ["noto:rock"]
    text = ""
    many = 3 + int(min(6, view.width / view.height * 1.5))
    for number in range(many):
        name = names[number % len(names)]
        side = view.unit * (
            0.2 if "palm" in name else dice.between(0.07, 0.12) if "cactus" not in name else dice.between(0.12, 0.2)
        )
        x = dice.between(0, 0.17) if number % 2 else dice.between(0.8, 0.96)
        foot = view.height - view.unit * dice.between(0.015, 0.09)
        if math.floor(x * 10) % 2:
            foot -= view.unit * 0.015
        text += place(
            icon(name), Spot(x=view.width * x, y=foot - side, size=side, mirrored=dice.chance(0.5)), paint, numbers
        )
    return text
