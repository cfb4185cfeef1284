"""Draft room: words on pictures, in the font that Pillow carries. Signs it lacks are left out, never drawn as boxes."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from pixmake.providers.draft.palette import Colour

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@lru_cache(maxsize=64)
def font(size: int) -> Font:
    """The bundled font at a height in pixels."""
    return ImageFont.load_default(max(6, size))


@lru_cache(maxsize=2048)
def _known(sign: str) -> bool:
    face = font(20)
    return sign == " " or (bytes(face.getmask(sign)) != bytes(face.getmask("\uffff")) and face.getbbox(sign)[2] > 0)


def printable(text: str) -> str:
    """`text` without the signs the font lacks."""
    return " ".join("".join(sign for sign in text if _known(sign)).split())


def wrapped(text: str, size: int, width: float) -> list[str]:
    """Lines of whole words that fit `width`; a longer word stands alone."""
    face, lines, held = font(size), [], ""
    for word in text.split():
        trial = f"{held} {word}".strip()
        if held and face.getlength(trial) > width:
            lines.append(held)
            held = word
        else:
            held = trial
    return [*lines, held] if held else lines


def inscribe(
    picture: Image.Image, text: str, *, middle: tuple[float, float], width: float, height: float, fill: Colour,
    edge: Colour | None = None,
) -> None:  # fmt: skip
    """Set `text` about `middle`, as large as the width and height (pixels) allow. Changes `picture`."""
    text = printable(text)
    if not text or height < 6:
        return
    size = int(height)
    while True:
        lines = wrapped(text, size, width)
        longest = max(font(size).getlength(line) for line in lines)
        if (longest <= width and len(lines) * size * 1.15 <= height * 1.02) or size <= 7:
            break
        size = max(7, int(size * 0.86))
    draw = ImageDraw.Draw(picture)
    top = middle[1] - len(lines) * size * 1.15 / 2
    stroke = max(1, size // 14) if edge else 0
    for number, line in enumerate(lines):
        x = middle[0] - font(size).getlength(line) / 2
        draw.text(
            (x, top + number * size * 1.15), line, font=font(size), fill=fill, stroke_width=stroke, stroke_fill=edge
        )
