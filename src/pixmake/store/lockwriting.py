"""Store room: a lockfile that one process changes again and again. What it wrote itself it neither reads nor renders anew."""

from __future__ import annotations

import os
from pathlib import Path

from pixmake.store.durable import replace_file, writing
from pixmake.store.lockfile import HEADER, Line, Lock, Name, order, read, rendered

Stamp = tuple[int, int, int, int]


class LockFile:
    """`assets.lock` in the hand of a build. Whoever reads and writes holds the lock on it from one to the other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._stamp: Stamp | None = None
        """Of the file whose content `_lock` is."""
        self._texts: dict[Name, tuple[tuple[Line, ...], str]] = {}

    def read(self) -> Lock:
        """What is in the file now: another build of the checkout, a verb or a merge may have written. Raises as `read`."""
        stamp = _stamp(self.path)
        if stamp is None or stamp != self._stamp:
            self._lock, self._stamp = read(self.path), stamp
        return self._lock

    def write(self, lock: Lock) -> None:
        """Writes a lock that differs from the file's. Never half a file. Raises Problem."""
        lock.require_whole()
        self._stamp = None
        texts = [self._text(name, lock.lines[name]) for name in sorted(lock.lines, key=order)]
        with writing(self.path):
            replace_file(self.path, ("\n".join([HEADER, *texts]) + "\n").encode())
        self._lock, self._stamp = lock, _stamp(self.path)

    def _text(self, name: Name, lines: tuple[Line, ...]) -> str:
        known = self._texts.get(name)
        if known is None or known[0] is not lines:
            known = self._texts[name] = lines, "\n".join(map(rendered, lines))
        return known[1]


def _stamp(path: Path) -> Stamp | None:
    """Each write is another file, so these can't all be the same."""
    try:
        seen = os.stat(path)
    except OSError:
        return None
    return seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns
