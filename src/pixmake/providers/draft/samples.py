"""Draft room: what an icon looks like at a glance, measured on its pixels."""

from __future__ import annotations

from functools import lru_cache

from pixmake.providers.draft.corpus import Icon
from pixmake.providers.draft.finish import rasterise
from pixmake.providers.draft.glyph import game_colour
from pixmake.providers.draft.palette import Colour, hls

SIDE = 24
"""Pixels: enough to weigh the areas of an icon."""


@lru_cache(maxsize=512)
def dominant(icon: Icon) -> Colour:
    """The colour one remembers of an icon: the mean of its largest vivid hue, else a blue grey."""
    if icon.source == "game":
        return game_colour(icon.title)
    body = icon.body.replace("~", "s")
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {icon.box} {icon.box}">{body}</svg>'
    data = rasterise(svg, SIDE, SIDE).tobytes()
    bins: dict[int, list[float]] = {}
    for start in range(0, len(data), 4):
        red, green, blue, alpha = data[start : start + 4]
        hue, light, saturation = hls((red, green, blue))
        if alpha < 128 or saturation < 0.25 or not 0.12 < light < 0.92:
            continue
        held = bins.setdefault(int(hue * 14 + 0.5) % 14, [0.0, 0.0, 0.0, 0.0])
        for place, value in enumerate((red, green, blue)):
            held[place] += value * saturation
        held[3] += saturation
    if not bins:
        return (140, 148, 160)
    total = max(bins.values(), key=lambda held: held[3])
    return round(total[0] / total[3]), round(total[1] / total[3]), round(total[2] / total[3])
