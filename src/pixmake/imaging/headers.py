"""Imaging room: what the first bytes of a file say, read with `struct` alone. No pixel is decoded, no Pillow imported.

Every reader takes a seekable stream at its start and raises `Damaged` where the bytes contradict themselves.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from pixmake.values import dataclass

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
IHDR = 13
PNG_TOLD = {b"IHDR": IHDR + 1, b"acTL": 4, b"eXIf": 1 << 16}
"""Bytes of a chunk's data that are looked at, of kinds of which any are; of IHDR one more than there may be."""
PNG_PIXELS = (b"IDAT", b"IEND")
SNIFFED = 4096
"""How many bytes at the start of a file are looked at to tell its kind."""

MAX_BOXES = 10_000
"""Chunks, segments or boxes looked at in one file; a healthy file has a few dozen."""

MAX_ICONS = 256

ORIENTATION_TAG = 0x0112


class Damaged(Exception):
    """The bytes are not what their first ones promise. The text completes "the file …"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a header says. `orientation` is EXIF's, 1 to 8; `mode` is Pillow's word for the stored colors."""

    width: int
    height: int
    mode: str
    has_alpha: bool = False
    frames: int = 1
    orientation: int = 1


def exact(stream: BinaryIO, count: int) -> bytes:
    """`count` bytes from `stream`. Raises Damaged where it ends before."""
    data = stream.read(count)
    if len(data) != count:
        raise Damaged("is cut short")
    return data


def read_png(stream: BinaryIO) -> Header:
    """PNG: IHDR, and of the chunks before the pixels tRNS, acTL and eXIf."""
    return png_header((kind, exact(stream, min(length, PNG_TOLD.get(kind, 0)))) for kind, length in png_chunks(stream))


def png_header(chunks: Iterable[tuple[bytes, bytes]]) -> Header:
    """What a PNG's chunks before its pixels say: the kind of each and as much of its data as `PNG_TOLD` wants. Raises
    Damaged."""
    chunks = iter(chunks)
    kind, data = next(chunks, (b"", b""))
    if kind != b"IHDR" or len(data) != IHDR:
        raise Damaged("is a damaged PNG picture: it does not begin with its IHDR chunk")
    width, height, depth, color = struct.unpack(">IIBB", data[:10])
    mode = {0: "I;16" if depth == 16 else "L", 2: "RGB", 3: "P", 4: "LA", 6: "RGBA"}.get(color)
    if mode is None:
        raise Damaged(f"is a damaged PNG picture: there is no color type {color}")
    alpha, frames, turned = color in (4, 6), 1, 1
    for kind, data in chunks:
        if kind == b"tRNS":
            alpha = True
        elif kind == b"acTL" and len(data) == PNG_TOLD[kind]:
            frames = max(1, int(struct.unpack(">I", data)[0]))
        elif kind == b"eXIf":
            turned = exif_orientation(data)
    return Header(width=width, height=height, mode=mode, has_alpha=alpha, frames=frames, orientation=turned)


