"""Imaging room: the visible mark of a draft. No pixel changes outside of its small corner, nor in a picture below 24.

It says DRAFT where there is room for letters, and is a folded corner where there is not.
"""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

SMALLEST = 24
LETTERS_FROM = 96
"""Shorter side, in pixels, from which the tag has letters."""

OVERSAMPLED = 4
INK = (255, 255, 255, 225)
GROUND = (24, 26, 33, 150)
FOLD = (232, 62, 90, 210)


def stamp_draft(image: Image.Image) -> Image.Image:
    """`image` (RGB or RGBA) with a small tag in its lower right corner, in the same mode; the picture itself below
    24 pixels. The same picture gives the same pixels."""
    shorter = min(image.size)
    if shorter < SMALLEST:
        return image
    tag = _tag(_height(shorter)) if shorter >= LETTERS_FROM else _fold(max(5, shorter // 6))
    margin = max(3, shorter // 64) if shorter >= LETTERS_FROM else 0
    place = (image.width - tag.width - margin, image.height - tag.height - margin)
    stamped = image.convert("RGBA")
    stamped.alpha_composite(tag, place)
    return stamped.convert(image.mode)


def _height(shorter: int) -> int:
    """The tag's height in pixels: 12 on the smallest picture with letters, growing slower than the picture."""
    return min(12 + (shorter - LETTERS_FROM) // 40, 64)


@lru_cache(maxsize=16)
def _tag(height: int) -> Image.Image:
    """A dark, translucent pill with the word in it, drawn large and scaled down for smooth edges."""
    big = height * OVERSAMPLED
    font = ImageFont.load_default(big * 0.62)
    left, top, right, bottom = font.getbbox("DRAFT")
    gap = big * 0.045  # the letters stand a little apart, as capitals of this size should
    text_width = right - left + 4 * gap
    width = round((text_width + big * 0.9) / OVERSAMPLED) * OVERSAMPLED
    pill = Image.new("RGBA", (width, big), (*GROUND[:3], 0))
    draw = ImageDraw.Draw(pill)
    draw.rounded_rectangle((0, 0, width - 1, big - 1), big // 2, fill=GROUND)
    letters = Image.new("L", pill.size, 0)
    pen, down = (width - text_width) / 2 - left, (big - (bottom - top)) / 2 - top
    for letter in "DRAFT":
        ImageDraw.Draw(letters).text((pen, down), letter, fill=INK[3], font=font)
        pen += font.getlength(letter) + gap
    pill.paste(INK, mask=letters)
    return pill.resize((width // OVERSAMPLED, height), Image.Resampling.BOX)


@lru_cache(maxsize=16)
def _fold(side: int) -> Image.Image:
    """A small triangle for the corner of a picture that has no room for letters."""
    big = side * OVERSAMPLED
    fold = Image.new("RGBA", (big, big), (*FOLD[:3], 0))
    ImageDraw.Draw(fold).polygon(((big, 0), (big, big), (0, big)), fill=FOLD)
    return fold.resize((side, side), Image.Resampling.BOX)
