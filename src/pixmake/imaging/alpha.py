"""Imaging room: masks and the fence. Alpha 0 means repaint, 255 means keep, between is blended.

Where a mask keeps, a fenced picture has its parent's bytes, hidden colors too.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Literal

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from pixmake.imaging.decode import decode
from pixmake.imaging.geometry import Fit, Gravity, Size, fitted_size, mask_of, resized, scaled_alpha, uncrop_mask
from pixmake.imaging.probe import DEFAULT_LIMITS, BadPicture, Limits
from pixmake.values import dataclass

MAX_MASK_BYTES = 4_000_000
"""The API wants masks below 4 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many pixels a mask repaints wholly (alpha 0), keeps wholly (255) and blends (between)."""

    repainted: int
    kept: int
    blended: int

    @property
    def repaints_nothing(self) -> bool:
        return self.repainted == 0 and self.blended == 0

    @property
    def keeps_nothing(self) -> bool:
        return self.kept == 0 and self.blended == 0


def load_mask(source: Path | bytes, *, invert: bool = False, limits: Limits = DEFAULT_LIMITS) -> Image.Image:
    """The mask in a picture file, in its own size: RGBA, black, with the file's alpha (`invert`: swapped).

    Raises BadPicture as `decode` does, and for a picture without alpha, with the conversion in `help`.
    """
    image = decode(source, limits=limits)
    if image.mode != "RGBA":
        name = source.name if isinstance(source, Path) else "mask.png"
        raise BadPicture("has no alpha channel; a mask is transparent where it repaints", conversion(name))
    return mask_of(_swapped(image.getchannel("A"), invert))


def conversion(name: str) -> str:
    """What to run to make a mask of a black and white picture: the remedy that messages offer."""
    stem = name.rpartition(".")[0] or name
    code = (
        "from PIL import Image, ImageOps; "
        f"m = Image.open('{name}').convert('L'); m.putalpha(ImageOps.invert(m)); m.save('{stem}-alpha.png')"
    )
    return f'convert it, so that white is repainted (leave ImageOps.invert out where black is):\npython -c "{code}"'


def region_mask(
    shape: Literal["rect", "ellipse"], fractions: Sequence[str], size: Size, *, invert: bool = False
) -> Image.Image:
    """A mask of `size` that repaints a rectangle or ellipse, given as x, y, width, height in fractions of the picture.

    Fractions are decimal texts; edges are rounded half up to whole pixels, so that regions that meet never overlap.
    """
    box = region_box(fractions, size)
    alpha = Image.new("L", size, 255)
    if box[0] < box[2] and box[1] < box[3]:
        draw = ImageDraw.Draw(alpha)
        drawer = draw.rectangle if shape == "rect" else draw.ellipse
        drawer((box[0], box[1], box[2] - 1, box[3] - 1), fill=0)
    return mask_of(_swapped(alpha, invert))


def region_box(fractions: Sequence[str], size: Size) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of a region in pixels, cut at the picture's border."""
    x, y, width, height = (Decimal(text) for text in fractions)
    edges = ((x, size[0]), (y, size[1]), (x + width, size[0]), (y + height, size[1]))
    left, top, right, bottom = (_edge(at, pixels) for at, pixels in edges)
    return left, top, right, bottom


def _edge(at: Decimal, pixels: int) -> int:
    return min(max(int((at * pixels).to_integral_value(ROUND_HALF_UP)), 0), pixels)


def _swapped(alpha: Image.Image, invert: bool) -> Image.Image:
    return ImageChops.invert(alpha) if invert else alpha


def place_mask(
    mask: Image.Image, parent: Size, final: Size | None, fit: Fit = "cover", gravity: Gravity = "center"
) -> Image.Image:
    """`mask` in the size of the parent picture; one drawn on the `final` picture has the crop undone.

    Raises BadPicture that names both sizes for a mask of any other.
    """
    if mask.size == parent:
        return mask
    if final is not None and mask.size in (final, fitted_size(parent, final, fit)):
        return uncrop_mask(mask, parent, fit, gravity)
    allowed = f"{_text(parent)} as the picture it edits"
    if final is not None and final != parent:
        allowed += f", or {_text(final)} as the asset"
    raise BadPicture(f"is {_text(mask.size)} pixels, but this mask must be {allowed}")


