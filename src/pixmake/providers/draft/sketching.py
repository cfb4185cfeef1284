"""Draft room: a prompt planned as a sketch, and a sketch painted as pixels. All decisions hang on the request alone."""

from __future__ import annotations

import re
from dataclasses import replace

from PIL import Image

from pixmake.providers.base import Request
from pixmake.providers.draft import compose, finish, lettering
from pixmake.providers.draft.brief import Brief
from pixmake.providers.draft.casting import cast
from pixmake.providers.draft.dice import Dice
from pixmake.providers.draft.glyph import Paint
from pixmake.providers.draft.palette import darker, luminance
from pixmake.providers.draft.reading import Reading, read

_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")


def size_of(request: Request) -> tuple[int, int]:
    """Width and height in pixels; `auto` is 1024x1024."""
    match = _SIZE.fullmatch(request.size)
    return (max(1, int(match[1])), max(1, int(match[2]))) if match else (1024, 1024)


def dice_of(request: Request, variant: int) -> Dice:
    """The chance of a request: what is asked, not how large or how well it is to be painted."""
    identities = [entry.identity for entry in request.inputs]
    return Dice("draft", request.prompt, *request.turns, request.salt or "", *identities, variant)


Sketch = tuple[Brief, str]
"""A brief and its framing: everything decided, nothing drawn."""


def plan(prompt: str, width: int, height: int, background: str | None, dice: Dice, variant: int) -> Sketch:
    """Read the prompt, cast the icons, choose the framing."""
    reading = read(prompt)
    flat = reading.style in ("flat", "isometric", "poster") or (reading.style == "" and variant % 2 == 0)
    players = cast(reading, flat=flat)
    bare = background == "transparent" or (reading.transparent and background != "opaque")
    paint = _paint(reading)
    brief = Brief(width=width, height=height, reading=reading, cast=players, dice=dice, paint=paint, bare=bare)
    return brief, compose.framing_of(reading, players, bare=bare, width=width, height=height)


def _paint(reading: Reading) -> Paint:
    outline = 0.03 if {"outline", "outlined", "outlines", "contour", "thick"} & reading.words else 0.0
    ink = (34, 32, 52)
    if reading.style in ("mono", "silhouette") and reading.colours and luminance(reading.colours[0]) < 0.75:
        ink = darker(reading.colours[0], 0.35)
    if reading.style == "line" and outline and {"flat", "vector", "colorful", "cartoon"} & reading.words:
        return Paint(outline=outline)  # an outlined drawing in colour
    if reading.style in ("line", "mono", "silhouette", "neon"):
        manner = {"line": "line", "mono": "mono", "silhouette": "silhouette", "neon": "neon"}[reading.style]
        return Paint(manner=manner, ink=ink)  # type: ignore[arg-type]
    return Paint(outline=outline)


def paint(sketch: Sketch) -> Image.Image:
    """The sketch as pixels in its style, with its words set."""
    brief, framing = sketch
    style = brief.reading.style
    if style == "pixel":
        picture = _pixels(brief, framing)
    else:
        picture = finish.rasterise(compose.document(brief, framing), brief.width, brief.height)
        picture = _styled(picture, brief, framing)
    _letter(picture, brief, framing)
    return picture


def _pixels(brief: Brief, framing: str) -> Image.Image:
    cells = 36 if framing in ("emblem", "portrait") else 84
    cell, width, height = finish.pixel_grid(brief.width, brief.height, cells)
    small = finish.rasterise(compose.document(replace(brief, width=width, height=height), framing), width, height)
    return finish.pixelate(small, cell, brief.width, brief.height, contour=framing == "emblem")


def is_plain(brief: Brief, framing: str) -> bool:
    """Whether the rasteriser's picture is final: no look that only pixels have, no words to set."""
    lettered = framing == "card" or (bool(brief.reading.quotes) and not brief.bare)
    return brief.reading.style in ("", "flat", "isometric", "poster") and not lettered


def _styled(picture: Image.Image, brief: Brief, framing: str) -> Image.Image:
    style, dice = brief.reading.style, brief.dice.child("finish")
    if style == "watercolor":
        return finish.watercolour(picture, dice)
    if style == "sketch":
        return finish.sketch(picture, dice, brief.paint.ink)
    if style == "photo":
        return finish.photographed(picture, dice)
    if style == "sticker" and brief.bare:
        return finish.sticker(picture)
    if style == "neon":
        return finish.glowing(picture)
    if framing == "emblem" or brief.paint.manner not in ("mono", "line", "silhouette"):
        return picture
    if style == "line":
        return finish.inked(picture, brief.paint.ink, brief.paint.paper)
    return finish.toned(picture, brief.paint.ink, brief.paint.paper)


def _letter(picture: Image.Image, brief: Brief, framing: str) -> None:
    """Quoted words, and the name of a thing that has no icon."""
    w, h, unit = brief.width, brief.height, brief.unit
    if brief.reading.quotes and not brief.bare and unit >= 48:
        words = " ".join(brief.reading.quotes[:2])
        y = h * (0.13 if framing in ("poster", "portrait") else 0.16)
        lettering.inscribe(
            picture, words, middle=(w / 2, y), width=w * 0.84, height=h * 0.17, fill=(255, 255, 255), edge=(34, 30, 58)
        )
    elif framing == "card" and "abstract" not in brief.reading.words:
        _title(picture, brief)


def _title(picture: Image.Image, brief: Brief) -> None:
    words = [word for segment in brief.reading.segments for word in segment.words]
    shown = lettering.printable(" ".join(words[:5])) or lettering.printable(" ".join(brief.reading.text.split()[:5]))
    w, h, unit = brief.width, brief.height, brief.unit
    if not shown or unit < 24:
        return
    if unit < 140:
        initials = "".join(word[0] for word in shown.split()[:2]).upper()
        lettering.inscribe(
            picture, initials, middle=(w / 2, h / 2), width=w * 0.8, height=h * 0.5, fill=(255, 255, 255)
        )
        return
    lettering.inscribe(
        picture, shown[:1].upper() + shown[1:], middle=(w / 2, h / 2), width=w * 0.76, height=h * 0.34,
        fill=(255, 255, 255), edge=darker((90, 90, 120), 0.6),
    )  # fmt: skip
