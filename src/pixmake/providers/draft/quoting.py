"""Draft room: the trace that a reference leaves in a picture: its colours, and a small round quote of it."""

from __future__ import annotations

import re

from PIL import Image, ImageDraw, ImageOps, ImageStat

from pixmake.providers.base import Picture
from pixmake.providers.draft.clearing import Box
from pixmake.providers.draft.dice import Dice
from pixmake.providers.draft.opening import opened

_STYLE_ROLE = re.compile(r"style|palette|colou?r|line|tone|mood|look|texture|light|finish|render", re.I)


def traced(
    picture: Image.Image, reference: Picture, role: str, dice: Dice, rank: int, region: Box | None
) -> Image.Image:
    """The picture moved toward a reference's colours; unless that gives only style, a small round quote of it too."""
    model = opened(reference, (256, 256))
    model.thumbnail((256, 256))
    result = _toward(picture, model, 0.5)
    if role and _STYLE_ROLE.search(role):
        return result
    left, top, right, bottom = region or (0, 0, *picture.size)
    unit = min(right - left, bottom - top)
    side = max(3, round(unit * 0.2))
    badge = ImageOps.fit(model, (side, side))
    disc = Image.new("L", (side * 4, side * 4), 0)
    ImageDraw.Draw(disc).ellipse((0, 0, side * 4 - 1, side * 4 - 1), fill=255)
    disc = disc.resize((side, side), Image.Resampling.BOX)
    rim = max(1, side // 16)
    ring = Image.new("RGBA", (side, side), (255, 255, 255, 255))
    inner = Image.new("L", (side, side), 0)
    inner.paste(disc.resize((max(1, side - 2 * rim),) * 2), (rim, rim))
    ring.paste(Image.alpha_composite(Image.new("RGBA", badge.size, (255, 255, 255, 255)), badge), mask=inner)
    x = right - round(unit * 0.05) - side - max(0, rank) * round(side * 1.15)
    result.paste(ring, (max(left, x), bottom - round(unit * 0.05) - side), disc)
    return result


def _toward(picture: Image.Image, model: Image.Image, share: float) -> Image.Image:
    """Mean and spread of each channel of YCbCr moved toward the model's."""
    own = picture.convert("RGB").convert("YCbCr")
    ours, theirs = _statistics(picture), _statistics(model)
    tables: list[int] = []
    for channel in range(3):
        spread = min(2.0, max(0.6, (theirs.stddev[channel] + 4) / (ours.stddev[channel] + 4)))
        strength = share * (0.7 if channel == 0 else 1.5)
        for value in range(256):
            moved = (value - ours.mean[channel]) * spread + theirs.mean[channel]
            tables.append(max(0, min(255, round(value + (moved - value) * strength))))
    result = own.point(tables).convert("RGB").convert("RGBA")
    result.putalpha(picture.getchannel("A"))
    return result


def _statistics(picture: Image.Image) -> ImageStat.Stat:
    """Mean and spread in YCbCr of what is not transparent."""
    seen = picture.getchannel("A").point(lambda value: 255 if value > 8 else 0)
    return ImageStat.Stat(picture.convert("RGB").convert("YCbCr"), seen if seen.getbbox() else None)
