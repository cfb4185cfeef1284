"""Store room: what a checkout looked like when there was nothing to do, so that the same can be said again by looking only.

`.pixmake/snapshot` is written by builds and read by `cli/quick`, which imports nothing of ours. It is throw-away state:
missing, damaged or of another version, it means nothing. Its form is plain columns, since a hostile repository may
bring one along: a line with the tag, a line with the lengths of three sections, then texts joined by NUL, paths
joined by NUL, and 64-bit numbers.
"""

from __future__ import annotations

import os
import sys
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pixmake.store.durable import replace_quickly

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that the answer hangs on. Stats are (size, mtime ns, ctime ns, inode); `folders` have (mtime ns, inode).

    `files` are absolute paths in a stable order. `absent` must not exist. `env` holds SHA-256 of values by variable,
    None: unset.
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
    return f"pixmake-snapshot/{FORMAT} {version} {sys.byteorder}"


def save(path: Path, snapshot: Snapshot) -> bool:
    """Writes the snapshot by rename where it differs from the one there; whether it wrote. Raises OSError."""
    data = _encoded(snapshot)
    try:
        if path.read_bytes() == data:
            return False
    except OSError:
        pass  # none yet, or unreadable: written anew
    replace_quickly(path, data)
    return True


def _encoded(snapshot: Snapshot) -> bytes:
    env = [text for name, value in snapshot.env.items() for text in (name, "-" if value is None else f"={value}")]
    says = [text for pair in snapshot.says.items() for text in pair]
    counts = [len(snapshot.absent), len(snapshot.env), len(snapshot.says)]
    texts = _joined([snapshot.profile or "", *map(str, counts), *snapshot.absent, *env, *says])
    paths = _joined([*snapshot.files, *snapshot.folders])
    numbers = array("q", (part for stat in snapshot.files.values() for part in stat))
    numbers.extend(part for stat in snapshot.folders.values() for part in stat)
    head = f"{tag(snapshot.version)}\n{len(texts)} {len(paths)} {len(snapshot.files)}\n"
    return head.encode() + texts + paths + numbers.tobytes()


def _joined(texts: Iterable[str]) -> bytes:
    return "\0".join(texts).encode("utf-8", "surrogateescape")


def folder_stats(folders: Iterable[Path]) -> dict[str, tuple[int, int]]:
    """Stats of folders whose lists of names matter."""
    found = {}
    for folder in folders:
        seen = folder.stat()
        found[os.fspath(folder)] = seen.st_mtime_ns, seen.st_ino
    return found
