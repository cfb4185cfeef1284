"""Imaging room: pixels to bytes. Equal pixels and arguments give equal bytes with one version of the libraries.

Files carry no metadata at all, save a draft's mark: pixels are sRGB (see `decode`), which is what untagged means.
Where nothing is to change (`is_identity`), callers write the original's own bytes instead, with all they hold.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Sequence
from typing import Literal

from PIL import AvifImagePlugin, Image, WebPImagePlugin

from pixmake.digest import Digest
from pixmake.imaging.geometry import resized
from pixmake.imaging.marks import exif_with, mark_gif, mark_png
from pixmake.imaging.probe import BadPicture, Facts

Format = Literal["png", "webp", "jpeg", "avif", "gif", "ico"]

MEDIA_TYPES = {
    "png": "image/png",
    "webp": "image/webp",
    "jpeg": "image/jpeg",
    "avif": "image/avif",
    "gif": "image/gif",
    "ico": "image/x-icon",
    "svg": "image/svg+xml",
}

OPAQUE = frozenset({"jpeg"})
"""Formats without alpha: `encode` lays the picture on white, the caller warns where `has_transparency`."""

PNG_LEVEL = 2
"""Pillow's compress_level. At 1024 x 1024, RGB (ms, KB), zlib-ng:
drawn art: 1: 70, 799 | 2: 63, 788 | 3: 72, 777 | 4: 94, 691 | 6: 121, 685 | 9: 372, 678
with noise: 1: 76, 1806 | 2: 78, 1804 | 3: 136, 1766 | 4: 180, 2057 | 6: 308, 1827 | 9: 397, 1806
"""

WEBP = WebPImagePlugin.WebPImageFile.format
AVIF = AvifImagePlugin.AvifImageFile.format
"""Named by their plugins, which Pillow would else look for among all it has."""

QUALITY = {"jpeg": 85, "webp": 82, "avif": 70}
LOSSLESS = 100
"""The quality at which WebP is lossless."""

WEBP_EFFORT = 50
"""Of lossless WebP; at 80 it takes 1.3 to 1.7 times as long for 0.2 % less."""

ICON_WIDTHS = (16, 32, 48, 256)
MAX_SIDE = {"webp": 16383, "jpeg": 65500, "gif": 65535, "ico": 256, "avif": 65536}


def encode(
    image: Image.Image,
    format: str,
    *,
    quality: int | None = None,
    draft: Digest | None = None,
    widths: Sequence[int] = (),
) -> bytes:
    """The file's bytes for `image` (RGB or RGBA).

    `quality` is 1 to 100 for jpeg, webp (100: lossless) and avif; the others ignore it. `draft` is the digest of the
    recipe, put into the metadata. `widths` belongs to ico. Raises BadPicture where the format cannot hold the
    picture, ValueError for a format that is none of ours.
    """
    encoder = ENCODERS.get(format)
    if encoder is None:
        raise ValueError(f"nothing encodes '{format}'")
    if format == "ico":
        return _ico(image, widths, draft)
    if max(image.size) > MAX_SIDE.get(format, 1 << 31):
        raise BadPicture(f"is {image.width}x{image.height} pixels; {format} holds at most {MAX_SIDE[format]} a side")
    return encoder(image, QUALITY.get(format, 0) if quality is None else quality, draft)


def _saved(image: Image.Image, format: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def _bare(image: Image.Image) -> Image.Image:
    """`image` without the `info` that Pillow would write into the file (profile, comment, EXIF)."""
    if image.info:
        image = image.copy()
        image.info = {}
    return image


def _png(image: Image.Image, quality: int, draft: Digest | None) -> bytes:
    data = _saved(_bare(image), "PNG", compress_level=PNG_LEVEL)
    return mark_png(data, draft) if draft else data


def _jpeg(image: Image.Image, quality: int, draft: Digest | None) -> bytes:
    exif = {"exif": exif_with(draft)} if draft else {}
    return _saved(on_white(_bare(image)), "JPEG", quality=quality, optimize=True, **exif)


def _webp(image: Image.Image, quality: int, draft: Digest | None) -> bytes:
    exif = {"exif": exif_with(draft)} if draft else {}
    lossless = quality >= LOSSLESS
    effort = WEBP_EFFORT if lossless else quality
    return _saved(_bare(image), WEBP, quality=effort, lossless=lossless, exact=lossless, **exif)


def _avif(image: Image.Image, quality: int, draft: Digest | None) -> bytes:
    """One thread: the bytes must not depend on the machine's number of cores, and jobs run side by side anyway."""
    exif = {"exif": exif_with(draft)} if draft else {}
    return _saved(_bare(image), AVIF, quality=quality, speed=8, max_threads=1, **exif)


