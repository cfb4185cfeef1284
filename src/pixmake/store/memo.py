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
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from pixmake.digest import Digest, read_file, sha256_file
from pixmake.store.claims import Claims
from pixmake.store.content import is_digest
from pixmake.store.durable import replace_file, writing
from pixmake.store.lockfile import OutputPin

FORMAT = "pixmake.memo/1"
COARSE_TICK = 2_000_000_000
FINE_TICK = 50_000_000
"""Nanoseconds after which a file's times can't be shared by a later change; ext4, APFS, NTFS tick in 10 ms or less."""
ATTEMPTS = 3
FEW = 24
"""Names that are looked for in the text; who asks for more has all of it read: that takes as long as some forty."""

PARTS = ("files", "facts", "outputs")
"""What is kept by name: rows of files, facts by digest, pins of outputs, in the order of the file."""
HEAD = f'{{"format":"{FORMAT}","files":{{'.encode()
LONGEST = 4096
"""Bytes that one value never needs."""
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
        seen = os.stat(path)  # 10 000 of them: a Path each would double the time
    except (FileNotFoundError, NotADirectoryError):
        return None
    if seen.st_mode & 0o170000 != 0o100000:
        return None
    return Stat(seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino)


class Memo:
    """Digests of files, facts about contents, and what was last written where, for one checkout."""

    def __init__(self, path: Path, root: Path | None = None, *, now: Nanoseconds = time.time_ns) -> None:
        """Reads `path`; what is missing, damaged or of another version is as if empty. With the project's `root`, what
        builds that died there have put in place is remembered too."""
        self._path = path
        self._claims = Claims(path.with_name("claims"))
        self._now = now
        # Values are as the file has them until somebody asks: decoding all would take as long as parsing all.
        self._parts: dict[str, dict[str, object]] = {part: {} for part in PARTS}
        self._profiles: dict[str, str] = {}
        self._seen: set[str] = set()
        self._text: Text | None = None
        self._sought = 0
        self._changed = not self._load()
        if root is not None:
            self._take_over(root)

    def digest_of(self, path: str | Path) -> Digest | None:
        """The digest of a file's present bytes; None where there is no regular file. Raises OSError as `open` does."""
        name = os.fspath(path)
        stat = look(name)
        if stat is None:
            return None
        self._seen.add(name)
        entry = self._entry(name)
        if entry is not None and entry.at_rest and entry.stat == stat:
            return entry.digest
        try:
            return self._hash(name, stat)
        except FileNotFoundError:
            return None  # removed since we looked

    def at_rest(self, path: str | Path) -> Stat | None:
        """The stat under which a file's digest is known and believed; None where it is not known, or still young."""
        entry = self._entry(os.fspath(path))
        return entry.stat if entry is not None and entry.at_rest else None

    def facts(self, digest: Digest) -> Mapping[str, Scalar] | None:
        """What was kept about the content of a digest (media type, width, height, …); None where nothing was."""
        facts = self._known("facts", digest)
        return facts if isinstance(facts, dict) else None

    def keep_facts(self, digest: Digest, facts: Mapping[str, Scalar]) -> None:
        """Keeps small facts about a content; they are the caller's, and must be true of these bytes for ever."""
        if self.facts(digest) != facts:
            self._parts["facts"][digest] = dict(facts)
            self._changed = True

    def output(self, path: str) -> OutputPin | None:
        """What the tool last wrote at an output path; whether it is still there, `digest_of` says."""
        pin = self._known("outputs", path)
        if isinstance(pin, list):
            pin = self._parts["outputs"][path] = _pin(pin)
        return pin if isinstance(pin, OutputPin) else None

    def outputs_of(self, profile: str | None) -> list[str]:
        """Every output path that a build of this profile wrote here and nobody dropped since, sorted."""
        self._read_all()
        return sorted(path for path in self._parts["outputs"] if self._profiles.get(path) == profile)

    def keep_output(self, path: str, pin: OutputPin, profile: str | None = None) -> None:
        """Keeps what was just written at an output path, and by a build of which profile."""
        self._read_all()
        if self.output(path) != pin or self._profiles.get(path) != profile:
            self._parts["outputs"][path] = pin
            self._profiles.pop(path, None)
            if profile is not None:
                self._profiles[path] = profile
            self._changed = True

    def claim(self, path: str, pin: OutputPin, profile: str | None) -> None:
        """Notes at once what is about to stand at an output path; `keep_output` follows when it does."""
        self._claims.claim(path, pin, profile)

    def drop_output(self, path: str) -> None:
        """Forgets an output path: the file there is not ours any more."""
        self._read_all()
        self._profiles.pop(path, None)
        if self._parts["outputs"].pop(path, None) is not None:
            self._changed = True

    def save(self) -> bool:
        """Writes the memo if anything in it changed; whether it wrote. Raises Problem, which a caller may report and
        go on: the memo only saves time."""
        self._settle()
        if self._changed:
            self._read_all()
        if not self._changed or not (any(self._parts.values()) or self._path.exists()):
            self._claims.settle()
            return False
        self._forget_vanished()
        body = {
            "format": FORMAT,
            "files": {name: _row(entry) for name, entry in self._parts["files"].items()},
            "facts": self._parts["facts"],
            "outputs": {path: _row(pin) for path, pin in self._parts["outputs"].items()},
            "profiles": self._profiles,
        }
        with writing(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._path, json.dumps(body, separators=(",", ":")).encode())
        self._changed = False
        self._claims.settle()
        return True

    def _take_over(self, root: Path) -> None:
        for path, pin, profile in self._claims.noted():
            with suppress(OSError):  # what can't be read is not known to be ours
                if self.digest_of(os.path.join(root, path)) == pin.digest:
                    self.keep_output(path, pin, profile)

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
        self._read_all()
        self._parts["files"].pop(name, None)  # it changes while we look: its digest is of the moment and not remembered
        self._changed = True
        return digest

    def _entry(self, name: str) -> Entry | None:
        entry = self._known("files", name)
        if type(entry) is list:
            entry = self._parts["files"][name] = _decoded(entry)
        return entry if isinstance(entry, Entry) else None

    def _remember(self, name: str, entry: Entry) -> None:
        if self._entry(name) != entry:
            self._parts["files"][name] = entry
            self._changed = True

    def _settle(self) -> None:
        """Hashes again what was young when it was hashed, once its tick is over; waits for fine ticks only."""
        seen = [(name, entry) for name in self._seen if (entry := self._entry(name))]
        young = [(name, entry.stat) for name, entry in seen if not entry.at_rest]
        ends = [max(stat.mtime, stat.ctime) + FINE_TICK for _, stat in young if _tick(stat) == FINE_TICK]
        wait = max(ends, default=0) - self._now()
        if 0 < wait <= FINE_TICK:
            time.sleep(wait / 1e9 + 0.001)
        for name, stat in young:
            if self._now() - max(stat.mtime, stat.ctime) > _tick(stat) and look(name) is not None:
                self.digest_of(name)

    def _forget_vanished(self) -> None:
        for name in [name for name in self._parts["files"] if name not in self._seen and look(name) is None]:
            del self._parts["files"][name]

    # --- the file ----------------------------------------------------------------------------------------------------

    def _known(self, part: str, name: str) -> object:
        """The value of a name in one part, as the file has it or as it was put there since."""
        if self._text is not None and name not in self._parts[part]:
            self._sought += 1
            if self._sought <= FEW:
                return self._text.find(part, name)
            self._read_all()
        return self._parts[part].get(name)

    def _load(self) -> bool:
        """Whether there was nothing, or what may be whole; False makes the next `save` write anew."""
        try:
            data = read_file(self._path)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        self._text = Text.of(data)
        return self._text is not None or self._parse(data)

    def _read_all(self) -> None:
        """Reads what was only looked through. What was put in since stands."""
        if self._text is None:
            return
        text, self._text = self._text, None
        newer = self._parts
        self._changed = not self._parse(text.data) or self._changed
        for part in PARTS:
            self._parts[part] = {**self._parts[part], **newer[part]}

    def _parse(self, data: bytes) -> bool:
        """Whether it is whole."""
        try:
            body = json.loads(data)
            if body["format"] != FORMAT:
                return False
            parts = {part: body[part] for part in PARTS}
        except (ValueError, KeyError, TypeError, RecursionError):
            return False
        if not all(isinstance(part, dict) for part in parts.values()):
            return False
        self._parts = parts
        profiles = body.get("profiles")
        if isinstance(profiles, dict):
            self._profiles = {path: name for path, name in profiles.items() if isinstance(name, str)}
        return True


