"""Store room: a picture's bytes on their way in, as a file that is named by its intent from the first byte on.

Whoever writes is never told of a disk that fails: it is in the middle of a call that was paid. Who takes the file over is.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Protocol

from pixmake.digest import Digest, sha256_bytes
from pixmake.store.durable import write_all

SUFFIX = "part"


class Onlooker(Protocol):
    """Sees the bytes of a picture while they come."""

    def take(self, data: bytes, /) -> object:
        """The next bytes. Raises nothing."""
        ...


class LandingFile:
    """A file in `incoming/`, made by the first write; `taken_to` makes it safe under its final name."""

    def __init__(self, path: Path, number: int, onlooker: Onlooker | None = None) -> None:
        self.path = path
        self.number = number
        """Of the picture in its call, from 0."""
        self.taken = False
        """Whether it has its final name."""
        self.size = 0
        """Bytes that were written."""
        self.onlooker = onlooker
        self._hash = hashlib.sha256()
        self._is_found = False
        self._descriptor: int | None = None
        self._trouble: OSError | None = None

    @classmethod
    def found(cls, path: Path, number: int) -> LandingFile:
        """One that a crash left, whose bytes turned out to be all there. Raises OSError."""
        landing = cls(path, number)
        landing._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        landing._is_found = True
        return landing

    def write(self, data: bytes) -> None:
        """The next bytes."""
        if self._trouble is not None:
            return
        try:
            if self._descriptor is None:
                flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
                self._descriptor = os.open(self.path, flags, 0o444)
            write_all(self._descriptor, data)
        except OSError as error:
            self._trouble = error
        else:
            self.size += len(data)
            self._hash.update(data)
            if self.onlooker is not None:
                self.onlooker.take(data)

    def digest(self) -> Digest:
        """Of all that was written: reckoned on the way, but for one that a crash left. Raises OSError for that."""
        return sha256_bytes(self.read()) if self._is_found else Digest(self._hash.hexdigest())

    def read(self) -> bytes:
        """All that was written, as the disk has it. Raises OSError where not all of it could be."""
        if self._trouble is not None:
            raise self._trouble
        descriptor = self._descriptor
        if descriptor is None:
            return b""
        size = os.fstat(descriptor).st_size
        os.lseek(descriptor, 0, os.SEEK_SET)
        return b"".join(iter(lambda: os.read(descriptor, max(1, size)), b""))  # one piece is not copied

    def taken_to(self, path: Path) -> None:
        """Flushes what was written to the disk and gives it its name. Raises OSError."""
        if self._trouble is not None:
            raise self._trouble
        if self._descriptor is None:
            raise FileNotFoundError(f"nothing was written to '{self.path}'")
        os.fsync(self._descriptor)
        self.abandon()
        os.replace(self.path, path)
        self.taken = True

    def abandon(self) -> None:
        """Closes the file; what is in it stays."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
