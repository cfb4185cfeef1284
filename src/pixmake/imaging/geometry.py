"""Imaging room: sizes. `cover` and `pad` give exactly the size asked for; where nothing changes, no pixel does.

Boxes are computed in whole numbers, so that every machine crops the same pixels. Resizing works on
premultiplied colors (Pillow does so for RGBA), so that hidden colors never bleed into the visible edge.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Literal

from PIL import Image

Fit = Literal["cover", "contain", "pad"]
Gravity = str | tuple[str, str]
Size = tuple[int, int]
Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom are the first ones outside."""

Color = tuple[int, ...]

ACROSS = {"west": Fraction(0), "east": Fraction(1)}
DOWN = {"north": Fraction(0), "south": Fraction(1)}
HALF = Fraction(1, 2)


def gravity_point(gravity: Gravity) -> tuple[Fraction, Fraction]:
    """Where a crop or a picture on a larger canvas stands: 0 is left or top, 1 is right or bottom.

    `gravity` is `center`, a compass name (`north`, `south-east`) or two fractions as texts, else ValueError.
    """
    if not isinstance(gravity, str):
        x, y = (Fraction(part) for part in gravity)
        if not (0 <= x <= 1 and 0 <= y <= 1):
            raise ValueError(f"a gravity lies between 0 and 1: {gravity}")
        return x, y
    words = gravity.split("-")
    if gravity == "center":
        return HALF, HALF
    down = DOWN.get(words[0])
    across = ACROSS.get(words[-1])
    if len(words) > 2 or (down is None and across is None) or (len(words) == 2 and (down is None or across is None)):
        raise ValueError(f"no gravity is named '{gravity}'")
    return (HALF if across is None else across), (HALF if down is None else down)


def _round(value: Fraction) -> int:
    """Half up, for values that are not negative."""
    return int(value + HALF)


def crop_box(source: Size, target: Size, gravity: Gravity = "center") -> Box:
    """The largest box in a picture of size `source` that has the ratio of `target`, to the pixel, at `gravity`."""
    x, y = gravity_point(gravity)
    width, height = source
    if width * target[1] >= height * target[0]:
        width = max(1, min(width, _round(Fraction(height * target[0], target[1]))))
    else:
        height = max(1, min(height, _round(Fraction(width * target[1], target[0]))))
    left, top = int((source[0] - width) * x), int((source[1] - height) * y)
    return left, top, left + width, top + height


def contained_size(source: Size, target: Size) -> Size:
    """The largest size of the ratio of `source` that fits into `target`, at least one pixel a side."""
    width, height = source
    if width * target[1] >= height * target[0]:
        return target[0], max(1, min(target[1], _round(Fraction(height * target[0], width))))
    return max(1, min(target[0], _round(Fraction(width * target[1], height)))), target[1]


def pad_box(source: Size, target: Size, gravity: Gravity = "center") -> Box:
    """Where the picture lies on the canvas that `pad` makes."""
    x, y = gravity_point(gravity)
    width, height = contained_size(source, target)
    left, top = int((target[0] - width) * x), int((target[1] - height) * y)
    return left, top, left + width, top + height


def fitted_size(source: Size, target: Size, fit: Fit) -> Size:
    """The size that `fit_picture` gives: `target`, but for `contain`, which keeps the ratio and adds nothing."""
    return contained_size(source, target) if fit == "contain" else target


def fit_picture(
    image: Image.Image,
    width: int,
    height: int,
    fit: Fit = "cover",
    gravity: Gravity = "center",
    background: Color | None = None,
) -> Image.Image:
    """`image` (RGB or RGBA) in the size wanted; the same object where it has it already.

    `cover` cuts at `gravity`, then scales: exactly `width` x `height`. `contain` scales the whole picture to at
    most that. `pad` does the same and fills up to exactly that with `background` (None: transparent; then the
    result is RGBA). Raises ValueError for an unknown fit or gravity.
    """
    size, target = image.size, (width, height)
    if fit == "cover":
        return resized(image, target, crop_box(size, target, gravity))
    if fit == "contain":
        return resized(image, contained_size(size, target))
    if fit != "pad":
        raise ValueError(f"no fit is named '{fit}'")
    box = pad_box(size, target, gravity)
    inner = resized(image, (box[2] - box[0], box[3] - box[1]))
    return inner if inner.size == target else _on_canvas(inner, target, box, background)


def resized(image: Image.Image, size: Size, box: Box | None = None) -> Image.Image:
    """The part `box` of `image` scaled to `size` by Lanczos; only cut where the sizes agree, else as it is."""
    box = box or (0, 0, *image.size)
    if (box[2] - box[0], box[3] - box[1]) == size:
        return image if size == image.size else image.crop(box)
    return image.resize(size, Image.Resampling.LANCZOS, box=box)


def _on_canvas(image: Image.Image, size: Size, box: Box, background: Color | None) -> Image.Image:
    opaque = background is not None and len(background) == 3
    fill = (0, 0, 0, 0) if background is None else background
    if opaque and image.mode == "RGB":
        canvas = Image.new("RGB", size, fill)
        canvas.paste(image, box)
        return canvas
    canvas = Image.new("RGBA", size, (*fill, 255) if opaque else fill)
    if background is None:
        canvas.paste(image.convert("RGBA"), box)
    else:
        canvas.alpha_composite(image.convert("RGBA"), box[:2])
    return canvas


def edge_color(image: Image.Image) -> Color:
    """The most frequent color of the picture's border, as RGB: what an opaque picture is padded with."""
    width, height = image.size
    rgb = image.convert("RGB")
    sides = [(0, 0, width, 1), (0, height - 1, width, height), (0, 0, 1, height), (width - 1, 0, width, height)]
    found: Counter[Color] = Counter()
    for box in sides:
        raw = rgb.crop(box).tobytes()
        found.update(zip(raw[::3], raw[1::3], raw[2::3], strict=True))
    return max(found.items(), key=lambda item: (item[1], item[0]))[0]


def uncrop_mask(mask: Image.Image, requested: Size, fit: Fit = "cover", gravity: Gravity = "center") -> Image.Image:
    """A mask drawn on the final picture (its size is the final one), laid over the picture of size `requested`.

    It undoes the crop of `fit_picture`: what was cut away is kept (opaque). Alpha is scaled bilinearly, so that no
    value leaves the range of its neighbors.
    """
    if mask.size == requested:
        return mask
    alpha = mask.getchannel("A")
    if fit == "cover":
        box = crop_box(requested, mask.size, gravity)
        whole = Image.new("L", requested, 255)
        whole.paste(scaled_alpha(alpha, (box[2] - box[0], box[3] - box[1])), box)
    else:
        whole = scaled_alpha(alpha.crop(pad_box(requested, mask.size, gravity)), requested)
    return mask_of(whole)


def scaled_alpha(alpha: Image.Image, size: Size) -> Image.Image:
    """A channel (L) scaled bilinearly; the same object where it has the size."""
    return alpha if alpha.size == size else alpha.resize(size, Image.Resampling.BILINEAR)


def mask_of(alpha: Image.Image) -> Image.Image:
    """The RGBA picture that a mask is sent as: `alpha`, over black."""
    black = Image.new("L", alpha.size, 0)
    return Image.merge("RGBA", (black, black, black, alpha))