class Text:
    """A memo's text as `save` writes it, in which single names are looked for: parsing all takes a hundred times as long.

    No text inside JSON has a quote without a backslash, so what stands between the parts stands nowhere else.
    """

    def __init__(self, data: bytes, bounds: Mapping[str, tuple[int, int]]) -> None:
        self.data = data
        self._bounds = bounds

    @classmethod
    def of(cls, data: bytes) -> Text | None:
        """None for a text that is not of the form that `save` writes."""
        if not data.startswith(HEAD) or not data.endswith(b"}}"):
            return None
        starts = [len(HEAD)]
        for part in (*PARTS[1:], "profiles"):
            mark = f'}},"{part}":{{'.encode()
            found = data.find(mark, starts[-1] - 1)
            if found < 0:
                return None
            starts.append(found + len(mark))
        return cls(data, dict(zip(PARTS, pairwise(starts), strict=True)))

    def find(self, part: str, name: str) -> object:
        """What the part has under a name; None where that is nothing, or nothing that can be read."""
        start, stop = self._bounds[part]
        key = f"{json.dumps(name)}:".encode()
        place = self.data.find(key, start, stop)
        while place >= 0 and self.data[place - 1] not in b"{,":  # the end of a longer name with a quote in it
            place = self.data.find(key, place + 1, stop)
        if place < 0:
            return None
        try:
            return json.JSONDecoder().raw_decode(
                self.data[place + len(key) : place + len(key) + LONGEST].decode("ascii")
            )[0]
        except ValueError:
            return None


def _row(value: object) -> object:
    if isinstance(value, Entry):
        return [*value.stat, value.digest, value.at_rest]
    return [value.recipe, value.digest] if isinstance(value, OutputPin) else value


def _decoded(row: list[object]) -> Entry | None:
    """A file's row; None where it is anything else, as if nothing was remembered."""
    match row:
        case [int(size), int(mtime), int(ctime), int(inode), str(digest), bool(at_rest)] if is_digest(digest):
            return Entry(Stat(size, mtime, ctime, inode), digest, at_rest)
        case _:
            return None


def _pin(row: list[object]) -> OutputPin | None:
    match row:
        case [str(recipe), str(digest)] if is_digest(digest):
            return OutputPin(recipe=recipe, digest=digest)
        case _:
            return None


def _tick(stat: Stat) -> int:
    return tick(stat.mtime, stat.ctime)


def tick(*times: int) -> int:
    """The longest time between two marks of the clock that these times of a file, in ns, may come from."""
    return COARSE_TICK if any(time % 1_000_000_000 == 0 for time in times) else FINE_TICK
