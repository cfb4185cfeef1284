"""Store room: the spec as it was when a build left nothing to do, with the names and paths that it gave away.

`.pixmake/settled` lies beside the snapshot, which says that the world is still so, and belongs to it by the spec's stat.
With both, a build looks only at the entries of the spec that are others since. It is throw-away state: missing, damaged
or of another version, it means nothing. Its form is for searching, not for parsing, as most of it is never read:

- a line with format and version, a line with the SHA-256 of all that follows, a line of JSON with places and sums;
- the spec's text;
- a row for each asset: `\\n`, its compared name, its entries that are fresh and those that are drafts, the compared
  paths of its outputs, each with `\\0` after it;
- names and paths that assets use, each between `\\0`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pixmake.digest import read_file, sha256_bytes
from pixmake.store.durable import replace_quickly, writing
from pixmake.values import dataclass

FORMAT = "pixmake-settled/1"
Stat = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One asset: how many of its entries are fresh, how many are drafts, and the compared paths of its outputs."""

    fresh: int
    drafts: int
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A spec that was built. `spec` is its stat (size, mtime ns, ctime ns, inode); `models` are `provider model` names.

    `place`: between which bytes of the text its entries stand, and how many spaces from the left.
    """

    spec: Stat
    place: tuple[int, int, int]
    models: frozenset[str]
    count: int
    fresh: int
    drafts: int
    text: bytes
    rows: bytes
    used: bytes

    def row(self, name: str) -> Row | None:
        """The row of an asset, by its compared name."""
        found = self.rows.find(b"\n%s\0" % _bytes(name))
        if found < 0:
            return None
        end = self.rows.find(b"\n", found + 1)
        parts = self.rows[found + 1 : end if end >= 0 else len(self.rows)].split(b"\0")
        fresh, drafts = map(int, parts[1].split(b","))
        return Row(fresh=fresh, drafts=drafts, outputs=tuple(map(_text, parts[2:-1])))

    def is_taken(self, path: str, but: str) -> bool:
        """Whether an asset other than `but` writes the compared path."""
        own = self.rows.find(b"\n%s\0" % _bytes(but))
        return any(start != own for start in self._writers(path))

    def is_written(self, path: str) -> bool:
        """Whether any asset writes the compared path."""
        return next(self._writers(path), None) is not None

    def _writers(self, path: str) -> Iterator[int]:
        """Where the rows begin that have this output."""
        needle, found = b"\0%s\0" % _bytes(path), -1
        while (found := self.rows.find(needle, found + 1)) >= 0:
            start = self.rows.rfind(b"\n", 0, found)
            if b"\0" in self.rows[start:found]:  # else it is the row's numbers that read so
                yield start

    def is_used(self, name: str) -> bool:
        """Whether an asset uses what has this compared name or path."""
        return b"\0%s\0" % _bytes(name) in self.used

    def with_rows(self, rows: Mapping[str, Row]) -> tuple[bytes, int, int, int]:
        """All rows with these in place of theirs; how many there are, entries that are fresh, and drafts."""
        data, count, fresh, drafts = self.rows, self.count, self.fresh, self.drafts
        for name, row in rows.items():
            old = self.row(name)
            if old is not None:
                start = data.find(b"\n%s\0" % _bytes(name))
                end = data.find(b"\n", start + 1)
                data = data[:start] + (data[end:] if end >= 0 else b"")
                count, fresh, drafts = count - 1, fresh - old.fresh, drafts - old.drafts
            count, fresh, drafts = count + 1, fresh + row.fresh, drafts + row.drafts
        return data + rows_of(rows), count, fresh, drafts


def rows_of(rows: Mapping[str, Row]) -> bytes:
    """Rows by compared name, as the file has them."""
    return b"".join(
        b"\n%s\0%d,%d\0" % (_bytes(name), row.fresh, row.drafts)
        + b"".join(_bytes(path) + b"\0" for path in row.outputs)
        for name, row in rows.items()
    )


def used_of(names: Iterable[str]) -> bytes:
    """Names and paths as the file has them."""
    return b"\0" + b"".join(_bytes(name) + b"\0" for name in names)


def is_plain(names: Iterable[str]) -> bool:
    """Whether names can be told apart in the file."""
    return not any("\n" in name or "\0" in name for name in names)


def save(path: Path, settled: Settled, version: str) -> None:
    """Writes it by rename. Raises Problem."""
    head = {
        "spec": settled.spec,
        "place": settled.place,
        "models": sorted(settled.models),
        "count": settled.count,
        "fresh": settled.fresh,
        "drafts": settled.drafts,
        "sizes": [len(settled.text), len(settled.rows), len(settled.used)],
    }
    body = json.dumps(head).encode() + b"\n" + settled.text + settled.rows + settled.used
    with writing(path):
        replace_quickly(path, f"{FORMAT} {version}\n{sha256_bytes(body)}\n".encode() + body)


def load(path: Path, version: str) -> Settled | None:
    """What was saved by this version; None where nothing was, or it is damaged."""
    try:
        data = read_file(path)
        digest = data.index(b"\n") + 1
        body = data.index(b"\n", digest) + 1
        said = data[: digest - 1], data[digest : body - 1]
        if said != (f"{FORMAT} {version}".encode(), sha256_bytes(memoryview(data)[body:]).encode()):
            return None
        text = data.index(b"\n", body) + 1
        head = json.loads(data[body:text])
        sizes = head["sizes"]
        rows = text + sizes[0]
        used = rows + sizes[1]
        return Settled(
            spec=tuple(head["spec"]),
            place=(int(head["place"][0]), int(head["place"][1]), int(head["place"][2])),
            models=frozenset(head["models"]),
            count=head["count"],
            fresh=head["fresh"],
            drafts=head["drafts"],
            text=data[text:rows],
            rows=data[rows:used],
            used=data[used : used + sizes[2]],
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None  # none, unreadable, or of somebody who writes digests: the whole spec is read


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
