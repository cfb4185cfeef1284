"""Imaging room: the draft mark in a file's metadata, `pixmake draft <digest of the recipe>`. No pixel is decoded.

What `encode` marks, `read_draft_mark` reads back; a file without the mark is never taken for a draft.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from pixmake.digest import Digest
from pixmake.imaging.headers import (
    MAX_BOXES,
    PNG_MAGIC,
    SNIFFED,
    Damaged,
    exact,
    jpeg_segments,
    png_chunks,
    riff_chunks,
)
from pixmake.imaging.sniff import sniff

KEYWORD = b"pixmake"
MARK = re.compile(rb"pixmake draft ([0-9a-f]{64})(?![0-9a-f])")
MAX_METADATA = 1 << 20
"""Bytes of one chunk or segment that are searched."""

AVIF_SEARCHED = 1 << 16
"""Encoders put EXIF before the pixels, behind a header of less than a kilobyte."""


def draft_mark(recipe: Digest) -> str:
    """The text of the mark."""
    return f"pixmake draft {recipe}"


def read_draft_mark(source: Path | bytes) -> Digest | None:
    """The digest of the recipe in a draft's metadata; None for any other file, damaged ones too. OSError as `open`."""
    if isinstance(source, bytes):
        return _read(io.BytesIO(source))
    with open(source, "rb") as stream:
        return _read(stream)


def _read(stream: BinaryIO) -> Digest | None:
    media_type = sniff(stream.read(SNIFFED)).media_type
    stream.seek(0)
    try:
        found = MARK.search(READERS[media_type](stream)) if media_type in READERS else None
    except (Damaged, struct.error):
        return None
    return Digest(found[1].decode()) if found else None


def _in_png(stream: BinaryIO) -> bytes:
    for kind, length in png_chunks(stream):
        if kind == b"tEXt" and length < MAX_METADATA:
            data = exact(stream, length)
            if data.startswith(KEYWORD + b"\0"):
                return data
    return b""


def _in_jpeg(stream: BinaryIO) -> bytes:
    for marker, length in jpeg_segments(stream):
        if marker == 0xE1:
            data = exact(stream, length)
            if data.startswith(b"Exif\0\0") and MARK.search(data):
                return data
    return b""


def _in_webp(stream: BinaryIO) -> bytes:
    for kind, length in riff_chunks(stream):
        if kind == b"EXIF" and length < MAX_METADATA:
            return exact(stream, length)
    return b""


def _in_gif(stream: BinaryIO) -> bytes:
    """The first comment, where `mark_gif` puts it: before any picture."""
    stream.seek(10)
    flags = exact(stream, 3)[0]
    if flags & 0x80:
        stream.seek(3 << ((flags & 7) + 1), 1)
    for _ in range(MAX_BOXES):
        introducer = exact(stream, 2)
        if introducer[:1] != b"!":
            return b""
        data = _blocks(stream)
        if introducer == b"!\xfe":
            return data
    return b""


def _blocks(stream: BinaryIO) -> bytes:
    parts = []
    while length := exact(stream, 1)[0]:
        parts.append(exact(stream, length))
    return b"".join(parts)


def _in_icon(stream: BinaryIO) -> bytes:
    stream.seek(6)
    length, offset = struct.unpack("<8xII", exact(stream, 16))
    stream.seek(offset)
    head = stream.read(min(length, SNIFFED))
    return _in_png(io.BytesIO(head)) if head.startswith(PNG_MAGIC) else b""


def _in_avif(stream: BinaryIO) -> bytes:
    return stream.read(AVIF_SEARCHED)


def _in_svg(stream: BinaryIO) -> bytes:
    """The last line, where `mark_svg` puts it."""
    stream.seek(0, 2)
    stream.seek(max(0, stream.tell() - 128))
    return stream.read()


READERS: dict[str | None, Callable[[BinaryIO], bytes]] = {
    "image/png": _in_png,
    "image/jpeg": _in_jpeg,
    "image/webp": _in_webp,
    "image/gif": _in_gif,
    "image/x-icon": _in_icon,
    "image/avif": _in_avif,
    "image/svg+xml": _in_svg,
}


def mark_png(data: bytes, recipe: Digest) -> bytes:
    """A whole PNG with the mark put behind its IHDR; the pixels are not encoded anew."""
    text = b"tEXt" + KEYWORD + b"\0" + draft_mark(recipe).encode()
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    place = len(PNG_MAGIC) + 25
    return data[:place] + chunk + data[place:]


def mark_gif(data: bytes, recipe: Digest) -> bytes:
    """A whole GIF, animated or not, with the mark as a comment before its first picture; the pixels stay.

    Comments are GIF89a's: an older header is raised to it.
    """
    flags = data[10]
    place = 13 + ((3 << ((flags & 7) + 1)) if flags & 0x80 else 0)
    text = draft_mark(recipe).encode()
    comment = b"!\xfe" + bytes((len(text),)) + text + b"\0"
    return b"GIF89a" + data[6:place] + comment + data[place:]


def mark_svg(data: bytes, recipe: Digest) -> bytes:
    """A drawing with the mark as a comment behind its end."""
    return data.rstrip() + f"\n<!-- {draft_mark(recipe)} -->\n".encode()


def exif_with(recipe: Digest) -> bytes:
    """An EXIF block that holds ImageDescription (the mark) and Software, for JPEG, WebP and AVIF."""
    texts = ((0x010E, draft_mark(recipe).encode() + b"\0"), (0x0131, KEYWORD + b"\0"))
    place = 8 + 2 + 12 * len(texts) + 4
    entries, values = b"", b""
    for tag, text in texts:
        entries += struct.pack(">HHII", tag, 2, len(text), place + len(values))
        values += text + b"\0" * (len(text) % 2)
    return b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", len(texts)) + entries + b"\0\0\0\0" + values
