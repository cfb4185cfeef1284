"""Draft room: colours as (red, green, blue) in 0..255, and what can be done to them. Pure arithmetic."""

from __future__ import annotations

import colorsys
from functools import lru_cache

Colour = tuple[int, int, int]


def of(text: str) -> Colour:
    """`#rgb` or `#rrggbb` as a colour."""
    digits = text.lstrip("#")
    if len(digits) in (3, 4):
        digits = "".join(sign * 2 for sign in digits[:3])
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def code(colour: Colour) -> str:
    """A colour as `#rrggbb`."""
    return f"#{colour[0]:02x}{colour[1]:02x}{colour[2]:02x}"


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with `share` (0..1) of `other`."""
    return (
        round(one[0] + (other[0] - one[0]) * share),
        round(one[1] + (other[1] - one[1]) * share),
        round(one[2] + (other[2] - one[2]) * share),
    )


def multiply(one: Colour, other: Colour, share: float = 1.0) -> Colour:
    """`one` seen in light of the colour `other`, at `share` of full effect."""
    lit = (one[0] * other[0] // 255, one[1] * other[1] // 255, one[2] * other[2] // 255)
    return mix(one, lit, share)


def luminance(colour: Colour) -> float:
    """Perceived brightness, 0..1 (Rec. 601 weights)."""
    return (0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]) / 255


def hls(colour: Colour) -> tuple[float, float, float]:
    """Hue, lightness, saturation, each 0..1."""
    return colorsys.rgb_to_hls(colour[0] / 255, colour[1] / 255, colour[2] / 255)


def from_hls(hue: float, light: float, saturation: float) -> Colour:
    """The colour of a hue (turns), lightness and saturation; values out of range are clamped."""
    red, green, blue = colorsys.hls_to_rgb(hue % 1.0, min(1.0, max(0.0, light)), min(1.0, max(0.0, saturation)))
    return round(red * 255), round(green * 255), round(blue * 255)


def lighter(colour: Colour, share: float) -> Colour:
    """Toward a warm white."""
    return mix(colour, (255, 252, 244), share)


def darker(colour: Colour, share: float) -> Colour:
    """Toward a deep blue black, which looks more alive than black."""
    return mix(colour, (18, 14, 38), share)


def alike(one: Colour, other: Colour) -> bool:
    """Whether two vivid colours would be called by one name (a red fox is orange)."""
    (hue, _, vivid), (other_hue, _, other_vivid) = hls(one), hls(other)
    apart = abs(hue - other_hue)
    return min(vivid, other_vivid) > 0.3 and min(apart, 1 - apart) < 0.085


def turned(colour: Colour, turns: float) -> Colour:
    """The colour with its hue turned."""
    hue, light, saturation = hls(colour)
    return from_hls(hue + turns, light, saturation)


@lru_cache(maxsize=8192)
def dyed(colour: Colour, dye: Colour) -> Colour:
    """`colour` as if its thing were dyed: light and shade stay, white and black nearly so, hue is the dye's."""
    hue, light, saturation = hls(dye)
    _, old_light, old_saturation = hls(colour)
    grip = max(0.0, min(1.0, (old_light - 0.04) / 0.14, (1.0 - old_light) / 0.12))
    if saturation < 0.12:
        new_light = min(1.0, max(0.0, old_light * 0.75 + (light - 0.5) * 0.75 + 0.125))
        return mix(colour, from_hls(hue, new_light, saturation * 0.8), 0.35 + 0.65 * grip)
    new_light = old_light + (light - 0.5) * 0.55 * grip
    wet = saturation * (0.55 + 0.45 * max(old_saturation, 0.4))
    return mix(colour, from_hls(hue, new_light, wet), 0.12 + 0.85 * grip)
