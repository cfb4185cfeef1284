"""Draft room: taking things out of a picture: which place is meant, and what then stands there."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps, ImageStat

Box = tuple[int, int, int, int]
"""Left, upper, right, lower edge in pixels."""


CALM = 9.0
"""Mean of an edge-filtered grey patch (0..255) below which it shows plain land or sky."""


def liveliest(picture: Image.Image) -> Box:
    """The liveliest place off the middle, about a third of the picture: what is to go is likely there."""
    width, height = picture.size
    side_x, side_y = max(2, round(min(width, height) * 0.38)), max(2, round(min(width, height) * 0.38))
    small = (
        picture.convert("L")
        .resize((min(width, 96), min(height, 96)), Image.Resampling.BOX)
        .filter(ImageFilter.FIND_EDGES)
    )
    best: tuple[float, Box] | None = None
    for column in (0.08, 0.26, 0.74, 0.92):
        for row in (0.3, 0.55, 0.8):
            x, y = round((width - side_x) * column), round((height - side_y) * row)
            box = (x, y, x + side_x, y + side_y)
            part = small.crop(
                (x * small.width // width, y * small.height // height,
                 max(1, box[2] * small.width // width), max(1, box[3] * small.height // height))
            )  # fmt: skip
            lively = ImageStat.Stat(part).mean[0]
            if best is None or lively > best[0]:
                best = (lively, box)
    assert best is not None
    return best[1]


def cleared(picture: Image.Image, region: Box, inside: Image.Image | None, *, patch: bool = True) -> Image.Image:
    """The region filled smoothly with what surrounds it: coarse averages first, finer ones over them."""
    hole = inside
    if hole is None:
        hole = Image.new("L", picture.size, 0)
        ImageDraw.Draw(hole).ellipse(region, fill=255)
        hole = hole.filter(ImageFilter.GaussianBlur(max(1, (region[2] - region[0]) // 24)))
    filled = _surroundings(picture, hole)
    patched = _neighbouring(picture, region) if patch else None
    if patched is not None:
        filled = Image.composite(patched, filled, Image.new("L", picture.size, 190))
    return Image.composite(filled, picture, hole)


def _neighbouring(picture: Image.Image, region: Box) -> Image.Image | None:
    """The picture shifted sideways by the region's width, so that like land lies over the hole.

    None where there is no room, or what would be copied is a thing of its own.
    """
    wide = round((region[2] - region[0]) * 1.08) + 1
    options = []
    for shift in (wide, -wide):
        source = (region[0] - shift, region[1], region[2] - shift, region[3])
        if source[0] >= 0 and source[2] <= picture.width:
            part = picture.crop(source)
            options.append((ImageStat.Stat(part.convert("L").filter(ImageFilter.FIND_EDGES)).mean[0], shift))
    if not options or min(options)[0] > CALM:
        return None
    return ImageChops.offset(picture, min(options)[1], 0)


def _surroundings(picture: Image.Image, hole: Image.Image) -> Image.Image:
    """Everything but the hole, spread smoothly over it."""
    known = picture.copy()
    around = ImageOps.invert(hole).point(lambda value: 255 if value > 250 else 0)
    known.putalpha(ImageChops.multiply(picture.getchannel("A"), around))
    width, height = picture.size
    mean = tuple(round(value) for value in ImageStat.Stat(picture.convert("RGB")).mean)
    filled = Image.new("RGBA", picture.size, (*mean, 255))
    for cells in (2, 4, 8, 16, 32):
        small = known.resize((max(1, min(cells, width)), max(1, min(cells, height))), Image.Resampling.BOX)
        filled.alpha_composite(small.resize(picture.size, Image.Resampling.BICUBIC))
    if picture.getchannel("A").getextrema()[0] == 0:
        filled.putalpha(0)
    return filled
