"""Imaging room: whether all of a picture's bytes came, by what its format says of itself. Nothing is decoded.

A build that buys PNGs and only keeps them needs no more than this: Pillow stays out of it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from pixmake.imaging.headers import MAX_BOXES, PNG_MAGIC, PNG_PIXELS, PNG_TOLD
from pixmake.imaging.probe import BadPicture

HEAD, SUM = 8, 4
"""Bytes of a PNG chunk before its data (length and kind) and behind it (checksum)."""


def check_whole(data: bytes, media_type: str) -> None:
    """Raises BadPicture where a picture's last bytes are missing or, for PNG, a checksum is wrong.

    Decoders forgive both; for a picture that was paid for they mean that the transfer was not complete.
    """
    if check := WHOLE.get(media_type):
        check(data)


class PngChunks:
    """A PNG that passes in pieces of any size: whether its checksums are right and its last chunk came."""

    def __init__(self) -> None:
        self.is_png = False
        """Whether it begins as a PNG does; of anything else nothing is looked at."""
        self.size = 0
        """Bytes that came."""
        self.head: list[tuple[bytes, bytes]] = []
        """The chunks before the pixels, with as much of their data as `PNG_TOLD` wants."""
        self.has_head = False
        """Whether these are all of them."""
        self._over = self._is_whole = False
        self._damage = "is a PNG picture that is cut short"
        self._kind = b""
        self._left = self._sum = 0
        """Of the chunk's data: bytes to come, and the checksum of those that came."""
        self._held, self._wanted = b"", len(PNG_MAGIC)
        """What came of the magic, of a chunk's head or of its checksum, and how many bytes of it there are."""

    def take(self, piece: bytes | memoryview) -> None:
        """The next bytes."""
        view = memoryview(piece)
        self.size += len(view)
        while view and not self._over:
            if self._left:
                data, view = view[: self._left], view[self._left :]
                self._sum = zlib.crc32(data, self._sum)
                self._left -= len(data)
                if not self.has_head:
                    self._tell(data)
            else:
                lack = self._wanted - len(self._held)
                self._held, view = self._held + bytes(view[:lack]), view[lack:]
                if len(self._held) == self._wanted:
                    held, self._held = self._held, b""
                    self._gathered(held)

    def _gathered(self, held: bytes) -> None:
        if not self.is_png:
            self.is_png = held == PNG_MAGIC
            self._over = not self.is_png
        elif self._wanted == SUM:
            self._wanted = HEAD
            if int.from_bytes(held, "big") != self._sum:
                name = self._kind.decode("ascii", "replace")
                self._damage = f"is a damaged PNG picture: the checksum of its {name} chunk is wrong"
                self._over = True
            elif self._kind == b"IEND":
                self._over = self._is_whole = True
        else:
            self._left, self._kind = struct.unpack(">I4s", held)
            self._sum, self._wanted = zlib.crc32(self._kind), SUM
            self.has_head = self.has_head or self._kind in PNG_PIXELS or len(self.head) == MAX_BOXES
            if not self.has_head:
                self.head.append((self._kind, b""))

    def _tell(self, data: memoryview) -> None:
        """More of the data of the last chunk before the pixels."""
        kind, told = self.head[-1]
        if (lack := PNG_TOLD.get(kind, 0) - len(told)) > 0:
            self.head[-1] = kind, told + bytes(data[:lack])

    def check(self) -> None:
        """That was all. Raises BadPicture for anything but a whole one."""
        if not self._is_whole:
            raise BadPicture(self._damage)


def _check_png(data: bytes) -> None:
    chunks = PngChunks()
    chunks.take(data)
    chunks.check()


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
