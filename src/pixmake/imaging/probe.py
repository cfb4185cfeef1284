"""Imaging room: what some bytes are, safely. Limits come first, only headers are read, and Pillow is never imported."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from pixmake.digest import open_file
from pixmake.imaging import headers, sniff
from pixmake.imaging.bmff import read_avif
from pixmake.values import dataclass


class BadPicture(Exception):
    """Bytes that are not a usable picture. `message` completes "<the file's name> …"; the caller knows the place."""

    def __init__(self, message: str, help: str | None = None) -> None:
        self.message = message
        self.help = help
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is allowed before anything is decoded: pixels in all, pixels a side, bytes of the file."""

    max_pixels: int = 64_000_000
    max_side: int = 16_384
    max_bytes: int = 200_000_000

    def check_size(self, width: int, height: int) -> None:
        """Raises BadPicture for a picture without area or above the limits."""
        if width < 1 or height < 1:
            raise BadPicture(f"is damaged: its header says {width}x{height} pixels")
        if max(width, height) > self.max_side:
            raise BadPicture(
                f"is {width}x{height} pixels; a side may have at most {self.max_side}", "scale it down first"
            )
        if width * height > self.max_pixels:
            limit = f"{self.max_pixels / 1e6:g}"
            raise BadPicture(
                f"is {width}x{height} pixels, which is more than {limit} megapixels", "scale it down first"
            )

    def check_bytes(self, count: int) -> None:
        """Raises BadPicture for an empty file or one above the limit."""
        if count == 0:
            raise BadPicture("is empty")
        if count > self.max_bytes:
            raise BadPicture(f"has {count / 1e6:.0f} MB, more than the {self.max_bytes / 1e6:g} MB allowed")


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a picture's header says. Width and height are as stored; `upright_*` are after EXIF's orientation (1 to 8).

    `mode` is Pillow's word for the stored colors; `frames` is above 1 for an animation.
    """

    media_type: str
    width: int
    height: int
    has_alpha: bool
    frames: int
    mode: str
    orientation: int = 1

    @property
    def upright_width(self) -> int:
        return self.height if self.orientation >= 5 else self.width

    @property
    def upright_height(self) -> int:
        return self.width if self.orientation >= 5 else self.height

    @property
    def upright_size(self) -> tuple[int, int]:
        return self.upright_width, self.upright_height


READERS: Mapping[str, headers.Reader] = MappingProxyType(
    {
        "image/png": headers.read_png,
        "image/jpeg": headers.read_jpeg,
        "image/webp": headers.read_webp,
        "image/gif": headers.read_gif,
        "image/avif": read_avif,
        "image/svg+xml": sniff.read_svg,
        "image/x-icon": headers.read_ico,
    }
)

MODEL_INPUTS = frozenset({"image/png", "image/jpeg", "image/webp"})
"""Media types that an edit may send to a model as they are."""


def probe_bytes(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> Facts:
    """What `data` is. Raises BadPicture for anything but a picture whose header is whole and within the limits."""
    limits.check_bytes(len(data))
    return _probe(io.BytesIO(data), limits)


def probe_file(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> Facts:
    """What the file at `path` is, from its header alone. Raises BadPicture, and OSError as `open` does."""
    with open_file(path) as stream:
        limits.check_bytes(os.fstat(stream.fileno()).st_size)
        return _probe(stream, limits)


def _probe(stream: BinaryIO, limits: Limits) -> Facts:
    kind = sniff.sniff(stream.read(headers.SNIFFED))
    if kind.media_type is None:
        raise BadPicture(kind.message, kind.help)
    stream.seek(0)
    try:
        header = READERS[kind.media_type](stream)
    except headers.Damaged as error:
        raise BadPicture(str(error)) from error
    except struct.error as error:
        raise BadPicture("is cut short") from error
    return _facts(kind.media_type, header, limits)


def probe_png(chunks: Iterable[tuple[bytes, bytes]], count: int, *, limits: Limits = DEFAULT_LIMITS) -> Facts:
    """What a PNG of `count` bytes is whose chunks before the pixels are known, as `headers.png_header` takes them. Raises
    BadPicture as `probe_bytes`."""
    limits.check_bytes(count)
    try:
        header = headers.png_header(chunks)
    except headers.Damaged as error:
        raise BadPicture(str(error)) from error
    return _facts("image/png", header, limits)


def _facts(media_type: str, header: headers.Header, limits: Limits) -> Facts:
    limits.check_size(header.width, header.height)
    return Facts(
        media_type=media_type,
        width=header.width,
        height=header.height,
        has_alpha=header.has_alpha,
        frames=header.frames,
        mode=header.mode,
        orientation=header.orientation,
    )
