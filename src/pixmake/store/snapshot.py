"""Store room: what a checkout looked like when there was nothing to do, so that the same can be said again by looking only.

`.pixmake/snapshot` is written by builds and read by `cli/quick`, which must not import this module's neighbors. It is
throw-away state: missing, damaged or of another version, it means nothing.
"""

from __future__ import annotations

import marshal
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that the answer hangs on. Stats are (size, mtime ns, ctime ns, inode); `folders` have (mtime ns, inode).

    `files` are absolute paths in a stable order. `absent` must not exist. `env` holds variables by name, None: unset.
    `says` is what to print, by command.
    """

    version: str
    profile: str | None
    files: Mapping[str, tuple[int, int, int, int]]
    folders: Mapping[str, tuple[int, int]]
    absent: tuple[str, ...]
    env: Mapping[str, str | None]
    says: Mapping[str, str]


def tag(version: str) -> str:
    """Names tool, Python and format: a snapshot of another one is not read."""
    return f"{FORMAT}/{version}/{sys.implementation.cache_tag}"


def save(path: Path, snapshot: Snapshot) -> bool:
    """Writes the snapshot by rename where it differs from the one there; whether it wrote. Raises OSError."""
    data = marshal.dumps(
        (
            tag(snapshot.version),
            snapshot.profile,
            list(snapshot.files),
            [part for stat in snapshot.files.values() for part in stat],
            dict(snapshot.folders),
            snapshot.absent,
            dict(snapshot.env),
            dict(snapshot.says),
        )
    )
    try:
        if path.read_bytes() == data:
            return False
    except OSError:
        pass  # none yet, or unreadable: written anew
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".snapshot-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True


def folder_stats(folders: Iterable[Path]) -> dict[str, tuple[int, int]]:
    """Stats of folders whose lists of names matter."""
    found = {}
    for folder in folders:
        seen = folder.stat()
        found[os.fspath(folder)] = seen.st_mtime_ns, seen.st_ino
    return found
