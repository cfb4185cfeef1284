"""A disk whose power may go at any moment: what is on it then is what was flushed, file by file and folder by folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from threading import RLock

import pytest


class Platter:
    """Follows every os.fsync of this process below `top`. `cut` tells what a power cut would leave of a path now.

    A file has the bytes it had when it was last flushed, by whatever name; a folder has the names it had then, and what
    was never flushed is not there. That is the least a file system promises; most keep more. `watch` is called after
    each flush.
    """

    def __init__(self, top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.top = top
        self.flushes = 0
        self.watch: Callable[[], None] | None = None
        self._files: dict[int, bytes] = {}
        self._folders: dict[int, dict[str, int]] = {}
        self._held: list[int] = []
        self._line = RLock()
        self._real = os.fsync
        monkeypatch.setattr(os, "fsync", self._fsync)

    def cut(self, path: Path) -> bytes | None:
        """The bytes of a file after a power cut; None where its name is not there."""
        with self._line:
            inode = self._inode(path)
            return None if inode is None else self._files.get(inode, b"")

    def close(self) -> None:
        """Lets go of the files that were held so that no number of theirs is given to another."""
        for descriptor in self._held:
            os.close(descriptor)

    def _inode(self, path: Path) -> int | None:
        """The number that a name leads to, from `top` down; a folder that was never flushed is empty."""
        at = self.top.stat().st_ino
        for name in path.relative_to(self.top).parts:
            found = self._folders.get(at, {}).get(name)
            if found is None:
                return None
            at = found
        return at

    def _fsync(self, descriptor: int) -> None:
        self._real(descriptor)
        seen = os.fstat(descriptor)
        with self._line:
            self.flushes += 1
            if stat.S_ISDIR(seen.st_mode):
                with os.scandir(descriptor) as names:
                    self._folders[seen.st_ino] = {item.name: item.inode() for item in names}
            else:
                self._held.append(os.dup(descriptor))
                self._files[seen.st_ino] = self._content(seen.st_ino)
            if self.watch is not None:
                self.watch()

    def _content(self, inode: int) -> bytes:
        """By any of its names: the descriptor may be one that only writes."""
        for path in self.top.rglob("*"):
            try:
                if path.lstat().st_ino == inode:
                    return path.read_bytes()
            except FileNotFoundError:  # another thread has just moved it
                continue
        return b""
