"""Draft room: from SVG text to pixels, and the looks that only pixels can have. Sizes are exact; no system font is read."""

from __future__ import annotations

import io

import resvg_py
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from pixmake.providers.draft.dice import Dice
from pixmake.providers.draft.palette import Colour


def rendered(svg: str, width: int, height: int) -> bytes:
    """The SVG document, whose own size this is, as PNG bytes."""
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=width, height=height, skip_system_fonts=True))


def rasterise(svg: str, width: int, height: int) -> Image.Image:
    """The SVG document as RGBA of exactly this size."""
    picture: Image.Image = Image.open(io.BytesIO(rendered(svg, width, height)))
    picture.load()
    if picture.size != (width, height):
        picture = picture.resize((width, height), Image.Resampling.BILINEAR)
    return picture if picture.mode == "RGBA" else picture.convert("RGBA")


def encode(picture: Image.Image) -> bytes:
    """PNG bytes, packed lightly: a draft is read more often than kept. An opaque picture is written as RGB."""
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (255, 255):
        picture = picture.convert("RGB")
    stream = io.BytesIO()
    picture.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def animate(frames: list[Image.Image]) -> bytes:
    """A looping GIF of the frames, 90 ms each; transparency is kept as one colour."""
    stream = io.BytesIO()
    first, *rest = [_indexed(frame) for frame in frames]
    first.save(stream, "GIF", save_all=True, append_images=rest, duration=90, loop=0, disposal=2, optimize=False)
    return stream.getvalue()


def _indexed(frame: Image.Image) -> Image.Image:
    alpha = frame.getchannel("A").point(lambda value: 255 if value >= 128 else 0)
    if alpha.getextrema() == (255, 255):
        return frame.convert("RGB").quantize(255, Image.Quantize.MEDIANCUT)
    flat = Image.new("RGB", frame.size, (255, 255, 255))
    flat.paste(frame.convert("RGB"), mask=alpha)
    indexed = flat.quantize(255, Image.Quantize.MEDIANCUT)
    palette = (indexed.getpalette() or [])[: 255 * 3]
    indexed.putpalette(palette + [0] * (768 - len(palette)))
    indexed.paste(255, mask=ImageOps.invert(alpha))
    indexed.info["transparency"] = 255
    return indexed


def pixel_grid(width: int, height: int, cells: int) -> tuple[int, int, int]:
    """Side of one big pixel, and the small picture's size, so that about `cells` fit the shorter side."""
    cell = max(1, round(min(width, height) / cells))
    return cell, -(-width // cell), -(-height // cell)


def pixelate(small: Image.Image, cell: int, width: int, height: int, *, contour: bool) -> Image.Image:
    """A small picture as pixel art: hard edges, few colours, a dark contour, no smoothing when enlarged."""
    alpha = small.getchannel("A").point(lambda value: 255 if value >= 110 else 0)
    opaque = small.convert("RGB").quantize(20, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    if contour and alpha.getextrema()[0] == 0:
        wide = alpha.filter(ImageFilter.MaxFilter(3))
        ring = ImageChops.subtract(wide, alpha)
        opaque.paste((29, 22, 44), mask=ring)
        alpha = wide
    drawn = opaque.convert("RGBA")
    drawn.putalpha(alpha)
    if cell == 1:
        return drawn.crop((0, 0, width, height))
    return drawn.resize((small.width * cell, small.height * cell), Image.Resampling.NEAREST).crop((0, 0, width, height))


def noise(dice: Dice, width: int, height: int, cells: int) -> Image.Image:
    """Soft grey clouds of about `cells` patches on the longer side."""
    longest = max(width, height)
    across, down = max(2, cells * width // longest), max(2, cells * height // longest)
    seed = Image.frombytes("L", (across, down), dice.noise(across * down))
    return seed.resize((width, height), Image.Resampling.BICUBIC)


def watercolour(picture: Image.Image, dice: Dice) -> Image.Image:
    """Wobbling edges, pigment that gathers at them, blotches, the grain of the paper, a white border."""
    width, height = picture.size
    alpha = picture.getchannel("A")
    colour = _wobbled(picture.convert("RGB"), dice.child("wobble"), min(width, height) * 0.006)
    colour = (
        colour.filter(ImageFilter.ModeFilter(5))
        if width * height <= 90_000
        else colour.filter(ImageFilter.MedianFilter(3))
    )
    soft = colour.filter(ImageFilter.GaussianBlur(min(width, height) * 0.002))
    blotches = noise(dice.child("blotches"), width, height, 9).point(lambda value: 226 + value // 9)
    grain = noise(dice.child("grain"), width, height, 160).point(lambda value: 240 + value // 17)
    wet = ImageChops.multiply(soft, Image.merge("RGB", (blotches,) * 3))
    edges = (
        soft.convert("L")
        .filter(ImageFilter.FIND_EDGES)
        .filter(ImageFilter.GaussianBlur(1))
        .point(lambda v: min(110, v * 2))
    )
    wet = Image.composite(ImageChops.multiply(wet, wet), wet, edges)
    wet = Image.blend(ImageEnhance.Color(wet).enhance(1.25), Image.new("RGB", wet.size, (255, 252, 244)), 0.24)
    wet = ImageChops.multiply(wet, Image.merge("RGB", (grain,) * 3))
    if alpha.getextrema()[0] == 255 and min(width, height) >= 64:
        wet = Image.composite(wet, Image.new("RGB", wet.size, (253, 251, 245)), _ragged_frame(width, height, dice))
    result = wet.convert("RGBA")
    result.putalpha(alpha)
    return result


def _ragged_frame(width: int, height: int, dice: Dice) -> Image.Image:
    """White inside, black at the borders, the line between them uneven as of a wet brush."""
    unit = min(width, height)
    edge = int(unit * 0.035)
    box = Image.new("L", (width, height), 0)
    box.paste(255, (edge, edge, width - edge, height - edge))
    box = box.filter(ImageFilter.BoxBlur(edge * 0.9))
    rough = noise(dice.child("frame"), width, height, 26).point(lambda value: value // 3 + 85)
    return ImageChops.add(box, rough, scale=2).point(lambda value: max(0, min(255, (value - 112) * 14)))


def _wobbled(picture: Image.Image, dice: Dice, far: float) -> Image.Image:
    """The picture on a mesh whose knots are moved by up to `far` pixels."""
    width, height = picture.size
    if far < 0.5:
        return picture
    steps = 14
    knots = {}
    for row in range(steps + 1):
        for column in range(steps + 1):
            inner = 0 < row < steps and 0 < column < steps
            shift = (dice.between(-far, far), dice.between(-far, far)) if inner else (0.0, 0.0)
            knots[column, row] = (width * column / steps + shift[0], height * row / steps + shift[1])
    mesh = []
    for row in range(steps):
        for column in range(steps):
            box = (
                width * column // steps,
                height * row // steps,
                width * (column + 1) // steps,
                height * (row + 1) // steps,
            )
            corners = (knots[column, row], knots[column, row + 1], knots[column + 1, row + 1], knots[column + 1, row])
            mesh.append((box, tuple(value for corner in corners for value in corner)))
    return picture.transform(picture.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)


def sketch(picture: Image.Image, dice: Dice, ink: Colour) -> Image.Image:
    """Pencil on paper: wobbling dark lines, faint tones."""
    width, height = picture.size
    alpha = picture.getchannel("A")
    grey = _wobbled(picture.convert("RGB"), dice, min(width, height) * 0.005).convert("L")
    lines = ImageOps.invert(grey.filter(ImageFilter.GaussianBlur(0.8)).filter(ImageFilter.FIND_EDGES)).point(
        lambda v: max(0, 255 - (255 - v) * 5)
    )
    tone = grey.point(lambda value: 170 + value // 3)
    grain = noise(dice.child("grain"), width, height, 200).point(lambda value: 234 + value // 12)
    page = ImageChops.multiply(ImageChops.multiply(lines, tone), grain)
    result = ImageOps.colorize(page, ink, (252, 249, 240)).convert("RGBA")
    result.putalpha(alpha)
    return result


def photographed(picture: Image.Image, dice: Dice) -> Image.Image:
    """Light falling off toward the corners, a warm glow, a little grain."""
    width, height = picture.size
    alpha, colour = picture.getchannel("A"), picture.convert("RGB")
    fall = (
        ImageOps.invert(Image.radial_gradient("L")).resize((width, height)).point(lambda value: min(255, 120 + value))
    )
    bloom = ImageChops.screen(
        colour, colour.filter(ImageFilter.BoxBlur(min(width, height) * 0.03)).point(lambda v: v // 5)
    )
    shaded = ImageChops.multiply(bloom, Image.merge("RGB", (fall,) * 3))
    grain = noise(dice.child("film"), width, height, 400).point(lambda value: 240 + value // 17)
    result = ImageChops.multiply(shaded, Image.merge("RGB", (grain,) * 3)).convert("RGBA")
    result.putalpha(alpha)
    return result


def sticker(picture: Image.Image) -> Image.Image:
    """A thick white edge and a soft shadow around what is drawn on nothing."""
    width, height = picture.size
    unit = min(width, height)
    alpha = picture.getchannel("A")
    r = max(1, int(unit * 0.022))
    wide = alpha.filter(ImageFilter.GaussianBlur(r)).point(lambda value: min(255, max(0, (value - 14) * 12)))
    shadow = (
        ImageChops.offset(wide, 0, max(1, r // 2))
        .filter(ImageFilter.GaussianBlur(max(1, r * 0.7)))
        .point(lambda v: v * 2 // 5)
    )
    base = Image.new("RGBA", picture.size, (24, 20, 44, 0))
    base.putalpha(shadow)
    white = Image.new("RGBA", picture.size, (255, 255, 255, 0))
    white.putalpha(wide)
    return Image.alpha_composite(Image.alpha_composite(base, white), picture)


def glowing(picture: Image.Image) -> Image.Image:
    """Bright parts bleed light: the look of neon signs."""
    unit = min(picture.size)
    alpha, colour = picture.getchannel("A"), picture.convert("RGB")
    vivid = colour.point(lambda value: min(255, value * 5 // 4))
    halo = vivid.filter(ImageFilter.BoxBlur(unit * 0.02)).filter(ImageFilter.BoxBlur(unit * 0.02))
    result = ImageChops.screen(vivid, halo.point(lambda value: value * 3 // 5)).convert("RGBA")
    result.putalpha(alpha)
    return result


def inked(picture: Image.Image, ink: Colour, paper: Colour) -> Image.Image:
    """A line drawing: contours of the surfaces in ink, dark things kept, the rest nearly paper."""
    alpha, grey = picture.getchannel("A"), picture.convert("L")
    unit = min(picture.size)
    edges = grey.filter(ImageFilter.FIND_EDGES).point(lambda value: max(0, 255 - value * 7))
    if unit >= 400:
        edges = edges.filter(ImageFilter.MinFilter(3))
    ImageDraw.Draw(edges).rectangle(
        (0, 0, picture.width - 1, picture.height - 1), outline=255, width=max(2, unit // 200)
    )
    dark = grey.point(lambda value: 0 if value < 64 else min(255, 216 + value // 6))
    result = ImageOps.colorize(ImageChops.darker(edges, dark), ink, paper).convert("RGBA")
    result.putalpha(alpha)
    return result


def toned(picture: Image.Image, ink: Colour, paper: Colour) -> Image.Image:
    """The whole picture in shades between two colours."""
    alpha = picture.getchannel("A")
    result = ImageOps.colorize(ImageOps.autocontrast(picture.convert("L"), cutoff=1), ink, paper).convert("RGBA")
    result.putalpha(alpha)
    return result