def png_chunks(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """(kind, length) of each chunk before the first IDAT, the stream standing at its data. The reader may move it."""
    stream.seek(len(PNG_MAGIC))
    for _ in range(MAX_BOXES):
        length, kind = struct.unpack(">I4s", exact(stream, 8))
        if kind in PNG_PIXELS:
            return
        start = stream.tell()
        yield kind, length
        stream.seek(start + length + 4)


START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def jpeg_segments(stream: BinaryIO) -> Iterator[tuple[int, int]]:
    """(marker, length of the data) of each JPEG segment before the pixels, the stream standing at its data."""
    stream.seek(2)
    for _ in range(MAX_BOXES):
        marker = exact(stream, 1)[0]
        if marker != 0xFF:
            raise Damaged("is a damaged JPEG picture: there is no marker where one must be")
        while marker == 0xFF:
            marker = exact(stream, 1)[0]
        if marker in (0xD9, 0xDA):
            return
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            continue
        length = struct.unpack(">H", exact(stream, 2))[0] - 2
        if length < 0:
            raise Damaged("is a damaged JPEG picture: a segment is shorter than its own length field")
        start = stream.tell()
        yield marker, length
        stream.seek(start + length)


def read_jpeg(stream: BinaryIO) -> Header:
    """JPEG: the frame header (SOF) and EXIF's orientation."""
    frame: tuple[int, int, int] | None = None
    turned = 1
    for marker, length in jpeg_segments(stream):
        if marker in START_OF_FRAME and length >= 6:
            _, height, width, channels = struct.unpack(">BHHB", exact(stream, 6))
            frame = (width, height, channels)
        elif marker == 0xE1 and length > 6:
            data = exact(stream, length)
            if data.startswith(b"Exif\0\0") and turned == 1:
                turned = exif_orientation(data[6:])
    if frame is None:
        raise Damaged("is a damaged JPEG picture: it has no frame header")
    mode = {1: "L", 3: "RGB", 4: "CMYK"}.get(frame[2])
    if mode is None:
        raise Damaged(f"is a JPEG picture of {frame[2]} color channels, which nothing can show")
    return Header(width=frame[0], height=frame[1], mode=mode, orientation=turned)


def exif_orientation(data: bytes) -> int:
    """The orientation, 1 to 8, in a TIFF block as EXIF uses it; 1 where it is missing or damaged, as browsers do."""
    if data.startswith(b"Exif\0\0"):
        data = data[6:]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 10:
        return 1
    offset = struct.unpack_from(order + "I", data, 4)[0]
    if offset + 2 > len(data):
        return 1
    count = struct.unpack_from(order + "H", data, offset)[0]
    for place in range(offset + 2, min(offset + 2 + 12 * count, len(data) - 11), 12):
        tag, kind = struct.unpack_from(order + "HH", data, place)
        if tag == ORIENTATION_TAG and kind == 3:
            value = int(struct.unpack_from(order + "H", data, place + 8)[0])
            return value if 1 <= value <= 8 else 1
    return 1


def riff_chunks(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """(kind, length) of each chunk of a RIFF file, the stream standing at its data."""
    stream.seek(12)
    for _ in range(MAX_BOXES):
        head = stream.read(8)
        if len(head) < 8:
            return
        kind, length = struct.unpack("<4sI", head)
        start = stream.tell()
        yield kind, length
        stream.seek(start + length + length % 2)


def read_webp(stream: BinaryIO) -> Header:
    """WebP: lossy (VP8), lossless (VP8L) or extended (VP8X, with animation and EXIF)."""
    size: tuple[int, int] | None = None
    alpha, frames, turned = False, 0, 1
    for kind, length in riff_chunks(stream):
        if kind == b"VP8X" and length >= 10:
            flags, wide, high = struct.unpack("<B3x3s3s", exact(stream, 10))
            alpha = bool(flags & 0x10)
            size = (int.from_bytes(wide, "little") + 1, int.from_bytes(high, "little") + 1)
        elif kind == b"VP8L" and size is None:
            mark, bits = struct.unpack("<BI", exact(stream, 5))
            if mark != 0x2F:
                raise Damaged("is a damaged WebP picture")
            size, alpha = ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1), bool(bits >> 28 & 1)
        elif kind == b"VP8 " and size is None:
            size = _vp8_size(exact(stream, 10))
        elif kind == b"ANMF":
            frames += 1
        elif kind == b"EXIF":
            turned = exif_orientation(exact(stream, min(length, 1 << 16)))
    if size is None:
        raise Damaged("is a damaged WebP picture: it has no image chunk")
    mode = "RGBA" if alpha else "RGB"
    return Header(width=size[0], height=size[1], mode=mode, has_alpha=alpha, frames=max(1, frames), orientation=turned)


def _vp8_size(data: bytes) -> tuple[int, int]:
    if data[3:6] != b"\x9d\x01\x2a":
        raise Damaged("is a damaged WebP picture")
    width, height = struct.unpack_from("<HH", data, 6)
    return width & 0x3FFF, height & 0x3FFF


def read_gif(stream: BinaryIO) -> Header:
    """GIF: the screen, widened by its first frame as decoders do; the frames counted; alpha where the first has it."""
    stream.seek(6)
    width, height, flags = struct.unpack("<HHBxx", exact(stream, 7))
    _skip_color_table(stream, flags)
    frames, alpha = 0, False
    while (kind := stream.read(1)) not in (b";", b""):
        if kind == b"!":
            label = exact(stream, 1)
            first = gif_blocks(stream)
            if label == b"\xf9" and len(first) >= 4 and not frames:
                alpha = bool(first[0] & 1)
        elif kind == b",":
            left, top, wide, high, flags = struct.unpack("<HHHHB", exact(stream, 9))
            if not frames:
                width, height = max(width, left + wide), max(height, top + high)
            frames += 1
            _skip_color_table(stream, flags)
            exact(stream, 1)
            gif_blocks(stream)
        else:
            raise Damaged("is a damaged GIF picture")
    if not frames:
        raise Damaged("is a GIF file without a picture" if kind else "is cut short")
    return Header(width=width, height=height, mode="P", has_alpha=alpha, frames=frames)


def _skip_color_table(stream: BinaryIO, flags: int) -> None:
    if flags & 0x80:
        stream.seek(3 << ((flags & 7) + 1), 1)


def gif_blocks(stream: BinaryIO) -> bytes:
    """Walks past a GIF's chain of data blocks and returns the first one."""
    first = b""
    while length := exact(stream, 1)[0]:
        if not first:
            first = exact(stream, length)
        else:
            stream.seek(length, 1)
    return first


def read_ico(stream: BinaryIO) -> Header:
    """ICO: the largest of its pictures; one that is stored as PNG is believed by its own header."""
    stream.seek(4)
    count = struct.unpack("<H", exact(stream, 2))[0]
    entries = [struct.unpack("<BBBBHHII", exact(stream, 16)) for _ in range(min(count, MAX_ICONS))]
    if not entries:
        raise Damaged("is an ICO file without a picture")
    found = [_ico_size(stream, entry) for entry in entries]
    width, height = max(found, key=lambda size: size[0] * size[1])
    return Header(width=width, height=height, mode="RGBA", has_alpha=True)


def _ico_size(stream: BinaryIO, entry: tuple[int, ...]) -> tuple[int, int]:
    stream.seek(entry[7])
    head = stream.read(24)
    if head.startswith(PNG_MAGIC) and len(head) == 24:
        width, height = struct.unpack_from(">II", head, 16)
        return width, height
    if len(head) >= 12 and head[:4] == b"\x28\0\0\0":  # a bitmap of double height: its colors, then its mask
        width, height = struct.unpack_from("<ii", head, 4)
        return abs(width), abs(height) // 2
    raise Damaged("is a damaged ICO picture")


Reader = Callable[[BinaryIO], Header]
