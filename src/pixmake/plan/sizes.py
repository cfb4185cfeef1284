"""Plan room: from the size that is wanted to the size that is asked for. Exact integer arithmetic, frozen by vectors."""

from __future__ import annotations

from functools import lru_cache
from math import gcd, isqrt
from typing import TYPE_CHECKING

from pixmake.providers.base import SizeRule
from pixmake.values import dataclass

if TYPE_CHECKING:
    from fractions import Fraction

AREA = 1_048_576
"""Pixels below which a picture is asked for larger: 1024 x 1024."""

Size = tuple[int, int]
"""Width and height in pixels."""


@lru_cache(maxsize=4096)
def final_size(text: str) -> Size | None:
    """The final size of a `size` text; None for `auto`.

    `W:H` is (W k)x(H k), reduced, with k the least multiple of 16 that gives at least 1 048 576 pixels.
    """
    if text == "auto":
        return None
    if "x" in text:
        width, _, height = text.partition("x")
        return int(width), int(height)
    wide, high = (int(part) for part in text.split(":"))
    common = gcd(wide, high)
    wide, high = wide // common, high // common
    steps = isqrt(-(-AREA // (wide * high * 256)))
    while wide * high * 256 * steps * steps < AREA:
        steps += 1
    return wide * 16 * steps, high * 16 * steps


@lru_cache(maxsize=4096)
def requested_size(final: Size, rule: SizeRule) -> Size:
    """The size to ask of a model so that `final` can be cut from the answer (semantics, Sizes)."""
    if allowed(final, rule):
        return final
    if rule.listed:
        return _nearest(final, rule.listed)
    return _grown(final, rule)


def allowed(size: Size, rule: SizeRule) -> bool:
    """Whether a model makes exactly this size."""
    if rule.exact:
        return True
    if rule.listed:
        return size in rule.listed
    width, height = size
    return (
        width % rule.multiple == 0
        and height % rule.multiple == 0
        and max(size) <= rule.longest
        and max(size) <= rule.ratio * min(size)
        and rule.least_area <= width * height <= rule.most_area
    )


def _nearest(final: Size, listed: tuple[Size, ...]) -> Size:
    """The listed size of the nearest ratio (the larger quotient of the two ratios is the distance), then the larger."""
    wanted = _fraction(*final)

    def distance(size: Size) -> tuple[Fraction, int]:
        ratio = _fraction(*size)
        return max(ratio / wanted, wanted / ratio), -size[0] * size[1]

    return min(listed, key=distance)


def _grown(final: Size, rule: SizeRule) -> Size:
    width, height = _within_ratio(final, rule.ratio)
    grown = _up(width, height, width * height < AREA, rule.multiple)
    if max(grown) <= rule.longest and grown[0] * grown[1] <= rule.most_area:
        return grown
    return _down(width, height, rule)


def _fraction(above: int, below: int = 1) -> Fraction:
    """Fractions are imported for sizes that a model does not make as they are: most it does."""
    from fractions import Fraction

    return Fraction(above, below)


def _within_ratio(size: Size, ratio: int) -> tuple[Fraction, Fraction]:
    """The target with its shorter side raised to a third (1/ratio) of the longer."""
    least = _fraction(max(size), ratio)
    return max(_fraction(size[0]), least), max(_fraction(size[1]), least)


def _up(width: Fraction, height: Fraction, scale: bool, multiple: int) -> Size:
    """Sides times sqrt(AREA / (w h)) if `scale`, rounded up; the root is never taken: m >= w s is m² h >= w AREA."""
    if not scale:
        return _ceil_to(width, multiple), _ceil_to(height, multiple)
    return _root_up(width * AREA / height, multiple), _root_up(height * AREA / width, multiple)


def _ceil_to(value: Fraction, multiple: int) -> int:
    return -(-value.numerator // (value.denominator * multiple)) * multiple


def _root_up(square: Fraction, multiple: int) -> int:
    """The least multiple whose square is at least `square`."""
    units = isqrt(int(square / (multiple * multiple)))
    while units * units * multiple * multiple < square:
        units += 1
    return units * multiple


def _root_down(square: Fraction, multiple: int) -> int:
    """The greatest multiple whose square is at most `square`."""
    return isqrt(int(square / (multiple * multiple))) * multiple


def _down(width: Fraction, height: Fraction, rule: SizeRule) -> Size:
    """Scaled down to the longest side and the largest area, rounded down; the longer side gives way to the ratio."""
    long = max(width, height)
    by_side = _fraction(rule.longest) / long
    if by_side * by_side * width * height <= rule.most_area:
        across, down = (int(side * by_side / rule.multiple) * rule.multiple for side in (width, height))
    else:
        across = _root_down(width * rule.most_area / height, rule.multiple)
        down = _root_down(height * rule.most_area / width, rule.multiple)
    return min(across, down * rule.ratio), min(down, across * rule.ratio)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What the way from requested to final size costs: the share of the picture that is used, and whether it enlarges."""

    used: Fraction
    enlarges: bool
    wastes: bool
    """Whether more than a tenth is cut away."""


@lru_cache(maxsize=4096)
def cut(requested: Size, final: Size, fit: str) -> Cut:
    """How much of a requested picture ends up in the final one. Only `cover` cuts anything away."""
    across, down = _fraction(final[0], requested[0]), _fraction(final[1], requested[1])
    scale = max(across, down) if fit == "cover" else min(across, down)
    used = min(across, down) / max(across, down) if fit == "cover" else _fraction(1)
    return Cut(used=used, enlarges=scale > 1, wastes=used * 10 < 9)
