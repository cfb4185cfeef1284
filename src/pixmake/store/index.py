"""Store room: the result index as readers see it: the journal's lines regrouped by key, so that few are found fast.

It may omit nothing it claims to cover and can invent nothing: rows are the journal's own lines, checksums included.
Reading opens the database read-only and writes nothing, not even a lock; `indexing` writes it, by diskcache.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from pixmake.store.records import HEAD, Intent, decode_or_none, is_whole
from pixmake.values import dataclass

if TYPE_CHECKING:
    import sqlite3

FORMAT = "pixmake.index/1"
META = "meta"
OPEN = "open"
"""Name of the row with the keys that have an intent without `done`, one a line."""
POOL = "pool:"
RAW = 1
"""diskcache's MODE_RAW: the value stands in the row itself. No other mode is read, pickle least of all."""
BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """How far an index has followed the journal: to byte `end`, right before which stood `seam` (hexadecimal)."""

    end: int
    seam: str


def pool_row(key: str) -> str:
    """Name of the row with a key's lines."""
    return POOL + key


def asset_row(scope: str, profile: str | None, asset: str, step: int) -> str:
    """Name of the row with the keys that were asked for one asset's step, one a line, oldest first."""
    return "asset:" + json.dumps([scope, profile, asset, step])


def asked(lines: Iterable[bytes]) -> dict[str, dict[str, None]]:
    """By asset row, the keys that its step asked for among these lines of the journal, the last asked last."""
    found: dict[str, dict[str, None]] = {}
    for line in lines:
        head = HEAD.match(line)
        if head and head[2] == b"intent" and isinstance(item := decode_or_none(line), Intent):
            keys = found.setdefault(asset_row(item.scope, item.profile, item.asset, item.step), {})
            keys.pop(item.key, None)
            keys[item.key] = None
    return found


def encode_covered(covered: Covered) -> str:
    """The meta row."""
    return json.dumps({"format": FORMAT, "end": covered.end, "seam": covered.seam})


def decode_covered(value: object) -> Covered | None:
    """The meta row's content; None where it is anything else."""
    try:
        meta = json.loads(value) if isinstance(value, str | bytes) else None
        if not isinstance(meta, dict) or meta.get("format") != FORMAT:
            return None
        end, seam = meta["end"], meta["seam"]
    except (ValueError, KeyError, RecursionError):
        return None
    return Covered(end=end, seam=seam) if isinstance(end, int) and isinstance(seam, str) else None


class Reader:
    """A read-only look into the index's database, held open for many questions."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._connection: sqlite3.Connection | None = None

    def covered(self) -> Covered | None:
        """How far the index goes; None where there is none, or none that can be read now."""
        if not self._database.exists():
            return None
        import sqlite3  # here: small stores have no index

        try:
            return decode_covered(self._select([META]).get(META))
        except sqlite3.Error:
            return None

    def rows(self, names: Sequence[str], least: Covered) -> dict[str, list[bytes]] | None:
        """The lines of the rows of those names, as many as exist. None where the index is broken, or no longer
        covers `least`: then an absent row means nothing and the journal must be asked."""
        import sqlite3

        found: dict[str, bytes] = {}
        try:
            for start in range(0, len(names), BATCH):
                part = self._select([META, *names[start : start + BATCH]])
                now = decode_covered(part.pop(META, None))  # one statement is one snapshot: it vouches for its rows
                if now is None or now.end < least.end:
                    return None
                found |= part
        except sqlite3.Error:
            return None
        lines = {name: value.split(b"\n") for name, value in found.items()}
        pools = (line for name, group in lines.items() if name.startswith(POOL) for line in group)
        return lines if all(map(is_whole, pools)) else None

    def close(self) -> None:
        """Lets go of the database; the next question opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        self.close()

    def _select(self, names: Sequence[str]) -> dict[str, bytes]:
        import sqlite3

        if self._connection is None:
            location = f"file:{quote(str(self._database))}?mode=ro"
            self._connection = sqlite3.connect(location, uri=True, timeout=5, check_same_thread=False)
        marks = ",".join("?" * len(names))
        query = f"SELECT key, mode, value FROM Cache WHERE raw = 1 AND key IN ({marks})"  # noqa: S608 (marks only)
        found = {}
        for name, mode, value in self._connection.execute(query, names):
            if mode != RAW:
                raise sqlite3.DatabaseError(f"row '{name}' is not raw")
            found[name] = value if isinstance(value, bytes) else str(value).encode()
        return found
