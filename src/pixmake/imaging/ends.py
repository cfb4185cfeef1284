"""Imaging room: whether all of a picture's bytes came, by what its format says of itself. Nothing is decoded.

A build that buys PNGs and only keeps them needs no more than this: Pillow stays out of it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from pixmake.imaging.headers import PNG_MAGIC
from pixmake.imaging.probe import BadPicture


def check_whole(data: bytes, media_type: str) -> None:
    """Raises BadPicture where a picture's last bytes are missing or, for PNG, a checksum is wrong.

    Decoders forgive both; for a picture that was paid for they mean that the transfer was not complete.
    """
    if check := WHOLE.get(media_type):
        check(data)


def _check_png(data: bytes) -> None:
    place, kind = len(PNG_MAGIC), b""
    while place + 12 <= len(data) and kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 8 + length
        if end + 4 > len(data):
            break
        if zlib.crc32(memoryview(data)[place + 4 : end]) != struct.unpack_from(">I", data, end)[0]:
            name = kind.decode("ascii", "replace")
            raise BadPicture(f"is a damaged PNG picture: the checksum of its {name} chunk is wrong")
        place = end + 4
    else:
        if kind == b"IEND":
            return
    raise BadPicture("is a PNG picture that is cut short")


def _check_jpeg(data: bytes) -> None:
    if data.rfind(b"\xff\xd9") < 0:
        raise BadPicture("is a JPEG picture that is cut short")


def _check_webp(data: bytes) -> None:
    if struct.unpack_from("<I", data, 4)[0] + 8 > len(data):
        raise BadPicture("is a WebP picture that is cut short")


WHOLE: dict[str, Callable[[bytes], None]] = {
    "image/png": _check_png,
    "image/jpeg": _check_jpeg,
    "image/webp": _check_webp,
}
