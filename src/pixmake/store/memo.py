"""Store room: what one checkout remembers of its files, so that looking again is one stat each. Throw-away state.

A remembered digest is believed only if it must be true: size, times and inode are as they were, and the file had been
at rest before it was hashed. At rest means that its times lay further back than its file system's clock ticks: a later
change would then carry a later time. Files at whole seconds may come from a clock of 2 seconds (FAT, HFS+), others tick
in 10 ms or less. Younger files are hashed again next time; `save` waits out and settles the short ticks.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from pixmake.digest import Digest, sha256_file
from pixmake.store.content import is_digest
from pixmake.store.durable import replace_file, writing
from pixmake.store.lockfile import OutputPin

FORMAT = "pixmake.memo/1"
COARSE_TICK = 2_000_000_000
FINE_TICK = 50_000_000
"""Nanoseconds after which a file's times can't be shared by a later change; ext4, APFS, NTFS tick in 10 ms or less."""
ATTEMPTS = 3

Scalar = str | int | bool | None
Nanoseconds = Callable[[], int]


class Stat(NamedTuple):
    """What a file looks like from outside. A change of content changes at least one of these, once it is at rest."""

    size: int
    mtime: int
    ctime: int
    inode: int


class Entry(NamedTuple):
    """A file's digest as of a stat; `at_rest`: no unseen change is possible while the stat stands."""

    stat: Stat
    digest: Digest
    at_rest: bool


def look(path: str | Path) -> Stat | None:
    """A file's stat; None where there is no regular file."""
    try:
        seen = os.stat(path)  # noqa: PTH116 (10 000 of them: a Path each would double the time)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if seen.st_mode & 0o170000 != 0o100000:
        return None
    return Stat(seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino)


class Memo:
    """Digests of files, facts about contents, and what was last written where, for one checkout."""

    def __init__(self, path: Path, *, now: Nanoseconds = time.time_ns) -> None:
        """Reads `path`; what is missing, damaged or of another version is as if empty."""
        self._path = path
        self._now = now
        self._files: dict[str, Entry] = {}
        self._facts: dict[str, dict[str, Scalar]] = {}
        self._outputs: dict[str, OutputPin] = {}
        self._seen: set[str] = set()
        self._changed = not self._load()

    def digest_of(self, path: str | Path) -> Digest | None:
        """The digest of a file's present bytes; None where there is no regular file. Raises OSError as `open` does."""
        name = os.fspath(path)
        stat = look(name)
        if stat is None:
            return None
        self._seen.add(name)
        entry = self._files.get(name)
        if entry is not None and entry.at_rest and entry.stat == stat:
            return entry.digest
        return self._hash(name, stat)

    def facts(self, digest: Digest) -> Mapping[str, Scalar] | None:
        """What was kept about the content of a digest (media type, width, height, …); None where nothing was."""
        return self._facts.get(digest)

    def keep_facts(self, digest: Digest, facts: Mapping[str, Scalar]) -> None:
        """Keeps small facts about a content; they are the caller's, and must be true of these bytes for ever."""
        if self._facts.get(digest) != facts:
            self._facts[digest] = dict(facts)
            self._changed = True

    def output(self, path: str) -> OutputPin | None:
        """What the tool last wrote at an output path; whether it is still there, `digest_of` says."""
        return self._outputs.get(path)

    def keep_output(self, path: str, pin: OutputPin) -> None:
        """Keeps what was just written at an output path."""
        if self._outputs.get(path) != pin:
            self._outputs[path] = pin
            self._changed = True

    def drop_output(self, path: str) -> None:
        """Forgets an output path: the file there is not ours any more."""
        if self._outputs.pop(path, None) is not None:
            self._changed = True

    def save(self) -> bool:
        """Writes the memo if anything in it changed; whether it wrote. Raises Problem, which a caller may report and
        go on: the memo only saves time."""
        self._settle()
        if not self._changed or not (self._files or self._facts or self._outputs or self._path.exists()):
            return False
        self._forget_vanished()
        body = {
            "format": FORMAT,
            "files": {name: [*entry.stat, entry.digest, entry.at_rest] for name, entry in self._files.items()},
            "facts": self._facts,
            "outputs": {path: [pin.recipe, pin.digest] for path, pin in self._outputs.items()},
        }
        with writing(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._path, json.dumps(body, separators=(",", ":")).encode())
        self._changed = False
        return True

    def _hash(self, name: str, stat: Stat) -> Digest:
        for _ in range(ATTEMPTS):
            begun = self._now()
            digest = sha256_file(Path(name))
            after = look(name)
            if after == stat:
                self._remember(name, Entry(stat, digest, begun - max(stat.mtime, stat.ctime) > _tick(stat)))
                return digest
            if after is None:
                break
            stat = after
        self._files.pop(name, None)  # it changes while we look: its digest is of the moment and not remembered
        self._changed = True
        return digest

    def _remember(self, name: str, entry: Entry) -> None:
        if self._files.get(name) != entry:
            self._files[name] = entry
            self._changed = True

    def _settle(self) -> None:
        """Hashes again what was young when it was hashed, once its tick is over; waits for fine ticks only."""
        young = [(name, entry.stat) for name, entry in self._files.items() if not entry.at_rest and name in self._seen]
        ends = [max(stat.mtime, stat.ctime) + FINE_TICK for _, stat in young if _tick(stat) == FINE_TICK]
        wait = max(ends, default=0) - self._now()
        if 0 < wait <= FINE_TICK:
            time.sleep(wait / 1e9 + 0.001)
        for name, stat in young:
            if self._now() - max(stat.mtime, stat.ctime) > _tick(stat) and look(name) is not None:
                self.digest_of(name)

    def _forget_vanished(self) -> None:
        for name in [name for name in self._files if name not in self._seen and look(name) is None]:
            del self._files[name]

    def _load(self) -> bool:
        """Whether there was nothing, or something whole; False makes the next `save` write anew."""
        try:
            body = json.loads(self._path.read_bytes())
            if body["format"] != FORMAT:
                return False
            files = {name: Entry(Stat(*row[:4]), row[4], row[5]) for name, row in body["files"].items()}
            outputs = {path: OutputPin(recipe=row[0], digest=row[1]) for path, row in body["outputs"].items()}
            digests = [*(entry.digest for entry in files.values()), *(pin.digest for pin in outputs.values())]
            if not all(map(is_digest, digests)) or not all(isinstance(item, dict) for item in body["facts"].values()):
                return False
        except FileNotFoundError:
            return True
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
            return False
        self._files, self._facts, self._outputs = files, body["facts"], outputs
        return True


def _tick(stat: Stat) -> int:
    """The longest time between two marks of the clock that this file's times may come from."""
    return COARSE_TICK if stat.mtime % 1_000_000_000 == 0 or stat.ctime % 1_000_000_000 == 0 else FINE_TICK
