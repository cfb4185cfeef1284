"""Draft room: one icon as an SVG fragment, dyed, lit and painted. Fragments are text; nothing is rasterised here."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from itertools import count
from typing import Literal

from pixmake.providers.draft import curated, meanings
from pixmake.providers.draft.corpus import Icon
from pixmake.providers.draft.dice import Dice
from pixmake.providers.draft.palette import Colour, code, darker, dyed, hls, lighter, luminance, mix, multiply, of
from pixmake.values import dataclass

Manner = Literal["colour", "line", "mono", "silhouette", "neon"]
_HEX = re.compile(r"#[0-9a-fA-F]{3,8}\b")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?")
_COMMAND = re.compile(r"([MmZzLlHhVvCcSsQqTtAa])([^MmZzLlHhVvCcSsQqTtAa]*)")
_ARITY = {"m": 2, "l": 2, "h": 1, "v": 1, "c": 6, "s": 4, "q": 4, "t": 2, "a": 7, "z": 0}
_ARC = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+))[\s,]*([-+]?(?:\d+\.?\d*|\.\d+))[\s,]*([-+]?(?:\d+\.?\d*|\.\d+))[\s,]*"
                  r"([01])[\s,]*([01])[\s,]*([-+]?(?:\d+\.?\d*|\.\d+))[\s,]*([-+]?(?:\d+\.?\d*|\.\d+))")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Paint:
    """How icons look in a picture. `light`: the colour of the light and its strength; `ink` and `paper` for drawings."""

    manner: Manner = "colour"
    dye: Colour | None = None
    light: tuple[Colour, float] | None = None
    ink: Colour = (34, 32, 52)
    paper: Colour = (255, 255, 255)
    outline: float = 0.0
    """Width of a dark contour around the icon, as a fraction of its size."""

    def dyed(self, dye: Colour | None) -> Paint:
        return replace(self, dye=dye) if dye else self

    def distant(self, haze: Colour, share: float) -> Paint:
        """The same paint behind so much air."""
        return replace(self, light=(haze, share)) if self.manner == "colour" else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where an icon stands: top left corner, side in pixels, mirrored or not, turned by degrees about its middle."""

    x: float
    y: float
    size: float
    mirrored: bool = False
    turned: float = 0.0


def place(icon: Icon, spot: Spot, paint: Paint, numbers: count[int]) -> str:
    """The icon at its spot. `numbers` keeps the ids of one document apart."""
    scale = spot.size / icon.box
    half = icon.box / 2
    moves = [f"translate({spot.x:.2f} {spot.y:.2f}) scale({scale:.5f})"]
    if spot.turned:
        moves.append(f"rotate({spot.turned:.1f} {half:g} {half:g})")
    if spot.mirrored and icon.title not in meanings.ONE_WAY:
        moves.append(f"translate({icon.box} 0) scale(-1 1)")
    number = next(numbers)
    body = _drawn(icon, paint).replace("~", f"i{number}")
    if icon.title in meanings.SPILLING and icon.source == "noto":
        frame = f'<clipPath id="b{number}"><rect width="{icon.box}" height="{icon.box}"/></clipPath>'
        body = f'{frame}<g clip-path="url(#b{number})">{body}</g>'
    return f'<g transform="{" ".join(moves)}">{body}</g>'


@lru_cache(maxsize=256)
def _drawn(icon: Icon, paint: Paint) -> str:
    if icon.source == "game":
        return _coloured_game_icon(icon, paint)
    if paint.manner == "line":
        flat = re.sub(r'(fill|stop-color)="#[0-9a-fA-F]+"', f'\\1="{code(paint.paper)}"', icon.body)
        width = icon.box * 0.016
        return (
            f'<g fill="{code(paint.paper)}" stroke="{code(paint.ink)}" stroke-width="{width:.2f}" '
            f'stroke-linejoin="round">{flat}</g>'
        )
    body = _HEX.sub(lambda match: code(_seen(of(match[0]), paint)), icon.body)
    rim = ""
    if paint.outline and paint.manner == "colour":
        rim = _rim(icon, paint)
    return f'{rim}<g fill="{code(_seen((0, 0, 0), paint))}">{body}</g>'


def _rim(icon: Icon, paint: Paint) -> str:
    """The icon in one dark colour with a stroke of it: a contour when the icon is drawn over it."""
    ink = code(_seen(paint.ink, replace(paint, dye=None)))
    flat = re.sub(r'(fill|stop-color|stroke)="#[0-9a-fA-F]+"', f'\\1="{ink}"', icon.body)
    flat = re.sub(r'(fill)="url\([^)]*\)"', f'\\1="{ink}"', flat)
    flat = re.sub(r' (?:fill-|stroke-)?opacity="[^"]*"', "", flat).replace("~", "~r")
    width = icon.box * paint.outline * 2
    return f'<g fill="{ink}" stroke="{ink}" stroke-width="{width:.2f}" stroke-linejoin="round">{flat}</g>'