def _gif(image: Image.Image, quality: int, draft: Digest | None) -> bytes:
    """A still of at most 256 colors. Alpha becomes one bit: visible from one half on."""
    if image.mode == "RGBA" and has_transparency(image):
        hidden = image.getchannel("A").point(lambda value: 255 if value < 128 else 0)
        flat = image.convert("RGB")
        flat.paste(0, mask=hidden)  # hidden colors would take places in the palette
        still = flat.quantize(255, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        still.paste(255, mask=hidden)
        data = _saved(_bare(still), "GIF", transparency=255, optimize=False)
    else:
        still = image.convert("RGB").quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        data = _saved(_bare(still), "GIF", optimize=False)
    return mark_gif(data, draft) if draft else data


def _ico(image: Image.Image, widths: Sequence[int], draft: Digest | None) -> bytes:
    """An icon file of PNG pictures, one a width, each marked; heights follow the picture's ratio."""
    wanted = sorted(set(widths or [width for width in (*ICON_WIDTHS, image.width) if width <= _widest(image)]))
    sizes = [(width, max(1, (width * image.height * 2 + image.width) // (2 * image.width))) for width in wanted]
    for width, height in sizes:
        if not (0 < width <= MAX_SIDE["ico"] and height <= MAX_SIDE["ico"]):
            raise BadPicture(f"would be {width}x{height} in an icon, which holds at most 256x256", "give other widths")
    blobs = [_png(resized(image, size).convert("RGBA"), 0, draft) for size in sizes]
    offset = 6 + 16 * len(blobs)
    head = struct.pack("<HHH", 0, 1, len(blobs))
    for (width, height), blob in zip(sizes, blobs, strict=True):
        head += struct.pack("<BBBBHHII", width % 256, height % 256, 0, 0, 1, 32, len(blob), offset)
        offset += len(blob)
    return head + b"".join(blobs)


def _widest(image: Image.Image) -> int:
    """The width of an icon's largest picture: the picture's own, so that the file has the size that was asked for."""
    return min(image.width, MAX_SIDE["ico"])


def _ico_default(image: Image.Image, quality: int, draft: Digest | None) -> bytes:
    return _ico(image, (), draft)


ENCODERS: dict[str, Callable[[Image.Image, int, Digest | None], bytes]] = {
    "png": _png,
    "jpeg": _jpeg,
    "webp": _webp,
    "avif": _avif,
    "gif": _gif,
    "ico": _ico_default,
}


def on_white(image: Image.Image) -> Image.Image:
    """`image` as RGB, laid on white where it has alpha."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    ground = Image.new("RGBA", image.size, (255, 255, 255, 255))
    ground.alpha_composite(image)
    return ground.convert("RGB")


def has_transparency(image: Image.Image) -> bool:
    """Whether any pixel is not wholly opaque."""
    if image.mode != "RGBA":
        return False
    lowest = image.getchannel("A").getextrema()[0]
    return isinstance(lowest, int) and lowest < 255


def is_identity(
    facts: Facts, *, format: str, width: int, height: int, quality: int | None = None, changed: bool = False
) -> bool:
    """Whether the original's own bytes are the file wanted: same format, size and orientation, nothing to recompress.

    `changed` says that a fence, an operation or a stamp has made other pixels.
    """
    return (
        not changed
        and facts.media_type == MEDIA_TYPES.get(format)
        and (facts.width, facts.height) == (width, height)
        and facts.orientation == 1
        and (quality is None or format not in QUALITY)
        and format != "ico"
    )
