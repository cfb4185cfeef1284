"""Store room: writes the result index, through diskcache with a Disk that knows no pickle (CVE-2025-69872).

One transaction takes the index from one byte of the journal to another. Losing it, or failing to write it, loses time.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

import diskcache

from pixmake.store.index import META, OPEN, RAW, Covered, asked, decode_covered, encode_covered, pool_row
from pixmake.store.journal import Journal, Reading
from pixmake.store.pool import grouped, unanswered

LOCK_TIMEOUT = 60.0


class PlainDisk(diskcache.Disk):  # type: ignore[misc]
    """Keys are text, values text or bytes, all in the row. What else is found there is refused, not unpickled."""

    def put(self, key: object) -> tuple[object, bool]:
        if type(key) is not str:
            raise TypeError(f"an index row is named by text, not {type(key).__name__}")
        return key, True

    def get(self, key: object, raw: bool) -> object:
        if not raw:
            raise sqlite3.DatabaseError("the index holds a foreign row")
        return key

    def store(self, value: object, read: bool, key: object = None) -> tuple[int, int, None, object]:
        if read or not isinstance(value, str | bytes):
            raise TypeError(f"an index row holds text or bytes, not {type(value).__name__}")
        return 0, RAW, None, value

    def fetch(self, mode: int, filename: str | None, value: object, read: bool) -> object:
        if read or mode != RAW:
            raise sqlite3.DatabaseError("the index holds a foreign value")
        return value


def extend(folder: Path, journal: Journal, *, anew: bool) -> bool:
    """Makes the index in `folder` follow the journal to its end, from the start where it doesn't fit or `anew`;
    whether it now does. A damaged journal is not indexed: its readers must meet the damage. Raises Problem `store-busy`."""
    with journal.locks.hold("index", timeout=LOCK_TIMEOUT, what="writes the index"):
        for attempt in (anew, True):
            if attempt:
                shutil.rmtree(folder, ignore_errors=True)
            try:
                return _extend(folder, journal)
            except (sqlite3.Error, diskcache.Timeout, OSError, TypeError):
                continue  # broken, foreign, or no room: once more from nothing
        shutil.rmtree(folder, ignore_errors=True)
        return False


def _extend(folder: Path, journal: Journal) -> bool:
    with contextlib.closing(_open(folder)) as cache:
        old = decode_covered(cache.get(META))
        if old is None or journal.seam(old.end) != old.seam:
            old = Covered(end=0, seam="")
        reading = journal.read(old.end)
        if reading.damage:
            return False
        with cache.transact():
            if old.end == 0:
                cache.clear()
            _add(cache, reading, journal.seam(reading.end))
    return True


def _add(cache: diskcache.Cache, reading: Reading, seam: str) -> None:
    open_keys = dict.fromkeys(_lines(cache, OPEN))
    for name, lines in grouped(reading.lines).items():
        before = cache.get(pool_row(name), b"")
        group = [*before.split(b"\n"), *lines] if before else lines
        cache.set(pool_row(name), b"\n".join(group))
        open_keys.pop(name, None)
        if unanswered(group):
            open_keys[name] = None
    for row, keys in asked(reading.lines).items():
        earlier = [key for key in _lines(cache, row) if key not in keys]
        cache.set(row, "\n".join([*earlier, *keys]).encode())
    cache.set(OPEN, "\n".join(open_keys).encode())
    cache.set(META, encode_covered(Covered(end=reading.end, seam=seam)))


def _lines(cache: diskcache.Cache, row: str) -> list[str]:
    return [line for line in cache.get(row, b"").decode().split("\n") if line]


def _open(folder: Path) -> diskcache.Cache:
    folder.mkdir(mode=0o700, exist_ok=True)
    return diskcache.Cache(
        str(folder),
        disk=PlainDisk,
        eviction_policy="none",
        cull_limit=0,
        size_limit=2**62,
        statistics=0,
        sqlite_journal_mode="delete",  # a write-ahead log would make readers write
        sqlite_synchronous=2,
    )
