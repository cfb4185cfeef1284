"""Store room: what a checkout looked like when there was nothing to do, so that the same can be said again by looking only.

`.pixmake/snapshot` is written by builds and read by `cli/quick`, which imports nothing of ours. It is throw-away state:
missing, damaged or of another version, it means nothing. Its form is plain columns, since a hostile repository may
bring one along:

- a line with the tag, and one with the day on which it was written, counted from 1970: it is believed for a month, since
  what a plan says can also depend on the date (a model that goes soon is warned of);
- four lists of texts, each a line with its length in bytes, then the texts joined by NUL: the project's folder; paths
  that must not exist; variables and their values in turn; commands and what to print for them in turn;
- groups of files, each a line `bytes of names, bytes of numbers`, a folder and the names in it joined by NUL, and for
  each name size, mtime, ctime, inode as 64-bit numbers. Paths count from the project's folder. The first file is the
  spec; the last group is empty;
- one such group of folders whose lists of names matter, with mtime and inode.
"""

from __future__ import annotations

import os
import sys
import time
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pixmake.digest import read_file
from pixmake.store.durable import replace_quickly

FORMAT = 2
DAY = 86_400
KEPT = 15
"""Days for which a snapshot is left as it is where nothing changed: half of the time for which it is believed."""
FEW = 4
"""Files of one folder below which opening it costs more than it saves: they are named from the project's folder."""
GROUP = 4096
"""Files that are read and compared at a time: bounds the memory of whoever reads."""

Numbers = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that the answer hangs on. Stats are (size, mtime ns, ctime ns, inode); `folders` have (mtime ns, inode).

    `files` are absolute paths, the spec's own first. `absent` must not exist. `hashed` holds the SHA-256 of values of the
    environment by variable, `plain` the values themselves; None: unset. `says` is what to print, by command.
    """

    version: str
    root: Path
    files: Mapping[str, Numbers]
    folders: Mapping[str, Numbers]
    absent: tuple[str, ...]
    hashed: Mapping[str, str | None]
    plain: Mapping[str, str | None]
    says: Mapping[str, str]


def tag(version: str) -> str:
    """Names tool, format and byte order: a snapshot of another one is not read."""
    return f"pixmake-snapshot/{FORMAT} {version} {sys.byteorder}"


def save(path: Path, snapshot: Snapshot) -> bool:
    """Writes the snapshot by rename where it differs from the one there, or that is old; whether it wrote.

    Raises OSError.
    """
    head, body, today = tag(snapshot.version).encode(), encoded(snapshot), int(time.time()) // DAY
    try:
        known, day, rest = read_file(path).split(b"\n", 2)
        if known == head and rest == body and 0 <= today - int(day) < KEPT:
            return False
    except (OSError, ValueError):
        pass  # none yet, unreadable or damaged: written anew
    replace_quickly(path, b"%s\n%d\n%s" % (head, today, body))
    return True


def encoded(snapshot: Snapshot) -> bytes:
    """The bytes of a snapshot, from its third line on."""
    env = [text for name, value in snapshot.hashed.items() for text in (name, "-" if value is None else f"={value}")]
    env += [text for name, value in snapshot.plain.items() for text in (name, "-" if value is None else f"'{value}")]
    says = [text for pair in snapshot.says.items() for text in pair]
    lists = [[os.fspath(snapshot.root)], snapshot.absent, env, says]
    parts = [_texts(texts) for texts in lists]
    parts += [_group(folder, names, stats) for folder, names, stats in _groups(snapshot)]
    parts += [_group("", [], []), _group("", list(snapshot.folders), list(snapshot.folders.values()))]
    return b"".join(parts)


def _groups(snapshot: Snapshot) -> Iterator[tuple[str, Sequence[str], Sequence[Numbers]]]:
    """Files by folder: folder, names in it, stats. First what lies beside the spec, and lone files of other folders."""
    root = os.fspath(snapshot.root)
    by_folder: dict[str, list[str]] = {}
    for path in snapshot.files:
        by_folder.setdefault(os.path.dirname(path), []).append(path)
    first = by_folder.pop(root, [])
    first += [path for paths in by_folder.values() if len(paths) < FEW for path in paths]
    large = {folder: paths for folder, paths in by_folder.items() if len(paths) >= FEW}
    for folder, paths in [(root, first), *large.items()]:
        inside = os.path.join(folder, "")
        for start in range(0, len(paths), GROUP):
            some = paths[start : start + GROUP]
            names = [path[len(inside) :] if path.startswith(inside) else path for path in some]
            yield _below(root, folder), names, [snapshot.files[path] for path in some]


def _below(root: str, folder: str) -> str:
    """A folder as it is written from the project's: whole where it lies elsewhere."""
    inside = os.path.join(root, "")
    return "." if folder == root else folder.removeprefix(inside)


def _texts(texts: Iterable[str]) -> bytes:
    data = _joined(texts)
    return f"{len(data)}\n".encode() + data


def _group(folder: str, names: Sequence[str], stats: Iterable[Numbers]) -> bytes:
    paths = _joined([folder, *names])
    numbers = array("q", [part for stat in stats for part in stat]).tobytes()
    return f"{len(paths)} {len(numbers)}\n".encode() + paths + numbers


def _joined(texts: Iterable[str]) -> bytes:
    return "\0".join(texts).encode("utf-8", "surrogateescape")


def folder_stats(folders: Iterable[Path]) -> dict[str, tuple[int, int]]:
    """Stats of folders whose lists of names matter."""
    found = {}
    for folder in folders:
        seen = folder.stat()
        found[os.fspath(folder)] = seen.st_mtime_ns, seen.st_ino
    return found
