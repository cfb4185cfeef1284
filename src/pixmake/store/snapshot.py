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

import itertools
import os
import sys
import time
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from io import BytesIO
from pathlib import Path

from pixmake.digest import read_file
from pixmake.store.durable import UNFINISHED, discard, replace_quickly, writing
from pixmake.values import dataclass

FORMAT = 2
DAY = 86_400
KEPT = 15
"""Days for which a snapshot is left as it is where nothing changed: half of the time for which it is believed."""
FEW = 4
"""Files of one folder below which opening it costs more than it saves: they are named from the project's folder."""
GROUP = 4096
"""Files that are read and compared at a time: bounds the memory of whoever reads."""

Numbers = tuple[int, ...]


def today() -> int:
    """The day, counted from 1970, UTC."""
    return int(time.time()) // DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that the answer hangs on. Stats are (size, mtime ns, ctime ns, inode); `folders` have (mtime ns, inode).

    `files` are absolute paths, the spec's own first. `absent` must not exist. `hashed` holds the SHA-256 of values of the
    environment by variable, `plain` the values themselves; None: unset. `says` is what to print, by command. `day` is
    that on which all of it was looked at, counted from 1970.
    """

    version: str
    root: Path
    files: Mapping[str, Numbers]
    folders: Mapping[str, Numbers]
    absent: tuple[str, ...]
    hashed: Mapping[str, str | None]
    plain: Mapping[str, str | None]
    says: Mapping[str, str]
    day: int = field(default_factory=today)


def tag(version: str) -> str:
    """Names tool, format and byte order: a snapshot of another one is not read."""
    return f"pixmake-snapshot/{FORMAT} {version} {sys.byteorder}"


def save(path: Path, snapshot: Snapshot) -> bool:
    """Writes the snapshot by rename where it differs from the one there, or that is old; whether it wrote.

    Raises Problem.
    """
    head, body = tag(snapshot.version).encode(), encoded(snapshot)
    try:
        known, day, rest = read_file(path).split(b"\n", 2)
        if known == head and rest == body and 0 <= today() - int(day) < KEPT:
            return False
    except (OSError, ValueError):
        pass  # none yet, unreadable or damaged: written anew
    with writing(path):
        replace_quickly(path, b"%s\n%d\n%s" % (head, snapshot.day, body))
    _clear_unfinished(path.parent)
    return True


def _clear_unfinished(folder: Path) -> None:
    """Removes what processes that were killed while they wrote here left behind: megabytes, in large projects."""
    for left in itertools.chain(folder.glob(f"{UNFINISHED}*"), folder.glob(".*.tmp")):
        with suppress(OSError):  # its writer was only slow, or somebody else removed it
            if time.time() - left.stat().st_mtime > DAY:
                discard(left)


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


def is_young(data: bytes) -> bool:
    """Whether the snapshot that a file holds need not be taken anew for its age alone."""
    try:
        return 0 <= today() - int(data.split(b"\n", 2)[1]) < KEPT
    except (ValueError, IndexError):
        return False


def united(old: Snapshot, new: Snapshot, ours: Collection[str], gone: Collection[str]) -> Snapshot:
    """What was seen of a whole project before, and now of a part of it.

    Of what both looked at, the older look counts, so that what changed in between is noticed, but for what the tool wrote
    itself, and the spec: `ours`. Files that are `gone` are nobody's care any more.
    """
    spec = next(iter(new.files))
    kept = {path: stat for path, stat in old.files.items() if path not in gone}
    files = {
        spec: new.files[spec],
        **new.files,
        **kept,
        **{path: new.files[path] for path in ours if path in new.files},
    }
    return replace(
        new,
        files=files,
        folders={**new.folders, **old.folders},
        absent=tuple(path for path in dict.fromkeys([*old.absent, *new.absent]) if path not in files),
        day=old.day,
    )


def decoded(data: bytes) -> Snapshot:
    """The snapshot that a file holds. Raises ValueError, IndexError or TypeError where `save` did not write it."""
    stream = BytesIO(data)
    version, day = stream.readline().split()[1].decode(), int(stream.readline())
    (root,), absent, env, says = (_read_texts(stream) for _ in range(4))
    files: dict[str, Numbers] = {}
    while (group := _read_group(stream, 4))[1]:
        folder, found = group
        place = root if folder == "." else os.path.join(root, folder)
        files |= {os.path.join(place, name): numbers for name, numbers in found.items()}
    pairs = dict(zip(env[::2], env[1::2], strict=True))
    return Snapshot(
        version=version,
        root=Path(root),
        files=files,
        folders=_read_group(stream, 2)[1],
        absent=tuple(absent),
        hashed={name: None if text == "-" else text[1:] for name, text in pairs.items() if text[:1] == "="},
        plain={name: None if text == "-" else text[1:] for name, text in pairs.items() if text[:1] != "="},
        says=dict(zip(says[::2], says[1::2], strict=True)),
        day=day,
    )


def _read_texts(stream: BytesIO) -> list[str]:
    length = int(stream.readline())
    return stream.read(length).decode("utf-8", "surrogateescape").split("\0") if length else []


def _read_group(stream: BytesIO, each: int) -> tuple[str, dict[str, Numbers]]:
    """A folder, and the numbers of the names in it."""
    paths, stats = map(int, stream.readline().split())
    folder, *names = stream.read(paths).decode("utf-8", "surrogateescape").split("\0")
    numbers = iter(array("q", stream.read(stats)))
    return folder, dict(zip(names, zip(*[numbers] * each, strict=True), strict=True))


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
