"""Store room: outputs that are about to be put in place, noted before: so what a build that dies has written is never taken
for somebody's own. Throw-away state of one checkout, until the memo knows them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from threading import Lock

from pixmake.digest import read_file
from pixmake.store.content import is_digest
from pixmake.store.lockfile import OutputPin


class Claims:
    """The notes of one checkout: a line for each output, appended. Several processes may write them at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = 0
        """Bytes of it that are taken over or our own."""
        self._guard = Lock()

    def claim(self, path: str, pin: OutputPin, profile: str | None) -> None:
        """Notes that these bytes will stand at `path` in a moment. Where that can't be written it is left: it only helps
        after a crash, and whoever keeps the memo beside it will tell."""
        line = json.dumps([path, pin.recipe, pin.digest, profile]).encode() + b"\n"
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with suppress(OSError), self._guard:
            self._path.parent.mkdir(exist_ok=True)
            descriptor = os.open(self._path, flags, 0o644)
            try:
                self._size += os.write(descriptor, line)
            finally:
                os.close(descriptor)

    def noted(self) -> list[tuple[str, OutputPin, str | None]]:
        """What is noted: path, recipe and digest, profile. By now it may stand there or not."""
        try:
            data = read_file(self._path)
        except OSError:
            return []
        self._size = len(data)
        return list(_notes(data))

    def settle(self) -> None:
        """All that was noted is remembered elsewhere. What another build notes meanwhile stays."""
        with self._guard, suppress(OSError):
            if self._size and self._path.stat().st_size == self._size:
                self._path.unlink()
            self._size = 0


def _notes(data: bytes) -> Iterator[tuple[str, OutputPin, str | None]]:
    """Whole notes about files in the project; a line that a crash cut short is none."""
    for line in data.splitlines():
        try:
            match json.loads(line):
                case [str(path), str(recipe), str(digest), None | str() as profile] if is_digest(digest):
                    if _is_inside(path):
                        yield path, OutputPin(recipe=recipe, digest=digest), profile
        except (ValueError, RecursionError):
            continue


def _is_inside(path: str) -> bool:
    where = PurePosixPath(path)
    return not where.is_absolute() and ".." not in where.parts