def _seen(colour: Colour, paint: Paint) -> Colour:
    """What a colour of the drawing becomes: dyed, then turned into the manner, then lit."""
    if paint.dye is not None and paint.manner != "mono":
        colour = dyed(colour, paint.dye)
    if paint.manner == "silhouette":
        return paint.ink
    if paint.manner == "mono":
        return mix(paint.ink, paint.paper, 0.06 + 0.9 * luminance(colour))
    if paint.manner == "neon":
        _, light, saturation = hls(colour)
        colour = mix((22, 10, 46), dyed((200, 120, 160), colour) if saturation > 0.15 else colour, 0.35 + 0.6 * light)
    if paint.light is not None:
        lamp, strength = paint.light
        colour = mix(multiply(colour, lamp, min(1.0, strength * 1.2)), lamp, strength * 0.28)
    return colour


def game_colour(title: str) -> Colour:
    """The colour a one-colour icon is painted in: by the words of its name, else by chance of it."""
    backwards = title.split("-")[::-1]
    vague = ("face", "head", "man", "woman", "hand", "king", "queen", "person")
    for word in (title, *sorted(backwards, key=vague.__contains__)):
        if word in curated.DYES:
            return curated.DYES[word]
    return Dice("colour of", title).one(curated.PAINTS)


def _coloured_game_icon(icon: Icon, paint: Paint) -> str:
    """A one-colour icon as a small painting: closed silhouette in the deep tone, contour, lit front."""
    match = re.search(r' d="([^"]*)"', icon.body)
    shape = match[1] if match else ""
    base = paint.dye or game_colour(icon.title)
    plain = replace(paint, dye=None)
    top, low, deep, ink = (
        code(_seen(colour, plain)) for colour in (lighter(base, 0.42), base, darker(base, 0.52), darker(base, 0.86))
    )
    if paint.manner == "silhouette":
        return f'<path fill="{code(paint.ink)}" d="{shape}"/>'
    if paint.manner == "line":
        return f'<path fill="{code(paint.ink)}" d="{shape}"/>'
    closed = "".join(f'<path d="{part}"/>' for part in subpaths(shape))
    seam = 30.0
    width = seam + 512 * max(0.034, paint.outline * 2)
    return (
        f'<linearGradient id="~g" x1="0" y1="0" x2=".25" y2="1"><stop offset="0" stop-color="{top}"/>'
        f'<stop offset=".55" stop-color="{low}"/><stop offset="1" stop-color="{code(_seen(darker(base, 0.18), plain))}"/>'
        f'</linearGradient><g transform="translate(28 28) scale(.89)">'
        f'<g fill="{ink}" stroke="{ink}" stroke-width="{width:.1f}" stroke-linejoin="round">{closed}</g>'
        f'<g fill="{deep}" stroke="{deep}" stroke-width="{seam:g}" stroke-linejoin="round">{closed}</g>'
        f'<path fill="url(#~g)" d="{shape}"/></g>'
    )


def subpaths(shape: str) -> list[str]:
    """The closed parts of an SVG path, each as a path of its own that starts at an absolute point."""
    parts: list[str] = []
    x = y = start_x = start_y = 0.0
    held = ""
    for letter, rest in _COMMAND.findall(shape):
        kind = letter.lower()
        if kind == "z":
            if held:
                parts.append(held + "z")
            x, y, held = start_x, start_y, ""
            continue
        values = _values(kind, rest)
        relative = letter.islower()
        if kind == "m":
            x, y = (x + values[0], y + values[1]) if relative else (values[0], values[1])
            start_x, start_y = x, y
            if held:
                parts.append(held + "z")
            held = f"M{x:.2f} {y:.2f}"
            values = values[2:]
            letter, kind = ("l" if relative else "L"), "l"
            if not values:
                continue
        elif not held:
            held = f"M{x:.2f} {y:.2f}"
        held += letter + " ".join(f"{value:g}" for value in values)
        x, y = _moved(kind, relative, values, x, y)
    if held:
        parts.append(held + "z")
    return parts


def _values(kind: str, rest: str) -> list[float]:
    if kind == "a":  # flags may be glued to the next number
        return [float(value) for arc in _ARC.findall(rest) for value in arc]
    return [float(value) for value in _NUMBER.findall(rest)]


def _moved(kind: str, relative: bool, values: list[float], x: float, y: float) -> tuple[float, float]:
    """The current point after a command with its values."""
    step = _ARITY[kind]
    for start in range(0, len(values) - step + 1, step):
        part = values[start : start + step]
        if kind == "h":
            x = x + part[0] if relative else part[0]
        elif kind == "v":
            y = y + part[0] if relative else part[0]
        else:
            x, y = (x + part[-2], y + part[-1]) if relative else (part[-2], part[-1])
    return x, y
