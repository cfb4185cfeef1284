"""Store room: the journal, the truth of what was asked, bought and picked. Lines are only ever appended, whole.

`append` returns when the record is on the disk. A line that a crash cut short was never acknowledged: the next
append ends it with a newline and says so, so that it costs neither the lines around it nor a false alarm.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Lock

from pixmake.diagnostics import Diagnostic, ExitCode, Note, problem
from pixmake.digest import open_file, opened, read_file, read_on
from pixmake.store.durable import replace_file, write_all, writing
from pixmake.store.folder import Folder
from pixmake.store.locks import Locks
from pixmake.store.records import Failure, Intent, Outcome, Record, decode_or_none, encode, is_whole, seal
from pixmake.values import dataclass

FORMAT = "pixmake.journal/1"
HEADER = b'{"format":"pixmake.journal/1"}\n'
TORN_HEAD = b'{"type":"torn",'
SEAM = 64
APPEND_TIMEOUT = 60.0
"""Seconds to wait for other writers; each holds the lock for one write and one fsync."""


def new_intent() -> str:
    """A name for an intent that no other process makes: 128 random bits in hexadecimal."""
    return os.urandom(16).hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """A line that is not as it was written: where it starts and how long it is, in bytes."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Whole lines from one offset to `end`, without newlines, header and torn ends; `end` is where to go on."""

    lines: tuple[bytes, ...]
    end: int
    damage: tuple[Damage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """How far a journal was read, and by what it is known to be the same: its file, and the bytes before `end`."""

    end: int
    seam: str
    inode: int


@dataclass(slots=True)
class _Due:
    """Lines that a thread wants on the disk, and how that ended."""

    data: bytes
    ended: bool = False
    trouble: BaseException | None = None


class Journal:
    """The journal of one store, and the locks on keys that belong to it."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.locks = Locks(folder)
        self.path: Path = folder.root / "journal.jsonl"
        self._due: list[_Due] = []
        self._queue = Lock()
        self._turn = Lock()

    def append(self, *records: Record) -> None:
        """Writes records, in one write, and flushes them to the disk. Raises Problem; then none of them counts.

        Threads of one process that come while another one writes share the next write and its flush.
        """
        mine = _Due(b"".join(encode(record) for record in records))
        self._folder.prepare()
        with self._queue:
            self._due.append(mine)
        with self._turn:
            if not mine.ended:
                with self._queue:
                    due, self._due = self._due, []
                self._write(due)
        if mine.trouble is not None:
            raise mine.trouble

    def _write(self, due: list[_Due]) -> None:
        """All of these or none of them; each is told how it ended."""
        trouble: BaseException | None = None
        try:
            with self.locks.hold("journal", timeout=APPEND_TIMEOUT, what="writes the journal"), writing(self.path):
                if not self.path.exists():
                    replace_file(self.path, HEADER, mode=0o600)
                descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0))
                try:
                    self._append(descriptor, b"".join(item.data for item in due))
                finally:
                    os.close(descriptor)
        except BaseException as error:  # whatever it is, each of them must raise it: none is on the disk
            trouble = error
        for item in due:
            item.trouble, item.ended = trouble, True

    def _append(self, descriptor: int, data: bytes) -> None:
        size = os.fstat(descriptor).st_size
        prefix = self._ended(descriptor, size)
        try:
            write_all(descriptor, prefix + data)
            os.fsync(descriptor)
        except OSError:
            with contextlib.suppress(OSError):  # no room: take the torn end back; if not, the next append ends it
                os.ftruncate(descriptor, size)
            raise

    def _ended(self, descriptor: int, size: int) -> bytes:
        """What must stand before the next line: nothing, unless a crash left the last one without its newline."""
        if size == 0:
            return HEADER
        os.lseek(descriptor, size - 1, os.SEEK_SET)
        if os.read(descriptor, 1) == b"\n":
            return b""
        content = read_file(self.path)
        start = content.rfind(b"\n") + 1
        if is_whole(content[start:]):
            return b"\n"
        return b"\n" + seal({"type": "torn", "at": start, "length": size - start})

    def read(self, offset: int = 0) -> Reading:
        """Everything from `offset` (0, or an earlier reading's `end`) on; nothing where there is no journal.

        Raises Problem `journal-too-new` (exit 8). Never waits and never writes: an end that is being written now,
        or that a crash cut short, is left for the next reading.
        """
        try:
            data, _ = self._from(offset)
        except (FileNotFoundError, NotADirectoryError):
            return Reading(lines=(), end=0)
        return _split(data, offset)

    def _from(self, offset: int) -> tuple[bytes, int]:
        """What stands from `offset` on, and the file's inode. Raises OSError."""
        descriptor = opened(self.path)
        try:
            os.lseek(descriptor, offset, os.SEEK_SET)
            return read_on(descriptor), os.fstat(descriptor).st_ino
        finally:
            os.close(descriptor)

    def follow(self, reading: Followed) -> tuple[Reading, Followed] | None:
        """Everything since an earlier reading, and where to go on; None where this is another journal, or one that was
        put back. One look at the file: a build asks several times a picture. Raises as `read`."""
        try:
            data, inode = self._from(max(0, reading.end - SEAM))
        except (FileNotFoundError, NotADirectoryError):
            return None
        known = min(SEAM, reading.end)
        if inode != reading.inode or data[:known].hex() != reading.seam:
            return None
        found = _split(data[known:], reading.end)
        ends = known + found.end - reading.end
        return found, Followed(end=found.end, seam=data[max(0, ends - SEAM) : ends].hex(), inode=reading.inode)

    def seam(self, end: int) -> str:
        """The up to 64 bytes before byte `end`, hexadecimal: another journal, or one put back, has others there."""
        try:
            with open_file(self.path) as stream:
                stream.seek(max(0, end - SEAM))
                return stream.read(min(SEAM, end)).hex()
        except (FileNotFoundError, NotADirectoryError):
            return ""

    def open_intents(self) -> tuple[Intent, ...]:
        """Intents without `done` or `failed`, in order. Whether one is in flight or unknown, its key's lock tells."""
        found: dict[str, Intent] = {}
        for record in map(decode_or_none, self.read().lines):
            if isinstance(record, Intent):
                found[record.intent] = record
            elif isinstance(record, Outcome | Failure) and record.intent:
                found.pop(record.intent, None)
        return tuple(found.values())

    def key_lock(self, key: str, *, timeout: float) -> AbstractContextManager[None]:
        """Held while a key is bought: from before its pool is asked until `done` is written. Freed on kill -9.

        Raises Problem `store-busy` (exit 6) after `timeout` seconds.
        """
        return self.locks.hold(f"{key[:2]}/{key}", timeout=timeout, what=f"is buying the request '{key[:12]}'")

    def key_busy(self, key: str) -> bool:
        """Whether a living process holds the lock of a key. Writes nothing."""
        return self.locks.busy(f"{key[:2]}/{key}")

    def diagnose(self, damage: tuple[Damage, ...]) -> tuple[Diagnostic, ...]:
        """Damaged lines as diagnostics, with their line numbers. Integrity: whoever pays must stop (exit 8)."""
        if not damage:
            return ()
        content = read_file(self.path)
        return tuple(self._damaged(content.count(b"\n", 0, item.offset) + 1) for item in damage)

    def _damaged(self, number: int) -> Diagnostic:
        return Diagnostic(
            code="journal-damaged",
            message=f"line {number} of '{self.path}' is not as it was written",
            notes=(Note(message="until this is settled nothing should be bought: the line may name a paid picture"),),
            help="copy journal.jsonl to a safe place, then put back a backup of it, or delete that line",
        )


def _split(data: bytes, offset: int) -> Reading:
    lines: list[bytes] = []
    damage: dict[int, Damage] = {}
    for start, line in _numbered(data, offset):
        if is_whole(line):
            if line.startswith(TORN_HEAD):
                damage.pop(_torn_at(line), None)
            else:
                lines.append(line)
        elif not (start == 0 and _is_header(line)):
            damage[start] = Damage(offset=start, length=len(line))
    end = offset + len(data)
    tail = data.rfind(b"\n") + 1
    if tail < len(data) and offset + tail in damage:  # the last line is still being written, or torn
        del damage[offset + tail]
        end = offset + tail
    return Reading(lines=tuple(lines), end=end, damage=tuple(damage.values()))


def _numbered(data: bytes, offset: int) -> Iterator[tuple[int, bytes]]:
    for line in data.split(b"\n"):
        if line:
            yield offset, line
        offset += len(line) + 1


def _torn_at(line: bytes) -> int:
    at = json.loads(line).get("at")
    return at if isinstance(at, int) else -1


def _is_header(line: bytes) -> bool:
    found = re.fullmatch(rb'\{"format":"pixmake\.journal/(\d{1,9})".*\}\r?', line)
    if found and int(found[1]) > 1:
        raise problem(
            "journal-too-new",
            f"the store's journal has format 'pixmake.journal/{int(found[1])}', this version reads '{FORMAT}'",
            help="update pixmake, or name another store with PIXMAKE_STORE",
            exit_code=ExitCode.INTEGRITY,
        )
    return found is not None
