"""Store room: throw-away pictures of one checkout, by name: drafts and things derived. Losing them costs nothing but time."""

from __future__ import annotations

import os
from pathlib import Path

from pixmake.store.durable import replace_quickly

STATE = ".pixmake"
"""The folder of a checkout's throw-away state, beside its spec."""


class Shelf:
    """A folder of files under `.pixmake/`. Names are digests; each file is complete or not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """Where the picture called `name` lies, or would."""
        return self.folder / name[:2] / name[2:]

    def has(self, name: str) -> bool:
        return os.path.isfile(f"{self.folder}/{name[:2]}/{name[2:]}")  # as text: a plan asks for thousands

    def put(self, name: str, data: bytes) -> Path:
        """Keep `data` under `name`, by rename; no fsync, since it can be made again. Raises OSError (a full disk, say)."""
        path = self.path(name)
        replace_quickly(path, data)
        return path