def _text(size: Size) -> str:
    return f"{size[0]}x{size[1]}"


def coverage(mask: Image.Image) -> Coverage:
    """What a mask does to how many pixels, for warnings about one that does nothing or leaves nothing."""
    counts = mask.getchannel("A").histogram()
    return Coverage(repainted=counts[0], kept=counts[255], blended=sum(counts[1:255]))


def mask_png(mask: Image.Image) -> bytes:
    """The mask as the PNG that is sent: the same bytes for the same mask, colors dropped.

    Raises BadPicture where it would not be below the API's limit of 4 MB.
    """
    stream = io.BytesIO()
    mask_of(mask.getchannel("A")).save(stream, "PNG", compress_level=6)
    data = stream.getvalue()
    if len(data) >= MAX_MASK_BYTES:
        raise BadPicture(
            f"makes a mask of {len(data) / 1e6:.1f} MB; the API takes less than {MAX_MASK_BYTES // 10**6} MB",
            "use hard edges, or fewer half-transparent pixels",
        )
    return data


def white_png(mask: Image.Image) -> bytes:
    """The mask as other servers read one: a PNG without alpha, white where it repaints, black where it keeps."""
    stream = io.BytesIO()
    ImageChops.invert(mask.getchannel("A")).convert("RGB").save(stream, "PNG", compress_level=6)
    return stream.getvalue()


def fence(answer: Image.Image, parent: Image.Image, mask: Image.Image, feather: int = 0) -> Image.Image:
    """The answer where the mask repaints, the parent's very bytes where it keeps; in the answer's size.

    `feather` is the width of the seam in pixels; it lies wholly within the repainted area. Half-transparent mask
    pixels are blended. Parent and mask of another size are scaled to the answer's. RGBA where one of both is, else RGB.
    """
    mode = "RGBA" if "RGBA" in (answer.mode, parent.mode) else "RGB"
    base = resized(parent, answer.size).convert(mode)
    weight = ImageChops.invert(scaled_alpha(mask.getchannel("A"), answer.size))
    if feather > 0:
        weight = feathered(weight, feather)
    return _mixed(base, answer.convert(mode), weight)


def _mixed(base: Image.Image, top: Image.Image, weight: Image.Image) -> Image.Image:
    """`top` over `base` by `weight`; premultiplied between, but bytes unchanged where the weight is 0 or 255."""
    if base.mode == "RGB":
        return Image.composite(top, base, weight)
    if any(weight.histogram()[1:255]):
        mixed = Image.composite(top.convert("RGBa"), base.convert("RGBa"), weight).convert("RGBA")
    else:
        mixed = top
    mixed.paste(base, mask=weight.point(lambda value: 255 if value == 0 else 0))
    if mixed is not top:
        mixed.paste(top, mask=weight.point(lambda value: 255 if value == 255 else 0))
    return mixed


def feathered(weight: Image.Image, width: int) -> Image.Image:
    """`weight` with a linear ramp of about `width` pixels inside its edge; nowhere more than before.

    Eroding by half the width and blurring by a box of the other half puts the whole ramp inside. The picture's own
    border is no edge.
    """
    soft = _eroded(weight, width // 2).filter(ImageFilter.BoxBlur(width / 2))
    return ImageChops.darker(weight, soft)


def _eroded(weight: Image.Image, reach: int) -> Image.Image:
    """The least value within `reach` pixels each way, by doubling shifts: a rank filter is quadratic in its width."""
    done = 0
    while done < reach:
        step = min(done + 1, reach - done)
        for dx, dy in ((step, 0), (0, step)):
            back, forth = _shifted(weight, dx, dy), _shifted(weight, -dx, -dy)
            weight = ImageChops.darker(ImageChops.darker(weight, back), forth)
        done += step
    return weight


def _shifted(image: Image.Image, dx: int, dy: int) -> Image.Image:
    moved = Image.new("L", image.size, 255)
    moved.paste(image, (dx, dy))
    return moved
