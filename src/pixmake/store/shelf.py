"""Store room: throw-away pictures of one checkout, by name: drafts and things derived. Losing them costs nothing but time."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from pixmake.diagnostics import problem
from pixmake.store.durable import replace_quickly

STATE = ".pixmake"
"""The folder of a checkout's throw-away state, beside its spec."""


def refuse_links(state: Path) -> None:
    """Raises Problem `state-outside` where `.pixmake/`, or something in it, is a link that leads out of the project.

    A repository can bring one along, and what a build writes there would be written elsewhere.
    """
    try:
        with os.scandir(state) as entries:
            links = [entry.path for entry in entries if entry.is_symlink()]
    except (FileNotFoundError, NotADirectoryError):
        return
    root = os.path.realpath(state.parent)
    for link in [os.fspath(state)] if state.is_symlink() else links:
        if not Path(os.path.realpath(link)).is_relative_to(root):
            name = os.path.relpath(link, state.parent).replace(os.sep, "/")
            raise problem(
                "state-outside",
                f"'{name}' is a link that leads out of the project",
                help="remove it: what lies there is made again; or use --allow-outside",
            )


class Shelf:
    """A folder of files under `.pixmake/`. Names are digests; each file is complete or not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """Where the picture called `name` lies, or would."""
        return self.folder / name[:2] / name[2:]

    def has(self, name: str) -> bool:
        return os.path.isfile(f"{self.folder}/{name[:2]}/{name[2:]}")  # noqa: PTH113 (as text: a plan asks for thousands)

    def put(self, name: str, data: bytes) -> Path:
        """Keep `data` under `name`, by rename; no fsync, since it can be made again. Raises OSError (a full disk, say)."""
        path = self.path(name)
        if path.parent.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fspath(path.parent))
        replace_quickly(path, data)
        return path
