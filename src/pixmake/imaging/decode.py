"""Imaging room: bytes to pixels. What comes out is whole, upright, sRGB, 8 bits a channel, and RGBA or RGB.

No global setting of Pillow is touched, so any number of threads may decode at once.
"""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path

from PIL import AvifImagePlugin, Image, ImageCms, ImageMath, UnidentifiedImageError, WebPImagePlugin

from pixmake.digest import open_file
from pixmake.imaging.ends import check_whole
from pixmake.imaging.headers import MAX_ICONS, PNG_MAGIC
from pixmake.imaging.probe import DEFAULT_LIMITS, BadPicture, Facts, Limits, probe_bytes
from pixmake.imaging.svg import rasterize_svg

FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": WebPImagePlugin.WebPImageFile.format,
    "image/gif": "GIF",
    "image/avif": AvifImagePlugin.AvifImageFile.format,
}

TURN = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode(
    source: Path | bytes, *, limits: Limits = DEFAULT_LIMITS, cover: tuple[int, int] | None = None
) -> Image.Image:
    """The whole picture: of an animation the first frame, of an icon the largest, of a drawing its own size.

    A drawing is drawn as large as covers `cover` pixels, where that is given. Raises BadPicture as `probe_bytes` does
    and for damaged pixels; OSError where a path cannot be read.
    """
    data = _read(source, limits) if isinstance(source, Path) else source
    facts = probe_bytes(data, limits=limits)
    if facts.media_type == "image/svg+xml":
        return rasterize_svg(data, *(cover or (facts.width, facts.height)), limits=limits)
    if facts.media_type == "image/x-icon":
        image = _decode_icon(data, limits)
    else:
        check_whole(data, facts.media_type)
        image = _decoded(data, FORMATS[facts.media_type], facts, limits)
    if image.size != facts.upright_size:
        said, found = (f"{width}x{height}" for width, height in (facts.upright_size, image.size))
        raise BadPicture(f"is damaged: its header says {said} pixels, but it holds {found}")
    return image


def _read(path: Path, limits: Limits) -> bytes:
    with open_file(path) as stream:
        limits.check_bytes(os.fstat(stream.fileno()).st_size)
        return stream.read()


def _decoded(data: bytes, format: str | None, facts: Facts, limits: Limits) -> Image.Image:
    try:
        opened = Image.open(io.BytesIO(data), formats=[format or ""])
        limits.check_size(*opened.size)
        opened.load()
        image = plain(opened)
    except (BadPicture, MemoryError):
        raise
    except Exception as error:  # decoders raise nearly anything on damaged bytes
        raise damaged(format, error) from error
    return image.transpose(TURN[facts.orientation]) if facts.orientation != 1 else image


def damaged(format: str | None, error: Exception) -> BadPicture:
    """What is wrong with a picture that a decoder gave up on, in its own words where it has any but our buffer's address."""
    words = "" if isinstance(error, UnidentifiedImageError) else str(error)
    return BadPicture(f"is a damaged {format} picture{': ' if words else ''}{words}")


def plain(image: Image.Image) -> Image.Image:
    """`image` as RGBA where it has alpha, else RGB; in sRGB where it carries another profile."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):
        image = _eight_bits(image)
    if isinstance(image.info.get("transparency"), tuple) and image.mode == "RGB":
        image = _keyed(image)
    alpha = image.has_transparency_data
    if profile and (converted := _to_srgb(image, profile, alpha)):
        image = converted
    upright = image.convert("RGBA" if alpha else "RGB")
    upright.info = {}
    return upright


def _eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey to 8 bits, rounded; Pillow's own conversion would clip at 255."""
    wide = image.convert("I")
    grey = wide.point(lambda value: value * (1 / 257) + 0.5).convert("L")
    key = image.info.get("transparency")
    if not isinstance(key, int):
        return grey
    shown = ImageMath.lambda_eval(lambda of: 255 - 255 * (of["wide"] == key), wide=wide)
    return Image.merge("LA", (grey, shown.convert("L")))


def _keyed(image: Image.Image) -> Image.Image:
    """The transparent color of a 16-bit PNG is told in 16 bits, its pixels come in 8."""
    key = image.info["transparency"]
    if max(key) > 255:
        image = image.copy()
        image.info["transparency"] = tuple(part >> 8 for part in key)
    return image


def _to_srgb(image: Image.Image, profile: bytes, alpha: bool) -> Image.Image | None:
    """`image` in sRGB, or None where its profile is sRGB already, damaged or of other channels: then it is ignored,
    as browsers do."""
    if image.mode == "P" or (alpha and image.mode != "LA"):
        image = image.convert("RGBA" if alpha else "RGB")
    shown = image.getchannel("A") if alpha else None
    base = {"RGBA": "RGB", "LA": "L"}.get(image.mode)
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return None
        target = ImageCms.createProfile("sRGB")
        colors = ImageCms.profileToProfile(image.convert(base) if base else image, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    if colors is not None and shown is not None:
        colors.putalpha(shown)
    return colors


def _decode_icon(data: bytes, limits: Limits) -> Image.Image:
    """The largest picture of an icon. One that is stored as PNG is decoded as such, under the same limits."""
    count = struct.unpack_from("<H", data, 4)[0]
    entries = [struct.unpack_from("<BBBBHHII", data, 6 + 16 * number) for number in range(min(count, MAX_ICONS))]
    best = max(entries, key=lambda entry: ((entry[0] or 256) * (entry[1] or 256), entry[5]))
    inner = data[best[7] : best[7] + best[6]]
    if inner.startswith(PNG_MAGIC):
        return decode(inner, limits=limits)
    alone = struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", *best[:6], len(inner), 22) + inner
    facts = probe_bytes(alone, limits=limits)
    return _decoded(alone, "ICO", facts, limits)
